package optimizer

import (
	"context"
	"errors"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// listing finds the resources of a snapshot by their names.
type listing struct {
	seen  *fleet.Snapshot
	byARN map[fleet.ARN]*fleet.Resource
}

// find returns a resource, nil where the snapshot does not show it.
func (l *listing) find(arn fleet.ARN) *fleet.Resource {
	if l.byARN == nil {
		l.byARN = make(map[fleet.ARN]*fleet.Resource, len(l.seen.Resources))
		for i := range l.seen.Resources {
			l.byARN[l.seen.Resources[i].ARN] = &l.seen.Resources[i]
		}
	}
	return l.byARN[arn]
}

// described is a resource as it was seen. Of one that is gone, of which an image is left, no more is known than who it was.
func (l *listing) described(s plan.Subject) *fleet.Resource {
	if r := l.find(s.ARN); r != nil {
		return r
	}
	return &fleet.Resource{ID: s.ID, ARN: s.ARN, Kind: s.Kind, Scope: s.Scope, Parent: s.Parent, State: fleet.Gone}
}

// noteChanges writes who was enrolled, who left or came back, and which acts were seen to have worked: what a planner's memory says
// now and did not say before.
func (o *Optimizer) noteChanges(ctx context.Context, run ledger.Run, seen *listing, before, after *fleet.Memory) error {
	if before == after {
		return nil
	}
	noted := map[ledger.State][]ledger.Entry{}
	note := func(e ledger.Entry) { noted[e.State] = append(noted[e.State], e) }
	for arn, is := range after.Resources {
		was, known := before.Resources[arn]
		if _, follows := succession(arn, before, after); !known && follows {
			continue // it goes on where another one was
		}
		if !known {
			if r := seen.find(arn); r != nil {
				note(ledger.EnrolmentOf(r, is, run))
			}
			continue
		}
		// Attempts are also forgotten when a later edge finds what it wants; that proves nothing about the act.
		if was.Attempts > 0 && is.Attempts == 0 && was.Act != "" && is.Observed == was.Tried.Want {
			if r := seen.find(arn); r != nil {
				note(ledger.VerificationOf(r, was, run))
			}
		}
		if state, changed := ledger.Presence(was, is); changed {
			note(ledger.PresenceOf(state, arn, seen.find(arn), is, run))
		}
	}
	noted[ledger.Succeeded] = successions(run, seen, before, after)
	noted[ledger.Interrupted] = interruptions(run, seen, before, after)
	noted[ledger.Verified] = append(noted[ledger.Verified], movesSeen(run, seen, before, after)...)
	var errs []error
	for _, state := range []ledger.State{ledger.Enrolled, ledger.Gone, ledger.Released, ledger.Returned, ledger.Succeeded, ledger.Interrupted, ledger.Verified} {
		ledger.Sort(noted[state])
		errs = append(errs, o.Book.Append(ctx, run, noted[state]))
	}
	return errors.Join(errs...)
}
