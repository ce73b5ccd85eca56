package hub_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// hiding is an account in which what carries no tag is not listed, and found by its name alone.
type hiding struct {
	*spotty
	broken error
}

func (h hiding) Snapshot(context.Context, fleet.Scope) (fleet.Snapshot, error) {
	return fleet.Snapshot{Taken: h.seen.Taken}, nil
}

func (h hiding) Find(_ context.Context, _ fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error) {
	var found []fleet.Resource
	for _, r := range h.seen.Resources {
		if slices.Contains(arns, r.ARN) {
			found = append(found, r)
		}
	}
	return found, h.broken
}

// TestWhoseTagIsGoneCanBeTakenBack: a group was moved, and its owner has taken the tag away. AutoSpot leaves it, forgets nothing over many looks, and takes
// it back to what it bought before when a person says so, however late.
func TestWhoseTagIsGoneCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w, s, _, _ := spotWorker(t, "act")
	now := noon
	w.Now = func() time.Time { return now }
	before := s.seen.Resources[0].Purchase()
	if _, err := w.Look(t.Context(), hub.Wake{Scope: dev}); err != nil || len(s.acted) != 1 {
		t.Fatalf("%+v, %v", s.acted, err)
	}
	l := *s.seen.Resources[0].Launch
	to := s.acted[0].Change.(plan.Move).To
	l.Mix, l.Rebalance = to.Mix, to.Rebalance
	s.seen.Resources[0].Launch, s.seen.Resources[0].Tags = &l, nil
	h := hiding{spotty: s}
	w.Under = func(*policy.Policy) (hub.SpotHands, error) {
		return hub.SpotHands{Inventory: &h, Actuator: s, Market: s}, nil
	}
	w = &hub.SpotWorker{Store: w.Store, Policies: w.Policies, Accounts: w.Accounts, Under: w.Under, Queue: w.Queue, Alerts: w.Alerts, Now: w.Now, Holder: w.Holder}
	for day := range 120 {
		now = noon.AddDate(0, 0, day+1)
		s.seen.Taken = now
		if h.broken = nil; day == 60 { // AWS does not answer: it is not taken for gone
			h.broken = &failure.Error{Class: failure.Unreachable, Err: errors.New("no answer")}
		}
		r, err := w.Look(t.Context(), hub.Wake{Scope: dev})
		if (err != nil) != (day == 60) || len(s.acted) != 1 {
			t.Fatalf("day %d: %+v, %v", day, r, err)
		}
	}
	m := stateOf(t, w.Store).Spot[s.seen.Resources[0].ARN]
	if m.Stage != fleet.OnSpot || m.Before == nil || !m.Before.Equal(before) {
		t.Fatalf("remembered as %+v", m)
	}
	r, err := w.CarryOut(t.Context(), dev, &hub.Order{Back: true, Only: func(r *fleet.Resource) bool { return r.ID == "web" }})
	if err != nil || len(s.acted) != 2 || !s.acted[1].Change.(plan.Move).To.Equal(before) {
		t.Errorf("taken back: %+v, %v", r, err)
	}
	s.seen.Resources = nil // it is gone: nothing is left to be taken back
	if _, err := w.Look(t.Context(), hub.Wake{Scope: dev}); err != nil || len(stateOf(t, w.Store).Spot) != 0 {
		t.Errorf("gone: %v, %+v", err, stateOf(t, w.Store).Spot)
	}
}
