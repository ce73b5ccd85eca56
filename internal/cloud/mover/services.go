package mover

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// service moves an ECS service. Its strategy alone moves no task: a deployment is forced, under the service's own bounds.
func (m *Mover) service(ctx context.Context, r *fleet.Resource, move plan.Move) error {
	live := r.Purchase()
	_, deploying := r.Trait(fleet.Deploying)
	_, external := r.Trait(fleet.ExternalDeploy)
	switch {
	case sameProviders(live.Providers, move.To.Providers):
		return nil
	case !sameProviders(live.Providers, move.From.Providers):
		return meanwhile(live, move.From)
	case external:
		return refused(failure.InvalidState, "it is not ECS itself that deploys it")
	case deploying:
		return refused(failure.InTransition, "a deployment of it is under way")
	}
	strategy := make([]types.CapacityProviderStrategyItem, len(move.To.Providers)) // empty, and not nil: back to the launch type
	for i := range move.To.Providers {
		p := &move.To.Providers[i]
		strategy[i] = types.CapacityProviderStrategyItem{CapacityProvider: &p.Name, Base: *number(p.Base), Weight: *number(p.Weight)}
	}
	if err := ended(ctx); err != nil {
		return err
	}
	_, err := m.services.In(r.Scope).UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: &r.Parent, Service: &r.ID, CapacityProviderStrategy: strategy, ForceNewDeployment: true,
	})
	return said("write its strategy", err)
}

// sameProviders compares lines of a strategy but for whether they are of Spot, which its cluster tells and not the service.
func sameProviders(a, b []fleet.Provider) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Base != b[i].Base || a[i].Weight != b[i].Weight {
			return false
		}
	}
	return true
}
