package reporting

import (
	"slices"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
)

// TestWhatTheLedgerLastSawOfWhatMoved: by the last of its moves, in whichever order they are told; of stops nothing is kept.
func TestWhatTheLedgerLastSawOfWhatMoved(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	entry := func(hours int, change, environment, id string) ledger.Entry {
		return ledger.Entry{State: ledger.Intent, At: begin.Add(time.Duration(hours) * time.Hour), Resource: "arn:a", Change: change, Environment: environment, Before: &fleet.Resource{ID: id}}
	}
	entries := []ledger.Entry{entry(-9, "stop", "lab", "stopped"), entry(0, "move", "dev", "first"), entry(5, "move", "stg", "last"), {State: ledger.Applied, At: begin.Add(6 * time.Hour), Resource: "arn:a", Change: "move"}}
	for range 2 {
		s := newMovedStory()
		for i := range entries {
			s.take(&entries[i])
		}
		if m := s.moved["arn:a"]; m.ID != "last" || m.Environment != "stg" || !m.Since.Equal(begin) {
			t.Errorf("%s in %s since %s; want the last, in stg, since it was first asked for", m.ID, m.Environment, m.Since)
		}
		slices.Reverse(entries)
	}
}
