package hours_test

import (
	"testing"

	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// accepted holds texts and their canonical form.
var accepted = []struct{ why, text, want string }{
	// Days.
	{"a weekday", "sat 10:00-14:00", "sat 10:00-14:00"},
	{"full names, any case", "MONDAY-Fri 09:00-18:00", "mon-fri 09:00-18:00"},
	{"a range", "mon-fri 09:00-18:00", "mon-fri 09:00-18:00"},
	{"spaces around a dash decide nothing", "mon - fri 09:00 - 18:00", "mon-fri 09:00-18:00"},
	{"no space at all", "mon-fri09:00-18:00sat10:00-14:00Asia/Seoul", "mon-fri 09:00-18:00 sat 10:00-14:00 Asia/Seoul"},
	{"line breaks of YAML", "mon-fri\n  09:00-18:00\n", "mon-fri 09:00-18:00"},
	{"a range past Sunday", "fri-mon 09:00-18:00", "fri-mon 09:00-18:00"},
	{"a range around the week", "wed-tue 09:00-18:00", "daily 09:00-18:00"},
	{"a list by comma", "tue,thu 22:00-06:00", "tue+thu 22:00-06:00"},
	{"a list by plus", "tue + thu 22:00-06:00", "tue+thu 22:00-06:00"},
	{"a list is put in order", "fri,wed,mon 09:00-18:00", "mon+wed+fri 09:00-18:00"},
	{"neighbours become a range", "sun,sat 09:00-18:00", "sat-sun 09:00-18:00"},
	{"ranges in lists", "mon-wed,fri 09:00-18:00", "mon-wed+fri 09:00-18:00"},
	{"daily", "daily 09:00-18:00", "daily 09:00-18:00"},
	{"every weekday is daily", "mon-sun 09:00-18:00", "daily 09:00-18:00"},
	{"daily adds nothing to a condition", "daily mon-fri 09:00-18:00", "mon-fri 09:00-18:00"},
	{"Korean weekdays", "월-금 09:00-18:00", "mon-fri 09:00-18:00"},
	{"Korean weekdays, long", "월요일~금요일 09:00~18:00", "mon-fri 09:00-18:00"},
	{"Korean list", "화,목,일요일 09:00-18:00", "tue+thu+sun 09:00-18:00"},
	{"Korean daily", "매일 09:00-18:00", "daily 09:00-18:00"},

	// Weekdays of a month.
	{"second of a month", "2nd tue 09:00-18:00", "2nd tue 09:00-18:00"},
	{"last of a month", "last fri 09:00-18:00", "last fri 09:00-18:00"},
	{"a list of them", "1st mon,3rd mon 09:00-18:00", "1st mon+3rd mon 09:00-18:00"},
	{"ordinals share a weekday", "1st,3rd mon 09:00-18:00", "1st mon+3rd mon 09:00-18:00"},
	{"ordinals and last share a weekday", "1st+last mon 09:00-18:00", "1st mon+last mon 09:00-18:00"},
	{"a range of ordinals", "1st..3rd tue 09:00-18:00", "1st tue+2nd tue+3rd tue 09:00-18:00"},
	{"a range of ordinals, dash", "4th-5th tue 09:00-18:00", "4th tue+5th tue 09:00-18:00"},
	{"first to fifth are all", "1st..5th tue 09:00-18:00", "tue 09:00-18:00"},
	{"every Friday and the first Monday", "fri,1st mon 09:00-18:00", "fri+1st mon 09:00-18:00"},
	{"every Monday includes the first", "mon,1st mon 09:00-18:00", "mon 09:00-18:00"},

	// Days of a month.
	{"day", "day 15 09:00-18:00", "day 15 09:00-18:00"},
	{"day range", "day 1-5 09:00-18:00", "day 1-5 09:00-18:00"},
	{"day list", "day 1,15 09:00-18:00", "day 1+15 09:00-18:00"},
	{"day list, the word again", "day 15,day 1 - 3 09:00-18:00", "day 1-3+15 09:00-18:00"},
	{"all days are daily", "day 1-31 09:00-18:00", "daily 09:00-18:00"},
	{"day 31 exists, in some months", "day 31 09:00-18:00", "day 31 09:00-18:00"},
	{"day 29 of February exists, in some years", "day 29 in feb 09:00-18:00", "day 29 in feb 09:00-18:00"},
	{"last day", "last day 09:00-18:00", "last day 09:00-18:00"},
	{"days and the last", "last day,day 15 09:00-18:00", "day 15+last day 09:00-18:00"},
	{"workday nearest", "workday nearest 15 09:00-18:00", "workday nearest 15 09:00-18:00"},
	{"workdays nearest", "workday nearest 1,15 09:00-18:00", "workday nearest 1+15 09:00-18:00"},
	{"workday nearest the end", "workday nearest 31 in feb 09:00-18:00", "workday nearest 31 in feb 09:00-18:00"},

	// Dates.
	{"a date", "2026-12-24 09:00-13:00", "2026-12-24 09:00-13:00"},
	{"a range of dates", "2026-12-24..2026-12-26 09:00-13:00", "2026-12-24..2026-12-26 09:00-13:00"},
	{"a tilde between dates is ..", "2026-12-24~2026-12-26 09:00-13:00", "2026-12-24..2026-12-26 09:00-13:00"},
	{"an ellipsis is ..", "2026-12-24…2026-12-26 09:00-13:00", "2026-12-24..2026-12-26 09:00-13:00"},
	{"a list of dates", "2026-12-31,2026-12-24 09:00-13:00", "2026-12-24+2026-12-31 09:00-13:00"},
	{"dates that touch are joined", "2026-12-24,2026-12-25..2026-12-27 09:00-13:00", "2026-12-24..2026-12-27 09:00-13:00"},

	// Months, and conditions together.
	{"months", "mon-fri in jan,march 09:00-18:00", "mon-fri in jan+mar 09:00-18:00"},
	{"months past December", "mon-fri in nov-feb 09:00-18:00", "mon-fri in nov-feb 09:00-18:00"},
	{"every month is no condition", "mon-fri in jan-dec 09:00-18:00", "mon-fri 09:00-18:00"},
	{"daily in a month", "daily in dec 09:00-18:00", "daily in dec 09:00-18:00"},
	{"weekday and day of the month", "fri day 13 09:00-18:00", "fri day 13 09:00-18:00"},
	{"the other way round", "day 13 fri 09:00-18:00", "fri day 13 09:00-18:00"},
	{"weekdays and the first week", "mon-fri day 1-7 09:00-18:00", "mon-fri day 1-7 09:00-18:00"},
	{"weekdays in a range of dates", "mon-fri 2026-12-01..2026-12-31 09:00-18:00", "mon-fri 2026-12-01..2026-12-31 09:00-18:00"},
	{"all kinds", "mon-fri day 1-7 2026-01-01..2026-12-31 in jun 09:00-18:00", "mon-fri day 1-7 2026-01-01..2026-12-31 in jun 09:00-18:00"},

	// Times.
	{"an hour of one digit", "mon-fri 9:00-18:00", "mon-fri 09:00-18:00"},
	{"a tilde as dash", "mon~fri 09:00 ~ 18:00", "mon-fri 09:00-18:00"},
	{"an en dash", "mon–fri 09:00–18:00", "mon-fri 09:00-18:00"},
	{"an em dash", "mon—fri 09:00—18:00", "mon-fri 09:00-18:00"},
	{"past midnight", "mon-fri 22:00-06:00", "mon-fri 22:00-06:00"},
	{"to midnight", "mon-fri 18:00-24:00", "mon-fri 18:00-24:00"},
	{"00:00 as an end is 24:00", "mon-fri 18:00-00:00", "mon-fri 18:00-24:00"},
	{"all day", "mon-fri 00:00-24:00", "mon-fri 00:00-24:00"},
	{"ranges by plus", "mon-fri 09:00-12:00+13:00-18:00", "mon-fri 09:00-12:00+13:00-18:00"},
	{"ranges by comma, put in order", "mon-fri 13:00-18:00, 09:00-12:00", "mon-fri 09:00-12:00+13:00-18:00"},
	{"the same range twice", "mon-fri 09:00-12:00+09:00-12:00", "mon-fri 09:00-12:00"},
	{"overlapping ranges stay as written", "mon-fri 09:00-12:00+11:00-18:00", "mon-fri 09:00-12:00+11:00-18:00"},

	// Spans.
	{"a span", "fri 18:00 - mon 08:00", "fri 18:00 - mon 08:00"},
	{"a span without spaces", "fri 18:00-mon 08:00", "fri 18:00 - mon 08:00"},
	{"a span of dates", "2026-12-24 18:00 - 2026-12-28 08:00", "2026-12-24 18:00 - 2026-12-28 08:00"},
	{"a tilde makes a span of dates too", "2026-12-24 18:00~2026-12-28 08:00", "2026-12-24 18:00 - 2026-12-28 08:00"},
	{"a span to midnight", "fri 18:00 - sun 24:00", "fri 18:00 - sun 24:00"},
	{"a span from several days", "wed,fri 18:00 - mon 08:00", "wed+fri 18:00 - mon 08:00"},
	{"a span of conditions", "last fri in dec 18:00 - 1st mon in jan 08:00", "last fri in dec 18:00 - 1st mon in jan 08:00"},
	{"a span of a week less ten hours", "fri 18:00 - fri 08:00", "fri 18:00 - fri 08:00"},
	{"a span inside each of its days is a range", "fri 08:00 - fri 18:00", "fri 08:00-18:00"},
	{"a span from each day to the next is a range", "daily 18:00 - daily 08:00", "daily 18:00-08:00"},
	{"each workday night and the weekend", "mon-fri 18:00 - mon-fri 08:00", "mon-fri 18:00 - mon-fri 08:00"},

	// Several windows.
	{"a further window follows", "mon-fri 09:00-12:00+13:00-18:00 sat 10:00-14:00", "mon-fri 09:00-12:00+13:00-18:00 sat 10:00-14:00"},
	{"after a comma", "mon-fri 09:00-18:00, sat 10:00-14:00", "mon-fri 09:00-18:00 sat 10:00-14:00"},
	{"after a plus", "mon-fri 09:00-18:00+sat 10:00-14:00", "mon-fri 09:00-18:00 sat 10:00-14:00"},
	{"after a semicolon", "mon-fri 09:00-18:00; sat 10:00-14:00", "mon-fri 09:00-18:00 sat 10:00-14:00"},
	{"after a span", "fri 18:00 - mon 08:00 wed 10:00-14:00", "fri 18:00 - mon 08:00 wed 10:00-14:00"},
	{"a span after a window", "wed 10:00-14:00 fri 18:00 - mon 08:00", "wed 10:00-14:00 fri 18:00 - mon 08:00"},
	{"a date after a window", "mon-fri 09:00-18:00, 2026-12-26 10:00-14:00", "mon-fri 09:00-18:00 2026-12-26 10:00-14:00"},

	// Zones.
	{"a zone", "mon-fri 09:00-18:00 Asia/Seoul", "mon-fri 09:00-18:00 Asia/Seoul"},
	{"a zone for all windows", "mon-fri 09:00-18:00 sat 10:00-14:00 Asia/Seoul", "mon-fri 09:00-18:00 sat 10:00-14:00 Asia/Seoul"},
	{"a comma before the zone", "mon-fri 09:00-18:00, Asia/Seoul", "mon-fri 09:00-18:00 Asia/Seoul"},
	{"a zone with hyphens", "mon-fri 09:00-18:00 America/Port-au-Prince", "mon-fri 09:00-18:00 America/Port-au-Prince"},
	{"a zone of three parts", "mon-fri 09:00-18:00 America/Argentina/Buenos_Aires", "mon-fri 09:00-18:00 America/Argentina/Buenos_Aires"},
	{"a zone with a sign", "mon-fri 09:00-18:00 Etc/GMT+9", "mon-fri 09:00-18:00 Etc/GMT+9"},
	{"UTC", "mon-fri 09:00-18:00 UTC", "mon-fri 09:00-18:00 UTC"},
}

func TestParseRewrites(t *testing.T) {
	t.Parallel()
	for _, row := range accepted {
		got, err := hours.Parse(row.text)
		if err != nil {
			t.Errorf("%s: Parse(%q): %v", row.why, row.text, err)
			continue
		}
		if got.String() != row.want {
			t.Errorf("%s: Parse(%q) is %q, want %q", row.why, row.text, got, row.want)
		}
		again, err := hours.Parse(got.String())
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Errorf("%s: %q read again: %v %s", row.why, got, err, diff)
		}
	}
}

func TestParseGivesValues(t *testing.T) {
	t.Parallel()
	got, err := hours.Parse("mon,2nd tue in dec 22:00-06:00 fri 18:00 - mon 08:00 UTC")
	if err != nil {
		t.Fatal(err)
	}
	weekend := hours.Window{
		Opens: wall.Days{Weekdays: [7]bool{5: true}}, Ranges: []hours.Range{{From: 18 * 60, To: 8 * 60}},
		Span: true, Closes: wall.Days{Weekdays: [7]bool{1: true}},
	}
	nights := hours.Window{
		Opens:  wall.Days{Weekdays: [7]bool{1: true}, Weeks: [7]uint8{2: 1 << 2}, Months: 1 << 12},
		Ranges: []hours.Range{{From: 22 * 60, To: 6 * 60}},
	}
	want := hours.Hours{Windows: []hours.Window{nights, weekend}, Zone: "UTC"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestParseTimes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, text, want string }{
		{"daily", "daily 21:00", "daily 21:00"},
		{"days", "mon-fri 21:00", "mon-fri 21:00"},
		{"several times", "last fri 22:00,18:00", "last fri 18:00+22:00"},
		{"the same time twice", "daily 21:00+21:00", "daily 21:00"},
		{"midnight", "tue-sat 00:00", "tue-sat 00:00"},
		{"several rules and a zone", "mon-fri 21:00, sat 18:00 Asia/Seoul", "mon-fri 21:00 sat 18:00 Asia/Seoul"},
		{"Korean", "매일 21:00", "daily 21:00"},
		{"conditions", "fri day 13 in jan-jun 9:00", "fri day 13 in jan-jun 09:00"},

		{"empty", "", `error: "": empty (say daily 21:00)`},
		{"no days", "21:00", `error: "21:00": times without days (say daily 21:00)`},
		{"no days, no colon", "21", `error: "21": times are written 09:00 (say daily 21:00)`},
		{"no time", "mon-fri", `error: "mon-fri": days without times`},
		{"half days", "mon-fri 9pm", `error: "mon-fri 9pm": times are written 09:00 (say mon-fri 21:00)`},
		{"a range", "mon-fri 09:00-18:00", `error: "mon-fri 09:00-18:00": a range where single times are wanted`},
		{"a span", "fri 18:00 - mon 08:00", `error: "fri 18:00": a range where single times are wanted`},
		{"24:00 is the day after", "daily 24:00", `error: "daily 24:00": 24:00 is an end only (say daily 00:00)`},
		{"24:00 is Tuesday to Saturday", "mon-fri 24:00", `error: "mon-fri 24:00": 24:00 is an end only (say tue-sat 00:00)`},
		{"24:00 after days that cannot be shifted", "day 31 24:00", `error: "day 31 24:00": 24:00 is an end only`},
		{"times in a row", "daily 21:00 22:00", `error: "21:00 22:00": times of the same days are joined by + (say 21:00+22:00)`},
		{"numbers for days", "1-5 21:00", `error: "1-5": weekdays have names, and days of the month stand after the word day: day 1-5 (say mon-fri)`},
		{"no such day", "day 31 in feb 21:00", `error: "day 31 in feb": no such day from 1970 to 2100 (say last day in feb)`},
		{"an abbreviation", "daily 21:00 KST", `error: "KST": unknown time zone (say Asia/Seoul)`},
	} {
		times, err := hours.ParseTimes(row.text)
		got := times.String()
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != row.want {
			t.Errorf("%s: ParseTimes(%q)\n got: %s\nwant: %s", row.why, row.text, got, row.want)
		}
		followProposals(t, row.text, func(text string) error {
			_, err := hours.ParseTimes(text)
			return err
		})
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"mon-fri 9to5": true, "9-18": true, "daily": true, "mon": true, "MON-FRI": true, "월-금": true, "last fri": true, "day 5": true,
		"2026-12-24": true, "weekends 10:00-14:00": true, "평일 9시-18시": true, "office 09:00-18:00": true, "24/7": true, "15일": true,
		"1st": true, "dec": true, "in dec": true, `"mon-fri 09:00-18:00"`: true, "Asia/Seoul mon-fri 09:00-18:00": true,

		"": false, " ": false, "seoul-office": false, "weekend-shift": false, "weekend": false, "weekdays": false, "daily-batch": false,
		"day-shift": false, "mon-team": false, "mon_team": false, "3tier": false, "24x7-support": false, "2nd-shift": false, "running": false,
		"stopped": false, "ignore": false, "월말정산": false, "always": false, "-": false, "(M-F,19)": false, "monitoring": false,
		"2026-12-24-release": false,
	} {
		if got := hours.Looks(text); got != want {
			t.Errorf("Looks(%q) is %t", text, got)
		}
	}
}

func TestLints(t *testing.T) {
	t.Parallel()
	const (
		lastDay = " skips shorter months (say last day where the end of the month is meant)"
		fifth   = "a 5th weekday skips months that have four (say last where the last one is meant)"
		both    = " asks for both at once (cron would take either; that takes two rules)"
	)
	for _, row := range []struct {
		why, text string
		want      []string
	}{
		{"nothing to say", "mon-fri 09:00-18:00", nil},
		{"day 31", "day 31 09:00-18:00", []string{"day 31" + lastDay}},
		{"day 29", "day 29 09:00-18:00", []string{"day 29" + lastDay}},
		{"day 29-31", "day 29-31 09:00-18:00", []string{"day 29" + lastDay}},
		{"day 31 of long months", "day 31 in jan,mar 09:00-18:00", nil},
		{"a range that only ends earlier", "day 25-31 09:00-18:00", nil},
		{"day 31 beside the last day", "day 31,last day 09:00-18:00", nil},
		{"weekday and day of the month", "fri day 13 09:00-18:00", []string{"fri day 13" + both}},
		{"weekdays among dates", "mon-fri 2026-12-01..2026-12-31 09:00-18:00", nil},
		{"fifth", "5th mon 09:00-18:00", []string{fifth}},
		{"fourth and fifth only end earlier", "4th..5th mon 09:00-18:00", nil},
		{"the end of a span", "mon 09:00 - day 31 18:00", []string{"day 31" + lastDay}},
		{"a span that may mean office hours", "mon 9:00 - fri 18:00", []string{
			"mon 09:00 - fri 18:00 stays open day and night (say mon-fri 09:00-18:00 where the hours of each day are meant)",
		}},
		{"a weekend", "fri 18:00 - mon 08:00", nil},
		{"whole days", "mon 00:00 - fri 18:00", nil},
	} {
		parsed, err := hours.Parse(row.text)
		if err != nil {
			t.Fatalf("%s: %v", row.why, err)
		}
		if diff := cmp.Diff(parsed.Windows[0].Lints(), row.want); diff != "" {
			t.Errorf("%s: lints of %q, got -, want +:\n%s", row.why, row.text, diff)
		}
	}
	times, err := hours.ParseTimes("day 30 21:00")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(times.Times[0].Lints(), []string{"day 30" + lastDay}); diff != "" {
		t.Errorf("lints of an edge: %s", diff)
	}
}
