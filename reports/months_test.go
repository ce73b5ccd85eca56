package reports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/reports"
)

// TestMonthsThatAreNotMeasured: what was avoided in a month of which nothing is measured is not known, and no zero.
func TestMonthsThatAreNotMeasured(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	quarter := reports.Period{From: day("2026-07-01T00:00:00Z"), To: day("2026-10-01T00:00:00Z")}
	for _, row := range []struct {
		name     string
		measured reports.Period
		lacks    string
	}{
		{"a whole quarter", quarter, ""},
		{"until the last evening", reports.Period{From: quarter.From, To: day("2026-09-30T15:00:00Z")}, ""},
		{"until the last month's first hour", reports.Period{From: quarter.From, To: day("2026-09-01T01:00:00Z")}, ""},
		{"the last month was not delivered", reports.Period{From: quarter.From, To: day("2026-09-01T00:00:00Z")}, "2026-09"},
		{"a middle one was not, from which on nothing is measured", reports.Period{From: quarter.From, To: day("2026-08-01T00:00:00Z")}, "2026-08 2026-09"},
		{"the first was not", reports.Period{From: day("2026-08-01T00:00:00Z"), To: quarter.To}, "2026-07"},
		{"a report that does not tell", reports.Period{}, ""},
	} {
		r := &reports.Report{Period: quarter, Measured: row.measured}
		var lacks []string
		for _, m := range r.Months() {
			if !r.Measures(m) {
				lacks = append(lacks, m)
			}
		}
		if got := strings.Join(lacks, " "); got != row.lacks || r.Part() != (row.lacks != "") {
			t.Errorf("%s: not measured %q, want %q; a part of a quarter: %t", row.name, got, row.lacks, r.Part())
		}
	}
	r := &reports.Report{Period: quarter, Bill: reports.Bill{Months: []reports.BillMonth{{Month: "2026-07"}, {Month: "2026-09"}}}}
	r.Avoided.Months = []reports.MonthLine{{Month: "2026-06"}, {Month: "2026-08"}}
	if diff := cmp.Diff([]string{"2026-06", "2026-07", "2026-08", "2026-09"}, r.Months()); diff != "" {
		t.Errorf("months (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2026-08"}, r.Unbilled()); diff != "" {
		t.Errorf("without a bill (-want +got)\n%s", diff)
	}
}
