package periods_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/periods"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// monday is 1 June 2026.
var monday = wall.NewDate(2026, time.June, 1)

// write prints a drawing, a line a stretch and a mark, with the weekday before each time.
func write(d wall.Drawing) []string {
	at := func(m wall.Minute) string {
		hour, minute := m.Clock()
		return fmt.Sprintf("%.3s %02d:%02d", m.Date().Weekday(), hour, minute)
	}
	var lines []string
	for _, s := range d.Stretches {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", at(s.From), s.State, s.Rule)))
	}
	for _, m := range d.Marks {
		lines = append(lines, fmt.Sprintf("mark %s %s", at(m.At), m.Rule))
	}
	return lines
}

// period defines a period with times, either of which may be empty, on weekdays.
func period(name, begin, end, weekdays string) periods.Definition {
	return periods.Definition{Name: name, BeginTime: begin, EndTime: end, Weekdays: []string{weekdays}}
}

var (
	office  = period("office", "9:00", "17:00", "mon-fri")
	begin   = period("begin", "9:00", "", "mon-wed")
	end     = period("end", "", "18:00", "mon-wed")
	all     = period("all", "", "", "mon-wed")
	evening = period("evening", "22:00", "23:59", "mon-wed")
	morning = period("morning", "0:00", "6:00", "tue-thu")
	early   = period("early", "6:00", "12:00", "*")
	late    = period("late", "12:01", "20:00", "*")
)

// drawn is a row of the tests of Draw.
type drawn struct {
	name     string
	list     []periods.Definition
	from, to wall.Date
	closed   func(wall.Minute) bool
	want     []string
}

func (d drawn) check(t *testing.T) {
	t.Helper()
	var list []periods.Period
	for _, definition := range d.list {
		list = append(list, parse(t, definition))
	}
	got := write(periods.Pattern(list...).Draw(d.from, d.to, d.closed))
	if diff := cmp.Diff(got, d.want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	type list = []periods.Definition
	for _, test := range []drawn{
		{"no period wants stopped", nil, monday, monday + 1, nil, []string{"Mon 00:00 stopped"}},
		{"no dates", list{office}, monday, monday, nil, nil},
		{"dates the wrong way round", list{office}, monday, monday - 3, nil, nil},
		{
			"begin and end",
			list{office},
			monday + 4, monday + 6, nil,
			[]string{"Fri 00:00 stopped", "Fri 09:00 running office", "Fri 17:00 stopped"},
		},
		{
			"begin only: any before, running to midnight, stopped on other days",
			list{begin},
			monday + 1, monday + 4, nil,
			[]string{"Tue 00:00 any begin", "Tue 09:00 running begin", "Wed 00:00 any begin", "Wed 09:00 running begin", "Thu 00:00 stopped"},
		},
		{
			"end only: any before, stopped after and on other days",
			list{end},
			monday + 2, monday + 4, nil,
			[]string{"Wed 00:00 any end", "Wed 18:00 stopped"},
		},
		{"no times: all day", list{all}, monday, monday + 4, nil, []string{"Mon 00:00 running all", "Thu 00:00 stopped"}},
		{
			"begin at midnight leaves no time before",
			list{period("b", "0:00", "", "*")},
			monday, monday + 1, nil,
			[]string{"Mon 00:00 running b"},
		},
		{
			"end at midnight leaves no time before",
			list{period("e", "", "0:00", "*")},
			monday, monday + 1, nil,
			[]string{"Mon 00:00 stopped"},
		},
		{"begin and end are the same", list{period("q", "9:00", "9:00", "*")}, monday, monday + 1, nil, []string{"Mon 00:00 stopped"}},
		{
			"a minute at the end of the day is bridged",
			list{evening, morning},
			monday + 1, monday + 2, nil,
			[]string{"Tue 00:00 running morning", "Tue 06:00 stopped", "Tue 22:00 running evening", "Tue 23:59 running morning"},
		},
		{
			"but not where nothing follows",
			list{evening},
			monday + 1, monday + 2, nil,
			[]string{"Tue 00:00 stopped", "Tue 22:00 running evening", "Tue 23:59 stopped"},
		},
		{
			"a minute within the day has the rule of what follows",
			list{late, early},
			monday, monday + 1, nil,
			[]string{"Mon 00:00 stopped", "Mon 06:00 running early", "Mon 12:00 running late", "Mon 20:00 stopped"},
		},
		{
			"the later begin decides, no begin least",
			list{all, early, period("big", "8:00", "10:00", "*")},
			monday, monday + 1, nil,
			[]string{
				"Mon 00:00 running all", "Mon 06:00 running early", "Mon 08:00 running big", "Mon 10:00 running early",
				"Mon 12:00 running all",
			},
		},
		{
			"among equal begins the first of the list decides",
			list{period("b", "6:00", "7:00", "*"), early},
			monday, monday + 1, nil,
			[]string{"Mon 00:00 stopped", "Mon 06:00 running b", "Mon 07:00 running early", "Mon 12:00 stopped"},
		},
		{
			"no begin gives way to a begin at midnight",
			list{all, morning},
			monday + 1, monday + 2, nil,
			[]string{"Tue 00:00 running morning", "Tue 06:00 running all"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.check(t)
		})
	}
}

func TestDrawClosedDays(t *testing.T) {
	t.Parallel()
	type list = []periods.Definition
	on := func(dates ...wall.Date) func(wall.Minute) bool {
		return func(m wall.Minute) bool { return slices.Contains(dates, m.Date()) }
	}
	at := func(opening wall.Minute) func(wall.Minute) bool {
		return func(m wall.Minute) bool { return m == opening }
	}
	never := func(wall.Minute) bool { panic("asked") }
	for _, test := range []drawn{
		{
			"a window is left out, its end is marked",
			list{office},
			monday, monday + 2, on(monday + 1),
			[]string{"Mon 00:00 stopped", "Mon 09:00 running office", "Mon 17:00 stopped", "mark Tue 17:00 office (not opened)"},
		},
		{
			"begin only is as on other days, and marked where it would have stopped",
			list{begin},
			monday + 1, monday + 4, on(monday + 2),
			[]string{"Tue 00:00 any begin", "Tue 09:00 running begin", "Wed 00:00 stopped", "mark Thu 00:00 begin (not opened)"},
		},
		{
			"no mark where the next day leaves things alone",
			list{begin},
			monday, monday + 2, on(monday),
			[]string{"Mon 00:00 stopped", "Tue 00:00 any begin", "Tue 09:00 running begin"},
		},
		{
			"no times is stopped all day",
			list{all},
			monday, monday + 4, on(monday+1, monday+2),
			[]string{"Mon 00:00 running all", "Tue 00:00 stopped", "mark Thu 00:00 all (not opened)"},
		},
		{
			"a mark belongs to the date on which it falls",
			list{all},
			monday + 3, monday + 4, on(monday + 2),
			[]string{"Thu 00:00 stopped", "mark Thu 00:00 all (not opened)"},
		},
		{"end only never opens", list{end}, monday + 1, monday + 2, on(monday + 1), []string{"Tue 00:00 any end", "Tue 18:00 stopped"}},
		{
			"no mark where bridging leaves no closing",
			list{evening, morning},
			monday + 1, monday + 3, on(monday + 1),
			[]string{
				"Tue 00:00 stopped", "Wed 00:00 running morning", "Wed 06:00 stopped", "Wed 22:00 running evening",
				"Wed 23:59 running morning", "mark Tue 06:00 morning (not opened)",
			},
		},
		{
			"one opening of a day",
			list{early, late},
			monday, monday + 1, at(monday.At(12*60 + 1)),
			[]string{"Mon 00:00 stopped", "Mon 06:00 running early", "Mon 12:00 stopped", "mark Mon 20:00 late (not opened)"},
		},
		{
			"no mark where another period runs",
			list{early, period("day", "7:00", "11:00", "*")},
			monday, monday + 1, at(monday.At(7 * 60)),
			[]string{"Mon 00:00 stopped", "Mon 06:00 running early", "Mon 12:00 stopped"},
		},
		{
			"a period that never opens asks for no opening",
			list{period("q", "9:00", "9:00", "*")},
			monday, monday + 1, never,
			[]string{"Mon 00:00 stopped"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.check(t)
		})
	}
}
