package hub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

// Approved is a planner that plans what a person has approved, and nothing else. It plans anew from what is there now: an act is one of the
// approved ones only if it would make the same change to the same thing, and that is as it was then; anything else has drifted and is left. The guard
// against surprises is not asked: it holds acts until a person has looked, and one has.
type Approved struct {
	Rules *scheduler.Rules
	// Acts are the approved acts.
	Acts []plan.Action
	// Remembered says that the plan was made with memory. Without, what is done is remembered all the same, so that it can be undone.
	Remembered bool
	// Found are the approved acts that were planned again, by the ids under which they were approved.
	Found map[string]bool
}

// Plan implements optimizer.Planner.
func (a *Approved) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	known := memory
	if !a.Remembered {
		known = nil
	}
	made, after := scheduler.New(a.Rules).Plan(s, known, scheduler.Options{Now: now, PastGuard: true})
	made.Actions = a.approved(s, made.Actions)
	next := memory.Clone()
	for _, act := range made.Actions {
		if after != nil {
			next.Resources[act.Subject.ARN] = after.Resources[act.Subject.ARN]
			continue
		}
		next.Resources[act.Subject.ARN] = tried(next.Resources[act.Subject.ARN], act)
	}
	made.Sort()
	made.Count()
	return made, &next, nil
}

// approved returns the acts that were approved, and notes them. An act's id tells from which observation it was planned; the edge may be another
// one, as that of a tag that says running or stopped is for who has no memory.
func (a *Approved) approved(s *fleet.Snapshot, acts []plan.Action) (same []plan.Action) {
	saved := map[fleet.ARN]plan.Action{}
	for _, act := range a.Acts {
		saved[act.Subject.ARN] = act
	}
	seen := map[fleet.ARN]*fleet.Resource{}
	for i := range s.Resources {
		seen[s.Resources[i].ARN] = &s.Resources[i]
	}
	if a.Found == nil {
		a.Found = map[string]bool{}
	}
	for _, act := range acts {
		was, ok := saved[act.Subject.ARN]
		if ok && was.ID == plan.ActID(act.Subject, act.Change, was.Edge, plan.Observation(seen[act.Subject.ARN])) {
			a.Found[was.ID] = true
			same = append(same, act)
		}
	}
	return same
}

// tried is what is to be remembered of a resource that is acted on by hand.
func tried(m fleet.Remembered, act plan.Action) fleet.Remembered {
	if m.Enrolled.IsZero() {
		m.Enrolled = act.At
	}
	m.Environment, m.Tried, m.Act, m.Attempts, m.Applied = act.Subject.Environment, act.Edge, act.ID, 1, false
	if scale, ok := act.Change.(plan.Scale); ok && plan.SwitchesOff(scale) && m.Original == nil {
		size := scale.From
		m.Original = &size
	}
	return m
}

// Restore is a planner that puts back everything that offpeak has stopped or shrunk and not given back yet: it starts it, and gives groups and
// services the size that they had. Schedules and tags do not matter to it.
type Restore struct {
	Rules *scheduler.Rules // for the environments' names
	// Only chooses resources; nil: all.
	Only func(*fleet.Resource) bool
	// Absent are what memory says is held off and the snapshot does not show.
	Absent []fleet.ARN
}

// restoring is the rule of acts that a restore asks for.
const restoring = "restore"

// Plan implements optimizer.Planner.
func (r *Restore) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, _ time.Time) (plan.Plan, *fleet.Memory, error) {
	made := plan.Plan{Taken: s.Taken, Policy: restoring}
	next := memory.Clone()
	environment := func(*fleet.Resource) string { return "" }
	if r.Rules != nil {
		environment = r.Rules.EnvironmentOf()
		made.Policy = r.Rules.Policy
	}
	there := map[fleet.ARN]bool{}
	for i := range s.Resources {
		res := &s.Resources[i]
		there[res.ARN] = true
		m := memory.Resources[res.ARN]
		if !heldOff(m) || res.State == fleet.Gone || r.Only != nil && !r.Only(res) {
			continue
		}
		change, why := putBack(res, m)
		if change == nil {
			continue
		}
		subject := plan.SubjectOf(res, environment(res))
		edge := fleet.Moment{At: s.Taken.UTC(), Want: fleet.Running}
		act := plan.Action{
			ID: plan.ActID(subject, change, edge, plan.Observation(res)), Subject: subject, Change: change, Cause: plan.ByHand, Why: why,
			Rule: restoring, At: s.Taken, Edge: edge, Zone: "UTC", Price: res.Price,
		}
		made.Actions = append(made.Actions, act)
		next.Resources[res.ARN] = tried(m, act)
	}
	for arn, m := range memory.Resources {
		if heldOff(m) && !there[arn] && !m.Away() {
			r.Absent = append(r.Absent, arn)
		}
	}
	slices.Sort(r.Absent)
	made.Totals.Resources = len(s.Resources)
	made.Sort()
	made.Count()
	return made, &next, nil
}

// heldOff reports whether offpeak switched a resource off, seen to have worked or not, and has not switched it on since.
func heldOff(m fleet.Remembered) bool {
	return m.HeldOff() || m.Applied && m.Tried.Want == fleet.Stopped
}

// putBack returns what brings a resource back; nil where it is back already.
func putBack(r *fleet.Resource, m fleet.Remembered) (plan.Change, string) {
	since := "offpeak has stopped it"
	if !m.StoppedByUs.IsZero() {
		since = "offpeak has stopped it at " + m.StoppedByUs.UTC().Format("2006-01-02 15:04 UTC")
	}
	switch {
	case r.Kind.Sized() && m.Original == nil:
		return nil, ""
	case r.Kind.Sized():
		to := scheduler.Restored(r.Size, *m.Original)
		if to == r.Size {
			return nil, ""
		}
		return plan.Scale{From: r.Size, To: to}, fmt.Sprintf("%s; its size before was %s", since, m.Original)
	case r.State != fleet.Stopped:
		return nil, ""
	}
	return plan.Start{}, since
}
