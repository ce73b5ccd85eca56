package query

import "offpeak/internal/billing"

// Named is a text and the question that it answers, as billing.Engine calls it, in small letters.
type Named struct{ Name, SQL string }

// Texts are all texts for a period, in the order of billing.Engine. Those that ask for tags ask for Team here.
func (d Dialect) Texts(p billing.Period) []Named {
	return []Named{
		{"accounts", d.Accounts(p)},
		{"days", d.Days(p)},
		{"charges", d.Charges(p)},
		{"hours", d.Hours(p)},
		{"standing", d.Standing(p)},
		{"prices", d.Prices(p)},
		{"costs", d.Costs(p)},
		{"tagged", d.Tagged(p, []string{"Team"})},
		{"patterns", d.Patterns(p, []string{"Team"})},
		{"focus-usage", d.FocusUsage(p)},
		{"products", d.Products(p)},
		{"usage", d.Usage(p)},
		{"plan-hours", d.PlanHours(p)},
		{"reservations", d.Reservations(p)},
		{"plan-rates", d.PlanRates(p)},
	}
}
