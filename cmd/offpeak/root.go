package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/failure"
	"offpeak/internal/policy"
)

// onlySubcommands refuses arguments that are no subcommand, and proposes the nearest.
func onlySubcommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += fmt.Sprintf(" (did you mean %s?)", strings.Join(near, ", "))
	}
	return errors.New(text)
}

// need refuses fewer or more arguments than a command takes, and says what to give; most below zero means any number.
func need(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return fmt.Errorf("%s: %s (usage: %s)", cmd.CommandPath(), what, cmd.UseLine())
		}
		return nil
	}
}

func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// Exit codes, a contract with scripts.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2 // wrong usage, or a policy that does not hold
	exitToDo      = 3 // plan --exit-code: there is something to do
	defaultPolicy = "offpeak.yaml"
)

// console is what a command reads, writes and asks of the machine it runs on.
type console struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	getenv   func(string) string
}

// usageError is a mistake of the person who typed the command.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exit is an outcome that is no error and has an exit code of its own.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// run executes one command line and returns its exit code.
func run(args []string, c console) int {
	started := false
	root := newRoot(c)
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	err := root.Execute()

	var outcome exit
	var usage usageError
	var problems policy.Problems
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &outcome):
		return int(outcome)
	case errors.As(err, &problems):
		fmt.Fprintln(c.err, problems.Error())
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(c.err, "offpeak: interrupted")
		return exitFailed
	case errors.As(err, &usage) || !started:
		fmt.Fprintln(c.err, "offpeak: "+err.Error())
		return exitUsage
	default:
		c.explain(err)
		return exitFailed
	}
}

// explain says what went wrong, and of what AWS did not do also its class and what to do about it.
func (c console) explain(err error) {
	_, _ = fmt.Fprintln(c.err, "offpeak: "+err.Error())
	if _, classed := errors.AsType[*failure.Error](err); classed {
		_, _ = fmt.Fprintf(c.err, "  %s: %s\n", failure.Of(err), cmp.Or(failure.Remedy(err), "nothing more is known of it"))
	}
}

func newRoot(c console) *cobra.Command {
	root := &cobra.Command{
		Use:   "offpeak",
		Short: "Stops development and staging resources outside working hours and has them ready when people arrive",
		Long: `offpeak stops development and staging resources on AWS outside working hours and has them ready when people arrive.

Nothing is touched without an opt-in tag. Start with the demo, then plan your own fleet from files that the AWS CLI prints:

  offpeak demo
  offpeak init
  aws ec2 describe-instances > instances.json
  offpeak plan --policy offpeak.yaml --inventory instances.json`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          onlySubcommands,
		RunE:          showHelp,
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		newDemo(c), newInit(c), newPolicy(c), newSchedule(c), newCalendar(c), newImport(c),
		newInventory(c), newPlan(c), newApply(c), newExplain(c), newExtend(c), newOverride(c), newRestore(c), newStatus(c), newHistory(c), newDoctor(c), newSimulate(c), newSavings(c), newReport(c), newSpot(c), newVersion(c),
	)
	return root
}
