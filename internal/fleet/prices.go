package fleet

import "offpeak/internal/money"

// PriceKey names a price: a type in a region for a product. Databases in several zones have prices of their own.
type PriceKey struct {
	Region  Region
	Type    string // m5.large, db.r6g.large
	Product string // Linux/UNIX, Windows, postgres, ...; empty: whatever the product
	MultiAZ bool
}

// Prices are known prices per hour. A price that is not in it is unknown, which bars nothing.
type Prices map[PriceKey]money.Rate

// Of returns the price of running a resource for an hour: its type's, or for a group the sum of its members'. When one member's
// price is unknown the sum is. The prices are those of on-demand capacity: what Spot costs is unknown.
func (p Prices) Of(r *Resource) Price {
	if r.Lifecycle != OnDemand {
		return Price{}
	}
	if len(r.Members) == 0 {
		return p.lookup(PriceKey{r.Scope.Region, r.Type, r.Product, r.MultiAZ})
	}
	var sum money.Rate
	for _, m := range r.Members {
		one := p.lookup(PriceKey{r.Scope.Region, m.Type, r.Product, false})
		if !one.Known {
			return Price{}
		}
		sum = sum.Add(one.Rate.Times(m.Count))
	}
	return Price{sum, true}
}

func (p Prices) lookup(key PriceKey) Price {
	if key.Type == "" {
		return Price{}
	}
	if rate, ok := p[key]; ok {
		return Price{rate, true}
	}
	key.Product = ""
	rate, ok := p[key]
	return Price{rate, ok}
}

// Apply sets the price of every resource of the snapshot whose price is not known yet.
func (p Prices) Apply(s *Snapshot) {
	for i := range s.Resources {
		if r := &s.Resources[i]; !r.Price.Known {
			r.Price = p.Of(r)
		}
	}
}
