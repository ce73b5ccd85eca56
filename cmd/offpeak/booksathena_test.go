package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/reporting"
	"offpeak/reports"
)

// TestAReportOfWhatIsCharged: what questions scanned and cost stands in the report and is told in the end, once; the report names the deliveries of its quarter
// alone, and counted from files it is the same.
func TestAReportOfWhatIsCharged(t *testing.T) {
	t.Parallel()
	const payer = fleet.AccountID("900000000001")
	dir := t.TempDir()
	now := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	c, _, errs := terminal(now)
	bill := filepath.Join(dir, "bill")
	if code := run([]string{"simulate", "--policy", "../../testdata/policy/organisation.yaml", "--sample", "6", "--from", "2026-07-06", "--to", "2026-07-13", "--out", dir}, c); code != exitDone {
		t.Fatal(errs)
	}
	errs.Reset()
	flags := savingsFlags{console: c, sourceFlags: sourceFlags{ledger: dir, bill: bill, rates: []string{filepath.Join(bill, "*", "savings-plan-rates-*.json")}, engine: engineGo}}
	july, err := reporting.PeriodOf("2026Q3")
	if err != nil {
		t.Fatal(err)
	}
	made := func(books *books) *reporting.Made {
		p, err := loadPolicy("../../testdata/policy/organisation.yaml")
		if err != nil {
			t.Fatal(err)
		}
		run := &reportRun{books: books, policy: p}
		made, err := run.report(t.Context(), payer, &reporting.Input{Policy: p, Quarter: "2026Q3", Issued: now}, false)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	files, err := flags.open(t.Context(), july)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := flags.open(t.Context(), july)
	if err != nil {
		t.Fatal(err)
	}
	counts, cost := asked.engine, money.USDOf(decimal.RequireFromString("0.0005"))
	asked.engine = func(ctx context.Context, payer fleet.AccountID) (billing.Engine, error) {
		e, err := counts(ctx, payer)
		return &charged{Engine: e, texts: query.DuckDB().Texts, cost: func() (int64, money.USD) { return 100_000_000, cost }, says: func() string { return "Athena: 10 queries" }}, err
	}
	old := asked.bill.Deliveries[0]
	old.Month, old.Files = old.Month.AddDate(-1, 0, 0), nil
	asked.bill.Deliveries = append([]export.Delivery{old}, asked.bill.Deliveries...)
	got, want := made(asked).Report, made(files).Report
	if s := got.Sources; s.Bytes != 100_000_000 || s.Query == nil || s.Query.Cmp(cost) != 0 || s.Questions == "" {
		t.Errorf("%+v", s)
	}
	differs, compared, err := compareReports(got, want)
	if err != nil || len(differs) > 0 || compared < 100 {
		t.Errorf("counted from files: %q of %d, %v", differs, compared, err)
	}
	for _, m := range got.Sources.Manifests {
		if m.Month < "2026-07" || m.Month > "2026-09" {
			t.Errorf("it names a delivery of %s", m.Month)
		}
	}
	asked.tell()
	asked.tell()
	if said := errs.String(); strings.Count(said, "Athena: 10 queries\n") != 1 {
		t.Errorf("it tells %q", said)
	}
}

// TestDeliveriesAreComparedByTheMonthsOfTheReport: later months in the folder are none of it, and rows are compared where both have counted them.
func TestDeliveriesAreComparedByTheMonthsOfTheReport(t *testing.T) {
	t.Parallel()
	one := func(month, sum string, rows int64) reports.Manifest {
		return reports.Manifest{Export: "FOCUS", Month: month, SHA256: sum, Rows: rows}
	}
	for _, row := range []struct {
		name    string
		was, is []reports.Manifest
		same    bool
	}{
		{"the same", []reports.Manifest{one("2026-07", "a", 5)}, []reports.Manifest{one("2026-07", "a", 5)}, true},
		{"a later month came", []reports.Manifest{one("2026-07", "a", 5)}, []reports.Manifest{one("2026-07", "a", 5), one("2026-10", "b", 7)}, true},
		{"nobody counted the rows then", []reports.Manifest{one("2026-07", "a", 0)}, []reports.Manifest{one("2026-07", "a", 5)}, true},
		{"another number of rows", []reports.Manifest{one("2026-07", "a", 6)}, []reports.Manifest{one("2026-07", "a", 5)}, false},
		{"delivered anew", []reports.Manifest{one("2026-07", "a", 5)}, []reports.Manifest{one("2026-07", "b", 5)}, false},
		{"gone", []reports.Manifest{one("2026-07", "a", 5)}, nil, false},
	} {
		now := delivered(row.was, row.is)
		same := len(now) == len(row.was)
		for i := range now {
			same = same && now[i] == row.was[i]
		}
		if same != row.same {
			t.Errorf("%s: %+v", row.name, now)
		}
	}
}
