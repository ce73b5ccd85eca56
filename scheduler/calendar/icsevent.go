package calendar

import (
	"fmt"
	"slices"
	"time"

	"offpeak/scheduler/calendar/recur"
	"offpeak/scheduler/wall"
)

// event is a VEVENT: where its first occurrence lies, how long it lasts, when it comes again.
type event struct {
	name   string
	start  moment
	length wall.Minute   // on the event's own clock; for dates whole days
	exact  time.Duration // real time added to length, from a DURATION
	rule   *recur.Rule
	ruled  string // the rule's text, for the definition

	extra  []wall.Minute // RDATE, sorted
	gone   map[wall.Minute]bool
	goneOn map[wall.Date]bool
}

// starts returns the occurrences that begin on dates in [from, to) of the event's clock, in order.
func (e *event) starts(from, to wall.Date) []wall.Minute {
	var found []wall.Minute
	if e.rule != nil {
		found = e.rule.Between(from, to)
	} else if d := e.start.at.Date(); from <= d && d < to {
		found = append(found, e.start.at)
	}
	if len(e.extra) > 0 {
		i, _ := slices.BinarySearch(e.extra, from.At(0))
		for ; i < len(e.extra) && e.extra[i] < to.At(0); i++ {
			found = append(found, e.extra[i])
		}
		slices.Sort(found)
		found = slices.Compact(found)
	}
	if len(e.gone) == 0 && len(e.goneOn) == 0 {
		return found
	}
	return slices.DeleteFunc(found, func(m wall.Minute) bool { return e.gone[m] || e.goneOn[m.Date()] })
}

// reach is how many dates before a day an occurrence may begin and still touch it.
func (e *event) reach() wall.Date {
	return wall.Date((e.length+wall.Minute(e.exact/time.Minute))/wall.MinutesPerDay) + 2
}

// span returns the real time of an occurrence, for a schedule in some zone.
func (e *event) span(at wall.Minute, zone *time.Location) Span {
	if e.start.zone != nil {
		zone = e.start.zone
	}
	return Span{at.Instant(zone), (at + e.length).Instant(zone).Add(e.exact), e.name}
}

// define writes everything that the event means as one line.
func (e *event) define() string {
	clock := "floating"
	switch {
	case e.start.date:
		clock = "date"
	case e.start.zone != nil:
		clock = e.start.zone.String()
	}
	var gone []wall.Minute
	for m := range e.gone {
		gone = append(gone, m)
	}
	var goneOn []wall.Date
	for d := range e.goneOn {
		goneOn = append(goneOn, d)
	}
	slices.Sort(gone)
	slices.Sort(goneOn)
	return fmt.Sprintf("event %d %s %d+%s %q %q %d -%d -%d", e.start.at, clock, e.length, e.exact, e.name, e.ruled, e.extra, gone, goneOn)
}

// file is a source: the events of an iCalendar file.
type file struct{ dates, times []*event }

func (f file) days(from, to wall.Date, add func(wall.Date, string)) {
	for _, e := range f.dates {
		length := wall.Date(e.length / wall.MinutesPerDay)
		for _, at := range e.starts(from-length, to) {
			first := at.Date()
			for d := max(first, from); d < min(first+length, to); d++ {
				add(d, e.name)
			}
		}
	}
}

func (f file) spans(from, to time.Time, zone *time.Location, add func(Span)) {
	first, last := wall.At(from, time.UTC).Date(), wall.At(to, time.UTC).Date()
	for _, e := range f.times {
		for _, at := range e.starts(first-e.reach(), last+2) {
			if s := e.span(at, zone); s.From.Before(to) && s.To.After(from) {
				add(s)
			}
		}
	}
}

func (f file) known() (from, to wall.Date) { return dawn, dusk }

func (f file) definition() []string {
	var lines []string
	for _, e := range slices.Concat(f.dates, f.times) {
		lines = append(lines, e.define())
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
