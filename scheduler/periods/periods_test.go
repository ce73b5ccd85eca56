package periods_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/periods"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// parse reads a definition that has to be valid.
func parse(t testing.TB, d periods.Definition) periods.Period {
	t.Helper()
	if d.Name == "" {
		d.Name = "p"
	}
	p, err := periods.Parse(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// set defines a period that has one set only.
func set(field string, members ...string) periods.Definition {
	d := periods.Definition{Name: "p"}
	switch field {
	case "weekdays":
		d.Weekdays = members
	case "monthdays":
		d.MonthDays = members
	case "months":
		d.Months = members
	}
	return d
}

// dates lists the dates in [from, to) on which a period without times runs.
func dates(p periods.Period, from, to wall.Date) []wall.Date {
	var running []wall.Date
	for _, s := range periods.Pattern(p).Draw(from, to, nil).Stretches {
		if s.State == wall.Running {
			for date := s.From.Date(); date < s.To.Date(); date++ {
				running = append(running, date)
			}
		}
	}
	return running
}

func TestWeekdays(t *testing.T) {
	t.Parallel()
	// June 2026 begins on a Monday and has 30 days.
	for _, test := range []struct{ text, days string }{
		{"mon", "1 8 15 22 29"},
		{"Monday", "1 8 15 22 29"},
		{" MON ", "1 8 15 22 29"},
		{"0", "1 8 15 22 29"},
		{"6", "7 14 21 28"},
		{"06", "7 14 21 28"},
		{"L", "7 14 21 28"},
		{"sat,sun", "6 7 13 14 20 21 27 28"},
		{"sat , 6", "6 7 13 14 20 21 27 28"},
		{"fri-mon", "1 5 6 7 8 12 13 14 15 19 20 21 22 26 27 28 29"},
		{"mon - tue", "1 2 8 9 15 16 22 23 29 30"},
		{"sun-sun", "7 14 21 28"},
		{"mon/2", "1 3 5 7 8 10 12 14 15 17 19 21 22 24 26 28 29"},
		{"mon-fri/2", "1 3 5 8 10 12 15 17 19 22 24 26 29"},
		{"mon-fri /2", "1 3 5 8 10 12 15 17 19 22 24 26 29"},
		{"fri-tue/2", "2 5 7 9 12 14 16 19 21 23 26 28 30"}, // fri, sun, tue
		{"fri/9", "5 12 19 26"},
		{"mon#1", "1"},
		{"tue#5", "30"},
		{"fri#5", ""},
		{"0#02", "8"},
		{"friL", "26"},
		{"4l", "26"},
		{"mon#1,friL", "1 26"},
		{"mon#1,mon", "1 8 15 22 29"},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got := dates(parse(t, set("weekdays", test.text)), wall.NewDate(2026, time.June, 1), wall.NewDate(2026, time.July, 1))
			if diff := cmp.Diff(days(got), test.days); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func days(list []wall.Date) string {
	var numbers []string
	for _, date := range list {
		_, _, day := date.Civil()
		numbers = append(numbers, fmt.Sprint(day))
	}
	return strings.Join(numbers, " ")
}

func TestMonthDays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		month time.Month // of 2026
		days  string
	}{
		{"1,15", time.April, "1 15"},
		{"007", time.April, "7"},
		{"31", time.April, ""},
		{"L", time.April, "30"},
		{"L", time.February, "28"},
		{"1-3,L", time.April, "1 2 3 30"},
		{"25-L", time.February, "25 26 27 28"},
		{"28-31", time.February, "28"},
		{"30-L", time.February, ""},
		{"31-L", time.March, "31"},
		{"1/7", time.April, "1 8 15 22 29"},
		{"1-20/5", time.April, "1 6 11 16"},
		{"2-L/9", time.April, "2 11 20 29"},
		{"1/10", time.April, "1 11 21"},
		{"1/15", time.April, "1 16"},
		{"1/ 15", time.April, "1 16"},
		{"1/30", time.March, "1 31"},
		{"1/99999999999999999999", time.March, "1"},
		{"15W", time.August, "14"},   // a Saturday
		{"15W", time.November, "16"}, // a Sunday
		{"1W", time.August, "3"},
		{"31W", time.May, "29"},
		{"31W", time.April, "30"},
		{"31W", time.February, "27"},
		{"1W,L", time.August, "3 31"},
	} {
		t.Run(test.text+" in "+test.month.String(), func(t *testing.T) {
			t.Parallel()
			p := parse(t, set("monthdays", test.text))
			got := dates(p, wall.NewDate(2026, test.month, 1), wall.NewDate(2026, test.month+1, 1))
			if diff := cmp.Diff(days(got), test.days); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func TestMonths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"jan", "months=jan"},
		{"January-March", "months=jan,feb,mar"},
		{"05", "months=may"},
		{"nov-feb", "months=jan,feb,nov,dec"},
		{"dec-dec", "months=dec"},
		{"jan/3", "months=jan,apr,jul,oct"},
		{"jan/12", "months=jan"},
		{"2-8/2", "months=feb,apr,jun,aug"},
		{"oct-mar/2", "months=feb,oct,dec"},
		{"*", ""},
		{"jan-dec", ""},
		{"mar,?", ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(parse(t, set("months", test.text)).String(), "p("+test.want+")"); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func TestInvalidExpressions(t *testing.T) {
	t.Parallel()
	for field, texts := range map[string][]string{
		"weekdays": {
			"", "mo", "tues", "mon,", ",mon", "7", "mon-7", "-", "mon-", "-mon", "mon--fri", "mon-wed-fri", "fri-L", "L-fri", "*-fri",
			"*/2", "?/2", "L/2", "mon/", "mon/0", "mon/00", "mon/x", "/2", "mon /2", "mon#1/2", "mon#0", "mon#6", "mon#", "mon #1", "tues#1", "#1",
			"mon-fri#1", "L#1", "15W", "mon W", "LW", "LL", "7L", "fri L", "mon fri", "mon\n-fri", "0x1", "+1", "1.5", "٣",
		},
		"monthdays": {
			"", "0", "32", "mon", "1#2", "15L", "LW", "L-3", "L-L", "20-5", "*/5", "1/0", "0W", "32W", "W", "1-32", "0-5",
			"1W-5", "99999999999999999999",
		},
		"months": {"", "0", "13", "janvier", "sept", "L", "1-L", "janL", "1W", "jan#1", "*/2", "jan/0", "nov-13"},
	} {
		for _, text := range texts {
			t.Run(field+" "+text, func(t *testing.T) {
				t.Parallel()
				_, err := periods.Parse(set(field, text))
				var problem *periods.Problem
				if !errors.As(err, &problem) {
					t.Fatalf("error = %v, want a Problem", err)
				}
				if problem.Field != field {
					t.Errorf("field = %q, want %q", problem.Field, field)
				}
			})
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		definition periods.Definition
		want       []string // one of these in each line of the error
	}{
		{"nothing asked", periods.Definition{Name: "p"}, []string{"at least one of begintime"}},
		{"no name", periods.Definition{BeginTime: "9:00"}, []string{`name ""`}},
		{"a set without members", periods.Definition{Name: "p", Months: []string{}}, []string{"months \"\": the list is empty"}},
		{"midnight at the end", periods.Definition{Name: "p", EndTime: "24:00"}, []string{"the day ends at 23:59 here"}},
		{"seconds", periods.Definition{Name: "p", BeginTime: "09:00:00"}, []string{"say 9:00 or 09:00"}},
		{"a stray character", periods.Definition{Name: "p", BeginTime: "|9:00"}, []string{"not a time"}},
		{"one digit for minutes", periods.Definition{Name: "p", BeginTime: "9:5"}, []string{"not a time"}},
		{"three digits for hours", periods.Definition{Name: "p", BeginTime: "009:00"}, []string{"not a time"}},
		{"a line more", periods.Definition{Name: "p", BeginTime: "09:00\n"}, []string{"not a time"}},
		{"over midnight", periods.Definition{Name: "p", BeginTime: "22:00", EndTime: "6:00"}, []string{
			`endtime "6:00": lies before begintime 22:00`,
		}},
		{"a longer weekday", set("weekdays", "thurs"), []string{`"thurs" is not known: say thu`}},
		{"a longer month", set("months", "jan,sept"), []string{`"sept" is not known: say sep`}},
		{"a step of everything", set("monthdays", "*/5"), []string{"say 1/5 or 1-20/5"}},
		{"a wrapping range of month days", set("monthdays", "20-5"), []string{"say 20-L,1-5"}},
		{"the last weekday of a month", set("monthdays", "LW"), []string{"31W is the last weekday"}},
		{
			"all faults at once",
			periods.Definition{Name: "p", BeginTime: "25:00", EndTime: "9", Weekdays: []string{"mo", "fri"}, MonthDays: []string{"1,40"}},
			[]string{`begintime "25:00"`, `endtime "9"`, `weekdays "mo"`, `monthdays "40": numbers run from 1 to 31; valid are 1 to 31`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := periods.Parse(test.definition)
			if err == nil {
				t.Fatal("no error")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("error = %q, want %d lines", err, len(test.want))
			}
			for i, want := range test.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("line %d = %s, want %s in it", i, lines[i], want)
				}
			}
		})
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	office := periods.Definition{
		Name: "office", BeginTime: "9:00", EndTime: "17:00", Weekdays: []string{"MON-wed", "mon#2,friL"},
		MonthDays: []string{"15W,L,1"},
	}
	if got, want := office.String(), "9:00-17:00 MON-wed,mon#2,friL day 15W,L,1"; got != want {
		t.Errorf("definition = %s, want %s", got, want)
	}
	late := periods.Definition{Name: "night (1)", BeginTime: "22:00", Months: []string{"jan"}}
	if got, want := late.String(), "from 22:00 in jan"; got != want {
		t.Errorf("definition = %s, want %s", got, want)
	}
	early := periods.Definition{Name: "until", EndTime: "6:00"}
	if got, want := early.String(), "until 6:00"; got != want {
		t.Errorf("definition = %s, want %s", got, want)
	}

	if got, want := parse(t, early).Name(), "until"; got != want {
		t.Errorf("name = %s, want %s", got, want)
	}
	pattern := periods.Pattern(parse(t, early), parse(t, office), parse(t, late))
	want := `office(begintime=09:00 endtime=17:00 weekdays=mon,tue,wed,friL monthdays=1,L,15W) ` +
		`"night (1)"(begintime=22:00 months=jan) until(endtime=06:00)`
	if got := pattern.String(); got != want {
		t.Errorf("pattern = %s\nwant %s", got, want)
	}
}
