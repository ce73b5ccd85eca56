package hub_test

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
)

// TestTheDaysTick wakes whom the dispatcher met last, and nobody who is not looked after any more.
func TestTheDaysTick(t *testing.T) {
	t.Parallel()
	store, q := objects.NewMemory(), &queue{}
	now := func() time.Time { return noon }
	clock := &hub.SpotClock{Accounts: &hub.Accounts{Store: store}, Queue: q, Now: now}
	if n, err := clock.Tick(t.Context()); n != 0 || err != nil || len(q.sent) != 0 {
		t.Errorf("nobody was met: %d, %v, %v", n, err, q.sent)
	}
	other := fleet.Scope{Account: "444455556666", Region: "eu-west-1"}
	dispatcher := &hub.Accounts{Store: store} // of another process
	for _, met := range [][]fleet.Scope{{dev}, {dev, other}, {other}} {
		if err := dispatcher.Meet(t.Context(), met, noon); err != nil {
			t.Fatal(err)
		}
		q.sent = nil
		n, err := clock.Tick(t.Context())
		if n != len(met) || err != nil || len(q.sent) != len(met) {
			t.Errorf("%v were met: %d, %v, %v", met, n, err, q.sent)
		}
		for i := range q.sent {
			if q.sent[i].Scope != met[i] || q.sent[i].Reason != hub.Reconcile {
				t.Errorf("sent %+v", q.sent[i])
			}
		}
	}
	if since, err := clock.Accounts.Since(t.Context(), dev.Account, noon.Add(time.Hour)); err != nil || !since.Equal(noon) {
		t.Errorf("an account that is not looked after any more is forgotten: %s, %v", since, err)
	}
}

func TestWhatAutoSpotIsCalledWith(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]struct {
		tick    bool
		records int
		ok      bool
	}{
		`{"tick":"2026-11-20T03:00:00Z"}`: {true, 0, true},
		`{"Records":[{"messageId":"1","body":"{}","eventSource":"aws:sqs"},{"messageId":"2","body":"x"}]}`: {false, 2, true},
		`{"tick":"this morning"}`: {},
		`{"Records":[]}`:          {},
		`{}`:                      {},
		`null`:                    {},
		`"tick"`:                  {},
		``:                        {},
	} {
		s, err := hub.ParseSpotSignal([]byte(input))
		if (err == nil) != want.ok || s.Tick.IsZero() == want.tick || len(s.Batch) != want.records {
			t.Errorf("%s: %+v, %v", input, s, err)
		}
	}
}
