package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// mover is a planner that moves every group, and from an instant on wants it back. It does what a planner of moves must, and no more: it waits for
// a refresh, tries again what AWS did not accept, and leaves to people what AWS rolled back.
type mover struct {
	to   func(fleet.Purchase) fleet.Purchase
	back time.Time // zero: never
	// pause is how long it waits at each checkpoint; zero: as careful says.
	pause time.Duration
}

func (p mover) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	made := plan.Plan{Taken: s.Taken, Wake: now.Add(5 * time.Minute)}
	next := memory.Clone()
	changed := false
	for i := range s.Resources {
		r := &s.Resources[i]
		was, is := memory.Spot[r.ARN], memory.Spot[r.ARN]
		if a, acts := p.look(r, &is, now); acts {
			made.Actions = append(made.Actions, a)
		}
		if !reflect.DeepEqual(was, is) {
			next.Spot[r.ARN], changed = is, true
		}
	}
	if !changed {
		return made, memory, nil
	}
	return made, &next, nil
}

// look decides about one group.
func (p mover) look(r *fleet.Resource, m *fleet.Moved, now time.Time) (plan.Action, bool) {
	live, busy := r.Purchase(), has(r, fleet.RefreshInProgress)
	leaves := !p.back.IsZero() && !now.Before(p.back)
	switch {
	case m.Stage == fleet.Moving && leaves && busy:
		return p.act(r, m, plan.Move{From: *m.Written, To: *m.Before, Way: plan.ByRollback}, fleet.Leaving, now), true
	case m.Stage == fleet.Leaving && busy && !m.Applied:
		return p.act(r, m, plan.Move{From: p.to(*m.Before), To: *m.Before, Way: plan.ByRollback}, fleet.Leaving, now), true
	case busy, m.Stage == fleet.OnSpot, m.Stage == fleet.Returned, m.Stage == fleet.GivenUp:
		return plan.Action{}, false
	case m.Stage != "" && live.Equal(*m.Written) && m.Stage == fleet.Leaving:
		m.Stage, m.Attempts, m.Since = fleet.Returned, 0, now
		return plan.Action{}, false
	case m.Stage != "" && live.Equal(*m.Written):
		m.Stage, m.Attempts, m.Since = fleet.OnSpot, 0, now
		return plan.Action{}, false
	case m.Stage == fleet.Moving && m.Applied && now.Sub(m.At) < time.Minute: // what is seen may be older than what was done
		return plan.Action{}, false
	case m.Stage == fleet.Moving && m.Applied:
		m.Stage = fleet.GivenUp
		return plan.Action{}, false
	case m.Stage == fleet.Leaving:
		return p.act(r, m, plan.Move{From: p.to(*m.Before), To: *m.Before, Way: plan.ByRollback}, fleet.Leaving, now), true
	case m.Stage == "":
		how := careful
		how.Pause = max(how.Pause, p.pause)
		return p.act(r, m, plan.Move{From: live, To: p.to(live), Way: plan.ByRefresh, Refresh: &how}, fleet.Moving, now), true
	default:
		how := careful
		how.Pause = max(how.Pause, p.pause)
		return p.act(r, m, plan.Move{From: *m.Before, To: *m.Written, Way: plan.ByRefresh, Refresh: &how}, fleet.Moving, now), true
	}
}

func (p mover) act(r *fleet.Resource, m *fleet.Moved, move plan.Move, stage fleet.Stage, now time.Time) plan.Action {
	id := string(stage) + "-" + r.ID
	if m.Act != id {
		m.Attempts = 0
	}
	m.Act, m.At, m.Applied, m.Stage = id, now, false, stage
	m.Attempts++
	if m.Before == nil {
		m.Before = &move.From
	}
	m.Written = &move.To
	return plan.Action{ID: id, Subject: plan.SubjectOf(r, ""), Change: move, Cause: plan.BySpot, Why: "for the play"}
}

// played is a play of a group of ten that moves by a refresh, and what came of it.
type played struct {
	world   *simulation.World
	store   *memoryStore
	entries []ledger.Entry
	least   int      // that served at any time
	begins  int      // refreshes that offpeak began
	acts    []string // changes by offpeak, by act
	final   string
	buys    fleet.Purchase
	stage   fleet.Stage
	died    bool
}

// refreshed plays a group of ten until it is settled. The process is killed at a call of its sweep at a time, and another one goes on.
func refreshed(t *testing.T, p mover, short []simulation.Pool, at1 time.Time, killAt time.Time, calls int, late bool, incident func(*simulation.World)) *played {
	t.Helper()
	s := group("web", fleet.Size{Min: 4, Max: 20, Desired: 10})
	w := moving(t, []simulation.Spec{s}, short...)
	w.Advance(at1)
	got := &played{world: w, store: newMemoryStore(), least: 10}
	w.Watch = func(c simulation.Change) {
		var serving int
		if _, err := fmt.Sscanf(c.To.Status, "%d of 10", &serving); err == nil {
			got.least = min(got.least, serving)
		}
		if c.By == simulation.ByOffpeak {
			got.acts = append(got.acts, c.Act)
			if has(&c.To, fleet.RefreshInProgress) && !has(&c.From, fleet.RefreshInProgress) {
				got.begins++
			}
			if got.store.intents[c.Act].Move == nil {
				t.Errorf("act %s has no intent with a move on record", c.Act)
			}
		}
	}
	mortal := w.Mortal(got.store)
	o := &optimizer.Optimizer{
		Inventory: w, Planner: p, Actuator: w, Book: ledger.Book{Store: mortal}, States: optimizer.States{Store: mortal}, Now: w.Now, Holder: "worker", MaxFailures: 50,
	}
	for end := at1.Add(9 * time.Hour); w.Now().Before(end); w.Advance(w.Now().Add(5 * time.Minute)) {
		kills := !got.died && !w.Now().Before(killAt)
		if kills {
			w.KillAfter(calls, late)
		}
		_, err := o.Sweep(t.Context(), scope)
		w.Revive()
		switch {
		case errors.Is(err, simulation.ErrKilled):
			got.died = true
		case err != nil:
			t.Fatal(err)
		case kills:
			killAt = end // the sweep takes fewer calls
		}
		if incident != nil && w.Now().Sub(at1) > 65*time.Minute { // between two checkpoints
			incident(w)
			incident = nil
		}
	}
	for e, err := range (ledger.Book{Store: got.store}).Read(t.Context(), at1.Add(-time.Hour), w.Now(), scope) {
		if err != nil {
			t.Fatal(err)
		}
		got.entries = append(got.entries, e)
	}
	state, err := optimizer.States{Store: got.store}.Load(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	got.final, got.buys, got.stage = mixOf(t, w, s.ARN), bought(t, w, s.ARN), state.Memory.Spot[s.ARN].Stage
	return got
}

// TestAGroupMovesUnderTheOptimizer plays the whole way from intent to verification, and is killed at each call of the sweep that begins the refresh
// and, where it is rolled back, of the one that does that.
func TestAGroupMovesUnderTheOptimizer(t *testing.T) {
	t.Parallel()
	toSpot := func(p fleet.Purchase) fleet.Purchase { return onto(p, 2, 0) }
	monday, tuesday := at("2026-11-16 00:00"), at("2026-11-17 11:10")
	for _, row := range []struct {
		name     string
		plan     mover
		short    []simulation.Pool
		begin    time.Time
		killFrom time.Duration
		incident func(*simulation.World)
		least    int // the market takes what is Spot by then, and while the refresh goes on nobody launches on demand instead
		final    string
		stage    fleet.Stage
	}{
		{"it goes well", mover{to: toSpot}, nil, monday, 0, nil, 10, "2+8+0", fleet.OnSpot},
		{"an alarm rings half way", mover{to: toSpot}, nil, monday, 0, func(w *simulation.World) { w.Ring(scope, "web-5xx", time.Minute) }, 10, "10+0+0", fleet.GivenUp},
		{"Spot is gone half way", mover{to: toSpot}, allPools(), tuesday, 0, nil, 5, "10+0+0", fleet.GivenUp},
		{"it is taken back half way", mover{to: toSpot, back: monday.Add(66 * time.Minute)}, nil, monday, 66 * time.Minute, nil, 10, "10+0+0", fleet.Returned},
	} {
		deaths := 0
		for calls := range 24 {
			for _, late := range []bool{false, true} {
				got := refreshed(t, row.plan, row.short, row.begin, row.begin.Add(row.killFrom), calls, late, row.incident)
				name := fmt.Sprintf("%s, killed after %d calls (late %t)", row.name, calls, late)
				if got.died {
					deaths++
				}
				spot := row.stage == fleet.OnSpot
				// Who died with the begin of a refresh does not know that it began: when it was rolled back since, it begins once more.
				unknown := got.died && late && row.stage == fleet.GivenUp
				if got.final != row.final || (got.buys.Mix != nil) != spot || got.stage != row.stage && !unknown {
					t.Errorf("%s: %s, %s, %s", name, got.final, got.stage, plan.Buys(got.buys))
				}
				if got.begins != 1 && !unknown {
					t.Errorf("%s: %d refreshes were begun", name, got.begins)
				}
				if got.least < row.least {
					t.Errorf("%s: %d of 10 served", name, got.least)
				}
				onRecord(t, name, got, row.stage)
			}
		}
		if deaths < 20 {
			t.Errorf("%s: only %d deaths", row.name, deaths)
		}
	}
}

// onRecord: every act has an intent before its outcome, and one that was seen done is verified once.
func onRecord(t *testing.T, name string, got *played, stage fleet.Stage) {
	t.Helper()
	intents, verified := map[string]int{}, map[string]int{}
	for _, e := range got.entries {
		switch e.State {
		case ledger.Intent:
			intents[e.Act]++
		case ledger.Verified:
			verified[e.Act]++
			fallthrough
		case ledger.Applied, ledger.Failed:
			if intents[e.Act] == 0 {
				t.Errorf("%s: %s of %s stands before its intent", name, e.State, e.Act)
			}
		}
	}
	want := map[fleet.Stage]string{fleet.OnSpot: "moving-web", fleet.Returned: "leaving-web"}[stage]
	if n := verified[want]; want != "" && n != 1 {
		t.Errorf("%s: %s is verified %d times: %v", name, want, n, got.entries)
	}
	if len(verified) > 1 || want == "" && len(verified) > 0 {
		t.Errorf("%s: verified %v", name, verified)
	}
}
