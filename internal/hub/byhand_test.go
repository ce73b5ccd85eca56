package hub_test

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

// forget takes out of memory what was announced, as if the edges had been others when it was.
func (p *place) forget(t *testing.T) {
	t.Helper()
	states := optimizer.States{Store: p.store}
	state, err := states.Load(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	memory := state.Memory.Clone()
	for arn, m := range memory.Resources {
		m.Forecast = fleet.Moment{}
		memory.Resources[arn] = m
	}
	held, err := states.Acquire(t.Context(), state, "test", p.world.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := states.Release(t.Context(), held, &memory, state.Wake, p.world.Now()); err != nil {
		t.Fatal(err)
	}
}

// TestAPersonGoesPastTheGuard: a policy that means more than anybody announced is held. Who has looked at it saves the acts that are meant, and these
// and no others are done.
func TestAPersonGoesPastTheGuard(t *testing.T) {
	t.Parallel()
	p := placed(t, 30, office)
	p.look(t, noon.Add(time.Minute))
	p.forget(t)
	held := p.look(t, evening.Add(time.Minute)).Outcome.Plan
	if len(held.Actions) != 0 || len(held.Refusals) != 30 || held.Refusals[0].Code != plan.GuardReached {
		t.Fatalf("%d acts, %d refused: %+v", len(held.Actions), len(held.Refusals), held.Refusals)
	}
	policy, _, _, err := p.worker.Policies.InForce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen, err := p.world.Snapshot(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	state, err := optimizer.States{Store: p.store}.Load(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	saved, _ := scheduler.New(&policy.Rules).Plan(&seen, &state.Memory, scheduler.Options{Now: p.world.Now(), PastGuard: true})
	if len(saved.Actions) != 30 {
		t.Fatalf("%d acts to choose from", len(saved.Actions))
	}
	approved := &hub.Approved{Rules: &policy.Rules, Acts: saved.Actions[:25], Remembered: true}
	by := optimizer.Optimizer{
		Inventory: p.world, Actuator: p.world, Planner: approved, Book: ledger.Book{Store: p.store}, States: optimizer.States{Store: p.store},
		Now: p.world.Now, Holder: "kim", MaxFailures: 20,
	}
	out, err := by.Sweep(t.Context(), dev)
	if err != nil || len(out.Plan.Actions) != 25 || len(out.Failed) != 0 || len(approved.Found) != 25 {
		t.Fatalf("%d acts, %d failed, %d found: %v", len(out.Plan.Actions), len(out.Failed), len(approved.Found), err)
	}
	if p.world.Advance(evening.Add(10 * time.Minute)); p.running(t) != 5 {
		t.Errorf("%d run, five were not chosen", p.running(t))
	}
}
