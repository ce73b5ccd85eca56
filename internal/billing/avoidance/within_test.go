package avoidance_test

import (
	"math"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
)

// within is the interval of a weighted sum of all claims.
func within(m *avoidance.Measurement, weight func(*avoidance.Claim) float64) (below, above float64, known bool) {
	var all []int
	for place := range m.Claims {
		all = append(all, place)
	}
	return m.Within(all, func(place int) float64 { return weight(&m.Claims[place]) })
}

func TestWithinIsTheIntervalOfAWeightedSum(t *testing.T) {
	t.Parallel()
	resources, _ := makeFleetOf(source(6, 1), 40, anyResizing)
	resources[3].Observed.From = enrolled.AddDate(0, 0, -3)
	m := measure(t, resources, quarter)
	headline, single := m.Headline(), m.ByResource()[1].Total
	about := func(t avoidance.Total, times float64) [2]float64 {
		return [2]float64{times * (t.Avoided.Float() - t.Interval.Low), times * (t.Interval.High - t.Avoided.Float())}
	}
	mirrored := about(headline, 1)
	mirrored[0], mirrored[1] = mirrored[1], mirrored[0]
	for _, row := range []struct {
		name   string
		weight func(*avoidance.Claim) float64
		want   [2]float64 // below, above
		known  bool
	}{
		{"all alike: that of the headline", func(*avoidance.Claim) float64 { return 1 }, about(headline, 1), true},
		{"a tenth of a dollar an hour", func(*avoidance.Claim) float64 { return 0.1 }, about(headline, 0.1), true},
		{"a sign turns it round", func(*avoidance.Claim) float64 { return -1 }, mirrored, true},
		{"a single claim", func(c *avoidance.Claim) float64 {
			if string(c.ARN) == m.ByResource()[1].Name {
				return 3
			}
			return 0
		}, about(single, 3), true},
		{"none", func(*avoidance.Claim) float64 { return 0 }, [2]float64{}, false},
	} {
		below, above, known := within(m, row.weight)
		if known != row.known || math.Abs(below-row.want[0]) > 1e-9*row.want[0] || math.Abs(above-row.want[1]) > 1e-9*row.want[1] {
			t.Errorf("%s: %f, %f, %t; want %v, %t", row.name, below, above, known, row.want, row.known)
		}
	}
	resources[3].Environment = "alone"
	m = measure(t, resources[3:4], quarter)
	if _, _, known := within(m, func(*avoidance.Claim) float64 { return 1 }); known {
		t.Error("something is known of an unproven claim")
	}
}

// Dollars are hours at prices that differ a hundredfold: their interval holds the truth as often as that of hours.
func TestWithinCoversTheTruth(t *testing.T) {
	t.Parallel()
	seeds, held := soak(t, 40, 1500), 0
	for seed := range seeds {
		r, draw := source(seed, 60), source(seed, 61)
		resources, price, off := make([]avoidance.Resource, 0, 60), map[string]float64{}, 0.0
		for i := range 60 {
			one := twinOf(i, anyActs(r, i))
			price[string(one.ARN)] = math.Pow(100, draw.Float64())
			if draw.IntN(7) == 0 {
				one.Observed.From = enrolled.Add(-3 * 24 * time.Hour)
			}
			resources, off = append(resources, one.Resource), off-price[string(one.ARN)]*one.truth.Float()
		}
		m := measure(t, resources, quarter)
		weight := func(c *avoidance.Claim) float64 { return price[string(c.ARN)] }
		for i := range m.Claims {
			off += weight(&m.Claims[i]) * m.Claims[i].Avoided.Float()
		}
		if below, above, known := within(m, weight); known && -above <= off && off <= below { // off is the claim less the truth
			held++
		}
	}
	share, slack := float64(held)/float64(seeds), 0.0
	if seeds < 1500 {
		slack = 2.5 * math.Sqrt(0.95*0.05/float64(seeds))
	}
	t.Logf("the interval of a weighted sum covers %.1f %% of %d fleets", 100*share, seeds)
	if share < 0.93-slack || share > 0.97+slack {
		t.Errorf("the interval of a weighted sum covers %.1f %%", 100*share)
	}
}
