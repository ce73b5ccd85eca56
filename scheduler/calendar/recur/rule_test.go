package recur_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/calendar/recur"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// minute reads 2026-12-24 or 2026-12-24T18:30.
func minute(t testing.TB, text string) wall.Minute {
	t.Helper()
	day, clock, _ := strings.Cut(text, "T")
	date, err := wall.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	var hour, minute int
	if clock != "" {
		if _, err := fmt.Sscanf(clock, "%d:%d", &hour, &minute); err != nil {
			t.Fatal(err)
		}
	}
	return date.At(hour*60 + minute)
}

// until reads 20261224, 20261224T183000 and 20261224T183000Z, all on the rule's own clock.
func until(value string) (wall.Minute, error) {
	layout := "20060102"
	if strings.Contains(value, "T") {
		layout = "20060102T150405"
	}
	at, err := time.Parse(layout, strings.TrimSuffix(value, "Z"))
	if err != nil {
		return 0, err
	}
	if layout == "20060102" {
		return wall.NewDate(at.Date()).At(wall.MinutesPerDay - 1), nil
	}
	return wall.NewDate(at.Date()).At(at.Hour()*60 + at.Minute()), nil
}

// The rows are the examples of RFC 5545, 3.8.5.3, that repeat daily at most, and cases beside them.
func TestBetween(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why, rule, start, from, to string
		want                       string
	}{
		{
			"every day for ten times", "FREQ=DAILY;COUNT=10", "1997-09-02T09:00", "1997-01-01", "1998-01-01",
			"09-02 09-03 09-04 09-05 09-06 09-07 09-08 09-09 09-10 09-11",
		},
		{"every day until a date", "FREQ=DAILY;UNTIL=19970905T000000Z", "1997-09-02T09:00", "1997-01-01", "1998-01-01", "09-02 09-03 09-04"},
		{"an until without time includes its date", "FREQ=DAILY;UNTIL=19970904", "1997-09-02T09:00", "1997-01-01", "1998-01-01", "09-02 09-03 09-04"},
		{"every other day, looked at from the middle", "FREQ=DAILY;INTERVAL=2", "1997-09-02", "1999-01-01", "1999-01-08", "01-01 01-03 01-05 01-07"},
		{"every day in January", "FREQ=DAILY;BYMONTH=1", "1998-01-01", "1999-01-30", "2000-01-03", "01-30 01-31 01-01 01-02"},
		{"weekly", "FREQ=WEEKLY;COUNT=4", "1997-09-02T09:00", "1997-01-01", "1998-01-01", "09-02 09-09 09-16 09-23"},
		{"every other week, weeks beginning on Sunday", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02", "1997-01-01", "1997-10-20", "09-02 09-16 09-30 10-14"},
		{
			"every other week on two days", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997-09-02", "1997-01-01", "1998-01-01",
			"09-02 09-04 09-16 09-18 09-30 10-02 10-14 10-16",
		},
		{
			"where the week begins matters", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05", "1997-01-01", "1998-01-01",
			"08-05 08-10 08-19 08-24",
		},
		{
			"where the week begins matters, on Sunday", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05", "1997-01-01", "1998-01-01",
			"08-05 08-17 08-19 08-31",
		},
		{"first Friday", "FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "1997-09-05", "1997-01-01", "1998-01-01", "09-05 10-03 11-07"},
		{
			"first and last Sunday of every other month", "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU", "1997-09-07", "1997-01-01", "1999-01-01",
			"09-07 09-28 11-02 11-30 01-04 01-25",
		},
		{"second-last Monday", "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "1997-09-22", "1997-01-01", "1998-01-01", "09-22 10-20 11-17"},
		{"third-last day", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", "1997-09-01", "1998-03-01", "09-28 10-29 11-28 12-29 01-29 02-26"},
		{"2nd and 15th", "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=2,15", "1997-09-02", "1997-01-01", "1998-01-01", "09-02 09-15 10-02 10-15"},
		{"first and last day", "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1", "1997-09-30", "1997-01-01", "1998-01-01", "09-30 10-01 10-31 11-01"},
		{"day 31 skips shorter months", "FREQ=MONTHLY", "2026-01-31", "2026-01-01", "2026-09-01", "01-31 03-31 05-31 07-31 08-31"},
		{
			"Friday the 13th, the start beside the rule", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1997-09-02", "1997-01-01", "1999-01-01",
			"09-02 02-13 03-13 11-13",
		},
		{"last workday", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-30", "2026-01-01", "2026-06-01", "01-30 02-27 03-31 04-30 05-29"},
		{"third of three weekdays", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", "1997-01-01", "1998-01-01", "09-04 10-07 11-06"},
		{"yearly", "FREQ=YEARLY", "2024-12-24", "2026-01-01", "2029-01-01", "12-24 12-24 12-24"},
		{"29 February", "FREQ=YEARLY", "2024-02-29", "2024-01-01", "2033-01-01", "02-29 02-29 02-29"},
		{"in two months", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7", "1997-06-10", "1997-01-01", "2001-01-01", "06-10 07-10 06-10 07-10"},
		{"days of the year", "FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200", "1997-01-01", "1997-01-01", "2001-01-01", "01-01 04-10 07-19 01-01"},
		{"20th Monday of the year", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1997-01-01", "2000-01-01", "05-19 05-18 05-17"},
		{"Monday of week 20", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", "1997-01-01", "2000-01-01", "05-12 05-11 05-17"},
		{"week 20 alone keeps the weekday of the start", "FREQ=YEARLY;BYWEEKNO=20", "1997-05-12", "1997-01-01", "2000-01-01", "05-12 05-11 05-17"},
		{"every Thursday in March", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=4", "1997-03-13", "1997-01-01", "1999-01-01", "03-13 03-20 03-27 03-05"},
		{
			"Tuesday after the first Monday in November", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05",
			"1996-01-01", "2005-01-01", "11-05 11-07 11-02",
		},
		{"a date that no year has is empty after the start", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01", "2026-01-01", "2199-01-01", "01-01"},
		{"small letters and a last semicolon", "freq=daily;count=2;", "2026-01-01", "2026-01-01", "2027-01-01", "01-01 01-02"},
		{"nothing after the last date", "FREQ=DAILY", "2026-01-01", "2199-12-30", "2250-01-01", "12-30 12-31"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			rule, err := recur.Parse(row.rule, minute(t, row.start), !strings.Contains(row.start, "T"), until)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, dates(rule.Between(minute(t, row.from).Date(), minute(t, row.to).Date()))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func dates(found []wall.Minute) string {
	var texts []string
	for _, m := range found {
		texts = append(texts, m.Date().String()[5:])
	}
	return strings.Join(texts, " ")
}

func TestTimesOfDay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ rule, start, want string }{
		{"FREQ=DAILY;COUNT=3;BYHOUR=9,17", "2026-01-01T09:30", "2026-01-01 09:30, 2026-01-01 17:30, 2026-01-02 09:30"},
		{"FREQ=DAILY;COUNT=3;BYHOUR=9,17", "2026-01-01T17:30", "2026-01-01 17:30, 2026-01-02 09:30, 2026-01-02 17:30"},
		{"FREQ=DAILY;COUNT=2;BYHOUR=9;BYMINUTE=15;BYSECOND=0", "2026-01-01T09:15", "2026-01-01 09:15, 2026-01-02 09:15"},
		{"FREQ=DAILY;UNTIL=20260102T093000", "2026-01-01T09:30", "2026-01-01 09:30, 2026-01-02 09:30"},
		{"FREQ=DAILY;UNTIL=20260102T092959", "2026-01-01T09:30", "2026-01-01 09:30"},
	} {
		rule, err := recur.Parse(row.rule, minute(t, row.start), false, until)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range rule.Between(minute(t, "2026-01-01").Date(), minute(t, "2026-02-01").Date()) {
			got = append(got, m.String())
		}
		if diff := cmp.Diff(row.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s from %s (-want +got):\n%s", row.rule, row.start, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ rule, want string }{
		{"", `part "" is not KEY=VALUE`},
		{"COUNT=3", "does not say FREQ"},
		{"FREQ=DAILY;FREQ=WEEKLY", "says FREQ twice"},
		{"FREQ=SECONDLY", "FREQ=SECONDLY: a calendar here repeats daily at most; say BYHOUR with FREQ=DAILY"},
		{"FREQ=HOURLY;INTERVAL=24", "FREQ=HOURLY: a calendar here repeats daily at most; say BYHOUR with FREQ=DAILY"},
		{"FREQ=SOMETIMES", "FREQ=SOMETIMES: is not a frequency (say DAILY, WEEKLY, MONTHLY or YEARLY)"},
		{"FREQ=DAILY;COUNT=1000000000", `COUNT=1000000000: "1000000000" is not a number from 1 to 100000`},
		{"FREQ=DAILY;INTERVAL=0", `INTERVAL=0: "0" is not a number from 1 to 10000`},
		{"FREQ=DAILY;BYDAY=2MO", "a number before a weekday needs FREQ=MONTHLY or YEARLY"},
		{"FREQ=MONTHLY;BYDAY=6MO", "no month has more than five of a weekday"},
		{"FREQ=MONTHLY;BYDAY=XX", `BYDAY=XX: "XX" is not a weekday (say MO, TU, WE, TH, FR, SA or SU)`},
		{"FREQ=MONTHLY;BYDAY=0MO", `BYDAY=0MO: "0MO" is not a weekday with a number from 1 to 53`},
		{"FREQ=MONTHLY;BYMONTHDAY=32", `BYMONTHDAY=32: "32" is not a number from 1 to 31`},
		{"FREQ=MONTHLY;BYMONTHDAY=-9223372036854775808", `BYMONTHDAY=-9223372036854775808: "-9223372036854775808" is not a number from 1 to 31`},
		{"FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO needs FREQ=YEARLY"},
		{"FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "a number before a weekday cannot stand beside BYWEEKNO"},
		{"FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY needs FREQ=YEARLY"},
		{"FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY cannot stand beside FREQ=WEEKLY"},
		{"FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs another BY part to choose from"},
		{"FREQ=DAILY;BYHOUR=9", "an all-day event cannot repeat within the day"},
		{"FREQ=DAILY;BYEASTER=1", "BYEASTER=1: is not a part that is understood"},
		{"FREQ=DAILY;UNTIL=never", `UNTIL=NEVER: parsing time "NEVER" as "20060102": cannot parse "NEVER" as "2006"`},
		{"FREQ=DAILY;" + strings.Repeat("X", 5000), "is too long"},
	} {
		_, err := recur.Parse(row.rule, minute(t, "2026-01-01"), true, until)
		if err == nil || err.Error() != row.want {
			t.Errorf("%.60s: got %v, want %s", row.rule, err, row.want)
		}
	}
	_, err := recur.Parse("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5", minute(t, "2026-01-01T09:00"), false, until)
	if err == nil || err.Error() != "has more than 24 occurrences a day" {
		t.Errorf("25 a day: %v", err)
	}
}

// Week 53 of 2026 begins on 28 December 2026 and ends on 3 January 2027; week 1 of 2026 began on 29 December 2025.
func TestWeeksAtNewYear(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ rule, want string }{
		{"FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,SU", "2026-12-28 2027-01-03"},
		{"FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO", "2025-12-22 2026-12-28 2027-12-27"},
		{"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2025-12-29 2027-01-04"},
	} {
		rule, err := recur.Parse(row.rule, minute(t, "2020-12-28"), true, until)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range rule.Between(minute(t, "2025-06-01").Date(), minute(t, "2028-01-01").Date()) {
			got = append(got, m.Date().String())
		}
		if diff := cmp.Diff(row.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.rule, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, rule := range []string{
		"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20270101T000000Z", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=100000", "FREQ=YEARLY;BYWEEKNO=53;WKST=SU",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", "FREQ=SECONDLY", "FREQ=YEARLY;BYDAY=53MO", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1;BYHOUR=1,2",
	} {
		f.Add(rule, int32(20000), uint16(540))
	}
	f.Fuzz(func(t *testing.T, text string, date int32, at uint16) {
		start := wall.Date(date % 900_000).At(int(at) % wall.MinutesPerDay)
		rule, err := recur.Parse(text, start, false, func(value string) (wall.Minute, error) {
			m, err := until(value)
			if err != nil {
				return math.MinInt64, errors.New("no minute")
			}
			return m, nil
		})
		if err != nil {
			return
		}
		from := wall.NewDate(2026, time.January, 1)
		last := wall.Minute(math.MinInt64)
		for _, m := range rule.Between(from, from+400) {
			if m <= last || m < start || m.Date() < from || m.Date() >= from+400 {
				t.Fatalf("%s from %s: %s after %s", text, start, m, last)
			}
			last = m
		}
	})
}
