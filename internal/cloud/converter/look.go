package converter

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/fleet"
)

// Seen is what there is of a conversion. Zero values are what is not there.
type Seen struct {
	Old, New          Instance
	Image, ImageState string
	Attached          string // the instance that has the interface
	InterfaceGone     bool
	Places            map[string]Place // of the old instance's volumes, by id
	Registered        []string         // the target groups that know the new instance
}

// Instance is one as it is seen; its state in AWS's words, empty where there is none.
type Instance struct {
	ID, State      string
	Lifecycle      fleet.Lifecycle
	KeepsInterface bool
	KeptVolumes    []string
	Protected      bool
	// Request is the persistent Spot request that would launch it anew: one that is open, active or disabled; empty where there is none.
	Request string
}

// Place is where a volume is.
type Place struct {
	Attached, Device string
	Missing          bool
}

// Look tells what there is of the conversion that is called name: its new instance is found by its client token, and its image by what it
// is called.
func (c *Converter) Look(ctx context.Context, scope fleet.Scope, old *Attributes, name string) (s Seen, err error) {
	if s.Old, err = c.see(ctx, scope, "instance-id", old.ID); err != nil {
		return s, err
	}
	if s.New, err = c.see(ctx, scope, "client-token", token(name, fleet.SpotPersistent), token(name, fleet.OnDemand)); err != nil {
		return s, err
	}
	if err := c.seeImage(ctx, scope, name, &s); err != nil {
		return s, err
	}
	if err := c.seeInterface(ctx, scope, old.Interface, &s); err != nil {
		return s, err
	}
	if err := c.seeVolumes(ctx, scope, old.Volumes, &s); err != nil {
		return s, err
	}
	if s.New.ID == "" {
		return s, nil
	}
	for _, target := range old.Targets {
		there, err := c.registered(ctx, scope, target, s.New.ID)
		if err != nil {
			return s, err
		}
		if there {
			s.Registered = append(s.Registered, target)
		}
	}
	return s, nil
}

func (c *Converter) see(ctx context.Context, scope fleet.Scope, filter string, values ...string) (Instance, error) {
	i, err := c.instance(ctx, scope, filter, values...)
	if err != nil || i == nil {
		return Instance{}, err
	}
	seen := Instance{ID: aws.ToString(i.InstanceId), KeepsInterface: keepsInterface(i)}
	if i.State != nil {
		seen.State = string(i.State.Name)
	}
	for _, v := range volumesOf(i) {
		if v.Kept {
			seen.KeptVolumes = append(seen.KeptVolumes, v.ID)
		}
	}
	if i.InstanceLifecycle == types.InstanceLifecycleTypeSpot {
		if seen.Lifecycle, seen.Request, err = c.spotLifecycle(ctx, scope, aws.ToString(i.SpotInstanceRequestId)); err != nil {
			return seen, err
		}
	}
	if gone(i) {
		return seen, nil
	}
	seen.Protected, err = c.protected(ctx, scope, seen.ID)
	return seen, err
}

// spotLifecycle asks whether a request is persistent, and returns its name while it is one that launches. Without the request's name it passes for one
// that is not.
func (c *Converter) spotLifecycle(ctx context.Context, scope fleet.Scope, request string) (fleet.Lifecycle, string, error) {
	if request == "" {
		return fleet.SpotOneTime, "", nil
	}
	out, err := c.machines.In(scope).DescribeSpotInstanceRequests(ctx, &ec2.DescribeSpotInstanceRequestsInput{Filters: only("spot-instance-request-id", request)})
	if err != nil {
		return fleet.SpotOneTime, "", said("ec2:DescribeSpotInstanceRequests", err)
	}
	for _, r := range out.SpotInstanceRequests {
		if r.Type != types.SpotInstanceTypePersistent {
			continue
		}
		switch r.State {
		case types.SpotInstanceStateOpen, types.SpotInstanceStateActive, types.SpotInstanceStateDisabled:
			return fleet.SpotPersistent, request, nil
		default:
			return fleet.SpotPersistent, "", nil
		}
	}
	return fleet.SpotOneTime, "", nil
}

// ImageName is what the image of a conversion is called.
func ImageName(name string) string { return "offpeak-" + name }

func (c *Converter) seeImage(ctx context.Context, scope fleet.Scope, name string, s *Seen) error {
	out, err := c.machines.In(scope).DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: only("name", ImageName(name))})
	if err != nil {
		return said("ec2:DescribeImages", err)
	}
	for i := range out.Images {
		s.Image, s.ImageState = aws.ToString(out.Images[i].ImageId), string(out.Images[i].State)
	}
	return nil
}

func (c *Converter) seeInterface(ctx context.Context, scope fleet.Scope, id string, s *Seen) error {
	n, err := c.networkInterface(ctx, scope, id)
	if err != nil {
		return err
	}
	if s.InterfaceGone = n == nil; n != nil && n.Attachment != nil && n.Status != types.NetworkInterfaceStatusAvailable {
		s.Attached = aws.ToString(n.Attachment.InstanceId)
	}
	return nil
}

// networkInterface filters instead of naming, so that one that is gone is no error.
func (c *Converter) networkInterface(ctx context.Context, scope fleet.Scope, id string) (*types.NetworkInterface, error) {
	out, err := c.machines.In(scope).DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: only("network-interface-id", id)})
	if err != nil {
		return nil, said("ec2:DescribeNetworkInterfaces", err)
	}
	if len(out.NetworkInterfaces) == 0 {
		return nil, nil
	}
	return &out.NetworkInterfaces[0], nil
}

func (c *Converter) seeVolumes(ctx context.Context, scope fleet.Scope, volumes []Volume, s *Seen) error {
	s.Places = map[string]Place{}
	var ids []string
	for _, v := range volumes {
		ids = append(ids, v.ID)
		s.Places[v.ID] = Place{Missing: true}
	}
	if len(ids) == 0 {
		return nil
	}
	out, err := c.machines.In(scope).DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: only("volume-id", ids...)})
	if err != nil {
		return said("ec2:DescribeVolumes", err)
	}
	for _, v := range out.Volumes {
		place := Place{}
		for _, a := range v.Attachments {
			if a.State != types.VolumeAttachmentStateDetached {
				place.Attached, place.Device = aws.ToString(a.InstanceId), aws.ToString(a.Device)
			}
		}
		s.Places[aws.ToString(v.VolumeId)] = place
	}
	return nil
}
