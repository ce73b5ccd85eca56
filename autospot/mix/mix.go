// Package mix chooses how much of a group stays on demand, and which instance types the rest may be.
//
// In go quotes of types that fit, the group's sizes and zones, what is committed anyway and how much loss its owner accepts; out come
// OnDemandBaseCapacity and OnDemandPercentageAboveBaseCapacity, the types, and how it came to that: every possible number of on-demand
// instances with its cost and its odds, the same again for each size, and the assumptions. It counts all cases instead of guessing. It knows
// no group and changes none. Odds are floats; money is not, and meets them by pricing.Decimal alone.
package mix

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/autospot/pricing"
	"offpeak/internal/money"
)

// Quarter is the hours in which losses are counted.
const Quarter = 2190.0

// Target is the loss that an owner accepts: more than Loss percent of the instances at once, no more than Odds times a quarter.
type Target struct {
	Loss int
	Odds float64
}

// Assumptions are what nobody tells and the answer depends on. They are printed with it.
type Assumptions struct {
	// Shock is the share of interruptions, between 0 and 1, that come from something that takes all zones at once.
	Shock float64
	// Recovery is how long a zone whose Spot instances were taken is without them.
	Recovery time.Duration
	// Dry is the share of time in which no Spot capacity is to be had, and on-demand takes its place.
	Dry float64
	// Overlap and WarmUp are how long an interruption costs an instance twice: while both run, and until the new one is of use.
	Overlap, WarmUp time.Duration
}

// DefaultAssumptions are used where an organisation knows none better.
func DefaultAssumptions() Assumptions {
	return Assumptions{Shock: 0.05, Recovery: time.Hour, Dry: 0.02, Overlap: 5 * time.Minute, WarmUp: 10 * time.Minute}
}

// Says are the assumptions in sentences, those of the model itself among them.
func (a Assumptions) Says() []string {
	return []string{
		"all Spot instances of a zone are taken at once, as often as one is: which pools AWS fills is not known, and it may fill one",
		fmt.Sprintf("%.3g%% of interruptions take all zones at once", 100*a.Shock),
		fmt.Sprintf("a zone has its instances again after %s", spoken(a.Recovery)),
		"a group's instances are spread evenly over its zones, and so are those on demand",
		fmt.Sprintf("for %.3g%% of the time there is no Spot capacity, and on-demand takes its place", 100*a.Dry),
		fmt.Sprintf("an interruption costs %s of an instance's time, and what its owner says", spoken(a.Overlap+a.WarmUp)),
		"the price is that of all chosen types, used alike; odds are those of the one that is interrupted most often",
		"of a percentage that is no whole number of instances, on-demand gets the rest, as AWS documents it",
	}
}

// spoken writes a duration without the zeros that Go's form ends in.
func spoken(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// Question is what a mix is asked for.
type Question struct {
	Size  int   // instances, for which the mix is made; a group that sleeps: as many as it opens with
	Sizes []int // other sizes that it has on schedule
	// Min and Max are the sizes between which the mix must hold; Size and Sizes above zero are among them. A size of zero always is. A Max
	// beyond 10,000 is not looked at further than that, which is noted.
	Min, Max int
	Zones    int
	// OnDemand is the price of an instance as it is.
	OnDemand money.Rate
	// Committed is how many of the instances Reserved Instances and Savings Plans pay for, whether they are used or not.
	Committed int
	// Minimum is how many instances the owner wants on demand.
	Minimum int
	Target  Target
	// Interruption is what one interruption costs the owner beside instances' time.
	Interruption money.USD
	Assumptions  Assumptions
	Quotes       []pricing.Quote
	// Running are the Spot instances that the group has now, by type: the only thing that shows what AWS takes of the types. Nil: none.
	Running map[string]int
	// Own is the type that on-demand instances are launched as. It stands among the group's types whether it is chosen or not, and Spot may take it: where
	// it is interrupted more often than the chosen ones, the odds are its. Empty: none does.
	Own string
	// Scores may be shared by questions that are asked one after the other of one book; nil: nothing is remembered.
	Scores *Scores
}

// Codes of what a mix comes to. Those of refusals end in it; the others are worth knowing.
const (
	NoZones       pricing.Code = "no-zones"
	NoOnDemand    pricing.Code = "on-demand-unpriced"
	TooFewTypes   pricing.Code = "too-few-types"
	CostsMore     pricing.Code = "spot-costs-more"
	AllOnDemand   pricing.Code = "all-on-demand"
	FewTypes      pricing.Code = "few-types"
	FewFamilies   pricing.Code = "few-families"
	OftenAccepted pricing.Code = "often-interrupted-accepted"
	OddsAssumed   pricing.Code = "odds-assumed"
	LargeZones    pricing.Code = "zones-above-target"
	MaxUnchecked  pricing.Code = "max-unchecked"
)

// Binding is what the number of on-demand instances follows from.
type Binding string

// What the number of on-demand instances may follow from.
const (
	ByOwner        Binding = "owner"        // the owner's minimum
	ByCommitments  Binding = "commitments"  // what is paid for anyway
	ByAvailability Binding = "availability" // the target
	ByCost         Binding = "cost"         // more on-demand is cheaper still, or nothing else binds
	ByOtherSizes   Binding = "other-sizes"  // one base and percentage must do for all sizes
)

// Answer is a mix with all that speaks for it.
type Answer struct {
	// Refused are why nothing should move; none: the mix may be applied. What could be computed is there all the same.
	Refused []pricing.Reason
	// Noted are worth knowing.
	Noted []pricing.Reason
	// Types are the chosen ones, the cheapest first; Rejected are the others with why.
	Types    []Type
	Rejected []Rejected
	// Base and Percentage are OnDemandBaseCapacity and OnDemandPercentageAboveBaseCapacity.
	Base, Percentage int
	// Wanted is the best number of on-demand instances for Size, by itself; Chosen is what Base and Percentage make of it, Binding why.
	Wanted, Chosen Row
	Binding        Binding
	// Sizes are the group's sizes under Base and Percentage, Size first, then Sizes in their order, then Min and Max.
	Sizes []Restated
	// Now is what the group costs an hour as it is; After is Chosen.Cost; Cheapest and Dearest are what After would be if AWS used the cheapest
	// or the dearest chosen type alone.
	Now, Cheapest, Dearest money.Rate
	Assumptions            Assumptions

	model *model
	shape float64
}

// Table is every possible number of on-demand instances for Size, from none to all. It is nil where no type was to be had.
func (a *Answer) Table() []Row {
	if a.model == nil {
		return nil
	}
	return a.model.table(a.model.question.Size)
}

// After is what the group is expected to cost an hour, interruptions as their owner values them included.
func (a *Answer) After() money.Rate { return a.Chosen.Cost.Total }

// Saving is the percentage that After lies below Now, rounded half up to one place.
func (a *Answer) Saving() decimal.Decimal {
	if a.Now.IsZero() {
		return decimal.Zero
	}
	now := a.Now.Decimal()
	return now.Sub(a.After().Decimal()).Mul(decimal.NewFromInt(100)).DivRound(now, 1)
}

// Choose answers a question. The number of on-demand instances is the cheapest one that meets the target and is no less than the owner's
// minimum and the committed units; of two that cost the same, the larger.
func Choose(q Question) Answer {
	asked := q.Max
	q.bound()
	a := Answer{Assumptions: q.Assumptions, Base: q.Max, Percentage: 100} // without an answer nothing is Spot
	if q.Max < asked {
		a.note(MaxUnchecked, "it may grow to %d instances; it was looked at up to %d", asked, q.Max)
	}
	a.refuseEmpty(&q)
	a.chooseTypes(&q)
	if len(a.Types) == 0 || q.Zones < 1 {
		return a
	}
	a.model = newModel(&q, a.Types)
	a.shape = leastShape(a.Types)
	a.size()
	a.verdict()
	return a
}

// furthest is the size up to which a mix is looked at for the sake of a Max that nobody means.
const furthest = 10_000

// bound makes sizes ones that can be.
func (q *Question) bound() {
	q.Max = min(q.Max, furthest)
	q.Size, q.Committed, q.Minimum = max(0, q.Size), max(0, q.Committed), max(0, q.Minimum)
	q.Sizes = slices.DeleteFunc(slices.Clone(q.Sizes), func(size int) bool { return size < 0 })
	for _, size := range append([]int{q.Size}, q.Sizes...) {
		q.Max = max(q.Max, size)
		if size > 0 {
			q.Min = min(q.Min, size)
		}
	}
}

func (a *Answer) refuse(code pricing.Code, format string, values ...any) {
	a.Refused = append(a.Refused, pricing.Reason{Code: code, Says: fmt.Sprintf(format, values...)})
}

func (a *Answer) note(code pricing.Code, format string, values ...any) {
	a.Noted = append(a.Noted, pricing.Reason{Code: code, Says: fmt.Sprintf(format, values...)})
}

func (a *Answer) refuseEmpty(q *Question) {
	if q.Zones < 1 {
		a.refuse(NoZones, "it launches in no zone that is known")
	}
	if q.OnDemand.IsZero() {
		a.refuse(NoOnDemand, "what it costs on demand is not known, so that nothing can be compared with it")
	}
}

// size finds the best number of on-demand instances, and the base and percentage that hold for all sizes.
func (a *Answer) size() {
	m := a.model
	q := m.question
	a.Wanted = m.best(q.Size)
	a.Base, a.Percentage = m.express()
	a.Chosen = m.row(q.Size, OnDemand(q.Size, a.Base, a.Percentage))
	a.Binding = m.binding(a.Wanted, a.Chosen)
	a.Now = m.onDemandCost(q.Size)
	a.Cheapest, a.Dearest = m.extremes(a.Chosen, a.Types)
	listed := map[int]bool{}
	bounds := []int{q.Min, q.Max}
	if q.Min <= 0 {
		bounds = bounds[1:] // nothing can be said of it
	}
	for _, size := range slices.Concat([]int{q.Size}, q.Sizes, bounds) {
		if !listed[size] {
			listed[size] = true
			a.Sizes = append(a.Sizes, m.restate(size, a.Base, a.Percentage))
		}
	}
}

// verdict says whether it is worth it, and what would make it more so.
func (a *Answer) verdict() {
	q := a.model.question
	if q.Size == 0 {
		return
	}
	if unit, together := a.model.together(q.Size, 0); together == 1 && a.Wanted.OnDemand > 0 {
		// The target at which losing a zone is not too much.
		other := *q
		other.Target.Loss = (100*unit + q.Size - 1) / q.Size
		with := *a.model
		with.question = &other
		if best := with.best(q.Size); other.Target.Loss < 100 && best.OnDemand < a.Wanted.OnDemand {
			a.note(LargeZones, "one of %d zones holds %d of %d instances, more than the %d%% that may be lost at once: if %d%% might, %d would be kept on demand instead of %d",
				q.Zones, unit, q.Size, q.Target.Loss, other.Target.Loss, best.OnDemand, a.Wanted.OnDemand)
		}
	}
	if !a.model.spotUnit().LessThan(q.OnDemand.Decimal()) {
		a.refuse(CostsMore, "a Spot instance costs %s USD an hour with its interruptions, and %s on demand", a.model.spotUnit().StringFixed(4), q.OnDemand.Display(4))
	}
	if a.Chosen.Spot == 0 {
		a.refuse(AllOnDemand, "all %d instances stay on demand: %s", q.Size, a.binds())
	}
}

// binds says in a sentence what the number of on-demand instances follows from.
func (a *Answer) binds() string {
	q := a.model.question
	switch a.Binding {
	case ByOwner:
		return fmt.Sprintf("their owner asks for %d", q.Minimum)
	case ByCommitments:
		return fmt.Sprintf("%d are paid for by commitments anyway", q.Committed)
	case ByAvailability:
		return fmt.Sprintf("with fewer, more than %d%% of them would be lost at once more than %.3g times a quarter", q.Target.Loss, q.Target.Odds)
	case ByOtherSizes:
		return "one base and percentage must do for all sizes"
	default:
		return "nothing is cheaper"
	}
}

// Says tells in a sentence why the mix keeps as many instances on demand as it does; empty where there is no mix.
func (a *Answer) Says() string {
	if a.model == nil {
		return ""
	}
	return fmt.Sprintf("%d of %d instances on demand: %s", a.Chosen.OnDemand, a.model.question.Size, a.binds())
}
