package recount

import (
	"offpeak/internal/billing"
	"offpeak/internal/billing/query"
)

// class is what a CUR line item is, as far as its type, product and usage type tell. It is asked once of each combination.
type class struct {
	line    billing.Line // empty if it bills no usage
	runs    bool
	fee     bool // of a Reserved Instance or reserved DB instance
	planFee bool // of a Savings Plan
}

func classOf(lineItemType, code, usageType string) class {
	line, _ := query.LineOf(lineItemType, usageType)
	return class{
		line: line, runs: line != "" && query.Runs(code, usageType), fee: lineItemType == "RIFee" && query.Reservable(code),
		planFee: lineItemType == "SavingsPlanRecurringFee",
	}
}

// classes are the columns that tell what a line item is.
type classes struct {
	kind, code, usage *words
	known             *table[[3]int32, class]
}

func (r *reader) classes() classes {
	return classes{r.words("line_item_line_item_type"), r.words("line_item_product_code"), r.words("line_item_usage_type"), newTable[[3]int32, class](func(k [3]int32) uint32 { return uint32(k[0]) ^ uint32(k[1])<<3 ^ uint32(k[2])<<6 })}
}

func (c *classes) of(row int) class {
	key := [3]int32{c.kind.at(row), c.code.at(row), c.usage.at(row)}
	found, fresh := c.known.at(key)
	if fresh {
		*found = classOf(c.kind.names[key[0]], c.code.names[key[1]], c.usage.names[key[2]])
	}
	return *found
}
