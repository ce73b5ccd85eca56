package hours

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"offpeak/scheduler/wall"
)

// longestSpan is how many days ahead the closing of a span is looked for.
const longestSpan = 366

// Windows is the pattern that is running inside the windows and stopped outside, always stopped without any. The rule of a running
// stretch is its window's canonical text.
func Windows(list ...Window) wall.Pattern { return windows(slices.Clone(list)) }

type windows []Window

// opening is one occurrence of a window.
type opening struct{ from, to wall.Minute }

// Draw implements wall.Pattern. No mark stands where another window is open.
func (w windows) Draw(from, to wall.Date, closed func(opening wall.Minute) bool) wall.Drawing {
	// A day on either side is drawn too, so that holes at the ends are bridged as they are in a longer drawing.
	first, end := from-1, to+1
	var stretches []wall.Stretch
	var marks []wall.Mark
	for _, window := range w {
		rule := window.String()
		for _, o := range window.openings(first-wall.Date(window.reach()), end) {
			switch {
			case closed == nil || !closed(o.from):
				stretches = append(stretches, wall.Stretch{From: o.from, To: o.to, State: wall.Running, Rule: rule})
			case from.At(0) <= o.to && o.to < to.At(0):
				marks = append(marks, wall.Mark{At: o.to, State: wall.Stopped, Rule: rule + wall.NotOpened})
			}
		}
	}
	tiles := clip(wall.Tile(first.At(0), end.At(0), stretches), from.At(0), to.At(0))
	marks = slices.DeleteFunc(marks, func(m wall.Mark) bool { return stateAt(tiles, m.At) == wall.Running })
	slices.SortStableFunc(marks, func(a, b wall.Mark) int { return int(a.At - b.At) })
	return wall.Drawing{Stretches: tiles, Marks: slices.Compact(marks)}
}

// String implements wall.Pattern.
func (w windows) String() string { return canonical(w, "") }

// reach is the most days that can lie between an opening and its closing.
func (w Window) reach() int {
	switch {
	case !w.Span:
		return 1
	case weekly(w.Closes):
		return 7
	default:
		return longestSpan
	}
}

// openings returns the occurrences that begin on the dates in [first, end), in order.
func (w Window) openings(first, end wall.Date) []opening {
	var found []opening
	if w.Span {
		return w.spans(first, end)
	}
	for date := first; date < end; date++ {
		if !w.Opens.Match(date) {
			continue
		}
		for _, r := range w.Ranges {
			found = append(found, opening{date.At(r.From), date.At(r.end())})
		}
	}
	return found
}

// spans walks backwards, so that at each date the next closing is known.
func (w Window) spans(first, end wall.Date) []opening {
	var found []opening
	r := w.Ranges[0]
	reach := wall.Date(w.reach())
	closing := end + 2*reach // beyond the reach of all
	for date := end - 1 + reach; date >= first; date-- {
		closes := w.Closes.Match(date)
		if closes && r.To > r.From {
			closing = date
		}
		if date < end && closing-date <= reach && w.Opens.Match(date) {
			found = append(found, opening{date.At(r.From), closing.At(r.To)})
		}
		if closes {
			closing = date
		}
	}
	slices.Reverse(found)
	return found
}

// closes reports whether each opening of a span has a closing.
func (w Window) closes() bool {
	if !w.Span || weekly(w.Closes) {
		return true
	}
	dates := w.Opens.Dates
	if len(dates) == 0 {
		dates = []wall.Range{{First: wall.NewDate(2000, time.January, 1), Last: lastDate}}
	}
	for _, r := range dates {
		if len(w.Closes.Dates) == 0 {
			r.Last = min(r.Last, r.First+calendarCycle)
		}
		openings := 0
		for date := r.First; date <= r.Last; date++ {
			if w.Opens.Match(date) {
				openings++
			}
		}
		if len(w.spans(r.First, r.Last+1)) < openings {
			return false
		}
	}
	return true
}

// calendarCycle is 28 years in days: after them, from 1901 to 2099, weekdays fall on the same dates again.
const calendarCycle = 28*365 + 7

// Edges is the pattern that is running from each start, and stopped from each stop, until the next edge of the same date or
// midnight, and otherwise wants nothing. At the same minute a stop wins. The rule of a stretch is start or stop and its edge's canonical
// text. An edge at which its state is wanted already leaves a mark, so that it is carried out all the same. Without any edge, or where the
// same edge both starts and stops, it is an error.
func Edges(start, stop []Edge) (wall.Pattern, error) {
	if len(start)+len(stop) == 0 {
		return nil, errors.New("no start and no stop time")
	}
	for _, on := range start {
		for _, off := range stop {
			for _, at := range on.At {
				if daysText(on.Days) == daysText(off.Days) && slices.Contains(off.At, at) {
					both := Edge{Days: on.Days, At: []int{at}}
					return nil, fmt.Errorf("%s both starts and stops", both)
				}
			}
		}
	}
	return edges{slices.Clone(start), slices.Clone(stop)}, nil
}

type edges struct{ start, stop []Edge }

// Draw implements wall.Pattern. Stop edges stay on closed days.
func (e edges) Draw(from, to wall.Date, closed func(opening wall.Minute) bool) wall.Drawing {
	var d wall.Drawing
	for date := from - 1; date < to; date++ { // the day before tells whether the same is wanted already
		day := e.on(date, closed)
		if len(day) == 0 || day[0].From > date.At(0) {
			morning := wall.Stretch{From: date.At(0), To: date.At(wall.MinutesPerDay)}
			if len(day) > 0 {
				morning.To = day[0].From
			}
			day = slices.Insert(day, 0, morning)
		}
		for _, s := range day {
			n := len(d.Stretches)
			switch {
			case n > 0 && s.State == wall.Any && d.Stretches[n-1].State == wall.Any:
				d.Stretches[n-1].To = s.To
				continue
			case n > 0 && s.State == d.Stretches[n-1].State && date >= from:
				d.Marks = append(d.Marks, wall.Mark{At: s.From, State: s.State, Rule: s.Rule})
			}
			d.Stretches = append(d.Stretches, s)
		}
	}
	d.Stretches = clip(d.Stretches, from.At(0), to.At(0))
	return d
}

// on returns the stretches of one date, from its first edge to midnight.
func (e edges) on(date wall.Date, closed func(wall.Minute) bool) []wall.Stretch {
	var day []wall.Stretch
	add := func(list []Edge, state wall.State, verb string) {
		for _, edge := range list {
			if !edge.Days.Match(date) {
				continue
			}
			for _, at := range edge.At {
				if state == wall.Running && closed != nil && closed(date.At(at)) {
					continue
				}
				day = append(day, wall.Stretch{From: date.At(at), State: state, Rule: verb + edge.String()})
			}
		}
	}
	add(e.stop, wall.Stopped, "stop ")
	add(e.start, wall.Running, "start ")
	slices.SortStableFunc(day, func(a, b wall.Stretch) int { return int(a.From - b.From) })
	day = slices.CompactFunc(day, func(a, b wall.Stretch) bool { return a.From == b.From }) // keeps the stop
	for i := range day {
		day[i].To = date.At(wall.MinutesPerDay)
		if i+1 < len(day) {
			day[i].To = day[i+1].From
		}
	}
	return day
}

// String implements wall.Pattern.
func (e edges) String() string {
	var rules []string
	for _, edge := range e.start {
		rules = append(rules, "start "+edge.String())
	}
	for _, edge := range e.stop {
		rules = append(rules, "stop "+edge.String())
	}
	return strings.Join(rules, "; ")
}

// clip cuts stretches down to [from, to).
func clip(stretches []wall.Stretch, from, to wall.Minute) []wall.Stretch {
	var inside []wall.Stretch
	for _, s := range stretches {
		s.From, s.To = max(s.From, from), min(s.To, to)
		if s.From < s.To {
			inside = append(inside, s)
		}
	}
	return inside
}

// stateAt returns the state at a minute that the stretches cover.
func stateAt(stretches []wall.Stretch, at wall.Minute) wall.State {
	after := sort.Search(len(stretches), func(i int) bool { return stretches[i].From > at })
	return stretches[after-1].State
}
