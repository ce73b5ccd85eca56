package periods_test

import (
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/periods"
	"offpeak/scheduler/wall"
)

func FuzzExpressions(f *testing.F) {
	for _, text := range []string{
		"mon", "Monday", "0", "*", "?", "L", "mon-fri", "fri-mon", "mon - fri", "mon/2", "tue-sat/2", "mon#1", "0#5", "friL", "4l", "*/2",
		"mon#6", "15W", "31W", "LW", "L-3", "25-L", "1-20/5", "2-L/9", "1/10", "1/0", "1/99999999999999999999", "20-5", "1,15,L", "nov-feb",
		"jan/3", "oct-mar/2", "janvier", "", ",", "/", "-", "#", "l-l", "1/x7y", "1/2/3", "mon-\nfri", "۱/۲", "1/\xff7",
	} {
		for field := range uint8(3) {
			f.Add(field, text)
		}
	}
	fields := []string{"weekdays", "monthdays", "months"}
	f.Fuzz(func(t *testing.T, field uint8, text string) {
		name := fields[int(field)%len(fields)]
		p, err := periods.Parse(set(name, text))
		if err != nil {
			return
		}
		// What the period says of itself means the same.
		normal := p.String()
		members, ok := strings.CutPrefix(strings.TrimSuffix(normal, ")"), "p("+name+"=")
		if !ok {
			members = "*"
		}
		again, err := periods.Parse(set(name, members))
		if err != nil {
			t.Fatalf("%q became %s: %v", text, normal, err)
		}
		if again.String() != normal {
			t.Errorf("%q became %s, and that %s", text, normal, again)
		}
		from, to := wall.NewDate(2026, time.January, 1), wall.NewDate(2027, time.January, 1)
		if got, want := dates(again, from, to), dates(p, from, to); len(got) != len(want) {
			t.Errorf("%q runs on %d days, %s on %d", text, len(want), normal, len(got))
		}
	})
}

func FuzzPeriod(f *testing.F) {
	f.Add("9:00", "17:00", "mon-fri", "", "", int16(0), uint8(7))
	f.Add("", "18:00", "", "L,1-20/5", "nov-feb", int16(100), uint8(3))
	f.Add("22:00", "", "mon#2,friL", "31W", "", int16(-400), uint8(40))
	f.Add("0:00", "23:59", "", "", "*", int16(20000), uint8(1))
	f.Add("", "0:00", "L", "", "feb", int16(59), uint8(0))
	f.Add("24:00", "9:5", "mo", "*/5", "13", int16(0), uint8(1))
	f.Fuzz(func(t *testing.T, begin, end, week, month, year string, start int16, length uint8) {
		d := periods.Definition{Name: "p", BeginTime: begin, EndTime: end}
		for _, s := range []struct {
			text string
			set  *[]string
		}{{week, &d.Weekdays}, {month, &d.MonthDays}, {year, &d.Months}} {
			if s.text != "" {
				*s.set = strings.Split(s.text, ";")
			}
		}
		p, err := periods.Parse(d)
		if err != nil {
			return
		}
		other, err := periods.Parse(periods.Definition{Name: "o", BeginTime: "12:01", EndTime: "23:59", Weekdays: []string{"wed"}})
		if err != nil {
			t.Fatal(err)
		}
		from := monday + wall.Date(start)
		to := from + wall.Date(length)
		for _, list := range [][]periods.Period{{p}, {p, other}, {other, p}} {
			pattern := periods.Pattern(list...)
			open := pattern.Draw(from, to, nil)
			tiles(t, open.Stretches, from, to)
			if len(open.Marks) > 0 {
				t.Errorf("%s has marks although nothing is closed", pattern)
			}
			closed := pattern.Draw(from, to, func(m wall.Minute) bool { return m.Date().Weekday() == time.Wednesday })
			tiles(t, closed.Stretches, from, to)
			for _, m := range closed.Marks {
				if date := m.At.Date(); date < from || to <= date {
					t.Errorf("%s has a mark at %s, outside of %s to %s", pattern, m.At, from, to)
				}
			}
			if length%32 == 0 { // a look at 28 years
				periods.Lints(list)
			}
		}
	})
}
