package savings_test

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
)

// bill is a small bill in memory, of which a test says what stands in it.
type bill struct {
	days     []billing.Day
	charges  []billing.Charge
	standing []billing.Standing
	prices   []billing.Price
	products []billing.Product
	usage    []billing.Usage
	plans    []billing.PlanHour
	leases   []billing.Reservation
	rates    []billing.PlanRate
	noCUR    bool
	noMonths []time.Time // of CUR; without any, of FOCUS
}

func within(p billing.Period, t time.Time) bool { return !t.Before(p.From) && t.Before(p.To) }

// Name implements billing.Engine, as all below do.
func (b *bill) Name() string { return "a bill of a test" }

func (b *bill) Months() (m billing.Months) {
	for _, c := range b.charges {
		without := slices.ContainsFunc(b.noMonths, c.Month.Equal)
		if !b.noCUR || !without {
			m.FOCUS = append(m.FOCUS, c.Month)
		}
		if !b.noCUR && !without {
			m.CUR = append(m.CUR, c.Month)
		}
	}
	return m
}

func (b *bill) Accounts(context.Context, billing.Period) ([]fleet.AccountID, error) { return nil, nil }

func (b *bill) Days(_ context.Context, p billing.Period) (found []billing.Day, _ error) {
	for _, d := range b.days {
		if d.Day.AddDate(0, 0, 1).After(p.From) && d.Day.Before(p.To) {
			found = append(found, d)
		}
	}
	return found, nil
}

func (b *bill) Charges(context.Context, billing.Period) ([]billing.Charge, error) {
	return b.charges, nil
}

func (b *bill) Hours(context.Context, billing.Period) ([]billing.HourCost, error) { return nil, nil }

func (b *bill) Standing(context.Context, billing.Period) ([]billing.Standing, error) {
	return b.standing, nil
}

func (b *bill) Prices(context.Context, billing.Period) ([]billing.Price, error) { return b.prices, nil }

func (b *bill) Costs(context.Context, billing.Period) ([]billing.Cost, error) { return nil, nil }

func (b *bill) Tagged(context.Context, billing.Period, ...[]string) ([]billing.TagCost, error) {
	return nil, nil
}

func (b *bill) Patterns(context.Context, billing.Period, ...[]string) iter.Seq2[billing.Pattern, error] {
	return func(func(billing.Pattern, error) bool) {}
}

func (b *bill) Products(context.Context, billing.Period) ([]billing.Product, error) {
	if b.noCUR {
		return nil, billing.ErrNoExport
	}
	return b.products, nil
}

func (b *bill) Usage(_ context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	if b.noCUR {
		return func(yield func(billing.Usage, error) bool) { yield(billing.Usage{}, billing.ErrNoExport) }
	}
	return b.FocusUsage(context.Background(), p)
}

func (b *bill) FocusUsage(_ context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	sorted := slices.Clone(b.usage)
	slices.SortFunc(sorted, func(x, y billing.Usage) int { return x.Compare(&y) })
	return func(yield func(billing.Usage, error) bool) {
		for _, u := range sorted {
			if within(p, u.Hour) && !yield(u, nil) {
				return
			}
		}
	}
}

func (b *bill) PlanHours(context.Context, billing.Period) ([]billing.PlanHour, error) {
	return b.plans, nil
}

func (b *bill) Reservations(context.Context, billing.Period) ([]billing.Reservation, error) {
	return b.leases, nil
}

func (b *bill) PlanRates(context.Context, billing.Period) ([]billing.PlanRate, error) {
	return b.rates, nil
}

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// billed makes whole days of a bill in US dollars.
func (b *bill) billed(from, to time.Time) {
	for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
		b.days = append(b.days, billing.Day{Day: d, Payer: payer, Currency: "USD", Rows: 1, Hours: 24})
	}
	for m := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC); m.Before(to); m = m.AddDate(0, 1, 0) {
		b.charges = append(b.charges, billing.Charge{Month: m, Payer: payer, Account: dev, Currency: "USD", Invoice: "EUINV1", Category: "Usage"})
		for sku, price := range skuPrices {
			b.prices = append(b.prices, billing.Price{Month: m, SKU: sku, Unit: "Hrs", List: dec(price[0]), Contract: dec(price[1])})
		}
	}
	slices.SortFunc(b.prices, func(x, y billing.Price) int { return x.Month.Compare(y.Month) })
}

// ran adds the rows of something that ran from one instant to another, per second.
func (b *bill) ran(resource, group, sku string, perHour string, from, to time.Time) {
	for hour := from.Truncate(time.Hour); hour.Before(to); hour = hour.Add(time.Hour) {
		begin, end := hour, hour.Add(time.Hour)
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		part := decimal.NewFromInt(int64(end.Sub(begin)/time.Second)).DivRound(decimal.NewFromInt(3600), billing.Places)
		quantity := part.Mul(dec(perHour)).Round(billing.Places)
		cluster := ""
		if group == "gateway" {
			cluster = "shop"
		}
		b.usage = append(b.usage, billing.Usage{
			Hour: hour, Account: dev, Resource: resource, Group: group, Cluster: cluster, SKU: sku, Operation: "RunInstances", Line: billing.OnDemand, Quantity: quantity,
		})
	}
}

const (
	payer fleet.AccountID = "999999999999"
	dev   fleet.AccountID = "111122223333"
	seoul fleet.Region    = "ap-northeast-2"
)

// skuPrices are list and contracted prices.
var skuPrices = map[string][2]string{
	"M5": {"0.118", "0.1062"}, "C6": {"0.096", "0.0864"}, "VCPU": {"0.04656", "0.041904"}, "GB": {"0.00511", "0.004599"},
}

func products() []billing.Product {
	ec2 := func(sku, kind, family string) billing.Product {
		return billing.Product{
			SKU: sku, Operation: "RunInstances", Code: "AmazonEC2", UsageType: "APN2-BoxUsage:" + kind, Region: seoul, Type: kind, Family: family,
			System: "Linux", Tenancy: "Shared", Unit: "Hrs", Factor: dec("4"),
		}
	}
	fargate := func(sku, usage string) billing.Product {
		return billing.Product{SKU: sku, Operation: "RunInstances", Code: "AmazonECS", UsageType: "APN2-Fargate-" + usage, Region: seoul, Unit: "hours"}
	}
	return []billing.Product{ec2("C6", "c6i.large", "c6i"), fargate("GB", "GB-Hours"), ec2("M5", "m5.large", "m5"), fargate("VCPU", "vCPU-Hours:perCPU")}
}
