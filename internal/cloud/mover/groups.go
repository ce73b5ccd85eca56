package mover

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// group moves an Auto Scaling group.
func (m *Mover) group(ctx context.Context, r *fleet.Resource, move plan.Move) error {
	live, client := r.Purchase(), m.groups.In(r.Scope)
	if move.Way == plan.ByRollback {
		return rollBack(ctx, client, r, live, move)
	}
	if live.Equal(move.To) {
		return nil
	}
	cutShort := move.From // between the two calls of a refresh
	cutShort.Rebalance = move.To.Rebalance
	if !live.Equal(move.From) && (move.Way != plan.ByRefresh || !live.Equal(cutShort)) {
		return meanwhile(live, move.From)
	}
	policy, template, err := bought(move.To)
	if err != nil {
		return err
	}
	if move.Way == plan.ByWriting {
		return update(ctx, client, &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: &r.ID, MixedInstancesPolicy: policy, LaunchTemplate: template, CapacityRebalance: &move.To.Rebalance,
		})
	}
	if live.Rebalance != move.To.Rebalance {
		if err := rebalance(ctx, client, r.ID, move.To.Rebalance); err != nil {
			return err
		}
	}
	if err := ended(ctx); err != nil {
		return err
	}
	_, err = client.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: &r.ID, Strategy: types.RefreshStrategyRolling,
		DesiredConfiguration: &types.DesiredConfiguration{MixedInstancesPolicy: policy, LaunchTemplate: template},
		Preferences:          preferences(move.Refresh),
	})
	return said("start its instance refresh", err)
}

// rollBack rolls the refresh under way back. CapacityRebalance, which is no part of a refresh, is given back first: once the refresh is rolled back
// nothing tells that it was ours.
func rollBack(ctx context.Context, client *autoscaling.Client, r *fleet.Resource, live fleet.Purchase, move plan.Move) error {
	if live.Rebalance != move.To.Rebalance {
		if err := rebalance(ctx, client, r.ID, move.To.Rebalance); err != nil {
			return err
		}
	}
	if err := ended(ctx); err != nil {
		return err
	}
	_, err := client.RollbackInstanceRefresh(ctx, &autoscaling.RollbackInstanceRefreshInput{AutoScalingGroupName: &r.ID})
	return said("roll its instance refresh back", err)
}

func rebalance(ctx context.Context, client *autoscaling.Client, group string, on bool) error {
	return update(ctx, client, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &group, CapacityRebalance: &on})
}

func update(ctx context.Context, client *autoscaling.Client, in *autoscaling.UpdateAutoScalingGroupInput) error {
	if err := ended(ctx); err != nil {
		return err
	}
	_, err := client.UpdateAutoScalingGroup(ctx, in)
	return said("write what it buys", err)
}

// bought is a purchase in the SDK's words: a policy, or a template alone. A purchase that is more than fleet.Mix tells cannot be written: what is
// not known of it would be lost.
func bought(p fleet.Purchase) (*types.MixedInstancesPolicy, *types.LaunchTemplateSpecification, error) {
	if p.Template == nil || p.Template.ID == "" {
		return nil, nil, refused(failure.InvalidState, "it has no launch template, without which nothing can be written")
	}
	template := &types.LaunchTemplateSpecification{LaunchTemplateId: &p.Template.ID}
	if p.Template.Version != "" {
		template.Version = &p.Template.Version
	}
	x := p.Mix
	if x == nil {
		return nil, template, nil
	}
	if x.Weighted || x.ByRequired || x.ManyTemplates {
		return nil, nil, refused(failure.InvalidState, "its policy has weights, requirements or templates of its own, which cannot be written whole: write it by hand")
	}
	policy := &types.MixedInstancesPolicy{
		LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: template},
		InstancesDistribution: &types.InstancesDistribution{
			OnDemandBaseCapacity: number(x.Base), OnDemandPercentageAboveBaseCapacity: number(x.AboveBase), SpotAllocationStrategy: &x.Strategy,
			SpotMaxPrice: &x.MaxPrice, // empty takes one away that is there
		},
	}
	for i := range x.Types {
		policy.LaunchTemplate.Overrides = append(policy.LaunchTemplate.Overrides, types.LaunchTemplateOverrides{InstanceType: &x.Types[i]})
	}
	return policy, nil, nil
}

// preferences are how a refresh goes. Members that are protected or on standby stay as they are; the others are replaced whether or not they seem to
// match already, as what they are bought by is no part of what AWS compares.
func preferences(r *plan.Refresh) *types.RefreshPreferences {
	p := &types.RefreshPreferences{
		MinHealthyPercentage: number(r.MinHealthy), MaxHealthyPercentage: number(r.MaxHealthy), SkipMatching: aws.Bool(false), AutoRollback: aws.Bool(true),
		ScaleInProtectedInstances: types.ScaleInProtectedInstancesIgnore, StandbyInstances: types.StandbyInstancesIgnore, BakeTime: seconds(r.Bake),
	}
	if len(r.Checkpoints) > 0 {
		p.CheckpointDelay = seconds(r.Pause)
		for _, percent := range r.Checkpoints {
			p.CheckpointPercentages = append(p.CheckpointPercentages, *number(percent))
		}
	}
	if len(r.Alarms) > 0 {
		p.AlarmSpecification = &types.AlarmSpecification{Alarms: r.Alarms}
	}
	return p
}

func number(n int) *int32 { return aws.Int32(int32(n)) } //nolint:gosec // percentages, and sizes that came from AWS

func seconds(d time.Duration) *int32 { return number(int(d / time.Second)) }

// said gives an error of a call its class, with what was asked.
func said(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, cloud.Classify(err))
}
