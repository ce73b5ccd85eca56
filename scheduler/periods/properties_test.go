package periods_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"offpeak/scheduler/periods"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

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
	indifferent, best := false, -1
	for i, n := range list {
		switch n.state(date, minute) {
		case wall.Any:
			indifferent = true
		case wall.Running:
			if best < 0 || n.begin > list[best].begin {
				best = i
			}
		}
	}
	switch {
	case best >= 0:
		return wall.Running, list[best].name
	case indifferent:
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
