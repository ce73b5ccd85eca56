package simulation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

var (
	_ optimizer.Inventory = (*simulation.World)(nil)
	_ optimizer.Actuator  = (*simulation.World)(nil)
)

var rough = simulation.Faults{Capacity: 30, FailsLater: 20, Lag: 8 * time.Second}

func nothing(context.Context, fleet.Scope) (time.Time, error) { return time.Time{}, nil }

func TestTheSameSeedGivesTheSameHistory(t *testing.T) {
	t.Parallel()
	from, to := at("2026-11-16 00:00"), at("2026-11-23 00:00")
	play := func(seed uint64) (string, string, int) {
		w := build(t, seed, from, rough, simulation.Sample(40, seed))
		o := simulation.Options{Drop: 50, Duplicate: 50, Delay: 50, Crash: 50, Seed: seed}
		run(t, w, sweeper(w, newMemoryStore()), from, to, o)
		return w.History(), w.Deeds(), w.Events()
	}
	first, deeds, events := play(7)
	again, deedsAgain, eventsAgain := play(7)
	if first != again || deeds != deedsAgain || events != eventsAgain {
		t.Errorf("seed 7 gave %s %s %d, then %s %s %d", first, deeds, events, again, deedsAgain, eventsAgain)
	}
	if other, _, _ := play(8); other == first {
		t.Errorf("seeds 7 and 8 gave the same history")
	}
}

func TestTwinWorldsHaveTheSamePeople(t *testing.T) {
	t.Parallel()
	from, to := at("2026-11-16 00:00"), at("2026-11-30 00:00")
	for seed := range uint64(3) {
		without := build(t, seed, from, rough, simulation.Sample(50, seed))
		run(t, without, nothing, from, to, simulation.Options{})
		with := build(t, seed, from, rough, simulation.Sample(50, seed))
		run(t, with, sweeper(with, newMemoryStore()), from, to, simulation.Options{})
		if without.Deeds() != with.Deeds() {
			t.Errorf("seed %d: people set out to do other things because of offpeak", seed)
		}
		if a, b := ranHours(with), ranHours(without); a >= b*0.9 {
			t.Errorf("seed %d: %.0f hours with offpeak, %.0f without", seed, a, b)
		}
		if without.Calls()[simulation.StopInstances] != 0 {
			t.Errorf("seed %d: somebody stopped instances by API in the world without offpeak", seed)
		}
	}
}

var scope = fleet.Scope{Account: simulation.SampleDev, Region: "ap-northeast-2"}

func instance(id string) simulation.Spec {
	return simulation.Spec{Resource: fleet.Resource{
		ID: id, ARN: fleet.ARN("arn:aws:ec2:ap-northeast-2:111111111111:instance/" + id), Kind: fleet.EC2Instance, Scope: scope,
		State: fleet.Running, Type: "m5.large", Product: "Linux/UNIX",
	}}
}

func action(s simulation.Spec, change plan.Change) plan.Action {
	return plan.Action{ID: change.Verb() + s.ID, Subject: plan.SubjectOf(&s.Resource, ""), Change: change}
}

func TestABadInstanceSpoilsACallAndIsFoundByBisection(t *testing.T) {
	t.Parallel()
	var specs []simulation.Spec
	var actions []plan.Action
	for i := range 100 {
		s := instance(string(rune('a'+i/26)) + string(rune('a'+i%26)))
		s.Protected, s.Denied = i == 17, i == 60
		specs = append(specs, s)
		actions = append(actions, action(s, plan.Stop{}))
	}
	actions = append(actions, action(instance("never-was"), plan.Stop{}))
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, specs)
	errs := w.Act(t.Context(), actions)
	for i, err := range errs {
		want := map[int]error{17: simulation.ErrProtected, 60: simulation.ErrDenied, 100: simulation.ErrGone}[i]
		if !errors.Is(err, want) {
			t.Errorf("%d: got %v, want %v", i, err, want)
		}
	}
	if calls := w.Calls()[simulation.StopInstances]; calls < 15 || calls > 30 {
		t.Errorf("%d calls", calls)
	}
	if errs := w.Act(t.Context(), actions[:5]); slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		t.Errorf("what is stopped already: %v", errs)
	}
	w.Advance(w.Now().Add(5 * time.Minute))
	s, err := w.Snapshot(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	states := map[fleet.State]int{}
	for _, r := range s.Resources {
		states[r.State]++
	}
	if states[fleet.Stopped] != 98 || states[fleet.Running] != 2 {
		t.Errorf("states: %v", states)
	}
}

func TestStartsRunOutOfTokens(t *testing.T) {
	t.Parallel()
	var specs []simulation.Spec
	var actions []plan.Action
	for i := range 1300 {
		s := instance(string(rune('a'+i/676)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26)))
		s.State = fleet.Stopped
		specs = append(specs, s)
		actions = append(actions, action(s, plan.Start{}))
	}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, specs)
	begun := w.Now()
	throttled := 0
	for _, err := range w.Act(t.Context(), actions) {
		if errors.Is(err, simulation.ErrThrottled) {
			throttled++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	// 1,000 at once, then two a second; who paces its calls and calls alone is not throttled.
	if took := w.Now().Sub(begun); throttled != 0 || took != 150*time.Second || w.Calls()[simulation.StartInstances] != 26 {
		t.Errorf("%d throttled, took %s and %d calls", throttled, took, w.Calls()[simulation.StartInstances])
	}
}

// TestASecondCallerIsThrottled: a process that knows nothing of what another has called waits as AWS tells it to, and loses nothing.
func TestASecondCallerIsThrottled(t *testing.T) {
	t.Parallel()
	var specs []simulation.Spec
	var actions []plan.Action
	for i := range 1100 {
		s := instance(fmt.Sprintf("i-%04d", i))
		s.State = fleet.Stopped
		specs = append(specs, s)
		actions = append(actions, action(s, plan.Start{}))
	}
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, specs)
	if errs := errors.Join(w.Act(t.Context(), actions[:1000])...); errs != nil {
		t.Fatal(errs)
	}
	begun, calls := w.Now(), w.Calls()[simulation.StartInstances]
	w.KillAfter(100, false)
	w.Revive()
	if errs := errors.Join(w.Act(t.Context(), actions[1000:])...); errs != nil {
		t.Fatal(errs)
	}
	// Two calls for fifty, of which the first is throttled once.
	if took, more := w.Now().Sub(begun), w.Calls()[simulation.StartInstances]-calls; more != 3 || took > 52*time.Second {
		t.Errorf("%d calls, %s", more, took)
	}
}

func TestAWSRestartsADatabaseAfterSevenDays(t *testing.T) {
	t.Parallel()
	s := instance("db")
	s.Kind, s.ARN, s.Type, s.Product = fleet.RDSInstance, "arn:aws:rds:ap-northeast-2:111111111111:db:db", "db.m6g.large", "postgres"
	w := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{}, []simulation.Spec{s})
	if errs := w.Act(t.Context(), []plan.Action{action(s, plan.Stop{})}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	w.Advance(at("2026-11-16 01:00"))
	r, _ := w.Truth(s.ARN)
	if r.State != fleet.Stopped || r.RestartsAt.Before(at("2026-11-23 00:00")) || r.RestartsAt.After(at("2026-11-23 00:10")) || !r.Since.IsZero() {
		t.Errorf("stopped: %+v", r)
	}
	w.Advance(r.RestartsAt)
	if r, _ = w.Truth(s.ARN); r.Status != "starting" || r.State != fleet.Changing {
		t.Errorf("at its restart: %+v", r)
	}
	w.Advance(at("2026-11-23 01:00"))
	if r, _ = w.Truth(s.ARN); r.Status != "available" || len(w.Ran(s.ARN)) != 1 {
		t.Errorf("after its restart: %+v, ran %v", r, w.Ran(s.ARN))
	}
}

func TestStartsThatFail(t *testing.T) {
	t.Parallel()
	s := instance("i-1")
	s.State = fleet.Stopped
	none := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{Capacity: 1000}, []simulation.Spec{s})
	if errs := none.Act(t.Context(), []plan.Action{action(s, plan.Start{})}); !errors.Is(errs[0], simulation.ErrCapacity) {
		t.Errorf("got %v", errs[0])
	}
	later := build(t, 1, at("2026-11-16 00:00"), simulation.Faults{FailsLater: 1000}, []simulation.Spec{s})
	if errs := later.Act(t.Context(), []plan.Action{action(s, plan.Start{})}); errs[0] != nil {
		t.Errorf("got %v", errs[0])
	}
	later.Advance(at("2026-11-16 00:10"))
	if r, _ := later.Truth(s.ARN); r.State != fleet.Stopped || !r.ByAWS || len(later.Ran(s.ARN)) != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestDescriptionsLag(t *testing.T) {
	t.Parallel()
	s := instance("i-1")
	w := build(t, 3, at("2026-11-16 00:00"), simulation.Faults{Lag: 30 * time.Second}, []simulation.Spec{s})
	w.Act(t.Context(), []plan.Action{action(s, plan.Stop{})})
	seen, err := w.Snapshot(t.Context(), scope)
	if truth, _ := w.Truth(s.ARN); err != nil || seen.Resources[0].Status != "running" || truth.Status != "stopping" {
		t.Errorf("seen %s, is %s, %v", seen.Resources[0].Status, truth.Status, err)
	}
	w.Advance(w.Now().Add(10 * time.Minute))
	if seen, err = w.Snapshot(t.Context(), scope); err != nil || seen.Resources[0].Status != "stopped" {
		t.Errorf("later: %+v, %v", seen.Resources, err)
	}
}

// TestADumpReadsBack writes worlds at odd moments as the CLI would print them, and reads them as an inventory.
func TestADumpReadsBack(t *testing.T) {
	t.Parallel()
	from := at("2026-11-16 00:00")
	w := build(t, 5, from, rough, simulation.Sample(120, 5))
	for i, to := range []string{"2026-11-16 00:00", "2026-11-16 19:31", "2026-11-17 08:31", "2026-11-20 19:37", "2026-11-21 23:30"} {
		run(t, w, sweeper(w, newMemoryStore()), w.Now(), at(to), simulation.Options{Seed: uint64(i)})
		for _, s := range w.Scopes() {
			files, err := w.Dump(s)
			if err != nil {
				t.Fatal(err)
			}
			var sources []local.Source
			for name, data := range files {
				sources = append(sources, local.Source{Name: name, Reader: bytes.NewReader(data)})
			}
			got, err := local.ReadInventory(sources, local.Options{Account: s.Account, Region: s.Region, Taken: w.Now()})
			if err != nil {
				t.Fatal(err)
			}
			want, err := w.Snapshot(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(entire(got.Resources), listable(want.Resources)); diff != "" {
				t.Errorf("%s at %s: %s", s, to, diff)
			}
		}
	}
}

// entire leaves out what stands in listings of its own but acts through its group or its cluster.
func entire(resources []fleet.Resource) []fleet.Resource {
	return slices.DeleteFunc(resources, func(r fleet.Resource) bool {
		_, ofGroup := r.Trait(fleet.GroupMember)
		_, ofCluster := r.Trait(fleet.ClusterMember)
		return ofGroup || ofCluster
	})
}

// listable leaves out what listings do not tell: refreshes and scheduled actions, and of a Spot request that it is persistent, unless a person
// has stopped its instance.
func listable(resources []fleet.Resource) []fleet.Resource {
	for i := range resources {
		r := &resources[i]
		var traits []fleet.Trait
		for _, t := range r.Traits {
			if t.Kind != fleet.ScheduledActions && t.Kind != fleet.RefreshInProgress {
				traits = append(traits, t)
			}
		}
		r.Traits = traits
		if byPerson := (r.Status == "stopped" || r.Status == "stopping") && !r.ByAWS; r.Lifecycle == fleet.SpotPersistent && !byPerson {
			r.Lifecycle = fleet.SpotOneTime
		}
	}
	return resources
}

func TestASample(t *testing.T) {
	t.Parallel()
	specs := simulation.Sample(300, 1)
	if len(specs) != 300 {
		t.Errorf("%d resources", len(specs))
	}
	kinds := map[fleet.Kind]int{}
	korean := false
	for _, s := range specs {
		kinds[s.Kind]++
		if len(s.Volumes) == 0 && s.Kind != fleet.ECSService || s.Kind == fleet.ECSService && s.Task.CPU == 0 {
			t.Errorf("%s has neither storage nor a size", s.ID)
		}
		team, _ := s.Tags.Get("팀")
		korean = korean || team == "주문"
	}
	if len(kinds) != len(fleet.Kinds()) || !korean {
		t.Errorf("kinds %v, Korean tags %t", kinds, korean)
	}
	w := simulation.New(1, at("2026-11-16 00:00"), simulation.Faults{})
	for _, s := range specs {
		if err := w.Add(s); err != nil {
			t.Error(err)
		}
		if err := w.Add(s); err == nil {
			t.Errorf("%s was added twice", s.ARN)
		}
	}
}

// TestALargeSampleHasAFewOfEach counts what is rare.
func TestALargeSampleHasAFewOfEach(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	groups := 0
	tally := func(what string, holds bool) {
		if holds {
			count[what]++
		}
	}
	for _, s := range simulation.Sample(1000, 1) {
		if s.Kind == fleet.AutoScalingGroup {
			groups++
		}
		tally("one-time Spot", s.Lifecycle == fleet.SpotOneTime)
		tally("persistent Spot", s.Lifecycle == fleet.SpotPersistent)
		tally("mixed groups", s.Scaling.Mix != nil)
		tally("rebalancing groups", s.Scaling.Rebalance)
		tally("warm pools", s.Scaling.Warm > 0)
		tally("scheduled actions", len(s.Scaling.Actions) > 0)
		tally("Elastic IPs", len(s.Addresses) > 0)
		tally("automatic addresses", s.PublicAddress)
		for _, h := range s.Habits {
			tally(fmt.Sprintf("%T", h), true)
		}
	}
	for _, what := range []string{
		"one-time Spot", "persistent Spot", "mixed groups", "rebalancing groups", "warm pools", "scheduled actions", "Elastic IPs",
		"automatic addresses", "simulation.Overrider", "simulation.Resetter", "simulation.Refresher",
	} {
		if count[what] == 0 {
			t.Errorf("no %s", what)
		}
	}
	if count["mixed groups"]+count["warm pools"]+count["scheduled actions"] > groups/4 {
		t.Errorf("most of %d groups are to be plain: %v", groups, count)
	}
}
