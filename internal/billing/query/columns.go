package query

// Column is a column that the texts read, and its type in DuckDB and Athena.
type Column struct{ Name, Type string }

// The types of columns.
const (
	Text   = "VARCHAR"
	Double = "DOUBLE"
	Moment = "TIMESTAMP"
	Map    = "MAP(VARCHAR, VARCHAR)"
)

// InsteadOf is the column that says the same in FOCUS 1.0 with AWS columns; empty where there is none. The engines that read files read it where they find no other.
func InsteadOf(column string) string {
	if column == "SkuMeter" {
		return "x_UsageType"
	}
	return ""
}

// FocusColumns are the columns of FOCUS 1.2 that the texts read. One that an export lacks is read as null.
func FocusColumns() []Column {
	return columns(
		Moment, "BillingPeriodStart", "ChargePeriodStart",
		Double, "BilledCost", "ConsumedQuantity", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "ListCost", "ListUnitPrice", "PricingQuantity",
		Text, "AvailabilityZone", "BillingAccountId", "BillingCurrency", "ChargeCategory", "ChargeClass", "CommitmentDiscountCategory", "CommitmentDiscountId",
		"CommitmentDiscountStatus", "InvoiceId", "PricingCategory", "PricingUnit", "RegionId", "ResourceId", "ServiceCategory", "ServiceName", "SkuId", "SkuMeter", "SubAccountId",
		Map, "Tags",
	)
}

// CURColumns are the columns of CUR 2.0 that the texts read. One that an export lacks is read as null.
func CURColumns() []Column {
	return columns(
		Moment, "bill_billing_period_start_date", "line_item_usage_start_date",
		Double, "line_item_net_unblended_cost", "line_item_normalization_factor", "line_item_unblended_cost", "line_item_usage_amount", "pricing_public_on_demand_cost",
		"reservation_amortized_upfront_fee_for_billing_period", "reservation_effective_cost", "reservation_unused_normalized_unit_quantity", "reservation_unused_quantity",
		"savings_plan_savings_plan_effective_cost", "savings_plan_savings_plan_rate", "savings_plan_total_commitment_to_date", "savings_plan_used_commitment",
		Text, "line_item_availability_zone", "line_item_line_item_type", "line_item_operation", "line_item_product_code", "line_item_resource_id",
		"line_item_usage_account_id", "line_item_usage_type", "pricing_unit", "product_instance_type", "product_region_code", "product_sku",
		"reservation_availability_zone", "reservation_end_time", "reservation_normalized_units_per_reservation", "reservation_number_of_reservations",
		"reservation_reservation_a_r_n", "reservation_start_time", "reservation_total_reserved_units", "savings_plan_instance_type_family", "savings_plan_offering_type",
		"savings_plan_region", "savings_plan_savings_plan_a_r_n",
		Map, "product", "resource_tags",
	)
}

// columns reads a list in which a type stands before the names that have it.
func columns(list ...string) []Column {
	var all []Column
	kind := ""
	for _, word := range list {
		switch word {
		case Text, Double, Moment, Map:
			kind = word
		default:
			all = append(all, Column{word, kind})
		}
	}
	return all
}
