package reporting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/market/kept"
	"offpeak/reports/spend"
)

// kept are the offers by what AutoSpot keeps of the market, of each account's region by its own: accounts name their zones as they like. Nil where AutoSpot has never
// asked what Spot costs.
func (m *maker) kept(ctx context.Context, committed map[fleet.ARN]autospot.Committed) (*Offers, error) {
	all := &Offers{Taken: m.seen.Taken, Offers: []spend.Offer{}, Unknown: true}
	var never []string
	var asked time.Time
	for _, s := range byScope(m.seen) {
		scope := s.Resources[0].Scope
		market, err := kept.Read(ctx, m.Kept, scope, m.Policy.Prices, m.Issued)
		if err != nil {
			return nil, fmt.Errorf("what Spot costs in %s: %w", scope, err)
		}
		if lacks := len(market.Spot) == 0 && buysInstances(s) || !market.Priced(); lacks && market.Old.IsZero() {
			never = append(never, scope.String())
		} else if lacks {
			all.Unpriced = append(all.Unpriced, scope.String()+" ("+market.Old.UTC().Format(time.DateOnly)+")")
		}
		if !market.Priced() {
			continue
		}
		all.Unknown = false
		if at := market.Taken; !at.IsZero() {
			s.Taken = at // prices are weighed over the weeks before it
			if asked.IsZero() || at.Before(asked) {
				asked = at
			}
		}
		found := OffersOf(m.Policy, s, &market.Market, committed)
		all.Offers = append(all.Offers, found.Offers...)
		for _, source := range found.Sources {
			all.Sources = append(all.Sources, scope.String()+": "+source)
		}
	}
	if all.Unknown && len(all.Unpriced) == 0 {
		return nil, nil
	}
	if !all.Unknown {
		all.Unpriced = append(all.Unpriced, never...)
		slices.Sort(all.Unpriced)
	}
	if !asked.IsZero() {
		all.Asked = asked.UTC().Format(time.DateOnly)
	}
	return all, nil
}

// buysInstances reports whether anything of an inventory is an instance or a group of them, which Spot prices are told of; tasks cost the same in every account.
func buysInstances(s *fleet.Snapshot) bool {
	return slices.ContainsFunc(s.Resources, func(r fleet.Resource) bool { return r.Kind != fleet.ECSService })
}

// byScope are the accounts' regions of an inventory that have anything that could be Spot, each as an inventory of its own. Of what nobody has looked at how it is launched
// nothing could be said.
func byScope(seen *fleet.Snapshot) (all []*fleet.Snapshot) {
	of := map[fleet.Scope]*fleet.Snapshot{}
	for i := range seen.Resources {
		r := &seen.Resources[i]
		if r.Launch == nil || r.Kind != fleet.EC2Instance && r.Kind != fleet.AutoScalingGroup && r.Kind != fleet.ECSService {
			continue
		}
		if of[r.Scope] == nil {
			of[r.Scope] = &fleet.Snapshot{Taken: seen.Taken}
			all = append(all, of[r.Scope])
		}
		of[r.Scope].Resources = append(of[r.Scope].Resources, *r)
	}
	slices.SortFunc(all, func(a, b *fleet.Snapshot) int {
		x, y := a.Resources[0].Scope, b.Resources[0].Scope
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region))
	})
	return all
}
