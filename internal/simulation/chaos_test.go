package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
)

// kind is a sort of fault.
type kind string

// The faults of a week. Lost, late and duplicate are of wakes; a late one arrives up to two days later, after many that were sent after it.
const (
	crash      kind = "crash" // at any call to AWS and any read or write
	lost       kind = "lost"
	duplicate  kind = "duplicate"
	delayed    kind = "late"
	throttle   kind = "throttle"
	lag        kind = "lag"
	capacity   kind = "capacity"
	failsLater kind = "fails-later" // a start is accepted and fails
	contention kind = "contention"  // another worker sweeps the scope within a sweep
	pause      kind = "pause"       // a worker stands still for longer than its lease
	wipe       kind = "wipe"        // memory is lost
	tear       kind = "tear"        // an object of the ledger is cut off
	policy     kind = "policy"      // it is replaced within a sweep
	tags       kind = "tags"        // owners change their minds
)

func everyKind() []kind {
	return []kind{crash, lost, duplicate, delayed, throttle, lag, capacity, failsLater, contention, pause, wipe, tear, policy, tags}
}

// chaos is what goes wrong in a week, and everything that sweeps it.
type chaos struct {
	*watcher
	faults   map[kind]bool
	random   *rand.Rand
	mutation mutation
	happened map[string]int // faults and where processes died
	plans    map[edition][2]optimizer.Planner
	warm     []*worker // processes that live on from one sweep to the next
	started  int
	sweeping int // sweeps that have begun and not ended
}

// falls draws whether a fault happens, so many times in a thousand.
func (c *chaos) falls(k kind, chance int) bool {
	drawn := c.random.IntN(1000) < chance
	return drawn && c.faults[k]
}

// planners are two for each edition: one plans, the other is asked the same another way.
func (c *chaos) planners() [2]optimizer.Planner {
	e := c.office.present()
	if made, ok := c.plans[e]; ok {
		return made
	}
	var made [2]optimizer.Planner
	for i := range made {
		r := rulesOf(c.office.zone, e)
		if c.mutation.rules != nil {
			c.mutation.rules(r)
		}
		made[i] = planner{scheduler.New(r)}
		if c.mutation.planner != nil {
			made[i] = c.mutation.planner(made[i])
		}
	}
	c.plans[e] = made
	return made
}

// worker is a process: an optimizer whose ports fail.
type worker struct {
	*chaos
	*optimizer.Optimizer
	store objects.Store

	scope    fleet.Scope
	calls    int
	when     int // the call before which the incident happens; below zero: never
	incident func()
	fence    int64 // of its lease
	dead     bool
	seen     fleet.Snapshot
	others   int // changes by others when it looked
}

func (c *chaos) start() *worker {
	c.started++
	w := &worker{chaos: c, store: c.world.Mortal(c.watcher.store), when: -1}
	var store objects.Store = w
	if c.mutation.store != nil {
		store = c.mutation.store(store, c.watcher.store)
	}
	w.Optimizer = &optimizer.Optimizer{
		Inventory: w, Planner: w, Actuator: w, Book: ledger.Book{Store: store}, States: optimizer.States{Store: store}, Now: c.world.Now,
		Holder: fmt.Sprintf("worker-%d", c.started), MaxFailures: 50,
	}
	return w
}

// sweep is one wake of a scope.
func (c *chaos) sweep(ctx context.Context, scope fleet.Scope) (time.Time, error) {
	w := c.warm[0]
	switch {
	case c.falls(crash, 80), c.started == 2 && c.falls(crash, 500):
		calls := c.random.IntN(26)
		if c.random.IntN(4) == 0 || c.started == 2 {
			calls = 85 + c.random.IntN(45) // who finds no memory lists the ledger day by day first
		}
		c.world.KillAfter(calls, c.random.IntN(2) == 0)
	case c.falls(contention, 60):
		w.plot(func() { c.intrude(ctx, scope, contention) })
	case c.falls(pause, 50):
		w.plot(func() {
			c.happened[string(pause)]++
			// Nobody else is woken while the world waits here, so that long sleeps would only look like a late opening.
			c.world.Advance(c.world.Now().Add(time.Duration(16+c.random.IntN(20)) * time.Minute))
			if c.random.IntN(3) > 0 {
				c.intrude(ctx, scope, "pause, another sweeps meanwhile")
			}
		})
	case c.falls(policy, 6):
		w.plot(func() {
			c.happened[string(policy)]++
			c.office.replace(c.world.Now(), edition(c.random.IntN(editions)))
		})
	}
	wake, err := w.sweep(ctx, scope)
	if w.dead || c.random.IntN(20) == 0 {
		c.warm[0] = c.start()
	}
	return wake, err
}

// plot lets an incident happen before some call of the next sweep.
func (w *worker) plot(incident func()) { w.when, w.incident = w.random.IntN(16), incident }

// intrude lets another process sweep the scope.
func (c *chaos) intrude(ctx context.Context, scope fleet.Scope, name kind) {
	c.happened[string(name)]++
	if _, err := c.warm[1].sweep(ctx, scope); err != nil {
		var held *optimizer.HeldError
		if errors.As(err, &held) {
			c.happened["the lease is another's"]++
		}
	}
}

func (w *worker) sweep(ctx context.Context, scope fleet.Scope) (time.Time, error) {
	w.scope, w.calls, w.dead, w.fence = scope, 0, false, 0
	w.sweeping++
	out, err := w.Sweep(ctx, scope)
	w.sweeping--
	w.when, w.incident = -1, nil
	switch {
	case errors.Is(err, objects.ErrChanged):
		w.happened["the state was changed by another"]++
	case errors.Is(err, objects.ErrExists):
		w.happened["the run is another's"]++
	}
	if len(out.Damages) > 0 {
		w.happened["damage is reported"]++
	}
	for _, r := range out.Plan.Refusals {
		w.refused[r.Subject.ARN] = w.world.Now()
	}
	if err == nil && len(out.Plan.Actions) > 0 {
		w.again(ctx, &out)
	}
	return out.Wake, err
}

// again plans once more after what was planned has been done: there must be nothing left to do.
func (w *worker) again(ctx context.Context, out *optimizer.Outcome) {
	if !w.world.Now().Equal(out.Plan.Taken) || w.watcher.others != w.others {
		return // the world went on
	}
	state, err := optimizer.States{Store: w.watcher.store}.Load(ctx, w.scope)
	if err != nil {
		return
	}
	acted := map[fleet.ARN]bool{}
	for _, a := range out.Plan.Actions {
		acted[a.Subject.ARN] = out.Failed[a.ID] == nil
	}
	after := w.seen
	after.Resources = slices.Clone(after.Resources)
	for i := range after.Resources {
		if r, ok := w.world.Truth(after.Resources[i].ARN); ok && acted[r.ARN] {
			after.Resources[i] = r
		}
	}
	more, _, err := w.planners()[1].Plan(ctx, &after, &state.Memory, w.world.Now())
	for _, a := range more.Actions {
		if err == nil && acted[a.Subject.ARN] {
			w.complain(a.Subject.ARN, "a plan after the plan was carried out wants to %s it again: %s", a.Change.Verb(), a.Why)
		}
	}
	w.happened["planned again"]++
}

// Plan implements optimizer.Planner. It asks a second planner about the same resources in another order: the answer must be the same.
func (w *worker) Plan(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	both := w.planners()
	made, next, err := both[0].Plan(ctx, s, memory, now)
	if err != nil || len(made.Actions) == 0 {
		return made, next, err
	}
	turned := *s
	turned.Resources = slices.Clone(s.Resources)
	slices.Reverse(turned.Resources)
	other, after, err := both[1].Plan(ctx, &turned, memory, now)
	if err == nil && (asText(made) != asText(other) || asText(next) != asText(after)) {
		w.complain(made.Actions[0].Subject.ARN, "another order of the same resources gives another plan: %s and %s", verbs(made), verbs(other))
	}
	return made, next, err
}

func verbs(p plan.Plan) (text []string) {
	for _, a := range p.Actions {
		text = append(text, a.Change.Verb()+" "+a.Subject.ID)
	}
	return text
}

func asText(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// Snapshot implements optimizer.Inventory.
func (w *worker) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	w.step()
	if w.falls(throttle, 20) {
		w.happened["describe is throttled"]++
		return fleet.Snapshot{}, simulation.ErrThrottled
	}
	s, err := w.world.Snapshot(ctx, scope)
	w.died("describe", err)
	for i := range s.Resources {
		r := &s.Resources[i]
		if truth, _ := w.world.Truth(r.ARN); truth.Status != r.Status || truth.Size != r.Size || schedule(&truth) != schedule(r) {
			w.happened[string(lag)]++
			break
		}
	}
	if w.mutation.snapshot != nil {
		w.mutation.snapshot(&s)
	}
	w.seen, w.others = s, w.watcher.others
	return s, err
}

// Act implements optimizer.Actuator. Calls to AWS carry no fence: who stands still within them cannot be stopped, so nothing happens here but
// throttling.
func (w *worker) Act(ctx context.Context, actions []plan.Action) []error {
	if newest := w.watcher.store.fences[fmt.Sprintf("state/%s/%s.json", w.scope.Account, w.scope.Region)]; w.fence < newest {
		w.complain(actions[0].Subject.ARN, "a worker acts under fence %d while fence %d is given out", w.fence, newest)
	}
	act := w.throttled
	if w.mutation.act != nil {
		act = w.mutation.act(w, act)
	}
	errs := act(ctx, actions)
	for i, err := range errs {
		w.died("act: "+actions[i].Change.Verb(), err)
		switch {
		case errors.Is(err, simulation.ErrCapacity):
			w.happened[string(capacity)]++
		case errors.Is(err, simulation.ErrDenied), errors.Is(err, simulation.ErrProtected):
			w.happened["denied or protected"]++
		}
	}
	return errs
}

// throttled does what is let through.
func (w *worker) throttled(ctx context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	var passing []plan.Action
	var places []int
	for i, a := range actions {
		if w.falls(throttle, 60) {
			w.happened[string(throttle)]++
			errs[i] = fmt.Errorf("%s %s: %w", a.Change.Verb(), a.Subject.ID, simulation.ErrThrottled)
			continue
		}
		passing, places = append(passing, a), append(places, i)
	}
	for i, err := range w.world.Act(ctx, passing) {
		errs[places[i]] = err
	}
	return errs
}

// step counts a call, and lets the incident happen before it.
func (w *worker) step() {
	w.calls++
	if incident := w.incident; incident != nil && w.calls > w.when {
		w.incident = nil
		incident()
	}
}

// died notes where the process was killed.
func (w *worker) died(where string, err error) {
	if errors.Is(err, simulation.ErrKilled) && !w.dead {
		w.dead = true
		w.happened["crash: "+where]++
	}
}

// after is what happens between two sweeps.
func (c *chaos) after(scope fleet.Scope, _ error) error {
	c.swept()
	if c.falls(wipe, 12) {
		which := c.random.IntN(3)
		c.happened[string(wipe)]++
		if which != 1 {
			c.watcher.store.wipe(fmt.Sprintf("state/%s/%s", scope.Account, scope.Region))
		}
		if which != 0 {
			c.watcher.store.wipe(fmt.Sprintf("memory/%s/%s", scope.Account, scope.Region))
		}
	}
	if c.falls(tear, 5) && c.watcher.store.tear(c.random) {
		c.happened[string(tear)]++
	}
	return nil
}
