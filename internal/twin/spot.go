package twin

import (
	"context"
	"slices"
	"strings"
	"time"

	"offpeak/autospot"
	"offpeak/autospot/balance"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/market"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
)

// spotter looks after Spot in the world with offpeak, beside the scheduler: every morning, when it asks for it, and after what AWS tells of moved
// groups, at the next time that anybody looks at their scope.
type spotter struct {
	world     *simulation.World
	planner   *autospot.Planner
	scheduler *scheduler.Planner
	market    *market.Market
	optimizer *optimizer.Optimizer

	events map[fleet.ARN][]balance.Event
	due    map[fleet.Scope]time.Time
	wake   time.Time // of the last plan
}

// morning is when AutoSpot looks each day, after midnight of UTC: ten o'clock in Seoul, when groups have opened.
const morning = time.Hour

func newSpotter(l *Lives, book ledger.Book, states optimizer.States, failures int) *spotter {
	s := &spotter{
		world: l.With, planner: autospot.New(l.Spot), scheduler: scheduler.New(l.Rules), market: l.Market,
		events: map[fleet.ARN][]balance.Event{}, due: map[fleet.Scope]time.Time{},
	}
	s.optimizer = &optimizer.Optimizer{
		Inventory: l.With, Actuator: l.With, Planner: s, Book: book, States: states, Now: l.With.Now, Holder: "simulation of AutoSpot", MaxFailures: failures, Beside: true,
	}
	l.With.Warn = s.hear
	return s
}

// hear takes in what AWS tells of Spot instances and of launches that failed.
func (s *spotter) hear(n simulation.Notice) {
	e := balance.Event{What: balance.Interrupted, At: n.At, Instance: n.ID}
	switch {
	case n.Action == "rebalance":
		e.What = balance.Recommended
	case n.Action == simulation.LaunchFailed && strings.HasPrefix(n.Text, simulation.QuotaText):
		e.What, e.Cause = balance.LaunchFailed, balance.Quota
	case n.Action == simulation.LaunchFailed:
		e.What, e.Cause = balance.LaunchFailed, balance.Capacity
	}
	s.events[n.Resource] = append(s.events[n.Resource], e)
	if r, there := s.world.Truth(n.Resource); there {
		s.due[r.Scope] = s.world.Now()
	}
}

// look looks at a scope if it is due, and returns when it is due next.
func (s *spotter) look(ctx context.Context, scope fleet.Scope) (time.Time, error) {
	now := s.world.Now()
	if due, known := s.due[scope]; known && now.Before(due) {
		return due, nil
	}
	s.wake = time.Time{}
	_, err := s.optimizer.Sweep(ctx, scope)
	next := now.Truncate(24 * time.Hour).Add(morning)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	if !s.wake.IsZero() && s.wake.Before(next) {
		next = s.wake
	}
	if err == nil {
		s.due[scope] = next
	}
	return next, err
}

// Plan implements optimizer.Planner.
func (s *spotter) Plan(_ context.Context, seen *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	due, _ := s.scheduler.Plan(seen, memory, scheduler.Options{Now: now})
	o := autospot.Options{Do: true, Busy: map[fleet.ARN]bool{}, Events: s.events}
	for _, a := range due.Actions {
		o.Busy[a.Subject.ARN] = true
	}
	made, _, next := s.planner.Plan(seen, s.market, memory, o)
	for arn := range s.events { // what was counted stands in the memory
		s.events[arn] = slices.DeleteFunc(s.events[arn], func(e balance.Event) bool { return now.Sub(e.At) > 48*time.Hour })
	}
	s.wake = made.Wake
	return made, next, nil
}

// plain is the world as the scheduler looks at it: how things are launched is AutoSpot's to know.
type plain struct{ *simulation.World }

// Snapshot implements optimizer.Inventory.
func (p plain) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	seen, err := p.World.Snapshot(ctx, scope)
	seen.Resources = slices.Clone(seen.Resources)
	for i := range seen.Resources {
		seen.Resources[i].Launch = nil
	}
	return seen, err
}
