package autospot

import (
	"fmt"
	"slices"
	"strings"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

func (l *look) instanceType() answer {
	switch {
	case l.base == "":
		return unknown("name an instance type in its template", "its instance type is not known")
	case !l.catalogued():
		return unknown(l.readCatalog(), "nothing is known of instance types")
	case l.spec == nil:
		return refuse(l.readCatalog(), "AWS's catalogue does not tell of type %s", l.base)
	case !l.spec.Spot:
		return refuse("choose a type that is sold on Spot", "type %s is not sold on Spot", l.base)
	default:
		return pass("type %s is sold on Spot", l.base)
	}
}

// products are what Spot instances are billed as (EC2 API, DescribeSpotPriceHistory).
var products = []string{"Linux/UNIX", "Red Hat Enterprise Linux", "SUSE Linux", "Windows"}

// product asks for a price, without which nothing is saved for sure.
func (l *look) product() answer {
	r := l.Resource
	switch {
	case r.Product == "" && r.Kind == fleet.AutoScalingGroup:
		return unknown("list its instances too: aws ec2 describe-instances", "what its instances are billed as is not known")
	case r.Product == "":
		return unknown("", "what it is billed as is not known")
	case !slices.Contains(products, r.Product):
		return refuse("", "%s is not sold on Spot (%s are)", r.Product, strings.Join(products, ", "))
	case l.base == "":
		return unknown("", "its instance type is not known, and so no price is")
	case l.Market == nil || l.Market.OnDemand == nil:
		return unknown("give prices", "no on-demand prices are known")
	}
	if p := l.Market.OnDemand.Of(&fleet.Resource{Scope: r.Scope, Type: l.base, Product: r.Product}); !p.Known {
		return refuse("give the price of "+l.base+" with "+r.Product+" in "+string(r.Scope.Region), "the on-demand price of %s with %s in %s is not known", l.base, r.Product, r.Scope.Region)
	}
	return pass("%s is sold on Spot, and its on-demand price is known", r.Product)
}

// quota asks for room in the account's Spot vCPUs, counted with the type that it has now: without room the group would be short, not cheap.
func (l *look) quota() answer {
	limited, _ := market.QuotaOf(l.base)
	class, code := limited.Class, limited.Code
	switch {
	case l.base == "" || l.spec == nil || l.spec.VCPU == 0:
		return unknown(l.readCatalog(), "how many vCPUs it needs is not known")
	case class == "":
		return unknown("ask AWS which quota holds for "+l.base, "which Spot quota holds for %s is not known", l.base)
	}
	i := slices.IndexFunc(l.Market.Quotas, func(q market.Quota) bool { return q.Class == class })
	if i < 0 {
		return unknown(l.serviceQuotas("get-service-quota", code), "the account's Spot quota of class %s was not looked at", class)
	}
	q, needed := l.Market.Quotas[i], l.toMove()*l.spec.VCPU
	room := q.Limit - q.Used
	raise := fmt.Sprintf("%s --desired-value %d", l.serviceQuotas("request-service-quota-increase", code), q.Used+needed)
	switch {
	case needed == 0:
		return pass("all of it runs on Spot already")
	case room < l.spec.VCPU:
		return refuse(raise, "of %d Spot vCPUs of class %s %d are used; one %s needs %d", q.Limit, class, q.Used, l.base, l.spec.VCPU)
	case room < needed:
		return warn(raise, "of %d Spot vCPUs of class %s %d are used; there is room for %d of %d instances", q.Limit, class, q.Used, room/l.spec.VCPU, l.toMove())
	default:
		return pass("it needs %d of %d Spot vCPUs that are free", needed, room)
	}
}

// toMove is how many instances would be bought on Spot that are not yet, at most.
func (l *look) toMove() int {
	if l.Resource.Kind == fleet.EC2Instance {
		if l.Resource.Lifecycle != fleet.OnDemand {
			return 0
		}
		return 1
	}
	n := max(l.Resource.Size.Desired, 1)
	if l.Resource.Size.Desired == 0 && l.Original != nil {
		n = max(l.Original.Desired, 1)
	}
	for _, m := range l.launch.Members {
		if m.Lifecycle != fleet.OnDemand {
			n--
		}
	}
	return max(n, 0)
}
