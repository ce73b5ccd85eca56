package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
)

// Lease is a row of the text Reservations: amounts are sums of decimals, what CUR 2.0 has as text is text.
type Lease struct {
	Month                                     time.Time
	Lease, Owner, SKU, Operation, Zone        string
	Start, End, Reservations, Units, Reserved string
	Amount, Recurring, Upfront, Unused        decimal.Decimal
	InUnits                                   int64 // how many lines say what was not used in normalised units
	UnusedUnits                               decimal.Decimal
}

// places of the hourly price, which is a quotient.
const places = 20

// ReservationOf makes a reservation of a row. An hour costs the month's recurring fee and its share of the upfront fee, over the instance-hours that the lease
// reserves in the month: reservation_total_reserved_units, and line_item_usage_amount where that is absent.
func ReservationOf(l *Lease) (billing.Reservation, error) {
	r := billing.Reservation{
		Month: l.Month.UTC(), Lease: l.Lease, Owner: fleet.AccountID(l.Owner), SKU: l.SKU, Operation: l.Operation, Zone: l.Zone, Unused: l.Unused,
	}
	fault := func(column string, err error) (billing.Reservation, error) {
		return r, fmt.Errorf("reservation %s of %s: %s: %w; have the export of CUR 2.0 delivered anew", l.Lease, r.Month.Format(monthForm), column, err)
	}
	var err error
	if r.Start, err = instant(l.Start); err != nil {
		return fault("reservation_start_time", err)
	}
	if r.End, err = instant(l.End); err != nil {
		return fault("reservation_end_time", err)
	}
	if r.Count, err = number(l.Reservations); err != nil {
		return fault("reservation_number_of_reservations", err)
	}
	if r.Units, err = number(l.Units); err != nil {
		return fault("reservation_normalized_units_per_reservation", err)
	}
	hours, err := number(l.Reserved)
	if err != nil {
		return fault("reservation_total_reserved_units", err)
	}
	if hours.IsZero() {
		hours = l.Amount
	}
	if hours.Sign() <= 0 {
		return fault("reservation_total_reserved_units", fmt.Errorf("%s hours reserved", hours))
	}
	r.Hourly = l.Recurring.Add(l.Upfront).DivRound(hours, places)
	if !r.Units.IsZero() && l.InUnits > 0 {
		r.Unused = l.UnusedUnits
	}
	return r, nil
}

// SortReservations puts reservations in the order of their fields.
func SortReservations(all []billing.Reservation) {
	slices.SortFunc(all, func(a, b billing.Reservation) int {
		return cmp.Or(
			a.Month.Compare(b.Month), cmp.Compare(a.Lease, b.Lease), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(a.Zone, b.Zone), a.Start.Compare(b.Start), a.End.Compare(b.End), a.Count.Cmp(b.Count), a.Units.Cmp(b.Units), a.Hourly.Cmp(b.Hourly),
			a.Unused.Cmp(b.Unused),
		)
	})
}

// number reads a decimal that CUR 2.0 has as text; empty is zero.
func number(text string) (decimal.Decimal, error) {
	if strings.TrimSpace(text) == "" {
		return decimal.Zero, nil
	}
	d, err := decimal.NewFromString(strings.TrimSpace(text))
	if err != nil || d.Exponent() > 30 || d.Exponent() < -30 {
		return decimal.Zero, fmt.Errorf("%.40q is not a number", text)
	}
	return d, nil
}

// instant reads a time as CUR has it; empty is the zero time.
func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time such as 2026-07-01T00:00:00Z", text)
}
