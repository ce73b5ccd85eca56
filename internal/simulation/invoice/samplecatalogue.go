package invoice

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// tenths is a price in ten-thousandths of a dollar.
type tenths int64

func (t tenths) rate() money.Rate {
	rate, _ := money.RateOf(decimal.New(int64(t), -4)) // the table has nothing below zero
	return rate
}

// instancePrice is what an hour of an instance type costs: Linux, Red Hat, SUSE, Windows.
type instancePrice struct {
	region                       fleet.Region
	kind                         string
	linux, redHat, suse, windows tenths
}

// instancePrices are on-demand list prices of June 2022 (AWS's public price list as ec2instances.info had it); those of Linux in us-east-1 were
// the same on 2026-07-20. They are for simulations: nobody should quote them.
var instancePrices = []instancePrice{
	{"ap-northeast-2", "c6i.large", 960, 1910, 1523, 1880},
	{"ap-northeast-2", "c6i.xlarge", 1920, 2870, 2483, 3760},
	{"ap-northeast-2", "m4.large", 1230, 1830, 2230, 2150},
	{"ap-northeast-2", "m5.large", 1180, 1780, 1740, 2100},
	{"ap-northeast-2", "m5a.large", 1060, 2010, 1620, 1980},
	{"ap-northeast-2", "m6i.large", 1180, 1780, 1743, 2100},
	{"ap-northeast-2", "m6i.xlarge", 2360, 2960, 2923, 4200},
	{"ap-northeast-2", "r6i.large", 1520, 2470, 2083, 2440},
	{"ap-northeast-2", "t3.medium", 520, 1470, 1083, 704},
	{"ap-northeast-2", "t3.large", 1040, 1640, 1603, 1316},
	{"us-east-1", "c6i.large", 850, 1800, 1413, 1770},
	{"us-east-1", "c6i.xlarge", 1700, 2650, 2263, 3540},
	{"us-east-1", "m4.large", 1000, 1950, 2000, 1920},
	{"us-east-1", "m5.large", 960, 1910, 1520, 1880},
	{"us-east-1", "m5a.large", 860, 1460, 1420, 1780},
	{"us-east-1", "m6i.large", 960, 1910, 1523, 1880},
	{"us-east-1", "m6i.xlarge", 1920, 2870, 2483, 3760},
	{"us-east-1", "r6i.large", 1260, 2210, 1823, 2180},
	{"us-east-1", "t3.medium", 416, 1366, 979, 600},
	{"us-east-1", "t3.large", 832, 1432, 1395, 1108},
}

// databasePrice is what an hour of a database class costs in one zone: MySQL and MariaDB, PostgreSQL, Aurora, DocumentDB, Neptune. Multi-AZ is
// twice as much. Zero is a class that an engine does not have.
type databasePrice struct {
	region                                  fleet.Region
	class                                   string
	mysql, postgres, aurora, docdb, neptune tenths
}

// databasePrices are of the order of AWS's list prices of 2022, from memory and rounded: for simulations alone.
var databasePrices = []databasePrice{
	{"ap-northeast-2", "db.t4g.medium", 1020, 1020, 1130, 1190, 1510},
	{"ap-northeast-2", "db.m5.xlarge", 4720, 4940, 0, 0, 0},
	{"ap-northeast-2", "db.m6g.large", 2120, 2220, 0, 0, 0},
	{"ap-northeast-2", "db.r6g.large", 2580, 2700, 3130, 3340, 3950},
	{"ap-northeast-2", "db.r6g.xlarge", 5160, 5400, 6260, 6680, 7900},
	{"us-east-1", "db.t4g.medium", 650, 650, 730, 760, 970},
	{"us-east-1", "db.m5.xlarge", 3420, 3560, 0, 0, 0},
	{"us-east-1", "db.m6g.large", 1520, 1590, 0, 0, 0},
	{"us-east-1", "db.r6g.large", 2150, 2250, 2600, 2630, 3290},
	{"us-east-1", "db.r6g.xlarge", 4300, 4500, 5200, 5260, 6580},
}

// storagePrices are what a GB costs for a month, of the same date and source as databasePrices; database storage in two zones is twice as much.
var storagePrices = []struct {
	region   fleet.Region
	kind     string
	database bool
	price    tenths
}{
	{"ap-northeast-2", "gp3", false, 912},
	{"ap-northeast-2", "gp2", false, 1140},
	{"ap-northeast-2", "io1", false, 1278},
	{"ap-northeast-2", "io2", false, 1278},
	{"ap-northeast-2", "st1", false, 510},
	{"ap-northeast-2", "sc1", false, 174},
	{"ap-northeast-2", "standard", false, 800},
	{"ap-northeast-2", "gp2", true, 1310},
	{"ap-northeast-2", "gp3", true, 1310},
	{"ap-northeast-2", "io1", true, 1310},
	{"ap-northeast-2", "aurora", true, 1200},
	{"ap-northeast-2", "docdb", true, 1200},
	{"ap-northeast-2", "neptune", true, 1200},
	{"us-east-1", "gp3", false, 800},
	{"us-east-1", "gp2", false, 1000},
	{"us-east-1", "io1", false, 1250},
	{"us-east-1", "io2", false, 1250},
	{"us-east-1", "st1", false, 450},
	{"us-east-1", "sc1", false, 150},
	{"us-east-1", "standard", false, 500},
	{"us-east-1", "gp2", true, 1150},
	{"us-east-1", "gp3", true, 1150},
	{"us-east-1", "io1", true, 1250},
	{"us-east-1", "aurora", true, 1000},
	{"us-east-1", "docdb", true, 1000},
	{"us-east-1", "neptune", true, 1000},
}

// clusters are the storage types and engines of clusters, whose instances and storage have no Multi-AZ prices.
var clusters = map[string]bool{"aurora": true, "docdb": true, "neptune": true}

// SampleCatalogue has prices for everything that simulation.Sample makes, in ap-northeast-2 and us-east-1. A Spot instance costs 35 % of the
// on-demand price at all times.
func SampleCatalogue() *Catalogue {
	c := &Catalogue{
		Source:      "list prices of 2022, for simulations",
		Compute:     fleet.Prices{},
		Fargate:     map[fleet.Region]Fargate{},
		FargateSpot: map[fleet.Region]Fargate{},
		Storage:     map[StorageKey]money.Rate{},
		// Every public IPv4 address has cost the same everywhere since 2024-02-01.
		Addresses: map[fleet.Region]money.Rate{"ap-northeast-2": tenths(50).rate(), "us-east-1": tenths(50).rate()},
	}
	for _, p := range instancePrices {
		for product, price := range map[string]tenths{commitments.LinuxUNIX: p.linux, "Red Hat Enterprise Linux": p.redHat, "SUSE Linux": p.suse, "Windows": p.windows} {
			c.Compute[fleet.PriceKey{Region: p.region, Type: p.kind, Product: product}] = price.rate()
		}
	}
	for _, p := range databasePrices {
		for engine, price := range map[string]tenths{
			"mysql": p.mysql, "mariadb": p.mysql, "postgres": p.postgres, "aurora-mysql": p.aurora, "aurora-postgresql": p.aurora,
			"docdb": p.docdb, "neptune": p.neptune,
		} {
			if price == 0 {
				continue
			}
			c.Compute[fleet.PriceKey{Region: p.region, Type: p.class, Product: engine}] = price.rate()
			if !clusters[strings.SplitN(engine, "-", 2)[0]] {
				c.Compute[fleet.PriceKey{Region: p.region, Type: p.class, Product: engine, MultiAZ: true}] = (2 * price).rate()
			}
		}
	}
	for _, p := range storagePrices {
		c.Storage[StorageKey{p.region, p.kind, p.database, false}] = p.price.rate()
		if p.database && !clusters[p.kind] {
			c.Storage[StorageKey{p.region, p.kind, true, true}] = (2 * p.price).rate()
		}
	}
	c.Fargate["ap-northeast-2"] = fargatePrice(46560, 5110)
	c.Fargate["us-east-1"] = fargatePrice(40480, 4445)
	// Three tenths of that, and a GB of snapshots.
	c.FargateSpot["ap-northeast-2"], c.FargateSpot["us-east-1"] = fargatePrice(13968, 1533), fargatePrice(12144, 1334)
	for _, region := range []fleet.Region{"ap-northeast-2", "us-east-1"} {
		c.Storage[StorageKey{Region: region, Type: "snapshot"}] = tenths(500).rate()
	}
	c.Spot = c.discounted(decimal.New(65, 0))
	return c
}

// fargatePrice is in millionths of a dollar.
func fargatePrice(vcpu, gb int64) Fargate {
	v, _ := money.RateOf(decimal.New(vcpu, -6))
	g, _ := money.RateOf(decimal.New(gb, -6))
	return Fargate{v, g}
}

// discounted are Spot prices so many percent off those on demand.
func (c *Catalogue) discounted(percent decimal.Decimal) SpotPrices {
	return func(region fleet.Region, _, instanceType, product string, _ time.Time) (money.Rate, bool) {
		rate, known := c.compute(fleet.PriceKey{Region: region, Type: instanceType, Product: product})
		if !known {
			return money.Rate{}, false
		}
		rate, err := money.RateOf(off(rate.Decimal(), percent))
		return rate, err == nil
	}
}
