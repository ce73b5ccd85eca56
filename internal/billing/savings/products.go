package savings

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/money"
)

// skuName tells usage apart by price and by what can cover it.
type skuName struct {
	sku, operation, zone string
	spot                 bool
}

// sku is what is known of a name.
type sku struct {
	skuName
	product   commitments.Product
	usageType string
	unit      string
	// spent and used are the cost and the quantity of Spot usage: its price is their ratio.
	spent, used decimal.Decimal
}

// priceName is a SKU in a billing month.
type priceName struct {
	sku   string
	month time.Time
}

// price is what a unit costs; known is false where the bill shows none.
type price struct {
	list, contract money.Rate
	known          bool
}

// catalogue is what the bill says of its SKUs, numbered as they are met.
type catalogue struct {
	raw     map[[2]string]billing.Product // by SKU and operation
	numbers map[skuName]int32
	all     []*sku
	prices  map[priceName]price
	last    map[string]price // of a SKU in its latest month
	first   map[string]price // of a SKU in its earliest month
	// table is every price in each month of the measured period, by the month's number and the SKU's: what is asked for in every hour is not looked up by names.
	table [][]price
}

func (c *computation) readProducts(ctx context.Context) error {
	c.skus = &catalogue{
		raw: map[[2]string]billing.Product{}, numbers: map[skuName]int32{}, prices: map[priceName]price{},
		last: map[string]price{}, first: map[string]price{},
	}
	c.reach = billing.Period{From: c.Baseline, To: c.Measured.To}
	products, err := c.in.Engine.Products(ctx, c.reach)
	if errors.Is(err, billing.ErrNoExport) {
		c.Commitments.Why = "the bill has no CUR 2.0 export: what Reserved Instances and Savings Plans covered is not known"
		c.gapOf(NoCommitments, "no-cur", "%s; the commitment-adjusted figure is not computable", c.Commitments.Why)
	} else if err != nil {
		return err
	}
	for _, p := range products {
		// The fee of a Reserved Instance has the SKU of what it covers, and a usage type of its own.
		if _, known := c.skus.raw[[2]string{p.SKU, p.Operation}]; !known || !strings.Contains(p.UsageType, "HeavyUsage") {
			c.skus.raw[[2]string{p.SKU, p.Operation}] = p
		}
	}
	prices, err := c.in.Engine.Prices(ctx, c.asked())
	if err != nil && !errors.Is(err, billing.ErrNoExport) {
		return err
	}
	for _, p := range prices { // in order of months
		list, err := money.RateOf(p.List)
		contract, errContract := money.RateOf(p.Contract)
		if errors.Join(err, errContract) != nil {
			continue // a correction, no price
		}
		known := price{list, contract, true}
		c.skus.prices[priceName{p.SKU, p.Month.UTC()}] = known
		c.skus.last[p.SKU] = known
		if _, there := c.skus.first[p.SKU]; !there {
			c.skus.first[p.SKU] = known
		}
	}
	return nil
}

// number returns the number of what a usage row uses.
func (k *catalogue) number(u *billing.Usage) int32 {
	name := skuName{u.SKU, u.Operation, u.Zone, u.Line == billing.SpotUsage}
	n, known := k.numbers[name]
	if !known {
		raw := k.raw[[2]string{u.SKU, u.Operation}]
		n = int32(len(k.all))
		k.numbers[name] = n
		product := commitments.ProductOf(raw)
		product.Zone = u.Zone
		k.all = append(k.all, &sku{skuName: name, product: product, usageType: raw.UsageType, unit: raw.Unit})
	}
	return n
}

// paid takes note of what a row of Spot cost.
func (s *sku) paid(u *billing.Usage) {
	if s.spot {
		s.spent, s.used = s.spent.Add(u.Net), s.used.Add(u.Quantity)
	}
}

// price returns what a unit of a SKU costs in an hour: by the month's last row, else by the nearest month that has one.
func (k *catalogue) price(n int32, hour time.Time) price {
	s := k.all[n]
	if s.spot {
		return s.spotPrice()
	}
	if p, known := k.prices[priceName{s.sku, monthOf(hour)}]; known {
		return p
	}
	for _, found := range []map[string]price{k.last, k.first} {
		if p, known := found[s.sku]; known {
			return p
		}
	}
	return price{}
}

// tabulate fills the table. All rows of usage must have been seen: what Spot costs is their mean.
func (k *catalogue) tabulate(first time.Time, months int) {
	k.table = make([][]price, months)
	for m := range k.table {
		k.table[m] = make([]price, len(k.all))
		for n := range k.all {
			k.table[m][n] = k.price(int32(n), first.AddDate(0, m, 0))
		}
	}
}

// inMonth is price in a month of the table.
func (k *catalogue) inMonth(n int32, month int) price { return k.table[month][n] }

// numberOf returns the number of evidence's SKU, in any zone.
func (k *catalogue) numberOf(e evidence) int32 {
	for n, s := range k.all {
		if s.sku == e.sku && s.operation == e.operation {
			return int32(n)
		}
	}
	return 0
}

// spotPrice is the mean of what was paid: Spot has no other.
func (s *sku) spotPrice() price {
	if !s.used.IsPositive() {
		return price{}
	}
	mean, err := money.RateOf(s.spent.DivRound(s.used, billing.Places))
	return price{mean, mean, err == nil}
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}
