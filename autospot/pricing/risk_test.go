package pricing_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"offpeak/autospot/pricing"
	"offpeak/internal/market"
)

func near(got, want, relative float64) bool { return math.Abs(got-want) <= relative*math.Abs(want) }

func TestRatesOfBands(t *testing.T) {
	t.Parallel()
	// -ln(1-f)/730, worked out by hand to four figures.
	for band, want := range []float64{7.026e-5, 1.596e-4, 2.388e-4, 3.404e-4, 6.998e-4} {
		if got := pricing.BandRate(band); !near(got, want, 5e-4) {
			t.Errorf("band %d: %.4g an hour, want %.4g", band, got, want)
		}
	}
}

func TestRisk(t *testing.T) {
	t.Parallel()
	band := pricing.BandRate
	for _, row := range []struct {
		says    string
		band    int
		advised bool
		own     pricing.Experience
		want    float64
		often   bool
	}{
		{"the band alone", 1, true, pricing.Experience{}, band(1), false},
		{"the highest band that is tolerated", 2, true, pricing.Experience{}, band(2), false},
		{"the lowest that is not", 3, true, pricing.Experience{}, band(3), true},
		{"no advice: the highest band", 0, false, pricing.Experience{}, band(4), true},
		{"a band that does not exist is no advice", 7, true, pricing.Experience{}, band(4), true},
		{"nor is one below zero", -1, true, pricing.Experience{}, band(4), true},
		{"as many hours as the band is worth, and no interruption: half of it", 4, true, pricing.Experience{Hours: 1 / band(4)}, band(4) / 2, true},
		{"the same with one interruption: as the band said", 1, true, pricing.Experience{Interruptions: 1, Hours: 1 / band(1)}, band(1), false},
		{"many hours outvote the highest band", 4, true, pricing.Experience{Interruptions: 5, Hours: 99_000}, 6 / (1/band(4) + 99_000), false},
		{"and the lowest", 0, true, pricing.Experience{Interruptions: 99, Hours: 1e5}, 100 / (1/band(0) + 1e5), true},
		{"hours that are no number do not count", 0, true, pricing.Experience{Hours: math.NaN()}, band(0), false},
		{"nor do fewer than none", 0, true, pricing.Experience{Interruptions: -3, Hours: -1}, band(0), false},
	} {
		r := pricing.RiskOf(market.Odds{Band: row.band}, row.advised, row.own)
		if got := r.PerHour(); !near(got, row.want, 1e-12) || r.Often() != row.often {
			t.Errorf("%s: %.6g an hour, often %v; want %.6g, %v", row.says, got, r.Often(), row.want, row.often)
		}
		if low, high := r.Interval(); !(0 < low && low < r.PerHour() && r.PerHour() < high) {
			t.Errorf("%s: %v is not between %v and %v", row.says, r.PerHour(), low, high)
		}
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	// Shape 1 is the exponential distribution, whose quantiles are -ln(1-p); shapes 5 and 50 are half of the quantiles of chi-squared with 10 and 100 degrees.
	for _, row := range []struct {
		interruptions  int
		low, high, tol float64
	}{
		{0, -math.Log(0.975), -math.Log(0.025), 1e-9},
		{4, 3.247 / 2, 20.483 / 2, 2e-4},
		{49, 74.222 / 2, 129.561 / 2, 1e-5},
	} {
		r := pricing.RiskOf(market.Odds{Band: 2}, true, pricing.Experience{Interruptions: row.interruptions, Hours: 1000})
		low, high := r.Interval()
		unit := r.PerHour() / r.Shape()
		if !near(low/unit, row.low, row.tol) || !near(high/unit, row.high, row.tol) {
			t.Errorf("%d interruptions: %v to %v, want %v to %v", row.interruptions, low/unit, high/unit, row.low, row.high)
		}
	}
}

// Where rates are drawn from what the band says, the interval after experience holds the true rate in 95 of 100 cases.
func TestIntervalsAreHonest(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 9))
	const draws = 4000
	held := 0
	for range draws {
		band := random.IntN(5)
		truth := random.ExpFloat64() * pricing.BandRate(band)
		hours := random.Float64() * 20_000
		r := pricing.RiskOf(market.Odds{Band: band}, true, pricing.Experience{Interruptions: poisson(random, truth*hours), Hours: hours})
		if low, high := r.Interval(); low <= truth && truth <= high {
			held++
		}
	}
	t.Logf("the interval holds the rate in %.1f of 100 cases", 100*float64(held)/draws)
	if share := float64(held) / draws; share < 0.94 || share > 0.96 {
		t.Errorf("the interval holds the rate in %.1f of 100 cases, want 95", 100*share)
	}
}

// Where a pool's instances are taken together, as many as an instance ran with on average, the interval holds the true rate in 95 of 100 cases too, and
// one that took each for a draw of its own would not. Where half of them are taken at a time it holds it in more.
func TestIntervalsKnowOfClusters(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 9))
	const draws = 4000
	for _, row := range []struct {
		says               string
		share              float64 // of a pool that is taken at a time
		least, most, naive float64
	}{
		{"the whole pool", 1, 0.94, 0.96, 0.85}, {"half of it", 0.5, 0.945, 1, 0.9},
	} {
		held, alone := 0, 0
		for range draws {
			band, size := random.IntN(5), 2+random.IntN(18)
			truth := random.ExpFloat64() * pricing.BandRate(band)
			hours := 500 + random.Float64()*20_000
			taken := 0
			for range poisson(random, truth/row.share*hours/float64(size)) {
				for range size {
					if random.Float64() < row.share {
						taken++
					}
				}
			}
			within := func(together float64) int {
				low, high := pricing.RiskOf(market.Odds{Band: band}, true, pricing.Experience{Interruptions: taken, Hours: hours, Together: together}).Interval()
				if low <= truth && truth <= high {
					return 1
				}
				return 0
			}
			held, alone = held+within(float64(size)), alone+within(0)
		}
		t.Logf("%s: the interval holds the rate in %.1f of 100 cases, and each instance as a draw in %.1f", row.says, 100*float64(held)/draws, 100*float64(alone)/draws)
		if got := float64(held) / draws; got < row.least || got > row.most {
			t.Errorf("%s: the interval holds the rate in %.3f of the cases", row.says, got)
		}
		if got := float64(alone) / draws; got > row.naive {
			t.Errorf("%s: each instance as a draw holds it in %.3f, which needs no rule", row.says, got)
		}
	}
}

func poisson(random *rand.Rand, mean float64) (n int) {
	for at := random.ExpFloat64(); at < mean; at += random.ExpFloat64() {
		n++
	}
	return n
}
