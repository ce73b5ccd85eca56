package simulation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// guard watches groups that move: nobody but the market takes from them what they are to have in service.
type guard struct {
	world  *simulation.World
	begins map[fleet.ARN]int
	hit    map[fleet.ARN]bool // by the market, and not whole since
	broken []string
}

func guardOf(w *simulation.World) *guard {
	g := &guard{world: w, begins: map[fleet.ARN]int{}, hit: map[fleet.ARN]bool{}}
	w.Watch, w.Warn = g.changed, func(n simulation.Notice) {
		if n.Action == "terminate" || n.Action == simulation.LaunchFailed {
			g.hit[n.Resource] = true
		}
	}
	return g
}

func (g *guard) changed(c simulation.Change) {
	var serving, desired int
	if n, err := fmt.Sscanf(c.To.Status, "%d of %d", &serving, &desired); err != nil || n != 2 {
		return
	}
	switch {
	case serving >= desired:
		g.hit[c.Resource] = false
	case !g.hit[c.Resource]:
		g.broken = append(g.broken, fmt.Sprintf("%s %s by %s: %s, and the market has not taken any", c.At, c.Resource, c.By, c.To.Status))
	}
	if c.By == simulation.ByOffpeak && has(&c.To, fleet.RefreshInProgress) && !has(&c.From, fleet.RefreshInProgress) {
		g.begins[c.Resource]++
	}
}

// TestGroupsMoveWhateverGoesWrong plays days in which many groups move while Spot comes and goes, alarms ring, people cancel refreshes, wakes are lost,
// late and doubled, descriptions lag and processes are killed.
func TestGroupsMoveWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	stages := map[fleet.Stage]int{}
	killed := 0
	for seed := range uint64(25) {
		w := simulation.New(seed, at("2026-11-16 14:00"), simulation.Faults{Lag: 8 * time.Second})
		w.Launches = true
		r := rand.New(rand.NewPCG(seed, 7))
		for _, p := range allPools() {
			w.Market().SetTerms(p, simulation.Terms{Share: 300, Interruptions: simulation.Chance(r.IntN(1000)), Shortage: 3 * time.Hour})
		}
		for i := range 8 {
			s := group(fmt.Sprintf("web-%d", i), fleet.Size{Max: 40, Desired: 1 + r.IntN(12)})
			s.Zone = seoul
			switch i {
			case 0:
				s.Habits = []simulation.Habit{simulation.Refresher{Days: 1000, MinHealthy: 100, Cancels: 1000}}
			case 1, 2:
				s.Habits = []simulation.Habit{simulation.Ringer{Days: 1000, Alarm: "web-5xx", Lasts: 6 * time.Hour}}
			}
			if err := w.Add(s); err != nil {
				t.Fatal(err)
			}
		}
		g := guardOf(w)
		store := newMemoryStore()
		mortal := w.Mortal(store)
		o := &optimizer.Optimizer{
			Inventory: w, Planner: mover{to: func(p fleet.Purchase) fleet.Purchase { return onto(p, 1, 30) }, pause: 3 * time.Hour}, Actuator: w,
			Book: ledger.Book{Store: mortal}, States: optimizer.States{Store: mortal}, Now: w.Now, Holder: "worker", MaxFailures: 50,
		}
		sweep := func(ctx context.Context, scope fleet.Scope) (time.Time, error) {
			out, err := o.Sweep(ctx, scope)
			return out.Wake, err
		}
		faults := simulation.Options{Drop: 50, Duplicate: 100, Delay: 30, Crash: 60, Seed: seed}
		killed += run(t, w, sweep, w.Now(), at("2026-11-18 12:00"), faults).Crashed
		run(t, w, sweep, w.Now(), at("2026-11-18 13:00"), simulation.Options{})
		state, err := optimizer.States{Store: store}.Load(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range g.broken {
			t.Errorf("seed %d: %s", seed, text)
		}
		for _, arn := range w.Resources() {
			m := state.Memory.Spot[arn]
			stages[m.Stage]++
			got := bought(t, w, arn)
			switch moved := m.Written != nil && got.Equal(*m.Written); {
			case m.Stage == fleet.OnSpot && !moved, m.Stage == fleet.GivenUp && got.Mix != nil, m.Stage != fleet.OnSpot && m.Stage != fleet.GivenUp:
				t.Errorf("seed %d: %s is %s and buys by %s", seed, arn, m.Stage, plan.Buys(got))
			}
			if g.begins[arn] > m.Attempts+1 && m.Stage == fleet.GivenUp || g.begins[arn] < 1 {
				t.Errorf("seed %d: %s: %d refreshes were begun", seed, arn, g.begins[arn])
			}
		}
	}
	if stages[fleet.OnSpot] < 60 || stages[fleet.GivenUp] < 10 || killed < 20 {
		t.Errorf("%v, %d killed: that proves little", stages, killed)
	}
}
