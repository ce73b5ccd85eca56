package query

import (
	"slices"
	"strings"

	"offpeak/internal/billing"
)

// class is a sort of line items, by product code and by what the usage type contains. A region's prefix (APN2-) stands before the usage type everywhere but in
// us-east-1, so patterns are not anchored.
type class struct {
	codes  []string
	usages []string
}

// running are the line items that bill running, or capacity held for it. Not among them: Fargate's ephemeral storage, Lambda's requests and Lambda@Edge (no Savings
// Plan covers them), RDS's storage, I/O and backups, extended support and vCPU-hours of CPU credits.
//
// Sources: docs.aws.amazon.com/cur (line_item_usage_type), the usage types of AWS's public price lists, and the Savings Plans user guide for what plans cover.
func running() []class {
	return []class{
		// Dedicated instances, dedicated hosts, and capacity reservations that stand empty are covered by commitments as running instances are.
		{[]string{"AmazonEC2"}, []string{"BoxUsage", "SpotUsage", "DedicatedUsage", "HostUsage", "UnusedBox", "UnusedDed"}},
		{[]string{"AmazonRDS", "AmazonDocDB", "AmazonNeptune"}, []string{"InstanceUsage", "Multi-AZUsage", "Multi-AZClusterUsage", "ServerlessUsage", "ServerlessV2Usage", "ServerlessV2IOOptimizedUsage"}},
		{[]string{"AmazonECS", "AmazonEKS"}, []string{
			"Fargate-vCPU-Hours", "Fargate-GB-Hours", "Fargate-ARM-vCPU-Hours", "Fargate-ARM-GB-Hours", "Fargate-Windows-vCPU-Hours", "Fargate-Windows-GB-Hours",
		}},
		{[]string{"AWSLambda"}, []string{"Lambda-GB-Second", "Lambda-Provisioned-GB-Second", "Lambda-Provisioned-Concurrency"}},
	}
}

// reservable are the product codes of Reserved Instances and reserved DB instances; other services' reservations are none of ours.
func reservable() []string {
	return []string{"AmazonEC2", "AmazonRDS", "AmazonDocDB", "AmazonNeptune"}
}

// family is a sort of meters: those that contain a name and one of the parts, or the name alone if there are no parts.
type family struct {
	name  string
	parts []string
}

// standing are meters that go on while nothing runs: volumes with their provisioned performance, snapshots, addresses, and the storage of databases; not what
// is charged by reading and writing. FOCUS 1.2 has the usage type in SkuMeter (docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-2-migrating.html).
func standing() []family {
	return []family{
		{"EBS:", []string{"VolumeUsage", "VolumeP-", "SnapshotUsage"}},
		{"PublicIPv4:", nil},
		{"ElasticIP:", []string{"IdleAddress"}},
		{"RDS:", []string{"StorageUsage", "-Storage", "PIOPS", "Throughput", "BackupUsage"}},
		{"Aurora:", []string{"StorageUsage", "BackupUsage"}},
	}
}

const (
	spot       = "SpotUsage"
	recurring  = "SavingsPlanRecurringFee"
	fee        = "RIFee"
	multiAZ    = "Multi-AZ"
	database   = "database_engine"
	deployment = "deployment_option"
	system     = "operating_system"
	tenancy    = "tenancy"
)

// The keys under which CUR 2.0 holds a tag that AWS set: as AWS's published queries spell them, and as the tag itself is spelled.
const (
	groupKey, groupTag     = "aws_autoscaling_group_name", "aws:autoscaling:groupName"
	serviceKey, serviceTag = "aws_ecs_service_name", "aws:ecs:serviceName"
	clusterKey, clusterTag = "aws_ecs_cluster_name", "aws:ecs:clusterName"
)

// GroupKeys are the keys of resource_tags that name a resource's Auto Scaling group or ECS service; the first that is there counts.
func GroupKeys() []string { return []string{groupKey, groupTag, serviceKey, serviceTag} }

// ClusterKeys are the keys of resource_tags that name a resource's ECS cluster.
func ClusterKeys() []string { return []string{clusterKey, clusterTag} }

// Runs says whether a line item of usage bills running.
func Runs(code, usageType string) bool {
	return slices.ContainsFunc(running(), func(c class) bool {
		return slices.Contains(c.codes, code) && slices.ContainsFunc(c.usages, func(part string) bool { return strings.Contains(usageType, part) })
	})
}

// computing are the service categories of FOCUS in which something runs. They keep out what has the same meters elsewhere, such as Elastic MapReduce's BoxUsage.
func computing() []string { return []string{"Compute", "Databases"} }

// meters are what the meters of running contain.
func meters() []string {
	var all []string
	for _, c := range running() {
		all = append(all, c.usages...)
	}
	return all
}

// MeterRuns says whether a line of FOCUS bills running, by its service's category and its meter.
func MeterRuns(category, meter string) bool {
	return slices.Contains(computing(), category) && slices.ContainsFunc(meters(), func(part string) bool { return strings.Contains(meter, part) })
}

// FocusLine is the sort of a FOCUS line that bills running.
func FocusLine(pricing, commitment, meter string) billing.Line {
	switch {
	case pricing == "Dynamic" || strings.Contains(meter, spot):
		return billing.SpotUsage
	case pricing == "Committed" && commitment == "Spend":
		return billing.PlanUsage
	case pricing == "Committed":
		return billing.Reserved
	default:
		return billing.OnDemand
	}
}

// focusLine is FocusLine as an expression. Lines after the first begin with the indent.
func focusLine(indent string) string {
	return strings.Join([]string{
		"CASE",
		"  WHEN PricingCategory = 'Dynamic' OR SkuMeter LIKE '%" + spot + "%' THEN '" + string(billing.SpotUsage) + "'",
		"  WHEN PricingCategory = 'Committed' AND CommitmentDiscountCategory = 'Spend' THEN '" + string(billing.PlanUsage) + "'",
		"  WHEN PricingCategory = 'Committed' THEN '" + string(billing.Reserved) + "'",
		"  ELSE '" + string(billing.OnDemand) + "'",
		"END",
	}, "\n"+indent)
}

// LineOf is the sort of a line item that bills usage, and false for fees, discounts, taxes and all else.
func LineOf(lineItemType, usageType string) (billing.Line, bool) {
	switch line := billing.Line(lineItemType); line {
	case billing.OnDemand:
		if strings.Contains(usageType, spot) {
			return billing.SpotUsage, true
		}
		return line, true
	case billing.Reserved, billing.PlanUsage:
		return line, true
	default:
		return "", false
	}
}

// Reservable says whether a product code is that of Reserved Instances or reserved DB instances.
func Reservable(code string) bool { return slices.Contains(reservable(), code) }

// Stands says whether a FOCUS meter goes on while nothing runs.
func Stands(meter string) bool {
	return slices.ContainsFunc(standing(), func(f family) bool {
		return strings.Contains(meter, f.name) &&
			(f.parts == nil || slices.ContainsFunc(f.parts, func(part string) bool { return strings.Contains(meter, part) }))
	})
}

// stands is Stands as a condition. Lines after the first begin with the indent.
func stands(indent string) string {
	var families []string
	for _, f := range standing() {
		condition := like("SkuMeter", []string{f.name}, "")
		if f.parts != nil {
			condition += " AND (" + like("SkuMeter", f.parts, indent+"  ") + ")"
		}
		families = append(families, condition)
	}
	return strings.Join(families, "\n"+indent+"OR ")
}

// runs is Runs as a condition. Lines after the first begin with the indent.
func runs(indent string) string {
	var classes []string
	for _, c := range running() {
		classes = append(classes, "line_item_product_code IN ("+quoted(c.codes)+") AND ("+like("line_item_usage_type", c.usages, indent+"  ")+")")
	}
	return strings.Join(classes, "\n"+indent+"OR ")
}

// like is the condition that a column contains one of the parts.
func like(column string, parts []string, indent string) string {
	var conditions []string
	for _, p := range parts {
		conditions = append(conditions, column+" LIKE '%"+p+"%'")
	}
	return strings.Join(conditions, "\n"+indent+"OR ")
}

func quoted(words []string) string { return "'" + strings.Join(words, "', '") + "'" }
