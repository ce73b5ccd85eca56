// Package custodian is the vocabulary of Cloud Custodian's off-hours tags: off=(M-F,19);on=(M-F,7);tz=Asia/Seoul.
//
// In goes the value of a tag, and the defaults of the policy that reads it; out comes a Tag, and of it a wall.Pattern of edges: stop
// at some hours, start at others, and want nothing in between but what the last edge of the day said. The peer looks once an hour
// whether it is such an hour; here each edge happens once. The package reads one value: it finds no tags, and knows no
// resources and no other vocabulary.
package custodian

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/scheduler/wall"
	"offpeak/scheduler/zone"
)

// Key is the tag key that the peer reads unless told otherwise. Keys are compared without regard to case.
const Key = "maid_offhours"

// Defaults are the settings of the peer's offhour and onhour filters that say what a tag leaves open. StandardDefaults is where to
// start from: the zero value stops and starts at midnight.
type Defaults struct {
	Zone    string // default_tz: an alias or an IANA name
	OffHour int
	OnHour  int
	// Weekends leaves weekends off: the default edges are those of Monday to Friday. Without it they are those of every day.
	Weekends bool
	// WeekendsOnly keeps two default edges: off on Friday, on on Monday. It beats Weekends.
	WeekendsOnly bool
	// Only keeps one side, for fleets on which the peer runs one kind of filter: its tags then stop and never start, or the other way round.
	Only Side
	// SkipDays are dates written as 2026-12-24, in the zone of the tag, on which nothing starts. (For the peer nothing stops either.)
	SkipDays []string
	// SkipDaysFrom is the place of a list of such dates. It is not read here; Validate only refuses it beside SkipDays.
	SkipDaysFrom string
}

// Side is one of the peer's two kinds of filter.
type Side string

// The sides: both, offhour filters alone, onhour filters alone.
const (
	Both       Side = ""
	OnlyStops  Side = "stops"
	OnlyStarts Side = "starts"
)

// StandardDefaults returns what the peer takes where a policy says nothing: off at 19, on at 7, Monday to Friday, New York.
func StandardDefaults() Defaults {
	return Defaults{Zone: "et", OffHour: 19, OnHour: 7, Weekends: true}
}

// Validate reports settings that the peer refuses: an unknown zone, an hour outside of 0 to 23, two lists of days to skip; and
// dates that do not exist.
func (d Defaults) Validate() error {
	var problems []error
	if _, err := LoadZone(d.Zone); err != nil {
		problems = append(problems, fmt.Errorf("default_tz: %w", err))
	}
	for _, hour := range []struct {
		key   string
		value int
	}{{"offhour", d.OffHour}, {"onhour", d.OnHour}} {
		if hour.value < 0 || lastHour < hour.value {
			problems = append(problems, fmt.Errorf("%s %d: hours run from 0 to %d", hour.key, hour.value, lastHour))
		}
	}
	if len(d.SkipDays) > 0 && d.SkipDaysFrom != "" {
		problems = append(problems, errors.New("skip-days and skip-days-from exclude each other"))
	}
	for _, day := range d.SkipDays {
		if _, err := wall.ParseDate(day); err != nil {
			problems = append(problems, fmt.Errorf("skip-days: %w", err))
		}
	}
	return errors.Join(problems...)
}

// Closed returns what Draw is to be told about SkipDays: nothing opens on these dates.
func (d Defaults) Closed() func(opening wall.Minute) bool {
	return func(opening wall.Minute) bool { return slices.Contains(d.SkipDays, opening.Date().String()) }
}

// off and on return the edges of tags that do not give their own.
func (d Defaults) off() []Time { return []Time{{d.days(time.Friday), d.OffHour}} }
func (d Defaults) on() []Time  { return []Time{{d.days(time.Monday), d.OnHour}} }

func (d Defaults) days(only time.Weekday) Weekdays {
	switch {
	case d.WeekendsOnly:
		return dayRange(only, only)
	case d.Weekends:
		return dayRange(time.Monday, time.Friday)
	default:
		return dayRange(time.Monday, time.Sunday)
	}
}

// aliases are the short names of the peer. Each stands for a place, so that daylight saving time is right.
var aliases = map[string]string{
	"pdt": "America/Los_Angeles", "pt": "America/Los_Angeles", "pst": "America/Los_Angeles",
	"ast": "America/Phoenix", "at": "America/Phoenix",
	"est": "America/New_York", "edt": "America/New_York", "et": "America/New_York",
	"cst": "America/Chicago", "cdt": "America/Chicago", "ct": "America/Chicago",
	"mst": "America/Denver", "mdt": "America/Denver", "mt": "America/Denver",
	"gmt": "Etc/GMT", "gt": "Etc/GMT", "utc": "Etc/UTC",
	"bst": "Europe/London", "ist": "Europe/Dublin", "cet": "Europe/Berlin",
	"it": "Asia/Kolkata", "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "sgt": "Asia/Singapore",
	"aet": "Australia/Sydney", "nzst": "Pacific/Auckland", "brt": "America/Sao_Paulo",
}

// LoadZone returns the zone of one of the peer's 27 aliases or of an IANA name, in any case: the peer writes tags in small letters.
// The zone's String is its IANA name.
func LoadZone(alias string) (*time.Location, error) {
	lower := strings.ToLower(alias)
	if name, ok := aliases[lower]; ok {
		return zone.Load(name)
	}
	if name, ok := lowerNames()[lower]; ok {
		return zone.Load(name)
	}
	return zone.Load(alias) // for its advice
}
