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
	var file string
	check := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a policy file: every mistake at once, as file:line:column, with the nearest valid name",
		Args:  need(0, 1, "name one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				file = args[0]
			}
			p, err := loadPolicy(file)
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

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func newInit(c console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented policy file to begin with",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
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
			_, err = fmt.Fprintf(c.out, "Wrote %s. Put your accounts and tags into it, then:\n  offpeak policy check %s\n", file, file)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "policy", defaultPolicy, "file to write")
	return cmd
}
