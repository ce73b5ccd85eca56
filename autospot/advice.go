package autospot

import (
	"github.com/shopspring/decimal"

	"offpeak/autospot/compatible"
	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

// Advice is what AutoSpot says of one group, instance or service.
type Advice struct {
	Subject plan.Subject
	Tags    fleet.Tags
	Judgment
	// Size is the size that it was made for: the present one, or of what sleeps the one that it returns to.
	Size int
	// Sizes are the sizes that a group is known to have, and when; nil for others.
	Sizes []Occasioned
	// Type is the instance type that others are to stand in for, Product what it is billed as, and Zones where it runs.
	Type, Product string
	Zones         []string
	// Unfit are the types that its specification rules out; nil where types were not looked at.
	Unfit []compatible.Rejection
	// Mix is the choice for a group; nil for others, and where it could not be made.
	Mix *mix.Answer
	// Stand is what the odds of a group on Spot are with its members where they stand; nil for all others.
	Stand *mix.Stand
	// Quote is the price of an instance's own type; nil for others.
	Quote *pricing.Quote
	// Committed is what commitments pay for of it anyway.
	Committed Committed
	// Noted are worth knowing, beside what the mix notes.
	Noted []pricing.Reason
	// Doubted says that nothing but a doubt about commitments keeps AutoSpot from moving it by itself.
	Doubted bool
	// Against are reasons beside the gates; none: it may move as far as they go.
	Against []pricing.Reason
	// Now and After are what an hour costs, and is expected to cost; zero where they are not known.
	Now, After money.Rate
	// Discount is the percentage that a task on Fargate Spot costs less; zero of others, and where it is not known.
	Discount int
	// Placement is how likely AWS calls it that what would be Spot is to be had; nil: it was not asked.
	Placement *market.Score
	// Stage is how far a move has come; empty: none was begun.
	Stage fleet.Stage
	// Target is what it should buy, where it may move or has moved.
	Target *fleet.Purchase
	// Move is what is to be done now; nil: nothing, and Why says why.
	Move  *plan.Move
	Cause plan.Cause
	Why   string
	// Alert is what a person has to know of it, and Remedy what they can do.
	Alert, Remedy string
}

// Eligible reports whether nothing speaks against buying it on Spot, as far as could be looked at. What could not (Unchecked) is looked at before anything
// is done.
func (a *Advice) Eligible() bool {
	return a.Verdict() < Refuse && len(a.Against) == 0 && a.Target != nil
}

// Unchecked are the gates whose facts are not known. Nothing is moved while there is one.
func (a *Advice) Unchecked() (gates []Gate) {
	for _, g := range a.Gates {
		if g.Verdict == Unknown {
			gates = append(gates, g)
		}
	}
	return gates
}

// Saving is the percentage that After lies below Now, rounded half up to one place.
func (a *Advice) Saving() decimal.Decimal {
	if a.Now.IsZero() {
		return decimal.Zero
	}
	now := a.Now.Decimal()
	return now.Sub(a.After.Decimal()).Mul(decimal.NewFromInt(100)).DivRound(now, 1)
}

// forecast is how many interruptions are expected, as plan.Move has them, where what the move buys is Spot.
func (a *Advice) forecast() int64 {
	switch to := a.Move.To; {
	case to.Mix != nil && a.Mix != nil:
		return a.Mix.PerBillionHours()
	case to.Lifecycle != fleet.OnDemand && a.Quote != nil:
		return a.Quote.Risk.PerBillionHours()
	default:
		return 0
	}
}

// against returns the first thing that speaks against it, in a sentence.
func (a *Advice) against() string {
	for _, g := range a.Gates {
		if g.Verdict == Refuse {
			return g.Why
		}
	}
	if len(a.Against) > 0 {
		return a.Against[0].Says
	}
	if unchecked := a.Unchecked(); len(unchecked) > 0 {
		return unchecked[0].Why
	}
	return "nothing speaks against it"
}
