package reporting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/autospot"
	"offpeak/internal/billing"
	"offpeak/internal/billing/coverage"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/policy"
	"offpeak/reports"
	"offpeak/reports/spend"
)

// Offers are what Spot would cost for what can be moved, and where that is from. They are kept beside a report, so that its figures can be computed again.
type Offers struct {
	Taken time.Time `json:"taken"`
	// Asked is the day on which what Spot costs was asked for, the first of them; empty where nobody tells, as of files.
	Asked   string        `json:"asked,omitempty"`
	Sources []string      `json:"sources"`
	Offers  []spend.Offer `json:"offers"`
	// Unpriced are the accounts' regions of which it is not known what Spot costs, each with the day on which it was known last, if it ever was. Unknown says that it is
	// known of none.
	Unpriced []string `json:"unpriced,omitempty"`
	Unknown  bool     `json:"unknown,omitempty"`
}

// OffersOf asks AutoSpot, under the rules of a policy, which groups, instances and services of an inventory could move to Spot if their owners asked for it, and what
// they would cost. The inventory tells how things are launched; committed is what commitments pay for anyway. What anything but the missing wish speaks against, what
// its owner says no to, and what has no price is not among them.
func OffersOf(p *policy.Policy, s *fleet.Snapshot, m *market.Market, committed map[fleet.ARN]autospot.Committed) *Offers {
	_, advices, _ := autospot.New(&p.Spot).Plan(s, m, nil, autospot.Options{All: true, Committed: committed})
	all := &Offers{Taken: s.Taken, Sources: m.Sources, Offers: []spend.Offer{}}
	for i := range advices {
		if o, ok := offerOf(&advices[i]); ok {
			all.Offers = append(all.Offers, o)
		}
	}
	return all
}

// offer finds what Spot would cost, of what the inventory shows: as it was found before, else by the market and by what the bill itself says that commitments pay for.
func (m *maker) offer(ctx context.Context) (err error) {
	if m.offers, err = m.offered(ctx); err != nil || m.offers == nil {
		return err
	}
	m.draft.Report.Sources.SpotPrices = m.offers.Asked
	if places := m.offers.Unpriced; len(places) > 0 {
		named := strings.Join(few(places), ", ")
		m.gap(reports.GapUnpriced, "AutoSpot has not asked lately what Spot costs in "+named+": what could move there is not said", named)
	}
	return nil
}

func (m *maker) offered(ctx context.Context) (*Offers, error) {
	if m.Offers != nil {
		return m.Offers.within(m.draft.Report.Tenant.Accounts), nil
	}
	if m.seen == nil || m.Market == nil && m.Kept == nil {
		return nil, nil
	}
	committed, source, err := m.committed(ctx)
	if err != nil {
		return nil, err
	}
	var all *Offers
	if m.Market != nil {
		all = OffersOf(m.Policy, m.seen, m.Market, committed)
	} else if all, err = m.kept(ctx, committed); err != nil || all == nil {
		return nil, err
	}
	all.Sources = append(slices.Clone(all.Sources), "commitments: "+source)
	return all, nil
}

// committed is what commitments pay for of the inventory, and where that is from.
func (m *maker) committed(ctx context.Context) (map[fleet.ARN]autospot.Committed, string, error) {
	if m.Policy.Spot.Uncommitted {
		return nil, "none are to count, by the policy", nil
	}
	var subjects []coverage.Subject
	for i := range m.seen.Resources {
		if s, ok := coverage.SubjectOf(&m.seen.Resources[i]); ok {
			subjects = append(subjects, s)
		}
	}
	all := make(map[fleet.ARN]autospot.Committed, len(subjects))
	facts, err := coverage.Compute(ctx, m.engine, m.Bill.Payer, subjects, m.savings.Measured.To)
	if errors.Is(err, billing.ErrNoExport) || errors.Is(err, coverage.ErrOld) {
		for i := range subjects {
			all[subjects[i].ARN] = autospot.Committed{Doubt: err.Error()}
		}
		return all, "not known, " + err.Error(), nil
	}
	if err != nil {
		return nil, "", err
	}
	for i := range facts.Groups {
		g := &facts.Groups[i]
		all[g.ARN] = autospot.Committed{Units: g.Units, Doubt: g.Doubt}
	}
	return all, fmt.Sprintf("the bill of %s, %s to %s", facts.Payer, facts.From.Format(time.DateOnly), facts.To.Format(time.DateOnly)), nil
}

// offerOf is the offer of what can move; false where something speaks against it.
func offerOf(a *autospot.Advice) (o spend.Offer, ok bool) {
	for _, g := range a.Gates {
		if g.Verdict == autospot.Refuse && (g.Code != autospot.GateOptIn || a.Wish.Answer != autospot.Silent || a.Wish.Problem != "") {
			return o, false
		}
	}
	if a.Target == nil || len(a.Against) > 0 {
		return o, false
	}
	o = spend.Offer{ARN: a.Subject.ARN, Asked: a.Wish.Answer == autospot.Yes, Doubt: a.Committed.Doubt}
	switch a.Subject.Kind {
	case fleet.EC2Instance:
		o.Now, o.Spot = a.Now, a.After
	case fleet.AutoScalingGroup:
		paid := a.Size - a.Committed.Units
		if paid <= 0 {
			return o, false
		}
		o.Now, o.Spot = each(a.Now, paid), each(a.After, paid)
	case fleet.ECSService:
		o.Spared = sparedBy(a)
	default:
		return o, false
	}
	return o, o.Spared.IsPositive() || o.Spot.Decimal().IsPositive()
}

// ratePlaces are kept of a rate that is divided; rounding up what is paid afterwards never makes a figure larger.
const ratePlaces = 12

// each is the part of one of so many that cost a rate together.
func each(all money.Rate, n int) money.Rate {
	one, err := money.RateOf(all.Decimal().DivRound(decimal.NewFromInt(int64(n)), ratePlaces+2).RoundUp(ratePlaces))
	if err != nil {
		return money.Rate{} // no part of a rate is below zero
	}
	return one
}

// sparedBy is the share of a service's cost that its tasks on Spot spare: as many of them as its capacity providers put there, at its size.
func sparedBy(a *autospot.Advice) decimal.Decimal {
	spot, weights, base := 0, 0, 0
	for _, p := range a.Target.Providers {
		weights, base = weights+p.Weight, base+p.Base
		if p.Spot {
			spot += p.Weight
		}
	}
	if a.Discount <= 0 || weights == 0 || a.Size <= base {
		return decimal.Zero
	}
	tasks := (a.Size - base) * spot / weights
	return decimal.NewFromInt(int64(tasks*a.Discount)).DivRound(decimal.NewFromInt(int64(a.Size)*100), ratePlaces).Truncate(4)
}

// accountOf is the account in an ARN.
func accountOf(arn fleet.ARN) fleet.AccountID {
	_, at := fleet.KindOf(arn)
	return at.Account
}

// within are the offers of some accounts.
func (o *Offers) within(accounts []fleet.AccountID) *Offers {
	if o == nil {
		return nil
	}
	all := &Offers{Taken: o.Taken, Asked: o.Asked, Sources: o.Sources, Offers: []spend.Offer{}, Unpriced: o.Unpriced, Unknown: o.Unknown}
	for i := range o.Offers {
		if slices.Contains(accounts, accountOf(o.Offers[i].ARN)) {
			all.Offers = append(all.Offers, o.Offers[i])
		}
	}
	return all
}
