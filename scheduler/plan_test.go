package scheduler_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

var cmpMoney = cmp.Options{
	cmp.Comparer(func(a, b money.Rate) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
}

// member is a resource of group shop.
func member(id string, order string, kind fleet.Kind, state fleet.State, since string) fleet.Resource {
	r := fleet.Resource{
		ID: id, ARN: fleet.ARN("arn:aws:x:ap-northeast-2:111122223333:" + id), Kind: kind, State: state, Since: at(since),
		Scope: fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"},
		Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"},
			fleet.Tag{Key: "offpeak:group", Value: "shop"}, fleet.Tag{Key: "offpeak:order", Value: order}),
	}
	if kind.Sized() {
		r.Size = fleet.Size{Max: 4, Desired: 2}
	}
	return r
}

// acts writes what a plan does and refuses, one word a resource.
func acts(p plan.Plan) string {
	var words []string
	for _, a := range p.Actions {
		words = append(words, a.Change.Verb()+" "+a.Subject.ID)
	}
	for _, r := range p.Refusals {
		words = append(words, string(r.Code)+" "+r.Subject.ID)
	}
	return strings.Join(words, ", ")
}

func TestGroupsStartInOrderAndStopInReverse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, at   string
		db, app    fleet.State
		dbSince    string
		appSince   string
		want       string
		orderTells bool
	}{
		{"both down at opening: the database first", "2026-11-23 08:31", stopped, stopped, "2026-11-20 19:40", "2026-11-20 19:36", "start db, waiting-for-order app", false},
		{"database starting: the application waits", "2026-11-23 08:33", fleet.Changing, stopped, "", "2026-11-20 19:36", "waiting-for-order app, in-transition db", false},
		{"database up: the application", "2026-11-23 08:36", running, stopped, "2026-11-23 08:35", "2026-11-20 19:36", "start app", false},
		{"database past its hour: not waited for any longer", "2026-11-23 09:30", stopped, stopped, "2026-11-20 19:40", "2026-11-20 19:36", "start app, start db", true},
		{"both up at closing: the application first", "2026-11-20 19:31", running, running, "2026-11-16 08:35", "2026-11-16 08:37", "stop app, waiting-for-order db", false},
		{"application down: the database", "2026-11-20 19:36", running, stopped, "2026-11-16 08:35", "2026-11-20 19:33", "stop db", false},
	} {
		snapshot := &fleet.Snapshot{Taken: at(row.at), Resources: []fleet.Resource{
			member("db", "1", fleet.RDSInstance, row.db, row.dbSince),
			member("app", "2", fleet.EC2Instance, row.app, row.appSince),
		}}
		made, _ := scheduler.New(rules(nil)).Plan(snapshot, nil, scheduler.Options{})
		if got := acts(made); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
		late := false
		for _, f := range made.Findings {
			late = late || f.Code == plan.OrderOverdue
		}
		if late != row.orderTells {
			t.Errorf("%s: told that a member is late: %t, want %t", row.name, late, row.orderTells)
		}
	}
}

func TestGroupsOfOtherScopesAreOtherGroups(t *testing.T) {
	t.Parallel()
	db := member("db", "1", fleet.RDSInstance, stopped, "2026-11-20 19:40")
	db.Scope.Region = "us-east-1"
	snapshot := &fleet.Snapshot{Taken: at("2026-11-23 08:31"), Resources: []fleet.Resource{
		db, member("app", "2", fleet.EC2Instance, stopped, "2026-11-20 19:36"),
	}}
	made, _ := scheduler.New(rules(nil)).Plan(snapshot, nil, scheduler.Options{})
	if got, want := acts(made), "start app, start db"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDatabasesAreStoppedWithASnapshot where their schedule or their owner asks for one; the owner goes first.
func TestDatabasesAreStoppedWithASnapshot(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		kind     fleet.Kind
		schedule int
		tag      string // "-": none
		want     string
	}{
		{"nobody asks", fleet.RDSInstance, 0, "-", "stop"},
		{"the schedule", fleet.RDSInstance, 7, "-", "stop with a snapshot kept 7 days"},
		{"the owner", fleet.RDSCluster, 0, "1", "stop with a snapshot kept 1 day"},
		{"the owner otherwise", fleet.RDSCluster, 7, "30d", "stop with a snapshot kept 30 days"},
		{"the owner wants none", fleet.RDSInstance, 7, "none", "stop"},
		{"it cannot be read", fleet.RDSInstance, 7, "soon", "invalid-tag"},
		{"an instance has none", fleet.EC2Instance, 7, "3d", "stop"},
		{"a group has none", fleet.AutoScalingGroup, 7, "3d", "scale 0/4/2 to 0/0/0"},
	} {
		r := member("x", "1", row.kind, running, "2026-11-16 08:30")
		if row.tag != "-" {
			r.Tags = fleet.NewTags(append(r.Tags, fleet.Tag{Key: "offpeak:snapshot", Value: row.tag})...)
		}
		planner := scheduler.New(rules(func(s *scheduler.Schedule) { s.SnapshotDays = row.schedule }))
		made, _ := planner.Plan(&fleet.Snapshot{Taken: at("2026-11-20 19:31"), Resources: []fleet.Resource{r}}, nil, scheduler.Options{Forecast: 4 * 24 * time.Hour})
		var got []string
		for _, a := range made.Actions {
			got = append(got, plan.Describe(a.Change))
		}
		for _, r := range made.Refusals {
			got = append(got, string(r.Code))
		}
		if text := strings.Join(got, ", "); text != row.want {
			t.Errorf("%s: %s, want %s", row.name, text, row.want)
		}
		for _, a := range made.Forecast {
			if plan.SwitchesOff(a.Change) && !row.kind.Sized() && plan.Describe(a.Change) != row.want {
				t.Errorf("%s: forecast %s", row.name, plan.Describe(a.Change))
			}
		}
	}
}

// TestAGroupsSizeComesBack follows an Auto Scaling group over a night on which a person resizes it.
func TestAGroupsSizeComesBack(t *testing.T) {
	t.Parallel()
	web := member("web", "1", fleet.AutoScalingGroup, running, "")
	see := func(when string, size fleet.Size) *fleet.Snapshot {
		seen := web
		seen.Size = size
		if size.Desired == 0 {
			seen.State = stopped
		}
		return &fleet.Snapshot{Taken: at(when), Resources: []fleet.Resource{seen}}
	}
	planner := scheduler.New(rules(nil))
	memory := &fleet.Memory{}
	for _, row := range []struct {
		when string
		size fleet.Size
		want plan.Change
	}{
		{"2026-11-20 12:00", fleet.Size{Min: 2, Max: 6, Desired: 3}, nil},
		{"2026-11-20 19:31", fleet.Size{Min: 2, Max: 6, Desired: 3}, plan.Scale{From: fleet.Size{Min: 2, Max: 6, Desired: 3}}},
		{"2026-11-20 19:36", fleet.Size{}, nil},
		{"2026-11-20 22:00", fleet.Size{Max: 5, Desired: 5}, nil},
		{
			"2026-11-23 08:31",
			fleet.Size{Max: 5, Desired: 5},
			plan.Scale{From: fleet.Size{Max: 5, Desired: 5}, To: fleet.Size{Min: 2, Max: 6, Desired: 5}},
		},
		{"2026-11-23 08:36", fleet.Size{Min: 2, Max: 6, Desired: 5}, nil},
		{"2026-11-23 12:00", fleet.Size{Min: 2, Max: 6, Desired: 2}, nil},
		{"2026-11-23 19:31", fleet.Size{Min: 2, Max: 6, Desired: 2}, plan.Scale{From: fleet.Size{Min: 2, Max: 6, Desired: 2}}},
		{"2026-11-23 19:36", fleet.Size{}, nil},
		{"2026-11-24 08:31", fleet.Size{}, plan.Scale{To: fleet.Size{Min: 2, Max: 6, Desired: 2}}},
	} {
		made, next := planner.Plan(see(row.when, row.size), memory, scheduler.Options{})
		var got plan.Change
		if len(made.Actions) > 0 {
			got = made.Actions[0].Change
		}
		if diff := cmp.Diff(got, row.want); diff != "" {
			t.Errorf("%s: %s\n%+v", row.when, diff, made)
		}
		memory = next
	}
}

// TestTheSizeToReturnToIsTheOneThatWasStopped: until a stop has worked, and again once an owner who had opted out is back, a size is its owner's.
func TestTheSizeToReturnToIsTheOneThatWasStopped(t *testing.T) {
	t.Parallel()
	first, second := fleet.Size{Min: 1, Max: 4, Desired: 2}, fleet.Size{Min: 4, Max: 12, Desired: 6}
	type seen struct {
		at, tag string
		size    fleet.Size
	}
	for _, row := range []struct {
		name  string
		seen  []seen
		wants fleet.Size // at the last opening
	}{
		{"resized between two tries", []seen{
			{"2026-11-18 12:00", "office", first}, {"2026-11-18 19:30", "office", first}, {"2026-11-18 19:35", "office", second}, {"2026-11-18 19:40", "office", fleet.Size{}},
		}, second},
		{"resized while opted out", []seen{
			{"2026-11-18 12:00", "office", first},
			{"2026-11-18 19:30", "office", first},
			{"2026-11-18 19:40", "office", fleet.Size{}},
			{"2026-11-18 21:00", "ignore", second},
			{"2026-11-19 12:00", "office", second},
			{"2026-11-19 19:30", "office", second},
			{"2026-11-19 19:40", "office", fleet.Size{}},
		}, second},
		{"resized at night: the schedule's bounds", []seen{
			{"2026-11-18 12:00", "office", first}, {"2026-11-18 19:30", "office", first}, {"2026-11-18 19:40", "office", fleet.Size{}}, {"2026-11-18 21:00", "office", second},
		}, fleet.Size{Min: 1, Max: 4, Desired: 4}},
	} {
		planner, memory := scheduler.New(rules(nil)), &fleet.Memory{}
		var made plan.Plan
		for _, s := range append(row.seen, seen{"2026-11-20 08:30", "office", row.seen[len(row.seen)-1].size}) {
			group := member("web", "", fleet.AutoScalingGroup, fleet.Running, "")
			if group.Size = s.size; s.size.IsZero() {
				group.State = fleet.Stopped
			}
			group.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: s.tag})
			made, memory = planner.Plan(&fleet.Snapshot{Taken: at(s.at), Resources: []fleet.Resource{group}}, memory, scheduler.Options{})
		}
		if len(made.Actions) != 1 || made.Actions[0].Change.(plan.Scale).To != row.wants {
			t.Errorf("%s: %+v, want %s", row.name, made.Actions, row.wants)
		}
	}
}

func TestTheGuardHoldsSurprises(t *testing.T) {
	t.Parallel()
	fleetOf := func(n int, when string) *fleet.Snapshot {
		s := &fleet.Snapshot{Taken: at(when)}
		for i := range n {
			r := due(nil).Resources[0]
			r.ID, r.ARN = fmt.Sprintf("i-%03d", i), fleet.ARN(fmt.Sprintf("arn:%03d", i))
			s.Resources = append(s.Resources, r)
		}
		return s
	}
	announced := func(n int) *fleet.Memory {
		_, memory := scheduler.New(rules(nil)).Plan(fleetOf(n, "2026-11-20 12:00"), &fleet.Memory{}, scheduler.Options{})
		return memory
	}
	forget := func(m *fleet.Memory) *fleet.Memory {
		clone := m.Clone()
		for arn, r := range clone.Resources {
			r.Forecast = fleet.Moment{}
			clone.Resources[arn] = r
		}
		return &clone
	}
	lastWeek := func(m *fleet.Memory, acts int) *fleet.Memory {
		clone := m.Clone()
		edge := fleet.Moment{At: at("2026-11-13 19:30"), Want: stopped}
		clone.Scopes[fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}] = fleet.RememberedScope{Counts: []fleet.EdgeCount{{Moment: edge, Acts: acts}}}
		return &clone
	}
	for _, row := range []struct {
		name    string
		n       int
		memory  *fleet.Memory
		acts    int
		refused int
	}{
		{"announced acts pass, however many", 100, announced(100), 100, 0},
		{"twenty surprises pass", 20, forget(announced(20)), 20, 0},
		{"twenty-one are held", 21, forget(announced(21)), 0, 21},
		{"thirty pass where twenty were usual", 30, lastWeek(forget(announced(30)), 20), 30, 0},
		{"thirty-one do not", 31, lastWeek(forget(announced(31)), 20), 0, 31},
		{"without memory there is no guard", 100, nil, 100, 0},
	} {
		made, _ := scheduler.New(rules(nil)).Plan(fleetOf(row.n, "2026-11-20 19:31"), row.memory, scheduler.Options{})
		if len(made.Actions) != row.acts || len(made.Refusals) != row.refused {
			t.Errorf("%s: got %d acts and %d refusals, want %d and %d", row.name, len(made.Actions), len(made.Refusals), row.acts, row.refused)
		}
		for _, r := range made.Refusals {
			if !strings.Contains(r.Why, "--past-guard") {
				t.Errorf("%s: it is not said what a person can do: %s", row.name, r.Why)
			}
		}
		if made, _ = scheduler.New(rules(nil)).Plan(fleetOf(row.n, "2026-11-20 19:31"), row.memory, scheduler.Options{PastGuard: true}); len(made.Actions) != row.n {
			t.Errorf("%s: past the guard %d act", row.name, len(made.Actions))
		}
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	list := func(r *scheduler.Rules, s *fleet.Snapshot, span time.Duration) string {
		made, _ := scheduler.New(r).Plan(s, nil, scheduler.Options{Forecast: span})
		var got []string
		for _, a := range made.Forecast {
			got = append(got, a.Change.Verb()+" "+a.At.In(seoul).Format("Mon 15:04"))
		}
		return strings.Join(got, ", ")
	}
	ready := rules(func(s *scheduler.Schedule) { s.ReadyBy = 5 * time.Minute })
	freeze := rules(func(s *scheduler.Schedule) { s.Hold = holidays("2026-11-23,freeze") })
	stopAfter := rules(func(s *scheduler.Schedule) { s.StopAfter = 3 * time.Hour })
	for _, row := range []struct {
		name  string
		rules *scheduler.Rules
		fleet *fleet.Snapshot
		want  string
	}{
		{"after the stop that is due now", rules(nil), due(nil), "start Mon 08:30, stop Mon 19:30, start Tue 08:30, stop Tue 19:30"},
		{"earlier, to be ready", ready, due(nil), "start Mon 08:25, stop Mon 19:30, start Tue 08:25, stop Tue 19:30"},
		{"Spot earlier still", ready, due(func(r *fleet.Resource) { r.Lifecycle = fleet.SpotPersistent }), "start Mon 08:15, stop Mon 19:30, start Tue 08:15, stop Tue 19:30"},
		{"Spot that need not be ready", rules(nil), due(func(r *fleet.Resource) { r.Lifecycle = fleet.SpotPersistent }), "start Mon 08:30, stop Mon 19:30, start Tue 08:30, stop Tue 19:30"},
		{"a hold moves what falls into it to its end, if it is still wanted then", freeze, due(nil), "start Tue 08:30, stop Tue 19:30"},
		{"the end of an override", rules(nil), due(tagged("offpeak:override", "running until 2026-11-21 02:00")), "stop Sat 02:00, start Mon 08:30, stop Mon 19:30, start Tue 08:30, stop Tue 19:30"},
		{"what a person started is stopped after three hours", stopAfter, sighting{at: "2026-11-20 22:00", state: running, since: "2026-11-20 21:00"}.snapshot(), "stop Sat 00:00, start Mon 08:30, stop Mon 19:30, start Tue 08:30, stop Tue 19:30"},
		{"always running has nothing to come", rules(nil), due(tagged("offpeak:schedule", "running")), ""},
	} {
		if got := list(row.rules, row.fleet, 4*24*time.Hour+time.Hour); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// randomFleet has machines of all kinds, states and moods, some of them protected.
func randomFleet(r *rand.Rand, when time.Time) *fleet.Snapshot {
	texts := []string{"office", "running", "stopped", "ignore", "", "nonsense", "mon-fri 09:00-19:00", "fri 18:00 - mon 08:00"}
	s := &fleet.Snapshot{Taken: when}
	for i := range 40 {
		kind := fleet.Kinds()[r.Intn(5)]
		m := member(fmt.Sprintf("r-%02d", i), fmt.Sprint(1+r.Intn(3)), kind, []fleet.State{running, running, stopped, fleet.Changing}[r.Intn(4)], "")
		if r.Intn(2) == 0 {
			m.Since = when.Add(-time.Duration(r.Intn(200)) * time.Hour)
		}
		if kind.Sized() && m.State == stopped {
			m.Size = fleet.Size{}
		}
		tags := []fleet.Tag{{Key: "offpeak:schedule", Value: texts[r.Intn(len(texts))]}}
		if r.Intn(3) == 0 {
			tags = append(tags, fleet.Tag{Key: "offpeak:group", Value: "g"}, fleet.Tag{Key: "offpeak:order", Value: fmt.Sprint(1 + r.Intn(3))})
		}
		if r.Intn(5) == 0 {
			tags = append(tags, fleet.Tag{Key: "Environment", Value: "prod"})
		}
		if r.Intn(6) == 0 {
			tags = append(tags, fleet.Tag{Key: "offpeak:override", Value: "running until " + when.Add(time.Duration(r.Intn(60)-20)*time.Hour).Format(time.RFC3339)})
		}
		m.Tags = fleet.NewTags(tags...)
		s.Resources = append(s.Resources, m)
	}
	return s
}

// TestPlanProperties checks, on random fleets with and without memory: carrying out plans comes to rest, the order of input does not
// matter, nothing protected is touched, nothing without a tag, and the inputs are left as they were.
func TestPlanProperties(t *testing.T) {
	t.Parallel()
	for seed := range int64(100) {
		r := rand.New(rand.NewSource(seed))
		when := at("2026-11-16 00:00").Add(time.Duration(r.Intn(7*24*60)) * time.Minute)
		snapshot := randomFleet(r, when)
		before := fmt.Sprintf("%+v", snapshot)
		var memory *fleet.Memory
		if r.Intn(2) == 0 {
			earlier := *snapshot
			earlier.Taken = when.Add(-time.Duration(r.Intn(48)) * time.Hour)
			_, memory = scheduler.New(manyEnvironments()).Plan(&earlier, &fleet.Memory{}, scheduler.Options{})
		}
		made, next := scheduler.New(manyEnvironments()).Plan(snapshot, memory, scheduler.Options{Forecast: 48 * time.Hour})
		if after := fmt.Sprintf("%+v", snapshot); after != before {
			t.Fatalf("seed %d: the snapshot was changed", seed)
		}
		for _, a := range append(append([]plan.Action{}, made.Actions...), made.Forecast...) {
			if a.Subject.Environment == "prod" || a.Subject.Environment == "" {
				t.Errorf("seed %d: touches %+v", seed, a.Subject)
			}
		}
		shuffled := *snapshot
		shuffled.Resources = append([]fleet.Resource{}, snapshot.Resources...)
		r.Shuffle(len(shuffled.Resources), func(i, j int) {
			shuffled.Resources[i], shuffled.Resources[j] = shuffled.Resources[j], shuffled.Resources[i]
		})
		again, nextAgain := scheduler.New(manyEnvironments()).Plan(&shuffled, memory, scheduler.Options{Forecast: 48 * time.Hour})
		if diff := cmp.Diff(made, again, cmpMoney); diff != "" {
			t.Errorf("seed %d: the order of input matters: %s", seed, diff)
		}
		if diff := cmp.Diff(next, nextAgain, cmpMoney); diff != "" {
			t.Errorf("seed %d: the order of input matters to memory: %s", seed, diff)
		}
		comesToRest(t, seed, snapshot, made, next)
	}
}

// comesToRest carries plans out until there is nothing left to do; each resource may act once.
func comesToRest(t *testing.T, seed int64, s *fleet.Snapshot, made plan.Plan, memory *fleet.Memory) {
	t.Helper()
	acted := map[fleet.ARN]int{}
	for range 6 {
		for _, a := range made.Actions {
			acted[a.Subject.ARN]++
		}
		s = plan.Carry(s, made, s.Taken.Add(time.Second))
		made, memory = scheduler.New(manyEnvironments()).Plan(s, memory, scheduler.Options{})
	}
	if len(made.Actions) != 0 {
		t.Errorf("seed %d: after carrying out plan after plan there is still %s", seed, acts(made))
	}
	for arn, n := range acted {
		if n > 1 {
			t.Errorf("seed %d: %s was acted on %d times for one edge", seed, arn, n)
		}
	}
}

// TestManyStartsBeginEarlier checks that the time which EC2's quota needs is added where very many are to be ready at once: a thousand
// start at once, then two a second.
func TestManyStartsBeginEarlier(t *testing.T) {
	t.Parallel()
	ready := rules(func(s *scheduler.Schedule) { s.ReadyBy = 5 * time.Minute })
	for _, row := range []struct {
		n     int
		first string // minute at which the first start is due
	}{{1000, "08:25"}, {1120, "08:24"}, {3400, "08:05"}} {
		s := &fleet.Snapshot{}
		for i := range row.n {
			r := down(nil).Resources[0]
			r.ID, r.ARN = fmt.Sprintf("i-%04d", i), fleet.ARN(fmt.Sprintf("arn:%04d", i))
			s.Resources = append(s.Resources, r)
		}
		for _, step := range []struct {
			when time.Time
			acts int
		}{
			{at("2026-11-23 " + row.first).Add(-time.Second), 0},
			{at("2026-11-23 " + row.first), row.n},
		} {
			s.Taken = step.when
			made, _ := scheduler.New(ready).Plan(s, nil, scheduler.Options{})
			if len(made.Actions) != step.acts {
				t.Errorf("%d machines at %s: %d acts, want %d", row.n, step.when.Format("15:04:05"), len(made.Actions), step.acts)
			}
		}
	}
}
