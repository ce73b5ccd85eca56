package hours

import (
	"fmt"
	"slices"
	"time"

	"offpeak/scheduler/wall"
)

// Lints returns what is right but often meant otherwise, a sentence each.
func (w Window) Lints() []string {
	found := lints(w.Opens)
	if !w.Span {
		return found
	}
	if each, ok := w.eachDay(); ok {
		found = append(found, fmt.Sprintf("%s stays open day and night (say %s where the hours of each day are meant)", w, each))
	}
	return append(found, lints(w.Closes)...)
}

// eachDay turns a span such as mon 09:00 - fri 18:00 into the hours of each of its days, which its writer may have meant.
func (w Window) eachDay() (Window, bool) {
	first, final := slices.Index(w.Opens.Weekdays[:], true), slices.Index(w.Closes.Weekdays[:], true)
	r := w.Ranges[0]
	if first < 0 || final < 0 || first == final || r.From == 0 || r.To >= wall.MinutesPerDay || r.To <= r.From {
		return Window{}, false
	}
	days := weekdaysBetween(time.Weekday(first), time.Weekday(final))
	simple := daysText(w.Opens) == weekdayNames[first] && daysText(w.Closes) == weekdayNames[final]
	return Window{Opens: normal(days), Ranges: w.Ranges}, simple
}

// Lints returns what is right but often meant otherwise, a sentence each.
func (e Edge) Lints() []string { return lints(e.Days) }

func lints(d wall.Days) []string {
	var found []string
	for n := 29; n <= 31; n++ {
		// In day 25-31 shorter months only end earlier.
		begins := d.MonthDays&(1<<n) != 0 && d.MonthDays&(1<<(n-1)) == 0
		if begins && !d.LastDay && skipsMonths(d, n) {
			found = append(found, fmt.Sprintf("day %d skips shorter months (say last day where the end of the month is meant)", n))
		}
	}
	const fifth, others = 1 << 5, 1<<4 | 1<<wall.LastWeek
	if slices.ContainsFunc(d.Weeks[:], func(weeks uint8) bool { return weeks&fifth != 0 && weeks&others == 0 }) {
		found = append(found, "a 5th weekday skips months that have four (say last where the last one is meant)")
	}
	byWeek := d.Weekdays != [7]bool{} || d.Weeks != [7]uint8{}
	if byWeek && (d.MonthDays != 0 || d.LastDay || d.Nearest != 0) {
		found = append(found, fmt.Sprintf("%s asks for both at once (cron would take either; that takes two rules)", daysText(d)))
	}
	return found
}

// skipsMonths reports whether one of the months asked for has no day n in some years.
func skipsMonths(d wall.Days, n int) bool {
	for month := 1; month <= 12; month++ {
		asked := d.Months == 0 || d.Months&(1<<month) != 0
		if asked && n > [...]int{1: 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month] {
			return true
		}
	}
	return false
}
