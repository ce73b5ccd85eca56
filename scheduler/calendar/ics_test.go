package calendar_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/calendar"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// vcalendar wraps components in a VCALENDAR.
func vcalendar(parts ...string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\n" + strings.Join(parts, "\n") + "\nEND:VCALENDAR\n"
}

func vevent(lines ...string) string {
	return "BEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT"
}

func TestAllDayEvents(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why, text, want string
	}{
		{"one day", event("DTSTART;VALUE=DATE:20261224", "SUMMARY:x"), "2026-12-24 x"},
		{"one day by its end, which is exclusive", event("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261225", "SUMMARY:x"), "2026-12-24 x"},
		{"three days", event("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227", "SUMMARY:x"), "2026-12-24 x; 2026-12-25 x; 2026-12-26 x"},
		{"the same date twice is one day", event("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261224", "SUMMARY:x"), "2026-12-24 x"},
		{"by duration", event("DTSTART;VALUE=DATE:20261224", "DURATION:P2D", "SUMMARY:x"), "2026-12-24 x; 2026-12-25 x"},
		{"by a duration of nothing", event("DTSTART;VALUE=DATE:20261224", "DURATION:P0D", "SUMMARY:x"), "2026-12-24 x"},
		{"a date that is not called one", event("DTSTART:20261224", "SUMMARY:x"), "2026-12-24 x"},
		{"across the year", event("DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270102", "SUMMARY:x"), "2026-12-31 x; 2027-01-01 x"},
		{"without a name", event("DTSTART;VALUE=DATE:20261224"), "2026-12-24 untitled"},
		{"names in two languages", event("DTSTART;VALUE=DATE:20261224", "SUMMARY;LANGUAGE=ko:휴무", "SUMMARY;LANGUAGE=en:closed"), "2026-12-24 휴무"},
		{"escapes in a name", event("DTSTART;VALUE=DATE:20261224", `SUMMARY:a\, b\; c\nd \\ e`), `2026-12-24 a, b; c d \ e`},
		{"folded line, in the middle of a letter", event("DTSTART;VALUE=DATE:20261224", "SUMMARY:\xed\x9c\r\n \xb4무일  \r\n  끝"), "2026-12-24 휴무일 끝"},
		{"line ends of Unix and a byte order mark", "\ufeff" + strings.ReplaceAll(event("DTSTART:20261224", "SUMMARY:x"), "\r\n", "\n"), "2026-12-24 x"},
		{"quoted parameters and small letters", event(`dtstart;x-a="b:c;d",e;value=date:20261224`, "summary:x"), "2026-12-24 x"},
		{"alarms and to-dos are not events", vcalendar(vevent("DTSTART:20261224", "SUMMARY:x", "BEGIN:VALARM", "TRIGGER:-PT1H", "DURATION:PT5M", "END:VALARM"),
			"BEGIN:VTODO\nDTSTART:20261201\nEND:VTODO"), "2026-12-24 x"},
		{"free time counts", event("DTSTART:20261224", "TRANSP:TRANSPARENT", "SUMMARY:x"), "2026-12-24 x"},
		{"cancelled does not", vcalendar(vevent("DTSTART:20261201", "STATUS:CANCELLED"), vevent("DTSTART:20261224", "SUMMARY:x", "STATUS:CONFIRMED")), "2026-12-24 x"},
		{"two calendars in one file", event("DTSTART:20261224", "SUMMARY:x") + event("DTSTART:20261225", "SUMMARY:y"), "2026-12-24 x; 2026-12-25 y"},
		{"yearly", event("DTSTART:20241224", "SUMMARY:x", "RRULE:FREQ=YEARLY"), "2026-12-24 x; 2027-12-24 x"},
		{"yearly since long ago", event("DTSTART:16041224", "SUMMARY:x", "RRULE:FREQ=YEARLY"), "2026-12-24 x; 2027-12-24 x"},
		{"counted", event("DTSTART:20261130", "SUMMARY:x", "RRULE:FREQ=DAILY;COUNT=3"), "2026-11-30 x; 2026-12-01 x; 2026-12-02 x"},
		{"until a date", event("DTSTART:20261130", "SUMMARY:x", "RRULE:FREQ=DAILY;UNTIL=20261201"), "2026-11-30 x; 2026-12-01 x"},
		{"until a time", event("DTSTART:20261130", "SUMMARY:x", "RRULE:FREQ=DAILY;UNTIL=20261201T145959Z"), "2026-11-30 x; 2026-12-01 x"},
		{
			"recurring and long", event("DTSTART:20261225", "DTEND:20270103", "SUMMARY:x", "RRULE:FREQ=YEARLY;COUNT=1"),
			"2026-12-25 x; 2026-12-26 x; 2026-12-27 x; 2026-12-28 x; 2026-12-29 x; 2026-12-30 x; 2026-12-31 x; 2027-01-01 x; 2027-01-02 x",
		},
		{"further dates", event("DTSTART:20261224", "SUMMARY:x", "RDATE;VALUE=DATE:20261130,20270101"), "2026-11-30 x; 2026-12-24 x; 2027-01-01 x"},
		{
			"exceptions", event("DTSTART:20261224", "SUMMARY:x", "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;VALUE=DATE:20261225", "EXDATE:20261224T000000"),
			"2026-12-26 x; 2026-12-27 x",
		},
		{"one occurrence moved", vcalendar(vevent("UID:1", "DTSTART:20261224", "SUMMARY:x", "RRULE:FREQ=DAILY;COUNT=3"),
			vevent("UID:1", "RECURRENCE-ID;VALUE=DATE:20261225", "DTSTART:20261230", "SUMMARY:moved")), "2026-12-24 x; 2026-12-26 x; 2026-12-30 moved"},
		{"one occurrence cancelled, named before its event", vcalendar(vevent("UID:1", "RECURRENCE-ID:20261225", "DTSTART:20261225", "STATUS:CANCELLED"),
			vevent("UID:1", "DTSTART:20261224", "SUMMARY:x", "RRULE:FREQ=DAILY;COUNT=3")), "2026-12-24 x; 2026-12-26 x"},
		{"a changed occurrence without its event", event("UID:1", "RECURRENCE-ID:20261225", "DTSTART:20261230", "SUMMARY:moved"), "2026-12-30 moved"},
		{"an event of another name is not changed", vcalendar(vevent("UID:1", "DTSTART:20261224", "SUMMARY:x"),
			vevent("UID:2", "RECURRENCE-ID:20261224", "DTSTART:20261230", "SUMMARY:moved")), "2026-12-24 x; 2026-12-30 moved"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			got := show(parseICS(t, row.text).Days(minute(t, "2026-11-01 00:00").Date(), minute(t, "2028-01-01 00:00").Date()))
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimedEvents(t *testing.T) {
	t.Parallel()
	weekly := vevent("UID:1", "DTSTART;TZID=Europe/Berlin:20261001T220000", "DTEND;TZID=Europe/Berlin:20261002T020000", "RRULE:FREQ=WEEKLY;COUNT=5", "SUMMARY:x")
	for _, row := range []struct {
		why, text, zone string
		want            string
	}{
		{"in UTC", event("DTSTART:20261110T090000Z", "DTEND:20261110T100000Z", "SUMMARY:x"), "Asia/Seoul", "2026-11-10T18:00/2026-11-10T19:00 x"},
		{"in a zone", event("DTSTART;TZID=Asia/Seoul:20261110T180000", "DURATION:PT1H", "SUMMARY:x"), "UTC", "2026-11-10T09:00/2026-11-10T10:00 x"},
		{"floating", event("DTSTART:20261110T180000", "DURATION:PT1H", "SUMMARY:x"), "America/New_York", "2026-11-10T18:00/2026-11-10T19:00 x"},
		{"begin and end in two zones", event("DTSTART;TZID=Asia/Seoul:20261110T180000", "DTEND:20261110T100000Z", "SUMMARY:x"), "UTC", "2026-11-10T09:00/2026-11-10T10:00 x"},
		{"seconds widen to minutes", event("DTSTART:20261110T090030Z", "DTEND:20261110T235959Z", "SUMMARY:x"), "UTC", "2026-11-10T09:00/2026-11-11T00:00 x"},
		{"a short moment lasts a minute", event("DTSTART:20261110T090000Z", "DURATION:PT10S", "SUMMARY:x"), "UTC", "2026-11-10T09:00/2026-11-10T09:01 x"},
		{"many units", event("DTSTART:20261110T090000Z", "DURATION:+P1W2DT3H4M5S", "SUMMARY:x"), "UTC", "2026-11-10T09:00/2026-11-19T12:05 x"},
		{
			"weekly keeps the wall clock when the clocks go back", vcalendar(weekly), "Europe/Berlin",
			"2026-10-01T22:00/2026-10-02T02:00 x; 2026-10-08T22:00/2026-10-09T02:00 x; 2026-10-15T22:00/2026-10-16T02:00 x; " +
				"2026-10-22T22:00/2026-10-23T02:00 x; 2026-10-29T22:00/2026-10-30T02:00 x",
		},
		{
			"seen from UTC it moves", vcalendar(weekly), "UTC",
			"2026-10-01T20:00/2026-10-02T00:00 x; 2026-10-08T20:00/2026-10-09T00:00 x; 2026-10-15T20:00/2026-10-16T00:00 x; " +
				"2026-10-22T20:00/2026-10-23T00:00 x; 2026-10-29T21:00/2026-10-30T01:00 x",
		},
		{
			"a night across the change ends by the clock", event("DTSTART;TZID=Europe/Berlin:20261024T220000", "DTEND;TZID=Europe/Berlin:20261025T060000", "SUMMARY:x"), "UTC",
			"2026-10-24T20:00/2026-10-25T05:00 x",
		},
		{
			"a duration in hours is real time", event("DTSTART;TZID=Europe/Berlin:20261024T220000", "DURATION:PT8H", "SUMMARY:x"), "UTC",
			"2026-10-24T20:00/2026-10-25T04:00 x",
		},
		{
			"a duration in days is by the clock", event("DTSTART;TZID=Europe/Berlin:20261024T220000", "DURATION:P1D", "SUMMARY:x"), "UTC",
			"2026-10-24T20:00/2026-10-25T21:00 x",
		},
		{
			"exceptions in UTC and by date", vcalendar(strings.Replace(weekly, "SUMMARY", "EXDATE:20261008T200000Z\nEXDATE;VALUE=DATE:20261015\nEXDATE;TZID=Europe/Berlin:20261022T220000,20261029T220000\nSUMMARY", 1)),
			"Europe/Berlin", "2026-10-01T22:00/2026-10-02T02:00 x",
		},
		{
			"further times in another zone", event("DTSTART;TZID=Europe/Berlin:20261001T220000", "DURATION:PT1H", "RDATE;TZID=Asia/Seoul:20261002T090000", "SUMMARY:x"), "UTC",
			"2026-10-01T20:00/2026-10-01T21:00 x; 2026-10-02T00:00/2026-10-02T01:00 x",
		},
		{
			"until in UTC is compared in the event's zone", event("DTSTART;TZID=Asia/Seoul:20261001T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20261001T230000Z", "SUMMARY:x"),
			"Asia/Seoul", "2026-10-01T08:00/2026-10-01T09:00 x; 2026-10-02T08:00/2026-10-02T09:00 x",
		},
		{
			"one occurrence moved, named in UTC", vcalendar(strings.Replace(weekly, "COUNT=5", "COUNT=2", 1),
				vevent("UID:1", "RECURRENCE-ID:20261008T200000Z", "DTSTART;TZID=Europe/Berlin:20261009T220000", "DURATION:PT1H", "SUMMARY:moved")), "Europe/Berlin",
			"2026-10-01T22:00/2026-10-02T02:00 x; 2026-10-09T22:00/2026-10-09T23:00 moved",
		},
		{"one occurrence cancelled by date", vcalendar(strings.Replace(weekly, "COUNT=5", "COUNT=2", 1),
			vevent("UID:1", "RECURRENCE-ID;VALUE=DATE:20261008", "DTSTART:20261008", "STATUS:CANCELLED")), "Europe/Berlin", "2026-10-01T22:00/2026-10-02T02:00 x"},
		{
			"what has no length is left out", vcalendar(vevent("DTSTART:20261110T090000Z", "SUMMARY:reminder"), vevent("DTSTART:20261110T090000Z", "DURATION:PT1H", "SUMMARY:x")), "UTC",
			"2026-11-10T09:00/2026-11-10T10:00 x",
		},
		{"a Windows zone", event(`DTSTART;TZID="Korea Standard Time":20261110T180000`, "DURATION:PT1H", "SUMMARY:x"), "Asia/Seoul", "2026-11-10T18:00/2026-11-10T19:00 x"},
		{
			"a zone behind a path", event("DTSTART;TZID=/mozilla.org/20050126_1/America/Argentina/Buenos_Aires:20261110T180000", "DURATION:PT1H", "SUMMARY:x"), "UTC",
			"2026-11-10T21:00/2026-11-10T22:00 x",
		},
		{"a zone that says where it lies", vcalendar("BEGIN:VTIMEZONE\nTZID:Hauptsitz\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE",
			vevent("DTSTART;TZID=Hauptsitz:20261110T180000", "DURATION:PT1H", "SUMMARY:x")), "UTC", "2026-11-10T17:00/2026-11-10T18:00 x"},
		{"longer than its period", event("DTSTART:20261001T000000Z", "DURATION:P2D", "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:x"), "UTC", "2026-10-01T00:00/2026-10-07T00:00 x"},
		{"until further notice", event("DTSTART:20260901T000000Z", "DTEND:21000101T000000Z", "SUMMARY:x"), "UTC", "2026-09-15T00:00/2026-12-01T00:00 x"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			location := load(t, row.zone)
			got := parseICS(t, row.text).Spans(instant(t, "2026-09-15T00:00:00Z"), instant(t, "2026-12-01T00:00:00Z"), location)
			if diff := cmp.Diff(row.want, showSpans(got, location)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseICSRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, text, want string }{
		{"nothing", "", "test.ics: is not an iCalendar file: it has no VCALENDAR"},
		{"another format", "<html>\n<body>", `test.ics:1: "<html>" is not NAME:value`},
		{"another format with colons", "date: 2026-12-24\n", "test.ics:1: is not an iCalendar file: BEGIN:VCALENDAR comes first"},
		{"another component", "BEGIN:VCARD\nEND:VCARD\n", "test.ics:1: is not an iCalendar file: BEGIN:VCALENDAR comes first, not BEGIN:VCARD"},
		{"no events", "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", "test.ics: has no events"},
		{"no events that count", event("DTSTART:20261224", "STATUS:CANCELLED"), "test.ics: has no events that last: all 1 are cancelled or have no length"},
		{"a cancellation", strings.Replace(event("DTSTART:20261224"), "VERSION:2.0", "METHOD:CANCEL", 1), "test.ics: has no events that last: all 1 are cancelled or have no length"},
		{"cut off", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\n", "test.ics:2: VEVENT is not ended: the file breaks off"},
		{"cut off in a line", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=", "test.ics:3: DTSTART;VALUE: the line breaks off"},
		{"ends crossed", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "test.ics:3: END:VCALENDAR ends nothing: open is VEVENT of line 2"},
		{"too deep", strings.Repeat("BEGIN:VCALENDAR\n", 20), "test.ics:9: components are nested too deep"},
		{"an open quote", event(`DTSTART;TZID="Asia/Seoul:20261224T090000`), "test.ics:4: DTSTART;TZID: the quote is not closed"},
		{"a parameter without value", event("DTSTART;VALUE:20261224"), "test.ics:4: DTSTART has a parameter that is not KEY=value"},
		{"no begin", event("SUMMARY:x"), "test.ics:3: the event has no DTSTART"},
		{"two begins", event("DTSTART:20261224", "DTSTART:20261225"), "test.ics:5: the event of line 3 says DTSTART twice"},
		{"a date that does not exist", event("DTSTART:20260230"), `test.ics:4: DTSTART: "20260230" is not a date (20261224) or time (20261224T183000)`},
		{"a time that does not exist", event("DTSTART:20260220T250000"), `test.ics:4: DTSTART: "20260220T250000" is not a date (20261224) or time (20261224T183000)`},
		{"a time that is called a date", event("DTSTART;VALUE=DATE:20260220T090000"), `test.ics:4: DTSTART: "20260220T090000" is not a date (20261224)`},
		{"several dates", event("DTSTART:20260220,20260221"), "test.ics:4: DTSTART: holds more than one date"},
		{"an end before the begin", event("DTSTART:20261224", "DTEND:20261223"), "test.ics:5: DTEND: the event ends before it begins"},
		{"a date and a time", event("DTSTART:20261224", "DTEND:20261224T090000"), "test.ics:5: DTEND: of begin and end one is a date, one a time"},
		{"a zone and none", event("DTSTART:20261224T080000", "DTEND:20261224T090000Z"), "test.ics:5: DTEND: of begin and end one has a zone, one has none"},
		{"end and duration", event("DTSTART:20261224", "DTEND:20261226", "DURATION:P1D"), "test.ics:6: the event has both DTEND and DURATION"},
		{"a duration that is none", event("DTSTART:20261224", "DURATION:1D"), `test.ics:5: DURATION: "1D" is not a duration (P1D, PT8H30M)`},
		{"a negative duration", event("DTSTART:20261224", "DURATION:-P1D"), `test.ics:5: DURATION: "-P1D" is not a duration (P1D, PT8H30M)`},
		{"a huge duration", event("DTSTART:20261224T000000", "DURATION:PT9999999H"), `test.ics:5: DURATION: "PT9999999H" is not a duration (P1D, PT8H30M)`},
		{"hours of an all-day event", event("DTSTART:20261224", "DURATION:PT8H"), "test.ics:5: DURATION: an all-day event lasts whole days"},
		{"an unknown zone", event("DTSTART;TZID=Headquarters:20261224T090000"), `test.ics:4: DTSTART: TZID: unknown time zone "Headquarters": say an IANA name such as Asia/Seoul`},
		{"an unknown zone with a proposal", event("DTSTART;TZID=KST:20261224T090000"), `test.ics:4: DTSTART: TZID: unknown time zone "KST": say Asia/Seoul`},
		{"a zone described only by its rules", vcalendar("BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nTZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE",
			vevent("DTSTART;TZID=Customized Time Zone:20261224T090000")), `test.ics:10: DTSTART: TZID: unknown time zone "Customized Time Zone": say an IANA name such as Asia/Seoul`},
		{"every second", event("DTSTART:20261224T090000", "RRULE:FREQ=SECONDLY"), "test.ics:5: RRULE: FREQ=SECONDLY: a calendar here repeats daily at most; say BYHOUR with FREQ=DAILY"},
		{"a huge count", event("DTSTART:20261224", "RRULE:FREQ=DAILY;COUNT=1000000000"), `test.ics:5: RRULE: COUNT=1000000000: "1000000000" is not a number from 1 to 100000`},
		{"two rules", event("DTSTART:20261224", "RRULE:FREQ=DAILY", "RRULE:FREQ=YEARLY"), "test.ics:6: the event of line 3 says RRULE twice"},
		{"rules of exception", event("DTSTART:20261224", "RRULE:FREQ=DAILY", "EXRULE:FREQ=YEARLY"), "test.ics:6: EXRULE is not supported: RFC 5545 dropped it; say EXDATE"},
		{"recurring and longer than a year", event("DTSTART:20260101", "DTEND:20270201", "RRULE:FREQ=YEARLY"), "test.ics:3: the event recurs and lasts longer than a year"},
		{"periods", event("DTSTART:20261224T090000Z", "RDATE;VALUE=PERIOD:20261225T090000Z/PT1H"), "test.ics:5: RDATE: periods are not supported"},
		{"a further time of a date", event("DTSTART:20261224", "RDATE:20261225T090000Z"), "test.ics:5: RDATE: of it and DTSTART one is a date, one a time"},
		{"an excepted time of a date", event("DTSTART:20261224", "RRULE:FREQ=DAILY", "EXDATE:20261225T150000Z"), "test.ics:6: EXDATE: is a time, the event a date"},
		{
			"an exception with a zone of a time without", event("DTSTART:20261224T090000", "RRULE:FREQ=DAILY", "EXDATE:20261225T090000Z"),
			"test.ics:6: EXDATE: a time with a zone cannot be compared with one without",
		},
		{"this and future", event("UID:1", "DTSTART:20261224", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261224"), "test.ics:6: RECURRENCE-ID: RANGE is not supported: export the changed occurrences one by one"},
		{"a changed occurrence of what", event("DTSTART:20261224", "RECURRENCE-ID:20261224"), "test.ics:5: RECURRENCE-ID: without UID"},
		{"a changed occurrence that recurs", event("UID:1", "DTSTART:20261224", "RECURRENCE-ID:20261224", "RRULE:FREQ=DAILY"), "test.ics:7: RRULE: one changed occurrence cannot recur"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			_, err := calendar.ParseICS("test.ics", []byte(row.text))
			if err == nil {
				t.Fatalf("no error, want %s", row.want)
			}
			if diff := cmp.Diff(row.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseICSHasLimits(t *testing.T) {
	t.Parallel()
	const daily = "BEGIN:VEVENT\nDTSTART:20261224\nRRULE:FREQ=DAILY\nEND:VEVENT\n"
	for text, want := range map[string]string{
		strings.Repeat("X", 9<<20):             "test.ics: is larger than 8 MiB",
		vcalendar(strings.Repeat(daily, 2001)): "test.ics:8005: RRULE: the file has more than 2000 recurring events",
	} {
		if _, err := calendar.ParseICS("test.ics", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	// What is allowed is laid out in bearable time.
	c := parseICS(t, vcalendar(strings.Repeat(daily, 2000)))
	if got := len(c.Days(minute(t, "2026-12-01 00:00").Date(), minute(t, "2028-01-01 00:00").Date())); got != 373 {
		t.Errorf("%d days, want 373", got)
	}
}

// The files are laid out as Google Calendar, Outlook and Apple's Calendar write them.
func TestFilesOfWellKnownPrograms(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ file, want string }{
		{"google.ics", "2026-12-24T00:00/2026-12-27T00:00 연말 휴무; 2026-12-29T18:00/2026-12-29T23:00 릴리스 동결 (이동); 2027-01-05T18:00/2027-01-05T23:00 릴리스 동결"},
		{"outlook.ics", "2026-12-21T20:00/2026-12-22T02:00 Release freeze; 2026-12-31T00:00/2027-01-01T00:00 Betriebsruhe"},
		{"apple.ics", "2026-12-25T00:00/2026-12-26T00:00 Family day; 2027-01-04T09:00/2027-01-04T18:00 Offsite"},
	} {
		data, err := os.ReadFile("testdata/" + row.file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := calendar.ParseICS(row.file, data)
		if err != nil {
			t.Error(err)
			continue
		}
		seoul := load(t, "Asia/Seoul")
		got := showSpans(c.Spans(instant(t, "2026-12-20T00:00:00Z"), instant(t, "2027-01-10T00:00:00Z"), seoul), seoul)
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.file, diff)
		}
	}
}

func FuzzParseICS(f *testing.F) {
	for _, name := range []string{"google.ics", "outlook.ics", "apple.ics"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, lines := range [][]string{
		{"DTSTART;VALUE=DATE:20261224", "RRULE:FREQ=YEARLY;BYDAY=-1FR;BYMONTH=11"},
		{"DTSTART:20261224T090000", "DURATION:P1DT2H", "RRULE:FREQ=DAILY;BYHOUR=1,2,3;COUNT=99999"},
		{"UID:1", "DTSTART;TZID=Asia/Seoul:20261224T090000", "DTEND:20261224T120000Z", "EXDATE:20261225T000000Z", "RDATE:20270101T000000Z"},
		{"DTSTART:00010101", "DTEND:99991231", "SUMMARY:always"},
	} {
		f.Add([]byte(event(lines...)))
		f.Add([]byte(strings.Join(lines, "\n")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		begun := time.Now()
		// As a file, and as the lines of one event.
		for _, text := range []string{string(data), event(string(data))} {
			c, err := calendar.ParseICS("fuzz.ics", []byte(text))
			if err == nil {
				checkCalendar(t, c)
			} else if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// checkCalendar asks a calendar everything and checks that the answers are in order.
func checkCalendar(t *testing.T, c calendar.Calendar) {
	t.Helper()
	zone := time.FixedZone("fuzz", 9*3600)
	first := wall.NewDate(2026, time.December, 1)
	days := c.Days(first, first+400)
	for i, d := range days {
		if d.Name == "" || i > 0 && d.Date <= days[i-1].Date {
			t.Fatalf("days: %s", show(days))
		}
		if _, closed := c.Closed(d.Date.At(0), zone); !closed {
			t.Fatalf("%s is a day of the calendar, but open", d.Date)
		}
	}
	from := first.At(0).Instant(zone)
	spans := c.Spans(from, from.AddDate(1, 0, 0), zone)
	for i, s := range spans {
		if !s.From.Before(s.To) || i > 0 && !s.From.After(spans[i-1].To) {
			t.Fatalf("spans: %s", showSpans(spans, zone))
		}
		if _, closed := c.Closed(wall.At(s.From, zone), zone); !closed {
			t.Fatalf("%s is in a span of the calendar, but open", s.From)
		}
	}
	c.Days(wall.NewDate(1, time.January, 1), wall.NewDate(9999, time.January, 1))
	if c.Hash() == "" {
		t.Error("no hash")
	}
	_ = fmt.Sprint(c.Known())
}
