package commitments_test

import (
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
)

func decimals(all ...float64) (out []decimal.Decimal) {
	for _, v := range all {
		out = append(out, decimal.NewFromFloat(v))
	}
	return out
}

func TestSmallerPlans(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says   string
		unused []decimal.Decimal
		ratio  string
		less   string
		saves  string
		ok     bool
	}{
		{"all is used: nothing", decimals(0, 0, 0, 0), "0.7", "0", "0", false},
		{"one dollar is never used: one dollar less", decimals(1, 1, 1, 1), "0.7", "1", "1", true},
		{"unused in half of the hours, and the plan costs 70 %: it pays, as 0.5 is below 0.7", decimals(0, 0, 2, 2), "0.7", "2", "0.5714", true},
		{"unused in a quarter of the hours at 70 %: it does not", decimals(0, 0, 0, 2), "0.7", "0", "0", false},
		{"no hours", nil, "0.7", "0", "0", false},
		{"a ratio that is none", decimals(1), "1.2", "0", "0", false},
		{"no ratio", decimals(1), "0", "0", "0", false},
	} {
		less, saves, ok := commitments.Less(row.unused, decimal.RequireFromString(row.ratio))
		if ok != row.ok || ok && (less.String() != row.less || saves.Round(4).String() != row.saves) {
			t.Errorf("%s: %s less saves %s (%v), want %s and %s (%v)", row.says, less, saves, ok, row.less, row.saves, row.ok)
		}
	}
}

// No other size would have saved more.
func TestNoSmallerPlanSavesMore(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		ratio := decimal.New(int64(30+random.IntN(65)), -2)
		unused := make([]decimal.Decimal, 1+random.IntN(30))
		for i := range unused {
			unused[i] = decimal.New(int64(max(0, random.IntN(80)-30)), -1)
		}
		best := decimal.Decimal{}
		for _, d := range unused {
			saved := decimal.Decimal{}
			for _, u := range unused {
				saved = saved.Add(d)
				if u.LessThan(d) {
					saved = saved.Sub(d.Sub(u).Div(ratio))
				}
			}
			if mean := saved.Div(decimal.NewFromInt(int64(len(unused)))); mean.GreaterThan(best) {
				best = mean
			}
		}
		_, saves, ok := commitments.Less(unused, ratio)
		if !ok {
			saves = decimal.Decimal{}
		}
		if best.Sub(saves).GreaterThan(decimal.New(1, -9)) {
			t.Fatalf("%v at %s: saves %s, another size %s", unused, ratio, saves, best)
		}
	}
}
