package recount

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// curFile reads one file of CUR 2.0 for all questions but that of usage.
type curFile struct {
	span     span
	classes  classes
	columns  curColumns
	products map[namedProduct]bool
	plans    map[namedPlanHour]*planSum
	leases   map[namedLease]*leaseSum
	rates    map[namedRate]bool
	// What was taken into products and rates, by the numbers of its texts, which mean something within the file.
	seenProducts *table[productKey, struct{}]
	seenRates    *table[rateKey, struct{}]
}

type curColumns struct {
	start, month                                                                      times
	owner, sku, operation, region, kind, unit, plan, offering, planRegion, planFamily *words
	lease, zone, leaseStart, leaseEnd, count, units, reserved                         *words
	system, tenancy, engine                                                           entries
	deployment                                                                        *words
	factor, rate, total, used, amount, recurring, upfront, unused, unusedUnits        doubles
}

type (
	namedProduct struct {
		sku, operation, code, usage, region, kind, system, tenancy, engine string
		multiAZ                                                            bool
		unit                                                               string
		factor                                                             float64
	}
	productKey struct {
		sku, operation, code, usage, region, kind, deployment, unit int32
		system, tenancy, engine                                     int64
		factor                                                      uint64
	}
	namedPlanHour struct {
		hour                                  int64
		plan, owner, offering, region, family string
	}
	namedLease struct {
		month                                                                         int64
		lease, owner, sku, operation, zone, start, end, reservations, units, reserved string
	}
	namedRate struct {
		plan, sku string
		rate      float64
	}
	rateKey struct {
		plan, sku int32
		rate      uint64
	}
	planSum  struct{ total, used sum }
	leaseSum struct {
		amount, recurring, upfront, unused, unusedUnits sum
		inUnits                                         int64
	}
)

func readCUR(ctx context.Context, f dated, s span) (_ *curFile, err error) {
	r := newReader(f.File, query.CURColumns())
	defer func() { err = errors.Join(err, r.Close()) }()
	file := &curFile{
		span: s, classes: r.classes(), products: map[namedProduct]bool{}, plans: map[namedPlanHour]*planSum{}, leases: map[namedLease]*leaseSum{}, rates: map[namedRate]bool{},
		seenProducts: newTable[productKey, struct{}](productKey.place), seenRates: newTable[rateKey, struct{}](rateKey.place),
		columns: curColumns{
			start: r.times("line_item_usage_start_date"), month: r.times("bill_billing_period_start_date"),
			owner: r.words("line_item_usage_account_id"), sku: r.words("product_sku"), operation: r.words("line_item_operation"), region: r.words("product_region_code"),
			kind: r.words("product_instance_type"), unit: r.words("pricing_unit"), plan: r.words("savings_plan_savings_plan_a_r_n"),
			offering: r.words("savings_plan_offering_type"), planRegion: r.words("savings_plan_region"), planFamily: r.words("savings_plan_instance_type_family"),
			lease: r.words("reservation_reservation_a_r_n"), zone: r.words("reservation_availability_zone"), leaseStart: r.words("reservation_start_time"),
			leaseEnd: r.words("reservation_end_time"), count: r.words("reservation_number_of_reservations"),
			units: r.words("reservation_normalized_units_per_reservation"), reserved: r.words("reservation_total_reserved_units"),
			system: r.entries("product", "operating_system"), tenancy: r.entries("product", "tenancy"), engine: r.entries("product", "database_engine"),
			deployment: r.entries("product", "deployment_option")[0], factor: r.doubles("line_item_normalization_factor"),
			rate: r.doubles("savings_plan_savings_plan_rate"), total: r.doubles("savings_plan_total_commitment_to_date"), used: r.doubles("savings_plan_used_commitment"),
			amount: r.doubles("line_item_usage_amount"), recurring: r.doubles("line_item_unblended_cost"),
			upfront: r.doubles("reservation_amortized_upfront_fee_for_billing_period"), unused: r.doubles("reservation_unused_quantity"),
			unusedUnits: r.doubles("reservation_unused_normalized_unit_quantity"),
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

func (f *curFile) row(row int) error {
	c := &f.columns
	is := f.classes.of(row)
	if is.fee {
		if err := f.lease(row); err != nil {
			return err
		}
	}
	milli, null := c.start.at(row)
	if !f.span.has(milli, null) {
		return nil
	}
	if is.runs || is.fee {
		f.product(row)
	}
	if rate, ok := c.rate.at(row); ok && is.line == billing.PlanUsage {
		f.rate(row, rate)
	}
	if is.planFee {
		return f.planHour(row, milli)
	}
	return nil
}

func (k productKey) place() uint32 {
	return uint32(k.sku) ^ uint32(k.operation)<<10 ^ uint32(k.usage)<<14
}

func (k rateKey) place() uint32 { return uint32(k.sku) ^ uint32(k.plan)<<12 }

func (f *curFile) rate(row int, rate float64) {
	c := &f.columns
	key := rateKey{c.plan.at(row), c.sku.at(row), math.Float64bits(rate)}
	if _, fresh := f.seenRates.at(key); fresh {
		f.rates[namedRate{c.plan.text(row), c.sku.text(row), rate}] = true
	}
}

func (f *curFile) product(row int) {
	c := &f.columns
	factor, _ := c.factor.at(row)
	key := productKey{
		c.sku.at(row), c.operation.at(row), f.classes.code.at(row), f.classes.usage.at(row), c.region.at(row), c.kind.at(row), c.deployment.at(row), c.unit.at(row),
		c.system.at(row), c.tenancy.at(row), c.engine.at(row), math.Float64bits(factor),
	}
	if _, fresh := f.seenProducts.at(key); !fresh {
		return
	}
	f.products[namedProduct{
		c.sku.text(row), c.operation.text(row), f.classes.code.text(row), f.classes.usage.text(row), c.region.text(row), c.kind.text(row), c.system.text(row),
		c.tenancy.text(row), c.engine.text(row), strings.HasPrefix(c.deployment.text(row), "Multi-AZ"), c.unit.text(row), factor,
	}] = true
}

func (f *curFile) planHour(row int, milli int64) error {
	c := &f.columns
	key := namedPlanHour{
		floor(milli, milliOfHour), c.plan.text(row), c.owner.text(row), c.offering.text(row), c.planRegion.text(row), c.planFamily.text(row),
	}
	s := f.plans[key]
	if s == nil {
		s = &planSum{}
		f.plans[key] = s
	}
	return errors.Join(c.total.add(&s.total, row), c.used.add(&s.used, row))
}

func (f *curFile) lease(row int) error {
	c := &f.columns
	month, null := c.month.at(row)
	if null {
		return errors.New("a row has no bill_billing_period_start_date")
	}
	key := namedLease{
		month, c.lease.text(row), c.owner.text(row), c.sku.text(row), c.operation.text(row), c.zone.text(row), c.leaseStart.text(row), c.leaseEnd.text(row),
		c.count.text(row), c.units.text(row), c.reserved.text(row),
	}
	s := f.leases[key]
	if s == nil {
		s = &leaseSum{}
		f.leases[key] = s
	}
	if _, ok := c.unusedUnits.at(row); ok {
		s.inUnits++
	}
	return errors.Join(
		c.amount.add(&s.amount, row), c.recurring.add(&s.recurring, row), c.upfront.add(&s.upfront, row), c.unused.add(&s.unused, row), c.unusedUnits.add(&s.unusedUnits, row),
	)
}

// curAnswer are the answers of one pass.
type curAnswer struct {
	products     []billing.Product
	plans        []billing.PlanHour
	reservations []billing.Reservation
	rates        []billing.PlanRate
}

// answerCUR reads CUR 2.0 once for all questions about a period but that of usage.
func (e *Engine) answerCUR(ctx context.Context, p billing.Period) (*curAnswer, error) {
	files, err := e.files(export.CUR2, p)
	if err != nil {
		return nil, err
	}
	p = billing.Period{From: p.From.UTC(), To: p.To.UTC()}
	e.mu.Lock()
	defer e.mu.Unlock()
	if a := e.cur[p]; a != nil {
		return a, nil
	}
	read, err := each(ctx, e.workers, files, func(ctx context.Context, f dated) (*curFile, error) { return readCUR(ctx, f, spanOf(p)) })
	if err != nil {
		return nil, err
	}
	all := &curFile{products: map[namedProduct]bool{}, plans: map[namedPlanHour]*planSum{}, leases: map[namedLease]*leaseSum{}, rates: map[namedRate]bool{}}
	for _, f := range read {
		all.take(f)
	}
	a, err := all.answer()
	if err != nil {
		return nil, err
	}
	e.cur[p] = a
	return a, nil
}

func (f *curFile) take(o *curFile) {
	for k := range o.products {
		f.products[k] = true
	}
	for k := range o.rates {
		f.rates[k] = true
	}
	for k, v := range o.plans {
		merged(f.plans, k, v, func(to, from *planSum) {
			to.total.merge(&from.total)
			to.used.merge(&from.used)
		})
	}
	for k, v := range o.leases {
		merged(f.leases, k, v, func(to, from *leaseSum) {
			to.inUnits += from.inUnits
			to.amount.merge(&from.amount)
			to.recurring.merge(&from.recurring)
			to.upfront.merge(&from.upfront)
			to.unused.merge(&from.unused)
			to.unusedUnits.merge(&from.unusedUnits)
		})
	}
}

func (f *curFile) answer() (*curAnswer, error) {
	a := &curAnswer{}
	for k, v := range f.plans {
		a.plans = append(a.plans, billing.PlanHour{
			Hour: instant(k.hour), Plan: k.plan, Owner: fleet.AccountID(k.owner), Offering: k.offering, Region: fleet.Region(k.region), Family: k.family,
			Total: v.total.decimal(), Used: v.used.decimal(),
		})
	}
	slices.SortFunc(a.plans, func(x, y billing.PlanHour) int {
		return cmp.Or(
			x.Hour.Compare(y.Hour), cmp.Compare(x.Plan, y.Plan), cmp.Compare(x.Owner, y.Owner), cmp.Compare(x.Offering, y.Offering),
			cmp.Compare(x.Region, y.Region), cmp.Compare(x.Family, y.Family),
		)
	})
	for k, v := range f.leases {
		r, err := query.ReservationOf(&query.Lease{
			Month: instant(k.month), Lease: k.lease, Owner: k.owner, SKU: k.sku, Operation: k.operation, Zone: k.zone, Start: k.start, End: k.end,
			Reservations: k.reservations, Units: k.units, Reserved: k.reserved, Amount: v.amount.decimal(), Recurring: v.recurring.decimal(),
			Upfront: v.upfront.decimal(), Unused: v.unused.decimal(), InUnits: v.inUnits, UnusedUnits: v.unusedUnits.decimal(),
		})
		if err != nil {
			return nil, err
		}
		a.reservations = append(a.reservations, r)
	}
	query.SortReservations(a.reservations)
	var err error
	if a.products, err = f.productRows(); err == nil {
		a.rates, err = f.rateRows()
	}
	return a, err
}

func (f *curFile) productRows() ([]billing.Product, error) {
	var rows []billing.Product
	for k := range f.products {
		factor, err := exact(k.factor)
		if err != nil {
			return nil, err
		}
		family := ""
		if point := strings.LastIndexByte(k.kind, '.'); point >= 0 {
			family = k.kind[:point]
		}
		rows = append(rows, billing.Product{
			SKU: k.sku, Operation: k.operation, Code: k.code, UsageType: k.usage, Region: fleet.Region(k.region), Type: k.kind, Family: family, System: k.system,
			Tenancy: k.tenancy, Engine: k.engine, MultiAZ: k.multiAZ, Unit: k.unit, Factor: factor,
		})
	}
	return distinct(rows, compareProducts), nil
}

func compareProducts(a, b billing.Product) int {
	two := 0
	if a.MultiAZ != b.MultiAZ {
		two = 1
		if b.MultiAZ {
			two = -1
		}
	}
	return cmp.Or(
		cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Code, b.Code), cmp.Compare(a.UsageType, b.UsageType),
		cmp.Compare(a.Region, b.Region), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Family, b.Family), cmp.Compare(a.System, b.System),
		cmp.Compare(a.Tenancy, b.Tenancy), cmp.Compare(a.Engine, b.Engine), two, cmp.Compare(a.Unit, b.Unit), a.Factor.Cmp(b.Factor),
	)
}

func (f *curFile) rateRows() ([]billing.PlanRate, error) {
	var rows []billing.PlanRate
	for k := range f.rates {
		rate, err := exact(k.rate)
		if err != nil {
			return nil, err
		}
		rows = append(rows, billing.PlanRate{Plan: k.plan, SKU: k.sku, Rate: rate})
	}
	return distinct(rows, func(a, b billing.PlanRate) int {
		return cmp.Or(cmp.Compare(a.Plan, b.Plan), cmp.Compare(a.SKU, b.SKU), a.Rate.Cmp(b.Rate))
	}), nil
}

// distinct sorts rows and drops doubles: different doubles may be one decimal.
func distinct[T any](rows []T, compare func(a, b T) int) []T {
	slices.SortFunc(rows, compare)
	return slices.CompactFunc(rows, func(a, b T) bool { return compare(a, b) == 0 })
}

// Products implements billing.Engine.
func (e *Engine) Products(ctx context.Context, p billing.Period) ([]billing.Product, error) {
	return fromCUR(ctx, e, p, func(a *curAnswer) []billing.Product { return a.products })
}

// PlanHours implements billing.Engine.
func (e *Engine) PlanHours(ctx context.Context, p billing.Period) ([]billing.PlanHour, error) {
	return fromCUR(ctx, e, p, func(a *curAnswer) []billing.PlanHour { return a.plans })
}

// Reservations is of whole billing months.
func (e *Engine) Reservations(ctx context.Context, p billing.Period) ([]billing.Reservation, error) {
	return fromCUR(ctx, e, p, func(a *curAnswer) []billing.Reservation { return a.reservations })
}

// PlanRates implements billing.Engine.
func (e *Engine) PlanRates(ctx context.Context, p billing.Period) ([]billing.PlanRate, error) {
	return fromCUR(ctx, e, p, func(a *curAnswer) []billing.PlanRate { return a.rates })
}

func fromCUR[T any](ctx context.Context, e *Engine, p billing.Period, part func(*curAnswer) []T) ([]T, error) {
	a, err := e.answerCUR(ctx, p)
	if err != nil {
		return nil, err
	}
	return slices.Clone(part(a)), nil
}
