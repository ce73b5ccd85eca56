//go:build demo

package main

import (
	"context"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// typesOnAWS says that this program cannot ask AWS, and what it reads instead.
func typesOnAWS(context.Context, string, fleet.Region, bool) (*market.Catalog, market.Offerings, fleet.Region, error) {
	return nil, nil, "", usagef("this offpeak was built for the demo, without AWS: name a file with --catalog, or build the whole with \"make build\"")
}
