package compact

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
)

// FuzzDecode checks that no file makes reading panic, and that what is read can be written again.
func FuzzDecode(f *testing.F) {
	e := ledger.Entry{
		Act: "a", Attempt: 1, State: ledger.Applied, At: time.Date(2026, time.July, 1, 0, 0, 0, 1, time.UTC), Run: "r", Fence: 1,
		Scope: fleet.Scope{Account: "111122223333", Region: "us-east-1"}, Resource: "arn:web", ID: "web", Kind: fleet.ECSService,
		From: &fleet.Size{Desired: 1}, Edge: fleet.Moment{At: time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC), Want: fleet.Stopped},
	}
	data, err := encode([]object{{"k", []ledger.Entry{e}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := decode("k", data)
		if err != nil {
			return
		}
		for _, o := range found {
			for _, e := range o.entries {
				if _, err := rowOf(o.key, e); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
