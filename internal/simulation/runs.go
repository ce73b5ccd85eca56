package simulation

import (
	"cmp"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Run is a time, half-open, in which one machine ran without interruption and was charged: an instance, a member of a group, a task, a
// database, or an instance of a database cluster.
type Run struct {
	Resource fleet.ARN
	// ID is what a bill calls the machine: i-... for instances, the ARN for databases and tasks. Members of groups and tasks have another one
	// after every launch; instances of clusters keep theirs. A scale-in ends the newest first.
	ID            string
	Type, Product string // Type is empty for tasks, whose size Spec tells
	Spot          bool
	Zone          string // an Availability Zone; of a Multi-AZ database the one of its primary
	MultiAZ       bool
	From, To      time.Time
}

// Runs returns the running times of each machine of a resource up to now, by their beginning. Boot and stop times do not count, as they are
// not charged; a member that drains runs until it is gone.
func (w *World) Runs(arn fleet.ARN) []Run {
	m := w.machines[arn]
	if m == nil {
		return nil
	}
	var runs []Run
	for u := range m.everyUnit {
		kind := u.kind
		if m.spec.Kind == fleet.ECSService {
			kind = "" // a task's is its capacity provider
		}
		for _, s := range u.spans(w.now) {
			runs = append(runs, Run{
				Resource: arn, ID: u.id, Type: kind, Product: m.spec.product(), Spot: u.spot, Zone: u.zone, MultiAZ: m.spec.MultiAZ,
				From: instant(s.from), To: instant(s.to),
			})
		}
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return runs
}

// everyUnit yields the units that were, then those that are.
func (m *machine) everyUnit(yield func(*unit) bool) {
	for _, units := range [][]*unit{m.past, m.units} {
		for _, u := range units {
			if !yield(u) {
				return
			}
		}
	}
}

// Interval is a time, half-open, in which so many machines of a resource ran: one, or more of a group, a service or a database cluster.
type Interval struct {
	From, To time.Time
	Units    int
}

// Ran returns when a resource really ran, up to now: its Runs, counted.
func (w *World) Ran(arn fleet.ARN) []Interval {
	m := w.machines[arn]
	if m == nil {
		return nil
	}
	type step struct {
		at int64
		by int
	}
	count := 0
	for u := range m.everyUnit {
		count += len(u.ran) + 1
	}
	steps := make([]step, 0, 2*count)
	for u := range m.everyUnit {
		for _, s := range u.ran {
			steps = append(steps, step{s.from, 1}, step{s.to, -1})
		}
		if u.running && w.now > u.from {
			steps = append(steps, step{u.from, 1}, step{w.now, -1})
		}
	}
	byTime := func(a, b step) int { return cmp.Compare(a.at, b.at) }
	if !slices.IsSortedFunc(steps, byTime) { // those of one machine are
		slices.SortFunc(steps, byTime)
	}
	intervals := make([]Interval, 0, (len(steps)+1)/2)
	units := 0
	for i := 0; i < len(steps); {
		from, before := steps[i].at, units
		for ; i < len(steps) && steps[i].at == from; i++ {
			units += steps[i].by
		}
		if before == units {
			continue // one took another's place in the same second
		}
		if before > 0 {
			intervals[len(intervals)-1].To = instant(from)
		}
		if units > 0 {
			intervals = append(intervals, Interval{From: instant(from), Units: units})
		}
	}
	return intervals
}

// Spec returns a resource as it was added, with what was left to defaults filled in; false when it never was.
func (w *World) Spec(arn fleet.ARN) (Spec, bool) {
	m := w.machines[arn]
	if m == nil {
		return Spec{}, false
	}
	return m.spec, true
}

// labelled are the tags from an instant on.
type labelled struct {
	from int64
	tags fleet.Tags
}

// TagsAt returns the tags that a resource carried at an instant, those that it began with for times before. Its members, tasks and volumes carry
// the same on a bill.
func (w *World) TagsAt(arn fleet.ARN, at time.Time) fleet.Tags {
	m := w.machines[arn]
	if m == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(m.labels, at.Unix(), func(l labelled, at int64) int { return cmp.Compare(l.from, at) })
	if !found {
		i = max(0, i-1)
	}
	return m.labels[i].tags
}

func instant(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
