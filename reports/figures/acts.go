package figures

import (
	"cmp"
	"slices"
	"time"

	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/reports"
)

// lateAfter is how long after its opening a resource may be seen ready: the tick that looks comes every five minutes, and what became ready just behind one is
// seen at the end of the next.
const lateAfter = 10 * time.Minute

// acts are those of the tenant's resources in the quarter, and what of them people felt.
func (in *Input) acts(resources []reports.Resource) ([]reports.Act, reports.Harm) {
	known := map[fleet.ARN]string{}
	for i := range resources {
		known[resources[i].ARN] = resources[i].ID
	}
	entries := slices.Clone(in.Entries)
	slices.SortStableFunc(entries, func(a, b *ledger.Entry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Fence, b.Fence)) })
	type name struct {
		resource fleet.ARN
		act      string
	}
	found, at := []reports.Act{}, map[name]int{}
	openings := openings{}
	for _, e := range entries {
		_, ours := known[e.Resource]
		if !ours || e.Act == "" || e.At.Before(in.Savings.Period.From) || !e.At.Before(in.Savings.Period.To) {
			continue
		}
		openings.take(e)
		n := name{e.Resource, e.Act}
		k, seen := at[n]
		if !seen {
			k = len(found)
			at[n] = k
			found = append(found, reports.Act{ID: e.Act, Resource: e.Resource, Asked: e.At.UTC(), Run: e.Run})
		}
		take(&found[k], e)
	}
	slices.SortStableFunc(found, func(a, b reports.Act) int {
		return cmp.Or(a.Asked.Compare(b.Asked), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.ID, b.ID))
	})
	harm := openings.harm(known)
	for i := range in.Savings.Spot {
		first := !slices.ContainsFunc(in.Savings.Spot[:i], func(o savings.Spot) bool { return o.Resource == in.Savings.Spot[i].Resource })
		if count, counted := in.Interruptions[in.Savings.Spot[i].Resource]; counted && first {
			if harm.Interruptions == nil {
				harm.Interruptions = new(int)
			}
			*harm.Interruptions += count
		}
	}
	return found, harm
}

// take takes an entry of an act in.
func take(a *reports.Act, e *ledger.Entry) {
	a.State, a.Attempts = string(e.State), max(a.Attempts, e.Attempt)
	if e.State != ledger.Intent {
		a.Ended = e.At.UTC()
	}
	a.Change, a.Cause, a.Why = cmp.Or(a.Change, e.Change), cmp.Or(a.Cause, string(e.Cause)), cmp.Or(a.Why, e.Why)
	if a.Edge == nil && !e.Edge.IsZero() {
		edge := e.Edge.At.UTC()
		a.Edge = &edge
	}
	if e.State == ledger.Failed {
		a.Error = e.Error
	}
}

// opening is one resource that was to be ready at one instant. Acts that retry each other share it.
type opening struct {
	resource fleet.ARN
	due      int64 // Unix seconds
}

// seen is what became of an opening.
type seen struct {
	at       time.Time
	act      string
	verified time.Time
	failures int
	failed   bool // the last that is known of it
	err      string
}

type openings map[opening]*seen

// take takes an entry in, if it is of a start.
func (o openings) take(e *ledger.Entry) {
	if e.Edge.IsZero() || e.Edge.Want != fleet.Running || e.Moves() {
		return
	}
	key := opening{e.Resource, e.Edge.At.Unix()}
	s := o[key]
	if s == nil {
		s = &seen{at: e.Edge.At.UTC()}
		o[key] = s
	}
	s.act = e.Act
	switch e.State {
	case ledger.Verified:
		if s.verified.IsZero() {
			s.verified = e.At
		}
	case ledger.Failed:
		s.failures, s.failed, s.err = s.failures+1, true, e.Error
	case ledger.Applied:
		s.failed = false
	default:
	}
}

// harm sums up what became of the openings.
func (o openings) harm(ids map[fleet.ARN]string) (h reports.Harm) {
	for key, s := range o {
		h.Openings++
		due := s.at.Format(time.RFC3339)
		switch {
		case !s.verified.IsZero():
			if s.failures > 0 {
				h.Retried++
			}
			if delay := s.verified.Sub(s.at); delay > lateAfter {
				h.Late = append(h.Late, reports.Late{ARN: key.resource, ID: ids[key.resource], Act: s.act, Due: due, Delay: int64(delay / time.Second)})
			}
		case s.failed:
			h.Failed = append(h.Failed, reports.FailedStart{ARN: key.resource, ID: ids[key.resource], Act: s.act, Due: due, Error: s.err})
		default:
			h.Unseen++
		}
	}
	slices.SortFunc(h.Late, func(a, b reports.Late) int {
		return cmp.Or(cmp.Compare(b.Delay, a.Delay), cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Due, b.Due))
	})
	slices.SortFunc(h.Failed, func(a, b reports.FailedStart) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ARN, b.ARN))
	})
	return h
}
