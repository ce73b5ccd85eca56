package fleet

import (
	"cmp"
	"fmt"
	"time"

	"offpeak/internal/money"
)

// Resource is one thing that a schedule can switch off and on, as it was when the snapshot was taken.
type Resource struct {
	ID     string `json:"id"` // what a person calls it: i-0a1..., the group's or service's name, the database's identifier
	ARN    ARN    `json:"arn"`
	Kind   Kind   `json:"kind"`
	Scope  Scope  `json:"scope"`
	Parent string `json:"parent,omitempty"` // the ECS cluster of a service

	State  State  `json:"state"`
	Status string `json:"status,omitempty"` // the state in AWS's own word
	// Since is when the state began; zero when AWS does not tell.
	Since time.Time `json:"since,omitzero"`
	// ByAWS says that the state began by AWS's doing (an interruption, a failure after the start), not by a person's.
	ByAWS bool `json:"by_aws,omitempty"`
	// Created is when the resource was made; zero when AWS does not tell.
	Created time.Time `json:"created,omitzero"`
	// RestartsAt is when AWS will start a stopped database by itself; zero when it will not, or does not tell.
	RestartsAt time.Time `json:"restarts_at,omitzero"`

	Size      Size      `json:"size,omitzero"` // of groups and services
	Type      string    `json:"type,omitempty"`
	Product   string    `json:"product,omitempty"` // EC2: Linux/UNIX, Windows, ...; databases: the engine
	MultiAZ   bool      `json:"multi_az,omitempty"`
	Lifecycle Lifecycle `json:"lifecycle,omitzero"`
	Tags      Tags      `json:"tags,omitempty"`
	// Traits are what else bears on whether it may be touched, in no order.
	Traits []Trait `json:"traits,omitempty"`
	// Members are the instances of a group, by type; they carry its price.
	Members []Members `json:"members,omitempty"`
	// Parts are the databases of a cluster by identifier, in order: its bill names them and not the cluster.
	Parts []string `json:"parts,omitempty"`

	// Attached are the ids of what is charged beside it while it is stopped too, in order: volumes and elastic addresses.
	Attached []string `json:"attached,omitempty"`

	// Launch is how it gets its capacity; nil where the snapshot was not asked for it.
	Launch *Launch `json:"launch,omitempty"`
	// Posture is how it is set up otherwise; nil where the snapshot was not asked for it.
	Posture *Posture `json:"posture,omitempty"`

	// Price is what an hour of running costs, without storage and addresses that are charged while stopped too.
	Price Price `json:"price,omitzero"`
}

// Members are so many instances of one type in a group.
type Members struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
}

// Size is a group's or a service's capacity. Services have no bounds of their own: Min and Max are those of their scalable
// target where it is known, else zero.
type Size struct {
	Min     int `json:"min"`
	Max     int `json:"max"`
	Desired int `json:"desired"`
}

// IsZero reports whether nothing runs and nothing may be launched.
func (s Size) IsZero() bool { return s == Size{} }

// String writes the size as min/max/desired.
func (s Size) String() string { return fmt.Sprintf("%d/%d/%d", s.Min, s.Max, s.Desired) }

// Price is a price per hour that may be unknown. The zero value is unknown.
type Price struct {
	Rate  money.Rate `json:"usd_per_hour"`
	Known bool       `json:"known"`
}

// IsZero reports whether the price is unknown.
func (p Price) IsZero() bool { return !p.Known }

// Trait is a fact about a resource that can bar or colour an act on it, with what a person needs to know of it.
type Trait struct {
	Kind   TraitKind `json:"trait"`
	Detail string    `json:"detail,omitempty"` // the group's name, the owner, the engine, ...
}

// TraitKind names a fact; its text is stable and stands in saved snapshots.
type TraitKind string

// The traits.
const (
	GroupMember       TraitKind = "group-member"          // instance of the Auto Scaling group Detail
	Managed           TraitKind = "managed"               // run by Detail: EKS, Elastic Beanstalk, an operator
	StackUpdating     TraitKind = "stack-updating"        // the CloudFormation stack Detail is being changed
	StopProtection    TraitKind = "stop-protection"       // disableApiStop is set
	TerminationLock   TraitKind = "termination-lock"      // disableApiTermination is set
	InstanceStoreRoot TraitKind = "instance-store-root"   // cannot be stopped at all
	InstanceStoreData TraitKind = "instance-store-data"   // type Detail has local disks, which a stop wipes
	PublicAddress     TraitKind = "public-address"        // the automatic public address Detail changes at stop and start
	HibernationReady  TraitKind = "hibernation-ready"     // launched with hibernation configured
	ReadReplica       TraitKind = "read-replica"          // of Detail
	ReplicaSource     TraitKind = "replica-source"        // for Detail
	ClusterMember     TraitKind = "cluster-member"        // of the database cluster Detail
	CannotStop        TraitKind = "cannot-stop"           // AWS offers no stop for it: Detail says why
	ScheduledActions  TraitKind = "own-scheduled-actions" // the group has scheduled actions of its own
	WarmPool          TraitKind = "warm-pool"             // the group has a warm pool
	ProtectedMembers  TraitKind = "protected-members"     // Detail instances protected from scale-in
	StandbyMembers    TraitKind = "standby-members"       // Detail instances on standby
	RefreshInProgress TraitKind = "refresh-in-progress"   // an instance refresh runs
	BeingDeleted      TraitKind = "being-deleted"         // the group or service is going away
	Deploying         TraitKind = "deploying"             // the service has a deployment under way
	DaemonService     TraitKind = "daemon-service"        // the service runs one task an instance and has no count
	ExternalDeploy    TraitKind = "external-deployment"   // deployments of the service are made by Detail
	NotInService      TraitKind = "not-in-service"        // Detail (2 of 3) of what it is to run serves by now
	ScalesItself      TraitKind = "scales-itself"         // Application Auto Scaling manages the service's count
)

// Trait returns the resource's trait of a kind.
func (r *Resource) Trait(kind TraitKind) (Trait, bool) {
	for _, t := range r.Traits {
		if t.Kind == kind {
			return t, true
		}
	}
	return Trait{}, false
}

// Name returns the Name tag, empty where there is none.
func (r *Resource) Name() string {
	name, _ := r.Tags.Get("Name")
	return name
}

// Compare orders resources by scope, kind, parent and id, which is the order of every list that offpeak prints.
func (r *Resource) Compare(other *Resource) int {
	return cmp.Or(
		r.Scope.Compare(other.Scope),
		cmp.Compare(r.Kind, other.Kind),
		cmp.Compare(r.Parent, other.Parent),
		cmp.Compare(r.ID, other.ID),
		cmp.Compare(r.ARN, other.ARN),
	)
}
