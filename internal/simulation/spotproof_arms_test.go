package simulation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"offpeak/autospot"
	"offpeak/autospot/balance"
	"offpeak/autospot/mix"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	offers "offpeak/internal/market"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// contestant is a group as every arm gets it.
type contestant struct {
	name    string
	size    int
	zones   []string
	base    string
	profile autospot.Profile
	// naive are the types that the naive arm buys.
	naive []string
}

// proofProfiles are by the share that may be lost at once.
func proofProfiles() map[string]autospot.Profile {
	all := map[string]autospot.Profile{}
	for name, loss := range map[string]int{"default": 50, "third": 34, "quarter": 25} {
		p := autospot.DefaultProfile()
		p.Name, p.Loss = name, loss
		all[name] = p
	}
	return all
}

// contestants draws the groups of a seed.
func (b *bazaar) contestants(count int) (all []contestant) {
	r := rand.New(rand.NewPCG(b.seed, 13))
	profiles := proofProfiles()
	for i := range count {
		c := contestant{
			name: fmt.Sprintf("group-%d", i), size: 4 + r.IntN(21), zones: b.zones[:2+r.IntN(2)],
			base:    []string{"m5.large", "m5.xlarge", "m5.2xlarge", "c5.xlarge", "c5.2xlarge", "r5.large", "r5.xlarge"}[r.IntN(7)],
			profile: profiles[[]string{"default", "third", "quarter"}[r.IntN(3)]],
		}
		cheapest := b.cheapest(c.base, c.zones, proofFrom)
		c.naive = cheapest[:min(1+r.IntN(2), len(cheapest))]
		all = append(all, c)
	}
	return all
}

// spec is a contestant on demand in an account; tagged as its owner tags it.
func (c *contestant) spec(account fleet.AccountID) simulation.Spec {
	s := group(c.name, fleet.Size{Min: c.size, Max: c.size, Desired: c.size})
	s.Scope.Account = account
	s.ARN = fleet.ARN(fmt.Sprintf("arn:aws:autoscaling:%s:%s:autoScalingGroup:1:autoScalingGroupName/%s", s.Scope.Region, account, c.name))
	s.Members, s.AvailabilityZones = []fleet.Members{{Type: c.base, Count: c.size}}, c.zones
	s.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: c.profile.Name})
	return s
}

func (c *contestant) outcome() *outcome {
	return &outcome{desired: c.size, loss: c.profile.Loss, from: proofFrom, since: proofFrom}
}

// onDemand is the first arm: nothing is ever bought on Spot.
func (c *contestant) onDemand() *outcome {
	o := c.outcome()
	for i := range c.size {
		o.runs = append(o.runs, simulation.Run{Type: c.base, Zone: c.zones[i%len(c.zones)], From: proofFrom, To: proofTo})
	}
	return o
}

// others is the account of the naive arm.
const others fleet.AccountID = "222222222222"

// trader plays the real planner under the real optimizer, and what it forecasts.
type trader struct {
	bazaar  *bazaar
	planner *autospot.Planner
	known   *offers.Market
	events  map[fleet.ARN][]balance.Event
	told    bool // of an event since the last look
	advised map[fleet.ARN]*mix.Answer
	alerts  []string
}

func newTrader(b *bazaar) *trader {
	return &trader{
		bazaar: b, known: b.known(), events: map[fleet.ARN][]balance.Event{}, advised: map[fleet.ARN]*mix.Answer{},
		planner: autospot.New(&autospot.Rules{
			Profiles: proofProfiles(), Policy: "proof", Keys: fleet.KeysWithPrefix("offpeak:"), Mode: autospot.Act,
			Environments: []fleet.Environment{{Name: "dev", Accounts: []fleet.AccountID{scope.Account}}},
		}),
	}
}

func (s *trader) warned(n simulation.Notice) {
	e := balance.Event{At: n.At, Instance: n.ID}
	switch {
	case n.Action == "rebalance":
		e.What = balance.Recommended
	case n.Action != simulation.LaunchFailed:
		e.What = balance.Interrupted
	case strings.Contains(n.Text, "MaxSpotInstanceCountExceeded"):
		e.What, e.Cause = balance.LaunchFailed, balance.Quota
	default:
		e.What, e.Cause = balance.LaunchFailed, balance.Capacity
	}
	s.events[n.Resource] = append(s.events[n.Resource], e)
	s.told = true
}

// Plan implements optimizer.Planner.
func (s *trader) Plan(_ context.Context, seen *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	s.bazaar.offered(s.known, now)
	o := autospot.Options{Do: true, Events: s.events}
	s.events = map[fleet.ARN][]balance.Event{}
	made, advices, next := s.planner.Plan(seen, s.known, memory, o)
	for _, a := range advices {
		if a.Alert != "" {
			s.alerts = append(s.alerts, fmt.Sprintf("%s %s: %s", now.In(seoul).Format("01-02 15:04"), a.Subject.ID, a.Alert))
		}
		if a.Mix != nil && s.advised[a.Subject.ARN] == nil {
			s.advised[a.Subject.ARN] = a.Mix
		}
	}
	return made, next, nil
}

// quarter is what a world of a seed came to: the arm of ours and the naive one, by contestant.
type quarter struct {
	ours, naive []*outcome
	advised     []*mix.Answer // nil: refused before a mix was looked for
	stages      []fleet.Stage
	looks       int
	refused     int // acts that AWS refused
	alerts      []string
}

// play plays ours and the naive arm in one world, whose market depends on neither. Ours looks once a day, within a minute of an event, and when its
// plan asks for it.
func (b *bazaar) play(t testing.TB, all []contestant) *quarter {
	t.Helper()
	w := simulation.New(b.seed, proofFrom, simulation.Faults{Lag: 5 * time.Second})
	w.Launches = true
	b.tell(t, w.Market())
	s := newTrader(b)
	l := &ledgers{of: map[fleet.ARN]*outcome{}, notice: map[fleet.ARN]map[string]time.Time{}}
	w.Watch = l.changed
	w.Warn = func(n simulation.Notice) {
		l.warned(n)
		if !strings.Contains(string(n.Resource), string(others)) {
			s.warned(n)
		}
	}
	q := &quarter{}
	var arns []fleet.ARN
	for i := range all {
		ours, naive := all[i].spec(scope.Account), all[i].spec(others)
		naive.Scaling.Mix = &simulation.Mix{SpotPercent: 100, Types: all[i].naive}
		for arn, o := range map[fleet.ARN]*outcome{ours.ARN: all[i].outcome(), naive.ARN: all[i].outcome()} {
			l.of[arn] = o
		}
		for _, spec := range []simulation.Spec{ours, naive} {
			if err := w.Add(spec); err != nil {
				t.Fatal(err)
			}
		}
		q.ours, q.naive, arns = append(q.ours, l.of[ours.ARN]), append(q.naive, l.of[naive.ARN]), append(arns, ours.ARN)
	}
	store := newMemoryStore()
	s.live(t, w, store, q)
	l.settle(w)
	state, err := optimizer.States{Store: store}.Load(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	for _, arn := range arns {
		q.advised, q.stages = append(q.advised, s.advised[arn]), append(q.stages, state.Memory.Spot[arn].Stage)
	}
	q.alerts = s.alerts
	return q
}

// live lets a world live to the end of the quarter, minute by minute.
func (s *trader) live(t testing.TB, w *simulation.World, store *memoryStore, q *quarter) {
	t.Helper()
	o := &optimizer.Optimizer{
		Inventory: w, Planner: s, Actuator: w, Book: ledger.Book{Store: store}, States: optimizer.States{Store: store}, Now: w.Now, Holder: "worker", MaxFailures: 50,
	}
	daily, wake := proofFrom, time.Time{}
	for now := proofFrom; now.Before(proofTo); now = now.Add(time.Minute) {
		w.Advance(now)
		asked := !wake.IsZero() && !now.Before(wake)
		if now.Before(daily) && !asked && !s.told {
			continue
		}
		s.told = false
		if !now.Before(daily) {
			daily = daily.AddDate(0, 0, 1)
		}
		out, err := o.Sweep(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		q.looks++
		for _, a := range out.Plan.Actions {
			if move, moves := a.Change.(plan.Move); moves && move.From.Equal(move.To) {
				t.Errorf("seed %d, %s at %s: an act changes nothing (%s): %s", s.bazaar.seed, a.Subject.ID, now, a.Why, plan.Buys(move.To))
				return // it would go on so every five minutes
			}
		}
		q.refused += len(out.Failed)
		wake = out.Wake
	}
	w.Advance(proofTo)
}
