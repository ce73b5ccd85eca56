package recount

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// sortKey are the numbers of all that tells sorts of FOCUS lines apart. There are few sorts: what is asked of a line's texts is asked once of its sort.
type sortKey struct {
	payer, account, currency, invoice, category, class, pricing, service, serviceCategory, discount int32
}

// sort is a sort of FOCUS lines, and where the sums of its current hour are.
type sort struct {
	key           sortKey
	usage, priced bool
	charge        *chargeSum
	month         int64 // of charge
	at            int64 // the hour that follows, -1 at first
	hour          *hourSum
	day           *daySum
}

// focusFile reads one file of FOCUS.
type focusFile struct {
	reader  *reader
	span    span
	columns focusColumns
	sorts   *table[sortKey, sort]
	charges map[chargeKey]*chargeSum
	days    map[dayKey]*daySum
	hours   map[hourKey]*hourSum
	stand   *table[standKey, standSum]
	prices  *table[priceKey, price]
	stands  []int8 // by meter: whether it goes on while nothing runs; 0 if not asked for yet
	month   int64  // of the last price
}

type focusColumns struct {
	start, period                                                                                   times
	billed, consumed, contracted, contractPrice, effective, list, listPrice                         doubles
	account, category, class, currency, discount, invoice, meter, payer, pricing, resource, service *words
	serviceCategory, sku, unit                                                                      *words
}

// The keys hold numbers of texts; they mean something within one file.
type (
	dayKey    struct{ day, payer, currency int32 }
	chargeKey struct {
		month int64
		sort  sortKey // without serviceCategory
	}
	hourKey  struct{ hour, account, service int32 }
	standKey struct{ day, account, resource, meter int32 }
	priceKey struct {
		month     int64
		sku, unit int32
	}
)

type (
	daySum struct {
		rows, negative, zero int64
		hours                uint32 // a bit for each hour of the day that has usage
		billed               sum
	}
	chargeSum struct {
		rows                              int64
		list, contract, effective, billed sum
	}
	hourSum  struct{ list, contract, effective sum }
	standSum struct {
		hours uint32
		cost  sum
	}
	price struct {
		last           int64
		list, contract float64
	}
)

func readFocus(ctx context.Context, f dated, s span) (_ *focusFile, err error) {
	r := newReader(f.File, query.FocusColumns())
	defer func() { err = errors.Join(err, r.Close()) }()
	file := &focusFile{
		reader: r, span: s, sorts: newTable[sortKey, sort](sortKey.place), charges: map[chargeKey]*chargeSum{}, days: map[dayKey]*daySum{}, hours: map[hourKey]*hourSum{},
		stand: newTable[standKey, standSum](standKey.place), prices: newTable[priceKey, price](priceKey.place),
		columns: focusColumns{
			start: r.times("ChargePeriodStart"), period: r.times("BillingPeriodStart"),
			billed: r.doubles("BilledCost"), consumed: r.doubles("ConsumedQuantity"), contracted: r.doubles("ContractedCost"), contractPrice: r.doubles("ContractedUnitPrice"),
			effective: r.doubles("EffectiveCost"), list: r.doubles("ListCost"), listPrice: r.doubles("ListUnitPrice"),
			account: r.words("SubAccountId"), category: r.words("ChargeCategory"), class: r.words("ChargeClass"), currency: r.words("BillingCurrency"),
			discount: r.words("CommitmentDiscountStatus"), invoice: r.words("InvoiceId"), meter: r.words("SkuMeter"), payer: r.words("BillingAccountId"),
			pricing: r.words("PricingCategory"), resource: r.words("ResourceId"), service: r.words("ServiceName"), serviceCategory: r.words("ServiceCategory"),
			sku: r.words("SkuId"), unit: r.words("PricingUnit"),
		},
	}
	for r.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for row := range r.Rows() {
			if err := file.row(row); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Path, err)
			}
		}
	}
	return file, r.Err()
}

// row takes one line into all the sums that it belongs to.
func (f *focusFile) row(row int) error {
	c := &f.columns
	s := f.sortOf(row)
	if err := f.charge(s, row); err != nil {
		return err
	}
	milli, null := c.start.at(row)
	if !f.span.has(milli, null) {
		return nil
	}
	if hour := floor(milli, milliOfHour); s.at != hour {
		f.turn(s, hour)
	}
	d := s.day
	d.rows++
	if err := c.billed.add(&d.billed, row); err != nil {
		return err
	}
	if !s.usage {
		return nil
	}
	d.hours |= 1 << uint(s.at/milliOfHour%24)
	if quantity, ok := c.consumed.at(row); ok && quantity < 0 {
		d.negative++
	} else if ok && quantity == 0 {
		d.zero++
	}
	if err := errors.Join(c.list.add(&s.hour.list, row), c.contracted.add(&s.hour.contract, row), c.effective.add(&s.hour.effective, row)); err != nil {
		return err
	}
	if s.priced {
		f.price(row, milli)
	}
	return f.standing(s, row)
}

// sortOf finds or begins the sort of a line.
func (f *focusFile) sortOf(row int) *sort {
	c := &f.columns
	key := sortKey{
		c.payer.at(row), c.account.at(row), c.currency.at(row), c.invoice.at(row), c.category.at(row), c.class.at(row), c.pricing.at(row), c.service.at(row),
		c.serviceCategory.at(row), c.discount.at(row),
	}
	s, fresh := f.sorts.at(key)
	if fresh {
		pricing := c.pricing.names[key.pricing]
		s.key, s.at, s.usage = key, -1, c.category.names[key.category] == "Usage"
		s.priced = s.usage && key.class == 0 && (pricing == "Standard" || pricing == "Committed")
	}
	return s
}

func (k sortKey) place() uint32 {
	return uint32(k.account)<<5 ^ uint32(k.service)<<2 ^ uint32(k.serviceCategory)<<9 ^ uint32(k.pricing) ^ uint32(k.discount)<<12 ^ uint32(k.category)<<14
}

func (k standKey) place() uint32 { return uint32(k.resource)<<3 ^ uint32(k.meter) ^ uint32(k.day)<<20 }

func (k priceKey) place() uint32 { return uint32(k.sku) ^ uint32(k.unit)<<20 ^ uint32(k.month>>31) }

// charge adds to the charges of the line's billing month.
func (f *focusFile) charge(s *sort, row int) error {
	c := &f.columns
	month, null := c.period.at(row)
	if null {
		return errors.New("a row has no BillingPeriodStart")
	}
	if s.charge == nil || s.month != month {
		key := chargeKey{month, s.key}
		key.sort.serviceCategory = 0
		if f.charges[key] == nil {
			f.charges[key] = &chargeSum{}
		}
		s.charge, s.month = f.charges[key], month
	}
	s.charge.rows++
	return errors.Join(
		c.list.add(&s.charge.list, row), c.contracted.add(&s.charge.contract, row), c.effective.add(&s.charge.effective, row), c.billed.add(&s.charge.billed, row),
	)
}

// turn brings a sort to another hour.
func (f *focusFile) turn(s *sort, hour int64) {
	s.at = hour
	day := dayKey{int32(floor(hour, milliOfDay) / milliOfDay), s.key.payer, s.key.currency}
	if s.day = f.days[day]; s.day == nil {
		s.day = &daySum{}
		f.days[day] = s.day
	}
	if !s.usage {
		return
	}
	of := hourKey{int32(hour / milliOfHour), s.key.account, s.key.serviceCategory}
	if s.hour = f.hours[of]; s.hour == nil {
		s.hour = &hourSum{}
		f.hours[of] = s.hour
	}
}

// price keeps the unit prices of the latest line, of several at that time the highest.
func (f *focusFile) price(row int, milli int64) {
	c := &f.columns
	sku := c.sku.at(row)
	list, ok := c.listPrice.at(row)
	contract, both := c.contractPrice.at(row)
	if sku == 0 || !ok || !both {
		return
	}
	if milli < f.month || milli >= f.month+28*milliOfDay {
		f.month = monthOf(milli)
	}
	key := priceKey{f.month, sku, c.unit.at(row)}
	p, fresh := f.prices.at(key)
	if fresh || p.before(price{milli, list, contract}) {
		*p = price{milli, list, contract}
	}
}

func (p *price) before(o price) bool {
	switch {
	case p.last != o.last:
		return p.last < o.last
	case p.list != o.list:
		return p.list < o.list
	default:
		return p.contract < o.contract
	}
}

// standing adds what goes on while nothing runs.
func (f *focusFile) standing(s *sort, row int) error {
	c := &f.columns
	meter := c.meter.at(row)
	for int(meter) >= len(f.stands) {
		f.stands = append(f.stands, 0)
	}
	if f.stands[meter] == 0 {
		f.stands[meter] = -1
		if query.Stands(c.meter.names[meter]) {
			f.stands[meter] = 1
		}
	}
	resource := c.resource.at(row)
	if f.stands[meter] < 0 || resource == 0 {
		return nil
	}
	key := standKey{int32(floor(s.at, milliOfDay) / milliOfDay), s.key.account, resource, meter}
	sum, _ := f.stand.at(key)
	sum.hours |= 1 << uint(s.at/milliOfHour%24)
	return c.contracted.add(&sum.cost, row)
}

// focusAnswer are the answers of one pass.
type focusAnswer struct {
	days     []billing.Day
	charges  []billing.Charge
	hours    []billing.HourCost
	standing []billing.Standing
	prices   []billing.Price
}

// answer reads FOCUS once for all questions about a period.
func (e *Engine) answer(ctx context.Context, p billing.Period) (*focusAnswer, error) {
	files, err := e.files(export.FOCUS, p)
	if err != nil {
		return nil, err
	}
	p = billing.Period{From: p.From.UTC(), To: p.To.UTC()}
	e.mu.Lock()
	defer e.mu.Unlock()
	if a := e.focus[p]; a != nil {
		return a, nil
	}
	read, err := each(ctx, e.workers, files, func(ctx context.Context, f dated) (*focusFile, error) { return readFocus(ctx, f, spanOf(p)) })
	if err != nil {
		return nil, err
	}
	a, err := answered(read)
	if err != nil {
		return nil, err
	}
	e.focus[p] = a
	return a, nil
}

// Accounts implements billing.Engine, as all below do. It reads one column.
func (e *Engine) Accounts(ctx context.Context, p billing.Period) ([]fleet.AccountID, error) {
	files, err := e.files(export.FOCUS, p)
	if err != nil {
		return nil, err
	}
	read, err := each(ctx, e.workers, files, accountsIn)
	if err != nil {
		return nil, err
	}
	accounts := slices.Concat(read...)
	slices.Sort(accounts)
	return slices.Compact(accounts), nil
}

// accountsIn are the accounts that a file of FOCUS charges anything to.
func accountsIn(ctx context.Context, f dated) (accounts []fleet.AccountID, err error) {
	r := newReader(f.File, query.FocusColumns())
	defer func() { err = errors.Join(err, r.Close()) }()
	account, charged := r.words("SubAccountId"), map[int32]bool{}
	for r.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for row := range r.Rows() {
			if n := account.at(row); n != 0 && !charged[n] {
				charged[n] = true
				accounts = append(accounts, fleet.AccountID(account.names[n]))
			}
		}
	}
	return accounts, r.Err()
}

// Days implements billing.Engine.
func (e *Engine) Days(ctx context.Context, p billing.Period) ([]billing.Day, error) {
	return fromFocus(ctx, e, p, func(a *focusAnswer) []billing.Day { return a.days })
}

// Charges is of whole billing months.
func (e *Engine) Charges(ctx context.Context, p billing.Period) ([]billing.Charge, error) {
	return fromFocus(ctx, e, p, func(a *focusAnswer) []billing.Charge { return a.charges })
}

// Hours implements billing.Engine.
func (e *Engine) Hours(ctx context.Context, p billing.Period) ([]billing.HourCost, error) {
	return fromFocus(ctx, e, p, func(a *focusAnswer) []billing.HourCost { return a.hours })
}

// Standing implements billing.Engine.
func (e *Engine) Standing(ctx context.Context, p billing.Period) ([]billing.Standing, error) {
	return fromFocus(ctx, e, p, func(a *focusAnswer) []billing.Standing { return a.standing })
}

// Prices implements billing.Engine.
func (e *Engine) Prices(ctx context.Context, p billing.Period) ([]billing.Price, error) {
	return fromFocus(ctx, e, p, func(a *focusAnswer) []billing.Price { return a.prices })
}

func fromFocus[T any](ctx context.Context, e *Engine, p billing.Period, part func(*focusAnswer) []T) ([]T, error) {
	a, err := e.answer(ctx, p)
	if err != nil {
		return nil, err
	}
	return slices.Clone(part(a)), nil
}
