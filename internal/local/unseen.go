package local

import (
	"slices"

	"offpeak/internal/fleet"
)

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
