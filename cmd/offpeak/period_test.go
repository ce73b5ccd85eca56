package main

import (
	"testing"
	"time"
)

func TestQuarters(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, from, to string }{
		{"2026Q3", "2026-07-01", "2026-10-01"},
		{"2026-Q3", "2026-07-01", "2026-10-01"},
		{"2026Q1", "2026-01-01", "2026-04-01"},
		{"2027Q4", "2027-10-01", "2028-01-01"},
	} {
		p, err := quarter(row.text)
		if got := p.From.Format(time.DateOnly) + " " + p.To.Format(time.DateOnly); err != nil || got != row.from+" "+row.to {
			t.Errorf("%s: got %s, %v", row.text, got, err)
		}
	}
	for _, text := range []string{"", "Q3", "2026Q0", "2026Q5", "2026q3", "26Q3", "2026Q33", "2026 Q3", "-026Q3", "2026Q3 "} {
		if p, err := quarter(text); err == nil {
			t.Errorf("%q was taken for %s", text, days(p))
		}
	}
}

func TestTheQuarterBefore(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{
		"2026-11-22T00:00:00Z": "2026Q3", "2026-01-01T00:00:00Z": "2025Q4", "2026-03-31T23:59:59Z": "2025Q4", "2026-04-01T00:00:00Z": "2026Q1",
		"2026-10-01T08:00:00+09:00": "2026Q2", "2026-12-31T12:00:00Z": "2026Q3", "2026-05-31T12:00:00Z": "2026Q1",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := lastQuarter(at); got != want {
			t.Errorf("%s: got %s, want %s", now, got, want)
		}
	}
}

func TestCommasBetweenThousands(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"0": "0", "999": "999", "1000": "1,000", "-1000": "-1,000", "-999.50": "-999.50", "1234567.89": "1,234,567.89", "-123456": "-123,456", "0.00": "0.00",
	} {
		if got := commas(number); got != want {
			t.Errorf("%s: got %s, want %s", number, got, want)
		}
	}
}

func TestOnlyWhatNeverRanIsBlank(t *testing.T) {
	t.Parallel()
	var hours [24]int64
	hours[1], hours[2], hours[3], hours[4] = 1, 500_000, 999_999, 1_000_000
	if got := shaded(hours, 1_000_000); got != " ░▒██                   " {
		t.Errorf("got %q", got)
	}
}
