package pricelist

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/pricing"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Usage returns what each meter of a service costs in a region, by its usage type as the bill has it (USE1-Fargate-GB-Hours). A meter with several
// prices in force is left out, and so is one that costs nothing.
func Usage(ctx context.Context, client pricing.GetProductsAPIClient, service string, region fleet.Region, now time.Time) (map[string]money.Rate, error) {
	q := question{service: service, attributes: [][2]string{{"regionCode", string(region)}}}
	rates, several := map[string]money.Rate{}, map[string]bool{}
	pages := pricing.NewGetProductsPaginator(client, q.input())
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask AWS for the prices of %s in %s: %w", service, region, cloud.Classify(err))
		}
		for _, text := range page.PriceList {
			p, err := parseProduct([]byte(text))
			if err != nil {
				return nil, fmt.Errorf("ask AWS for the prices of %s in %s: %w", service, region, err)
			}
			usage := p.Product.Attributes["usagetype"]
			rate, ok := p.inForce(now, func(string) bool { return true })
			if usage == "" || !ok {
				continue
			}
			if other, known := rates[usage]; known && !other.Equal(rate) {
				several[usage] = true
			}
			rates[usage] = rate
		}
	}
	for usage := range several {
		delete(rates, usage)
	}
	return rates, nil
}
