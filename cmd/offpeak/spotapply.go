package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// spotHandFlags are the flags of the commands that move things to Spot and back.
type spotHandFlags struct {
	handFlags
	back        bool
	asks, empty string // of people: the question, and that there is nothing to do
}

func newSpotApply(c console) *cobra.Command {
	f := &spotHandFlags{handFlags: handFlags{console: c}, asks: "Move %d resources to Spot?", empty: "Nothing can move; \"offpeak spot --live\" says why."}
	return f.register(&cobra.Command{
		Use:   "apply RESOURCE...",
		Short: "Move what asks for Spot, and can, whatever the policy's mode is",
		Long: `Moves groups, services and instances to Spot that ask for it and that nothing speaks against: what "offpeak spot --live" calls a move. It also begins again
where a move was rolled back or given up. A group moves by an instance refresh, which goes on by itself and rolls itself back where replacements are not healthy.

Everything is written into the ledger before it is done and after. "offpeak spot rollback" takes it back.`,
		Example: `  offpeak spot --live
  offpeak spot apply dev-order-web
  offpeak spot apply --all --yes`,
		RunE: f.run,
	})
}

func newSpotRollback(c console) *cobra.Command {
	f := &spotHandFlags{handFlags: handFlags{console: c}, back: true, asks: "Take %d resources back to what they bought before?", empty: "Nothing was moved, or it is back already."}
	return f.register(&cobra.Command{
		Use:   "rollback RESOURCE...",
		Short: "Take back what AutoSpot has moved: to what it bought before",
		Long: `Takes groups and services back to what they bought before AutoSpot moved them, whenever that was: the instance refresh under way is rolled back, or another one
replaces the members. They stay so until "offpeak spot apply" moves them again. What somebody else has changed since is left.

An instance has another id after its conversion: to have it back for good, set its tag to no.`,
		Example: `  offpeak spot rollback dev-order-web
  offpeak spot rollback --all`,
		RunE: f.run,
	})
}

func (f *spotHandFlags) register(cmd *cobra.Command) *cobra.Command {
	f.spot = true
	f.handFlags.register(cmd, "all of them")
	return cmd
}

func (f *spotHandFlags) run(cmd *cobra.Command, names []string) error {
	done, err := f.begin(names)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	s, p, err := f.ready(ctx, f.console, cmd, f.policyFile)
	if err != nil {
		return err
	}
	scopes, err := s.scopes(ctx, f.console, p, f.regions)
	if err != nil {
		return err
	}
	order := &hub.Order{Back: f.back, Only: f.only(names)}
	worker := spotWorkerOf(f.console, s, p)
	planned, found, err := f.preview(ctx, worker, order, scopes, &done)
	if err != nil {
		return err
	}
	if !f.all && !found && done.unlooked == 0 {
		return usagef("nothing that asks for Spot is called %s in %s", strings.Join(names, ", "), scopeList(scopes))
	}
	if planned == 0 || f.dryRun {
		if planned == 0 {
			_, _ = fmt.Fprintln(f.out, f.empty)
		}
		done.doc.Left = planned
		return errors.Join(done.document(), failedIf(done.unlooked > 0))
	}
	if err := f.confirm(f.yes, fmt.Sprintf(f.asks, planned)); err != nil {
		return err
	}
	return f.carryOut(ctx, s, worker, order, scopes, planned, &done)
}

func (f *spotHandFlags) carryOut(ctx context.Context, s *site, w *hub.SpotWorker, order *hub.Order, scopes []fleet.Scope, planned int, done *handiwork) error {
	done.afresh()
	for _, scope := range scopes {
		report, err := w.CarryOut(ctx, scope, order)
		if err := done.scope(ctx, scope, done.tell(report.Outcome, err)); err != nil && (len(scopes) == 1 || ctx.Err() != nil) {
			return err
		}
	}
	return done.finish(s, planned)
}

// preview tells what would be done. found says that any of what was named is there.
func (f *spotHandFlags) preview(ctx context.Context, w *hub.SpotWorker, order *hub.Order, scopes []fleet.Scope, done *handiwork) (planned int, found bool, _ error) {
	for _, scope := range scopes {
		report, err := w.Preview(ctx, scope, order)
		if err := done.scope(ctx, scope, err); err != nil {
			if len(scopes) == 1 || ctx.Err() != nil {
				return 0, false, err
			}
			continue
		}
		for i := range report.Advices {
			a := &report.Advices[i]
			if order.Only != nil && !order.Only(resourceOfAdvice(a)) {
				continue
			}
			found = true
			if a.Move == nil {
				_, _ = fmt.Fprintf(f.out, "  left    %s in %s\n          %s\n", label(a.Subject), scope, a.Why)
			}
		}
		for _, act := range report.Outcome.Plan.Actions {
			planned++
			done.note(act, "planned", nil)
			to := act.Change
			if m, ok := to.(plan.Move); ok {
				_, _ = fmt.Fprintf(f.out, "  move    %s in %s\n          to %s\n", label(act.Subject), scope, plan.Buys(m.To))
			}
		}
	}
	return planned, found, nil
}

// resourceOfAdvice is who an advice is for, as selections look at it.
func resourceOfAdvice(a *autospot.Advice) *fleet.Resource {
	return &fleet.Resource{ID: a.Subject.ID, ARN: a.Subject.ARN, Kind: a.Subject.Kind, Scope: a.Subject.Scope, Parent: a.Subject.Parent, Tags: a.Tags}
}

// spotWorkerOf is AutoSpot at a site, following a policy. It tells nobody: who types the command reads what comes of it.
func spotWorkerOf(c console, s *site, p *policy.Policy) *hub.SpotWorker {
	return &hub.SpotWorker{
		Store: s.store, Fixed: p, Now: c.now, Holder: holder(c),
		Under: func(p *policy.Policy) (hub.SpotHands, error) { return s.Spot(p, s.store) },
	}
}

// scopeList names scopes in a sentence.
func scopeList(scopes []fleet.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.String()
	}
	return strings.Join(names, ", ")
}

// runLive asks AWS, and shows what it says.
func (f *spotFlags) runLive(cmd *cobra.Command, args []string, as form) error {
	if len(f.inventory)+len(args) > 0 || f.at != "" || f.memoryFile != "" || f.catalog+f.offerings+f.spotPrices+f.advisor != "" || len(f.experience) > 0 || f.all {
		return usagef("--live asks AWS about now and about what asks for Spot: it does not go with files, --at, --memory or --all")
	}
	if f.region != "" {
		f.regions = []string{f.region}
	}
	selected, err := parseSelector(f.selector)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	s, p, err := f.ready(ctx, f.console, cmd, f.policyFile)
	if err != nil {
		return err
	}
	scopes, err := s.scopes(ctx, f.console, p, f.regions)
	if err != nil {
		return err
	}
	worker, now := spotWorkerOf(f.console, s, p), f.now()
	if f.bill != "" {
		if err := f.askBill(ctx, s, p, worker, scopes); err != nil {
			return err
		}
	}
	var advices []autospot.Advice
	var sources []string
	done := newHandiwork(f.console, asTable)
	done.console.out = f.err
	for _, scope := range scopes {
		report, err := worker.Preview(ctx, scope, nil)
		if err := done.scope(ctx, scope, err); err != nil && (len(scopes) == 1 || ctx.Err() != nil) {
			return err
		}
		advices, sources = append(advices, report.Advices...), union(sources, report.Sources)
	}
	environments := p.Rules.EnvironmentOf()
	advices = slices.DeleteFunc(advices, func(a autospot.Advice) bool {
		return len(selected.filter([]fleet.Resource{*resourceOfAdvice(&a)}, environments)) == 0
	})
	return errors.Join(f.show(spotDocument(now, p, sources, advices), as), failedIf(done.unlooked > 0))
}
