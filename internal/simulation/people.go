package simulation

import (
	"math/rand/v2"
	"time"

	"offpeak/internal/fleet"
)

// Habit is what a person does with a resource, day by day. The set is closed. What a person sets out to do depends on the seed, the resource
// and the day alone: offpeak's acts change what there is left to do, not what is tried.
type Habit interface {
	// today draws the deeds of one day, always with the same number of draws.
	today(weekday time.Weekday, r *rand.Rand) []deed
}

// LeavesOn is a person who never touches the resource.
type LeavesOn struct{}

// OfficeUser starts it, if it is off, in the morning of working days around Arrives, and stops it around Leaves unless it is forgotten.
type OfficeUser struct {
	Arrives, Leaves time.Duration // after midnight
	Forgets         Chance
}

// NightOwl starts it on some nights around 22:00 and stops it after Hours, unless it is forgotten.
type NightOwl struct {
	Nights, Forgets Chance
	Hours           int
}

// DayStopper stops it on some working days around noon, and leaves it off.
type DayStopper struct{ Days Chance }

// Retagger sets a tag to one of Values on some days; an empty value takes the tag away.
type Retagger struct {
	Days   Chance
	Key    string
	Values []string
}

// Resizer sets a group or a service to one of Sizes on some days, at any hour.
type Resizer struct {
	Days  Chance
	Sizes []fleet.Size
}

// Tracker is target tracking: twice a day it sets the desired count to a number within the bounds that the group has then.
type Tracker struct{}

// NightDeployer deploys on some nights around 23:00, which sets groups and services back to the size they began with.
type NightDeployer struct{ Nights Chance }

// Terminator ends the resource on some day.
type Terminator struct{ Days Chance }

// verb is what a deed does.
type verb uint8

const (
	toStart verb = iota
	toStop
	toTag
	toResize
	toTrack
	toDeploy
	toTerminate
)

// deed is what a person sets out to do, so many seconds after midnight.
type deed struct {
	after int64
	verb  verb
	size  fleet.Size
	tag   fleet.Tag
	share int64 // of a group's span, for tracking, in thousandths
}

func (LeavesOn) today(time.Weekday, *rand.Rand) []deed { return nil }

func working(d time.Weekday) bool { return d != time.Saturday && d != time.Sunday }

// around is a time of day, up to half an hour off.
func around(at time.Duration, r *rand.Rand) int64 {
	return max(0, int64(at/time.Second)+between(r, -1800, 1800))
}

func (u OfficeUser) today(weekday time.Weekday, r *rand.Rand) []deed {
	arrives, leaves, forgets := around(u.Arrives, r), around(u.Leaves, r), u.Forgets.falls(r)
	switch {
	case !working(weekday):
		return nil
	case forgets:
		return []deed{{after: arrives, verb: toStart}}
	default:
		return []deed{{after: arrives, verb: toStart}, {after: leaves, verb: toStop}}
	}
}

func (o NightOwl) today(_ time.Weekday, r *rand.Rand) []deed {
	at, comes, forgets := around(22*time.Hour, r), o.Nights.falls(r), o.Forgets.falls(r)
	switch {
	case !comes:
		return nil
	case forgets:
		return []deed{{after: at, verb: toStart}}
	default:
		return []deed{{after: at, verb: toStart}, {after: at + int64(o.Hours)*3600, verb: toStop}}
	}
}

func (d DayStopper) today(weekday time.Weekday, r *rand.Rand) []deed {
	at, comes := around(12*time.Hour, r), d.Days.falls(r)
	if !comes || !working(weekday) {
		return nil
	}
	return []deed{{after: at, verb: toStop}}
}

func (t Retagger) today(_ time.Weekday, r *rand.Rand) []deed {
	at, comes, which := between(r, 0, 86399), t.Days.falls(r), r.IntN(max(1, len(t.Values)))
	if !comes || len(t.Values) == 0 {
		return nil
	}
	return []deed{{after: at, verb: toTag, tag: fleet.Tag{Key: t.Key, Value: t.Values[which]}}}
}

func (s Resizer) today(_ time.Weekday, r *rand.Rand) []deed {
	at, comes, which := between(r, 0, 86399), s.Days.falls(r), r.IntN(max(1, len(s.Sizes)))
	if !comes || len(s.Sizes) == 0 {
		return nil
	}
	return []deed{{after: at, verb: toResize, size: s.Sizes[which]}}
}

func (Tracker) today(_ time.Weekday, r *rand.Rand) []deed {
	return []deed{
		{after: around(10*time.Hour, r), verb: toTrack, share: r.Int64N(1000)},
		{after: around(20*time.Hour, r), verb: toTrack, share: r.Int64N(1000)},
	}
}

func (n NightDeployer) today(_ time.Weekday, r *rand.Rand) []deed {
	at, comes := around(23*time.Hour, r), n.Nights.falls(r)
	if !comes {
		return nil
	}
	return []deed{{after: at, verb: toDeploy}}
}

func (t Terminator) today(_ time.Weekday, r *rand.Rand) []deed {
	at, comes := between(r, 0, 86399), t.Days.falls(r)
	if !comes {
		return nil
	}
	return []deed{{after: at, verb: toTerminate}}
}

// busy reports whether anybody does anything with the machine.
func (m *machine) busy() bool {
	for _, h := range m.spec.Habits {
		if _, idle := h.(LeavesOn); !idle {
			return true
		}
	}
	return false
}

// beginDay draws the deeds of the day that begins, and comes back at the next midnight.
func (m *machine) beginDay(w *World) {
	if m.phase == gone || m.phase == buried {
		return
	}
	now := w.Now().In(m.spec.Zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, m.spec.Zone)
	for i, habit := range m.spec.Habits {
		r := stream(w.seed, string(m.spec.ARN), uint64(midnight.Unix())<<8|uint64(i)+1)
		for _, d := range habit.today(now.Weekday(), r) {
			at := midnight.Unix() + d.after
			record(w.deeds, at, m.index, int64(d.verb), int64(d.size.Desired), d.share)
			if at >= w.now {
				w.push(event{at: at, machine: m, what: aDeed, deed: d})
			}
		}
	}
	w.at(midnight.AddDate(0, 0, 1).Unix(), m, newDay, 0)
}

// do carries a deed out, as far as there is anything to do.
func (m *machine) do(w *World, d deed) {
	if m.phase == gone || m.phase == buried {
		return
	}
	person := author{by: ByPerson}
	sized := m.spec.Kind.Sized()
	switch d.verb {
	case toStart:
		if sized && m.size.Desired == 0 {
			m.scale(w, person, m.spec.Size)
		} else if !sized && m.phase == isOff {
			m.start(w, person, false)
		}
	case toStop:
		if sized && m.size.Desired > 0 {
			m.scale(w, person, fleet.Size{Max: m.size.Max})
		} else if !sized && m.phase == on {
			m.stop(w, person)
		}
	case toTag:
		m.change(w, person, func() { m.tags = retagged(m.tags, d.tag) })
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
		m.terminate(w, person)
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
