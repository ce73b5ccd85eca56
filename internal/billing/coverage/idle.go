package coverage

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
)

// lease is a month of a Reserved Instance at work.
type lease struct {
	billing.Reservation
	product  commitments.Product
	flexible bool
	used     [reach]decimal.Decimal // normalised units of a flexible one, else instance-hours
}

// plan is a Savings Plan with what of it lay idle, in dollars an hour.
type plan struct {
	commitments.Plan
	idle [reach]decimal.Decimal
}

// The deepest discounts that AWS advertises of Savings Plans (Savings Plans User Guide, "What are Savings Plans?"), in percent.
const (
	deepestCompute  = 66
	deepestInstance = 72
)

// readCommitments reads what the payer's accounts have committed to, and what AWS says of SKUs.
func (c *computation) readCommitments(ctx context.Context, e billing.Engine) error {
	c.catalog, c.byLease, c.plans = map[[2]string]commitments.Product{}, map[string][]*lease{}, map[string]*plan{}
	c.rates, c.skus = map[billing.PlanRate]decimal.Decimal{}, map[kind]*offer{}
	products, err := e.Products(ctx, c.period)
	if err != nil {
		return err
	}
	for i := range products {
		p := &products[i]
		key := [2]string{p.SKU, p.Operation}
		// The fee of a Reserved Instance has the SKU of what it covers, and a usage type of its own.
		if _, known := c.catalog[key]; !known || !strings.Contains(p.UsageType, "HeavyUsage") {
			c.catalog[key] = commitments.ProductOf(*p)
		}
	}
	reservations, err := e.Reservations(ctx, c.period)
	if err != nil {
		return err
	}
	for i := range reservations {
		r := &reservations[i]
		l := &lease{Reservation: *r, product: c.reserved(r)}
		l.product.Zone = r.Zone
		l.flexible = commitments.Reservation{Product: l.product}.Flexible()
		if l.product.Compute == commitments.EC2 {
			c.leases = append(c.leases, l)
			c.byLease[r.Lease] = append(c.byLease[r.Lease], l)
		}
	}
	return c.readPlans(ctx, e)
}

// reserved is the product of a reservation: that of its SKU, whatever the operation.
func (c *computation) reserved(r *billing.Reservation) commitments.Product {
	if p, known := c.catalog[[2]string{r.SKU, r.Operation}]; known {
		return p
	}
	var operations []string
	for key := range c.catalog {
		if key[0] == r.SKU {
			operations = append(operations, key[1])
		}
	}
	if len(operations) == 0 {
		return commitments.Product{}
	}
	return c.catalog[[2]string{r.SKU, slices.Min(operations)}]
}

func (c *computation) readPlans(ctx context.Context, e billing.Engine) error {
	hours, err := e.PlanHours(ctx, c.period)
	if err != nil {
		return err
	}
	for i := range hours {
		h := &hours[i]
		p := c.plans[h.Plan]
		if p == nil {
			p = &plan{Plan: commitments.Plan{ID: commitments.CommitmentID(h.Plan), Owner: h.Owner, Kind: commitments.KindOf(h.Offering), Region: h.Region, Family: h.Family}}
			c.plans[h.Plan] = p
		}
		if hour := c.hour(h.Hour); hour >= 0 && hour < reach {
			p.idle[hour] = p.idle[hour].Add(decimal.Max(h.Total.Sub(h.Used), decimal.Zero))
		}
	}
	rates, err := e.PlanRates(ctx, c.period)
	for _, r := range rates {
		c.rates[billing.PlanRate{Plan: r.Plan, SKU: r.SKU}] = r.Rate
	}
	return err
}

// use takes note of what a reservation covered.
func (l *lease) use(hour int, p *commitments.Product, quantity decimal.Decimal) {
	if l.flexible {
		quantity = quantity.Mul(p.Factor)
	}
	l.used[hour] = l.used[hour].Add(quantity)
}

// idle is how many instances of a product the idle part of every commitment would have covered in an hour. unpriced is a plan of which
// it is not known what the product costs under it; empty: there is none.
func (c *computation) idle(s *Subject, p *commitments.Product, hour int) (instances decimal.Decimal, unpriced string) {
	for _, l := range c.leases {
		if l.inForce(c.at(hour)) && l.fits(s, p) {
			instances = instances.Add(l.idle(p, hour))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.plans)) {
		plan := c.plans[id]
		if !plan.idle[hour].IsPositive() || !plan.Covers(*p) {
			continue
		}
		rate, known := c.rate(plan, p)
		if !known {
			unpriced = id
			continue
		}
		instances = instances.Add(plan.idle[hour].DivRound(rate, billing.Places))
	}
	return instances, unpriced
}

// inForce reports whether a reservation's month has an instant of its term in it.
func (l *lease) inForce(at time.Time) bool {
	return at.Year() == l.Month.Year() && at.Month() == l.Month.Month() && !at.Before(l.Start) && (l.End.IsZero() || at.Before(l.End))
}

// fits reports whether a reservation could cover a subject's instances on demand.
func (l *lease) fits(s *Subject, p *commitments.Product) bool {
	r := &l.product
	if r.Region != p.Region || r.Platform != p.Platform || r.Tenancy != p.Tenancy {
		return false
	}
	switch {
	case l.flexible:
		return r.Family == p.Family && p.Factor.IsPositive()
	case r.Zone != "":
		return r.Type == p.Type && slices.Contains(s.Zones, r.Zone)
	default:
		return r.Type == p.Type
	}
}

// idle is how many instances of a product a reservation would have covered beside what it did.
func (l *lease) idle(p *commitments.Product, hour int) decimal.Decimal {
	capacity, each := l.Count, decimal.NewFromInt(1)
	if l.flexible {
		capacity, each = capacity.Mul(l.product.Factor), p.Factor
	}
	return decimal.Max(capacity.Sub(l.used[hour]), decimal.Zero).DivRound(each, billing.Places)
}

// rate is what an instance of a product costs an hour under a plan: by the bill, else at the deepest discount.
func (c *computation) rate(plan *plan, p *commitments.Product) (decimal.Decimal, bool) {
	o := c.skus[kindOf(p)]
	if o == nil {
		return decimal.Zero, false
	}
	least := decimal.Zero
	for _, sku := range o.skus {
		if rate := c.rates[billing.PlanRate{Plan: string(plan.ID), SKU: sku}]; rate.IsPositive() && (least.IsZero() || rate.LessThan(least)) {
			least = rate
		}
	}
	if least.IsPositive() {
		return least, true
	}
	discount := int64(deepestCompute)
	if plan.Kind == commitments.EC2InstancePlan {
		discount = deepestInstance
	}
	return o.price.Mul(decimal.NewFromInt(100 - discount)).Shift(-2), o.price.IsPositive()
}
