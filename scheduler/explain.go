package scheduler

import (
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/scheduler/wall"
)

// Explanation is how one resource is read, step by step.
type Explanation struct {
	// Environment is empty where the policy knows none, or more than one, for the resource.
	Environment string
	// OwnerTags are the tags that offpeak looks at.
	OwnerTags fleet.Tags
	// Schedule is what the tags ask for; nil where they ask for none, or for nothing that can be understood.
	Schedule *Compiled
	// Problem says why there is no schedule.
	Problem string
	// Reading is what the schedule says at the instant.
	Reading Reading
	// ClosedBy is the calendar event that keeps the schedule from opening on the day, "" for none.
	ClosedBy string
}

// Explain reads a resource's tags, environment and schedule at an instant. What is decided about it stands in a plan.
func (p *Planner) Explain(r *fleet.Resource, at time.Time) Explanation {
	where := p.environments.Of(r)
	e := Explanation{Environment: where.Name()}
	for _, tag := range r.Tags {
		if p.looksAt(tag.Key) {
			e.OwnerTags = append(e.OwnerTags, tag)
		}
	}
	m := p.texts.of(r.Tags)
	switch {
	case m == nil:
		e.Problem = "it has no schedule tag, so it is not opted in and never touched"
		return e
	case m.ignore:
		e.Problem = "its owner asks to leave it alone"
		return e
	case m.code != "":
		e.Problem = m.why
		return e
	case m.fallback:
		name := ""
		if where.In != nil {
			name = where.In.Default
		}
		if name == "" {
			e.Problem = "its schedule tag is empty and its environment has no default schedule"
			return e
		}
		m = p.texts.read(name)
	}
	e.Schedule = m.schedule
	e.Reading = m.schedule.Read(at)
	e.ClosedBy = m.schedule.closedToday(at)
	return e
}

// looksAt reports whether a tag key means something to offpeak.
func (p *Planner) looksAt(key string) bool {
	k := p.rules.Keys
	for _, known := range append([]string{k.Override, k.Spot, k.Group, k.Order, k.Snapshot, k.Custodian}, k.Schedule...) {
		if known != "" && strings.EqualFold(key, known) {
			return true
		}
	}
	return false
}

// closedToday names the calendar events of the local day of an instant.
func (c *Compiled) closedToday(at time.Time) string {
	var names []string
	today := wall.At(at, c.Zone).Date()
	for _, named := range c.Closed {
		for _, event := range named.Days(today, today+1) {
			names = append(names, firstOf(event.Name, event.Date.String())+" ("+named.Name+")")
		}
	}
	return strings.Join(names, ", ")
}
