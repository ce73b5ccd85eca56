package query_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
)

// exactly is the macro exact of the texts, over an engine's cast of doubles to whole numbers.
func exactly(x float64, cast func(float64) float64) decimal.Decimal {
	whole := func(x float64) *big.Int {
		i, _ := big.NewFloat(cast(x)).Int(nil)
		return i
	}
	trillionths := float64((x - cast(x)) * 1e12)
	high := (x - cast(x)) * 70368744177664
	excess := new(big.Int).Mul(whole(high), big.NewInt(244140625))
	excess.Sub(excess, new(big.Int).Mul(whole(2*trillionths), big.NewInt(8589934592)))
	excess.Mul(excess, big.NewInt(140737488355328))
	excess.Add(excess, new(big.Int).Mul(whole((high-cast(high))*140737488355328), big.NewInt(244140625)))
	var rest *big.Int
	switch {
	case math.Abs(trillionths-cast(trillionths)) != 0.5:
		rest = whole(trillionths)
	case excess.Sign() > 0 || excess.Sign() == 0 && x > 0:
		rest = whole(trillionths + 0.5)
	default:
		rest = whole(trillionths - 0.5)
	}
	all := new(big.Int).Mul(whole(x), big.NewInt(1_000_000_000_000))
	return decimal.NewFromBigInt(all.Add(all, rest), -12)
}

// DuckDB casts half way to even and Trino half way up; the expression gives the same through both.
func TestTheExpressionDoesNotDependOnTheCast(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 12))
	ways := 0
	for range 200_000 {
		x := 0.0
		switch r.IntN(6) {
		case 0:
			x = r.Float64() * 1e9
		case 1:
			x = (float64(r.IntN(2_000_000_000)) + 0.5) / 1e12 * float64(1+r.IntN(1000))
		case 2:
			x = math.Ldexp(float64(2*r.IntN(1<<20)+1), -13)
		case 3:
			x = math.Ldexp(r.Float64(), r.IntN(143)-90)
		case 4:
			x = float64(r.IntN(1_000_000)) + 0.5
		default:
			x = math.Nextafter((float64(r.IntN(2_000_000_000))+0.5)/1e12, float64(r.IntN(2)))
		}
		if r.IntN(2) == 0 {
			x = -x
		}
		want, err := billing.FromDouble(x)
		if err != nil {
			t.Fatal(err)
		}
		if rest := float64((x - math.Round(x)) * 1e12); math.Abs(rest-math.Round(rest)) == 0.5 {
			ways++
		}
		for cast, round := range map[string]func(float64) float64{"half to even": math.RoundToEven, "half up": math.Round} {
			if got := exactly(x, round); !got.Equal(want) {
				t.Fatalf("%s: %v: got %s, want %s", cast, x, got, want)
			}
		}
	}
	if ways < 1000 {
		t.Errorf("only %d of the doubles seem to lie half way", ways)
	}
}
