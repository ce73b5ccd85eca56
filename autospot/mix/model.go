package mix

import (
	"math"
	"slices"
	"sort"

	"github.com/shopspring/decimal"

	"offpeak/autospot/pricing"
	"offpeak/internal/money"
)

// Cost is what a mix is expected to cost an hour, by what it is for.
type Cost struct {
	OnDemand      money.Rate // instances on demand beyond those that commitments pay for
	Spot          money.Rate
	Interruptions money.Rate // instances' time, and what their owner says
	Dry           money.Rate // what on-demand costs more while there is no Spot capacity
	Total         money.Rate
}

// Row is one number of on-demand instances for a size.
type Row struct {
	OnDemand, Spot int
	Cost           Cost
	// Unit is how many Spot instances one zone may hold, and so how many are lost with it; Together is how many zones must be lost at once to
	// lose more than the target allows, zero where all of them do not.
	Unit, Together int
	// Losses is how often a quarter more than the target allows is lost at once.
	Losses float64
	// Meets says that it is within the target; Enough that it is no less than the owner's minimum and the committed units.
	Meets, Enough bool
}

// model counts and prices the mixes of one question.
type model struct {
	question *Question
	rate     float64 // interruptions of an instance-hour, of the type that is interrupted most often of the chosen ones and the group's own
	// prices of an instance-hour
	spot, interruptions, dry decimal.Decimal
}

func newModel(q *Question, types []Type) *model {
	m := &model{question: q}
	spot, interruptions := decimal.Zero, decimal.Zero
	for i := range types {
		spot = spot.Add(types[i].Quote.Mean.Decimal())
		interruptions = interruptions.Add(types[i].Interruptions.Decimal())
		m.rate = max(m.rate, types[i].Quote.Risk.PerHour())
	}
	for i := range q.Quotes {
		if own := &q.Quotes[i]; own.Type == q.Own {
			m.rate = max(m.rate, own.Risk.PerHour())
		}
	}
	n := decimal.NewFromInt(int64(len(types)))
	m.spot, m.interruptions = spot.Div(n), interruptions.Div(n)
	m.dry = dry(q, m.spot)
	return m
}

// dry is what on-demand in place of Spot costs more in an hour, on average.
func dry(q *Question, spot decimal.Decimal) decimal.Decimal {
	more := decimal.Max(q.OnDemand.Decimal().Sub(spot), decimal.Zero)
	return more.Mul(pricing.Decimal(q.Assumptions.Dry))
}

// spotUnit is what an instance-hour on Spot costs with all that comes with it.
func (m *model) spotUnit() decimal.Decimal { return m.spot.Add(m.interruptions).Add(m.dry) }

// onDemandCost is what so many on-demand instances cost an hour beyond what commitments pay for.
func (m *model) onDemandCost(n int) money.Rate {
	return m.question.OnDemand.Times(n - m.question.Committed)
}

func (m *model) cost(onDemand, spot int) Cost {
	c := Cost{
		OnDemand:      m.onDemandCost(onDemand),
		Spot:          times(m.spot, spot),
		Interruptions: times(m.interruptions, spot),
		Dry:           times(m.dry, spot),
	}
	c.Total = c.OnDemand.Add(c.Spot).Add(c.Interruptions).Add(c.Dry)
	return c
}

func times(unit decimal.Decimal, n int) money.Rate {
	r, err := money.RateOf(unit)
	if err != nil {
		return money.Rate{} // no unit is below zero
	}
	return r.Times(n)
}

// row prices and judges one number of on-demand instances for a size.
func (m *model) row(size, onDemand int) Row {
	r := Row{OnDemand: onDemand, Spot: size - onDemand, Cost: m.cost(onDemand, size-onDemand)}
	r.Unit, r.Together = m.together(size, onDemand)
	r.Losses = m.losses(size, onDemand)
	r.Meets = m.meets(size, onDemand)
	r.Enough = onDemand >= m.floor(size)
	return r
}

// floor is how many instances of a size must be on demand whatever the odds.
func (m *model) floor(size int) int { return min(size, max(m.question.Minimum, m.question.Committed)) }

func (m *model) table(size int) []Row {
	rows := make([]Row, 0, size+1)
	for b := 0; b <= size; b++ {
		rows = append(rows, m.row(size, b))
	}
	return rows
}

// best is the cheapest of all mixes of a size that meet the target and are enough; of two that cost the same, the one with more on demand. It looks at
// all of them: where interruptions make Spot dearer than on-demand, more on-demand is cheaper.
func (m *model) best(size int) Row {
	rows := m.table(size)
	best := rows[size] // all on demand loses nothing
	for _, r := range slices.Backward(rows) {
		if r.Meets && r.Enough && r.Cost.Total.Cmp(best.Cost.Total) < 0 {
			best = r
		}
	}
	return best
}

// binding is what a number of on-demand instances follows from.
func (m *model) binding(wanted, chosen Row) Binding {
	q := m.question
	least := m.available(q.Size)
	switch {
	case chosen.OnDemand != wanted.OnDemand:
		return ByOtherSizes
	case wanted.OnDemand > max(least, m.floor(q.Size)) || wanted.OnDemand == 0:
		return ByCost
	case least >= m.floor(q.Size):
		return ByAvailability
	case min(q.Minimum, q.Size) >= min(q.Committed, q.Size):
		return ByOwner
	default:
		return ByCommitments
	}
}

// together is how many Spot instances one zone may hold, and how many zones must be lost at once to lose more than the target allows; zero where all of them do not.
//
// A group keeps its instances even over its zones, not its Spot instances: with ten in three zones one has four, and where on-demand ones are even too
// that zone may have floor(B/A) of those. So a zone may hold ceil(n/A) - floor(B/A) Spot instances, one more than ceil(S/A) at times.
func (m *model) together(size, onDemand int) (unit, together int) {
	spot, zones := size-onDemand, m.question.Zones
	if spot <= 0 {
		return 0, 0
	}
	unit = min(spot, (size+zones-1)/zones-onDemand/zones)
	if !m.tooMany(size, spot) {
		return unit, 0
	}
	// The smallest k with k*unit more than the target allows; losing all zones is too many, so there is one.
	return unit, min(zones, m.question.Target.Loss*size/(100*unit)+1)
}

// tooMany reports whether so many lost instances are more than the target allows.
func (m *model) tooMany(size, lost int) bool { return 100*lost > m.question.Target.Loss*size }

// losses is how often a quarter more is lost at once than the target allows.
//
// A zone loses its Spot instances at the rate of one instance, of which the share Shock takes all zones along: that happens at rate*Shock, whatever the
// number of zones. The rest are a zone's own. One of those counts when, with the zones that were lost within Recovery before it, it is too many.
func (m *model) losses(size, onDemand int) float64 {
	_, together := m.together(size, onDemand)
	if together == 0 {
		return 0
	}
	shock, own, down := m.odds()
	zones := min(size-onDemand, m.question.Zones) // no more of them hold Spot instances
	return Quarter * (m.rate*shock + float64(zones)*own*atLeast(together-1, zones-1, down))
}

// odds are the share of losses that take all zones, how often an hour a zone is lost by itself, and how likely it is down for that at any time.
func (m *model) odds() (shock, own, down float64) {
	shock = min(max(m.question.Assumptions.Shock, 0), 1)
	own = m.rate * (1 - shock)
	return shock, own, -math.Expm1(-own * m.question.Assumptions.Recovery.Hours())
}

// atLeast is the probability that at least k of n are what each is with probability p.
func atLeast(k, n int, p float64) float64 {
	if k <= 0 {
		return 1
	}
	sum, choose := 0.0, 1.0
	for i := 0; i <= n; i++ {
		if i >= k {
			sum += choose * math.Pow(p, float64(i)) * math.Pow(1-p, float64(n-i))
		}
		choose *= float64(n-i) / float64(i+1)
	}
	return sum
}

// meets reports whether a mix is within the target. One without Spot instances always is.
func (m *model) meets(size, onDemand int) bool {
	return onDemand >= size || m.losses(size, onDemand) <= m.question.Target.Odds
}

// available is the smallest number of on-demand instances of a size that meets the target. More on-demand never lose more, so that it can be searched for.
func (m *model) available(size int) int {
	return sort.Search(size, func(b int) bool { return m.meets(size, b) })
}

// need is how many instances of a size must be on demand.
func (m *model) need(size int) int { return max(m.floor(size), m.available(size)) }

// extremes are what a mix would cost if all Spot instances were of the cheapest or of the dearest chosen type.
func (m *model) extremes(chosen Row, types []Type) (cheapest, dearest money.Rate) {
	of := func(t *Type) money.Rate {
		unit := t.Score.Decimal().Add(dry(m.question, t.Quote.Mean.Decimal()))
		return chosen.Cost.OnDemand.Add(times(unit, chosen.Spot))
	}
	return of(&types[0]), of(&types[len(types)-1])
}
