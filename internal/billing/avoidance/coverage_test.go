package avoidance_test

import (
	"math"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
)

// The printed 95 % interval holds the truth in 93 to 97 of 100 fleets.
func TestIntervalsCoverTheTruth(t *testing.T) {
	t.Parallel()
	for _, fleet := range []struct {
		name      string
		size      int
		newcomers int // one in so many machines, at random, has no history of its own
		controls  int // one in so many is in the control group
		few, many int
	}{
		{"50 machines", 50, 0, 0, 60, 2000},
		{"120 machines, one in seven without history", 120, 7, 0, 30, 1500},
		{"120 machines, one in five a control", 120, 0, 5, 30, 1500},
		{"300 machines", 300, 0, 0, 12, 1000},
	} {
		t.Run(fleet.name, func(t *testing.T) {
			t.Parallel()
			seeds := soak(t, fleet.few, fleet.many)
			covered, errs, width := 0, 0.0, 0.0
			for seed := range seeds {
				resources, truth := makeFleet(source(seed, fleet.size), fleet.size)
				if fleet.controls > 0 {
					truth = makeControls(resources, seed, fleet.size, fleet.controls)
				}
				draw := source(seed, fleet.size+2)
				for i := range resources {
					if fleet.newcomers > 0 && draw.IntN(fleet.newcomers) == 0 {
						resources[i].Observed.From = enrolled.Add(-3 * 24 * time.Hour)
					}
				}
				got := measure(t, resources, quarter).Headline()
				if got.Interval.Low <= truth.Float() && truth.Float() <= got.Interval.High {
					covered++
				}
				errs += (got.Avoided.Float() - truth.Float()) / truth.Float()
				width += (got.Interval.High - got.Interval.Low) / 2 / truth.Float()
			}
			share, n := float64(covered)/float64(seeds), float64(seeds)
			t.Logf("covered %.1f %% of %d seeds; mean error %+.2f %%, mean half width %.1f %% of the truth", 100*share, seeds, 100*errs/n, 100*width/n)
			slack := 0.0
			if seeds < fleet.many {
				slack = 2.5 * math.Sqrt(0.95*0.05/n)
			}
			if share < 0.93-slack || share > 0.97+slack {
				t.Errorf("the 95 %% interval covers %.1f %%", 100*share)
			}
		})
	}
}

// makeControls turns one in so many machines into one that no schedule touches, and returns the truth of the others.
func makeControls(resources []avoidance.Resource, seed, size, every int) (truth avoidance.Hours) {
	r := source(seed, size+1)
	for i := range resources {
		who := []habit{mixed, evenings, mixed, twoDays, mixed, alwaysOn}[(i+i/6)%6]
		all := acts(r, who, -1, 17)
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

// One machine's interval is wide, and honest.
func TestOneMachineHasAWideInterval(t *testing.T) {
	t.Parallel()
	seeds := soak(t, 400, 5000)
	covered := 0
	for seed := range seeds {
		one := makeTwin(source(seed, 7), 0, mixed)
		i := measure(t, []avoidance.Resource{one.Resource}, quarter).ByResource()[0].Interval
		if i.Freedom != 3 {
			t.Fatalf("seed %d: %v degrees of freedom, want 3", seed, i.Freedom)
		}
		if i.Low <= one.truth.Float() && one.truth.Float() <= i.High {
			covered++
		}
	}
	share := float64(covered) / float64(seeds)
	t.Logf("covered %.1f %% of %d single machines", 100*share, seeds)
	if share < 0.91 || share > 0.98 {
		t.Errorf("the 95 %% interval of a single machine covers %.1f %%", 100*share)
	}
}
