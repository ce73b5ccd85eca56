package simulation_test

import (
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

func TestAnOverrideIsWrittenAtSix(t *testing.T) {
	t.Parallel()
	s := instance("i-1")
	s.Zone = seoul
	s.Habits = []simulation.Habit{simulation.Overrider{Days: 1000, Key: "offpeak:override", Hours: 2}}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	var when time.Time
	w.Watch = func(c simulation.Change) { when = c.At.In(seoul) }
	w.Advance(at("2026-11-17 00:00"))
	r, _ := w.Truth(s.ARN)
	text, _ := r.Tags.Get("offpeak:override")
	o, err := fleet.ParseOverride(text)
	if err != nil || text != "running until 2026-11-17 02:00" || o.Want != fleet.Running || when.Format("15") != "18" && when.Format("15") != "17" {
		t.Errorf("%q at %s: %+v, %v", text, when, o, err)
	}
}

func TestSomebodyResetsAGroupAfterItsStop(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Min: 1, Max: 4, Desired: 2})
	s.Zone = seoul
	s.Habits = []simulation.Habit{simulation.Resetter{Days: 1000, At: 19*time.Hour + 30*time.Minute}}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	w.Advance(at("2026-11-16 19:30"))
	w.Act(t.Context(), []plan.Action{resize(w, s, fleet.Size{})})
	if r, _ := w.Truth(s.ARN); r.State != fleet.Changing {
		t.Errorf("after the stop: %+v", r)
	}
	w.Advance(at("2026-11-16 19:41"))
	if r, _ := w.Truth(s.ARN); r.Size != s.Size {
		t.Errorf("after ten minutes: %s", r.Size)
	}
}

// TestAStartThatFailsSaysWhy: a key that may not be used and a quota that is reached read differently.
func TestAStartThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	var specs []simulation.Spec
	var actions []plan.Action
	for i := range 40 {
		s := instance("i-" + string(rune('a'+i)))
		s.State = fleet.Stopped
		specs, actions = append(specs, s), append(actions, action(s, plan.Start{}))
	}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{FailsLater: 1000}, specs)
	reasons := map[string]int{}
	w.Watch = func(c simulation.Change) {
		if c.To.State == fleet.Stopped {
			reasons[c.Reason]++
		}
	}
	w.Act(t.Context(), actions)
	w.Advance(at("2026-11-16 00:10"))
	if key, quota := reasons["Client.InternalError"], reasons["Client.VolumeLimitExceeded"]; key+quota != 40 || key < 10 || quota < 10 {
		t.Errorf("%v", reasons)
	}
	files, err := w.Dump(scope)
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []string{"Client.InternalError (2026-11-15 15:0", "Client.VolumeLimitExceeded (2026-11-15 15:0"} {
		if !strings.Contains(string(files["describe-instances.json"]), reason) {
			t.Errorf("%q does not stand in the listing", reason)
		}
	}
}
