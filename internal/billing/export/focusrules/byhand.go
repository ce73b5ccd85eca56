package focusrules

import (
	"slices"
	"strings"
	"time"

	"offpeak/internal/billing/export"
)

// isFocus says whether a name is one of FOCUS 1.2's columns.
func isFocus(name string) bool {
	return !strings.HasPrefix(name, "x_") && slices.Contains(export.FOCUS.Columns(), name)
}

// skuProperties are the keys of SkuPriceDetails that FOCUS 1.2 defines.
func skuProperties() []string {
	return []string{
		"CoreCount", "DiskMaxIops", "DiskSpace", "DiskType", "GpuCount", "InstanceType", "InstanceSeries", "MemorySize", "NetworkMaxIops", "NetworkMaxThroughput",
		"OperatingSystem", "Redundancy", "StorageClass",
	}
}

// handwritten are checks of rules whose sentences are plain but whose published checks are missing or mistaken. A check gives false and what the row says.
func handwritten() map[string]func(cells) (bool, string) {
	return map[string]func(cells) (bool, string){
		"CommitmentDiscountStatus-C-005-M":           among("CommitmentDiscountStatus", "Used", "Unused"),
		"CommitmentDiscountStatus-C-003-C":           nullWithout("CommitmentDiscountStatus", "CommitmentDiscountId"),
		"CommitmentDiscountStatus-C-004-C":           usageHas("CommitmentDiscountStatus", "CommitmentDiscountId"),
		"CapacityReservationStatus-C-003-C":          nullWithout("CapacityReservationStatus", "CapacityReservationId"),
		"CapacityReservationStatus-C-004-C":          usageHas("CapacityReservationStatus", "CapacityReservationId"),
		"ResourceType-C-005-C":                       neverWithout("ResourceType", "ResourceId"),
		"PricingCurrencyEffectiveCost-C-004-M":       each("PricingCurrencyEffectiveCost", "CheckDecimalValue"),
		"ConsumedQuantity-C-008-C":                   each("ConsumedQuantity", "CheckDecimalValue"),
		"CommitmentDiscountQuantity-C-009-M":         each("CommitmentDiscountQuantity", "CheckDecimalValue"),
		"PricingCurrencyContractedUnitPrice-C-004-C": nullWhere("PricingCurrencyContractedUnitPrice", "ChargeCategory", "Tax"),
		"PricingCurrencyContractedUnitPrice-C-008-C": notNegative("PricingCurrencyContractedUnitPrice"),
		"ContractedCost-C-009-C":                     product("ContractedUnitPrice", "PricingQuantity", "ContractedCost"),
		"PricingQuantity-C-009-C":                    product("ContractedUnitPrice", "PricingQuantity", "ContractedCost"),
		"EffectiveCost-C-010-C":                      sameOnCredit("EffectiveCost"),
		"ContractedCost-C-008-C":                     sameOnCredit("ContractedCost"),
		"ListCost-C-008-C":                           sameOnCredit("ListCost"),
		"ResourceName-C-004-C":                       nullWithout("ResourceName", "ResourceId"),
		"DiscountHandling-A-018-C":                   unused("ChargeCategory", "Usage"),
		"DiscountHandling-A-019-C":                   unusedIsItsCommitment,
		"PricingCategory-C-009-C":                    committed,
		"SkuPriceDetails-C-017-C":                    skuKeys,
		"BillingPeriodEnd-C-004-M":                   after("BillingPeriodStart", "BillingPeriodEnd"),
		"ChargePeriodEnd-C-004-M":                    after("ChargePeriodStart", "ChargePeriodEnd"),
		"DateTimeFormat-A-001-M":                     utc,
		"StringHandling-A-001-M":                     textsAre(func(s string) bool { return strings.ToValidUTF8(s, "") == s }),
		"StringHandling-A-007-M":                     textsAre(func(s string) bool { return strings.TrimSpace(s) != "" }),
		"NullHandling-A-002-M":                       textsAre(func(s string) bool { return !slices.Contains([]string{"", "Not Applicable", "N/A", "null", "NULL"}, s) }),
		"KeyValueFormat-A-002-M":                     held,
		"KeyValueFormat-A-003-M":                     held,
		"KeyValueFormat-A-004-M":                     held,
	}
}

// held is for what the type of a row makes sure of: a map of texts has each key once and no objects or arrays.
func held(cells) (bool, string) { return true, "" }

func says(row cells, columns ...string) string {
	var texts []string
	for _, c := range columns {
		texts = append(texts, c+"="+row[c].String())
	}
	return strings.Join(texts, " ")
}

func among(column string, values ...string) func(cells) (bool, string) {
	return func(row cells) (bool, string) {
		return row[column].null || slices.Contains(values, row[column].text), says(row, column)
	}
}

func each(column, format string) func(cells) (bool, string) {
	return func(row cells) (bool, string) {
		ok, _ := conforms(format, row[column])
		return row[column].null || ok, says(row, column)
	}
}

func nullWhere(column, other, value string) func(cells) (bool, string) {
	return func(row cells) (bool, string) {
		return row[other].text != value || row[column].null, says(row, column, other)
	}
}

func nullWithout(column, other string) func(cells) (bool, string) {
	return func(row cells) (bool, string) { return !row[other].null || row[column].null, says(row, column, other) }
}

func neverWithout(column, other string) func(cells) (bool, string) {
	return func(row cells) (bool, string) { return row[other].null || !row[column].null, says(row, column, other) }
}

// usageHas holds usage that has the other column to having the column.
func usageHas(column, other string) func(cells) (bool, string) {
	return func(row cells) (bool, string) {
		return row[other].null || row["ChargeCategory"].text != "Usage" || !row[column].null, says(row, column, other)
	}
}

func notNegative(column string) func(cells) (bool, string) {
	return func(row cells) (bool, string) { return row[column].null || row[column].number >= 0, says(row, column) }
}

func product(a, b, result string) func(cells) (bool, string) {
	return func(row cells) (bool, string) {
		absent := row[a].null || row[b].null || row["ChargeClass"].text == "Correction"
		return absent || equal(row[a].number*row[b].number, row[result].number), says(row, a, b, result)
	}
}

func sameOnCredit(column string) func(cells) (bool, string) {
	return func(row cells) (bool, string) {
		return row["ChargeCategory"].text != "Credit" || equal(row[column].number, row["BilledCost"].number), says(row, column, "BilledCost")
	}
}

func unused(column, value string) func(cells) (bool, string) {
	return func(row cells) (bool, string) {
		return row["CommitmentDiscountStatus"].text != "Unused" || row[column].text == value, says(row, column)
	}
}

func unusedIsItsCommitment(row cells) (bool, string) {
	ok := row["CommitmentDiscountStatus"].text != "Unused" || !row["ResourceId"].null && row["ResourceId"].text == row["CommitmentDiscountId"].text
	return ok, says(row, "ResourceId", "CommitmentDiscountId")
}

// committed holds usage that a commitment paid for, and what of one went unused, to the pricing category Committed.
func committed(row cells) (bool, string) {
	subject := row["ChargeCategory"].text == "Usage" && !row["CommitmentDiscountStatus"].null
	return !subject || row["PricingCategory"].text == "Committed", says(row, "PricingCategory", "CommitmentDiscountStatus")
}

func skuKeys(row cells) (bool, string) {
	for key := range row["SkuPriceDetails"].pairs {
		if !strings.HasPrefix(key, "x_") && !slices.Contains(skuProperties(), key) {
			return false, "SkuPriceDetails has the key " + key
		}
	}
	return true, ""
}

func after(start, end string) func(cells) (bool, string) {
	return func(row cells) (bool, string) { return row[start].at.Before(row[end].at), says(row, start, end) }
}

func utc(row cells) (bool, string) {
	for _, column := range []string{"BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"} {
		if row[column].at.Location() != time.UTC {
			return false, column + " is in " + row[column].at.Location().String()
		}
	}
	return true, ""
}

// textsAre asks something of every text that is there in a column of FOCUS.
func textsAre(ok func(string) bool) func(cells) (bool, string) {
	columns := export.FOCUS.Columns()
	return func(row cells) (bool, string) {
		for _, column := range columns {
			if c := row[column]; !c.null && c.kind == textType && !ok(c.text) {
				return false, column + " is " + c.String()
			}
		}
		return true, ""
	}
}
