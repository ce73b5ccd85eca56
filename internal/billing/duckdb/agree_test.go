//go:build cgo

package duckdb_test

import (
	"context"
	"iter"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/billing/duckdb"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
)

// engine opens DuckDB over a bill.
func engine(t testing.TB, bill *export.Bill) *duckdb.Engine {
	t.Helper()
	e, err := duckdb.Open(bill, payer, duckdb.Options{Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// answers are all rows of all questions, by question.
func answers(t testing.TB, e billing.Engine, p billing.Period) map[string]any {
	t.Helper()
	ctx := context.Background()
	all := map[string]any{}
	keep(t, all, "accounts")(e.Accounts(ctx, p))
	keep(t, all, "days")(e.Days(ctx, p))
	keep(t, all, "charges")(e.Charges(ctx, p))
	keep(t, all, "hours")(e.Hours(ctx, p))
	keep(t, all, "standing")(e.Standing(ctx, p))
	keep(t, all, "prices")(e.Prices(ctx, p))
	keep(t, all, "costs")(e.Costs(ctx, p))
	keep(t, all, "tagged")(e.Tagged(ctx, p, []string{"환경", "팀"}, []string{"env"}))
	keep(t, all, "tagged by one")(e.Tagged(ctx, p, []string{"o'brien", "env", "cost-center"}))
	keep(t, all, "patterns")(collected(e.Patterns(ctx, p, []string{"팀", "env"}, []string{"createdBy", "aws:createdBy"})))
	keep(t, all, "patterns without tags")(collected(e.Patterns(ctx, p)))
	keep(t, all, "focus usage")(collected(e.FocusUsage(ctx, p)))
	keep(t, all, "products")(e.Products(ctx, p))
	keep(t, all, "usage")(collected(e.Usage(ctx, p)))
	keep(t, all, "plan hours")(e.PlanHours(ctx, p))
	keep(t, all, "reservations")(e.Reservations(ctx, p))
	keep(t, all, "plan rates")(e.PlanRates(ctx, p))
	return all
}

// keep files the rows of one question; an error fails the test.
func keep(t testing.TB, all map[string]any, question string) func(rows any, err error) {
	return func(rows any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s of %s: %v", question, "the bill", err)
		}
		all[question] = rows
	}
}

func collected[T any](all iter.Seq2[T, error]) (any, error) {
	var rows []T
	for u, err := range all {
		if err != nil {
			return rows, err
		}
		rows = append(rows, u)
	}
	return rows, nil
}

// agree compares all answers of both engines, row by row, decimal by decimal.
func agree(t *testing.T, bill *export.Bill, p billing.Period) map[string]any {
	t.Helper()
	got, want := answers(t, recount.Open(bill, payer, 3), p), answers(t, engine(t, bill), p)
	for question, rows := range want {
		if diff := cmp.Diff(rows, got[question]); diff != "" {
			t.Errorf("%s: DuckDB (-) and the recount (+) differ:\n%.3000s", question, diff)
		}
	}
	return want
}

func TestBothEnginesAgreeOnRandomBills(t *testing.T) {
	t.Parallel()
	seeds := uint64(3)
	if os.Getenv("OFFPEAK_SOAK") != "" {
		seeds = 100
	}
	for seed := range seeds {
		bill := randomBill(t, seed, 1000)
		for question, rows := range agree(t, bill, both) {
			if reflect.ValueOf(rows).Len() == 0 {
				t.Errorf("seed %d: %s has no rows", seed, question)
			}
		}
		// A period that begins and ends within days, and touches one month only.
		agree(t, bill, billing.Period{From: july.Add(31 * time.Hour), To: july.Add(205 * time.Hour)})
	}
}

// FuzzBothEnginesAgree draws small bills, in which single rows decide: nulls alone, one month empty, sums of nothing.
func FuzzBothEnginesAgree(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(seed+1000, uint8(seed*4+1))
	}
	f.Fuzz(func(t *testing.T, seed uint64, rows uint8) {
		agree(t, randomBill(t, seed, 1+int(rows)), both)
	})
}

func TestUsageAddsUpToHours(t *testing.T) {
	t.Parallel()
	bill := randomBill(t, 77, 800)
	e := engine(t, bill)
	ctx := context.Background()
	hours, err := e.Hours(ctx, both)
	if err != nil {
		t.Fatal(err)
	}
	charges, err := e.Charges(ctx, both)
	if err != nil {
		t.Fatal(err)
	}
	var byHour, byMonth billing.HourCost
	for _, h := range hours {
		byHour.List, byHour.Contract, byHour.Effective = byHour.List.Add(h.List), byHour.Contract.Add(h.Contract), byHour.Effective.Add(h.Effective)
	}
	for _, c := range charges {
		if c.Category == "Usage" {
			byMonth.List, byMonth.Contract, byMonth.Effective = byMonth.List.Add(c.List), byMonth.Contract.Add(c.Contract), byMonth.Effective.Add(c.Effective)
		}
	}
	if diff := cmp.Diff(byHour, byMonth); diff != "" {
		t.Errorf("the hours (-) and the charges (+) of usage differ:\n%s", diff)
	}
}
