package plan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

var (
	friday   = time.Date(2026, time.November, 20, 10, 35, 0, 0, time.UTC)
	closing  = fleet.Moment{At: friday.Add(-5 * time.Minute), Want: fleet.Stopped}
	exactly  = cmp.Options{cmp.Comparer(func(a, b money.Rate) bool { return a.Equal(b) }), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })}
	business = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
)

func subject(id string) plan.Subject {
	return plan.Subject{ID: id, ARN: fleet.ARN("arn:" + id), Kind: fleet.EC2Instance, Scope: business, Environment: "dev"}
}

func action(id string, c plan.Change) plan.Action {
	s := subject(id)
	return plan.Action{
		ID: plan.ActID(s, c, closing, "running@x"), Subject: s, Change: c, Cause: plan.BySchedule, Why: "closed",
		Rule: "office", At: friday, Edge: closing, Zone: "Asia/Seoul",
	}
}

func price(text string) fleet.Price {
	r, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return fleet.Price{Rate: r, Known: true}
}

func TestAnActsID(t *testing.T) {
	t.Parallel()
	base := plan.ActID(subject("i-1"), plan.Stop{}, closing, "running@a")
	if again := plan.ActID(subject("i-1"), plan.Stop{}, closing, "running@a"); again != base {
		t.Errorf("the same cause gave %s and %s", base, again)
	}
	later := fleet.Moment{At: closing.At.Add(24 * time.Hour), Want: fleet.Stopped}
	for name, other := range map[string]string{
		"another resource":    plan.ActID(subject("i-2"), plan.Stop{}, closing, "running@a"),
		"another change":      plan.ActID(subject("i-1"), plan.Hibernate{}, closing, "running@a"),
		"with a snapshot":     plan.ActID(subject("i-1"), plan.Stop{SnapshotDays: 7}, closing, "running@a"),
		"another edge":        plan.ActID(subject("i-1"), plan.Stop{}, later, "running@a"),
		"another observation": plan.ActID(subject("i-1"), plan.Stop{}, closing, "running@b"),
	} {
		if other == base {
			t.Errorf("%s has the same id", name)
		}
	}
}

func TestAPlanReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	stop := action("i-1", plan.Stop{})
	stop.Price = price("0.0416")
	move := plan.Move{
		From: fleet.Purchase{Template: &fleet.Template{ID: "lt-1", Version: "3"}},
		To:   fleet.Purchase{Template: &fleet.Template{ID: "lt-1", Version: "3"}, Mix: &fleet.Mix{Base: 2, Strategy: "price-capacity-optimized", Types: []string{"m5.large"}}, Rebalance: true},
		Way:  plan.ByRefresh, Refresh: &plan.Refresh{MinHealthy: 100, MaxHealthy: 110, Checkpoints: []int{10, 50, 100}, Pause: time.Hour, Bake: time.Minute},
	}
	p := plan.Plan{
		Taken: friday, Policy: "offpeak.yaml@abc",
		Actions:    []plan.Action{stop, action("orders", plan.Stop{SnapshotDays: 7}), action("web", plan.Scale{From: fleet.Size{Min: 1, Max: 4, Desired: 2}}), action("api", move), action("i-5", plan.Deregister{Image: "ami-1"})},
		Refusals:   []plan.Refusal{{Subject: subject("i-3"), Code: plan.Protected, Why: "운영 <&>"}},
		Idle:       []plan.Idle{{Subject: subject("i-4"), Code: plan.Enrolled, Why: "enrolled"}},
		Forecast:   []plan.Action{action("i-1", plan.Start{})},
		Findings:   []plan.Finding{{Code: plan.NoMemory, Why: "no memory"}},
		NotChecked: []string{"stop protection"},
	}
	p.Count()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	back, err := plan.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(back, p, exactly); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(string(data), `"usd_per_hour":"0.0416"`) || !strings.Contains(string(data), `"usd_per_hour":null`) {
		t.Errorf("prices are not as contracted: %s", data)
	}
}

func TestReadRefusesWhatIsNoPlan(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":              ``,
		"a list":               `[]`,
		"no instant":           `{"policy":"x","actions":[]}`,
		"an unknown field":     `{"taken":"2026-11-20T10:35:00Z","acts":[]}`,
		"an unknown change":    `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"terminate","at":"2026-11-20T10:35:00Z"}]}`,
		"a scale without end":  `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"scale","at":"2026-11-20T10:35:00Z"}]}`,
		"a kept start":         `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"rds-instance","change":"start","snapshot_days":7,"at":"2026-11-20T10:35:00Z"}]}`,
		"kept for too long":    `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"rds-instance","change":"stop","snapshot_days":366,"at":"2026-11-20T10:35:00Z"}]}`,
		"an act without id":    `{"taken":"2026-11-20T10:35:00Z","actions":[{"arn":"a","kind":"ec2-instance","change":"stop","at":"2026-11-20T10:35:00Z"}]}`,
		"a move without move":  `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"move","at":"2026-11-20T10:35:00Z"}]}`,
		"a move in no way":     `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"move","move":{"way":"by hand"},"at":"2026-11-20T10:35:00Z"}]}`,
		"no refresh to go by":  `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"move","move":{"way":"refresh"},"at":"2026-11-20T10:35:00Z"}]}`,
		"a stop that moves":    `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"stop","move":{"way":"write"},"at":"2026-11-20T10:35:00Z"}]}`,
		"a removal of nothing": `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"deregister","at":"2026-11-20T10:35:00Z"}]}`,
		"a stop of an image":   `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"stop","image":"ami-1","at":"2026-11-20T10:35:00Z"}]}`,
		"money as a number":    `{"taken":"2026-11-20T10:35:00Z","actions":[{"id":"1","arn":"a","kind":"ec2-instance","change":"stop","at":"2026-11-20T10:35:00Z","usd_per_hour":0.1}]}`,
	} {
		if p, err := plan.Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s was read as %+v", name, p)
		}
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	a, b, c := action("i-1", plan.Stop{}), action("i-2", plan.Start{}), action("i-3", plan.Hibernate{})
	a.Price, b.Price = price("0.1"), price("0.2")
	p := plan.Plan{Actions: []plan.Action{a, b, c}, Refusals: make([]plan.Refusal, 2), Totals: plan.Totals{Resources: 9, OptedIn: 7}}
	p.Count()
	want := plan.Totals{
		Resources: 9, OptedIn: 7, Actions: 3, SwitchOff: 2, SwitchOn: 1, Refused: 2,
		StopsPerHour: price("0.1").Rate, StartsPerHour: price("0.2").Rate, Unpriced: 1,
	}
	if diff := cmp.Diff(p.Totals, want, exactly); diff != "" {
		t.Error(diff)
	}
}

func TestMergeGivesEachResourceToOnePlanner(t *testing.T) {
	t.Parallel()
	first := plan.Plan{Taken: friday, Actions: []plan.Action{action("i-1", plan.Stop{})}, Totals: plan.Totals{Resources: 2, OptedIn: 1}}
	second := plan.Plan{Taken: friday, Actions: []plan.Action{action("i-1", plan.Start{}), action("i-2", plan.Start{})}, Totals: plan.Totals{Resources: 2, OptedIn: 2}}
	merged := plan.Merge(first, second)
	var got []string
	for _, a := range merged.Actions {
		got = append(got, a.Change.Verb()+" "+a.Subject.ID)
	}
	if text, want := strings.Join(got, ", "), "stop i-1, start i-2"; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
	if len(merged.Refusals) != 1 || merged.Refusals[0].Code != plan.Superseded || merged.Refusals[0].Subject.ID != "i-1" {
		t.Errorf("the other act is not refused: %+v", merged.Refusals)
	}
	if merged.Totals.Actions != 2 || merged.Totals.OptedIn != 2 || merged.Totals.Resources != 2 {
		t.Errorf("totals: %+v", merged.Totals)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	var actions []plan.Action
	for _, id := range []string{"a", "b", "c", "d"} {
		actions = append(actions, action(id, plan.Stop{}))
	}
	actions[3].Cause = plan.ByOverride
	guard := func(limit int) plan.Guard {
		return plan.Guard{
			Expected: func(a plan.Action) bool { return a.Cause != plan.BySchedule },
			Limit:    func(fleet.Scope, fleet.Moment) int { return limit },
		}
	}
	for _, row := range []struct {
		name       string
		limit      int
		pass, held int
	}{
		{"as many surprises as the limit pass", 3, 4, 0},
		{"one more and all surprises are held, the expected act goes on", 2, 1, 3},
	} {
		pass, held := guard(row.limit).Apply(actions)
		if len(pass) != row.pass || len(held) != row.held {
			t.Errorf("%s: got %d and %d, want %d and %d", row.name, len(pass), len(held), row.pass, row.held)
		}
	}
}

// FuzzRead checks that what is read as a plan is written as one that reads the same.
func FuzzRead(f *testing.F) {
	p := plan.Plan{Taken: friday, Actions: []plan.Action{action("i-1", plan.Scale{From: fleet.Size{Max: 2}})}}
	data, err := json.Marshal(p)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"taken":"2026-11-20T10:35:00Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := plan.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		written, err := json.Marshal(first)
		if err != nil {
			return // an instant that JSON cannot hold
		}
		second, err := plan.Read(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if again, _ := json.Marshal(second); !bytes.Equal(written, again) {
			t.Errorf("%s became %s", written, again)
		}
	})
}
