package hours

import (
	"slices"
	"strings"

	"offpeak/scheduler/wall"
)

// Hours is what a text of windows says.
type Hours struct {
	Windows []Window // at least one, as written
	Zone    string   // IANA name, "" when none was written
}

// Window is a rule for being open: so many hours of each of its dates, or one span from such a date to a later one.
// Parse returns none that never opens or never closes.
type Window struct {
	// Opens holds the dates on which it opens.
	Opens wall.Days
	// Ranges are the hours of such a date, sorted. Where Span is set there is one, and its end is a time of a later date.
	Ranges []Range
	// Span tells that the window stays open until the first date in Closes on which Ranges[0].To comes after the opening.
	Span   bool
	Closes wall.Days
}

// Range is a half-open run of minutes counted from midnight. To may be 1440; where it is not after From it lies on the next day.
type Range struct{ From, To int }

// Times is what a text of single times says.
type Times struct {
	Times []Edge // at least one, as written
	Zone  string // IANA name, "" when none was written
}

// Edge is a moment, or several, of each of its dates at which something starts or stops.
type Edge struct {
	Days wall.Days
	At   []int // minutes after midnight, 0 to 1439, sorted
}

// String is the canonical text: Parse of it gives an equal value. Lists are joined by +, because the tags of some AWS services
// take no comma.
func (h Hours) String() string { return canonical(h.Windows, h.Zone) }

// String is the canonical text: ParseTimes of it gives an equal value.
func (t Times) String() string { return canonical(t.Times, t.Zone) }

func canonical[Rule interface{ String() string }](rules []Rule, zone string) string {
	var parts []string
	for _, r := range rules {
		parts = append(parts, r.String())
	}
	if zone != "" {
		parts = append(parts, zone)
	}
	return strings.Join(parts, " ")
}

// String is the canonical text, such as mon-fri 09:00-12:00+13:00-18:00 or fri 18:00 - mon 08:00.
func (w Window) String() string {
	if w.Span {
		r := w.Ranges[0]
		return daysText(w.Opens) + " " + clockText(r.From) + " - " + daysText(w.Closes) + " " + clockText(r.To)
	}
	var ranges []string
	for _, r := range w.Ranges {
		ranges = append(ranges, clockText(r.From)+"-"+clockText(r.To))
	}
	return daysText(w.Opens) + " " + strings.Join(ranges, "+")
}

// String is the canonical text, such as mon-fri 08:00+13:00.
func (e Edge) String() string {
	var times []string
	for _, at := range e.At {
		times = append(times, clockText(at))
	}
	return daysText(e.Days) + " " + strings.Join(times, "+")
}

// normal gives windows that mean the same the same form.
func (w Window) normal() Window {
	if w.Span {
		r := w.Ranges[0]
		opens := daysText(w.Opens)
		same := opens == daysText(w.Closes)
		if !same || r.To <= r.From && opens != everyDay {
			return w
		}
		w = Window{Opens: w.Opens, Ranges: w.Ranges} // fri 08:00 - fri 18:00
	}
	for i, r := range w.Ranges {
		if r.To == 0 {
			w.Ranges[i].To = wall.MinutesPerDay
		}
	}
	slices.SortFunc(w.Ranges, func(a, b Range) int {
		if a.From != b.From {
			return a.From - b.From
		}
		return a.end() - b.end()
	})
	w.Ranges = slices.Compact(w.Ranges)
	return w
}

// end is the end in minutes after the midnight before From.
func (r Range) end() int {
	if r.To <= r.From {
		return r.To + wall.MinutesPerDay
	}
	return r.To
}
