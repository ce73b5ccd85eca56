package invoice

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
)

// span is a time, half-open, in unix seconds.
type span struct{ from, to int64 }

const hour = 3600

// granularity is how AWS counts the running time of one machine from a start to the next stop.
type granularity struct {
	least int64 // seconds that a start costs at the least
	whole bool  // clock hours are charged whole once they are begun
}

// bySecond are the platforms of EC2 that are billed by the second ("Amazon EC2 On-Demand Pricing", per-second billing: Amazon Linux, Windows,
// Red Hat Enterprise Linux, Ubuntu, with a minimum of 60 seconds; "partial instance-hours" of every other system count as full hours).
var bySecond = []string{"Linux/UNIX", "Windows", "Red Hat Enterprise Linux"}

// granularityOf is the table of all kinds:
//
//	Linux, Windows, Red Hat   by the second, 60 seconds at the least   (Amazon EC2 On-Demand Pricing; Spot likewise)
//	SUSE and others           by the clock hour begun                  (same page)
//	databases and clusters    by the second, 10 minutes at the least   (Amazon RDS, Aurora, DocumentDB, Neptune pricing: "10 minute minimum
//	                                                                    charge following a billable status change")
//	Fargate                   by the second, 1 minute at the least     (AWS Fargate Pricing)
func granularityOf(kind fleet.Kind, product string) granularity {
	switch {
	case kind == fleet.RDSInstance || kind == fleet.RDSCluster:
		return granularity{least: 600}
	case kind != fleet.ECSService && !slices.Contains(bySecond, product):
		return granularity{whole: true}
	default:
		return granularity{least: 60}
	}
}

// charged is the time that the runs of one machine are charged for. What the minimum of one run and the next run have in common is charged
// once, so that no hour of one machine is longer than an hour.
func (g granularity) charged(runs []simulation.Run) []span {
	spans := make([]span, 0, len(runs))
	for _, r := range runs {
		s := span{r.From.Unix(), max(r.To.Unix(), r.From.Unix()+g.least)}
		if g.whole {
			s.from, s.to = s.from/hour*hour, (s.to+hour-1)/hour*hour
		}
		spans = append(spans, s)
	}
	return joined(spans)
}

// joined sorts spans and joins those that touch or overlap.
func joined(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	kept := spans[:0]
	for _, s := range spans {
		if n := len(kept); n > 0 && s.from <= kept[n-1].to {
			kept[n-1].to = max(kept[n-1].to, s.to)
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// common is where two lists of spans meet, without is where the first is alone. Both lists are joined.
func common(a, b []span) (both []span) {
	for _, s := range a {
		for _, o := range b {
			if from, to := max(s.from, o.from), min(s.to, o.to); from < to {
				both = append(both, span{from, to})
			}
		}
	}
	return both
}

func without(a, b []span) (rest []span) {
	for _, s := range a {
		for _, o := range b {
			if o.to <= s.from || o.from >= s.to {
				continue
			}
			if s.from < o.from {
				rest = append(rest, span{s.from, o.from})
			}
			s.from = o.to
		}
		if s.from < s.to {
			rest = append(rest, s)
		}
	}
	return rest
}

// amount is a quantity in units of 1e-12: the twelve places that a double of an export keeps.
type amount int64

const unit amount = 1_000_000_000_000

// exact is the quantity as a decimal.
func (a amount) exact() decimal.Decimal { return decimal.New(int64(a), -12) }

// amountOf is a decimal of at most twelve places.
func amountOf(d decimal.Decimal) amount { return amount(d.Shift(12).IntPart()) }

// double is the quantity as the exports carry it. Whole numbers up to 2^53 are exact as doubles and so is 1e12; their quotient is the double
// nearest to the decimal, from which billing.FromDouble gets the same decimal back for all quantities up to four thousand.
func (a amount) double() float64 { return float64(a) / 1e12 }

// share is how much of a unit one second is: size / per.
type share struct{ size, per int64 }

// of is so many seconds as a quantity, rounded half up: the only place where time becomes a quantity.
func (s share) of(seconds int64) amount {
	high, low := bits.Mul64(uint64(seconds*s.size), uint64(unit))
	low, carry := bits.Add64(low, uint64(s.per)/2, 0)
	quotient, _ := bits.Div64(high+carry, low, uint64(s.per))
	return amount(quotient)
}
