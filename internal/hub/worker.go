package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

// Hands are what looks and acts under one policy: it says which tags opt in, how accounts are entered, and what things cost.
type Hands struct {
	Inventory optimizer.Inventory
	Actuator  optimizer.Actuator
	Readiness Readiness
	// Prices may be nil: then prices are those that the inventory gives.
	Prices optimizer.Pricer
}

// Worker answers wakes. All fields but Switch must be set. It is safe for concurrent use.
type Worker struct {
	Store    objects.Store
	Policies *Policies
	Accounts *Accounts
	// Under returns the hands for a policy. It is asked once for each.
	Under  func(*policy.Policy) (Hands, error)
	Queue  Queue
	Alerts Alerts
	// Switch is the hub's kill switch; nil: there is none but the policy's.
	Switch Switch
	Now    func() time.Time
	// Holder names this process to others that want the same scope.
	Holder string

	mu      sync.Mutex
	version objects.Version
	held    *policy.Policy
	sweeper *optimizer.Optimizer
}

// Report is what came of a wake.
type Report struct {
	Scope   fleet.Scope
	Outcome optimizer.Outcome
	// Elsewhere says that another worker looks after the scope at this moment.
	Elsewhere bool
	// Observed is until when the account is only watched; zero where it is not.
	Observed time.Time
	// Doubt says why the policy in force is not the one that was pushed last.
	Doubt error
	// Unread says why the scope could not be looked at, or why nothing may be done in it. It was told; the hourly reconcile tries again.
	Unread error
}

// Answer looks at every scope of a wake, side by side, and tells done of each, one after the other in their order. An error means that the wake should
// be delivered again: who has been looked after by then is looked at once more, which does no harm.
func (w *Worker) Answer(ctx context.Context, wake Wake, done func(Wake, Report, error)) error {
	each := wake.Each()
	reports, errs := make([]Report, len(each)), make([]error, len(each))
	var looks sync.WaitGroup
	for i := range each {
		looks.Go(func() { reports[i], errs[i] = w.Look(ctx, each[i]) })
	}
	looks.Wait()
	for i := range each {
		done(each[i], reports[i], errs[i])
	}
	return errors.Join(errs...)
}

// Look answers a wake of one scope with one sweep. An error means that the wake should be delivered again; what no repetition mends is told and reported
// instead.
func (w *Worker) Look(ctx context.Context, wake Wake) (Report, error) {
	report := Report{Scope: wake.Scope}
	o, p, doubt, err := w.sweeperFor(ctx)
	if err != nil {
		return report, err
	}
	report.Doubt = doubt
	since, err := w.Accounts.Since(ctx, wake.Scope.Account, w.Now())
	if err != nil {
		return report, err
	}
	if until := since.Add(p.Observe); p.Observe > 0 && w.Now().Before(until) {
		report.Observed = until
	}
	report.Outcome, err = o.Sweep(context.WithValue(ctx, observedKey{}, report.Observed), wake.Scope)
	var held *optimizer.HeldError
	var unread *SwitchError
	switch {
	case errors.As(err, &held):
		report.Elsewhere = true
		return report, nil
	case errors.Is(err, optimizer.ErrTooManyFailures):
		return report, w.watch(nil).Tell(ctx, []Alert{w.tooMany(report, err)}, w.Now())
	case errors.As(err, &unread) && !failure.Of(err).Passes():
		report.Unread = err
		return report, w.watch(nil).Tell(ctx, []Alert{switchUnread(unread, w.Now().UTC().Format(time.DateOnly))}, w.Now())
	case err != nil && needsSomebody(failure.Of(err)):
		report.Unread = err
		return report, w.watch(nil).Tell(ctx, []Alert{w.unread(wake.Scope, err)}, w.Now())
	case err != nil:
		return report, err
	case report.Outcome.Left > 0:
		return report, w.Queue.Send(ctx, []Wake{{Scope: wake.Scope, Reason: Continued, Sent: w.Now().UTC()}})
	}
	return report, nil
}

// observedKey is where the end of an account's observation travels to the planner.
type observedKey struct{}

// sweeperFor returns the optimizer under the policy in force. While the policy is the same it is the same optimizer, which knows what it read.
func (w *Worker) sweeperFor(ctx context.Context) (*optimizer.Optimizer, *policy.Policy, error, error) {
	held, version, doubt, err := w.Policies.InForce(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sweeper != nil && w.version == version && w.held == held {
		return w.sweeper, held, doubt, nil
	}
	hands, err := w.Under(held)
	if err != nil {
		return nil, nil, nil, err
	}
	w.version, w.held = version, held
	w.sweeper = &optimizer.Optimizer{
		Inventory: hands.Inventory, Actuator: hands.Actuator,
		Planner: &Aside{Store: w.Store, Planner: &planner{planner: scheduler.New(&held.Rules), kill: w.Switch}, Rules: &held.Rules},
		Book:    ledger.Book{Store: w.Store}, States: optimizer.States{Store: w.Store}, Now: w.Now, Holder: w.Holder,
		MaxFailures: held.Guards.MaxFailures, Watch: w.watch(hands.Readiness), Prices: hands.Prices,
	}
	return w.sweeper, held, doubt, nil
}

func (w *Worker) watch(r Readiness) *Watch {
	return &Watch{Readiness: r, Alerts: w.Alerts, Said: Said{w.Store}}
}

// needsSomebody reports whether a scope cannot be looked at until somebody puts that right, so that no repetition mends it.
func needsSomebody(c failure.Class) bool { return c == failure.Denied || c == failure.Unreadable }

func (w *Worker) unread(scope fleet.Scope, err error) Alert {
	day := w.Now().UTC().Format(time.DateOnly)
	do := failure.Remedy(err)
	if do == failure.Denied.Remedy() { // nothing more is known: of a whole account it is mostly the role
		do = "deploy offpeak's role in the account, or take the account out of the policy; \"offpeak doctor\" tells what is missing"
	}
	return Alert{
		Key: fmt.Sprintf("%s|unread|%s", scope, day), Scope: scope, Class: failure.Of(err),
		What: fmt.Sprintf("%s cannot be looked at", scope), Why: err.Error(), Remedy: do,
	}
}

func (w *Worker) tooMany(r Report, err error) Alert {
	day := w.Now().UTC().Format("2006-01-02T15")
	return Alert{
		Key: fmt.Sprintf("%s|too-many|%s", r.Scope, day), Scope: r.Scope, Class: failure.Other,
		What: fmt.Sprintf("a run in %s stopped because most of its acts failed", r.Scope), Why: err.Error(),
		Remedy: "the rest was left to the next run; \"offpeak history\" tells what AWS said to each",
	}
}

// planner lets several goroutines plan, one after the other, for the instant at which they ask.
type planner struct {
	mu      sync.Mutex
	planner *scheduler.Planner
	kill    Switch
}

// Plan implements optimizer.Planner. The hub's kill switch is asked only where something is to be done, and then it is planned anew under what it
// says: planning itself asks nobody.
func (p *planner) Plan(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	observed, _ := ctx.Value(observedKey{}).(time.Time)
	options := scheduler.Options{Now: now, ObservedUntil: observed}
	made, next := p.make(s, memory, options)
	if len(made.Actions) == 0 {
		return made, next, nil
	}
	at, err := position(ctx, p.kill)
	if err != nil || at == scheduler.KillNothing {
		return made, next, err
	}
	options.KillSwitch = at
	made, next = p.make(s, memory, options)
	return made, next, nil
}

func (p *planner) make(s *fleet.Snapshot, memory *fleet.Memory, o scheduler.Options) (plan.Plan, *fleet.Memory) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.planner.Plan(s, memory, o)
}
