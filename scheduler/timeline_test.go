package scheduler_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler"
	"offpeak/scheduler/calendar"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/periods"
	"offpeak/scheduler/wall"
)

// zones have clock changes of an hour and of half an hour, in both hemispheres, none at all, and odd offsets.
var zones = []string{
	"Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
	"America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Apia",
}

func compiled(t *testing.T, text, zoneName string) *scheduler.Compiled {
	t.Helper()
	h, err := hours.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return scheduler.Compile(scheduler.Schedule{Name: "s", Zone: zone(zoneName), Pattern: hours.Windows(h.Windows...)})
}

func TestStateAtInstants(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, hours, zone, at, want string }{
		{"the first minute of a window is in it", "mon-fri 08:30-19:30", "Asia/Seoul", "2026-11-20T08:30:00+09:00", "running"},
		{"the end of a window is not", "mon-fri 08:30-19:30", "Asia/Seoul", "2026-11-20T19:30:00+09:00", "stopped"},
		{"the second before it is", "mon-fri 08:30-19:30", "Asia/Seoul", "2026-11-20T19:29:59+09:00", "running"},
		{"past midnight belongs to the day on which it opened", "fri 22:00-06:00", "Asia/Seoul", "2026-11-21T05:59:00+09:00", "running"},
		{"and to no other", "fri 22:00-06:00", "Asia/Seoul", "2026-11-20T05:59:00+09:00", "stopped"},
		{"a span over the weekend", "fri 18:00 - mon 08:00", "Asia/Seoul", "2026-11-22T12:00:00+09:00", "running"},
		{"clocks jump forward: opens at 03:00, not 02:00", "daily 02:30-05:00", "Europe/Rome", "2026-03-29T01:59:59+01:00", "stopped"},
		{"clocks jump forward: opens at the first instant after the gap", "daily 02:30-05:00", "Europe/Rome", "2026-03-29T03:00:00+02:00", "running"},
		{"a window inside the gap does not open", "daily 02:10-02:50", "Europe/Rome", "2026-03-29T03:00:00+02:00", "stopped"},
		{"clocks go back: closes at the first 02:30", "daily 00:00-02:30", "Europe/Rome", "2026-10-25T02:30:00+02:00", "stopped"},
		{"clocks go back: does not open again in the second 02:15", "daily 00:00-02:30", "Europe/Rome", "2026-10-25T02:15:00+01:00", "stopped"},
		{"a day that does not exist", "2011-12-30 09:00-18:00", "Pacific/Apia", "2011-12-30T23:00:00Z", "stopped"},
		{"a hole of one minute is bridged", "daily 00:00-23:59", "Asia/Seoul", "2026-11-20T23:59:30+09:00", "running"},
		{"a hole of two minutes is not", "daily 00:00-23:58", "Asia/Seoul", "2026-11-20T23:59:30+09:00", "stopped"},
		{"a hole at the turn of the year is bridged too", "daily 00:00-23:59", "Asia/Seoul", "2026-12-31T23:59:30+09:00", "running"},
	} {
		when, err := time.Parse(time.RFC3339, row.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := compiled(t, row.hours, row.zone).State(when).String(); got != row.want {
			t.Errorf("%s: %s in %s at %s: got %s, want %s", row.name, row.hours, row.zone, row.at, got, row.want)
		}
	}
}

func TestEdgesAroundAnInstant(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, hours, at, last, next string }{
		{"inside office hours", "mon-fri 08:30-19:30", "2026-11-20 12:00", "running Fri 2026-11-20 08:30 KST", "stopped Fri 2026-11-20 19:30 KST"},
		{"over the weekend", "mon-fri 08:30-19:30", "2026-11-21 12:00", "stopped Fri 2026-11-20 19:30 KST", "running Mon 2026-11-23 08:30 KST"},
		{"an edge at the instant is the last, not the next", "mon-fri 08:30-19:30", "2026-11-20 19:30", "stopped Fri 2026-11-20 19:30 KST", "running Mon 2026-11-23 08:30 KST"},
		{"touching windows have no edge between them", "daily 08:00-12:00+12:00-18:00", "2026-11-20 12:00", "running Fri 2026-11-20 08:00 KST", "stopped Fri 2026-11-20 18:00 KST"},
		{"years ahead: 29 February", "day 29 in feb 09:00-18:00", "2025-01-01 00:00", "stopped Thu 2024-02-29 18:00 KST", "running Tue 2028-02-29 09:00 KST"},
		{"before the only date", "2026-12-24 09:00-13:00", "2026-11-20 12:00", "-", "running Thu 2026-12-24 09:00 KST"},
		{"after the only date", "2026-12-24 09:00-13:00", "2027-03-01 12:00", "stopped Thu 2026-12-24 13:00 KST", "-"},
	} {
		r := compiled(t, row.hours, "Asia/Seoul").Read(at(row.at))
		if got := edgeText(r.Last); got != row.last {
			t.Errorf("%s: last edge: got %s, want %s", row.name, got, row.last)
		}
		if got := edgeText(r.Next); got != row.next {
			t.Errorf("%s: next edge: got %s, want %s", row.name, got, row.next)
		}
	}
}

func edgeText(e scheduler.Edge) string {
	if e.At.IsZero() {
		return "-"
	}
	return e.Want.String() + " " + e.At.Format(scheduler.Clock)
}

func TestClosedDaysKeepTheirClosings(t *testing.T) {
	t.Parallel()
	h, err := hours.Parse("mon-fri 08:30-19:30")
	if err != nil {
		t.Fatal(err)
	}
	c := scheduler.Compile(scheduler.Schedule{
		Name: "office", Zone: seoul, Pattern: hours.Windows(h.Windows...),
		Closed: holidays("2026-11-24,holiday"),
	})
	var got []string
	for _, e := range c.Edges(at("2026-11-23 00:00"), at("2026-11-26 00:00")) {
		got = append(got, edgeText(e))
	}
	want := "running Mon 2026-11-23 08:30 KST, stopped Mon 2026-11-23 19:30 KST, stopped Tue 2026-11-24 19:30 KST, " +
		"running Wed 2026-11-25 08:30 KST, stopped Wed 2026-11-25 19:30 KST"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("got %s\nwant %s", text, want)
	}
}

// TestCompiledAgreesWithWalkingTheClock compares the compiled schedule with a slow, separate evaluation: a person who walks from minute
// to minute, reads the wall clock, and remembers the furthest time it has shown. A boundary happens when the clock first shows it or
// jumps past it, so the state is what the pattern says of that furthest time.
func TestCompiledAgreesWithWalkingTheClock(t *testing.T) {
	t.Parallel()
	for seed := range int64(150) {
		r := rand.New(rand.NewSource(seed))
		zoneName := zones[r.Intn(len(zones))]
		pattern := randomPattern(r)
		schedule := scheduler.Schedule{Name: "s", Zone: zone(zoneName), Pattern: pattern}
		if r.Intn(3) == 0 {
			schedule.Closed = randomClosed(r)
		}
		c := scheduler.Compile(schedule)
		begin := randomBegin(r, schedule.Zone)
		name := fmt.Sprintf("seed %d: %s in %s", seed, pattern, zoneName)
		walk(t, name, c, schedule, begin, begin.Add(5*24*time.Hour))
	}
}

// walk compares minute by minute.
func walk(t *testing.T, name string, c *scheduler.Compiled, s scheduler.Schedule, from, to time.Time) {
	t.Helper()
	closed := func(opening wall.Minute) bool {
		for _, named := range s.Closed {
			if _, closed := named.Calendar.Closed(opening, s.Zone); closed {
				return true
			}
		}
		return false
	}
	wants := wantsByDefinition(s.Pattern, wall.At(from, s.Zone).Date(), closed)
	furthest := wall.At(from.Add(-3*time.Hour), s.Zone)
	for at := from.Add(-3 * time.Hour); at.Before(to); at = at.Add(time.Minute) {
		furthest = max(furthest, wall.At(at, s.Zone))
		if at.Before(from) {
			continue // let the clock show a repeated hour first
		}
		want := wants(furthest)
		if got := c.State(at); got != want {
			t.Errorf("%s: at %s (%s) got %s, want %s", name, at.Format(time.RFC3339), at.In(s.Zone).Format(scheduler.Clock), got, want)
			return
		}
	}
}

// wantsByDefinition says what a pattern wants at a minute. Windows are looked at one by one, as their definition reads; periods, which
// recorded cases of the peer cover, by their drawing.
func wantsByDefinition(p wall.Pattern, day wall.Date, closed func(wall.Minute) bool) func(wall.Minute) wall.State {
	h, err := hours.Parse(p.String())
	if err != nil {
		drawing := p.Draw(day-10, day+25, closed)
		return func(m wall.Minute) wall.State { return stateOf(drawing, m) }
	}
	open := func(m wall.Minute) bool { return openByDefinition(h.Windows, m, closed) }
	return func(m wall.Minute) wall.State {
		if open(m) || open(m-1) && open(m+1) {
			return wall.Running
		}
		return wall.Stopped
	}
}

// openByDefinition looks for a date, up to nine days back, whose window is open at a minute.
func openByDefinition(windows []hours.Window, m wall.Minute, closed func(wall.Minute) bool) bool {
	for _, w := range windows {
		for day := m.Date(); day > m.Date()-10; day-- {
			if !w.Opens.Match(day) {
				continue
			}
			for _, r := range w.Ranges {
				opens, closes := day.At(r.From), day.At(r.To)
				switch {
				case w.Span:
					for d := day; closes <= opens || !w.Closes.Match(d); {
						d++
						closes = d.At(r.To)
					}
				case r.To <= r.From:
					closes += wall.MinutesPerDay
				}
				if opens <= m && m < closes && !closed(opens) {
					return true
				}
			}
		}
	}
	return false
}

func stateOf(d wall.Drawing, m wall.Minute) wall.State {
	for _, s := range d.Stretches {
		if s.From <= m && m < s.To {
			return s.State
		}
	}
	return wall.Any
}

// randomBegin is near a clock change most of the time.
func randomBegin(r *rand.Rand, where *time.Location) time.Time {
	begin := time.Date(2024+r.Intn(7), time.Month(1+r.Intn(12)), 1+r.Intn(28), 0, 0, 0, 0, time.UTC)
	if r.Intn(4) > 0 {
		if _, change := begin.In(where).ZoneBounds(); !change.IsZero() && change.Year() < 2031 {
			begin = change.Add(-time.Duration(r.Intn(3*24)) * time.Hour).Truncate(time.Hour)
		}
	}
	return begin
}

func randomClosed(r *rand.Rand) []scheduler.NamedCalendar {
	var days []calendar.Day
	for range 400 {
		days = append(days, calendar.Day{Date: wall.NewDate(2024, time.January, 1+r.Intn(7*365)), Name: "closed"})
	}
	return []scheduler.NamedCalendar{{Name: "random", Calendar: calendar.Of(days)}}
}

// randomPattern draws a schedule in one of the vocabularies.
func randomPattern(r *rand.Rand) wall.Pattern {
	for {
		if r.Intn(3) == 0 {
			if p := randomPeriods(r); p != nil {
				return p
			}
			continue
		}
		var parts []string
		for range 1 + r.Intn(3) {
			parts = append(parts, randomDays(r)+" "+randomClock(r)+"-"+randomClock(r))
		}
		if r.Intn(4) == 0 {
			parts = append(parts, fmt.Sprintf("%s %s - %s %s", weekday(r), randomClock(r), weekday(r), randomClock(r)))
		}
		if h, err := hours.Parse(strings.Join(parts, " ")); err == nil {
			return hours.Windows(h.Windows...)
		}
	}
}

func randomPeriods(r *rand.Rand) wall.Pattern {
	var list []periods.Period
	for i := range 1 + r.Intn(3) {
		d := periods.Definition{Name: fmt.Sprint("p", i), Weekdays: []string{weekday(r) + "-" + weekday(r)}}
		if r.Intn(4) > 0 {
			d.BeginTime = randomClock(r)
		}
		if r.Intn(4) > 0 {
			d.EndTime = randomClock(r)
		}
		p, err := periods.Parse(d)
		if err != nil {
			return nil
		}
		list = append(list, p)
	}
	return periods.Pattern(list...)
}

func randomDays(r *rand.Rand) string {
	switch r.Intn(6) {
	case 0:
		return "daily"
	case 1:
		return fmt.Sprintf("day %d", 1+r.Intn(28))
	case 2:
		return "last " + weekday(r)
	case 3:
		return fmt.Sprintf("workday nearest %d", 1+r.Intn(31))
	case 4:
		return "2nd " + weekday(r)
	default:
		return weekday(r) + "-" + weekday(r)
	}
}

func weekday(r *rand.Rand) string {
	return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}[r.Intn(7)]
}

// randomClock is in the hours of clock changes half of the time.
func randomClock(r *rand.Rand) string {
	hour := r.Intn(24)
	if r.Intn(2) == 0 {
		hour = 1 + r.Intn(3)
	}
	return fmt.Sprintf("%02d:%02d", hour, r.Intn(60))
}
