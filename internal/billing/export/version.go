package export

import (
	"fmt"
	"slices"
)

// UsageType is the column in which AWS's FOCUS 1.0 has what its FOCUS 1.2 has in SkuMeter: table-dictionary-focus-1-2-migrating.html of the user guide.
const UsageType = "x_UsageType"

// oldFOCUS is the table that AWS calls FOCUS 1.0 with AWS columns.
const oldFOCUS = "FOCUS_1_0_AWS"

// since12 are columns that FOCUS has since 1.2 or 1.1. AWS never delivered 1.1, so a file with none of them is FOCUS 1.0.
func since12() []string {
	return []string{
		"InvoiceId", "SkuMeter", "SkuPriceDetails", "ServiceSubcategory", "BillingAccountType", "SubAccountType", "CapacityReservationId", "CapacityReservationStatus",
		"PricingCurrency", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "CommitmentDiscountQuantity", "CommitmentDiscountUnit",
	}
}

// old says whether the file is FOCUS 1.0.
func (o *opened) old() bool {
	return o.has("ChargeCategory") && !slices.ContainsFunc(since12(), o.has)
}

// Named is what AWS calls the table that was delivered.
func (d *Delivery) Named() string {
	if d.Old {
		return oldFOCUS
	}
	return string(d.Table)
}

// old says what follows from a delivery of FOCUS 1.0: it is read, and what it lacks is named.
func (o *opening) old(where string, files []*opened) {
	do := fmt.Sprintf("create an export of the table %s beside it", FOCUS)
	o.gap(OldFOCUS, where, "it is FOCUS 1.0, which has no invoice ids: it ties to no invoice, and that AWS has closed the month is never known", do)
	if slices.ContainsFunc(files, func(f *opened) bool { return !f.has(UsageType) && !f.has("SkuMeter") }) {
		o.gap(MeterMissing, where, "no column says what was used, neither SkuMeter nor "+UsageType+": what ran by FOCUS alone and what goes on while stopped are not known",
			do+", or name "+UsageType+" in the query of this one")
	}
}

// preferNew leaves out FOCUS 1.0 of a month that is there as FOCUS 1.2 too, as it is while exports are changed over.
func (b *Bill) preferNew() {
	all := slices.Clone(b.Deliveries)
	b.Deliveries = slices.DeleteFunc(b.Deliveries, func(d Delivery) bool {
		if !d.Old {
			return false
		}
		newer := slices.ContainsFunc(all, func(n Delivery) bool {
			return !n.Old && n.Table == d.Table && n.Payer == d.Payer && n.Month.Equal(d.Month)
		})
		if !newer {
			return false
		}
		where := period{d.Folder, d.Month.Format(monthForm)}.String()
		b.Gaps = slices.DeleteFunc(b.Gaps, func(g Gap) bool { return g.Where == where }) // remarks on what is not read
		b.Gaps = append(b.Gaps, Gap{
			Code: Superseded, Where: d.Manifest, What: "FOCUS 1.0 of a month that is there as FOCUS 1.2 too; it is not read", Do: "nothing, or end the export of the table " + oldFOCUS,
		})
		return true
	})
}
