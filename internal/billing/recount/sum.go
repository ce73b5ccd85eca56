package recount

import (
	"fmt"
	"math"
	"math/big"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
)

// unit is how many of the smallest amounts make a whole one: 10^billing.Places.
const unit = 1_000_000_000_000

// sum is an exact sum of decimals of twelve places: more + whole + rest/unit. Its zero value is zero.
type sum struct {
	whole, rest int64
	more        *big.Int // whole numbers that no longer fit; nil as long as all do
}

// half is where rest is carried over, far from its bounds.
const half = math.MaxInt64 / 2

// add adds a double, converted as billing.FromDouble does.
func (s *sum) add(x float64) error {
	whole := math.RoundToEven(x)
	trillionths := float64((x - whole) * unit) // the conversion keeps compilers from fusing it with what follows
	near := math.RoundToEven(trillionths)
	switch {
	case !(math.Abs(whole) < 1<<63):
		return outside(x)
	case math.Abs(trillionths-near) == 0.5:
		// The product seems to lie just between two numbers, so its own rounding decides: only the exact value can tell.
		return s.slowly(x)
	}
	s.parts(int64(whole), int64(near))
	return nil
}

func (s *sum) slowly(x float64) error {
	d, err := billing.FromDouble(x)
	if err != nil {
		return err
	}
	whole, rest := new(big.Int).QuoRem(d.Coefficient(), big.NewInt(unit), new(big.Int))
	s.parts(whole.Int64(), rest.Int64())
	return nil
}

func outside(x float64) error {
	if _, err := billing.FromDouble(x); err != nil {
		return err
	}
	return fmt.Errorf("the amount %g is beyond 2^63", x)
}

func (s *sum) parts(whole, rest int64) {
	total := s.whole + whole
	if (s.whole^total)&(whole^total) < 0 { // of another sign than both: it did not fit
		s.spill()
		total = whole
	}
	s.whole = total
	if s.rest += rest; s.rest > half || s.rest < -half {
		carried := s.rest / unit
		s.rest -= carried * unit
		s.parts(carried, 0)
	}
}

// spill moves the whole number to where there is room.
func (s *sum) spill() {
	if s.more == nil {
		s.more = new(big.Int)
	}
	s.more.Add(s.more, big.NewInt(s.whole))
	s.whole = 0
}

// merge adds another sum.
func (s *sum) merge(o *sum) {
	s.parts(o.whole, o.rest)
	if o.more != nil {
		s.spill()
		s.more.Add(s.more, o.more)
	}
}

// small is up to which whole number a sum fits into 64 bits together with its rest.
const small = half / unit

// decimal is the sum.
func (s *sum) decimal() decimal.Decimal {
	if s.more == nil && s.whole < small && s.whole > -small {
		return decimal.New(s.whole*unit+s.rest, -billing.Places)
	}
	all := big.NewInt(s.whole)
	if s.more != nil {
		all.Add(all, s.more)
	}
	all.Mul(all, big.NewInt(unit))
	return decimal.NewFromBigInt(all.Add(all, big.NewInt(s.rest)), -billing.Places)
}

// exact is a double as a decimal.
func exact(x float64) (decimal.Decimal, error) {
	var s sum
	err := s.add(x)
	return s.decimal(), err
}
