package inventory

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

const mostVolumes = 500 // of a page of DescribeVolumes

// Posturing completes resources with how they are set up.
type Posturing func(ctx context.Context, r *reading, resources []fleet.Resource) error

// Postures adds what the listings do not tell of how resources are set up: what the volumes of instances are. Everything else stands in the listings.
// All volumes of the scope are listed where everything is, else those of the instances that opt in. Without the permission what volumes are is not known.
func Postures(ctx context.Context, r *reading, resources []fleet.Resource) error {
	owners := map[string]bool{}
	for i := range resources {
		if p := resources[i].Posture; p != nil && len(p.Volumes) > 0 {
			owners[resources[i].ID] = true
		}
	}
	if len(owners) == 0 {
		return nil
	}
	listed := map[string]fleet.Disk{}
	questions := [][]string{nil}
	if !r.all {
		questions = slices.Collect(slices.Chunk(slices.Sorted(maps.Keys(owners)), mostFilterValues))
	}
	for _, ids := range questions {
		in := &ec2.DescribeVolumesInput{MaxResults: aws.Int32(mostVolumes)}
		if ids != nil {
			in.Filters = filter("attachment.instance-id", ids)
		}
		err := each(ctx, ec2.NewDescribeVolumesPaginator(r.instances.In(r.scope), in), func(page *ec2.DescribeVolumesOutput) {
			for _, v := range page.Volumes {
				record := described.Volume{ID: aws.ToString(v.VolumeId), Type: string(v.VolumeType), Encrypted: v.Encrypted}
				if disk, err := record.Disk(); err == nil {
					listed[disk.ID] = disk
				}
			}
		})
		if err != nil {
			return r.unlessDenied("ec2:DescribeVolumes", "types and encryption of volumes", err)
		}
	}
	described.JoinVolumes(resources, listed)
	return nil
}
