package athena

import (
	"context"
	"iter"
	"slices"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// Accounts implements billing.Engine, as all below do.
func (e *Engine) Accounts(ctx context.Context, p billing.Period) ([]fleet.AccountID, error) {
	return all(ask(ctx, e, export.FOCUS, p, e.dialect.Accounts, func(a *fleet.AccountID) []field { return []field{word(a)} }))
}

// Days implements billing.Engine.
func (e *Engine) Days(ctx context.Context, p billing.Period) ([]billing.Day, error) {
	return all(ask(ctx, e, export.FOCUS, p, e.dialect.Days, func(d *billing.Day) []field {
		return []field{instant(&d.Day), word(&d.Payer), word(&d.Currency), count(&d.Rows), count(&d.Hours), count(&d.Negative), count(&d.Zero), exact(&d.Billed)}
	}))
}

// Charges is of whole billing months.
func (e *Engine) Charges(ctx context.Context, p billing.Period) ([]billing.Charge, error) {
	return all(ask(ctx, e, export.FOCUS, p, e.dialect.Charges, func(c *billing.Charge) []field {
		return []field{
			instant(&c.Month), word(&c.Payer), word(&c.Account), word(&c.Currency), word(&c.Invoice), word(&c.Category), word(&c.Class), word(&c.Pricing),
			word(&c.Service), word(&c.Discount), count(&c.Rows), exact(&c.List), exact(&c.Contract), exact(&c.Effective), exact(&c.Billed),
		}
	}))
}

// Hours implements billing.Engine.
func (e *Engine) Hours(ctx context.Context, p billing.Period) ([]billing.HourCost, error) {
	return all(ask(ctx, e, export.FOCUS, p, e.dialect.Hours, func(h *billing.HourCost) []field {
		return []field{instant(&h.Hour), word(&h.Account), word(&h.Service), exact(&h.List), exact(&h.Contract), exact(&h.Effective)}
	}))
}

// Standing implements billing.Engine.
func (e *Engine) Standing(ctx context.Context, p billing.Period) ([]billing.Standing, error) {
	return all(ask(ctx, e, export.FOCUS, p, e.dialect.Standing, func(s *billing.Standing) []field {
		return []field{instant(&s.Day), word(&s.Account), word(&s.Resource), word(&s.Meter), count(&s.Hours), exact(&s.Cost)}
	}))
}

// Prices implements billing.Engine.
func (e *Engine) Prices(ctx context.Context, p billing.Period) ([]billing.Price, error) {
	return all(ask(ctx, e, export.FOCUS, p, e.dialect.Prices, func(r *billing.Price) []field {
		return []field{instant(&r.Month), word(&r.SKU), word(&r.Unit), exact(&r.List), exact(&r.Contract)}
	}))
}

// Products implements billing.Engine.
func (e *Engine) Products(ctx context.Context, p billing.Period) ([]billing.Product, error) {
	return all(ask(ctx, e, export.CUR2, p, e.dialect.Products, func(r *billing.Product) []field {
		return []field{
			word(&r.SKU), word(&r.Operation), word(&r.Code), word(&r.UsageType), word(&r.Region), word(&r.Type), word(&r.Family), word(&r.System),
			word(&r.Tenancy), word(&r.Engine), truth(&r.MultiAZ), word(&r.Unit), exact(&r.Factor),
		}
	}))
}

// PlanHours implements billing.Engine.
func (e *Engine) PlanHours(ctx context.Context, p billing.Period) ([]billing.PlanHour, error) {
	return all(ask(ctx, e, export.CUR2, p, e.dialect.PlanHours, func(h *billing.PlanHour) []field {
		return []field{
			instant(&h.Hour), word(&h.Plan), word(&h.Owner), word(&h.Offering), word(&h.Region), word(&h.Family), exact(&h.Total), exact(&h.Used),
		}
	}))
}

// Reservations is of whole billing months.
func (e *Engine) Reservations(ctx context.Context, p billing.Period) ([]billing.Reservation, error) {
	leases, err := all(ask(ctx, e, export.CUR2, p, e.dialect.Reservations, func(l *query.Lease) []field {
		return []field{
			instant(&l.Month), word(&l.Lease), word(&l.Owner), word(&l.SKU), word(&l.Operation), word(&l.Zone), word(&l.Start), word(&l.End),
			word(&l.Reservations), word(&l.Units), word(&l.Reserved), exact(&l.Amount), exact(&l.Recurring), exact(&l.Upfront), exact(&l.Unused),
			count(&l.InUnits), exact(&l.UnusedUnits),
		}
	}))
	if err != nil {
		return nil, err
	}
	var made []billing.Reservation
	for i := range leases {
		r, err := query.ReservationOf(&leases[i])
		if err != nil {
			return nil, err
		}
		made = append(made, r)
	}
	query.SortReservations(made)
	return made, nil
}

// PlanRates implements billing.Engine.
func (e *Engine) PlanRates(ctx context.Context, p billing.Period) ([]billing.PlanRate, error) {
	return all(ask(ctx, e, export.CUR2, p, e.dialect.PlanRates, func(r *billing.PlanRate) []field {
		return []field{word(&r.Plan), word(&r.SKU), exact(&r.Rate)}
	}))
}

// Usage implements billing.Engine.
func (e *Engine) Usage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return ask(ctx, e, export.CUR2, p, e.dialect.Usage, usageFields)
}

// FocusUsage implements billing.Engine.
func (e *Engine) FocusUsage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return ask(ctx, e, export.FOCUS, p, e.dialect.FocusUsage, usageFields)
}

func usageFields(u *billing.Usage) []field {
	return []field{
		instant(&u.Hour), word(&u.Account), word(&u.Resource), word(&u.Group), word(&u.Cluster), word(&u.SKU), word(&u.Operation), word(&u.Zone), word(&u.Line),
		word(&u.Commitment), exact(&u.Quantity), exact(&u.List), exact(&u.Net), exact(&u.Effective),
	}
}

// Costs implements billing.Engine.
func (e *Engine) Costs(ctx context.Context, p billing.Period) ([]billing.Cost, error) {
	return all(ask(ctx, e, export.FOCUS, p, e.dialect.Costs, func(c *billing.Cost) []field {
		return []field{
			instant(&c.Month), word(&c.Account), word(&c.Service), word(&c.SKU), word(&c.Unit), word(&c.Region), count(&c.Rows), exact(&c.Quantity), exact(&c.List),
			exact(&c.Contract), exact(&c.Effective),
		}
	}))
}

// Tagged implements billing.Engine.
func (e *Engine) Tagged(ctx context.Context, p billing.Period, tags ...[]string) ([]billing.TagCost, error) {
	text := func(p billing.Period) string { return e.dialect.Tagged(p, tags...) }
	return all(ask(ctx, e, export.FOCUS, p, text, func(c *billing.TagCost) []field {
		c.Values = make([]string, len(tags))
		return slices.Concat([]field{instant(&c.Month), word(&c.Account), word(&c.Service)}, words(c.Values), []field{count(&c.Rows), exact(&c.Effective)})
	}))
}

// Patterns implements billing.Engine.
func (e *Engine) Patterns(ctx context.Context, p billing.Period, tags ...[]string) iter.Seq2[billing.Pattern, error] {
	if err := query.CheckWeeks(p); err != nil {
		return func(yield func(billing.Pattern, error) bool) { yield(billing.Pattern{}, err) }
	}
	text := func(p billing.Period) string { return e.dialect.Patterns(p, tags...) }
	return ask(ctx, e, export.FOCUS, p, text, func(r *billing.Pattern) []field {
		r.Tags = make([]string, len(tags))
		return slices.Concat(
			[]field{word(&r.Account), word(&r.Region), word(&r.Resource), word(&r.Group), word(&r.Cluster), word(&r.SKU), word(&r.Meter), word(&r.Line)},
			words(r.Tags), []field{count(&r.Hour), count(&r.Weeks), count(&r.Rows), exact(&r.Quantity), exact(&r.Contract), exact(&r.Effective)},
		)
	})
}

// words reads texts into places that are there already.
func words(into []string) (fields []field) {
	for i := range into {
		fields = append(fields, word(&into[i]))
	}
	return fields
}
