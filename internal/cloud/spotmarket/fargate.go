package spotmarket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"offpeak/internal/cloud/pricelist"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/market/kept"
)

// fargateURL is where AWS's page of Fargate prices has those of Spot from. AWS's price list has none of them, and documents this file nowhere: it may go.
const fargateURL = "https://dftu77xade0tc.cloudfront.net/fargate-spot-prices.json"

// fargate asks what vCPUs and memory of tasks cost: on demand the price list, on Spot the page's file where the list has none, as it never had. What
// the policy says goes before both.
func (a *asking) fargate() {
	known := kept.Meters{}
	a.meters("on demand", known, func(ctx context.Context) (kept.Meters, error) {
		return fargateListed(ctx, a)
	}, "AWS Price List API, AmazonECS", kept.FargateListed)
	spot := 0
	for meter := range known {
		if strings.HasPrefix(meter, "SpotUsage-") {
			spot++
		}
	}
	if spot == 0 {
		a.meters("on Spot", known, a.fetchFargate, "AWS's page of Fargate prices", kept.FargateSpot)
	}
	prices := fleet.Prices{}
	for meter, rate := range known {
		prices[fleet.PriceKey{Region: a.scope.Region, Type: meter}] = rate
	}
	for key, rate := range a.options.Own {
		if _, is := market.FargateMeter(key.Type); is && key.Region == a.scope.Region {
			prices[key] = rate
		}
	}
	a.market.Fargate = market.FargateOf(prices)
}

// meters adds what a place tells to what is known.
func (a *asking) meters(what string, known kept.Meters, ask func(context.Context) (kept.Meters, error), place, part string) {
	told, asked, err := answer(a.ctx, a.Reader, a.now, question[kept.Meters]{key: kept.Key(a.scope.Region, part), fresh: aDay, ask: ask})
	maps.Copy(known, told)
	a.told("prices of Fargate "+what, place, len(told), asked, err)
}

func fargateListed(ctx context.Context, a *asking) (kept.Meters, error) {
	if a.options.Products == nil {
		return nil, errors.New("the price list is not asked")
	}
	rates, err := pricelist.Usage(ctx, a.options.Products, "AmazonECS", a.scope.Region, a.now)
	if err != nil {
		return nil, err
	}
	listed := kept.Meters{}
	for usage, rate := range rates {
		if meter, is := market.FargateMeter(usage); is {
			listed[meter] = rate
		}
	}
	return listed, nil
}

// fetchFargate gets the page's file and keeps what it says of this region.
func (a *asking) fetchFargate(ctx context.Context) (kept.Meters, error) {
	told := kept.Meters{}
	err := a.get(ctx, a.options.FargateSpot, func(r io.Reader) error {
		prices, err := market.ReadFargateSpot(a.options.FargateSpot, r)
		for key, rate := range prices {
			if key.Region == a.scope.Region {
				told[key.Type] = rate
			}
		}
		return err
	})
	if err == nil && len(told) == 0 {
		err = fmt.Errorf("%s tells none of %s", a.options.FargateSpot, a.scope.Region)
	}
	return told, err
}
