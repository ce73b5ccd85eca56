package spend

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
)

// rates are what commitments cost against on-demand prices, by the bill's own covered usage.
type rates struct {
	bySKU    map[string]committed
	byFamily map[familyName]committed
}

type familyName struct {
	region fleet.Region
	family string
}

// committed is covered usage: what it cost amortised, and what it would have cost on demand.
type committed struct{ effective, contract decimal.Decimal }

func (c committed) add(p *billing.Pattern) committed {
	return committed{c.effective.Add(p.Effective), c.contract.Add(p.Contract)}
}

// take adds a row of the bill.
func (r *rates) take(p *billing.Pattern) {
	if p.Line != billing.Reserved && p.Line != billing.PlanUsage {
		return
	}
	if r.bySKU == nil {
		r.bySKU, r.byFamily = map[string]committed{}, map[familyName]committed{}
	}
	if p.SKU != "" {
		r.bySKU[p.SKU] = r.bySKU[p.SKU].add(p)
	}
	if name := (familyName{p.Region, familyOf(typeOf(p.Meter))}); name.family != "" {
		r.byFamily[name] = r.byFamily[name].add(p)
	}
}

// ratio is the committed rate of a thing's SKU over its on-demand rate, else that of its family in its region; false where the bill shows neither.
func (r *rates) ratio(t *thing, kind string) (decimal.Decimal, bool) {
	if sku := most(&t.skus); sku != "" {
		if ratio, known := r.bySKU[sku].ratio(); known {
			return ratio, true
		}
	}
	return r.byFamily[familyName{t.region, familyOf(kind)}].ratio()
}

func (c committed) ratio() (decimal.Decimal, bool) {
	if !c.contract.IsPositive() || !c.effective.IsPositive() || c.effective.GreaterThan(c.contract) {
		return decimal.Zero, false
	}
	return c.effective.DivRound(c.contract, places), true
}
