package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"offpeak/autospot"
	"offpeak/internal/billing/coverage"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/market"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// Market tells what EC2 offers to a scope, for what was seen in it.
type Market interface {
	Of(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot) (*market.Market, error)
}

// Placement tells how likely it is that Spot is to be had in the zones of a scope. What cannot be told is an answer that says why.
type Placement interface {
	Scores(ctx context.Context, scope fleet.Scope, asks []market.ScoreAsk) ([]market.Score, error)
}

// SpotHands are what AutoSpot looks and acts with under one policy. The inventory tells how things are launched.
type SpotHands struct {
	Inventory optimizer.Inventory
	Actuator  optimizer.Actuator
	Market    Market
	// Placement may be nil: then nobody is asked how likely Spot is to be had.
	Placement Placement
	// Converter may be nil: then no instance is converted.
	Converter Converter
}

// SpotWorker looks after what is on Spot, or could be. All fields but Switch must be set. It is safe for concurrent use.
//
// It shares ledger, memory and lease of a scope with the Worker. What the scheduler is about to act on it leaves for the next look, and the wakes of
// the scheduler stay as they are.
type SpotWorker struct {
	Store    objects.Store
	Policies *Policies
	Accounts *Accounts
	// Fixed, if set, is followed instead of the policy in force, and Accounts may be nil then: who types a command knows the account.
	Fixed *policy.Policy
	// Facts, if set, are what bills tell of commitments, instead of those that were published.
	Facts []coverage.Facts
	// Under returns the hands for a policy. It is asked once for each.
	Under  func(*policy.Policy) (SpotHands, error)
	Queue  Queue
	Alerts Alerts
	Switch Switch
	Now    func() time.Time
	Holder string

	mu      sync.Mutex
	version objects.Version
	held    *policy.Policy
	hands   SpotHands
}

// SpotReport is what came of a look.
type SpotReport struct {
	Scope   fleet.Scope
	Mode    autospot.Mode
	Outcome optimizer.Outcome
	Advices []autospot.Advice
	// Sources say where each part of the market is from.
	Sources []string
	// Elsewhere says that another worker looks after the scope at this moment; it is looked at again soon.
	Elsewhere bool
	// Unread says why the scope could not be looked at. It was told.
	Unread error
	// Unlearned says why what was seen could not be added to what is known of the organization's own interruptions. Nothing else depends on it.
	Unlearned error
	// Again is when the scope is looked at again for its sake; zero: with the next day.
	Again time.Time
}

// How soon it is looked again: where another worker has the scope, and at the latest while something is on its way. A queue keeps a message back for
// fifteen minutes at most (Amazon SQS API, SendMessage).
const (
	whenHeld    = 30 * time.Second
	mostDelayed = 15 * time.Minute
)

// Order is what a person at a terminal wants done, whatever the policy's mode is.
type Order struct {
	// Only chooses what is moved; nil: all.
	Only func(*fleet.Resource) bool
	// Back takes it back to what it bought before; else it is moved, also where a move of it was given up or rolled back.
	Back bool
}

// Preview returns what a look would find and do for an order; nil: what it would do by itself. It writes nothing and changes nothing.
func (w *SpotWorker) Preview(ctx context.Context, scope fleet.Scope, order *Order) (SpotReport, error) {
	report := SpotReport{Scope: scope}
	p, o, err := w.planner(ctx, scope, order)
	if err != nil {
		return report, err
	}
	report.Mode, p.dry = p.policy.Spot.Mode, true
	report.Outcome.Plan, err = o.Preview(ctx, scope)
	report.Advices, report.Sources = p.advices, p.sources
	return report, err
}

// CarryOut does what a person wants done in one scope.
func (w *SpotWorker) CarryOut(ctx context.Context, scope fleet.Scope, order *Order) (SpotReport, error) {
	report := SpotReport{Scope: scope}
	p, o, err := w.planner(ctx, scope, order)
	if err != nil {
		return report, err
	}
	report.Mode = p.policy.Spot.Mode
	report.Outcome, err = o.Sweep(ctx, scope)
	report.Advices, report.Again = p.advices, p.wake
	return report, err
}

// planner returns the planner of a scope and the optimizer that asks it.
func (w *SpotWorker) planner(ctx context.Context, scope fleet.Scope, order *Order) (*spotPlanner, *optimizer.Optimizer, error) {
	held, hands, err := w.under(ctx)
	if err != nil {
		return nil, nil, err
	}
	p := &spotPlanner{worker: w, policy: held, hands: hands, scope: scope, order: order}
	if p.watched, err = w.watched(ctx, held, scope); err != nil {
		return nil, nil, err
	}
	return p, &optimizer.Optimizer{
		Inventory: hands.Inventory, Actuator: movers{hands.Actuator, p.conversions()}, Planner: p, Book: ledger.Book{Store: w.Store}, States: optimizer.States{Store: w.Store},
		Now: w.Now, Holder: w.Holder, MaxFailures: held.Guards.MaxFailures, Beside: true,
	}, nil
}

// Look looks at one scope. An error means that the wake should be delivered again.
func (w *SpotWorker) Look(ctx context.Context, wake Wake) (SpotReport, error) {
	report := SpotReport{Scope: wake.Scope}
	p, o, err := w.planner(ctx, wake.Scope, nil)
	if err != nil {
		return report, err
	}
	report.Mode = p.policy.Spot.Mode
	report.Outcome, err = o.Sweep(ctx, wake.Scope)
	report.Advices, report.Unlearned = p.advices, p.unlearned
	var elsewhere *optimizer.HeldError
	switch {
	case errors.As(err, &elsewhere) || errors.Is(err, objects.ErrChanged):
		report.Elsewhere, report.Again = true, w.Now().Add(whenHeld)
		return report, w.again(ctx, wake.Scope, whenHeld)
	case err != nil && needsSomebody(failure.Of(err)):
		report.Unread = err
		return report, w.tell(ctx, []Alert{w.unread(wake.Scope, err)})
	case err != nil && !errors.Is(err, optimizer.ErrTooManyFailures):
		return report, err
	}
	if err := w.tell(ctx, append(alertsOf(&report, w.Now()), p.alerts...)); err != nil {
		return report, err
	}
	if report.Again = p.wake; report.Again.IsZero() {
		return report, nil
	}
	return report, w.again(ctx, wake.Scope, min(max(report.Again.Sub(w.Now()), time.Second), mostDelayed))
}

// watched reports whether the scope's account is still only watched.
func (w *SpotWorker) watched(ctx context.Context, held *policy.Policy, scope fleet.Scope) (bool, error) {
	if w.Accounts == nil {
		return false, nil
	}
	since, err := w.Accounts.Since(ctx, scope.Account, w.Now())
	return err == nil && w.Now().Before(since.Add(held.Observe)), err
}

func (w *SpotWorker) again(ctx context.Context, scope fleet.Scope, after time.Duration) error {
	return w.Queue.Send(ctx, []Wake{{Scope: scope, Reason: Continued, Sent: w.Now().UTC(), Delay: after}})
}

func (w *SpotWorker) tell(ctx context.Context, alerts []Alert) error {
	return (&Watch{Alerts: w.Alerts, Said: Said{w.Store}}).Tell(ctx, alerts, w.Now())
}

func (w *SpotWorker) unread(scope fleet.Scope, err error) Alert {
	return Alert{
		Key: fmt.Sprintf("%s|spot-unread|%s", scope, w.Now().UTC().Format(time.DateOnly)), Scope: scope, Class: failure.Of(err),
		What: fmt.Sprintf("%s cannot be looked at by AutoSpot", scope), Why: err.Error(), Remedy: failure.Remedy(err),
	}
}

// under returns the policy in force and the hands for it.
func (w *SpotWorker) under(ctx context.Context) (*policy.Policy, SpotHands, error) {
	held, version, err := w.Fixed, objects.Version(""), error(nil)
	if held == nil {
		held, version, _, err = w.Policies.InForce(ctx)
	}
	if err != nil {
		return nil, SpotHands{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != held || w.version != version {
		hands, err := w.Under(held)
		if err != nil {
			return nil, SpotHands{}, err
		}
		w.held, w.version, w.hands = held, version, hands
	}
	return w.held, w.hands, nil
}

// failedAct says which act failed.
func failedAct(act *plan.Action) string {
	if d, ok := act.Change.(plan.Deregister); ok {
		return "the image " + d.Image + " of the conversion to " + act.Subject.ID + " cannot be removed"
	}
	return "the move of " + act.Subject.ID + " failed"
}

// alertsOf are what people must know, each once a day; and where the policy's mode asks people, each move that waits for them, once.
func alertsOf(r *SpotReport, now time.Time) (alerts []Alert) {
	day := now.UTC().Format(time.DateOnly)
	doubted, doubt := 0, ""
	for i := range r.Advices {
		a := &r.Advices[i]
		if a.Alert != "" {
			alerts = append(alerts, Alert{
				Key: fmt.Sprintf("%s|spot|%s|%s", a.Subject.ARN, day, a.Alert), Scope: r.Scope, Resource: a.Subject.ARN,
				What: a.Subject.ID + ": " + a.Alert, Why: a.Why, Remedy: a.Remedy,
			})
		}
		if a.Move != nil && r.Mode == autospot.Ask {
			alerts = append(alerts, proposal(a))
		}
		if a.Doubted {
			doubted, doubt = doubted+1, a.Committed.Doubt
		}
	}
	if doubted > 0 {
		year, week := now.UTC().ISOWeek()
		alerts = append(alerts, Alert{
			Key: fmt.Sprintf("%s|spot-doubted|%d-%d", r.Scope, year, week), Scope: r.Scope, Why: doubt, Remedy: autospot.TellCommitments,
			What: fmt.Sprintf("%d could move to Spot in %s, and wait until it is known what commitments pay for", doubted, r.Scope),
		})
	}
	for _, act := range r.Outcome.Plan.Actions {
		if err := r.Outcome.Failed[act.ID]; err != nil {
			alerts = append(alerts, Alert{
				Key: fmt.Sprintf("%s|spot-failed|%s", act.ID, day), Scope: r.Scope, Resource: act.Subject.ARN, Class: failure.Of(err),
				What: failedAct(&act), Why: err.Error(), Remedy: failure.Remedy(err),
			})
		}
	}
	return alerts
}
