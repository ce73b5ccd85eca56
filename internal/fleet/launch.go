package fleet

import (
	"slices"
	"strings"
)

// Launch is how a group, an instance or a service gets its capacity: what is to be known before anything of that is changed. It is in snapshots
// that were asked for it.
type Launch struct {
	// Zones are where it may launch, in order: a group's, or the instance's own.
	Zones []string `json:"zones,omitempty"`
	// Template is the launch template, as the group or its mixed policy names it; nil where there is none.
	Template *Template `json:"template,omitempty"`
	// Configuration is the name of a launch configuration, AWS's older form, which cannot be mixed.
	Configuration string `json:"configuration,omitempty"`
	// Mix is the group's MixedInstancesPolicy; nil where it has none.
	Mix *Mix `json:"mix,omitempty"`
	// Rebalance is the group's CapacityRebalance.
	Rebalance bool `json:"rebalance,omitempty"`
	// Suspended are the processes of the group that are suspended, such as Launch and Terminate.
	Suspended []string `json:"suspended,omitempty"`
	// Hooks are the lifecycle hooks of the group by name.
	Hooks []string `json:"hooks,omitempty"`
	// Targets are the target groups and classic load balancers that its members are registered with.
	Targets []Target `json:"targets,omitempty"`
	// Members are what runs, in order of id.
	Members []Member `json:"members,omitempty"`
	// Volumes and Interfaces are those of an instance, or those that the template makes.
	Volumes    []Volume    `json:"volumes,omitempty"`
	Interfaces []Interface `json:"interfaces,omitempty"`
	// Image, Tenancy, Profile and Request are of an instance alone: its AMI, dedicated or host, its instance profile and its Spot request.
	Image   string `json:"image,omitempty"`
	Tenancy string `json:"tenancy,omitempty"`
	Profile string `json:"profile,omitempty"`
	Request string `json:"request,omitempty"`
	// Providers are the capacity providers of an ECS service, or of its cluster's default; LaunchType is FARGATE, EC2 or EXTERNAL where it has none.
	Providers  []Provider `json:"providers,omitempty"`
	LaunchType string     `json:"launch_type,omitempty"`
	Platform   string     `json:"platform,omitempty"` // of a service on Fargate: LINUX or WINDOWS_..., and the architecture, as LINUX/ARM64
	// Offered are the capacity providers that the service's cluster has. They are known where Seen says so.
	Offered []Provider `json:"offered,omitempty"`
	// MinHealthy and MaxHealthy are the percentages of a deployment's or of the instance maintenance policy's bounds; both zero where none is set.
	MinHealthy int `json:"min_healthy,omitempty"`
	MaxHealthy int `json:"max_healthy,omitempty"`
	// Scheduled are the sizes that scheduled actions of the group's own set, each once, in order.
	Scheduled []int `json:"scheduled,omitempty"`
	// Seen are the facts that were looked at although no description of the thing itself tells them. What is not among them is not known,
	// whatever stands, or does not stand, here and in the traits.
	Seen []Fact `json:"seen,omitempty"`
}

// Fact is something that takes a look of its own to be known.
type Fact string

// The facts.
const (
	Stacks     Fact = "stacks"     // whether its CloudFormation stack is being changed
	Refreshes  Fact = "refreshes"  // whether an instance refresh is under way
	Protection Fact = "protection" // whether it is protected from being terminated or stopped
	Clusters   Fact = "clusters"   // which capacity providers the service's cluster has
)

// Saw reports whether a fact was looked at.
func (l *Launch) Saw(f Fact) bool { return l != nil && slices.Contains(l.Seen, f) }

// Template is a launch template at a version.
type Template struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version"` // as named: a number, $Latest or $Default
	// Number is what Version stands for now.
	Number int    `json:"number,omitempty"`
	Type   string `json:"type,omitempty"` // empty: the template names requirements instead, or none
	// Image is an AMI's id, or resolve:ssm:NAME, which may be another one tomorrow.
	Image   string `json:"image,omitempty"`
	Tenancy string `json:"tenancy,omitempty"`
	Profile string `json:"profile,omitempty"`
	// Market is the purchase option that the template itself asks for (spot); empty: none. A mixed policy does not take templates with one.
	Market string `json:"market,omitempty"`
}

// Mix is what is needed of a MixedInstancesPolicy.
type Mix struct {
	Base       int      `json:"base"`        // OnDemandBaseCapacity
	AboveBase  int      `json:"above_base"`  // OnDemandPercentageAboveBaseCapacity
	Strategy   string   `json:"strategy"`    // SpotAllocationStrategy
	Types      []string `json:"types"`       // of the overrides, in order; empty: the template's
	Weighted   bool     `json:"weighted"`    // an override counts for more than one unit
	ByRequired bool     `json:"by_required"` // an override names requirements instead of types
	MaxPrice   string   `json:"max_price,omitempty"`
	// ManyTemplates says that an override names a template of its own.
	ManyTemplates bool `json:"many_templates,omitempty"`
}

// Member is one instance of a group.
type Member struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Zone      string    `json:"zone"`
	Lifecycle Lifecycle `json:"lifecycle,omitzero"`
	InService bool      `json:"in_service"`
	Leaving   bool      `json:"leaving,omitempty"`   // on its way out of the group
	Protected bool      `json:"protected,omitempty"` // from scale-in
	Address   string    `json:"address,omitempty"`   // an elastic address that is bound to it
}

// Target is where members get their traffic from.
type Target struct {
	ARN    string `json:"arn"`
	Kind   string `json:"kind"`             // application, network, gateway, classic
	Sticky bool   `json:"sticky,omitempty"` // sessions stay with a member
}

// Volume is a disk of an instance.
type Volume struct {
	ID        string `json:"id,omitempty"`
	Device    string `json:"device"`
	Root      bool   `json:"root,omitempty"`
	Kept      bool   `json:"kept,omitempty"`      // DeleteOnTermination is off: it outlives the instance
	Ephemeral bool   `json:"ephemeral,omitempty"` // a disk of the instance store
	Key       string `json:"key,omitempty"`       // the customer key that encrypts it
}

// Interface is a network interface of an instance.
type Interface struct {
	ID     string `json:"id,omitempty"`
	Index  int    `json:"index"`
	Kept   bool   `json:"kept,omitempty"`   // DeleteOnTermination is off
	Public string `json:"public,omitempty"` // an elastic address that is bound to it
}

// Provider is one line of a capacity provider strategy.
type Provider struct {
	Name   string `json:"name"`
	Base   int    `json:"base,omitempty"`
	Weight int    `json:"weight,omitempty"`
	// Spot says that what it launches is Spot: FARGATE_SPOT, or a group of Spot instances.
	Spot bool `json:"spot,omitempty"`
}

// GroupName is the name of an Auto Scaling group in its ARN; false for other ARNs.
func GroupName(arn ARN) (string, bool) {
	_, name, found := strings.Cut(string(arn), ":autoScalingGroupName/")
	return name, found
}
