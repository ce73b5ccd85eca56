package twin

import (
	"cmp"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/simulation"
)

// Opening is one resource at one opening: when it was to be usable, and when it was.
type Opening struct {
	Resource    fleet.ARN
	Kind        fleet.Kind
	Environment string
	Due         time.Time
	// Ready is when it ran, a group or a service at its whole size; zero when it never did before it was to be off again.
	Ready time.Time
}

// Late is how long after the opening it was usable; zero when it was in time. Never says that it was not at all.
func (o Opening) Late() (late time.Duration, never bool) {
	if o.Ready.IsZero() {
		return 0, true
	}
	return max(0, o.Ready.Sub(o.Due)), false
}

// Deadline is how long after an opening a resource of a kind may come up before people are alerted.
func Deadline(k fleet.Kind) time.Duration {
	switch k {
	case fleet.RDSInstance, fleet.RDSCluster:
		return time.Hour
	case fleet.AutoScalingGroup:
		return 20 * time.Minute
	default:
		return 15 * time.Minute
	}
}

// openings finds every opening that a start was meant for, in order of time. Attempts at one opening are one.
func openings(entries []ledger.Entry, w *simulation.World) (found []Opening) {
	type name struct {
		resource fleet.ARN
		due      int64
	}
	seen := map[name]bool{}
	ends := closings(entries)
	for i := range entries {
		e := &entries[i]
		n := name{e.Resource, e.Edge.At.Unix()}
		if e.State != ledger.Intent || e.Edge.Want != fleet.Running || seen[n] {
			continue
		}
		seen[n] = true
		o := Opening{Resource: e.Resource, Kind: e.Kind, Environment: e.Environment, Due: e.Edge.At}
		units := 1
		if e.To != nil {
			units = max(1, e.To.Desired)
		}
		o.Ready = firstAt(w.Ran(e.Resource), e.At, nextAfter(ends[e.Resource], e.At, w.Now()), units)
		if gone(w, e.Resource) && o.Ready.IsZero() {
			continue // it was terminated meanwhile
		}
		found = append(found, o)
	}
	slices.SortFunc(found, func(a, b Opening) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Resource, b.Resource)) })
	return found
}

func gone(w *simulation.World, arn fleet.ARN) bool {
	r, there := w.Truth(arn)
	return !there || r.State == fleet.Gone
}

// closings are the instants at which each resource was asked to stop, in order.
func closings(entries []ledger.Entry) map[fleet.ARN][]time.Time {
	found := map[fleet.ARN][]time.Time{}
	for i := range entries {
		if e := &entries[i]; e.State == ledger.Intent && e.Edge.Want == fleet.Stopped {
			found[e.Resource] = append(found[e.Resource], e.At)
		}
	}
	for _, list := range found {
		slices.SortFunc(list, time.Time.Compare)
	}
	return found
}

func nextAfter(list []time.Time, at, end time.Time) time.Time {
	i, _ := slices.BinarySearchFunc(list, at, time.Time.Compare)
	if i < len(list) {
		return list[i]
	}
	return end
}

// firstAt is the first instant in [from, to) at which so many units ran; zero when there is none.
func firstAt(ran []simulation.Interval, from, to time.Time, units int) time.Time {
	for _, i := range ran {
		begin := i.From
		if begin.Before(from) {
			begin = from
		}
		if i.Units >= units && i.To.After(from) && begin.Before(to) {
			return begin
		}
	}
	return time.Time{}
}
