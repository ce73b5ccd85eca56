package converter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Keep writes for each volume whether it outlives the instance.
func (c *Converter) Keep(ctx context.Context, scope fleet.Scope, instance string, volumes []Volume) error {
	if len(volumes) == 0 {
		return nil
	}
	in := &ec2.ModifyInstanceAttributeInput{InstanceId: &instance}
	for i := range volumes {
		in.BlockDeviceMappings = append(in.BlockDeviceMappings, types.InstanceBlockDeviceMappingSpecification{
			DeviceName: &volumes[i].Device, Ebs: &types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: aws.Bool(!volumes[i].Kept), VolumeId: &volumes[i].ID},
		})
	}
	_, err := c.machines.In(scope).ModifyInstanceAttribute(ctx, in)
	return said("ec2:ModifyInstanceAttribute of its volumes", err)
}

// KeepInterface writes whether an interface outlives the instance that it is attached to.
func (c *Converter) KeepInterface(ctx context.Context, scope fleet.Scope, id string, kept bool) error {
	n, err := c.networkInterface(ctx, scope, id)
	switch {
	case err != nil:
		return err
	case n == nil || n.Attachment == nil:
		return &failure.Error{Class: failure.InTransition, Err: fmt.Errorf("the interface %s is attached to nothing", id)}
	}
	_, err = c.machines.In(scope).ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: &id, Attachment: &types.NetworkInterfaceAttachmentChanges{AttachmentId: n.Attachment.AttachmentId, DeleteOnTermination: aws.Bool(!kept)},
	})
	return said("ec2:ModifyNetworkInterfaceAttribute", err)
}

// Protect writes whether an instance is protected from being terminated.
func (c *Converter) Protect(ctx context.Context, scope fleet.Scope, instance string, on bool) error {
	_, err := c.machines.In(scope).ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: &instance, DisableApiTermination: &types.AttributeBooleanValue{Value: &on},
	})
	return said("ec2:ModifyInstanceAttribute of its protection", err)
}

// Stop stops an instance.
func (c *Converter) Stop(ctx context.Context, scope fleet.Scope, instance string) error {
	_, err := c.machines.In(scope).StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{instance}})
	return said("ec2:StopInstances", err)
}

// Start starts an instance.
func (c *Converter) Start(ctx context.Context, scope fleet.Scope, instance string) error {
	_, err := c.machines.In(scope).StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{instance}})
	return said("ec2:StartInstances", err)
}

// Terminate ends an instance.
func (c *Converter) Terminate(ctx context.Context, scope fleet.Scope, instance string) error {
	_, err := c.machines.In(scope).TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{instance}})
	return said("ec2:TerminateInstances", err)
}

// CreateImage makes an image of the root volume alone, of an instance that is stopped. That it was asked for already is a success.
func (c *Converter) CreateImage(ctx context.Context, scope fleet.Scope, old *Attributes, name string) error {
	in := &ec2.CreateImageInput{
		InstanceId: &old.ID, Name: aws.String(ImageName(name)), NoReboot: aws.Bool(true),
		Description:       aws.String("offpeak: the root volume of " + old.ID + ", for its successor"),
		TagSpecifications: []types.TagSpecification{made(types.ResourceTypeImage, name), made(types.ResourceTypeSnapshot, name)},
	}
	for i := range old.Volumes {
		if !old.Volumes[i].Root {
			in.BlockDeviceMappings = append(in.BlockDeviceMappings, types.BlockDeviceMapping{DeviceName: &old.Volumes[i].Device, NoDevice: aws.String("")})
		}
	}
	_, err := c.machines.In(scope).CreateImage(ctx, in)
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "InvalidAMIName.Duplicate" {
		return nil
	}
	return said("ec2:CreateImage", err)
}

// MadeTag is on what a conversion makes beside the successor: the image with its snapshots, and a Spot request. Its value is the name of the conversion.
// What does not carry it is never removed.
const MadeTag = "offpeak:conversion"

func made(what types.ResourceType, name string) types.TagSpecification {
	return types.TagSpecification{ResourceType: what, Tags: []types.Tag{{Key: aws.String(MadeTag), Value: &name}}}
}

// RemoveImage removes an image with its snapshots. One that is gone is a success, and one that no conversion has made is refused.
func (c *Converter) RemoveImage(ctx context.Context, scope fleet.Scope, image string) error {
	out, err := c.machines.In(scope).DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: only("image-id", image)})
	if err != nil {
		return said("ec2:DescribeImages", err)
	}
	if len(out.Images) == 0 {
		return nil
	}
	found := &out.Images[0]
	if !slices.ContainsFunc(found.Tags, func(t types.Tag) bool { return aws.ToString(t.Key) == MadeTag }) {
		return &failure.Error{Class: failure.InvalidState, Err: fmt.Errorf("the image %s (%s) does not carry the tag %s: it is not offpeak's to remove", image, aws.ToString(found.Name), MadeTag)}
	}
	_, err = c.machines.In(scope).DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &image, DeleteAssociatedSnapshots: aws.Bool(true)})
	return said("ec2:DeregisterImage", err)
}

// Cancel cancels a persistent Spot request. The instance of one that is stopped ends with it (Amazon EC2 user guide, Cancel a Spot Instance request).
func (c *Converter) Cancel(ctx context.Context, scope fleet.Scope, request string) error {
	_, err := c.machines.In(scope).CancelSpotInstanceRequests(ctx, &ec2.CancelSpotInstanceRequestsInput{SpotInstanceRequestIds: []string{request}})
	return said("ec2:CancelSpotInstanceRequests", err)
}

// RehearseCancel asks whether a Spot request may be cancelled.
func (c *Converter) RehearseCancel(ctx context.Context, scope fleet.Scope, request string) error {
	_, err := c.machines.In(scope).CancelSpotInstanceRequests(ctx, &ec2.CancelSpotInstanceRequestsInput{SpotInstanceRequestIds: []string{request}, DryRun: aws.Bool(true)})
	return refusal("ec2:CancelSpotInstanceRequests, rehearsed", err)
}

// refusal is the error of a rehearsal that says that the call may not be made, or that it could not be asked.
func refusal(call string, err error) error {
	if class := failure.Of(cloud.Classify(err)); class != failure.Denied && class != failure.Unreachable && class != failure.Throttled {
		return nil
	}
	return said(call, err)
}

// Rehearse asks whether the successor may be run: before anything is stopped, and again before anything is ended. Without an image yet, the old one
// stands for it. That it could not be run just now, as the interface is still taken, is no refusal.
func (c *Converter) Rehearse(ctx context.Context, scope fleet.Scope, old *Attributes, image string, lifecycle fleet.Lifecycle) error {
	in, err := old.launch("", image, lifecycle)
	if err != nil {
		return err
	}
	in.DryRun = aws.Bool(true)
	_, err = c.machines.In(scope).RunInstances(ctx, in)
	return refusal("ec2:RunInstances, rehearsed", err)
}

// Run runs the successor, once for each name.
func (c *Converter) Run(ctx context.Context, scope fleet.Scope, old *Attributes, name, image string, lifecycle fleet.Lifecycle) error {
	in, err := old.launch(name, image, lifecycle)
	if err != nil {
		return err
	}
	_, err = c.machines.In(scope).RunInstances(ctx, in)
	return said("ec2:RunInstances", err)
}

// token is the client token of a launch: one of its own for each lifecycle, as AWS takes no other launch under a token that it has seen.
func token(name string, lifecycle fleet.Lifecycle) string { return name + "-" + lifecycle.String() }

func (a *Attributes) launch(name, image string, lifecycle fleet.Lifecycle) (*ec2.RunInstancesInput, error) {
	in := &ec2.RunInstancesInput{}
	if err := json.Unmarshal(a.Rest, in); err != nil {
		return nil, &failure.Error{Class: failure.Unreadable, Err: fmt.Errorf("what was kept of instance %s cannot be read: %w", a.ID, err)}
	}
	in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), NetworkInterfaceId: &a.Interface}}
	if name != "" {
		in.ClientToken = aws.String(token(name, lifecycle))
	}
	if image != "" {
		in.ImageId = &image
	}
	if lifecycle == fleet.SpotPersistent {
		in.InstanceMarketOptions = &types.InstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot, SpotOptions: &types.SpotMarketOptions{
			SpotInstanceType: types.SpotInstanceTypePersistent, InstanceInterruptionBehavior: types.InstanceInterruptionBehaviorStop,
		}}
		in.InstanceInitiatedShutdownBehavior = "" // that of persistent Spot instances is to stop, and cannot be asked for
	}
	if len(a.Tags) > 0 {
		s := types.TagSpecification{ResourceType: types.ResourceTypeInstance}
		for i := range a.Tags {
			s.Tags = append(s.Tags, types.Tag{Key: &a.Tags[i].Key, Value: &a.Tags[i].Value})
		}
		in.TagSpecifications = []types.TagSpecification{s}
	}
	if lifecycle == fleet.SpotPersistent {
		in.TagSpecifications = append(in.TagSpecifications, made(types.ResourceTypeSpotInstancesRequest, name))
	}
	return in, nil
}

// Attach attaches a volume.
func (c *Converter) Attach(ctx context.Context, scope fleet.Scope, volume Volume, instance string) error {
	_, err := c.machines.In(scope).AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: &volume.ID, Device: &volume.Device, InstanceId: &instance})
	return said("ec2:AttachVolume", err)
}

// Register registers an instance with a target group.
func (c *Converter) Register(ctx context.Context, scope fleet.Scope, target, instance string) error {
	_, err := c.balancer.In(scope).RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &target, Targets: []elbtypes.TargetDescription{{Id: &instance}}})
	return said("elasticloadbalancing:RegisterTargets", err)
}
