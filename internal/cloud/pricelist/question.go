package pricelist

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/pricing/types"

	"offpeak/internal/fleet"
)

// operations are how the bill and the price list name what an EC2 instance runs (EC2 user guide, AMI billing information fields): licences and
// software that is installed are part of it.
var operations = map[string]string{
	"Linux/UNIX":                       "RunInstances",
	"Red Hat BYOL Linux":               "RunInstances:00g0",
	"Red Hat Enterprise Linux":         "RunInstances:0010",
	"Red Hat Enterprise Linux with HA": "RunInstances:1010",
	"Red Hat Enterprise Linux with SQL Server Standard and HA":   "RunInstances:1014",
	"Red Hat Enterprise Linux with SQL Server Enterprise and HA": "RunInstances:1110",
	"Red Hat Enterprise Linux with SQL Server Standard":          "RunInstances:0014",
	"Red Hat Enterprise Linux with SQL Server Web":               "RunInstances:0210",
	"Red Hat Enterprise Linux with SQL Server Enterprise":        "RunInstances:0110",
	"SQL Server Enterprise":                                      "RunInstances:0100",
	"SQL Server Standard":                                        "RunInstances:0004",
	"SQL Server Web":                                             "RunInstances:0200",
	"SUSE Linux":                                                 "RunInstances:000g",
	"Ubuntu Pro":                                                 "RunInstances:0g00",
	"Windows":                                                    "RunInstances:0002",
	"Windows BYOL":                                               "RunInstances:0800",
	"Windows with SQL Server Enterprise":                         "RunInstances:0102",
	"Windows with SQL Server Standard":                           "RunInstances:0006",
	"Windows with SQL Server Web":                                "RunInstances:0202",
}

// engine is how the price list names a database engine.
type engine struct{ service, name, edition, licence string }

const (
	rds      = "AmazonRDS"
	included = "License included"
)

// engines are RDS's engines by the name that its API has for them.
var engines = map[string]engine{
	"mysql": {service: rds, name: "MySQL"}, "postgres": {service: rds, name: "PostgreSQL"}, "mariadb": {service: rds, name: "MariaDB"},
	"aurora": {service: rds, name: "Aurora MySQL"}, "aurora-mysql": {service: rds, name: "Aurora MySQL"}, "aurora-postgresql": {service: rds, name: "Aurora PostgreSQL"},
	"oracle-ee": {service: rds, name: "Oracle", edition: "Enterprise"}, "oracle-ee-cdb": {service: rds, name: "Oracle", edition: "Enterprise"},
	"oracle-se2": {service: rds, name: "Oracle", edition: "Standard Two"}, "oracle-se2-cdb": {service: rds, name: "Oracle", edition: "Standard Two"},
	"sqlserver-ee": {rds, "SQL Server", "Enterprise", included}, "sqlserver-se": {rds, "SQL Server", "Standard", included},
	"sqlserver-web": {rds, "SQL Server", "Web", included}, "sqlserver-ex": {rds, "SQL Server", "Express", included},
	"db2-se": {service: rds, name: "Db2", edition: "Standard"}, "db2-ae": {service: rds, name: "Db2", edition: "Advanced"},
	"docdb": {service: "AmazonDocDB"}, "neptune": {service: "AmazonNeptune"},
}

// question is what is asked for a key: the products of a service that have these attributes.
type question struct {
	service    string
	attributes [][2]string // asked of AWS and looked at again in its answer
}

// questionOf returns what to ask for a key, or why nothing can be asked.
func questionOf(key fleet.PriceKey) (q question, why string) {
	if p := key.Region.Partition(); p != "aws" {
		return question{}, "the Price List API has no endpoint in the partition " + p
	}
	q.attributes = [][2]string{{"regionCode", string(key.Region)}, {"instanceType", key.Type}}
	if !strings.HasPrefix(key.Type, "db.") {
		operation, ok := operations[key.Product]
		switch {
		case key.Product == "":
			return question{}, "it is not known what the instances run"
		case !ok:
			return question{}, fmt.Sprintf("no operation of the price list is known for %q", key.Product)
		}
		q.service = "AmazonEC2"
		q.attributes = append(q.attributes, [][2]string{{"operation", operation}, {"tenancy", "Shared"}, {"capacitystatus", "Used"}}...)
		return q, ""
	}
	e, ok := engines[key.Product]
	switch {
	case key.Type == "db.serverless":
		return question{}, "a serverless database has no price per hour"
	case !ok:
		return question{}, fmt.Sprintf("no engine of the price list is known for %q", key.Product)
	}
	q.service = e.service
	if e.service == rds {
		q.attributes = append(q.attributes, [][2]string{{"databaseEngine", e.name}, {"deploymentOption", deployment(e, key.MultiAZ)}}...)
	}
	for _, a := range [][2]string{{"databaseEdition", e.edition}, {"licenseModel", e.licence}} {
		if a[1] != "" {
			q.attributes = append(q.attributes, a)
		}
	}
	return q, ""
}

// deployment is what the price list calls one zone or two. Each instance of an Aurora cluster is one by itself.
func deployment(e engine, multiAZ bool) string {
	switch {
	case !multiAZ || strings.HasPrefix(e.name, "Aurora"):
		return "Single-AZ"
	case e.name == "SQL Server":
		return "Multi-AZ (SQL Server Mirror)"
	default:
		return "Multi-AZ"
	}
}

func (q question) input() *pricing.GetProductsInput {
	in := &pricing.GetProductsInput{ServiceCode: &q.service, FormatVersion: aws.String("aws_v1")}
	for _, a := range q.attributes {
		in.Filters = append(in.Filters, types.Filter{Type: types.FilterTypeTermMatch, Field: aws.String(a[0]), Value: aws.String(a[1])})
	}
	return in
}

// String is the question in an error.
func (q question) String() string {
	var values []string
	for _, a := range q.attributes {
		values = append(values, a[1])
	}
	return strings.Join(values, " ")
}

// fits reports whether a product is the one that was meant. There are products with the same attributes: in Local Zones and on Outposts, in capacity
// blocks, in clusters whose storage costs no I/O, and of RDS Custom.
func (q question) fits(p *product) bool {
	a := p.Product.Attributes
	for _, asked := range q.attributes {
		if a[asked[0]] != asked[1] {
			return false
		}
	}
	if a["locationType"] != "AWS Region" || a["deploymentModel"] != "" || a["marketoption"] != "" && a["marketoption"] != "OnDemand" {
		return false
	}
	usage := a["usagetype"] // region, meter, type, sizes abbreviated: APN2-InstanceUsageIOOptimized:db.r6g.2xl
	if q.service != "AmazonEC2" {
		return !strings.Contains(usage, "IOOptimized")
	}
	meter, _, _ := strings.Cut(usage, ":")
	return strings.HasSuffix(meter, "BoxUsage")
}
