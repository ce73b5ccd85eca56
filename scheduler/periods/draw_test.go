package periods_test

import (
	"fmt"
	"math/rand/v2"
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
		{"begin and end", list{office}, monday + 4, monday + 6, nil,
			[]string{"Fri 00:00 stopped", "Fri 09:00 running office", "Fri 17:00 stopped"}},
		{"begin only: any before, running to midnight, stopped on other days", list{begin}, monday + 1, monday + 4, nil,
			[]string{"Tue 00:00 any begin", "Tue 09:00 running begin", "Wed 00:00 any begin", "Wed 09:00 running begin", "Thu 00:00 stopped"}},
		{"end only: any before, stopped after and on other days", list{end}, monday + 2, monday + 4, nil,
			[]string{"Wed 00:00 any end", "Wed 18:00 stopped"}},
		{"no times: all day", list{all}, monday, monday + 4, nil, []string{"Mon 00:00 running all", "Thu 00:00 stopped"}},
		{"begin at midnight leaves no time before", list{period("b", "0:00", "", "*")}, monday, monday + 1, nil,
			[]string{"Mon 00:00 running b"}},
		{"end at midnight leaves no time before", list{period("e", "", "0:00", "*")}, monday, monday + 1, nil,
			[]string{"Mon 00:00 stopped"}},
		{"begin and end are the same", list{period("q", "9:00", "9:00", "*")}, monday, monday + 1, nil, []string{"Mon 00:00 stopped"}},
		{"a minute at the end of the day is bridged", list{evening, morning}, monday + 1, monday + 2, nil,
			[]string{"Tue 00:00 running morning", "Tue 06:00 stopped", "Tue 22:00 running evening", "Tue 23:59 running morning"}},
		{"but not where nothing follows", list{evening}, monday + 1, monday + 2, nil,
			[]string{"Tue 00:00 stopped", "Tue 22:00 running evening", "Tue 23:59 stopped"}},
		{"a minute within the day has the rule of what follows", list{late, early}, monday, monday + 1, nil,
			[]string{"Mon 00:00 stopped", "Mon 06:00 running early", "Mon 12:00 running late", "Mon 20:00 stopped"}},
		{"the later begin decides, no begin least", list{all, early, period("big", "8:00", "10:00", "*")}, monday, monday + 1, nil,
			[]string{"Mon 00:00 running all", "Mon 06:00 running early", "Mon 08:00 running big", "Mon 10:00 running early",
				"Mon 12:00 running all"}},
		{"among equal begins the first of the list decides", list{period("b", "6:00", "7:00", "*"), early}, monday, monday + 1, nil,
			[]string{"Mon 00:00 stopped", "Mon 06:00 running b", "Mon 07:00 running early", "Mon 12:00 stopped"}},
		{"no begin gives way to a begin at midnight", list{all, morning}, monday + 1, monday + 2, nil,
			[]string{"Tue 00:00 running morning", "Tue 06:00 running all"}},
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
		{"a window is left out, its end is marked", list{office}, monday, monday + 2, on(monday + 1),
			[]string{"Mon 00:00 stopped", "Mon 09:00 running office", "Mon 17:00 stopped", "mark Tue 17:00 office"}},
		{"begin only is as on other days, and marked where it would have stopped", list{begin}, monday + 1, monday + 4, on(monday + 2),
			[]string{"Tue 00:00 any begin", "Tue 09:00 running begin", "Wed 00:00 stopped", "mark Thu 00:00 begin"}},
		{"no mark where the next day leaves things alone", list{begin}, monday, monday + 2, on(monday),
			[]string{"Mon 00:00 stopped", "Tue 00:00 any begin", "Tue 09:00 running begin"}},
		{"no times is stopped all day", list{all}, monday, monday + 4, on(monday+1, monday+2),
			[]string{"Mon 00:00 running all", "Tue 00:00 stopped", "mark Thu 00:00 all"}},
		{"a mark belongs to the date on which it falls", list{all}, monday + 3, monday + 4, on(monday + 2),
			[]string{"Thu 00:00 stopped", "mark Thu 00:00 all"}},
		{"end only never opens", list{end}, monday + 1, monday + 2, on(monday + 1), []string{"Tue 00:00 any end", "Tue 18:00 stopped"}},
		{"no mark where bridging leaves no closing", list{evening, morning}, monday + 1, monday + 3, on(monday + 1),
			[]string{"Tue 00:00 stopped", "Wed 00:00 running morning", "Wed 06:00 stopped", "Wed 22:00 running evening",
				"Wed 23:59 running morning", "mark Tue 06:00 morning"}},
		{"one opening of a day", list{early, late}, monday, monday + 1, at(monday.At(12*60 + 1)),
			[]string{"Mon 00:00 stopped", "Mon 06:00 running early", "Mon 12:00 stopped", "mark Mon 20:00 late"}},
		{"no mark where another period runs", list{early, period("day", "7:00", "11:00", "*")}, monday, monday + 1, at(monday.At(7 * 60)),
			[]string{"Mon 00:00 stopped", "Mon 06:00 running early", "Mon 12:00 stopped"}},
		{"a period that never opens asks for no opening", list{period("q", "9:00", "9:00", "*")}, monday, monday + 1, never,
			[]string{"Mon 00:00 stopped"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.check(t)
		})
	}
}

// naive is a period whose days are told by a function instead of by an expression.
type naive struct {
	name       string
	begin, end int // -1: absent
	match      func(wall.Date) bool
}

func (n naive) state(date wall.Date, minute int) wall.State {
	switch {
	case !n.match(date):
		return wall.Stopped
	case n.begin < 0 && n.end < 0:
		return wall.Running
	case n.end < 0 && minute < n.begin, n.begin < 0 && minute < n.end:
		return wall.Any
	case n.end < 0, n.begin >= 0 && n.begin <= minute && minute < n.end:
		return wall.Running
	default:
		return wall.Stopped
	}
}

// stateAt looks at every period at one minute, as the peer does at each of its runs.
func stateAt(list []naive, m wall.Minute) (wall.State, string) {
	date := m.Date()
	minute := int(m - date.At(0))
	any, best := false, -1
	for i, n := range list {
		switch n.state(date, minute) {
		case wall.Any:
			any = true
		case wall.Running:
			if best < 0 || n.begin > list[best].begin {
				best = i
			}
		}
	}
	switch {
	case best >= 0:
		return wall.Running, list[best].name
	case any:
		return wall.Any, ""
	default:
		return wall.Stopped, ""
	}
}

func bridged(list []naive, m wall.Minute) (wall.State, string) {
	state, rule := stateAt(list, m)
	if state == wall.Stopped {
		before, _ := stateAt(list, m-1)
		after, next := stateAt(list, m+1)
		if before == wall.Running && after == wall.Running {
			return wall.Running, next
		}
	}
	return state, rule
}

// choice is a set of days both ways.
type choice struct {
	definition periods.Definition
	match      func(wall.Date) bool
}

func dayOfMonth(d wall.Date) int {
	_, _, day := d.Civil()
	return day
}

var choices = []choice{
	{periods.Definition{Weekdays: []string{"*"}}, func(wall.Date) bool { return true }},
	{periods.Definition{Weekdays: []string{"mon-fri"}}, func(d wall.Date) bool { return d.Weekday()%6 != 0 }},
	{periods.Definition{Weekdays: []string{"fri-mon"}}, func(d wall.Date) bool { return (d.Weekday()+2)%7 <= 3 }},
	{periods.Definition{Weekdays: []string{"tue#2"}}, func(d wall.Date) bool { return d.Weekday() == 2 && (dayOfMonth(d)-1)/7 == 1 }},
	{periods.Definition{MonthDays: []string{"1-20/5"}}, func(d wall.Date) bool { return dayOfMonth(d) <= 16 && dayOfMonth(d)%5 == 1 }},
	{periods.Definition{MonthDays: []string{"L"}}, func(d wall.Date) bool { return dayOfMonth(d+1) == 1 }},
}

// random makes a period both ways.
func random(r *rand.Rand, name string) (periods.Definition, naive) {
	// Few times, so that periods touch and leave holes of a minute.
	times := []int{-1, 0, 1, 9 * 60, 12*60 - 1, 12 * 60, 12*60 + 1, 18 * 60, 24*60 - 2, 24*60 - 1}
	n := naive{name: name, begin: times[r.IntN(len(times))], end: times[r.IntN(len(times))]}
	if n.begin > n.end && n.end >= 0 {
		n.begin, n.end = n.end, n.begin
	}
	chosen := choices[r.IntN(len(choices))]
	n.match = chosen.match
	d := chosen.definition
	d.Name = name
	if n.begin >= 0 {
		d.BeginTime = fmt.Sprintf("%d:%02d", n.begin/60, n.begin%60)
	}
	if n.end >= 0 {
		d.EndTime = fmt.Sprintf("%02d:%02d", n.end/60, n.end%60)
	}
	return d, n
}

func TestDrawingsEqualTheStateMinuteByMinute(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		var list []periods.Period
		var naives []naive
		for i := range 1 + r.IntN(4) {
			d, n := random(r, fmt.Sprintf("p%d", i))
			list = append(list, parse(t, d))
			naives = append(naives, n)
		}
		pattern := periods.Pattern(list...)
		from := monday + wall.Date(r.IntN(40))
		to := from + 1 + wall.Date(r.IntN(5))
		stretches := pattern.Draw(from, to, nil).Stretches
		tiles(t, stretches, from, to)
		for _, s := range stretches {
			for m := s.From; m < s.To; m++ {
				state, rule := bridged(naives, m)
				if s.State != state || state == wall.Running && s.Rule != rule {
					t.Fatalf("seed %d: %s at %s: %v %s, want %v %s", seed, pattern, m, s.State, s.Rule, state, rule)
				}
			}
		}
	}
}

// tiles checks that stretches cover [from, to) without gap or overlap.
func tiles(t testing.TB, stretches []wall.Stretch, from, to wall.Date) {
	t.Helper()
	at := from.At(0)
	for _, s := range stretches {
		if s.From != at || s.To <= s.From {
			t.Fatalf("stretch from %s to %s, want one from %s", s.From, s.To, at)
		}
		at = s.To
	}
	if at != to.At(0) {
		t.Fatalf("drawing ends at %s, want %s", at, to.At(0))
	}
}

func TestDrawingsDoNotDependOnTheirBounds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		var list []periods.Period
		for i := range 1 + r.IntN(4) {
			d, _ := random(r, fmt.Sprintf("p%d", i))
			list = append(list, parse(t, d))
		}
		pattern := periods.Pattern(list...)
		closed := func(m wall.Minute) bool { return m.Date()%3 == 0 }
		whole := pattern.Draw(monday, monday+12, closed)
		var joined wall.Drawing
		for date := monday; date < monday+12; date += 4 {
			part := pattern.Draw(date, date+4, closed)
			joined.Marks = append(joined.Marks, part.Marks...)
			for _, s := range part.Stretches {
				if n := len(joined.Stretches); n > 0 && joined.Stretches[n-1].State == s.State && joined.Stretches[n-1].Rule == s.Rule {
					joined.Stretches[n-1].To = s.To
					continue
				}
				joined.Stretches = append(joined.Stretches, s)
			}
		}
		if diff := cmp.Diff(joined, whole); diff != "" {
			t.Fatalf("seed %d: %s (-in parts +at once)\n%s", seed, pattern, diff)
		}
	}
}
