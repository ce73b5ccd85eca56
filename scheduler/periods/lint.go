package periods

import (
	"fmt"
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
	a := newAlmanac(periods)
	var lints []Lint
	for i, p := range periods {
		lints = append(lints, p.notes...)
		lints = append(lints, p.neverOpens()...)
		lints = append(lints, a.stopsWholeDays(i)...)
		for j := i + 1; j < len(periods); j++ {
			lints = append(lints, a.neverStops(i, j)...)
		}
		for j := range periods {
			lints = append(lints, a.oneMinuteHole(i, j)...)
		}
	}
	return lints
}

// almanac knows the periods of one schedule on every date of the cycle. Each date is matched once for each period, so that looking at pairs
// of a hundred periods stays cheap.
type almanac struct {
	periods []Period
	matches [][]bool       // by period, by day of the cycle and one more
	any     []bool         // whether some period matches
	awake   map[int][]bool // by minute, by day: whether some period wants other than stopped then
}

func newAlmanac(periods []Period) *almanac {
	a := &almanac{periods: periods, any: make([]bool, cycleEnd-cycleBegin+1), awake: map[int][]bool{}}
	for _, p := range periods {
		days := make([]bool, len(a.any))
		for day := range days {
			days[day] = p.days.Match(cycleBegin + wall.Date(day))
			a.any[day] = a.any[day] || days[day]
		}
		a.matches = append(a.matches, days)
	}
	return a
}

// awakeAt returns the days on which a period wants other than stopped at a minute.
func (a *almanac) awakeAt(minute int) []bool {
	if days, known := a.awake[minute]; known {
		return days
	}
	days := make([]bool, len(a.any))
	for i, p := range a.periods {
		if p.onItsDay(minute) == wall.Stopped {
			continue
		}
		for day, match := range a.matches[i] {
			days[day] = days[day] || match
		}
	}
	a.awake[minute] = days
	return days
}

// onItsDay is what the period wants at a minute of a date that it matches, without its schedule.
func (p Period) onItsDay(minute int) wall.State {
	const date = wall.Date(0)
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
func (a *almanac) stopsWholeDays(i int) []Lint {
	p := a.periods[i]
	if !p.oneSided() || !p.days.Ever() {
		return nil
	}
	var stopped [7]bool
	for day, matched := range a.any {
		if !matched {
			stopped[(cycleBegin + wall.Date(day)).Weekday()] = true
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
func (a *almanac) neverStops(i, j int) []Lint {
	p, q := a.periods[i], a.periods[j]
	if !p.oneSided() || !q.oneSided() || (p.begin == absent) == (q.begin == absent) {
		return nil
	}
	begins, ends := p, q
	if p.begin == absent {
		begins, ends = q, p
	}
	for day := range a.any {
		if a.matches[i][day] && a.matches[j][day] {
			return []Lint{{NeverStops, begins.name, fmt.Sprintf(
				"periods %s (only a begintime) and %s (only an endtime) match the same days, on which nothing is stopped: say both times in one period",
				begins.name, ends.name)}}
		}
	}
	return nil
}

// oneMinuteHole finds a minute between the end of one period and the beginning of another, or of its own next day.
func (a *almanac) oneMinuteHole(i, j int) []Lint {
	p, q := a.periods[i], a.periods[j]
	if p.begin == absent || p.end == absent || p.begin == p.end || !q.opens() {
		return nil
	}
	later := 0
	after := p.end + 1
	if after == wall.MinutesPerDay {
		later, after = 1, 0
	}
	if max(q.begin, 0) != after {
		return nil
	}
	awake := a.awakeAt(p.end)
	for day := range cycleEnd - cycleBegin {
		if !a.matches[i][day] || !a.matches[j][int(day)+later] || awake[day] {
			continue
		}
		between := fmt.Sprintf("periods %s and %s", p.name, q.name)
		if p.name == q.name {
			between = fmt.Sprintf("one day of period %s and the next", p.name)
		}
		text := fmt.Sprintf("the minute from %s to %s, between %s, is bridged", clock(p.end), clock(after), between)
		if len(a.periods) == 1 {
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
