//go:build demo

package main

import (
	"context"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
	"offpeak/reports/delivery"
)

// openAWS says that this program cannot: "make demo" builds one that compiles in a minute, without the AWS SDK.
func openAWS(context.Context, console, entry) (reach, error) {
	return nil, errNotBuilt
}

// openMailer says the same.
func openMailer(context.Context, entry, string, string) (delivery.Mailer, error) {
	return nil, errNotBuilt
}

// fetchBill says the same.
func fetchBill(context.Context, console, entry, s3Place, string, billing.Period, func(done, of int64)) (dir, said string, err error) {
	return "", "", errNotBuilt
}

// openAthena says the same.
func openAthena(context.Context, console, entry, athenaPlace) (*export.Bill, func(context.Context, fleet.AccountID) (billing.Engine, error), error) {
	return nil, nil, errNotBuilt
}

var errNotBuilt = usagef("this offpeak was built for the demo, without AWS; build the whole with \"make build\"")
