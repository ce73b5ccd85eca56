package holiday

import (
	"slices"
	"strings"
	"time"

	"offpeak/scheduler/wall"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/us"
)

// federal returns the federal holidays of the United States: the day itself and, when it falls on a weekend, the day on which federal
// offices close instead. Closings by executive order (2025-12-24, for instance) are no holidays and not here.
func federal(year int) []Day {
	return observed(us.Holidays, year, " (observed)")
}

// japan returns the national holidays of Japan, with the substitute days of article 3 (2) of the Act on National Holidays, for which the
// library's offsets do from First to Last, and the citizens' holidays of article 3 (3), which it lists up to 2032 only.
func japan(year int) []Day {
	var days []Day
	national := map[wall.Date]bool{}
	for _, h := range jp.Holidays {
		actual, instead := japaneseHoliday(h, year)
		if actual.IsZero() || strings.Contains(strings.ToLower(h.Name), "national holiday between") {
			continue
		}
		day := wall.NewDate(actual.Date())
		days = append(days, Day{day, h.Name})
		national[day] = true
		if !instead.Equal(actual) {
			days = append(days, Day{wall.NewDate(instead.Date()), "Substitute Holiday"})
		}
	}
	for day := wall.NewDate(year, time.January, 2); day < wall.NewDate(year, time.December, 31); day++ {
		if national[day-1] && national[day+1] && !national[day] {
			days = append(days, Day{day, "Citizens' Holiday"})
		}
	}
	return onePerDate(sorted(days))
}

// japaneseHoliday corrects rickar/cal v2.1.13: the emperor who abdicated in April 2019 had no birthday holiday that year, nor had
// his successor; and the Olympic years moved Mountain Day as they moved the days that the library knows about.
func japaneseHoliday(h *cal.Holiday, year int) (actual, instead time.Time) {
	switch {
	case h == jp.TheEmperorsBirthday && year == 2019:
		return time.Time{}, time.Time{}
	case h == jp.MountainDay && year == 2020:
		moved := time.Date(2020, time.August, 10, 0, 0, 0, 0, time.UTC)
		return moved, moved
	case h == jp.MountainDay && year == 2021:
		moved := time.Date(2021, time.August, 8, 0, 0, 0, 0, time.UTC)
		return moved, moved.AddDate(0, 0, 1)
	default:
		return h.Calc(year)
	}
}

// onePerDate drops what repeats the date before: a substitute that would fall on a citizens' holiday is one day.
func onePerDate(days []Day) []Day {
	return slices.CompactFunc(days, func(a, b Day) bool { return a.Date == b.Date })
}

// germany returns the nine holidays that all sixteen states share; none has a substitute.
func germany(year int) []Day {
	return observed(de.Holidays, year, "")
}

// england returns the bank holidays of England and Wales with their substitute days; the day itself is listed too, on which nobody works
// either.
func england(year int) []Day {
	days := observed(gb.Holidays, year, " (substitute day)")
	christmas := wall.NewDate(year, time.December, 25)
	for i, d := range days {
		switch {
		case d.Name == "Early May":
			days[i].Name = "Early May Bank Holiday"
		case christmas.Weekday() != time.Sunday:
		case d.Date == christmas+1 && d.Name != "Boxing Day", d.Date == christmas+2:
			// The library moves both days by one; what is substituted is Christmas alone, two days on.
			days[i] = Day{christmas + 2, "Christmas Day (substitute day)"}
		}
	}
	if year == 2022 {
		// Missing in rickar/cal v2.1.13.
		days = append(days, Day{wall.NewDate(2022, time.September, 19), "State Funeral of Queen Elizabeth II"})
	}
	return slices.Compact(sorted(days))
}

// observed lists the holidays that the library puts into a year, and the days on which they are observed instead, which may
// belong to a holiday of the next year: 1 January 2028 is observed on 31 December 2027.
func observed(holidays []*cal.Holiday, year int, suffix string) []Day {
	var days []Day
	for of := year - 1; of <= year+1; of++ {
		for _, h := range holidays {
			actual, instead := h.Calc(of)
			if actual.Year() == year {
				days = append(days, Day{wall.NewDate(actual.Date()), h.Name})
			}
			if instead.Year() == year && !instead.Equal(actual) {
				days = append(days, Day{wall.NewDate(instead.Date()), h.Name + suffix})
			}
		}
	}
	return sorted(days)
}
