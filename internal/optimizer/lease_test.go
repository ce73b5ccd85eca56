package optimizer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
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
