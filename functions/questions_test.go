package functions_test

import (
	"context"
	"iter"
	"reflect"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/query"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
)

// question is one that a bill is asked: its text, and how its rows are counted. Their fields stand in the order of the text's columns.
type question struct {
	text string
	ask  func(ctx context.Context, e *recount.Engine) ([][]string, error)
}

// questions are all that can be asked of a period.
func questions(d query.Dialect, p billing.Period, tags [][]string) []question {
	return []question{
		{d.Accounts(p), list(p, func(e *recount.Engine, ctx context.Context, p billing.Period) (rows []account, err error) {
			counted, err := e.Accounts(ctx, p)
			for _, id := range counted {
				rows = append(rows, account{id})
			}
			return rows, err
		})},
		{d.Days(p), list(p, (*recount.Engine).Days)},
		{d.Charges(p), list(p, (*recount.Engine).Charges)},
		{d.Hours(p), list(p, (*recount.Engine).Hours)},
		{d.Standing(p), list(p, (*recount.Engine).Standing)},
		{d.Prices(p), list(p, (*recount.Engine).Prices)},
		{d.Costs(p), list(p, (*recount.Engine).Costs)},
		{d.Products(p), list(p, (*recount.Engine).Products)},
		{d.PlanHours(p), list(p, (*recount.Engine).PlanHours)},
		{d.PlanRates(p), list(p, (*recount.Engine).PlanRates)},
		{d.Usage(p), stream(p, (*recount.Engine).Usage)},
		{d.FocusUsage(p), stream(p, (*recount.Engine).FocusUsage)},
		{d.Tagged(p, tags...), list(p, func(e *recount.Engine, ctx context.Context, p billing.Period) ([]billing.TagCost, error) {
			return e.Tagged(ctx, p, tags...)
		})},
		{d.Patterns(p, tags...), stream(p, func(e *recount.Engine, ctx context.Context, p billing.Period) iter.Seq2[billing.Pattern, error] {
			return e.Patterns(ctx, p, tags...)
		})},
		{d.Reservations(p), list(p, func(e *recount.Engine, ctx context.Context, p billing.Period) ([]query.Lease, error) {
			counted, err := e.Reservations(ctx, p)
			return leases(counted), err
		})},
	}
}

// account is a row of a single column.
type account struct{ ID fleet.AccountID }

func list[T any](p billing.Period, ask func(*recount.Engine, context.Context, billing.Period) ([]T, error)) func(context.Context, *recount.Engine) ([][]string, error) {
	return func(ctx context.Context, e *recount.Engine) (rows [][]string, err error) {
		all, err := ask(e, ctx, p)
		for i := range all {
			rows = append(rows, textsOf(reflect.ValueOf(all[i])))
		}
		return rows, err
	}
}

func stream[T any](p billing.Period, ask func(*recount.Engine, context.Context, billing.Period) iter.Seq2[T, error]) func(context.Context, *recount.Engine) ([][]string, error) {
	return func(ctx context.Context, e *recount.Engine) (rows [][]string, err error) {
		for row, err := range ask(e, ctx, p) {
			if err != nil {
				return nil, err
			}
			rows = append(rows, textsOf(reflect.ValueOf(row)))
		}
		return rows, nil
	}
}

// leases are rows of which query.ReservationOf makes the reservations that were counted: an hour's price is that of one reserved hour.
func leases(counted []billing.Reservation) (all []query.Lease) {
	for _, r := range counted {
		all = append(all, query.Lease{
			Month: r.Month, Lease: r.Lease, Owner: string(r.Owner), SKU: r.SKU, Operation: r.Operation, Zone: r.Zone, Start: r.Start.Format(time.RFC3339Nano), End: r.End.Format(time.RFC3339Nano),
			Reservations: r.Count.String(), Units: r.Units.String(), Reserved: "1", Recurring: r.Hourly, Unused: r.Unused,
		})
	}
	return all
}

// textsOf are the fields of a row as Athena writes them.
func textsOf(row reflect.Value) (texts []string) {
	for i := range row.NumField() {
		switch field := row.Field(i); v := field.Interface().(type) {
		case time.Time:
			texts = append(texts, v.UTC().Format("2006-01-02 15:04:05.000"))
		case decimal.Decimal:
			texts = append(texts, v.StringFixed(max(billing.Places, -v.Exponent())))
		case []string:
			texts = append(texts, v...)
		case int64:
			texts = append(texts, strconv.FormatInt(v, 10))
		case bool:
			texts = append(texts, strconv.FormatBool(v))
		default:
			texts = append(texts, field.String())
		}
	}
	return texts
}
