package simulation

import (
	"math/rand/v2"
	"time"

	"offpeak/internal/fleet"
)

// Habit is what a person does with a resource, day by day. The set is closed. What a person sets out to do depends on the seed, the resource
// and the day alone: offpeak's acts change what there is left to do, not what is tried.
type Habit interface {
	// today draws the deeds of one day, given its midnight, always with the same number of draws.
	today(day time.Time, r *rand.Rand) []deed
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

// Overrider sets the override tag Key around 18:00 of some working days, so that the resource stays up until Hours after midnight.
type Overrider struct {
	Days  Chance
	Key   string // offpeak:override
	Hours int
}

// Resetter sets a group or a service back to the size it began with, or starts anything else, up to ten minutes after At on some working
// days: right after it was switched off.
type Resetter struct {
	Days Chance
	At   time.Duration // after midnight
}

// Refresher begins an instance refresh of a group on some working days in the afternoon.
type Refresher struct {
	Days Chance
	// MinHealthy is the percentage of the group that stays in service. Where it leaves no room, a replacement is launched before one is ended.
	MinHealthy int
	// Checkpoints are percentages at which the refresh pauses for Pause.
	Checkpoints []int
	Pause       time.Duration
	// Cancels is the chance that it is cancelled, within an hour.
	Cancels Chance
}

// Ringer lets the CloudWatch alarm Alarm ring for Lasts, at any hour of some days.
type Ringer struct {
	Days  Chance
	Alarm string
	Lasts time.Duration
}

// Reverter is infrastructure as code that is applied around At on some working days: it writes back how a group or a service bought its capacity when
// it began, and knows nothing of moves.
type Reverter struct {
	Days Chance
	At   time.Duration // after midnight
}

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
	toFollow // a scheduled action of the group's own
	toRefresh
	toCancelRefresh
	toRing
	toRevert
)

// deed is what a person sets out to do, so many seconds after midnight.
type deed struct {
	after int64
	verb  verb
	size  fleet.Size
	tag   fleet.Tag
	share int64 // of a group's span, for tracking, in thousandths
	how   Refresher
	alarm *Ringer
}

func (LeavesOn) today(time.Time, *rand.Rand) []deed { return nil }

func working(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// around is a time of day, up to half an hour off.
func around(at time.Duration, r *rand.Rand) int64 {
	return max(0, int64(at/time.Second)+between(r, -1800, 1800))
}

func (u OfficeUser) today(day time.Time, r *rand.Rand) []deed {
	arrives, leaves, forgets := around(u.Arrives, r), around(u.Leaves, r), u.Forgets.falls(r)
	switch {
	case !working(day):
		return nil
	case forgets:
		return []deed{{after: arrives, verb: toStart}}
	default:
		return []deed{{after: arrives, verb: toStart}, {after: leaves, verb: toStop}}
	}
}

func (o NightOwl) today(_ time.Time, r *rand.Rand) []deed {
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

func (d DayStopper) today(day time.Time, r *rand.Rand) []deed {
	at, comes := around(12*time.Hour, r), d.Days.falls(r)
	if !comes || !working(day) {
		return nil
	}
	return []deed{{after: at, verb: toStop}}
}

func (t Retagger) today(_ time.Time, r *rand.Rand) []deed {
	at, comes, which := between(r, 0, 86399), t.Days.falls(r), r.IntN(max(1, len(t.Values)))
	if !comes || len(t.Values) == 0 {
		return nil
	}
	return []deed{{after: at, verb: toTag, tag: fleet.Tag{Key: t.Key, Value: t.Values[which]}}}
}

func (s Resizer) today(_ time.Time, r *rand.Rand) []deed {
	at, comes, which := between(r, 0, 86399), s.Days.falls(r), r.IntN(max(1, len(s.Sizes)))
	if !comes || len(s.Sizes) == 0 {
		return nil
	}
	return []deed{{after: at, verb: toResize, size: s.Sizes[which]}}
}

func (Tracker) today(_ time.Time, r *rand.Rand) []deed {
	return []deed{
		{after: around(10*time.Hour, r), verb: toTrack, share: r.Int64N(1000)},
		{after: around(20*time.Hour, r), verb: toTrack, share: r.Int64N(1000)},
	}
}

func (n NightDeployer) today(_ time.Time, r *rand.Rand) []deed {
	at, comes := around(23*time.Hour, r), n.Nights.falls(r)
	if !comes {
		return nil
	}
	return []deed{{after: at, verb: toDeploy}}
}

func (t Terminator) today(_ time.Time, r *rand.Rand) []deed {
	at, comes := between(r, 0, 86399), t.Days.falls(r)
	if !comes {
		return nil
	}
	return []deed{{after: at, verb: toTerminate}}
}

func (a Ringer) today(_ time.Time, r *rand.Rand) []deed {
	at, comes := between(r, 0, 86399), a.Days.falls(r)
	if !comes {
		return nil
	}
	return []deed{{after: at, verb: toRing, alarm: &a}}
}

func (i Reverter) today(day time.Time, r *rand.Rand) []deed {
	at, comes := around(i.At, r), i.Days.falls(r)
	if !comes || !working(day) {
		return nil
	}
	return []deed{{after: at, verb: toRevert}}
}

func (o Overrider) today(day time.Time, r *rand.Rand) []deed {
	at, comes := around(18*time.Hour, r), o.Days.falls(r)
	if !comes || !working(day) {
		return nil
	}
	until := time.Date(day.Year(), day.Month(), day.Day()+1, o.Hours, 0, 0, 0, day.Location())
	text := "running until " + until.Format("2006-01-02 15:04")
	return []deed{{after: at, verb: toTag, tag: fleet.Tag{Key: o.Key, Value: text}}}
}

func (s Resetter) today(day time.Time, r *rand.Rand) []deed {
	at, comes := int64(s.At/time.Second)+between(r, 30, 600), s.Days.falls(r)
	if !comes || !working(day) {
		return nil
	}
	return []deed{{after: at, verb: toStart}}
}

func (f Refresher) today(day time.Time, r *rand.Rand) []deed {
	at, comes, cancelled, after := around(15*time.Hour, r), f.Days.falls(r), f.Cancels.falls(r), between(r, 60, 3600)
	if !comes || !working(day) {
		return nil
	}
	deeds := []deed{{after: at, verb: toRefresh, how: f}}
	if cancelled {
		deeds = append(deeds, deed{after: at + after, verb: toCancelRefresh})
	}
	return deeds
}
