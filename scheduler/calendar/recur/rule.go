// Package recur lays out the recurrence rules (RRULE) of iCalendar, RFC 5545, on the wall clock.
//
// In go a rule's text and the wall-clock minute of its first occurrence, out come the minutes of its occurrences between two dates.
// The cost is bounded by the dates asked for, whatever the rule says: a rule is tested period by period, never counted up from a first
// occurrence long ago (except to end a COUNT, once), and a rule that nothing matches is simply empty. Rules that repeat within the day
// (HOURLY, MINUTELY, SECONDLY) and what RFC 7529 adds are errors. Zones are not its business.
package recur

import (
	"slices"
	"time"

	"offpeak/scheduler/wall"
)

// Last is the last date on which anything recurs.
var Last = wall.NewDate(2199, time.December, 31)

// Rule is a recurrence rule with its first occurrence. The zero value has no meaning; Parse makes rules.
type Rule struct {
	freq     frequency
	interval int
	start    wall.Minute
	ends     wall.Minute // the last minute at which an occurrence may begin

	times     []int // minutes of the day, sorted
	weekdays  []ordinal
	monthDays []int
	yearDays  []int
	weeks     []int
	months    [13]bool
	anyMonth  bool
	positions []int // BYSETPOS
	weekStart time.Weekday
}

type frequency uint8

const (
	daily frequency = iota
	weekly
	monthly
	yearly
)

// ordinal is a weekday, and which one of its month or year: 1 for the first, -1 for the last, 0 for every one.
type ordinal struct {
	weekday time.Weekday
	n       int
}

// Between returns the occurrences that begin on dates in [from, to), in order. The first occurrence is one of them even if the rule's
// own parts do not match it, as RFC 5545, 3.8.5.3 wants.
func (r Rule) Between(from, to wall.Date) []wall.Minute {
	from, to = max(from, r.start.Date()), min(to, Last+1)
	var found []wall.Minute
	for first := r.periodOf(from); first < to; first = r.periodAfter(first) {
		for _, m := range r.period(first) {
			if m.Date() >= from && m.Date() < to && m <= r.ends {
				found = append(found, m)
			}
		}
	}
	return found
}

// Times returns how many occurrences a day of the rule has.
func (r Rule) Times() int { return len(r.times) }

// period returns the occurrences, not before the start, of the period that begins on a date, without regard to the end.
func (r Rule) period(first wall.Date) []wall.Minute {
	var found []wall.Minute
	if r.aligned(first) {
		for d := first; d < r.periodAfter(first); d++ {
			if !r.matches(d) {
				continue
			}
			for _, t := range r.times {
				found = append(found, d.At(t))
			}
		}
		found = r.pick(found)
	}
	if r.periodOf(r.start.Date()) == first && !slices.Contains(found, r.start) {
		found = append(found, r.start)
		slices.Sort(found)
	}
	return slices.DeleteFunc(found, func(m wall.Minute) bool { return m < r.start })
}

// pick applies BYSETPOS to the occurrences of a period.
func (r Rule) pick(found []wall.Minute) []wall.Minute {
	if len(r.positions) == 0 {
		return found
	}
	var picked []wall.Minute
	for _, p := range r.positions {
		if p < 0 {
			p += len(found) + 1
		}
		if 1 <= p && p <= len(found) {
			picked = append(picked, found[p-1])
		}
	}
	slices.Sort(picked)
	return slices.Compact(picked)
}

// periodOf returns the first date of the day, week, month or year in which a date lies.
func (r Rule) periodOf(d wall.Date) wall.Date {
	year, month, _ := d.Civil()
	switch r.freq {
	case weekly:
		return d - wall.Date((d.Weekday()-r.weekStart+7)%7)
	case monthly:
		return wall.NewDate(year, month, 1)
	case yearly:
		return wall.NewDate(year, time.January, 1)
	default:
		return d
	}
}

// periodAfter returns the first date of the next period.
func (r Rule) periodAfter(first wall.Date) wall.Date {
	year, month, _ := first.Civil()
	switch r.freq {
	case weekly:
		return first + 7
	case monthly:
		return wall.NewDate(year, month+1, 1)
	case yearly:
		return wall.NewDate(year+1, time.January, 1)
	default:
		return first + 1
	}
}

// aligned reports whether INTERVAL lets the period that begins on a date count.
func (r Rule) aligned(first wall.Date) bool {
	origin := r.periodOf(r.start.Date())
	year, month, _ := first.Civil()
	startYear, startMonth, _ := origin.Civil()
	var periods int
	switch r.freq {
	case weekly:
		periods = int(first-origin) / 7
	case monthly:
		periods = (year-startYear)*12 + int(month-startMonth)
	case yearly:
		periods = year - startYear
	default:
		periods = int(first - origin)
	}
	return periods >= 0 && periods%r.interval == 0
}

// matches reports whether every BY part lets a date through.
func (r Rule) matches(d wall.Date) bool {
	year, month, day := d.Civil()
	if !r.anyMonth && !r.months[month] {
		return false
	}
	if len(r.monthDays) > 0 && !contains(r.monthDays, day, daysIn(year, month)) {
		return false
	}
	january := wall.NewDate(year, time.January, 1)
	yearDay, yearLength := int(d-january)+1, int(wall.NewDate(year+1, time.January, 1)-january)
	if len(r.yearDays) > 0 && !contains(r.yearDays, yearDay, yearLength) {
		return false
	}
	if len(r.weeks) > 0 && !r.matchesWeek(d) {
		return false
	}
	if len(r.weekdays) == 0 {
		return true
	}
	at, length := yearDay, yearLength
	if r.freq == monthly || r.freq == yearly && !r.anyMonth {
		at, length = day, daysIn(year, month)
	}
	return slices.ContainsFunc(r.weekdays, func(o ordinal) bool {
		return o.weekday == d.Weekday() && (o.n == 0 || o.n == (at-1)/7+1 || o.n == -((length-at)/7+1))
	})
}

// matchesWeek reports whether a date lies in one of the numbered weeks: week 1 is the first with at least four days in its year.
func (r Rule) matchesWeek(d wall.Date) bool {
	first := d - wall.Date((d.Weekday()-r.weekStart+7)%7)
	year, _, _ := (first + 3).Civil()
	week := int(first-r.weekOne(year))/7 + 1
	length := int(r.weekOne(year+1)-r.weekOne(year)) / 7
	return contains(r.weeks, week, length)
}

// weekOne returns the first date of week 1 of a year: the week that holds 4 January.
func (r Rule) weekOne(year int) wall.Date {
	fourth := wall.NewDate(year, time.January, 4)
	return fourth - wall.Date((fourth.Weekday()-r.weekStart+7)%7)
}

// contains reports whether a list names the n-th of so many, from the front or, negative, from the back.
func contains(list []int, n, length int) bool {
	return slices.Contains(list, n) || slices.Contains(list, n-length-1)
}

func daysIn(year int, month time.Month) int {
	return int(wall.NewDate(year, month+1, 1) - wall.NewDate(year, month, 1))
}
