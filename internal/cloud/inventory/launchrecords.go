package inventory

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

func groupLaunch(g *types.AutoScalingGroup) described.GroupLaunch {
	l := described.GroupLaunch{
		Configuration: aws.ToString(g.LaunchConfigurationName),
		Template:      specification(g.LaunchTemplate),
		Rebalance:     aws.ToBool(g.CapacityRebalance),
		Zones:         g.AvailabilityZones,
		Targets:       g.TargetGroupARNs,
		Classic:       g.LoadBalancerNames,
	}
	for _, p := range g.SuspendedProcesses {
		l.Suspended = append(l.Suspended, described.Process{Name: aws.ToString(p.ProcessName)})
	}
	if m := g.InstanceMaintenancePolicy; m != nil {
		l.Maintenance = &described.MaintenancePolicy{Min: int(aws.ToInt32(m.MinHealthyPercentage)), Max: int(aws.ToInt32(m.MaxHealthyPercentage))}
	}
	if p := g.MixedInstancesPolicy; p != nil {
		l.Policy = mixedPolicy(p)
	}
	return l
}

func specification(s *types.LaunchTemplateSpecification) *described.TemplateSpecification {
	if s == nil {
		return nil
	}
	return &described.TemplateSpecification{ID: aws.ToString(s.LaunchTemplateId), Name: aws.ToString(s.LaunchTemplateName), Version: aws.ToString(s.Version)}
}

func mixedPolicy(p *types.MixedInstancesPolicy) *described.MixedPolicy {
	record := &described.MixedPolicy{}
	if t := p.LaunchTemplate; t != nil {
		record.Template.Specification = specification(t.LaunchTemplateSpecification)
		for _, o := range t.Overrides {
			override := described.Override{Type: aws.ToString(o.InstanceType), Weight: aws.ToString(o.WeightedCapacity), Template: specification(o.LaunchTemplateSpecification)}
			if o.InstanceRequirements != nil {
				override.Requirements = &struct{}{}
			}
			record.Template.Overrides = append(record.Template.Overrides, override)
		}
	}
	if d := p.InstancesDistribution; d != nil {
		record.Distribution.Base, record.Distribution.AboveBase = number(d.OnDemandBaseCapacity), number(d.OnDemandPercentageAboveBaseCapacity)
		record.Distribution.Strategy, record.Distribution.MaxPrice = aws.ToString(d.SpotAllocationStrategy), aws.ToString(d.SpotMaxPrice)
	}
	return record
}

// complete adds to an instance what was asked for beside what it is.
func (r *reading) complete(resource *fleet.Resource, launched described.LaunchedInstance) {
	if r.options.Launch != nil {
		resource.Launch = launched.Launch()
	}
	if r.options.Posture != nil {
		resource.Posture = launched.Posture()
	}
}

// launchedRecord is an instance's record with what it was launched with.
func launchedRecord(i *ec2types.Instance, record described.Instance) described.LaunchedInstance {
	l := described.LaunchedInstance{Instance: record, Image: aws.ToString(i.ImageId), RootDevice: aws.ToString(i.RootDeviceName)}
	if i.IamInstanceProfile != nil {
		l.Profile.Arn = aws.ToString(i.IamInstanceProfile.Arn)
	}
	if i.MetadataOptions != nil {
		l.Metadata.Tokens = string(i.MetadataOptions.HttpTokens)
	}
	return l
}

func templateRecord(v *ec2types.LaunchTemplateVersion) described.TemplateVersion {
	record := described.TemplateVersion{ID: aws.ToString(v.LaunchTemplateId), Number: int(aws.ToInt64(v.VersionNumber)), Default: aws.ToBool(v.DefaultVersion)}
	d := v.LaunchTemplateData
	if d == nil {
		return record
	}
	data := &record.Data
	data.Image, data.Type = aws.ToString(d.ImageId), string(d.InstanceType)
	if d.Placement != nil {
		data.Placement.Tenancy = string(d.Placement.Tenancy)
	}
	if d.IamInstanceProfile != nil {
		data.Profile.Arn, data.Profile.Name = aws.ToString(d.IamInstanceProfile.Arn), aws.ToString(d.IamInstanceProfile.Name)
	}
	if d.InstanceMarketOptions != nil {
		data.Market = &described.TemplateMarket{Type: string(d.InstanceMarketOptions.MarketType)}
	}
	for _, m := range d.BlockDeviceMappings {
		device := described.TemplateDevice{Name: aws.ToString(m.DeviceName), Virtual: aws.ToString(m.VirtualName)}
		if m.Ebs != nil {
			device.Ebs = &described.TemplateVolume{DeleteOnTermination: m.Ebs.DeleteOnTermination, Key: aws.ToString(m.Ebs.KmsKeyId)}
		}
		data.Devices = append(data.Devices, device)
	}
	for _, n := range d.NetworkInterfaces {
		data.Interfaces = append(data.Interfaces, described.TemplateInterface{
			ID: aws.ToString(n.NetworkInterfaceId), Index: int(aws.ToInt32(n.DeviceIndex)), DeleteOnTermination: n.DeleteOnTermination,
		})
	}
	return record
}
