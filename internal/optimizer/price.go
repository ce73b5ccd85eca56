package optimizer

import (
	"context"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// Pricer knows what things cost where that takes asking somebody. It sets prices that a snapshot lacks, and returns findings on where they are from.
// A price that it does not know bars nothing.
type Pricer interface {
	Price(ctx context.Context, s *fleet.Snapshot) []plan.Finding
}

// price fills in what things cost, once it is certain that something is written down: a sweep that finds nothing to do asks nobody.
func (o *Optimizer) price(ctx context.Context, seen *listing, made *plan.Plan) {
	if o.Prices == nil {
		return
	}
	made.Findings = append(made.Findings, o.Prices.Price(ctx, seen.seen)...)
	for i := range made.Actions {
		a := &made.Actions[i]
		if r := seen.find(a.Subject.ARN); r != nil && !a.Price.Known {
			a.Price = r.Price
		}
	}
	made.Sort()
	made.Count()
}
