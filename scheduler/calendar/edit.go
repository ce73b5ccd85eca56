package calendar

import (
	"fmt"
	"slices"
	"time"

	"offpeak/scheduler/calendar/holiday"
	"offpeak/scheduler/wall"
)

// Country returns the public holidays of a country by its code (KR, US, JP, DE, GB).
func Country(code string) (Calendar, error) {
	holidays, err := holiday.All(code)
	if err != nil {
		return Calendar{}, err
	}
	var days []Day
	for _, h := range holidays {
		days = append(days, Day(h))
	}
	return newCalendar(list{
		all:  days,
		from: wall.NewDate(holiday.First, time.January, 1),
		to:   wall.NewDate(holiday.Last+1, time.January, 1),
	}), nil
}

// Countries returns the codes that Country knows, sorted.
func Countries() []string { return holiday.Codes() }

// Of returns a calendar of the given days alone.
func Of(days []Day) Calendar {
	all := slices.Clone(days)
	slices.SortStableFunc(all, func(a, b Day) int { return int(a.Date) - int(b.Date) })
	return newCalendar(list{all: all, from: dawn, to: dusk})
}

// Union returns a calendar with the events of all.
func Union(calendars ...Calendar) Calendar {
	var u union
	for _, c := range calendars {
		if c.content != nil {
			u = append(u, c.source)
		}
	}
	if len(u) == 0 {
		return Calendar{}
	}
	return newCalendar(u)
}

// With returns the calendar without its all-day events on the dates removed, and with the days added; a date in both is there. Timed
// events stay.
func (c Calendar) With(added, removed []Day) Calendar {
	edited := c
	if len(removed) > 0 && c.content != nil {
		gone := map[wall.Date]bool{}
		for _, d := range removed {
			gone[d.Date] = true
		}
		edited = newCalendar(without{c.source, gone})
	}
	if len(added) > 0 {
		edited = Union(edited, Of(added))
	}
	return edited
}

// list is a source of days, sorted by date.
type list struct {
	all      []Day
	from, to wall.Date // known
}

func (l list) days(from, to wall.Date, add func(wall.Date, string)) {
	i, _ := slices.BinarySearchFunc(l.all, from, func(d Day, date wall.Date) int { return int(d.Date) - int(date) })
	for _, d := range l.all[i:] {
		if d.Date >= to {
			return
		}
		add(d.Date, d.Name)
	}
}

func (l list) spans(time.Time, time.Time, *time.Location, func(Span)) {}

func (l list) known() (from, to wall.Date) { return l.from, l.to }

func (l list) definition() []string {
	var lines []string
	if l.from != dawn || l.to != dusk {
		lines = append(lines, fmt.Sprintf("known %d..%d", l.from, l.to))
	}
	for _, d := range l.all {
		lines = append(lines, fmt.Sprintf("day %d %q", d.Date, d.Name))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// union is a source made of sources.
type union []source

func (u union) days(from, to wall.Date, add func(wall.Date, string)) {
	for _, s := range u {
		s.days(from, to, add)
	}
}

func (u union) spans(from, to time.Time, zone *time.Location, add func(Span)) {
	for _, s := range u {
		s.spans(from, to, zone, add)
	}
}

func (u union) known() (from, to wall.Date) {
	from, to = dawn, dusk
	for _, s := range u {
		f, t := s.known()
		from, to = max(from, f), min(to, t)
	}
	return from, to
}

func (u union) definition() []string {
	var lines []string
	for _, s := range u {
		lines = append(lines, s.definition()...)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// without is a source with all-day events taken out.
type without struct {
	source
	gone map[wall.Date]bool
}

func (w without) days(from, to wall.Date, add func(wall.Date, string)) {
	w.source.days(from, to, func(d wall.Date, name string) {
		if !w.gone[d] {
			add(d, name)
		}
	})
}

func (w without) definition() []string {
	// What was removed is said beside what it was removed from, in one line: the same line in another part of a union means another.
	var dates []wall.Date
	for d := range w.gone {
		dates = append(dates, d)
	}
	slices.Sort(dates)
	return []string{fmt.Sprintf("without %v of %q", dates, w.source.definition())}
}
