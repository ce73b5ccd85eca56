package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// applyFlags are the flags of apply.
type applyFlags struct {
	console
	reachFlags
	policyFile string
	yes        bool
}

func newApply(c console) *cobra.Command {
	f := applyFlags{console: c}
	cmd := &cobra.Command{
		Use:   "apply PLAN.json",
		Short: "Carry out a plan that was saved; what has changed since is left",
		Long: `Carries out a plan that "offpeak plan --live -o json --out PLAN.json" has saved.

Everything is looked at again first. An act is carried out if it would still change the same thing from the same state, for the same reason; what has
drifted is told and left. Each act is written into the ledger before it is done and after; an interrupt (Ctrl-C) ends after the current batch.
"offpeak restore --all" puts everything back.`,
		Example: `  offpeak plan --live -o json --out plan.json
  offpeak apply plan.json
  offpeak restore --all`,
		Args: need(1, 1, "name the plan to carry out"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.reachFlags.register(cmd)
	cmd.Flags().StringVar(&f.policyFile, "policy", defaultPolicy, "policy file; with a hub, the hub's policy is followed unless this is given")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	return cmd
}

func (f *applyFlags) run(cmd *cobra.Command, file string) error {
	saved, err := readPlanFile(file)
	if err != nil {
		return err
	}
	if len(saved.Actions) == 0 {
		_, err := fmt.Fprintln(f.out, "The plan has nothing to do.")
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	s, err := f.open(ctx, f.console)
	if err != nil {
		return err
	}
	p, err := s.policyFor(ctx, cmd, f.policyFile)
	if err != nil {
		return err
	}
	if saved.Policy != p.Rules.Policy {
		return fmt.Errorf("the plan was made under %s, and %s is in force: plan again", saved.Policy, p.Rules.Policy)
	}
	if err := f.agree(saved); err != nil {
		return err
	}
	var scopes []fleet.Scope
	for _, a := range saved.Actions {
		if !slices.Contains(scopes, a.Subject.Scope) {
			scopes = append(scopes, a.Subject.Scope)
		}
	}
	known, err := s.memory(ctx, scopes)
	if err != nil {
		return err
	}
	approved := &hub.Approved{Rules: &p.Rules, Acts: saved.Actions, Remembered: known != nil}
	done := handiwork{console: f.console, zone: p.Rules.Zone}
	for _, scope := range scopes {
		if err := done.sweep(ctx, s, p, approved, s.Acts(p, false), scope); err != nil {
			return err
		}
	}
	for _, a := range saved.Actions {
		if !approved.Found[a.ID] {
			done.drifted(a)
		}
	}
	return done.finish(s, len(saved.Actions))
}

// agree asks whether to act.
func (f *applyFlags) agree(p plan.Plan) error {
	off := 0
	for _, a := range p.Actions {
		if plan.SwitchesOff(a.Change) {
			off++
		}
	}
	return f.confirm(f.yes, fmt.Sprintf("Stop or shrink %d and start or enlarge %d resources?", off, len(p.Actions)-off))
}

// confirm asks a person at a terminal, unless yes was said already. Nobody at a terminal is nobody who agrees.
func (c console) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	file, ok := c.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return usagef("nobody is there to agree: say --yes")
	}
	_, _ = fmt.Fprintf(c.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(file).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

func readPlanFile(file string) (plan.Plan, error) {
	data, err := os.Open(file)
	if err != nil {
		return plan.Plan{}, usagef("%w", err)
	}
	defer func() { _ = data.Close() }()
	p, err := plan.Read(data)
	if err != nil {
		return p, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

// handiwork is what a person lets be done at a terminal, and how it is told.
type handiwork struct {
	console
	zone           *time.Location
	did, failed    int
	left, drifting int
}

// sweep lets one planner's plan be carried out in a scope, and tells each act.
func (h *handiwork) sweep(ctx context.Context, s *site, p *policy.Policy, planner optimizer.Planner, acts optimizer.Actuator, scope fleet.Scope) error {
	o := handOptimizer(h.console, s, p, planner)
	o.Actuator = acts
	return h.tell(o.Sweep(ctx, scope))
}

// handOptimizer is the optimizer for one planner at a site, without hands.
func handOptimizer(c console, s *site, p *policy.Policy, planner optimizer.Planner) *optimizer.Optimizer {
	return &optimizer.Optimizer{
		Inventory: sighted{s, p, false}, Planner: planner, Book: ledger.Book{Store: s.store},
		States: optimizer.States{Store: s.store}, Now: c.now, Holder: holder(c), MaxFailures: p.Guards.MaxFailures,
	}
}

func (h *handiwork) tell(out optimizer.Outcome, err error) error {
	tried := out.Plan.Actions[:max(0, len(out.Plan.Actions)-out.Left)]
	for _, a := range tried {
		failed := out.Failed[a.ID]
		if failed == nil {
			h.did++
			_, _ = fmt.Fprintf(h.out, "  done    %s\n", act(a))
			continue
		}
		h.failed++
		_, _ = fmt.Fprintf(h.out, "  FAILED  %s\n          %s: %v\n", act(a), failure.Of(failed), failed)
	}
	h.left += out.Left
	return err
}

func (h *handiwork) drifted(a plan.Action) {
	h.drifting++
	_, _ = fmt.Fprintf(h.out, "  left    %s\n          it is not as it was when the plan was made, or not to be changed any more\n", act(a))
}

// finish sums up. What failed makes the command fail.
func (h *handiwork) finish(s *site, planned int) error {
	_, _ = fmt.Fprintf(h.out, "\n%d of %d done, %d failed, %d left; written down in %s.\n", h.did, planned, h.failed, planned-h.did-h.failed, s.place)
	if h.failed > 0 {
		return exit(exitFailed)
	}
	return nil
}

// act writes an action for people.
func act(a plan.Action) string {
	name := a.Subject.ID
	if a.Subject.Name != "" {
		name += " (" + a.Subject.Name + ")"
	}
	return fmt.Sprintf("%s %s in %s", plan.Describe(a.Change), name, a.Subject.Scope)
}

// sighted is the inventory of a site under a policy.
type sighted struct {
	site       *site
	policy     *policy.Policy
	everything bool
}

// Snapshot implements optimizer.Inventory.
func (s sighted) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	seen, err := s.site.Look(ctx, s.policy, scope, s.everything)
	if err == nil {
		s.policy.Prices.Apply(&seen)
	}
	return seen, err
}
