package custodian

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/scheduler/wall"
)

// edge is one hour of a weekday at which something is to be stopped or started.
type edge struct {
	hour  int
	state wall.State
	rule  string
}

// edges is a tag as a week.
type edges struct {
	byDay [7][]edge // sorted by hour, one an hour
	text  string
}

// Pattern draws the tag's edges: each wants its state until the next edge of that date or midnight, and nothing is wanted before the
// first one. Where an hour both stops and starts, it stops. A closed opening is left out as if the tag did not have it; closings
// always stay.
//
// An edge that wants what the edge before it wanted is an edge all the same: it begins a stretch of its own, and where it stops,
// there is a mark too.
func (t Tag) Pattern() wall.Pattern {
	if t.OptedOut {
		return edges{text: keyOff}
	}
	var e edges
	var parts []string
	for _, side := range []struct {
		key   string
		state wall.State
		times []Time
	}{{keyOff, wall.Stopped, t.Off}, {keyOn, wall.Running, t.On}} {
		for _, at := range side.times {
			e.add(at, side.state, side.key+"="+describe([]Time{at}))
		}
		if len(side.times) > 0 {
			parts = append(parts, side.key+"="+describe(side.times))
		}
	}
	for day := range e.byDay {
		slices.SortFunc(e.byDay[day], func(a, b edge) int { return cmp.Compare(a.hour, b.hour) })
	}
	e.text = strings.Join(parts, ";")
	return e
}

// add puts a time into the week where the hour is still free: what comes first stays, and stops come first.
func (e *edges) add(at Time, state wall.State, rule string) {
	for day, set := range at.Days {
		taken := slices.ContainsFunc(e.byDay[day], func(o edge) bool { return o.hour == at.Hour })
		if set && !taken {
			e.byDay[day] = append(e.byDay[day], edge{at.Hour, state, rule})
		}
	}
}

// String is the tag that would mean the same, its zone apart: off=(M-F,19);on=[(M-F,7),(U,10)].
func (e edges) String() string { return e.text }

// Draw covers [from, to).
func (e edges) Draw(from, to wall.Date, closed func(wall.Minute) bool) wall.Drawing {
	var d wall.Drawing
	if from >= to {
		return d
	}
	// The day before says whether an edge at midnight repeats what was wanted already.
	var eve wall.Drawing
	e.draw(&eve, from-1, wall.Any, closed)
	before := eve.Stretches[len(eve.Stretches)-1].State
	for date := from; date < to; date++ {
		e.draw(&d, date, before, closed)
		before = d.Stretches[len(d.Stretches)-1].State
	}
	return d
}

// draw adds one date; before is what the minute before it wants.
func (e edges) draw(d *wall.Drawing, date wall.Date, before wall.State, closed func(wall.Minute) bool) {
	now := wall.Stretch{From: date.At(0), State: wall.Any}
	if n := len(d.Stretches); n > 0 && before == wall.Any {
		now.From = d.Stretches[n-1].From
		d.Stretches = d.Stretches[:n-1]
	}
	for _, edge := range e.byDay[date.Weekday()] {
		at := date.At(edge.hour * 60)
		if edge.state == wall.Running && closed != nil && closed(at) {
			continue
		}
		if now.From < at {
			now.To = at
			d.Stretches = append(d.Stretches, now)
			before = now.State
		}
		if edge.state == before {
			d.Marks = append(d.Marks, wall.Mark{At: at, State: edge.state, Rule: edge.rule})
		}
		now = wall.Stretch{From: at, State: edge.state, Rule: edge.rule}
	}
	now.To = date.At(wall.MinutesPerDay)
	d.Stretches = append(d.Stretches, now)
}

// letters are the peer's days, from Monday on.
const letters = "MTWHFSU"

// describe writes times as the peer reads them, by hour, each day once an hour.
func describe(times []Time) string {
	var byHour [lastHour + 1]Weekdays
	for _, t := range times {
		for day, set := range t.Days {
			byHour[t.Hour][day] = byHour[t.Hour][day] || set
		}
	}
	var entries []string
	for hour, days := range byHour {
		for _, run := range runs(days) {
			entries = append(entries, fmt.Sprintf("(%s,%d)", run, hour))
		}
	}
	if len(entries) == 1 {
		return entries[0]
	}
	return "[" + strings.Join(entries, ",") + "]"
}

// runs writes a set of days as ranges, which may go over the end of the week.
func runs(days Weekdays) []string {
	if days == dayRange(time.Monday, time.Sunday) {
		return []string{"M-U"}
	}
	in := func(i int) bool { return days[(i+1)%7] } // i counts from Monday
	var list []string
	for first := range letters {
		if !in(first) || in(first+6) {
			continue
		}
		last := first
		for in(last + 1) {
			last++
		}
		run := letters[first : first+1]
		if last > first {
			run += "-" + letters[last%7:last%7+1]
		}
		list = append(list, run)
	}
	return list
}
