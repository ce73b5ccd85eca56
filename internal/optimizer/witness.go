package optimizer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// Witness is an Inventory that can find out since when resources are in their states where its snapshots do not tell. That costs calls, so
// that it is asked only where the answer decides. It leaves out what it cannot tell; what it tells beside an error counts.
type Witness interface {
	Since(ctx context.Context, scope fleet.Scope, resources []fleet.Resource) (map[fleet.ARN]time.Time, error)
}

// doubtful is how long after an edge a group may have been changed by a person: it is the time that the planner grants without memory.
const doubtful = 15 * time.Minute

// plan plans, and where the plan hangs on when a person changed a group, finds that out and plans once more. What cannot be found out leaves
// the first plan as it is, and the plan says so.
func (o *Optimizer) plan(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot, memory *fleet.Memory) (plan.Plan, *fleet.Memory, error) {
	now := o.Now()
	made, next, err := o.Planner.Plan(ctx, seen, memory, now)
	witness, ok := o.Inventory.(Witness)
	if err != nil || !ok {
		return made, next, err
	}
	doubts := inDoubt(seen, &made)
	if len(doubts) == 0 {
		return made, next, nil
	}
	since, unanswered := witness.Since(ctx, scope, doubts)
	if err := ctx.Err(); err != nil {
		return made, next, err
	}
	if told := tell(seen, doubts, since); told {
		if made, next, err = o.Planner.Plan(ctx, seen, memory, now); err != nil {
			return made, next, err
		}
	}
	if unanswered != nil {
		made.NotChecked = append(slices.Clip(made.NotChecked), fmt.Sprintf("since when groups are in their states (%s)", unanswered))
	}
	return made, next, nil
}

// inDoubt returns the groups of which it is not known since when they are as they are, though it matters: those that are refused for it, and
// those whose edge is carried out so late that a person may have changed them since. An edge that was tried before is in no doubt: the
// sweeps since then have seen what became of it.
func inDoubt(seen *fleet.Snapshot, made *plan.Plan) (doubts []fleet.Resource) {
	asked := map[fleet.ARN]bool{}
	for i := range made.Refusals {
		if r := &made.Refusals[i]; r.Code == plan.SinceUnknown {
			asked[r.Subject.ARN] = true
		}
	}
	for i := range made.Actions {
		a := &made.Actions[i]
		fresh := a.Cause == plan.BySchedule || a.Cause == plan.ByOverride
		if fresh && seen.Taken.Sub(a.Edge.At) > doubtful {
			asked[a.Subject.ARN] = true
		}
	}
	if len(asked) == 0 {
		return nil
	}
	for i := range seen.Resources {
		if r := &seen.Resources[i]; asked[r.ARN] && r.Kind == fleet.AutoScalingGroup && r.Since.IsZero() {
			doubts = append(doubts, *r)
		}
	}
	return doubts
}

// tell writes what was found out into a snapshot, and reports whether there was anything. Only what was asked for is taken.
func tell(seen *fleet.Snapshot, doubts []fleet.Resource, since map[fleet.ARN]time.Time) (told bool) {
	known := map[fleet.ARN]time.Time{}
	for i := range doubts {
		if at := since[doubts[i].ARN]; !at.IsZero() {
			known[doubts[i].ARN] = at
		}
	}
	if len(known) == 0 {
		return false
	}
	seen.Resources = slices.Clone(seen.Resources) // the inventory may have kept them
	for i := range seen.Resources {
		if at, ok := known[seen.Resources[i].ARN]; ok {
			seen.Resources[i].Since = at
		}
	}
	return true
}
