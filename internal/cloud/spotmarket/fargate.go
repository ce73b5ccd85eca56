package spotmarket

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"offpeak/internal/cloud/pricelist"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

// fargateUsage are the meters of Fargate on Linux, which alone has Spot, as the bill and the price list name them after the region's prefix.
var fargateUsage = []struct{ architecture, vcpu, gb string }{
	{"X86_64", "Fargate-vCPU-Hours:perCPU", "Fargate-GB-Hours"},
	{"ARM64", "Fargate-ARM-vCPU-Hours:perCPU", "Fargate-ARM-GB-Hours"},
}

// spotUsage stands before the meters of Spot.
const spotUsage = "SpotUsage-"

// fargate asks what vCPUs and memory of tasks cost. AWS promises the Spot prices nowhere but on a page for people: where its price list has none, what
// Spot would save is not known.
func (a *asking) fargate() {
	if a.options.Products == nil {
		a.say("no prices of Fargate: the price list is not asked")
		return
	}
	listed, asked, err := answer(a.ctx, a.Reader, a.now, question[[]market.FargatePrice]{
		key: fmt.Sprintf("market/%s/fargate.json.gz", a.scope.Region), fresh: aDay, ask: a.fargatePrices,
	})
	a.market.Fargate = listed
	a.told("prices of Fargate", "AWS Price List API, AmazonECS", len(listed), asked, err)
}

func (a *asking) fargatePrices(ctx context.Context) ([]market.FargatePrice, error) {
	rates, err := pricelist.Usage(ctx, a.options.Products, "AmazonECS", a.scope.Region, a.now)
	if err != nil {
		return nil, err
	}
	meters := map[string]money.Rate{}
	for usage, rate := range rates {
		if at := strings.Index(usage, spotUsage); at >= 0 {
			meters[usage[at:]] = rate
		} else if at := strings.Index(usage, "Fargate-"); at >= 0 {
			meters[usage[at:]] = rate
		}
	}
	var found []market.FargatePrice
	for _, u := range fargateUsage {
		p := market.FargatePrice{
			Region: a.scope.Region, Architecture: u.architecture, VCPU: meters[u.vcpu], GB: meters[u.gb], SpotVCPU: meters[spotUsage+u.vcpu], SpotGB: meters[spotUsage+u.gb],
		}
		if !p.VCPU.IsZero() && !p.GB.IsZero() && !p.SpotVCPU.IsZero() && !p.SpotGB.IsZero() {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("AWS's price list tells none of Fargate Spot")
	}
	return found, nil
}
