package wall

import (
	"fmt"
	"time"
)

// Date is a calendar date without a zone, counted in days since 1970-01-01.
type Date int32

// Minute is a point of the local wall clock, counted in minutes since 1970-01-01 00:00 as that clock reads,
// whatever offset the zone had. Minutes of a skipped hour exist here and have no instant of their own.
type Minute int64

// MinutesPerDay is the length of every wall-clock day; a real day may be shorter or longer.
const MinutesPerDay = 24 * 60

// NewDate returns the date of a year, month and day, normalised as time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (MinutesPerDay * 60))
}

// ParseDate reads a date written as 2026-12-24; a date that does not exist is an error.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date (write 2026-12-24)", text)
	}
	return NewDate(t.Date()), nil
}

// Civil returns year, month and day.
func (d Date) Civil() (int, time.Month, int) { return d.midnight().Date() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	// 1970-01-01 was a Thursday.
	return time.Weekday(((int(d)+4)%7 + 7) % 7)
}

// At returns the wall-clock point at so many minutes after the date's midnight.
func (d Date) At(minutes int) Minute { return Minute(d)*MinutesPerDay + Minute(minutes) }

// String writes the date as 2026-12-24.
func (d Date) String() string { return d.midnight().Format(time.DateOnly) }

func (d Date) midnight() time.Time {
	return time.Unix(int64(d)*MinutesPerDay*60, 0).UTC()
}

// Date returns the date on which the minute lies.
func (m Minute) Date() Date {
	d := m / MinutesPerDay
	if m%MinutesPerDay < 0 {
		d--
	}
	return Date(d)
}

// Clock returns hour and minute of the day.
func (m Minute) Clock() (hour, minute int) {
	rest := int(m - Minute(m.Date())*MinutesPerDay)
	return rest / 60, rest % 60
}

// String writes the point as 2026-12-24 18:00.
func (m Minute) String() string {
	hour, minute := m.Clock()
	return fmt.Sprintf("%s %02d:%02d", m.Date(), hour, minute)
}

// daysIn returns the number of days of a month.
func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
