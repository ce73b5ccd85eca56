package fleet_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

var exactly = cmp.Comparer(func(a, b money.Rate) bool { return a.Equal(b) })

func rate(text string) money.Rate {
	r, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

func TestParseOverride(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text     string
		want     fleet.State
		until    string // on UTC's clock
		floating bool
	}{
		{"running until 2026-11-23 02:00", fleet.Running, "2026-11-23T02:00:00Z", true},
		{"stopped until 2026-12-01", fleet.Stopped, "2026-12-01T00:00:00Z", true},
		{"Running UNTIL 2026-11-23T02:00", fleet.Running, "2026-11-23T02:00:00Z", true},
		{"running until 2026-11-23T02:00:00+09:00", fleet.Running, "2026-11-22T17:00:00Z", false},
		{"running until 2026-11-22T17:00Z", fleet.Running, "2026-11-22T17:00:00Z", false},
		{"running until 2026-11-23 02:00 Asia/Seoul", fleet.Running, "2026-11-22T17:00:00Z", false},
	} {
		o, err := fleet.ParseOverride(row.text)
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		if got := o.Until.UTC().Format(time.RFC3339); o.Want != row.want || got != row.until || o.Floating != row.floating {
			t.Errorf("%q: got %s until %s floating %t", row.text, o.Want, got, o.Floating)
		}
	}
	for _, text := range []string{
		"", "running", "running until", "running 2026-11-23", "paused until 2026-11-23", "running until tomorrow", "running until 2026-02-30",
		"running until 2026-11-23 25:00", "+3h", "running until 2026-11-23 02:00 KST", "running until 23.11.2026", "실행 until 2026-11-23",
	} {
		if o, err := fleet.ParseOverride(text); err == nil {
			t.Errorf("%q was read as %+v", text, o)
		}
	}
}

func FuzzParseOverride(f *testing.F) {
	f.Add("running until 2026-11-23 02:00")
	f.Add("stopped until 2026-12-01 09:00 Asia/Seoul")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := fleet.ParseOverride(text)
		if err == nil && (o.Until.IsZero() && !strings.Contains(text, "0001") || o.Want != fleet.Running && o.Want != fleet.Stopped) {
			t.Errorf("%q was read as %+v", text, o)
		}
	})
}

func TestParseOrder(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1": 1, "99\t": 99, "0": 0, "100": 0, "": 0, "first": 0, "1.5": 0, "-1": 0} {
		got, err := fleet.ParseOrder(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestParseSnapshot(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"7": 7, "7d": 7, "30D\t": 30, "1": 1, "365d": 365, "none": 0, "None": 0} {
		if got, err := fleet.ParseSnapshot(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "0d", "366", "-1", "7 days", "1w", "d", "yes", "1.5d", "7dd"} {
		if got, err := fleet.ParseSnapshot(text); err == nil {
			t.Errorf("%q: got %d", text, got)
		}
	}
}

func TestParseAccountID(t *testing.T) {
	t.Parallel()
	if id, err := fleet.ParseAccountID("012345678901"); err != nil || id != "012345678901" {
		t.Errorf("got %s, %v", id, err)
	}
	for _, text := range []string{"", "12345678901", "1234567890123", "12345678901x", "１２３４５６７８９０１２"} {
		if _, err := fleet.ParseAccountID(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func sample() fleet.Resource {
	return fleet.Resource{
		ID: "i-1", ARN: "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-1", Kind: fleet.EC2Instance,
		Scope: fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"},
		State: fleet.Stopped, Status: "stopped", Since: time.Date(2026, 11, 20, 10, 36, 0, 0, time.UTC), ByAWS: true,
		Type: "m5.large", Product: "Linux/UNIX", Lifecycle: fleet.SpotPersistent,
		Tags:   fleet.NewTags(fleet.Tag{Key: "Name", Value: "주문"}, fleet.Tag{Key: "a", Value: ""}),
		Traits: []fleet.Trait{{Kind: fleet.PublicAddress, Detail: "203.0.113.9"}},
		Price:  fleet.Price{Rate: rate("0.118"), Known: true},
	}
}

func TestASnapshotReadsBackExactly(t *testing.T) {
	t.Parallel()
	group := sample()
	group.ID, group.ARN, group.Kind, group.Since = "web", "arn:web", fleet.AutoScalingGroup, time.Time{}
	group.Size, group.Members, group.Price = fleet.Size{Min: 1, Max: 3, Desired: 2}, []fleet.Members{{Type: "m5.large", Count: 2}}, fleet.Price{}
	s := fleet.Snapshot{
		Taken: time.Date(2026, 11, 20, 10, 35, 0, 0, time.UTC), Resources: []fleet.Resource{sample(), group},
		NotChecked: []string{"stop protection"}, Gaps: []string{"no tags"},
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := fleet.ReadSnapshot(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(back, s, exactly); diff != "" {
		t.Error(diff)
	}
	for name, broken := range map[string]string{
		"another format":   strings.Replace(string(data), "offpeak-snapshot/1", "offpeak-snapshot/2", 1),
		"no instant":       `{"format":"offpeak-snapshot/1","resources":[]}`,
		"a field too many": strings.Replace(string(data), `"taken"`, `"colour":"red","taken"`, 1),
		"text behind it":   string(data) + "x",
		"a bad account":    strings.ReplaceAll(string(data), "111122223333", "1"),
		"an unknown kind":  strings.Replace(string(data), "ec2-instance", "toaster", 1),
		"cut short":        string(data[:len(data)/2]),
	} {
		if _, err := fleet.ReadSnapshot(strings.NewReader(broken)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestMemoryReadsBackExactly(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 20, 10, 35, 0, 0, time.UTC)
	m := fleet.Memory{
		Resources: map[fleet.ARN]fleet.Remembered{"arn:a": {
			Enrolled: when, Schedule: "abc", Done: fleet.Moment{At: when, Want: fleet.Stopped}, Tried: fleet.Moment{At: when, Want: fleet.Stopped},
			Act: "0a1b", Attempts: 2, StoppedByUs: when, RestartsAt: when.Add(time.Hour), Original: &fleet.Size{Min: 1, Max: 2, Desired: 2},
			Observed: fleet.Stopped, ObservedSince: when, Override: "running until 2026-11-23", OverrideSeen: when, OverrideEnd: when,
			Forecast: fleet.Moment{At: when, Want: fleet.Running},
		}},
		Scopes: map[fleet.Scope]fleet.RememberedScope{{Account: "012345678901", Region: "us-east-1"}: {
			Counts: []fleet.EdgeCount{{Moment: fleet.Moment{At: when, Want: fleet.Stopped}, Acts: 3}},
		}},
		Spot: map[fleet.ARN]fleet.Moved{"arn:b": {
			Act: "0a1b", At: when, Attempts: 1, Applied: true, RetryAt: when, Stage: fleet.OnSpot, Since: when, Profile: "default",
			Before:  &fleet.Purchase{Template: &fleet.Template{ID: "lt-1", Version: "3", Number: 3, Type: "m5.large"}},
			Written: &fleet.Purchase{Mix: &fleet.Mix{Base: 2, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m5a.large"}}, Rebalance: true},
			Balance: fleet.Balance{Decided: 1, Wait: time.Hour, Day: "2026-11-20", Seen: []fleet.SeenEvent{{What: "interrupted", Instance: "i-1", At: when}}},
		}},
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	back, err := fleet.ReadMemory(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(back, m); diff != "" {
		t.Error(diff)
	}
	for name, broken := range map[string]string{
		"a newer version": strings.Replace(string(data), "offpeak-memory/1", "offpeak-memory/2", 1),
		"a bad scope":     strings.Replace(string(data), "012345678901/us-east-1", "us-east-1", 1),
		"text behind it":  string(data) + "{}",
	} {
		if _, err := fleet.ReadMemory(strings.NewReader(broken)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestAChangedCloneLeavesTheMemoryAsItWas(t *testing.T) {
	t.Parallel()
	m := fleet.Memory{Resources: map[fleet.ARN]fleet.Remembered{"a": {Attempts: 1}}}
	clone := m.Clone()
	clone.Resources["a"] = fleet.Remembered{Attempts: 2}
	clone.Scopes[fleet.Scope{}] = fleet.RememberedScope{}
	if m.Resources["a"].Attempts != 1 || len(m.Scopes) != 0 {
		t.Errorf("the memory changed: %+v", m)
	}
}

func TestPriceOfAResource(t *testing.T) {
	t.Parallel()
	prices := fleet.Prices{
		{Region: "ap-northeast-2", Type: "m5.large"}:                        rate("0.118"),
		{Region: "ap-northeast-2", Type: "m5.large", Product: "Windows"}:    rate("0.21"),
		{Region: "ap-northeast-2", Type: "t3.micro"}:                        rate("0.013"),
		{Region: "ap-northeast-2", Type: "db.r6g.large", MultiAZ: true}:     rate("0.5"),
		{Region: "us-east-1", Type: "m5.xlarge", Product: "Linux/UNIX"}:     rate("0.192"),
		{Region: "ap-northeast-2", Type: "m5.xlarge", Product: "RHEL"}:      rate("0.3"),
		{Region: "ap-northeast-2", Type: "db.r6g.large", Product: "mysql"}:  rate("0.25"),
		{Region: "ap-northeast-2", Type: "db.t4g.micro", Product: "aurora"}: rate("0.02"),
	}
	for _, row := range []struct {
		name   string
		change func(*fleet.Resource)
		want   string // empty: unknown
	}{
		{"whatever the product", func(*fleet.Resource) {}, "0.118"},
		{"its own product's price first", func(r *fleet.Resource) { r.Product = "Windows" }, "0.21"},
		{"another region", func(r *fleet.Resource) { r.Scope.Region = "us-east-1" }, ""},
		{"another product only", func(r *fleet.Resource) { r.Type = "m5.xlarge" }, ""},
		{"several zones have a price of their own", func(r *fleet.Resource) { r.Type, r.MultiAZ = "db.r6g.large", true }, "0.5"},
		{"a group is the sum of its members", func(r *fleet.Resource) {
			r.Members = []fleet.Members{{Type: "m5.large", Count: 2}, {Type: "t3.micro", Count: 1}}
		}, "0.249"},
		{"a group with a member of unknown price is unknown", func(r *fleet.Resource) {
			r.Members = []fleet.Members{{Type: "m5.large", Count: 2}, {Type: "x1e.xlarge", Count: 1}}
		}, ""},
		{"what Spot costs is unknown", func(r *fleet.Resource) { r.Lifecycle = fleet.SpotPersistent }, ""},
		{"no type at all", func(r *fleet.Resource) { r.Type = "" }, ""},
	} {
		r := sample()
		r.Lifecycle = fleet.OnDemand
		row.change(&r)
		got := prices.Of(&r)
		if got.Known != (row.want != "") || got.Known && got.Rate.String() != row.want {
			t.Errorf("%s: got %v %s, want %q", row.name, got.Known, got.Rate, row.want)
		}
	}
}

func TestOptsIn(t *testing.T) {
	t.Parallel()
	keys := fleet.KeysWithPrefix("offpeak:")
	keys.Custodian = "maid_offhours"
	for _, row := range []struct {
		key, value string
		want       bool
	}{
		{"offpeak:schedule", "office", true},
		{"offpeak:schedule", "", true},
		{"offpeak:schedule", "Ignore", false},
		{"Offpeak:Schedule", "office", false},
		{"offpeak:spot", "yes", false},
		{"Maid_Offhours", "on", true},
		{"maid_offhours", "OFF", false},
	} {
		if got := keys.OptsIn(fleet.NewTags(fleet.Tag{Key: row.key, Value: row.value})); got != row.want {
			t.Errorf("%s=%q: got %t, want %t", row.key, row.value, got, row.want)
		}
	}
}
