package spend

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// Offer is what Spot capacity would cost for a resource that nothing speaks against moving.
type Offer struct {
	ARN fleet.ARN `json:"arn"`
	// Now and Spot are what an hour of an instance costs on demand, and is expected to cost after the move: of a group in the mean over those that commitments do not
	// pay for, with those that stay on demand. Both zero of a service.
	Now  money.Rate `json:"on_demand_usd_per_hour"`
	Spot money.Rate `json:"after_usd_per_hour"`
	// Spared is the share, from 0 to 1, that a service's tasks cost less, with those that stay on demand; zero of all others.
	Spared decimal.Decimal `json:"spared,omitzero"`
	// Doubt says why it is not known what commitments pay for of it; then no figure can be given. Empty: it is known.
	Doubt string `json:"doubt,omitempty"`
	// Asked says that its owner asks for Spot already.
	Asked bool `json:"asked,omitempty"`
}

// proposeSpot proposes to move what can be had on Spot: for what the bill shows that its hours cost on demand, less what they would have cost on Spot. Hours that
// commitments cover bring nothing; where an idle one may pay for the others, a candidate stands without a figure. What the bill does not show is not proposed.
func (m *maker) proposeSpot() {
	if m.in.Taken && !m.in.OffersKnown {
		m.gap(reports.GapSpotPrices, "no Spot prices were given: what could move to Spot is not said")
	}
	for i := range m.in.Offers {
		o := &m.in.Offers[i]
		t := m.billed[o.ARN]
		if t == nil || t.spot || !m.there(t) || t.known != nil && m.protects(&t.known.Resource) || t.protected {
			continue
		}
		_, life := m.life(t)
		uncovered := t.quantity.Sub(t.covered)
		after := o.Spot.Decimal().Mul(uncovered)
		a := reports.Action{ARN: o.ARN, Account: t.account, Owner: t.owner, Resources: 1, Detail: o.Now.String() + " > " + o.Spot.String() + " USD/h"}
		if t.kind == fleet.ECSService {
			after = t.onDemand().Mul(decimal.NewFromInt(1).Sub(o.Spared))
			a.Detail = "-" + o.Spared.Shift(2).String() + "%"
		}
		month := m.aMonth(t.onDemand().Sub(after), life)
		if !dollars(month) {
			continue
		}
		_, a.Name, a.Owner = m.about(o.ARN)
		if o.Doubt == "" {
			a.Month = &month
		}
		if a.Command = "offpeak spot apply " + quoted(string(o.ARN)); !o.Asked {
			a.Tag, a.Command = m.in.Tags.Spot+"=yes", tagCommand(t, m.in.Tags.Spot, "yes")
		}
		m.best(m.action(spot, "", a))
	}
}

// onDemand is what a thing cost that no commitment covers.
func (t *thing) onDemand() (all decimal.Decimal) {
	for hour := range t.demand {
		all = all.Add(t.demand[hour])
	}
	return all
}
