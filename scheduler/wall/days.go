package wall

import "time"

// LastWeek is the week number, in Days.Weeks, of the last such weekday of a month.
const LastWeek = 6

// Days is a condition on dates. Its parts are ANDed; inside a part, entries are ORed; a part that is empty asks nothing.
// The zero value matches every date.
type Days struct {
	Weekdays [7]bool // by time.Weekday; together with Weeks one part
	// Weeks holds, by time.Weekday, a bit for each ordinal: bit 1 to 5 for the first to fifth such weekday of
	// the month, bit LastWeek for the last.
	Weeks [7]uint8
	// MonthDays has bit n set for day n of the month; together with LastDay and Nearest one part.
	MonthDays uint32
	LastDay   bool
	// Nearest has bit n set for the weekday, Monday to Friday, nearest to day n without leaving the month. Where the month
	// is shorter, n means its last day.
	Nearest uint32
	Months  uint16 // bit n for month n
	Dates   []Range
}

// Range is a run of dates, both ends included.
type Range struct{ First, Last Date }

// Match reports whether the date meets every part of the condition.
func (d Days) Match(date Date) bool {
	year, month, day := date.Civil()
	if d.Months != 0 && d.Months&(1<<month) == 0 {
		return false
	}
	return d.matchWeek(date, year, month, day) && d.matchMonth(year, month, day) && d.matchDates(date)
}

// Ever reports whether any date from 1970 to 2100 matches.
func (d Days) Ever() bool {
	for date := NewDate(1970, time.January, 1); date < NewDate(2101, time.January, 1); date++ {
		if d.Match(date) {
			return true
		}
	}
	return false
}

func (d Days) matchWeek(date Date, year int, month time.Month, day int) bool {
	if d.Weekdays == [7]bool{} && d.Weeks == [7]uint8{} {
		return true
	}
	weekday := date.Weekday()
	if d.Weekdays[weekday] {
		return true
	}
	weeks := d.Weeks[weekday]
	if weeks == 0 {
		return false
	}
	return weeks&(1<<((day-1)/7+1)) != 0 || weeks&(1<<LastWeek) != 0 && day+7 > daysIn(year, month)
}

func (d Days) matchMonth(year int, month time.Month, day int) bool {
	if d.MonthDays == 0 && !d.LastDay && d.Nearest == 0 {
		return true
	}
	if d.MonthDays&(1<<day) != 0 {
		return true
	}
	last := daysIn(year, month)
	if d.LastDay && day == last {
		return true
	}
	if d.Nearest == 0 {
		return false
	}
	for n := 1; n <= 31; n++ {
		if d.Nearest&(1<<n) != 0 && nearestWorkday(year, month, min(n, last), last) == day {
			return true
		}
	}
	return false
}

func (d Days) matchDates(date Date) bool {
	if len(d.Dates) == 0 {
		return true
	}
	for _, r := range d.Dates {
		if r.First <= date && date <= r.Last {
			return true
		}
	}
	return false
}

// nearestWorkday returns the day, Monday to Friday, closest to a day of a month, staying in the month.
func nearestWorkday(year int, month time.Month, day, last int) int {
	switch NewDate(year, month, day).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == last {
			return day - 2
		}
		return day + 1
	default:
		return day
	}
}
