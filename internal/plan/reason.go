package plan

// Code is a stable name of a reason. Scripts may rely on it; the sentence beside it is for people and may change.
type Code string

// Refusals: an opted-in resource that is not acted on although its schedule may ask for it.
const (
	Protected            Code = "protected"
	EnvironmentUnknown   Code = "environment-unknown"
	EnvironmentAmbiguous Code = "environment-ambiguous"
	UnknownSchedule      Code = "unknown-schedule"
	NoSchedule           Code = "no-schedule"
	InvalidTag           Code = "invalid-tag"
	ConflictingTags      Code = "conflicting-tags"
	OnHold               Code = "on-hold"
	GroupMember          Code = "group-member"
	Managed              Code = "managed"
	StackUpdating        Code = "stack-updating"
	StopProtection       Code = "stop-protection"
	InstanceStore        Code = "instance-store"
	SpotOneTime          Code = "spot-one-time"
	AddressToKeep        Code = "address-to-keep"
	ReadReplica          Code = "read-replica"
	ReplicaSource        Code = "replica-source"
	ClusterMember        Code = "cluster-member"
	CannotStop           Code = "cannot-stop"
	OwnScheduledActions  Code = "own-scheduled-actions"
	WarmPool             Code = "warm-pool"
	ProtectedMembers     Code = "protected-members"
	StandbyMembers       Code = "standby-members"
	RefreshInProgress    Code = "refresh-in-progress"
	BeingDeleted         Code = "being-deleted"
	Deploying            Code = "deploying"
	DaemonService        Code = "daemon-service"
	ExternalDeployment   Code = "external-deployment"
	SizeUnknown          Code = "size-unknown"
	SinceUnknown         Code = "since-unknown"
	InTransition         Code = "in-transition"
	WaitingForOrder      Code = "waiting-for-order"
	RetryLater           Code = "retry-later"
	NotStoppedByUs       Code = "not-stopped-by-us"
	GuardReached         Code = "guard-reached"
	StaleSnapshot        Code = "stale-snapshot"
	KillSwitch           Code = "kill-switch"
	Superseded           Code = "superseded"
	NotForSpot           Code = "not-for-spot"
	Converting           Code = "converting"
)

// Idle codes: nothing to do, and why.
const (
	Enrolled       Code = "enrolled"
	AsWanted       Code = "as-wanted"
	LeftAlone      Code = "left-alone"
	Observed       Code = "observed"
	NothingWanted  Code = "nothing-wanted"
	IgnoredByOwner Code = "ignored"
)

// Findings: worth knowing, bars nothing.
const (
	AddressChanges  Code = "address-changes"
	TagKeyCase      Code = "tag-key-case"
	OrderWithout    Code = "order-without-group"
	OrderOverdue    Code = "order-overdue"
	OverrideExpired Code = "override-expired"
	OverrideEnds    Code = "override-ends"
	HibernationOff  Code = "hibernation-not-configured"
	LocalDiskWiped  Code = "local-disk-wiped"
	ListingGap      Code = "listing-gap"
	NoMemory        Code = "no-memory"
	ListPrices      Code = "list-prices"
	NoPrices        Code = "no-prices"
	SpotAdvised     Code = "spot-advised"
	SpotTrouble     Code = "spot-trouble"
)

// Meaning explains a code: where it is used, and what it says.
type Meaning struct {
	Code Code
	Says string
	Used string // refusal, idle or finding
}

// Meanings lists every code in the order of the guide.
func Meanings() []Meaning {
	return append(append(refusalMeanings(), idleMeanings()...), findingMeanings()...)
}

func refusalMeanings() []Meaning {
	meanings := []Meaning{
		{Code: Protected, Says: "the environment is protected; nothing in it is ever touched"},
		{Code: EnvironmentUnknown, Says: "neither its account nor its tags belong to an environment of the policy"},
		{Code: EnvironmentAmbiguous, Says: "it belongs to two environments that are not protected"},
		{Code: UnknownSchedule, Says: "the tag names a schedule that the policy does not have"},
		{Code: NoSchedule, Says: "the tag is empty and the environment has no default schedule"},
		{Code: InvalidTag, Says: "a tag cannot be read as hours, as an override or as an order"},
		{Code: ConflictingTags, Says: "two schedule tags disagree"},
		{Code: OnHold, Says: "a hold calendar forbids any act at this time"},
		{Code: GroupMember, Says: "an instance of an Auto Scaling group; the group is scheduled instead"},
		{Code: Managed, Says: "something else runs it: EKS, Elastic Beanstalk, an operator"},
		{Code: StackUpdating, Says: "its CloudFormation stack is being changed"},
		{Code: StopProtection, Says: "stop protection is set"},
		{Code: InstanceStore, Says: "it has instance-store disks, which a stop wipes or does not allow"},
		{Code: SpotOneTime, Says: "a one-time Spot instance can only be terminated"},
		{Code: AddressToKeep, Says: "its automatic public address would change and the policy says to keep it"},
		{Code: ReadReplica, Says: "AWS does not stop read replicas"},
		{Code: ReplicaSource, Says: "AWS does not stop a database that has read replicas"},
		{Code: ClusterMember, Says: "a member of a database cluster; the cluster is scheduled instead"},
		{Code: CannotStop, Says: "AWS offers no stop for this engine or form"},
		{Code: OwnScheduledActions, Says: "the group has scheduled actions of its own"},
		{Code: WarmPool, Says: "the group has a warm pool"},
		{Code: ProtectedMembers, Says: "the group has instances that are protected from scale-in"},
		{Code: StandbyMembers, Says: "the group has instances on standby"},
		{Code: RefreshInProgress, Says: "an instance refresh of the group is under way"},
		{Code: BeingDeleted, Says: "it is being deleted"},
		{Code: Deploying, Says: "the service has a deployment under way"},
		{Code: DaemonService, Says: "a daemon service runs one task on each instance and has no size"},
		{Code: ExternalDeployment, Says: "deployments of the service are made from outside ECS"},
		{Code: SizeUnknown, Says: "the size before it was switched off is not known"},
		{Code: SinceUnknown, Says: "AWS does not tell since when, so a person may have changed it after the edge"},
		{Code: InTransition, Says: "it is between states; the next run looks again"},
		{Code: WaitingForOrder, Says: "others of its group come first"},
		{Code: RetryLater, Says: "AWS refused it for a reason that somebody has to put right; it is tried again after a quarter of an hour, then every hour"},
		{Code: NotStoppedByUs, Says: "its schedule starts only what offpeak stopped"},
		{Code: GuardReached, Says: "more unannounced acts than usual; they are held for a person to look at"},
		{Code: StaleSnapshot, Says: "the snapshot is older than the policy's stale_after"},
		{Code: KillSwitch, Says: "the kill switch, the policy's or the hub's, forbids it"},
		{Code: Superseded, Says: "another planner's action on the same resource comes first"},
		{Code: NotForSpot, Says: "its owner asks for Spot, and something speaks against it"},
		{Code: Converting, Says: "AutoSpot replaces it by an instance of another lifecycle just now; its schedule goes on with that one"},
	}
	return used(meanings, "refusal")
}

func idleMeanings() []Meaning {
	return used([]Meaning{
		{Code: Enrolled, Says: "seen for the first time, or with a new schedule: acts from its next edge on"},
		{Code: AsWanted, Says: "already in the state that its schedule wants"},
		{Code: LeftAlone, Says: "changed by a person after the last edge, or enrolled after it; left alone until the next one"},
		{Code: Observed, Says: "its account is new and only watched for the policy's observe; nothing is done with it until then"},
		{Code: NothingWanted, Says: "its schedule wants nothing at this time"},
		{Code: IgnoredByOwner, Says: "its owner wrote ignore"},
	}, "idle")
}

func findingMeanings() []Meaning {
	return used([]Meaning{
		{Code: AddressChanges, Says: "its automatic public address changes when it is stopped and started"},
		{Code: TagKeyCase, Says: "a tag key differs from a configured key in upper and lower case only, so it does not opt in"},
		{Code: OrderWithout, Says: "it has an order but no group"},
		{Code: OrderOverdue, Says: "an earlier member of its group is late; it was not waited for any longer"},
		{Code: OverrideExpired, Says: "its override has ended; the tag can be removed"},
		{Code: OverrideEnds, Says: "an override is in force, and this is when it ends"},
		{Code: HibernationOff, Says: "its schedule hibernates but it was not launched with hibernation; it is stopped"},
		{Code: LocalDiskWiped, Says: "a stop wipes its instance-store disks, which the policy allows"},
		{Code: ListingGap, Says: "the inventory lacks something"},
		{Code: NoMemory, Says: "planned without memory: a person's changes are told by times alone, and the guard is off"},
		{Code: ListPrices, Says: "prices that nobody gave are AWS's list prices, of the day that it says"},
		{Code: NoPrices, Says: "AWS's price list could not be asked or kept; prices that are not known are missing, and nothing else is"},
		{Code: SpotAdvised, Says: "AutoSpot would move it; its mode leaves that to a person"},
		{Code: SpotTrouble, Says: "something about its move to Spot needs a person"},
	}, "finding")
}

func used(meanings []Meaning, where string) []Meaning {
	for i := range meanings {
		meanings[i].Used = where
	}
	return meanings
}
