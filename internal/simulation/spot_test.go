package simulation_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// The price of m5.large in one zone is above on-demand on the 17th from noon to three.
const (
	spikeUp   = "2026-11-17 12:00"
	spikeDown = "2026-11-17 15:00"
)

// spiked is a world with a quiet market but for one spike in each of some pools.
func spiked(t *testing.T, specs []simulation.Spec, pools ...simulation.Pool) *simulation.World {
	t.Helper()
	begin := at("2026-11-16 00:00")
	w := simulation.New(1, begin, simulation.Faults{})
	w.Market().SetOnDemand(fleet.Prices{
		{Region: scope.Region, Type: "m5.large"}: dollars(t, "0.118"), {Region: scope.Region, Type: "m5a.large"}: dollars(t, "0.106"),
	})
	for _, zone := range []string{"ap-northeast-2a", "ap-northeast-2c"} {
		for _, kind := range []string{"m5.large", "m5a.large"} {
			w.Market().SetTerms(simulation.Pool{Zone: zone, Type: kind, Product: "Linux/UNIX"}, simulation.Terms{Share: 300})
		}
	}
	for _, p := range pools {
		path := []simulation.PricePoint{{At: begin, Price: dollars(t, "0.04")}, {At: at(spikeUp), Price: dollars(t, "2.5")}, {At: at(spikeDown), Price: dollars(t, "0.05")}}
		if err := w.Market().Record(p, path); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range specs {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func spot(id string, l fleet.Lifecycle) simulation.Spec {
	s := instance(id)
	s.Lifecycle, s.AvailabilityZones = l, []string{"ap-northeast-2a"}
	return s
}

func TestAnInterruptionComesWithANotice(t *testing.T) {
	t.Parallel()
	once, again, dear := spot("i-once", fleet.SpotOneTime), spot("i-again", fleet.SpotPersistent), spot("i-dear", fleet.OnDemand)
	w := spiked(t, []simulation.Spec{once, again, dear}, pool)
	v := witnessed(w)
	w.Advance(at("2026-11-17 13:00"))
	for _, row := range []struct {
		spec   simulation.Spec
		status string
		reason string
	}{
		{once, "terminated", "Server.SpotInstanceTermination"}, {again, "stopped", "Server.SpotInstanceShutdown"}, {dear, "running", ""},
	} {
		r, _ := w.Truth(row.spec.ARN)
		reason := ""
		if changes := v.changes[row.spec.ARN]; len(changes) > 0 {
			reason = changes[0].Reason
		}
		if r.Status != row.status || reason != row.reason || r.ByAWS != (row.status == "stopped") {
			t.Errorf("%s: %s, by AWS %t, because %q", r.ID, r.Status, r.ByAWS, reason)
		}
	}
	actions := map[string]string{}
	for _, n := range v.warned {
		actions[n.ID] = n.Action
		if !n.At.Equal(at(spikeUp)) || !n.End.Equal(n.At.Add(2*time.Minute)) {
			t.Errorf("%+v", n)
		}
	}
	if len(actions) != 2 || actions["i-once"] != "terminate" || actions["i-again"] != "stop" {
		t.Errorf("warned of %v", actions)
	}
	w.Advance(at("2026-11-17 16:00"))
	r, _ := w.Truth(again.ARN)
	runs := w.Runs(again.ARN)
	if r.Status != "running" || len(runs) != 2 || runs[1].From.Before(at(spikeDown)) || !runs[0].To.Equal(at(spikeUp).Add(2*time.Minute)) {
		t.Errorf("with capacity back: %s, ran %+v", r.Status, runs)
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

func TestWhatMayBeDoneToSpotInstances(t *testing.T) {
	t.Parallel()
	once, again, stopped := spot("i-once", fleet.SpotOneTime), spot("i-again", fleet.SpotPersistent), spot("i-stopped", fleet.SpotPersistent)
	stopped.State = fleet.Stopped
	w := spiked(t, []simulation.Spec{once, again, stopped}, pool)
	w.Advance(at("2026-11-17 11:00"))
	for _, row := range []struct {
		name   string
		at     string
		action plan.Action
		want   error
	}{
		{"a one-time request's instance cannot be stopped", "2026-11-17 11:00", action(once, plan.Stop{}), simulation.ErrState},
		{"a persistent one's can", "2026-11-17 11:01", action(stopped, plan.Stop{}), nil},
		{"while there is no capacity no start is taken", "2026-11-17 12:30", action(stopped, plan.Start{}), simulation.ErrCapacity},
		{"what the market stopped is started by EC2 alone", "2026-11-17 12:31", action(again, plan.Start{}), simulation.ErrState},
		{"what a person stopped is started when there is capacity", "2026-11-17 15:01", action(stopped, plan.Start{}), nil},
		{"what EC2 has started again can be stopped", "2026-11-17 16:00", action(again, plan.Stop{}), nil},
	} {
		w.Advance(at(row.at))
		if errs := w.Act(t.Context(), []plan.Action{row.action}); !errors.Is(errs[0], row.want) {
			t.Errorf("%s: got %v, want %v", row.name, errs[0], row.want)
		}
	}
}

func TestAPersistentInstanceIsInterruptedAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := spot("i-again", fleet.SpotPersistent)
	w := simulation.New(3, at("2026-11-16 00:00"), simulation.Faults{})
	w.Market().SetTerms(pool, simulation.Terms{Share: 300, Interruptions: 1000, Shortage: 6 * time.Hour})
	if err := w.Add(s); err != nil {
		t.Fatal(err)
	}
	v := witnessed(w)
	w.Advance(at("2027-05-16 00:00"))
	interruptions := 0
	for _, c := range v.changes[s.ARN] {
		if c.Reason == "Server.SpotInstanceShutdown" && c.From.State == fleet.Running {
			interruptions++
		}
	}
	if interruptions < 3 || interruptions > 12 {
		t.Errorf("interrupted %d times in six months at a rate of once a month", interruptions)
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

func mixed(name string, desired int, mix simulation.Mix) simulation.Spec {
	s := group(name, fleet.Size{Max: 20, Desired: desired})
	s.Scaling.Mix = &mix
	return s
}

func TestAMixOfPurchases(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		desired  int
		mix      simulation.Mix
		onDemand int
	}{
		{"all Spot", 4, simulation.Mix{SpotPercent: 100}, 0},
		{"none", 4, simulation.Mix{}, 4},
		{"a base", 4, simulation.Mix{Base: 1, SpotPercent: 100}, 1},
		{"a base larger than the group", 4, simulation.Mix{Base: 9, SpotPercent: 100}, 4},
		{"a base and half of the rest", 5, simulation.Mix{Base: 1, SpotPercent: 50}, 3},
		{"on-demand gets what cannot be split", 4, simulation.Mix{Base: 1, SpotPercent: 50}, 3},
	} {
		row.mix.Types = []string{"m5.large", "m5a.large"}
		s := mixed("web", row.desired, row.mix)
		w := spiked(t, []simulation.Spec{s})
		w.Advance(at("2026-11-16 00:05"))
		onDemand, kinds := 0, map[string]int{}
		for _, r := range w.Runs(s.ARN) {
			if !r.Spot {
				onDemand++
				kinds[r.Type]++
			} else if r.Type != "m5a.large" {
				t.Errorf("%s: Spot is %s, which is not the cheapest", row.name, r.Type)
			}
		}
		if onDemand != row.onDemand || kinds["m5.large"] != onDemand || len(w.Runs(s.ARN)) != row.desired {
			t.Errorf("%s: %d on-demand %v of %d, want %d", row.name, onDemand, kinds, len(w.Runs(s.ARN)), row.onDemand)
		}
	}
}

func TestAMixedGroupNeverFallsBack(t *testing.T) {
	t.Parallel()
	s := mixed("web", 4, simulation.Mix{Base: 1, SpotPercent: 100, Types: []string{"m5.large"}})
	other := pool
	other.Zone = "ap-northeast-2c"
	w := spiked(t, []simulation.Spec{s}, pool, other)
	v := witnessed(w)
	w.Advance(at("2026-11-17 14:00"))
	if r, _ := w.Truth(s.ARN); r.Status != "1 of 4 in service" || r.Size.Desired != 4 {
		t.Errorf("without Spot capacity: %s", r.Status)
	}
	w.Advance(at("2026-11-17 16:00"))
	r, _ := w.Truth(s.ARN)
	onDemand := slices.DeleteFunc(w.Runs(s.ARN), func(r simulation.Run) bool { return r.Spot })
	if r.Status != "4 of 4 in service" || len(onDemand) != 1 {
		t.Errorf("with capacity back: %s, on-demand: %+v", r.Status, onDemand)
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

// TestCapacityRebalancing compares how many serve when an interruption comes that a recommendation announced.
func TestCapacityRebalancing(t *testing.T) {
	t.Parallel()
	least := map[bool]int{}
	for _, rebalance := range []bool{false, true} {
		s := mixed("web", 3, simulation.Mix{SpotPercent: 100, Types: []string{"m5.large", "m5a.large"}})
		s.Scaling.Rebalance = rebalance
		w := simulation.New(3, at("2026-11-16 00:00"), simulation.Faults{})
		for _, zone := range []string{"ap-northeast-2a", "ap-northeast-2c"} {
			for _, kind := range s.Scaling.Mix.Types {
				w.Market().SetTerms(simulation.Pool{Zone: zone, Type: kind, Product: "Linux/UNIX"}, simulation.Terms{Share: 300, Interruptions: 1000})
			}
		}
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
		v := witnessed(w)
		w.Advance(at("2027-01-16 00:00"))
		announced := map[string]bool{}
		for _, n := range v.warned {
			switch {
			case n.Action == "rebalance":
				announced[n.ID] = true
			case announced[n.ID]:
				for _, i := range w.Ran(s.ARN) {
					if i.From.Before(n.End.Add(time.Second)) && i.To.After(n.End) && i.Units < 3 {
						least[rebalance]++
					}
				}
			}
		}
		if len(announced) < 5 {
			t.Errorf("only %d recommendations", len(announced))
		}
		for _, text := range v.complaints() {
			t.Error(text)
		}
	}
	if least[false] == 0 || least[true] > 0 {
		t.Errorf("too few served after an announced interruption %d times without rebalancing, %d times with it", least[false], least[true])
	}
}
