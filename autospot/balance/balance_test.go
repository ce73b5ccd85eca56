package balance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"offpeak/autospot/balance"
)

var (
	noon     = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)
	settings = balance.Settings{Churn: 4}
)

func failed(id string, cause balance.Cause) balance.Event {
	return balance.Event{What: balance.LaunchFailed, At: noon, Instance: id, Cause: cause}
}

func recommended(id string, at time.Time) balance.Event {
	return balance.Event{What: balance.Recommended, At: at, Instance: id}
}

func interrupted(id string, at time.Time) balance.Event {
	return balance.Event{What: balance.Interrupted, At: at, Instance: id}
}

func TestOneLook(t *testing.T) {
	t.Parallel()
	whole := balance.Group{Desired: 10, OnDemand: 4, Spot: 6, Base: 4, Rebalance: true}
	short := whole
	short.Spot = 3
	earlier := func(ago time.Duration) time.Time { return noon.Add(-ago) }
	for _, row := range []struct {
		name   string
		group  balance.Group
		events []balance.Event
		memory balance.Memory
		write  bool
		base   int
		on     bool // rebalancing
		alert  bool
	}{
		{"as decided: nothing", whole, nil, balance.Memory{}, false, 0, false, false},
		{"Spot has no capacity: on demand at once", short, []balance.Event{failed("a", balance.Capacity)}, balance.Memory{}, true, 7, true, false},
		{"the same failure told twice asks once", short, []balance.Event{failed("a", balance.Capacity), failed("a", balance.Capacity)}, balance.Memory{}, true, 7, true, false},
		{"Spot's quota is used up: on demand, and a person is told", short, []balance.Event{failed("a", balance.Quota)}, balance.Memory{}, true, 7, true, true},
		{"another reason: on demand would not help", short, []balance.Event{failed("a", balance.Other)}, balance.Memory{}, false, 0, false, true},
		{"short for a minute: wait", short, nil, balance.Memory{ShortSince: earlier(time.Minute)}, false, 0, false, false},
		{"short for five minutes: on demand", short, nil, balance.Memory{ShortSince: earlier(5 * time.Minute)}, true, 7, true, false},
		{"on-demand instances are on their way: nothing more", balance.Group{Desired: 10, OnDemand: 4, Spot: 3, Base: 7, Rebalance: true}, []balance.Event{failed("b", balance.Capacity)}, balance.Memory{ShortSince: earlier(time.Minute)}, false, 0, false, false},
		{"they never come: a person is told", balance.Group{Desired: 10, OnDemand: 4, Spot: 3, Base: 7}, nil, balance.Memory{ShortSince: earlier(time.Hour)}, false, 0, false, true},
		{"short during a refresh: nothing is changed", balance.Group{Desired: 10, OnDemand: 4, Spot: 3, Base: 4, Refreshing: true}, []balance.Event{failed("a", balance.Capacity)}, balance.Memory{}, false, 0, false, false},
		{"at size 0 nothing is missing", balance.Group{Base: 4}, []balance.Event{failed("a", balance.Capacity)}, balance.Memory{}, false, 0, false, false},
		{"a percentage above the base: as many more on demand as are missing", balance.Group{Desired: 10, OnDemand: 5, Spot: 2, Base: 0, AboveBase: 50}, []balance.Event{failed("a", balance.Capacity)}, balance.Memory{}, true, 5, false, false},
		{"more than decided, its time has come: one returns", balance.Group{Desired: 10, OnDemand: 7, Spot: 3, Base: 7}, nil, balance.Memory{ReturnAt: earlier(time.Minute)}, true, 6, false, false},
		{"more than decided, not yet", balance.Group{Desired: 10, OnDemand: 7, Spot: 3, Base: 7}, nil, balance.Memory{ReturnAt: noon.Add(time.Minute)}, false, 0, false, false},
		{"more than decided, and one zone is crowded: none returns", balance.Group{Desired: 10, OnDemand: 7, Spot: 3, Base: 7, Crowded: crowded}, nil, balance.Memory{ReturnAt: earlier(time.Minute)}, false, 0, false, false},
		{"short, and one zone is crowded: on demand all the same", balance.Group{Desired: 10, OnDemand: 4, Spot: 3, Base: 4, Rebalance: true, Crowded: crowded}, []balance.Event{failed("a", balance.Capacity)}, balance.Memory{}, true, 7, true, false},
		{"one returned a minute ago: it is given time", balance.Group{Desired: 10, OnDemand: 6, Spot: 4, Base: 6}, nil, balance.Memory{TriedAt: earlier(time.Minute), ReturnAt: earlier(0)}, false, 0, false, false},
		{"the day's budget is spent: none returns today", balance.Group{Desired: 10, OnDemand: 7, Spot: 3, Base: 7}, nil, balance.Memory{ReturnAt: earlier(time.Minute), Day: "2026-11-20", Replaced: 4}, false, 0, false, false},
		{"yesterday's budget is not today's", balance.Group{Desired: 10, OnDemand: 7, Spot: 3, Base: 7}, nil, balance.Memory{ReturnAt: earlier(time.Minute), Day: "2026-11-19", Replaced: 4}, true, 6, false, false},
		{"the fourth recommendation of the day spends the budget: rebalancing is off", whole, []balance.Event{recommended("i", noon)}, balance.Memory{Day: "2026-11-20", Replaced: 3}, true, 4, false, false},
		{"off for a spent budget: on again the next day", balance.Group{Desired: 10, OnDemand: 4, Spot: 6, Base: 4}, nil, balance.Memory{Day: "2026-11-19", Replaced: 4, Paused: true}, true, 4, true, false},
		{"off by its owner: left off", balance.Group{Desired: 10, OnDemand: 4, Spot: 6, Base: 4}, nil, balance.Memory{}, false, 0, false, false},
		{"two of twenty recommendations came true: off", whole, nil, balance.Memory{Followed: 2, Idle: 18}, true, 4, false, false},
		{"nine of thirty came true: off too", whole, nil, balance.Memory{Followed: 9, Idle: 21}, true, 4, false, false},
		{"half of them came true: on", whole, nil, balance.Memory{Followed: 10, Idle: 10}, false, 0, false, false},
	} {
		if row.memory.Decided = 4; row.group.AboveBase > 0 {
			row.memory.Decided = 0
		}
		c, _ := balance.Look(row.group, row.events, row.memory, settings, noon)
		if c.Write != row.write || c.Write && (c.Base != row.base || c.Rebalance != row.on) || (c.Alert != "") != row.alert {
			t.Errorf("%s: got %+v", row.name, c)
		}
		if !c.Write && c.Why == "" || c.Alert != "" && c.Remedy == "" {
			t.Errorf("%s: no reason or no remedy: %+v", row.name, c)
		}
	}
}

func TestARecommendationIsJudged(t *testing.T) {
	t.Parallel()
	off := balance.Group{Desired: 4, OnDemand: 2, Spot: 2, Base: 2}
	on := off
	on.Rebalance = true
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for _, row := range []struct {
		name           string
		group          balance.Group
		first, second  []balance.Event
		at             time.Time
		followed, idle int
		replaced       int
	}{
		{"an interruption follows", off, []balance.Event{recommended("i", noon)}, []balance.Event{interrupted("i", hour(1))}, hour(1), 1, 0, 0},
		{"nothing follows for a day", off, []balance.Event{recommended("i", noon)}, nil, hour(25), 0, 1, 0},
		{"nothing has followed yet", off, []balance.Event{recommended("i", noon)}, nil, hour(23), 0, 0, 0},
		{"told in the wrong order it still was right", off, []balance.Event{interrupted("i", hour(1))}, []balance.Event{recommended("i", noon)}, hour(2), 1, 0, 0},
		{"the group replaced it: nobody knows", on, []balance.Event{recommended("i", noon)}, nil, hour(1), 0, 0, 1},
		{"an interruption alone judges nothing", off, []balance.Event{interrupted("i", noon)}, nil, hour(30), 0, 0, 0},
	} {
		_, m := balance.Look(row.group, row.first, balance.Memory{Decided: 2}, settings, hour(1))
		_, m = balance.Look(row.group, row.second, m, settings, row.at)
		if m.Followed != row.followed || m.Idle != row.idle || m.Replaced != row.replaced {
			t.Errorf("%s: followed %d, idle %d, replaced %d, want %d, %d, %d", row.name, m.Followed, m.Idle, m.Replaced, row.followed, row.idle, row.replaced)
		}
	}
}

// market plays a group whose Spot pools have room for so many instances, minute by minute; it launches what its policy asks for.
type market struct {
	balance.Group
	room func(time.Time) int
}

func (m *market) launch(now time.Time) (events []balance.Event) {
	want := balance.OnDemandOf(m.Base, m.AboveBase, m.Desired)
	m.OnDemand = want
	spot := min(m.Desired-want, m.room(now))
	if spot < m.Desired-want && spot <= m.Spot {
		events = append(events, balance.Event{What: balance.LaunchFailed, At: now, Instance: now.Format(time.RFC3339), Cause: balance.Capacity})
	}
	m.Spot = spot
	return events
}

// TestSpotGoesAndComesBack plays two days in which Spot has no room from the third to the twentieth hour: the group is whole again within minutes,
// nothing is tried more often than the back-off says, and all is as decided in the end.
func TestSpotGoesAndComesBack(t *testing.T) {
	t.Parallel()
	gone, back := noon.Add(3*time.Hour), noon.Add(20*time.Hour)
	m := &market{Group: balance.Group{Desired: 8, Base: 2}, room: func(at time.Time) int {
		if at.Before(gone) || !at.Before(back) {
			return 100
		}
		return 0
	}}
	memory := balance.Memory{Decided: 2}
	var change balance.Change
	s := balance.Settings{Churn: 20}
	tries, missing := 0, 0
	for now := noon; now.Before(noon.Add(48 * time.Hour)); now = now.Add(time.Minute) {
		events := m.launch(now)
		if m.OnDemand+m.Spot < m.Desired {
			missing++
		}
		base := m.Base
		change, memory = balance.Look(m.Group, events, memory, s, now)
		if change.Write {
			if change.Base < base && now.Before(back) {
				tries++
			}
			m.Base = change.Base
		}
	}
	if m.Base != 2 || m.Spot != 6 {
		t.Errorf("in the end base %d, %d Spot; want 2, 6", m.Base, m.Spot)
	}
	// Half an hour, then 1, 2, 4 and 8 hours: at most six tries in seventeen hours, each of which may leave it short for a minute or two.
	if tries == 0 || tries > 6 {
		t.Errorf("%d tries while Spot had no room", tries)
	}
	if missing > 2*(tries+1) {
		t.Errorf("short for %d minutes with %d tries", missing, tries)
	}
}

// TestStorm gives fifty groups five hundred events within a minute, each two or three times and in any order, one look after the other: each event
// counts once, no group asks for more on demand than is missing, and no more than the budget is given back in a day.
func TestStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		var storm []struct {
			group int
			event balance.Event
		}
		counts := [50]struct{ interrupted, recommended int }{}
		for n := range 500 {
			g := r.IntN(50)
			e := balance.Event{What: [...]balance.What{balance.Interrupted, balance.Recommended, balance.LaunchFailed}[n%3], At: noon.Add(time.Duration(r.IntN(60)) * time.Second), Instance: fmt.Sprintf("i-%d", n), Cause: balance.Capacity}
			switch e.What {
			case balance.Interrupted:
				counts[g].interrupted++
			case balance.Recommended:
				counts[g].recommended++
			}
			for range 1 + r.IntN(3) {
				storm = append(storm, struct {
					group int
					event balance.Event
				}{g, e})
			}
		}
		r.Shuffle(len(storm), func(i, j int) { storm[i], storm[j] = storm[j], storm[i] })
		groups, memories := [50]balance.Group{}, [50]balance.Memory{}
		for g := range groups {
			memories[g].Decided = 10
			groups[g] = balance.Group{Desired: 40, OnDemand: 10, Spot: 30 - counts[g].interrupted, Base: 10, Rebalance: true}
		}
		for i, s := range storm {
			g := &groups[s.group]
			c, m := balance.Look(*g, []balance.Event{s.event}, memories[s.group], settings, noon.Add(time.Duration(60+i/10)*time.Second))
			memories[s.group] = m
			if c.Write {
				g.Base, g.Rebalance = c.Base, c.Rebalance
			}
		}
		for g := range groups {
			missing := counts[g].interrupted
			if raised := groups[g].Base - 10; raised != 0 && raised != missing {
				t.Fatalf("seed %d: group %d misses %d and was given %d on demand", seed, g, missing, raised)
			}
			if m := memories[g]; m.Replaced > counts[g].recommended {
				t.Fatalf("seed %d: group %d counts %d replaced of %d recommended", seed, g, m.Replaced, counts[g].recommended)
			}
		}
	}
}

func TestOnDemandOf(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ base, above, n, want int }{
		{0, 0, 10, 0}, {4, 0, 10, 4}, {4, 0, 3, 3}, {0, 100, 10, 10}, {0, 50, 5, 3}, {2, 50, 5, 4}, {2, 1, 3, 3}, {5, 30, 0, 0},
	} {
		if got := balance.OnDemandOf(row.base, row.above, row.n); got != row.want {
			t.Errorf("base %d and %d %% of %d: got %d, want %d", row.base, row.above, row.n, got, row.want)
		}
	}
}
