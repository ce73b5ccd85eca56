package periods

import (
	"slices"
	"strings"

	"offpeak/scheduler/wall"
)

// schedule is the periods of one schedule in order of authority: as listed, those without a begintime last.
type schedule struct{ periods []Period }

// Pattern combines the periods of one schedule: running beats any beats stopped. The rule of a stretch is the name of the period
// that decides: among running ones the one that began last, of those that began together the first of the list, and one without a
// begintime only if there is no other. No periods at all want stopped.
//
// A period whose opening (its begintime, or 00:00 if it has no times) is closed is as if its day did not match. Where that
// leaves out a closing, there is a mark instead.
func Pattern(periods ...Period) wall.Pattern {
	var timed, untimed []Period
	for _, p := range periods {
		if p.begin == absent {
			untimed = append(untimed, p)
		} else {
			timed = append(timed, p)
		}
	}
	return schedule{slices.Concat(timed, untimed)}
}

// String lists the periods in order of authority.
func (s schedule) String() string {
	texts := make([]string, len(s.periods))
	for i, p := range s.periods {
		texts[i] = p.String()
	}
	return strings.Join(texts, " ")
}

// Draw covers [from, to).
func (s schedule) Draw(from, to wall.Date, closed func(wall.Minute) bool) wall.Drawing {
	if from >= to {
		return wall.Drawing{}
	}
	// A day more on either side, for the holes that are bridged at midnight and the closings that fall on it.
	first, end := from-1, to+1
	var open, kept []wall.Stretch
	for date := first; date < end; date++ {
		for _, p := range s.periods {
			if !p.days.Match(date) {
				continue
			}
			open = p.draw(open, date)
			if closed == nil || !p.opens() || !closed(date.At(max(p.begin, 0))) {
				kept = p.draw(kept, date)
			}
		}
	}
	tiles := wall.Tile(first.At(0), end.At(0), kept)
	var drawing wall.Drawing
	if len(kept) < len(open) {
		for _, mark := range lost(wall.Tile(first.At(0), end.At(0), open), tiles) {
			if from <= mark.At.Date() && mark.At.Date() < to {
				drawing.Marks = append(drawing.Marks, mark)
			}
		}
	}
	drawing.Stretches = clip(tiles, from.At(0), to.At(0))
	return drawing
}

// opens reports whether the period starts anything, which a closed day can prevent.
func (p Period) opens() bool {
	if p.begin == absent {
		return p.end == absent
	}
	return p.begin != p.end
}

// draw adds what the period wants on a date that matches. What it wants stopped it leaves blank.
func (p Period) draw(stretches []wall.Stretch, date wall.Date) []wall.Stretch {
	add := func(from, to int, state wall.State) {
		if from < to {
			stretches = append(stretches, wall.Stretch{From: date.At(from), To: date.At(to), State: state, Rule: p.name})
		}
	}
	switch {
	case p.begin == absent && p.end == absent:
		add(0, wall.MinutesPerDay, wall.Running)
	case p.end == absent:
		add(0, p.begin, wall.Any)
		add(p.begin, wall.MinutesPerDay, wall.Running)
	case p.begin == absent:
		add(0, p.end, wall.Any)
	default:
		add(p.begin, p.end, wall.Running)
	}
	return stretches
}

// lost returns the closings of one drawing that another, which has fewer openings, lacks because it wants stopped before and after.
func lost(open, kept []wall.Stretch) []wall.Mark {
	var marks []wall.Mark
	k := 0
	for i := 1; i < len(open); i++ {
		if open[i-1].State != wall.Running || open[i].State != wall.Stopped {
			continue
		}
		at := open[i].From
		for kept[k].To < at {
			k++
		}
		if kept[k].State == wall.Stopped && (kept[k].To > at || kept[k+1].State == wall.Stopped) {
			marks = append(marks, wall.Mark{At: at, State: wall.Stopped, Rule: open[i-1].Rule + wall.NotOpened})
		}
	}
	return marks
}

// clip cuts tiles to [from, to).
func clip(tiles []wall.Stretch, from, to wall.Minute) []wall.Stretch {
	var inside []wall.Stretch
	for _, t := range tiles {
		t.From, t.To = max(t.From, from), min(t.To, to)
		if t.From < t.To {
			inside = append(inside, t)
		}
	}
	return inside
}
