package hub_test

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
)

// TestInterruptionsOfAnInstanceThatStandsAlone: AWS stops it and starts it again, and may take it again; the ledger keeps each warning once, however often it is told and
// looked at.
func TestInterruptionsOfAnInstanceThatStandsAlone(t *testing.T) {
	t.Parallel()
	w, s, _, _ := spotWorker(t, "act")
	r := &s.seen.Resources[0]
	r.ID, r.ARN, r.Kind, r.Type, r.Lifecycle, r.Size = "i-1", "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-1", fleet.EC2Instance, "m5.large", fleet.SpotPersistent, fleet.Size{}
	r.Launch = &fleet.Launch{Zones: []string{"ap-northeast-2a"}, Request: "sir-1", Seen: r.Launch.Seen}
	bought := r.Purchase()
	remember(t, w, r.ARN, fleet.Moved{
		Act: "act-1", At: noon.AddDate(0, 0, -9), Applied: true, Stage: fleet.OnSpot, Before: &fleet.Purchase{}, Written: &bought, Since: noon.AddDate(0, 0, -9), Profile: "default",
	})
	look := func(at time.Time) {
		t.Helper()
		w.Now, s.seen.Taken = func() time.Time { return at }, at
		if _, err := w.Look(t.Context(), hub.Wake{Scope: dev, Reason: hub.Event}); err != nil {
			t.Fatal(err)
		}
	}
	warned := []time.Time{noon.Add(time.Hour), noon.Add(26 * time.Hour), noon.Add(120 * time.Hour)}
	for _, at := range warned {
		n := hub.Notice{Scope: dev, What: hub.Interrupted, At: at, Instance: "i-1"}
		for range 2 {
			if _, err := (hub.Notices{Store: w.Store}).Keep(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		look(at.Add(time.Minute))
		look(at.Add(time.Hour))
	}
	look(warned[2].Add(72 * time.Hour))
	var told []time.Time
	for e, err := range (ledger.Book{Store: w.Store}).Read(t.Context(), noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 30), dev) {
		if err != nil {
			t.Fatal(err)
		}
		if e.State == ledger.Interrupted && e.Resource == r.ARN && e.Kind == fleet.EC2Instance && e.Interrupted.Instance == "i-1" {
			told = append(told, e.Interrupted.At)
		}
	}
	if len(told) != 3 || !told[0].Equal(warned[0]) || !told[1].Equal(warned[1]) || !told[2].Equal(warned[2]) {
		t.Errorf("the ledger tells of %v, want %v", told, warned)
	}
	if len(s.acted) > 0 {
		t.Errorf("and it is acted on: %+v", s.acted)
	}
	state, err := (optimizer.States{Store: w.Store}).Load(t.Context(), dev)
	if err != nil || len(state.Memory.Spot[r.ARN].Balance.Seen) != 0 {
		t.Errorf("three days later it is still remembered: %+v, %v", state.Memory.Spot[r.ARN].Balance.Seen, err)
	}
}

// remember has a scope remember what became of a move.
func remember(t *testing.T, w *hub.SpotWorker, arn fleet.ARN, m fleet.Moved) {
	t.Helper()
	states := optimizer.States{Store: w.Store}
	state, _ := states.Load(t.Context(), dev)
	held, err := states.Acquire(t.Context(), state, "test", noon, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	memory := (*fleet.Memory)(nil).Clone()
	memory.Spot[arn] = m
	if _, err := states.Release(t.Context(), held, &memory, time.Time{}, noon); err != nil {
		t.Fatal(err)
	}
}
