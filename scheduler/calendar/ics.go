package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/scheduler/calendar/recur"
	"offpeak/scheduler/wall"
)

// Limits of what recurs in one file, so that no file takes minutes to lay out.
const (
	mostRecurring    = 2000                     // rules, counted by their occurrences a day
	longestRecurring = 366 * wall.MinutesPerDay // of one occurrence
)

const untitled = "untitled"

// ParseICS reads an iCalendar file (RFC 5545); name is what errors call it, before the line. Events that are cancelled, and timed ones
// without length, count for nothing. A file from which no event remains is an error. TRANSP is not looked at: holidays are often marked
// as free time.
func ParseICS(name string, data []byte) (Calendar, error) {
	f, err := readICS(data)
	var at lineError
	switch {
	case errors.As(err, &at):
		return Calendar{}, fmt.Errorf("%s:%d: %w", name, at.line, at.err)
	case err != nil:
		return Calendar{}, fmt.Errorf("%s: %w", name, err)
	}
	return newCalendar(f), nil
}

func readICS(data []byte) (file, error) {
	if len(data) > mostBytes {
		return file{}, fmt.Errorf("is larger than %d MiB", mostBytes>>20)
	}
	components, err := parseComponents(data)
	if err != nil {
		return file{}, err
	}
	if len(components) == 0 {
		return file{}, errors.New("is not an iCalendar file: it has no VCALENDAR")
	}
	r := icsReader{zones: zoneFinder{}, masters: map[string][]*event{}}
	for _, c := range components {
		if c.name != "VCALENDAR" {
			return file{}, lineError{c.line, fmt.Errorf("is not an iCalendar file: BEGIN:VCALENDAR comes first, not BEGIN:%.40s", c.name)}
		}
		if err := r.calendar(c); err != nil {
			return file{}, err
		}
	}
	if err := r.override(); err != nil {
		return file{}, err
	}
	if len(r.file.dates)+len(r.file.times) == 0 {
		return file{}, r.nothing()
	}
	return r.file, nil
}

// icsReader gathers the events of a file.
type icsReader struct {
	file      file
	zones     zoneFinder
	masters   map[string][]*event // events without RECURRENCE-ID, by UID
	overrides []override
	seen      int // events of any kind
	recurring int
}

// override takes one occurrence out of the events of a UID; what stands in its place, if anything, is an event of its own.
type override struct {
	property property
	uid      string
	moment   moment
}

func (r *icsReader) nothing() error {
	if r.seen == 0 {
		return errors.New("has no events")
	}
	return fmt.Errorf("has no events that last: all %d are cancelled or have no length", r.seen)
}

func (r *icsReader) calendar(c *component) error {
	for _, child := range c.children {
		if child.name == "VTIMEZONE" {
			if id, ok := child.first("TZID"); ok {
				r.zones[id.value] = child
			}
		}
	}
	method, _ := c.first("METHOD")
	for _, child := range c.children {
		if child.name != "VEVENT" {
			continue
		}
		r.seen++
		if err := r.event(child, strings.EqualFold(strings.TrimSpace(method.value), "CANCEL")); err != nil {
			return err
		}
	}
	return nil
}

// event reads one VEVENT.
func (r *icsReader) event(c *component, cancelled bool) error {
	one, err := singles(c)
	if err != nil {
		return err
	}
	cancelled = cancelled || strings.EqualFold(strings.TrimSpace(one["STATUS"].value), "CANCELLED")
	id, isOverride := one["RECURRENCE-ID"]
	if isOverride {
		if err := r.addOverride(id, one["UID"]); err != nil {
			return lineError{id.line, fmt.Errorf("RECURRENCE-ID: %w", err)}
		}
	}
	if cancelled {
		return nil
	}
	e, err := r.basics(c, one)
	if err != nil {
		return err
	}
	rule, recurs := one["RRULE"]
	if recurs && isOverride {
		return lineError{rule.line, errors.New("RRULE: one changed occurrence cannot recur")}
	}
	if err := r.recurrence(c, e, rule); err != nil {
		return err
	}
	if uid := one["UID"].value; uid != "" && !isOverride {
		r.masters[uid] = append(r.masters[uid], e)
	}
	switch {
	case e.start.date:
		r.file.dates = append(r.file.dates, e)
	case e.length > 0 || e.exact > 0:
		r.file.times = append(r.file.times, e)
	}
	return nil
}

// singles returns the properties of an event that may stand there once, by name.
func singles(c *component) (map[string]property, error) {
	one := map[string]property{}
	for _, p := range c.properties {
		switch p.name {
		case "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "UID", "STATUS":
			if _, twice := one[p.name]; twice {
				return nil, lineError{p.line, fmt.Errorf("the event of line %d says %s twice", c.line, p.name)}
			}
			one[p.name] = p
		case "SUMMARY":
			if _, twice := one[p.name]; !twice { // one in each language
				one[p.name] = p
			}
		case "EXRULE":
			return nil, lineError{p.line, errors.New("EXRULE is not supported: RFC 5545 dropped it; say EXDATE")}
		}
	}
	return one, nil
}

// basics reads name, begin and length.
func (r *icsReader) basics(c *component, one map[string]property) (*event, error) {
	begin, ok := one["DTSTART"]
	if !ok {
		return nil, lineError{c.line, errors.New("the event has no DTSTART")}
	}
	start, err := r.moment(begin)
	if err != nil {
		return nil, lineError{begin.line, fmt.Errorf("DTSTART: %w", err)}
	}
	e := &event{name: plainText(one["SUMMARY"].value), start: start}
	if e.name == "" {
		e.name = untitled
	}
	end, hasEnd := one["DTEND"]
	last, hasDuration := one["DURATION"]
	switch {
	case hasEnd && hasDuration:
		return nil, lineError{last.line, errors.New("the event has both DTEND and DURATION")}
	case hasEnd:
		if err := r.lastUntil(e, end); err != nil {
			return nil, lineError{end.line, fmt.Errorf("DTEND: %w", err)}
		}
	case hasDuration:
		if err := lastFor(e, last); err != nil {
			return nil, lineError{last.line, fmt.Errorf("DURATION: %w", err)}
		}
	case start.date:
		e.length = wall.MinutesPerDay
	}
	return e, nil
}

// lastUntil sets the length by DTEND. Begin and end on one clock keep their wall-clock times at every occurrence; otherwise the real time
// between them is kept.
func (r *icsReader) lastUntil(e *event, p property) error {
	end, err := r.moment(p)
	if err != nil {
		return err
	}
	start := e.start
	switch {
	case end.date != start.date:
		return errors.New("of begin and end one is a date, one a time")
	case end.zone == start.zone:
		e.length = end.end() - start.at
	case end.zone == nil || start.zone == nil:
		return errors.New("of begin and end one has a zone, one has none")
	default:
		e.exact = end.end().Instant(end.zone).Sub(start.at.Instant(start.zone))
	}
	if e.length < 0 || e.exact < 0 {
		return errors.New("the event ends before it begins")
	}
	if start.date && e.length == 0 {
		e.length = wall.MinutesPerDay // some programs write the same date twice for one day
	}
	if e.length > longestEvent*wall.MinutesPerDay || e.exact > longestEvent/2*24*time.Hour {
		return fmt.Errorf("the event lasts longer than %d years", longestEvent/366)
	}
	return nil
}

func lastFor(e *event, p property) error {
	d, err := parseDuration(strings.TrimSpace(p.value))
	switch {
	case err != nil:
		return err
	case e.start.date && d.minutes > 0:
		return errors.New("an all-day event lasts whole days")
	case e.start.date:
		d.days = max(d.days, 1)
	}
	e.length = wall.Minute(d.days) * wall.MinutesPerDay
	e.exact = time.Duration(d.minutes) * time.Minute
	return nil
}

// moment reads a property that holds one date or time.
func (r *icsReader) moment(p property) (moment, error) {
	all, err := r.moments(p)
	if err != nil {
		return moment{}, err
	}
	if len(all) != 1 {
		return moment{}, errors.New("holds more than one date")
	}
	return all[0], nil
}

// moments reads a property that holds dates or times separated by commas.
func (r *icsReader) moments(p property) ([]moment, error) {
	kind := strings.ToUpper(p.params["VALUE"])
	if kind == "PERIOD" {
		return nil, errors.New("periods are not supported")
	}
	var location *time.Location
	if tzid := p.params["TZID"]; tzid != "" {
		var err error
		if location, err = r.zones.find(tzid); err != nil {
			return nil, err
		}
	}
	var all []moment
	for value := range strings.SplitSeq(p.value, ",") {
		m, err := parseMoment(strings.TrimSpace(value), location)
		if err != nil {
			return nil, err
		}
		if kind == "DATE" && !m.date {
			return nil, fmt.Errorf("%.40q is not a date (20261224)", value)
		}
		all = append(all, m)
	}
	return all, nil
}

// recurrence reads RRULE, RDATE and EXDATE.
func (r *icsReader) recurrence(c *component, e *event, rule property) error {
	if rule.name != "" {
		if err := r.rule(e, rule.value); err != nil {
			return lineError{rule.line, fmt.Errorf("RRULE: %w", err)}
		}
	}
	for _, p := range c.properties {
		if p.name != "RDATE" && p.name != "EXDATE" {
			continue
		}
		all, err := r.moments(p)
		for _, m := range all {
			if err == nil && p.name == "RDATE" {
				err = e.include(m)
			} else if err == nil {
				err = e.exclude(m)
			}
		}
		if err != nil {
			return lineError{p.line, fmt.Errorf("%s: %w", p.name, err)}
		}
	}
	slices.Sort(e.extra)
	if e.rule != nil || len(e.extra) > 0 {
		if e.length+wall.Minute(e.exact/time.Minute) > longestRecurring {
			return lineError{c.line, errors.New("the event recurs and lasts longer than a year")}
		}
	}
	return nil
}

func (r *icsReader) rule(e *event, text string) error {
	rule, err := recur.Parse(strings.TrimSpace(text), e.start.at, e.start.date, func(value string) (wall.Minute, error) {
		until, err := parseMoment(value, e.start.zone)
		switch {
		case err != nil:
			return 0, err
		case until.date:
			return until.at + wall.MinutesPerDay - 1, nil
		case e.start.zone == nil:
			return until.at, nil
		}
		return until.on(e.start.zone)
	})
	if err != nil {
		return err
	}
	if r.recurring += rule.Times(); r.recurring > mostRecurring {
		return fmt.Errorf("the file has more than %d recurring events", mostRecurring)
	}
	e.rule, e.ruled = &rule, strings.ToUpper(strings.TrimSpace(text))
	return nil
}
