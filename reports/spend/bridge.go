package spend

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/money"
	"offpeak/reports"
)

// bridge leads from the last quarter's bill to this one's, where that one is there and what was avoided in it is known.
func (m *maker) bridge(ctx context.Context) error {
	delivered := m.in.Engine.Months().FOCUS
	for at := monthOf(m.in.Before.From); at.Before(m.in.Before.To); at = at.AddDate(0, 1, 0) {
		if !slices.ContainsFunc(delivered, at.Equal) {
			m.gap(reports.GapLastBill, "the bill of "+at.Format("2006-01")+" is not there: the change since the last quarter is not explained", at.Format("2006-01"))
			return nil
		}
	}
	if !m.in.Before.From.Before(m.in.Before.To) {
		m.gap(reports.GapLastBill, "the bill of the last quarter is not there: the change since then is not explained", m.in.Before.From.UTC().Format("2006-01"))
		return nil
	}
	if m.lacking() {
		m.gap(reports.GapPart, "a part of the quarter was not delivered: what is left is not compared with the whole quarter before", "lacking")
		return nil
	}
	if m.in.Measured.To.Before(m.in.Period.To) {
		until := m.in.Measured.To.UTC().Add(-time.Nanosecond).Format(time.DateOnly)
		m.gap(reports.GapPart, "the quarter is billed until "+until+": a part of it is not compared with the whole quarter before", until)
		return nil
	}
	if m.in.Avoided == nil || m.in.AvoidedBefore == nil {
		m.gap(reports.GapLastAvoided, "what was avoided in the two quarters is not known: the change since the last one is not explained")
		return nil
	}
	charges, err := m.in.Engine.Charges(ctx, m.in.Before)
	if err != nil {
		return err
	}
	was, err := m.in.Engine.Costs(ctx, m.in.Before)
	if err != nil {
		return err
	}
	is, err := m.in.Engine.Costs(ctx, m.in.Period)
	if err != nil {
		return err
	}
	from := decimal.Zero
	for i := range charges {
		if c := &charges[i]; amortised(c) && !c.Month.Before(monthOf(m.in.Before.From)) {
			from = from.Add(c.Effective)
		}
	}
	avoided := m.in.Avoided.Sub(*m.in.AvoidedBefore)
	b := bridgeOf(was, is, m.usd)
	b.From, b.To, b.Avoided = m.usd(from), m.Bill.Effective, avoided
	b.Growth = b.Growth.Add(avoided) // what was avoided is put back
	b.Unexplained = b.To.Sub(b.From).Sub(b.Growth).Sub(b.Price).Add(b.Avoided)
	m.Bill.Bridge = &b
	return nil
}

// lacking reports whether a month of the quarter was not delivered before one that was: what is left is no quarter, and does not end before one either. A bill of which
// the last months are missing ends early.
func (m *maker) lacking() bool {
	delivered := m.in.Engine.Months().FOCUS
	hole := m.in.Measured.From.After(m.in.Period.From)
	for at := monthOf(m.in.Period.From); at.Before(m.in.Period.To); at = at.AddDate(0, 1, 0) {
		switch there := slices.ContainsFunc(delivered, at.Equal); {
		case there && (hole || !at.Before(m.in.Measured.To)):
			return true
		case !there:
			hole = true
		}
	}
	return false
}

// sold is what was sold of one SKU: SKUs of AWS are of one region.
type sold struct{ quantity, effective decimal.Decimal }

// bridgeOf splits the change of what both quarters bill by SKU and unit into use and price. Of a SKU with quantities q and effective costs e, last quarter 0 and
// this one 1,
//
//	growth = (q1 - q0) * e0/q0
//	price  = q1 * (e1/q1 - e0/q0) = e1 - q1 * e0/q0
//
// which add up to e1 - e0. The price is the effective one: a commitment that covers more makes it fall. What has no SKU, or no quantity above zero in one of the
// quarters, has no price to compare with and is in neither; nor are purchases, corrections of earlier months and what of commitments was not used.
func bridgeOf(was, is []billing.Cost, usd func(decimal.Decimal) money.USD) (b reports.Bridge) {
	type name struct{ sku, unit string }
	bySKU := func(all []billing.Cost) map[name]sold {
		sums := map[name]sold{}
		for i := range all {
			c := &all[i]
			n := name{c.SKU, c.Unit}
			s := sums[n]
			sums[n] = sold{s.quantity.Add(c.Quantity), s.effective.Add(c.Effective)}
		}
		return sums
	}
	before, now := bySKU(was), bySKU(is)
	growth, price := decimal.Zero, decimal.Zero
	for n, s := range now {
		old, there := before[n]
		if n.sku == "" || !there || !old.quantity.IsPositive() || !s.quantity.IsPositive() {
			continue
		}
		asBefore := s.quantity.Mul(old.effective).DivRound(old.quantity, places)
		growth = growth.Add(asBefore.Sub(old.effective))
		price = price.Add(s.effective.Sub(asBefore))
	}
	b.Growth, b.Price = usd(growth), usd(price)
	return b
}
