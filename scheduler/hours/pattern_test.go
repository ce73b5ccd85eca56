package hours_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

func date(t testing.TB, text string) wall.Date {
	t.Helper()
	d, err := wall.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func windows(t testing.TB, text string) wall.Pattern {
	t.Helper()
	parsed, err := hours.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return hours.Windows(parsed.Windows...)
}

// edges reads start and stop times; either may be empty.
func edges(t testing.TB, start, stop string) wall.Pattern {
	t.Helper()
	read := func(text string) []hours.Edge {
		if text == "" {
			return nil
		}
		times, err := hours.ParseTimes(text)
		if err != nil {
			t.Fatal(err)
		}
		return times.Times
	}
	pattern, err := hours.Edges(read(start), read(stop))
	if err != nil {
		t.Fatal(err)
	}
	return pattern
}

// lines writes a drawing as a line for each beginning of a stretch, and for each mark after them.
func lines(d wall.Drawing) []string {
	var lines []string
	for _, s := range d.Stretches {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.From.Date().Weekday().String()[:3], s.From, s.State, s.Rule)))
	}
	for _, m := range d.Marks {
		lines = append(lines, fmt.Sprintf("%s %s mark %s", m.At.Date().Weekday().String()[:3], m.At, m.Rule))
	}
	return lines
}

// closedOn closes dates.
func closedOn(t testing.TB, dates ...string) func(wall.Minute) bool {
	t.Helper()
	closed := map[wall.Date]bool{}
	for _, text := range dates {
		closed[date(t, text)] = true
	}
	return func(opening wall.Minute) bool { return closed[opening.Date()] }
}

func TestDrawWindows(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why, text, from, to string
		closed              []string
		want                []string
	}{
		{"office hours, from Friday to Tuesday", "mon-fri 09:00-18:00", "2026-11-20", "2026-11-24", nil, []string{
			"Fri 2026-11-20 00:00 stopped", "Fri 2026-11-20 09:00 running mon-fri 09:00-18:00",
			"Fri 2026-11-20 18:00 stopped", "Mon 2026-11-23 09:00 running mon-fri 09:00-18:00", "Mon 2026-11-23 18:00 stopped",
		}},
		{"two ranges", "mon 09:00-12:00+13:00-18:00", "2026-11-23", "2026-11-24", nil, []string{
			"Mon 2026-11-23 00:00 stopped", "Mon 2026-11-23 09:00 running mon 09:00-12:00+13:00-18:00", "Mon 2026-11-23 12:00 stopped",
			"Mon 2026-11-23 13:00 running mon 09:00-12:00+13:00-18:00", "Mon 2026-11-23 18:00 stopped",
		}},
		{"a night that began before the first date", "mon 22:00-06:00", "2026-11-24", "2026-11-25", nil, []string{
			"Tue 2026-11-24 00:00 running mon 22:00-06:00", "Tue 2026-11-24 06:00 stopped",
		}},
		{"a night that ends after the last date", "tue 22:00-06:00", "2026-11-24", "2026-11-25", nil, []string{
			"Tue 2026-11-24 00:00 stopped", "Tue 2026-11-24 22:00 running tue 22:00-06:00",
		}},
		{"to midnight and on", "mon 18:00-24:00 tue 00:00-06:00", "2026-11-23", "2026-11-25", nil, []string{
			"Mon 2026-11-23 00:00 stopped", "Mon 2026-11-23 18:00 running mon 18:00-24:00",
			"Tue 2026-11-24 00:00 running tue 00:00-06:00", "Tue 2026-11-24 06:00 stopped",
		}},
		{"always", "daily 00:00-24:00", "2026-11-23", "2026-11-26", nil, []string{"Mon 2026-11-23 00:00 running daily 00:00-24:00"}},
		{"a minute before midnight is bridged, also at the end", "daily 00:00-23:59", "2026-11-23", "2026-11-26", nil, []string{
			"Mon 2026-11-23 00:00 running daily 00:00-23:59",
		}},
		{"overlaps join, with the rule that began last", "mon 09:00-18:00 mon 12:00-20:00", "2026-11-23", "2026-11-24", nil, []string{
			"Mon 2026-11-23 00:00 stopped", "Mon 2026-11-23 09:00 running mon 09:00-18:00",
			"Mon 2026-11-23 12:00 running mon 12:00-20:00", "Mon 2026-11-23 20:00 stopped",
		}},

		{"a weekend", "fri 18:00 - mon 08:00", "2026-11-20", "2026-11-24", nil, []string{
			"Fri 2026-11-20 00:00 stopped", "Fri 2026-11-20 18:00 running fri 18:00 - mon 08:00", "Mon 2026-11-23 08:00 stopped",
		}},
		{"a weekend that began before the first date", "fri 18:00 - mon 08:00", "2026-11-22", "2026-11-24", nil, []string{
			"Sun 2026-11-22 00:00 running fri 18:00 - mon 08:00", "Mon 2026-11-23 08:00 stopped",
		}},
		{"the end is the first that comes after", "wed,fri 18:00 - mon,thu 08:00", "2026-11-25", "2026-12-01", nil, []string{
			"Wed 2026-11-25 00:00 stopped", "Wed 2026-11-25 18:00 running wed+fri 18:00 - mon+thu 08:00", "Thu 2026-11-26 08:00 stopped",
			"Fri 2026-11-27 18:00 running wed+fri 18:00 - mon+thu 08:00", "Mon 2026-11-30 08:00 stopped",
		}},
		{"a span may end on the date it began", "fri 18:00 - fri,mon 20:00", "2026-11-20", "2026-11-22", nil, []string{
			"Fri 2026-11-20 00:00 stopped", "Fri 2026-11-20 18:00 running fri 18:00 - mon+fri 20:00", "Fri 2026-11-20 20:00 stopped",
		}},
		{"a span of a week less ten hours", "fri 18:00 - fri 08:00", "2026-11-26", "2026-11-28", nil, []string{
			"Thu 2026-11-26 00:00 running fri 18:00 - fri 08:00", "Fri 2026-11-27 08:00 stopped",
			"Fri 2026-11-27 18:00 running fri 18:00 - fri 08:00",
		}},
		{"a span of months, seen from its middle", "day 1 in jan 09:00 - day 31 in dec 18:00", "2026-12-30", "2027-01-02", nil, []string{
			"Wed 2026-12-30 00:00 running day 1 in jan 09:00 - day 31 in dec 18:00", "Thu 2026-12-31 18:00 stopped",
			"Fri 2027-01-01 09:00 running day 1 in jan 09:00 - day 31 in dec 18:00",
		}},
		{"a span of dates", "2026-12-24 18:00 - 2026-12-28 08:00", "2026-12-23", "2026-12-30", nil, []string{
			"Wed 2026-12-23 00:00 stopped", "Thu 2026-12-24 18:00 running 2026-12-24 18:00 - 2026-12-28 08:00", "Mon 2026-12-28 08:00 stopped",
		}},

		{"a holiday leaves a mark", "mon-fri 09:00-18:00", "2026-11-23", "2026-11-25", []string{"2026-11-23"}, []string{
			"Mon 2026-11-23 00:00 stopped", "Tue 2026-11-24 09:00 running mon-fri 09:00-18:00", "Tue 2026-11-24 18:00 stopped",
			"Mon 2026-11-23 18:00 mark mon-fri 09:00-18:00 (not opened)",
		}},
		{"a night belongs to the date on which it opens", "daily 22:00-06:00", "2026-11-23", "2026-11-25", []string{"2026-11-23"}, []string{
			"Mon 2026-11-23 00:00 running daily 22:00-06:00", "Mon 2026-11-23 06:00 stopped", "Tue 2026-11-24 22:00 running daily 22:00-06:00",
			"Tue 2026-11-24 06:00 mark daily 22:00-06:00 (not opened)",
		}},
		{"a mark of a night before the first date", "mon 22:00-06:00", "2026-11-24", "2026-11-25", []string{"2026-11-23"}, []string{
			"Tue 2026-11-24 00:00 stopped", "Tue 2026-11-24 06:00 mark mon 22:00-06:00 (not opened)",
		}},
		{"a mark at midnight belongs to the next date", "mon 18:00-24:00", "2026-11-23", "2026-11-24", []string{"2026-11-23"}, []string{
			"Mon 2026-11-23 00:00 stopped",
		}},
		{"and is drawn there", "mon 18:00-24:00", "2026-11-24", "2026-11-25", []string{"2026-11-23"}, []string{
			"Tue 2026-11-24 00:00 stopped", "Tue 2026-11-24 00:00 mark mon 18:00-24:00 (not opened)",
		}},
		{"a weekend that a holiday on Friday removes", "fri 18:00 - mon 08:00", "2026-11-20", "2026-11-24", []string{"2026-11-20"}, []string{
			"Fri 2026-11-20 00:00 stopped", "Mon 2026-11-23 08:00 mark fri 18:00 - mon 08:00 (not opened)",
		}},
		{"a holiday inside a weekend removes nothing", "fri 18:00 - mon 08:00", "2026-11-20", "2026-11-24", []string{"2026-11-21"}, []string{
			"Fri 2026-11-20 00:00 stopped", "Fri 2026-11-20 18:00 running fri 18:00 - mon 08:00", "Mon 2026-11-23 08:00 stopped",
		}},
		{"no mark while another window is open", "mon 22:00-10:00 tue 08:00-09:00", "2026-11-24", "2026-11-25", []string{"2026-11-24"}, []string{
			"Tue 2026-11-24 00:00 running mon 22:00-10:00", "Tue 2026-11-24 10:00 stopped",
		}},
		{"one mark for two windows of the same text", "mon 09:00-18:00 mon 09:00-18:00", "2026-11-23", "2026-11-24", []string{"2026-11-23"}, []string{
			"Mon 2026-11-23 00:00 stopped", "Mon 2026-11-23 18:00 mark mon 09:00-18:00 (not opened)",
		}},
	} {
		pattern := windows(t, row.text)
		from, to := date(t, row.from), date(t, row.to)
		drawing := pattern.Draw(from, to, closedOn(t, row.closed...))
		if diff := cmp.Diff(lines(drawing), row.want); diff != "" {
			t.Errorf("%s: %s from %s to %s, got -, want +:\n%s", row.why, row.text, row.from, row.to, diff)
		}
		checkTiling(t, drawing, from, to)
	}
}

func TestDrawEdges(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why, start, stop, from, to string
		closed                     []string
		want                       []string
	}{
		{"stop only", "", "mon-fri 21:00", "2026-11-20", "2026-11-24", nil, []string{
			"Fri 2026-11-20 00:00 any", "Fri 2026-11-20 21:00 stopped stop mon-fri 21:00", "Sat 2026-11-21 00:00 any",
			"Mon 2026-11-23 21:00 stopped stop mon-fri 21:00",
		}},
		{"start and stop", "mon-fri 08:00", "daily 21:00", "2026-11-22", "2026-11-24", nil, []string{
			"Sun 2026-11-22 00:00 any", "Sun 2026-11-22 21:00 stopped stop daily 21:00", "Mon 2026-11-23 00:00 any",
			"Mon 2026-11-23 08:00 running start mon-fri 08:00", "Mon 2026-11-23 21:00 stopped stop daily 21:00",
		}},
		{"a second stop leaves a mark", "", "daily 21:00,23:00", "2026-11-23", "2026-11-24", nil, []string{
			"Mon 2026-11-23 00:00 any", "Mon 2026-11-23 21:00 stopped stop daily 21:00+23:00",
			"Mon 2026-11-23 23:00 stopped stop daily 21:00+23:00", "Mon 2026-11-23 23:00 mark stop daily 21:00+23:00",
		}},
		{"a stop at midnight after a day of it leaves a mark", "", "daily 00:00", "2026-11-23", "2026-11-25", nil, []string{
			"Mon 2026-11-23 00:00 stopped stop daily 00:00", "Tue 2026-11-24 00:00 stopped stop daily 00:00",
			"Mon 2026-11-23 00:00 mark stop daily 00:00", "Tue 2026-11-24 00:00 mark stop daily 00:00",
		}},
		{"a holiday takes the start and leaves the stop", "mon-fri 08:00", "mon-fri 21:00", "2026-11-23", "2026-11-24", []string{"2026-11-23"}, []string{
			"Mon 2026-11-23 00:00 any", "Mon 2026-11-23 21:00 stopped stop mon-fri 21:00",
		}},
		{"at the same minute the stop wins", "mon 09:00", "daily 09:00", "2026-11-23", "2026-11-25", nil, []string{
			"Mon 2026-11-23 00:00 any", "Mon 2026-11-23 09:00 stopped stop daily 09:00", "Tue 2026-11-24 00:00 any",
			"Tue 2026-11-24 09:00 stopped stop daily 09:00",
		}},
		{"a minute of stopped is not bridged", "mon 09:00,12:01", "mon 12:00", "2026-11-23", "2026-11-24", nil, []string{
			"Mon 2026-11-23 00:00 any", "Mon 2026-11-23 09:00 running start mon 09:00+12:01",
			"Mon 2026-11-23 12:00 stopped stop mon 12:00", "Mon 2026-11-23 12:01 running start mon 09:00+12:01",
		}},
		{"days without edges want nothing", "", "2026-12-24 21:00", "2026-11-23", "2026-11-25", nil, []string{
			"Mon 2026-11-23 00:00 any",
		}},
	} {
		from, to := date(t, row.from), date(t, row.to)
		drawing := edges(t, row.start, row.stop).Draw(from, to, closedOn(t, row.closed...))
		if diff := cmp.Diff(lines(drawing), row.want); diff != "" {
			t.Errorf("%s: got -, want +:\n%s", row.why, diff)
		}
		checkTiling(t, drawing, from, to)
	}
}

func TestEdgesRejects(t *testing.T) {
	t.Parallel()
	times, err := hours.ParseTimes("mon-fri 09:00,21:00 sat 10:00")
	if err != nil {
		t.Fatal(err)
	}
	same, err := hours.ParseTimes("tue,mon,wed-fri 08:00,21:00")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hours.Edges(times.Times, same.Times); err == nil || err.Error() != "mon-fri 21:00 both starts and stops" {
		t.Errorf("the same edge starts and stops: %v", err)
	}
	if _, err := hours.Edges(nil, nil); err == nil {
		t.Error("no edge at all is accepted")
	}
}

func TestPatternsHaveCanonicalText(t *testing.T) {
	t.Parallel()
	if got, want := windows(t, "fri,mon 9:00-18:00, sat 10:00-14:00 Asia/Seoul").String(), "mon+fri 09:00-18:00 sat 10:00-14:00"; got != want {
		t.Errorf("windows are %q, want %q", got, want)
	}
	if got, want := edges(t, "mon-fri 8:00", "daily 21:00 last fri 18:00").String(), "start mon-fri 08:00; stop daily 21:00; stop last fri 18:00"; got != want {
		t.Errorf("edges are %q, want %q", got, want)
	}
	if got := lines(hours.Windows().Draw(date(t, "2026-11-23"), date(t, "2026-11-24"), nil)); !cmp.Equal(got, []string{"Mon 2026-11-23 00:00 stopped"}) {
		t.Errorf("no windows draw %q", got)
	}
}

// TestDrawAgainstDefinition asks each minute whether an opening covers it, as the definition of a window says.
func TestDrawAgainstDefinition(t *testing.T) {
	t.Parallel()
	from, to := wall.NewDate(2028, time.February, 20), wall.NewDate(2028, time.March, 20)
	for _, row := range accepted {
		parsed, err := hours.Parse(row.text)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]bool, int(to.At(0)-from.At(0)))
		for _, w := range parsed.Windows {
			for opens := from - 400; opens < to; opens++ {
				if !w.Opens.Match(opens) {
					continue
				}
				for _, r := range w.Ranges {
					for m := max(opens.At(r.From), from.At(0)); m < min(closing(w, r, opens), to.At(0)); m++ {
						want[m-from.At(0)] = true
					}
				}
			}
		}
		drawing := hours.Windows(parsed.Windows...).Draw(from, to, nil)
		for _, s := range drawing.Stretches {
			for m := s.From; m < s.To; m++ {
				if running := s.State == wall.Running; running != want[m-from.At(0)] {
					t.Fatalf("%s: %s is %s", row.text, m, s.State)
				}
			}
		}
	}
}

// closing is the end of the opening on a date.
func closing(w hours.Window, r hours.Range, opens wall.Date) wall.Minute {
	if !w.Span {
		end := opens.At(r.To)
		if r.To <= r.From {
			end = (opens + 1).At(r.To)
		}
		return end
	}
	for day := opens; day <= opens+366; day++ {
		if end := day.At(r.To); w.Closes.Match(day) && end > opens.At(r.From) {
			return end
		}
	}
	return opens.At(0)
}

// checkTiling checks that stretches cover the dates without holes and overlaps, and that marks lie on them where nothing runs.
func checkTiling(t testing.TB, d wall.Drawing, from, to wall.Date) {
	t.Helper()
	at := from.At(0)
	for _, s := range d.Stretches {
		if s.From != at || s.To <= s.From {
			t.Fatalf("a stretch from %s to %s, where the last ended at %s", s.From, s.To, at)
		}
		at = s.To
	}
	if at != to.At(0) {
		t.Fatalf("stretches end at %s, not %s", at, to.At(0))
	}
	for _, m := range d.Marks {
		if m.At < from.At(0) || to.At(0) <= m.At {
			t.Fatalf("a mark at %s", m.At)
		}
	}
}
