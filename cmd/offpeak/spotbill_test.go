package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
)

// halfBlind cannot look into one region.
type halfBlind struct {
	*pushReach
	blind fleet.Region
}

func (h halfBlind) Spot(p *policy.Policy, s objects.Store) (hub.SpotHands, error) {
	hands, err := h.pushReach.Spot(p, s)
	hands.Inventory = h
	return hands, err
}

func (h halfBlind) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	if scope.Region == h.blind {
		return fleet.Snapshot{}, errors.New("no answer")
	}
	return spotSight{h.pushReach}.Snapshot(ctx, scope)
}

// TestAnAnswerOfTheBillIsPublished: what the bill of a sample organisation says of two groups of one of its accounts, live; and AutoSpot at the hub, which
// reads no bill, knows it.
func TestAnAnswerOfTheBillIsPublished(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "simulated")
	begun, _, errs := deaf(time.Now())
	if code := run([]string{"simulate", "--sample", "30", "--from", "2026-07-06", "--to", "2026-07-16", "--history", "7d", "--out", folder}, begun); code != exitDone {
		t.Fatal(errs)
	}
	now := time.Date(2026, time.July, 16, 3, 0, 0, 0, time.UTC)
	here := fleet.Scope{Account: "222222222222", Region: "ap-northeast-2"}
	p, err := policy.Load("offpeak.yaml", []byte("timezone: Asia/Seoul\nenvironments: {stg: {accounts: [\"222222222222\"]}}\nspot: {mode: act}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &pushReach{now: now}
	for _, name := range []string{"stg-0018", "nobody"} {
		a.resources = append(a.resources, fleet.Resource{
			ID: name, ARN: fleet.ARN("arn:aws:autoscaling:ap-northeast-2:222222222222:autoScalingGroup:1:autoScalingGroupName/" + name), Kind: fleet.AutoScalingGroup, Scope: here,
			State: fleet.Running, Size: fleet.Size{Min: 2, Max: 8, Desired: 4}, Product: "Linux/UNIX", Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}),
			Launch: &fleet.Launch{Zones: []string{"ap-northeast-2a", "ap-northeast-2c"}, Template: &fleet.Template{ID: "lt-1", Version: "1", Number: 1, Type: "c6i.large"}},
		})
	}
	c, _, said := deaf(now)
	f := &spotFlags{inputs: inputs{console: c}, live: true, bill: filepath.Join(folder, "bill"), publish: true}
	store := objects.NewMemory()
	known := func(s *site, w *hub.SpotWorker) map[string]autospot.Committed {
		t.Helper()
		report, err := w.Preview(t.Context(), here, nil)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]autospot.Committed{}
		for _, a := range report.Advices {
			all[a.Subject.ID] = a.Committed
		}
		return all
	}
	s := &site{reach: a, store: store}
	worker := spotWorkerOf(c, s, p)
	if err := f.askBill(t.Context(), s, p, worker, []fleet.Scope{here}); err != nil {
		t.Fatal(err)
	}
	typed := known(s, worker)
	if typed["stg-0018"] != (autospot.Committed{Units: 2}) || !strings.Contains(typed["nobody"].Doubt, "shows no hour of it") || !strings.Contains(said.String(), "published what commitments pay for of 2") {
		t.Errorf("%+v; %s", typed, said)
	}
	// A worker that was given no bill goes by what was published.
	if read := known(s, spotWorkerOf(c, s, p)); read["stg-0018"] != typed["stg-0018"] || read["nobody"] != typed["nobody"] {
		t.Errorf("%+v, want %+v", read, typed)
	}
	// Nothing is published of half of what there is.
	before := kept(t, store)
	s.reach = halfBlind{a, "us-east-1"}
	err = f.askBill(t.Context(), s, p, spotWorkerOf(c, s, p), []fleet.Scope{here, {Account: "222222222222", Region: "us-east-1"}})
	if err == nil || !strings.Contains(err.Error(), "nothing is published") || !slices.Equal(kept(t, store), before) {
		t.Errorf("%v", err)
	}
}

// kept are the keys that a store holds.
func kept(t *testing.T, store objects.Store) (keys []string) {
	t.Helper()
	for key, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}
