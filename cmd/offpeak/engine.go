package main

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"strings"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/duckdb"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/objects"
)

// What can count a bill.
const (
	engineDuckDB = "duckdb"
	engineGo     = "go"
)

// openBill returns how a bill is opened by an engine; without a name by DuckDB where it is built in, else in plain Go.
func openBill(engine string) func(*export.Bill, fleet.AccountID) (billing.Engine, error) {
	return func(bill *export.Bill, payer fleet.AccountID) (billing.Engine, error) {
		if engine != engineGo {
			opened, err := duckdb.Open(bill, payer, duckdb.Options{})
			if err == nil {
				return opened, nil
			}
			if engine == engineDuckDB || !errors.Is(err, duckdb.ErrNotBuilt) {
				return nil, err
			}
		}
		return recount.Open(bill, payer, runtime.GOMAXPROCS(0)), nil
	}
}

// entriesUntil reads the ledger from its beginning, compacted or not.
func entriesUntil(ctx context.Context, store objects.Store, to time.Time) iter.Seq2[ledger.Entry, error] {
	from := to
	for prefix, layout := range map[string]string{"ledger/date=": time.DateOnly, "ledger/compacted/month=": "2006-01"} {
		for key, err := range store.List(ctx, prefix) {
			if err != nil {
				return func(yield func(ledger.Entry, error) bool) { yield(ledger.Entry{}, err) }
			}
			date, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
			if day, err := time.Parse(layout, date); err == nil && day.Before(from) {
				from = day
			}
			break // keys are in the order of their dates
		}
	}
	return (compact.Book{Store: store}).Read(ctx, from, to, fleet.Scope{})
}
