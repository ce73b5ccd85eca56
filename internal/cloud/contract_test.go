package cloud_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	grouptypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/actuator"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/optimizer/contract"
	"offpeak/internal/plan"
)

// ground is moto, whose accounts are entered by roles.
type ground struct {
	server   *moto.Server
	mu       sync.Mutex
	accounts map[fleet.Scope]*moto.Account
}

func (g *ground) account(t *testing.T, scope fleet.Scope) *moto.Account {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.accounts[scope] == nil {
		g.accounts[scope] = g.server.Account(t, scope)
	}
	return g.accounts[scope].For(t)
}

// Make implements contract.Ground.
func (g *ground) Make(t *testing.T, a contract.Asset) plan.Subject {
	t.Helper()
	account := g.account(t, a.Scope)
	s := plan.Subject{ID: a.Name, Kind: a.Kind, Scope: a.Scope}
	switch a.Kind {
	case fleet.EC2Instance:
		s.ID = account.Launch(1, a.Tags, func(in *ec2.RunInstancesInput) { in.DisableApiStop = aws.Bool(a.Bar == failure.Protected) })[0]
		s.ARN = fleet.ARN(fmt.Sprintf("arn:aws:ec2:%s:%s:instance/%s", a.Scope.Region, a.Scope.Account, s.ID))
	case fleet.AutoScalingGroup:
		s.ARN = account.Group(a.Name, a.Size, a.Tags)
	case fleet.RDSInstance:
		s.ARN = account.Database(a.Name, a.Tags)
	case fleet.RDSCluster:
		s.ARN = account.Cluster(a.Name, a.Tags)
	case fleet.ECSService:
		s.Parent, s.ARN = "shop", account.Service("shop", a.Name, a.Size, a.Tags)
	default:
		t.Fatalf("moto has no %s", a.Kind)
	}
	return s
}

// Remove implements contract.Ground.
func (g *ground) Remove(t *testing.T, s plan.Subject) {
	t.Helper()
	c, ctx := g.account(t, s.Scope).Config, t.Context()
	var err error
	switch s.Kind {
	case fleet.EC2Instance:
		_, err = ec2.NewFromConfig(c).TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{s.ID}})
	case fleet.AutoScalingGroup:
		_, err = autoscaling.NewFromConfig(c).DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: &s.ID, ForceDelete: aws.Bool(true)})
	case fleet.RDSInstance:
		_, err = rds.NewFromConfig(c).DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: &s.ID, SkipFinalSnapshot: aws.Bool(true)})
	case fleet.RDSCluster:
		_, err = rds.NewFromConfig(c).DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{DBClusterIdentifier: &s.ID, SkipFinalSnapshot: aws.Bool(true)})
	case fleet.ECSService:
		_, err = ecs.NewFromConfig(c).DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: &s.Parent, Service: &s.ID, Force: aws.Bool(true)})
	default:
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Retag implements contract.Ground.
func (g *ground) Retag(t *testing.T, s plan.Subject) {
	t.Helper()
	c, ctx, key := g.account(t, s.Scope).Config, t.Context(), aws.String(contract.Key)
	var err error
	switch s.Kind {
	case fleet.EC2Instance:
		_, err = ec2.NewFromConfig(c).DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{s.ID}, Tags: []ec2types.Tag{{Key: key}}})
	case fleet.AutoScalingGroup:
		_, err = autoscaling.NewFromConfig(c).DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []grouptypes.Tag{{
			Key: key, ResourceId: &s.ID, ResourceType: aws.String("auto-scaling-group"),
		}}})
	case fleet.RDSInstance, fleet.RDSCluster:
		_, err = rds.NewFromConfig(c).RemoveTagsFromResource(ctx, &rds.RemoveTagsFromResourceInput{
			ResourceName: aws.String(string(s.ARN)), TagKeys: []string{contract.Key},
		})
	case fleet.ECSService:
		_, err = ecs.NewFromConfig(c).UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: aws.String(string(s.ARN)), TagKeys: []string{contract.Key}})
	default:
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Settle implements contract.Ground. In moto everything has arrived.
func (g *ground) Settle(*testing.T) {}

// TestTheAdaptersOfAWS holds inventory and actuator to what the simulation is held to.
func TestTheAdaptersOfAWS(t *testing.T) {
	t.Parallel()
	server := moto.Start(t).Mended(t)
	var stands atomic.Int64
	contract.Fleet(t, func(t *testing.T) contract.Stand {
		access, err := cloud.Open(t.Context(), server.Options())
		if err != nil {
			t.Fatal(err)
		}
		keys := fleet.KeysWithPrefix(fleet.DefaultPrefix)
		s := contract.Stand{
			Inventory: inventory.New(access, inventory.Options{Keys: keys.Schedule}),
			Actuator:  actuator.New(access, actuator.Options{Keys: keys}),
			Ground:    &ground{server: server, accounts: map[fleet.Scope]*moto.Account{}},
			Cannot:    missing,
		}
		n := stands.Add(1)
		for _, half := range []int64{1, 2} {
			for _, region := range []fleet.Region{"ap-northeast-2", "us-east-1", "eu-west-1"} {
				s.Scopes = append(s.Scopes, fleet.Scope{Account: fleet.AccountID(fmt.Sprintf("73%09d%d", n, half)), Region: region})
			}
		}
		return s
	})
}

// missing are what moto cannot show; docs/decisions/0018 lists them and what else it gets wrong.
var missing = map[contract.Ability]string{
	contract.Transitions: "in moto every state is final at once; TestInstancesAreLookedAtFirst and TestDatabasesGoByTheirStatus of internal/cloud/actuator answer with the states between",
	contract.Denies:      "moto enforces no permissions; TestWhatEC2RefusesIsSortedAndToldInItsWords of internal/cloud/actuator answers with AWS's refusals",
	contract.Hibernates:  "moto hibernates what was not launched for it; TestWhatEC2RefusesIsSortedAndToldInItsWords and TestHibernationIsAskedFor of internal/cloud/actuator answer as EC2 does",
}
