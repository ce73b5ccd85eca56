package optimizer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// spot is what the group is to buy.
var spot = fleet.Purchase{Mix: &fleet.Mix{Base: 1, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m5a.large"}}, Rebalance: true}

// mover is a planner that moves the group to Spot, as simply as that can be.
type mover struct{}

func (mover) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, _ time.Time) (plan.Plan, *fleet.Memory, error) {
	made := plan.Plan{Taken: s.Taken, Policy: "spot@1", Wake: s.Taken.Add(5 * time.Minute)}
	for i := range s.Resources {
		r := &s.Resources[i]
		if r.ID != "web" {
			continue
		}
		live, m := r.Purchase(), memory.Spot[r.ARN]
		next := memory.Clone()
		switch {
		case live.Equal(spot) && m.Attempts == 0 || !live.Equal(spot) && m.Applied:
			return made, memory, nil
		case live.Equal(spot):
			m.Attempts, m.Stage, m.Since = 0, fleet.OnSpot, s.Taken
		default:
			move := plan.Move{From: live, To: spot, Way: plan.ByWriting}
			subject := plan.SubjectOf(r, "dev")
			a := plan.Action{ID: plan.ActID(subject, move, fleet.Moment{}, ""), Subject: subject, Change: move, Cause: plan.BySpot, Why: "cheaper", At: s.Taken}
			made.Actions = append(made.Actions, a)
			m.Act, m.At, m.Applied, m.Stage, m.Before, m.Written = a.ID, s.Taken, false, fleet.Moving, &live, &spot
			m.Attempts++
		}
		next.Spot[r.ARN] = m
		return made, &next, nil
	}
	return made, memory, nil
}

// buys lets the world's group buy as it was told.
type buys struct {
	*world
	times int
}

func (b *buys) Act(_ context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	for i, a := range actions {
		if errs[i] = b.spend(); errs[i] != nil {
			continue
		}
		r, to := b.of(a.Subject.ID), a.Change.(plan.Move).To
		if !r.Purchase().Equal(to) {
			b.times++
			r.Launch = &fleet.Launch{Mix: to.Mix, Rebalance: to.Rebalance, Template: to.Template}
		}
	}
	return errs
}

func (b *buys) optimizer() *optimizer.Optimizer {
	o := b.world.optimizer("spot")
	o.Inventory, o.Actuator, o.Planner, o.Beside = b, b, mover{}, true
	return o
}

// TestAMoveIsMadeOnce kills the process at every call and lets later ones go on: the group is changed once, with its intent before and one
// verification after, the schedule's wake stays, and memory made out of the ledger is the memory that there was.
func TestAMoveIsMadeOnce(t *testing.T) {
	t.Parallel()
	for kill := range 14 {
		b := &buys{world: inMemory(newWorld(t))}
		b.sweep(t, "2026-11-20 12:00") // the schedule enrols everybody, and has its wake
		scheduled := b.state(t).Wake
		b.budget = kill
		ctx := context.Background()
		for i := range 8 {
			b.now = at("2026-11-20 12:01").Add(time.Duration(i) * 20 * time.Minute)
			if _, err := b.optimizer().Sweep(ctx, here); err != nil && !errors.Is(err, errCrash) {
				t.Fatalf("killed at %d: %v", kill, err)
			}
			b.budget = -1
		}
		states := map[ledger.State]int{}
		var entries []ledger.Entry
		for _, e := range b.entries(t) {
			entries = append(entries, e)
			if e.Moves() {
				states[e.State]++
			}
		}
		if b.times != 1 || states[ledger.Intent] == 0 || states[ledger.Verified] != 1 {
			t.Errorf("killed at %d: changed %d times, entries %v", kill, b.times, states)
		}
		state := b.state(t)
		if !state.Wake.Equal(scheduled) {
			t.Errorf("killed at %d: the schedule's wake %s became %s", kill, scheduled, state.Wake)
		}
		rebuilt, _ := optimizer.Rebuild(entries)
		is, was := rebuilt.Spot["arn:web"], state.Memory.Spot["arn:web"]
		if diff := cmp.Diff([]any{is.Act, is.Stage, is.Attempts, *is.Before, *is.Written}, []any{was.Act, was.Stage, was.Attempts, *was.Before, *was.Written}); diff != "" {
			t.Errorf("killed at %d: rebuilt otherwise: %s", kill, diff)
		}
		if len(rebuilt.Resources) != 3 || rebuilt.Resources["arn:web"].Original != nil {
			t.Errorf("killed at %d: the move changed what is remembered of schedules: %+v", kill, rebuilt.Resources["arn:web"])
		}
	}
}

func (w *world) state(t *testing.T) optimizer.State {
	t.Helper()
	state, err := (optimizer.States{Store: w.store}).Load(context.Background(), here)
	if err != nil {
		t.Fatal(err)
	}
	return state
}
