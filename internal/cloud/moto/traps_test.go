package moto_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	grouptypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// traps are what moto does otherwise than AWS and what tests by recorded responses cover instead: docs/decisions/0018 names them. Each returns
// whether moto still does so; an error is one of the trap's own.
var traps = map[string]func(context.Context, *moto.Account) (bool, error){
	"a page of instances is cut between reservations alone":               pagedByReservation,
	"a terminated instance is started":                                    startsTheTerminated,
	"what was not launched for it is hibernated":                          hibernatesAnything,
	"a stopping instance is stopped at once":                              stopsAtOnce,
	"a call that a protected instance spoils is carried out for the rest": stopsInPart,
	"a member of an Aurora cluster is stopped by itself":                  stopsMembers,
	"a stopped database tells neither since when nor until when":          tellsNoEvents,
	"instances of a Spot group say nothing of Spot":                       hidesSpot,
	"deployments of a service go on for ever":                             deploysForEver,
	"what is not there is tagged":                                         tagsWhatIsNotThere,
	"instance refreshes are not known":                                    knowsNoRefreshes,
}

// TestWhatMotoGetsWrongIsStillWrong fails where a newer moto does as AWS does: then the contract can cover it, and decision 0018 shrinks.
func TestWhatMotoGetsWrongIsStillWrong(t *testing.T) {
	t.Parallel()
	server := moto.Start(t)
	accounts := 0
	for name, stillWrong := range traps {
		accounts++
		scope := fleet.Scope{Account: fleet.AccountID(fmt.Sprintf("7400000000%02d", accounts)), Region: "ap-northeast-2"}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong, err := stillWrong(t.Context(), server.Account(t, scope))
			if !wrong {
				t.Errorf("moto does as AWS does now (%v)", err)
			}
		})
	}
}

func stateOf(ctx context.Context, a *moto.Account, id string) ec2types.InstanceStateName {
	out, err := ec2.NewFromConfig(a.Config).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return ""
	}
	return out.Reservations[0].Instances[0].State.Name
}

func pagedByReservation(ctx context.Context, a *moto.Account) (bool, error) {
	a.Launch(10, nil)
	out, err := ec2.NewFromConfig(a.Config).DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5)})
	return err == nil && len(out.Reservations[0].Instances) == 10, err
}

func startsTheTerminated(ctx context.Context, a *moto.Account) (bool, error) {
	ids, client := a.Launch(1, nil), ec2.NewFromConfig(a.Config)
	if _, err := client.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		return false, err
	}
	_, err := client.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids})
	return stateOf(ctx, a, ids[0]) == ec2types.InstanceStateNameRunning, err
}

func hibernatesAnything(ctx context.Context, a *moto.Account) (bool, error) {
	ids := a.Launch(1, nil)
	_, err := ec2.NewFromConfig(a.Config).StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids, Hibernate: aws.Bool(true)})
	return stateOf(ctx, a, ids[0]) == ec2types.InstanceStateNameStopped, err
}

func stopsAtOnce(ctx context.Context, a *moto.Account) (bool, error) {
	ids := a.Launch(1, nil)
	_, err := ec2.NewFromConfig(a.Config).StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids})
	return stateOf(ctx, a, ids[0]) == ec2types.InstanceStateNameStopped, err
}

func stopsInPart(ctx context.Context, a *moto.Account) (bool, error) {
	free := a.Launch(1, nil)[0]
	held := a.Launch(1, nil, func(in *ec2.RunInstancesInput) { in.DisableApiStop = aws.Bool(true) })[0]
	_, err := ec2.NewFromConfig(a.Config).StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{free, held}})
	return err != nil && stateOf(ctx, a, free) == ec2types.InstanceStateNameStopped, err
}

func stopsMembers(ctx context.Context, a *moto.Account) (bool, error) {
	a.Cluster("sales", nil)
	client, member := rds.NewFromConfig(a.Config), aws.String("sales-1")
	if _, err := client.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: member, DBInstanceClass: aws.String("db.r6g.large"), Engine: aws.String("aurora-postgresql"), DBClusterIdentifier: aws.String("sales"),
	}); err != nil {
		return false, err
	}
	_, err := client.StopDBInstance(ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: member})
	return err == nil, err
}

func tellsNoEvents(ctx context.Context, a *moto.Account) (bool, error) {
	a.Database("orders", nil)
	client := rds.NewFromConfig(a.Config)
	if _, err := client.StopDBInstance(ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: aws.String("orders")}); err != nil {
		return false, err
	}
	out, err := client.DescribeEvents(ctx, &rds.DescribeEventsInput{SourceType: "db-instance", Duration: aws.Int32(60)})
	if err != nil {
		return false, err
	}
	for _, e := range out.Events {
		if strings.Contains(aws.ToString(e.Message), "stopped") {
			return false, nil
		}
	}
	seen, err := client.DescribeDBInstances(ctx, nil)
	return err == nil && seen.DBInstances[0].AutomaticRestartTime == nil, err
}

func hidesSpot(ctx context.Context, a *moto.Account) (bool, error) {
	a.Group("model", fleet.Size{}, nil) // for its launch template
	client := autoscaling.NewFromConfig(a.Config)
	if _, err := client.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("spot"), MinSize: aws.Int32(1), MaxSize: aws.Int32(1), AvailabilityZones: []string{"ap-northeast-2a"},
		MixedInstancesPolicy: &grouptypes.MixedInstancesPolicy{
			InstancesDistribution: &grouptypes.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: aws.Int32(0)},
			LaunchTemplate: &grouptypes.LaunchTemplate{LaunchTemplateSpecification: &grouptypes.LaunchTemplateSpecification{
				LaunchTemplateName: aws.String("model"), Version: aws.String("$Latest"),
			}},
		},
	}); err != nil {
		return false, err
	}
	out, err := ec2.NewFromConfig(a.Config).DescribeInstances(ctx, nil)
	return err == nil && len(out.Reservations) > 0 && out.Reservations[0].Instances[0].InstanceLifecycle == "", err
}

func deploysForEver(ctx context.Context, a *moto.Account) (bool, error) {
	a.Service("shop", "web", fleet.Size{Desired: 1}, nil)
	out, err := ecs.NewFromConfig(a.Config).DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{"web"}})
	return err == nil && out.Services[0].Deployments[0].RolloutState == "IN_PROGRESS", err
}

func knowsNoRefreshes(ctx context.Context, a *moto.Account) (bool, error) {
	a.Group("web", fleet.Size{}, nil)
	_, err := autoscaling.NewFromConfig(a.Config).DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String("web")})
	return err != nil, err
}

func tagsWhatIsNotThere(ctx context.Context, a *moto.Account) (bool, error) {
	_, err := ec2.NewFromConfig(a.Config).CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: []string{"i-0123456789abcdef0"}, Tags: []ec2types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	return err == nil, err
}
