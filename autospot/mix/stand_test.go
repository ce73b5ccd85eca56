package mix_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
)

// TestStanding: the odds as Spot instances stand are those of the table where they stand even, and worse where they do not.
func TestStanding(t *testing.T) {
	t.Parallel()
	rate := pricing.BandRate(2)
	own, shock := rate*0.95, rate*0.05*2190
	other := -math.Expm1(-own)
	both := func(p ...float64) float64 { // one of them at least
		none := 1.0
		for _, x := range p {
			none *= 1 - x
		}
		return 1 - none
	}
	for _, row := range []struct {
		says           string
		size, zones    int
		spot           []int
		loss           int
		most, share    int
		want           float64
		crowded, meets bool
	}{
		{"even: as the table says", 12, 3, []int{3, 3, 3}, 25, 3, 3, shock + 3*own*2190*both(other, other), false, true},
		{"one zone holds one more, and is too much by itself", 12, 3, []int{4, 3, 2}, 25, 4, 3, shock + own*2190*(1+2*both(other, other)), true, false},
		{"the same, where a third may be lost", 12, 3, []int{4, 3, 2}, 34, 4, 3, shock + 3*own*2190*both(other, other), false, true},
		{"all in one zone", 9, 3, []int{4, 0, 0}, 25, 4, 2, shock + own*2190, true, false},
		{"so few that all of them are not too many", 12, 3, []int{3, 0, 0}, 25, 3, 1, 0, false, true},
		{"none is Spot any more", 12, 3, []int{0, 0, 0}, 25, 0, 0, 0, false, true},
	} {
		a := mix.Choose(ask(t, func(q *mix.Question) { q.Size, q.Zones, q.Target.Loss = row.size, row.zones, row.loss }))
		got, known := a.Standing(row.size, row.spot)
		if !known || got.Most != row.most || got.Share != row.share || math.Abs(got.Losses-row.want) > 1e-9 || got.Crowded() != row.crowded || got.Meets != row.meets {
			t.Errorf("%s: got %+v, crowded %v; want %d, share %d, %.9f, crowded %v, meets %v", row.says, got, got.Crowded(), row.most, row.share, row.want, row.crowded, row.meets)
		}
	}
	if _, known := (&mix.Answer{}).Standing(9, []int{3, 3, 3}); known {
		t.Error("without a mix there are no odds")
	}
}

// TestStandingAgainstTheTable: where zones hold no more than their share, no more is lost than the table says.
func TestStandingAgainstTheTable(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(8, 1))
	questions(t, 300, func(seed uint64, q mix.Question) {
		a := mix.Choose(q)
		if a.Table() == nil || q.Size == 0 {
			return
		}
		onDemand := random.IntN(q.Size + 1)
		spot := spread(random, q.Size, onDemand, q.Zones)
		got, _ := a.Standing(q.Size, spot)
		if want := a.Table()[onDemand]; got.Losses > want.Losses+1e-9 || got.Crowded() {
			t.Errorf("seed %d: %v of %d: %.6f losses as they stand, and %.6f said", seed, spot, q.Size, got.Losses, want.Losses)
		}
	})
}

// TestStandingAgainstSimulation plays quarters in which zones fall, with Spot instances that stand uneven.
func TestStandingAgainstSimulation(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 2))
	const rate, quarters = 2e-4, 30_000
	for _, row := range []struct {
		says string
		size int
		spot []int
		loss int
	}{
		{"one zone with more than its share", 14, []int{5, 3}, 34}, {"one of three", 12, []int{5, 2, 2}, 34}, {"all in one", 8, []int{4, 0}, 25},
	} {
		a := mix.Choose(ask(t, func(q *mix.Question) {
			q.Size, q.Zones, q.Target.Loss, q.Quotes = row.size, len(row.spot), row.loss, withRate(t, rate)
		}))
		said, _ := a.Standing(row.size, row.spot)
		counted := world(random, row.spot, row.size, row.loss, rate, 0.05, 1, quarters)
		t.Logf("%s: %.4f said, %.4f counted", row.says, said.Losses, counted)
		if e := 4 * math.Sqrt(said.Losses/quarters); math.Abs(said.Losses-counted) > e {
			t.Errorf("%s: %.4f said, %.4f counted, give or take %.4f", row.says, said.Losses, counted, e)
		}
	}
}
