package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	taggingtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"offpeak/internal/cloud"
	"offpeak/internal/described"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

const (
	mostTagged   = 100 // of a page of the tagging API
	mostListed   = 100 // of a page of ECS's lists
	mostServices = 10  // of a call of DescribeServices
	mostTargets  = 50  // of a call of DescribeScalableTargets
)

// listServices finds the names of ECS services, and then describes them by ten. ECS does not filter by tags; the index of tags does, and
// lags: the tags that count are those of the description.
func (r *reading) listServices(ctx context.Context) error {
	find := r.taggedServices
	if r.all {
		find = r.allServices
	}
	clusters, err := find(ctx)
	if err != nil {
		return err
	}
	for _, cluster := range slices.Sorted(maps.Keys(clusters)) {
		names := slices.Compact(slices.Sorted(slices.Values(clusters[cluster])))
		for ten := range slices.Chunk(names, mostServices) {
			if err := r.describeServices(ctx, cluster, ten); err != nil {
				return err
			}
		}
	}
	return r.readScalableTargets(ctx)
}

// taggedServices returns the services that have one of the keys, by cluster. The API joins several keys by and: each is asked for by itself.
func (r *reading) taggedServices(ctx context.Context) (clusters map[string][]string, err error) {
	clusters = map[string][]string{}
	questions := make([][]taggingtypes.TagFilter, 0, len(r.options.Keys))
	for _, key := range r.options.Keys {
		questions = append(questions, []taggingtypes.TagFilter{{Key: aws.String(key)}})
	}
	if len(r.options.Folded) > 0 { // it heeds case: every tagged service is asked for, and the others are left out here
		questions = [][]taggingtypes.TagFilter{nil}
	}
	for _, question := range questions {
		in := &tagging.GetResourcesInput{ResourceTypeFilters: []string{"ecs:service"}, ResourcesPerPage: aws.Int32(mostTagged), TagFilters: question}
		err := each(ctx, tagging.NewGetResourcesPaginator(r.tags.In(r.scope), in), func(page *tagging.GetResourcesOutput) {
			for _, found := range page.ResourceTagMappingList {
				if question != nil || r.optedIn(&fleet.Resource{Tags: indexed(found.Tags)}) {
					r.addName(clusters, aws.ToString(found.ResourceARN))
				}
			}
		})
		if err != nil {
			return nil, r.failed("tag:GetResources", err)
		}
	}
	return clusters, nil
}

// indexed are tags as the index of tags has them.
func indexed(listed []taggingtypes.Tag) fleet.Tags {
	tags := make([]fleet.Tag, len(listed))
	for i, t := range listed {
		tags[i] = fleet.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
	}
	return fleet.NewTags(tags...)
}

// addName files a service under its cluster, both of which stand in the names of services that can have tags at all.
func (r *reading) addName(clusters map[string][]string, arn string) {
	named, ok := described.ParseARN(arn)
	parts := strings.Split(named.Resource, "/")
	if !ok || len(parts) != 3 {
		r.leaveOut(fleet.ECSService, arn, described.Unfit("ResourceARN", arn, "an ARN such as arn:aws:ecs:ap-northeast-2:111122223333:service/shop/web"))
		return
	}
	clusters[parts[1]] = append(clusters[parts[1]], arn)
}

// allServices returns every service, by cluster.
func (r *reading) allServices(ctx context.Context) (map[string][]string, error) {
	client := r.services.In(r.scope)
	var arns []string
	in := &ecs.ListClustersInput{MaxResults: aws.Int32(mostListed)}
	err := each(ctx, ecs.NewListClustersPaginator(client, in), func(page *ecs.ListClustersOutput) { arns = append(arns, page.ClusterArns...) })
	if err != nil {
		return nil, r.failed("ecs:ListClusters", err)
	}
	clusters := map[string][]string{}
	for _, cluster := range arns {
		in := &ecs.ListServicesInput{Cluster: aws.String(cluster), MaxResults: aws.Int32(mostListed)}
		err := each(ctx, ecs.NewListServicesPaginator(client, in), func(page *ecs.ListServicesOutput) {
			clusters[cluster] = append(clusters[cluster], page.ServiceArns...)
		})
		if err = unlessGone(err); err != nil {
			return nil, r.failed("ecs:ListServices", err)
		}
	}
	return clusters, nil
}

// unlessGone forgives that a cluster has been deleted since its services were named: they went before it.
func unlessGone(err error) error {
	if failure.Of(cloud.Classify(err)) == failure.Gone {
		return nil
	}
	return err
}

func (r *reading) describeServices(ctx context.Context, cluster string, names []string) error {
	out, err := r.services.In(r.scope).DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: aws.String(cluster), Services: names, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if err != nil {
		if unlessGone(err) == nil {
			return nil
		}
		return r.failed("ecs:DescribeServices", err)
	}
	for i := range out.Services {
		record := serviceRecord(&out.Services[i])
		resource, err := record.Resource()
		if r.options.Launch != nil {
			resource.Launch = record.Launch()
		}
		switch {
		case err != nil:
			r.leaveOut(fleet.ECSService, record.Name, err)
		case r.wants(&resource):
			r.ofECS = append(r.ofECS, resource)
		}
	}
	for _, f := range out.Failures {
		if reason := aws.ToString(f.Reason); reason != "MISSING" { // deleted since the index of tags was written
			r.leaveOut(fleet.ECSService, aws.ToString(f.Arn), fmt.Errorf("ECS says %s", reason))
		}
	}
	return nil
}

// readScalableTargets completes services whose count Application Auto Scaling manages. Plans for them must know the bounds: a snapshot
// without them is none.
func (r *reading) readScalableTargets(ctx context.Context) error {
	services := map[string]*fleet.Resource{}
	for i := range r.ofECS {
		if s := &r.ofECS[i]; r.planned(s) {
			services[described.TargetOf(s)] = s
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(services)), mostTargets) {
		in := &scaling.DescribeScalableTargetsInput{
			ServiceNamespace:  scalingtypes.ServiceNamespaceEcs,
			ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceIds:       ids,
			MaxResults:        aws.Int32(mostTargets),
		}
		pages := scaling.NewDescribeScalableTargetsPaginator(r.targets.In(r.scope), in)
		err := each(ctx, pages, func(page *scaling.DescribeScalableTargetsOutput) {
			for _, t := range page.ScalableTargets {
				target := described.ScalableTarget{
					Resource: aws.ToString(t.ResourceId), Min: int(aws.ToInt32(t.MinCapacity)), Max: int(aws.ToInt32(t.MaxCapacity)),
				}
				if s := services[target.Resource]; s != nil {
					target.Scale(s)
				}
			}
		})
		if err != nil {
			return r.failed("application-autoscaling:DescribeScalableTargets", err)
		}
	}
	return nil
}

func serviceRecord(s *types.Service) described.Service {
	desired, running := int(s.DesiredCount), int(s.RunningCount)
	record := described.Service{
		Name:       aws.ToString(s.ServiceName),
		ARN:        aws.ToString(s.ServiceArn),
		Cluster:    aws.ToString(s.ClusterArn),
		Status:     aws.ToString(s.Status),
		Desired:    &desired,
		Running:    &running,
		Pending:    int(s.PendingCount),
		Created:    instant(s.CreatedAt),
		LaunchType: string(s.LaunchType),
		Scheduling: string(s.SchedulingStrategy),
		Platform:   aws.ToString(s.PlatformFamily),
	}
	if c := s.DeploymentConfiguration; c != nil {
		record.Bounds.Min, record.Bounds.Max = number(c.MinimumHealthyPercent), number(c.MaximumPercent)
	}
	for _, b := range s.LoadBalancers {
		record.Balancers = append(record.Balancers, described.Balancer{TargetGroup: aws.ToString(b.TargetGroupArn), Classic: aws.ToString(b.LoadBalancerName)})
	}
	if s.DeploymentController != nil {
		record.Controller.Type = string(s.DeploymentController.Type)
	}
	for _, p := range s.CapacityProviderStrategy {
		record.Providers = append(record.Providers, described.Provider{Name: aws.ToString(p.CapacityProvider), Base: int(p.Base), Weight: int(p.Weight)})
	}
	for _, d := range s.Deployments {
		record.Deployments = append(record.Deployments, described.Deployment{Rollout: string(d.RolloutState)})
	}
	tags := make([]described.ServiceTag, len(s.Tags))
	for i, t := range s.Tags {
		tags[i] = described.ServiceTag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
	}
	record.Tags = &tags
	return record
}
