package periods

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/scheduler/wall"
)

// Code says what kind of thing a lint is about.
type Code string

// The codes. The first four are about what the periods want, the others about expressions that Instance Scheduler reads in its own way.
const (
	NeverOpens       Code = "never-opens"
	NeverStops       Code = "never-stops"
	StopsWholeDays   Code = "stops-whole-days"
	OneMinuteHole    Code = "one-minute-hole"
	StepMisread      Code = "step-misread"
	StepText         Code = "step-text"
	NearestPastMonth Code = "nearest-past-month"
)

// Lint is something in a schedule that is valid and yet surprising.
type Lint struct {
	Code   Code
	Period string // the first of the periods concerned
	Text   string // a sentence that names the others
}

// A cycle of 28 years has every month beginning on every weekday, 29 February included.
var cycleBegin, cycleEnd = wall.NewDate(2001, time.January, 1), wall.NewDate(2029, time.January, 1)

// Lints looks at the periods of one schedule together. The order follows the list.
func Lints(periods []Period) []Lint {
	var lints []Lint
	for i, p := range periods {
		lints = append(lints, p.notes...)
		lints = append(lints, p.neverOpens()...)
		lints = append(lints, stopsWholeDays(p, periods)...)
		for _, q := range periods[i+1:] {
			lints = append(lints, neverStops(p, q)...)
		}
		for _, q := range periods {
			lints = append(lints, oneMinuteHole(p, q, periods)...)
		}
	}
	return lints
}

// wants is the state of one period at a minute of a date, without its schedule.
func (p Period) wants(date wall.Date, minute int) wall.State {
	if !p.days.Match(date) {
		return wall.Stopped
	}
	for _, s := range p.draw(nil, date) {
		if s.From <= date.At(minute) && date.At(minute) < s.To {
			return s.State
		}
	}
	return wall.Stopped
}

func (p Period) neverOpens() []Lint {
	text := ""
	switch {
	case !p.days.Ever():
		text = "no date ever matches"
	case p.begin == absent && p.end == 0:
		text = "nothing comes before endtime 00:00, so it wants stopped all day"
	case p.begin != absent && p.begin == p.end:
		text = "begintime and endtime are both " + clock(p.begin) + ", so nothing lies between them"
	default:
		return nil
	}
	return []Lint{{NeverOpens, p.name, fmt.Sprintf("period %s never opens: %s", p.name, text)}}
}

// oneSided reports whether the period has one time and not the other.
func (p Period) oneSided() bool { return (p.begin == absent) != (p.end == absent) }

// stopsWholeDays finds one-sided periods that, on days that no period of the schedule matches, want stopped from midnight on.
func stopsWholeDays(p Period, periods []Period) []Lint {
	if !p.oneSided() || !p.days.Ever() {
		return nil
	}
	var stopped [7]bool
	for date := cycleBegin; date < cycleEnd; date++ {
		if !slices.ContainsFunc(periods, func(q Period) bool { return q.days.Match(date) }) {
			stopped[date.Weekday()] = true
		}
	}
	var names []string
	for value, name := range weekdayNames {
		if stopped[weekdayOf(value)] {
			names = append(names, name[:3])
		}
	}
	if len(names) == 0 {
		return nil
	}
	when := "on " + strings.Join(names, ", ")
	if len(names) == len(stopped) || p.days.MonthDays != 0 || p.days.LastDay || p.days.Nearest != 0 || p.days.Months != 0 {
		when = "on every day that does not match"
	}
	side := "a begintime"
	if p.begin == absent {
		side = "an endtime"
	}
	return []Lint{{StopsWholeDays, p.name, fmt.Sprintf(
		"period %s has only %s, yet %s it stops everything from 00:00 on, as in Instance Scheduler", p.name, side, when)}}
}

// neverStops finds pairs of which one only begins and one only ends on the same day: running beats stopped.
func neverStops(p, q Period) []Lint {
	if !p.oneSided() || !q.oneSided() || (p.begin == absent) == (q.begin == absent) {
		return nil
	}
	begins, ends := p, q
	if p.begin == absent {
		begins, ends = q, p
	}
	for date := cycleBegin; date < cycleEnd; date++ {
		if begins.days.Match(date) && ends.days.Match(date) {
			return []Lint{{NeverStops, begins.name, fmt.Sprintf(
				"periods %s (only a begintime) and %s (only an endtime) match the same days, on which nothing is stopped: say both times in one period",
				begins.name, ends.name)}}
		}
	}
	return nil
}

// oneMinuteHole finds a minute between the end of one period and the beginning of another, or of its own next day.
func oneMinuteHole(p, q Period, periods []Period) []Lint {
	if p.begin == absent || p.end == absent || p.begin == p.end || !q.opens() {
		return nil
	}
	later := wall.Date(0)
	after := p.end + 1
	if after == wall.MinutesPerDay {
		later, after = 1, 0
	}
	if max(q.begin, 0) != after {
		return nil
	}
	for date := cycleBegin; date < cycleEnd; date++ {
		if !p.days.Match(date) || !q.days.Match(date+later) ||
			slices.ContainsFunc(periods, func(r Period) bool { return r.wants(date, p.end) != wall.Stopped }) {
			continue
		}
		between := fmt.Sprintf("periods %s and %s", p.name, q.name)
		if p.name == q.name {
			between = fmt.Sprintf("one day of period %s and the next", p.name)
		}
		text := fmt.Sprintf("the minute from %s to %s, between %s, is bridged", clock(p.end), clock(after), between)
		if len(periods) == 1 {
			text += "; Instance Scheduler stops in it, for the schedule has one period only"
		}
		return []Lint{{OneMinuteHole, p.name, text}}
	}
	return nil
}

// stepNotes says where the peer reads a step differently. Rest is what stands behind the slash, written the number in it.
func (f *field) stepNotes(text, rest, written string) []Lint {
	var notes []Lint
	add := func(code Code, format string, arguments ...any) {
		notes = append(notes, Lint{Code: code, Text: fmt.Sprintf("%s %.40q: ", f.name, text) + fmt.Sprintf(format, arguments...)})
	}
	if strings.TrimSpace(rest) != written {
		add(StepText, "of what stands behind /, only the number %.10s counts", written)
	}
	const misread = "every %.10s here; Instance Scheduler reads only the last digit, "
	switch digit := written[len(written)-1:]; {
	case number(digit) == number(written):
	case digit == "0":
		add(StepMisread, misread+"0, and never ends", written)
	default:
		add(StepMisread, misread+"every %s", written, digit)
	}
	return notes
}

// shortestMonth is the last day that every month has.
const shortestMonth = 28

// nearestNotes says where the peer fails on nW.
func nearestNotes(day int) []Lint {
	if day <= shortestMonth {
		return nil
	}
	return []Lint{{Code: NearestPastMonth, Text: fmt.Sprintf("monthdays %dW: in a shorter month it counts from the last day here; "+
		"Instance Scheduler fails for every instance of the account and region", day)}}
}
