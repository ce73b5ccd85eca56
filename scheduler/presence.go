package scheduler

import (
	"strings"
	"time"

	"offpeak/internal/fleet"
)

const (
	// missedFor is how long listings must not show a resource before it has left: one that lags says nothing.
	missedFor = time.Hour
	// keptFor is how long what has left is remembered. Its size and edges are there again should it come back.
	keptFor = 35 * 24 * time.Hour
)

// recall returns what is remembered of a resource that is there and opted in. One that was away, or that a listing missed, is back and goes
// on where it was.
func (r *run) recall(res *fleet.Resource) (m fleet.Remembered, known bool) {
	if r.memory == nil {
		return m, false
	}
	if _, deleting := res.Trait(fleet.BeingDeleted); deleting {
		r.left(res, fleet.Deleted)
		return m, false // it is refused
	}
	if m, known = r.memory.Resources[res.ARN]; !known {
		return m, false
	}
	r.known++
	if m.Away() || !m.Missed.IsZero() {
		m.Missed, m.Left, m.Departure = time.Time{}, time.Time{}, ""
		r.changed[res.ARN], r.moved = m, true
	}
	return m, true
}

// left notes that a resource that the snapshot shows is looked after no more; false where memory does not know it.
func (r *run) left(res *fleet.Resource, how fleet.Departure) (known bool) {
	if r.memory == nil {
		return false
	}
	before, known := r.memory.Resources[res.ARN]
	if !known {
		return false
	}
	r.known++
	m := before
	m.Missed = time.Time{}
	switch {
	case m.Departure == how:
	case m.Departure == fleet.Missing && how == fleet.Deleted:
		m.Departure = how // it is as gone as before
	default:
		m.Left, m.Departure = r.snapshot.Taken.UTC(), how
	}
	r.moved = r.moved || m != before
	r.keepOrDrop(res.ARN, before, m)
	return true
}

// missing looks for what memory knows and the snapshot does not show. Only scopes that the snapshot shows are searched: memory may be of
// more than the inventory. A snapshot that says of itself that it has gaps shows nothing by silence.
func (r *run) missing(kept *rest) {
	if kept.nothingMissed(r) {
		return
	}
	if kept != nil {
		kept.settled = false
	}
	if r.memory == nil || r.known >= len(r.memory.Resources) || len(r.snapshot.Gaps) > 0 {
		return
	}
	settled, review := true, r.now+int64(keptFor/time.Second)
	listed := make(map[fleet.ARN]bool, len(r.snapshot.Resources))
	scopes := map[fleet.Scope]bool{}
	for i := range r.snapshot.Resources {
		listed[r.snapshot.Resources[i].ARN] = true
		scopes[r.snapshot.Resources[i].Scope] = true
	}
	taken := r.snapshot.Taken.UTC()
	for arn, before := range r.memory.Resources {
		if listed[arn] {
			continue
		}
		if scope, ok := scopeOf(arn); ok && len(scopes) > 0 && !scopes[scope] {
			settled = false
			continue
		}
		m := before
		switch {
		case m.Away(): // of what is not opted in any more, a listing of what is tells nothing
		case m.Missed.IsZero():
			m.Missed = taken
		case taken.Sub(m.Missed) >= missedFor:
			m.Left, m.Departure = taken, fleet.Missing
		}
		settled = settled && m == before
		for _, at := range []time.Time{m.Missed.Add(missedFor), m.Left.Add(keptFor)} {
			if at.Unix() > r.now {
				review = min(review, at.Unix())
			}
		}
		r.keepOrDrop(arn, before, m)
	}
	if kept != nil {
		kept.settled, kept.known, kept.review = settled && len(r.dropped) == 0, r.known, review
	}
}

// keepOrDrop remembers what has changed, and forgets what left long ago. What offpeak holds off is kept, except where AWS itself said
// that it is deleted: nothing is left to be restored then.
func (r *run) keepOrDrop(arn fleet.ARN, before, m fleet.Remembered) {
	switch {
	case m.Away() && r.snapshot.Taken.Sub(m.Left) >= keptFor && (m.Departure == fleet.Deleted || !m.HeldOff()):
		r.dropped = append(r.dropped, arn)
	case m != before:
		r.changed[arn] = m
	}
}

// scopeOf reads account and region from a resource's name; false where it has none.
func scopeOf(arn fleet.ARN) (fleet.Scope, bool) {
	parts := strings.SplitN(string(arn), ":", 6)
	if len(parts) < 6 || parts[3] == "" {
		return fleet.Scope{}, false
	}
	account, err := fleet.ParseAccountID(parts[4])
	return fleet.Scope{Account: account, Region: fleet.Region(parts[3])}, err == nil
}
