package periods

import (
	"fmt"
	"strconv"
	"time"

	"offpeak/scheduler/wall"
)

// field is one of the three sets: what its values are, and which forms of expression it knows.
type field struct {
	name      string
	low, high int
	names     []string // of the values from low on; the first three letters will do
	valid     string   // for messages
	// stepExample is how a step is written.
	stepExample string

	wraps          bool // ranges may end before they begin
	lastAlone      bool // L
	rangeToLast    bool // 25-L
	ordinals       bool // mon#1, friL
	nearestWorkday bool // 15W

	set      func(*wall.Days, term, int) // adds one value of a term
	simplify func(*wall.Days)            // empties what asks nothing
	describe func(wall.Days) []string
}

var weekdayNames = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

var monthNames = []string{
	"january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
	"november", "december",
}

var weekdays = field{
	name: "weekdays", low: 0, high: 6,
	names: weekdayNames,
	valid: "mon to sun in three letters or in full, 0 (monday) to 6, *, ?, L (sunday), ranges such as mon-fri and fri-mon, " +
		"steps such as mon/2 and mon-fri/2, mon#1 to mon#5, friL (the last friday)",
	stepExample: "mon/2 or mon-fri/2",
	wraps:       true, lastAlone: true, ordinals: true,
	set: setWeekday, simplify: simplifyWeekdays, describe: describeWeekdays,
}

var monthDays = field{
	name: "monthdays", low: 1, high: 31,
	valid: "1 to 31, *, ?, L (the last day), ranges such as 1-15 and 25-L, steps such as 1/7 and 1-20/5, " +
		"15W (the day from monday to friday nearest to the 15th)",
	stepExample: "1/5 or 1-20/5",
	lastAlone:   true, rangeToLast: true, nearestWorkday: true,
	set: setMonthDay, simplify: simplifyMonthDays, describe: describeMonthDays,
}

var months = field{
	name: "months", low: 1, high: 12,
	names: monthNames,
	valid: "jan to dec in three letters or in full, 1 to 12, *, ?, ranges such as apr-sep and nov-feb, " +
		"steps such as jan/3 and feb-aug/2",
	stepExample: "jan/3 or 2-8/2",
	wraps:       true,
	set:         setMonth, simplify: simplifyMonths, describe: describeMonths,
}

// add puts a term's values into the days.
func (f *field) add(days *wall.Days, t term) {
	switch t.kind {
	case every:
		for value := f.low; value <= f.high; value++ {
			f.set(days, term{kind: span}, value)
		}
	case span:
		end, size := t.last, f.high-f.low+1
		if end < t.first {
			end += size
		}
		for value := t.first; value <= end; value += t.step {
			f.set(days, t, (value-f.low)%size+f.low)
		}
	case last:
		f.set(days, t, f.high)
	default:
		f.set(days, t, t.first)
	}
}

// weekdayOf turns the peer's number, 0 for Monday, into Go's.
func weekdayOf(value int) time.Weekday { return time.Weekday((value + 1) % 7) }

func setWeekday(days *wall.Days, t term, value int) {
	switch t.kind {
	case ordinal:
		days.Weeks[weekdayOf(value)] |= 1 << t.nth
	case lastOf:
		days.Weeks[weekdayOf(value)] |= 1 << wall.LastWeek
	default:
		days.Weekdays[weekdayOf(value)] = true
	}
}

func simplifyWeekdays(days *wall.Days) {
	all := true
	for day, set := range days.Weekdays {
		if set {
			days.Weeks[day] = 0
		}
		all = all && set
	}
	if all {
		days.Weekdays = [7]bool{}
	}
}

func describeWeekdays(days wall.Days) []string {
	var entries []string
	for value, name := range weekdayNames {
		day := weekdayOf(value)
		if days.Weekdays[day] {
			entries = append(entries, name[:3])
		}
		for n := 1; n < wall.LastWeek; n++ {
			if days.Weeks[day]&(1<<n) != 0 {
				entries = append(entries, fmt.Sprintf("%s#%d", name[:3], n))
			}
		}
		if days.Weeks[day]&(1<<wall.LastWeek) != 0 {
			entries = append(entries, name[:3]+"L")
		}
	}
	return entries
}

func setMonthDay(days *wall.Days, t term, value int) {
	switch t.kind {
	case last:
		days.LastDay = true
	case nearestTo:
		days.Nearest |= 1 << value
	default:
		days.MonthDays |= 1 << value
	}
}

// everyMonthDay has the bits 1 to 31.
const everyMonthDay = 1<<32 - 2

func simplifyMonthDays(days *wall.Days) {
	if days.MonthDays == everyMonthDay {
		days.MonthDays, days.LastDay, days.Nearest = 0, false, 0
	}
}

func describeMonthDays(days wall.Days) []string {
	var entries []string
	for day := 1; day <= 31; day++ {
		if days.MonthDays&(1<<day) != 0 {
			entries = append(entries, strconv.Itoa(day))
		}
	}
	if days.LastDay {
		entries = append(entries, "L")
	}
	for day := 1; day <= 31; day++ {
		if days.Nearest&(1<<day) != 0 {
			entries = append(entries, strconv.Itoa(day)+"W")
		}
	}
	return entries
}

func setMonth(days *wall.Days, _ term, value int) { days.Months |= 1 << value }

// everyMonth has the bits 1 to 12.
const everyMonth = 1<<13 - 2

func simplifyMonths(days *wall.Days) {
	if days.Months == everyMonth {
		days.Months = 0
	}
}

func describeMonths(days wall.Days) []string {
	var entries []string
	for i, name := range monthNames {
		if days.Months&(1<<(i+1)) != 0 {
			entries = append(entries, name[:3])
		}
	}
	return entries
}
