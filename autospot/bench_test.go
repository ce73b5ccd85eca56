package autospot_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// region is a market of 1,263 types in three zones: so many does EC2 have, in families of about nine sizes.
func region() *market.Market {
	m := &market.Market{
		Taken: monday, Offerings: market.Offerings{}, OnDemand: fleet.Prices{}, Spot: market.History{}, Advised: market.Advised{},
		Quotas: []market.Quota{{Class: "standard", Limit: 1_000_000}},
	}
	var specs []market.Spec
	for i := range 1263 {
		family, size := i/9, i%9
		name := fmt.Sprintf("m%d%c.%dx", 5+family%4, 'a'+family/4%26, size+1)
		if family >= 104 {
			name = fmt.Sprintf("c%dz.%dx", family, size+1)
		}
		specs = append(specs, market.Spec{
			Type: name, VCPU: 2 << (size / 2), MemoryMiB: 8192 << (size / 2), Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro",
			Virtualization: []string{"hvm"}, BootModes: []string{"uefi"}, RootDevices: []string{"ebs"}, Spot: true,
			EBS: market.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 650 << (size / 2)}, Network: market.Network{BaselineMbps: 750 << (size / 2), ENA: "required", Interfaces: 3},
		})
		m.OnDemand[fleet.PriceKey{Region: shop.Region, Type: name, Product: "Linux/UNIX"}] = usd("0.118").Times(1 << (size / 2))
		m.Advised[market.AdvisedKey{Region: shop.Region, OS: "Linux", Type: name}] = market.Odds{Band: i % 3}
		for k, zone := range zones {
			if m.Offerings[zone] == nil {
				m.Offerings[zone] = map[string]bool{}
			}
			m.Offerings[zone][name] = true
			var points []market.Point
			for day := range 30 { // a change a day, as AWS's prices move
				points = append(points, market.Point{At: monday.AddDate(0, 0, day-31).Add(time.Duration(i%24) * time.Hour), Price: usd(fmt.Sprintf("0.0%d", 350+(i+day+k)%90)).Times(1 << (size / 2))})
			}
			m.Spot[market.Pool{Zone: zone, Type: name, Product: "Linux/UNIX"}] = points
		}
	}
	m.Catalog = market.NewCatalog(specs...)
	return m
}

// manyGroups are a thousand groups of as many types as there are, in sizes up to forty.
func manyGroups(m *market.Market, n int) *fleet.Snapshot {
	s := &fleet.Snapshot{Taken: monday}
	types := m.Catalog.All()
	for i := range n {
		r := webGroup()
		r.ID = fmt.Sprintf("dev-%04d", i)
		r.ARN = fleet.ARN("arn:aws:autoscaling:ap-northeast-2:222233334444:autoScalingGroup:1:autoScalingGroupName/" + r.ID)
		size := 2 + i%20
		r.Size = fleet.Size{Min: 1, Max: 2 * size, Desired: size}
		template := *r.Launch.Template
		template.Type = types[i*7%len(types)].Type
		launch := *r.Launch
		launch.Template, launch.Members = &template, nil
		r.Launch = &launch
		s.Resources = append(s.Resources, r)
	}
	return s
}

// BenchmarkPlan plans a thousand groups against the whole catalogue in three zones, on one core: two seconds and 512 MB are what it may take.
func BenchmarkPlan(b *testing.B) {
	runtime.GOMAXPROCS(1)
	m := region()
	s := manyGroups(m, 1000)
	b.ReportAllocs()
	for b.Loop() {
		_, advices, _ := autospot.New(rulesFor(autospot.Advise)).Plan(s, m, nil, autospot.Options{})
		if len(advices) != 1000 || advices[0].Mix == nil {
			b.Fatalf("%d advices", len(advices))
		}
	}
}
