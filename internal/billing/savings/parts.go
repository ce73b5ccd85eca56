package savings

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

// MonthLine is what one cause avoided in one billing month.
type MonthLine struct {
	Month    time.Time // its first instant
	Cause    string
	List     money.USD
	Contract money.USD
	Adjusted money.USD // zero where it is not known
}

// parts is what a claim is worth by billing month, and of that what comes of hours in which it ran more than its baseline.
type parts struct{ all, induced []amounts }

// readyParts makes room for what each claim is worth.
func (c *computation) readyParts() {
	c.worth = make([]amounts, len(c.claims.Claims))
	c.parts = make([]parts, len(c.claims.Claims))
	months := c.months()
	for i := range c.parts {
		c.parts[i] = parts{make([]amounts, months), make([]amounts, months)}
	}
}

// months is how many billing months the measured period touches.
func (c *computation) months() int { return c.monthNumber(c.Measured.To.Add(-time.Nanosecond)) + 1 }

// monthNumber is a month's place among those of the measured period.
func (c *computation) monthNumber(at time.Time) int {
	from := c.Measured.From.UTC()
	at = at.UTC()
	return (at.Year()-from.Year())*12 + int(at.Month()) - int(from.Month())
}

// settleParts says what each claim is worth, once all hours are in: without what the control group changed by itself.
func (c *computation) settleParts() {
	for i := range c.parts {
		for month := range c.parts[i].all {
			c.parts[i].all[month] = c.parts[i].all[month].without(&c.claims.Claims[i])
			c.worth[i].add(c.parts[i].all[month])
		}
	}
}

// inducedBy is what the hours cost in which a claim's resource ran more than its baseline: zero or below, but for prices that changed within an hour's mix.
func (c *computation) inducedBy(i int) (sum amounts) {
	for _, a := range c.parts[i].induced {
		sum.add(a)
	}
	return sum
}

// byMonth sums the proven claims by month and cause, in order. Causes share each month of a claim as they share its hours.
func (c *computation) byMonth() (lines []MonthLine) {
	type name struct {
		month int
		cause plan.Cause
	}
	sums := map[name]*amounts{}
	for i := range c.claims.Claims {
		claim := &c.claims.Claims[i]
		if claim.Origin == avoidance.Unproven {
			continue
		}
		for _, share := range claim.Causes {
			part := partOf(claim, share)
			for month, a := range c.parts[i].all {
				n := name{month, share.Cause}
				if sums[n] == nil {
					sums[n] = &amounts{}
				}
				sums[n].add(amounts{times(a.list, part), times(a.contract, part), times(a.adjusted, part)})
			}
		}
	}
	first := monthOf(c.Measured.From)
	for _, n := range slices.SortedFunc(maps.Keys(sums), func(a, b name) int { return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.cause, b.cause)) }) {
		line := MonthLine{Month: first.AddDate(0, n.month, 0), Cause: string(n.cause), List: sums[n].list, Contract: sums[n].contract}
		if c.Commitments.Known {
			line.Adjusted = sums[n].adjusted
		}
		lines = append(lines, line)
	}
	return lines
}

// teamOf is the value of the team tag, whatever the case of its key; empty where there is none.
func teamOf(s *subject, key string) string {
	team, _, _ := s.Tags.GetFold(key)
	return team
}
