package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

// restoreFlags are the flags of restore.
type restoreFlags struct {
	console
	reachFlags
	policyFile string
	all, yes   bool
	dryRun     bool
	output     string
}

func newRestore(c console) *cobra.Command {
	f := restoreFlags{console: c}
	cmd := &cobra.Command{
		Use:   "restore [RESOURCE...]",
		Short: "Start what offpeak has stopped, and give groups and services their size back",
		Long: `Puts back what offpeak has stopped or shrunk and not given back yet, whatever schedules and tags say now. What it did is read from memory or,
where that is lost, from the ledger alone: a copy of the ledger's folder is enough, and the hub may be gone.

Before you uninstall: set the policy's kill_switch to no-stops or delete the hub's schedule, then restore everything.`,
		Example: `  offpeak restore --all
  offpeak restore --all --hub s3://offpeak-123456789012
  offpeak restore i-0a1b2c3d4e5f60718`,
		RunE: f.run,
	}
	f.reachFlags.register(cmd)
	cmd.Flags().StringVar(&f.policyFile, "policy", defaultPolicy, "policy file; with a hub, the hub's policy is followed unless this is given")
	cmd.Flags().BoolVar(&f.all, "all", false, "everything")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only tell what would be done")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	registerForm(cmd, &f.output)
	return cmd
}

func (f *restoreFlags) run(cmd *cobra.Command, names []string) error {
	if f.all == (len(names) > 0) {
		return usagef("name resources by id, name or ARN, or say --all")
	}
	as, err := formOf(f.output)
	if err != nil {
		return err
	}
	done := newHandiwork(f.console, as)
	f.console = f.apart(as)
	if err := f.mayAsk(f.yes || f.dryRun); err != nil {
		return err
	}
	f.acts = !f.dryRun
	ctx, stop := interruptible()
	defer stop()
	s, p, err := f.ready(ctx, f.console, cmd, f.policyFile)
	if _, ofAWS := errors.AsType[*failure.Error](err); err != nil && !ofAWS {
		return fmt.Errorf("%w; a policy is needed to know how accounts are entered: name a file with --policy", err)
	}
	if err != nil {
		return err
	}
	scopes, err := f.known(ctx, s)
	if err != nil {
		return err
	}
	planner := &hub.Restore{Rules: &p.Rules}
	if !f.all {
		planner.Only = func(r *fleet.Resource) bool {
			return slices.Contains(names, r.ID) || slices.Contains(names, r.Name()) || slices.Contains(names, string(r.ARN))
		}
	}
	planned, err := f.preview(ctx, s, p, planner, scopes, &done)
	if err != nil {
		return err
	}
	if planned == 0 || f.dryRun {
		done.doc.Left = planned
		return errors.Join(done.document(), failedIf(done.unlooked > 0))
	}
	if err := f.confirm(f.yes, fmt.Sprintf("Start or enlarge %d resources?", planned)); err != nil {
		return err
	}
	planner.Absent, done.doc, done.unlooked = nil, newHandiwork(f.console, as).doc, 0
	for _, scope := range scopes {
		o := f.optimizer(s, p, planner)
		o.Actuator = s.Acts(p, true)
		if err := done.scope(ctx, scope, done.tell(o.Sweep(ctx, scope))); err != nil && (len(scopes) == 1 || ctx.Err() != nil) {
			return err
		}
	}
	return done.finish(s, planned)
}

func failedIf(failed bool) error {
	if failed {
		return exit(exitFailed)
	}
	return nil
}

func (f *restoreFlags) optimizer(s *site, p *policy.Policy, planner optimizer.Planner) *optimizer.Optimizer {
	o := handOptimizer(f.console, s, p, planner)
	o.Inventory = sighted{s, p, true}
	return o
}

// known are the scopes that the ledger knows: they may be others than those of the policy, which may have changed.
func (f *restoreFlags) known(ctx context.Context, s *site) ([]fleet.Scope, error) {
	scopes, err := (optimizer.States{Store: s.store}).Known(ctx)
	if err != nil {
		return nil, err
	}
	if len(scopes) == 0 {
		return nil, fmt.Errorf("%s holds neither memory nor ledger: name the place with --hub", s.place)
	}
	return scopes, nil
}

// preview tells what would be done, and how much it is. What cannot be looked at is told, and the rest is put back.
func (f *restoreFlags) preview(ctx context.Context, s *site, p *policy.Policy, planner *hub.Restore, scopes []fleet.Scope, done *handiwork) (int, error) {
	planned := 0
	for _, scope := range scopes {
		o := f.optimizer(s, p, planner)
		made, err := o.Preview(ctx, scope)
		if err := done.scope(ctx, scope, err); err != nil && (len(scopes) == 1 || ctx.Err() != nil) {
			return 0, err
		}
		for _, a := range made.Actions {
			planned++
			done.note(a, "planned", nil)
			_, _ = fmt.Fprintf(f.out, "  %s: %s\n", act(a), a.Why)
		}
	}
	for _, arn := range planner.Absent {
		_, _ = fmt.Fprintf(f.out, "  left    %s was stopped by offpeak and is not there any more\n", arn)
	}
	if planned == 0 {
		_, err := fmt.Fprintln(f.out, "Nothing is to be put back: offpeak holds nothing off.")
		return 0, err
	}
	return planned, nil
}
