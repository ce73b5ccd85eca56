package market

import (
	"slices"
	"strings"
)

// SpotQuota is one of AWS's limits of Spot vCPUs.
type SpotQuota struct {
	// Class is what Quota names it, and Code what Service Quotas does, of service ec2.
	Class, Code string
	// Series are those that share the limit: the letters with which the names of their types begin.
	Series []string
}

// SpotQuotas lists the limits. A series that is in none has no limit of its own that is known.
func SpotQuotas() []SpotQuota {
	return []SpotQuota{
		{"standard", "L-34B43A08", strings.Fields("a c d h i m r t z is im")},
		{"g", "L-3819A6DF", strings.Fields("g gr vt")},
		{"p", "L-7212CCBC", strings.Fields("p")},
		{"x", "L-E3A00192", strings.Fields("x")},
		{"f", "L-88CF9481", strings.Fields("f")},
		{"inf", "L-B5D1601B", strings.Fields("inf")},
		{"trn", "L-6B0D517C", strings.Fields("trn")},
		{"dl", "L-85EED4F7", strings.Fields("dl")},
	}
}

// QuotaOf returns the limit that a type counts against; false where none is known.
func QuotaOf(instanceType string) (SpotQuota, bool) {
	series := instanceType[:max(strings.IndexAny(instanceType, "0123456789-."), 0)]
	all := SpotQuotas()
	i := slices.IndexFunc(all, func(q SpotQuota) bool { return slices.Contains(q.Series, series) })
	if i < 0 {
		return SpotQuota{}, false
	}
	return all[i], true
}
