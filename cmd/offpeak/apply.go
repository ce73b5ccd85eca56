package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

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
	output     string
}

func newApply(c console) *cobra.Command {
	f := applyFlags{console: c, reachFlags: reachFlags{acts: true}}
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
	registerForm(cmd, &f.output)
	spot := newSpotApply(c)
	spot.Use, spot.Example = "spot RESOURCE...", "  offpeak apply spot dev-order-web\n  offpeak apply spot --all --yes"
	spot.Short = "Move what asks for Spot, and can; the same as \"offpeak spot apply\""
	cmd.AddCommand(spot)
	return cmd
}

func (f *applyFlags) run(cmd *cobra.Command, file string) error {
	as, err := formOf(f.output)
	if err != nil {
		return err
	}
	saved, err := readPlanFile(file)
	if err != nil {
		return err
	}
	done := newHandiwork(f.console, as)
	f.console = f.apart(as)
	if len(saved.Actions) == 0 {
		_, _ = fmt.Fprintln(f.out, "The plan has nothing to do.")
		return done.document()
	}
	if err := f.mayAsk(f.yes); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	s, p, err := f.ready(ctx, f.console, cmd, f.policyFile)
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
	var errs []error
	for _, scope := range scopes {
		errs = append(errs, done.scope(ctx, scope, done.sweep(ctx, s, p, approved, s.Acts(p, false), scope)))
	}
	if err := cmp.Or(errs...); err != nil && len(scopes) == 1 {
		return err
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
	off, moves := 0, 0
	for _, a := range p.Actions {
		switch {
		case !plan.Switches(a.Change):
			moves++
		case plan.SwitchesOff(a.Change):
			off++
		}
	}
	question := fmt.Sprintf("Stop or shrink %d and start or enlarge %d resources?", off, len(p.Actions)-off-moves)
	if moves > 0 {
		question = fmt.Sprintf("Stop or shrink %d, start or enlarge %d, and move %d resources?", off, len(p.Actions)-off-moves, moves)
	}
	return f.confirm(f.yes, question)
}

// mayAsk refuses to go on where an answer will be needed and nobody is there to give it.
func (c console) mayAsk(yes bool) error {
	file, ok := c.in.(*os.File)
	if yes || ok && term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return usagef("nobody is there to agree: say --yes")
}

// confirm asks a person at a terminal, unless yes was said already. Nobody at a terminal is nobody who agrees.
func (c console) confirm(yes bool, question string) error {
	if err := c.mayAsk(yes); err != nil || yes {
		return err
	}
	_, _ = fmt.Fprintf(c.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(c.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

// makePlan is how a plan that can be carried out is made.
const makePlan = "make one with \"offpeak plan --live -o json --out plan.json\""

func readPlanFile(file string) (plan.Plan, error) {
	data, err := os.Open(file)
	if err != nil {
		return plan.Plan{}, usagef("%w; %s", err, makePlan)
	}
	defer func() { _ = data.Close() }()
	text := bufio.NewReader(data)
	if _, err := text.Peek(1); errors.Is(err, io.EOF) {
		return plan.Plan{}, fmt.Errorf("read plan: %s is empty; %s", file, makePlan)
	}
	p, err := plan.Read(text)
	if err != nil {
		return p, fmt.Errorf("%s: %w; %s", file, err, makePlan)
	}
	return p, nil
}

// handiwork is what a person lets be done at a terminal, and how it is told.
type handiwork struct {
	console  // where it is told
	out      console
	as       form
	did      int
	failed   int
	unlooked int
	doc      workJSON
}

// workJSON is what came of acts.
type workJSON struct {
	Acts    []actJSON    `json:"acts"`
	Unread  []unreadJSON `json:"unread"`
	Done    int          `json:"done"`
	Failed  int          `json:"failed"`
	Left    int          `json:"left"`
	Written string       `json:"written_in,omitempty"`
}

// actJSON is an act, and what came of it: planned, done, failed or left.
type actJSON struct {
	subjectJSON
	Act    string        `json:"act"`
	Change string        `json:"change"`
	Came   string        `json:"came"`
	Why    string        `json:"why"`
	Class  failure.Class `json:"class,omitempty"`
	Error  string        `json:"error,omitempty"`
}

func newHandiwork(c console, as form) handiwork {
	return handiwork{console: c.apart(as), out: c, as: as, doc: workJSON{Acts: []actJSON{}, Unread: []unreadJSON{}}}
}

// note keeps an act for the document.
func (h *handiwork) note(a plan.Action, came string, err error) {
	line := actJSON{subjectJSON: subjectOf(a.Subject), Act: a.ID, Change: plan.Describe(a.Change), Came: came, Why: a.Why}
	if err != nil {
		line.Class, line.Error = failure.Of(err), err.Error()
	}
	h.doc.Acts = append(h.doc.Acts, line)
}

// document prints what came of it, where that is asked for in JSON.
func (h *handiwork) document() error {
	if h.as != asJSON {
		return nil
	}
	return writeJSON(h.out.out, h.doc)
}

// scope tells that a scope could not be looked after, so that the others are.
func (h *handiwork) scope(ctx context.Context, scope fleet.Scope, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	h.unlooked++
	_, _ = fmt.Fprintf(h.console.out, "  FAILED  %s\n          %s: %v\n", scope, failure.Of(err), err)
	if do := failure.Remedy(err); do != "" {
		_, _ = fmt.Fprintf(h.console.out, "          -> %s\n", do)
	}
	h.doc.Unread = append(h.doc.Unread, unreadJSON{scope, failure.Of(err), err.Error(), failure.Remedy(err)})
	return err
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
		Inventory: sighted{s, p, false}, Planner: &hub.Aside{Store: s.store, Planner: planner, Rules: &p.Rules}, Book: ledger.Book{Store: s.store},
		States: optimizer.States{Store: s.store}, Now: c.now, Holder: holder(c), MaxFailures: p.Guards.MaxFailures,
		Prices: s.pricer(),
	}
}

func (h *handiwork) tell(out optimizer.Outcome, err error) error {
	tried := out.Plan.Actions[:max(0, len(out.Plan.Actions)-out.Left)]
	for _, a := range tried {
		failed := out.Failed[a.ID]
		if failed == nil {
			h.did++
			h.note(a, "done", nil)
			_, _ = fmt.Fprintf(h.console.out, "  done    %s\n", act(a))
			continue
		}
		h.failed++
		h.note(a, "failed", failed)
		_, _ = fmt.Fprintf(h.console.out, "  FAILED  %s\n          %s: %v\n", act(a), failure.Of(failed), failed)
	}
	return err
}

func (h *handiwork) drifted(a plan.Action) {
	h.note(a, "left", nil)
	_, _ = fmt.Fprintf(h.console.out, "  left    %s\n          it is not as it was when the plan was made, or not to be changed any more\n", act(a))
}

// finish sums up. What failed makes the command fail.
func (h *handiwork) finish(s *site, planned int) error {
	h.doc.Done, h.doc.Failed, h.doc.Left, h.doc.Written = h.did, h.failed, planned-h.did-h.failed, s.place
	_, _ = fmt.Fprintf(h.console.out, "\n%d of %d done, %d failed, %d left; written down in %s.\n", h.did, planned, h.failed, h.doc.Left, s.place)
	if err := h.document(); err != nil {
		return err
	}
	if h.failed+h.unlooked > 0 {
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

// Find implements optimizer.Finder.
func (s sighted) Find(ctx context.Context, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error) {
	return s.site.Find(ctx, s.policy, scope, arns)
}

// Snapshot implements optimizer.Inventory.
func (s sighted) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	seen, err := s.site.Look(ctx, s.policy, scope, s.everything)
	if err == nil {
		s.policy.Prices.Apply(&seen)
	}
	return seen, err
}
