package main

import (
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

// openBill returns how a bill is opened by an engine; without a name in plain Go, which is there in every build and the faster one.
func openBill(engine string) func(*export.Bill, fleet.AccountID) (billing.Engine, error) {
	return func(bill *export.Bill, payer fleet.AccountID) (billing.Engine, error) {
		if engine == engineDuckDB {
			return duckdb.Open(bill, payer, duckdb.Options{})
		}
		return recount.Open(bill, payer, runtime.GOMAXPROCS(0)), nil
	}
}

// otherEngine is the engine that counts again what one of the name of billing.Engine counted. In a program without DuckDB what plain Go counted is counted by plain Go
// again, and another is false: that shows that nothing was changed, and is no second way of counting.
func otherEngine(counted string, withDuckDB bool) (engine string, another bool) {
	if counted == recount.Name && withDuckDB {
		return engineDuckDB, true
	}
	return engineGo, counted != recount.Name
}
