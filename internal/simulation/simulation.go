// Package simulation is an AWS organisation that exists in memory: resources that boot and stop, people who use them, calls that are
// throttled or fail, and a clock that jumps from one event to the next.
//
// In go a seed, faults and resources with their people's habits; the same seed gives the same history. A World implements the optimizer's
// Inventory and Actuator, so that what runs on AWS runs in it; Drive is the clock that wakes a sweep. It keeps the truth: when each resource
// really ran and what was kept beside it, unit by unit as a bill names them, and how often which API was called. Its Spot market has prices and
// interrupts, and what is moved to Spot and back goes there as on AWS; nothing else is priced, nothing is planned, and it knows no commitments.
package simulation

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/pace"
	"offpeak/internal/plan"
)

// Chance is how likely something is, in thousandths.
type Chance int

// Faults are what can go wrong in a world; the zero value is a world in which everything works.
type Faults struct {
	// Capacity is the chance that AWS has no capacity for a start.
	Capacity Chance
	// FailsLater is the chance that a start of an instance is accepted and fails: a key that may not be used, a quota that is reached.
	FailsLater Chance
	// Lag is how far descriptions may lag behind the truth.
	Lag time.Duration
}

// World is an organisation at an instant. It is not for use by several goroutines at once.
type World struct {
	// Watch, if set, is told of every change of a resource right after it happened. It must not change the world.
	Watch func(Change)
	// Warn, if set, is told of what AWS announces to Spot instances, and of launches that failed.
	Warn func(Notice)
	// Launches says that snapshots tell how things get their capacity. It is to be set before anything is described.
	Launches bool
	// SpotQuota is how many vCPUs of Spot instances an account may have in a region; who is not in it may have any number.
	SpotQuota map[fleet.Scope]int
	// Convert, if set, makes the moves that replace one instance by another, by calls of EC2; nil is a plain way that is the world's own.
	Convert func(ctx context.Context, act plan.Action) error

	seed uint64
	now  int64 // unix seconds
	// unwatched is until when nobody looks: the world lives from one instant to another, and is described at instants only.
	unwatched int64

	faults   Faults
	keepFrom int64 // what ended before is forgotten
	events   queue
	spent    []*event // to be used again
	done     []*deed  // to be used again
	dice     dice     // for people's deeds
	day      day
	sequence int
	scopes   map[fleet.Scope]*place
	machines map[fleet.ARN]*machine
	order    []*machine // as they were added
	buckets  map[bucketKey]*bucket
	pacer    *pace.Pacer // the calling process's own count of what it may call
	calls    map[API]int
	counted  int
	history  hash.Hash64
	deeds    hash.Hash64
	death    death
	market   *Market
	ringing  map[alarm]int64     // until when
	shelf    map[string]*image   // by id
	tokens   map[string]string   // of launches: the instance that each has launched
	notes    map[string][]string // by act
}

// place is what a scope holds.
type place struct {
	world    *World
	machines []*machine
	count    map[fleet.Kind]int

	// shown is what descriptions last showed, nil where it is to be made anew, and changed are the machines that may look otherwise by now.
	shown   []fleet.Resource
	changed []*machine
}

// By says who changed a resource.
type By string

// Who changes resources.
const (
	ByOffpeak By = "offpeak"
	ByPerson  By = "person"
	ByAWS     By = "aws"
)

// Change is one change of a resource that really happened.
type Change struct {
	At       time.Time
	Resource fleet.ARN
	By       By
	// Act is the id of the action that changed it, where offpeak did.
	Act string
	// Reason is why an instance is as it is, in the words of AWS's StateTransitionReason; empty while it runs.
	Reason string
	// From and To are the resource as it was and as it is, without any lag.
	From, To fleet.Resource
}

// New returns an empty world at an instant.
func New(seed uint64, start time.Time, faults Faults) *World {
	return &World{
		seed: seed, now: start.Unix(), unwatched: start.Unix(), faults: faults,
		scopes: map[fleet.Scope]*place{}, machines: map[fleet.ARN]*machine{},
		dice:    newDice(),
		buckets: map[bucketKey]*bucket{}, pacer: &pace.Pacer{}, calls: map[API]int{}, history: fnv.New64a(), deeds: fnv.New64a(),
		market: NewMarket(seed, start, nil),
	}
}

// Add puts a resource into the world. One whose state is neither running nor stopped, or that is there already, is refused.
func (w *World) Add(spec Spec) error {
	if err := spec.check(); err != nil {
		return err
	}
	if w.machines[spec.ARN] != nil {
		return fmt.Errorf("%s is in the world already", spec.ARN)
	}
	if m := w.add(spec); m.busy() {
		w.at(w.now, m, newDay, 0)
	}
	return nil
}

// add puts a resource into the world, but not its people.
func (w *World) add(spec Spec) *machine {
	spec.defaults()
	p := w.scopes[spec.Scope]
	if p == nil {
		p = &place{world: w, count: map[fleet.Kind]int{}}
		w.scopes[spec.Scope] = p
	}
	m := newMachine(w, p, spec)
	p.count[spec.Kind]++
	p.shown = nil
	at, _ := slices.BinarySearchFunc(p.machines, m, func(a, b *machine) int { return a.spec.Compare(&b.spec.Resource) })
	p.machines = slices.Insert(p.machines, at, m)
	w.machines[spec.ARN] = m
	w.order = append(w.order, m)
	return m
}

// KeepFrom says that nobody will ask for what ended before an instant: running times, and members and tasks that are gone. A world that lives
// long only so that its people have habits need not keep all that.
func (w *World) KeepFrom(at time.Time) { w.keepFrom = at.Unix() }

// Scopes returns the accounts and regions that hold anything, in order.
func (w *World) Scopes() []fleet.Scope {
	scopes := make([]fleet.Scope, 0, len(w.scopes))
	for scope := range w.scopes {
		scopes = append(scopes, scope)
	}
	slices.SortFunc(scopes, fleet.Scope.Compare)
	return scopes
}

// Now returns the world's time.
func (w *World) Now() time.Time { return time.Unix(w.now, 0).UTC() }

// Advance lets the world live until an instant. One that has passed changes nothing.
func (w *World) Advance(to time.Time) {
	until := to.Unix()
	w.unwatched = max(w.now, until)
	for len(w.events) > 0 && w.events[0].at <= until {
		e := w.events.pop()
		w.now = max(w.now, e.at)
		w.counted++
		e.machine.happen(w, e)
		if e.deed != nil {
			w.done = append(w.done, e.deed)
		}
		*e = event{}
		w.spent = append(w.spent, e)
	}
	w.now = w.unwatched
}

// Events returns how many events have happened.
func (w *World) Events() int { return w.counted }

// Calls returns how often each API was called, throttled calls included.
func (w *World) Calls() map[API]int {
	calls := make(map[API]int, len(w.calls))
	for api, n := range w.calls {
		calls[api] = n
	}
	return calls
}

// History returns a hash of every change that ever happened: equal for equal histories.
func (w *World) History() string { return fmt.Sprintf("%016x", w.history.Sum64()) }

// Deeds returns a hash of what people set out to do, whether or not there was anything left to do. Offpeak's acts do not change it.
func (w *World) Deeds() string { return fmt.Sprintf("%016x", w.deeds.Sum64()) }

// Truth returns a resource as it is, without any lag; false when it never was or is gone for good.
func (w *World) Truth(arn fleet.ARN) (fleet.Resource, bool) {
	m := w.machines[arn]
	if m == nil {
		return fleet.Resource{}, false
	}
	return m.face(), true
}

// Resources returns the ARNs of everything that was ever added, in the order of adding.
func (w *World) Resources() []fleet.ARN {
	arns := make([]fleet.ARN, len(w.order))
	for i, m := range w.order {
		arns[i] = m.spec.ARN
	}
	return arns
}

// record adds numbers to a hash.
func record(h hash.Hash64, numbers ...int64) {
	var buffer [8]byte
	for _, n := range numbers {
		binary.LittleEndian.PutUint64(buffer[:], uint64(n))
		_, _ = h.Write(buffer[:]) // a hash never fails
	}
}
