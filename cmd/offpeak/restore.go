package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

// restoreFlags are the flags of restore.
type restoreFlags struct{ handFlags }

func newRestore(c console) *cobra.Command {
	f := restoreFlags{handFlags{console: c}}
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
	f.register(cmd, "everything")
	return cmd
}

func (f *restoreFlags) run(cmd *cobra.Command, names []string) error {
	done, err := f.begin(names)
	if err != nil {
		return err
	}
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
	planner := &hub.Restore{Rules: &p.Rules, Only: f.only(names)}
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
	planner.Absent = nil
	done.afresh()
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
