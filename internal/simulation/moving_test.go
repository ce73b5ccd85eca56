package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// The pools of m5.large and m5a.large in both zones; those named have no capacity on the 17th from noon to three.
func allPools() (pools []simulation.Pool) {
	for _, zone := range []string{"ap-northeast-2a", "ap-northeast-2c"} {
		for _, kind := range []string{"m5.large", "m5a.large"} {
			pools = append(pools, simulation.Pool{Zone: zone, Type: kind, Product: "Linux/UNIX"})
		}
	}
	return pools
}

// moving is a world that tells how things launch.
func moving(t *testing.T, specs []simulation.Spec, short ...simulation.Pool) *simulation.World {
	t.Helper()
	w := spiked(t, nil, short...)
	w.Launches = true
	for _, s := range specs {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// bought is how something buys now.
func bought(t *testing.T, w *simulation.World, arn fleet.ARN) fleet.Purchase {
	t.Helper()
	r, ok := w.Truth(arn)
	if !ok || r.Launch == nil {
		t.Fatalf("%s: %+v", arn, r)
	}
	return r.Purchase()
}

// onto is a purchase with a mixed instances policy.
func onto(p fleet.Purchase, base, above int) fleet.Purchase {
	p.Mix = &fleet.Mix{Base: base, AboveBase: above, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m5a.large"}}
	p.Rebalance = true
	return p
}

func moveOf(from, to fleet.Purchase, way plan.Way) plan.Move {
	m := plan.Move{From: from, To: to, Way: way}
	if way == plan.ByRefresh {
		how := careful
		m.Refresh = &how
	}
	return m
}

func act(t *testing.T, w *simulation.World, a plan.Action) error {
	t.Helper()
	return w.Act(t.Context(), []plan.Action{a})[0]
}

// mixOf counts members that serve: on demand and Spot.
func mixOf(t *testing.T, w *simulation.World, arn fleet.ARN) string {
	t.Helper()
	r, _ := w.Truth(arn)
	onDemand, spot, other := 0, 0, 0
	for _, m := range r.Launch.Members {
		switch {
		case !m.InService:
			other++
		case m.Lifecycle == fleet.OnDemand:
			onDemand++
		default:
			spot++
		}
	}
	return fmt.Sprintf("%d+%d+%d", onDemand, spot, other)
}

// TestMovesThatAreRefused names for each why, and nothing is changed by any.
func TestMovesThatAreRefused(t *testing.T) {
	t.Parallel()
	plain := group("plain", fleet.Size{Max: 9, Desired: 2})
	denied := group("denied", fleet.Size{Max: 9, Desired: 2})
	denied.Denied = true
	empty := group("empty", fleet.Size{})
	empty.State = fleet.Stopped
	busy := group("busy", fleet.Size{Max: 9, Desired: 4})
	busy.Zone, busy.Habits = seoul, []simulation.Habit{simulation.Refresher{Days: 1000, MinHealthy: 90, Checkpoints: []int{50}, Pause: 24 * time.Hour}}
	latest := group("latest", fleet.Size{Max: 9, Desired: 2})
	latest.Launch = &fleet.Launch{Template: &fleet.Template{ID: "lt-1", Version: "$Latest", Number: 4}}
	single, service := instance("i-1"), service("api", 2)
	w := moving(t, []simulation.Spec{plain, denied, empty, busy, latest, single, service})
	w.Advance(at("2026-11-16 17:00"))
	never := group("never", fleet.Size{})
	for _, row := range []struct {
		name string
		spec simulation.Spec
		way  plan.Way
		edit func(*plan.Move)
		want error
		text string
	}{
		{"somebody else wrote another base", plain, plan.ByWriting, func(m *plan.Move) { m.From.Mix = &fleet.Mix{Base: 3} }, simulation.ErrState, "somebody else"},
		{"somebody else named another version", plain, plan.ByRefresh, func(m *plan.Move) {
			other := *m.From.Template
			other.Version = "7"
			m.From.Template = &other
		}, simulation.ErrState, "somebody else"},
		{"nothing to roll back", plain, plan.ByRollback, func(m *plan.Move) { m.From, m.To = m.To, m.From }, nil, ""},
		{"a rollback to what never was", plain, plan.ByRollback, nil, simulation.ErrState, "somebody else"},
		{"no permission to write", denied, plan.ByWriting, nil, simulation.ErrDenied, ""},
		{"no permission to refresh", denied, plan.ByRefresh, nil, simulation.ErrDenied, ""},
		{"nobody to refresh", empty, plan.ByRefresh, nil, simulation.ErrState, "size 0"},
		{"a size 0 is written to", empty, plan.ByWriting, nil, nil, ""},
		{"a refresh is under way", busy, plan.ByRefresh, nil, simulation.ErrState, "under way"},
		{"no writing during a refresh", busy, plan.ByWriting, nil, simulation.ErrState, "under way"},
		{"no rollback of a person's", busy, plan.ByRollback, func(m *plan.Move) { m.From, m.To = m.To, m.From }, simulation.ErrState, "not the one"},
		{"no rollback from $Latest", latest, plan.ByRefresh, nil, simulation.ErrUnfit, "version"},
		{"bounds too far apart", plain, plan.ByRefresh, func(m *plan.Move) { m.Refresh.MinHealthy = 0 }, simulation.ErrUnfit, "bounds"},
		{"checkpoints out of order", plain, plan.ByRefresh, func(m *plan.Move) { m.Refresh.Checkpoints = []int{50, 10} }, simulation.ErrUnfit, "checkpoints"},
		{"weights are not modelled", plain, plan.ByWriting, func(m *plan.Move) { m.To.Mix.Weighted = true }, simulation.ErrUnfit, "weights"},
		{"it is gone", never, plan.ByWriting, nil, simulation.ErrGone, ""},
		{"it never was", never, plan.ByRefresh, nil, simulation.ErrGone, ""},
		{"an instance has no policy", single, plan.ByWriting, nil, simulation.ErrUnfit, ""},
		{"a group is not converted", plain, plan.ByConverting, nil, simulation.ErrUnfit, ""},
		{"a service is not refreshed", service, plan.ByRefresh, nil, simulation.ErrUnfit, ""},
	} {
		from := fleet.Purchase{Template: &fleet.Template{ID: "lt-x", Version: "1"}}
		if row.spec.ID != "never" {
			from = bought(t, w, row.spec.ARN)
		}
		move := moveOf(from, onto(from, 1, 0), row.way)
		if row.edit != nil {
			row.edit(&move)
		}
		history := w.History()
		err := act(t, w, action(row.spec, move))
		if !errors.Is(err, row.want) || row.want == nil && err != nil || row.text != "" && !strings.Contains(fmt.Sprint(err), row.text) {
			t.Errorf("%s: got %v, want %v with %q", row.name, err, row.want, row.text)
		}
		if err != nil && w.History() != history {
			t.Errorf("%s: it was refused and has changed something", row.name)
		}
	}
}

// TestAMoveSurvivesEveryCall kills the process at each call of a move, carried out or not, and then tries again: the effect is there once.
func TestAMoveSurvivesEveryCall(t *testing.T) {
	t.Parallel()
	for _, way := range []plan.Way{plan.ByWriting, plan.ByRefresh, plan.ByRollback} {
		finished := false
		for calls := 0; !finished && calls < 20; calls++ {
			for _, late := range []bool{false, true} {
				s := group("web", fleet.Size{Max: 9, Desired: 4})
				w := moving(t, []simulation.Spec{s})
				from := bought(t, w, s.ARN)
				to := onto(from, 1, 0)
				if way == plan.ByRollback {
					if err := act(t, w, action(s, moveOf(from, to, plan.ByRefresh))); err != nil {
						t.Fatal(err)
					}
					w.Advance(at("2026-11-16 00:40"))
					from, to = to, from
				}
				before := w.Calls()
				w.KillAfter(calls, late)
				err := act(t, w, action(s, moveOf(from, to, way)))
				finished = err == nil
				w.Revive()
				if err != nil && !errors.Is(err, simulation.ErrKilled) {
					t.Errorf("%s, killed after %d: %v", way, calls, err)
				}
				if err := act(t, w, action(s, moveOf(from, to, way))); err != nil {
					t.Errorf("%s, killed after %d calls (late %t): once more: %v", way, calls, late, err)
				}
				w.Advance(at("2026-11-16 08:00"))
				want := map[plan.Way]string{plan.ByWriting: "1+3+0", plan.ByRefresh: "1+3+0", plan.ByRollback: "4+0+0"}[way]
				if got := bought(t, w, s.ARN); !got.Equal(to) || mixOf(t, w, s.ARN) != want {
					t.Errorf("%s, killed after %d calls (late %t): %s, %s", way, calls, late, plan.Buys(got), mixOf(t, w, s.ARN))
				}
				for _, api := range []simulation.API{simulation.StartRefresh, simulation.RollbackRefresh} {
					if n := w.Calls()[api] - before[api]; n > 1 && !late {
						t.Errorf("%s, killed after %d: %s was called %d times", way, calls, api, n)
					}
				}
			}
		}
		if !finished {
			t.Errorf("%s takes more than 20 calls", way)
		}
	}
}

func TestMovesArePacedAndThrottled(t *testing.T) {
	t.Parallel()
	var specs []simulation.Spec
	for i := range 150 {
		specs = append(specs, group(fmt.Sprintf("web-%03d", i), fleet.Size{Max: 9, Desired: 1}))
	}
	w := moving(t, specs)
	var actions []plan.Action
	for _, s := range specs {
		from := bought(t, w, s.ARN)
		actions = append(actions, action(s, moveOf(from, onto(from, 0, 0), plan.ByWriting)))
	}
	begun := w.Now()
	if err := errors.Join(w.Act(t.Context(), actions)...); err != nil {
		t.Fatal(err)
	}
	// A hundred at once, then ten a second.
	if took := w.Now().Sub(begun); took < 5*time.Second || took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := w.Calls()
	if errs := w.Act(ctx, actions[:1]); !errors.Is(errs[0], context.Canceled) || !cmp.Equal(calls, w.Calls()) {
		t.Errorf("with nobody waiting: %v", errs[0])
	}
}

// TestSnapshotsTellHowThingsLaunch where they are asked to, and hold nothing of it where they are not.
func TestSnapshotsTellHowThingsLaunch(t *testing.T) {
	t.Parallel()
	web := mixed("web", 3, simulation.Mix{Base: 1, SpotPercent: 60, Types: []string{"m5.large", "m5a.large"}})
	web.Volumes = []simulation.Volume{{Type: "gp3", GB: 20}}
	old := group("old", fleet.Size{Max: 2, Desired: 1})
	old.Launch = &fleet.Launch{Configuration: "old-3", Targets: []fleet.Target{{ARN: "tg-1"}}, Suspended: []string{"AZRebalance"}}
	single := spot("i-1", fleet.SpotPersistent)
	single.Volumes = []simulation.Volume{{ID: "vol-1", Type: "gp3", GB: 30}, {ID: "vol-2", Type: "gp3", GB: 30, Stays: true}}
	single.Addresses = []simulation.Address{{ID: "eipalloc-1", IP: "198.18.0.1"}}
	api := service("api", 2)
	w := moving(t, []simulation.Spec{web, old, single, api})
	s, err := w.Snapshot(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*fleet.Launch{}
	for _, r := range s.Resources {
		got[r.ID] = r.Launch
	}
	zones := []string{"ap-northeast-2a", "ap-northeast-2c"}
	if l := got["web"]; !slices.Equal(l.Zones, zones) || l.Mix.Base != 1 || l.Mix.AboveBase != 40 || l.Mix.Strategy == "" || l.Template.ID == "" || len(l.Members) != 3 ||
		l.Members[0].ID > l.Members[1].ID || len(l.Volumes) != 1 || !l.Volumes[0].Root {
		t.Errorf("web: %+v", l)
	}
	if l := got["old"]; l.Configuration != "old-3" || l.Template != nil || l.Suspended[0] != "AZRebalance" || len(l.Members) != 1 {
		t.Errorf("old: %+v", l)
	}
	if l := got["i-1"]; l.Request == "" || len(l.Volumes) != 2 || !l.Volumes[0].Kept || l.Volumes[1].Kept || !l.Volumes[1].Root || l.Interfaces[0].Public != "198.18.0.1" || l.Image == "" {
		t.Errorf("i-1: %+v", l)
	}
	if l := got["api"]; l.LaunchType != "FARGATE" || l.MinHealthy != 100 || l.MaxHealthy != 200 || l.Providers != nil {
		t.Errorf("api: %+v", l)
	}
	if calls := w.Calls(); calls[simulation.DescribeTemplates] != 2 {
		t.Errorf("templates were asked for %d times", calls[simulation.DescribeTemplates])
	}
	silent := spiked(t, []simulation.Spec{old})
	if s, err = silent.Snapshot(t.Context(), scope); err != nil || s.Resources[0].Launch != nil || silent.Calls()[simulation.DescribeTemplates] != 0 {
		t.Errorf("unasked: %+v, %v", s.Resources[0].Launch, err)
	}
}

// TestWhatAWSSaysHasItsClass: optimizer and ledger go by it.
func TestWhatAWSSaysHasItsClass(t *testing.T) {
	t.Parallel()
	if failure.Of(simulation.ErrQuota) != failure.Quota || failure.Of(simulation.ErrTaken) != failure.InvalidState {
		t.Error(failure.Of(simulation.ErrQuota), failure.Of(simulation.ErrTaken))
	}
}

// service is a service on Fargate.
func service(name string, tasks int) simulation.Spec {
	return simulation.Spec{
		Resource: fleet.Resource{
			ID: name, ARN: fleet.ARN("arn:aws:ecs:ap-northeast-2:111111111111:service/shop/" + name), Kind: fleet.ECSService, Scope: scope, Parent: "shop",
			State: fleet.Running, Size: fleet.Size{Desired: tasks}, Product: "FARGATE",
		},
		Task: simulation.Task{CPU: 512, MiB: 1024},
	}
}
