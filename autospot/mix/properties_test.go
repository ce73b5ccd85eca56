package mix_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
	"offpeak/internal/money"
)

// questions are random ones.
func questions(t *testing.T, count int, each func(seed uint64, q mix.Question)) {
	t.Helper()
	for seed := range uint64(count) {
		random := rand.New(rand.NewPCG(seed, 11))
		q := ask(t, func(q *mix.Question) {
			q.Size = random.IntN(40)
			q.Max = q.Size + random.IntN(40)
			q.Min = random.IntN(2) * random.IntN(q.Size+1)
			for range random.IntN(4) {
				q.Sizes = append(q.Sizes, random.IntN(q.Max+1))
			}
			q.Zones = 1 + random.IntN(6)
			q.Target = mix.Target{Loss: random.IntN(101), Odds: []float64{0, 0.01, 0.1, 0.3, 1, 5}[random.IntN(6)]}
			if random.IntN(2) == 0 {
				q.Minimum = random.IntN(q.Max + 2)
			}
			if random.IntN(2) == 0 {
				q.Committed = random.IntN(q.Max + 2)
			}
			q.Interruption = dollars(t, []string{"0", "1", "50", "200", "2000"}[random.IntN(5)])
			q.Quotes = quotes(t, 3+random.IntN(20), []string{"0.01", "0.03", "0.08"}[random.IntN(3)], random.IntN(5))
		})
		each(seed, q)
	}
}

// The chosen number costs least of all that meet the target and are enough; every size up to the highest meets the target under the base and percentage.
func TestChoiceIsTheCheapestThatMeets(t *testing.T) {
	t.Parallel()
	questions(t, 600, func(seed uint64, q mix.Question) {
		a := mix.Choose(q)
		table := a.Table()
		for _, r := range table {
			feasible := r.OnDemand == q.Size || r.Losses <= q.Target.Odds && r.OnDemand >= min(q.Size, max(q.Minimum, q.Committed))
			if feasible != (r.Meets && r.Enough) {
				t.Fatalf("seed %d: %+v says that it meets the target, or not, wrongly", seed, r)
			}
			if feasible && r.Cost.Total.Cmp(a.Wanted.Cost.Total) < 0 {
				t.Fatalf("seed %d: %d on demand cost %s, chosen were %d at %s", seed, r.OnDemand, r.Cost.Total, a.Wanted.OnDemand, a.Wanted.Cost.Total)
			}
		}
		if !table[a.Wanted.OnDemand].Meets || !table[a.Wanted.OnDemand].Enough {
			t.Fatalf("seed %d: the choice does not meet the target", seed)
		}
		for i := 1; i < len(table); i++ {
			if table[i].Losses > table[i-1].Losses {
				t.Fatalf("seed %d: %d on demand lose more often than %d", seed, i, i-1)
			}
		}
	})
}

func TestEverySizeMeetsTheTarget(t *testing.T) {
	t.Parallel()
	questions(t, 150, func(seed uint64, q mix.Question) {
		a := mix.Choose(q)
		low := q.Min
		for _, size := range q.Sizes {
			if size > 0 {
				low = min(low, size)
			}
		}
		for size := range q.Max + 1 {
			if 0 < size && size < low {
				continue
			}
			alone := q
			alone.Size, alone.Max, alone.Sizes = size, size, nil
			answer := mix.Choose(alone)
			table := answer.Table()
			kept := mix.OnDemand(size, a.Base, a.Percentage)
			if r := table[kept]; !r.Meets || !r.Enough {
				t.Fatalf("seed %d: %d+%d%% keep %d of %d on demand, which is not enough: %+v", seed, a.Base, a.Percentage, kept, size, r)
			}
		}
		for _, s := range a.Sizes {
			if s.Row.OnDemand != mix.OnDemand(s.Size, a.Base, a.Percentage) || s.Row.OnDemand < s.Needed || s.Row.Spot+s.Row.OnDemand != s.Size || !s.Row.Meets || !s.Row.Enough {
				t.Fatalf("seed %d: %+v under %d+%d%%", seed, s, a.Base, a.Percentage)
			}
		}
		if a.Sizes[0].Size != q.Size || !cmp.Equal(a.Sizes[0].Row, a.Chosen) {
			t.Fatalf("seed %d: the first size is %+v, chosen was %+v", seed, a.Sizes[0], a.Chosen)
		}
	})
}

// No other base and percentage that holds at every size keeps fewer on demand at the size that is asked for.
func TestExpressionKeepsTheFewest(t *testing.T) {
	t.Parallel()
	questions(t, 60, func(seed uint64, q mix.Question) {
		a := mix.Choose(q)
		if codes(a.Refused) != "" {
			return
		}
		needs, low := make([]int, q.Max+1), q.Min
		for _, size := range q.Sizes {
			if size > 0 {
				low = min(low, size)
			}
		}
		for size := range needs {
			alone := q
			alone.Size, alone.Max, alone.Sizes = size, size, nil
			answer := mix.Choose(alone)
			needs[size] = answer.Wanted.OnDemand
		}
		fewest := q.Size
		for base := range q.Max + 1 {
			for percentage := range 101 {
				holds := true
				for size, need := range needs {
					holds = holds && (size < low || mix.OnDemand(size, base, percentage) >= need)
				}
				if holds {
					fewest = min(fewest, mix.OnDemand(q.Size, base, percentage))
				}
			}
		}
		if a.Chosen.OnDemand != fewest {
			t.Fatalf("seed %d: %d+%d%% keep %d of %d on demand, %d would do", seed, a.Base, a.Percentage, a.Chosen.OnDemand, q.Size, fewest)
		}
	})
}

// More tolerant owners never keep more on demand: of odds, and of losses.
func TestToleranceNeverAsksForMore(t *testing.T) {
	t.Parallel()
	questions(t, 300, func(seed uint64, q mix.Question) {
		was := mix.Choose(q)
		odds, loss := q, q
		odds.Target.Odds += 0.2
		loss.Target.Loss = min(100, loss.Target.Loss+10)
		for says, other := range map[string]mix.Question{"odds": odds, "loss": loss} {
			if is := mix.Choose(other); is.Wanted.OnDemand > was.Wanted.OnDemand {
				t.Fatalf("seed %d: more %s, and %d on demand became %d", seed, says, was.Wanted.OnDemand, is.Wanted.OnDemand)
			}
		}
	})
}

// A further zone does not ask for more on demand where what the target allows lies well above what several zones lose together and well below what one does. Where it does not,
// it may, and rightly: of three zones one is hit more often than of two, and of six two at once more often than of five.
func TestZonesNeverAskForMore(t *testing.T) {
	t.Parallel()
	wanted := func(size, zones, band int, target mix.Target) int {
		a := mix.Choose(ask(t, func(q *mix.Question) {
			q.Size, q.Zones, q.Target, q.Quotes = size, zones, target, quotes(t, 12, "0.03", band)
		}))
		return a.Wanted.OnDemand
	}
	for band := range 4 {
		for _, loss := range []int{10, 25, 33, 50, 70} {
			for _, size := range []int{60, 120} {
				for zones := 2; zones <= 6; zones++ {
					if was, is := wanted(size, zones-1, band, mix.Target{Loss: loss, Odds: 0.1}), wanted(size, zones, band, mix.Target{Loss: loss, Odds: 0.1}); is > was {
						t.Errorf("band %d, %d%% of %d: %d on demand in %d zones, %d in %d", band, loss, size, was, zones-1, is, zones)
					}
				}
			}
		}
	}
	if two, three := wanted(10, 2, 0, mix.Target{Loss: 25, Odds: 0.31}), wanted(10, 3, 0, mix.Target{Loss: 25, Odds: 0.31}); two != 0 || three != 6 {
		t.Errorf("0.31 times a quarter: %d on demand in two zones, %d in three; want 0 and 6", two, three)
	}
	if five, six := wanted(60, 5, 4, mix.Target{Loss: 25, Odds: 0.1}), wanted(60, 6, 4, mix.Target{Loss: 25, Odds: 0.1}); five != 0 || six != 18 {
		t.Errorf("the highest band: %d on demand in five zones, %d in six; want 0 and 18", five, six)
	}
}

func TestOrderOfQuotesDoesNotMatter(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	all := quotes(t, 40, "0.03", 2)
	for i := range all {
		all[i].Mean = usd(t, []string{"0.02", "0.03", "0.04"}[i%3])
	}
	names := func(a mix.Answer) (all []string) {
		for i := range a.Types {
			all = append(all, a.Types[i].Quote.Type)
		}
		return all
	}
	want := mix.Choose(ask(t, func(q *mix.Question) { q.Quotes = all }))
	for range 30 {
		shuffled := slices.Clone(all)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		before := slices.Clone(shuffled)
		got := mix.Choose(ask(t, func(q *mix.Question) { q.Quotes = shuffled }))
		if diff := cmp.Diff(names(want), names(got)); diff != "" || !cmp.Equal(want.Chosen, got.Chosen) || !cmp.Equal(want.Rejected, got.Rejected) {
			t.Fatalf("another order, another answer:\n%s", diff)
		}
		if !cmp.Equal(before, shuffled, cmp.Comparer(func(a, b pricing.Quote) bool { return a.Type == b.Type })) {
			t.Fatal("the question was changed")
		}
	}
}

// Money is counted in decimals: costs of parts are the sum to the last place.
func TestCostsAddUp(t *testing.T) {
	t.Parallel()
	questions(t, 100, func(seed uint64, q mix.Question) {
		a := mix.Choose(q)
		for _, r := range a.Table() {
			c := r.Cost
			sum := money.Rate{}
			for _, part := range []money.Rate{c.OnDemand, c.Spot, c.Interruptions, c.Dry} {
				sum = sum.Add(part)
			}
			if !sum.Equal(c.Total) {
				t.Fatalf("seed %d: %s in parts, %s in all", seed, sum, c.Total)
			}
		}
		if a.Cheapest.Cmp(a.Dearest) > 0 {
			t.Fatalf("seed %d: %s at the cheapest, %s at the dearest", seed, a.Cheapest, a.Dearest)
		}
	})
}
