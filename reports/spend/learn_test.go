package spend_test

import (
	"testing"
	"time"

	"offpeak/reports"
	"offpeak/reports/spend"
)

// schedules are the proposals of schedules, by resource.
func schedules(s *spend.Spend) map[string]reports.Action {
	all := map[string]reports.Action{}
	for _, a := range s.Actions {
		if a.Schedule != "" {
			all[a.Name] = a
		}
	}
	return all
}

const worker = "i-0123456789abcdef0"

// The schedule that a resource's own hours suggest, over thirteen weeks in Seoul.
func TestWhatAPatternSuggests(t *testing.T) {
	t.Parallel()
	every := func(n int) func(int, time.Time) bool { return func(day int, _ time.Time) bool { return day/7%n != 0 } }
	forgotten := func(b *bill) { // on in one evening of four
		b.office(worker, 20, 33, nil, func(day int, at time.Time) bool { return day%4 != 0 || at.Weekday() == time.Friday })
	}
	for _, row := range []struct {
		name string
		runs func(*bill)
		want string
	}{
		{"office hours, left on in some evenings", func(b *bill) { forgotten(b.office(worker, 9, 20, nil, nil)) }, "mon-fri 09:00-20:00"},
		{"one day of the week begins earlier, another ends later", func(b *bill) {
			forgotten(b.office(worker, 9, 18, nil, nil).office(worker, 7, 9, nil, func(_ int, at time.Time) bool { return at.Weekday() != time.Monday }).
				office(worker, 18, 20, nil, func(_ int, at time.Time) bool { return at.Weekday() != time.Thursday }))
		}, "mon-fri 07:00-20:00"},
		{"and some Saturdays", func(b *bill) {
			forgotten(b.office(worker, 9, 20, nil, nil))
			for week := range 13 {
				saturday := at(t, "2026-07-04T10:00:00+09:00").AddDate(0, 0, 7*week)
				if week%6 != 5 {
					b.ran(worker, saturday, saturday.Add(4*time.Hour), nil)
				}
			}
		}, "mon-fri 09:00-20:00 sat 10:00-14:00"},
		{"on from Monday to Friday, on in a few weekends", func(b *bill) {
			b.office(worker, 0, 24, nil, nil)
			for week := range 3 {
				saturday := at(t, "2026-07-04T00:00:00+09:00").AddDate(0, 0, 28*week)
				b.ran(worker, saturday, saturday.Add(48*time.Hour), nil)
			}
		}, "mon-fri 00:00-24:00"},
		{"a week of holidays changes nothing", func(b *bill) {
			forgotten(b.office(worker, 9, 20, nil, func(day int, _ time.Time) bool { return day/7 == 6 }))
		}, "mon-fri 09:00-20:00"},
		{"an hour that is done without in each other week is not needed", func(b *bill) { b.office(worker, 9, 18, nil, nil).office(worker, 18, 22, nil, every(2)) }, "mon-fri 09:00-18:00"},
		{"an hour that is done without in each fourth week is needed", func(b *bill) {
			forgotten(b.office(worker, 9, 18, nil, nil).office(worker, 18, 20, nil, func(day int, _ time.Time) bool { return day/7%4 == 0 }))
		}, "mon-fri 09:00-20:00"},
		{"in a protected environment", func(b *bill) {
			forgotten(b.office(worker, 9, 20, nil, nil))
			for i := range b.runs {
				b.runs[i].tags = map[string]string{"env": "prod"}
			}
		}, ""},
		{"in no environment", func(b *bill) {
			forgotten(b.office(worker, 9, 20, nil, nil))
			for i := range b.runs {
				b.runs[i].tags = nil
			}
		}, ""},
		{"nothing is left on: there is nothing to gain", func(b *bill) { b.office(worker, 9, 20, nil, nil) }, ""},
		{"now and then: no schedule suits it", func(b *bill) { b.office(worker, 9, 20, nil, every(3)) }, ""},
		{"weekends alone", func(b *bill) {
			for week := range 13 {
				saturday := at(t, "2026-07-04T00:00:00+09:00").AddDate(0, 0, 7*week)
				b.ran(worker, saturday, saturday.Add(48*time.Hour), nil)
			}
		}, ""},
		{"seen for three weeks", func(b *bill) {
			b.office(worker, 9, 20, nil, func(_ int, at time.Time) bool { return at.Before(july.AddDate(0, 2, 10)) })
			b.office(worker, 20, 33, nil, func(day int, at time.Time) bool { return day%2 != 0 || at.Before(july.AddDate(0, 2, 10)) })
		}, ""},
		{"ran no more in the last week", func(b *bill) {
			b.office(worker, 9, 20, nil, func(_ int, at time.Time) bool { return at.After(july.AddDate(0, 2, 20)) })
			b.office(worker, 20, 33, nil, func(day int, at time.Time) bool { return day%2 != 0 || at.After(july.AddDate(0, 2, 20)) })
		}, ""},
	} {
		b := (&bill{}).closed(quarter)
		row.runs(b)
		in := input(t, b)
		in.Usual = nil
		got := schedules(of(t, in))[worker]
		if got.Schedule != row.want || row.want != "" && (got.Detail != "pattern" || got.Code != "idle-schedule") {
			t.Errorf("%s: got %q (%s, %s), want %q", row.name, got.Schedule, got.Code, got.Detail, row.want)
		}
	}
}

// What is learned is of the clocks on the wall: an office in Berlin keeps its hours over the night in which they go back.
func TestAPatternOverAChangeOfTheClocks(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	b := &bill{}
	for day := range 92 {
		date := time.Date(2026, 10, 1+day, 0, 0, 0, 0, berlin)
		if date.Weekday() == time.Saturday || date.Weekday() == time.Sunday {
			continue
		}
		end := time.Date(2026, 10, 1+day, 18, 0, 0, 0, berlin)
		if day%5 == 0 {
			end = end.Add(4 * time.Hour) // left on
		}
		b.ran(worker, time.Date(2026, 10, 1+day, 8, 0, 0, 0, berlin), end, nil)
	}
	in := input(t, b)
	from := at(t, "2026-10-01T00:00:00Z")
	in.Period.From, in.Period.To, in.Before.To, in.Zone = from, from.AddDate(0, 3, 0), in.Before.From, berlin
	if got := schedules(of(t, in))[worker]; got.Schedule != "mon-fri 08:00-18:00" {
		t.Errorf("got %+v", got)
	}
}

// An hour of the bill lies in two hours of the clocks in India: both are kept open.
func TestAPatternBetweenHours(t *testing.T) {
	t.Parallel()
	b := &bill{}
	for day := range 92 {
		from := july.AddDate(0, 0, day).Add(4 * time.Hour) // 09:30 in India
		if from.Weekday() == time.Saturday || from.Weekday() == time.Sunday {
			continue
		}
		to := from.Add(8 * time.Hour) // 17:30
		if day%5 == 0 {
			to = to.Add(4 * time.Hour)
		}
		b.ran(worker, from, to, nil)
	}
	in := input(t, b)
	in.Zone = zone(t, "Asia/Kolkata")
	if got := schedules(of(t, in))[worker]; got.Schedule != "mon-fri 09:00-18:00" {
		t.Errorf("got %+v", got)
	}
}
