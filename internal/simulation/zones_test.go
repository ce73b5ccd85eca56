package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// zoneA are the Spot pools of one zone, which are without capacity while the spike lasts.
var zoneA = []simulation.Pool{pool, {Zone: "ap-northeast-2a", Type: "m5a.large", Product: "Linux/UNIX"}}

// inZones are the members of a group by zone, Spot and on demand, without those on their way out.
func inZones(t *testing.T, w *simulation.World, arn fleet.ARN) string {
	t.Helper()
	r, _ := w.Truth(arn)
	spot, onDemand := map[string]int{}, map[string]int{}
	for _, m := range r.Launch.Members {
		zone := m.Zone[len(m.Zone)-1:]
		switch {
		case m.Leaving:
		case m.Lifecycle == fleet.OnDemand:
			onDemand[zone]++
		default:
			spot[zone]++
		}
	}
	return fmt.Sprintf("a %d+%d, c %d+%d", spot["a"], onDemand["a"], spot["c"], onDemand["c"])
}

// TestZonesAreEvenAgain: what the market took from a zone is launched in the other one, and comes back when the zone has capacity, launched before
// anybody is ended.
func TestZonesAreEvenAgain(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name                   string
		mix                    simulation.Mix
		suspended              []string
		size                   fleet.Size
		before, without, after string
	}{
		{"all Spot", simulation.Mix{SpotPercent: 100}, nil, fleet.Size{Max: 6, Desired: 6}, "a 3+0, c 3+0", "a 0+0, c 6+0", "a 3+0, c 3+0"},
		{"on-demand members stay where they are", simulation.Mix{Base: 2, SpotPercent: 100}, nil, fleet.Size{Max: 6, Desired: 6}, "a 2+1, c 2+1", "a 0+1, c 4+1", "a 2+1, c 2+1"},
		{"one more than another is even", simulation.Mix{SpotPercent: 100}, nil, fleet.Size{Max: 3, Desired: 3}, "a 2+0, c 1+0", "a 0+0, c 3+0", "a 1+0, c 2+0"},
		{"AZRebalance is suspended", simulation.Mix{SpotPercent: 100}, []string{"AZRebalance"}, fleet.Size{Max: 6, Desired: 6}, "a 3+0, c 3+0", "a 0+0, c 6+0", "a 0+0, c 6+0"},
		{"without Launch nothing is evened out", simulation.Mix{SpotPercent: 100}, []string{"Launch"}, fleet.Size{Max: 6, Desired: 6}, "a 3+0, c 3+0", "a 0+0, c 6+0", "a 0+0, c 6+0"},
		{"another process has nothing to do with it", simulation.Mix{SpotPercent: 100}, []string{"AlarmNotification"}, fleet.Size{Max: 6, Desired: 6}, "a 3+0, c 3+0", "a 0+0, c 6+0", "a 3+0, c 3+0"},
	} {
		s := group("web", row.size)
		row.mix.Types = []string{"m5.large", "m5a.large"}
		s.Scaling.Mix = &row.mix
		s.Launch = &fleet.Launch{Suspended: row.suspended}
		w := moving(t, []simulation.Spec{s}, zoneA...)
		v := witnessed(w)
		most, least := 0, row.size.Desired
		check := w.Watch
		w.Watch = func(c simulation.Change) {
			check(c)
			serving, there := 0, 0
			for _, m := range c.To.Launch.Members {
				if there++; m.InService {
					serving++
				}
			}
			if most = max(most, there); !c.At.Before(at(spikeDown)) {
				least = min(least, serving)
			}
		}
		for _, look := range []struct {
			when time.Time
			want string
		}{{at(spikeUp).Add(-time.Minute), row.before}, {at(spikeDown).Add(-time.Minute), row.without}, {at(spikeDown).Add(6 * time.Hour), row.after}} {
			w.Advance(look.when)
			if got := inZones(t, w, s.ARN); got != look.want {
				t.Errorf("%s: at %s %s, want %s", row.name, look.when.In(seoul).Format("15:04"), got, look.want)
			}
		}
		if least < row.size.Desired || most > row.size.Max+1 {
			t.Errorf("%s: while it is evened out %d serve at least, and there are %d at most", row.name, least, most)
		}
		for _, text := range v.complaints() {
			t.Errorf("%s: %s", row.name, text)
		}
	}
}

// TestAScaleInLooksAtZonesFirst: what is too much goes from the zone with the most members.
func TestAScaleInLooksAtZonesFirst(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Max: 9, Desired: 6})
	s.Scaling.Mix = &simulation.Mix{SpotPercent: 100, Types: []string{"m5.large", "m5a.large"}}
	s.Launch = &fleet.Launch{Suspended: []string{"AZRebalance"}}
	w := moving(t, []simulation.Spec{s}, zoneA...)
	w.Advance(at(spikeDown).Add(time.Hour))
	for _, row := range []struct {
		to   int
		want string
	}{{8, "a 2+0, c 6+0"}, {4, "a 2+0, c 2+0"}, {1, "a 0+0, c 1+0"}} {
		if errs := w.Act(t.Context(), []plan.Action{resize(w, s, fleet.Size{Max: 9, Desired: row.to})}); errs[0] != nil {
			t.Fatal(errs[0])
		}
		w.Advance(w.Now().Add(time.Hour))
		if got := inZones(t, w, s.ARN); got != row.want {
			t.Errorf("scaled to %d: %s, want %s", row.to, got, row.want)
		}
	}
}
