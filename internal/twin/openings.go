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

// line is what is kept of an entry of the ledger.
type line struct {
	resource fleet.ARN
	failed   string // what AWS answered to an act that failed
	intent   bool
	at       time.Time
	edge     fleet.Moment
	kind     fleet.Kind
	// environment, and units is how many the resource will have when it is open.
	environment string
	units       int
}

// pages are the lines of the ledger's objects by key, kept as they are written.
type pages map[string][]line

func (p pages) has(key string) bool {
	_, known := p[key]
	return known
}

// keep takes what is to be known of entries.
func (p pages) keep(key string, entries []ledger.Entry) {
	lines := make([]line, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		if e.Moves() {
			continue
		}
		l := line{resource: e.Resource}
		switch e.State {
		case ledger.Intent:
			l.intent, l.at, l.edge, l.kind, l.environment, l.units = true, e.At, e.Edge, e.Kind, e.Environment, 1
			if e.To != nil {
				l.units = max(1, e.To.Desired)
			}
		case ledger.Failed:
			l.failed = e.Error
		case ledger.Enrolled:
		default:
			continue // an intent went before, or an enrolment
		}
		lines = append(lines, l)
	}
	p[key] = lines
}

// stories are the intents on each resource.
type stories map[fleet.ARN]*story

type story struct {
	openings []line // each that a start was meant for, once: attempts at one are one
	closings []time.Time
}

func (s stories) add(l line) {
	if !l.intent {
		return
	}
	one := s[l.resource]
	if one == nil {
		one = &story{}
		s[l.resource] = one
	}
	switch l.edge.Want {
	case fleet.Stopped:
		one.closings = append(one.closings, l.at)
	case fleet.Running:
		if !slices.ContainsFunc(one.openings, func(o line) bool { return o.edge.At.Unix() == l.edge.At.Unix() }) {
			one.openings = append(one.openings, l)
		}
	default:
	}
}

// openings tells every opening, in order of time.
func (s stories) openings(w *simulation.World) (found []Opening) {
	for arn, one := range s {
		slices.SortFunc(one.closings, time.Time.Compare)
		ran, lost := w.Ran(arn), gone(w, arn)
		for _, l := range one.openings {
			o := Opening{Resource: arn, Kind: l.kind, Environment: l.environment, Due: l.edge.At}
			o.Ready = firstAt(ran, l.at, nextAfter(one.closings, l.at, w.Now()), l.units)
			if lost && o.Ready.IsZero() {
				continue // it was terminated meanwhile
			}
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b Opening) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Resource, b.Resource)) })
	return found
}

func gone(w *simulation.World, arn fleet.ARN) bool {
	r, there := w.Truth(arn)
	return !there || r.State == fleet.Gone
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
