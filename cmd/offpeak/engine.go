package main

import (
	"errors"
	"runtime"

	"offpeak/internal/billing"
	"offpeak/internal/billing/duckdb"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
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
