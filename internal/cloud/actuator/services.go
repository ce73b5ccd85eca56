package actuator

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// service is an ECS service and what scales it; target is nil where nothing does.
type service struct {
	client  *ecs.Client
	scaler  *scaling.Client
	cluster string
	ecs     types.Service
	target  *scalingtypes.ScalableTarget
}

// services takes up to ten ECS services of one cluster to zero, or back.
func (r *run) services(ctx context.Context, jobs []job) {
	scope, cluster := jobs[0].scope(), jobs[0].action.Subject.Parent
	client, scaler := r.ecs.In(scope), r.targets.In(scope)
	names, ids := make([]string, len(jobs)), make([]string, len(jobs))
	for i, j := range jobs {
		names[i], ids[i] = j.id(), targetID(cluster, j.id())
	}
	seen, err := describeServices(ctx, client, cluster, names)
	if err != nil {
		r.failAll(jobs, err)
		return
	}
	targets, err := describeTargets(ctx, scaler, ids)
	if err != nil {
		r.failAll(jobs, err)
		return
	}
	for i, j := range jobs {
		scale, ok := changeOf[plan.Scale](r, j)
		if !ok {
			continue
		}
		s := &service{client, scaler, cluster, seen[j.id()], targets[ids[i]]}
		err := r.serviceStands(s, scale)
		switch {
		case err != nil:
		case plan.SwitchesOff(scale):
			err = s.down(ctx)
		default:
			err = s.up(ctx, scale.To)
		}
		r.fail(j, err)
	}
}

func describeServices(ctx context.Context, client *ecs.Client, cluster string, names []string) (map[string]types.Service, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	out, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &cluster, Services: names, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if err != nil {
		return nil, said(err)
	}
	seen := map[string]types.Service{}
	for i := range out.Services {
		seen[aws.ToString(out.Services[i].ServiceName)] = out.Services[i]
	}
	return seen, nil
}

func describeTargets(ctx context.Context, client *scaling.Client, ids []string) (map[string]*scalingtypes.ScalableTarget, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	seen := map[string]*scalingtypes.ScalableTarget{}
	pages := scaling.NewDescribeScalableTargetsPaginator(client, &scaling.DescribeScalableTargetsInput{
		ServiceNamespace:  scalingtypes.ServiceNamespaceEcs,
		ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
		ResourceIds:       ids,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, said(err)
		}
		for i := range page.ScalableTargets {
			seen[aws.ToString(page.ScalableTargets[i].ResourceId)] = &page.ScalableTargets[i]
		}
	}
	return seen, nil
}

func targetID(cluster, name string) string { return "service/" + cluster + "/" + name }

// serviceStands says what speaks against the change. The sizes must be those that the plan saw, or those that this very change leaves when it is
// cut short; anything else somebody has set since, and planning again is the only way to return to theirs.
func (r *run) serviceStands(s *service, scale plan.Scale) error {
	switch status := aws.ToString(s.ecs.Status); status {
	case "ACTIVE":
	case "", "DRAINING", "INACTIVE":
		return refused(failure.Gone, "there is no such service any more")
	default:
		return refused(failure.InvalidState, "its status is %s", status)
	}
	if err := r.optedIn(serviceTags(s.ecs.Tags)); err != nil {
		return err
	}
	if s.ecs.SchedulingStrategy == types.SchedulingStrategyDaemon {
		return refused(failure.InvalidState, "it is a daemon service, which runs one task an instance and has no count")
	}
	off := plan.SwitchesOff(scale)
	if off && s.ecs.DesiredCount != 0 {
		if err := busy(&s.ecs); err != nil {
			return err
		}
	}
	size := s.size()
	known := size.Desired == scale.From.Desired || size.Desired == scale.To.Desired
	if s.target != nil {
		from := scale.From
		known = known && (size.Max == from.Max || !off && size.Max == scale.To.Max)
		known = known && (size.Min == from.Min || size.Min == scale.To.Min)
	}
	if !known {
		return refused(failure.InTransition, "the service is %s now, the plan was made for %s: nothing done, plan again", size, scale.From)
	}
	if off && s.target != nil && s.suspended() == partly {
		return refused(failure.InvalidState, "some of its scaling is suspended, and offpeak, which resumes all of it at the opening, "+
			"could not bring that back: suspend all of it or nothing")
	}
	return nil
}

// busy refuses to take a service to zero that somebody else is changing. To an opening it is no bar.
func busy(s *types.Service) error {
	if c := s.DeploymentController; c != nil && c.Type != "" && c.Type != types.DeploymentControllerTypeEcs {
		return refused(failure.InvalidState, "its deployments are made by %s", strings.ToLower(string(c.Type)))
	}
	rolling := len(s.Deployments) > 1
	for i := range s.Deployments {
		rolling = rolling || s.Deployments[i].RolloutState == types.DeploymentRolloutStateInProgress
	}
	if rolling {
		return refused(failure.InTransition, "it is being deployed: wait until that is over")
	}
	return nil
}

func serviceTags(listed []types.Tag) fleet.Tags {
	tags := make([]fleet.Tag, len(listed))
	for i, t := range listed {
		tags[i] = fleet.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
	}
	return fleet.NewTags(tags...)
}

// size is the service's, with the bounds of its scalable target.
func (s *service) size() fleet.Size {
	size := fleet.Size{Desired: int(s.ecs.DesiredCount)}
	if s.target != nil {
		size.Min, size.Max = int(aws.ToInt32(s.target.MinCapacity)), int(aws.ToInt32(s.target.MaxCapacity))
	}
	return size
}

// suspension is how much of a service's scaling is suspended.
type suspension int

const (
	nothing suspension = iota
	partly
	wholly
)

func (s *service) suspended() suspension {
	state := s.target.SuspendedState
	if state == nil {
		return nothing
	}
	n := 0
	for _, is := range []*bool{state.DynamicScalingInSuspended, state.DynamicScalingOutSuspended, state.ScheduledScalingSuspended} {
		if aws.ToBool(is) {
			n++
		}
	}
	return [...]suspension{nothing, partly, partly, wholly}[n]
}

// down takes a service to zero: its scaling is suspended, its count set to zero, and then its minimum. What is so already is left out, so that
// the same change after a cut goes on where it was. Between the calls stands each time what the next plan understands:
//
//   - suspended, at its old size: the plan sees the size that it knew, and closes it again;
//   - at zero with its old minimum: closed. With scaling suspended nothing lifts the count to the minimum;
//   - at zero with a minimum of zero: done. The minimum is the mark by which an opening that is cut short is seen not to be complete.
//
// The minimum goes last because a plan that found it at zero beside the old count would take it for the owner's, and restore it at the opening.
// The maximum stays: suspended scaling does not use it, and the size to return to is not lost with the memory of it. Setting the minimum while
// the count is at zero also keeps RegisterScalableTarget, which moves the count into its bounds whenever it is called, from lifting it.
func (s *service) down(ctx context.Context) error {
	if s.target != nil && s.suspended() != wholly {
		if err := s.register(ctx, nil, nil, true); err != nil {
			return err
		}
	}
	if s.ecs.DesiredCount != 0 {
		if err := s.setCount(ctx, 0); err != nil {
			return err
		}
	}
	if s.target != nil && aws.ToInt32(s.target.MinCapacity) != 0 {
		return s.register(ctx, count(0), nil, true)
	}
	return nil
}

// up gives a service its size back: first its count, then in one call its bounds and its scaling, which so finds the count within them and does
// not fight it. Cut in between, the service runs with a minimum of zero: a plan sees that its size is not back, and this goes on.
//
// A scalable target that is gone is not made again. One whose bounds the plan does not know keeps them, and only resumes.
func (s *service) up(ctx context.Context, to fleet.Size) error {
	if s.ecs.DesiredCount != int32(to.Desired) {
		if err := s.setCount(ctx, to.Desired); err != nil {
			return err
		}
	}
	if s.target == nil {
		return nil
	}
	least, most := count(to.Min), count(to.Max)
	if to.Max == 0 {
		least, most = s.target.MinCapacity, s.target.MaxCapacity
	}
	if s.suspended() == nothing && *least == aws.ToInt32(s.target.MinCapacity) && *most == aws.ToInt32(s.target.MaxCapacity) {
		return nil
	}
	return s.register(ctx, least, most, false)
}

func (s *service) setCount(ctx context.Context, n int) error {
	if err := ended(ctx); err != nil {
		return err
	}
	_, err := s.client.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &s.cluster, Service: s.ecs.ServiceName, DesiredCount: count(n)})
	return said(err)
}

// register changes the scalable target, which exists: what is not given (a bound, the role) stays as it is.
func (s *service) register(ctx context.Context, least, most *int32, suspend bool) error {
	if err := ended(ctx); err != nil {
		return err
	}
	_, err := s.scaler.RegisterScalableTarget(ctx, &scaling.RegisterScalableTargetInput{
		ServiceNamespace:  scalingtypes.ServiceNamespaceEcs,
		ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
		ResourceId:        s.target.ResourceId,
		MinCapacity:       least,
		MaxCapacity:       most,
		SuspendedState: &scalingtypes.SuspendedState{
			DynamicScalingInSuspended: &suspend, DynamicScalingOutSuspended: &suspend, ScheduledScalingSuspended: &suspend,
		},
	})
	return said(err)
}
