package hours_test

import (
	"errors"
	"strings"
	"testing"

	"offpeak/scheduler/hours"
)

// rejected holds texts and what the error says.
var rejected = []struct{ why, text, want string }{
	// Days.
	{"days without times", "sat", `"sat": days without times (say sat 00:00-24:00)`},
	{"days without times, a zone", "sat Asia/Seoul", `"sat": days without times (say sat 00:00-24:00)`},
	{"days without times, later", "mon-fri 09:00-18:00 sat", `"sat": days without times (say sat 00:00-24:00)`},
	{"numbers for weekdays", "1-5 09:00-18:00", `"1-5": weekdays have names, and days of the month stand after the word day: day 1-5 (say mon-fri)`},
	{"a list of numbers", "1,3 09:00-18:00", `"1,3": weekdays have names, and days of the month stand after the word day: day 1,3 (say mon,wed)`},
	{"numbers for days of the month", "10-15 09:00-18:00", `"10-15": days of the month stand after the word day (say day 10-15)`},
	{"numbers for nothing", "0-6 09:00-18:00", `"0-6": weekdays have names, and days of the month are 1 to 31`},
	{"weekdays", "weekdays 09:00-18:00", `"weekdays": not a word of the grammar (say mon-fri)`},
	{"weekend", "weekend 09:00-18:00", `"weekend": not a word of the grammar (say sat-sun)`},
	{"weekends", "weekends 09:00-18:00", `"weekends": not a word of the grammar (say sat-sun)`},
	{"Korean weekdays at once", "평일 09:00-18:00", `"평일": not a word of the grammar (say mon-fri)`},
	{"Korean weekdays without commas", "월수금 09:00-18:00", `"월수금": not a word of the grammar (say mon+wed+fri)`},
	{"Korean day of the month, not Sunday", "15일 09:00-18:00", `"15일": not a word of the grammar (say day 15)`},
	{"short weekdays", "Mo-Fr 09:00-18:00", `"Mo": not a word of the grammar (say mon)`},
	{"longer weekdays", "tues 09:00-18:00", `"tues": not a word of the grammar (say tue)`},
	{"no day at all", "office 09:00-18:00", `"office": not a day`},
	{"a word for a dash", "mon to fri 09:00-18:00", `"to": not a word of the grammar (say -)`},
	{"a word for a comma", "mon and tue 09:00-18:00", `"and": not a word of the grammar (say +)`},
	{"dots for a dash", "mon..fri 09:00-18:00", `"..": joins dates only (say -)`},
	{"weekdays in a row", "mon tue 09:00-18:00", `"mon tue": days of one kind are joined by + or a comma (say mon-tue)`},
	{"lists of one kind twice", "mon-fri day 5 sat 09:00-18:00", `"mon-fri day 5 sat": days of one kind are joined by + or a comma (say mon-sat day 5)`},
	{
		"kinds mixed in a list", "mon,2026-12-24 09:00-18:00",
		`"mon,2026-12-24 09:00-18:00": a list has days of one kind; write a rule for each kind (say mon 09:00-18:00 2026-12-24 09:00-18:00)`,
	},
	{
		"daily in a list", "daily,mon 09:00-18:00",
		`"daily,mon 09:00-18:00": a list has days of one kind; write a rule for each kind (say daily 09:00-18:00 mon 09:00-18:00)`,
	},
	{"kinds mixed before a span", "mon,day 5 18:00 - fri 08:00", `"mon,day": a list has days of one kind; write a rule for each kind`},
	{"a comma before the times", "mon-fri, 09:00-18:00", `"fri, 09:00": nothing that fits follows the , (say fri 09:00)`},
	{"two commas", "mon,,tue 09:00-18:00", `"mon,": nothing that fits follows the , (say mon)`},
	{"a step", "mon/2 09:00-18:00", `"/": not part of the grammar`},

	// Weekdays of a month.
	{"last of a range", "last mon-fri 09:00-18:00", `"last mon-fri": last takes one weekday (say last fri)`},
	{"first of a range", "1st mon-fri 09:00-18:00", `"1st mon-fri": 1st takes one weekday (say 1st mon)`},
	{"a sixth", "6th mon 09:00-18:00", `"6th": a month has a weekday five times at most (say last)`},
	{"ordinals backwards", "3rd..1st mon 09:00-18:00", `"3rd..1st": ends before it begins (say 1st..3rd)`},
	{"an ordinal for a day of the month", "15th 09:00-18:00", `"15th": ordinals take a weekday, as in 1st mon (say day 15)`},
	{"an ordinal misspelt", "2th mon 09:00-18:00", `"2th": not a word of the grammar (say 2nd)`},
	{"an ordinal as a word", "first mon 09:00-18:00", `"first": not a word of the grammar (say 1st)`},
	{
		"every Friday, or the first one?", "1st mon,fri 09:00-18:00",
		`"1st mon,fri": name the week of each weekday, or put every fri first (say 1st mon,1st fri)`,
	},
	{"last workday", "last workday 09:00-18:00", `"last workday": not a word of the grammar (say workday nearest 31)`},
	{"last alone", "last 09:00-18:00", `"last": takes a weekday, as in last fri`},

	// Days of a month.
	{"day 0", "day 0 09:00-18:00", `"day 0": months have days 1 to 31 (say day 1)`},
	{"day 32", "day 32 09:00-18:00", `"day 32": months have days 1 to 31 (say day 31)`},
	{"a range past the end of the month", "day 20-5 09:00-18:00", `"20-5": days of the month do not pass its end (say 20-31+1-5)`},
	{"the other way round", "day last 09:00-18:00", `"day last": the other way round (say last day)`},
	{"a negative day", "day -1 09:00-18:00", `"day -1": days of the month are 1 to 31 (say last day)`},
	{"an ordinal", "day 15th 09:00-18:00", `"15th": days of the month are numbers (say 15)`},
	{"day alone", "day 09:00-18:00", `"day": takes a day of the month, as in day 15`},
	{"workday alone", "workday 09:00-18:00", `"workday": without nearest and a day (say mon-fri)`},
	{"workday nearest alone", "workday nearest 09:00-18:00", `"workday nearest": takes a day of the month, as in workday nearest 15`},
	{"workday nearest a range", "workday nearest 1-5 09:00-18:00", `"1-5": nearest takes single days (say 1)`},
	{"day 31 of February", "day 31 in feb 09:00-18:00", `"day 31 in feb": no such day from 1970 to 2100 (say last day in feb)`},
	{"day 30 of February", "day 30 in feb 09:00-18:00", `"day 30 in feb": no such day from 1970 to 2100 (say last day in feb)`},
	{"a fifth Monday in the first week", "5th mon day 1-7 09:00-18:00", `"5th mon day 1-7": no such day from 1970 to 2100`},

	// Dates.
	{"a dash between dates", "2026-12-24-2026-12-26 09:00-18:00", `"2026-12-24-2026-12-26": dates are joined by .. (say 2026-12-24..2026-12-26)`},
	{"an en dash between dates", "2026-12-24 – 2026-12-26 09:00-18:00", `"2026-12-24 – 2026-12-26": dates are joined by .. (say 2026-12-24..2026-12-26)`},
	{"dates backwards", "2026-12-26..2026-12-24 09:00-18:00", `"2026-12-26..2026-12-24": ends before it begins (say 2026-12-24..2026-12-26)`},
	{"a date that does not exist", "2026-02-30 09:00-18:00", `"2026-02-30": no such date (say 2026-02-28)`},
	{"a month that does not exist", "2026-13-01 09:00-18:00", `"2026-13-01": no such date`},
	{"a year too far", "2206-12-24 09:00-18:00", `"2206-12-24": dates run from 1970 to 2100`},
	{"slashes", "2026/12/24 09:00-18:00", `"2026/12/24": dates are written 2026-12-24 (say 2026-12-24)`},
	{"digits left out", "2026-1-5 09:00-18:00", `"2026-1-5": dates are written 2026-12-24 (say 2026-01-05)`},
	{"a weekday that the date is not", "mon 2026-12-24 09:00-18:00", `"mon 2026-12-24": no such day from 1970 to 2100 (say 2026-12-24)`},
	{"half a range of dates", "2026-12-24..26 09:00-18:00", `"2026-12-24..26": takes a date at either end (say 2026-12-24..2026-12-26)`},

	// Months.
	{"a month without in", "mon-fri dec 09:00-18:00", `"dec": months follow the word in (say in dec)`},
	{"a month alone", "dec 09:00-18:00", `"dec": months follow days and the word in (say daily in dec)`},
	{"in without days", "in dec 09:00-18:00", `"in": months narrow days (say daily in)`},
	{"in with a number", "daily in 12 09:00-18:00", `"12": months have names (say dec)`},
	{"in without a month", "daily in 09:00-18:00", `"in": takes months, as in daily in nov-feb`},
	{"in after the times", "mon-fri 09:00-18:00 in nov-feb", `"mon-fri 09:00-18:00 in nov-feb": months stand with the days, before the times (say mon-fri in nov-feb 09:00-18:00)`},

	// Times.
	{"times without days", "09:00-18:00", `"09:00-18:00": times without days (say daily 09:00-18:00)`},
	{"opens as it closes", "mon-fri 09:00-09:00", `"mon-fri 09:00-09:00": opens and closes at the same time (say mon-fri 00:00-24:00)`},
	{"opens as it closes, without days", "09:00-09:00", `"09:00-09:00": opens and closes at the same time (say daily 00:00-24:00)`},
	{"hours alone", "9-18", `"9-18": times are written 09:00 (say daily 09:00-18:00)`},
	{"hours", "mon-fri 9-18", `"mon-fri 9-18": times are written 09:00 (say mon-fri 09:00-18:00)`},
	{"a list of hours", "mon-fri 9-12,13-18", `"mon-fri 9-12,13-18": times are written 09:00 (say mon-fri 09:00-12:00+13:00-18:00)`},
	{"hours of half days", "mon-fri 9to5", `"mon-fri 9to5": times are written 09:00 (say mon-fri 09:00-17:00)`},
	{"hours past midnight", "mon-fri 22-6", `"mon-fri 22-6": times are written 09:00 (say mon-fri 22:00-06:00)`},
	{"no colon", "mon-fri 0900-1800", `"mon-fri 0900-1800": times are written 09:00 (say mon-fri 09:00-18:00)`},
	{"am and pm", "9am-6pm", `"9am-6pm": times are written 09:00 (say daily 09:00-18:00)`},
	{"noon and midnight of half days", "mon 12am-12 p.m.", `"mon 12am-12 p.m.": times are written 09:00 (say mon 00:00-12:00)`},
	{"Korean hours", "월-금 9시-18시30분", `"월-금 9시-18시30분": times are written 09:00 (say 월-금 09:00-18:30)`},
	{"seconds", "mon-fri 09:00:00-18:00:00", `"mon-fri 09:00:00-18:00:00": times are written 09:00 (say mon-fri 09:00-18:00)`},
	{"a minute of one digit", "mon-fri 9:5-18:00", `"mon-fri 9:5-18:00": times are written 09:00 (say mon-fri 09:05-18:00)`},
	{"hour 25", "25:00", `"25:00": times end at 24:00 (say daily 01:00-24:00)`},
	{"hour 25 as an end", "mon-fri 18:00-25:00", `"mon-fri 18:00-25:00": times end at 24:00 (say mon-fri 18:00-01:00)`},
	{"hour 99", "mon-fri 99:00-18:00", `"mon-fri 99:00-18:00": times end at 24:00`},
	{"minute 60", "09:60", `"09:60": minutes end at 59 (say daily 10:00-24:00)`},
	{"minute 75", "mon-fri 09:75-18:00", `"mon-fri 09:75-18:00": minutes end at 59`},
	{"24:00 as a beginning", "24:00-06:00", `"24:00-06:00": 24:00 is an end only (say daily 00:00-06:00)`},
	{"24:00 as a beginning is the day after", "mon-fri 24:00-06:00", `"mon-fri 24:00-06:00": 24:00 is an end only (say tue-sat 00:00-06:00)`},
	{"24:00 as a beginning, days that cannot be shifted", "last fri 24:00-06:00", `"last fri 24:00-06:00": 24:00 is an end only`},
	{"a single time", "mon-fri 09:00", `"mon-fri 09:00": a single time where a range is wanted; start and stop take single times (say mon-fri 09:00-24:00)`},
	{"a span without its dash", "mon 09:00 fri 18:00", `"mon 09:00": a single time where a range is wanted; start and stop take single times`},
	{"a range without an end", "mon-fri 09:00-", `"mon-fri 09:00-": a range without an end (say mon-fri 09:00-24:00)`},
	{"a word for a dash", "mon-fri 09:00 to 18:00", `"mon-fri 09:00 to 18:00": ranges are written 09:00-18:00 (say mon-fri 09:00-18:00)`},
	{"ranges in a row", "mon 09:00-12:00 13:00-18:00", `"12:00 13:00": times of the same days are joined by + (say 12:00+13:00)`},
	{"a semicolon between ranges", "mon 09:00-12:00; 13:00-18:00", `";": ; begins a rule with days of its own (say +)`},
	{"always", "24/7", `"24/7": not a word of the grammar (say daily 00:00-24:00)`},

	// Spans.
	{"a span within a list", "mon 09:00-10:00,18:00 - tue 08:00", `"mon 09:00-10:00,18:00": a span is no part of a list (say mon 09:00-10:00 mon 18:00)`},
	{"a word for the dash of a span", "fri 18:00 to mon 08:00", `"fri 18:00 to": spans are written fri 18:00 - mon 08:00 (say fri 18:00 -)`},
	{"dots before a day, without days", "0..tue", `"0..": times are written 09:00 (say daily 00:00 -)`},
	{"a span without its first days", "18:00 - mon 08:00", `"18:00": times without days (say daily 18:00)`},
	{"a range after a span", "fri 18:00 - mon 08:00, 09:00-10:00", `"09:00-10:00": times without days (say daily 09:00-10:00)`},
	{"a span without a time at its end", "fri 18:00 - mon", `"fri 18:00 - mon": no time at its end (say fri 18:00 - mon 24:00)`},
	{"a span of half days", "fri 6pm - mon 8am", `"fri 6pm": times are written 09:00 (say fri 18:00)`},
	{"half days at its end", "fri 18:00 - mon 8am", `"8am": times are written 09:00 (say 08:00)`},
	{"a span of no time or a week", "fri 18:00 - fri 18:00", `"fri 18:00 - fri 18:00": opens and closes at the same time (say daily 00:00-24:00)`},
	{"every Friday until one date", "fri 18:00 - 2026-12-28 08:00", `"fri 18:00 - 2026-12-28 08:00": never ends: no such closing within 366 days of some openings`},
	{
		"dates of a span backwards", "2026-12-28 18:00 - 2026-12-24 08:00",
		`"2026-12-28 18:00 - 2026-12-24 08:00": never ends: no such closing within 366 days of some openings`,
	},
	{"a day of leap years only", "day 1 in mar 18:00 - day 29 in feb 08:00", `"day 1 in mar 18:00 - day 29 in feb 08:00": never ends: no such closing within 366 days of some openings`},

	// Zones.
	{"an abbreviation", "mon-fri 09:00-18:00 KST", `"KST": unknown time zone (say Asia/Seoul)`},
	{"an abbreviation", "mon-fri 09:00-18:00 JST", `"JST": unknown time zone (say Asia/Tokyo)`},
	{"an abbreviation of several zones", "mon-fri 09:00-18:00 IST", `"IST": unknown time zone: say Asia/Kolkata or Europe/Dublin`},
	{"an offset", "mon-fri 09:00-18:00 UTC+9", `"UTC+9": unknown time zone: an offset does not know when clocks change (say Asia/Seoul)`},
	{"an offset without a name", "mon-fri 09:00-18:00 +09:00", `"mon-fri 09:00-18:00 +09:00": a single time where a range is wanted; zones are names, not offsets`},
	{"a city", "mon-fri 09:00-18:00 Seoul", `"Seoul": unknown time zone (say Asia/Seoul)`},
	{"a city", "mon-fri 09:00-18:00 Tokyo", `"Tokyo": unknown time zone (say Asia/Tokyo)`},
	{"wrong case", "mon-fri 09:00-18:00 asia/seoul", `"asia/seoul": unknown time zone (say Asia/Seoul)`},
	{"a name of several words", "mon-fri 09:00-18:00 Korea Standard Time", `"Korea Standard Time": unknown time zone (say Asia/Seoul)`},
	{
		"the machine's zone", "mon-fri 09:00-18:00 Local",
		`"Local": unknown time zone: the machine's own zone differs from machine to machine; say an IANA name such as Asia/Seoul`,
	},
	{"a tree of zones", "mon-fri 09:00-18:00 posix/Asia/Seoul", `"posix/Asia/Seoul": unknown time zone (say Asia/Seoul)`},
	{"a tree of zones", "mon-fri 09:00-18:00 right/UTC", `"right/UTC": unknown time zone (say UTC)`},
	{"no zone", "mon-fri 09:00-18:00 everywhere", `"everywhere": unknown time zone: say an IANA name such as Asia/Seoul`},
	{"a zone first", "Asia/Seoul mon-fri 09:00-18:00", `"Asia/Seoul mon-fri 09:00-18:00": one zone stands at the end, for all (say mon-fri 09:00-18:00 Asia/Seoul)`},
	{
		"a zone in the middle", "mon-fri 09:00-18:00 Asia/Seoul sat 10:00-14:00",
		`"Asia/Seoul sat 10:00-14:00": one zone stands at the end, for all (say sat 10:00-14:00 Asia/Seoul)`,
	},
	{"a comma after the zone", "mon-fri 09:00-18:00 UTC,", `"UTC,": nothing follows the zone (say UTC)`},
	{"two zones", "mon-fri 09:00-18:00 Asia/Seoul Asia/Tokyo", `"Asia/Seoul Asia/Tokyo": one zone is enough (say Asia/Seoul)`},
	{
		"a zone for each window", "mon-fri 09:00-18:00 Asia/Seoul sat 10:00-14:00 Asia/Tokyo",
		`"Asia/Seoul sat 10:00-14:00 Asia/Tokyo": one zone stands at the end, for all`,
	},
	{
		"the same zone for each window", "mon-fri 09:00-18:00 Asia/Seoul, sat 10:00-14:00 Asia/Seoul",
		`"Asia/Seoul, sat 10:00-14:00 Asia/Seoul": one zone stands at the end, for all (say sat 10:00-14:00 Asia/Seoul)`,
	},
	{"neither a time nor a zone", "mon-fri office", `"office": neither a time nor a zone`},

	// Whole texts.
	{"nothing", "", `"": empty (say mon-fri 09:00-18:00)`},
	{"spaces", " \t", `" \t": empty (say mon-fri 09:00-18:00)`},
	{"a name of a schedule", "seoul-office", `"seoul-office": not a day`},
	{"a stray sign", "mon-fri 09:00-18:00!", `"!": not part of the grammar`},
	{"Cloud Custodian's", "(M-F,19)", `"(": not part of the grammar`},
	{"quotes", `"mon-fri 09:00-18:00"`, `"\"": not part of the grammar`},
	{"not UTF-8", "mon\xff 09:00-18:00", `"\xff": not part of the grammar`},
	{"a comma at the end", "mon-fri 09:00-18:00,", `"18:00,": nothing that fits follows the , (say 18:00)`},
	{"a comma first", ", mon-fri 09:00-18:00", `",": not expected here`},
	{"too long", strings.Repeat("mon 09:00-18:00 ", 300), `"mon 09:00-18:00 mon 09:00-18:00 mon 09:00-18:00 mon 09:00-18:00 mon 09:00-18:00 ...": longer than 4096 bytes`},
}

func TestParseRejects(t *testing.T) {
	t.Parallel()
	for _, row := range rejected {
		got, err := hours.Parse(row.text)
		if err == nil || err.Error() != row.want {
			t.Errorf("%s: Parse(%q) is %q\n got: %v\nwant: %s", row.why, row.text, got, err, row.want)
			continue
		}
		followProposals(t, row.text, func(text string) error {
			_, err := hours.Parse(text)
			return err
		})
	}
}

// followProposals writes what errors propose until the text is right or an error proposes nothing.
func followProposals(t *testing.T, text string, parse func(string) error) {
	t.Helper()
	seen := map[string]bool{}
	for first := text; len(seen) < 40; {
		seen[text] = true
		var e *hours.Error
		if err := parse(text); !errors.As(err, &e) || e.Say == "" {
			return
		}
		if got := text[e.Offset : e.Offset+len(e.Text)]; got != e.Text {
			t.Fatalf("Parse(%q): %q stands at %d, not %q", text, got, e.Offset, e.Text)
		}
		text = text[:e.Offset] + e.Say + text[e.Offset+len(e.Text):]
		if seen[text] {
			t.Fatalf("proposals for %q lead in a circle to %q", first, text)
		}
	}
}
