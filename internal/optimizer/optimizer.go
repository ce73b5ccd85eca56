// Package optimizer is the use case: look at one account in one region, plan, write down what will be done, do it, write down what came of
// it, remember, and say when to look again.
//
// It sees pure packages and the ports declared here; files, AWS and the simulation stand behind the ports. Nothing is done without an
// intent in the ledger. A sweep may be cut short anywhere: the next one finds its intents, looks at what is, and goes on.
package optimizer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

// Inventory shows what there is in a scope: everything that opts in. What does not may be left out. Package contract holds adapters to it.
type Inventory interface {
	Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error)
}

// Finder is an Inventory whose snapshots show only what is opted in: it looks for resources by name, opted in or not, so that what lost its tag
// can be told from what is gone. It leaves out names that are not there.
type Finder interface {
	Find(ctx context.Context, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error)
}

// Actuator changes what there is. It returns an error for each action that failed, by its place in the list, and nil for those that were
// accepted or were so already.
type Actuator interface {
	Act(ctx context.Context, actions []plan.Action) []error
}

// Noter is an Actuator that does more than it was asked where that helps, such as starting an instance as another type: it tells, once, what
// it did for an act.
type Noter interface {
	Notes(act string) []string
}

// Planner decides. It changes neither snapshot nor memory.
type Planner interface {
	Plan(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error)
}

// Watch looks at what a sweep has seen and done, for people: whether what was started can be used, and who is to be told of what.
type Watch interface {
	// After returns when to look again for its sake; zero: not at all. failed are the acts that AWS refused, by act id.
	After(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot, memory *fleet.Memory, failed map[string]error) (time.Time, error)
}

// Optimizer brings the parts together. All fields but Watch and Prices must be set. It must not be copied, and may be used by several goroutines if its parts may.
type Optimizer struct {
	Inventory Inventory
	Planner   Planner
	Actuator  Actuator
	Book      ledger.Book
	States    States
	Now       func() time.Time
	// Holder names this process to others that want the same scope.
	Holder string
	// MaxFailures is the percentage of failed acts of a batch at which a sweep stops; at least five must have failed.
	MaxFailures int
	// Watch may be nil: then nobody is told anything.
	Watch Watch
	// Prices may be nil: then prices are those that the inventory gives.
	Prices Pricer
	// Beside says that another optimizer looks after the same scopes by their wakes, which stay as they are: this one is woken otherwise.
	Beside bool

	known known
}

// Outcome is what a sweep did.
type Outcome struct {
	Plan plan.Plan
	// Failed are the actions that AWS refused, by act id.
	Failed map[string]error
	// Tried is how many acts, the first of the plan's, were asked of AWS.
	Tried int
	// Slept is how long what was started had been seen stopped by offpeak, added up.
	Slept time.Duration
	// Left is how many acts there was no time for. They are as if they had never been planned, and the next sweep plans them.
	Left int
	// Quiet says that nothing was to be done, and nothing was written.
	Quiet bool
	// Wake is when to look again; zero for never, unless something happens.
	Wake time.Time
	// Unwatched says why Watch could not do its work. What was to be done was done all the same.
	Unwatched error
	// Damages are places of the ledger that could not be read while memory was rebuilt.
	Damages []*ledger.Damage
}

// How a sweep proceeds.
const (
	leaseFor      = 15 * time.Minute // longer than a worker may run
	batch         = 50               // acts between two looks at the failures and at the clock
	batchFor      = 5 * time.Minute  // what a batch may take where AWS throttles
	leastFailures = 5
)

// ErrTooManyFailures says that a sweep stopped because most of what it did failed.
var ErrTooManyFailures = errors.New("too many acts failed; the rest is left to the next sweep")

// ErrLeaseLost says that a sweep stood still for longer than its lease: others may have looked after the scope since, and calls to AWS carry no
// fence that would tell the late one apart, so that it does nothing more.
var ErrLeaseLost = errors.New("the lease ran out")

// Sweep looks after one scope. It may be called at any time and as often as one likes: everything is decided for the instant of the snapshot
// it takes, never for the instant in a message.
func (o *Optimizer) Sweep(ctx context.Context, scope fleet.Scope) (Outcome, error) {
	state, damages, err := o.recall(ctx, scope)
	if err != nil {
		return Outcome{}, fmt.Errorf("sweep %s: %w", scope, err)
	}
	seen, err := o.look(ctx, scope, &state.Memory)
	if err != nil {
		return Outcome{}, fmt.Errorf("sweep %s: %w", scope, err)
	}
	made, next, err := o.plan(ctx, scope, &seen, &state.Memory)
	if err != nil {
		return Outcome{}, fmt.Errorf("sweep %s: %w", scope, err)
	}
	out := Outcome{Plan: made, Wake: made.Wake, Damages: damages, Failed: map[string]error{}}
	if len(made.Actions) == 0 {
		o.watch(ctx, scope, &seen, next, &out)
	}
	if state.Stored() && next == &state.Memory && len(made.Actions) == 0 && (o.Beside || out.Wake.Equal(state.Wake)) {
		out.Quiet = true
		return out, nil
	}
	all := &listing{seen: &seen}
	o.price(ctx, all, &out.Plan)
	changed := next
	if next == &state.Memory {
		changed = nil
	}
	held, err := o.States.Acquire(ctx, state, o.Holder, o.Now(), leaseFor)
	if err != nil {
		return out, fmt.Errorf("sweep %s: %w", scope, err)
	}
	run := lease{ledger.Run{ID: runID(scope, seen.Taken, held.Fence), Fence: held.Fence, Policy: made.Policy, Scope: scope, At: seen.Taken}, held.head.Until}
	stopped, err := o.carryOut(ctx, run, all, &state.Memory, next, &out)
	if err != nil {
		return out, fmt.Errorf("sweep %s: %w", scope, err)
	}
	if len(made.Actions) > 0 {
		o.watch(ctx, scope, &seen, next, &out)
	}
	wake := out.Wake
	if o.Beside {
		wake = state.Wake
	}
	left, err := o.States.Release(ctx, held, changed, wake, o.Now())
	if err != nil {
		return out, fmt.Errorf("sweep %s: %w", scope, err)
	}
	o.known.keep(left)
	return out, stopped
}

// Preview returns what a sweep would plan now. It writes nothing and changes nothing.
func (o *Optimizer) Preview(ctx context.Context, scope fleet.Scope) (plan.Plan, error) {
	state, _, err := o.recall(ctx, scope)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("preview %s: %w", scope, err)
	}
	seen, err := o.look(ctx, scope, &state.Memory)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("preview %s: %w", scope, err)
	}
	made, _, err := o.plan(ctx, scope, &seen, &state.Memory)
	return made, err
}

// watch lets people be told, and looks again no later than that asks for.
func (o *Optimizer) watch(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot, memory *fleet.Memory, out *Outcome) {
	if o.Watch == nil {
		return
	}
	again, err := o.Watch.After(ctx, scope, seen, memory, out.Failed)
	out.Unwatched = err
	if !again.IsZero() && (out.Wake.IsZero() || again.Before(out.Wake)) {
		out.Wake = again
	}
}

// recall reads the scope's state. Where it is lost, it is rebuilt from the ledger; where a sweep was cut short before it could give its lease
// back, what that sweep wrote is added.
func (o *Optimizer) recall(ctx context.Context, scope fleet.Scope) (State, []*ledger.Damage, error) {
	state, err := o.States.Reload(ctx, o.known.of(scope))
	switch {
	case errors.Is(err, objects.ErrNotFound) || errors.Is(err, errMemoryLost):
		entries, damages, err := o.history(ctx, scope, rebuildReach)
		memory, fence := Rebuild(entries)
		state.Memory, state.Fence, state.unsaved = memory, max(state.Fence, fence), true
		return state, damages, err
	case err == nil && (state.CutShort(o.Now()) || state.head.Holder == o.Holder): // its own lease is that of a process of its name that died
		entries, damages, err := o.history(ctx, scope, cutShortReach)
		entries = slices.DeleteFunc(entries, func(e ledger.Entry) bool { return e.Fence <= state.head.Remembers })
		state.Memory, state.unsaved = replay(state.Memory, entries), true
		return state, damages, err
	case err == nil:
		o.known.keep(state)
		return state, nil, nil
	default:
		return state, nil, err
	}
}

// history reads what the ledger says of a scope, and where it is damaged.
func (o *Optimizer) history(ctx context.Context, scope fleet.Scope, reach time.Duration) ([]ledger.Entry, []*ledger.Damage, error) {
	now := o.Now()
	var entries []ledger.Entry
	var damages []*ledger.Damage
	for e, err := range o.Book.Read(ctx, now.Add(-reach), now.Add(time.Hour), scope) {
		var damage *ledger.Damage
		switch {
		case errors.As(err, &damage):
			damages = append(damages, damage)
		case err != nil:
			return nil, nil, err
		default:
			entries = append(entries, e)
		}
	}
	return entries, damages, nil
}

// carryOut writes enrolments, departures and verifications, then does the plan's actions batch by batch, each between its intent and its
// outcome. What there is no time for is left to the next sweep: a worker that gives its lease back leaves nothing to be found out. stopped
// says that the sweep gave up because of failures; err that the ledger could not be written, after which nothing more is done.
func (o *Optimizer) carryOut(ctx context.Context, run lease, seen *listing, before, after *fleet.Memory, out *Outcome) (stopped, err error) {
	if err := o.noteChanges(ctx, run.Run, seen, before, after); err != nil {
		return nil, err
	}
	planned, failed := out.Plan.Actions, out.Failed
	for done := 0; done < len(planned); done += batch {
		actions := planned[done:min(done+batch, len(planned))]
		if done > 0 && !o.Now().Add(batchFor).Before(run.until) {
			out.Left = len(planned) - done
			neverPlanned(planned[done:], before, after)
			return nil, nil
		}
		part := run
		part.ID = fmt.Sprintf("%s-%03d", run.ID, done/batch)
		if err := o.act(ctx, part, actions, seen, after, failed); err != nil {
			return nil, err
		}
		out.Tried = done + len(actions)
		out.Slept += slept(actions, before, failed, run.At)
		if bad, tried := refused(failed), out.Tried; bad >= leastFailures && bad*100 >= o.MaxFailures*tried && tried < len(planned) {
			return fmt.Errorf("%w: %d of %d", ErrTooManyFailures, bad, tried), nil
		}
	}
	return nil, nil
}

// refused counts the failures that speak against going on. What is on its way is none of them: a cluster waits for its snapshot.
func refused(failed map[string]error) (n int) {
	for _, err := range failed {
		if failure.Of(err) != failure.InTransition {
			n++
		}
	}
	return n
}

// slept adds up how long what was started now had been stopped by offpeak. A start that AWS had accepted before was counted then.
func slept(actions []plan.Action, before *fleet.Memory, failed map[string]error, now time.Time) (sum time.Duration) {
	for _, a := range actions {
		was := before.Resources[a.Subject.ARN]
		counted := was.Applied && was.Tried.Equal(a.Edge)
		if failed[a.ID] == nil && !plan.SwitchesOff(a.Change) && !was.StoppedByUs.IsZero() && !counted {
			sum += max(now.Sub(was.StoppedByUs), 0)
		}
	}
	return sum
}

// neverPlanned takes out of memory that acts were planned. They were announced before, and still are.
func neverPlanned(actions []plan.Action, before, after *fleet.Memory) {
	for _, a := range actions {
		if !plan.Switches(a.Change) {
			unplannedMove(a.Subject.ARN, before, after)
			continue
		}
		was, m := before.Resources[a.Subject.ARN], after.Resources[a.Subject.ARN]
		m.Tried, m.Act, m.Attempts, m.Applied = was.Tried, was.Act, was.Attempts, was.Applied
		m.Original, m.Forecast = was.Original, was.Forecast
		after.Resources[a.Subject.ARN] = m
	}
}

// act does one batch.
func (o *Optimizer) act(ctx context.Context, run lease, actions []plan.Action, seen *listing, memory *fleet.Memory, failed map[string]error) error {
	var intents, outcomes []ledger.Entry
	for _, a := range actions {
		intents = append(intents, ledger.IntentOf(a, seen.described(a.Subject), run.Run, attempts(memory, a)))
	}
	if err := o.Book.Append(ctx, run.Run, intents); err != nil {
		return err // another worker has this run, or the ledger is out of reach: do nothing
	}
	if now := o.Now(); !now.Before(run.until) {
		return fmt.Errorf("%w at %s, and it is %s", ErrLeaseLost, run.until.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	errs := o.Actuator.Act(ctx, actions)
	for i, a := range actions {
		outcome := ledger.OutcomeOf(a, run.Run, attempts(memory, a), o.Now(), errs[i])
		if n, ok := o.Actuator.(Noter); ok {
			outcome.Notes = n.Notes(a.ID)
		}
		outcomes = append(outcomes, outcome)
		answered(memory, a, outcome)
		if errs[i] != nil {
			failed[a.ID] = errs[i]
		}
	}
	return o.Book.Append(ctx, run.Run, outcomes)
}

// lease is a run, and until when it may act.
type lease struct {
	ledger.Run
	until time.Time
}

// runID names a sweep: the same scope seen at the same instant under the same fence is the same run.
func runID(scope fleet.Scope, taken time.Time, fence int64) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s|%d|%d", scope, taken.UnixNano(), fence)))
	return hex.EncodeToString(sum[:6])
}

// known is what a process has read of scopes' states. It saves reading memory again that nobody changed; whether somebody did is always
// asked of the store.
type known struct {
	mu     sync.Mutex
	states map[fleet.Scope]State
	size   int // resources in them
}

// mostKnown is how many resources are kept in all; then all are forgotten.
const mostKnown = 500_000

func (k *known) of(scope fleet.Scope) State {
	k.mu.Lock()
	defer k.mu.Unlock()
	if state, ok := k.states[scope]; ok {
		return state
	}
	return State{Scope: scope}
}

func (k *known) keep(state State) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.size += len(state.Memory.Resources) - len(k.states[state.Scope].Memory.Resources)
	if k.states == nil || k.size > mostKnown {
		k.states, k.size = map[fleet.Scope]State{}, len(state.Memory.Resources)
	}
	k.states[state.Scope] = state
}
