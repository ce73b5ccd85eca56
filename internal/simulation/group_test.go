package simulation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// lived is how a group looked after each change: the instant, how many serve and what is special.
func lived(t *testing.T, s simulation.Spec, until string) (w *simulation.World, seen []string) {
	t.Helper()
	s.Zone = seoul
	w = build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	w.Watch = func(c simulation.Change) {
		traits := []string{}
		for _, trait := range c.To.Traits {
			traits = append(traits, string(trait.Kind))
		}
		line := strings.TrimSpace(fmt.Sprintf("%s %s", c.To.Status, strings.Join(traits, " ")))
		if len(seen) == 0 || seen[len(seen)-1] != line {
			seen = append(seen, line)
		}
	}
	w.Advance(at(until))
	return w, seen
}

func TestARefreshReplacesEveryMember(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		how       simulation.Refresher
		least     int // in service at any time
		most      int // that ran at any time
		replaced  int
		unchanged int
	}{
		{"half stays in service", simulation.Refresher{MinHealthy: 50}, 2, 6, 4, 0},
		{"nine tenths of four are four: one more is launched first", simulation.Refresher{MinHealthy: 90}, 4, 5, 4, 0},
		{"at a checkpoint it pauses", simulation.Refresher{MinHealthy: 50, Checkpoints: []int{25}, Pause: 24 * time.Hour}, 3, 5, 1, 3},
		{"a cancelled one leaves the rest", simulation.Refresher{MinHealthy: 50, Checkpoints: []int{25, 100}, Pause: 3 * time.Hour, Cancels: 1000}, 3, 5, 1, 3},
	} {
		s := group("web", fleet.Size{Min: 1, Max: 9, Desired: 4})
		row.how.Days = 1000
		s.Habits = []simulation.Habit{row.how}
		w, seen := lived(t, s, "2026-11-16 23:00")
		least := 4
		for _, line := range seen {
			var n int
			_, _ = fmt.Sscanf(line, "%d of", &n)
			least = min(least, n)
		}
		most := 0
		for _, i := range w.Ran(s.ARN) {
			most = max(most, i.Units)
		}
		first, left := 0, 0
		for _, r := range w.Runs(s.ARN) {
			if r.To.Equal(w.Now()) {
				left++
				if r.From.Equal(at("2026-11-16 00:00")) {
					first++
				}
			}
		}
		if least != row.least || most > row.most || left-first != row.replaced || first != row.unchanged {
			t.Errorf("%s: at least %d served, at most %d ran, %d were replaced, %d not: %v", row.name, least, most, left-first, first, seen)
		}
		if !strings.Contains(strings.Join(seen, "\n"), "refresh-in-progress") {
			t.Errorf("%s: the refresh does not show: %v", row.name, seen)
		}
		r, _ := w.Truth(s.ARN)
		if _, shows := r.Trait(fleet.RefreshInProgress); shows != (row.unchanged > 0 && row.how.Cancels == 0) {
			t.Errorf("%s: shows a refresh at the end: %t", row.name, shows)
		}
	}
}

func TestACheckpointHoldsWhateverHappens(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Min: 1, Max: 9, Desired: 4})
	s.Habits = []simulation.Habit{simulation.Refresher{Days: 1000, MinHealthy: 50, Checkpoints: []int{50}, Pause: 24 * time.Hour}}
	w, _ := lived(t, s, "2026-11-16 19:00")
	if errs := w.Act(t.Context(), []plan.Action{resize(w, s, fleet.Size{Min: 1, Max: 9, Desired: 5})}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	w.Advance(at("2026-11-16 23:00"))
	first := 0
	for _, r := range w.Runs(s.ARN) {
		if r.To.Equal(w.Now()) && r.From.Equal(at("2026-11-16 00:00")) {
			first++
		}
	}
	if r, _ := w.Truth(s.ARN); first != 2 || r.Status != "5 of 5 in service" {
		t.Errorf("%d of the first four are left, %s", first, r.Status)
	}
}

func TestAWarmPoolStartsFromStopped(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Max: 9, Desired: 1})
	s.Scaling.Warm = 2
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	v := witnessed(w)
	w.Advance(at("2026-11-16 01:00"))
	if held := w.Holdings(s.ARN); len(held) != 3 || len(w.Runs(s.ARN)) != 1 {
		t.Errorf("one member and two in the pool hold %+v, run %+v", held, w.Runs(s.ARN))
	}
	warm := map[string]bool{}
	for _, h := range w.Holdings(s.ARN) {
		warm[h.ID] = true
	}
	w.Act(t.Context(), []plan.Action{resize(w, s, fleet.Size{Max: 9, Desired: 3})})
	w.Advance(at("2026-11-16 01:01"))
	if r, _ := w.Truth(s.ARN); r.Status != "3 of 3 in service" {
		t.Errorf("a minute later: %s", r.Status)
	}
	w.Advance(at("2026-11-16 03:00"))
	held, last := w.Holdings(s.ARN), 0
	for _, r := range w.Runs(s.ARN) {
		if r.To.Equal(w.Now()) {
			last++
		}
	}
	if len(held) != 5 || last != 3 || len(w.Runs(s.ARN)) != 5 {
		t.Errorf("the pool is filled again, by machines that ran for a moment: %d volumes, %d run, %d runs", len(held), last, len(w.Runs(s.ARN)))
	}
	if r, _ := w.Truth(s.ARN); len(r.Traits) != 1 || r.Traits[0].Kind != fleet.WarmPool || r.Members[0].Count != 3 {
		t.Errorf("%+v", r)
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

func TestScheduledActionsOfAGroupsOwn(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Min: 1, Max: 9, Desired: 2})
	s.Scaling.Actions = []simulation.ScheduledAction{
		{At: 20 * time.Hour, Size: fleet.Size{Max: 9}},
		{At: 8 * time.Hour, Days: []time.Weekday{time.Tuesday}, Size: fleet.Size{Min: 2, Max: 9, Desired: 3}},
	}
	w, seen := lived(t, s, "2026-11-16 21:00") // a Monday
	if r, _ := w.Truth(s.ARN); r.State != fleet.Stopped || len(r.Traits) != 1 || r.Traits[0].Kind != fleet.ScheduledActions {
		t.Errorf("at nine: %+v, %v", r, seen)
	}
	w.Advance(at("2026-11-17 09:00"))
	if r, _ := w.Truth(s.ARN); r.Status != "3 of 3 in service" || r.Size.Min != 2 {
		t.Errorf("in the morning: %+v", r)
	}
	w.Advance(at("2026-11-18 21:00"))
	if ran := w.Ran(s.ARN); ran[len(ran)-1].To.After(at("2026-11-17 20:10")) {
		t.Errorf("on Wednesday nobody starts it: %+v", ran)
	}
}

func TestAGroupTakesItsMembersAlong(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Max: 9, Desired: 3})
	s.Scaling.Warm = 1
	s.Habits = []simulation.Habit{simulation.Terminator{Days: 1000}}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	v := witnessed(w)
	w.Advance(at("2026-11-18 00:00"))
	if _, ok := w.Truth(s.ARN); !ok {
		t.Error("what was is known for good")
	}
	var end time.Time
	for _, r := range w.Runs(s.ARN) {
		end = r.To
	}
	for _, h := range w.Holdings(s.ARN) {
		if !h.To.Equal(end) {
			t.Errorf("%+v outlives the group, which ended at %s", h, end)
		}
	}
	if len(w.Runs(s.ARN)) != 3 || len(w.Holdings(s.ARN)) != 4 || end.After(at("2026-11-17 09:00")) {
		t.Errorf("%+v", w.Runs(s.ARN))
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

// TestADumpListsMembersAndHowTheyScale reads a few fields of a group's listing, and its members where AWS lists them.
func TestADumpListsMembersAndHowTheyScale(t *testing.T) {
	t.Parallel()
	s := mixed("web", 3, simulation.Mix{Base: 1, SpotPercent: 60, Types: []string{"m5.large", "m5a.large"}})
	s.Scaling.Warm, s.Scaling.Rebalance = 1, true
	single := instance("i-1")
	single.Volumes = []simulation.Volume{{ID: "vol-1", Type: "gp3", GB: 30, Stays: true}}
	single.Addresses = []simulation.Address{{ID: "eipalloc-1", IP: "198.18.0.1"}}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s, single})
	w.Advance(at("2026-11-16 00:05"))
	files, err := w.Dump(scope)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		file, text string
		times      int
	}{
		{"describe-auto-scaling-groups.json", `"OnDemandPercentageAboveBaseCapacity": 40`, 1},
		{"describe-auto-scaling-groups.json", `"CapacityRebalance": true`, 1},
		{"describe-auto-scaling-groups.json", `"PoolState": "Stopped"`, 1},
		{"describe-auto-scaling-groups.json", `"LifecycleState": "InService"`, 3},
		{"describe-instances.json", `"aws:autoscaling:groupName"`, 4}, // the warm pool's instance is an instance too
		{"describe-instances.json", `"InstanceLifecycle": "spot"`, 1},
		{"describe-instances.json", `"VolumeId": "vol-`, 5},
		{"describe-instances.json", `"DeleteOnTermination": false`, 1},
		{"describe-instances.json", `"PublicIpAddress": "198.18.0.1"`, 1},
		{"describe-instances.json", `"IpOwnerId": "111111111111"`, 1},
	} {
		if n := strings.Count(string(files[row.file]), row.text); n != row.times {
			t.Errorf("%s stands %d times in %s, want %d", row.text, n, row.file, row.times)
		}
	}
	if len(w.Runs(s.ARN)) != 3 {
		t.Errorf("%d members ran", len(w.Runs(s.ARN)))
	}
	for _, r := range w.Runs(s.ARN) {
		if !strings.Contains(string(files["describe-instances.json"]), `"InstanceId": "`+r.ID+`"`) {
			t.Errorf("%s is not listed", r.ID)
		}
	}
}

// TestTheSchedulerLeavesWhatScalesByItself plays an evening with the real scheduler.
func TestTheSchedulerLeavesWhatScalesByItself(t *testing.T) {
	t.Parallel()
	from := at("2026-11-18 12:00") // a Wednesday
	var specs []simulation.Spec
	for _, row := range []struct {
		name   string
		change func(*simulation.Spec)
	}{
		{"plain", func(*simulation.Spec) {}},
		{"warm", func(s *simulation.Spec) { s.Scaling.Warm = 1 }},
		{"scheduled", func(s *simulation.Spec) {
			s.Scaling.Actions = []simulation.ScheduledAction{{At: 3 * time.Hour, Size: s.Size}}
		}},
		{"refreshed", func(s *simulation.Spec) {
			s.Habits = []simulation.Habit{simulation.Refresher{Days: 1000, MinHealthy: 50, Checkpoints: []int{50}, Pause: 24 * time.Hour}}
		}},
	} {
		s := group(row.name, fleet.Size{Min: 1, Max: 4, Desired: 2})
		s.Zone, s.Tags = seoul, fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"})
		row.change(&s)
		specs = append(specs, s)
	}
	w := build(t, 1, from, simulation.Faults{}, specs)
	acted := map[fleet.ARN]int{}
	w.Watch = func(c simulation.Change) {
		if c.By == simulation.ByOffpeak {
			acted[c.Resource]++
		}
	}
	run(t, w, sweeper(w, newMemoryStore()), from, at("2026-11-18 23:00"), simulation.Options{})
	for i, s := range specs {
		if r, _ := w.Truth(s.ARN); (acted[s.ARN] > 0) != (i == 0) || (r.Size.Desired == 0) != (i == 0) {
			t.Errorf("%s: acted on %d times, %s", s.ID, acted[s.ARN], r.Size)
		}
	}
}
