package wall_test

import (
	"testing"
	"testing/quick"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/scheduler/wall"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func date(t testing.TB, text string) wall.Date {
	t.Helper()
	d, err := wall.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestInstantOfAWallClockMinute(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, zone, day, want string }{
		{"an ordinary minute", "Asia/Seoul", "2026-11-20 08:30", "2026-11-19T23:30:00Z"},
		{"a skipped minute happens at the end of the gap", "Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:00:00Z"},
		{"the first minute of a gap too", "Europe/Berlin", "2026-03-29 02:00", "2026-03-29T01:00:00Z"},
		{"the minute after a gap is the same instant", "Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
		{"a repeated minute happens at its first showing", "Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z"},
		{"the minute before the repetition", "Europe/Berlin", "2026-10-25 01:59", "2026-10-24T23:59:00Z"},
		{"the minute after it", "Europe/Berlin", "2026-10-25 03:00", "2026-10-25T02:00:00Z"},
		{"half an hour is repeated on Lord Howe", "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45:00Z"},
		{"a day that Samoa left out begins and ends at one instant", "Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"},
		{"an offset of fourteen hours", "Pacific/Kiritimati", "2026-01-01 00:00", "2025-12-31T10:00:00Z"},
		{"before 1970", "UTC", "1969-12-31 23:59", "1969-12-31T23:59:00Z"},
	} {
		at, err := time.Parse("2006-01-02 15:04", row.day)
		if err != nil {
			t.Fatal(err)
		}
		m := wall.At(at, time.UTC)
		if got := m.Instant(zone(t, row.zone)).UTC().Format(time.RFC3339); got != row.want {
			t.Errorf("%s: %s in %s: got %s, want %s", row.name, row.day, row.zone, got, row.want)
		}
		if m.String() != row.day {
			t.Errorf("got %s, want %s", m, row.day)
		}
	}
}

// TestInstantsNeverGoBack checks that a later minute never happens earlier, and that the clock shows the minute at its instant or has
// jumped past it.
func TestInstantsNeverGoBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Seoul", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca"} {
		where := zone(t, name)
		property := func(minutes uint32) bool {
			m := wall.NewDate(2000, time.January, 1).At(int(minutes % (40 * 366 * wall.MinutesPerDay)))
			at, next := m.Instant(where), (m + 1).Instant(where)
			return !next.Before(at) && wall.At(at, where) >= m
		}
		if err := quick.Check(property, &quick.Config{MaxCount: 3000}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheLastDaysOfLeapYears checks minutes of 31 December where zones go on by a rule: Go ends such a year a day early.
func TestTheLastDaysOfLeapYears(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/New_York", "Europe/Berlin", "Pacific/Auckland", "America/Santiago", "Asia/Seoul"} {
		where := zone(t, name)
		for _, year := range []int{2024, 2028, 2040, 2041, 2044, 2096} {
			for hour := range 72 {
				m := wall.NewDate(year, time.December, 30).At(hour * 60)
				want := time.Date(year, time.December, 30, hour, 0, 0, 0, where)
				if got := m.Instant(where); !got.Equal(want) {
					t.Fatalf("%s in %s: got %s, want %s", m, name, got, want)
				}
			}
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1970-01-01", "2000-02-29", "2026-12-31", "1969-12-31", "2100-03-01"} {
		d := date(t, text)
		want, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		if d.String() != text || d.Weekday() != want.Weekday() || d.At(90).Date() != d {
			t.Errorf("%s: got %s, %s", text, d, d.Weekday())
		}
	}
	for _, text := range []string{"", "2026-2-1", "2026-02-30", "2026-13-01", "20261224", "2026-12-24 "} {
		if d, err := wall.ParseDate(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	fri := [7]bool{time.Friday: true}
	for _, row := range []struct {
		name string
		days wall.Days
		in   []string
		out  []string
	}{
		{"no condition matches all", wall.Days{}, []string{"2026-02-28", "1999-01-01"}, nil},
		{"a weekday", wall.Days{Weekdays: fri}, []string{"2026-11-20"}, []string{"2026-11-21"}},
		{"the second Tuesday", wall.Days{Weeks: [7]uint8{time.Tuesday: 1 << 2}}, []string{"2026-11-10"}, []string{"2026-11-03", "2026-11-17"}},
		{"the fifth Monday, where there is one", wall.Days{Weeks: [7]uint8{time.Monday: 1 << 5}}, []string{"2026-11-30"}, []string{"2026-10-26"}},
		{"the last Friday", wall.Days{Weeks: [7]uint8{time.Friday: 1 << wall.LastWeek}}, []string{"2026-11-27", "2026-02-27"}, []string{"2026-11-20"}},
		{"Friday the 13th: both must hold", wall.Days{Weekdays: fri, MonthDays: 1 << 13}, []string{"2026-11-13"}, []string{"2026-11-20", "2026-12-13"}},
		{"day 31 skips shorter months", wall.Days{MonthDays: 1 << 31}, []string{"2026-10-31"}, []string{"2026-11-30"}},
		{"the last day", wall.Days{LastDay: true}, []string{"2026-11-30", "2024-02-29"}, []string{"2026-11-29", "2024-02-28"}},
		{"nearest to a Saturday is the Friday before", wall.Days{Nearest: 1 << 15}, []string{"2026-08-14"}, []string{"2026-08-15", "2026-08-17"}},
		{"nearest to a Sunday is the Monday after", wall.Days{Nearest: 1 << 15}, []string{"2026-11-16"}, []string{"2026-11-15"}},
		{"a first that is a Saturday goes forward, inside the month", wall.Days{Nearest: 1 << 1}, []string{"2026-08-03"}, []string{"2026-07-31"}},
		{"a last that is a Sunday goes back, inside the month", wall.Days{Nearest: 1 << 31}, []string{"2026-05-29"}, []string{"2026-06-01"}},
		{"nearest to 31 in a shorter month means its last day", wall.Days{Nearest: 1 << 31}, []string{"2026-04-30"}, []string{"2026-04-29"}},
		{"months", wall.Days{Months: 1<<11 | 1<<2}, []string{"2026-11-01", "2026-02-28"}, []string{"2026-12-01"}},
		{"dates", wall.Days{Dates: []wall.Range{{First: date(t, "2026-12-24"), Last: date(t, "2026-12-26")}}}, []string{"2026-12-24", "2026-12-26"}, []string{"2026-12-27"}},
	} {
		for _, in := range row.in {
			if !row.days.Match(date(t, in)) {
				t.Errorf("%s: %s does not match", row.name, in)
			}
		}
		for _, out := range row.out {
			if row.days.Match(date(t, out)) {
				t.Errorf("%s: %s matches", row.name, out)
			}
		}
	}
	if (wall.Days{MonthDays: 1 << 30, Months: 1 << 2}).Ever() {
		t.Error("30 February was found")
	}
	if !(wall.Days{MonthDays: 1 << 29, Months: 1 << 2, Weekdays: fri}).Ever() {
		t.Error("a Friday 29 February was not found")
	}
}

func TestTile(t *testing.T) {
	t.Parallel()
	run := func(from, to wall.Minute, rule string) wall.Stretch {
		return wall.Stretch{From: from, To: to, State: wall.Running, Rule: rule}
	}
	maybe := func(from, to wall.Minute) wall.Stretch {
		return wall.Stretch{From: from, To: to, State: wall.Any, Rule: "any"}
	}
	stop := func(from, to wall.Minute) wall.Stretch { return wall.Stretch{From: from, To: to, State: wall.Stopped} }
	for _, row := range []struct {
		name string
		in   []wall.Stretch
		want []wall.Stretch
	}{
		{"nothing is stopped", nil, []wall.Stretch{stop(0, 100)}},
		{"touching windows join where the rule is one", []wall.Stretch{run(10, 20, "a"), run(20, 30, "a")}, []wall.Stretch{stop(0, 10), run(10, 30, "a"), stop(30, 100)}},
		{"of overlapping ones the last to begin gives the rule", []wall.Stretch{run(10, 50, "a"), run(20, 30, "b")}, []wall.Stretch{stop(0, 10), run(10, 20, "a"), run(20, 30, "b"), run(30, 50, "a"), stop(50, 100)}},
		{"of those that begin together the first of the list", []wall.Stretch{run(10, 50, "a"), run(10, 30, "b")}, []wall.Stretch{stop(0, 10), run(10, 50, "a"), stop(50, 100)}},
		{"a hole of one minute is bridged with the next rule", []wall.Stretch{run(10, 20, "a"), run(21, 30, "b")}, []wall.Stretch{stop(0, 10), run(10, 20, "a"), run(20, 30, "b"), stop(30, 100)}},
		{"a hole of two minutes is not", []wall.Stretch{run(10, 20, "a"), run(22, 30, "a")}, []wall.Stretch{stop(0, 10), run(10, 20, "a"), stop(20, 22), run(22, 30, "a"), stop(30, 100)}},
		{"running beats any, any beats stopped", []wall.Stretch{maybe(0, 60), run(10, 20, "a")}, []wall.Stretch{maybe(0, 10), run(10, 20, "a"), maybe(20, 60), stop(60, 100)}},
		{"what reaches over the ends is cut", []wall.Stretch{run(-50, 5, "a"), run(95, 200, "a")}, []wall.Stretch{run(0, 5, "a"), stop(5, 95), run(95, 100, "a")}},
	} {
		if diff := cmp.Diff(wall.Tile(0, 100, row.in), row.want); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}
