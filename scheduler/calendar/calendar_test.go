package calendar_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"offpeak/scheduler/calendar"
	"offpeak/scheduler/wall"
	"offpeak/scheduler/zone"

	"github.com/google/go-cmp/cmp"
)

func load(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := zone.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func entries(t testing.TB, texts ...string) []calendar.Day {
	t.Helper()
	var days []calendar.Day
	for _, text := range texts {
		more, err := calendar.ParseEntry(text)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, more...)
	}
	return days
}

func minute(t testing.TB, text string) wall.Minute {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return wall.NewDate(at.Date()).At(at.Hour()*60 + at.Minute())
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// event is the text of one VEVENT in its VCALENDAR.
func event(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

func parseICS(t testing.TB, text string) calendar.Calendar {
	t.Helper()
	c, err := calendar.ParseICS("test.ics", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func show(days []calendar.Day) string {
	var texts []string
	for _, d := range days {
		texts = append(texts, d.Date.String()+" "+d.Name)
	}
	return strings.Join(texts, "; ")
}

func showSpans(spans []calendar.Span, zone *time.Location) string {
	const layout = "2006-01-02T15:04"
	var texts []string
	for _, s := range spans {
		texts = append(texts, s.From.In(zone).Format(layout)+"/"+s.To.In(zone).Format(layout)+" "+s.Name)
	}
	return strings.Join(texts, "; ")
}

func TestClosed(t *testing.T) {
	t.Parallel()
	days := calendar.Of(entries(t, "2026-12-31 종무식", "2026-12-24..2026-12-26 Betriebsferien"))
	timed := parseICS(t, event("DTSTART;TZID=Asia/Seoul:20261110T180000", "DTEND;TZID=Asia/Seoul:20261110T230000", "SUMMARY:Migration"))
	floating := parseICS(t, event("DTSTART:20261110T180000", "DTEND:20261110T230000", "SUMMARY:Inventory"))
	for _, row := range []struct {
		why      string
		calendar calendar.Calendar
		zone     string
		opening  string
		want     string
	}{
		{"a day", days, "Asia/Seoul", "2026-12-31 08:30", "종무식"},
		{"from its first minute", days, "Asia/Seoul", "2026-12-31 00:00", "종무식"},
		{"to its last", days, "Asia/Seoul", "2026-12-31 23:59", "종무식"},
		{"not the day after", days, "Asia/Seoul", "2027-01-01 00:00", ""},
		{"the same date in any zone", days, "America/New_York", "2026-12-31 08:30", "종무식"},
		{"first of a range", days, "Europe/Berlin", "2026-12-24 08:30", "Betriebsferien"},
		{"last of a range", days, "Europe/Berlin", "2026-12-26 08:30", "Betriebsferien"},
		{"after a range", days, "Europe/Berlin", "2026-12-27 08:30", ""},
		{"before a timed event", timed, "Asia/Seoul", "2026-11-10 17:59", ""},
		{"at its begin", timed, "Asia/Seoul", "2026-11-10 18:00", "Migration"},
		{"in it", timed, "Asia/Seoul", "2026-11-10 22:59", "Migration"},
		{"at its end", timed, "Asia/Seoul", "2026-11-10 23:00", ""},
		{"the same instant elsewhere", timed, "Europe/Berlin", "2026-11-10 10:00", "Migration"},
		{"the same clock elsewhere is another instant", timed, "Europe/Berlin", "2026-11-10 18:00", ""},
		{"an event without zone keeps the schedule's clock", floating, "Europe/Berlin", "2026-11-10 18:00", "Inventory"},
		{"wherever that is", floating, "Asia/Seoul", "2026-11-10 18:00", "Inventory"},
		{"no calendar", calendar.Calendar{}, "Asia/Seoul", "2026-12-31 08:30", ""},
		{"long ago", days, "Asia/Seoul", "1800-01-01 08:30", ""},
		{"far ahead", days, "Asia/Seoul", "2800-01-01 08:30", ""},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			got, closed := row.calendar.Closed(minute(t, row.opening), load(t, row.zone))
			if got != row.want || closed != (row.want != "") {
				t.Errorf("Closed(%s) = %q, %t, want %q", row.opening, got, closed, row.want)
			}
		})
	}
}

func TestClosedNamesTheEventThatBeganFirst(t *testing.T) {
	t.Parallel()
	c := calendar.Union(
		parseICS(t, event("DTSTART:20261110T100000Z", "DTEND:20261110T120000Z", "SUMMARY:short")),
		parseICS(t, event("DTSTART:20261110T080000Z", "DTEND:20261110T200000Z", "SUMMARY:long")),
		parseICS(t, event("DTSTART:20261110T190000Z", "DTEND:20261110T210000Z", "SUMMARY:late")))
	for opening, want := range map[string]string{
		"2026-11-10 11:00": "long", "2026-11-10 19:30": "long", "2026-11-10 20:00": "late", "2026-11-10 20:59": "late", "2026-11-10 21:00": "",
	} {
		if got, _ := c.Closed(minute(t, opening), time.UTC); got != want {
			t.Errorf("%s: got %q, want %q", opening, got, want)
		}
	}
}

func TestDaysAcrossYears(t *testing.T) {
	t.Parallel()
	c := calendar.Of(entries(t, "2027-01-02 c", "2026-12-30..2027-01-01 b", "2026-12-31 a"))
	from, to := minute(t, "2026-12-31 00:00").Date(), minute(t, "2027-01-02 00:00").Date()
	if got, want := show(c.Days(from, to)), "2026-12-31 b, a; 2027-01-01 b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.Days(to, from); len(got) > 0 {
		t.Errorf("a range from back to front: %v", got)
	}
}

func TestManyNamesOnOneDate(t *testing.T) {
	t.Parallel()
	c := calendar.Of(entries(t, "2026-12-31 a", "2026-12-31 b", "2026-12-31 a", "2026-12-31 c", "2026-12-31 d", "2026-12-31 e"))
	if got, want := show(c.Days(0, 30000)), "2026-12-31 a, b, c ..."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUnionAndWith(t *testing.T) {
	t.Parallel()
	kr, err := calendar.Country("KR")
	if err != nil {
		t.Fatal(err)
	}
	company := calendar.Of(entries(t, "2026-10-02 창립기념일", "2026-10-09 체육대회"))
	from, to := minute(t, "2026-10-01 00:00").Date(), minute(t, "2026-11-01 00:00").Date()
	for _, row := range []struct {
		why      string
		calendar calendar.Calendar
		want     string
	}{
		{"union", calendar.Union(kr, company), "2026-10-02 창립기념일; 2026-10-03 개천절; 2026-10-05 대체공휴일(개천절); 2026-10-09 한글날, 체육대회"},
		{"union of one", calendar.Union(company), "2026-10-02 창립기념일; 2026-10-09 체육대회"},
		{"union of none", calendar.Union(), ""},
		{"union with nothing", calendar.Union(calendar.Calendar{}, company), "2026-10-02 창립기념일; 2026-10-09 체육대회"},
		{"added", kr.With(entries(t, "2026-10-30 임시공휴일"), nil), "2026-10-03 개천절; 2026-10-05 대체공휴일(개천절); 2026-10-09 한글날; 2026-10-30 임시공휴일"},
		{"removed", kr.With(nil, entries(t, "2026-10-05", "2026-10-07")), "2026-10-03 개천절; 2026-10-09 한글날"},
		{
			"removed and added is there, under the new name", kr.With(entries(t, "2026-10-05 근무 안 함"), entries(t, "2026-10-05")),
			"2026-10-03 개천절; 2026-10-05 근무 안 함; 2026-10-09 한글날",
		},
		{"added to nothing", calendar.Calendar{}.With(entries(t, "2026-10-30 임시공휴일"), entries(t, "2026-10-31")), "2026-10-30 임시공휴일"},
		{"nothing added, nothing removed", company.With(nil, nil), "2026-10-02 창립기념일; 2026-10-09 체육대회"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(row.want, show(row.calendar.Days(from, to))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, closed := kr.Closed(minute(t, "2026-10-05 09:00"), time.UTC); !closed {
		t.Error("an edit changed the calendar it was made from")
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	days := calendar.Of(entries(t, "2026-12-24..2026-12-25 Freeze", "2026-12-31 Inventory"))
	morning := parseICS(t, event("DTSTART:20261226T080000", "DTEND:20261226T120000", "SUMMARY:Release"))
	touching := parseICS(t, event("DTSTART:20261226T000000", "DTEND:20261226T020000", "SUMMARY:Release"))
	newYear := parseICS(t, event("DTSTART:20261231T220000", "DTEND:20270101T030000", "SUMMARY:Release"))
	const from, to = "2026-12-20T00:00:00Z", "2027-01-20T00:00:00Z"
	for _, row := range []struct {
		why, zone, from, to string
		calendar            calendar.Calendar
		want                string
	}{
		{
			"dates are the zone's days", "Europe/Berlin", from, to, days,
			"2026-12-24T00:00/2026-12-26T00:00 Freeze; 2026-12-31T00:00/2027-01-01T00:00 Inventory",
		},
		{
			"apart", "Asia/Seoul", from, to, calendar.Union(morning, days),
			"2026-12-24T00:00/2026-12-26T00:00 Freeze; 2026-12-26T08:00/2026-12-26T12:00 Release; 2026-12-31T00:00/2027-01-01T00:00 Inventory",
		},
		{
			"what touches is one", "Asia/Seoul", from, to, calendar.Union(touching, days),
			"2026-12-24T00:00/2026-12-26T02:00 Freeze, Release; 2026-12-31T00:00/2027-01-01T00:00 Inventory",
		},
		{
			"overlapping, across the year", "Asia/Seoul", from, to, calendar.Union(newYear, days),
			"2026-12-24T00:00/2026-12-26T00:00 Freeze; 2026-12-31T00:00/2027-01-01T03:00 Inventory, Release",
		},
		{"cut to what was asked", "UTC", "2026-12-24T06:00:00Z", "2026-12-25T18:00:00Z", days, "2026-12-24T06:00/2026-12-25T18:00 Freeze"},
		{"nothing asked", "UTC", to, from, days, ""},
		{"nothing there", "UTC", from, to, calendar.Calendar{}, ""},
		{"what ends where the question begins", "UTC", "2026-12-26T00:00:00Z", "2026-12-27T00:00:00Z", days, ""},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			location := load(t, row.zone)
			got := row.calendar.Spans(instant(t, row.from), instant(t, row.to), location)
			if diff := cmp.Diff(row.want, showSpans(got, location)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	// The day on which the clocks go back.
	long := calendar.Of(entries(t, "2026-10-25 x")).Spans(instant(t, from).AddDate(-1, 0, 0), instant(t, to), load(t, "Europe/Berlin"))
	if len(long) != 1 || long[0].To.Sub(long[0].From) != 25*time.Hour {
		t.Errorf("got %v, want 25 hours", long)
	}
	// Samoa had no 30 December 2011.
	if got := calendar.Of(entries(t, "2011-12-30 x")).Spans(instant(t, "2011-12-01T00:00:00Z"), instant(t, "2012-02-01T00:00:00Z"), load(t, "Pacific/Apia")); len(got) > 0 {
		t.Errorf("a day that was not: %v", got)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	kr, _ := calendar.Country("KR")
	us, _ := calendar.Country("US")
	ics := event("UID:1", "DTSTART;VALUE=DATE:20261224", "SUMMARY:x", "RRULE:FREQ=YEARLY")
	same := []struct {
		why  string
		a, b calendar.Calendar
	}{
		{"order of a union", calendar.Union(kr, us), calendar.Union(us, kr)},
		{"order of days", calendar.Of(entries(t, "2026-01-01 a", "2026-01-02 b")), calendar.Of(entries(t, "2026-01-02 b", "2026-01-01 a"))},
		{"a range or its dates", calendar.Of(entries(t, "2026-01-01..2026-01-02 a")), calendar.Of(entries(t, "2026-01-01 a", "2026-01-02 a"))},
		{"when a file was exported", parseICS(t, ics), parseICS(t, strings.Replace(ics, "UID:1", "UID:2\r\nDTSTAMP:20260101T000000Z\r\nTRANSP:OPAQUE", 1))},
		{"nothing removed", kr, kr.With(nil, nil)},
		{"no events", calendar.Calendar{}, calendar.Union()},
	}
	for _, row := range same {
		if row.a.Hash() != row.b.Hash() {
			t.Errorf("%s changes the hash", row.why)
		}
	}
	seen := map[string]string{}
	for why, c := range map[string]calendar.Calendar{
		"none": {}, "KR": kr, "US": us, "KR and US": calendar.Union(kr, us),
		"KR without a day":  kr.With(nil, entries(t, "2026-05-01")),
		"KR with a day":     kr.With(entries(t, "2026-05-04 x"), nil),
		"a day":             calendar.Of(entries(t, "2026-12-24 x")),
		"another day":       calendar.Of(entries(t, "2026-12-25 x")),
		"another name":      calendar.Of(entries(t, "2026-12-24 y")),
		"an event":          parseICS(t, ics),
		"a longer event":    parseICS(t, strings.Replace(ics, "RRULE", "DURATION:P2D\r\nRRULE", 1)),
		"an excepted event": parseICS(t, strings.Replace(ics, "RRULE", "EXDATE;VALUE=DATE:20271224\r\nRRULE", 1)),
		"another rule":      parseICS(t, strings.Replace(ics, "YEARLY", "MONTHLY", 1)),
	} {
		if other, twice := seen[c.Hash()]; twice {
			t.Errorf("%s and %s have one hash", why, other)
		}
		seen[c.Hash()] = why
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	kr, _ := calendar.Country("KR")
	c := calendar.Union(kr, parseICS(t, event("DTSTART;TZID=Asia/Seoul:20260105T180000", "DURATION:PT5H", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH", "SUMMARY:x")))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			zone := []*time.Location{load(t, "Asia/Seoul"), load(t, "Europe/Berlin")}[i%2]
			for d := minute(t, "2026-01-01 00:00").Date(); d < minute(t, "2028-01-01 00:00").Date(); d++ {
				c.Closed(d.At(19*60), zone)
			}
			c.Spans(instant(t, "2026-01-01T00:00:00Z"), instant(t, "2028-01-01T00:00:00Z"), zone)
		})
	}
	group.Wait()
}

// What Closed says must be what Spans and Days say.
func TestClosedAgreesWithSpans(t *testing.T) {
	t.Parallel()
	kr, _ := calendar.Country("KR")
	c := calendar.Union(kr,
		parseICS(t, event("DTSTART;TZID=America/New_York:20260105T220000", "DURATION:PT9H", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH", "SUMMARY:x")),
		parseICS(t, event("DTSTART:20260105T220000", "DURATION:P1DT3H", "RRULE:FREQ=MONTHLY;BYDAY=-1FR", "SUMMARY:y")))
	for _, name := range []string{"Asia/Seoul", "America/New_York", "UTC"} {
		location := load(t, name)
		spans := c.Spans(instant(t, "2025-12-01T00:00:00Z"), instant(t, "2029-01-01T00:00:00Z"), location)
		for d := minute(t, "2026-01-01 00:00").Date(); d < minute(t, "2028-12-01 00:00").Date(); d++ {
			for hour := range 24 {
				opening := d.At(hour * 60)
				_, closed := c.Closed(opening, location)
				at := opening.Instant(location)
				for len(spans) > 0 && !at.Before(spans[0].To) {
					spans = spans[1:]
				}
				held := len(spans) > 0 && !at.Before(spans[0].From)
				if wall.At(at, location) == opening && closed != held {
					t.Fatalf("%s %s: closed %t, in a span %t", name, opening, closed, held)
				}
			}
		}
	}
}

func BenchmarkClosedYear(b *testing.B) {
	kr, _ := calendar.Country("KR")
	c := calendar.Union(kr, parseICS(b, event("DTSTART;TZID=Asia/Seoul:20260105T180000", "DURATION:PT5H", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH", "SUMMARY:x")))
	seoul := load(b, "Asia/Seoul")
	first := wall.NewDate(2026, time.January, 1)
	b.ReportAllocs()
	for b.Loop() {
		for d := first; d < first+365; d++ {
			c.Closed(d.At(8*60+30), seoul)
		}
	}
}

func Example() {
	kr, err := calendar.Country("KR")
	if err != nil {
		fmt.Println(err)
		return
	}
	declared, err := calendar.ParseEntry("2026-12-31 임시공휴일")
	if err != nil {
		fmt.Println(err)
		return
	}
	seoul, _ := zone.Load("Asia/Seoul")
	opening := wall.NewDate(2026, time.December, 31).At(8*60 + 30)
	fmt.Println(kr.Closed(opening, seoul))
	fmt.Println(kr.With(declared, nil).Closed(opening, seoul))
	// Output:
	//  false
	// 임시공휴일 true
}
