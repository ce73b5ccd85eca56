package inventory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

const (
	mostInstances    = 1000 // of a page of DescribeInstances and of DescribeSpotInstanceRequests
	mostFilterValues = 200  // of one filter of EC2's
)

// listInstances lists EC2 instances in every state: one that AWS says is terminated is known to be gone, one that is not listed is only missing.
func (r *reading) listInstances(ctx context.Context) error {
	in := &ec2.DescribeInstancesInput{MaxResults: aws.Int32(mostInstances)}
	if !r.all {
		in.Filters = filter("tag-key", append(slices.Clone(r.options.Keys), anyCase(r.options.Folded)...))
	}
	requests := map[string]int{} // by Spot request: the place of its instance
	err := each(ctx, ec2.NewDescribeInstancesPaginator(r.instances.In(r.scope), in), func(page *ec2.DescribeInstancesOutput) {
		for _, reservation := range page.Reservations {
			for i := range reservation.Instances {
				r.addInstance(&reservation.Instances[i], aws.ToString(reservation.OwnerId), requests)
			}
		}
	})
	if err != nil {
		return r.failed("ec2:DescribeInstances", err)
	}
	return r.readSpotRequests(ctx, requests)
}

// anyCase writes keys as EC2's filters take them, which heed case and know wildcards: a question mark stands for one character at most (Amazon EC2
// user guide, filtering with the API). What else such a filter finds is left out of the snapshot.
func anyCase(keys []string) (patterns []string) {
	for _, key := range keys {
		patterns = append(patterns, strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || strings.ContainsRune(`*?\`, c) {
				return '?'
			}
			return c
		}, key))
	}
	return patterns
}

func filter(name string, values []string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: values}}
}

func (r *reading) addInstance(i *types.Instance, owner string, requests map[string]int) {
	record := instanceRecord(i)
	resource, err := record.Resource()
	account, accountErr := fleet.ParseAccountID(owner)
	switch {
	case err != nil:
		r.leaveOut(fleet.EC2Instance, record.ID, err)
		return
	case accountErr != nil:
		r.leaveOut(fleet.EC2Instance, record.ID, described.Unfit("OwnerId", owner, "an account id of twelve digits"))
		return
	case resource.Scope.Region == "":
		resource.Scope.Region = r.scope.Region
	}
	described.Own(&resource, account)
	if !r.wants(&resource) {
		return
	}
	if r.options.Launch != nil || r.options.Posture != nil {
		r.complete(&resource, launchedRecord(i, record))
	}
	if _, member := resource.Trait(fleet.GroupMember); record.SpotRequest != "" && !member && r.planned(&resource) {
		requests[record.SpotRequest] = len(r.ofEC2)
	}
	r.ofEC2 = append(r.ofEC2, resource)
}

// readSpotRequests tells the instances of persistent Spot requests, which can be stopped, from the others. Without the permission all pass for
// one-time ones, and are left alone. It filters by the requests instead of naming them: one that is gone would fail the call.
func (r *reading) readSpotRequests(ctx context.Context, requests map[string]int) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(requests)), mostFilterValues) {
		in := &ec2.DescribeSpotInstanceRequestsInput{MaxResults: aws.Int32(mostInstances), Filters: filter("spot-instance-request-id", ids)}
		pages := ec2.NewDescribeSpotInstanceRequestsPaginator(r.instances.In(r.scope), in)
		err := each(ctx, pages, func(page *ec2.DescribeSpotInstanceRequestsOutput) {
			for i := range page.SpotInstanceRequests {
				request := spotRecord(&page.SpotInstanceRequests[i])
				if at, asked := requests[request.ID]; asked {
					r.ofEC2[at].Lifecycle = request.Lifecycle()
				}
			}
		})
		if err != nil {
			return r.unlessDenied("ec2:DescribeSpotInstanceRequests", "whether Spot requests are persistent", err)
		}
	}
	return nil
}

// nameProducts asks for the product of groups of which no instance is listed, as where tags are not propagated to instances: one instance a
// group, for the instances of a group are of one image's kind. What has gone meanwhile leaves the product unknown.
func (r *reading) nameProducts(ctx context.Context, resources []fleet.Resource) error {
	groupOf := map[string]*fleet.Resource{}
	for i := range resources {
		g := &resources[i]
		if instance := r.samples[g.ID]; g.Kind == fleet.AutoScalingGroup && g.Product == "" && instance != "" {
			groupOf[instance] = g
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(groupOf)), mostFilterValues) {
		in := &ec2.DescribeInstancesInput{MaxResults: aws.Int32(mostInstances), Filters: filter("instance-id", ids)}
		err := each(ctx, ec2.NewDescribeInstancesPaginator(r.instances.In(r.scope), in), func(page *ec2.DescribeInstancesOutput) {
			for _, reservation := range page.Reservations {
				for i := range reservation.Instances {
					record := instanceRecord(&reservation.Instances[i])
					if g := groupOf[record.ID]; g != nil {
						g.Product = record.Product()
					}
				}
			}
		})
		if err != nil {
			return r.failed("ec2:DescribeInstances", err)
		}
	}
	return nil
}

func instanceRecord(i *types.Instance) described.Instance {
	record := described.Instance{
		ID:              aws.ToString(i.InstanceId),
		Type:            string(i.InstanceType),
		LaunchTime:      instant(i.LaunchTime),
		Reason:          aws.ToString(i.StateTransitionReason),
		Platform:        string(i.Platform),
		PlatformDetails: aws.ToString(i.PlatformDetails),
		Lifecycle:       string(i.InstanceLifecycle),
		SpotRequest:     aws.ToString(i.SpotInstanceRequestId),
		RootDeviceType:  string(i.RootDeviceType),
		PublicIP:        aws.ToString(i.PublicIpAddress),
	}
	if i.State != nil {
		record.State.Name = string(i.State.Name)
	}
	if i.StateReason != nil {
		record.StateReason.Code = aws.ToString(i.StateReason.Code)
	}
	if i.Placement != nil {
		record.Placement.Zone, record.Placement.Tenancy = aws.ToString(i.Placement.AvailabilityZone), string(i.Placement.Tenancy)
	}
	if i.Operator != nil {
		record.Operator.Managed, record.Operator.Principal = aws.ToBool(i.Operator.Managed), aws.ToString(i.Operator.Principal)
	}
	if i.HibernationOptions != nil {
		record.Hibernation.Configured = aws.ToBool(i.HibernationOptions.Configured)
	}
	for n := range i.NetworkInterfaces {
		record.Interfaces = append(record.Interfaces, interfaceRecord(&i.NetworkInterfaces[n]))
	}
	for _, d := range i.BlockDeviceMappings {
		device := described.Device{Name: aws.ToString(d.DeviceName)}
		if d.Ebs != nil {
			device.Ebs.VolumeID, device.Ebs.DeleteOnTermination = aws.ToString(d.Ebs.VolumeId), aws.ToBool(d.Ebs.DeleteOnTermination)
		}
		record.Devices = append(record.Devices, device)
	}
	for _, t := range i.Tags {
		record.Tags = append(record.Tags, described.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	return record
}

func interfaceRecord(n *types.InstanceNetworkInterface) described.Interface {
	record := described.Interface{ID: aws.ToString(n.NetworkInterfaceId)}
	if n.Association != nil {
		record.Association.Owner, record.Association.PublicIP = aws.ToString(n.Association.IpOwnerId), aws.ToString(n.Association.PublicIp)
	}
	if n.Attachment != nil {
		record.Attachment.AttachTime, record.Attachment.DeviceIndex = instant(n.Attachment.AttachTime), number(n.Attachment.DeviceIndex)
		record.Attachment.DeleteOnTermination = aws.ToBool(n.Attachment.DeleteOnTermination)
	}
	return record
}

func spotRecord(q *types.SpotInstanceRequest) described.SpotRequest {
	return described.SpotRequest{
		ID:          aws.ToString(q.SpotInstanceRequestId),
		Type:        string(q.Type),
		State:       string(q.State),
		LaunchGroup: aws.ToString(q.LaunchGroup),
		ZoneGroup:   aws.ToString(q.AvailabilityZoneGroup),
	}
}
