package fleet_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
)

func instance(id string) fleet.ARN {
	return fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/" + id)
}

// TestASuccessorIsRememberedAsItsPredecessor: once, over several conversions, and without a change of the memory it came from.
func TestASuccessorIsRememberedAsItsPredecessor(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	was := fleet.Remembered{Enrolled: when, Schedule: "abc", Done: fleet.Moment{At: when, Want: fleet.Stopped}, StoppedByUs: when, Observed: fleet.Stopped}
	missed := was
	missed.Missed, missed.Left, missed.Departure = when, when, fleet.Missing
	before := fleet.Memory{
		Resources: map[fleet.ARN]fleet.Remembered{instance("i-1"): missed, instance("i-9"): {}},
		Spot:      map[fleet.ARN]fleet.Moved{instance("i-1"): {Act: "act-1", Stage: fleet.Moving}},
	}
	before = before.Clone()
	untouched := before.Clone()
	first := fleet.Succession{Old: instance("i-1"), Interface: "eni-1", Begun: when, At: when.Add(time.Hour), Image: "ami-1"}
	next := before.Succeed(instance("i-2"), first)
	again := next.Succeed(instance("i-2"), first)
	last := again.Succeed(instance("i-3"), fleet.Succession{Old: instance("i-2"), Interface: "eni-1", At: when.Add(2 * time.Hour)})
	if diff := cmp.Diff(again, next); diff != "" {
		t.Errorf("the second time: %s", diff)
	}
	if diff := cmp.Diff(before, untouched); diff != "" {
		t.Errorf("the memory before: %s", diff)
	}
	if diff := cmp.Diff(last.Resources, map[fleet.ARN]fleet.Remembered{instance("i-3"): was, instance("i-9"): {}}); diff != "" {
		t.Errorf("schedules: %s", diff)
	}
	m := last.Spot[instance("i-3")]
	if len(last.Spot) != 1 || m.Act != "act-1" || m.Succeeds.Old != instance("i-2") || len(m.Images) != 1 || m.Images[0].ID != "ami-1" || !m.Images[0].Since.Equal(first.At) {
		t.Errorf("moves: %+v", last.Spot)
	}
	if tried := m.ImageTried("ami-1", 2, when); tried.Image("ami-1").Attempts != 2 || m.Image("ami-1").Attempts != 0 || len(tried.WithoutImage("ami-1").Images) != 0 {
		t.Errorf("images: %+v", tried)
	}
}

// TestWhatIsLaunchedForAConversionIsNobodysDoing: its state counts from before the conversion, and what a person does later from then.
func TestWhatIsLaunchedForAConversionIsNobodysDoing(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	memory := fleet.Memory{Spot: map[fleet.ARN]fleet.Moved{
		instance("i-2"): {Succeeds: &fleet.Succession{Old: instance("i-1"), Begun: begun, At: begun.Add(10 * time.Minute)}}, instance("i-3"): {},
	}}
	for _, row := range []struct {
		name        string
		id          string
		since, want time.Duration
	}{
		{"launched by the conversion", "i-2", 5 * time.Minute, 0},
		{"stopped by it at its end", "i-2", 10 * time.Minute, 0},
		{"started by a person later", "i-2", 11 * time.Minute, 11 * time.Minute},
		{"not converted", "i-3", 5 * time.Minute, 5 * time.Minute},
		{"never seen by AutoSpot", "i-4", 5 * time.Minute, 5 * time.Minute},
	} {
		s := &fleet.Snapshot{Resources: []fleet.Resource{{ARN: instance(row.id), Since: begun.Add(row.since)}}}
		one := memory.AsIfOne(s)
		if !one.Resources[0].Since.Equal(begun.Add(row.want)) || !s.Resources[0].Since.Equal(begun.Add(row.since)) || (one == s) != (row.since == row.want) {
			t.Errorf("%s: since %s", row.name, one.Resources[0].Since)
		}
	}
	if s := (&fleet.Snapshot{}); (*fleet.Memory)(nil).AsIfOne(s) != s {
		t.Error("without a memory it is another one")
	}
}
