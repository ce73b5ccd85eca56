package holiday

import (
	"slices"
	"time"

	"offpeak/scheduler/wall"
)

// lunarYear holds the solar dates of lunar 1/1, 4/8 and 8/15.
type lunarYear struct{ seollal, buddha, chuseok wall.Date }

// koreanLunar begins with First. The dates are those of the Korea Astronomy and Space Science Institute, whose calendar can be a day
// off the Chinese one; testdata holds the sources they were checked against.
var koreanLunar = []lunarYear{
	lunar("2018-02-16", "2018-05-22", "2018-09-24"), lunar("2019-02-05", "2019-05-12", "2019-09-13"),
	lunar("2020-01-25", "2020-04-30", "2020-10-01"), lunar("2021-02-12", "2021-05-19", "2021-09-21"),
	lunar("2022-02-01", "2022-05-08", "2022-09-10"), lunar("2023-01-22", "2023-05-27", "2023-09-29"),
	lunar("2024-02-10", "2024-05-15", "2024-09-17"), lunar("2025-01-29", "2025-05-05", "2025-10-06"),
	lunar("2026-02-17", "2026-05-24", "2026-09-25"), lunar("2027-02-07", "2027-05-13", "2027-09-15"),
	lunar("2028-01-27", "2028-05-02", "2028-10-03"), lunar("2029-02-13", "2029-05-20", "2029-09-22"),
	lunar("2030-02-03", "2030-05-09", "2030-09-12"), lunar("2031-01-23", "2031-05-28", "2031-10-01"),
	lunar("2032-02-11", "2032-05-16", "2032-09-19"), lunar("2033-01-31", "2033-05-06", "2033-09-08"),
	lunar("2034-02-19", "2034-05-25", "2034-09-27"), lunar("2035-02-08", "2035-05-15", "2035-09-16"),
	lunar("2036-01-28", "2036-05-03", "2036-10-04"), lunar("2037-02-15", "2037-05-22", "2037-09-24"),
}

// koreanDeclared holds the days that the government declared under article 2, number 11. Add new ones here; until a release carries
// them, users add them to their policy.
var koreanDeclared = []Day{
	{date("2020-08-17"), "임시공휴일"},
	{date("2023-10-02"), "임시공휴일"},
	{date("2024-10-01"), "임시공휴일"},
	{date("2025-01-27"), "임시공휴일"},
	{date("2025-06-03"), "임시공휴일(대통령선거)"}, // by-election, not at the end of a term
}

// presidentialTerms holds the last days of presidents' terms. The 21st president took office at once after the by-election of
// 2025-06-03, so that terms end in June from then on. A vacancy would move them again.
var presidentialTerms = map[int]wall.Date{
	2022: date("2022-05-09"), 2030: date("2030-06-03"), 2035: date("2035-06-03"),
}

// koreanElections returns the election days at the end of a term (article 2, number 10-2), computed for past and future years alike by
// article 34 of the Public Official Election Act as it stands in 2026. taken holds the year's other holidays.
func koreanElections(year int, taken map[wall.Date]bool) []Day {
	var days []Day
	elect := func(termEnds wall.Date, daysBefore int, name string) {
		days = append(days, Day{electionDay(termEnds-wall.Date(daysBefore), taken), name})
	}
	if ends, ok := presidentialTerms[year]; ok {
		elect(ends, 70, "대통령선거")
	}
	// Article 34 (1) 2: the 21st National Assembly was elected in 2020, then every four years; terms end on 29 May.
	if year%4 == 0 {
		elect(wall.NewDate(year, time.May, 29), 50, assemblyName(21+(year-2020)/4))
	}
	// Article 34 (1) 3: local councils and governments, terms end on 30 June.
	if year%4 == 2 {
		elect(wall.NewDate(year, time.June, 30), 30, "전국동시지방선거")
	}
	return days
}

// electionDay is the first Wednesday from a date on; by article 34 (2) a week later where it, its eve or its morrow is a holiday.
func electionDay(from wall.Date, taken map[wall.Date]bool) wall.Date {
	for from.Weekday() != time.Wednesday {
		from++
	}
	for taken[from-1] || taken[from] || taken[from+1] {
		from += 7
	}
	return from
}

func assemblyName(ordinal int) string {
	return map[int]string{
		21: "제21대 국회의원선거", 22: "제22대국회의원선거", 23: "제23대 국회의원선거", 24: "제24대 국회의원선거", 25: "제25대 국회의원선거",
	}[ordinal]
}

// article2 is the order in which the regulations list what can share a date.
var article2 = []string{"3ㆍ1절", "제헌절", "광복절", "개천절", "한글날", "1월 1일", "노동절", "어린이날", "부처님 오신 날", "설날", "현충일", "추석", "기독탄신일"}

func sortedStatutory(list []statutory) []statutory {
	slices.SortStableFunc(list, func(a, b statutory) int {
		if a.date != b.date {
			return int(a.date - b.date)
		}
		return slices.Index(article2, a.group) - slices.Index(article2, b.group)
	})
	return list
}

func lunar(seollal, buddha, chuseok string) lunarYear {
	return lunarYear{date(seollal), date(buddha), date(chuseok)}
}

// date reads a date of the tables of this file; a test reads them all.
func date(text string) wall.Date {
	d, _ := wall.ParseDate(text)
	return d
}
