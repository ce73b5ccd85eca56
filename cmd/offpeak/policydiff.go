package main

import (
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/wall"
)

// difference is what another policy means for one resource.
type difference struct {
	subject plan.Subject
	what    turn
	effect  string // when it is felt first
	why     string
}

// turn is a kind of difference.
type turn string

// The turns, in the order in which they are counted.
const (
	turnNew     turn = "new"      // was not looked after, and is
	turnHours   turn = "hours"    // follows another schedule
	turnMoved   turn = "moved"    // belongs to another environment
	turnRefused turn = "refused"  // was looked after or left alone, and is refused
	turnLeft    turn = "released" // was looked after or refused, and is left alone
)

// turnNouns say of so many resources what happens to them.
var turnNouns = []struct {
	what turn
	text string
}{
	{turnNew, "newly scheduled"},
	{turnHours, "with other hours"},
	{turnMoved, "in another environment"},
	{turnRefused, "newly refused"},
	{turnLeft, "no longer scheduled"},
}

// policyView is a policy and the scopes that it looks into. The zero value looks after nothing.
type policyView struct {
	policy *policy.Policy
	covers func(fleet.Scope) bool // nil: everything
	// watched is until when accounts are only watched, as new ones are.
	watched map[fleet.AccountID]time.Time
}

// outlook is what a policy makes of a resource that is opted in: a schedule, or a refusal.
type outlook struct {
	environment string
	schedule    *scheduler.Compiled
	code        plan.Code
	why         string
}

// outlooks are those of the resources that a policy looks after or refuses.
func (v policyView) outlooks(s *fleet.Snapshot) map[fleet.ARN]outlook {
	found := map[fleet.ARN]outlook{}
	if v.policy == nil {
		return found
	}
	planner := scheduler.New(&v.policy.Rules)
	made, _ := planner.Plan(s, nil, scheduler.Options{})
	refused := map[fleet.ARN]plan.Refusal{}
	for _, r := range made.Refusals {
		if !passing[r.Code] {
			refused[r.Subject.ARN] = r
		}
	}
	for i := range s.Resources {
		r := &s.Resources[i]
		if r.State == fleet.Gone || v.covers != nil && !v.covers(r.Scope) {
			continue
		}
		e := planner.Explain(r, s.Taken)
		switch x, no := refused[r.ARN]; {
		case no:
			found[r.ARN] = outlook{environment: e.Environment, code: x.Code, why: x.Why}
		case e.Schedule != nil:
			found[r.ARN] = outlook{environment: e.Environment, schedule: e.Schedule}
		}
	}
	return found
}

// differences says for which resources a policy means something else than the one before, in the snapshot's order. same is how many it means
// the same for.
func differences(before, after policyView, s *fleet.Snapshot, memory *fleet.Memory) (found []difference, same int) {
	were, will := before.outlooks(s), after.outlooks(s)
	for i := range s.Resources {
		r := &s.Resources[i]
		was, known := were[r.ARN]
		is, stays := will[r.ARN]
		var d difference
		switch {
		case !known && !stays:
			continue
		case !stays:
			d = released(was, remembered(memory, r.ARN), after.policy)
		case is.code != "" && is.code == was.code:
		case is.code != "":
			d = difference{what: turnRefused, effect: "at once", why: fmt.Sprintf("%s: %s", is.code, is.why)}
		case !known || was.code != "":
			d = difference{what: turnNew, effect: is.effect(after, r, s.Taken), why: is.schedule.Describe()}
			if was.code != "" {
				d.why += fmt.Sprintf("; refused so far, %s", was.code)
			}
		case was.schedule.Hash != is.schedule.Hash:
			d = difference{what: turnHours, effect: is.effect(after, r, s.Taken), why: otherHours(was.schedule, is.schedule)}
		case was.environment != is.environment:
			d = difference{what: turnMoved, effect: "none on its hours", why: fmt.Sprintf("from environment %s to %s", was.environment, is.environment)}
		}
		if d.what == "" {
			same++
			continue
		}
		d.subject = plan.SubjectOf(r, is.environment)
		if d.subject.Environment == "" {
			d.subject.Environment = was.environment
		}
		found = append(found, d)
	}
	return found, same
}

func remembered(memory *fleet.Memory, arn fleet.ARN) fleet.Remembered {
	if memory == nil {
		return fleet.Remembered{}
	}
	return memory.Resources[arn]
}

// released tells of a resource that the policy will not look after any more. What offpeak holds off then stays off.
func released(was outlook, m fleet.Remembered, p *policy.Policy) difference {
	d := difference{what: turnLeft, effect: "at once", why: fmt.Sprintf("neither tags nor accounts of %s include it", p.Rules.Policy)}
	if was.schedule != nil {
		d.why += "; it followed " + was.schedule.Name
	}
	if m.HeldOff() {
		d.why += "; offpeak holds it off, and it stays off: \"offpeak restore\" brings it back"
	}
	return d
}

func otherHours(was, is *scheduler.Compiled) string {
	before, after := was.Describe(), is.Describe()
	if before == after {
		return after + ": the days of its calendars change"
	}
	return fmt.Sprintf("%s; so far %s", after, before)
}

// effect says when a schedule is felt first: at the next edge, never at once.
func (o outlook) effect(v policyView, r *fleet.Resource, now time.Time) string {
	zone, first := o.schedule.Zone, ""
	if until := v.watched[r.Scope.Account]; until.After(now) {
		now, first = until, fmt.Sprintf("watched until %s, then ", until.In(zone).Format(clockFull))
	}
	if end, ok := overriddenUntil(r, v.policy.Rules.Keys.Override, zone); ok && end.After(now) {
		return first + "as its override ends: " + end.Format(clockFull)
	}
	switch {
	case o.schedule.Constantly():
		return first + "at the hub's next looks: always " + o.schedule.Constant.String()
	case o.schedule.Enforce:
		return first + fmt.Sprintf("at the hub's next looks: %s, enforced", o.schedule.State(now))
	}
	next, ok := o.schedule.Next(now)
	if !ok {
		return "never: no edge follows"
	}
	at := next.At
	if next.Want == wall.Running {
		at = at.Add(-o.schedule.ReadyBy)
	}
	if !at.After(now) {
		at = now.In(zone) // the time to be ready has begun
	}
	text := first + fmt.Sprintf("at its next edge: %s %s", verbOf(next.Want), at.Format(clockFull))
	if span, held := o.schedule.HeldBy(at); held {
		text += fmt.Sprintf(", and held until %s", span.To.In(zone).Format(clockFull))
	}
	return text
}

// overriddenUntil returns the end of the override that a resource's tag asks for.
func overriddenUntil(r *fleet.Resource, key string, zone *time.Location) (time.Time, bool) {
	text, _ := r.Tags.Get(key)
	override, err := fleet.ParseOverride(text)
	return endOf(override, zone), err == nil
}

// verbOf says what a wanted state means for what is in another.
func verbOf(s wall.State) string {
	switch s {
	case wall.Running:
		return "start"
	case wall.Stopped:
		return "stop"
	default:
		return "left alone from"
	}
}

// atLarge says what a policy changes beyond single resources.
func atLarge(before, after *policy.Policy) []string {
	var said []string
	if before == nil {
		said = append(said, "It is the first policy here.")
		if after.Observe > 0 {
			said = append(said, fmt.Sprintf("New accounts are only watched and announced for %s before anything in them is acted on.", spanText(after.Observe)))
		}
		if k := after.Rules.KillSwitch; k != scheduler.KillNothing {
			said = append(said, fmt.Sprintf("The kill switch is set to %s.", k))
		}
		return said
	}
	if was, is := before.Rules.KillSwitch, after.Rules.KillSwitch; was != is {
		said = append(said, fmt.Sprintf("The kill switch goes from %s to %s, at once.", killText(was), killText(is)))
	}
	for _, setting := range []struct{ name, was, is string }{
		{"observe", spanText(before.Observe), spanText(after.Observe)},
		{"guards.stale_after", spanText(before.Rules.StaleAfter), spanText(after.Rules.StaleAfter)},
		{"guards.max_failures", fmt.Sprintf("%d%%", before.Guards.MaxFailures), fmt.Sprintf("%d%%", after.Guards.MaxFailures)},
	} {
		if setting.was != setting.is {
			said = append(said, fmt.Sprintf("%s goes from %s to %s, at once.", setting.name, setting.was, setting.is))
		}
	}
	if !slices.Equal(before.Rules.Keys.Schedule, after.Rules.Keys.Schedule) {
		said = append(said, fmt.Sprintf("Other tags opt in: %s so far, %s from now on; the roles in the accounts must name them too.",
			before.Rules.Keys.Schedule, after.Rules.Keys.Schedule))
	}
	return said
}

func killText(k scheduler.KillSwitch) string {
	if k == scheduler.KillNothing {
		return "off"
	}
	return string(k)
}

// countTurns sums differences up.
func countTurns(found []difference, same int) string {
	text := ""
	for _, noun := range turnNouns {
		n := 0
		for _, d := range found {
			if d.what == noun.what {
				n++
			}
		}
		if n > 0 {
			text += fmt.Sprintf("%d %s, ", n, noun.text)
		}
	}
	return text + fmt.Sprintf("%d as before.", same)
}
