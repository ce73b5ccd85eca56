package avoidance_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
)

// The printed 95 % interval holds the truth in 93 to 97 of 100 fleets.
func TestIntervalsCoverTheTruth(t *testing.T) {
	t.Parallel()
	var proof table
	t.Run("fleets", func(t *testing.T) {
		for k, fleet := range []struct {
			name      string
			size      int
			newcomers int // one in so many machines, at random, has no history of its own
			controls  int // one in so many is in the control group
			acts      func(r *rand.Rand, i int) []act
			few, many int
		}{
			{"one unit each", 50, 0, 0, anyActs, 60, 1500},
			{"one unit each, one in seven without history", 120, 7, 0, anyActs, 30, 1000},
			{"one unit each, one in five a control", 120, 0, 5, anyActs, 30, 1000},
			{"one unit each, large fleets", 200, 0, 0, anyActs, 12, 1000},
			{"a third with up to 20 units", 50, 0, 0, anyGrown, 60, 1500},
			{"a third with up to 20 units, one in seven without history", 120, 7, 0, anyGrown, 30, 1000},
			{"a third with up to 20 units, one in five a control", 120, 0, 5, anyGrown, 30, 1000},
			{"a third with up to 20 units, large fleets", 200, 0, 0, anyGrown, 12, 1000},
			{"few large groups", 12, 0, 0, dominated, 60, 1000},
			{"few large groups, larger fleets", 36, 0, 0, dominated, 30, 1000},
		} {
			t.Run(fleet.name, func(t *testing.T) {
				t.Parallel()
				seeds, s := soak(t, fleet.few, fleet.many), &sample{}
				for seed := range seeds {
					resources, truth := makeFleetOf(source(seed, fleet.size), fleet.size, fleet.acts)
					if fleet.controls > 0 {
						truth = makeControls(resources, seed, fleet.size, fleet.controls, fleet.acts)
					}
					draw := source(seed, fleet.size+2)
					for i := range resources {
						if fleet.newcomers > 0 && draw.IntN(fleet.newcomers) == 0 {
							resources[i].Observed.From = enrolled.Add(-3 * 24 * time.Hour)
						}
					}
					s.add(measure(t, resources, quarter).Headline(), truth)
				}
				proof.put(k, s.row(fleet.name, fleet.size))
				slack := 0.0
				if seeds < fleet.many {
					slack = 2.5 * math.Sqrt(0.95*0.05/float64(seeds))
				}
				most := 0.97
				if strings.HasPrefix(fleet.name, "few large groups") {
					most = 0.98 // where little varies but sizes, widths are on the safe side
				}
				if share := s.covered(); share < 0.93-slack || share > most+slack {
					t.Errorf("the 95 %% interval covers %.1f %%", 100*share)
				}
			})
		}
	})
	proof.print(t, sampleHead)
}

// makeControls turns one in so many machines into one that no schedule touches, and returns the truth of the others.
func makeControls(resources []avoidance.Resource, seed, size, every int, acts func(*rand.Rand, int) []act) (truth avoidance.Hours) {
	r := source(seed, size+1)
	for i := range resources {
		all := acts(r, i+i/6)
		without, with := live(all, false, 0, 17*week), live(all, true, 0, 17*week)
		if i%every == 0 {
			resources[i].Control, resources[i].Ran, resources[i].Stopped = true, without.ran, nil
			continue
		}
		resources[i].Ran, resources[i].Stopped = with.ran, with.held
		truth = truth.Add(hoursIn(without.ran, quarter)).Sub(hoursIn(with.ran, quarter))
	}
	return truth
}

// One machine's interval is wide, and honest: of one unit, and of up to 20 whose number people change.
func TestOneMachineHasAWideInterval(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 20} {
		seeds := soak(t, 400, 5000)
		covered := 0
		for seed := range seeds {
			r := source(seed, 7)
			one := twinOf(0, sized(source(seed, 8), acts(r, mixed, -1, 17), most))
			i := measure(t, []avoidance.Resource{one.Resource}, quarter).ByResource()[0].Interval
			if i.Freedom != 3 {
				t.Fatalf("seed %d: %v degrees of freedom, want 3", seed, i.Freedom)
			}
			if i.Low <= one.truth.Float() && one.truth.Float() <= i.High {
				covered++
			}
		}
		share := float64(covered) / float64(seeds)
		t.Logf("covered %.1f %% of %d single machines of up to %d units", 100*share, seeds, most)
		if share < 0.91 || share > 0.98 {
			t.Errorf("the 95 %% interval of a single machine of up to %d units covers %.1f %%", most, 100*share)
		}
	}
}
