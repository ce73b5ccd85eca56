package autospot_test

import (
	"fmt"
	"strings"
	"testing"

	"offpeak/autospot"
	"offpeak/autospot/mix"
	"offpeak/internal/fleet"
)

func sizesText(sizes []autospot.Occasioned) string {
	var parts []string
	for _, s := range sizes {
		var on []string
		for _, o := range s.On {
			on = append(on, string(o))
		}
		parts = append(parts, fmt.Sprintf("%d %s", s.Size, strings.Join(on, "+")))
	}
	return strings.Join(parts, ", ")
}

func TestTheSizesOfAGroup(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		size      fleet.Size
		original  *fleet.Size
		scheduled []int
		want      string
	}{
		{"one that runs", fleet.Size{Min: 2, Max: 12, Desired: 9}, nil, nil, "9 now, 2 min, 12 max"},
		{"one that is held off has the sizes that it returns to", fleet.Size{}, &fleet.Size{Min: 2, Max: 12, Desired: 9}, nil, "9 opening, 2 min, 12 max"},
		{"one that a person started smaller", fleet.Size{Min: 0, Max: 4, Desired: 4}, &fleet.Size{Min: 2, Max: 12, Desired: 9}, nil, "4 now, 9 opening, 1 min, 12 max"},
		{"its own scheduled actions; zero is no size", fleet.Size{Min: 2, Max: 12, Desired: 9}, nil, []int{0, 4, 12}, "9 now, 4 scheduled, 12 scheduled+max, 2 min"},
		{"one size alone", fleet.Size{Min: 3, Max: 3, Desired: 3}, nil, []int{3}, "3 now+scheduled+min+max"},
	} {
		web := webGroup()
		web.Size, web.Launch.Scheduled = row.size, row.scheduled
		web.Launch.Members = nil
		p := newPlay(t, web)
		if row.original != nil {
			p.memory.Resources = map[fleet.ARN]fleet.Remembered{web.ARN: {Original: row.original}}
		}
		_, advices := p.look()
		a := advices[0]
		if got := sizesText(a.Sizes); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
		if a.Mix == nil {
			t.Fatalf("%s: there is no mix", row.name)
		}
		stated := map[int]mix.Restated{}
		for _, s := range a.Mix.Sizes {
			stated[s.Size] = s
		}
		for _, s := range a.Sizes {
			r, there := stated[s.Size]
			if !there || r.Row.OnDemand < r.Needed || !r.Row.Meets || !r.Row.Enough {
				t.Errorf("%s: at %d the mix says %+v", row.name, s.Size, r)
			}
		}
	}
}

// TestAForecastGoesByWhatRuns: AWS tells nobody which of the types it will take. What it took stands in the group.
func TestAForecastGoesByWhatRuns(t *testing.T) {
	t.Parallel()
	calm, busy := webGroup(), webGroup()
	for i := range calm.Launch.Members {
		calm.Launch.Members[i].Type, calm.Launch.Members[i].Lifecycle = "m5.large", fleet.SpotOneTime // the advisor's lowest band
		busy.Launch.Members[i].Type, busy.Launch.Members[i].Lifecycle = "m5a.large", fleet.SpotOneTime
	}
	forecast := func(web fleet.Resource) (float64, string) {
		_, advices := newPlay(t, web).look()
		return advices[0].Mix.Forecast(mix.Quarter).Interruptions, advices[0].Mix.ForecastSays()
	}
	low, says := forecast(calm)
	high, _ := forecast(busy)
	middle, unknown := forecast(webGroup())
	if !(low < middle && middle < high) || !strings.Contains(says, "9 Spot instances that run now") || !strings.Contains(unknown, "as if all chosen types were used alike") {
		t.Errorf("%v, %v, %v; %q; %q", low, middle, high, says, unknown)
	}
}
