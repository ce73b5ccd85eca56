package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"offpeak/internal/policy"
)

func newPolicy(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Check a policy file, print its JSON Schema, put it in force",
		Args:  onlySubcommands,
		RunE:  showHelp,
	}
	var file, output string
	check := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a policy file: every mistake at once, as file:line:column, with the nearest valid name",
		Args:  need(0, 1, "name one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				file = args[0]
			}
			as, err := formOf(output)
			if err != nil {
				return err
			}
			p, err := loadPolicy(file)
			if as == asJSON {
				return checkedJSON(c, file, p, err)
			}
			if err != nil {
				return err
			}
			for _, warning := range p.Warnings {
				_, _ = fmt.Fprintf(c.err, "warning: %s\n", warning.Error())
			}
			_, err = fmt.Fprintf(c.out, "%s is valid: %s, %s, %s.\n", file,
				counted(len(p.Rules.Environments), "environment"), counted(len(p.Schedules), "schedule"), counted(len(p.Calendars), "calendar"))
			return err
		},
	}
	check.Flags().StringVar(&file, "policy", defaultPolicy, "policy file")
	registerForm(check, &output)
	schema := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the policy file, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := c.out.Write(policy.Schema())
			return err
		},
	}
	cmd.AddCommand(check, schema, newPolicyPush(c))
	return cmd
}

// problemJSON is one thing that is wrong with a policy, or deserves a second look.
type problemJSON struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Path   string `json:"path,omitempty"`
	What   string `json:"what"`
	Say    string `json:"say,omitempty"`
}

func problemsJSON(found policy.Problems) []problemJSON {
	all := make([]problemJSON, len(found))
	for i, p := range found {
		all[i] = problemJSON(p)
	}
	return all
}

// checkJSON is what came of checking a policy.
type checkJSON struct {
	File         string        `json:"file"`
	Valid        bool          `json:"valid"`
	Policy       string        `json:"policy,omitempty"`
	Environments int           `json:"environments"`
	Schedules    int           `json:"schedules"`
	Calendars    int           `json:"calendars"`
	Problems     []problemJSON `json:"problems"`
	Warnings     []problemJSON `json:"warnings"`
}

// checkedJSON prints what came of checking a policy. Mistakes make the exit code, as they do in a table.
func checkedJSON(c console, file string, p *policy.Policy, err error) error {
	doc := checkJSON{File: file, Valid: err == nil, Problems: []problemJSON{}, Warnings: []problemJSON{}}
	if problems, ok := errors.AsType[policy.Problems](err); ok {
		doc.Problems = problemsJSON(problems)
		return errors.Join(writeJSON(c.out, doc), exit(exitUsage))
	}
	if err != nil {
		return err
	}
	doc.Policy, doc.Warnings = p.Rules.Policy, problemsJSON(p.Warnings)
	doc.Environments, doc.Schedules, doc.Calendars = len(p.Rules.Environments), len(p.Schedules), len(p.Calendars)
	return writeJSON(c.out, doc)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func newInit(c console) *cobra.Command {
	var file, output string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented policy file to begin with",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			as, err := formOf(output)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, os.ErrExist) {
				return usagef("%s is there already; remove it first, or name another with --policy", file)
			}
			if err != nil {
				return err
			}
			_, err = f.Write(policy.Template())
			if err := errors.Join(err, f.Close()); err != nil {
				return err
			}
			if as == asJSON {
				return writeJSON(c.out, struct {
					File string `json:"file"`
				}{file})
			}
			_, err = fmt.Fprintf(c.out, "Wrote %s. Put your accounts and tags into it, then:\n  offpeak policy check %s\n", file, file)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "policy", defaultPolicy, "file to write")
	registerForm(cmd, &output)
	return cmd
}
