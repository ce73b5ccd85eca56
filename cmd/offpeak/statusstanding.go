package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/wall"
)

// standing is a scope, and what the scheduler makes of it.
type standing struct {
	*scopeSight
	policy        *policy.Policy
	selected      selector
	planner       *scheduler.Planner
	environmentOf func(*fleet.Resource) string
	opens, closes map[fleet.ARN]plan.Action
	due           map[fleet.ARN]plan.Action
	said          map[fleet.ARN]saying
	overridden    map[fleet.ARN]bool
}

// saying is a code and its sentence.
type saying struct {
	code plan.Code
	why  string
}

// lookAhead is how far openings are looked for with everything that bears on them; later ones are told by the schedule alone.
const lookAhead = 14 * 24 * time.Hour

func newStanding(p *policy.Policy, selected selector, s *scopeSight) *standing {
	at := standing{
		scopeSight: s, policy: p, selected: selected, planner: scheduler.New(&p.Rules), environmentOf: p.Rules.EnvironmentOf(),
		opens: map[fleet.ARN]plan.Action{}, closes: map[fleet.ARN]plan.Action{}, due: map[fleet.ARN]plan.Action{},
		said: map[fleet.ARN]saying{}, overridden: map[fleet.ARN]bool{},
	}
	for _, a := range at.made.Actions {
		at.due[a.Subject.ARN] = a
	}
	for _, a := range at.made.Forecast { // in the order of time
		first := at.opens
		if plan.SwitchesOff(a.Change) {
			first = at.closes
		}
		if _, known := first[a.Subject.ARN]; !known {
			first[a.Subject.ARN] = a
		}
	}
	for _, i := range at.made.Idle {
		at.said[i.Subject.ARN] = saying{i.Code, i.Why}
	}
	for _, r := range at.made.Refusals {
		at.said[r.Subject.ARN] = saying{r.Code, r.Why}
	}
	for _, f := range at.made.Findings {
		if f.Code == plan.OverrideEnds {
			at.overridden[f.Subject.ARN] = true
		}
	}
	return &at
}

// add puts the lines of a scope into a document.
func (s *standing) add(doc *statusJSON) {
	shown := map[fleet.ARN]bool{}
	for i := range s.seen.Resources {
		r := &s.seen.Resources[i]
		shown[r.ARN] = true
		if r.State == fleet.Gone || !s.selected.matches(r, s.environmentOf) {
			continue
		}
		if s.policy.Rules.Keys.OptsIn(r.Tags) {
			doc.Totals.OptedIn++
		}
		m := s.remembered(r.ARN)
		subject := plan.SubjectOf(r, s.environmentOf(r))
		asleep := r.State != fleet.Running && s.held(r.ARN)
		switch {
		case asleep:
			doc.Asleep = append(doc.Asleep, s.sleeper(r, subject, m))
		case r.State == fleet.Stopped && s.policy.Rules.Keys.OptsIn(r.Tags):
			doc.Totals.OtherOff++
		}
		if w, ok := s.waits(r, subject, m); ok {
			doc.Waiting = append(doc.Waiting, w)
		} else if l, ok := s.leftOn(r, subject); ok {
			doc.LeftOn = append(doc.LeftOn, l)
		}
	}
	if s.memory == nil || len(s.selected) > 0 {
		return // of what is not seen, hardly anything is known that could be selected by
	}
	for arn, m := range s.memory.Resources {
		switch {
		case !holdsOff(m) || shown[arn] || m.Departure == fleet.Deleted:
		case s.unread != nil && !m.Away(), s.converted(arn):
			doc.Asleep = append(doc.Asleep, s.absent(arn, m))
		default:
			doc.NotSeen = append(doc.NotSeen, s.absent(arn, m))
		}
	}
}

func (s *standing) remembered(arn fleet.ARN) fleet.Remembered {
	if s.memory == nil {
		return fleet.Remembered{}
	}
	return s.memory.Resources[arn]
}

// held reports whether offpeak holds a resource off, also where this look is the first to see it.
func (s *standing) held(arn fleet.ARN) bool {
	if s.memory == nil {
		return false
	}
	after := s.after.Resources[arn]
	return holdsOff(s.memory.Resources[arn]) || after.HeldOff()
}

// holdsOff reports whether offpeak holds a resource off as far as memory tells: it was seen to have worked, or AWS has accepted it.
func holdsOff(m fleet.Remembered) bool {
	return m.HeldOff() || m.Act != "" && m.Applied && m.Tried.Want == fleet.Stopped
}

// sleeper tells of a resource that is held off.
func (s *standing) sleeper(r *fleet.Resource, subject plan.Subject, m fleet.Remembered) sleeperJSON {
	out := sleeperJSON{subjectJSON: subjectOf(subject), State: r.State.String(), Since: m.StoppedByUs, Before: sizeBefore(r, m)}
	if out.Since.IsZero() { // its stop was not seen to have worked before this look
		if out.Since = r.Since; r.Since.IsZero() {
			out.Since = s.told.intents[m.Act].At
		}
	}
	s.because(&out, m)
	out.PerHour = s.priceOf(r, m)
	switch open, opens := s.opens[r.ARN]; {
	case s.due[r.ARN].ID != "" && !plan.SwitchesOff(s.due[r.ARN].Change):
		out.Until, out.UntilWhy = s.seen.Taken.UTC(), "due now: "+s.due[r.ARN].Why
	case opens:
		out.Until, out.UntilWhy = open.At.UTC(), open.Why
	default:
		out.Until, out.UntilWhy = s.laterOpening(r)
	}
	return out
}

// because fills in why a resource was switched off: what the ledger says of the act, else what memory does.
func (s *standing) because(out *sleeperJSON, m fleet.Remembered) {
	out.Act = m.Act
	if intent, ok := s.told.intents[m.Act]; ok && m.Act != "" {
		out.Why, _, _ = strings.Cut(intent.Why, "; ") // what follows is how it was before
		out.Rule, out.Cause = intent.Rule, intent.Cause
		return
	}
	if !m.Tried.IsZero() {
		out.Why = "switched off for the edge " + m.Tried.At.In(s.policy.Rules.Zone).Format(clockFull)
		return
	}
	out.Why = "offpeak switched it off; which edge asked for it is not remembered"
}

// laterOpening says when a resource opens that no forecast tells of, or why it does not.
func (s *standing) laterOpening(r *fleet.Resource) (time.Time, string) {
	said := s.said[r.ARN]
	switch said.code {
	case "", plan.AsWanted, plan.NothingWanted, plan.Enrolled:
	default:
		return time.Time{}, fmt.Sprintf("%s: %s", said.code, said.why)
	}
	e := s.planner.Explain(r, s.seen.Taken)
	if e.Schedule == nil {
		return time.Time{}, cmp.Or(e.Problem, "it has no schedule") + "; \"offpeak restore\" starts it"
	}
	if !e.Schedule.Constantly() {
		const most = 100 // edges: two weeks hold about thirty
		at := s.seen.Taken
		for range most {
			next, ok := e.Schedule.Next(at)
			if !ok {
				break
			}
			if next.Want == wall.Running && next.At.Sub(s.seen.Taken) >= lookAhead {
				return next.At.UTC(), fmt.Sprintf("%s opens (%s)", e.Schedule.Name, next.Rule)
			}
			at = next.At
		}
	}
	return time.Time{}, "no opening is foreseen: " + e.Schedule.Describe()
}

// absent tells of a resource that is held off and was not seen.
func (s *standing) absent(arn fleet.ARN, m fleet.Remembered) sleeperJSON {
	name := string(arn[strings.LastIndexAny(string(arn), ":/")+1:])
	subject := plan.Subject{ID: name, ARN: arn, Scope: s.scope, Environment: m.Environment}
	var before *fleet.Resource
	if intent, ok := s.told.intents[m.Act]; ok && intent.Before != nil {
		before = intent.Before
		subject = plan.SubjectOf(before, m.Environment)
	}
	out := sleeperJSON{subjectJSON: subjectOf(subject), State: "not-seen", Since: m.StoppedByUs}
	s.because(&out, m)
	if before != nil {
		out.Before, out.PerHour = sizeBefore(before, m), s.priceOf(before, m)
	}
	switch {
	case m.Departure == fleet.Released:
		out.UntilWhy = "it is not opted in any more, so that no schedule starts it; \"offpeak restore\" does"
	case s.unread != nil:
		out.UntilWhy = "its account could not be looked at"
	case s.converted(arn):
		out.UntilWhy = "AutoSpot replaces it by an instance of another lifecycle just now; its schedule goes on with that one"
	default:
		out.UntilWhy = "not listed as opted in: its tag was taken away, or it is gone; if it is there, \"offpeak restore\" starts it"
	}
	return out
}

// converted reports whether AutoSpot is replacing an instance just now, as far as is remembered: for a while then there is none.
func (s *standing) converted(arn fleet.ARN) bool {
	_, _, instance := fleet.InstanceOf(arn)
	stage := s.memory.Spot[arn].Stage
	return instance && (stage == fleet.Moving || stage == fleet.Leaving)
}

// sizeBefore is what ran before the stop: a group's size, a service's tasks, else the type.
func sizeBefore(r *fleet.Resource, m fleet.Remembered) string {
	switch {
	case m.Original == nil:
		return r.Type
	case r.Kind == fleet.ECSService:
		return counted(m.Original.Desired, "task")
	default:
		return m.Original.String()
	}
}

// priceOf is what an hour of running would cost: of a group what it cost before the stop, for it has no members now.
func (s *standing) priceOf(r *fleet.Resource, m fleet.Remembered) *money.Rate {
	price := r.Price
	if intent, ok := s.told.intents[m.Act]; ok && intent.Before != nil && (r.Kind.Sized() || !price.Known) {
		if price = intent.Before.Price; !price.Known {
			price = s.policy.Prices.Of(intent.Before)
		}
	}
	if !price.Known {
		return nil
	}
	return &price.Rate
}

// waits tells of an act that is due, or was tried and has not been seen to work.
func (s *standing) waits(r *fleet.Resource, subject plan.Subject, m fleet.Remembered) (waitingJSON, bool) {
	due, now := s.due[r.ARN]
	tried := m.Attempts > 0 && m.Done.At.Before(m.Tried.At) && !m.Away() && r.State != m.Tried.Want
	if s.memory == nil || !now && !tried {
		return waitingJSON{}, false
	}
	out := waitingJSON{subjectJSON: subjectOf(subject), Act: m.Act, Want: m.Tried.Want, Edge: m.Tried.At.UTC()}
	if tried {
		out.Attempts, out.Accepted = m.Attempts, m.Applied
		out.Why = "AWS has not accepted it yet"
		if m.Applied {
			out.Why = "AWS has accepted it, and it is not seen to have worked yet"
		}
		if said, ok := s.said[r.ARN]; ok {
			out.Why += "; " + said.why
		}
	}
	if now {
		out.Want, out.Edge = due.Edge.Want, due.Edge.At.UTC()
		if !tried || !due.Edge.Equal(m.Tried) {
			out.Act, out.Attempts, out.Accepted, out.Why = due.ID, 0, false, "due at the next run: "+due.Why
		}
	}
	if failure, ok := s.told.failures[m.Act]; ok && out.Attempts > 0 && !m.Applied {
		out.Failure, out.FailedAt = failure.Error, failure.At.UTC()
	}
	return out, true
}

// leftOn tells of a resource that runs although its schedule says stopped.
func (s *standing) leftOn(r *fleet.Resource, subject plan.Subject) (leftOnJSON, bool) {
	said, ok := s.said[r.ARN]
	if r.State != fleet.Running || !ok || said.code == plan.AsWanted && !s.overridden[r.ARN] {
		return leftOnJSON{}, false
	}
	e := s.planner.Explain(r, s.seen.Taken)
	if e.Schedule == nil || e.Reading.State != wall.Stopped {
		return leftOnJSON{}, false
	}
	return leftOnJSON{subjectJSON: subjectOf(subject), Code: said.code, Why: said.why, Until: s.closes[r.ARN].At.UTC()}, true
}
