package optimizer_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
)

// TestWhatIsLeftBehindIsTidied kills sweeps at every call and checks that the store does not fill with memory and wakes that nobody needs.
func TestWhatIsLeftBehindIsTidied(t *testing.T) {
	t.Parallel()
	for kill := range 20 {
		w := inMemory(newWorld(t))
		w.sweep(t, "2026-11-20 12:00")
		w.now, w.budget = at("2026-11-20 19:31"), kill
		_, _ = w.optimizer("first").Sweep(t.Context(), here)
		w.budget = -1
		for _, when := range []string{"2026-11-20 19:47", "2026-11-20 19:52", "2026-11-20 19:57", "2026-11-20 20:02"} {
			w.sweep(t, when)
		}
		memories, wakes := 0, 0
		for line := range strings.SplitSeq(w.listing(t), "\n") {
			if strings.HasPrefix(line, "memory/") {
				memories++
			}
			if strings.HasPrefix(line, "wake/") {
				wakes++
			}
		}
		if memories > 2 || wakes != 1 {
			t.Errorf("killed at %d: %d objects of memory, %d wakes:\n%s", kill, memories, wakes, w.listing(t))
		}
	}
}

// TestMemoryThatIsLostAloneIsRebuilt loses the object of the memory and keeps the head.
func TestMemoryThatIsLostAloneIsRebuilt(t *testing.T) {
	t.Parallel()
	w := inMemory(newWorld(t))
	w.sweep(t, "2026-11-20 12:00")
	w.sweep(t, "2026-11-20 19:31")
	w.sweep(t, "2026-11-20 19:36")
	for line := range strings.SplitSeq(w.listing(t), "\n") {
		if key, _, _ := strings.Cut(line, " "); strings.HasPrefix(key, "memory/") {
			if err := w.store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.sweep(t, "2026-11-23 08:31")
	if got, want := w.summary(), "i-1 running 0/0/0, web running 2/6/3, db running 0/0/0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestWhoLostTheLeaseCannotChangeMemory lets a worker stall until another has done its work, and go on then.
func TestWhoLostTheLeaseCannotChangeMemory(t *testing.T) {
	t.Parallel()
	w := inMemory(newWorld(t))
	w.sweep(t, "2026-11-20 12:00")
	states := optimizer.States{Store: w.store}
	state, err := states.Load(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := states.Acquire(t.Context(), state, "slow", at("2026-11-20 19:31"), 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	w.sweep(t, "2026-11-20 19:50")
	want, err := json.Marshal(fleet.Memory{Resources: w.memory(t)})
	if err != nil {
		t.Fatal(err)
	}
	stale := state.Memory.Clone()
	stale.Resources["arn:web"] = fleet.Remembered{Act: "stale"}
	if _, err := states.Release(t.Context(), slow, &stale, at("2026-11-20 20:00"), at("2026-11-20 19:51")); err == nil {
		t.Error("it could write")
	}
	if got, _ := json.Marshal(fleet.Memory{Resources: w.memory(t)}); string(got) != string(want) {
		t.Errorf("memory became %s, was %s", got, want)
	}
	if due, err := states.Due(t.Context(), at("2026-11-20 19:55")); err != nil || len(due) != 1 {
		t.Errorf("due: %v, %v", due, err)
	}
}

// TestAProcessOfTheSameNameTakesOver kills a sweep after it has acted, and lets a process of the same name go on at once: it need not wait
// for its own lease, and it knows from the ledger what was tried.
func TestAProcessOfTheSameNameTakesOver(t *testing.T) {
	t.Parallel()
	for kill := range 20 {
		w := inMemory(newWorld(t))
		w.sweep(t, "2026-11-20 12:00")
		w.now, w.budget = at("2026-11-20 19:31"), kill
		_, _ = w.optimizer("worker").Sweep(t.Context(), here)
		w.budget = -1
		for _, when := range []string{"2026-11-20 19:32", "2026-11-20 19:37", "2026-11-20 19:42"} {
			w.sweep(t, when)
		}
		attempts := map[string]int{}
		for _, e := range w.entries(t) {
			if e.State == ledger.Intent {
				if attempts[e.Act]++; attempts[e.Act] != e.Attempt {
					t.Errorf("killed at %d: the try number %d of %s is called %d", kill, attempts[e.Act], e.ID, e.Attempt)
				}
			}
		}
		for what, n := range w.changes {
			if n != 1 {
				t.Errorf("killed at %d: %s happened %d times", kill, what, n)
			}
		}
		if got, want := w.summary(), "i-1 stopped 0/0/0, web stopped 0/0/0, db stopped 0/0/0"; got != want {
			t.Errorf("killed at %d: got %s, want %s", kill, got, want)
		}
	}
}
