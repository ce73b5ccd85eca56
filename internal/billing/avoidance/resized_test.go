package avoidance_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
)

// Where people change sizes, claims are right on average all the same, and intervals hold the truth; claims by the size of the baseline, as it was
// frozen, are neither.
func TestSizesAreFollowed(t *testing.T) {
	t.Parallel()
	var proof table
	t.Run("people", func(t *testing.T) {
		for k, row := range []struct {
			name      string
			newcomers int // one in so many machines, at random, has no history of its own
			acts      func(*rand.Rand, int) []act
			fixed     bool // the size of the baseline would do
		}{
			{"a third follows the load", 0, resizingBy(tracked), true},
			{"a third resized now and then", 0, resizingBy(nowAndThen), false},
			{"a third resized for good", 0, resizingBy(forGood), false},
			{"a third of up to 20 units at random", 0, anyGrown, true},
			{"all of these", 0, anyResizing, false},
			{"all of these, one in seven without history", 7, anyResizing, false},
		} {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				const size = 60
				fleets := soak(t, 20, 1000)
				built, fixed, lucky := &sample{}, &sample{}, &sample{}
				for seed := range fleets {
					r, draw, chance := source(seed, 300+k), source(seed, 400+k), 0.0
					resources, truth := make([]avoidance.Resource, 0, size), avoidance.Hours{}
					for i := range size {
						all := row.acts(r, i)
						one := twinOf(i, all)
						chance += luck(all)
						if row.newcomers > 0 && draw.IntN(row.newcomers) == 0 {
							one.Observed.From = enrolled.Add(-3 * 24 * time.Hour)
						}
						resources, truth = append(resources, one.Resource), truth.Add(one.truth)
					}
					total := measure(t, resources, quarter).Headline()
					built.add(total, truth)
					lucky.add(total, truth)
					lucky.errors[seed] -= chance
					fixed.add(atFrozenSize(total), truth)
				}
				proof.put(k, sizesRow(row.name, size, built, lucky, fixed))
				slack := 0.0
				if fleets < 1000 {
					slack = 3 * math.Sqrt(0.95*0.05/float64(fleets)) // of six rows
				}
				if bias, noise := lucky.bias(); math.Abs(bias) > 0.002+3*noise {
					t.Errorf("bias %+.3f %% with a standard error of %.3f %%", 100*bias, 100*noise)
				}
				if share := built.covered(); share < 0.93-slack || share > 0.97+slack {
					t.Errorf("the 95 %% interval covers %.1f %%", 100*share)
				}
				if share := fixed.covered(); !row.fixed && share > 0.8 {
					t.Errorf("at the size of the baseline %.1f %% are covered: then why follow it?", 100*share)
				}
			})
		}
	})
	proof.print(t, "| people | fleets | truth, unit-hours a resource and week | bias ± standard error, % | without luck, % | interval covers, % "+
		"| truth below, above it, % | half width, % | errors: 2.5 %, 97.5 % lie below, % | rejected, size of the baseline: bias ± standard error, % "+
		"| covers, % | errors: 2.5 %, 97.5 % lie below, % |")
}

// atFrozenSize is what would be claimed if sizes were not followed.
func atFrozenSize(t avoidance.Total) avoidance.Total {
	t.Avoided = t.Avoided.Sub(t.Resized)
	t.Interval.Low -= t.Resized.Float()
	t.Interval.High -= t.Resized.Float()
	return t
}

func sizesRow(name string, size int, built, lucky, fixed *sample) string {
	bias, noise := built.bias()
	rest, less := lucky.bias()
	off, wide := fixed.bias()
	n := float64(len(built.errors))
	return fmt.Sprintf("| %s | %d of %d | %+.1f | %+.3f ± %.3f | %+.3f ± %.3f | %.1f | %.1f, %.1f | %.1f | %+.1f, %+.1f | %+.1f ± %.1f | %.1f | %+.0f, %+.0f |",
		name, len(built.errors), size, built.truth/n/float64(size)/13, 100*bias, 100*noise, 100*rest, 100*less, 100*built.covered(),
		100*float64(built.below)/n, 100*float64(built.above)/n, 100*built.relative(built.half/n), 100*built.quantile(0.025), 100*built.quantile(0.975),
		100*off, 100*wide, 100*fixed.covered(), 100*fixed.quantile(0.025), 100*fixed.quantile(0.975))
}
