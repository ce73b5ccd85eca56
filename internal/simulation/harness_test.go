package simulation_test

import (
	"context"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
)

var seoul = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		panic(err)
	}
	return zone
}()

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, seoul)
	if err != nil {
		panic(err)
	}
	return t
}

// rules are the policy of the sample organisation.
func rules() *scheduler.Rules { return rulesOf(seoul, usual) }

type planner struct{ scheduler *scheduler.Planner }

func (p planner) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	made, next := p.scheduler.Plan(s, memory, scheduler.Options{Now: now})
	return made, next, nil
}

// sweeper is the real optimizer with the real scheduler in a world.
func sweeper(w *simulation.World, store *memoryStore) simulation.Sweep {
	mortal := w.Mortal(store)
	o := &optimizer.Optimizer{
		Inventory: w, Planner: planner{scheduler.New(rules())}, Actuator: w,
		Book: ledger.Book{Store: mortal}, States: optimizer.States{Store: mortal}, Now: w.Now, Holder: "worker", MaxFailures: 50,
	}
	return func(ctx context.Context, scope fleet.Scope) (time.Time, error) {
		out, err := o.Sweep(ctx, scope)
		return out.Wake, err
	}
}

func build(t testing.TB, seed uint64, start time.Time, faults simulation.Faults, specs []simulation.Spec) *simulation.World {
	t.Helper()
	w := simulation.New(seed, start, faults)
	for _, s := range specs {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func run(t testing.TB, w *simulation.World, sweep simulation.Sweep, from, to time.Time, o simulation.Options) simulation.Tally {
	t.Helper()
	tally, err := simulation.Drive(t.Context(), w, sweep, from, to, o)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func ranHours(w *simulation.World) (hours float64) {
	for _, arn := range w.Resources() {
		for _, i := range w.Ran(arn) {
			hours += i.To.Sub(i.From).Hours() * float64(i.Units)
		}
	}
	return hours
}
