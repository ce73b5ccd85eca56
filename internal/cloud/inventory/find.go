package inventory

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

// Find looks for resources of a scope by their names, opted in or not: those that a snapshot of what is opted in shows no more, so that what
// lost its tag can be told from what is not there. Names of which AWS knows nothing are left out. It tells what their listing tells.
func (r *Reader) Find(ctx context.Context, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error) {
	return (&reading{Reader: r, scope: scope, all: true, samples: map[string]string{}}).find(ctx, arns)
}

// FindLaunched is Find with how they are launched, as a snapshot of what opts in has it: for who takes back what it moved when the tag is gone.
func (r *Reader) FindLaunched(ctx context.Context, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error) {
	in := &reading{Reader: r, scope: scope, all: true, sought: true, samples: map[string]string{}}
	found, err := in.find(ctx, arns)
	if err == nil && r.options.Launch != nil {
		err = r.options.Launch(ctx, in, found)
	}
	return found, err
}

func (r *reading) find(ctx context.Context, arns []fleet.ARN) ([]fleet.Resource, error) {
	wanted := sortOut(arns)
	for _, look := range []func(context.Context, sought) error{r.findInstances, r.findGroups, r.findDatabases, r.findServices} {
		if err := look(ctx, wanted); err != nil {
			return nil, err
		}
	}
	found := slices.Concat(r.ofEC2, r.ofAutoScaling, r.ofRDS, r.ofECS)
	return found, r.rightAccount(found)
}

// sought are names by what AWS is asked for.
type sought struct {
	instances, groups, databases, clusters []string
	services                               map[string][]string // by cluster
}

// sortOut reads names; those that are of no kind that is looked after are left out.
func sortOut(arns []fleet.ARN) sought {
	s := sought{services: map[string][]string{}}
	for _, arn := range slices.Sorted(slices.Values(arns)) {
		named, ok := described.ParseARN(string(arn))
		if !ok {
			continue
		}
		_, group, grouped := strings.Cut(named.Resource, ":autoScalingGroupName/")
		id, instance := strings.CutPrefix(named.Resource, "instance/")
		database, single := strings.CutPrefix(named.Resource, "db:")
		cluster, clustered := strings.CutPrefix(named.Resource, "cluster:")
		service := strings.Split(named.Resource, "/")
		switch {
		case grouped:
			s.groups = append(s.groups, group)
		case instance:
			s.instances = append(s.instances, id)
		case single:
			s.databases = append(s.databases, database)
		case clustered:
			s.clusters = append(s.clusters, cluster)
		case len(service) == 3 && service[0] == "service":
			s.services[service[1]] = append(s.services[service[1]], string(arn))
		}
	}
	return s
}

// findInstances filters instead of naming: a name that is gone would fail the call.
func (r *reading) findInstances(ctx context.Context, s sought) error {
	for ids := range slices.Chunk(s.instances, mostFilterValues) {
		in := &ec2.DescribeInstancesInput{MaxResults: aws.Int32(mostInstances), Filters: filter("instance-id", ids)}
		err := each(ctx, ec2.NewDescribeInstancesPaginator(r.instances.In(r.scope), in), func(page *ec2.DescribeInstancesOutput) {
			for _, reservation := range page.Reservations {
				for i := range reservation.Instances {
					r.addInstance(&reservation.Instances[i], aws.ToString(reservation.OwnerId), map[string]int{})
				}
			}
		})
		if err != nil {
			return r.failed("ec2:DescribeInstances", err)
		}
	}
	return nil
}

// mostNames is how many names a call of Auto Scaling's or of RDS's is given.
const mostNames = 50

func (r *reading) findGroups(ctx context.Context, s sought) error {
	for names := range slices.Chunk(s.groups, mostNames) {
		in := &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: names, MaxRecords: aws.Int32(mostGroups)}
		err := each(ctx, autoscaling.NewDescribeAutoScalingGroupsPaginator(r.groups.In(r.scope), in), func(page *autoscaling.DescribeAutoScalingGroupsOutput) {
			for i := range page.AutoScalingGroups {
				r.addGroup(&page.AutoScalingGroups[i])
			}
		})
		if err != nil {
			return r.failed("autoscaling:DescribeAutoScalingGroups", err)
		}
	}
	return nil
}

// named is RDS's filter for some names, which a name that is gone does not fail.
func named(filter string, names []string) []types.Filter {
	return []types.Filter{{Name: aws.String(filter), Values: names}}
}

func (r *reading) findDatabases(ctx context.Context, s sought) error {
	client := r.databases.In(r.scope)
	add := func(kind fleet.Kind, name string, resource fleet.Resource, err error) {
		if err != nil {
			r.leaveOut(kind, name, err)
			return
		}
		r.ofRDS = append(r.ofRDS, resource)
	}
	for names := range slices.Chunk(s.databases, mostNames) {
		in := &rds.DescribeDBInstancesInput{Filters: named("db-instance-id", names), MaxRecords: aws.Int32(mostRecords)}
		err := each(ctx, rds.NewDescribeDBInstancesPaginator(client, in), func(page *rds.DescribeDBInstancesOutput) {
			for i := range page.DBInstances {
				record := databaseRecord(&page.DBInstances[i])
				resource, err := record.Resource()
				add(fleet.RDSInstance, record.ID, resource, err)
			}
		})
		if err = unlessGone(err); err != nil {
			return r.failed("rds:DescribeDBInstances", err)
		}
	}
	for names := range slices.Chunk(s.clusters, mostNames) {
		in := &rds.DescribeDBClustersInput{Filters: named("db-cluster-id", names), MaxRecords: aws.Int32(mostRecords)}
		err := each(ctx, rds.NewDescribeDBClustersPaginator(client, in), func(page *rds.DescribeDBClustersOutput) {
			for i := range page.DBClusters {
				record := clusterRecord(&page.DBClusters[i])
				resource, err := record.Resource()
				add(fleet.RDSCluster, record.ID, resource, err)
			}
		})
		if err = unlessGone(err); err != nil {
			return r.failed("rds:DescribeDBClusters", err)
		}
	}
	return nil
}

func (r *reading) findServices(ctx context.Context, s sought) error {
	for cluster, arns := range s.services {
		for ten := range slices.Chunk(arns, mostServices) {
			if err := r.describeServices(ctx, cluster, ten); err != nil {
				return err
			}
		}
	}
	return nil
}
