package avoidance_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"offpeak/internal/billing/avoidance"
)

// Against the truth of the twin worlds the estimator is right on average for every kind of people, hours that our starts induce included,
// and whatever number of units they run.
func TestNoBias(t *testing.T) {
	t.Parallel()
	type row struct {
		name string
		size int
		acts func(r *rand.Rand, i int) []act
	}
	var rows []row
	for _, who := range habits {
		rows = append(rows, row{who.name, 100, func(r *rand.Rand, _ int) []act { return acts(r, who.habit, -1, 17) }})
	}
	for _, who := range habits {
		rows = append(rows, row{who.name + ", a third with up to 20 units", 100, func(r *rand.Rand, _ int) []act { return grown(r, who.habit) }})
	}
	rows = append(rows, row{"all of them", 300, anyActs}, row{"all of them, a third with up to 20 units", 300, anyGrown})
	var proof table
	t.Run("people", func(t *testing.T) {
		for k, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				size, fleets := row.size, soak(t, 50, 1000)
				if fleets < 1000 { // the noise is known from many fleets, not from large ones
					size /= 10
				}
				s := playForBias(t, size, 100+k, row.acts, fleets)
				proof.put(k, s.row(row.name, size))
				bias, noise := s.bias()
				forgone := s.relative(s.forgone / float64(len(s.errors)))
				if math.Abs(bias) > 0.002+3*noise || math.Abs(bias+forgone) > 3*noise {
					t.Errorf("bias %+.3f %% with a standard error of %.3f %%, and %.3f %% forgone", 100*bias, 100*noise, 100*forgone)
				}
				if forgone > 0.002 {
					t.Errorf("%.3f %% is forgone: that is a bias", 100*forgone)
				}
				if who := habits[k%len(habits)]; who.name == "always on" && k < 2*len(habits) && (bias != 0 || s.half != 0) {
					t.Errorf("bias %+.6f %%, half widths %f: nothing varied, so it should be exact", 100*bias, s.half)
				}
			})
		}
	})
	proof.print(t, sampleHead)
}

func playForBias(t *testing.T, size, stream int, acts func(*rand.Rand, int) []act, fleets int) *sample {
	t.Helper()
	s := &sample{}
	for seed := range fleets {
		r, resources, truth := source(seed, stream), make([]avoidance.Resource, 0, size), avoidance.Hours{}
		for i := range size {
			one := twinOf(i, acts(r, i))
			resources, truth = append(resources, one.Resource), truth.Add(one.truth)
		}
		s.add(measure(t, resources, quarter).Headline(), truth)
	}
	return s
}
