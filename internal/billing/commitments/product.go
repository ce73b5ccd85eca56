package commitments

import (
	"strings"

	"offpeak/internal/billing"
)

// ProductOf reads what a commitment can tell products apart by, from CUR's words.
func ProductOf(p billing.Product) Product {
	product := Product{
		Compute: computeOf(p), Region: p.Region, Type: p.Type, Family: p.Family, Factor: p.Factor, MultiAZ: p.MultiAZ,
	}
	switch product.Compute {
	case EC2:
		product.Platform, product.Tenancy = platformOf(p), tenancyOf(p.Tenancy)
	case Database:
		product.Platform = strings.ToLower(strings.ReplaceAll(p.Engine, " ", "-"))
	default:
	}
	return product
}

// computeOf tells by the product code what sort of computing a row bills.
func computeOf(p billing.Product) Compute {
	switch p.Code {
	case "AmazonEC2":
		return EC2
	case "AmazonECS", "AmazonEKS":
		return Fargate
	case "AWSLambda":
		return Lambda
	case "AmazonRDS", "AmazonDocDB", "AmazonNeptune":
		return Database
	default:
		return Other
	}
}

// platformOf returns the platform as Reserved Instances name it. Operations of EC2 tell it ("AMI billing information fields", EC2 User
// Guide); where a row has none, the operating system does.
func platformOf(p billing.Product) string {
	switch _, code, _ := strings.Cut(p.Operation, ":"); code {
	case "0002":
		return "Windows"
	case "0010":
		return "Red Hat Enterprise Linux"
	case "000g":
		return "SUSE Linux"
	case "":
		if p.System == "" || strings.EqualFold(p.System, "Linux") {
			return LinuxUNIX
		}
		return p.System
	default:
		return p.System + " " + code
	}
}

func tenancyOf(word string) string {
	switch word {
	case "", "Shared":
		return DefaultTenancy
	default:
		return strings.ToLower(word)
	}
}

// KindOf tells the kind of a Savings Plan by its offering, as CUR names it.
func KindOf(offering string) PlanKind {
	switch name := strings.ToLower(strings.ReplaceAll(offering, " ", "")); {
	case strings.HasPrefix(name, "ec2instance"):
		return EC2InstancePlan
	case strings.HasPrefix(name, "database"):
		return DatabasePlan
	default:
		return ComputePlan
	}
}
