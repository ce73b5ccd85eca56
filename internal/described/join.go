package described

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

// Join completes resources by what other records tell of them: a group's product is that of its instances, where they were listed
// and agree; a database cluster's members, which carry its price, are the databases that name it.
func Join(resources []fleet.Resource) {
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
