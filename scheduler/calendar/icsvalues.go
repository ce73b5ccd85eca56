package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"offpeak/scheduler/wall"
	"offpeak/scheduler/zone"
)

// moment is a DATE or DATE-TIME value: a date, or a minute of some wall clock.
type moment struct {
	at     wall.Minute
	ragged bool           // seconds were cut off
	date   bool           // no time of day
	zone   *time.Location // of the clock; nil for a date or a floating time, which is whatever clock the schedule has
}

// end returns the minute that is not before the moment.
func (m moment) end() wall.Minute {
	if m.ragged {
		return m.at + 1
	}
	return m.at
}

// on returns what the clock of another moment shows then; that fails between a floating time and one with a zone.
func (m moment) on(clock *time.Location) (wall.Minute, error) {
	switch {
	case m.zone == clock:
		return m.at, nil
	case m.zone == nil || clock == nil:
		return 0, errors.New("a time with a zone cannot be compared with one without")
	}
	return wall.At(m.at.Instant(m.zone), clock), nil
}

// parseMoment reads 20261224, 20261224T183000, 20261224T093000Z. zone is the property's TZID, nil if it has none.
func parseMoment(text string, location *time.Location) (moment, error) {
	day, clock, timed := strings.Cut(text, "T")
	date, err := parseDigitsDate(day)
	if err != nil {
		return moment{}, fmt.Errorf("%.40q is not a date (20261224) or time (20261224T183000)", text)
	}
	if !timed {
		return moment{at: date.At(0), date: true}, nil
	}
	clock, utc := strings.CutSuffix(clock, "Z")
	if utc {
		location = time.UTC
	}
	digits, err := strconv.ParseUint(clock, 10, 32)
	hour, minute, second := int(digits/10000), int(digits/100%100), int(digits%100)
	if err != nil || len(clock) != 6 || hour > 23 || minute > 59 || second > 60 {
		return moment{}, fmt.Errorf("%.40q is not a date (20261224) or time (20261224T183000)", text)
	}
	return moment{at: date.At(hour*60 + minute), ragged: second > 0, zone: location}, nil
}

func parseDigitsDate(text string) (wall.Date, error) {
	if len(text) != 8 {
		return 0, errors.New("not eight digits")
	}
	return wall.ParseDate(text[:4] + "-" + text[4:6] + "-" + text[6:])
}

// duration is a DURATION value: days of the calendar and exact minutes, rounded up.
type duration struct {
	days    int
	minutes int
}

// longestEvent bounds what a file may say to something that cannot overflow.
const longestEvent = 400 * 366 // days

// parseDuration reads P1W, P1D, PT8H30M, P1DT12H. What is negative is an error.
func parseDuration(text string) (duration, error) {
	wrong := fmt.Errorf("%.40q is not a duration (P1D, PT8H30M)", text)
	rest, ok := strings.CutPrefix(strings.TrimPrefix(strings.ToUpper(text), "+"), "P")
	if !ok || rest == "" {
		return duration{}, wrong
	}
	days, clock, timed := strings.Cut(rest, "T")
	if timed && clock == "" {
		return duration{}, wrong
	}
	seconds := 0
	var d duration
	for _, part := range []struct {
		text, units string
		size        []int
		sum         *int
	}{{days, "WD", []int{7, 1}, &d.days}, {clock, "HMS", []int{3600, 60, 1}, &seconds}} {
		unit := 0
		for part.text != "" {
			end := strings.IndexAny(part.text, part.units[unit:])
			if end < 0 {
				return duration{}, wrong
			}
			n, err := strconv.ParseUint(part.text[:end], 10, 24)
			if err != nil {
				return duration{}, wrong
			}
			unit = strings.IndexByte(part.units, part.text[end])
			*part.sum += int(n) * part.size[unit]
			part.text = part.text[end+1:]
			if unit++; unit == len(part.units) && part.text != "" {
				return duration{}, wrong
			}
		}
	}
	if d.days > longestEvent || seconds > longestEvent/2*24*3600 {
		return duration{}, wrong
	}
	d.minutes = (seconds + 59) / 60
	return d, nil
}

// zoneFinder turns the TZIDs of a file into zones.
type zoneFinder map[string]*component // VTIMEZONE by TZID

// find accepts an IANA name, also behind a path as in /mozilla.org/20050126_1/Europe/Berlin; a Windows name; and any TZID whose
// VTIMEZONE says its X-LIC-LOCATION. The rules of a VTIMEZONE itself are not read: which zone they are meant to be is not said.
func (z zoneFinder) find(tzid string) (*time.Location, error) {
	location, wrong := zone.Load(tzid)
	if wrong == nil {
		return location, nil
	}
	if iana, ok := zone.FromWindows(tzid); ok {
		return zone.Load(iana)
	}
	if strings.HasPrefix(tzid, "/") {
		parts := strings.Split(tzid, "/")
		for i := max(1, len(parts)-3); i < len(parts); i++ {
			if location, err := zone.Load(strings.Join(parts[i:], "/")); err == nil {
				return location, nil
			}
		}
	}
	if c, ok := z[tzid]; ok {
		if p, ok := c.first("X-LIC-LOCATION"); ok {
			if location, err := zone.Load(strings.TrimSpace(p.value)); err == nil {
				return location, nil
			}
		}
	}
	return nil, fmt.Errorf("TZID: %w", wrong)
}
