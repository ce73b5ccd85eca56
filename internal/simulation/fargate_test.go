package simulation_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

func providers(base, onDemand, spot int) fleet.Purchase {
	return fleet.Purchase{Providers: []fleet.Provider{{Name: "FARGATE", Base: base, Weight: onDemand}, {Name: "FARGATE_SPOT", Weight: spot, Spot: true}}}
}

// tasksOf counts what runs: on demand and Spot.
func tasksOf(w *simulation.World, arn fleet.ARN) string {
	onDemand, spot := 0, 0
	for _, r := range w.Runs(arn) {
		switch {
		case !r.To.Equal(w.Now()):
		case r.Spot:
			spot++
		default:
			onDemand++
		}
	}
	return fmt.Sprintf("%d+%d", onDemand, spot)
}

// quietFargate lets the market of tasks be silent but for one shortage on the 17th from noon to three.
func quietFargate(t *testing.T, w *simulation.World) {
	t.Helper()
	w.Market().SetOnDemand(fleet.Prices{{Region: scope.Region, Type: "FARGATE_SPOT"}: dollars(t, "0.05")})
	for _, zone := range []string{"ap-northeast-2a", "ap-northeast-2c"} {
		p := simulation.Pool{Zone: zone, Type: "FARGATE_SPOT"}
		path := []simulation.PricePoint{{At: at("2026-11-15 00:00"), Price: dollars(t, "0.01")}, {At: at(spikeUp), Price: dollars(t, "2")}, {At: at(spikeDown), Price: dollars(t, "0.01")}}
		if err := w.Market().Record(p, path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADeploymentMovesAService(t *testing.T) {
	t.Parallel()
	s := service("api", 6)
	w := moving(t, nil)
	quietFargate(t, w)
	if err := w.Add(s); err != nil {
		t.Fatal(err)
	}
	v := witnessed(w)
	w.Advance(at("2026-11-16 01:00"))
	to := providers(2, 1, 3)
	move := plan.Move{From: bought(t, w, s.ARN), To: to, Way: plan.ByDeploying}
	if err := act(t, w, action(s, move)); err != nil {
		t.Fatal(err)
	}
	if r, _ := w.Truth(s.ARN); !r.Purchase().Equal(to) || !has(&r, fleet.Deploying) {
		t.Errorf("at once it buys by %s: %+v", plan.Buys(r.Purchase()), r.Traits)
	}
	again := move
	again.From, again.To = to, move.From
	if err := act(t, w, action(s, again)); !errors.Is(err, simulation.ErrState) {
		t.Errorf("while it is deployed: %v", err)
	}
	w.Advance(at("2026-11-16 02:00"))
	if r, _ := w.Truth(s.ARN); tasksOf(w, s.ARN) != "3+3" || has(&r, fleet.Deploying) {
		t.Errorf("two, and of the other four a quarter on demand: %s, %+v", tasksOf(w, s.ARN), r.Traits)
	}
	for _, i := range w.Ran(s.ARN) {
		if i.Units < 6 {
			t.Errorf("%+v", i)
		}
	}
	// The market takes its tasks with a notice of two minutes, and says nothing before; the service stays short and buys nothing else.
	w.Advance(at("2026-11-17 13:00"))
	if r, _ := w.Truth(s.ARN); tasksOf(w, s.ARN) != "3+0" || !has(&r, fleet.NotInService) {
		t.Errorf("without Spot: %s, %+v", tasksOf(w, s.ARN), r.Traits)
	}
	told := map[string]int{}
	for _, n := range v.warned {
		told[n.Action]++
		if n.Action == "terminate" && !n.End.Equal(n.At.Add(2*time.Minute)) {
			t.Errorf("%+v", n)
		}
	}
	if told["terminate"] != 3 || told["rebalance"] != 0 || told[simulation.LaunchFailed] < 5 {
		t.Errorf("told %v", told)
	}
	if err := act(t, w, action(s, plan.Move{From: to, To: move.From, Way: plan.ByDeploying})); err != nil {
		t.Fatal(err)
	}
	w.Advance(at("2026-11-17 14:00"))
	if r, _ := w.Truth(s.ARN); tasksOf(w, s.ARN) != "6+0" || !r.Purchase().Equal(move.From) || len(r.Traits) != 0 {
		t.Errorf("back on demand: %s, %+v", tasksOf(w, s.ARN), r)
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

func has(r *fleet.Resource, kind fleet.TraitKind) bool {
	_, found := r.Trait(kind)
	return found
}

// TestADeploymentWithoutSpot: the old tasks stay until others serve, and what is on demand is replaced all the same.
func TestADeploymentWithoutSpot(t *testing.T) {
	t.Parallel()
	s := service("api", 4)
	s.Launch = &fleet.Launch{MinHealthy: 100, MaxHealthy: 150}
	w := moving(t, nil)
	quietFargate(t, w)
	if err := w.Add(s); err != nil {
		t.Fatal(err)
	}
	w.Advance(at("2026-11-17 12:10"))
	if err := act(t, w, action(s, plan.Move{From: bought(t, w, s.ARN), To: providers(1, 0, 1), Way: plan.ByDeploying})); err != nil {
		t.Fatal(err)
	}
	most := 0
	for w.Now().Before(at("2026-11-17 14:55")) {
		w.Advance(w.Now().Add(time.Minute))
		ran := w.Ran(s.ARN)
		most = max(most, ran[len(ran)-1].Units)
	}
	if r, _ := w.Truth(s.ARN); tasksOf(w, s.ARN) != "4+0" || !has(&r, fleet.Deploying) || most > 7 {
		t.Errorf("without Spot: %s, %+v, at most %d", tasksOf(w, s.ARN), r.Traits, most)
	}
	w.Advance(at("2026-11-17 16:00"))
	if r, _ := w.Truth(s.ARN); tasksOf(w, s.ARN) != "1+3" || has(&r, fleet.Deploying) {
		t.Errorf("with Spot back: %s, %+v", tasksOf(w, s.ARN), r.Traits)
	}
	for _, i := range w.Ran(s.ARN) {
		if i.Units < 4 {
			t.Errorf("%+v", i)
		}
	}
}

func TestHowTasksAreShared(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		tasks int
		how   fleet.Purchase
		want  string
	}{
		{4, providers(0, 1, 0), "4+0"},
		{4, providers(0, 0, 1), "0+4"},
		{4, providers(0, 1, 1), "2+2"},
		{4, providers(9, 0, 1), "4+0"},
		{10, providers(2, 1, 3), "4+6"},
		{1, providers(0, 1, 3), "1+0"},
		{5, providers(1, 0, 1), "1+4"},
	} {
		s := service("api", row.tasks)
		s.Launch = &fleet.Launch{Providers: row.how.Providers}
		w := moving(t, nil)
		quietFargate(t, w)
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
		w.Advance(at("2026-11-16 00:05"))
		if got := tasksOf(w, s.ARN); got != row.want {
			t.Errorf("%d tasks by %s: %s, want %s", row.tasks, plan.Buys(row.how), got, row.want)
		}
	}
}
