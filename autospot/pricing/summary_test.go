package pricing_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

var midnight = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func usd(t testing.TB, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// at is a price from an hour after midnight on.
func at(t testing.TB, hour float64, price string) market.Point {
	t.Helper()
	return market.Point{At: midnight.Add(time.Duration(hour * float64(time.Hour))), Price: usd(t, price)}
}

// day is a window of so many hours from midnight.
func day(hours int) pricing.Window {
	return pricing.Window{From: midnight, To: midnight.Add(time.Duration(hours) * time.Hour)}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	type points = []market.Point
	none, price := fleet.Price{}, func(text string) fleet.Price { return fleet.Price{Rate: usd(t, text), Known: true} }
	rate, h := func(text string) money.Rate { return usd(t, text) }, time.Hour
	for _, row := range []struct {
		says   string
		points points
		hours  int
		want   pricing.Summary
	}{
		{
			"a price before the window is carried into it",
			points{at(t, -50, "0.5")},
			10,
			pricing.Summary{price("0.5"), price("0.5"), rate("0.5"), rate("0.5"), rate("0.5"), rate("0.5"), 10 * h, 10 * h, 0},
		},
		{
			"of several before the window the last one is",
			points{at(t, -50, "0.5"), at(t, -1, "0.25")},
			10,
			pricing.Summary{price("0.25"), price("0.25"), rate("0.25"), rate("0.25"), rate("0.25"), rate("0.25"), 10 * h, 10 * h, 0},
		},
		{
			"the mean is weighted by time, not by points",
			points{at(t, 0, "1"), at(t, 3, "2"), at(t, 3.5, "3"), at(t, 4, "4")},
			8,
			// (3*1 + 0.5*2 + 0.5*3 + 4*4) / 8 = 21.5 / 8
			pricing.Summary{price("1"), price("4"), rate("2.6875"), rate("2.6875"), rate("4"), rate("4"), 8 * h, 8 * h, 0},
		},
		{
			"what lies before the first point is unknown, not free",
			points{at(t, 6, "1")},
			8,
			pricing.Summary{none, price("1"), rate("1"), rate("1"), rate("1"), rate("1"), 2 * h, 8 * h, 0},
		},
		{
			"a price of zero says that there is none to be had: (4*1 + 2*3) / 6",
			points{at(t, 0, "1"), at(t, 4, "0"), at(t, 6, "3")},
			8,
			pricing.Summary{price("1"), price("3"), rate("1.6666666666666667"), rate("1.6666666666666667"), rate("3"), rate("3"), 6 * h, 8 * h, 0},
		},
		{
			"exactly 95 of 100 hours at 1: that is the price not exceeded for 95 % of the time",
			points{at(t, 0, "1"), at(t, 95, "9")},
			100,
			// paid (95 + 45) / 100; the peak counts as 1
			pricing.Summary{price("1"), price("9"), rate("1"), rate("1.4"), rate("1"), rate("9"), 100 * h, 100 * h, 5 * h},
		},
		{
			"94 of 100 hours at 1 do not suffice",
			points{at(t, 0, "1"), at(t, 94, "2")},
			100,
			pricing.Summary{price("1"), price("2"), rate("1.06"), rate("1.06"), rate("2"), rate("2"), 100 * h, 100 * h, 0},
		},
		{
			"points at and after its end do not count",
			points{at(t, 0, "1"), at(t, 10, "7"), at(t, 11, "9")},
			10,
			pricing.Summary{price("1"), price("1"), rate("1"), rate("1"), rate("1"), rate("1"), 10 * h, 10 * h, 0},
		},
		{
			"of two prices at one instant the higher holds, in whatever order",
			points{at(t, 0, "2"), at(t, 0, "1")},
			10,
			pricing.Summary{price("2"), price("2"), rate("2"), rate("2"), rate("2"), rate("2"), 10 * h, 10 * h, 0},
		},
		{
			"finer than a billionth of a dollar: the mean is rounded up to it, the prices are not",
			points{at(t, 0, "0.12345678901")},
			10,
			pricing.Summary{price("0.12345678901"), price("0.12345678901"), rate("0.123456790"), rate("0.123456790"), rate("0.12345678901"), rate("0.12345678901"), 10 * h, 10 * h, 0},
		},
		{
			"dearer than anything: it counts as ten billion",
			points{at(t, 0, "10000000000"), at(t, 5, "20000000000000000000")},
			10,
			pricing.Summary{price("10000000000"), price("20000000000000000000"), rate("10000000000"), rate("10000000000"), rate("20000000000000000000"), rate("20000000000000000000"), 10 * h, 10 * h, 0},
		},
		{"nothing known", nil, 10, pricing.Summary{Window: 10 * h}},
		{"an empty window", points{at(t, 0, "1")}, 0, pricing.Summary{}},
	} {
		got := pricing.Summarize(row.points, day(row.hours))
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.says, diff)
		}
	}
}

func TestPriced(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		from float64
		want bool
	}{{0, true}, {5, true}, {5.01, false}, {10, false}} {
		s := pricing.Summarize([]market.Point{at(t, row.from, "1")}, day(10))
		if got := s.Priced(); got != row.want {
			t.Errorf("known from hour %v of ten: priced %v, want %v (coverage %v)", row.from, got, row.want, s.Coverage())
		}
	}
}

func TestOrderOfPointsDoesNotMatter(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	points := path(t, random, 60)
	want := pricing.Summarize(points, day(720))
	for range 50 {
		random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		if diff := cmp.Diff(want, pricing.Summarize(points, day(720))); diff != "" {
			t.Fatal(diff)
		}
	}
}

// path is a price that wanders for 720 hours.
func path(t testing.TB, random *rand.Rand, changes int) []market.Point {
	t.Helper()
	points := []market.Point{at(t, -1, "0.100")}
	cents := 100
	for range changes {
		cents = max(1, cents+random.IntN(21)-10)
		points = append(points, at(t, float64(random.IntN(720*60))/60, decimal.New(int64(cents), -3).String()))
	}
	slices.SortFunc(points, func(a, b market.Point) int { return a.At.Compare(b.At) })
	return points
}

// priceAt is what holds at an instant.
func priceAt(points []market.Point, instant time.Time) (price decimal.Decimal) {
	for _, p := range points {
		if !p.At.After(instant) {
			price = p.Price.Decimal()
		}
	}
	return price
}

// during is a path with another price from one instant to another.
func during(points []market.Point, from, to time.Time, price money.Rate) []market.Point {
	back, err := money.RateOf(priceAt(points, to))
	if err != nil {
		panic(err)
	}
	changed := slices.DeleteFunc(slices.Clone(points), func(p market.Point) bool { return !p.At.Before(from) && !p.At.After(to) })
	changed = append(changed, market.Point{At: from, Price: price}, market.Point{At: to, Price: back})
	slices.SortFunc(changed, func(a, b market.Point) int { return a.At.Compare(b.At) })
	return changed
}

// quantiles are the lowest prices that were not exceeded for 94 and for 96 % of 720 hours, looked at each minute.
func quantiles(points []market.Point) (p94, p96 decimal.Decimal) {
	prices := make([]int64, 0, 720*60)
	next, price := 0, int64(0)
	for minute := range int64(720 * 60) {
		for at := midnight.Unix() + 60*minute; next < len(points) && points[next].At.Unix() <= at; next++ {
			price = points[next].Price.Decimal().Shift(6).IntPart()
		}
		prices = append(prices, price)
	}
	slices.Sort(prices)
	at := func(percent int) decimal.Decimal { return decimal.New(prices[(len(prices)*percent+99)/100-1], -6) }
	return at(94), at(96)
}

// sampled are the prices at each step of a window.
func sampled(points []market.Point, w pricing.Window, step time.Duration) (prices []decimal.Decimal) {
	next, price := 0, decimal.Zero
	for instant := w.From; instant.Before(w.To); instant = instant.Add(step) {
		for ; next < len(points) && !points[next].At.After(instant); next++ {
			price = points[next].Price.Decimal()
		}
		prices = append(prices, price)
	}
	return prices
}

// What prices do in a hundredth of the time, however high or low they go, moves the P95 no further than between the P94 and the P96, and the
// mean by no more than the bound of Summary's comment.
func TestNoOutlierMovesASummaryFar(t *testing.T) {
	t.Parallel()
	prices := []money.Rate{usd(t, "0.0001"), usd(t, "0.3"), usd(t, "25.2"), usd(t, "99999999")}
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 7))
		points := path(t, random, 5+random.IntN(100))
		from := midnight.Add(time.Duration(random.IntN(712*60)) * time.Minute)
		lasts := time.Duration(1+random.IntN(431)) * time.Minute // 7.2 hours are a hundredth
		spiked := during(points, from, from.Add(lasts), prices[random.IntN(len(prices))])
		was, is := pricing.Summarize(points, day(720)), pricing.Summarize(spiked, day(720))
		low, high := quantiles(points)
		if p95 := is.P95.Decimal(); p95.LessThan(low) || p95.GreaterThan(high) {
			t.Fatalf("seed %d: P95 %s became %s, outside of %s to %s", seed, was.P95, p95, low, high)
		}
		share := decimal.NewFromFloat(0.01)
		p95 := was.P95.Decimal()
		up := high.Mul(share).Add(high.Sub(p95).Mul(decimal.NewFromFloat(0.05)))
		down := low.Mul(share).Add(p95.Sub(low).Mul(decimal.NewFromFloat(0.06)))
		if moved := is.Mean.Decimal().Sub(was.Mean.Decimal()); moved.GreaterThan(up) || moved.Neg().GreaterThan(down) {
			t.Fatalf("seed %d: the mean %s moved by %s, further than +%s or -%s", seed, was.Mean, moved, up, down)
		}
		if is.Mean.Cmp(is.P95) > 0 {
			t.Fatalf("seed %d: the mean %s is above the P95 %s", seed, is.Mean, is.P95)
		}
	}
}

// A spike flips a verdict only where the limit lies between the P94 and the P96: the pool was as dear as that for a twenty-fifth of the time anyway.
func TestNoOutlierFlipsADecision(t *testing.T) {
	t.Parallel()
	flipped := 0
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 8))
		points := path(t, random, 5+random.IntN(100))
		from := midnight.Add(time.Duration(random.IntN(712*60)) * time.Minute)
		spiked := during(points, from, from.Add(7*time.Hour), usd(t, "25.2"))
		low, high := quantiles(points)
		// The one is in zone a, the other in zone b.
		zone := func(name string) market.Pool { return market.Pool{Zone: name, Type: "m5.large", Product: "Linux/UNIX"} }
		m := &market.Market{Spot: market.History{zone("a"): points, zone("b"): spiked}, Advised: calm("m5.large")}
		book := pricing.NewBook(m, "us-east-1", day(720), nil)
		for limit := int64(40); limit < 250; limit += 3 {
			onDemand, err := money.RateOf(decimal.New(limit, -3))
			if err != nil {
				t.Fatal(err)
			}
			quote := func(zone string) pricing.Quote {
				return book.Quote(pricing.Ask{Type: "m5.large", Product: "Linux/UNIX", Zones: []string{zone}, OnDemand: onDemand})
			}
			was, is := quote("a"), quote("b")
			if was.Accepted() == is.Accepted() {
				continue
			}
			flipped++
			if gate := onDemand.Decimal(); gate.LessThan(low) || gate.GreaterThan(high) {
				t.Fatalf("seed %d: a spike flipped %v to %v at a limit of %s, with P94 %s and P96 %s", seed, was.Reasons, is.Reasons, gate, low, high)
			}
		}
	}
	if flipped == 0 {
		t.Error("no limit was near enough for a verdict to change: the property was not tried where it is close")
	}
}

func TestDecimalOfAShare(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		share float64
		want  string
	}{
		{0.1, "0.1"}, // 0.1000000000000000055...
		{0.5, "0.5"},
		{1.0 / 3, "0.333333333333"},
		{2.0 / 3, "0.666666666667"},
		{0x1p-13, "0.000122070313"}, // 0.0001220703125
		{0x1p-40, "0.000000000001"}, // 0.00000000000090949...
		{5.1e-13, "0.000000000001"},
		{4.9e-13, "0"},
		{-1, "0"},
		{2, "1"},
		{math.NaN(), "1"},
		{math.Inf(1), "1"},
		{math.Inf(-1), "0"},
	} {
		if got := pricing.Decimal(row.share); !got.Equal(decimal.RequireFromString(row.want)) {
			t.Errorf("%v became %s, want %s", row.share, got, row.want)
		}
	}
	// The same by fractions that are exact.
	random := rand.New(rand.NewPCG(1, 12))
	for range 20_000 {
		share := math.Ldexp(random.Float64(), -random.IntN(70))
		exact := new(big.Rat).SetFloat64(share)
		want := decimal.NewFromBigInt(exact.Num(), 0).DivRound(decimal.NewFromBigInt(exact.Denom(), 0), 12)
		if got := pricing.Decimal(share); !got.Equal(want) {
			t.Fatalf("%v became %s, want %s", share, got, want)
		}
	}
	two := money.USDOf(decimal.NewFromInt(2))
	if got := pricing.PerHour(two, 0.25); !got.Equal(usd(t, "0.5")) {
		t.Errorf("2 USD every four hours are %s an hour, want 0.5", got)
	}
}
