// Package converter makes the calls of EC2 by which an instance is replaced by one of another lifecycle that keeps its interface and volumes.
//
// In go names and what is to be; out come what there is now, and errors with their class. Each call is one step of a protocol that stands elsewhere,
// and may be made again: the package decides nothing, waits for nothing, and remembers nothing. The new instance gets the tags of the old one as it is
// made; no other tag is ever written.
package converter

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Attributes are those of an instance that its successor gets.
type Attributes struct {
	ID, Type, Zone string
	Interface      string // the primary network interface
	Running        bool
	Volumes        []Volume
	Tags           fleet.Tags
	KeepsInterface bool // its DeleteOnTermination is off
	Protected      bool // disableApiTermination
	Targets        []string
	// Rest is what else a launch takes, as JSON of RunInstances's parameters.
	Rest []byte
}

// Volume is one that is attached. Kept says that its DeleteOnTermination is off, or to be.
type Volume struct {
	ID, Device string
	Root, Kept bool
}

// Converter asks and tells EC2. It is safe for concurrent use.
type Converter struct {
	machines *cloud.Clients[*ec2.Client]
	balancer *cloud.Clients[*elb.Client]
}

// New returns a converter. It makes no call.
func New(a *cloud.Access) *Converter {
	return &Converter{
		machines: cloud.NewClients(a, func(c aws.Config) *ec2.Client { return ec2.NewFromConfig(c) }),
		balancer: cloud.NewClients(a, func(c aws.Config) *elb.Client { return elb.NewFromConfig(c) }),
	}
}

// said gives an error of a call its class, with the call's name.
func said(call string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", call, cloud.Classify(err))
}

// Describe tells all of an instance that its successor needs. One with several interfaces cannot be converted: only the first is kept.
func (c *Converter) Describe(ctx context.Context, scope fleet.Scope, id string) (Attributes, error) {
	i, err := c.instance(ctx, scope, "instance-id", id)
	switch {
	case err != nil:
		return Attributes{}, err
	case i == nil || gone(i):
		return Attributes{}, &failure.Error{Class: failure.Gone, Err: fmt.Errorf("there is no instance %s any more", id)}
	case len(i.NetworkInterfaces) != 1:
		return Attributes{}, &failure.Error{Class: failure.InvalidState, Err: fmt.Errorf("instance %s has %d network interfaces; only one can be kept", id, len(i.NetworkInterfaces))}
	}
	a := Attributes{
		ID: id, Type: string(i.InstanceType), Interface: aws.ToString(i.NetworkInterfaces[0].NetworkInterfaceId), Running: i.State.Name == types.InstanceStateNameRunning,
		KeepsInterface: keepsInterface(i), Volumes: volumesOf(i),
	}
	if !slices.ContainsFunc(a.Volumes, func(v Volume) bool { return v.Root }) {
		return Attributes{}, &failure.Error{Class: failure.InvalidState, Err: fmt.Errorf("which volume of instance %s is its root is not known (its root device is %q)", id, aws.ToString(i.RootDeviceName))}
	}
	if i.Placement != nil {
		a.Zone = aws.ToString(i.Placement.AvailabilityZone)
	}
	var tags []fleet.Tag
	for _, t := range i.Tags {
		if !strings.HasPrefix(aws.ToString(t.Key), "aws:") { // AWS's own cannot be given
			tags = append(tags, fleet.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
		}
	}
	a.Tags = fleet.NewTags(tags...)
	if a.Protected, err = c.protected(ctx, scope, id); err != nil {
		return Attributes{}, err
	}
	rest, err := c.rest(ctx, scope, i)
	if err != nil {
		return Attributes{}, err
	}
	if a.Rest, err = json.Marshal(rest); err != nil {
		return Attributes{}, err
	}
	a.Targets, err = c.targetsOf(ctx, scope, i)
	return a, err
}

func gone(i *types.Instance) bool {
	return i.State != nil && (i.State.Name == types.InstanceStateNameTerminated || i.State.Name == types.InstanceStateNameShuttingDown)
}

// instance finds one by a filter; nil where there is none. Of several with one client token, as after a retry, the one that lives counts.
func (c *Converter) instance(ctx context.Context, scope fleet.Scope, filter string, values ...string) (found *types.Instance, _ error) {
	out, err := c.machines.In(scope).DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: only(filter, values...)})
	if err != nil {
		return nil, said("ec2:DescribeInstances", err)
	}
	for _, r := range out.Reservations {
		for n := range r.Instances {
			if i := &r.Instances[n]; found == nil || gone(found) {
				found = i
			}
		}
	}
	return found, nil
}

func only(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: values}}
}

func keepsInterface(i *types.Instance) bool {
	for _, n := range i.NetworkInterfaces {
		if n.Attachment != nil && aws.ToInt32(n.Attachment.DeviceIndex) == 0 {
			return !aws.ToBool(n.Attachment.DeleteOnTermination)
		}
	}
	return false
}

func volumesOf(i *types.Instance) (volumes []Volume) {
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs == nil {
			continue
		}
		device := aws.ToString(d.DeviceName)
		volumes = append(volumes, Volume{aws.ToString(d.Ebs.VolumeId), device, device == aws.ToString(i.RootDeviceName), !aws.ToBool(d.Ebs.DeleteOnTermination)})
	}
	slices.SortFunc(volumes, func(a, b Volume) int { return strings.Compare(a.Device, b.Device) })
	return volumes
}

func (c *Converter) attribute(ctx context.Context, scope fleet.Scope, id string, name types.InstanceAttributeName) (*ec2.DescribeInstanceAttributeOutput, error) {
	out, err := c.machines.In(scope).DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: name})
	return out, said("ec2:DescribeInstanceAttribute of "+string(name), err)
}

func (c *Converter) protected(ctx context.Context, scope fleet.Scope, id string) (bool, error) {
	out, err := c.attribute(ctx, scope, id, types.InstanceAttributeNameDisableApiTermination)
	if err != nil || out.DisableApiTermination == nil {
		return false, err
	}
	return aws.ToBool(out.DisableApiTermination.Value), nil
}

// rest is what else a launch takes. Interface, image, lifecycle and tags are the conversion's own; the root volume is the image's.
func (c *Converter) rest(ctx context.Context, scope fleet.Scope, i *types.Instance) (*ec2.RunInstancesInput, error) {
	in := &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: i.InstanceType, KeyName: i.KeyName, EbsOptimized: i.EbsOptimized, ImageId: i.ImageId,
	}
	if p := i.IamInstanceProfile; p != nil {
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: p.Arn}
	}
	if p := i.Placement; p != nil {
		in.Placement = &types.Placement{AvailabilityZone: p.AvailabilityZone, GroupName: p.GroupName, Tenancy: p.Tenancy}
		if aws.ToString(p.GroupName) == "" {
			in.Placement.GroupName = nil
		}
	}
	if m := i.Monitoring; m != nil && m.State == types.MonitoringStateEnabled {
		in.Monitoring = &types.RunInstancesMonitoringEnabled{Enabled: aws.Bool(true)}
	}
	if m := i.MetadataOptions; m != nil {
		in.MetadataOptions = &types.InstanceMetadataOptionsRequest{
			HttpEndpoint: m.HttpEndpoint, HttpProtocolIpv6: m.HttpProtocolIpv6, HttpPutResponseHopLimit: m.HttpPutResponseHopLimit, HttpTokens: m.HttpTokens,
			InstanceMetadataTags: m.InstanceMetadataTags,
		}
	}
	if m := i.MaintenanceOptions; m != nil && m.AutoRecovery != "" {
		in.MaintenanceOptions = &types.InstanceMaintenanceOptionsRequest{AutoRecovery: m.AutoRecovery}
	}
	data, err := c.attribute(ctx, scope, aws.ToString(i.InstanceId), types.InstanceAttributeNameUserData)
	if err != nil {
		return nil, err
	}
	if data.UserData != nil {
		in.UserData = data.UserData.Value // in base64 both ways
	}
	behaviour, err := c.attribute(ctx, scope, aws.ToString(i.InstanceId), types.InstanceAttributeNameInstanceInitiatedShutdownBehavior)
	if err != nil {
		return nil, err
	}
	if b := behaviour.InstanceInitiatedShutdownBehavior; b != nil {
		in.InstanceInitiatedShutdownBehavior = types.ShutdownBehavior(aws.ToString(b.Value))
	}
	if strings.HasPrefix(string(i.InstanceType), "t") {
		if in.CreditSpecification, err = c.credits(ctx, scope, aws.ToString(i.InstanceId)); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (c *Converter) credits(ctx context.Context, scope fleet.Scope, id string) (*types.CreditSpecificationRequest, error) {
	out, err := c.machines.In(scope).DescribeInstanceCreditSpecifications(ctx, &ec2.DescribeInstanceCreditSpecificationsInput{InstanceIds: []string{id}})
	if err != nil {
		return nil, said("ec2:DescribeInstanceCreditSpecifications", err)
	}
	for _, s := range out.InstanceCreditSpecifications {
		return &types.CreditSpecificationRequest{CpuCredits: s.CpuCredits}, nil
	}
	return nil, nil
}

// targetsOf finds the target groups with which an instance is registered by its id: of each in its network the health of this one target is asked.
func (c *Converter) targetsOf(ctx context.Context, scope fleet.Scope, i *types.Instance) (arns []string, _ error) {
	client := c.balancer.In(scope)
	pages := elb.NewDescribeTargetGroupsPaginator(client, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, said("elasticloadbalancing:DescribeTargetGroups", err)
		}
		for n := range page.TargetGroups {
			g := &page.TargetGroups[n]
			if g.TargetType != elbtypes.TargetTypeEnumInstance || aws.ToString(g.VpcId) != aws.ToString(i.VpcId) {
				continue
			}
			registered, err := c.registered(ctx, scope, aws.ToString(g.TargetGroupArn), aws.ToString(i.InstanceId))
			if err != nil {
				return nil, err
			}
			if registered {
				arns = append(arns, aws.ToString(g.TargetGroupArn))
			}
		}
	}
	slices.Sort(arns)
	return arns, nil
}

func (c *Converter) registered(ctx context.Context, scope fleet.Scope, target, instance string) (bool, error) {
	out, err := c.balancer.In(scope).DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &target})
	if err != nil {
		return false, said("elasticloadbalancing:DescribeTargetHealth of "+target, err)
	}
	return slices.ContainsFunc(out.TargetHealthDescriptions, func(d elbtypes.TargetHealthDescription) bool {
		return d.Target != nil && aws.ToString(d.Target.Id) == instance && (d.TargetHealth == nil || d.TargetHealth.State != elbtypes.TargetHealthStateEnumDraining)
	}), nil
}
