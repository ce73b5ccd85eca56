package kept

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// PriceFormat is that of the pages of on-demand prices.
const PriceFormat = "offpeak-prices/1"

// PricePage is a region's page of the hub's book of on-demand prices.
type PricePage struct {
	Format string       `json:"format"`
	Region fleet.Region `json:"region"`
	Date   string       `json:"date"`
	Source string       `json:"source"`
	Prices []PriceLine  `json:"prices"`
}

// PriceLine is one price, or why there is none.
type PriceLine struct {
	Type      string      `json:"type"`
	Product   string      `json:"product"`
	MultiAZ   bool        `json:"multi_az,omitempty"`
	Rate      *money.Rate `json:"usd_per_hour,omitempty"` // nil: unknown
	Why       string      `json:"why,omitempty"`
	Asked     time.Time   `json:"asked"`
	Published time.Time   `json:"published,omitzero"`
	SKU       string      `json:"sku,omitempty"`
}

// PriceFolder is where a region's pages are kept, a page a day: YYYY-MM-DD.json.
func PriceFolder(region fleet.Region) string { return "prices/" + string(region) + "/" }

// ParsePrices reads a page.
func ParsePrices(data []byte) (p PricePage, err error) {
	if err := json.Unmarshal(data, &p); err != nil {
		return PricePage{}, err
	}
	if p.Format != PriceFormat {
		return PricePage{}, fmt.Errorf("its format is %.40q, this offpeak reads %q", p.Format, PriceFormat)
	}
	return p, nil
}

// onDemand are the prices of a region's newest page, which holds what those before it told, and those of the policy.
func (r *reading) onDemand(region fleet.Region, own fleet.Prices) fleet.Prices {
	prices := fleet.Prices{}
	latest := ""
	for key, err := range r.store.List(r.ctx, PriceFolder(region)) {
		if err != nil {
			r.err = fmt.Errorf("find on-demand prices of %s: %w", region, err)
			return nil
		}
		if strings.HasSuffix(key, ".json") && key > latest {
			latest = key
		}
	}
	if latest != "" {
		data, _, err := r.store.Read(r.ctx, latest)
		if err != nil {
			r.err = fmt.Errorf("read %s: %w", latest, err)
			return nil
		}
		if page, err := ParsePrices(data); err == nil {
			r.listed(&page, prices)
		} else {
			r.say("no on-demand prices of the hub's: what is kept in %s cannot be read", latest)
		}
	}
	maps.Copy(prices, own)
	return prices
}

// listed takes in what a page tells of the instant.
func (r *reading) listed(page *PricePage, prices fleet.Prices) {
	var asked []time.Time
	for i := range page.Prices {
		line := &page.Prices[i]
		if line.Rate == nil || r.at.Sub(line.Asked).Abs() > LongReach {
			continue
		}
		prices[fleet.PriceKey{Region: page.Region, Type: line.Type, Product: line.Product, MultiAZ: line.MultiAZ}] = *line.Rate
		asked = append(asked, line.Asked)
	}
	if len(asked) == 0 {
		r.say("no on-demand prices of the hub's are of the last %d days", int(LongReach.Hours()/24))
		return
	}
	first, last := slices.MinFunc(asked, time.Time.Compare), slices.MaxFunc(asked, time.Time.Compare)
	r.say("on-demand prices: %d of the AWS Price List API, asked from %s to %s", len(asked), first.UTC().Format(time.DateOnly), last.UTC().Format(time.DateOnly))
}
