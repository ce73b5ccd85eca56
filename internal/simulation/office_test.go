package simulation_test

import (
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

// edition is a version of the policy. An organisation has three.
type edition int

const (
	usual    edition = iota
	shorter          // the office opens later and closes earlier
	guarded          // development is protected
	editions = 3
)

// office is the policy of a story over time: which hours are open in it, worked out apart from package scheduler, on the clock of its zone.
type office struct {
	zone     *time.Location
	editions []replaced // in order of time
}

// replaced is an edition from an instant on.
type replaced struct {
	at time.Time
	edition
}

func officeIn(zone *time.Location) *office { return &office{zone, []replaced{{edition: usual}}} }

func (o *office) local(t time.Time) string { return t.In(o.zone).Format("Mon 2006-01-02 15:04:05") }

// replace puts another edition in force.
func (o *office) replace(at time.Time, e edition) { o.editions = append(o.editions, replaced{at, e}) }

// present is the edition in force.
func (o *office) present() edition { return o.editions[len(o.editions)-1].edition }

// changedBetween reports whether the policy was replaced in a time.
func (o *office) changedBetween(from, to time.Time) bool {
	return slices.ContainsFunc(o.editions, func(r replaced) bool { return r.at.After(from) && !r.at.After(to) })
}

// before is the edition that was in force at an instant.
func (o *office) before(at time.Time) edition {
	e := usual
	for _, r := range o.editions {
		if !r.at.After(at) {
			e = r.edition
		}
	}
	return e
}

// rules are an edition as the scheduler reads it, in a zone: dev and stg are scheduled, prod is protected.
func rulesOf(zone *time.Location, e edition) *scheduler.Rules {
	compiled := func(name, text string) *scheduler.Compiled {
		h, err := hours.Parse(text)
		if err != nil {
			panic(err)
		}
		return scheduler.Compile(scheduler.Schedule{Name: name, Zone: zone, Pattern: hours.Windows(h.Windows...)})
	}
	text := "mon-fri 08:30-19:30"
	if e == shorter {
		text = "mon-fri 10:00-18:00"
	}
	return &scheduler.Rules{
		Policy: fmt.Sprint("test ", int(e)), Zone: zone, Keys: fleet.KeysWithPrefix("offpeak:"),
		Schedules: map[string]*scheduler.Compiled{"office": compiled("office", text), "weekdays-late": compiled("weekdays-late", "mon-fri 10:00-23:00")},
		Environments: []fleet.Environment{
			{Name: "dev", Accounts: []fleet.AccountID{simulation.SampleDev}, Protected: e == guarded},
			{Name: "stg", Accounts: []fleet.AccountID{simulation.SampleStage}},
			{Name: "prod", Accounts: []fleet.AccountID{simulation.SampleProd}, Protected: true},
		},
	}
}

// minutes are the opening and the closing of a schedule tag's hours after midnight; false for those that the fleets of stories do not use.
func minutes(tag string, e edition) (from, to int, known bool) {
	switch {
	case tag == "office" && e == shorter:
		return 10 * 60, 18 * 60, true
	case tag == "office":
		return 8*60 + 30, 19*60 + 30, true
	case tag == "weekdays-late":
		return 10 * 60, 23 * 60, true
	case tag == "mon-fri 09:00-20:00":
		return 9 * 60, 20 * 60, true
	default:
		return 0, 0, false
	}
}

// open reports whether the hours of a tag hold an instant, by the wall clock.
func (o *office) open(tag string, at time.Time) (open, known bool) {
	local := at.In(o.zone)
	from, to, known := minutes(tag, o.before(at))
	now := local.Hour()*60 + local.Minute()
	weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
	return !weekend && from <= now && now < to, known
}

// agrees reports whether the hours of a resource's tag want what an act did, now or just before.
func (o *office) agrees(r *fleet.Resource, off bool, at time.Time) bool {
	if override, _ := r.Tags.Get("offpeak:override"); override != "" || o.changedBetween(at.Add(-justNow), at) {
		return true
	}
	now, known := o.open(schedule(r), at)
	before, _ := o.open(schedule(r), at.Add(-justNow))
	return !known || now != off || before != off
}

// sinceBoundary is how long ago the hours of a tag last began or ended; zero where they are not known.
func (o *office) sinceBoundary(tag string, at time.Time) time.Duration {
	now, known := o.open(tag, at)
	begin := at.Truncate(time.Minute)
	for known {
		if before, _ := o.open(tag, begin.Add(-time.Minute)); before != now {
			return at.Sub(begin)
		}
		begin = begin.Add(-time.Minute)
	}
	return 0
}

// openSince reports whether the hours of a tag held all of a time within a day.
func (o *office) openSince(tag string, from, to time.Time) bool {
	first, known := o.open(tag, from)
	last, _ := o.open(tag, to)
	return known && first && last
}

// openedBetween reports whether any schedule may have opened in a time.
func (o *office) openedBetween(from, to time.Time) bool {
	for at := from.Truncate(15 * time.Minute); !at.After(to); at = at.Add(15 * time.Minute) {
		local := at.In(o.zone)
		if at.After(from) && local.Weekday() != time.Saturday && local.Weekday() != time.Sunday && local.Hour() >= 8 && local.Hour() <= 10 {
			return true
		}
	}
	return false
}

// protects reports whether an account was protected at an instant and just before, or is unknown.
func (o *office) protects(account fleet.AccountID, at time.Time) bool {
	switch account {
	case simulation.SampleDev:
		return o.before(at) == guarded && o.before(at.Add(-justNow)) == guarded && !o.changedBetween(at.Add(-justNow), at)
	case simulation.SampleStage:
		return false
	default:
		return true
	}
}
