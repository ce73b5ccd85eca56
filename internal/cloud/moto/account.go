package moto

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	grouptypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
)

// Image is a Linux image that every account of moto's has.
const Image = "ami-760aaa0f"

// Account makes what tests need in one account and region. Its config makes whatever else a test needs.
type Account struct {
	Scope  fleet.Scope
	Config aws.Config

	t testing.TB
}

// Account enters an account and region, as somebody else than who is tested: its calls count with nobody else's, and keep to no quota.
func (s *Server) Account(t testing.TB, scope fleet.Scope) *Account {
	t.Helper()
	o := s.Options()
	o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	access, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return &Account{scope, access.Config(scope), t}
}

// For is the account for another test, as one of several that share it.
func (a *Account) For(t testing.TB) *Account { return &Account{a.Scope, a.Config, t} }

// must fails the test where something could not be made.
func (a *Account) must(what string, err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatalf("make %s in %s: %v", what, a.Scope, err)
	}
}

// Launch runs so many equal instances of type m5.large, in one reservation, and returns their ids.
func (a *Account) Launch(n int, tags fleet.Tags, how ...func(*ec2.RunInstancesInput)) (ids []string) {
	a.t.Helper()
	in := &ec2.RunInstancesInput{
		ImageId: aws.String(Image), InstanceType: ec2types.InstanceTypeM5Large, MinCount: aws.Int32(int32(n)), MaxCount: aws.Int32(int32(n)),
	}
	if len(tags) > 0 {
		listed := list(tags, func(t fleet.Tag) ec2types.Tag { return ec2types.Tag{Key: &t.Key, Value: &t.Value} })
		in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: listed}}
	}
	for _, adjust := range how {
		adjust(in)
	}
	out, err := ec2.NewFromConfig(a.Config).RunInstances(a.t.Context(), in)
	a.must("instances", err)
	for i := range out.Instances {
		ids = append(ids, aws.ToString(out.Instances[i].InstanceId))
	}
	return ids
}

// Group makes an Auto Scaling group that does not pass its tags on, with a launch template of its name.
func (a *Account) Group(name string, size fleet.Size, tags fleet.Tags) fleet.ARN {
	a.t.Helper()
	_, err := ec2.NewFromConfig(a.Config).CreateLaunchTemplate(a.t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(Image), InstanceType: ec2types.InstanceTypeM5Large},
	})
	a.must("the launch template "+name, err)
	client := autoscaling.NewFromConfig(a.Config)
	_, err = client.CreateAutoScalingGroup(a.t.Context(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &name, AvailabilityZones: []string{string(a.Scope.Region) + "a"},
		LaunchTemplate: &grouptypes.LaunchTemplateSpecification{LaunchTemplateName: &name},
		MinSize:        count(size.Min), MaxSize: count(size.Max), DesiredCapacity: count(size.Desired),
		Tags: list(tags, func(t fleet.Tag) grouptypes.Tag {
			return grouptypes.Tag{Key: &t.Key, Value: &t.Value, PropagateAtLaunch: aws.Bool(false), ResourceId: &name, ResourceType: aws.String("auto-scaling-group")}
		}),
	})
	a.must("the group "+name, err)
	out, err := client.DescribeAutoScalingGroups(a.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	a.must("the group "+name, err)
	return fleet.ARN(aws.ToString(out.AutoScalingGroups[0].AutoScalingGroupARN))
}

// password is that of databases in which there is nothing.
const password = "not-a-secret"

// Database makes a PostgreSQL database.
func (a *Account) Database(id string, tags fleet.Tags) fleet.ARN {
	a.t.Helper()
	out, err := rds.NewFromConfig(a.Config).CreateDBInstance(a.t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: &id, DBInstanceClass: aws.String("db.m6g.large"), Engine: aws.String("postgres"), AllocatedStorage: aws.Int32(20),
		MasterUsername: aws.String("root"), MasterUserPassword: aws.String(password), Tags: databaseTags(tags),
	})
	a.must("the database "+id, err)
	return fleet.ARN(aws.ToString(out.DBInstance.DBInstanceArn))
}

// Cluster makes a cluster of Aurora's without instances.
func (a *Account) Cluster(id string, tags fleet.Tags) fleet.ARN {
	a.t.Helper()
	out, err := rds.NewFromConfig(a.Config).CreateDBCluster(a.t.Context(), &rds.CreateDBClusterInput{
		DBClusterIdentifier: &id, Engine: aws.String("aurora-postgresql"),
		MasterUsername: aws.String("root"), MasterUserPassword: aws.String(password), Tags: databaseTags(tags),
	})
	a.must("the cluster "+id, err)
	return fleet.ARN(aws.ToString(out.DBCluster.DBClusterArn))
}

// Service makes an ECS service, its cluster too. A size with a Max makes a scalable target of those bounds.
func (a *Account) Service(cluster, name string, size fleet.Size, tags fleet.Tags) fleet.ARN {
	a.t.Helper()
	client := ecs.NewFromConfig(a.Config)
	_, err := client.CreateCluster(a.t.Context(), &ecs.CreateClusterInput{ClusterName: &cluster})
	a.must("the cluster "+cluster, err)
	_, err = client.RegisterTaskDefinition(a.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &name, ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("c"), Image: aws.String("nginx"), Memory: aws.Int32(64)}},
	})
	a.must("the task definition "+name, err)
	out, err := client.CreateService(a.t.Context(), &ecs.CreateServiceInput{
		Cluster: &cluster, ServiceName: &name, TaskDefinition: &name, DesiredCount: count(size.Desired),
		Tags: list(tags, func(t fleet.Tag) ecstypes.Tag { return ecstypes.Tag{Key: &t.Key, Value: &t.Value} }),
	})
	a.must("the service "+name, err)
	if size.Max > 0 {
		_, err = applicationautoscaling.NewFromConfig(a.Config).RegisterScalableTarget(a.t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: aws.String("service/" + cluster + "/" + name), MinCapacity: count(size.Min), MaxCapacity: count(size.Max),
		})
		a.must("the scalable target of "+name, err)
	}
	return fleet.ARN(aws.ToString(out.Service.ServiceArn))
}

func databaseTags(tags fleet.Tags) []rdstypes.Tag {
	return list(tags, func(t fleet.Tag) rdstypes.Tag { return rdstypes.Tag{Key: &t.Key, Value: &t.Value} })
}

func list[T any](tags fleet.Tags, one func(fleet.Tag) T) []T {
	var listed []T
	for _, t := range tags {
		listed = append(listed, one(t))
	}
	return listed
}

// count is a number of a size in the SDK's form.
func count(n int) *int32 { return aws.Int32(int32(n)) } //nolint:gosec // sizes of tests
