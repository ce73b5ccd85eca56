// Package membership tells which Auto Scaling group an instance belongs to.
//
// In goes an instance's id; out comes the name of its group, or nothing. It asks one call, and knows nothing of what the group is for.
package membership

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
)

// Reader asks AWS. It is safe for concurrent use.
type Reader struct {
	groups *cloud.Clients[*autoscaling.Client]
}

// New returns a reader. It makes no call.
func New(a *cloud.Access) *Reader {
	return &Reader{cloud.NewClients(a, func(c aws.Config) *autoscaling.Client { return autoscaling.NewFromConfig(c) })}
}

// GroupOf implements hub.Groups. An instance that is in no group, or has left it, has none.
func (r *Reader) GroupOf(ctx context.Context, scope fleet.Scope, instance string) (string, error) {
	out, err := r.groups.In(scope).DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{instance}})
	if err != nil {
		return "", fmt.Errorf("autoscaling:DescribeAutoScalingInstances of %s in %s: %w", instance, scope, cloud.Classify(err))
	}
	for i := range out.AutoScalingInstances {
		if aws.ToString(out.AutoScalingInstances[i].InstanceId) == instance {
			return aws.ToString(out.AutoScalingInstances[i].AutoScalingGroupName), nil
		}
	}
	return "", nil
}
