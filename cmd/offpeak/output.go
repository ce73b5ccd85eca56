package main

import (
	"github.com/spf13/cobra"
)

// form is the form of a command's output: table, which is for people, or json.
type form string

// The forms.
const (
	asTable form = "table"
	asJSON  form = "json"
)

// registerForm adds -o to a command.
func registerForm(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", string(asTable), "table or json")
}

// formOf reads -o.
func formOf(output string) (form, error) {
	if output != string(asTable) && output != string(asJSON) {
		return "", usagef("--output is table or json, not %q", output)
	}
	return form(output), nil
}

// apart leaves standard output to the document of a command that is asked for JSON: what it tells people meanwhile goes to standard error.
func (c console) apart(f form) console {
	if f == asJSON {
		c.out = c.err
	}
	return c
}
