package calendar_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/calendar"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

var (
	firstKnown = wall.NewDate(2018, time.January, 1)
	endKnown   = wall.NewDate(2038, time.January, 1)
)

func country(t *testing.T, code string) map[string]string {
	t.Helper()
	c, err := calendar.Country(code)
	if err != nil {
		t.Fatal(err)
	}
	return byDate(c)
}

func byDate(c calendar.Calendar) map[string]string {
	names := map[string]string{}
	for _, d := range c.Days(firstKnown, endKnown) {
		names[d.Date.String()] = d.Name
	}
	return names
}

// source reads testdata/<name>, a list that another program made.
func source(t *testing.T, name string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.ParseCSV(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return byDate(c)
}

func almanac(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/kr-holidays.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Days map[string][]string }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for date, list := range file.Days {
		names[date] = strings.Join(list, ", ")
	}
	return names
}

func TestKoreaAgreesWithTheOfficialAlmanac(t *testing.T) {
	t.Parallel()
	got := country(t, "KR")
	for date := range got {
		if date >= "2028" {
			delete(got, date)
		}
	}
	if diff := cmp.Diff(almanac(t), got); diff != "" {
		t.Errorf("2018 to 2027, dates and names (-almanac +offpeak):\n%s", diff)
	}
}

// Korea 2020 to 2035 and beyond against independent programs: where one differs, testdata/kr-decisions.csv has one row that says who is
// right and why; a row for what no longer differs is stale.
func TestEveryDifferenceAboutKoreaIsDecided(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/kr-decisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(string(data)))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	type difference struct{ Date, Source, Theirs, Ours string }
	var decided []difference
	for _, row := range rows[1:] {
		decided = append(decided, difference{row[0], row[1], row[2], row[3]})
		if row[4] == "" {
			t.Errorf("%s: no reason", row[0])
		}
	}
	ours := country(t, "KR")
	var found []difference
	for name, theirs := range map[string]map[string]string{
		"almanac":       almanac(t),
		"date-holidays": source(t, "kr-source-date-holidays.csv"),
		"pypi-holidays": source(t, "kr-source-pypi-holidays.csv"),
	} {
		for d := firstKnown; d < endKnown; d++ {
			date := d.String()
			if name == "almanac" && date >= "2028" {
				break
			}
			their, is := theirs[date]
			our, ours := ours[date]
			if is && !ours {
				found = append(found, difference{date, name, their, "no holiday"})
			}
			if ours && !is {
				found = append(found, difference{date, name, "no holiday", our})
			}
		}
	}
	order := func(a, b difference) int { return strings.Compare(a.Date+a.Source, b.Date+b.Source) }
	slices.SortFunc(found, order)
	slices.SortFunc(decided, order)
	if diff := cmp.Diff(found, decided); diff != "" {
		t.Errorf("differences and decisions (-found +decided):\n%s", diff)
	}
}

func TestLunarDatesOfKorea(t *testing.T) {
	t.Parallel()
	ours := country(t, "KR")
	lunar := source(t, "kr-source-korean-lunar-calendar.csv")
	if len(lunar) != 60 {
		t.Fatalf("%d lunar dates, want three in each of 20 years", len(lunar))
	}
	for date, name := range lunar {
		if !slices.Contains(strings.Split(ours[date], ", "), name) {
			t.Errorf("%s: got %q, want %s", date, ours[date], name)
		}
	}
}

func TestRulesOfKorea(t *testing.T) {
	t.Parallel()
	ours := country(t, "KR")
	for _, row := range []struct{ why, date, want string }{
		{"1 January has no substitute", "2028-01-03", ""},
		{"Memorial Day has no substitute", "2026-06-08", ""},
		{"before August 2021 national days have none", "2020-03-02", ""},
		{"the first substitute of a national day", "2021-08-16", "대체공휴일(광복절)"},
		{"before May 2023 Buddha's Birthday has none", "2022-05-09", ""},
		{"the first substitute of Buddha's Birthday", "2023-05-29", "대체공휴일(부처님 오신 날)"},
		{"before 2023 Christmas has none", "2022-12-26", ""},
		{"Christmas on Saturday", "2027-12-27", "대체공휴일(기독탄신일)"},
		{"Labour Day is no public holiday before 2026", "2025-05-01", ""},
		{"Labour Day on Saturday", "2027-05-03", "대체공휴일(노동절)"},
		{"Constitution Day is no public holiday from 2008 to 2025", "2025-07-17", ""},
		{"Constitution Day on Saturday", "2027-07-19", "대체공휴일(제헌절)"},
		{"Seollal with a Sunday", "2027-02-09", "대체공휴일(설날)"},
		{"Chuseok with only a Saturday earns none", "2026-09-28", ""},
		{"two holidays on one working day", "2025-05-05", "어린이날, 부처님 오신 날"},
		{"lose one day together", "2025-05-06", "대체공휴일(부처님 오신 날)"},
		{"and no second", "2025-05-07", ""},
		{"Chuseok and National Foundation Day on one working day", "2028-10-03", "개천절, 추석"},
		{"lose one day, after the block", "2028-10-05", "대체공휴일(추석)"},
		{"a shared working day and a Sunday in one block", "2036-10-06", "대체공휴일(추석)"},
		{"lead to two days", "2036-10-07", "대체공휴일(추석)"},
		{"a substitute moves on past a holiday", "2036-05-06", "대체공휴일(부처님 오신 날)"},
		{"declared", "2020-08-17", "임시공휴일"},
		{"by-election, declared", "2025-06-03", "임시공휴일(대통령선거)"},
		{"presidential election moved past 1 March", "2022-03-09", "대통령선거"},
		{"and not on the first Wednesday", "2022-03-02", ""},
		{"local elections moved past Memorial Day", "2018-06-13", "전국동시지방선거"},
		{"National Assembly, 50 days before the term ends", "2028-04-12", "제23대 국회의원선거"},
		{"president, 70 days before the term that began in June 2025 ends", "2030-03-27", "대통령선거"},
		{"local elections moved past the eve of Memorial Day", "2030-06-12", "전국동시지방선거"},
	} {
		if got := ours[row.date]; got != row.want {
			t.Errorf("%s: %s is %q, want %q", row.why, row.date, got, row.want)
		}
	}
}

// The other countries agree with an independent program on every date of twenty years; what rickar/cal has otherwise is corrected in
// holiday/world.go.
func TestOtherCountriesAgreeWithAnotherSource(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"US", "JP", "DE", "GB"} {
		ours, theirs := country(t, code), source(t, strings.ToLower(code)+"-source-pypi-holidays.csv")
		for d := firstKnown; d < endKnown; d++ {
			our, is := ours[d.String()]
			their, was := theirs[d.String()]
			if is != was {
				t.Errorf("%s %s: offpeak says %q, the source %q", code, d, our, their)
			}
		}
	}
}

func TestCountries(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ code, year, want string }{
		{"US", "2025", "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25"},
		{"US", "2026", "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25"},
		{"US", "2027", "01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31"},
		{"JP", "2025", "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-23 11-24"},
		{"JP", "2026", "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23"},
		{"DE", "2025", "01-01 04-18 04-21 05-01 05-29 06-09 10-03 12-25 12-26"},
		{"DE", "2026", "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"},
		{"GB", "2022", "01-01 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-25 12-26 12-27"},
		{"GB", "2025", "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"},
		{"GB", "2026", "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28"},
		{"KR", "2025", "01-01 01-27 01-28 01-29 01-30 03-01 03-03 05-05 05-06 06-03 06-06 08-15 10-03 10-05 10-06 10-07 10-08 10-09 12-25"},
		{"KR", "2026", "01-01 02-16 02-17 02-18 03-01 03-02 05-01 05-05 05-24 05-25 06-03 06-06 07-17 08-15 08-17 09-24 09-25 09-26 10-03 10-05 10-09 12-25"},
	} {
		var got []string
		for date := range country(t, row.code) {
			if strings.HasPrefix(date, row.year) {
				got = append(got, date[5:])
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(strings.Fields(row.want), got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", row.code, row.year, diff)
		}
	}
	for _, row := range []struct{ code, date, want string }{
		{"US", "2026-07-03", "Independence Day (observed)"},
		{"GB", "2022-12-26", "Boxing Day"},
		{"GB", "2022-12-27", "Christmas Day (substitute day)"},
		{"GB", "2027-12-27", "Christmas Day (substitute day)"},
		{"GB", "2027-12-28", "Boxing Day (substitute day)"},
		{"JP", "2026-05-06", "Substitute Holiday"},
		{"JP", "2026-09-22", "Citizens' Holiday"},
		{"DE", "2026-10-03", "Tag der Deutschen Einheit"},
	} {
		if got := country(t, row.code)[row.date]; got != row.want {
			t.Errorf("%s %s is %q, want %q", row.code, row.date, got, row.want)
		}
	}
}

func TestCountryNamesTheOnesItKnows(t *testing.T) {
	t.Parallel()
	_, err := calendar.Country("KP")
	if want := `no built-in holidays for country "KP": say one of DE, GB, JP, KR, US`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if diff := cmp.Diff([]string{"DE", "GB", "JP", "KR", "US"}, calendar.Countries()); diff != "" {
		t.Error(diff)
	}
}

func TestYearsBeyondTheTableAreVisible(t *testing.T) {
	t.Parallel()
	kr, err := calendar.Country("KR")
	if err != nil {
		t.Fatal(err)
	}
	from, to, limited := kr.Known()
	if from != firstKnown || to != endKnown || !limited {
		t.Errorf("Korea is known in [%s, %s), limited %t", from, to, limited)
	}
	if days := kr.Days(endKnown, endKnown+366); len(days) > 0 {
		t.Errorf("half a year of holidays is worse than none: %v", days)
	}
	company := calendar.Of([]calendar.Day{{Date: endKnown + 5, Name: "창립기념일"}})
	if _, to, limited = calendar.Union(company, kr).Known(); to != endKnown || !limited {
		t.Errorf("a union is known to %s, limited %t", to, limited)
	}
	if _, _, limited = company.Known(); limited {
		t.Error("a list of days is limited")
	}
	if _, _, limited = (calendar.Calendar{}).Known(); limited {
		t.Error("no calendar is limited")
	}
}
