package optimizer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// sleepy is a store whose process stands still before it writes an intent.
type sleepy struct {
	objects.Store
	world *world
	sleep time.Duration
}

// Create implements objects.Store.
func (s sleepy) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	if strings.Contains(key, "-intent") {
		s.world.now = s.world.now.Add(s.sleep)
	}
	return s.Store.Create(ctx, key, data)
}

// TestWhoOutsleptItsLeaseActsNoMore: calls to AWS carry no fence, so a worker must know by itself that its time is over.
func TestWhoOutsleptItsLeaseActsNoMore(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		sleep time.Duration
		acts  int
		err   error
	}{{14 * time.Minute, 3, nil}, {15 * time.Minute, 0, optimizer.ErrLeaseLost}} {
		w := newWorld(t)
		o := w.optimizer("worker")
		if _, err := o.Sweep(t.Context(), here); err != nil {
			t.Fatal(err)
		}
		w.now = at("2026-11-20 19:30")
		awake := o.Book.Store
		o.Book.Store = sleepy{awake, w, row.sleep}
		if _, err := o.Sweep(t.Context(), here); !errors.Is(err, row.err) {
			t.Errorf("asleep for %s: %v, want %v", row.sleep, err, row.err)
		}
		if len(w.changes) != row.acts {
			t.Errorf("asleep for %s: %v, want %d acts", row.sleep, w.changes, row.acts)
		}
		o.Book.Store = awake
		w.now = w.now.Add(5 * time.Minute)
		if _, err := o.Sweep(t.Context(), here); err != nil || len(w.changes) != 3 {
			t.Errorf("the sweep after: %v, %v", w.changes, err)
		}
	}
}

// throttled is an actuator that each batch of acts takes minutes.
type throttled struct{ *world }

// Act implements optimizer.Actuator.
func (t throttled) Act(ctx context.Context, actions []plan.Action) []error {
	t.now = t.now.Add(6 * time.Minute)
	return t.world.Act(ctx, actions)
}

// TestWhatThereIsNoTimeForIsLeftToTheNextSweep: a scope with more to do than a lease lasts is looked after in several sweeps, each of which
// gives its lease back. Every act is a first try for its edge, and none is a surprise to the guard.
func TestWhatThereIsNoTimeForIsLeftToTheNextSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 147 {
		r := w.resources[0]
		r.ID = fmt.Sprintf("i-more-%03d", n)
		r.ARN = fleet.ARN("arn:" + r.ID)
		w.resources = append(w.resources, r)
	}
	w.sweep(t, "2026-11-20 12:00")
	w.now = at("2026-11-20 19:30")
	o := w.optimizer("worker")
	o.Actuator = throttled{w}
	for _, left := range []int{50, 0} {
		out, err := o.Sweep(t.Context(), here)
		if err != nil || out.Left != left || out.Wake.IsZero() {
			t.Errorf("%d acts left, wake %s, %v; want %d", out.Left, out.Wake, err, left)
		}
		if state, err := o.States.Load(t.Context(), here); err != nil || state.CutShort(w.now.Add(time.Hour)) {
			t.Errorf("the lease was not given back: %v", err)
		}
	}
	if len(w.changes) != 150 {
		t.Errorf("%d changes, want 150", len(w.changes))
	}
	for _, e := range w.entries(t) {
		if e.State == ledger.Intent && (e.Attempt != 1 || e.Cause != plan.BySchedule) {
			t.Errorf("%s: attempt %d, because of %s", e.ID, e.Attempt, e.Cause)
		}
	}
}
