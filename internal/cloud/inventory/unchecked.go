package inventory

import (
	"slices"

	"offpeak/internal/fleet"
)

// unasked are facts that bear on plans and would cost a call each, or that no listing shows, by the kinds that they concern. They are
// looked at when an act is made.
var unasked = []struct {
	kinds []fleet.Kind
	what  string
}{
	{fleet.Kinds(), "permission to act"},
	{[]fleet.Kind{fleet.EC2Instance}, "stop protection of EC2 instances"},
	{[]fleet.Kind{fleet.AutoScalingGroup}, "scaling policies and instance refreshes of Auto Scaling groups"},
	{[]fleet.Kind{fleet.RDSInstance, fleet.RDSCluster}, "blue/green deployments of databases"},
	{[]fleet.Kind{fleet.ECSService}, "scaling policies of ECS services"},
}

// notChecked says what was not asked of these resources.
func notChecked(resources []fleet.Resource) (what []string) {
	kinds := map[fleet.Kind]bool{}
	for i := range resources {
		kinds[resources[i].Kind] = true
	}
	for _, row := range unasked {
		if slices.ContainsFunc(row.kinds, func(k fleet.Kind) bool { return kinds[k] }) {
			what = append(what, row.what)
		}
	}
	return what
}
