package simulation

import (
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// busy reports whether anybody does anything with the machine, or its own schedule does.
func (m *machine) busy() bool {
	if len(m.spec.Scaling.Actions) > 0 {
		return true
	}
	for _, h := range m.spec.Habits {
		if _, idle := h.(LeavesOn); !idle {
			return true
		}
	}
	return false
}

// day is a day on a clock.
type day struct {
	zone     *time.Location
	begun    int64 // when it was asked for
	midnight time.Time
	ends     int64
}

// today is the present day on a clock. Most people live by one clock, and begin their days together.
func (w *World) today(zone *time.Location) *day {
	if d := &w.day; d.zone != zone || d.begun != w.now {
		now := w.Now().In(zone)
		midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
		*d = day{zone, w.now, midnight, midnight.AddDate(0, 0, 1).Unix()}
	}
	return &w.day
}

// beginDay draws the deeds of the day that begins, and comes back at the next midnight.
func (m *machine) beginDay(w *World) {
	if m.dead() && m.successor() == nil && !m.awaits() {
		return
	}
	today := w.today(m.spec.Zone)
	midnight := today.midnight
	for i, habit := range m.spec.Habits {
		w.dice.seed(m.draws, uint64(midnight.Unix())<<8|uint64(i)+1)
		for _, d := range habit.today(midnight, w.dice.rand) {
			at := midnight.Unix() + d.after
			record(w.deeds, at, m.index, int64(d.verb), int64(d.size.Desired), d.share)
			if at >= w.now {
				w.push(event{at: at, machine: m, what: aDeed, deed: w.keep(d)})
			}
		}
	}
	for _, a := range m.spec.Scaling.Actions {
		at := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, int(a.At/time.Second), 0, m.spec.Zone).Unix()
		if at >= w.now && (len(a.Days) == 0 || slices.Contains(a.Days, midnight.Weekday())) {
			w.push(event{at: at, machine: m, what: aDeed, deed: w.keep(deed{verb: toFollow, size: a.Size})})
		}
	}
	w.at(today.ends, m, newDay, 0)
}

// do carries a deed out, as far as there is anything to do.
func (m *machine) do(w *World, d *deed) {
	if m.dead() {
		if heir := m.successor(); heir != nil {
			heir.do(w, d)
		}
		return
	}
	person := author{by: ByPerson}
	sized := m.spec.Kind.Sized()
	switch d.verb {
	case toStart:
		if sized && m.size.Desired == 0 {
			m.scale(w, person, m.spec.Size)
		} else if !sized && m.phase == isOff && !m.interrupted && m.shortUntil(w).IsZero() {
			m.start(w, person, false)
		}
	case toStop:
		if sized && m.size.Desired > 0 {
			m.scale(w, person, fleet.Size{Max: m.size.Max})
		} else if !sized && m.phase == on && m.spec.Lifecycle != fleet.SpotOneTime {
			m.stop(w, person, byUser)
		}
	case toTag:
		m.change(w, person, func() {
			m.tags = retagged(m.tags, d.tag)
			m.labels = append(m.labels, labelled{w.now, m.tags})
		})
	case toResize:
		m.resize(w, person, d.size)
	case toTrack:
		size := m.size
		size.Desired = size.Min + int(d.share*int64(size.Max-size.Min+1)/1000)
		if m.size.Desired > 0 && size.Desired > 0 {
			m.resize(w, author{by: ByAWS}, size)
		}
	case toDeploy:
		m.deploy(w, person)
	case toTerminate:
		m.terminate(w, person, byUser)
	case toFollow:
		m.resize(w, author{by: ByAWS}, d.size)
	case toRefresh:
		m.beginRefresh(w, person, d.how)
	case toCancelRefresh:
		m.cancelRefresh(w, person)
	case toRevert:
		m.revert(w, person)
	case toRing:
		w.Ring(m.spec.Scope, d.alarm.Alarm, d.alarm.Lasts)
	}
}

func (m *machine) resize(w *World, who author, size fleet.Size) {
	if m.spec.Kind == fleet.ECSService {
		size.Min, size.Max = 0, 0
	}
	if m.spec.Kind.Sized() && m.size != size {
		m.scale(w, who, size)
	}
}

// deploy sets a group or a service back to the size of its template, and keeps a service's deployment under way for a while.
func (m *machine) deploy(w *World, who author) {
	if m.spec.Kind == fleet.ECSService {
		m.change(w, who, func() { m.deploying = true })
		w.at(w.now+between(m.physics, 120, 900), m, deployed, m.life)
	}
	m.resize(w, who, m.spec.Size)
}

// retagged returns tags with one set, or taken away where its value is empty. The old ones stay as they are.
func retagged(tags fleet.Tags, tag fleet.Tag) fleet.Tags {
	var kept []fleet.Tag
	for _, t := range tags {
		if t.Key != tag.Key {
			kept = append(kept, t)
		}
	}
	if tag.Value != "" {
		kept = append(kept, tag)
	}
	return fleet.NewTags(kept...)
}
