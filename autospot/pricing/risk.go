package pricing

import (
	"math"

	"offpeak/internal/market"
)

// month is the hours of the month over which the Spot advisor counts.
const month = 730.0

// edges are the upper edges of the advisor's bands. The file says 5, 11, 16 and 22 percent, and 100 for the open band, of which it is assumed that it ends at 40.
var edges = [...]float64{0.05, 0.11, 0.16, 0.22, 0.40}

// tolerable is the highest band of a type that is taken without need: up to 15 %, as AWS names it.
const tolerable = 2

// A band counts as much as one interruption of one's own. So it is worth as many instance-hours as it expects one interruption in: 14,232 hours
// of the lowest band, 1,429 of the highest. Its uncertainty is as large as the rate itself, which is about what a band tells: it is a month's
// average over a region and over everybody's instances, and says nothing of one zone, of the next quarter, or of how long instances were
// wanted. Ten instances have outvoted the lowest band after two months, and the highest after six days.
const bandShape = 1

// Experience is what an organisation saw itself: how many Spot instances of a type were interrupted, in how many hours of such instances.
type Experience struct {
	Interruptions int
	Hours         float64
	// Together is with how many of its type an instance ran in its pool, itself among them, in the mean of all instance-hours; below 1 it is 1.
	Together float64
}

// draws are how many independent draws of a rate the experience is worth, in interruptions and hours. As the odds of losses have it, the instances of a pool
// are taken together: so many of them are one draw, and ten interruptions of a pool of ten tell no more than one. AWS may take fewer, so that the rule is
// on the safe side.
func (e Experience) draws() (interruptions, hours float64) {
	together := max(1, e.Together)
	return float64(e.Interruptions) / together, e.Hours / together
}

// Risk is how often Spot instances of a type are interrupted: the advisor's band, corrected by experience. The rate is a Gamma distribution
// that the band sets out with, and each interruption and each hour of one's own updates. Its mean counts instances. How sure it is of that counts draws,
// as interruptions come in clusters.
type Risk struct {
	Band    int  // 0 to 4
	Advised bool // false: the advisor does not know the type, and the highest band is assumed
	Own     Experience
}

// RiskOf returns the risk by an advisor's band and experience. Without a band, or with one that is none of the five, the highest is assumed: what AWS
// does not tell is new, rare or hard to get.
func RiskOf(odds market.Odds, advised bool, own Experience) Risk {
	if !advised || odds.Band < 0 || odds.Band >= len(edges) {
		return Risk{Band: len(edges) - 1, Own: own.valid()}
	}
	return Risk{odds.Band, true, own.valid()}
}

func (e Experience) valid() Experience {
	if !(e.Hours > 0) || math.IsInf(e.Hours, 0) {
		e.Hours = 0
	}
	e.Interruptions = max(0, e.Interruptions)
	if !(e.Together > 1) || math.IsInf(e.Together, 0) {
		e.Together = 0
	}
	return e
}

// BandRate is the interruptions per instance-hour of a band's upper edge: of the instances that run at the beginning of a month a share f is
// interrupted before its end.
func BandRate(band int) float64 {
	return -math.Log1p(-edges[min(max(band, 0), len(edges)-1)]) / month
}

// PerHour is the expected interruptions per instance-hour.
func (r Risk) PerHour() float64 {
	band := BandRate(r.Band)
	return band * (bandShape + float64(r.Own.Interruptions)) / (bandShape + band*r.Own.Hours)
}

// PerBillionHours is the same of a billion instance-hours, which is kept with a move.
func (r Risk) PerBillionHours() int64 { return int64(math.Round(r.PerHour() * 1e9)) }

// Shape is how many draws the rate is known by, those that the band is worth among them.
func (r Risk) Shape() float64 {
	interruptions, _ := r.Own.draws()
	return bandShape + interruptions
}

// Interval is where the rate lies with a probability of 95 %, or more where a pool is not taken whole.
func (r Risk) Interval() (low, high float64) {
	band := BandRate(r.Band)
	_, hours := r.Own.draws()
	unit, mean := band/(bandShape+band*hours), r.PerHour()
	return min(mean, unit*gammaQuantile(r.Shape(), 0.025)), max(mean, unit*gammaQuantile(r.Shape(), 0.975))
}

// Often reports whether instances of the type are interrupted more often than in the band up to 15 %.
func (r Risk) Often() bool { return r.PerHour() > BandRate(tolerable) }

// gammaQuantile is the value that a Gamma distribution of a shape and scale 1 does not exceed with probability p.
func gammaQuantile(shape, p float64) float64 {
	low, high := 0.0, shape+1
	for gammaBelow(shape, high) < p {
		low, high = high, 2*high
	}
	for range 80 {
		middle := (low + high) / 2
		if gammaBelow(shape, middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// gammaBelow is the regularised lower incomplete gamma function: a series below the mean, a continued fraction (Lentz) above it.
func gammaBelow(shape, x float64) float64 {
	if x <= 0 {
		return 0
	}
	const precision, tiny, steps = 1e-15, 1e-300, 100_000
	logGamma, _ := math.Lgamma(shape)
	front := math.Exp(shape*math.Log(x) - x - logGamma)
	if x < shape+1 {
		term, sum := 1/shape, 1/shape
		for n := 1; n < steps && term > sum*precision; n++ {
			term *= x / (shape + float64(n))
			sum += term
		}
		return front * sum
	}
	b := x + 1 - shape
	c, d := 1/tiny, 1/b
	h := d
	for n := 1; n < steps; n++ {
		a := -float64(n) * (float64(n) - shape)
		b += 2
		d = 1 / nonzero(a*d+b, tiny)
		c = nonzero(b+a/c, tiny)
		h *= d * c
		if math.Abs(d*c-1) < precision {
			break
		}
	}
	return 1 - front*h
}

func nonzero(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}
