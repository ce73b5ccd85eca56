package scheduler

import (
	"fmt"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// bar is how a trait of a resource keeps offpeak from acting on it.
type bar struct {
	trait fleet.TraitKind
	code  plan.Code
	// always: the resource can never be scheduled, and its owner is told even when nothing is due. Otherwise the bar is
	// mentioned only when an act is due.
	always bool
	// offOnly: bars switching off, not switching on.
	offOnly bool
	why     string // %s is the trait's detail
}

// bars is the table of everything that a resource itself can have against being scheduled. The first that applies is given.
var bars = []bar{
	{fleet.GroupMember, plan.GroupMember, true, false, "it belongs to the Auto Scaling group %s, which would replace it; tag the group instead"},
	{fleet.Managed, plan.Managed, true, false, "it is run by %s, which would undo the change; schedule it there"},
	{fleet.ClusterMember, plan.ClusterMember, true, false, "it is a member of the database cluster %s; tag the cluster instead"},
	{fleet.ReadReplica, plan.ReadReplica, true, false, "it is a read replica of %s; AWS does not stop read replicas"},
	{fleet.ReplicaSource, plan.ReplicaSource, true, false, "it has the read replica %s; AWS does not stop a database that has replicas"},
	{fleet.CannotStop, plan.CannotStop, true, false, "AWS cannot stop it: %s"},
	{fleet.InstanceStoreRoot, plan.InstanceStore, true, false, "its root volume is an instance store, which cannot be stopped, only terminated"},
	{fleet.DaemonService, plan.DaemonService, true, false, "a daemon service runs one task on every instance and has no size to set"},
	{fleet.ExternalDeploy, plan.ExternalDeployment, true, false, "its deployments are made by %s, which owns its size"},
	{fleet.ScheduledActions, plan.OwnScheduledActions, true, false, "the group has scheduled actions of its own; remove them or the tag"},
	{fleet.WarmPool, plan.WarmPool, true, false, "the group has a warm pool, whose instances would go on running or be lost"},
	{fleet.BeingDeleted, plan.BeingDeleted, true, false, "it is being deleted"},
	{fleet.StackUpdating, plan.StackUpdating, false, false, "its CloudFormation stack %s is being changed; the next run looks again"},
	{fleet.Deploying, plan.Deploying, false, false, "a deployment of the service is under way; the next run looks again"},
	{fleet.RefreshInProgress, plan.RefreshInProgress, false, false, "an instance refresh of the group is under way; the next run looks again"},
	{fleet.StopProtection, plan.StopProtection, false, true, "stop protection is set on it; remove the protection or the tag"},
	{fleet.ProtectedMembers, plan.ProtectedMembers, false, true, "%s of its instances are protected from scale-in"},
	{fleet.StandbyMembers, plan.StandbyMembers, false, true, "%s of its instances are on standby"},
}

// standing returns the refusal that holds for a resource whatever its schedule says.
func (p *Planner) standing(r *fleet.Resource) (plan.Code, string, bool) {
	if r.Lifecycle == fleet.SpotOneTime && r.Kind == fleet.EC2Instance {
		return plan.SpotOneTime, "it is a one-time Spot instance, which can only be terminated, not stopped", true
	}
	if len(r.Traits) == 0 {
		return "", "", false
	}
	for _, b := range bars {
		if t, ok := r.Trait(b.trait); ok && b.always {
			return b.code, b.sentence(t), true
		}
	}
	if t, ok := r.Trait(fleet.InstanceStoreData); ok && !p.rules.AllowInstanceStore {
		why := fmt.Sprintf("%s has local disks, whose data a stop wipes; the policy's instance_store: allow permits it", t.Detail)
		return plan.InstanceStore, why, true
	}
	if t, ok := r.Trait(fleet.PublicAddress); ok && p.rules.KeepAddress {
		why := fmt.Sprintf("its automatic public address %s would change, and the policy says keep_address; give it an Elastic IP", t.Detail)
		return plan.AddressToKeep, why, true
	}
	return "", "", false
}

// passing returns the refusal that holds for an act now and may be gone at the next run.
func passing(r *fleet.Resource, off bool) (plan.Code, string, bool) {
	if len(r.Traits) == 0 {
		return "", "", false
	}
	for _, b := range bars {
		if t, ok := r.Trait(b.trait); ok && !b.always && (off || !b.offOnly) {
			return b.code, b.sentence(t), true
		}
	}
	return "", "", false
}

func (b bar) sentence(t fleet.Trait) string {
	for i := 0; i+1 < len(b.why); i++ {
		if b.why[i] == '%' && b.why[i+1] == 's' {
			return fmt.Sprintf(b.why, t.Detail)
		}
	}
	return b.why
}
