package simulation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/autospot"
	"offpeak/autospot/balance"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	offers "offpeak/internal/market"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// seller shows AutoSpot the market of a world, and tells it what AWS has announced since its last look.
type seller struct {
	t       *testing.T
	world   *simulation.World
	planner *autospot.Planner
	market  *offers.Market
	events  map[fleet.ARN][]balance.Event
	options autospot.Options
	alerts  []string
}

var sellerZones = []string{"ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"}

// newSeller sells eighteen types in three zones. Those pools that short names by a part of their name have no capacity on the 17th from noon to three.
func newSeller(t *testing.T, short string) *seller {
	t.Helper()
	s := &seller{t: t, events: map[fleet.ARN][]balance.Event{}, options: autospot.Options{Do: true, Events: map[fleet.ARN][]balance.Event{}}}
	m := &offers.Market{
		Offerings: offers.Offerings{}, OnDemand: fleet.Prices{}, Spot: offers.History{}, Advised: offers.Advised{}, Quotas: []offers.Quota{{Class: "standard", Limit: 1000}},
		Fargate: []offers.FargatePrice{{Region: scope.Region, Architecture: "X86_64", VCPU: dollars(t, "0.04656"), GB: dollars(t, "0.00511"), SpotVCPU: dollars(t, "0.01397"), SpotGB: dollars(t, "0.00153")}},
	}
	var specs []offers.Spec
	for i, family := range []string{"m5", "m5a", "m5n", "m6i", "m6a", "m7i"} {
		for j, size := range []string{"large", "xlarge", "2xlarge"} {
			name, scale := family+"."+size, 1<<j
			specs = append(specs, offers.Spec{
				Type: name, VCPU: 2 * scale, MemoryMiB: 8192 * scale, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro",
				Virtualization: []string{"hvm"}, BootModes: []string{"legacy-bios", "uefi"}, RootDevices: []string{"ebs"}, Spot: true,
				EBS:     offers.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 650 * scale, MaxMbps: 4750},
				Network: offers.Network{Performance: "Up to 10 Gigabit", BaselineMbps: 750 * scale, ENA: "required", Interfaces: 3},
			})
			m.OnDemand[fleet.PriceKey{Region: scope.Region, Type: name, Product: "Linux/UNIX"}] = dollars(t, "0.118").Times(scale)
			m.Advised[offers.AdvisedKey{Region: scope.Region, OS: "Linux", Type: name}] = offers.Odds{Band: i % 2}
		}
	}
	m.Catalog = offers.NewCatalog(specs...)
	w := simulation.New(3, at("2026-11-16 08:00"), simulation.Faults{Lag: 5 * time.Second})
	w.Launches = true
	w.Market().SetOnDemand(m.OnDemand)
	for _, zone := range sellerZones {
		m.Offerings[zone] = map[string]bool{}
		for _, spec := range specs {
			m.Offerings[zone][spec.Type] = true
			pool := simulation.Pool{Zone: zone, Type: spec.Type, Product: "Linux/UNIX"}
			w.Market().SetTerms(pool, simulation.Terms{Share: 300})
			if short == "" || !strings.Contains(zone+" "+spec.Type, short) {
				continue
			}
			price := m.OnDemand[fleet.PriceKey{Region: scope.Region, Type: spec.Type, Product: "Linux/UNIX"}]
			path := []simulation.PricePoint{{At: at("2026-09-01 00:00"), Price: dollars(t, "0.035").Times(spec.VCPU / 2)}, {At: at(spikeUp), Price: price.Times(3)}, {At: at(spikeDown), Price: dollars(t, "0.035").Times(spec.VCPU / 2)}}
			if err := w.Market().Record(pool, path); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Warn = s.warned
	s.world, s.market = w, m
	s.planner = autospot.New(&autospot.Rules{
		Profiles: map[string]autospot.Profile{"default": autospot.DefaultProfile()}, Policy: "play", Keys: fleet.KeysWithPrefix("offpeak:"), Mode: autospot.Act,
		Environments: []fleet.Environment{{Name: "dev", Accounts: []fleet.AccountID{scope.Account}}},
	})
	return s
}

func (s *seller) warned(n simulation.Notice) {
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
}

// Plan implements optimizer.Planner.
func (s *seller) Plan(_ context.Context, seen *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	s.quote(now)
	s.options.Events, s.events = s.events, map[fleet.ARN][]balance.Event{}
	made, advices, next := s.planner.Plan(seen, s.market, memory, s.options)
	for _, a := range advices {
		if a.Alert != "" {
			s.alerts = append(s.alerts, fmt.Sprintf("%s %s: %s", now.In(seoul).Format("02 15:04"), a.Subject.ID, a.Alert))
		}
	}
	return made, next, nil
}

// quote brings the prices up to date, once an hour.
func (s *seller) quote(now time.Time) {
	if now.Sub(s.market.Taken) < time.Hour {
		return
	}
	s.market.Taken = now
	for _, zone := range sellerZones {
		for _, spec := range s.market.Catalog.All() {
			var points []offers.Point
			for _, p := range s.world.Market().Path(simulation.Pool{Zone: zone, Type: spec.Type, Product: "Linux/UNIX"}, now.AddDate(0, 0, -40), now) {
				points = append(points, offers.Point{At: p.At, Price: p.Price})
			}
			s.market.Spot[offers.Pool{Zone: zone, Type: spec.Type, Product: "Linux/UNIX"}] = points
		}
	}
}

// sweep looks every five minutes until an instant.
func (s *seller) sweep(store *memoryStore, until string) map[fleet.ARN]fleet.Moved {
	s.t.Helper()
	o := &optimizer.Optimizer{
		Inventory: s.world, Planner: s, Actuator: s.world, Book: ledger.Book{Store: store}, States: optimizer.States{Store: store}, Now: s.world.Now, Holder: "worker", MaxFailures: 50,
	}
	for s.world.Now().Before(at(until)) {
		out, err := o.Sweep(s.t.Context(), scope)
		if err != nil {
			s.t.Fatal(err)
		}
		for id, err := range out.Failed {
			s.t.Errorf("%s: %s: %v", s.world.Now().In(seoul), id, err)
		}
		s.world.Advance(s.world.Now().Add(5 * time.Minute))
	}
	state, err := optimizer.States{Store: store}.Load(s.t.Context(), scope)
	if err != nil {
		s.t.Fatal(err)
	}
	return state.Memory.Spot
}

// short adds up for how long a group had fewer in service than it is to have, and the most that were missing.
type shortness struct {
	since time.Time
	total time.Duration
	most  int
}

func (s *seller) watch(arn fleet.ARN) *shortness {
	m := &shortness{}
	s.world.Watch = func(c simulation.Change) {
		var serving, desired int
		if n, err := fmt.Sscanf(c.To.Status, "%d of %d", &serving, &desired); c.Resource != arn || err != nil || n != 2 {
			return
		}
		if !m.since.IsZero() {
			m.total, m.since = m.total+c.At.Sub(m.since), time.Time{}
		}
		if serving < desired {
			m.since, m.most = c.At, max(m.most, desired-serving)
		}
	}
	return m
}

// TestAutoSpotInAWorld lets AutoSpot itself move a group, a service and an instance, and keep the group whole while Spot is gone for three hours.
func TestAutoSpotInAWorld(t *testing.T) {
	t.Parallel()
	s := newSeller(t, "m")
	web, api, box := group("web", fleet.Size{Min: 4, Max: 20, Desired: 9}), service("api", 4), machineOf(fleet.OnDemand)
	for _, spec := range []*simulation.Spec{&web, &api, &box} {
		spec.Tags, spec.AvailabilityZones = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}), sellerZones
		if err := s.world.Add(*spec); err != nil {
			t.Fatal(err)
		}
	}
	short := s.watch(web.ARN)
	store := newMemoryStore()
	moved := s.sweep(store, "2026-11-17 11:50")
	if short.most > 0 || moved[web.ARN].Stage != fleet.OnSpot || moved[api.ARN].Stage != fleet.OnSpot || mixOf(t, s.world, web.ARN) != "0+9+0" || tasksOf(s.world, api.ARN) == "4+0" {
		t.Errorf("moved: %s %s, %s %s, %d were missing", moved[web.ARN].Stage, mixOf(t, s.world, web.ARN), moved[api.ARN].Stage, tasksOf(s.world, api.ARN), short.most)
	}
	if made := born(t, s.world, 3); len(made) != 1 || made[0].Lifecycle != fleet.SpotPersistent || made[0].State != fleet.Running {
		t.Errorf("the instance: %+v", made)
	}
	s.sweep(store, "2026-11-17 14:00")
	if mixOf(t, s.world, web.ARN) != "9+0+0" {
		t.Errorf("without Spot: %s", mixOf(t, s.world, web.ARN))
	}
	s.sweep(store, "2026-11-18 12:00")
	if got := bought(t, s.world, web.ARN); mixOf(t, s.world, web.ARN) != "0+9+0" || got.Mix.Base != 0 {
		t.Errorf("with Spot back: %s, %s", mixOf(t, s.world, web.ARN), plan.Buys(got))
	}
	// All nine at once, as every pool was short at once; then a look every five minutes, and a boot.
	if short.most != 9 || short.total > 20*time.Minute {
		t.Errorf("%d were missing at once, and for %s in all", short.most, short.total)
	}
	t.Logf("short for %s, %d at once; alerts: %v", short.total, short.most, s.alerts)
}

// TestAutoSpotMidway: Spot is gone while the refresh waits at its second checkpoint. AWS rolls it back when nobody has got into service for an hour;
// who is quicker than that rolls it back before.
func TestAutoSpotMidway(t *testing.T) {
	t.Parallel()
	s := newSeller(t, "m")
	web := group("web", fleet.Size{Min: 4, Max: 20, Desired: 9})
	web.Tags, web.AvailabilityZones = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}), sellerZones
	if err := s.world.Add(web); err != nil {
		t.Fatal(err)
	}
	s.world.Advance(at("2026-11-17 11:05"))
	short := s.watch(web.ARN)
	store := newMemoryStore()
	s.sweep(store, "2026-11-17 11:59")
	if !refreshes(t, s.world, web.ARN) || mixOf(t, s.world, web.ARN) != "4+5+0" {
		t.Errorf("a minute before: %s", mixOf(t, s.world, web.ARN))
	}
	s.sweep(store, "2026-11-17 14:50")
	if got := bought(t, s.world, web.ARN); mixOf(t, s.world, web.ARN) != "9+0+0" || refreshes(t, s.world, web.ARN) {
		t.Errorf("before Spot is back: %s, %s", mixOf(t, s.world, web.ARN), plan.Buys(got))
	}
	moved := s.sweep(store, "2026-11-18 12:00")
	if m := moved[web.ARN]; m.Stage != fleet.GivenUp && m.Stage != fleet.OnSpot || short.most > 5 || short.total > 90*time.Minute {
		t.Errorf("in the end %s, %s, short for %s, %d at once", mixOf(t, s.world, web.ARN), m.Stage, short.total, short.most)
	}
	t.Logf("short for %s, %d at once; alerts: %v", short.total, short.most, s.alerts)
}

// TestAutoSpotLeavesWhatOthersWrite: infrastructure as code writes back what a group and a service bought before. AutoSpot says so, and does not fight it.
func TestAutoSpotLeavesWhatOthersWrite(t *testing.T) {
	t.Parallel()
	s := newSeller(t, "")
	web, api := group("web", fleet.Size{Min: 4, Max: 20, Desired: 9}), service("api", 4)
	for _, spec := range []*simulation.Spec{&web, &api} {
		spec.Tags, spec.AvailabilityZones = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}), sellerZones
		spec.Zone, spec.Habits = seoul, []simulation.Habit{simulation.Reverter{Days: 1000, At: 15 * time.Hour}}
		if err := s.world.Add(*spec); err != nil {
			t.Fatal(err)
		}
	}
	before := map[fleet.ARN]fleet.Purchase{web.ARN: bought(t, s.world, web.ARN), api.ARN: bought(t, s.world, api.ARN)}
	acts := map[fleet.ARN]int{}
	s.world.Watch = func(c simulation.Change) {
		if c.By == simulation.ByOffpeak {
			acts[c.Resource]++
		}
	}
	store := newMemoryStore()
	moved := s.sweep(store, "2026-11-16 14:00")
	if moved[web.ARN].Stage != fleet.OnSpot || moved[api.ARN].Stage != fleet.OnSpot {
		t.Fatalf("%s and %s", moved[web.ARN].Stage, moved[api.ARN].Stage)
	}
	first := fmt.Sprint(acts)
	moved = s.sweep(store, "2026-11-17 02:00")
	for arn, was := range before {
		if m := moved[arn]; m.Stage != fleet.Disowned || !bought(t, s.world, arn).Equal(was) {
			t.Errorf("%s is %s and buys %s", arn, m.Stage, plan.Buys(bought(t, s.world, arn)))
		}
	}
	told := strings.Join(s.alerts, "\n")
	if again := fmt.Sprint(acts); again != first || !strings.Contains(told, "web: it does not buy") || !strings.Contains(told, "api: it does not buy") {
		t.Errorf("acts %s, before %s; alerts %s", again, first, told)
	}
}

// TestAutoSpotGoesBack: a person wants everything back, while the refresh goes on or long after it.
func TestAutoSpotGoesBack(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"2026-11-16 09:00", "2026-11-16 16:00"} {
		s := newSeller(t, "")
		web, api, box := group("web", fleet.Size{Min: 4, Max: 20, Desired: 9}), service("api", 4), machineOf(fleet.OnDemand)
		for _, spec := range []*simulation.Spec{&web, &api, &box} {
			spec.Tags, spec.AvailabilityZones = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}), sellerZones
			if err := s.world.Add(*spec); err != nil {
				t.Fatal(err)
			}
		}
		short := s.watch(web.ARN)
		before := map[fleet.ARN]fleet.Purchase{web.ARN: bought(t, s.world, web.ARN), api.ARN: bought(t, s.world, api.ARN)}
		store := newMemoryStore()
		s.sweep(store, when)
		rolled := s.world.Calls()[simulation.RollbackRefresh]
		s.options.Rollback = map[fleet.ARN]bool{web.ARN: true, api.ARN: true}
		midway := refreshes(t, s.world, web.ARN)
		moved := s.sweep(store, "2026-11-17 02:00")
		for arn, was := range before {
			if got := bought(t, s.world, arn); moved[arn].Stage != fleet.Returned || !got.Equal(was) {
				t.Errorf("from %s on, %s is %s and buys %s", when, arn, moved[arn].Stage, plan.Buys(got))
			}
		}
		if mixOf(t, s.world, web.ARN) != "9+0+0" || tasksOf(s.world, api.ARN) != "4+0" || short.most > 0 {
			t.Errorf("from %s on: %s, %s, %d were missing at once", when, mixOf(t, s.world, web.ARN), tasksOf(s.world, api.ARN), short.most)
		}
		if n := s.world.Calls()[simulation.RollbackRefresh] - rolled; n != map[bool]int{true: 1, false: 0}[midway] || midway != (when == "2026-11-16 09:00") {
			t.Errorf("from %s on: midway %t, rolled back %d times", when, midway, n)
		}
	}
}
