package reporting_test

import (
	"errors"
	"testing"

	"offpeak/internal/reporting"
)

func TestQuarters(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, from, to string }{
		{"2026Q1", "2026-01-01", "2026-04-01"},
		{"2026Q3", "2026-07-01", "2026-10-01"},
		{"2026Q4", "2026-10-01", "2027-01-01"},
	} {
		p, err := reporting.PeriodOf(row.name)
		if err != nil || p.From.Format("2006-01-02") != row.from || p.To.Format("2006-01-02") != row.to {
			t.Errorf("%s is %s to %s (%v), want %s to %s", row.name, p.From, p.To, err, row.from, row.to)
		}
	}
	for _, name := range []string{"", "2026", "2026Q0", "2026Q5", "2026-Q3", "summer", "２０２６Q3", "2026q3", "2026Q33"} {
		if _, err := reporting.PeriodOf(name); !errors.Is(err, reporting.ErrQuarter) {
			t.Errorf("%q: %v, want ErrQuarter", name, err)
		}
	}
}
