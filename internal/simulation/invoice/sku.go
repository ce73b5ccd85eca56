package invoice

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// part is where a charge stands in a Breakdown.
type part uint8

const (
	running part = iota // what commitments can cover
	spot
	storage
	addresses
	parts // how many there are
)

// sku is one price of one product, as both exports name it.
type sku struct {
	id, priceID          string
	part                 part
	code, service        string // AmazonEC2; Amazon Elastic Compute Cloud
	category, sub        string // FOCUS's ServiceCategory and ServiceSubcategory
	usageType, operation string // the usage type is FOCUS's SkuMeter too
	region               fleet.Region
	kind                 string // FOCUS's ResourceType
	text                 string // what a person reads on the bill
	unit, focusUnit      string
	purpose              string // General purpose, Memory optimized, ...
	// monthly says that a unit is one GB for a month, so that an hour is a share that depends on the month.
	monthly bool
	list    money.Rate
	product commitments.Product // without its zone
	// attributes are CUR's product map, details FOCUS's SkuPriceDetails.
	attributes, details map[string]string
}

// named gives a SKU its ids: they depend on what it is and never on what it costs, so they stay when prices change.
func named(s sku) *sku {
	s.id = identity(s.code, s.usageType, s.operation, string(s.region), s.attributes["database_engine"], s.attributes["deployment_option"])
	// JRTCKXETXF is AWS's code of on-demand terms, 6YS6EN2CT7 that of the price of one unit.
	s.priceID = s.id + ".JRTCKXETXF.6YS6EN2CT7"
	if s.part == spot {
		s.priceID = s.id + ".SPOT.6YS6EN2CT7"
	}
	s.attributes["servicename"], s.attributes["region"] = s.service, string(s.region)
	return &s
}

// varies reports whether the price is the Spot market's, another one each hour. Fargate Spot's is of a list.
func (s *sku) varies() bool { return s.part == spot && s.product.Compute != commitments.Fargate }

// identity is a name of sixteen capitals and digits, as AWS gives to SKUs.
func identity(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base32.StdEncoding.EncodeToString(sum[:])[:16]
}

// place is how AWS spells a region in usage types, and what people call it.
type place struct{ prefix, name string }

// places are those that the sample's resources live in and their neighbours ("AWS Regions and usage type codes" in the price list). In
// us-east-1 the oldest usage types have no prefix and the others have USE1.
var places = map[fleet.Region]place{
	"us-east-1":      {"USE1-", "US East (N. Virginia)"},
	"us-east-2":      {"USE2-", "US East (Ohio)"},
	"us-west-1":      {"USW1-", "US West (N. California)"},
	"us-west-2":      {"USW2-", "US West (Oregon)"},
	"eu-west-1":      {"EU-", "EU (Ireland)"},
	"eu-central-1":   {"EUC1-", "EU (Frankfurt)"},
	"ap-northeast-1": {"APN1-", "Asia Pacific (Tokyo)"},
	"ap-northeast-2": {"APN2-", "Asia Pacific (Seoul)"},
	"ap-southeast-1": {"APS1-", "Asia Pacific (Singapore)"},
	"ap-southeast-2": {"APS2-", "Asia Pacific (Sydney)"},
}

// regionName is what FOCUS calls a region; one that is not in the table keeps its code.
func regionName(r fleet.Region) string {
	if p, known := places[r]; known {
		return p.name
	}
	return string(r)
}

// usageType puts the region before what is metered.
func usageType(r fleet.Region, meter string, old bool) string {
	switch p, known := places[r]; {
	case r == "us-east-1" && old:
		return meter
	case known:
		return p.prefix + meter
	default:
		return strings.ToUpper(strings.ReplaceAll(string(r), "-", "")) + "-" + meter
	}
}

// platform is how EC2 bills a product ("AMI billing information fields", EC2 User Guide).
type platform struct{ operation, system, name string }

// platforms are by the word that DescribeInstances has (PlatformDetails).
var platforms = map[string]platform{
	commitments.LinuxUNIX:      {"RunInstances", "Linux", "Linux"},
	"Windows":                  {"RunInstances:0002", "Windows", "Windows"},
	"Red Hat Enterprise Linux": {"RunInstances:0010", "RHEL", "RHEL"},
	"SUSE Linux":               {"RunInstances:000g", "SUSE", "SUSE"},
}

// purposes are instance families' purposes by the letter that the family begins with.
var purposes = map[byte]string{'m': "General purpose", 't': "General purpose", 'c': "Compute optimized", 'r': "Memory optimized", 'x': "Memory optimized"}

func purposeOf(instanceType string) string {
	family := strings.TrimPrefix(instanceType, "db.")
	if family == "" {
		return ""
	}
	return purposes[family[0]]
}

func familyOf(instanceType string) string {
	return instanceType[:max(0, strings.LastIndex(instanceType, "."))]
}

// instanceSKU is an EC2 instance of a type, on demand or as Spot.
func instanceSKU(region fleet.Region, instanceType, product string, list money.Rate, asSpot bool) *sku {
	p, known := platforms[product]
	if !known {
		p = platform{"RunInstances:" + identity(product)[:4], product, product}
	}
	factor, _ := commitments.Factor(instanceType, false)
	meter := "BoxUsage:" + instanceType
	s := sku{
		code: "AmazonEC2", service: "Amazon Elastic Compute Cloud", category: "Compute", sub: "Virtual Machines",
		operation: p.operation, region: region, kind: "instance", unit: "Hrs", focusUnit: "Hours",
		text: "per On Demand " + p.name + " " + instanceType + " Instance Hour", purpose: purposeOf(instanceType), list: list,
		product: commitments.Product{
			Compute: commitments.EC2, Region: region, Type: instanceType, Family: familyOf(instanceType), Factor: factor,
			Platform: product, Tenancy: commitments.DefaultTenancy,
		},
		attributes: map[string]string{
			"product_family": "Compute Instance", "operating_system": p.system, "tenancy": "Shared", "capacitystatus": "Used",
			"pre_installed_sw": "NA", "instance_type_family": familyOf(instanceType),
		},
		details: map[string]string{"InstanceType": instanceType, "InstanceSeries": familyOf(instanceType), "OperatingSystem": p.system},
	}
	if asSpot {
		s.part, meter, s.operation = spot, "SpotUsage:"+instanceType, p.operation+":SV001"
		s.text = p.name + " " + instanceType + " Spot Instance-hour"
		s.attributes["marketoption"] = "Spot"
	}
	s.usageType = usageType(region, meter, true)
	return named(s)
}

// engine is how a database engine is billed: AWS's name of it, its operation, and the service.
type engine struct{ name, operation, code, service, sub string }

const rds, relational = "Amazon Relational Database Service", "Relational Databases"

// engines are by the word that DescribeDBInstances has. Operations: "CreateDBInstance" codes in the price list of Amazon RDS.
// Those of DocumentDB and Neptune are ours: what matters is that usage type and operation tell every price apart, as rates of Savings Plans ask.
var engines = map[string]engine{
	"mysql":             {"MySQL", "CreateDBInstance:0002", "AmazonRDS", rds, relational},
	"postgres":          {"PostgreSQL", "CreateDBInstance:0014", "AmazonRDS", rds, relational},
	"mariadb":           {"MariaDB", "CreateDBInstance:0018", "AmazonRDS", rds, relational},
	"aurora-mysql":      {"Aurora MySQL", "CreateDBInstance:0016", "AmazonRDS", rds, relational},
	"aurora-postgresql": {"Aurora PostgreSQL", "CreateDBInstance:0021", "AmazonRDS", rds, relational},
	"docdb":             {"Amazon DocumentDB", "CreateDBInstance:DocDB", "AmazonDocDB", "Amazon DocumentDB (with MongoDB compatibility)", "NoSQL Databases"},
	"neptune":           {"Amazon Neptune", "CreateDBInstance:Neptune", "AmazonNeptune", "Amazon Neptune", "NoSQL Databases"},
}

// engineOf is how an engine is billed; one that is not in the table keeps its word.
func engineOf(word string) engine {
	if e, known := engines[word]; known {
		return e
	}
	return engine{word, "CreateDBInstance:" + identity(word)[:4], "AmazonRDS", rds, relational}
}

// platform is the engine's name as commitments tell engines apart.
func (e engine) platform() string { return strings.ToLower(strings.ReplaceAll(e.name, " ", "-")) }

func deployment(multiAZ bool) string {
	if multiAZ {
		return "Multi-AZ"
	}
	return "Single-AZ"
}

// databaseSKU is a database instance.
func databaseSKU(region fleet.Region, class, word string, multiAZ bool, list money.Rate) *sku {
	e, meter := engineOf(word), "InstanceUsage:"+class
	if multiAZ {
		meter = "Multi-AZUsage:" + class
	}
	factor, _ := commitments.Factor(class, multiAZ)
	return named(sku{
		code: e.code, service: e.service, category: "Databases", sub: e.sub, usageType: usageType(region, meter, true),
		operation: e.operation, region: region, kind: "db", unit: "Hrs", focusUnit: "Hours", list: list, purpose: purposeOf(class),
		text: "per RDS " + class + " " + deployment(multiAZ) + " instance hour (or partial hour) running " + e.name,
		product: commitments.Product{
			Compute: commitments.Database, Region: region, Type: class, Family: familyOf(class), Factor: factor, Platform: e.platform(), MultiAZ: multiAZ,
		},
		attributes: map[string]string{
			"product_family": "Database Instance", "database_engine": e.name, "deployment_option": deployment(multiAZ),
			"license_model": "No license required", "instance_type_family": familyOf(class),
		},
		details: map[string]string{"InstanceType": class, "InstanceSeries": familyOf(class), "Redundancy": deployment(multiAZ), "x_DatabaseEngine": e.name},
	})
}

// fargateSKU is the processors or the memory of Fargate tasks.
func fargateSKU(region fleet.Region, memory, asSpot bool, list money.Rate) *sku {
	meter, text, what := "Fargate-vCPU-Hours:perCPU", "AWS Fargate - vCPU - ", "cputype"
	if memory {
		meter, text, what = "Fargate-GB-Hours", "AWS Fargate - Memory - ", "memorytype"
	}
	charged := running
	if asSpot {
		charged, meter, text = spot, "SpotUsage-"+meter, strings.Replace(text, "Fargate", "Fargate Spot", 1)
	}
	return named(sku{
		part: charged, code: "AmazonECS", service: "Amazon Elastic Container Service", category: "Compute", sub: "Containers",
		usageType: usageType(region, meter, false), operation: "FargateTask", region: region, kind: "task", unit: "hours", focusUnit: "Hours",
		text: text + regionName(region), list: list, product: commitments.Product{Compute: commitments.Fargate, Region: region},
		attributes: map[string]string{"product_family": "Compute", "tenancy": "Shared", "operating_system": "Linux", what: "default"},
		details:    map[string]string{"OperatingSystem": "Linux"},
	})
}

// volumes are EBS volume types by the word that DescribeVolumes has: what their usage type and operation add.
var volumes = map[string][2]string{
	"gp2": {".gp2", "-Gp2"}, "gp3": {".gp3", "-Gp3"}, "io1": {".piops", "-P-IOPS"}, "io2": {".io2", "-io2"},
	"st1": {".st1", "-st1"}, "sc1": {".sc1", "-sc1"}, "standard": {"", ""},
}

// volumeSKU is an EBS volume type.
func volumeSKU(region fleet.Region, volumeType string, list money.Rate) *sku {
	words, known := volumes[volumeType]
	if !known {
		words = [2]string{"." + volumeType, "-" + volumeType}
	}
	meter := "EBS:VolumeUsage" + words[0]
	return named(sku{
		part: storage, code: "AmazonEC2", service: "Amazon Elastic Compute Cloud", category: "Storage", sub: "Block Storage",
		usageType: usageType(region, meter, true), operation: "CreateVolume" + words[1], region: region, kind: "volume", unit: "GB-Mo",
		focusUnit: "GB-Months", monthly: true, list: list, text: "per GB-month of " + volumeType + " provisioned storage - " + regionName(region),
		attributes: map[string]string{"product_family": "Storage", "volume_api_name": volumeType},
		details:    map[string]string{"StorageClass": volumeType},
	})
}

// snapshotSKU is what snapshots of volumes store.
func snapshotSKU(region fleet.Region, rate money.Rate) *sku {
	return named(sku{
		part: storage, code: "AmazonEC2", service: "Amazon Elastic Compute Cloud", category: "Storage", sub: "Block Storage",
		usageType: usageType(region, "EBS:SnapshotUsage", true), operation: "CreateSnapshot", region: region, kind: "snapshot", unit: "GB-Mo",
		focusUnit: "GB-Months", monthly: true, list: rate, text: "per GB-month of snapshot data stored - " + regionName(region),
		attributes: map[string]string{"product_family": "Storage Snapshot"},
		details:    map[string]string{"StorageClass": "snapshot"},
	})
}

// databaseStorageSKU is what a database or a cluster stores.
func databaseStorageSKU(region fleet.Region, word, storageType string, multiAZ bool, list money.Rate) *sku {
	e, meter := engineOf(word), ""
	switch {
	case storageType == "aurora":
		meter, multiAZ = "Aurora:StorageUsage", false
	case storageType == "docdb", storageType == "neptune":
		meter, multiAZ = "StorageUsage", false
	case multiAZ:
		meter = "RDS:Multi-AZ-" + strings.ToUpper(storageType) + "-Storage"
	default:
		meter = "RDS:" + strings.ToUpper(storageType) + "-Storage"
	}
	return named(sku{
		part: storage, code: e.code, service: e.service, category: "Databases", sub: e.sub, usageType: usageType(region, meter, true),
		operation: e.operation, region: region, kind: "db", unit: "GB-Mo", focusUnit: "GB-Months", monthly: true, list: list,
		text:       "per GB-month of provisioned " + storageType + " storage running " + e.name,
		attributes: map[string]string{"product_family": "Database Storage", "database_engine": e.name, "deployment_option": deployment(multiAZ)},
		details:    map[string]string{"StorageClass": storageType, "Redundancy": deployment(multiAZ), "x_DatabaseEngine": e.name},
	})
}

// addressSKU is a public IPv4 address, in use or idle.
func addressSKU(region fleet.Region, idle bool, list money.Rate) *sku {
	meter, word, operation := "PublicIPv4:InUseAddress", "In-use", "AssociateAddressVPC"
	if idle {
		meter, word, operation = "PublicIPv4:IdleAddress", "Idle", "AllocateAddressVPC"
	}
	return named(sku{
		part: addresses, code: "AmazonVPC", service: "Amazon Virtual Private Cloud", category: "Networking", sub: "Network Infrastructure",
		usageType: usageType(region, meter, false), operation: operation, region: region, kind: "elastic-ip", unit: "Hrs", focusUnit: "Hours", list: list,
		text:       "per " + word + " public IPv4 address per hour",
		attributes: map[string]string{"product_family": "VpcPublicIPv4Address", "group": "VPCPublicIPv4Address"},
		details:    map[string]string{"x_Group": "VPCPublicIPv4Address"},
	})
}

// productMap is CUR's product map of a SKU.
func (s *sku) productMap() map[string]string {
	m := maps.Clone(s.attributes)
	m["region_code"] = string(s.region)
	return m
}

// off takes percent off a price.
func off(rate, percent decimal.Decimal) decimal.Decimal {
	return rate.Mul(decimal.NewFromInt(100).Sub(percent)).Shift(-2)
}
