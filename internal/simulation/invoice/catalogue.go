package invoice

import (
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Catalogue is a list of prices in US dollars. What it does not know is not billed, and is reported by name.
type Catalogue struct {
	// Source says where the prices are from and when.
	Source string
	// Compute is what an hour of an EC2 instance or a database costs, by type, product or engine, and Multi-AZ.
	Compute fleet.Prices
	// Fargate is what Fargate costs, by region.
	Fargate map[fleet.Region]Fargate
	// FargateSpot is what tasks of FARGATE_SPOT cost, by region.
	FargateSpot map[fleet.Region]Fargate
	// Storage is what one GB costs for a month. (A money.Rate is a price of one unit here, as package commitments has it.)
	Storage map[StorageKey]money.Rate
	// Addresses is what a public IPv4 address costs for an hour, in use or idle.
	Addresses map[fleet.Region]money.Rate
	// Spot tells what an hour of a Spot instance costs, where the world has no market that knows it. It may be nil.
	Spot SpotPrices
}

// Fargate is what one vCPU and one GB of memory of a task cost for an hour.
type Fargate struct{ VCPU, GB money.Rate }

// StorageKey names a price of storage: an EBS volume type, or what databases store. Aurora's, DocumentDB's and Neptune's is never Multi-AZ.
type StorageKey struct {
	Region   fleet.Region
	Type     string // gp3, io2, aurora, docdb, neptune; snapshot
	Database bool
	MultiAZ  bool
}

// SpotPrices tells what an hour of a Spot instance costs in an Availability Zone in a clock hour; false where it is not known.
type SpotPrices func(region fleet.Region, zone, instanceType, product string, hour time.Time) (money.Rate, bool)

// FromPrices is the catalogue of a price list that has computing alone. The other fields may be filled in, for instance from SampleCatalogue.
func FromPrices(prices fleet.Prices, source string) *Catalogue {
	return &Catalogue{Source: source, Compute: prices}
}

// compute finds the price of a type for a product, else the one that stands for whatever product.
func (c *Catalogue) compute(key fleet.PriceKey) (money.Rate, bool) {
	rate, known := c.Compute[key]
	if !known {
		key.Product = ""
		rate, known = c.Compute[key]
	}
	return rate, known
}

// shelf holds the SKUs of one bill, each made once.
type shelf struct {
	catalogue *Catalogue
	skus      map[shelfKey]*sku
}

// shelfKey is what a SKU is asked for by.
type shelfKey struct {
	what            string
	region          fleet.Region
	kind, product   string
	multiAZ, asSpot bool
}

// of returns the SKU of a key; nil where the catalogue has no price.
func (s *shelf) of(key shelfKey) *sku {
	found, seen := s.skus[key]
	if !seen {
		found = s.make(key)
		s.skus[key] = found
	}
	return found
}

// What a shelf has, beside what simulation.Kept names.
const (
	anInstance   = "instance"
	aDatabase    = "database"
	fargateCPU   = "fargate vCPU"
	fargateGB    = "fargate memory"
	aVolume      = "volume"
	snapshots    = "snapshots"
	dbStorage    = "database storage"
	inUseAddress = "address in use"
	idleAddress  = "idle address"
)

func (s *shelf) make(k shelfKey) *sku {
	c := s.catalogue
	switch k.what {
	case anInstance:
		// Spot has no list price: what an hour costs is asked for when it is billed.
		rate, known := c.compute(fleet.PriceKey{Region: k.region, Type: k.kind, Product: k.product})
		if known || k.asSpot {
			return instanceSKU(k.region, k.kind, k.product, rate, k.asSpot)
		}
	case aDatabase:
		if rate, known := c.compute(fleet.PriceKey{Region: k.region, Type: k.kind, Product: k.product, MultiAZ: k.multiAZ}); known {
			return databaseSKU(k.region, k.kind, k.product, k.multiAZ, rate)
		}
	case fargateCPU, fargateGB:
		prices := c.Fargate
		if k.asSpot {
			prices = c.FargateSpot
		}
		if f, known := prices[k.region]; known && k.what == fargateCPU {
			return fargateSKU(k.region, false, k.asSpot, f.VCPU)
		} else if known {
			return fargateSKU(k.region, true, k.asSpot, f.GB)
		}
	case snapshots:
		if rate, known := c.Storage[StorageKey{Region: k.region, Type: k.kind}]; known {
			return snapshotSKU(k.region, rate)
		}
	case aVolume:
		if rate, known := c.Storage[StorageKey{Region: k.region, Type: k.kind}]; known {
			return volumeSKU(k.region, k.kind, rate)
		}
	case dbStorage:
		if rate, known := c.Storage[StorageKey{k.region, k.kind, true, k.multiAZ}]; known {
			return databaseStorageSKU(k.region, k.product, k.kind, k.multiAZ, rate)
		}
	case inUseAddress, idleAddress:
		if rate, known := c.Addresses[k.region]; known {
			return addressSKU(k.region, k.what == idleAddress, rate)
		}
	}
	return nil
}

// name is how what has no price is reported.
func (k shelfKey) name() string {
	name := k.what
	for _, word := range []string{k.kind, k.product} {
		if word != "" {
			name += " " + word
		}
	}
	if k.multiAZ {
		name += " Multi-AZ"
	}
	if k.asSpot {
		name += " as Spot"
	}
	return name + " in " + string(k.region)
}
