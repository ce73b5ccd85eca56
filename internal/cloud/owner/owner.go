// Package owner writes the tags by which an owner tells offpeak what to do: the override of "offpeak extend" and "offpeak override".
//
// They are written with the credentials of the person who types the command, who must be allowed to tag the resource; the roles of offpeak's own
// functions may not. Nothing else is changed.
package owner

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
)

// SetTag writes one tag of a resource. Groups do not pass it on to their instances.
func SetTag(ctx context.Context, a *cloud.Access, r *fleet.Resource, key, value string) error {
	if err := setTag(ctx, a.Config(r.Scope), r, key, value); err != nil {
		return fmt.Errorf("tag %s %s with %s=%q: %w", r.Kind.Noun(), r.ID, key, value, cloud.Classify(err))
	}
	return nil
}

func setTag(ctx context.Context, c aws.Config, r *fleet.Resource, key, value string) (err error) {
	switch r.Kind {
	case fleet.EC2Instance:
		_, err = ec2.NewFromConfig(c).CreateTags(ctx, &ec2.CreateTagsInput{
			Resources: []string{r.ID}, Tags: []ec2types.Tag{{Key: &key, Value: &value}},
		})
	case fleet.AutoScalingGroup:
		_, err = autoscaling.NewFromConfig(c).CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{{
			ResourceId: &r.ID, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false),
		}}})
	case fleet.RDSInstance, fleet.RDSCluster:
		_, err = rds.NewFromConfig(c).AddTagsToResource(ctx, &rds.AddTagsToResourceInput{
			ResourceName: aws.String(string(r.ARN)), Tags: []rdstypes.Tag{{Key: &key, Value: &value}},
		})
	case fleet.ECSService:
		_, err = ecs.NewFromConfig(c).TagResource(ctx, &ecs.TagResourceInput{
			ResourceArn: aws.String(string(r.ARN)), Tags: []ecstypes.Tag{{Key: &key, Value: &value}},
		})
	default:
		err = fmt.Errorf("there is no tag for %s", r.Kind.Noun())
	}
	return err
}
