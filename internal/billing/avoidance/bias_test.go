package avoidance_test

import (
	"math"
	"testing"

	"offpeak/internal/billing/avoidance"
)

// Against the truth of the twin worlds the estimator is right on average for every kind of people, hours that our starts induce included.
func TestNoBias(t *testing.T) {
	t.Parallel()
	for k, who := range habits {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			const size = 100
			fleets := soak(t, 5, 1000)
			var truth, errors, squares float64
			for seed := range fleets {
				r, resources, true1 := source(seed, 100+k), make([]avoidance.Resource, 0, size), avoidance.Hours{}
				for i := range size {
					one := makeTwin(r, i, who.habit)
					resources, true1 = append(resources, one.Resource), true1.Add(one.truth)
				}
				got := measure(t, resources, quarter).Headline().Avoided
				if who.name == "always on" && got != true1 {
					t.Fatalf("seed %d: avoided %s, want %s exactly", seed, got.Rat(), true1.Rat())
				}
				e := got.Sub(true1).Float()
				truth, errors, squares = truth+true1.Float(), errors+e, squares+e*e
			}
			n := float64(fleets)
			sd := math.Sqrt(max(squares/n-errors/n*errors/n, 0) / n)
			bias, noise := errors/math.Abs(truth), sd*n/math.Abs(truth)
			t.Logf("truth %+.2f hours a machine and week; bias %+.3f %% (standard error %.3f %%) over %d fleets of %d",
				truth/n/size/13, 100*bias, 100*noise, fleets, size)
			if math.Abs(bias) > 0.002+3*noise {
				t.Errorf("bias %+.3f %%", 100*bias)
			}
		})
	}
}
