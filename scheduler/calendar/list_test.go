package calendar_test

import (
	"fmt"
	"strings"
	"testing"

	"offpeak/scheduler/calendar"

	"github.com/google/go-cmp/cmp"
)

func TestParseEntry(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, text, want string }{
		{"a date and a name", "2026-12-31 임시공휴일", "2026-12-31 임시공휴일"},
		{"a date alone", "2026-12-31", "2026-12-31 closed day"},
		{"blanks", "  2026-12-31   회사   휴무 ", "2026-12-31 회사 휴무"},
		{"a range", "2026-12-30..2027-01-01 closing", "2026-12-30 closing; 2026-12-31 closing; 2027-01-01 closing"},
		{"a range of one", "2026-12-31..2026-12-31", "2026-12-31 closed day"},
		{"a range with blanks", "2026-12-30 .. 2026-12-31 closing", "2026-12-30 closing; 2026-12-31 closing"},
		{"a range as Koreans write it", "2026-12-30~2026-12-31 closing", "2026-12-30 closing; 2026-12-31 closing"},
		{"a range with a dash", "2026-12-30–2026-12-31", "2026-12-30 closed day; 2026-12-31 closed day"},
		{"a name with a number", "2026-12-31 2026 결산", "2026-12-31 2026 결산"},
	} {
		days, err := calendar.ParseEntry(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.why, err)
			continue
		}
		if diff := cmp.Diff(row.want, show(days)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.why, diff)
		}
	}
}

func TestParseEntryRefuses(t *testing.T) {
	t.Parallel()
	const write = " is not a date and a name (write 2026-12-31 Closing day, or 2026-12-24..2026-12-26 Closing days)"
	for _, row := range []struct{ text, want string }{
		{"", `""` + write},
		{"임시공휴일", `"임시공휴일"` + write},
		{"2026/12/31 x", `"2026/12/31 x"` + write},
		{"2026-12-31x", `"2026-12-31x"` + write},
		{"2026-12-24..", `"2026-12-24.."` + write},
		{"12-31", `"12-31"` + write},
		{"2026-02-30 x", `"2026-02-30" is not a date (write 2026-12-24)`},
		{"2026-12-24..2026-02-30", `"2026-02-30" is not a date (write 2026-12-24)`},
		{"2026-12-24 - 2026-12-26 x", `"2026-12-24 - 2026-12-26 x": a range is written 2026-12-24..2026-12-26`},
		{"2026-12-24 to 2026-12-26", `"2026-12-24 to 2026-12-26": a range is written 2026-12-24..2026-12-26`},
		{"2026-12-24 2026-12-26", `"2026-12-24 2026-12-26": a range is written 2026-12-24..2026-12-26`},
		{"2026-12-24-2026-12-26", `"2026-12-24-2026-12-26"` + write},
		{"2026-12-26..2026-12-24", "2026-12-26..2026-12-24 ends before it begins"},
		{"2026-12-26..2206-12-27", "2026-12-26 lies outside 1900-01-01..2199-12-31"},
		{"2026-12-26..2028-12-27", "2026-12-26..2028-12-27 is longer than a year"},
		{"1026-12-26", "1026-12-26 lies outside 1900-01-01..2199-12-31"},
	} {
		_, err := calendar.ParseEntry(row.text)
		if err == nil {
			t.Errorf("%q is accepted", row.text)
			continue
		}
		if diff := cmp.Diff(row.want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", row.text, diff)
		}
	}
}

func TestParseCSV(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, text, want string }{
		{"plain", "2026-12-24,Closing\n2026-12-31,종무식\n", "2026-12-24 Closing; 2026-12-31 종무식"},
		{"with a header, comments and blank lines", "# our days\n\nDate,Name\n\n2026-12-24,Closing\n#2026-12-25,no\n", "2026-12-24 Closing"},
		{"ranges, any order", "2026-12-30..2026-12-31,b\n2026-12-24,a", "2026-12-24 a; 2026-12-30 b; 2026-12-31 b"},
		{"without names", "date\n2026-12-24\n2026-12-25,\n", "2026-12-24 closed day; 2026-12-25 closed day"},
		{"quoted, with a comma", "2026-12-24,\"Closing, all sites\"\n", "2026-12-24 Closing, all sites"},
		{"as Excel saves it", "\ufeffdate,name,\r\n2026-12-24,Closing,\r\n,,\r\n", "2026-12-24 Closing"},
		{"blanks around", " 2026-12-24 , Closing \n", "2026-12-24 Closing"},
		{"the same date twice", "2026-12-24,a\n2026-12-24,b\n2026-12-24,a\n", "2026-12-24 a, b"},
	} {
		c, err := calendar.ParseCSV("days.csv", []byte(row.text))
		if err != nil {
			t.Errorf("%s: %v", row.why, err)
			continue
		}
		if diff := cmp.Diff(row.want, show(c.Days(0, 40000))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.why, diff)
		}
	}
}

func wrongLines(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(`days.csv:%d: "x" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)`, i+1))
	}
	return lines
}

func TestParseCSVRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, text, want string }{
		{"nothing", "", "days.csv: has no dates"},
		{"a header alone", "date,name\n# nothing yet\n", "days.csv: has no dates"},
		{"another date format", "date,name\n24.12.2026,Closing\n", `days.csv:2: "24.12.2026" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)`},
		{"a date that does not exist", "2026-12-24,a\n\n# x\n2026-02-30,Closing\n", `days.csv:4: "2026-02-30" is not a date (write 2026-12-24)`},
		{"a name without date", ",Closing\n", `days.csv:1: "" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)`},
		{"semicolons", "2026-12-24;Closing\n", `days.csv:1: "2026-12-24;Closing": separate date and name by a comma`},
		{"a comma in a name", "2026-12-24,Closing, all sites\n", `days.csv:1: more than a date and a name: put a name that has a comma in "quotes"`},
		{"an open quote", "2026-12-24,\"Closing\n", `days.csv:1: extraneous or missing " in quoted-field`},
		{"a blank for the comma", "2026-12-24 Closing\n", `days.csv:1: "2026-12-24 Closing" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)`},
		{"several lines", "date,name\n24.12.2026,a\n2026-12-25,b\n2026-02-30,c\n2026-12-26,d,e\n", `days.csv:2: "24.12.2026" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)
days.csv:4: "2026-02-30" is not a date (write 2026-12-24)
days.csv:5: more than a date and a name: put a name that has a comma in "quotes"`},
		{"a quote within a field, and a line after it", "2026-12-24 \"x\",a\nnone,b\n", `days.csv:1: bare " in non-quoted-field
days.csv:2: "none" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)`},
		{"hundreds of lines", strings.Repeat("x\n", 500), strings.Join(wrongLines(20), "\n") + "\ndays.csv: and 480 more lines, not listed"},
		{"not UTF-8", "2026-12-24,\xc8\xde\xb9\xab\n", `days.csv: is not UTF-8: save it as "CSV UTF-8"`},
		{"a header in the middle", "2026-12-24,a\ndate,name\n", `days.csv:2: "date" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)`},
		{"an iCalendar file", "BEGIN:VCALENDAR\n", `days.csv:1: "BEGIN:VCALENDAR" is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)`},
		{"too many", strings.Repeat("2026-01-01..2026-12-31\n", 300), "days.csv:274: more than 100000 days"},
		{"too large", strings.Repeat("#", 9<<20), "days.csv: is larger than 8 MiB"},
	} {
		_, err := calendar.ParseCSV("days.csv", []byte(row.text))
		if err == nil {
			t.Errorf("%s is accepted", row.why)
			continue
		}
		if diff := cmp.Diff(row.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.why, diff)
		}
	}
}

func FuzzParseCSV(f *testing.F) {
	for _, text := range []string{
		"date,name\n2026-12-24,Closing\n", "2026-12-24..2026-12-26,\"a, b\"\n", "# x\n\n2026-12-24\n", "\ufeff2026-12-24;x", ",,\n", "\"2026-12-24\n\"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := calendar.ParseCSV("fuzz.csv", data); err == nil {
			checkCalendar(t, c)
		} else if len(err.Error()) > 1000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	for _, text := range []string{
		"2026-12-31 임시공휴일", "2026-12-24..2026-12-26 closing", "2026-12-31", "2026-12-24 - 2026-12-26", "0000-00-00", "9999-12-31..9999-12-31 x", "2026-12-31 \xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		days, err := calendar.ParseEntry(text)
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if len(days) == 0 || len(days) > 366 {
			t.Errorf("%q: %d days", text, len(days))
		}
		for i, d := range days {
			if i > 0 && d.Date != days[i-1].Date+1 || d.Name == "" {
				t.Errorf("%q: %s", text, show(days))
			}
		}
		checkCalendar(t, calendar.Of(days))
	})
}
