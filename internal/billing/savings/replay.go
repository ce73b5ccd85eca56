package savings

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// commitmentBook is what the bill says of Reserved Instances and Savings Plans.
type commitmentBook struct {
	reservations []billing.Reservation
	products     []commitments.Product // of the reservations
	plans        map[time.Time][]billing.PlanHour
	rates        map[string]map[commitments.SKU]money.Rate // by plan
}

// readCommitments reads them. Without CUR 2.0 there are none, and Commitments.Why says so already. All is asked of the time that products were asked of, so that an engine
// that reads the files reads them once.
func (c *computation) readCommitments(ctx context.Context) error {
	c.fixed = commitmentBook{plans: map[time.Time][]billing.PlanHour{}, rates: map[string]map[commitments.SKU]money.Rate{}}
	if c.Commitments.Why != "" {
		return nil
	}
	hours, err := c.in.Engine.PlanHours(ctx, c.reach)
	if err != nil {
		return err
	}
	for _, h := range hours {
		if inPeriod(c.Measured, h.Hour) {
			c.fixed.plans[h.Hour.UTC()] = append(c.fixed.plans[h.Hour.UTC()], h)
		}
	}
	reservations, err := c.in.Engine.Reservations(ctx, c.reach)
	if err != nil {
		return err
	}
	for _, r := range reservations {
		if r.Month.Before(monthOf(c.Measured.From)) {
			continue
		}
		c.fixed.reservations = append(c.fixed.reservations, r)
		product := c.skus.reserved(r)
		product.Zone = r.Zone
		c.fixed.products = append(c.fixed.products, product)
	}
	rates, err := c.in.Engine.PlanRates(ctx, c.reach)
	if err != nil {
		return err
	}
	inForce := c.fixed.byID()
	for _, r := range rates {
		if inForce[r.Plan] != "" { // what plans charged that ended before says nothing of those that are there
			c.PlanRates = append(c.PlanRates, r)
		}
	}
	return c.fillRates(c.PlanRates)
}

// reserved is the product of a reservation: that of its SKU, whatever the operation.
func (k *catalogue) reserved(r billing.Reservation) commitments.Product {
	if raw, known := k.raw[[2]string{r.SKU, r.Operation}]; known {
		return commitments.ProductOf(raw)
	}
	for _, s := range k.all {
		if s.sku == r.SKU {
			return s.product
		}
	}
	return commitments.Product{}
}

// fillRates brings together the rates that covered usage shows and those that were given. What the bill shows goes before.
func (c *computation) fillRates(shown []billing.PlanRate) error {
	set := func(plan string, sku commitments.SKU, rate money.Rate) {
		if c.fixed.rates[plan] == nil {
			c.fixed.rates[plan] = map[commitments.SKU]money.Rate{}
		}
		c.fixed.rates[plan][sku] = rate
	}
	type offer struct{ usageType, operation string }
	given := map[offer][]billing.PublishedRate{}
	plans, used := c.fixed.byID(), map[offer]bool{}
	for _, r := range c.in.Rates {
		given[offer{r.UsageType, r.Operation}] = append(given[offer{r.UsageType, r.Operation}], r)
	}
	for _, s := range c.skus.all {
		for _, r := range given[offer{s.usageType, s.operation}] {
			if plan, known := plans[r.Plan]; known {
				set(plan, commitments.SKU(s.sku), r.Rate)
				if o := (offer{r.Plan + " " + r.UsageType, r.Operation}); !used[o] {
					used[o] = true
					c.Rates = append(c.Rates, r)
				}
			}
		}
	}
	for _, r := range shown {
		rate, err := money.RateOf(r.Rate)
		if err != nil {
			return err
		}
		set(r.Plan, commitments.SKU(r.SKU), rate)
	}
	return nil
}

// byID returns the plans' ARNs by their last part, and by themselves.
func (b *commitmentBook) byID() map[string]string {
	arns := map[string]string{}
	for _, hours := range b.plans {
		for _, p := range hours {
			arns[p.Plan] = p.Plan
			arns[p.Plan[strings.LastIndex(p.Plan, "/")+1:]] = p.Plan
		}
	}
	return arns
}

// at returns the commitments in force in an hour, and what the bill says became of them.
func (b *commitmentBook) at(hour time.Time, reserved map[string]decimal.Decimal) (c commitments.Commitments, billed []commitments.Billed) {
	for _, p := range b.plans[hour] {
		c.Plans = append(c.Plans, commitments.Plan{
			ID: commitments.CommitmentID(p.Plan), Owner: p.Owner, Kind: commitments.KindOf(p.Offering), Region: p.Region, Family: p.Family,
			Hourly: money.USDOf(p.Total), Rates: b.rates[p.Plan],
		})
		billed = append(billed, commitments.Billed{ID: commitments.CommitmentID(p.Plan), Used: money.USDOf(p.Used), Unused: money.USDOf(p.Total.Sub(p.Used))})
	}
	for i, r := range b.reservations {
		rate, err := money.RateOf(r.Hourly)
		if err != nil || !r.Month.Equal(monthOf(hour)) || hour.Before(r.Start) || !hour.Before(r.End) {
			continue
		}
		c.Reservations = append(c.Reservations, commitments.Reservation{
			ID: commitments.CommitmentID(r.Lease), Owner: r.Owner, Product: b.products[i], Count: int(r.Count.IntPart()), Rate: rate,
		})
		used := reserved[r.Lease]
		billed = append(billed, commitments.Billed{
			ID: commitments.CommitmentID(r.Lease), Used: money.USDOf(used), Unused: money.USDOf(r.Hourly.Mul(r.Count).Sub(used)),
		})
	}
	return c, billed
}

// replayed is what became of one hour.
type replayed struct {
	avoided []*avoidedLine // those that commitments can cover; Spot is not among them
	shares  []money.USD    // theirs of what the hour's avoided usage was worth
	spot    []*avoidedLine
	worth   commitments.Avoidance
	billed  []commitments.Billed
}

// replay replays an hour with and without what was avoided.
func (c *computation) replay(i int, hour time.Time, avoided [][]avoidedLine) (r replayed) {
	h := &c.hours[i]
	var in commitments.Commitments
	in, r.billed = c.fixed.at(hour, h.reserved)
	ran, month := make([]commitments.Usage, 0, len(h.kept)), c.monthNumber(hour)
	for _, k := range h.kept {
		ran = append(ran, c.usageOf(k.sku, k.account, k.quantity, c.skus.inMonth(k.sku, month)))
	}
	n := 0
	for _, some := range avoided {
		n += len(some)
	}
	var lines []commitments.Usage
	values, places := make([]money.USD, 0, n), map[kept]int{}
	r.avoided = make([]*avoidedLine, 0, n)
	for _, some := range avoided {
		for i := range some {
			l := &some[i]
			if c.skus.all[l.sku].spot {
				r.spot = append(r.spot, l)
				continue
			}
			r.avoided, values = append(r.avoided, l), append(values, l.contract)
			place, known := places[kept{l.account, l.sku}]
			if !known {
				places[kept{l.account, l.sku}] = len(lines)
				lines = append(lines, c.usageOf(l.sku, l.account, l.quantity, l.value))
				continue
			}
			lines[place].Quantity = lines[place].Quantity.Add(l.quantity)
		}
	}
	r.worth = commitments.Avoid(ran, lines, in)
	r.shares = commitments.Share(r.worth.Adjusted, values)
	return r
}

// usageOf is usage as the replay takes it. It has no key: lines of one account and SKU are interchangeable, and what was induced is taken off
// what ran.
func (c *computation) usageOf(sku int32, account fleet.AccountID, quantity decimal.Decimal, p price) commitments.Usage {
	k := c.skus.all[sku]
	return commitments.Usage{Account: account, Product: &k.product, SKU: commitments.SKU(k.sku), Quantity: quantity, OnDemand: p.contract}
}

// together runs a block of hours on all processors; results are in the order of the hours, so that no sum depends on how many there are.
func together(ctx context.Context, n int, work func(i int)) error {
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wait.Wait()
	return errors.Join(ctx.Err())
}
