// Package market is what EC2 offers: what instance types are, in which zones they can be had, what they cost on demand and on Spot, and how often
// AWS says that Spot instances of them are interrupted.
//
// Adapters fill it from files, from AWS and from the simulation; AutoSpot decides with it. It reads AWS's own forms of these facts, and it
// does not judge: which types fit in another's place is for package autospot.
package market

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Spec is what AWS says an instance type is (EC2 API, InstanceTypeInfo). Texts are AWS's own words; lists are in order.
type Spec struct {
	Type           string
	VCPU           int
	MemoryMiB      int
	Architectures  []string // arm64, i386, x86_64, arm64_mac, x86_64_mac
	Manufacturer   string   // of the processor: Intel, AMD, AWS, Apple; empty where AWS does not tell
	Hypervisor     string   // nitro or xen; empty: bare metal
	Virtualization []string // hvm, paravirtual
	BootModes      []string // legacy-bios, uefi
	RootDevices    []string // ebs, instance-store
	BareMetal      bool
	Burstable      bool
	Hibernates     bool
	Spot           bool // can be had on Spot at all
	EBS            EBS
	Store          Store
	GPUs           []GPU
	Accelerators   []Accelerator
	Network        Network
}

// EBS is how an instance type reaches its volumes.
type EBS struct {
	Optimized    string // default, supported, unsupported
	NVMe         string // required, supported, unsupported
	BaselineMbps int    // what it always has; zero where AWS tells none
	MaxMbps      int
}

// Store is the disks of an instance type that are lost when it stops. The zero value is none.
type Store struct {
	TotalGB int
	Disks   int
	DiskGB  int    // of the smallest
	Kind    string // ssd, hdd
	NVMe    string // required, supported, unsupported
}

// GPU is so many graphics processors of one model. Count is zero where a fraction of one is given to the instance.
type GPU struct {
	Manufacturer string
	Name         string
	Count        int
	MemoryMiB    int // of each; where Count is zero, of the fraction
}

// Accelerator is so many devices of one model. A catalogue in CSV tells their kind alone: then the name is empty and the count zero.
type Accelerator struct {
	Kind         string // inference, neuron, fpga, media
	Manufacturer string
	Name         string
	Count        int
}

// Network is how an instance type is connected. Mbps are megabits per second; zero where AWS tells none.
type Network struct {
	Performance  string // "Up to 10 Gigabit"
	BaselineMbps int    // of its default network card, which is all that an instance with one interface has
	ENA          string // required, supported, unsupported
	EFA          bool
	Interfaces   int
}

// Catalog is the instance types that are known, by name.
type Catalog struct {
	specs []Spec
	index map[string]int
}

// NewCatalog returns a catalogue of some types. Of two with one name the last counts.
func NewCatalog(specs ...Spec) *Catalog {
	byName := make(map[string]Spec, len(specs))
	for _, s := range specs {
		byName[s.Type] = s
	}
	c := &Catalog{specs: slices.SortedFunc(maps.Values(byName), func(a, b Spec) int { return cmp.Compare(a.Type, b.Type) }), index: make(map[string]int, len(byName))}
	for i := range c.specs {
		c.index[c.specs[i].Type] = i
	}
	return c
}

// Of returns a type's specification; false where it is not known.
func (c *Catalog) Of(name string) (*Spec, bool) {
	i, ok := c.index[name]
	if !ok {
		return nil, false
	}
	return &c.specs[i], true
}

// All returns every specification in the order of names. It is the catalogue's own: not to be changed.
func (c *Catalog) All() []Spec { return c.specs }

// Offerings are the types that can be had in each zone, by zone and type. A zone that is not there is not known.
type Offerings map[string]map[string]bool

// Offers reports whether a type can be had in a zone; known is false where nothing is known of the zone.
func (o Offerings) Offers(zone, instanceType string) (offered, known bool) {
	types, known := o[zone]
	return types[instanceType], known
}

// Pool is where Spot capacity is bought: one type with one product (Linux/UNIX, Windows, Red Hat Enterprise Linux, SUSE Linux) in one Availability Zone.
type Pool struct{ Zone, Type, Product string }

// Compare orders pools by type, product and zone.
func (p Pool) Compare(other Pool) int {
	return cmp.Or(cmp.Compare(p.Type, other.Type), cmp.Compare(p.Product, other.Product), cmp.Compare(p.Zone, other.Zone))
}

// Point is a price from an instant on, until the next point.
type Point struct {
	At    time.Time
	Price money.Rate
}

// History is the change points of Spot prices by pool, each list in order of time. AWS tells those of ninety days, the first of which may lie
// well inside a window: a price holds until it changes.
type History map[Pool][]Point

// Odds are what AWS's Spot advisor says of a type in a region: the share of instances that were interrupted in the month before, as a band.
type Odds struct {
	Band    int // 0 to 4: below 5 %, 10 %, 15 %, 20 %, and above
	Savings int // percent off the on-demand price
}

// Advised are the odds by region, operating system (Linux, Windows) and type.
type Advised map[AdvisedKey]Odds

// AdvisedKey is what odds are told of.
type AdvisedKey struct {
	Region fleet.Region
	OS     string
	Type   string
}

// Quota is how many vCPUs of Spot instances may run at once, and do, in an account and region (Service Quotas, "All Standard Spot Instance Requests" and its like).
type Quota struct {
	Class string // standard, g, p, x, f, inf, trn, dl, hpc: the families that share a limit
	Limit int
	Used  int
}

// Market is all that is known of what EC2 offers to a scope. Parts that are nil are not known: a planner does without them and says so.
type Market struct {
	Taken     time.Time
	Catalog   *Catalog
	Offerings Offerings
	OnDemand  fleet.Prices
	Spot      History
	Advised   Advised
	Quotas    []Quota
	Fargate   []FargatePrice
	// Scores are answers to questions for placement scores. They are asked when a first plan has said what could move.
	Scores []Score
	// Sources says where each part comes from, for people: "DescribeSpotPriceHistory, 90 days until 2026-11-20 09:00 UTC".
	Sources []string
}
