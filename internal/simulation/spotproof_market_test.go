package simulation_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"offpeak/internal/fleet"
	offers "offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
)

// A proof's quarter: 92 days from a Monday morning, with the prices of a hundred days before it.
var (
	proofFrom = at("2026-09-07 08:00")
	proofTo   = proofFrom.AddDate(0, 0, 92)
)

const linux = "Linux/UNIX"

// climate is how Spot capacity is taken away in a world.
type climate struct {
	name string
	// bands are how many of a hundred types are in each of the advisor's bands.
	bands [5]int
	// outages says that whole zones are taken at once, and one in twenty times all of them, as the odds of package mix assume; otherwise each pool
	// loses a share of its instances by itself, as the world draws it.
	outages bool
	// edge says that each pool is as bad as its band can be; otherwise somewhere within it, and its zones differ by half either way.
	edge bool
}

var climates = []climate{
	{name: "calm pools", bands: [5]int{70, 30, 0, 0, 0}},
	{name: "busy pools", bands: [5]int{30, 25, 20, 15, 10}},
	{name: "zones fall", bands: [5]int{70, 30, 0, 0, 0}, outages: true},
}

// edges are the shares of a month's instances that end the advisor's bands, as it publishes them, and the 40 % that are assumed of the open one.
var edges = [...]float64{0, 0.05, 0.11, 0.16, 0.22, 0.40}

// bazaar is what can be bought in a proof, the same for all who buy in it.
type bazaar struct {
	climate climate
	seed    uint64
	catalog *offers.Catalog
	prices  fleet.Prices
	advised offers.Advised
	zones   []string
	terms   map[simulation.Pool]simulation.Terms
	paths   map[simulation.Pool][]simulation.PricePoint
	// recorded are those of the paths that a world is to be told of.
	recorded map[simulation.Pool]bool
	micro    map[simulation.Pool][]tariff
}

// tariff is a price in millionths of a dollar an hour from an instant on.
type tariff struct {
	at    time.Time
	micro int64
}

// families are what the catalogue of a proof holds: memory in GiB and millionths of a dollar an hour, for each vCPU.
var families = []struct {
	name      string
	memory    int
	microVCPU int64
}{
	{"m5", 4, 59_000},
	{"m5a", 4, 53_000},
	{"m6i", 4, 59_000},
	{"m6a", 4, 53_100},
	{"c5", 2, 48_000},
	{"c5a", 2, 43_000},
	{"c6i", 2, 48_000},
	{"r5", 8, 76_000},
	{"r5a", 8, 68_000},
	{"r6i", 8, 76_000},
}

var sizes = []struct {
	name string
	vcpu int
}{{"large", 2}, {"xlarge", 4}, {"2xlarge", 8}, {"4xlarge", 16}}

// newBazaar draws the bands, the truth behind them, and the paths of the prices.
func newBazaar(t testing.TB, seed uint64, c climate) *bazaar {
	t.Helper()
	b := &bazaar{
		climate: c, seed: seed, zones: sellerZones, prices: fleet.Prices{}, advised: offers.Advised{}, terms: map[simulation.Pool]simulation.Terms{},
		paths: map[simulation.Pool][]simulation.PricePoint{}, recorded: map[simulation.Pool]bool{}, micro: map[simulation.Pool][]tariff{},
	}
	var specs []offers.Spec
	r := rand.New(rand.NewPCG(seed, 11))
	share := b.share(r) // of all types where zones fall
	for _, family := range families {
		for _, size := range sizes {
			spec := specOf(family.name+"."+size.name, size.vcpu, size.vcpu*family.memory)
			specs = append(specs, spec)
			price := rateOf(t, family.microVCPU*int64(size.vcpu))
			b.prices[fleet.PriceKey{Region: scope.Region, Type: spec.Type, Product: linux}] = price
			if !c.outages {
				share = b.share(r)
			}
			b.advised[advisedOf(spec.Type)] = offers.Odds{Band: bandOf(share), Savings: 60}
			for _, zone := range b.zones {
				b.terms[poolOf(zone, spec.Type)] = b.termsOf(r, share)
			}
		}
	}
	b.catalog = offers.NewCatalog(specs...)
	b.draw(t)
	if c.outages {
		b.fall(t, r, share)
	}
	b.tariffs()
	return b
}

func specOf(name string, vcpu, memory int) offers.Spec {
	return offers.Spec{
		Type: name, VCPU: vcpu, MemoryMiB: 1024 * memory, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro",
		Virtualization: []string{"hvm"}, BootModes: []string{"legacy-bios", "uefi"}, RootDevices: []string{"ebs"}, Spot: true,
		EBS:     offers.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 325 * vcpu, MaxMbps: 4750},
		Network: offers.Network{Performance: "Up to 10 Gigabit", BaselineMbps: 375 * vcpu, ENA: "required", Interfaces: 3},
	}
}

func poolOf(zone, kind string) simulation.Pool {
	return simulation.Pool{Zone: zone, Type: kind, Product: linux}
}

func advisedOf(kind string) offers.AdvisedKey {
	return offers.AdvisedKey{Region: scope.Region, OS: "Linux", Type: kind}
}

func rateOf(t testing.TB, micro int64) money.Rate {
	t.Helper()
	digits := []byte("0000000")
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + micro%10)
		micro /= 10
	}
	return dollars(t, string(digits[:1])+"."+string(digits[1:]))
}

// share draws the share of instances that are interrupted in a month: a band, and where in it.
func (b *bazaar) share(r *rand.Rand) float64 {
	at, band := r.IntN(100), 0
	for at >= b.climate.bands[band] {
		at -= b.climate.bands[band]
		band++
	}
	within := r.Float64()
	if b.climate.edge {
		within = 1
	}
	return edges[band] + within*(edges[band+1]-edges[band])
}

// bandOf is the band that the advisor puts a share in.
func bandOf(share float64) int {
	for band := range 4 {
		if share <= edges[band+1] {
			return band
		}
	}
	return 4
}

// hazard is how often an hour an instance is interrupted of which a share is in a month of 730 hours.
func hazard(share float64) float64 { return -math.Log1p(-share) / 730 }

// termsOf are those of one pool of a type: the advisor tells of a region's mean, from which zones differ.
func (b *bazaar) termsOf(r *rand.Rand, share float64) simulation.Terms {
	scale := 0.5 + r.Float64()
	if b.climate.edge {
		scale = 1
	}
	terms := simulation.Terms{Share: 250 + r.IntN(200), Shortage: time.Duration(10+r.IntN(230)) * time.Minute}
	if !b.climate.outages {
		// The world's chance is per thirty days, in thousandths.
		terms.Interruptions = simulation.Chance(math.Round(1000 * scale * hazard(share) * 720))
	}
	return terms
}

// draw draws the price paths of all pools, as every world of the seed does.
func (b *bazaar) draw(t testing.TB) {
	t.Helper()
	m := simulation.NewMarket(b.seed, proofFrom, b.prices)
	for p, terms := range b.terms {
		m.SetTerms(p, terms)
		b.paths[p] = m.Path(p, proofFrom.AddDate(0, 0, -90), proofTo)
	}
}

// fall takes zones away for a time: each as often as an instance of such a band is interrupted, and one in twenty times all together. Nothing else is
// interrupted then. A zone is taken by prices above on-demand in all of its pools.
func (b *bazaar) fall(t testing.TB, r *rand.Rand, share float64) {
	t.Helper()
	const shock = 0.05
	var outages []outage
	add := func(zones []string, perHour float64) {
		for at := proofFrom.AddDate(0, 0, -40); ; {
			const ages = 1e6 // hours, which a Duration can hold
			at = at.Add(time.Duration(min(ages, r.ExpFloat64()/perHour) * float64(time.Hour))).Truncate(time.Second)
			if !at.Before(proofTo) {
				return
			}
			outages = append(outages, outage{at, at.Add(time.Duration(10+r.IntN(230)) * time.Minute), zones})
		}
	}
	for i := range b.zones {
		scale := 0.5 + r.Float64()
		if b.climate.edge {
			scale = 1
		}
		add(b.zones[i:i+1], scale*(1-shock)*hazard(share))
	}
	add(b.zones, shock*hazard(share))
	for p, path := range b.paths {
		price := b.prices[fleet.PriceKey{Region: scope.Region, Type: p.Type, Product: linux}]
		b.paths[p], b.recorded[p] = spiky(path, outages, p.Zone, price.Times(2)), true
	}
}

type outage struct {
	from, to time.Time
	zones    []string
}

// spiky is a path with the price of outages in their times.
func spiky(path []simulation.PricePoint, outages []outage, zone string, price money.Rate) (spiked []simulation.PricePoint) {
	out := func(at time.Time) bool {
		return slices.ContainsFunc(outages, func(o outage) bool {
			return slices.Contains(o.zones, zone) && !at.Before(o.from) && at.Before(o.to)
		})
	}
	instants := map[time.Time]bool{}
	for _, p := range path {
		instants[p.At] = true
	}
	for _, o := range outages {
		if slices.Contains(o.zones, zone) {
			instants[o.from], instants[o.to] = true, true
		}
	}
	all := make([]time.Time, 0, len(instants))
	for at := range instants {
		all = append(all, at)
	}
	slices.SortFunc(all, time.Time.Compare)
	last := 0
	for _, at := range all {
		for last+1 < len(path) && !path[last+1].At.After(at) {
			last++
		}
		point := simulation.PricePoint{At: at, Price: path[last].Price}
		if out(at) {
			point.Price = price
		}
		spiked = append(spiked, point)
	}
	return spiked
}

// tariffs makes whole numbers of the prices, which nothing is lost by.
func (b *bazaar) tariffs() {
	clear(b.micro)
	for p, path := range b.paths {
		for _, point := range path {
			b.micro[p] = append(b.micro[p], tariff{point.At, point.Price.Decimal().Shift(6).IntPart()})
		}
	}
}

// price is a pool's price at an instant.
func (b *bazaar) price(p simulation.Pool, at time.Time) int64 {
	list := b.micro[p]
	i, found := slices.BinarySearchFunc(list, at, func(t tariff, at time.Time) int { return t.at.Compare(at) })
	if !found {
		i--
	}
	return list[max(i, 0)].micro
}

// list is the on-demand price of a type.
func (b *bazaar) list(kind string) int64 {
	return b.prices[fleet.PriceKey{Region: scope.Region, Type: kind, Product: linux}].Decimal().Shift(6).IntPart()
}

// tell makes the market of a world the bazaar's.
func (b *bazaar) tell(t testing.TB, m *simulation.Market) {
	t.Helper()
	m.SetOnDemand(b.prices)
	for p, terms := range b.terms {
		m.SetTerms(p, terms)
		if !b.recorded[p] {
			continue
		}
		if err := m.Record(p, b.paths[p]); err != nil {
			t.Fatal(err)
		}
	}
}

// cheapest are the types that are no smaller than a base and cost no more than it does on demand, by their mean price in some zones at an instant.
func (b *bazaar) cheapest(base string, zones []string, at time.Time) []string {
	own, _ := b.catalog.Of(base)
	sum := map[string]int64{}
	var types []string
	for _, spec := range b.catalog.All() {
		if spec.VCPU < own.VCPU || spec.MemoryMiB < own.MemoryMiB {
			continue
		}
		for _, zone := range zones {
			sum[spec.Type] += b.price(poolOf(zone, spec.Type), at)
		}
		if sum[spec.Type] <= b.list(base)*int64(len(zones)) {
			types = append(types, spec.Type)
		}
	}
	slices.SortStableFunc(types, func(x, y string) int { return int(sum[x] - sum[y]) })
	return types
}

// offered is what the bazaar tells a planner at an instant: nothing of what is to come.
func (b *bazaar) offered(known *offers.Market, now time.Time) {
	if now.Sub(known.Taken) < time.Hour {
		return
	}
	known.Taken = now
	for p, path := range b.paths {
		since := func(at time.Time) int {
			i, found := slices.BinarySearchFunc(path, at, func(p simulation.PricePoint, at time.Time) int { return p.At.Compare(at) })
			if found {
				i++
			}
			return i
		}
		var points []offers.Point
		for _, point := range path[max(0, since(now.AddDate(0, 0, -31))-1):since(now)] {
			points = append(points, offers.Point{At: point.At, Price: point.Price})
		}
		known.Spot[offers.Pool{Zone: p.Zone, Type: p.Type, Product: p.Product}] = points
	}
}

// known is what a planner is told once.
func (b *bazaar) known() *offers.Market {
	m := &offers.Market{
		Catalog: b.catalog, Offerings: offers.Offerings{}, OnDemand: b.prices, Spot: offers.History{}, Advised: b.advised,
		Quotas: []offers.Quota{{Class: "standard", Limit: 100_000}},
	}
	for _, zone := range b.zones {
		m.Offerings[zone] = map[string]bool{}
		for _, spec := range b.catalog.All() {
			m.Offerings[zone][spec.Type] = true
		}
	}
	return m
}
