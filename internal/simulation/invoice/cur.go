package invoice

import (
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// identityLength is how long a line item's id is before the hour is appended.
const identityLength = 16

// curRow is a CUR row with what all rows of a payer have in common.
func (b *builder) curRow(account fleet.AccountID, lineType string, names ...string) export.CUR {
	return export.CUR{
		IdentityLineItemID: identity(append(names, string(b.payer.ID), lineType)...),
		BillPayerAccountID: string(b.payer.ID), BillBillType: "Anniversary", BillBillingEntity: "AWS",
		LineItemUsageAccountID: string(account), LineItemLineItemType: lineType, LineItemCurrencyCode: "USD",
	}
}

// curTemplate is what the CUR rows of a meter have in common.
func (b *builder) curTemplate(m *meter) export.CUR {
	r := b.curRow(m.owner.account, "Usage", m.id, m.sku.id, m.zone)
	r.LineItemAvailabilityZone, r.LineItemResourceID = m.zone, m.id
	b.curProduct(&r, m.sku)
	r.PricingTerm = "OnDemand"
	if m.sku.part == spot {
		r.PricingTerm = "Spot"
	}
	return r
}

// curProduct names a SKU.
func (b *builder) curProduct(r *export.CUR, s *sku) {
	if s.product.Type != "" {
		r.ProductInstanceType, r.ProductInstanceFamily = s.product.Type, s.purpose
	}
	r.LineItemProductCode, r.LineItemUsageType, r.LineItemOperation = s.code, s.usageType, s.operation
	r.ProductSKU, r.ProductServicecode, r.ProductOperation, r.ProductUsagetype = s.id, s.code, s.operation, s.usageType
	r.ProductRegionCode, r.PricingUnit = string(s.region), s.unit
	if b.products[s] == nil {
		b.products[s] = s.productMap()
	}
	r.Product = b.products[s]
	r.LineItemLineItemDescription = "$" + s.list.String() + " " + s.text
	r.PricingRateCode, r.PricingRateID = s.priceID, s.id[:11]
	if s.part == spot {
		r.LineItemLineItemDescription = s.text
		r.PricingRateCode, r.PricingRateID = "", ""
	}
}

// curUsage completes a row of usage, covered by one commitment or by none.
func (b *builder) curUsage(r *export.CUR, f *figures, by int) {
	r.LineItemUsageAmount = &f.quantity
	r.LineItemNormalizationFactor, r.LineItemNormalizedUsageAmount = f.factor, f.normalised
	r.PricingPublicOnDemandCost, r.PricingPublicOnDemandRate = &f.list, f.listText
	if !f.unitPrices { // of Spot
		r.PricingPublicOnDemandCost, r.PricingPublicOnDemandRate = b.zero, ""
	}
	r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = f.list, &f.contracted
	r.LineItemUnblendedRate, r.LineItemNetUnblendedRate = f.listText, f.contractedText
	if f.curCut != nil {
		r.Discount, r.DiscountTotalDiscount = f.curCut, &f.cut
	}
	switch {
	case by < 0:
	case b.all[by].plan != nil:
		r.LineItemLineItemType = "SavingsPlanCoveredUsage"
		b.curPlan(r, b.all[by])
		r.SavingsPlanSavingsPlanRate = &f.rate
		r.SavingsPlanSavingsPlanEffectiveCost, r.SavingsPlanNetSavingsPlanEffectiveCost = &f.effective, &f.effective
	default:
		b.curReserved(r, f, b.all[by])
	}
}

// curReserved makes a row one of usage that a reservation covers.
func (b *builder) curReserved(r *export.CUR, f *figures, c *commitment) {
	r.LineItemLineItemType, r.PricingTerm = "DiscountedUsage", "Reserved"
	r.LineItemUnblendedCost, r.LineItemNetUnblendedCost, r.LineItemUnblendedRate, r.LineItemNetUnblendedRate = 0, b.zero, "0", "0"
	r.Discount, r.DiscountTotalDiscount = nil, nil
	b.curReservation(r, c)
	r.LineItemLineItemDescription = c.sku.product.Type + " reserved instance applied"
	r.ReservationEffectiveCost, r.ReservationNetEffectiveCost = &f.effective, &f.effective
	r.ReservationAmortizedUpfrontCostForUsage, r.ReservationNetAmortizedUpfrontCostForUsage = &f.upfront, &f.upfront
	r.ReservationRecurringFeeForUsage, r.ReservationNetRecurringFeeForUsage = &f.recurring, &f.recurring
}

// timeForm is how CUR writes times in text columns.
const timeForm = "2006-01-02T15:04:05.000Z"

// curReservation names a reservation.
func (b *builder) curReservation(r *export.CUR, c *commitment) {
	r.ReservationReservationARN, r.ReservationSubscriptionID = c.arn, c.subscription
	r.PricingOfferingClass, r.PricingPurchaseOption, r.PricingLeaseContractLength = "standard", c.payment.String(), c.term.length()
}

// curPlan names a Savings Plan.
func (b *builder) curPlan(r *export.CUR, c *commitment) {
	p := c.plan
	r.SavingsPlanSavingsPlanARN, r.SavingsPlanOfferingType, r.SavingsPlanPaymentOption = c.arn, p.offering(), p.Payment.String()
	r.SavingsPlanPurchaseTerm, r.SavingsPlanRegion, r.SavingsPlanInstanceTypeFamily = p.length(), string(p.Region), p.Family
	r.SavingsPlanStartTime, r.SavingsPlanEndTime = c.start, c.end
}

// planCode is the product code of a plan's fees.
func planCode(p *Plan) string {
	if p.Kind == commitments.DatabasePlan {
		return "DatabaseSavingsPlans"
	}
	return "ComputeSavingsPlans"
}

// planUsageType is the usage type of a plan's fees.
func planUsageType(p *Plan) string {
	payment := strings.ReplaceAll(p.Payment.String(), " ", "")
	switch p.Kind {
	case commitments.EC2InstancePlan:
		return usageType(p.Region, "EC2SP:"+p.Family+"."+p.length()+payment, false)
	case commitments.ComputePlan:
		return "ComputeSP:" + p.length() + payment
	default:
		return "DatabaseSP:" + p.length() + payment
	}
}

// negation is what rows have in common that take back what a commitment covers of a class.
type negation struct {
	row    export.CUR
	number uint32 // that the rows are alike by
}

// negationRow takes back what covered usage of a class would have cost on demand: AWS bills both, so that the sum of unblended costs is right.
func (b *builder) negationRow(k *class, c *covering) {
	f := b.figures(k, figureKey{c.used, c.by})
	n := k.negations[c.by]
	if n == nil {
		if k.negations == nil {
			k.negations = map[int]*negation{}
		}
		n = &negation{b.curNegation(k, c, f), b.number()}
		k.negations[c.by] = n
	}
	net := -f.contracted
	r := b.cur.add(&n.row, export.Alike{Texts: n.number, Amounts: f.negative})
	r.LineItemUsageAmount = &f.quantity
	r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = -f.list, &net
}

// curNegation is what the rows of a negation have in common.
func (b *builder) curNegation(k *class, c *covering, f *figures) export.CUR {
	r := b.curRow(k.account, "SavingsPlanNegation", k.sku.id, k.zone, b.all[c.by].arn)
	b.curProduct(&r, k.sku)
	b.curPlan(&r, b.all[c.by])
	r.LineItemAvailabilityZone = k.zone
	r.LineItemUnblendedRate, r.LineItemNetUnblendedRate = f.listText, f.contractedText
	r.LineItemLineItemDescription = "SavingsPlanNegation used by AccountId : " + string(k.account)
	return r
}

// curPlanHour is the fee of one hour of a plan, with how much of it was used.
func (b *builder) curPlanHour(c *commitment, s *state) export.CUR {
	r := b.curRow(c.owner, "SavingsPlanRecurringFee", c.arn)
	b.curPlan(&r, c)
	b.curPlanProduct(&r, c)
	upfront := c.payment.upfront(c.hourly)
	fee := number(c.hourly.Sub(upfront))
	r.LineItemUsageAmount = number(decimal.NewFromInt(1))
	r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = *fee, fee
	r.LineItemLineItemDescription = c.plan.length() + " " + c.payment.String() + " " + c.plan.offering()
	r.SavingsPlanTotalCommitmentToDate, r.SavingsPlanUsedCommitment = number(c.hourly), number(s.used)
	r.SavingsPlanAmortizedUpfrontCommitmentForBillingPeriod = number(upfront)
	r.SavingsPlanNetAmortizedUpfrontCommitmentForBillingPeriod = r.SavingsPlanAmortizedUpfrontCommitmentForBillingPeriod
	r.SavingsPlanRecurringCommitmentForBillingPeriod, r.SavingsPlanNetRecurringCommitmentForBillingPeriod = fee, fee
	return r
}

// curPlanProduct names a Savings Plan as a product.
func (b *builder) curPlanProduct(r *export.CUR, c *commitment) {
	code, meter := planCode(c.plan), planUsageType(c.plan)
	r.LineItemProductCode, r.ProductServicecode = code, code
	r.LineItemUsageType, r.ProductUsagetype = meter, meter
	r.ProductSKU, r.PricingUnit = identity("savings plan", meter), "Hrs"
	r.ProductRegionCode = string(c.plan.Region)
	r.Product = map[string]string{"product_family": "SavingsPlan", "servicename": "Savings Plans"}
}
