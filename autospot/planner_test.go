package autospot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot"
	"offpeak/autospot/balance"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

var (
	monday = time.Date(2026, time.November, 23, 3, 0, 0, 0, time.UTC)
	shop   = fleet.Scope{Account: "222233334444", Region: "ap-northeast-2"}
	zones  = []string{"ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"}
)

func usd(text string) money.Rate {
	r, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

// bazaar is a market of eighteen types in three zones, all alike but for their price.
func bazaar() *market.Market {
	m := &market.Market{
		Taken: monday, Offerings: market.Offerings{}, OnDemand: fleet.Prices{}, Spot: market.History{}, Advised: market.Advised{},
		Quotas:  []market.Quota{{Class: "standard", Limit: 1000}},
		Fargate: []market.FargatePrice{{Region: shop.Region, Architecture: "X86_64", VCPU: usd("0.04656"), GB: usd("0.00511"), SpotVCPU: usd("0.01397"), SpotGB: usd("0.00153")}},
	}
	var specs []market.Spec
	for i, family := range []string{"m5", "m5a", "m5n", "m6i", "m6a", "m7i"} {
		for j, size := range []string{"large", "xlarge", "2xlarge"} {
			name, scale := family+"."+size, 1<<j
			specs = append(specs, market.Spec{
				Type: name, VCPU: 2 * scale, MemoryMiB: 8192 * scale, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro",
				Virtualization: []string{"hvm"}, BootModes: []string{"legacy-bios", "uefi"}, RootDevices: []string{"ebs"}, Spot: true,
				EBS:     market.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 650 * scale, MaxMbps: 4750},
				Network: market.Network{Performance: "Up to 10 Gigabit", BaselineMbps: 750 * scale, ENA: "required", Interfaces: 3},
			})
			m.OnDemand[fleet.PriceKey{Region: shop.Region, Type: name, Product: "Linux/UNIX"}] = usd("0.118").Times(scale)
			m.Advised[market.AdvisedKey{Region: shop.Region, OS: "Linux", Type: name}] = market.Odds{Band: i % 2}
			for k, zone := range zones {
				if m.Offerings[zone] == nil {
					m.Offerings[zone] = map[string]bool{}
				}
				m.Offerings[zone][name] = true
				m.Spot[market.Pool{Zone: zone, Type: name, Product: "Linux/UNIX"}] = []market.Point{{At: monday.AddDate(0, 0, -40), Price: usd(fmt.Sprintf("0.0%d", 350+10*i+k)).Times(scale)}}
			}
		}
	}
	m.Catalog = market.NewCatalog(specs...)
	return m
}

func rulesFor(mode autospot.Mode) *autospot.Rules {
	return &autospot.Rules{
		Profiles: map[string]autospot.Profile{"default": careful()},
		Policy:   "offpeak.yaml@1", Keys: fleet.KeysWithPrefix("offpeak:"), Mode: mode,
		Environments: []fleet.Environment{{Name: "dev", Accounts: []fleet.AccountID{shop.Account}}, {Name: "prod", Tags: map[string][]string{"Environment": {"prod"}}, Protected: true}},
	}
}

// careful is the default profile of somebody who may lose no more than a quarter at once.
func careful() autospot.Profile {
	p := autospot.DefaultProfile()
	p.Loss = 25
	return p
}

func webGroup() fleet.Resource {
	r := fleet.Resource{
		ID: "dev-web", ARN: "arn:aws:autoscaling:ap-northeast-2:222233334444:autoScalingGroup:1:autoScalingGroupName/dev-web", Kind: fleet.AutoScalingGroup,
		Scope: shop, State: fleet.Running, Size: fleet.Size{Min: 2, Max: 12, Desired: 9}, Product: "Linux/UNIX",
		Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}),
		Launch: &fleet.Launch{
			Zones: zones, Template: &fleet.Template{ID: "lt-1", Version: "3", Number: 3, Type: "m5.large", Image: "ami-1"},
			Seen: []fleet.Fact{fleet.Stacks, fleet.Refreshes, fleet.Protection, fleet.Clusters},
		},
	}
	for i := range 9 {
		r.Launch.Members = append(r.Launch.Members, fleet.Member{ID: fmt.Sprintf("i-%d", i), Type: "m5.large", Zone: zones[i%3], InService: true})
	}
	return r
}

func apiService() fleet.Resource {
	return fleet.Resource{
		ID: "dev-api", ARN: "arn:aws:ecs:ap-northeast-2:222233334444:service/shop/dev-api", Kind: fleet.ECSService, Parent: "shop",
		Scope: shop, State: fleet.Running, Size: fleet.Size{Desired: 8}, Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}),
		Launch: &fleet.Launch{
			LaunchType: "FARGATE", Platform: "LINUX/X86_64", Seen: []fleet.Fact{fleet.Stacks, fleet.Clusters},
			Offered: []fleet.Provider{{Name: "FARGATE"}, {Name: "FARGATE_SPOT", Spot: true}},
		},
	}
}

func box() fleet.Resource {
	return fleet.Resource{
		ID: "i-0a1", ARN: "arn:aws:ec2:ap-northeast-2:222233334444:instance/i-0a1", Kind: fleet.EC2Instance, Scope: shop, State: fleet.Running,
		Type: "m5.large", Product: "Linux/UNIX", Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}),
		Launch: &fleet.Launch{
			Zones: zones[:1], Image: "ami-1", Seen: []fleet.Fact{fleet.Stacks, fleet.Protection},
			Volumes: []fleet.Volume{{ID: "vol-1", Device: "/dev/xvda", Root: true}}, Interfaces: []fleet.Interface{{ID: "eni-1"}},
		},
	}
}

// play plans, carries out what was planned as if AWS had accepted it, and lets changes happen before the next look.
type play struct {
	t       *testing.T
	planner *autospot.Planner
	market  *market.Market
	seen    fleet.Snapshot
	memory  *fleet.Memory
	options autospot.Options
}

func newPlay(t *testing.T, resources ...fleet.Resource) *play {
	t.Helper()
	return &play{
		t: t, planner: autospot.New(rulesFor(autospot.Act)), market: bazaar(), memory: &fleet.Memory{},
		seen: fleet.Snapshot{Taken: monday, Resources: resources}, options: autospot.Options{Do: true},
	}
}

// profile lets the owners of what asks for Spot want something else.
func (p *play) profile(of autospot.Profile) {
	rules := rulesFor(autospot.Act)
	rules.Profiles["default"] = of
	p.planner = autospot.New(rules)
}

func (p *play) look() (plan.Plan, []autospot.Advice) {
	p.t.Helper()
	made, advices, next := p.planner.Plan(&p.seen, p.market, p.memory, p.options)
	p.memory = next
	return made, advices
}

// accept lets AWS accept the last acts; what comes of them is for the test to say.
func (p *play) accept() {
	next := p.memory.Clone()
	for arn, m := range next.Spot {
		m.Applied = true
		next.Spot[arn] = m
	}
	p.memory = &next
}

func (p *play) later(d time.Duration) { p.seen.Taken = p.seen.Taken.Add(d) }

func (p *play) become(to fleet.Purchase) {
	r := &p.seen.Resources[0]
	l := *r.Launch
	l.Template, l.Mix, l.Rebalance, l.Providers = to.Template, to.Mix, to.Rebalance, to.Providers
	r.Launch, r.Lifecycle = &l, to.Lifecycle
	for i := range l.Members {
		if to.Mix != nil && i >= balance.OnDemandOf(to.Mix.Base, to.Mix.AboveBase, len(l.Members)) {
			l.Members[i].Lifecycle = fleet.SpotOneTime
		}
	}
}

func one(t *testing.T, made plan.Plan) plan.Move {
	t.Helper()
	if len(made.Actions) != 1 {
		t.Fatalf("%d acts; refusals %+v, findings %+v", len(made.Actions), made.Refusals, made.Findings)
	}
	return made.Actions[0].Change.(plan.Move)
}

func TestAGroupMovesAndIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPlay(t, webGroup())
	made, advices := p.look()
	move := one(t, made)
	if move.Way != plan.ByRefresh || move.To.Mix == nil || !move.To.Rebalance || move.To.Mix.MaxPrice != "" || move.To.Mix.Types[0] != "m5.large" {
		t.Fatalf("the move is %s", move)
	}
	a := advices[0]
	if !a.Eligible() || a.Mix.Chosen.Spot == 0 || a.After.Cmp(a.Now) >= 0 || len(move.To.Mix.Types) < 6 {
		t.Errorf("the advice is %+v", a)
	}
	// Three zones and nine instances: one zone may hold no more than a quarter of them on Spot, which is two, and so six are Spot at most.
	if a.Mix.Chosen.Spot > 6 {
		t.Errorf("%d of 9 on Spot in 3 zones, although no more than a quarter may be lost at once", a.Mix.Chosen.Spot)
	}
	first := made.Actions[0].ID
	if made, _ := p.look(); len(made.Actions) != 1 || made.Actions[0].ID != first {
		t.Errorf("what never reached AWS is asked for again as another act: %+v", made.Actions)
	}
	p.accept()
	p.later(time.Minute)
	p.seen.Resources[0].Traits = []fleet.Trait{{Kind: fleet.RefreshInProgress}}
	if made, _ := p.look(); len(made.Actions) != 0 {
		t.Errorf("during the refresh: %+v", made.Actions)
	}
	p.seen.Resources[0].Traits = nil
	p.become(move.To)
	p.later(time.Hour)
	if made, _ := p.look(); len(made.Actions) != 0 || p.memory.Spot[p.seen.Resources[0].ARN].Stage != fleet.OnSpot {
		t.Errorf("afterwards: %+v, %+v", made.Actions, p.memory.Spot)
	}
	before := p.memory
	p.later(24 * time.Hour)
	if _, _ = p.look(); p.memory != before {
		t.Errorf("a look at which nothing was to be done changed the memory")
	}
}

func TestHowAMoveEnds(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (*play, plan.Move) {
		t.Helper()
		p := newPlay(t, webGroup())
		made, _ := p.look()
		p.accept()
		p.later(time.Hour)
		return p, one(t, made)
	}
	stage := func(p *play) fleet.Stage { return p.memory.Spot[p.seen.Resources[0].ARN].Stage }
	t.Run("rolled back by AWS, it is given up, and its rebalancing given back", func(t *testing.T) {
		t.Parallel()
		p, move := begin(t)
		back := move.From
		back.Rebalance = true
		p.become(back)
		made, advices := p.look()
		if stage(p) != fleet.GivenUp || advices[0].Alert == "" || one(t, made).Way != plan.ByWriting || one(t, made).To.Rebalance {
			t.Fatalf("%s: %+v", stage(p), made)
		}
		p.accept()
		p.become(move.From)
		for range 3 {
			p.later(24 * time.Hour)
			if made, _ := p.look(); len(made.Actions) != 0 || stage(p) != fleet.GivenUp {
				t.Fatalf("it is tried again by itself: %s, %+v", stage(p), made.Actions)
			}
		}
		p.options.Begin = map[fleet.ARN]bool{p.seen.Resources[0].ARN: true}
		if made, _ := p.look(); one(t, made).Way != plan.ByRefresh {
			t.Errorf("a person begins again: %+v", made)
		}
	})
	t.Run("changed by somebody else, it is theirs", func(t *testing.T) {
		t.Parallel()
		p, move := begin(t)
		p.become(move.To)
		p.look()
		other := move.To
		mix := *other.Mix
		mix.Base, mix.Types = 0, []string{"m5.large"}
		other.Mix = &mix
		p.become(other)
		made, advices := p.look()
		if stage(p) != fleet.Disowned || len(made.Actions) != 0 || advices[0].Alert == "" || !strings.Contains(advices[0].Remedy, "patch") {
			t.Errorf("%s: %+v", stage(p), made)
		}
		p.options.Rollback = map[fleet.ARN]bool{p.seen.Resources[0].ARN: true}
		if made, _ := p.look(); len(made.Actions) != 0 {
			t.Errorf("a rollback takes it from them: %+v", made.Actions)
		}
	})
	t.Run("its owner takes the wish back: it goes back, and stays", func(t *testing.T) {
		t.Parallel()
		p, move := begin(t)
		p.become(move.To)
		p.look()
		p.seen.Resources[0].Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "no"})
		made, _ := p.look()
		if back := one(t, made); !back.To.Equal(move.From) || back.Way != plan.ByRefresh || made.Actions[0].Cause != plan.ByTag {
			t.Fatalf("%+v", made.Actions)
		}
		p.accept()
		p.become(move.From)
		p.later(time.Hour)
		if made, _ := p.look(); len(made.Actions) != 0 || stage(p) != fleet.Returned {
			t.Errorf("%s: %+v", stage(p), made.Actions)
		}
	})
	t.Run("a person wants it back: it goes, and stays although its tag says yes", func(t *testing.T) {
		t.Parallel()
		p, move := begin(t)
		p.seen.Resources[0].Traits = []fleet.Trait{{Kind: fleet.RefreshInProgress}}
		p.options.Rollback = map[fleet.ARN]bool{p.seen.Resources[0].ARN: true}
		made, _ := p.look()
		if back := one(t, made); back.Way != plan.ByRollback || !back.To.Equal(move.From) {
			t.Fatalf("%+v", made.Actions)
		}
		p.accept()
		p.options.Rollback = nil
		p.seen.Resources[0].Traits = nil
		for range 2 {
			p.later(time.Hour)
			if made, _ := p.look(); len(made.Actions) != 0 || stage(p) != fleet.Returned {
				t.Errorf("%s: %+v", stage(p), made.Actions)
			}
		}
	})
	t.Run("no Spot capacity in the middle of the refresh: rolled back, and given up", func(t *testing.T) {
		t.Parallel()
		p, _ := begin(t)
		p.seen.Resources[0].Traits = []fleet.Trait{{Kind: fleet.RefreshInProgress}}
		p.seen.Resources[0].Launch.Members = p.seen.Resources[0].Launch.Members[:7]
		if made, _ := p.look(); len(made.Actions) != 0 {
			t.Fatalf("at once: %+v", made.Actions)
		}
		p.later(6 * time.Minute)
		made, advices := p.look()
		if back := one(t, made); back.Way != plan.ByRollback || made.Actions[0].Cause != plan.ByFallback || advices[0].Alert == "" {
			t.Fatalf("%+v", made.Actions)
		}
		p.accept()
		p.later(time.Hour)
		p.seen.Resources[0].Traits = nil
		if made, _ := p.look(); len(made.Actions) != 0 || stage(p) != fleet.GivenUp {
			t.Errorf("%s: %+v", stage(p), made.Actions)
		}
	})
	t.Run("descriptions lag: it is not given up for that", func(t *testing.T) {
		t.Parallel()
		p := newPlay(t, webGroup())
		p.look()
		p.accept()
		p.later(30 * time.Second)
		if made, _ := p.look(); len(made.Actions) != 0 || stage(p) != fleet.Moving {
			t.Errorf("%s: %+v", stage(p), made.Actions)
		}
	})
	t.Run("no Spot capacity: on demand at once, and back later", func(t *testing.T) {
		t.Parallel()
		p, move := begin(t)
		p.become(move.To)
		p.look()
		p.seen.Resources[0].Launch.Members = p.seen.Resources[0].Launch.Members[:7]
		p.options.Events = map[fleet.ARN][]balance.Event{p.seen.Resources[0].ARN: {{What: balance.LaunchFailed, At: p.seen.Taken, Instance: "e1", Cause: balance.Capacity}}}
		made, _ := p.look()
		up := one(t, made)
		if up.Way != plan.ByWriting || up.To.Mix.Base != move.To.Mix.Base+2 || made.Actions[0].Cause != plan.ByFallback {
			t.Fatalf("%+v", made.Actions)
		}
		p.accept()
		p.options.Events = nil
		p.seen.Resources[0].Launch.Members = webGroup().Launch.Members
		p.become(up.To)
		p.later(10 * time.Minute)
		if made, _ := p.look(); len(made.Actions) != 0 || stage(p) != fleet.OnSpot {
			t.Fatalf("%s: %+v", stage(p), made.Actions)
		}
		p.later(time.Hour)
		made, _ = p.look()
		if down := one(t, made); down.To.Mix.Base != up.To.Mix.Base-1 || made.Actions[0].Cause != plan.ByReturn {
			t.Errorf("%+v", made.Actions)
		}
	})
}

func TestWhatMoves(t *testing.T) {
	t.Parallel()
	with := func(r fleet.Resource, change func(*fleet.Resource)) fleet.Resource {
		change(&r)
		return r
	}
	for _, row := range []struct {
		name string
		r    fleet.Resource
		m    func(*market.Market)
		way  plan.Way // empty: nothing
		why  string
	}{
		{"a group", webGroup(), nil, plan.ByRefresh, "move to Spot"},
		{"a service", apiService(), nil, plan.ByDeploying, "25%"},
		{"an instance", box(), nil, plan.ByConverting, "persistent Spot"},
		{"a group at size 0 waits for its opening", with(webGroup(), func(r *fleet.Resource) { r.Size, r.State = fleet.Size{}, fleet.Stopped }), nil, "", "at zero"},
		{"protected", with(webGroup(), func(r *fleet.Resource) {
			r.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}, fleet.Tag{Key: "Environment", Value: "prod"})
		}), nil, "", "protected"},
		{"a tag that says nothing known", with(webGroup(), func(r *fleet.Resource) { r.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "ja"}) }), nil, "", "no Spot profile"},
		{"no prices of Spot", webGroup(), func(m *market.Market) { m.Spot = market.History{} }, "", ""},
		{"no price of Spot in one zone", webGroup(), func(m *market.Market) {
			for pool := range m.Spot {
				if pool.Zone == zones[2] {
					delete(m.Spot, pool)
				}
			}
		}, "", ""},
		{"no on-demand prices", webGroup(), func(m *market.Market) { m.OnDemand = fleet.Prices{} }, "", "on-demand price"},
		{"no catalogue", webGroup(), func(m *market.Market) { m.Catalog = nil }, "", "instance types"},
		{"no market at all", webGroup(), func(m *market.Market) { *m = market.Market{} }, "", ""},
		{"an unknown type", with(webGroup(), func(r *fleet.Resource) { r.Launch.Template.Type = "m99.large" }), nil, "", "m99.large"},
		{"Spot saves too little", webGroup(), func(m *market.Market) {
			for pool := range m.Spot {
				m.Spot[pool] = []market.Point{{At: monday.AddDate(0, 0, -40), Price: usd("0.11")}}
			}
		}, "", ""},
		{"Fargate Spot without a price", apiService(), func(m *market.Market) { m.Fargate = nil }, "", "not known"},
		{"one task", with(apiService(), func(r *fleet.Resource) { r.Size.Desired = 1 }), nil, "", ""},
		{"an instance whose type is dearer on Spot", box(), func(m *market.Market) {
			m.Spot[market.Pool{Zone: zones[0], Type: "m5.large", Product: "Linux/UNIX"}] = []market.Point{{At: monday.AddDate(0, 0, -40), Price: usd("0.2")}}
		}, "", "USD an hour"},
	} {
		p := newPlay(t, row.r)
		if row.m != nil {
			row.m(p.market)
		}
		made, advices := p.look()
		if len(advices) != 1 {
			t.Errorf("%s: %d advices", row.name, len(advices))
			continue
		}
		a := advices[0]
		switch {
		case row.way == "" && len(made.Actions) != 0:
			t.Errorf("%s: %+v", row.name, made.Actions)
		case row.way != "" && (len(made.Actions) != 1 || made.Actions[0].Change.(plan.Move).Way != row.way):
			t.Errorf("%s: %+v; %s", row.name, made.Actions, a.Why)
		case row.way != "" && made.Actions[0].Change.(plan.Move).Heard != (row.way == plan.ByConverting):
			t.Errorf("%s: that its interruptions are kept is told of what stands alone, and of nothing else: %+v", row.name, made.Actions[0].Change)
		case a.Why == "" || !strings.Contains(a.Why, row.why):
			t.Errorf("%s: the reason is %q, want %q in it", row.name, a.Why, row.why)
		}
	}
}

// TestAConversionWithoutSpot ends on demand, which is told in a conversion's words, and is not repeated by itself: each is a new instance.
func TestAConversionWithoutSpot(t *testing.T) {
	t.Parallel()
	p := newPlay(t, box())
	made, _ := p.look()
	if to := one(t, made).To.Lifecycle; to != fleet.SpotPersistent {
		t.Fatalf("it is to become %s", to)
	}
	p.accept()
	p.later(time.Hour)
	_, advices := p.look()
	if a := advices[0]; a.Stage != fleet.GivenUp || !strings.Contains(a.Alert, "Spot had no capacity") || strings.Contains(a.Remedy, "instance refreshes") {
		t.Errorf("%s: %s; %s", a.Stage, a.Alert, a.Remedy)
	}
	for range 3 {
		p.later(24 * time.Hour)
		if made, _ := p.look(); len(made.Actions) != 0 {
			t.Fatalf("it is tried again by itself: %+v", made.Actions)
		}
	}
	p.options.Begin = map[fleet.ARN]bool{p.seen.Resources[0].ARN: true}
	if made, _ := p.look(); one(t, made).Way != plan.ByConverting {
		t.Errorf("a person begins again: %+v", made)
	}
}

func TestAMorningWithoutSpot(t *testing.T) {
	t.Parallel()
	r := box()
	r.Lifecycle, r.State = fleet.SpotPersistent, fleet.Stopped
	for _, row := range []struct {
		name  string
		m     fleet.Remembered
		moves bool
	}{
		{"asked to start twice, and refused", fleet.Remembered{Tried: fleet.Moment{At: monday, Want: fleet.Running}, Attempts: 2}, true},
		{"asked once", fleet.Remembered{Tried: fleet.Moment{At: monday, Want: fleet.Running}, Attempts: 1}, false},
		{"AWS accepted it, and it is on its way", fleet.Remembered{Tried: fleet.Moment{At: monday, Want: fleet.Running}, Attempts: 2, Applied: true}, false},
		{"stopped by its schedule", fleet.Remembered{Tried: fleet.Moment{At: monday, Want: fleet.Stopped}, Attempts: 2}, false},
	} {
		p := newPlay(t, r)
		p.memory = &fleet.Memory{Resources: map[fleet.ARN]fleet.Remembered{r.ARN: row.m}}
		made, _ := p.look()
		if moves := len(made.Actions) == 1 && made.Actions[0].Change.(plan.Move).To.Lifecycle == fleet.OnDemand && made.Actions[0].Cause == plan.ByFallback; moves != row.moves {
			t.Errorf("%s: %+v", row.name, made.Actions)
		}
	}
}

func TestAdviceAloneDoesNothing(t *testing.T) {
	t.Parallel()
	p := newPlay(t, webGroup(), apiService(), box())
	p.options.Do = false
	before := p.memory
	made, advices := p.look()
	if len(made.Actions) != 0 || len(advices) != 3 || p.memory != before {
		t.Errorf("acts %+v, advices %d", made.Actions, len(advices))
	}
	for _, a := range advices {
		if a.Move == nil {
			t.Errorf("%s: no advice: %s", a.Subject.ID, a.Why)
		}
	}
}

func TestTheOrderOfTheFleetDoesNotMatter(t *testing.T) {
	t.Parallel()
	resources := []fleet.Resource{webGroup(), apiService(), box()}
	first, _ := newPlay(t, resources...).look()
	slices.Reverse(resources)
	second, _ := newPlay(t, resources...).look()
	if diff := cmp.Diff(first, second, cmp.Comparer(func(a, b money.Rate) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
}
