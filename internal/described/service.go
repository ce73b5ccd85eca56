package described

import (
	"fmt"
	"strings"

	"offpeak/internal/fleet"
)

// Service is what is needed of an ECS service in describe-services.
type Service struct {
	Name       string     `json:"serviceName"`
	ARN        string     `json:"serviceArn"`
	Cluster    string     `json:"clusterArn"`
	Status     string     `json:"status"`
	Desired    *int       `json:"desiredCount"`
	Running    *int       `json:"runningCount"`
	Pending    int        `json:"pendingCount"`
	Created    Instant    `json:"createdAt"`
	LaunchType string     `json:"launchType"`
	Providers  []Provider `json:"capacityProviderStrategy"`
	Scheduling string     `json:"schedulingStrategy"`
	Controller struct {
		Type string `json:"type"`
	} `json:"deploymentController"`
	Deployments []Deployment  `json:"deployments"`
	Tags        *[]ServiceTag `json:"tags"`

	// What its tasks are launched with (Launch).
	Platform  string     `json:"platformFamily"` // of a service on Fargate: Linux, Windows Server 2022 Core, ...
	Balancers []Balancer `json:"loadBalancers"`
	Bounds    struct {
		Min *int `json:"minimumHealthyPercent"`
		Max *int `json:"maximumPercent"`
	} `json:"deploymentConfiguration"`
}

// Provider is a capacity provider of a service's strategy.
type Provider struct {
	Name   string `json:"capacityProvider"`
	Base   int    `json:"base"`
	Weight int    `json:"weight"`
}

// Balancer is a load balancer that a service's tasks are registered with: a target group, or a classic one's name.
type Balancer struct {
	TargetGroup string `json:"targetGroupArn"`
	Classic     string `json:"loadBalancerName"`
}

// Deployment is one of a service's deployments.
type Deployment struct {
	Rollout string `json:"rolloutState"`
}

// ServiceTag is a tag in ECS's spelling.
type ServiceTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

const serviceStates = "one of ACTIVE, DRAINING, INACTIVE"

// Resource makes a resource of an ECS service. Its state follows the count it is asked to run: above zero is running, zero is stopped,
// and zero with tasks left is changing.
func (s *Service) Resource() (fleet.Resource, error) {
	if s.Name == "" {
		return fleet.Resource{}, Missing("serviceName", "a name")
	}
	scope, resource, err := identity("serviceArn", s.ARN)
	if err != nil {
		return fleet.Resource{}, err
	}
	parent, err := s.clusterName(resource)
	if err != nil {
		return fleet.Resource{}, err
	}
	if err := wholeNumber("desiredCount", s.Desired); err != nil {
		return fleet.Resource{}, err
	}
	if err := wholeNumber("runningCount", s.Running); err != nil {
		return fleet.Resource{}, err
	}
	state, err := s.state()
	if err != nil {
		return fleet.Resource{}, err
	}
	tags, err := optionalTags("tags", s.tags())
	if err != nil {
		return fleet.Resource{}, err
	}
	return fleet.Resource{
		ID:      s.Name,
		ARN:     fleet.ARN(s.ARN),
		Kind:    fleet.ECSService,
		Scope:   scope,
		Parent:  parent,
		State:   state,
		Status:  s.Status,
		Created: s.Created.Time,
		Size:    fleet.Size{Desired: *s.Desired},
		Product: s.product(),
		Tags:    tags,
		Traits:  s.traits(),
	}, nil
}

// clusterName takes the cluster's name from the service's ARN; ARNs from before 2018 do not hold it, the cluster's own does.
func (s *Service) clusterName(resource string) (string, error) {
	if parts := strings.Split(resource, "/"); len(parts) == 3 {
		return parts[1], nil
	}
	const expected = "an ARN such as arn:aws:ecs:ap-northeast-2:111122223333:cluster/shop"
	if s.Cluster == "" {
		return "", Missing("clusterArn", expected)
	}
	a, ok := ParseARN(s.Cluster)
	name, found := strings.CutPrefix(a.Resource, "cluster/")
	if !ok || !found {
		return "", Unfit("clusterArn", s.Cluster, expected)
	}
	return name, nil
}

func (s *Service) state() (fleet.State, error) {
	switch s.Status {
	case "DRAINING", "INACTIVE":
		return fleet.Gone, nil
	case "":
		return fleet.StateUnknown, Missing("status", serviceStates)
	case "ACTIVE":
	default:
		return fleet.StateUnknown, Unfit("status", s.Status, serviceStates)
	}
	switch {
	case *s.Desired > 0:
		return fleet.Running, nil
	case *s.Running+s.Pending > 0:
		return fleet.Changing, nil
	}
	return fleet.Stopped, nil
}

// product is the launch type, or the capacity providers joined by a plus sign.
func (s *Service) product() string {
	if s.LaunchType != "" {
		return s.LaunchType
	}
	var providers []string
	for _, p := range s.Providers {
		providers = append(providers, p.Name)
	}
	return strings.Join(providers, "+")
}

func (s *Service) tags() *[]Tag {
	if s.Tags == nil {
		return nil
	}
	tags := make([]Tag, len(*s.Tags))
	for i, t := range *s.Tags {
		tags[i] = Tag(t)
	}
	return &tags
}

func (s *Service) traits() []fleet.Trait {
	var t traits
	rolling := false
	for _, d := range s.Deployments {
		rolling = rolling || d.Rollout == "IN_PROGRESS"
	}
	if s.Desired != nil && s.Running != nil && *s.Running < *s.Desired {
		t.when(true, fleet.NotInService, fmt.Sprintf("%d of %d", *s.Running, *s.Desired))
	}
	t.when(s.Status == "DRAINING", fleet.BeingDeleted, "")
	t.when(rolling || len(s.Deployments) > 1, fleet.Deploying, "")
	t.when(s.Scheduling == "DAEMON", fleet.DaemonService, "")
	switch s.Controller.Type {
	case "CODE_DEPLOY":
		t.when(true, fleet.ExternalDeploy, "CodeDeploy")
	case "EXTERNAL":
		t.when(true, fleet.ExternalDeploy, "a controller of its own")
	}
	return t
}

// ScalableTarget is what is needed of an ECS service's target in application-autoscaling describe-scalable-targets.
type ScalableTarget struct {
	Resource string `json:"ResourceId"` // service/shop/web
	Min      int    `json:"MinCapacity"`
	Max      int    `json:"MaxCapacity"`
}

// TargetOf returns the name under which Application Auto Scaling knows an ECS service.
func TargetOf(r *fleet.Resource) string { return "service/" + r.Parent + "/" + r.ID }

// Scale completes a service by its scalable target: it has bounds, and a count that AWS changes by itself.
func (t *ScalableTarget) Scale(r *fleet.Resource) {
	r.Size.Min, r.Size.Max = t.Min, t.Max
	r.Traits = append(r.Traits, fleet.Trait{Kind: fleet.ScalesItself})
}
