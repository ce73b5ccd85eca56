package hub_test

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/optimizer"
)

// TestAWakeForAnOpening: a group that sleeps at the daily look is looked at again, and the wake is handed on until it opens.
func TestAWakeForAnOpening(t *testing.T) {
	t.Parallel()
	w, s, q, _ := spotWorker(t, "act")
	states := optimizer.States{Store: w.Store}
	state, _ := states.Load(t.Context(), dev)
	held, err := states.Acquire(t.Context(), state, "test", noon, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	original := s.seen.Resources[0].Size
	memory := (*fleet.Memory)(nil).Clone()
	memory.Resources[webGroup] = fleet.Remembered{Original: &original, Forecast: fleet.Moment{At: noon.Add(2 * time.Hour), Want: fleet.Running}}
	if _, err := states.Release(t.Context(), held, &memory, time.Time{}, noon); err != nil {
		t.Fatal(err)
	}
	s.seen.Resources[0].Size = fleet.Size{}
	r, err := w.Look(t.Context(), hub.Wake{Scope: dev, Reason: hub.Reconcile})
	if err != nil || len(s.acted) != 0 || !r.Again.Equal(noon.Add(2*time.Hour+5*time.Minute)) || len(q.sent) != 1 || q.sent[0].Delay != 15*time.Minute {
		t.Fatalf("%+v, %v; sent %+v", r, err, q.sent)
	}
	later := noon.Add(2*time.Hour + 6*time.Minute)
	s.seen.Resources[0].Size, s.seen.Taken, w.Now = original, later, func() time.Time { return later }
	if _, err := w.Look(t.Context(), q.sent[0]); err != nil || len(s.acted) != 1 {
		t.Errorf("%d acts once it is open, %v", len(s.acted), err)
	}
}
