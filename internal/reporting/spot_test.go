package reporting

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// TestWhatTheLedgerTellsOfSpot: which forecast counts, and which interruptions.
func TestWhatTheLedgerTellsOfSpot(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	period := billing.Period{From: from, To: from.AddDate(0, 3, 0)}
	day := func(n int) time.Time { return from.AddDate(0, 0, n) }
	move := func(n int, kind fleet.Kind, forecast int64) ledger.Entry {
		return ledger.Entry{State: ledger.Intent, At: day(n), Resource: "arn:a", Kind: kind, Change: "move", Move: &plan.Move{Interruptions: forecast}}
	}
	group := func(n int, forecast int64) ledger.Entry { return move(n, fleet.AutoScalingGroup, forecast) }
	taken := func(n int, instance string) ledger.Entry {
		return ledger.Entry{State: ledger.Interrupted, At: day(n).Add(time.Hour), Resource: "arn:a", Interrupted: &fleet.Interruption{Instance: instance, At: day(n)}}
	}
	heard := func(n int) ledger.Entry {
		e := move(n, fleet.EC2Instance, 700000)
		e.Move.Heard = true
		return e
	}
	alone := func(n int) ledger.Entry {
		e := taken(n, "i-1")
		e.Kind = fleet.EC2Instance
		return e
	}
	for _, row := range []struct {
		name    string
		entries []ledger.Entry
		want    string // forecast and interruptions of arn:a
	}{
		{"nothing was moved", nil, ""},
		{"moved by an offpeak that kept no forecast: nobody counted either", []ledger.Entry{group(-9, 0), taken(3, "i-1")}, ""},
		{"moved before the quarter, and left alone", []ledger.Entry{group(-9, 70263)}, "0.000070263, 0"},
		{"the last forecast before the quarter counts", []ledger.Entry{group(-90, 1), group(-9, 2), group(9, 3)}, "0.000000002, 0"},
		{"the first in it, where there was none before", []ledger.Entry{group(9, 3), group(12, 4)}, "0.000000003, 0"},
		{"one of the quarter's first instant is of before it", []ledger.Entry{group(-9, 2), group(0, 3), group(1, 4)}, "0.000000003, 0"},
		{"a fallback to on demand forecasts nothing", []ledger.Entry{group(-9, 2), group(-1, 0)}, "0.000000002, 0"},
		{"interruptions, each once, of the quarter alone", []ledger.Entry{group(-9, 2), taken(-1, "i-0"), taken(0, "i-1"), taken(5, "i-2"), taken(5, "i-2"), taken(6, "i-2"), taken(91, "i-3"), taken(92, "i-4")}, "0.000000002, 3"},
		{"of a single instance that was moved before anybody heard of its interruptions", []ledger.Entry{move(-9, fleet.EC2Instance, 700000), alone(3)}, "0.0007, unknown"},
		{"of one that was moved since, and left alone", []ledger.Entry{heard(-9)}, "0.0007, 0"},
		{"AWS takes the same one again, and tells twice", []ledger.Entry{heard(-9), alone(-2), alone(3), alone(3), alone(30), alone(92)}, "0.0007, 2"},
		{"and who took its place goes on with them", []ledger.Entry{
			{State: ledger.Intent, At: day(-9), Resource: "arn:old", Kind: fleet.EC2Instance, Move: &plan.Move{Interruptions: 5, Heard: true}},
			{State: ledger.Interrupted, At: day(3), Resource: "arn:old", Kind: fleet.EC2Instance, Interrupted: &fleet.Interruption{Instance: "i-0", At: day(3)}},
			{State: ledger.Succeeded, At: day(4), Resource: "arn:a", Succeeds: &fleet.Succession{Old: "arn:old"}},
			alone(9),
		}, "0.000000005, 2"},
		{"who took its place goes on with its forecast", []ledger.Entry{
			{State: ledger.Intent, At: day(-9), Resource: "arn:old", Kind: fleet.EC2Instance, Move: &plan.Move{Interruptions: 5}},
			{State: ledger.Succeeded, At: day(-8), Resource: "arn:a", Succeeds: &fleet.Succession{Old: "arn:old"}},
		}, "0.000000005, unknown"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, order := range []string{"of time", "the other way round"} { // the ledger is read by day, account and region, and a move may be told of twice
				if order != "of time" {
					if slices.ContainsFunc(row.entries, func(e ledger.Entry) bool { return e.State == ledger.Succeeded }) {
						continue // one is told after the other
					}
					slices.Reverse(row.entries)
				}
				s := newSpotStory(period)
				for i := range row.entries {
					s.take(&row.entries[i])
				}
				got := ""
				if forecast, known := s.forecasts()["arn:a"]; known {
					got = forecast.String() + ", unknown"
					if n, counted := s.interruptions(period)["arn:a"]; counted {
						got = fmt.Sprintf("%s, %d", forecast, n)
					}
				}
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", order, diff)
				}
			}
		})
	}
}
