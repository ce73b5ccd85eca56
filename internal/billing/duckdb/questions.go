//go:build cgo

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// Accounts implements billing.Engine, as all below do.
func (e *Engine) Accounts(ctx context.Context, p billing.Period) ([]fleet.AccountID, error) {
	return ask(ctx, e, export.FOCUS, p, e.dialect.Accounts, func(a *fleet.AccountID) []any { return []any{a} })
}

// Days implements billing.Engine.
func (e *Engine) Days(ctx context.Context, p billing.Period) ([]billing.Day, error) {
	return ask(ctx, e, export.FOCUS, p, e.dialect.Days, func(d *billing.Day) []any {
		return []any{utc{&d.Day}, &d.Payer, &d.Currency, &d.Rows, &d.Hours, &d.Negative, &d.Zero, exact{&d.Billed}}
	})
}

// Charges is of whole billing months.
func (e *Engine) Charges(ctx context.Context, p billing.Period) ([]billing.Charge, error) {
	return ask(ctx, e, export.FOCUS, p, e.dialect.Charges, func(c *billing.Charge) []any {
		return []any{
			utc{&c.Month},
			&c.Payer, &c.Account, &c.Currency, &c.Invoice, &c.Category, &c.Class, &c.Pricing, &c.Service, &c.Discount, &c.Rows,
			exact{&c.List},
			exact{&c.Contract},
			exact{&c.Effective},
			exact{&c.Billed},
		}
	})
}

// Hours implements billing.Engine.
func (e *Engine) Hours(ctx context.Context, p billing.Period) ([]billing.HourCost, error) {
	return ask(ctx, e, export.FOCUS, p, e.dialect.Hours, func(h *billing.HourCost) []any {
		return []any{utc{&h.Hour}, &h.Account, &h.Service, exact{&h.List}, exact{&h.Contract}, exact{&h.Effective}}
	})
}

// Standing implements billing.Engine.
func (e *Engine) Standing(ctx context.Context, p billing.Period) ([]billing.Standing, error) {
	return ask(ctx, e, export.FOCUS, p, e.dialect.Standing, func(s *billing.Standing) []any {
		return []any{utc{&s.Day}, &s.Account, &s.Resource, &s.Meter, &s.Hours, exact{&s.Cost}}
	})
}

// Prices implements billing.Engine.
func (e *Engine) Prices(ctx context.Context, p billing.Period) ([]billing.Price, error) {
	return ask(ctx, e, export.FOCUS, p, e.dialect.Prices, func(r *billing.Price) []any {
		return []any{utc{&r.Month}, &r.SKU, &r.Unit, exact{&r.List}, exact{&r.Contract}}
	})
}

// Products implements billing.Engine.
func (e *Engine) Products(ctx context.Context, p billing.Period) ([]billing.Product, error) {
	return ask(ctx, e, export.CUR2, p, e.dialect.Products, func(r *billing.Product) []any {
		return []any{
			&r.SKU, &r.Operation, &r.Code, &r.UsageType, &r.Region, &r.Type, &r.Family, &r.System, &r.Tenancy, &r.Engine, &r.MultiAZ, &r.Unit, exact{&r.Factor},
		}
	})
}

// PlanHours implements billing.Engine.
func (e *Engine) PlanHours(ctx context.Context, p billing.Period) ([]billing.PlanHour, error) {
	return ask(ctx, e, export.CUR2, p, e.dialect.PlanHours, func(h *billing.PlanHour) []any {
		return []any{utc{&h.Hour}, &h.Plan, &h.Owner, &h.Offering, &h.Region, &h.Family, exact{&h.Total}, exact{&h.Used}}
	})
}

// Reservations is of whole billing months.
func (e *Engine) Reservations(ctx context.Context, p billing.Period) ([]billing.Reservation, error) {
	leases, err := ask(ctx, e, export.CUR2, p, e.dialect.Reservations, func(l *query.Lease) []any {
		return []any{
			utc{&l.Month},
			&l.Lease, &l.Owner, &l.SKU, &l.Operation, &l.Zone, &l.Start, &l.End, &l.Reservations, &l.Units, &l.Reserved,
			exact{&l.Amount},
			exact{&l.Recurring},
			exact{&l.Upfront},
			exact{&l.Unused},
			&l.InUnits,
			exact{&l.UnusedUnits},
		}
	})
	if err != nil {
		return nil, err
	}
	var all []billing.Reservation
	for i := range leases {
		r, err := query.ReservationOf(&leases[i])
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	query.SortReservations(all)
	return all, nil
}

// PlanRates implements billing.Engine.
func (e *Engine) PlanRates(ctx context.Context, p billing.Period) ([]billing.PlanRate, error) {
	return ask(ctx, e, export.CUR2, p, e.dialect.PlanRates, func(r *billing.PlanRate) []any {
		return []any{&r.Plan, &r.SKU, exact{&r.Rate}}
	})
}

// Usage implements billing.Engine.
func (e *Engine) Usage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return e.stream(ctx, export.CUR2, p, e.dialect.Usage)
}

// FocusUsage implements billing.Engine.
func (e *Engine) FocusUsage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return e.stream(ctx, export.FOCUS, p, e.dialect.FocusUsage)
}

// Costs implements billing.Engine.
func (e *Engine) Costs(ctx context.Context, p billing.Period) ([]billing.Cost, error) {
	return ask(ctx, e, export.FOCUS, p, e.dialect.Costs, func(c *billing.Cost) []any {
		return []any{
			utc{&c.Month},
			&c.Account, &c.Service, &c.SKU, &c.Unit, &c.Region, &c.Rows,
			exact{&c.Quantity},
			exact{&c.List},
			exact{&c.Contract},
			exact{&c.Effective},
		}
	})
}

// Tagged implements billing.Engine.
func (e *Engine) Tagged(ctx context.Context, p billing.Period, tags ...[]string) ([]billing.TagCost, error) {
	text := func(p billing.Period) string { return e.dialect.Tagged(p, tags...) }
	return ask(ctx, e, export.FOCUS, p, text, func(c *billing.TagCost) []any {
		fields := []any{utc{&c.Month}, &c.Account, &c.Service}
		c.Values = make([]string, len(tags))
		for i := range tags {
			fields = append(fields, &c.Values[i])
		}
		return append(fields, &c.Rows, exact{&c.Effective})
	})
}

// Patterns implements billing.Engine.
func (e *Engine) Patterns(ctx context.Context, p billing.Period, tags ...[]string) iter.Seq2[billing.Pattern, error] {
	return func(yield func(billing.Pattern, error) bool) {
		err := query.CheckWeeks(p)
		if err == nil {
			err = e.check(export.FOCUS, p)
		}
		if err != nil {
			yield(billing.Pattern{}, err)
			return
		}
		for row, err := range read(ctx, e, e.dialect.Patterns(p, tags...), func(r *billing.Pattern) []any {
			fields := []any{&r.Account, &r.Region, &r.Resource, &r.Group, &r.Cluster, &r.SKU, &r.Meter, &r.Line}
			r.Tags = make([]string, len(tags))
			for i := range tags {
				fields = append(fields, &r.Tags[i])
			}
			return append(fields, &r.Hour, &r.Weeks, &r.Rows, exact{&r.Quantity}, exact{&r.Contract}, exact{&r.Effective})
		}) {
			if !yield(row, err) {
				return
			}
		}
	}
}

// rowsAtOnce is how many lines of a bill one answer of a stream is made of, about: the driver holds a whole answer in memory.
const rowsAtOnce = 250_000

// stream asks for some hours after others: the hour is the first thing that orders usage.
func (e *Engine) stream(ctx context.Context, table export.Table, p billing.Period, text func(billing.Period) string) iter.Seq2[billing.Usage, error] {
	return func(yield func(billing.Usage, error) bool) {
		if err := e.check(table, p); err != nil {
			yield(billing.Usage{}, err)
			return
		}
		hours := int64(p.To.Sub(p.From) / time.Hour)
		step := time.Duration(max(1, hours/(e.rows[table]/rowsAtOnce+1))) * time.Hour
		for from := p.From; from.Before(p.To); from = from.Add(step) {
			to := from.Add(step)
			if to.After(p.To) {
				to = p.To
			}
			part, err := ask(ctx, e, table, billing.Period{From: from, To: to}, text, usageFields)
			if err != nil {
				yield(billing.Usage{}, err)
				return
			}
			for i := range part {
				if !yield(part[i], nil) {
					return
				}
			}
		}
	}
}

func usageFields(u *billing.Usage) []any {
	return []any{
		utc{&u.Hour},
		&u.Account, &u.Resource, &u.Group, &u.Cluster, &u.SKU, &u.Operation, &u.Zone, &u.Line, &u.Commitment,
		exact{&u.Quantity},
		exact{&u.List},
		exact{&u.Net},
		exact{&u.Effective},
	}
}

// ask runs a text and reads its rows into fields.
func ask[T any](ctx context.Context, e *Engine, table export.Table, p billing.Period, text func(billing.Period) string, fields func(*T) []any) ([]T, error) {
	if err := e.check(table, p); err != nil {
		return nil, err
	}
	var all []T
	for row, err := range read(ctx, e, text(p), fields) {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// read runs a statement and gives its rows; an error comes last, and alone.
func read[T any](ctx context.Context, e *Engine, statement string, fields func(*T) []any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := e.db.QueryContext(ctx, statement)
		if err != nil {
			yield(none, failed(ctx, statement, err))
			return
		}
		more := true
		for more && err == nil && rows.Next() {
			var row T
			if err = rows.Scan(fields(&row)...); err == nil {
				more = yield(row, nil)
			}
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil && more {
			yield(none, failed(ctx, statement, err))
		}
	}
}

// failed names the question by the first line of its text. A cancelled context is what the caller asked for and comes first.
func failed(ctx context.Context, statement string, err error) error {
	title, _, _ := strings.Cut(strings.TrimPrefix(statement, "-- "), "\n")
	if ctx.Err() != nil {
		return fmt.Errorf("ask DuckDB (%s): %w", title, context.Cause(ctx))
	}
	return fmt.Errorf("ask DuckDB (%s): %w", title, err)
}

// exact reads a decimal without loss.
type exact struct{ into *decimal.Decimal }

// Scan implements sql.Scanner.
func (d exact) Scan(value any) error {
	v, ok := value.(duckdb.Decimal)
	if !ok {
		return fmt.Errorf("%T is not a decimal", value)
	}
	*d.into = decimal.NewFromBigInt(v.Value, -int32(v.Scale))
	return nil
}

// utc reads a timestamp, which has no zone and means UTC.
type utc struct{ into *time.Time }

// Scan implements sql.Scanner.
func (t utc) Scan(value any) error {
	v, ok := value.(time.Time)
	if !ok {
		return fmt.Errorf("%T is not a time", value)
	}
	*t.into = v.UTC()
	return nil
}
