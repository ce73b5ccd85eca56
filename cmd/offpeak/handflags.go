package main

import (
	"slices"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
)

// handFlags are the flags of commands that act by hand on resources that are named, or on all.
type handFlags struct {
	console
	reachFlags
	policyFile string
	all, yes   bool
	dryRun     bool
	output     string
}

func (f *handFlags) register(cmd *cobra.Command, all string) {
	f.reachFlags.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.policyFile, "policy", defaultPolicy, "policy file; with a hub, the hub's policy is followed unless this is given")
	flags.BoolVar(&f.all, "all", false, all)
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be done, and do nothing")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	registerForm(cmd, &f.output)
}

// begin understands what is wanted, and sees to it that somebody is there to agree before AWS is asked anything. From then on the console is for
// people, and what is for programs is written by the handiwork.
func (f *handFlags) begin(names []string) (handiwork, error) {
	if f.all == (len(names) > 0) {
		return handiwork{}, usagef("name resources by id, name or ARN, or say --all")
	}
	as, err := formOf(f.output)
	if err != nil {
		return handiwork{}, err
	}
	done := newHandiwork(f.console, as)
	f.console = f.apart(as)
	f.acts = !f.dryRun
	return done, f.mayAsk(f.yes || f.dryRun)
}

// only chooses the resources that are named; nil: all.
func (f *handFlags) only(names []string) func(*fleet.Resource) bool {
	if f.all {
		return nil
	}
	return func(r *fleet.Resource) bool {
		return slices.Contains(names, r.ID) || slices.Contains(names, r.Name()) || slices.Contains(names, string(r.ARN))
	}
}

// afresh forgets what was only planned, before it is done.
func (h *handiwork) afresh() {
	h.doc, h.unlooked = newHandiwork(h.out, h.as).doc, 0
}
