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
	known             map[[3]int32]class
}

func (r *reader) classes() classes {
	return classes{r.words("line_item_line_item_type"), r.words("line_item_product_code"), r.words("line_item_usage_type"), map[[3]int32]class{}}
}

func (c *classes) of(row int) class {
	key := [3]int32{c.kind.at(row), c.code.at(row), c.usage.at(row)}
	found, ok := c.known[key]
	if !ok {
		found = classOf(c.kind.names[key[0]], c.code.names[key[1]], c.usage.names[key[2]])
		c.known[key] = found
	}
	return found
}
