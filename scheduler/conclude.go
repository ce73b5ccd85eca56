package scheduler

import (
	"fmt"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// The guard against surprises: so many acts that nobody announced may pass, or half as many again as the same edge led to before.
const (
	guardFloor  = 20
	guardMemory = 4 // weeks
)

// pending is an act that nothing has spoken against yet.
type pending struct {
	*candidate
	action plan.Action
}

// conclude turns decisions into the plan: acts, what bars them, what waits, and what is left alone.
func (r *run) conclude() {
	var due []pending
	for i := range r.candidates {
		c := &r.candidates[i]
		if c.decision.verdict != act {
			r.mention(c)
			continue
		}
		if code, why, no := r.barred(c); no {
			r.refuse(c, code, why)
			continue
		}
		change, ok := c.change(c.decision.edge.want, c.resource.Size, c.remembered.Original)
		if !ok {
			r.refuse(c, plan.SizeUnknown, "it is at zero and its size before that is not known; set its size by hand once")
			continue
		}
		due = append(due, pending{c, r.action(c, change)})
	}
	due = r.inOrder(due)
	if r.stale {
		for _, d := range due {
			why := fmt.Sprintf("the snapshot is %s old by now; the policy acts on none older than %s", age(r.options.Now.Sub(r.snapshot.Taken)), age(r.rules.StaleAfter))
			r.refuse(d.candidate, plan.StaleSnapshot, why)
		}
		due = nil
	}
	for _, d := range r.guarded(due) {
		r.plan.Actions = append(r.plan.Actions, d.action)
		r.remarks(d)
		r.noteTried(d)
	}
	if r.options.Forecast > 0 {
		r.forecastAll()
	}
}

// barred returns what speaks against an act now: the kill switch, a hold calendar, or a passing condition of the resource.
func (r *run) barred(c *candidate) (plan.Code, string, bool) {
	off := c.decision.edge.want == fleet.Stopped
	switch position, whose := r.killSwitch(); {
	case position == KillEverything:
		return plan.KillSwitch, whose + " kill switch is set to nothing: no act is made", true
	case position == KillStops && off:
		return plan.KillSwitch, whose + " kill switch is set to no-stops", true
	}
	if span, held := c.schedule.HeldBy(r.snapshot.Taken); held {
		return plan.OnHold, fmt.Sprintf("%s lasts until %s; nothing is started or stopped before", span.Name, c.clock(span.To.Unix())), true
	}
	return passing(c.resource, off)
}

// killSwitch is the stricter of the policy's and the one beside it, and whose it is.
func (r *run) killSwitch() (position KillSwitch, whose string) {
	if r.options.KillSwitch.stricter(r.rules.KillSwitch) {
		return r.options.KillSwitch, "the hub's"
	}
	return r.rules.KillSwitch, "the policy's"
}

// change returns how the resource is brought to the wanted state; false when a group's size to return to is not known.
func (c *candidate) change(want fleet.State, size fleet.Size, original *fleet.Size) (plan.Change, bool) {
	r, off := c.resource, want == fleet.Stopped
	switch {
	case r.Kind.Sized() && off:
		return plan.Scale{From: size, To: fleet.Size{}}, true
	case r.Kind.Sized() && original == nil:
		return nil, false
	case r.Kind.Sized():
		return plan.Scale{From: size, To: Restored(size, *original)}, true
	case !off:
		return plan.Start{}, true
	case c.schedule.Hibernate && r.Kind == fleet.EC2Instance && hibernates(r):
		return plan.Hibernate{}, true
	case r.Kind == fleet.RDSInstance || r.Kind == fleet.RDSCluster:
		return plan.Stop{SnapshotDays: c.snapshotDays}, true
	default:
		return plan.Stop{}, true
	}
}

func hibernates(r *fleet.Resource) bool {
	_, ok := r.Trait(fleet.HibernationReady)
	return ok
}

func (r *run) action(c *candidate, change plan.Change) plan.Action {
	e := moment(c.decision.edge)
	subject := c.subject()
	return plan.Action{
		ID:      plan.ActID(subject, change, e, plan.Observation(c.resource)),
		Subject: subject,
		Change:  change,
		Cause:   c.decision.edge.cause,
		Why:     c.why(r.snapshot.Taken),
		Rule:    c.rule(c.decision.edge),
		At:      r.snapshot.Taken,
		Edge:    e,
		Zone:    c.schedule.Zone.String(),
		Price:   c.resource.Price,
		Group:   c.group,
		Order:   c.order,
	}
}

// guarded holds back acts that nobody announced when there are more of them than usual. Without memory nothing was ever announced, so
// there is nothing to compare with.
func (r *run) guarded(due []pending) []pending {
	if r.memory == nil || len(due) == 0 || r.options.PastGuard {
		return due
	}
	actions := make([]plan.Action, len(due))
	forecast := map[fleet.ARN]fleet.Moment{}
	for i, d := range due {
		actions[i] = d.action
		forecast[d.resource.ARN] = r.memory.Resources[d.resource.ARN].Forecast
	}
	guard := plan.Guard{
		Expected: func(a plan.Action) bool {
			return a.Cause != plan.BySchedule || forecast[a.Subject.ARN].Equal(a.Edge)
		},
		Limit: func(scope fleet.Scope, edge fleet.Moment) int { return r.limit(scope, edge) },
	}
	_, held := guard.Apply(actions)
	if len(held) == 0 {
		return due
	}
	stays := map[string]bool{}
	for _, a := range held {
		stays[a.ID] = true
	}
	var pass []pending
	for _, d := range due {
		if !stays[d.action.ID] {
			pass = append(pass, d)
			continue
		}
		why := fmt.Sprintf("%d acts that no forecast announced are due at once, the limit is %d; if they are meant, they come at their next edge, or now by \"offpeak plan --live --past-guard\" and \"offpeak apply\"",
			len(held), r.limit(d.resource.Scope, d.action.Edge))
		r.refuse(d.candidate, plan.GuardReached, why)
	}
	return pass
}

// limit is how many unannounced acts an edge may lead to in a scope.
func (r *run) limit(scope fleet.Scope, edge fleet.Moment) int {
	most := 0
	for _, count := range r.memory.Scopes[scope].Counts {
		if sameEdge(count.Moment, edge) {
			most = max(most, count.Acts)
		}
	}
	return max(guardFloor, most*3/2)
}

// sameEdge reports whether two edges are the same one in different weeks, an hour apart at the most for clock changes.
func sameEdge(past, present fleet.Moment) bool {
	if past.Want != present.Want {
		return false
	}
	apart := present.At.Sub(past.At)
	for week := 1; week <= guardMemory; week++ {
		if d := apart - time.Duration(week)*7*24*time.Hour; -time.Hour <= d && d <= time.Hour {
			return true
		}
	}
	return false
}

// noteTried puts an act that will be tried into the memory to keep.
func (r *run) noteTried(d pending) {
	if r.memory == nil {
		return
	}
	m := d.remembered
	first := !m.Tried.Equal(d.action.Edge)
	if first {
		m.Tried, m.Attempts, m.RetryAt = d.action.Edge, 0, time.Time{}
	}
	m.Act, m.Applied = d.action.ID, false
	m.Attempts++
	// At a closing, a size that was never given back belongs to an opening before: its owner opted out and has set another one since. And
	// until a try has worked, the size is still its owner's to change.
	closing := first && d.action.Cause == plan.BySchedule || d.action.Cause == plan.ByRetry && m.StoppedByUs.IsZero()
	if s, ok := d.action.Change.(plan.Scale); ok && plan.SwitchesOff(s) && (m.Original == nil || closing && !s.From.IsZero()) {
		size := s.From
		m.Original = &size
	}
	r.changed[d.resource.ARN] = m
}

// remember returns the memory to keep: the old one with what changed.
func (r *run) remember() *fleet.Memory {
	if r.memory == nil {
		return nil
	}
	if len(r.changed) == 0 && len(r.dropped) == 0 && len(r.plan.Actions) == 0 {
		return r.memory
	}
	next := r.memory.Clone()
	for arn, m := range r.changed {
		next.Resources[arn] = m
	}
	for _, arn := range r.dropped {
		delete(next.Resources, arn)
	}
	type edge struct {
		scope fleet.Scope
		at    int64
		want  fleet.State
	}
	acts := map[edge]int{}
	for _, a := range r.plan.Actions {
		acts[edge{a.Subject.Scope, a.Edge.At.UnixNano(), a.Edge.Want}]++
	}
	for _, a := range r.plan.Actions { // in their order, each edge once
		of := edge{a.Subject.Scope, a.Edge.At.UnixNano(), a.Edge.Want}
		if acts[of] == 0 {
			continue
		}
		scope := next.Scopes[a.Subject.Scope]
		scope.Counts = counted(scope.Counts, fleet.EdgeCount{Moment: a.Edge, Acts: acts[of]}, r.snapshot.Taken)
		next.Scopes[a.Subject.Scope] = scope
		acts[of] = 0
	}
	return &next
}

// counted adds acts to the counts of their edge, in a new list, and forgets edges of more than four weeks ago.
func counted(counts []fleet.EdgeCount, more fleet.EdgeCount, now time.Time) []fleet.EdgeCount {
	kept := make([]fleet.EdgeCount, 0, len(counts)+1)
	found := false
	for _, c := range counts {
		if now.Sub(c.At) > (guardMemory*7+1)*24*time.Hour {
			continue
		}
		if c.Moment.Equal(more.Moment) {
			c.Acts += more.Acts
			found = true
		}
		kept = append(kept, c)
	}
	if !found {
		kept = append(kept, more)
	}
	return kept
}
