// Package patch writes what makes a move permanent in the code that owns a resource: CloudFormation, CDK and Terraform.
//
// In goes what is bought (fleet.Purchase); out comes a piece of template for people to take over. It changes nothing: a group that somebody else's
// code describes would be set back by its next deployment, so the code has to say the same.
package patch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"offpeak/internal/fleet"
)

// Language is a way to describe infrastructure.
type Language string

// The languages.
const (
	CloudFormation Language = "cloudformation" // YAML
	CDK            Language = "cdk"            // TypeScript, aws-cdk-lib/aws-autoscaling and aws-ecs
	Terraform      Language = "terraform"      // the AWS provider's aws_autoscaling_group, aws_instance and aws_ecs_service
)

// Languages lists them in the order in which they are printed.
func Languages() []Language { return []Language{CloudFormation, CDK, Terraform} }

// Of writes the patch of a resource in a language. It is empty where the language has nothing to be changed: an instance becomes a Spot instance by
// being replaced, which no attribute of it says.
func Of(kind fleet.Kind, p fleet.Purchase, in Language) string {
	switch kind {
	case fleet.AutoScalingGroup:
		return ofGroup(p, in)
	case fleet.ECSService:
		return ofService(p, in)
	case fleet.EC2Instance:
		return ofInstance(p, in)
	default:
		return ""
	}
}

func ofGroup(p fleet.Purchase, in Language) string {
	switch {
	case p.Mix == nil:
		return plainGroup(p, in)
	case in == CloudFormation:
		return groupYAML(p)
	case in == CDK:
		return groupCDK(p)
	default:
		return groupTerraform(p)
	}
}

func groupYAML(p fleet.Purchase) string {
	w := &writer{}
	w.line(0, "# in Properties of the AWS::AutoScaling::AutoScalingGroup, instead of LaunchTemplate")
	w.line(0, "CapacityRebalance: %t", p.Rebalance)
	w.line(0, "MixedInstancesPolicy:")
	w.line(1, "InstancesDistribution:")
	w.line(2, "OnDemandBaseCapacity: %d", p.Mix.Base)
	w.line(2, "OnDemandPercentageAboveBaseCapacity: %d", p.Mix.AboveBase)
	w.line(2, "SpotAllocationStrategy: %s", p.Mix.Strategy)
	w.line(1, "LaunchTemplate:")
	w.line(2, "LaunchTemplateSpecification:")
	id, version := templateOf(p)
	w.line(3, "LaunchTemplateId: %s", id)
	w.line(3, "Version: %s", strconv.Quote(version))
	w.line(2, "Overrides:")
	for _, t := range p.Mix.Types {
		w.line(3, "- InstanceType: %s", t)
	}
	return w.String()
}

func groupCDK(p fleet.Purchase) string {
	w := &writer{}
	w.line(0, "// of the autoscaling.AutoScalingGroup, instead of launchTemplate")
	w.line(0, "capacityRebalance: %t,", p.Rebalance)
	w.line(0, "mixedInstancesPolicy: {")
	w.line(1, "instancesDistribution: {")
	w.line(2, "onDemandBaseCapacity: %d,", p.Mix.Base)
	w.line(2, "onDemandPercentageAboveBaseCapacity: %d,", p.Mix.AboveBase)
	w.line(2, "spotAllocationStrategy: autoscaling.SpotAllocationStrategy.%s,", strings.ToUpper(strings.ReplaceAll(p.Mix.Strategy, "-", "_")))
	w.line(1, "},")
	id, version := templateOf(p)
	w.line(1, "launchTemplate, // %s, version %s", id, version)
	w.line(1, "launchTemplateOverrides: [")
	for _, t := range p.Mix.Types {
		w.line(2, "{ instanceType: new ec2.InstanceType('%s') },", t)
	}
	w.line(1, "],")
	w.line(0, "},")
	return w.String()
}

func groupTerraform(p fleet.Purchase) string {
	w := &writer{}
	w.line(0, "# in the aws_autoscaling_group, instead of launch_template")
	w.line(0, "capacity_rebalance = %t", p.Rebalance)
	w.line(0, "mixed_instances_policy {")
	w.line(1, "instances_distribution {")
	w.line(2, "on_demand_base_capacity                  = %d", p.Mix.Base)
	w.line(2, "on_demand_percentage_above_base_capacity = %d", p.Mix.AboveBase)
	w.line(2, "spot_allocation_strategy                 = %q", p.Mix.Strategy)
	w.line(1, "}")
	w.line(1, "launch_template {")
	id, version := templateOf(p)
	w.line(2, "launch_template_specification {")
	w.line(3, "launch_template_id = %q", id)
	w.line(3, "version            = %q", version)
	w.line(2, "}")
	for _, t := range p.Mix.Types {
		w.line(2, "override {")
		w.line(3, "instance_type = %q", t)
		w.line(2, "}")
	}
	w.line(1, "}")
	w.line(0, "}")
	return w.String()
}

// plainGroup is the group as it buys one type on demand.
func plainGroup(p fleet.Purchase, in Language) string {
	w := &writer{}
	id, version := templateOf(p)
	switch in {
	case CloudFormation:
		w.line(0, "# in Properties of the AWS::AutoScaling::AutoScalingGroup, instead of MixedInstancesPolicy")
		w.line(0, "CapacityRebalance: %t", p.Rebalance)
		w.line(0, "LaunchTemplate:")
		w.line(1, "LaunchTemplateId: %s", id)
		w.line(1, "Version: %s", strconv.Quote(version))
	case CDK:
		w.line(0, "// of the autoscaling.AutoScalingGroup, instead of mixedInstancesPolicy")
		w.line(0, "launchTemplate, // %s, version %s", id, version)
	default:
		w.line(0, "# in the aws_autoscaling_group, instead of mixed_instances_policy")
		w.line(0, "capacity_rebalance = %t", p.Rebalance)
		w.line(0, "launch_template {")
		w.line(1, "id      = %q", id)
		w.line(1, "version = %q", version)
		w.line(0, "}")
	}
	return w.String()
}

func templateOf(p fleet.Purchase) (id, version string) {
	if p.Template == nil {
		return "LAUNCH_TEMPLATE", "1"
	}
	return p.Template.ID, p.Template.Version
}

// ofService writes the strategy in the order of names, as AWS gives it back.
func ofService(p fleet.Purchase, in Language) string {
	if len(p.Providers) == 0 {
		return ""
	}
	providers := slices.Clone(p.Providers)
	slices.SortFunc(providers, func(a, b fleet.Provider) int { return strings.Compare(a.Name, b.Name) })
	w := &writer{}
	switch in {
	case CloudFormation:
		w.line(0, "# in Properties of the AWS::ECS::Service, instead of LaunchType")
		w.line(0, "CapacityProviderStrategy:")
	case CDK:
		w.line(0, "// of the ecs.FargateService or ecs.Ec2Service")
		w.line(0, "capacityProviderStrategies: [")
	default:
		w.line(0, "# in the aws_ecs_service, instead of launch_type")
	}
	for _, provider := range providers {
		switch in {
		case CloudFormation:
			w.line(1, "- CapacityProvider: %s", provider.Name)
			w.line(2, "Base: %d", provider.Base)
			w.line(2, "Weight: %d", provider.Weight)
		case CDK:
			w.line(1, "{ capacityProvider: '%s', base: %d, weight: %d },", provider.Name, provider.Base, provider.Weight)
		default:
			w.line(0, "capacity_provider_strategy {")
			w.line(1, "capacity_provider = %q", provider.Name)
			w.line(1, "base              = %d", provider.Base)
			w.line(1, "weight            = %d", provider.Weight)
			w.line(0, "}")
		}
	}
	if in == CDK {
		w.line(0, "],")
	}
	return w.String()
}

// ofInstance knows one language that describes Spot instances as such; it replaces the instance, so that the text says how the code gets to know the
// one that is there.
func ofInstance(p fleet.Purchase, in Language) string {
	if in != Terraform || p.Lifecycle != fleet.SpotPersistent {
		return ""
	}
	w := &writer{}
	w.line(0, "# in the aws_instance; the instance has a new id: remove the old one from the state and import the new one")
	w.line(0, "instance_market_options {")
	w.line(1, "market_type = \"spot\"")
	w.line(1, "spot_options {")
	w.line(2, "instance_interruption_behavior = \"stop\"")
	w.line(2, "spot_instance_type             = \"persistent\"")
	w.line(1, "}")
	w.line(0, "}")
	return w.String()
}

// writer writes lines, each indented by steps of two spaces.
type writer struct{ strings.Builder }

func (w *writer) line(depth int, format string, values ...any) {
	_, _ = fmt.Fprintf(w, strings.Repeat("  ", depth)+format+"\n", values...)
}
