package export

import (
	"reflect"
	"strings"
	"time"
)

// Table is a table that AWS Data Exports deliver, by its name in SQL.
type Table string

// The tables that this package writes and reads.
const (
	FOCUS Table = "FOCUS_1_2_AWS"
	CUR2  Table = "COST_AND_USAGE_REPORT"
)

// Row is what a table consists of.
type Row interface{ Focus | CUR }

// tableOf is the table of a row type.
func tableOf[R Row]() Table {
	if reflect.TypeFor[R]() == reflect.TypeFor[Focus]() {
		return FOCUS
	}
	return CUR2
}

// kind is how a column's values are stored.
type kind int

const (
	text kind = iota
	double
	moment // milliseconds since 1970, UTC
	texts  // a map of text to text
	amounts
)

// String is what a person calls the kind.
func (k kind) String() string {
	return [...]string{"string", "double", "timestamp", "map of string to string", "map of string to double"}[k]
}

// manifest is what AWS's documentation calls the kind.
func (k kind) manifest() string {
	return [...]string{"string", "double", "timestamp_milliseconds", "map<string,string>", "map<string,double>"}[k]
}

// column is one column of a table, as the row's field says it.
type column struct {
	name      string
	kind      kind
	nullable  bool
	offset    uintptr // of the field in the row
	momentary bool    // of text, and different from hour to hour
}

// Columns are the names of a table's columns, in the order in which they are written.
func (t Table) Columns() []string {
	var names []string
	for _, c := range t.columns() {
		names = append(names, c.name)
	}
	return names
}

func (t Table) columns() []column {
	row := reflect.TypeFor[Focus]()
	if t == CUR2 {
		row = reflect.TypeFor[CUR]()
	}
	columns := make([]column, row.NumField())
	for i := range columns {
		field := row.Field(i)
		name, rest, _ := strings.Cut(field.Tag.Get("parquet"), ",")
		columns[i] = column{name: name, kind: kindOf(field.Type), nullable: strings.HasPrefix(rest, "optional"), offset: field.Offset, momentary: momentary(name)}
	}
	return columns
}

func kindOf(t reflect.Type) kind {
	switch t {
	case reflect.TypeFor[string]():
		return text
	case reflect.TypeFor[time.Time]():
		return moment
	case reflect.TypeFor[map[string]string]():
		return texts
	case reflect.TypeFor[map[string]float64]():
		return amounts
	default:
		return double
	}
}

// payerColumn names who pays; periodColumn the month that is billed.
func (t Table) payerColumn() string {
	if t == CUR2 {
		return "bill_payer_account_id"
	}
	return "BillingAccountId"
}

// needed are the columns without which the questions of package billing have no answer. The others may be absent: that is said, and the export is read.
func (t Table) needed() []string {
	if t == CUR2 {
		return []string{
			"bill_payer_account_id", "bill_billing_period_start_date", "line_item_usage_account_id", "line_item_line_item_type",
			"line_item_usage_start_date", "line_item_product_code", "line_item_usage_type", "line_item_operation", "line_item_availability_zone",
			"line_item_resource_id", "line_item_usage_amount", "line_item_normalization_factor", "line_item_unblended_cost",
			"product", "product_instance_type", "product_region_code", "product_sku", "pricing_public_on_demand_cost", "pricing_unit",
			"reservation_reservation_a_r_n", "reservation_effective_cost", "reservation_number_of_reservations",
			"reservation_normalized_units_per_reservation", "reservation_start_time", "reservation_end_time", "reservation_unused_quantity",
			"savings_plan_savings_plan_a_r_n", "savings_plan_savings_plan_effective_cost", "savings_plan_savings_plan_rate",
			"savings_plan_total_commitment_to_date", "savings_plan_used_commitment", "savings_plan_offering_type", "resource_tags",
		}
	}
	return []string{
		"BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargePeriodStart",
		"CommitmentDiscountStatus", "ConsumedQuantity", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "ListCost", "ListUnitPrice",
		"PricingCategory", "PricingQuantity", "PricingUnit", "ResourceId", "ServiceCategory", "ServiceName", "SkuId", "SkuMeter", "SubAccountId", "Tags",
	}
}
