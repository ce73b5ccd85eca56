package inventory

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

const mostGroups = 100 // of a page of Auto Scaling's

// listGroups lists Auto Scaling groups. Values of one filter are joined by or.
func (r *reading) listGroups(ctx context.Context) error {
	in := &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(mostGroups)}
	if !r.all && len(r.options.Folded) == 0 { // its filters heed case, and know no wildcards
		in.Filters = []types.Filter{{Name: aws.String("tag-key"), Values: r.options.Keys}}
	}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(r.groups.In(r.scope), in)
	err := each(ctx, pages, func(page *autoscaling.DescribeAutoScalingGroupsOutput) {
		for i := range page.AutoScalingGroups {
			r.addGroup(&page.AutoScalingGroups[i])
		}
	})
	if err != nil {
		return r.failed("autoscaling:DescribeAutoScalingGroups", err)
	}
	return r.readScheduledActions(ctx)
}

func (r *reading) addGroup(g *types.AutoScalingGroup) {
	record := groupRecord(g)
	resource, err := record.Resource()
	if err == nil && r.options.Launch != nil {
		resource.Launch, err = record.Launch()
	}
	if r.options.Posture != nil {
		resource.Posture = record.Posture()
	}
	if err != nil {
		r.leaveOut(fleet.AutoScalingGroup, record.Name, err)
		return
	}
	if !r.wants(&resource) {
		return
	}
	for _, member := range record.Instances {
		if first := r.samples[record.Name]; r.planned(&resource) && (first == "" || member.ID < first) {
			r.samples[record.Name] = member.ID
		}
	}
	r.ofAutoScaling = append(r.ofAutoScaling, resource)
}

// readScheduledActions marks groups that have scheduled actions of their own. The call names one group or none: all are listed at once.
func (r *reading) readScheduledActions(ctx context.Context) error {
	groups := map[string]*fleet.Resource{}
	for i := range r.ofAutoScaling {
		if g := &r.ofAutoScaling[i]; r.planned(g) {
			groups[g.ID] = g
		}
	}
	if len(groups) == 0 {
		return nil
	}
	in := &autoscaling.DescribeScheduledActionsInput{MaxRecords: aws.Int32(mostGroups)}
	pages := autoscaling.NewDescribeScheduledActionsPaginator(r.groups.In(r.scope), in)
	err := each(ctx, pages, func(page *autoscaling.DescribeScheduledActionsOutput) {
		for _, action := range page.ScheduledUpdateGroupActions {
			name := aws.ToString(action.AutoScalingGroupName)
			g := groups[name]
			if g == nil {
				continue
			}
			if _, known := g.Trait(fleet.ScheduledActions); !known {
				g.Traits = append(g.Traits, fleet.Trait{Kind: fleet.ScheduledActions})
			}
			if size, sets := scheduledSize(&action); sets && g.Launch != nil {
				g.Launch.Scheduled = append(g.Launch.Scheduled, size)
			}
		}
	})
	if err != nil {
		return r.failed("autoscaling:DescribeScheduledActions", err)
	}
	for _, g := range groups {
		if g.Launch != nil {
			slices.Sort(g.Launch.Scheduled)
			g.Launch.Scheduled = slices.Compact(g.Launch.Scheduled)
		}
	}
	return nil
}

// scheduledSize is the size that a scheduled action sets: what it desires, else the least that it allows.
func scheduledSize(a *types.ScheduledUpdateGroupAction) (size int, sets bool) {
	switch {
	case a.DesiredCapacity != nil:
		return int(*a.DesiredCapacity), true
	case a.MinSize != nil:
		return int(*a.MinSize), true
	default:
		return 0, false
	}
}

func groupRecord(g *types.AutoScalingGroup) described.Group {
	record := described.Group{
		Name:        aws.ToString(g.AutoScalingGroupName),
		ARN:         aws.ToString(g.AutoScalingGroupARN),
		Min:         number(g.MinSize),
		Max:         number(g.MaxSize),
		Desired:     number(g.DesiredCapacity),
		CreatedTime: instant(g.CreatedTime),
		Status:      aws.ToString(g.Status),
		GroupLaunch: groupLaunch(g),
	}
	if g.WarmPoolConfiguration != nil {
		record.WarmPool = &struct{ Status string }{string(g.WarmPoolConfiguration.Status)}
	}
	for _, m := range g.Instances {
		record.Instances = append(record.Instances, described.Member{
			ID:                   aws.ToString(m.InstanceId),
			Type:                 aws.ToString(m.InstanceType),
			Zone:                 aws.ToString(m.AvailabilityZone),
			LifecycleState:       string(m.LifecycleState),
			ProtectedFromScaleIn: aws.ToBool(m.ProtectedFromScaleIn),
		})
	}
	for _, t := range g.Tags {
		record.Tags = append(record.Tags, described.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	return record
}

// instant is AWS's time in a record; zero where AWS does not tell.
func instant(t *time.Time) described.Instant {
	if t == nil {
		return described.Instant{}
	}
	return described.Instant{Time: t.UTC()}
}

// number is AWS's whole number in a record; nil where AWS does not tell.
func number(n *int32) *int {
	if n == nil {
		return nil
	}
	whole := int(*n)
	return &whole
}
