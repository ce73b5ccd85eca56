package simulation_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

var careful = plan.Refresh{MinHealthy: 100, MaxHealthy: 110, Checkpoints: []int{10, 50, 100}, Pause: 30 * time.Minute, Bake: 20 * time.Minute, Alarms: []string{"web-5xx"}}

func refreshes(t *testing.T, w *simulation.World, arn fleet.ARN) bool {
	t.Helper()
	r, _ := w.Truth(arn)
	_, runs := r.Trait(fleet.RefreshInProgress)
	return runs
}

func TestARefreshMovesAGroup(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Min: 4, Max: 20, Desired: 10})
	w := moving(t, []simulation.Spec{s})
	v := witnessed(w)
	from := bought(t, w, s.ARN)
	to := onto(from, 2, 0)
	if err := act(t, w, action(s, moveOf(from, to, plan.ByRefresh))); err != nil {
		t.Fatal(err)
	}
	half := from
	half.Rebalance = true
	type sight struct {
		at, mix string
		runs    bool
	}
	var seen []sight
	least, most := 10, 10
	done := time.Time{}
	for w.Now().Before(at("2026-11-16 08:00")) {
		w.Advance(w.Now().Add(time.Minute))
		now := sight{w.Now().In(seoul).Format("15:04"), mixOf(t, w, s.ARN), refreshes(t, w, s.ARN)}
		var onDemand, spot, other int
		_, _ = fmt.Sscanf(now.mix, "%d+%d+%d", &onDemand, &spot, &other)
		least, most = min(least, onDemand+spot), max(most, onDemand+spot+other)
		if n := len(seen); n == 0 || seen[n-1].mix != now.mix || seen[n-1].runs != now.runs {
			seen = append(seen, now)
		}
		switch got := bought(t, w, s.ARN); {
		case now.runs && !got.Equal(half):
			t.Fatalf("while it goes on the group's own policy is %s", plan.Buys(got))
		case !now.runs && !got.Equal(to):
			t.Fatalf("afterwards it is %s", plan.Buys(got))
		case !now.runs && done.IsZero():
			done = w.Now()
		}
	}
	if least < 10 || most > 12 || !strings.HasPrefix(mixOf(t, w, s.ARN), "2+8+0") {
		t.Errorf("at least %d served, at most %d were there: %v", least, most, seen)
	}
	// Ten replacements of a few minutes each, two pauses and the bake time.
	if took := done.Sub(at("2026-11-16 00:00")); took < 80*time.Minute+10*2*time.Minute || took > 3*time.Hour {
		t.Errorf("took %s: %v", took, seen)
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
	calls := w.Calls()
	for api, n := range map[simulation.API]int{simulation.StartRefresh: 1, simulation.UpdateGroup: 1, simulation.DescribeRefreshes: 1} {
		if calls[api] != n {
			t.Errorf("%s was called %d times", api, calls[api])
		}
	}
	if err := act(t, w, action(s, moveOf(from, to, plan.ByRefresh))); err != nil || w.Calls()[simulation.StartRefresh] != 1 {
		t.Errorf("what is so already is left: %v", err)
	}
}

func TestACheckpointIsWaitedAt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name        string
		checkpoints []int
		base        int
		after       time.Duration
		spot        int
		runs        bool
	}{
		{"the first", []int{10, 50, 100}, 0, 20 * time.Minute, 1, true},
		{"the second", []int{10, 50, 100}, 0, 90 * time.Minute, 5, true},
		{"the last one is the end", []int{50}, 5, 4 * time.Hour, 5, false},
		{"none", nil, 0, 4 * time.Hour, 10, false},
	} {
		s := group("web", fleet.Size{Max: 20, Desired: 10})
		w := moving(t, []simulation.Spec{s})
		from := bought(t, w, s.ARN)
		move := moveOf(from, onto(from, row.base, 0), plan.ByRefresh)
		move.Refresh.Checkpoints, move.Refresh.Pause = row.checkpoints, time.Hour
		if err := act(t, w, action(s, move)); err != nil {
			t.Fatal(err)
		}
		w.Advance(w.Now().Add(row.after))
		if want := fmt.Sprintf("%d+%d+0", 10-row.spot, row.spot); mixOf(t, w, s.ARN) != want || refreshes(t, w, s.ARN) != row.runs {
			t.Errorf("%s: %s, want %s, under way %t", row.name, mixOf(t, w, s.ARN), want, refreshes(t, w, s.ARN))
		}
	}
}

// TestARefreshThatEndsOtherwise stops one half way by each way there is.
func TestARefreshThatEndsOtherwise(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		stop func(t *testing.T, w *simulation.World, s simulation.Spec, move plan.Move) error
		mix  string // in the end
	}{
		{"an alarm of it rings", func(_ *testing.T, w *simulation.World, s simulation.Spec, _ plan.Move) error {
			w.Ring(scope, "web-5xx", time.Minute)
			return nil
		}, "10+0+0"},
		{"another alarm rings", func(_ *testing.T, w *simulation.World, _ simulation.Spec, _ plan.Move) error {
			w.Ring(scope, "db-cpu", time.Minute)
			return nil
		}, "2+8+0"},
		{"an alarm of the name rings elsewhere", func(_ *testing.T, w *simulation.World, _ simulation.Spec, _ plan.Move) error {
			w.Ring(fleet.Scope{Account: scope.Account, Region: "us-east-1"}, "web-5xx", time.Minute)
			return nil
		}, "2+8+0"},
		{"it is rolled back", func(t *testing.T, w *simulation.World, s simulation.Spec, move plan.Move) error {
			return act(t, w, action(s, moveOf(move.To, move.From, plan.ByRollback)))
		}, "10+0+0"},
		{"it is rolled back twice", func(t *testing.T, w *simulation.World, s simulation.Spec, move plan.Move) error {
			return errors.Join(act(t, w, action(s, moveOf(move.To, move.From, plan.ByRollback))), act(t, w, action(s, moveOf(move.To, move.From, plan.ByRollback))))
		}, "10+0+0"},
		{"the alarm rings again while it is rolled back", func(_ *testing.T, w *simulation.World, _ simulation.Spec, _ plan.Move) error {
			w.Ring(scope, "web-5xx", time.Minute)
			w.Advance(w.Now().Add(2 * time.Minute))
			w.Ring(scope, "web-5xx", time.Minute)
			return nil
		}, "10+0+0"},
		{"nothing happens", func(*testing.T, *simulation.World, simulation.Spec, plan.Move) error { return nil }, "2+8+0"},
	} {
		s := group("web", fleet.Size{Min: 4, Max: 20, Desired: 10})
		w := moving(t, []simulation.Spec{s})
		least := 10
		w.Watch = func(c simulation.Change) {
			var serving int
			if _, err := fmt.Sscanf(c.To.Status, "%d of 10", &serving); err == nil {
				least = min(least, serving)
			}
		}
		from := bought(t, w, s.ARN)
		move := moveOf(from, onto(from, 2, 0), plan.ByRefresh)
		if err := act(t, w, action(s, move)); err != nil {
			t.Fatal(err)
		}
		w.Advance(at("2026-11-16 01:05")) // between the first and the second checkpoint
		if err := row.stop(t, w, s, move); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		w.Advance(at("2026-11-16 08:00"))
		want := from
		want.Rebalance = true
		switch {
		case strings.Contains(row.name, "rolled back") && !strings.Contains(row.name, "alarm"):
			want.Rebalance = false
		case row.mix == "2+8+0":
			want = move.To
		}
		if got := bought(t, w, s.ARN); mixOf(t, w, s.ARN) != row.mix || !got.Equal(want) || refreshes(t, w, s.ARN) || least < 10 {
			t.Errorf("%s: %s, %s, under way %t, at least %d served", row.name, mixOf(t, w, s.ARN), plan.Buys(got), refreshes(t, w, s.ARN), least)
		}
	}
}

// TestARefreshWithoutSpot: it is rolled back when nobody got into service for an hour, and nobody was missing meanwhile.
func TestARefreshWithoutSpot(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Min: 4, Max: 20, Desired: 10})
	w := moving(t, []simulation.Spec{s}, allPools()...)
	v := witnessed(w)
	w.Advance(at("2026-11-17 11:50")) // ten minutes before Spot is gone for three hours
	from := bought(t, w, s.ARN)
	move := moveOf(from, onto(from, 0, 0), plan.ByRefresh)
	move.Refresh.Checkpoints = nil
	if err := act(t, w, action(s, move)); err != nil {
		t.Fatal(err)
	}
	w.Advance(at("2026-11-17 12:30"))
	if !refreshes(t, w, s.ARN) || mixOf(t, w, s.ARN) == "10+0+0" {
		t.Errorf("after half an hour without Spot: %s, under way %t", mixOf(t, w, s.ARN), refreshes(t, w, s.ARN))
	}
	w.Advance(at("2026-11-17 14:50"))
	r, _ := w.Truth(s.ARN)
	if got := bought(t, w, s.ARN); mixOf(t, w, s.ARN) != "10+0+0" || got.Mix != nil || refreshes(t, w, s.ARN) || r.Status != "10 of 10 in service" {
		t.Errorf("before Spot is back: %s, %s, under way %t", mixOf(t, w, s.ARN), plan.Buys(got), refreshes(t, w, s.ARN))
	}
	failed := 0
	for _, n := range v.warned {
		if n.Action == simulation.LaunchFailed {
			failed++
			if n.Text != simulation.CapacityText || n.Resource != s.ARN || n.ID == "" {
				t.Errorf("%+v", n)
			}
		}
	}
	if failed < 5 || failed > 60 {
		t.Errorf("%d launch failures were told in an hour", failed)
	}
}

func TestAPersonCancelsARefresh(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Min: 4, Max: 20, Desired: 10})
	s.Zone = seoul
	s.Habits = []simulation.Habit{simulation.Refresher{Days: 1000, MinHealthy: 90, Cancels: 1000}} // theirs is refused while ours goes on
	w := moving(t, []simulation.Spec{s})
	w.Advance(at("2026-11-16 14:20"))
	from := bought(t, w, s.ARN)
	move := moveOf(from, onto(from, 0, 0), plan.ByRefresh)
	move.Refresh.Pause = 3 * time.Hour
	if err := act(t, w, action(s, move)); err != nil {
		t.Fatal(err)
	}
	w.Advance(at("2026-11-16 20:00"))
	if got := bought(t, w, s.ARN); refreshes(t, w, s.ARN) || got.Mix != nil || mixOf(t, w, s.ARN) != "9+1+0" {
		t.Errorf("%s, %s, under way %t", mixOf(t, w, s.ARN), plan.Buys(got), refreshes(t, w, s.ARN))
	}
}

func TestAnAlarmThatRingsAlready(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Max: 20, Desired: 4})
	s.Zone = seoul
	s.Habits = []simulation.Habit{simulation.Ringer{Days: 1000, Alarm: "web-5xx", Lasts: 23 * time.Hour}}
	w := moving(t, []simulation.Spec{s})
	w.Advance(at("2026-11-18 12:00"))
	from := bought(t, w, s.ARN)
	err := act(t, w, action(s, moveOf(from, onto(from, 0, 0), plan.ByRefresh)))
	w.Advance(w.Now().Add(time.Minute))
	if err != nil || refreshes(t, w, s.ARN) || mixOf(t, w, s.ARN) != "4+0+0" {
		t.Errorf("%v, %s, under way %t", err, mixOf(t, w, s.ARN), refreshes(t, w, s.ARN))
	}
}
