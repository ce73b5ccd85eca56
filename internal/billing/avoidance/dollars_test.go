package avoidance_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// In dollars, without commitments, the estimate is as right as in hours: each resource has a price of its own, from a cent to two dollars an
// hour, and large ones weigh more.
func TestNoBiasInDollars(t *testing.T) {
	t.Parallel()
	size, fleets := 200, soak(t, 50, 1000)
	if fleets < 1000 {
		size = 20
	}
	s := &sample{}
	for seed := range fleets {
		r, resources := source(seed, 900), make([]avoidance.Resource, 0, size)
		truth, cents := 0.0, map[fleet.ARN]int64{}
		for i := range size {
			one := twinOf(i, anyActs(r, i))
			resources = append(resources, one.Resource)
			cents[one.ARN] = int64(math.Exp(r.Float64() * math.Log(200)))
			truth += one.truth.Float() * float64(cents[one.ARN]) / 100
		}
		s.addDollars(t, measure(t, resources, quarter), cents, truth)
	}
	bias, noise := s.bias()
	if math.Abs(bias) > 0.002+3*noise {
		t.Errorf("bias %+.3f %% with a standard error of %.3f %%", 100*bias, 100*noise)
	}
	if covered := s.covered(); covered < 0.93 || fleets >= 1000 && covered > 0.97 {
		t.Errorf("the interval covers the truth in %.1f %%", 100*covered)
	}
	t.Logf("\n%s\n%s", "| in dollars, without commitments | fleets | bias ± standard error, % | interval covers, % | half width, % |\n|---|---|---|---|---|",
		fmt.Sprintf("| all of them, from 0.01 to 2 USD an hour | %d of %d | %+.3f ± %.3f | %.1f | %.1f |", fleets, size, 100*bias, 100*noise,
			100*s.covered(), 100*s.relative(s.half/float64(fleets))))
}

// addDollars adds a fleet whose resources have prices, in cents an hour.
func (s *sample) addDollars(t *testing.T, m *avoidance.Measurement, cents map[fleet.ARN]int64, truth float64) {
	t.Helper()
	claimed := 0.0
	for i := range m.Claims {
		c := &m.Claims[i]
		rate, err := money.ParseRate(fmt.Sprintf("%d.%02d", cents[c.ARN]/100, cents[c.ARN]%100))
		if err != nil {
			t.Fatal(err)
		}
		value, unpriced := m.Value(c, func(time.Time) (money.Rate, bool) { return rate, true })
		if !unpriced.IsZero() {
			t.Fatalf("%s: %s h without a price", c.ARN, unpriced)
		}
		claimed += value.Decimal().InexactFloat64()
	}
	below, above, known := within(m, func(c *avoidance.Claim) float64 { return float64(cents[c.ARN]) / 100 })
	if !known {
		t.Fatal("no interval")
	}
	switch {
	case truth < claimed-below:
		s.below++
	case truth > claimed+above:
		s.above++
	}
	s.truth += truth
	s.half += (below + above) / 2
	s.errors = append(s.errors, claimed-truth)
}
