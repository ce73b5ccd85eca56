// Package calendar says on which local dates a schedule does not open (closed), and during which time nothing may be done (hold).
//
// A Calendar comes from a country's public holidays, an iCalendar or CSV file, or the policy's own lines; calendars are united and
// edited, never changed. It holds all-day events, dates in whatever zone a schedule has, and timed events, instants; a timed event without
// a zone keeps the schedule's clock. Times are whole minutes: events are widened to them. A calendar that cannot be read is an error,
// never an empty calendar. The package opens no file and asks no clock; what lies before 1900 or after 2199 it does not know.
package calendar

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"time"

	"offpeak/scheduler/wall"
)

// Day is a date with all-day events; several names on one date are joined by commas.
type Day struct {
	Date wall.Date
	Name string
}

// Span is a half-open stretch of real time [From, To) that one event, or several that touch, cover.
type Span struct {
	From, To time.Time
	Name     string
}

// Calendar is a set of events. The zero value has none. Calendars are values, safe for concurrent use.
type Calendar struct{ *content }

// content is what a Calendar stands for. The methods of Calendar lay a year out once and keep it.
type content struct {
	source source
	hash   string
	years  layouts
}

// source is where events come from: holidays, a list, a file, or other sources.
type source interface {
	// days calls add for every all-day event on the dates in [from, to), those of one date in the order of the source.
	days(from, to wall.Date, add func(wall.Date, string))
	// spans calls add for every timed event that touches [from, to).
	spans(from, to time.Time, zone *time.Location, add func(Span))
	// known returns the dates [from, to) outside which the source knows that it knows nothing.
	known() (from, to wall.Date)
	// definition returns one line for each event, sorted; equal definitions mean equal events.
	definition() []string
}

// The dates that a source knows when nothing limits it.
const (
	dawn = wall.Date(math.MinInt32)
	dusk = wall.Date(math.MaxInt32)
)

func newCalendar(s source) Calendar {
	return Calendar{&content{source: s, hash: hashOf(s.definition())}}
}

func hashOf(definition []string) string {
	sum := sha256.Sum256([]byte(strings.Join(definition, "\n")))
	return hex.EncodeToString(sum[:16])
}

// Closed reports whether a window that opens then stays shut, and by which event: an all-day event on that date, or a timed one that
// contains the opening's instant.
func (c Calendar) Closed(opening wall.Minute, zone *time.Location) (name string, closed bool) {
	if c.content == nil {
		return "", false
	}
	date := opening.Date()
	if name, found := c.dayName(date); found {
		return name, true
	}
	at := opening.Instant(zone)
	spans := c.timed(wall.At(at, zone).Date(), zone)
	i, exact := slices.BinarySearchFunc(spans, at, func(s Span, at time.Time) int { return s.From.Compare(at) })
	if !exact {
		i--
	}
	if i >= 0 && at.Before(spans[i].To) {
		return spans[i].Name, true
	}
	return "", false
}

// Days returns the dates in [from, to) with all-day events, in order, each once.
func (c Calendar) Days(from, to wall.Date) []Day {
	if c.content == nil {
		return nil
	}
	from, to = max(from, firstDate), min(to, lastDate+1)
	var days []Day
	for from < to {
		year, _, _ := from.Civil()
		for _, d := range c.allDay(year) {
			if from <= d.Date && d.Date < to {
				days = append(days, d)
			}
		}
		from = wall.NewDate(year+1, time.January, 1)
	}
	return days
}

// Spans returns all events as real time, in order, cut to [from, to): dates become the zone's days, and what touches or overlaps
// becomes one span with the names joined.
func (c Calendar) Spans(from, to time.Time, zone *time.Location) []Span {
	if c.content == nil || !from.Before(to) {
		return nil
	}
	first, last := wall.At(from, zone).Date(), wall.At(to, zone).Date()
	var all []Span
	for _, d := range c.Days(first-1, last+2) {
		all = append(all, Span{d.Date.At(0).Instant(zone), (d.Date + 1).At(0).Instant(zone), d.Name})
	}
	for d := max(first, firstDate); d <= min(last, lastDate); {
		all = append(all, c.timed(d, zone)...)
		year, _, _ := d.Civil()
		d = wall.NewDate(year+1, time.January, 1)
	}
	return merge(all, from, to)
}

// Known returns the dates [from, to) for which the calendar has an answer, and whether there are any others: built-in holidays end
// with their tables, and a date beyond them is not an ordinary working day but an unknown one.
func (c Calendar) Known() (from, to wall.Date, limited bool) {
	if c.content == nil {
		return dawn, dusk, false
	}
	from, to = c.source.known()
	return from, to, from != dawn || to != dusk
}

// Hash identifies the events: calendars of equal hash give equal answers, whatever file or order they were read from, but for the order of
// names on one date.
func (c Calendar) Hash() string {
	if c.content == nil {
		return hashOf(nil)
	}
	return c.hash
}
