package described_test

import (
	"testing"
	"time"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

// What Database, Cluster, Group, Instance and Service make of their records is shown by the tests of their readers, on recorded listings.

func TestTellReadsEventsOfDatabases(t *testing.T) {
	t.Parallel()
	const byAWS = "DB instance is being started due to it exceeding the maximum allowed time being stopped."
	at := func(hour int) described.Instant {
		return described.Instant{Time: time.Date(2026, 11, 20, hour, 0, 0, 0, time.UTC)}
	}
	type events = []described.DatabaseEvent
	for _, row := range []struct {
		says   string
		state  fleet.State
		events events
		since  int // the hour; 0: not known
		byAWS  bool
	}{
		{"stopped", fleet.Stopped, events{{At: at(10), Message: "DB instance stopped"}}, 10, false},
		{"as older guides write it", fleet.Stopped, events{{At: at(10), Message: "The DB instance stopped."}}, 10, false},
		{"started by a person", fleet.Running, events{{At: at(10), Message: "DB instance stopped"}, {At: at(12), Message: "DB instance started"}}, 12, false},
		{"started by a person, and the stop is too long ago", fleet.Running, events{{At: at(12), Message: "DB instance started"}}, 12, false},
		{"started by AWS", fleet.Running, events{{At: at(11), Message: byAWS}, {At: at(12), Message: "DB instance started"}}, 12, true},
		{"started by AWS, and the start itself is not told", fleet.Running, events{{At: at(11), Message: byAWS}}, 11, true},
		{"in any order", fleet.Running, events{{At: at(12), Message: "DB instance started"}, {At: at(11), Message: byAWS}, {At: at(9), Message: "DB instance stopped"}}, 12, true},
		{"started by AWS, stopped, and started by a person", fleet.Running, events{
			{At: at(8), Message: byAWS}, {At: at(9), Message: "DB instance started"}, {At: at(10), Message: "DB instance stopped"}, {At: at(12), Message: "DB instance started"},
		}, 12, false},
		{"stopped again after AWS started it", fleet.Stopped, events{{At: at(8), Message: byAWS}, {At: at(9), Message: "DB instance started"}, {At: at(10), Message: "DB instance stopped"}}, 10, false},
		{"a cluster", fleet.Stopped, events{{At: at(10), Message: "DB cluster stopped"}}, 10, false},
		{"the last event does not fit the state: one is missing", fleet.Running, events{{At: at(10), Message: "DB instance stopped"}}, 0, false},
		{"the last event does not fit the state: the listing lags", fleet.Stopped, events{{At: at(10), Message: "DB instance started"}}, 0, false},
		{"a stop that failed is none", fleet.Stopped, events{{At: at(10), Message: "DB cluster stop failed."}}, 0, false},
		{"replication that stopped is no stop", fleet.Stopped, events{{At: at(10), Message: "Replication has stopped."}}, 0, false},
		{"on its way", fleet.Changing, events{{At: at(10), Message: "DB instance stopped"}}, 0, false},
		{"nothing", fleet.Running, nil, 0, false},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			r := fleet.Resource{Kind: fleet.RDSInstance, State: row.state}
			described.Tell(&r, row.events)
			var since time.Time
			if row.since > 0 {
				since = at(row.since).Time
			}
			if !r.Since.Equal(since) || r.ByAWS != row.byAWS {
				t.Errorf("since %s by AWS %t, want %s by AWS %t", r.Since, r.ByAWS, since, row.byAWS)
			}
		})
	}
}

func TestWhichSpotRequestsHaveInstancesThatCanBeStopped(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		request described.SpotRequest
		want    fleet.Lifecycle
	}{
		{described.SpotRequest{Type: "one-time", State: "active"}, fleet.SpotOneTime},
		{described.SpotRequest{Type: "persistent", State: "active"}, fleet.SpotPersistent},
		{described.SpotRequest{Type: "persistent", State: "open"}, fleet.SpotPersistent},
		{described.SpotRequest{Type: "persistent", State: "disabled"}, fleet.SpotPersistent},
		{described.SpotRequest{Type: "persistent", State: "cancelled"}, fleet.SpotOneTime},
		{described.SpotRequest{Type: "persistent", State: "closed"}, fleet.SpotOneTime},
		{described.SpotRequest{Type: "persistent", State: "active", LaunchGroup: "all"}, fleet.SpotOneTime},
		{described.SpotRequest{Type: "persistent", State: "active", ZoneGroup: "a"}, fleet.SpotOneTime},
		{described.SpotRequest{}, fleet.SpotOneTime},
	} {
		if got := row.request.Lifecycle(); got != row.want {
			t.Errorf("%+v: %s, want %s", row.request, got, row.want)
		}
	}
}

// Whatever RDS says, a state begins when one of its events was, and only a start can be AWS's.
func FuzzTell(f *testing.F) {
	f.Add("DB instance stopped", "DB instance started", int64(10), int64(20), uint8(fleet.Running))
	f.Add("DB cluster is being started due to it exceeding the maximum allowed time being stopped.", "DB cluster started", int64(20), int64(10), uint8(fleet.Running))
	f.Add("The DB instance stopped.", "", int64(0), int64(0), uint8(fleet.Stopped))
	f.Fuzz(func(t *testing.T, first, second string, at, then int64, state uint8) {
		events := []described.DatabaseEvent{
			{At: described.Instant{Time: time.Unix(at, 0)}, Message: first}, {At: described.Instant{Time: time.Unix(then, 0)}, Message: second},
		}
		r := fleet.Resource{State: fleet.State(state)}
		described.Tell(&r, events)
		if !r.Since.IsZero() && !r.Since.Equal(events[0].At.Time) && !r.Since.Equal(events[1].At.Time) {
			t.Errorf("since %s, when there was no event", r.Since)
		}
		if r.ByAWS && (r.State != fleet.Running || r.Since.IsZero()) {
			t.Errorf("%s since %s by AWS", r.State, r.Since)
		}
	})
}
