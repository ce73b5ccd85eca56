package scheduler

import (
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// mostForecasts bounds the acts listed for one resource.
const mostForecasts = 1000

// forecastAll lists what the coming edges will do with every resource if nobody interferes, and drops from the idle list those that
// something will be done with.
func (r *run) forecastAll() {
	acts := map[fleet.ARN]bool{}
	now := map[fleet.ARN]plan.Change{}
	for _, a := range r.plan.Actions {
		acts[a.Subject.ARN] = true
		now[a.Subject.ARN] = a.Change
	}
	r.plan.Forecast = []plan.Action{}
	for i := range r.candidates {
		c := &r.candidates[i]
		ahead := r.forecast(c, now[c.resource.ARN])
		r.plan.Forecast = append(r.plan.Forecast, ahead...)
		if len(ahead) > 0 {
			acts[c.resource.ARN] = true
		}
	}
	if r.options.Idle {
		return
	}
	var idle []plan.Idle
	for _, i := range r.plan.Idle {
		if !acts[i.Subject.ARN] {
			idle = append(idle, i)
		}
	}
	r.plan.Idle = idle
}

// future is a resource as it will be.
type future struct {
	*candidate
	at       int64
	state    fleet.State
	size     fleet.Size
	original *fleet.Size
	ours     bool // the last stop was offpeak's
}

// forecast plays the coming edges of one resource after the change that is due now, if any.
func (r *run) forecast(c *candidate, now plan.Change) []plan.Action {
	f := future{
		candidate: c, at: r.now, state: c.resource.State, size: c.resource.Size,
		original: c.remembered.Original, ours: !c.remembered.StoppedByUs.IsZero(),
	}
	if now != nil {
		f.apply(now)
	}
	end := r.snapshot.Taken.Add(r.options.Forecast).Unix()
	var ahead []plan.Action
	for len(ahead) < mostForecasts {
		e := f.next()
		if e.at == 0 || e.due >= end {
			return ahead
		}
		e = f.afterHold(e)
		f.at = max(e.due, e.at)
		if e.due >= end || e.want == fleet.StateUnknown || e.want == f.state || r.forbids(e) {
			continue
		}
		if e.want == fleet.Running && c.schedule.OnlyStoppedByUs && !f.ours && e.cause == plan.BySchedule {
			continue
		}
		step := *c
		step.decision.edge = e
		if change, ok := c.change(e.want, f.size, f.original); ok {
			a := r.action(&step, change)
			a.At, a.Why = time.Unix(max(e.due, r.now), 0).UTC(), step.because(e)
			ahead = append(ahead, a)
			f.apply(change)
		}
	}
	return ahead
}

func (r *run) forbids(e edge) bool {
	position, _ := r.killSwitch()
	return position == KillEverything || position == KillStops && e.want == fleet.Stopped
}

// next returns the edge that follows the instant that was reached.
func (f *future) next() edge {
	if f.waits > f.at {
		e := f.decision.edge
		e.due = f.waits
		return e
	}
	if until := f.decision.until; until > f.at {
		if e := f.scheduled(); e.at == 0 || until < e.due {
			return edge{at: until, due: until, want: fleet.Stopped, cause: plan.ByStopAfter, rule: f.decision.edge.rule}
		}
	}
	return f.scheduled()
}

func (f *future) scheduled() edge {
	if f.at < f.overrideEnd {
		at := time.Unix(f.overrideEnd, 0)
		r := f.schedule.Read(at)
		return edge{at: f.overrideEnd, due: f.overrideEnd, want: wanted(r.State), cause: plan.ByOverride, rule: "end of override"}
	}
	if f.at == f.now && !f.schedule.Constantly() {
		return f.view.next // an opening whose time to be ready has begun is not next any more
	}
	next, _ := f.schedule.Next(time.Unix(f.at, 0))
	lead := f.schedule.ReadyBy
	if lead > 0 {
		lead += spotLead(f.resource)
	}
	return edgeOf(next, lead)
}

// afterHold moves an edge that falls into a hold to the hold's end, and to what the schedule wants then.
func (f *future) afterHold(e edge) edge {
	for range 100 {
		span, held := f.schedule.HeldBy(time.Unix(e.due, 0))
		if !held {
			return e
		}
		e.at, e.due, e.held = span.To.Unix(), span.To.Unix(), true
		if e.cause == plan.BySchedule {
			r := f.schedule.Read(span.To)
			e.want, e.rule = wanted(r.State), r.Rule
		}
	}
	return edge{}
}

// apply changes the future.
func (f *future) apply(c plan.Change) {
	f.state, f.ours = fleet.Running, false
	if plan.SwitchesOff(c) {
		f.state, f.ours = fleet.Stopped, true
	}
	if s, ok := c.(plan.Scale); ok {
		if plan.SwitchesOff(c) && f.original == nil {
			f.original = &s.From
		}
		if !plan.SwitchesOff(c) {
			f.original = nil
		}
		f.size = s.To
	}
}
