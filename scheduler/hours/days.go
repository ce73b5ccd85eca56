package hours

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"offpeak/scheduler/wall"
)

// everyDay is the canonical text of days without a condition.
const everyDay = "daily"

const everyMonthDay = 1<<32 - 2

// normal gives days that ask for the same the same value: what is always true is dropped, dates are sorted and joined.
func normal(d wall.Days) wall.Days {
	for w := range d.Weeks {
		if d.Weeks[w]&0b111110 == 0b111110 {
			d.Weekdays[w] = true
		}
		if d.Weekdays[w] {
			d.Weeks[w] = 0
		}
	}
	if !slices.Contains(d.Weekdays[:], false) {
		d.Weekdays = [7]bool{}
	}
	if d.MonthDays == everyMonthDay {
		d.MonthDays, d.LastDay, d.Nearest = 0, false, 0
	}
	if d.Months == 1<<13-2 {
		d.Months = 0
	}
	d.Dates = joined(d.Dates)
	return d
}

// joined sorts ranges of dates and joins those that touch.
func joined(ranges []wall.Range) []wall.Range {
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(a, b wall.Range) int { return int(a.First) - int(b.First) })
	var merged []wall.Range
	for _, r := range sorted {
		if n := len(merged); n > 0 && r.First <= merged[n-1].Last+1 {
			merged[n-1].Last = max(merged[n-1].Last, r.Last)
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

// either returns the days that hold what a asks in each part or what b does. For parts of different kinds that is both.
func either(a, b wall.Days) wall.Days {
	for w := range a.Weekdays {
		a.Weekdays[w] = a.Weekdays[w] || b.Weekdays[w]
		a.Weeks[w] |= b.Weeks[w]
	}
	a.MonthDays |= b.MonthDays
	a.LastDay = a.LastDay || b.LastDay
	a.Nearest |= b.Nearest
	a.Months |= b.Months
	a.Dates = slices.Concat(a.Dates, b.Dates)
	return a
}

// ever reports whether any date from 1970 to 2100 matches.
func ever(d wall.Days) bool {
	if len(d.Dates) == 0 {
		return d.Ever()
	}
	for _, r := range d.Dates {
		for date := r.First; date <= r.Last; date++ {
			if d.Match(date) {
				return true
			}
		}
	}
	return false
}

// weekly reports whether the days repeat every week.
func weekly(d wall.Days) bool {
	return d.Weeks == [7]uint8{} && d.MonthDays == 0 && !d.LastDay && d.Nearest == 0 && d.Months == 0 && len(d.Dates) == 0
}

// shifted returns the days after those of a weekly condition; false for others.
func shifted(d wall.Days) (wall.Days, bool) {
	var next wall.Days
	for w, on := range d.Weekdays {
		next.Weekdays[(w+1)%7] = on
	}
	return next, weekly(d)
}

// daysText is the canonical text of normal days.
func daysText(d wall.Days) string {
	var parts []string
	for _, part := range []string{weekText(d), monthDaysText(d), datesText(d.Dates)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = append(parts, everyDay)
	}
	if months := strings.Join(monthRuns(d.Months), "+"); months != "" {
		parts = append(parts, "in "+months)
	}
	return strings.Join(parts, " ")
}

func weekText(d wall.Days) string {
	isDay := func(i int) bool { return d.Weekdays[(i+1)%7] }
	items := wrappingRuns(7, isDay, func(i int) string { return weekdayNames[(i+1)%7] })
	for week := 1; week <= wall.LastWeek; week++ {
		name := ordinalText(week)
		if week == wall.LastWeek {
			name = "last"
		}
		for i := range 7 {
			if weekday := (i + 1) % 7; d.Weeks[weekday]&(1<<week) != 0 {
				items = append(items, name+" "+weekdayNames[weekday])
			}
		}
	}
	return strings.Join(items, "+")
}

func monthRuns(months uint16) []string {
	isMonth := func(i int) bool { return months&(1<<(i+1)) != 0 }
	return wrappingRuns(12, isMonth, func(i int) string { return monthNames[i+1] })
}

// wrappingRuns writes the members of a circle, 0 to n-1, as single names and ranges; one range may pass its end.
func wrappingRuns(n int, member func(int) bool, name func(int) string) []string {
	var runs []string
	for first := range n {
		if !member(first) || member((first+n-1)%n) {
			continue
		}
		final := first
		for member((final + 1) % n) {
			final++
		}
		runs = append(runs, run(name(first), name(final%n)))
	}
	return runs
}

func run(first, final string) string {
	if first == final {
		return first
	}
	return first + "-" + final
}

func monthDaysText(d wall.Days) string {
	var items []string
	if numbers := numberRuns(d.MonthDays); len(numbers) > 0 {
		items = append(items, "day "+strings.Join(numbers, "+"))
	}
	if d.LastDay {
		items = append(items, "last day")
	}
	var nearestTo []string
	for n := 1; n <= 31; n++ {
		if d.Nearest&(1<<n) != 0 {
			nearestTo = append(nearestTo, strconv.Itoa(n))
		}
	}
	if len(nearestTo) > 0 {
		items = append(items, "workday nearest "+strings.Join(nearestTo, "+"))
	}
	return strings.Join(items, "+")
}

func numberRuns(bits uint32) []string {
	var runs []string
	for first := 1; first <= 31; first++ {
		if bits&(1<<first) == 0 {
			continue
		}
		final := first
		for final < 31 && bits&(1<<(final+1)) != 0 {
			final++
		}
		runs = append(runs, run(strconv.Itoa(first), strconv.Itoa(final)))
		first = final
	}
	return runs
}

func datesText(ranges []wall.Range) string {
	var items []string
	for _, r := range ranges {
		if r.First == r.Last {
			items = append(items, r.First.String())
			continue
		}
		items = append(items, fmt.Sprintf("%s..%s", r.First, r.Last))
	}
	return strings.Join(items, "+")
}

// weekdaysBetween returns the weekdays of a range that may pass Sunday.
func weekdaysBetween(first, final time.Weekday) wall.Days {
	var d wall.Days
	for w := first; ; w = (w + 1) % 7 {
		d.Weekdays[w] = true
		if w == final {
			return d
		}
	}
}

// monthsBetween returns the months of a range that may pass December.
func monthsBetween(first, final time.Month) wall.Days {
	var d wall.Days
	for m := first; ; m = m%12 + 1 {
		d.Months |= 1 << m
		if m == final {
			return d
		}
	}
}
