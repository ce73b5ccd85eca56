package commitments

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// reserved is a reservation at work.
type reserved struct {
	*Reservation
	pot      *pot
	pool     Product
	flexible bool
}

// reserve readies the Reserved Instances, and the lines that each looks at.
func (r *replay) reserve(c Commitments) {
	all := make([]reserved, len(c.Reservations))
	r.pools = map[Product][]*line{}
	for i := range c.Reservations {
		reservation := &c.Reservations[i]
		count := decimal.NewFromInt(int64(max(reservation.Count, 0)))
		p := &pot{id: reservation.ID, size: count, hourly: count.Mul(number(reservation.Rate))}
		flexible := reservation.Flexible()
		if flexible {
			p.size = count.Mul(reservation.Product.Factor)
		}
		all[i] = reserved{reservation, p, reservation.pool(), flexible}
		r.pots = append(r.pots, p)
		r.pools[all[i].pool] = nil
	}
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b reserved) int { return cmp.Compare(a.ID, b.ID) })
	r.reserved = all
	r.pour()
}

// coverByReservations applies the Reserved Instances: rules 2 to 5 of Bill.
func (r *replay) coverByReservations() {
	for _, zonal := range []bool{true, false} {
		for _, eligible := range []func(owner, account fleet.AccountID) bool{own, r.others} {
			for i := range r.reserved {
				if r.reserved[i].zonal() == zonal {
					r.cover(&r.reserved[i], eligible)
				}
			}
		}
	}
}

// pour puts the lines into the pools that reservations look at, smallest size first.
func (r *replay) pour() {
	types := map[string]bool{}
	for key := range r.pools {
		types[key.Type], types[key.Family] = true, true
	}
	for _, l := range r.lines {
		if p := l.usage.Product; !types[p.Type] && !types[p.Family] {
			continue // a look at two words saves most usage a look at all of its product's
		}
		for key := range l.usage.Product.pools {
			if lines, wanted := r.pools[key]; wanted {
				r.pools[key] = append(lines, l)
			}
		}
	}
	for _, lines := range r.pools {
		slices.SortFunc(lines, func(a, b *line) int {
			return cmp.Or(a.usage.Product.Factor.Cmp(b.usage.Product.Factor), cmp.Compare(a.turn, b.turn))
		})
	}
}

func (r *replay) cover(by *reserved, eligible func(owner, account fleet.AccountID) bool) {
	for _, l := range r.pools[by.pool] {
		if by.pot.used.Equal(by.pot.size) {
			return
		}
		if !l.rest.IsPositive() || !eligible(by.Owner, l.usage.Account) {
			continue
		}
		if by.flexible {
			r.fill(by.pot, l, l.usage.Product.Factor)
		} else {
			r.fill(by.pot, l, decimal.NewFromInt(1))
		}
	}
}

func own(owner, account fleet.AccountID) bool { return owner == account }

func (c Commitments) others(owner, account fleet.AccountID) bool {
	return owner != account && c.shares(owner) && c.shares(account)
}

// class is usage that every Savings Plan treats alike but for its account and its price.
type class struct {
	sku     SKU
	compute Compute
	region  fleet.Region
	family  string
}

// offer is a plan's price for a class of usage.
type offer struct {
	plan  *Plan
	pot   *pot
	class class
	lines []*line
	rate  decimal.Decimal
	ratio decimal.Decimal // rate / on-demand price: the lower, the higher the savings percentage
}

// offer readies the Savings Plans' offers, the best first.
func (r *replay) offer(c Commitments) {
	if len(c.Plans) == 0 {
		return
	}
	classes := r.classes()
	r.offers = map[PlanKind][]offer{}
	for i := range c.Plans {
		plan := &c.Plans[i]
		hourly := decimal.Max(number(plan.Hourly), decimal.Zero)
		p := &pot{id: plan.ID, size: hourly, hourly: hourly}
		r.pots = append(r.pots, p)
		for key, prices := range classes {
			rate, known := plan.Rates[key.sku]
			if !known || !plan.Covers(*prices[0][0].usage.Product) {
				continue
			}
			for _, lines := range prices {
				r.offers[plan.Kind] = appendOffer(r.offers[plan.Kind], offer{plan: plan, pot: p, class: key, lines: lines}, rate)
			}
		}
	}
	for _, offers := range r.offers {
		slices.SortFunc(offers, compareOffers)
	}
}

// coverByPlans applies the Savings Plans: rules 6 and 7 of Bill.
func (r *replay) coverByPlans() {
	for _, kind := range []PlanKind{EC2InstancePlan, ComputePlan, DatabasePlan} {
		for _, eligible := range []func(owner, account fleet.AccountID) bool{own, r.others} {
			for i := range r.offers[kind] {
				o := &r.offers[kind][i]
				for _, l := range o.lines {
					if l.rest.IsPositive() && eligible(o.plan.Owner, l.usage.Account) {
						r.fill(o.pot, l, o.rate)
					}
				}
			}
		}
	}
}

// classes sorts the lines by class, and in a class by price.
func (r *replay) classes() map[class][][]*line {
	classes := map[class][][]*line{}
	for _, l := range r.lines {
		if !l.price.IsPositive() {
			continue
		}
		p := l.usage.Product
		key := class{l.usage.SKU, p.Compute, p.Region, p.Family}
		prices := classes[key]
		i := slices.IndexFunc(prices, func(lines []*line) bool { return lines[0].price.Equal(l.price) })
		if i < 0 {
			classes[key] = append(prices, []*line{l})
			continue
		}
		prices[i] = append(prices[i], l)
	}
	return classes
}

// appendOffer leaves out an offer that would cost more than on demand does.
func appendOffer(offers []offer, o offer, rate money.Rate) []offer {
	price := o.lines[0].price
	o.rate = number(rate)
	if o.rate.Cmp(price) > 0 {
		return offers
	}
	o.ratio = o.rate.DivRound(price, 2*Places)
	return append(offers, o)
}

// compareOffers puts the highest savings percentage first, then the lowest rate; then names, so that no map decides.
func compareOffers(a, b offer) int {
	if c := cmp.Or(a.ratio.Cmp(b.ratio), a.rate.Cmp(b.rate)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.plan.ID, b.plan.ID), cmp.Compare(a.class.sku, b.class.sku), a.lines[0].price.Cmp(b.lines[0].price),
		cmp.Compare(a.class.compute, b.class.compute), cmp.Compare(a.class.region, b.class.region), cmp.Compare(a.class.family, b.class.family))
}
