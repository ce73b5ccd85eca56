package invoice

import (
	"offpeak/internal/billing/commitments"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// amazon is who bills and who provides, in FOCUS's columns.
const amazon = "Amazon Web Services, Inc."

// focusRow is a FOCUS row with what all rows of a payer have in common.
func (b *builder) focusRow(account fleet.AccountID) export.Focus {
	return export.Focus{
		BillingAccountID: string(b.payer.ID), BillingAccountName: b.payer.Name, BillingAccountType: "BillingAccount", BillingCurrency: "USD",
		PricingCurrency: "USD", InvoiceIssuerName: amazon, ProviderName: "AWS", PublisherName: amazon,
		SubAccountID: string(account), SubAccountName: string(account), SubAccountType: "SubAccount",
	}
}

// focusTemplate is what the FOCUS rows of a meter have in common.
func (b *builder) focusTemplate(m *meter) export.Focus {
	s := m.sku
	r := b.focusRow(m.owner.account)
	r.AvailabilityZone, r.RegionID, r.RegionName = m.zone, string(s.region), regionName(s.region)
	r.ChargeCategory, r.ChargeFrequency, r.PricingCategory = "Usage", "Usage-Based", "Standard"
	if s.part == spot {
		r.PricingCategory = "Dynamic"
	}
	r.ConsumedUnit, r.PricingUnit = s.focusUnit, s.focusUnit
	r.ResourceID, r.ResourceType = m.id, s.kind
	if m.owner.name != m.id {
		r.ResourceName = m.owner.name
	}
	b.focusProduct(&r, s)
	return r
}

// focusProduct names a SKU.
func (b *builder) focusProduct(r *export.Focus, s *sku) {
	r.ServiceCategory, r.ServiceName, r.ServiceSubcategory = s.category, s.service, s.sub
	r.SKUID, r.SKUPriceID, r.SKUMeter, r.SKUPriceDetails = s.id, s.priceID, s.usageType, s.details
	r.XOperation, r.XServiceCode = s.operation, s.code
	r.ChargeDescription = "$" + s.list.String() + " " + s.text
	if s.part == spot {
		r.ChargeDescription = s.text
	}
}

// focusUsage completes a row of usage, covered by one commitment or by none.
func (b *builder) focusUsage(r *export.Focus, f *figures, by int) {
	r.ConsumedQuantity, r.PricingQuantity = &f.quantity, &f.quantity
	r.ListCost, r.ContractedCost, r.EffectiveCost, r.BilledCost = f.list, f.contracted, f.effective, f.effective
	r.PricingCurrencyEffectiveCost = &f.effective
	if f.unitPrices {
		r.ListUnitPrice, r.ContractedUnitPrice = &f.listPrice, &f.contractedPrice
		r.PricingCurrencyListUnitPrice, r.PricingCurrencyContractedUnitPrice = &f.listPrice, &f.contractedPrice
	}
	r.XDiscounts = f.focusCut
	if by < 0 {
		return
	}
	c := b.all[by]
	r.PricingCategory, r.BilledCost, r.XDiscounts = "Committed", 0, nil
	r.SKUPriceID = f.priceID
	b.focusCommitment(r, c)
	r.CommitmentDiscountStatus, r.CommitmentDiscountQuantity = "Used", &f.taken
}

// focusCommitment names a commitment.
func (b *builder) focusCommitment(r *export.Focus, c *commitment) {
	r.CommitmentDiscountID = c.arn
	switch {
	case c.plan != nil:
		r.CommitmentDiscountCategory, r.CommitmentDiscountType, r.CommitmentDiscountUnit = "Spend", "Savings Plan", "USD"
	case c.flexible:
		r.CommitmentDiscountCategory, r.CommitmentDiscountType, r.CommitmentDiscountUnit = "Usage", "Reserved Instance", "Normalized Hours"
	default:
		r.CommitmentDiscountCategory, r.CommitmentDiscountType, r.CommitmentDiscountUnit = "Usage", "Reserved Instance", "Hours"
	}
}

// focusOfCommitment is a row about a commitment itself: its purchase, or what of it is not used.
func (b *builder) focusOfCommitment(c *commitment) export.Focus {
	r := b.focusRow(c.owner)
	r.ResourceID = c.arn
	if c.plan != nil {
		r.ResourceType = "savingsplan"
		b.focusPlan(&r, c)
	} else {
		r.ResourceType = "reserved-instances"
		b.focusProduct(&r, c.sku)
		r.SKUPriceID = c.priceID(c.sku)
		r.RegionID, r.RegionName = string(c.sku.region), regionName(c.sku.region)
		r.ChargeDescription = c.sku.product.Type + " reserved instance, " + c.payment.String()
	}
	b.focusCommitment(&r, c)
	return r
}

// focusPlan names a Savings Plan as a product.
func (b *builder) focusPlan(r *export.Focus, c *commitment) {
	r.ServiceCategory, r.ServiceSubcategory = "Compute", "Other (Compute)"
	r.ServiceName = "Savings Plans for AWS Compute usage"
	if c.plan.Kind == commitments.DatabasePlan {
		r.ServiceCategory, r.ServiceSubcategory = "Databases", "Other (Databases)"
		r.ServiceName = "Savings Plans for AWS Database usage"
	}
	r.XServiceCode = planCode(c.plan)
	r.SKUMeter = planUsageType(c.plan)
	r.SKUID = identity("savings plan", r.SKUMeter)
	r.SKUPriceID = r.SKUID + "." + identity(c.plan.Term.length(), c.payment.String())
	r.ChargeDescription = c.plan.Term.length() + " " + c.payment.String() + " " + c.plan.offering()
	if c.plan.Region != "" {
		r.RegionID, r.RegionName = string(c.plan.Region), regionName(c.plan.Region)
	}
}

// focusPurchase is the purchase of a commitment: what is paid now, of which nothing is used now.
func (b *builder) focusPurchase(c *commitment, frequency string, quantity, price, committed float64, unit string) export.Focus {
	r := b.focusOfCommitment(c)
	r.ChargeCategory, r.ChargeFrequency, r.PricingCategory = "Purchase", frequency, "Standard"
	r.PricingQuantity, r.PricingUnit = &quantity, unit
	r.ListUnitPrice, r.ContractedUnitPrice = &price, &price
	r.PricingCurrencyListUnitPrice, r.PricingCurrencyContractedUnitPrice = &price, &price
	r.CommitmentDiscountQuantity = &committed
	r.PricingCurrencyEffectiveCost = zero()
	return r
}

// focusUnused is what of a commitment was lost in an hour.
func (b *builder) focusUnused(c *commitment, s *state) export.Focus {
	r := b.focusOfCommitment(c)
	r.ChargeCategory, r.ChargeFrequency, r.PricingCategory = "Usage", "Usage-Based", "Committed"
	r.CommitmentDiscountStatus, r.CommitmentDiscountQuantity = "Unused", number(s.left)
	r.EffectiveCost = double(s.unused)
	r.PricingCurrencyEffectiveCost = &r.EffectiveCost
	if c.plan != nil {
		// A dollar of commitment costs a dollar at list prices too.
		one := 1.0
		r.ListCost, r.ContractedCost = r.EffectiveCost, r.EffectiveCost
		r.PricingQuantity, r.PricingUnit, r.ListUnitPrice, r.ContractedUnitPrice = r.CommitmentDiscountQuantity, "USD", &one, &one
		r.PricingCurrencyListUnitPrice, r.PricingCurrencyContractedUnitPrice = &one, &one
		return r
	}
	hours := s.left.DivRound(c.factor, 2*ratePlaces)
	r.PricingQuantity, r.PricingUnit = number(hours), "Hours"
	list, contracted := c.sku.list.Decimal(), off(c.sku.list.Decimal(), b.payer.EDP)
	r.ListUnitPrice, r.ContractedUnitPrice = number(list), number(contracted)
	r.PricingCurrencyListUnitPrice, r.PricingCurrencyContractedUnitPrice = r.ListUnitPrice, r.ContractedUnitPrice
	r.ListCost, r.ContractedCost = double(list.Mul(hours)), double(contracted.Mul(hours))
	return r
}
