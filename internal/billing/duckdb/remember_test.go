//go:build cgo

package duckdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
)

// counting counts what an engine is asked.
type counting struct {
	billing.Engine
	asked int
}

func (c *counting) Days(ctx context.Context, p billing.Period) ([]billing.Day, error) {
	c.asked++
	return c.Engine.Days(ctx, p)
}

func (c *counting) Charges(ctx context.Context, p billing.Period) ([]billing.Charge, error) {
	c.asked++
	return c.Engine.Charges(ctx, p)
}

func (c *counting) Standing(ctx context.Context, p billing.Period) ([]billing.Standing, error) {
	c.asked++
	return c.Engine.Standing(ctx, p)
}

func (c *counting) Prices(ctx context.Context, p billing.Period) ([]billing.Price, error) {
	c.asked++
	return c.Engine.Prices(ctx, p)
}

func (c *counting) PlanHours(ctx context.Context, p billing.Period) ([]billing.PlanHour, error) {
	c.asked++
	return c.Engine.PlanHours(ctx, p)
}

// What is remembered is what would be answered, whatever was asked before.
func TestWhatIsRememberedIsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	bill := randomBill(t, 21, 600)
	for name, e := range engines(t, bill) {
		counted := &counting{Engine: e}
		remembering := billing.Remember(counted)
		for _, row := range []struct {
			name     string
			from, to time.Time
			asks     int // of five questions, how many go on to the engine
		}{
			{"two months", july, july.AddDate(0, 2, 0), 5},
			{"the same again", july, july.AddDate(0, 2, 0), 0},
			{"one of them", july, august, 0},
			{"the other", august, august.AddDate(0, 1, 0), 0},
			{"some days of both: prices are of months", july.AddDate(0, 0, 3), august.AddDate(0, 0, 9), 1},
			{"hours that cut days: charges are of months, plans of hours", july.Add(5 * time.Hour), july.Add(99 * time.Hour), 3},
			{"the same hours again", july.Add(5 * time.Hour), july.Add(99 * time.Hour), 0},
			{"a longer time, of which no more was delivered: charges are of months", july.AddDate(0, -1, 0), july.AddDate(0, 2, 0), 4},
			{"a part of that", july.AddDate(0, -1, 0), july.AddDate(0, 0, 2), 1},
			{"two months before, and one of the delivered: charges are of that one", july.AddDate(0, -2, 0), august, 4},
			{"a time that ends before it begins", august, july, 5},
		} {
			p, before := billing.Period{From: row.from, To: row.to}, counted.asked
			compare(t, name, row.name, p, remembering.Days, e.Days)
			compare(t, name, row.name, p, remembering.Charges, e.Charges)
			compare(t, name, row.name, p, remembering.Standing, e.Standing)
			compare(t, name, row.name, p, remembering.Prices, e.Prices)
			compare(t, name, row.name, p, remembering.PlanHours, e.PlanHours)
			if asks := counted.asked - before; asks != row.asks {
				t.Errorf("%s, %s: %d questions went on, want %d", name, row.name, asks, row.asks)
			}
		}
		mine, err := remembering.Charges(context.Background(), both)
		if err != nil || len(mine) == 0 {
			t.Fatal(len(mine), err)
		}
		mine[0].Rows = -1
		compare(t, name, "what a caller does to its rows", both, remembering.Charges, e.Charges)
	}
}

func compare[Row any](t *testing.T, engine, name string, p billing.Period, got, want func(context.Context, billing.Period) ([]Row, error)) {
	t.Helper()
	rows, err := got(context.Background(), p)
	wanted, wantErr := want(context.Background(), p)
	if diff := cmp.Diff(wanted, rows); (err == nil) != (wantErr == nil) || len(wanted)+len(rows) > 0 && diff != "" {
		t.Errorf("%s, %s: %v, %v (-want +got)\n%s", engine, name, err, wantErr, diff)
	}
}
