package autospot

// Code is a gate's stable name. Scripts may rely on it; the sentences beside it are for people and may change.
type Code string

// The gates of every kind.
const (
	GateEnvironment Code = "environment"
	GateOptIn       Code = "opt-in"
	GateOwner       Code = "owner"
	GateStack       Code = "stack"
	GateDeletion    Code = "deletion"
	GatePurchase    Code = "purchase"
)

// The gates of groups, of instances, or of both.
const (
	GateConfiguration Code = "launch-configuration"
	GateVersion       Code = "template-version"
	GateImage         Code = "image"
	GateMarket        Code = "market-options"
	GateRequirements  Code = "requirements"
	GateWeights       Code = "weights"
	GateTenancy       Code = "tenancy"
	GateType          Code = "instance-type"
	GateProduct       Code = "product"
	GateSize          Code = "size"
	GateSuspended     Code = "suspended-processes"
	GateRefresh       Code = "refresh"
	GateWarmPool      Code = "warm-pool"
	GateMembers       Code = "members"
	GateVolumes       Code = "volumes"
	GateAddresses     Code = "addresses"
	GateInstanceStore Code = "instance-store"
	GateStickiness    Code = "stickiness"
	GateQuota         Code = "quota"
	GateGroupMember   Code = "group-member"
	GateTransition    Code = "transition"
	GateHibernation   Code = "hibernation"
	GateProtection    Code = "protection"
)

// The gates of ECS services, and the one gate of what is none of the three.
const (
	GateDaemon      Code = "daemon"
	GateDeployments Code = "deployments"
	GateDeploying   Code = "deploying"
	GateLaunchType  Code = "launch-type"
	GatePlatform    Code = "platform"
	GateProviders   Code = "providers"
	GateKind        Code = "kind"
)

// Meaning explains a gate: what it asks, and what a refusal means.
type Meaning struct {
	Code Code
	Asks string
	// Of says which kinds it is asked of: all, groups, instances, services.
	Of string
}

// Meanings lists every gate in the order of the guide, which is that in which they are judged.
func Meanings() []Meaning {
	return []Meaning{
		{GateEnvironment, "is it in one environment of the policy, and is that not protected?", "all"},
		{GateOptIn, "does its owner say yes in the tag, or name a profile of the policy?", "all"},
		{GateOwner, "does something else run it (EKS, Elastic Beanstalk, Batch, EMR, an operator), which would undo a move?", "all"},
		{GateStack, "is its CloudFormation stack being changed, or would the next deployment take a move back?", "all"},
		{GateDeletion, "is it being deleted?", "all"},
		{GateConfiguration, "does it launch by a launch template? A launch configuration cannot be mixed", "groups"},
		{GateVersion, "is the version of the template a number? Only then can a refresh be rolled back", "groups"},
		{GateImage, "does the template name its image by id? One of an SSM parameter may be another tomorrow", "groups"},
		{GateMarket, "does the template leave the purchase option open? A mixed policy takes no template that asks for Spot", "groups"},
		{GateRequirements, "does it name instance types, of one template, instead of requirements?", "groups"},
		{GateWeights, "do all its types count for one unit?", "groups"},
		{GatePurchase, "does it buy as AutoSpot wrote, or on demand? What somebody else wrote since is left", "all"},
		{GateGroupMember, "does it stand alone? Members of a group are left to their group", "instances"},
		{GateTransition, "is it running or stopped, and nothing between?", "instances"},
		{GateTenancy, "does it run on shared hardware?", "groups, instances"},
		{GateType, "is its type known, and to be had on Spot?", "groups, instances"},
		{GateProduct, "is what it is billed as sold on Spot, and its on-demand price known?", "groups, instances"},
		{GateSize, "may it have more than one instance or task?", "groups, services"},
		{GateSuspended, "may the group launch, end and register instances, and keep its zones even?", "groups"},
		{GateRefresh, "is no instance refresh under way?", "groups"},
		{GateWarmPool, "has it no warm pool?", "groups"},
		{GateMembers, "may all its members be replaced? Protected and standby ones stay as they are", "groups"},
		{GateHibernation, "was it launched without hibernation? A conversion loses what is in memory", "instances"},
		{GateProtection, "may it be stopped and terminated, as a conversion does?", "instances"},
		{GateVolumes, "is nothing kept on volumes that outlive a member?", "groups, instances"},
		{GateAddresses, "are its addresses those that a replacement takes over?", "groups, instances"},
		{GateInstanceStore, "is nothing kept on local disks?", "groups, instances"},
		{GateStickiness, "do sessions not stay with one member?", "groups, services"},
		{GateQuota, "has the account room for it in its Spot vCPUs?", "groups, instances"},
		{GateDaemon, "has the service a count of tasks?", "services"},
		{GateDeployments, "does ECS itself deploy the service?", "services"},
		{GateDeploying, "is no deployment under way?", "services"},
		{GateLaunchType, "does it run in AWS, and by capacity providers?", "services"},
		{GatePlatform, "is it a platform that Fargate Spot runs?", "services"},
		{GateProviders, "has its cluster a provider of Spot capacity?", "services"},
		{GateKind, "is it a group, an instance or an ECS service?", "others"},
	}
}
