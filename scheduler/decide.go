package scheduler

import (
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/scheduler/wall"
)

// sinceUnknownGrace is how long after an edge a resource is acted on although AWS does not tell since when it is in its state: a person
// is unlikely to have changed it in those minutes.
const sinceUnknownGrace = 15 * time.Minute

// view is what a schedule says at the instant of a snapshot, with the time to be ready taken into account. Times are unix
// seconds, zero for none, so that deciding allocates nothing.
type view struct {
	state wall.State // at the instant
	rule  string
	edge  edge // the last edge that is due
	next  edge // the first edge that is not due yet
}

// edge is a boundary that a resource follows.
type edge struct {
	at    int64 // the boundary itself
	due   int64 // when to act: the boundary, or earlier to be ready at it
	want  fleet.State
	cause plan.Cause
	rule  string
	held  bool // it was moved to the end of a hold
}

// viewOf reads a schedule at an instant. An opening is due lead before it.
func viewOf(c *Compiled, at time.Time, lead time.Duration) view {
	r := c.Read(at)
	v := view{state: r.State, rule: r.Rule, edge: edgeOf(r.Last, lead), next: edgeOf(r.Next, lead)}
	if v.next.at != 0 && v.next.due <= at.Unix() {
		v.state, v.rule, v.edge = r.Next.Want, r.Next.Rule, v.next
		following, _ := c.Next(r.Next.At)
		v.next = edgeOf(following, lead)
	}
	return v
}

func edgeOf(e Edge, lead time.Duration) edge {
	if e.At.IsZero() {
		return edge{}
	}
	due := e.At.Unix()
	if e.Want == wall.Running {
		due -= int64(lead / time.Second)
	}
	return edge{at: e.At.Unix(), due: due, want: wanted(e.Want), cause: plan.BySchedule, rule: e.Rule}
}

func wanted(s wall.State) fleet.State {
	switch s {
	case wall.Running:
		return fleet.Running
	case wall.Stopped:
		return fleet.Stopped
	default:
		return fleet.StateUnknown
	}
}

// verdict is the outcome of a decision.
type verdict uint8

const (
	nothingWanted verdict = iota // the schedule wants nothing now
	asWanted
	enrolled // seen for the first time, or under a new schedule
	left     // changed by a person after the edge
	noEdge   // no edge has come yet
	act
	wait         // between states
	sinceUnknown // cannot tell whether a person changed it
	observed     // its account is only watched so far
	retryLater   // AWS refused it for a reason that does not pass by itself
	notOurs      // starts only what offpeak stopped, and did not stop this
)

// decision is what to do with one resource, and for which edge.
type decision struct {
	verdict verdict
	edge    edge
	// until is when a resource left to a person will be stopped by stop_after; zero when it is left until the next edge.
	until int64
}

// wish is what a resource follows: its schedule's view, changed by an override and by always-running and always-stopped schedules.
type wish struct {
	state    fleet.State // wanted now; StateUnknown: nothing
	edge     edge
	override bool // an override is in force
	constant bool
}

// situation is everything that a decision depends on.
type situation struct {
	now      int64
	schedule *Compiled
	view     *view
	resource *fleet.Resource
	// override is the owner's override with its end as an instant; overrideEnd zero: none.
	override    fleet.State
	overrideEnd int64
	overrideTag string
}

// overridden reports whether an override is in force.
func (s *situation) overridden() bool { return s.now < s.overrideEnd }

// overrideRule is the rule of acts that an override in force asks for.
const overrideRule = "override"

// history is when things began that are edges too, in unix seconds: as remembered, or as far as the snapshot tells.
type history struct {
	enrolled      int64
	overrideSeen  int64 // begin of the override in force
	overrideEnded int64 // end of the last override, zero for none
}

// wish works out which edge the resource follows.
func (s *situation) wish(h history) wish {
	if s.overridden() {
		e := edge{at: h.overrideSeen, due: h.overrideSeen, want: s.override, cause: plan.ByOverride, rule: overrideRule}
		return wish{state: s.override, edge: e, override: true}
	}
	if s.schedule.Constantly() {
		state := wanted(s.schedule.Constant)
		begin := max(h.enrolled, h.overrideEnded)
		e := edge{at: begin, due: begin, want: state, cause: plan.ByTag, rule: s.schedule.Constant.String()}
		return wish{state: state, edge: e, constant: true}
	}
	w := wish{state: wanted(s.view.state), edge: s.view.edge}
	if h.overrideEnded > w.edge.at {
		// What the schedule wants as the override ends begins then.
		w.edge = edge{at: h.overrideEnded, due: h.overrideEnded, want: w.state, cause: plan.ByOverride, rule: "end of override"}
	}
	return w
}

// decideWithout decides by what the snapshot shows alone: a person's change is one that is younger than the edge.
func (s *situation) decideWithout() decision {
	w := s.wish(history{enrolled: s.now, overrideSeen: s.now, overrideEnded: s.overrideEnd})
	r := s.resource
	switch {
	case w.state == fleet.StateUnknown:
		return decision{verdict: nothingWanted, edge: w.edge}
	case s.satisfied(w.state, nil):
		return decision{verdict: asWanted, edge: w.edge}
	case changing(r.State):
		return decision{verdict: wait, edge: w.edge}
	}
	d := s.differs(w)
	if d.verdict == act && w.state == fleet.Running && s.schedule.OnlyStoppedByUs && !w.override {
		return decision{verdict: notOurs, edge: w.edge}
	}
	return d
}

// differs decides about a resource that is not as wanted, without memory.
func (s *situation) differs(w wish) decision {
	if w.override || w.constant {
		return decision{verdict: act, edge: w.edge}
	}
	if s.resource.ByAWS {
		return decision{verdict: act, edge: withCause(w.edge, plan.ByRestart)}
	}
	since := unix(s.resource.Since)
	if since == 0 && unix(s.resource.Created) >= w.edge.due {
		since = unix(s.resource.Created)
	}
	switch {
	case s.schedule.Enforce:
		return decision{verdict: act, edge: withCause(w.edge, plan.ByEnforce)}
	case w.edge.at == 0:
		return decision{verdict: noEdge, edge: w.edge}
	case since == 0 && s.now-w.edge.due <= int64(sinceUnknownGrace/time.Second):
		return decision{verdict: act, edge: w.edge}
	case since == 0:
		return decision{verdict: sinceUnknown, edge: w.edge}
	case since < w.edge.due:
		return decision{verdict: act, edge: w.edge}
	default:
		return s.personal(w, since)
	}
}

// personal decides about a resource that a person changed at since, zero where no such change is known: it is left alone, and stopped
// when stop_after has passed.
func (s *situation) personal(w wish, since int64) decision {
	if w.state != fleet.Stopped || s.schedule.StopAfter == 0 || since == 0 {
		return decision{verdict: left, edge: w.edge}
	}
	due := since + int64(s.schedule.StopAfter/time.Second)
	if s.now < due {
		return decision{verdict: left, edge: w.edge, until: due}
	}
	return decision{verdict: act, edge: edge{at: due, due: due, want: fleet.Stopped, cause: plan.ByStopAfter, rule: w.edge.rule}}
}

// decideWith decides by what is remembered, and changes it to what is to be remembered now.
func (s *situation) decideWith(m *fleet.Remembered, known bool) decision {
	fresh := s.observe(m, known)
	w := s.wish(history{enrolled: unix(m.Enrolled), overrideSeen: unix(m.OverrideSeen), overrideEnded: s.ended(m)})
	if fresh && !w.override {
		if !w.constant {
			m.Done = moment(w.edge)
		}
		return decision{verdict: enrolled, edge: w.edge}
	}
	d := s.follow(w, m)
	if d.verdict == act && w.state == fleet.Running && s.schedule.OnlyStoppedByUs && !w.override && m.StoppedByUs.IsZero() {
		d.verdict = notOurs
	}
	if fresh && d.verdict == asWanted {
		d.verdict = enrolled
	}
	return d
}

// follow decides about an enrolled resource and marks in its memory what is done.
func (s *situation) follow(w wish, m *fleet.Remembered) decision {
	done := !m.Done.IsZero() && m.Done.At.Unix() >= w.edge.at
	switch {
	case w.state == fleet.StateUnknown:
		return decision{verdict: nothingWanted, edge: w.edge}
	case s.satisfied(w.state, m):
		s.settle(w, m)
		return decision{verdict: asWanted, edge: w.edge}
	case changing(s.resource.State):
		return decision{verdict: wait, edge: w.edge}
	case w.edge.at == 0:
		return decision{verdict: noEdge, edge: w.edge}
	case done:
		return s.differsAfter(w, m)
	}
	since := unix(s.resource.Since)
	if s.schedule.Enforce && since >= w.edge.due && since != 0 && !w.override {
		return decision{verdict: act, edge: withCause(w.edge, plan.ByEnforce)}
	}
	if since >= w.edge.due && since != 0 && !s.resource.ByAWS && !w.override && !w.constant {
		m.Done = moment(w.edge)
		return s.personal(w, since)
	}
	if m.Tried.Equal(moment(w.edge)) {
		if s.resetByPerson(w, m) {
			return s.personal(w, s.now)
		}
		if until := unix(m.RetryAt); s.now < until {
			return decision{verdict: retryLater, edge: w.edge, until: until}
		}
		return decision{verdict: act, edge: withCause(w.edge, plan.ByRetry)}
	}
	return decision{verdict: act, edge: w.edge}
}

// resetByPerson reports whether a group or service is not as the edge wants although AWS accepted our act for it, and notes that the edge is
// done. AWS does not tell since when a size is what it is; but a size takes effect as it is accepted, so another one is a person's, set
// after the edge, and is left until the next one like any other change after it. Should the listing only lag, nothing is lost: the act has
// worked, and the next look sees it.
func (s *situation) resetByPerson(w wish, m *fleet.Remembered) bool {
	if !m.Applied || !s.resource.Kind.Sized() || s.schedule.Enforce || w.override || w.constant {
		return false
	}
	m.Done, m.Attempts = moment(w.edge), 0
	m.ObservedSince = time.Unix(s.now, 0).UTC() // it was as wanted in between, unseen
	m.StoppedByUs, m.RestartsAt = time.Time{}, time.Time{}
	if w.state == fleet.Running {
		m.Original = nil // a stop's is kept: it is what the size must be again should the listing only lag
	}
	return true
}

// differsAfter decides about a resource that was as wanted, or left, and is not as wanted now.
func (s *situation) differsAfter(w wish, m *fleet.Remembered) decision {
	// Seen running only after AWS's announced restart: AWS did it. Seen running before: a person did.
	restarted := !m.StoppedByUs.IsZero() && !m.RestartsAt.IsZero() && !m.ObservedSince.Before(m.RestartsAt)
	switch {
	case w.state == fleet.Stopped && restarted || s.resource.ByAWS:
		at := s.now
		if restarted {
			at = m.RestartsAt.Unix()
		}
		return decision{verdict: act, edge: edge{at: at, due: at, want: w.state, cause: plan.ByRestart, rule: w.edge.rule}}
	case s.schedule.Enforce && !w.override:
		return decision{verdict: act, edge: withCause(w.edge, plan.ByEnforce)}
	}
	since := unix(s.resource.Since)
	if since < w.edge.due {
		since = 0
		if m.ObservedSince.After(m.Enrolled) {
			since = unix(m.ObservedSince)
		}
	}
	return s.personal(w, since)
}

// settle notes that the resource is as the edge wants.
func (s *situation) settle(w wish, m *fleet.Remembered) {
	if here := moment(w.edge); m.Done.At.Before(here.At) {
		m.Done = here
	}
	// A stop of ours for this edge, or for a later cause such as stop_after.
	ours := m.Tried.Want == fleet.Stopped && unix(m.Tried.At) >= w.edge.at
	switch {
	case w.state == fleet.Running:
		m.StoppedByUs, m.RestartsAt, m.Original = time.Time{}, time.Time{}, nil
	case ours && m.StoppedByUs.Before(m.Tried.At):
		m.StoppedByUs = time.Unix(s.now, 0).UTC()
		if s.resource.RestartsAt.IsZero() && restartsByItself(s.resource.Kind) {
			m.RestartsAt = m.StoppedByUs.Add(restartAfter)
		}
	}
	m.Attempts = 0
}

// restartAfter is how long AWS leaves a database stopped before it starts it again (RDS and Aurora user guides).
const restartAfter = 7 * 24 * time.Hour

func restartsByItself(k fleet.Kind) bool { return k == fleet.RDSInstance || k == fleet.RDSCluster }

// satisfied reports whether the resource is in the wanted state; a group that offpeak switched off is running again only when it
// has its size back.
func (s *situation) satisfied(want fleet.State, m *fleet.Remembered) bool {
	r := s.resource
	if r.State != want {
		return false
	}
	if want == fleet.Running && r.Kind.Sized() && m != nil && m.Original != nil && !m.StoppedByUs.IsZero() {
		return r.Size == Restored(r.Size, *m.Original)
	}
	return true
}

// Restored is the size of a group as it opens: its own bounds again, and no fewer instances than a person asked for meanwhile.
func Restored(present, original fleet.Size) fleet.Size {
	desired := max(original.Desired, present.Desired)
	if original.Max > 0 { // a service's bounds are not known
		desired = min(desired, original.Max)
	}
	return fleet.Size{Min: original.Min, Max: original.Max, Desired: desired}
}

func changing(s fleet.State) bool { return s == fleet.Changing || s == fleet.StateUnknown }

func withCause(e edge, cause plan.Cause) edge {
	e.cause = cause
	return e
}

func moment(e edge) fleet.Moment {
	if e.at == 0 {
		return fleet.Moment{}
	}
	return fleet.Moment{At: time.Unix(e.at, 0).UTC(), Want: e.want}
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
