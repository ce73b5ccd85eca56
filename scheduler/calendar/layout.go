package calendar

import (
	"slices"
	"strings"
	"sync"
	"time"

	"offpeak/scheduler/wall"
)

// The dates that are laid out at all.
var (
	firstDate = wall.NewDate(1900, time.January, 1)
	lastDate  = wall.NewDate(2199, time.December, 31)
)

// mostNames is how many names of events that coincide are told.
const mostNames = 3

// layouts keeps what has been laid out: []Day by year, []Span by zoneYear. What it keeps is a function of its key, so that two
// goroutines that lay out the same year do no harm. Zones are told apart by their pointers, of which zone.Load gives one for each name.
type layouts struct{ allDay, timed sync.Map }

type zoneYear struct {
	zone *time.Location
	year int
}

// allDay returns a year's dates with all-day events, in order.
func (c *content) allDay(year int) []Day {
	if kept, ok := c.years.allDay.Load(year); ok {
		return kept.([]Day)
	}
	first, next := wall.NewDate(year, time.January, 1), wall.NewDate(year+1, time.January, 1)
	names := make([]nameList, next-first)
	c.source.days(first, next, func(d wall.Date, name string) { names[d-first].add(name) })
	days := []Day{}
	for i, list := range names {
		if len(list) > 0 {
			days = append(days, Day{first + wall.Date(i), list.String()})
		}
	}
	kept, _ := c.years.allDay.LoadOrStore(year, days)
	return kept.([]Day)
}

// dayName returns the names of a date's all-day events.
func (c *content) dayName(date wall.Date) (string, bool) {
	if date < firstDate || date > lastDate {
		return "", false
	}
	year, _, _ := date.Civil()
	days := c.allDay(year)
	i, found := slices.BinarySearchFunc(days, date, func(d Day, date wall.Date) int { return int(d.Date) - int(date) })
	if !found {
		return "", false
	}
	return days[i].Name, true
}

// timed returns the timed events of the zone's year in which a date lies, as spans that do not overlap, in order, cut to the year.
func (c *content) timed(date wall.Date, zone *time.Location) []Span {
	if date < firstDate || date > lastDate {
		return nil
	}
	year, _, _ := date.Civil()
	key := zoneYear{zone, year}
	if kept, ok := c.years.timed.Load(key); ok {
		return kept.([]Span)
	}
	from := wall.NewDate(year, time.January, 1).At(0).Instant(zone)
	to := wall.NewDate(year+1, time.January, 1).At(0).Instant(zone)
	var all []Span
	c.source.spans(from, to, zone, func(s Span) {
		if s = clip(s, from, to); s.From.Before(s.To) {
			all = append(all, s)
		}
	})
	kept, _ := c.years.timed.LoadOrStore(key, cut(all))
	return kept.([]Span)
}

// cut makes spans disjoint: where several overlap, the one that began first has the time.
func cut(all []Span) []Span {
	sortSpans(all)
	var pieces []Span
	for _, s := range all {
		if n := len(pieces); n > 0 && s.From.Before(pieces[n-1].To) {
			s.From = pieces[n-1].To
		}
		if s.From.Before(s.To) {
			pieces = append(pieces, s)
		}
	}
	return pieces
}

// merge joins spans that touch or overlap, and cuts them to [from, to).
func merge(all []Span, from, to time.Time) []Span {
	sortSpans(all)
	var merged []Span
	var names nameList
	for _, s := range all {
		if s = clip(s, from, to); !s.From.Before(s.To) {
			continue
		}
		n := len(merged)
		if n == 0 || s.From.After(merged[n-1].To) {
			merged, names, n = append(merged, s), nil, n+1
		}
		names.add(s.Name)
		merged[n-1].Name = names.String()
		if s.To.After(merged[n-1].To) {
			merged[n-1].To = s.To
		}
	}
	return merged
}

func sortSpans(all []Span) {
	slices.SortStableFunc(all, func(a, b Span) int {
		if order := a.From.Compare(b.From); order != 0 {
			return order
		}
		if order := b.To.Compare(a.To); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
}

func clip(s Span, from, to time.Time) Span {
	if s.From.Before(from) {
		s.From = from
	}
	if s.To.After(to) {
		s.To = to
	}
	return s
}

// nameList collects names of events that coincide; past mostNames it holds one more entry that stands for the rest.
type nameList []string

func (l *nameList) add(name string) {
	if len(*l) > mostNames || slices.Contains(*l, name) {
		return
	}
	*l = append(*l, name)
}

func (l nameList) String() string {
	if len(l) > mostNames {
		return strings.Join(l[:mostNames], ", ") + " ..."
	}
	return strings.Join(l, ", ")
}
