package holiday

import (
	"time"

	"offpeak/scheduler/wall"
)

// Korea's public holidays by the Public Holidays Act (공휴일에 관한 법률) and the Regulations on Public Holidays of Government
// Offices (관공서의 공휴일에 관한 규정), names as in the yearly almanac (월력요항).

// replaced says on which days a holiday is lost and earns a substitute day.
type replaced uint8

const (
	never     replaced = iota
	onSunday           // on a Sunday, or on a working day together with another holiday
	onWeekend          // on a Saturday too
)

// statutory is a holiday of article 2, numbers 2 to 10; elections and declared days stand apart.
type statutory struct {
	date     wall.Date
	name     string
	group    string // the name inside 대체공휴일(...)
	replaced replaced
}

// The dates on which the rules for substitute days began.
var (
	nationalDaysReplaced = wall.NewDate(2021, time.August, 4) // 3ㆍ1절, 광복절, 개천절, 한글날
	faithDaysReplaced    = wall.NewDate(2023, time.May, 4)    // 부처님 오신 날, 기독탄신일
)

// laborYear is the first year of 노동절, and of 제헌절 again after 2007.
const laborYear = 2026

// korea returns a year's holidays.
func korea(year int) []Day {
	var days []Day
	taken := map[wall.Date]bool{}
	add := func(date wall.Date, name string) {
		days = append(days, Day{date, name})
		taken[date] = true
	}
	holidays := koreanStatutory(year)
	for _, h := range holidays {
		add(h.date, h.name)
	}
	for _, d := range koreanElections(year, taken) {
		add(d.Date, d.Name)
	}
	for _, d := range koreanDeclared {
		if y, _, _ := d.Date.Civil(); y == year {
			add(d.Date, d.Name)
		}
	}
	for _, lost := range koreanLost(holidays) {
		// Article 3 (1) and (3): the first following day that is neither a holiday nor on a weekend; (2): where two holidays
		// lead to the same day, the next such day as well.
		day := lost.date + 1
		for taken[day] || weekend(day) {
			day++
		}
		add(day, "대체공휴일("+lost.group+")")
	}
	return sorted(days)
}

// koreanStatutory lists a year's holidays of fixed and lunar date, sorted, on one date in the order of article 2.
func koreanStatutory(year int) []statutory {
	national := replacedSince(nationalDaysReplaced, onWeekend)
	faith := replacedSince(faithDaysReplaced, onWeekend)
	always := func(wall.Date) replaced { return onWeekend }
	not := func(wall.Date) replaced { return never }

	var list []statutory
	fixed := func(month time.Month, day int, name string, rule func(wall.Date) replaced) {
		date := wall.NewDate(year, month, day)
		list = append(list, statutory{date, name, name, rule(date)})
	}
	fixed(time.January, 1, "1월 1일", not)
	fixed(time.March, 1, "3ㆍ1절", national)
	if year >= laborYear {
		fixed(time.May, 1, "노동절", always)
		fixed(time.July, 17, "제헌절", always)
	}
	fixed(time.May, 5, "어린이날", always)
	fixed(time.June, 6, "현충일", not)
	fixed(time.August, 15, "광복절", national)
	fixed(time.October, 3, "개천절", national)
	fixed(time.October, 9, "한글날", national)
	fixed(time.December, 25, "기독탄신일", faith)

	lunar := koreanLunar[year-First]
	list = append(list, statutory{lunar.buddha, "부처님 오신 날", "부처님 오신 날", faith(lunar.buddha)})
	for _, feast := range []struct {
		date wall.Date
		name string
	}{{lunar.seollal, "설날"}, {lunar.chuseok, "추석"}} {
		list = append(list,
			statutory{feast.date - 1, feast.name + " 전날", feast.name, onSunday},
			statutory{feast.date, feast.name, feast.name, onSunday},
			statutory{feast.date + 1, feast.name + " 다음 날", feast.name, onSunday})
	}
	return sortedStatutory(list)
}

func replacedSince(first wall.Date, rule replaced) func(wall.Date) replaced {
	return func(date wall.Date) replaced {
		if date < first {
			return never
		}
		return rule
	}
}

// koreanLost returns the holidays that earn a substitute day, one entry for each such day. On a weekend every holiday is lost by itself;
// holidays that share a working day lose one day together, and the last of the list names it.
func koreanLost(holidays []statutory) []statutory {
	var lost []statutory
	for i := 0; i < len(holidays); {
		end := i + 1
		for end < len(holidays) && holidays[end].date == holidays[i].date {
			end++
		}
		shared := holidays[i:end]
		i = end
		if !weekend(shared[0].date) {
			if last := lastReplaced(shared); len(shared) > 1 && last.replaced != never {
				lost = append(lost, last)
			}
			continue
		}
		for _, h := range shared {
			if h.replaced == onWeekend || h.replaced == onSunday && h.date.Weekday() == time.Sunday {
				lost = append(lost, h)
			}
		}
	}
	return lost
}

func lastReplaced(shared []statutory) statutory {
	last := shared[0]
	for _, h := range shared {
		if h.replaced != never {
			last = h
		}
	}
	return last
}

func weekend(d wall.Date) bool {
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
}
