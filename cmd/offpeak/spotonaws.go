//go:build !demo

package main

import (
	"context"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/instancetypes"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// typesOnAWS asks AWS for the instance types of a region, with the credentials of who types the command: the answer is the same for every account.
func typesOnAWS(ctx context.Context, profile string, region fleet.Region, offerings bool) (*market.Catalog, market.Offerings, fleet.Region, error) {
	access, err := cloud.Open(ctx, cloud.Options{Profile: profile, Region: region, Session: "offpeak-cli"})
	if err != nil {
		return nil, nil, "", err
	}
	scope := fleet.Scope{Region: access.Region()}
	if scope.Region == "" {
		return nil, nil, "", usagef("AWS is asked for instance types where --catalog names no file, and there is no region: name one with --region, or in the AWS configuration")
	}
	reader := instancetypes.New(access)
	catalog, err := reader.Catalog(ctx, scope)
	if err != nil || !offerings {
		return catalog, nil, scope.Region, err
	}
	offered, err := reader.Offerings(ctx, scope)
	return catalog, offered, scope.Region, err
}
