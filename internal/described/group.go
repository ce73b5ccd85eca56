package described

import (
	"fmt"
	"strconv"
	"strings"

	"offpeak/internal/fleet"
)

// Group is what is needed of an Auto Scaling group in describe-auto-scaling-groups.
type Group struct {
	Name        string `json:"AutoScalingGroupName"`
	ARN         string `json:"AutoScalingGroupARN"`
	Min         *int   `json:"MinSize"`
	Max         *int   `json:"MaxSize"`
	Desired     *int   `json:"DesiredCapacity"`
	CreatedTime Instant
	Status      string // only while it is being deleted
	Instances   []Member
	WarmPool    *struct {
		Status string
	} `json:"WarmPoolConfiguration"`
	Tags []Tag
	GroupLaunch
}

// Member is one instance of a group.
type Member struct {
	ID                   string `json:"InstanceId"`
	Type                 string `json:"InstanceType"`
	Zone                 string `json:"AvailabilityZone"`
	LifecycleState       string
	ProtectedFromScaleIn bool
}

// Resource makes a resource of an Auto Scaling group. Its state follows what it is asked to run: desired capacity above zero is running,
// zero is stopped, and zero with instances left is changing.
func (g *Group) Resource() (fleet.Resource, error) {
	if g.Name == "" {
		return fleet.Resource{}, Missing("AutoScalingGroupName", "a name")
	}
	scope, _, err := identity("AutoScalingGroupARN", g.ARN)
	if err != nil {
		return fleet.Resource{}, err
	}
	for _, n := range []struct {
		field string
		value *int
	}{{"MinSize", g.Min}, {"MaxSize", g.Max}, {"DesiredCapacity", g.Desired}} {
		if err := wholeNumber(n.field, n.value); err != nil {
			return fleet.Resource{}, err
		}
	}
	tags, err := tagsOf("Tags", g.Tags)
	if err != nil {
		return fleet.Resource{}, err
	}
	types := make([]string, len(g.Instances))
	for i := range g.Instances {
		types[i] = g.Instances[i].Type
	}
	resource := fleet.Resource{
		ID:      g.Name,
		ARN:     fleet.ARN(g.ARN),
		Kind:    fleet.AutoScalingGroup,
		Scope:   scope,
		Status:  g.Status,
		Created: g.CreatedTime.Time,
		Size:    fleet.Size{Min: *g.Min, Max: *g.Max, Desired: *g.Desired},
		Tags:    tags,
		Traits:  g.traits(tags),
		Members: countTypes(types),
	}
	switch {
	case g.Status != "":
		resource.State = fleet.Gone
	case *g.Desired > 0:
		resource.State = fleet.Running
	case len(g.Instances) > 0:
		resource.State = fleet.Changing
	default:
		resource.State = fleet.Stopped
	}
	if resource.Status == "" {
		resource.Status = fmt.Sprintf("%d of %d in service", g.count("InService"), *g.Desired)
	}
	return resource, nil
}

// count counts the instances in a lifecycle state. Standby has no variants, InService neither; transitions have.
func (g *Group) count(state string) int {
	n := 0
	for i := range g.Instances {
		if g.Instances[i].LifecycleState == state {
			n++
		}
	}
	return n
}

func (g *Group) traits(tags fleet.Tags) []fleet.Trait {
	var t traits
	protected := 0
	for i := range g.Instances {
		if g.Instances[i].ProtectedFromScaleIn {
			protected++
		}
	}
	standby := g.count("Standby") + g.count("EnteringStandby")
	t.of(fleet.Managed, managedBy(tags))
	if serving := g.count("InService"); g.Desired != nil && serving < *g.Desired {
		t.when(true, fleet.NotInService, fmt.Sprintf("%d of %d", serving, *g.Desired))
	}
	t.when(g.WarmPool != nil, fleet.WarmPool, "")
	t.when(protected > 0, fleet.ProtectedMembers, strconv.Itoa(protected))
	t.when(standby > 0, fleet.StandbyMembers, strconv.Itoa(standby))
	t.when(strings.EqualFold(g.Status, "Delete in progress"), fleet.BeingDeleted, "")
	return t
}

// wholeNumber refuses a count that is missing or below zero.
func wholeNumber(field string, n *int) error {
	switch {
	case n == nil:
		return Missing(field, "a whole number")
	case *n < 0:
		return Unfit(field, strconv.Itoa(*n), "a whole number, zero or above")
	}
	return nil
}
