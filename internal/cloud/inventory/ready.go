package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
)

// statusesInACall is how many instances are asked about at once; the call takes no more than a hundred ids with a page size.
const statusesInACall = 100

// NotReady tells of instances that run and have not passed their status checks yet, and why. Instances that are not running are left out: their
// state says enough.
func (r *Reader) NotReady(ctx context.Context, scope fleet.Scope, instances []string) (map[string]string, error) {
	waiting := map[string]string{}
	for from := 0; from < len(instances); from += statusesInACall {
		part := instances[from:min(from+statusesInACall, len(instances))]
		out, err := r.instances.In(scope).DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{
			Filters: []types.Filter{{Name: aws.String("instance-state-name"), Values: []string{"running"}}}, InstanceIds: part,
		})
		if err != nil {
			return nil, fmt.Errorf("ask for the status checks of %d instances in %s: %w", len(part), scope, cloud.Classify(err))
		}
		for _, s := range out.InstanceStatuses {
			system, own := status(s.SystemStatus), status(s.InstanceStatus)
			if !passed(system) || !passed(own) {
				waiting[aws.ToString(s.InstanceId)] = fmt.Sprintf("its status checks say: system %s, instance %s", system, own)
			}
		}
	}
	return waiting, nil
}

func status(s *types.InstanceStatusSummary) types.SummaryStatus {
	if s == nil {
		return types.SummaryStatusInsufficientData
	}
	return s.Status
}

// passed takes checks that do not apply for passed: types without them exist.
func passed(s types.SummaryStatus) bool {
	return s == types.SummaryStatusOk || s == types.SummaryStatusNotApplicable
}
