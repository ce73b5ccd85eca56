package actuator

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// scaleGroups takes Auto Scaling groups of one scope to zero, or back. All three sizes change in one call, so that there is no state between.
func (r *run) scaleGroups(ctx context.Context, jobs []job) {
	seen, err := r.describeGroups(ctx, jobs)
	if err != nil {
		r.failAll(jobs, err)
		return
	}
	client := r.groups.In(jobs[0].scope())
	for _, j := range jobs {
		scale, ok := changeOf[plan.Scale](r, j)
		if !ok {
			continue
		}
		g, found := seen[j.id()]
		needed, err := r.groupNeeds(g, found, scale)
		if err == nil && needed && plan.SwitchesOff(scale) {
			err = bars(ctx, client, g)
		}
		if err == nil && needed {
			err = resize(ctx, client, g, scale.To)
		}
		r.fail(j, err)
	}
}

func (r *run) describeGroups(ctx context.Context, jobs []job) (map[string]types.AutoScalingGroup, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	names := make([]string, len(jobs))
	for i, j := range jobs {
		names[i] = j.id()
	}
	seen := map[string]types.AutoScalingGroup{}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(r.groups.In(jobs[0].scope()), &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: names,
		MaxRecords:            aws.Int32(100), // the most, and more than a batch has
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, said(err)
		}
		for i := range page.AutoScalingGroups {
			seen[aws.ToString(page.AutoScalingGroups[i].AutoScalingGroupName)] = page.AutoScalingGroups[i]
		}
	}
	return seen, nil
}

// groupNeeds says whether a group must be resized. The intent in the ledger holds the size that the plan saw, to which the group will return:
// where somebody has set another one since, doing nothing and planning again is the only way to return to theirs.
func (r *run) groupNeeds(g types.AutoScalingGroup, found bool, scale plan.Scale) (bool, error) {
	switch {
	case !found:
		return false, refused(failure.Gone, "there is no such group any more")
	case aws.ToString(g.Status) != "":
		return false, refused(failure.Gone, "the group is being deleted")
	}
	if err := r.optedIn(groupTags(g.Tags)); err != nil {
		return false, err
	}
	size := fleet.Size{
		Min: int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)),
	}
	switch size {
	case scale.To:
		return false, nil
	case scale.From:
		return true, nil
	default:
		return false, refused(failure.InTransition, "the group is %s now, the plan was made for %s: nothing done, plan again", size, scale.From)
	}
}

func groupTags(listed []types.TagDescription) fleet.Tags {
	tags := make([]fleet.Tag, len(listed))
	for i, t := range listed {
		tags[i] = fleet.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
	}
	return fleet.NewTags(tags...)
}

// bars says what speaks against taking a group to zero. What the description of the group shows costs nothing; scheduled actions and refreshes
// are a call each, and only where nothing else bars.
func bars(ctx context.Context, client *autoscaling.Client, g types.AutoScalingGroup) error {
	protected, standby := 0, 0
	for i := range g.Instances {
		if aws.ToBool(g.Instances[i].ProtectedFromScaleIn) {
			protected++
		}
		if s := g.Instances[i].LifecycleState; s == types.LifecycleStateStandby || s == types.LifecycleStateEnteringStandby {
			standby++
		}
	}
	switch {
	case g.WarmPoolConfiguration != nil:
		return refused(failure.InvalidState, "the group has a warm pool, whose instances would stay: delete the pool, or opt the group out")
	case protected > 0:
		return refused(failure.Protected, "%d instances of the group are protected from scale-in: a size of zero would leave them running", protected)
	case standby > 0:
		return refused(failure.InvalidState, "%d instances of the group are on standby and would be left running", standby)
	}
	if err := ended(ctx); err != nil {
		return err
	}
	scheduled, err := client.DescribeScheduledActions(ctx, &autoscaling.DescribeScheduledActionsInput{AutoScalingGroupName: g.AutoScalingGroupName})
	if err != nil {
		return fmt.Errorf("ask for its scheduled actions: %w", said(err))
	}
	if actions := scheduled.ScheduledUpdateGroupActions; len(actions) > 0 {
		return refused(failure.InvalidState, "the group has %d scheduled actions of its own, such as %s: two schedules would set its size",
			len(actions), aws.ToString(actions[0].ScheduledActionName))
	}
	refreshes, err := client.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: g.AutoScalingGroupName})
	if err != nil {
		return fmt.Errorf("ask for its instance refreshes: %w", said(err))
	}
	for i := range refreshes.InstanceRefreshes {
		if status := refreshes.InstanceRefreshes[i].Status; slices.Contains(refreshing, status) {
			return refused(failure.InTransition, "an instance refresh of the group is %s: wait until it is over", status)
		}
	}
	return nil
}

// refreshing are the states of an instance refresh that still changes the group. Only the newest refresh can be in one, and the newest come
// first, so that one page tells.
var refreshing = []types.InstanceRefreshStatus{
	types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusBaking,
	types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress,
}

func resize(ctx context.Context, client *autoscaling.Client, g types.AutoScalingGroup, to fleet.Size) error {
	if err := ended(ctx); err != nil {
		return err
	}
	_, err := client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: g.AutoScalingGroupName,
		MinSize:              count(to.Min),
		MaxSize:              count(to.Max),
		DesiredCapacity:      count(to.Desired),
	})
	return said(err)
}

// count makes the SDK's number of a size, which came from one.
func count(n int) *int32 { return aws.Int32(int32(n)) }
