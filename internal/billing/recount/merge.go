package recount

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
)

// merged brings the sums of several files together under keys that mean the same in all of them.
func merged[K comparable, V any](into map[K]*V, key K, value *V, merge func(to, from *V)) {
	if to := into[key]; to != nil {
		merge(to, value)
	} else {
		into[key] = value
	}
}

// The named keys are those of a file with texts in place of numbers.
type (
	namedDay struct {
		day             int32
		payer, currency string
	}
	namedCharge struct {
		month                                                                          int64
		payer, account, currency, invoice, category, class, pricing, service, discount string
	}
	namedHour struct {
		hour             int32
		account, service string
	}
	namedStand struct {
		day                      int32
		account, resource, meter string
	}
	namedPrice struct {
		month     int64
		sku, unit string
	}
)

// total are the sums of all files.
type total struct {
	days    map[namedDay]*daySum
	charges map[namedCharge]*chargeSum
	hours   map[namedHour]*hourSum
	stand   map[namedStand]*standSum
	prices  map[namedPrice]*price
}

// answered makes the answers of what was read.
func answered(files []*focusFile) (*focusAnswer, error) {
	t := &total{map[namedDay]*daySum{}, map[namedCharge]*chargeSum{}, map[namedHour]*hourSum{}, map[namedStand]*standSum{}, map[namedPrice]*price{}}
	for i, f := range files {
		t.take(f)
		files[i] = nil // its numbers and texts are no longer needed
	}
	a := &focusAnswer{days: t.dayRows(), charges: t.chargeRows(), hours: t.hourRows(), standing: t.standRows()}
	var err error
	a.prices, err = t.priceRows()
	return a, err
}

// take adds a file's sums.
func (t *total) take(f *focusFile) {
	c := &f.columns
	for k, v := range f.days {
		merged(t.days, namedDay{k.day, c.payer.names[k.payer], c.currency.names[k.currency]}, v, func(to, from *daySum) {
			to.rows += from.rows
			to.negative += from.negative
			to.zero += from.zero
			to.hours |= from.hours
			to.billed.merge(&from.billed)
		})
	}
	for k, v := range f.charges {
		s := k.sort
		named := namedCharge{
			k.month, c.payer.names[s.payer], c.account.names[s.account], c.currency.names[s.currency], c.invoice.names[s.invoice], c.category.names[s.category],
			c.class.names[s.class], c.pricing.names[s.pricing], c.service.names[s.service], c.discount.names[s.discount],
		}
		merged(t.charges, named, v, func(to, from *chargeSum) {
			to.rows += from.rows
			to.list.merge(&from.list)
			to.contract.merge(&from.contract)
			to.effective.merge(&from.effective)
			to.billed.merge(&from.billed)
		})
	}
	for k, v := range f.hours {
		merged(t.hours, namedHour{k.hour, c.account.names[k.account], c.serviceCategory.names[k.service]}, v, func(to, from *hourSum) {
			to.list.merge(&from.list)
			to.contract.merge(&from.contract)
			to.effective.merge(&from.effective)
		})
	}
	for k, v := range f.stand.all {
		merged(t.stand, namedStand{k.day, c.account.names[k.account], c.resource.names[k.resource], c.meter.names[k.meter]}, v, func(to, from *standSum) {
			to.hours |= from.hours
			to.cost.merge(&from.cost)
		})
	}
	for k, v := range f.prices.all {
		merged(t.prices, namedPrice{k.month, c.sku.names[k.sku], c.unit.names[k.unit]}, v, func(to, from *price) {
			if to.before(*from) {
				*to = *from
			}
		})
	}
}

func dayTime(day int32) time.Time { return instant(int64(day) * milliOfDay) }

func (t *total) dayRows() []billing.Day {
	var rows []billing.Day
	for k, v := range t.days {
		rows = append(rows, billing.Day{
			Day: dayTime(k.day), Payer: fleet.AccountID(k.payer), Currency: k.currency, Rows: v.rows, Hours: int64(bits.OnesCount32(v.hours)),
			Negative: v.negative, Zero: v.zero, Billed: v.billed.decimal(),
		})
	}
	slices.SortFunc(rows, func(a, b billing.Day) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Currency, b.Currency))
	})
	return rows
}

func (t *total) chargeRows() []billing.Charge {
	var rows []billing.Charge
	for k, v := range t.charges {
		rows = append(rows, billing.Charge{
			Month: instant(k.month), Payer: fleet.AccountID(k.payer), Account: fleet.AccountID(k.account), Currency: k.currency, Invoice: k.invoice, Category: k.category,
			Class: k.class, Pricing: k.pricing, Service: k.service, Discount: k.discount, Rows: v.rows,
			List: v.list.decimal(), Contract: v.contract.decimal(), Effective: v.effective.decimal(), Billed: v.billed.decimal(),
		})
	}
	slices.SortFunc(rows, func(a, b billing.Charge) int {
		return cmp.Or(
			a.Month.Compare(b.Month), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency),
			cmp.Compare(a.Invoice, b.Invoice), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Pricing, b.Pricing),
			cmp.Compare(a.Service, b.Service), cmp.Compare(a.Discount, b.Discount),
		)
	})
	return rows
}

func (t *total) hourRows() []billing.HourCost {
	var rows []billing.HourCost
	for k, v := range t.hours {
		rows = append(rows, billing.HourCost{
			Hour: instant(int64(k.hour) * milliOfHour), Account: fleet.AccountID(k.account), Service: k.service,
			List: v.list.decimal(), Contract: v.contract.decimal(), Effective: v.effective.decimal(),
		})
	}
	slices.SortFunc(rows, func(a, b billing.HourCost) int {
		return cmp.Or(a.Hour.Compare(b.Hour), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Service, b.Service))
	})
	return rows
}

func (t *total) standRows() []billing.Standing {
	var rows []billing.Standing
	for k, v := range t.stand {
		rows = append(rows, billing.Standing{
			Day: dayTime(k.day), Account: fleet.AccountID(k.account), Resource: k.resource, Meter: k.meter, Hours: int64(bits.OnesCount32(v.hours)), Cost: v.cost.decimal(),
		})
	}
	slices.SortFunc(rows, func(a, b billing.Standing) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Meter, b.Meter))
	})
	return rows
}

func (t *total) priceRows() ([]billing.Price, error) {
	var rows []billing.Price
	for k, v := range t.prices {
		var list, contract decimal.Decimal
		list, err := exact(v.list)
		if err == nil {
			contract, err = exact(v.contract)
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, billing.Price{Month: instant(k.month), SKU: k.sku, Unit: k.unit, List: list, Contract: contract})
	}
	slices.SortFunc(rows, func(a, b billing.Price) int {
		return cmp.Or(a.Month.Compare(b.Month), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Unit, b.Unit))
	})
	return rows, nil
}
