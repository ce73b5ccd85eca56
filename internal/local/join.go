package local

import (
	"slices"

	"offpeak/internal/fleet"
)

// whole names a group or a cluster that other resources belong to.
type whole struct {
	scope fleet.Scope
	kind  fleet.Kind
	name  string
}

// join completes resources by what other records tell of them: a group's product is that of its instances, where they were listed
// and agree; a database cluster's members, which carry its price, are the databases that name it.
func join(resources []fleet.Resource) {
	parts := map[whole][]*fleet.Resource{}
	for i := range resources {
		r := &resources[i]
		if group, ok := r.Trait(fleet.GroupMember); ok {
			key := whole{r.Scope, fleet.AutoScalingGroup, group.Detail}
			parts[key] = append(parts[key], r)
		}
		if cluster, ok := r.Trait(fleet.ClusterMember); ok {
			key := whole{r.Scope, fleet.RDSCluster, cluster.Detail}
			parts[key] = append(parts[key], r)
		}
	}
	for i := range resources {
		r := &resources[i]
		members := parts[whole{r.Scope, r.Kind, r.ID}]
		switch r.Kind {
		case fleet.AutoScalingGroup:
			r.Product = commonProduct(members)
		case fleet.RDSCluster:
			var types, ids []string
			for _, m := range members {
				types, ids = append(types, m.Type), append(ids, m.ID)
			}
			slices.Sort(ids)
			r.Members, r.Parts = countTypes(types), ids
		}
	}
}

func commonProduct(members []*fleet.Resource) string {
	if len(members) == 0 {
		return ""
	}
	for _, m := range members[1:] {
		if m.Product != members[0].Product {
			return ""
		}
	}
	return members[0].Product
}

// countTypes counts members by type, in the order of the types' names.
func countTypes(types []string) []fleet.Members {
	slices.Sort(types)
	var members []fleet.Members
	for _, t := range types {
		if n := len(members); n > 0 && members[n-1].Type == t {
			members[n-1].Count++
			continue
		}
		members = append(members, fleet.Members{Type: t, Count: 1})
	}
	return members
}

// invisible are facts that bear on plans and stand in no listing, by the kinds of resources that they concern.
var invisible = []struct {
	kinds []fleet.Kind
	what  string
}{
	{fleet.Kinds(), "permission to act"},
	{fleet.Kinds(), "CloudFormation stacks being updated"},
	{[]fleet.Kind{fleet.EC2Instance}, "stop protection of EC2 instances"},
	{[]fleet.Kind{fleet.AutoScalingGroup}, "scheduled actions, scaling policies and instance refreshes of Auto Scaling groups"},
	{[]fleet.Kind{fleet.RDSInstance, fleet.RDSCluster}, "blue/green deployments of databases"},
	{[]fleet.Kind{fleet.RDSCluster}, "membership of database clusters in global databases, where the AWS CLI is too old to print it"},
	{[]fleet.Kind{fleet.ECSService}, "scaling policies of ECS services"},
}

const spotUnseen = "whether requests for running Spot instances are persistent (one-time is assumed)"

// notChecked says what the listings could not show of these resources.
func notChecked(resources []fleet.Resource) []string {
	kinds := map[fleet.Kind]bool{}
	spot := false
	for i := range resources {
		kinds[resources[i].Kind] = true
		spot = spot || resources[i].Lifecycle == fleet.SpotOneTime
	}
	var what []string
	for _, row := range invisible {
		if slices.ContainsFunc(row.kinds, func(k fleet.Kind) bool { return kinds[k] }) {
			what = append(what, row.what)
		}
	}
	if spot {
		what = append(what, spotUnseen)
	}
	return what
}
