package spotmarket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/cloud"
	"offpeak/internal/market"
	"offpeak/internal/market/kept"
)

// catalog asks what types there are in the region.
func (a *asking) catalog() {
	specs, asked, err := answer(a.ctx, a.Reader, a.now, question[[]market.Spec]{
		key: kept.Key(a.scope.Region, kept.Types), fresh: aDay,
		ask: func(ctx context.Context) ([]market.Spec, error) {
			c, err := a.types.Catalog(ctx, a.scope)
			if err != nil {
				return nil, err
			}
			return c.All(), nil
		},
	})
	if len(specs) > 0 {
		a.market.Catalog = market.NewCatalog(specs...)
	}
	a.told("instance types", "DescribeInstanceTypes", len(specs), asked, err)
}

// offerings asks in which zones they can be had. Accounts name their zones as they like, so that each is asked for itself.
func (a *asking) offerings() {
	zones, asked, err := answer(a.ctx, a.Reader, a.now, question[market.Offerings]{
		key: kept.OwnKey(a.scope, kept.Offerings), fresh: aDay,
		ask: func(ctx context.Context) (market.Offerings, error) { return a.types.Offerings(ctx, a.scope) },
	})
	if len(zones) > 0 {
		a.market.Offerings = zones
	}
	a.told("zones", "DescribeInstanceTypeOfferings", len(zones), asked, err)
}

// told notes where a part is from.
func (a *asking) told(what, call string, n int, asked time.Time, err error) {
	switch {
	case err == nil:
		a.say("%d %s: %s, %s", n, what, call, asked.Format("2006-01-02 15:04 UTC"))
	case n > 0:
		a.say("%d %s: %s, %s, and none since: %v", n, what, call, asked.Format("2006-01-02 15:04 UTC"), err)
	default:
		a.say("no %s: %v", what, err)
	}
}

// What of the prices is asked for: a day more than is judged, so that what held at the window's begin is known.
const (
	history    = 31 * 24 * time.Hour
	mostPrices = 1000 // of a page
	mostKinds  = 100  // of a call
)

// spot asks what the types cost on Spot that could stand in for those that are bought now.
func (a *asking) spot() {
	kinds := a.candidates()
	known, asked, err := answer(a.ctx, a.Reader, a.now, question[kept.Prices]{
		key: kept.OwnKey(a.scope, kept.Spot), fresh: aDay,
		enough: func(p kept.Prices) bool { return within(kinds, p.Types) && within(a.wanted.products, p.Products) },
		ask:    func(ctx context.Context) (kept.Prices, error) { return a.spotPrices(ctx, kinds) },
	})
	h := market.History{}
	for _, p := range known.Pools {
		h[p.Pool] = p.Points
	}
	if len(h) > 0 {
		a.market.Spot = h
	}
	a.told("pools", "DescribeSpotPriceHistory, 31 days", len(h), asked, err)
}

// candidates are the types that have as many vCPUs and as much memory as one that is bought now, up to twice as much, of one architecture with it: all
// that a planner could choose from, and a tenth of what there is. Which of them fit is not for here.
func (a *asking) candidates() (kinds []string) {
	var bases []*market.Spec
	for _, p := range a.wanted.pairs {
		if s, known := a.market.Catalog.Of(p.kind); known {
			bases = append(bases, s)
		}
	}
	all := a.market.Catalog.All()
	for i := range all {
		s := &all[i]
		if s.Spot && slices.ContainsFunc(bases, func(base *market.Spec) bool { return s.Type == base.Type || near(base, s) }) {
			kinds = append(kinds, s.Type)
		}
	}
	return kinds
}

func near(base, s *market.Spec) bool {
	return !s.BareMetal && base.VCPU <= s.VCPU && s.VCPU <= 2*base.VCPU && base.MemoryMiB <= s.MemoryMiB && s.MemoryMiB <= 2*base.MemoryMiB &&
		slices.ContainsFunc(s.Architectures, func(kind string) bool { return slices.Contains(base.Architectures, kind) })
}

// within reports whether every text stands in a sorted list.
func within(texts, sorted []string) bool {
	for _, t := range texts {
		if _, found := slices.BinarySearch(sorted, t); !found {
			return false
		}
	}
	return true
}

func (a *asking) spotPrices(ctx context.Context, kinds []string) (kept.Prices, error) {
	h, zones := market.History{}, map[string]string{}
	for part := range slices.Chunk(kinds, mostKinds) {
		in := &ec2.DescribeSpotPriceHistoryInput{
			StartTime: aws.Time(a.now.Add(-history)), EndTime: &a.now, MaxResults: aws.Int32(mostPrices), ProductDescriptions: a.wanted.products,
		}
		for _, kind := range part {
			in.InstanceTypes = append(in.InstanceTypes, types.InstanceType(kind))
		}
		if len(a.wanted.zones) > 0 {
			in.Filters = []types.Filter{{Name: aws.String("availability-zone"), Values: a.wanted.zones}}
		}
		pages := ec2.NewDescribeSpotPriceHistoryPaginator(a.machines.In(a.scope), in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return kept.Prices{}, fmt.Errorf("ec2:DescribeSpotPriceHistory in %s: %w", a.scope, cloud.Classify(err))
			}
			for i := range page.SpotPriceHistory {
				note(h, &page.SpotPriceHistory[i])
				if id := aws.ToString(page.SpotPriceHistory[i].AvailabilityZoneId); id != "" {
					zones[id] = aws.ToString(page.SpotPriceHistory[i].AvailabilityZone)
				}
			}
		}
	}
	h.Sort()
	all := kept.Prices{Types: kinds, Products: a.wanted.products, Zones: zones}
	for _, p := range slices.SortedFunc(maps.Keys(h), market.Pool.Compare) {
		all.Pools = append(all.Pools, kept.Pool{Pool: p, Points: h[p]})
	}
	return all, nil
}

// note takes a change of price in. One that cannot be understood is left out: without a price there is no move.
func note(h market.History, s *types.SpotPrice) {
	told := market.SpotPrice{
		AvailabilityZone: aws.ToString(s.AvailabilityZone), InstanceType: string(s.InstanceType), ProductDescription: string(s.ProductDescription),
		SpotPrice: aws.ToString(s.SpotPrice),
	}
	if s.Timestamp != nil {
		told.Timestamp = s.Timestamp.UTC().Format(time.RFC3339)
	}
	if p, point, err := told.Point(); err == nil {
		h[p] = append(h[p], point)
	}
}
