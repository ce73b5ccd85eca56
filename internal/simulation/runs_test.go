package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// witness takes down what a world shows of its resources, to be compared with what it says was charged.
type witness struct {
	world   *simulation.World
	changes map[fleet.ARN][]simulation.Change
	begins  map[fleet.ARN]fleet.Resource
	from    time.Time
	warned  []simulation.Notice
}

func witnessed(w *simulation.World) *witness {
	v := &witness{world: w, changes: map[fleet.ARN][]simulation.Change{}, begins: map[fleet.ARN]fleet.Resource{}, from: w.Now()}
	for _, arn := range w.Resources() {
		v.begins[arn], _ = w.Truth(arn)
	}
	w.Watch = v.changed
	w.Warn = func(n simulation.Notice) { v.warned = append(v.warned, n) }
	return v
}

func (v *witness) changed(c simulation.Change) {
	v.changes[c.Resource] = append(v.changes[c.Resource], c)
}

// complaints are the ways in which runs, intervals, holdings, the market and what was seen disagree.
func (v *witness) complaints() (all []string) {
	for _, arn := range v.world.Resources() {
		complain := func(format string, args ...any) { all = append(all, string(arn)+": "+fmt.Sprintf(format, args...)) }
		spec, _ := v.world.Spec(arn)
		runs := v.world.Runs(arn)
		v.compareWithIntervals(arn, runs, complain)
		v.compareWithSight(arn, &spec, complain)
		v.compareWithHoldings(arn, &spec, runs, complain)
		v.compareWithMarket(arn, runs, complain)
	}
	return all
}

type complaint func(format string, args ...any)

// compareWithIntervals: the hours of all units are those of Ran; no unit runs twice at a time, nor before the beginning or after now.
func (v *witness) compareWithIntervals(arn fleet.ARN, runs []simulation.Run, complain complaint) {
	var units, counted time.Duration
	last := map[string]time.Time{}
	for _, r := range runs {
		units += r.To.Sub(r.From)
		if !r.From.Before(r.To) || r.From.Before(v.from) || r.To.After(v.world.Now()) || r.From.Before(last[r.ID]) {
			complain("%s runs %s..%s, after %s", r.ID, r.From, r.To, last[r.ID])
		}
		if r.ID == "" || r.Zone == "" || r.Resource != arn {
			complain("a run says too little: %+v", r)
		}
		last[r.ID] = r.To
	}
	var before time.Time
	for _, i := range v.world.Ran(arn) {
		counted += i.To.Sub(i.From) * time.Duration(i.Units)
		if i.Units < 1 || !i.From.Before(i.To) || i.From.Before(before) {
			complain("the interval %+v after %s", i, before)
		}
		before = i.To
	}
	if units != counted {
		complain("its units ran %s, its intervals are %s", units, counted)
	}
}

// compareWithSight: between two changes as many units run as were seen to. What drains is still charged, what boots is not yet.
func (v *witness) compareWithSight(arn fleet.ARN, spec *simulation.Spec, complain complaint) {
	at, seen := v.from, v.begins[arn]
	ran := v.world.Ran(arn)
	check := func(until time.Time) {
		if !at.Before(until) {
			return
		}
		least, most := unitsSeen(&seen, spec)
		units := 0
		for _, i := range ran {
			if !i.From.After(at) && i.To.After(at) {
				units = i.Units
				if i.To.Before(until) {
					complain("%d units stopped at %s without a change", units, i.To)
				}
			}
		}
		if units < least || units > most {
			complain("%d units ran at %s, seen %d to %d: %s", units, at, least, most, seen.Status)
		}
	}
	for _, c := range v.changes[arn] {
		check(c.At)
		at, seen = c.At, c.To
	}
	check(v.world.Now())
}

// unitsSeen is how many units of a resource can run as it looks.
func unitsSeen(r *fleet.Resource, spec *simulation.Spec) (least, most int) {
	switch {
	case r.State == fleet.Gone:
	case r.Kind == fleet.AutoScalingGroup:
		_, _ = fmt.Sscanf(r.Status, "%d of", &least)
		most = spec.Scaling.Warm
		for _, m := range r.Members {
			most += m.Count
		}
	case r.Kind == fleet.ECSService:
		most = 100 // how many tasks are left is not part of a snapshot
	case r.State == fleet.Running && r.Kind == fleet.RDSCluster:
		for _, m := range r.Members {
			least += m.Count
		}
		most = least
	case r.State == fleet.Running:
		least, most = 1, 1
	}
	return least, most
}

// compareWithHoldings: whatever ran had its volumes, which were there before and at its end.
func (v *witness) compareWithHoldings(arn fleet.ARN, spec *simulation.Spec, runs []simulation.Run, complain complaint) {
	held := map[string]simulation.Holding{}
	for _, h := range v.world.Holdings(arn) {
		if !h.From.Before(h.To) || h.From.Before(v.from) || h.To.After(v.world.Now()) {
			complain("%s is held %s..%s", h.ID, h.From, h.To)
		}
		held[h.ID] = h
	}
	switch spec.Kind {
	case fleet.EC2Instance, fleet.RDSInstance:
		r, _ := v.world.Truth(arn)
		lives := r.State != fleet.Gone
		for _, h := range held {
			if h.What != simulation.PassingAddress && (!h.From.Equal(v.from) || lives && !h.To.Equal(v.world.Now())) {
				complain("%s is held from %s to %s only", h.ID, h.From, h.To)
			}
		}
	case fleet.AutoScalingGroup:
		machines := map[string]bool{}
		for _, run := range runs {
			machines[run.ID] = true
		}
		if len(held) < len(machines)*len(spec.Volumes) {
			complain("%d machines ran with %d volumes", len(machines), len(held))
		}
		for _, c := range v.changes[arn] {
			if c.To.State != fleet.Gone {
				continue
			}
			for _, run := range runs {
				if run.To.After(c.At) {
					complain("%s outlives its group", run.ID)
				}
			}
			for _, h := range held {
				if h.To.After(c.At) {
					complain("%s outlives its group", h.ID)
				}
			}
		}
	}
}

// compareWithMarket: nothing that is bought as Spot survives an interruption that takes it.
func (v *witness) compareWithMarket(arn fleet.ARN, runs []simulation.Run, complain complaint) {
	market := v.world.Market()
	for _, r := range runs {
		if !r.Spot {
			continue
		}
		pool := simulation.Pool{Zone: r.Zone, Type: r.Type, Product: r.Product}
		for _, s := range market.Signals(pool, r.From.AddDate(0, 0, -1), r.To) {
			if s.End.After(r.From) && s.End.Before(r.To) && market.Takes(pool, s, r.ID) {
				complain("%s ran %s..%s through its interruption at %s", r.ID, r.From, r.To, s.End)
			}
		}
	}
	for _, c := range v.changes[arn] {
		if !strings.HasPrefix(c.Reason, "Server.Spot") || c.From.State != fleet.Running {
			continue
		}
		spec, _ := v.world.Spec(arn)
		pool := simulation.Pool{Zone: spec.AvailabilityZones[0], Type: spec.Type, Product: spec.Product}
		follows := slices.ContainsFunc(market.Signals(pool, c.At.AddDate(0, 0, -1), c.At), func(s simulation.Signal) bool {
			return s.End.Equal(c.At) && market.Takes(pool, s, spec.ID)
		})
		if !follows {
			complain("was interrupted at %s, of which the market knows nothing", c.At)
		}
	}
}

// TestWhatIsChargedIsWhatRan plays organisations with and without offpeak. The seeded weeks below do the same amid everything that goes wrong.
func TestWhatIsChargedIsWhatRan(t *testing.T) {
	t.Parallel()
	from, to := at("2026-11-16 00:00"), at("2026-12-07 00:00")
	spots := 0
	for seed := range uint64(6) {
		w := build(t, seed, from, rough, simulation.Sample(80, seed))
		v := witnessed(w)
		sweep := simulation.Sweep(nothing)
		if seed == 0 {
			sweep, to = sweeper(w, newMemoryStore()), from.AddDate(0, 0, 4)
		}
		run(t, w, sweep, from, to, simulation.Options{})
		for _, text := range v.complaints() {
			t.Errorf("seed %d: %s", seed, text)
		}
		for _, arn := range w.Resources() {
			for _, r := range w.Runs(arn) {
				if r.Spot {
					spots++
				}
			}
		}
	}
	if spots < 10 {
		t.Errorf("only %d Spot runs prove little", spots)
	}
}

func group(name string, size fleet.Size) simulation.Spec {
	return simulation.Spec{
		Resource: fleet.Resource{
			ID: name, ARN: fleet.ARN("arn:aws:autoscaling:ap-northeast-2:111111111111:autoScalingGroup:1:autoScalingGroupName/" + name),
			Kind: fleet.AutoScalingGroup, Scope: scope, State: fleet.Running, Size: size, Members: []fleet.Members{{Type: "m5.large", Count: size.Desired}},
		},
		Volumes: []simulation.Volume{{Type: "gp3", GB: 20}},
	}
}

// resize is planned for the size that the group has now.
func resize(w *simulation.World, s simulation.Spec, to fleet.Size) plan.Action {
	r, _ := w.Truth(s.ARN)
	return action(s, plan.Scale{From: r.Size, To: to})
}

func TestAScaleInEndsTheNewestFirst(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Max: 9, Desired: 2})
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	first := ids(w.Runs(advanced(w, s.ARN, "2026-11-16 01:00")))
	if errs := w.Act(t.Context(), []plan.Action{resize(w, s, fleet.Size{Max: 9, Desired: 4})}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	if n := len(w.Runs(advanced(w, s.ARN, "2026-11-16 02:00"))); n != 4 {
		t.Errorf("%d ran after the scale-out", n)
	}
	asked := w.Now()
	if errs := w.Act(t.Context(), []plan.Action{resize(w, s, fleet.Size{Max: 9, Desired: 2})}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	advanced(w, s.ARN, "2026-11-16 03:00")
	var left []simulation.Run
	zones := map[string]int{}
	for _, r := range w.Runs(s.ARN) {
		if r.To.Equal(w.Now()) {
			left = append(left, r)
			zones[r.Zone]++
		} else if drained := r.To.Sub(asked); drained < 30*time.Second || drained > 3*time.Minute {
			t.Errorf("%s was charged for %s after the scale-in", r.ID, drained)
		}
	}
	if diff := cmp.Diff(ids(left), first); diff != "" {
		t.Errorf("those left are not the first: %s", diff)
	}
	if len(zones) != 2 {
		t.Errorf("zones %v", zones)
	}
	ran := w.Ran(s.ARN)
	if units := ran[len(ran)-1].Units; units != 2 {
		t.Errorf("%d units at the end", units)
	}
}

// advanced advances a world, and returns the name for convenience.
func advanced(w *simulation.World, arn fleet.ARN, to string) fleet.ARN {
	w.Advance(at(to))
	return arn
}

func ids(runs []simulation.Run) (ids []string) {
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestHoldings(t *testing.T) {
	t.Parallel()
	begin, now := at("2026-11-16 00:00"), at("2026-11-18 00:00")
	words := func(list []simulation.Holding) (words []string) {
		for _, h := range list {
			until := "until its end"
			if h.To.Equal(now) {
				until = "until now"
			}
			words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s %s %d %s", h.What, h.ID, h.Type, h.GB, until)))
		}
		return words
	}
	for _, row := range []struct {
		name   string
		change func(*simulation.Spec)
		want   []string
	}{
		{"volumes and an Elastic IP of a stopped instance", func(s *simulation.Spec) { s.State = fleet.Stopped }, []string{
			"elastic-address eipalloc-1  0 until now", "volume vol-1 gp3 30 until now", "volume vol-2 io2 100 until now",
		}},
		{"a terminated instance leaves what stays", func(s *simulation.Spec) { s.Habits = []simulation.Habit{simulation.Terminator{Days: 1000}} }, []string{
			"elastic-address eipalloc-1  0 until now", "volume vol-1 gp3 30 until its end", "volume vol-2 io2 100 until now",
		}},
		{"a database's storage", func(s *simulation.Spec) {
			s.Kind, s.ARN, s.ID, s.State, s.Addresses = fleet.RDSInstance, "arn:db", "db", fleet.Stopped, nil
			s.Volumes = s.Volumes[:1]
		}, []string{"database-storage arn:db gp3 30 until now"}},
		{"a cluster's instances share its storage", func(s *simulation.Spec) {
			s.Kind, s.ARN, s.ID, s.Addresses = fleet.RDSCluster, "arn:cluster", "cluster", nil
			s.Members, s.Volumes = []fleet.Members{{Type: "db.r6g.large", Count: 3}}, s.Volumes[:1]
		}, []string{"database-storage arn:cluster gp3 30 until now"}},
	} {
		s := instance("i-1")
		s.Volumes = []simulation.Volume{{ID: "vol-1", Type: "gp3", GB: 30}, {ID: "vol-2", Type: "io2", GB: 100, Stays: true}}
		s.Addresses = []simulation.Address{{ID: "eipalloc-1", IP: "198.18.0.1"}}
		row.change(&s)
		w := build(t, 1, begin, simulation.Faults{}, []simulation.Spec{s})
		w.Advance(now)
		if diff := cmp.Diff(words(w.Holdings(s.ARN)), row.want); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

func TestAnAutomaticAddressIsChargedWhileItIsThere(t *testing.T) {
	t.Parallel()
	s := instance("i-1")
	s.PublicAddress = true
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	before, _ := w.Truth(s.ARN)
	w.Advance(at("2026-11-16 01:00"))
	w.Act(t.Context(), []plan.Action{action(s, plan.Stop{})})
	w.Advance(at("2026-11-16 02:00"))
	stopped, _ := w.Truth(s.ARN)
	w.Act(t.Context(), []plan.Action{action(s, plan.Start{})})
	w.Advance(at("2026-11-16 03:00"))
	after, _ := w.Truth(s.ARN)
	if len(before.Attached) != 1 || len(stopped.Attached) != 0 || !slices.Equal(before.Attached, after.Attached) {
		t.Errorf("attached: %v, stopped %v, then %v", before.Attached, stopped.Attached, after.Attached)
	}
	if cmp.Equal(before.Traits, after.Traits) || len(stopped.Traits) != 0 {
		t.Errorf("the address did not change: %v, %v, %v", before.Traits, stopped.Traits, after.Traits)
	}
	held, ran := w.Holdings(s.ARN), w.Runs(s.ARN)
	if len(held) != 2 || len(ran) != 2 || !held[1].From.Equal(ran[1].From) || held[0].ID != before.Attached[0] {
		t.Errorf("held %+v, ran %+v", held, ran)
	}
}

func TestTagsAsTheyWere(t *testing.T) {
	t.Parallel()
	s := instance("i-1")
	s.Zone = seoul
	s.Tags = fleet.NewTags(fleet.Tag{Key: "team", Value: "a"})
	s.Habits = []simulation.Habit{simulation.Retagger{Days: 1000, Key: "team", Values: []string{"b"}}}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	var changed time.Time
	w.Watch = func(c simulation.Change) {
		if changed.IsZero() {
			changed = c.At
		}
	}
	w.Advance(at("2026-11-17 00:00"))
	for _, row := range []struct {
		at   time.Time
		want string
	}{{at("2026-11-15 00:00"), "a"}, {changed.Add(-time.Second), "a"}, {changed, "b"}, {w.Now(), "b"}} {
		if got, _ := w.TagsAt(s.ARN, row.at).Get("team"); got != row.want {
			t.Errorf("at %s: got %s, want %s", row.at, got, row.want)
		}
	}
	if w.TagsAt("arn:none", w.Now()) != nil {
		t.Error("tags of nothing")
	}
}
