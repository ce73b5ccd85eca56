package inventory

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	grouptypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"offpeak/internal/cloud"
	"offpeak/internal/described"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

const (
	mostClusters  = 100 // of a call of DescribeClusters
	mostProviders = 10  // of a page of DescribeCapacityProviders
)

// Launching completes resources with how they are launched.
type Launching func(ctx context.Context, r *reading, resources []fleet.Resource) error

// Launches completes how resources that a plan may act on are launched: what templates say, what members are, what clusters offer, and what
// would stand in the way of a move. Whether target groups keep sessions with a member is not asked. It takes a call or two for each of them: who
// asks for it names keys that few carry.
func Launches(ctx context.Context, r *reading, resources []fleet.Resource) error {
	if err := r.readRefreshes(ctx, resources); err != nil {
		return err
	}
	if err := r.readProtection(ctx, resources); err != nil {
		return err
	}
	l := described.Launching{Templates: map[string][]described.TemplateVersion{}, Clusters: map[string][]string{}, Providers: map[string]string{}}
	members, err := r.readMembers(ctx, resources)
	for _, read := range []func(context.Context, []fleet.Resource, *described.Launching) error{r.readTemplates, r.readClusters} {
		if err == nil {
			err = read(ctx, resources, &l)
		}
	}
	if err != nil {
		return err
	}
	l.Join(slices.Concat(resources, members)) // how a resource launches is shared between the copies of it
	for i := range resources {
		if launch := resources[i].Launch; launch != nil && r.sawStacks {
			launch.Seen = append(launch.Seen, fleet.Stacks)
		}
	}
	return nil
}

// refreshing are the states of an instance refresh that still changes the group. Only the newest can be in one, and it comes first.
var refreshing = []grouptypes.InstanceRefreshStatus{
	grouptypes.InstanceRefreshStatusPending, grouptypes.InstanceRefreshStatusInProgress, grouptypes.InstanceRefreshStatusBaking,
	grouptypes.InstanceRefreshStatusCancelling, grouptypes.InstanceRefreshStatusRollbackInProgress,
}

func (r *reading) readRefreshes(ctx context.Context, resources []fleet.Resource) error {
	client := r.groups.In(r.scope)
	for i := range resources {
		g := &resources[i]
		if g.Kind != fleet.AutoScalingGroup || g.Launch == nil || !r.planned(g) {
			continue
		}
		out, err := client.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String(g.ID), MaxRecords: aws.Int32(1)})
		if failure.Of(cloud.Classify(err)) == failure.Gone {
			continue // since it was listed
		}
		if err != nil {
			return r.unlessDenied("autoscaling:DescribeInstanceRefreshes", "instance refreshes of Auto Scaling groups", err)
		}
		if n := out.InstanceRefreshes; len(n) > 0 && slices.Contains(refreshing, n[0].Status) {
			g.Traits = append(g.Traits, fleet.Trait{Kind: fleet.RefreshInProgress})
		}
		g.Launch.Seen = append(g.Launch.Seen, fleet.Refreshes)
	}
	return nil
}

// readProtection asks of instances that stand alone whether they may be terminated and stopped, as a conversion does.
func (r *reading) readProtection(ctx context.Context, resources []fleet.Resource) error {
	client := r.instances.In(r.scope)
	for i := range resources {
		m := &resources[i]
		if _, member := m.Trait(fleet.GroupMember); m.Kind != fleet.EC2Instance || member || m.Launch == nil || !r.planned(m) {
			continue
		}
		locks, err := protection(ctx, client, m.ID)
		if failure.Of(cloud.Classify(err)) == failure.Gone {
			continue
		}
		if err != nil {
			return r.unlessDenied("ec2:DescribeInstanceAttribute", "protection of EC2 instances from termination and stops", err)
		}
		m.Traits = append(m.Traits, locks...)
		m.Launch.Seen = append(m.Launch.Seen, fleet.Protection)
	}
	return nil
}

func protection(ctx context.Context, client *ec2.Client, id string) (locks []fleet.Trait, err error) {
	for _, a := range []ec2types.InstanceAttributeName{ec2types.InstanceAttributeNameDisableApiTermination, ec2types.InstanceAttributeNameDisableApiStop} {
		out, err := client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: aws.String(id), Attribute: a})
		if err != nil {
			return nil, err
		}
		if v := out.DisableApiTermination; v != nil && aws.ToBool(v.Value) {
			locks = append(locks, fleet.Trait{Kind: fleet.TerminationLock})
		}
		if v := out.DisableApiStop; v != nil && aws.ToBool(v.Value) {
			locks = append(locks, fleet.Trait{Kind: fleet.StopProtection})
		}
	}
	return locks, nil
}

// readMembers describes the members of groups that are not in the snapshot themselves, as where tags are not propagated to instances: whether they
// are Spot stands nowhere else.
func (r *reading) readMembers(ctx context.Context, resources []fleet.Resource) ([]fleet.Resource, error) {
	missing := map[string]bool{}
	for i := range resources {
		if g := &resources[i]; g.Kind == fleet.AutoScalingGroup && g.Launch != nil && r.planned(g) {
			for _, m := range g.Launch.Members {
				missing[m.ID] = true
			}
		}
	}
	for i := range resources {
		delete(missing, resources[i].ID)
	}
	apart := &reading{Reader: r.Reader, scope: r.scope, all: true}
	if err := apart.findInstances(ctx, sought{instances: slices.Sorted(maps.Keys(missing))}); err != nil {
		return nil, err
	}
	return apart.ofEC2, nil
}

// readTemplates asks for the versions that groups name, a call a template. One that is gone leaves its group's template unread.
func (r *reading) readTemplates(ctx context.Context, resources []fleet.Resource, l *described.Launching) error {
	versions := map[string]map[string]bool{}
	for i := range resources {
		g := &resources[i]
		if g.Kind != fleet.AutoScalingGroup || g.Launch == nil || g.Launch.Template == nil || !r.planned(g) {
			continue
		}
		t := g.Launch.Template
		if versions[t.ID] == nil {
			versions[t.ID] = map[string]bool{}
		}
		named := t.Version
		if named == "" {
			named = "$Default"
		}
		versions[t.ID][named] = true
	}
	for _, id := range slices.Sorted(maps.Keys(versions)) {
		in := &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: aws.String(id), Versions: slices.Sorted(maps.Keys(versions[id]))}
		err := each(ctx, ec2.NewDescribeLaunchTemplateVersionsPaginator(r.instances.In(r.scope), in), func(page *ec2.DescribeLaunchTemplateVersionsOutput) {
			for i := range page.LaunchTemplateVersions {
				l.Templates[id] = append(l.Templates[id], templateRecord(&page.LaunchTemplateVersions[i]))
			}
		})
		if err != nil && failure.Of(cloud.Classify(err)) != failure.Gone {
			return r.unlessDenied("ec2:DescribeLaunchTemplateVersions", "what launch templates say", err)
		}
	}
	return nil
}

// readClusters asks which capacity providers the clusters of services have, and which groups those are of.
func (r *reading) readClusters(ctx context.Context, resources []fleet.Resource, l *described.Launching) error {
	names := map[string]bool{}
	for i := range resources {
		if s := &resources[i]; s.Kind == fleet.ECSService && s.Launch != nil && r.planned(s) {
			names[s.Parent] = true
		}
	}
	client := r.services.In(r.scope)
	providers := map[string]bool{}
	for hundred := range slices.Chunk(slices.Sorted(maps.Keys(names)), mostClusters) {
		out, err := client.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: hundred})
		if err != nil {
			return r.unlessDenied("ecs:DescribeClusters", "capacity providers of ECS clusters", err)
		}
		for _, c := range out.Clusters {
			l.Clusters[aws.ToString(c.ClusterArn)] = c.CapacityProviders
			for _, p := range c.CapacityProviders {
				if !strings.HasPrefix(p, "FARGATE") { // AWS's own have no group
					providers[p] = true
				}
			}
		}
	}
	for ten := range slices.Chunk(slices.Sorted(maps.Keys(providers)), mostProviders) {
		out, err := client.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{CapacityProviders: ten})
		if err != nil {
			return r.unlessDenied("ecs:DescribeCapacityProviders", "which groups capacity providers are of", err)
		}
		for _, p := range out.CapacityProviders {
			if g := p.AutoScalingGroupProvider; g != nil {
				l.Providers[aws.ToString(p.CapacityProviderArn)] = aws.ToString(g.AutoScalingGroupArn)
			}
		}
	}
	return nil
}
