package invoice

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// leftover is what of a reservation was lost in a month, and how many of its hours are billed.
type leftover struct {
	hours        int64
	units, money decimal.Decimal
}

// count takes in an hour's reservations for the month's fees.
func (b *builder) count() {
	for i := range b.applied.states {
		s := &b.applied.states[i]
		if b.all[s.by].reservation == nil {
			continue
		}
		l := b.unused[s.by]
		if l == nil {
			l = &leftover{}
			b.unused[s.by] = l
		}
		l.hours++
		l.units, l.money = l.units.Add(s.left), l.money.Add(s.unused)
	}
}

// purchases makes the rows of commitments that begin with an hour: what is paid upfront.
func (b *builder) purchases(at time.Time) {
	for _, c := range b.all {
		upfront := c.payment.upfront(c.hourly).Mul(decimal.NewFromInt(c.term.hours()))
		if !c.term.Start.Equal(at) || upfront.IsZero() {
			continue
		}
		fee := double(upfront)
		r := b.curRow(c.owner, "SavingsPlanUpfrontFee", c.arn)
		if c.plan != nil {
			b.curPlan(&r, c)
			b.curPlanProduct(&r, c)
		} else {
			r.LineItemLineItemType = "Fee"
			b.curProduct(&r, c.sku)
			b.curReservation(&r, c)
			r.ReservationNumberOfReservations = strconv.Itoa(c.reservation.Count)
			r.ReservationUpfrontValue, r.ReservationNetUpfrontValue = &fee, &fee
		}
		r.BillBillType, r.LineItemUsageAmount = "Purchase", number(decimal.NewFromInt(1))
		r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = fee, &fee
		r.LineItemLineItemDescription = "Upfront fee of " + c.arn
		b.cur.add(&r, export.Alike{})

		f := b.focusPurchase(c, "One-Time", 1, fee, double(c.size.Mul(decimal.NewFromInt(c.term.hours()))), "Units")
		f.ListCost, f.ContractedCost, f.BilledCost = fee, fee, fee
		b.focus.add(&f, export.Alike{})
	}
}

// monthly makes the rows that a month ends with: reservations' fees, taxes and credits. Of a month that the period cuts, the fees are those of
// the hours that are billed, where AWS bills the month ahead: so a bill is what its hours cost.
func (b *builder) monthly(m *monthBill) {
	for _, by := range slices.Sorted(maps.Keys(b.unused)) {
		b.reservationRows(b.all[by], b.unused[by])
	}
	clear(b.unused)
	for _, account := range slices.Sorted(maps.Keys(m.accounts)) {
		b.taxRows(account, m.accounts[account])
	}
	if m.credits.IsPositive() {
		b.creditRows(m.credits)
	}
}

// reservationRows are the fee of a reservation for a month: RIFee, and its purchase in FOCUS.
func (b *builder) reservationRows(c *commitment, l *leftover) {
	r := b.curRow(c.owner, "RIFee", c.arn)
	b.curProduct(&r, c.sku)
	b.curReservation(&r, c)
	reserved := c.reservation
	hours := decimal.NewFromInt(l.hours)
	instanceHours := hours.Mul(decimal.NewFromInt(int64(reserved.Count)))
	upfront := c.payment.upfront(c.hourly).Mul(hours)
	recurring := c.hourly.Mul(hours).Sub(upfront)
	unusedUpfront := c.payment.upfront(l.money)
	r.LineItemUsageType = usageType(c.sku.region, "HeavyUsage:"+reserved.Type, true)
	r.LineItemAvailabilityZone = reserved.Zone
	r.LineItemUsageAmount, r.PricingTerm = number(instanceHours), "Reserved"
	r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = double(recurring), number(recurring)
	r.LineItemLineItemDescription = "Hourly fee of " + reserved.Type + " reserved instance, " + c.payment.String()
	r.ReservationAvailabilityZone = reserved.Zone
	r.ReservationStartTime, r.ReservationEndTime, r.ReservationModificationStatus = c.start, c.end, "Original"
	r.ReservationNumberOfReservations, r.ReservationUnitsPerReservation = strconv.Itoa(reserved.Count), hours.String()
	r.ReservationTotalReservedUnits = instanceHours.String()
	if c.flexible {
		r.LineItemNormalizationFactor, r.LineItemNormalizedUsageAmount = number(c.factor), number(instanceHours.Mul(c.factor))
		r.ReservationNormalizedUnitsPerReservation = c.factor.String()
		r.ReservationTotalReservedNormalizedUnits = instanceHours.Mul(c.factor).String()
		r.ReservationUnusedNormalizedUnitQuantity = number(l.units)
	}
	r.ReservationUnusedQuantity = number(l.units.DivRound(c.factor, 2*ratePlaces))
	r.ReservationAmortizedUpfrontFeeForBillingPeriod = number(upfront)
	r.ReservationNetAmortizedUpfrontFeeForBillingPeriod = r.ReservationAmortizedUpfrontFeeForBillingPeriod
	r.ReservationUnusedAmortizedUpfrontFeeForBillingPeriod = number(unusedUpfront)
	r.ReservationNetUnusedAmortizedUpfrontFeeForBillingPeriod = r.ReservationUnusedAmortizedUpfrontFeeForBillingPeriod
	r.ReservationUnusedRecurringFee = number(l.money.Sub(unusedUpfront))
	r.ReservationNetUnusedRecurringFee = r.ReservationUnusedRecurringFee
	whole := number(c.payment.upfront(c.hourly).Mul(decimal.NewFromInt(c.term.hours())))
	r.ReservationUpfrontValue, r.ReservationNetUpfrontValue = whole, whole
	b.cur.add(&r, export.Alike{})

	if recurring.IsZero() {
		return
	}
	each := c.rate.Decimal().Sub(c.payment.upfront(c.rate.Decimal()))
	f := b.focusPurchase(c, "Recurring", double(instanceHours), double(each), double(c.size.Mul(hours)), "Hours")
	f.ListCost, f.ContractedCost, f.BilledCost = double(recurring), double(recurring), double(recurring)
	b.focus.add(&f, export.Alike{})
}

// taxRows are an account's tax for a month.
func (b *builder) taxRows(account fleet.AccountID, s *sums) {
	if !b.payer.Tax.IsPositive() || s.billed.IsZero() && s.effective.IsZero() {
		return
	}
	r := b.curRow(account, "Tax", string(account))
	r.LineItemProductCode = "AWSTax"
	tax := number(b.tax(s.billed))
	r.LineItemUsageAmount = number(decimal.NewFromInt(1))
	r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = *tax, tax
	r.LineItemLineItemDescription = "Tax for " + string(account)
	b.cur.add(&r, export.Alike{})

	f := b.focusRow(account)
	f.ChargeCategory, f.ChargeFrequency, f.ChargeDescription = "Tax", "Recurring", r.LineItemLineItemDescription
	f.ServiceCategory, f.ServiceSubcategory, f.ServiceName = "Other", "Other (Other)", "Tax"
	f.BilledCost, f.EffectiveCost = *tax, double(b.tax(s.effective))
	f.ListCost, f.ContractedCost = double(b.tax(s.list)), double(b.tax(s.contracted))
	f.PricingCurrencyEffectiveCost = number(b.tax(s.effective))
	b.focus.add(&f, export.Alike{})
}

// creditRows are a month's credits; they belong to the payer's own account.
func (b *builder) creditRows(credits decimal.Decimal) {
	r := b.curRow(b.payer.ID, "Credit", "credit")
	r.LineItemProductCode = "AWSCredits"
	off := number(credits.Neg())
	r.LineItemUsageAmount = zero()
	r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = *off, off
	r.LineItemLineItemDescription = "AWS credits"
	b.cur.add(&r, export.Alike{})

	f := b.focusRow(b.payer.ID)
	f.ChargeCategory, f.ChargeFrequency, f.ChargeDescription = "Credit", "One-Time", "AWS credits"
	f.ServiceCategory, f.ServiceSubcategory, f.ServiceName = "Other", "Other (Other)", "AWS credits"
	f.BilledCost, f.EffectiveCost, f.ListCost, f.ContractedCost = *off, *off, *off, *off
	f.PricingCurrencyEffectiveCost = off
	b.focus.add(&f, export.Alike{})
}

// stampMonth sets the time of rows that are about a whole month.
func (b *builder) stampMonth(month time.Time, focus []export.Focus, cur []export.CUR) {
	s := b.stamp(month)
	s.from, s.to = maxTime(month, b.period.From), minTime(monthAfter(month), b.period.To)
	s.interval = s.from.UTC().Format(time.RFC3339) + "/" + s.to.UTC().Format(time.RFC3339)
	s.focus(focus)
	s.cur(cur)
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a.UTC()
	}
	return b.UTC()
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a.UTC()
	}
	return b.UTC()
}
