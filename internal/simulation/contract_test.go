package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/optimizer/contract"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// ground is a world in which the suite builds.
type ground struct {
	world *simulation.World
	built int
}

// Make implements contract.Ground.
func (g *ground) Make(t *testing.T, a contract.Asset) plan.Subject {
	t.Helper()
	g.built++
	r := fleet.Resource{ID: a.Name, Kind: a.Kind, Scope: a.Scope, State: fleet.Running, Size: a.Size, Tags: a.Tags}
	service, rest := "rds", "db:"+a.Name
	switch a.Kind {
	case fleet.EC2Instance:
		r.ID, r.Type = fmt.Sprintf("i-%017x", g.built), "m5.large"
		service, rest = "ec2", "instance/"+r.ID
	case fleet.AutoScalingGroup:
		service, rest = "autoscaling", "autoScalingGroup:1:autoScalingGroupName/"+a.Name
	case fleet.RDSCluster:
		rest = "cluster:" + a.Name
	case fleet.ECSService:
		r.Parent = "shop"
		service, rest = "ecs", "service/shop/"+a.Name
	default:
	}
	if a.Hibernates {
		r.Traits = []fleet.Trait{{Kind: fleet.HibernationReady}}
	}
	r.ARN = fleet.ARN(fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, a.Scope.Region, a.Scope.Account, rest))
	if err := g.world.Add(simulation.Spec{Resource: r, Protected: a.Bar == failure.Protected, Denied: a.Bar == failure.Denied}); err != nil {
		t.Fatal(err)
	}
	return plan.SubjectOf(&r, "")
}

// Remove implements contract.Ground.
func (g *ground) Remove(_ *testing.T, s plan.Subject) { g.world.Terminate(s.ARN) }

// Retag implements contract.Ground.
func (g *ground) Retag(t *testing.T, _ plan.Subject) {
	t.Helper()
	t.Error("people of a world change tags by habit alone")
}

// Settle implements contract.Ground.
func (g *ground) Settle(*testing.T) { g.world.Advance(g.world.Now().Add(30 * time.Minute)) }

// TestAWorldIsAnAWS holds the simulation to what the adapters of AWS are held to.
func TestAWorldIsAnAWS(t *testing.T) {
	t.Parallel()
	contract.Fleet(t, func(*testing.T) contract.Stand {
		w := simulation.New(7, at("2026-11-23 09:00"), simulation.Faults{})
		w.Launches = true
		s := contract.Stand{Inventory: w, Actuator: w, Ground: &ground{world: w}, Cannot: map[contract.Ability]string{
			contract.Filters:  "a world knows no key that opts in and shows all; planners go by the tags, and internal/cloud is held to it",
			contract.Rechecks: "a world knows no key that opts in; internal/cloud is held to it",
			contract.Targets:  "services of a world have a count alone; internal/cloud is held to it",
		}}
		s.Moves = func(kind fleet.Kind, from fleet.Purchase) fleet.Purchase {
			if kind == fleet.ECSService {
				return providers(1, 0, 1)
			}
			return onto(from, 1, 0)
		}
		for _, account := range []fleet.AccountID{"111122223333", "444455556666"} {
			for _, region := range []fleet.Region{"ap-northeast-2", "us-east-1", "eu-west-1"} {
				s.Scopes = append(s.Scopes, fleet.Scope{Account: account, Region: region})
			}
		}
		return s
	})
}
