package experience_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot/experience"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

var (
	here   = fleet.Scope{Account: "222233334444", Region: "ap-northeast-2"}
	monday = time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC)
	a      = market.Pool{Zone: "ap-northeast-2a", Type: "m5.large", Product: "Linux/UNIX"}
	b      = market.Pool{Zone: "ap-northeast-2b", Type: "m6i.large", Product: "Linux/UNIX"}
)

// always is a fleet that never sleeps.
func always(_ fleet.ARN, _ bool, from, to time.Time) time.Duration { return to.Sub(from) }

// sight is a group of so many instances in each pool.
func sight(pools map[market.Pool]int) experience.Sight {
	s := experience.Sight{Instances: map[string]market.Pool{}}
	for pool, n := range pools {
		for i := range n {
			s.Instances[fmt.Sprintf("i-%s-%d", pool.Type, i)] = pool
		}
	}
	return s
}

func text(r experience.Record) string {
	var parts []string
	for at, pools := range r.Weeks {
		for _, pool := range []market.Pool{a, b} {
			if c, ok := pools[pool]; ok {
				parts = append(parts, fmt.Sprintf("%s %s %d in %dh", at.Format("01-02"), pool.Type, c.Interruptions, c.Minutes/60))
			}
		}
	}
	if n := len(parts); n > 2 {
		return fmt.Sprint(n, " counts")
	}
	for at, n := range r.Unplaced {
		parts = append(parts, fmt.Sprintf("%s unplaced %d", at.Format("01-02"), n))
	}
	return strings.Join(parts, ", ")
}

// step is a look, so many hours after Monday midnight.
type step struct {
	hours       int
	sights      map[fleet.ARN]experience.Sight
	interrupted []string
	changed     bool
}

func TestWhatIsCounted(t *testing.T) {
	t.Parallel()
	web := map[fleet.ARN]experience.Sight{"web": sight(map[market.Pool]int{a: 3})}
	both := map[fleet.ARN]experience.Sight{"web": sight(map[market.Pool]int{a: 3, b: 1})}
	asleep := map[fleet.ARN]experience.Sight{"web": {Asleep: true}}
	onDemand := map[fleet.ARN]experience.Sight{"web": {}}
	for _, row := range []struct {
		says  string
		looks []step
		want  string
	}{
		{"nothing was moved", []step{{0, nil, nil, false}, {24, nil, nil, false}}, ""},
		{"a day of three", []step{{0, web, nil, true}, {24, web, nil, true}}, "11-16 m5.large 0 in 72h"},
		{"looks within the day say nothing new", []step{{0, web, nil, true}, {1, web, nil, false}, {12, web, nil, false}, {24, web, nil, true}}, "11-16 m5.large 0 in 72h"},
		{"an interruption counts at once, and the hours until then", []step{{0, web, nil, true}, {5, web, []string{"i-m5.large-1"}, true}}, "11-16 m5.large 1 in 15h"},
		{"it counts once", []step{{0, web, nil, true}, {5, web, []string{"i-m5.large-1"}, true}, {6, web, []string{"i-m5.large-1"}, false}}, "11-16 m5.large 1 in 15h"},
		{"one that the last look saw is of its type, although it is gone", []step{{0, both, nil, true}, {24, web, []string{"i-m6i.large-0"}, true}}, "11-16 m5.large 0 in 72h, 11-16 m6i.large 1 in 24h"},
		{"one that nobody saw is of none", []step{{0, web, nil, true}, {24, web, []string{"i-x"}, true}}, "11-16 m5.large 0 in 72h, 11-16 unplaced 1"},
		{"a group that sleeps opens with what it had", []step{{0, web, nil, true}, {24, asleep, nil, true}, {48, asleep, nil, true}}, "11-16 m5.large 0 in 144h"},
		{"a group that was never seen awake", []step{{0, asleep, nil, true}, {24, asleep, nil, true}}, ""},
		{"its first awakening is seen", []step{{0, asleep, nil, true}, {4, web, nil, true}, {24, asleep, nil, true}}, "11-16 m5.large 0 in 60h"},
		{"all of it on demand for want of Spot", []step{{0, web, nil, true}, {24, onDemand, nil, true}, {48, onDemand, nil, true}}, "11-16 m5.large 0 in 72h"},
		{"a group that is gone: until when it ran is not known", []step{{0, web, nil, true}, {24, nil, nil, true}, {48, nil, nil, false}}, ""},
		{"after a gap no more than three days are claimed", []step{{0, web, nil, true}, {10 * 24, web, nil, true}}, "11-23 m5.large 0 in 216h"},
	} {
		r := experience.Record{Scope: here}
		for i, s := range row.looks {
			l := experience.Look{At: monday.Add(time.Duration(s.hours) * time.Hour), Sights: s.sights, Open: always}
			for _, id := range s.interrupted {
				l.Interrupted = append(l.Interrupted, experience.Interruption{Instance: id, At: l.At.Add(-2 * time.Minute)})
			}
			before := r
			next, changed := r.Add(l)
			if changed != s.changed {
				t.Errorf("%s: look %d changes: %t", row.says, i+1, changed)
			}
			if diff := cmp.Diff(r, before); diff != "" {
				t.Errorf("%s: the record that was given is changed: %s", row.says, diff)
			}
			r = next
		}
		if got := text(r); got != row.want {
			t.Errorf("%s: %s, want %s", row.says, got, row.want)
		}
	}
}

// TestARecordIsBounded: in weeks, in interruptions, in instances, and in pools.
func TestARecordIsBounded(t *testing.T) {
	t.Parallel()
	r, changed := experience.Record{Scope: here}, false
	for day := range 130 {
		pools := map[market.Pool]int{}
		for i := range 300 {
			pools[market.Pool{Zone: "ap-northeast-2a", Type: fmt.Sprintf("m%d.large", (day*7+i)%3000), Product: "Linux/UNIX"}] = 20
		}
		l := experience.Look{At: monday.AddDate(0, 0, day), Sights: map[fleet.ARN]experience.Sight{"web": sight(pools), "api": sight(map[market.Pool]int{a: 3})}, Open: always}
		for i := range 50 {
			l.Interrupted = append(l.Interrupted, experience.Interruption{Instance: fmt.Sprintf("i-%d-%d", day, i), At: l.At})
		}
		if r, changed = r.Add(l); !changed {
			t.Fatalf("day %d counts nothing", day)
		}
	}
	running := 0
	for _, ids := range r.Running {
		running += len(ids)
	}
	if len(r.Weeks) > 13 || len(r.Unplaced) > 13 || len(r.Counted) > 4*50 || running > 5000 {
		t.Errorf("%d weeks, %d of them with unplaced ones, %d interruptions, %d instances", len(r.Weeks), len(r.Unplaced), len(r.Counted), running)
	}
	data, err := json.Marshal(&r)
	if err != nil || len(data) > 1<<20 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

func TestTypesAddUp(t *testing.T) {
	t.Parallel()
	other := fleet.Scope{Account: "111122223333", Region: here.Region}
	far := fleet.Scope{Account: "111122223333", Region: "us-east-1"}
	old := monday.AddDate(0, 0, -7*13)
	records := []experience.Record{
		{Scope: here, Weeks: map[time.Time]map[market.Pool]experience.Count{monday: {a: {Interruptions: 1, Minutes: 60 * 100, Crowd: 60 * 100 * 4}, b: {Interruptions: 0, Minutes: 30}}, old: {a: {Interruptions: 9, Minutes: 60}}}},
		{Scope: other, Weeks: map[time.Time]map[market.Pool]experience.Count{monday.AddDate(0, 0, -7): {a: {Interruptions: 1, Minutes: 60 * 40}}}},
		{Scope: far, Weeks: map[time.Time]map[market.Pool]experience.Count{monday: {a: {Interruptions: 5, Minutes: 60}}}},
	}
	want := map[fleet.Region]map[string]pricing.Experience{
		here.Region: {"m5.large": {Interruptions: 2, Hours: 140, Together: (4*100.0 + 40) / 140}, "m6i.large": {Hours: 0.5, Together: 1}}, "us-east-1": {"m5.large": {Interruptions: 5, Hours: 1, Together: 1}},
	}
	if diff := cmp.Diff(experience.Types(records, monday.AddDate(0, 0, 3)), want); diff != "" {
		t.Error(diff)
	}
}

func some() experience.Record {
	r, _ := (&experience.Record{Scope: here}).Add(experience.Look{At: monday, Sights: map[fleet.ARN]experience.Sight{"web": sight(map[market.Pool]int{a: 2, b: 1})}, Open: always})
	r, _ = r.Add(experience.Look{
		At: monday.Add(26 * time.Hour), Sights: map[fleet.ARN]experience.Sight{"web": sight(map[market.Pool]int{a: 2})}, Open: always,
		Interrupted: []experience.Interruption{{Instance: "i-m6i.large-0", At: monday.Add(25 * time.Hour)}, {Instance: "i-x", At: monday.Add(25 * time.Hour)}},
	})
	return r
}

func TestARecordIsKept(t *testing.T) {
	t.Parallel()
	want := some()
	data, err := json.Marshal(&want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := experience.Parse(data)
	if diff := cmp.Diff(got, want); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	for _, row := range []struct{ says, old, new, want string }{
		{"another format", "experience/1", "experience/2", "the format is"},
		{"a member that nobody knows", `"unplaced"`, `"lost"`, "unknown field"},
		{"no account", `"222233334444"`, `"shop"`, "account"},
		{"no region", `"region":"ap-northeast-2"`, `"region":""`, "names no region"},
		{"no look", `"looked":"2026-11-17T02:00:00Z"`, `"looked":"0001-01-01T00:00:00Z"`, "looked last"},
		{"a week that begins on a Tuesday", `"from":"2026-11-16"`, `"from":"2026-11-17"`, "is no Monday"},
		{"a pool twice", `"type":"m6i.large","zone":"ap-northeast-2b"`, `"type":"m5.large","zone":"ap-northeast-2a"`, "stands twice"},
		{"minutes below zero", `"minutes":3120`, `"minutes":-1`, "below zero"},
		{"text behind", "", "", "text follows"},
	} {
		text := strings.Replace(string(data), row.old, row.new, 1)
		if row.old == "" {
			text += "{}"
		}
		if _, err := experience.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.says, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	r := some()
	data, err := json.Marshal(&r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := experience.Parse(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(&got)
		if err != nil {
			t.Skip(err) // years that no JSON holds
		}
		same, err := experience.Parse(again)
		if err != nil || cmp.Diff(experience.Types([]experience.Record{same}, monday), experience.Types([]experience.Record{got}, monday)) != "" {
			t.Errorf("%s is read otherwise: %v", again, err)
		}
		got.Add(experience.Look{At: monday, Sights: map[fleet.ARN]experience.Sight{"web": sight(map[market.Pool]int{a: 2})}, Open: always})
	})
}
