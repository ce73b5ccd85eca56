package inventory

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"offpeak/internal/described"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// What is read of a group's activities. AWS keeps six weeks of them.
const (
	mostActivities    = 100 // of a page
	pagesOfActivities = 2
)

// Since tells since when Auto Scaling groups run or stand at zero: when their desired capacity last left zero or came to it, by the scaling
// activities that followed. Groups whose activities do not tell are left out, and so is every other kind. It tells what it could find out even
// where it returns an error.
func (r *Reader) Since(ctx context.Context, scope fleet.Scope, resources []fleet.Resource) (map[fleet.ARN]time.Time, error) {
	in := &reading{Reader: r, scope: scope}
	since := map[fleet.ARN]time.Time{}
	var errs []error
	for i := range resources {
		group := &resources[i]
		if group.Kind != fleet.AutoScalingGroup || group.State != fleet.Running && group.State != fleet.Stopped {
			continue
		}
		last, err := in.lastCrossing(ctx, group.ID)
		if err != nil {
			errs = append(errs, err)
			if class := failure.Of(err); class == failure.Denied || class == failure.Throttled || ctx.Err() != nil {
				break // so it would be for the others
			}
			continue
		}
		if !last.At.IsZero() && last.Running == (group.State == fleet.Running) {
			since[group.ARN] = last.At
		}
	}
	return since, errors.Join(errs...)
}

// lastCrossing returns the last time a group left zero or came to it, as far as the newest activities tell. AWS lists those in progress first,
// and then the others, newest first: nothing after the first crossing of a finished one is newer.
func (r *reading) lastCrossing(ctx context.Context, group string) (last described.Crossing, err error) {
	in := &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String(group), MaxRecords: aws.Int32(mostActivities)}
	pages := autoscaling.NewDescribeScalingActivitiesPaginator(r.groups.In(r.scope), in)
	for n := 0; n < pagesOfActivities && pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return described.Crossing{}, r.failed("autoscaling:DescribeScalingActivities", err)
		}
		for i := range page.Activities {
			is, ok := crossingOf(&page.Activities[i])
			if !ok {
				continue
			}
			if last.At.IsZero() || is.At.After(last.At) {
				last = is
			}
			if page.Activities[i].EndTime != nil {
				return last, nil
			}
		}
	}
	return last, nil
}

// crossingOf reads an activity. Where its text tells of a crossing and not when, the activity's begin stands for it: that makes the change no
// older than it is, and what is young is left alone.
func crossingOf(a *types.Activity) (described.Crossing, bool) {
	last, ok := described.LastCrossing(aws.ToString(a.Cause))
	if ok && last.At.IsZero() {
		last.At = aws.ToTime(a.StartTime).UTC()
	}
	return last, ok && !last.At.IsZero()
}
