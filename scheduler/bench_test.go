package scheduler

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
)

var benchZone = time.FixedZone("KST", 9*3600)

// benchRules has 200 schedules that differ in their hours.
func benchRules() *Rules {
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		panic(err)
	}
	r := &Rules{
		Policy: "bench", Zone: seoul, Keys: fleet.KeysWithPrefix(fleet.DefaultPrefix), Schedules: map[string]*Compiled{},
		Environments: []fleet.Environment{
			{Name: "prod", Accounts: []fleet.AccountID{"333344445555"}, Tags: map[string][]string{"Environment": {"prod"}}, Protected: true},
			{Name: "dev", Tags: map[string][]string{"Environment": {"dev", "development"}}},
			{Name: "stg", Tags: map[string][]string{"Environment": {"stg"}}},
		},
	}
	for i := range 200 {
		h, err := hours.Parse(fmt.Sprintf("mon-fri %02d:%02d-%02d:%02d", 6+i%4, i%60, 17+i%6, i%60))
		if err != nil {
			panic(err)
		}
		name := fmt.Sprintf("schedule-%03d", i)
		r.Schedules[name] = Compile(Schedule{Name: name, Zone: seoul, Pattern: hours.Windows(h.Windows...), StopAfter: 3 * time.Hour})
	}
	return r
}

// benchFleet has n instances in 100 accounts. One in a hundred ran past its closing; the others are as their schedules want, or were started
// by a person. Friday 23:30: everything is closed.
func benchFleet(n int) *fleet.Snapshot {
	taken := time.Date(2026, time.November, 20, 23, 30, 0, 0, benchZone)
	s := &fleet.Snapshot{Taken: taken, Resources: make([]fleet.Resource, n)}
	for i := range s.Resources {
		r := &s.Resources[i]
		*r = fleet.Resource{
			ID: fmt.Sprintf("i-%017x", i), Kind: fleet.EC2Instance, State: fleet.Stopped, Since: taken.Add(-3 * time.Hour),
			Scope: fleet.Scope{Account: fleet.AccountID(fmt.Sprintf("1111222%05d", i%100)), Region: "ap-northeast-2"},
			Type:  "m5.large",
			Tags: fleet.NewTags(
				fleet.Tag{Key: "Name", Value: "web"}, fleet.Tag{Key: "Team", Value: "pay"}, fleet.Tag{Key: "Owner", Value: "kim"},
				fleet.Tag{Key: "Environment", Value: []string{"dev", "stg"}[i%2]},
				fleet.Tag{Key: "offpeak:schedule", Value: fmt.Sprintf("schedule-%03d", i%200)},
			),
		}
		r.ARN = fleet.ARN("arn:aws:ec2:ap-northeast-2:" + string(r.Scope.Account) + ":instance/" + r.ID)
		switch {
		case i%100 == 0:
			r.State, r.Since = fleet.Running, taken.Add(-100*time.Hour)
		case i%100 == 1:
			r.State, r.Since = fleet.Running, taken.Add(-10*time.Minute)
		}
	}
	return s
}

// BenchmarkDecide decides one resource after another once schedules are compiled: tags, environment, edge, decision.
func BenchmarkDecide(b *testing.B) {
	s := benchFleet(1000)
	for i := range s.Resources {
		if s.Resources[i].State == fleet.Running {
			s.Resources[i].State, s.Resources[i].Since = fleet.Stopped, s.Taken.Add(-time.Hour)
		}
	}
	p := New(benchRules())
	r := &run{Planner: p, snapshot: s, now: s.Taken.Unix()}
	for i := range s.Resources {
		r.consider(&s.Resources[i])
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.consider(&s.Resources[i%len(s.Resources)])
		i++
	}
}

// BenchmarkState asks a compiled schedule for its state at an instant.
func BenchmarkState(b *testing.B) {
	h, err := hours.Parse("mon-fri 08:30-19:30")
	if err != nil {
		b.Fatal(err)
	}
	c := Compile(Schedule{Name: "office", Zone: benchZone, Pattern: hours.Windows(h.Windows...)})
	at := time.Date(2026, time.November, 20, 12, 0, 0, 0, benchZone)
	c.State(at)
	b.ReportAllocs()
	for b.Loop() {
		if c.State(at) != wall.Running {
			b.Fatal("not running")
		}
	}
}

// BenchmarkPlanMillion plans a million resources with 200 schedules, one in a hundred acting, on one core.
func BenchmarkPlanMillion(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := benchFleet(1_000_000)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	acts := 0
	b.ReportAllocs()
	for b.Loop() {
		made, _ := New(benchRules()).Plan(s, nil, Options{})
		acts = len(made.Actions)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(acts), "acts")
	b.ReportMetric(float64(before.HeapAlloc)/(1<<20), "fleet-MiB")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "alloc-MiB/plan")
	if acts != 10_000 {
		b.Fatalf("%d acts, want 10000", acts)
	}
}

// BenchmarkCompile compiles a schedule and reads one instant.
func BenchmarkCompile(b *testing.B) {
	h, err := hours.Parse("mon-fri 08:30-19:30")
	if err != nil {
		b.Fatal(err)
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, time.November, 20, 12, 0, 0, 0, benchZone)
	for b.Loop() {
		Compile(Schedule{Name: "office", Zone: zone, Pattern: hours.Windows(h.Windows...)}).Read(at)
	}
}
