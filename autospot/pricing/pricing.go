// Package pricing judges what Spot capacity costs and how often it is taken away.
//
// In go the change points of Spot prices, the bands of AWS's Spot advisor and the interruptions that an organisation counted itself; out come a
// summary of each pool over a window, the odds of an interruption, and a quote for each type: what it costs over a group's zones, against what,
// and why it is not taken. Each product has prices of its own: those of Red Hat Enterprise Linux are never guessed from Linux. It chooses nothing
// and asks nobody; what is not known is not priced.
package pricing

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

// Window is the time that is judged, half-open.
type Window struct{ From, To time.Time }

// Summary is what a pool cost over a window.
//
// Mean and P95 are what decisions are made by, and no outlier flips one: whatever prices do in a share s of the known time, P95 stays between
// the prices that were not exceeded for 95-s and for 95+s percent of the time without it, however high or low they went; and Mean, for which every price above
// P95 counts as P95, moves by no more than s of that price, and a twentieth of how far P95 moved. So a spike of an hour in a month changes what is thought of a
// pool only where the limit lies between what it cost for 94 and for 96 percent of the time. Mean is never above P95.
//
// Paid is the mean with its peaks, which an instance through all of the known time would have paid. It is for people to see what was left out.
type Summary struct {
	Carried fleet.Price   // in force when the window began
	Last    fleet.Price   // in force when it ended
	Mean    money.Rate    // weighted by time, peaks cut at P95, to 16 places
	Paid    money.Rate    // weighted by time, as it was, to 16 places
	P95     money.Rate    // the lowest price that was not exceeded for 95 % of the known time
	Max     money.Rate    // the highest price
	Known   time.Duration // how much of the window has a price; what lies before the first point has none
	Window  time.Duration
	Peaks   time.Duration // how long the price was above P95
}

// Coverage is the share of the window that has a price.
func (s *Summary) Coverage() float64 {
	if s.Window <= 0 {
		return 0
	}
	return float64(s.Known) / float64(s.Window)
}

// Priced reports whether enough of the window has a price to judge by: half of it. AWS tells the price in force at the beginning of what it is
// asked for, so that less than all is known only of pools that are new, or came back.
func (s *Summary) Priced() bool { return s.Known > 0 && s.Known >= s.Window-s.Known }

// stretch is a time with one price: a point's, in billionths of a dollar.
type stretch struct {
	price uint64
	lasts time.Duration
	point int
}

// Summarize judges the prices of a pool over a window. A price holds until the next one, a point before the window into it. A price of zero says
// that there is none to be had. Of two prices at one instant the higher one holds.
func Summarize(points []market.Point, w Window) Summary {
	s := Summary{Window: w.To.Sub(w.From)}
	if s.Window <= 0 {
		return Summary{}
	}
	byTime := func(a, b market.Point) int { return cmp.Or(a.At.Compare(b.At), a.Price.Cmp(b.Price)) }
	if !slices.IsSortedFunc(points, byTime) {
		points = slices.SortedFunc(slices.Values(points), byTime)
	}
	stretches := make([]stretch, 0, len(points))
	for i, p := range points {
		if !p.At.Before(w.To) {
			break
		}
		price := fleet.Price{Rate: p.Price, Known: !p.Price.IsZero()}
		s.Last = price
		if !p.At.After(w.From) {
			s.Carried = price
		}
		begin, end := p.At, w.To
		if begin.Before(w.From) {
			begin = w.From
		}
		if i+1 < len(points) && points[i+1].At.Before(end) {
			end = points[i+1].At
		}
		if lasts := end.Sub(begin); lasts > 0 && price.Known {
			stretches = append(stretches, stretch{billionths(p.Price.Decimal()), lasts, i})
			s.Known += lasts
		}
	}
	if s.Known > 0 {
		s.weigh(points, stretches)
	}
	return s
}

// weigh fills in what follows from the stretches of known prices.
func (s *Summary) weigh(points []market.Point, stretches []stretch) {
	slices.SortFunc(stretches, func(a, b stretch) int { return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(a.point, b.point)) })
	// 95 % of the known time, rounded up to a nanosecond; by subtraction, which does not overflow.
	most := s.Known - s.Known/20
	var below time.Duration
	var paid, cut sum
	p95 := -1
	for i, t := range stretches {
		paid.add(t.price, t.lasts)
		if p95 >= 0 {
			if t.price > stretches[p95].price {
				s.Peaks += t.lasts
			}
			cut.add(stretches[p95].price, t.lasts)
			continue
		}
		cut.add(t.price, t.lasts)
		if below += t.lasts; below >= most {
			p95 = i
		}
	}
	s.P95 = points[stretches[p95].point].Price
	s.Max = points[stretches[len(stretches)-1].point].Price
	s.Mean, s.Paid = cut.over(s.Known), paid.over(s.Known)
}

// billionths is a price in billionths of a dollar, rounded up; AWS publishes no finer ones for instances. Integers make a million prices a matter of
// milliseconds. What is too dear for them, above ten billion dollars, counts as that much.
func billionths(price decimal.Decimal) uint64 {
	const most = 10_000_000_000_000_000_000
	if finer := price.Exponent() + 9; 0 <= finer && finer <= 9 && price.NumDigits() <= 9 {
		units := uint64(price.CoefficientInt64())
		for range finer {
			units *= 10
		}
		return units
	}
	if whole := price.Shift(9).Ceil().BigInt(); whole.IsUint64() {
		return min(whole.Uint64(), most)
	}
	return most
}

// sum is billionths of dollars an hour by nanoseconds, in 128 bits.
type sum struct{ high, low uint64 }

func (s *sum) add(price uint64, lasts time.Duration) {
	high, low := bits.Mul64(price, uint64(lasts))
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	s.high, _ = bits.Add64(s.high, high, carry) // 292 years at the highest price fit
}

// over is the sum's mean over a time.
func (s *sum) over(known time.Duration) money.Rate {
	whole := new(big.Int).SetUint64(s.high)
	whole.Lsh(whole, 64).Add(whole, new(big.Int).SetUint64(s.low))
	return rate(decimal.NewFromBigInt(whole, -9).Div(decimal.NewFromInt(int64(known))))
}

// rate is a price that came of prices, none of which is below zero.
func rate(perHour decimal.Decimal) money.Rate {
	r, err := money.RateOf(perHour)
	if err != nil {
		return money.Rate{}
	}
	return r
}

// PerHour is what something costs an hour that costs so much each time and happens so often an hour. The odds become a decimal once, before they
// meet money: their exact binary value, rounded half up to 12 places. They are never below nothing nor above once an hour, which is also what
// odds count as that are no number.
func PerHour(each money.USD, often float64) money.Rate {
	return rate(each.Decimal().Mul(Decimal(often)))
}

// Decimal is the decimal that a chance or a share, which lies between 0 and 1, becomes before it meets money: its exact binary value, rounded half
// up to 12 places. What is no number counts as 1.
func Decimal(share float64) decimal.Decimal {
	const places, scale = 12, 1_000_000_000_000
	switch {
	case math.IsNaN(share) || share >= 1:
		return decimal.NewFromInt(1)
	case share < 0x1p-64: // less than half of the last place
		return decimal.Zero
	}
	fraction, exponent := math.Frexp(share)
	// share is mantissa / 2^shift, shift from 53 to 116.
	mantissa, shift := uint64(fraction*(1<<53)), uint(53-exponent)
	high, low := bits.Mul64(mantissa, scale)
	if half := shift - 1; half < 64 {
		var carry uint64
		low, carry = bits.Add64(low, 1<<half, 0)
		high += carry
	} else {
		high += 1 << (half - 64)
	}
	whole := high >> (shift - 64)
	if shift < 64 {
		whole = high<<(64-shift) | low>>shift
	}
	return decimal.New(int64(whole), -places)
}
