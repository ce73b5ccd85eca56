package inventory

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"offpeak/internal/fleet"
)

// stackTag is the tag by which CloudFormation marks what it makes.
const stackTag = "aws:cloudformation:stack-name"

// underWay are the states in which a stack is being changed. A stack in review has no resources yet.
var underWay = []types.StackStatus{
	types.StackStatusCreateInProgress,
	types.StackStatusUpdateInProgress,
	types.StackStatusUpdateCompleteCleanupInProgress,
	types.StackStatusUpdateRollbackInProgress,
	types.StackStatusUpdateRollbackCompleteCleanupInProgress,
	types.StackStatusRollbackInProgress,
	types.StackStatusDeleteInProgress,
	types.StackStatusImportInProgress,
	types.StackStatusImportRollbackInProgress,
}

// markStacks marks resources whose CloudFormation stack is being changed. It lists the stacks that are, of which there are few, and not those of
// the resources, of which there may be hundreds.
func (r *reading) markStacks(ctx context.Context, resources []fleet.Resource) error {
	made := func(res fleet.Resource) bool {
		_, ok := res.Tags.Get(stackTag)
		return ok && r.planned(&res)
	}
	if r.sawStacks = !slices.ContainsFunc(resources, made); r.sawStacks {
		return nil
	}
	changing := map[string]bool{}
	in := &cloudformation.ListStacksInput{StackStatusFilter: underWay}
	err := each(ctx, cloudformation.NewListStacksPaginator(r.stacks.In(r.scope), in), func(page *cloudformation.ListStacksOutput) {
		for _, s := range page.StackSummaries {
			changing[aws.ToString(s.StackName)] = true
		}
	})
	if err != nil {
		return r.unlessDenied("cloudformation:ListStacks", "CloudFormation stacks being updated", err)
	}
	r.sawStacks = true
	for i := range resources {
		res := &resources[i]
		if stack, _ := res.Tags.Get(stackTag); changing[stack] && r.planned(res) {
			res.Traits = append(res.Traits, fleet.Trait{Kind: fleet.StackUpdating, Detail: stack})
		}
	}
	return nil
}
