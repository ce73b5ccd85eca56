package recount

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
)

// doublesLike draws doubles of every size, many of them half way between two decimals or next to it.
func doublesLike(r *rand.Rand) float64 {
	x := 0.0
	switch r.IntN(7) {
	case 0:
		x = r.Float64()
	case 1:
		x = r.Float64() * 1e9
	case 2:
		x = (float64(r.IntN(2_000_000_000)) + 0.5) / 1e12 * float64(1+r.IntN(1000))
	case 3:
		x = math.Ldexp(float64(2*r.IntN(1<<20)+1), -13)
	case 4:
		x = math.Ldexp(r.Float64(), r.IntN(150)-90)
	case 5:
		x = float64(r.IntN(1_000_000)) + 0.5
	default:
		x = math.Nextafter((float64(r.IntN(2_000_000_000))+0.5)/1e12, float64(r.IntN(2)))
	}
	if r.IntN(2) == 0 {
		x = -x
	}
	return x
}

func TestOneDoubleIsFromDouble(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 12))
	for range 200_000 {
		x := doublesLike(r)
		got, err := exact(x)
		want, wantErr := billing.FromDouble(x)
		if err != nil || wantErr != nil || !got.Equal(want) {
			t.Fatalf("%v: got %s, %v, want %s, %v", x, got, err, want, wantErr)
		}
	}
}

func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 12))
	for range 200 {
		var one, other sum
		want := decimal.Zero
		for range 200 {
			x := doublesLike(r)
			if r.IntN(3) == 0 {
				x = math.Ldexp(x, r.IntN(30)) // up to where whole numbers no longer fit into 64 bits together
			}
			if math.Abs(x) >= 1<<62 {
				continue
			}
			to := &one
			if r.IntN(2) == 0 {
				to = &other
			}
			if err := to.add(x); err != nil {
				t.Fatal(err)
			}
			d, err := billing.FromDouble(x)
			if err != nil {
				t.Fatal(err)
			}
			want = want.Add(d)
		}
		one.merge(&other)
		if got := one.decimal(); !got.Equal(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestSumsBeyond64Bits(t *testing.T) {
	t.Parallel()
	var s sum
	for range 5 {
		if err := s.add(9e18); err != nil {
			t.Fatal(err)
		}
		if err := s.add(-0.25); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := s.decimal().String(), "44999999999999999998.75"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var many sum
	for range 30 {
		many.merge(&sum{rest: half})
	}
	if got, want := many.decimal(), decimal.New(half, -12).Mul(decimal.NewFromInt(30)); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatIsNoAmount(t *testing.T) {
	t.Parallel()
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1 << 63, -1e300} {
		var s sum
		if err := s.add(x); err == nil {
			t.Errorf("%v was added: %s", x, s.decimal())
		}
	}
}
