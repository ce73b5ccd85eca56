package fleet_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
)

func TestKnownIsWrittenAndRead(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for text, told := range map[string]*bool{"unknown": nil, "yes": &yes, "no": &no} {
		k := fleet.KnownOf(told)
		written, err := json.Marshal(k)
		if err != nil || string(written) != `"`+text+`"` {
			t.Errorf("%s is written as %s: %v", text, written, err)
		}
		var read fleet.Known
		if err := json.Unmarshal(written, &read); err != nil || read != k {
			t.Errorf("%s is read as %s: %v", text, read, err)
		}
	}
	var k fleet.Known
	if err := json.Unmarshal([]byte(`"maybe"`), &k); err == nil || k != fleet.Unknown {
		t.Errorf("maybe is read as %s", k)
	}
	if written, err := json.Marshal(fleet.Posture{}); err != nil || string(written) != "{}" {
		t.Errorf("what is not known is written: %s, %v", written, err)
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)
	resource := func(arn, account string, state fleet.State) fleet.Resource {
		return fleet.Resource{ID: arn, ARN: fleet.ARN(arn), Scope: fleet.Scope{Account: fleet.AccountID(account)}, State: state}
	}
	snapshots := []fleet.Snapshot{
		{Taken: at, Resources: []fleet.Resource{resource("c", "1", fleet.Running), resource("b", "2", fleet.Running), resource("a", "1", fleet.Running)}},
		{Taken: at.Add(-time.Hour), Resources: []fleet.Resource{resource("a", "1", fleet.Stopped), resource("d", "1", fleet.Stopped)}},
		{Taken: at.Add(time.Hour), Resources: []fleet.Resource{resource("c", "1", fleet.Gone)}},
	}
	for _, row := range []struct {
		says     string
		accounts []fleet.AccountID
		want     []string
	}{
		{"of all accounts, in order, without what is gone", nil, []string{"a running", "b running", "d stopped"}},
		{"of one account", []fleet.AccountID{"2"}, []string{"b running"}},
		{"of none that is there", []fleet.AccountID{"3"}, nil},
	} {
		var got []string
		for _, r := range fleet.Latest(snapshots, row.accounts) {
			got = append(got, r.ID+" "+r.State.String())
		}
		if diff := cmp.Diff(got, row.want); diff != "" {
			t.Errorf("%s: %s", row.says, diff)
		}
	}
}
