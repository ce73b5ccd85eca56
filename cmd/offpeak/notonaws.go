//go:build demo

package main

import (
	"context"

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

var errNotBuilt = usagef("this offpeak was built for the demo, without AWS; build the whole with \"make build\"")
