package periods_test

import (
	"fmt"
	"testing"

	"offpeak/scheduler/periods"

	"github.com/google/go-cmp/cmp"
)

var lintCases = []struct {
	name string
	list []periods.Definition
	want []string
}{
	{"office hours are no surprise", []periods.Definition{office}, nil},
	{"begin equals end", []periods.Definition{period("q", "9:00", "9:00", "*")}, []string{
		"never-opens q: period q never opens: begintime and endtime are both 09:00, so nothing lies between them",
	}},
	{"a date that does not exist", []periods.Definition{{Name: "q", MonthDays: []string{"30", "31"}, Months: []string{"feb"}}}, []string{
		"never-opens q: period q never opens: no date ever matches",
	}},
	{"a date once in a few years", []periods.Definition{
		{Name: "q", MonthDays: []string{"29"}, Months: []string{"feb"}, Weekdays: []string{"sun"}},
	}, nil},
	{"end at midnight", []periods.Definition{period("q", "", "0:00", "*")}, []string{
		"never-opens q: period q never opens: nothing comes before endtime 00:00, so it wants stopped all day",
	}},
	{"begin only stops at the weekend", []periods.Definition{period("b", "9:00", "", "mon-fri")}, []string{
		"stops-whole-days b: period b has only a begintime, yet on sat, sun it stops everything from 00:00 on, as in Instance Scheduler",
	}},
	{"end only stops on days that do not match", []periods.Definition{{Name: "e", EndTime: "18:00", MonthDays: []string{"1-20"}}}, []string{
		"stops-whole-days e: period e has only an endtime, yet on every day that does not match it stops everything from 00:00 on, " +
			"as in Instance Scheduler",
	}},
	{"another period takes the other days", []periods.Definition{period("b", "9:00", "", "mon-fri"), period("w", "", "", "sat-sun")}, nil},
	{"every day matches", []periods.Definition{period("b", "9:00", "", "*")}, nil},
	{"begin only and end only on the same days", []periods.Definition{period("e", "", "18:00", "*"), period("b", "9:00", "", "*")}, []string{
		"never-stops b: periods b (only a begintime) and e (only an endtime) match the same days, on which nothing is stopped: " +
			"say both times in one period",
	}},
	{"begin only and end only on different days", []periods.Definition{
		period("b", "6:00", "", "fri-mon"), period("e", "", "1:00", "tue"),
	}, []string{
		"stops-whole-days b: period b has only a begintime, yet on wed, thu it stops everything from 00:00 on, as in Instance Scheduler",
		"stops-whole-days e: period e has only an endtime, yet on wed, thu it stops everything from 00:00 on, as in Instance Scheduler",
	}},
	{"a hole at midnight", []periods.Definition{evening, morning}, []string{
		"one-minute-hole evening: the minute from 23:59 to 00:00, between periods evening and morning, is bridged",
	}},
	{"a hole at midnight between days that do not follow", []periods.Definition{
		period("eve", "22:00", "23:59", "fri"), period("morn", "0:00", "6:00", "mon"),
	}, nil},
	{"a hole at noon", []periods.Definition{late, early}, []string{
		"one-minute-hole early: the minute from 12:00 to 12:01, between periods early and late, is bridged",
	}},
	{"a hole that a third period fills", []periods.Definition{early, late, period("c", "11:00", "13:00", "*")}, nil},
	{"a hole of two minutes", []periods.Definition{early, period("b", "12:02", "17:00", "*")}, nil},
	{"a hole in one period", []periods.Definition{period("always", "0:00", "23:59", "*")}, []string{
		"one-minute-hole always: the minute from 23:59 to 00:00, between one day of period always and the next, is bridged; " +
			"Instance Scheduler stops in it, for the schedule has one period only",
	}},
	{"a step of two digits", []periods.Definition{set("monthdays", "1/15")}, []string{
		`step-misread p: monthdays "1/15": every 15 here; Instance Scheduler reads only the last digit, every 5`,
	}},
	{"a step that hangs the peer", []periods.Definition{set("monthdays", "1-L/10")}, []string{
		`step-misread p: monthdays "1-l/10": every 10 here; Instance Scheduler reads only the last digit, 0, and never ends`,
	}},
	{"a step with zeros in front", []periods.Definition{set("months", "jan/03")}, nil},
	{"a step with other text", []periods.Definition{set("weekdays", "mon/2nd")}, []string{
		`step-text p: weekdays "mon/2nd": of what stands behind /, only the number 2 counts`,
	}},
	{"a weekday nearest to a day that some months lack", []periods.Definition{set("monthdays", "28W", "29W")}, []string{
		"nearest-past-month p: monthdays 29W: in a shorter month it counts from the last day here; " +
			"Instance Scheduler fails for every instance of the account and region",
	}},
}

func TestLints(t *testing.T) {
	t.Parallel()
	for _, test := range lintCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var list []periods.Period
			for _, d := range test.list {
				list = append(list, parse(t, d))
			}
			var got []string
			for _, l := range periods.Lints(list) {
				got = append(got, fmt.Sprintf("%s %s: %s", l.Code, l.Period, l.Text))
			}
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}
