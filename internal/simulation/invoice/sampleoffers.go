package invoice

import (
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// sampleSpecs are the types of the sample catalogue as AWS described them in 2026, as far as AutoSpot compares them. Bandwidths are baselines in Mbit/s.
var sampleSpecs = []struct {
	kind         string
	vcpu, gib    int
	maker        string
	xen, burst   bool
	network, ebs int
	band         int // of the Spot advisor; made up
}{
	{"c6i.large", 2, 4, "Intel", false, false, 781, 650, 1},
	{"c6i.xlarge", 4, 8, "Intel", false, false, 1562, 1250, 1},
	{"m4.large", 2, 8, "Intel", true, false, 450, 450, 0},
	{"m5.large", 2, 8, "Intel", false, false, 750, 650, 1},
	{"m5a.large", 2, 8, "AMD", false, false, 750, 650, 0},
	{"m6i.large", 2, 8, "Intel", false, false, 781, 650, 1},
	{"m6i.xlarge", 4, 16, "Intel", false, false, 1562, 1250, 2},
	{"r6i.large", 2, 16, "Intel", false, false, 781, 650, 0},
	{"t3.medium", 2, 4, "Intel", false, true, 256, 347, 0},
	{"t3.large", 2, 8, "Intel", false, true, 512, 695, 1},
}

// sampleQuota is how many Spot vCPUs each account may have in a region: more than a sample uses.
const sampleQuota = 100_000

// SampleOffers is the market of a sample organisation: the types of the catalogue in two zones of both regions, at the catalogue's prices, which stay the
// same from an instant on.
func SampleOffers(c *Catalogue, from time.Time) *market.Market {
	m := &market.Market{
		Taken: from, Offerings: market.Offerings{}, OnDemand: c.Compute, Spot: market.History{}, Advised: market.Advised{},
		Quotas: []market.Quota{{Class: "standard", Limit: sampleQuota}}, Sources: []string{c.Source},
	}
	specs := make([]market.Spec, 0, len(sampleSpecs))
	for _, s := range sampleSpecs {
		hypervisor, needed := "nitro", "required"
		if s.xen {
			hypervisor, needed = "xen", "supported"
		}
		specs = append(specs, market.Spec{
			Type: s.kind, VCPU: s.vcpu, MemoryMiB: s.gib * 1024, Architectures: []string{"x86_64"}, Manufacturer: s.maker, Hypervisor: hypervisor,
			Virtualization: []string{"hvm"}, BootModes: []string{"legacy-bios"}, RootDevices: []string{"ebs"}, Burstable: s.burst, Spot: true,
			EBS: market.EBS{Optimized: "default", NVMe: needed, BaselineMbps: s.ebs}, Network: market.Network{BaselineMbps: s.network, ENA: needed, Interfaces: 3},
		})
	}
	m.Catalog = market.NewCatalog(specs...)
	for _, region := range []fleet.Region{"ap-northeast-2", "us-east-1"} {
		m.Fargate = append(m.Fargate, market.FargatePrice{
			Region: region, Architecture: "X86_64", VCPU: c.Fargate[region].VCPU, GB: c.Fargate[region].GB, SpotVCPU: c.FargateSpot[region].VCPU, SpotGB: c.FargateSpot[region].GB,
		})
		for _, s := range sampleSpecs {
			m.Advised[market.AdvisedKey{Region: region, OS: "Linux", Type: s.kind}] = market.Odds{Band: s.band, Savings: 65}
			c.offer(m, region, s.kind, from)
		}
	}
	return m
}

// offer puts a type into both zones of a region.
func (c *Catalogue) offer(m *market.Market, region fleet.Region, kind string, from time.Time) {
	for _, letter := range []string{"a", "c"} {
		zone := string(region) + letter
		if m.Offerings[zone] == nil {
			m.Offerings[zone] = map[string]bool{}
		}
		m.Offerings[zone][kind] = true
		for _, product := range []string{"Linux/UNIX", "Windows"} {
			if price, known := c.Spot(region, zone, kind, product, from); known {
				m.Spot[market.Pool{Zone: zone, Type: kind, Product: product}] = []market.Point{{At: from, Price: price}}
			}
		}
	}
}
