// Package mover carries out the moves of a plan on AWS: it changes how Auto Scaling groups and ECS services buy their capacity.
//
// In go actions whose change is a plan.Move; out comes an error for each that AWS refused, with its class. What is to move is looked at once more
// just before: it must buy as the plan says that it does, or be where the move was cut short; what somebody else has written since is left. Every
// move may be cut short between two calls and be made again. The package waits for nothing, writes no tag, and converts no instance: that takes many
// looks.
package mover

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// Looker finds resources by their names, with how they are launched (package inventory).
type Looker interface {
	Find(ctx context.Context, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error)
}

// Mover changes what is bought. It is safe for concurrent use.
type Mover struct {
	look     Looker
	keys     fleet.TagKeys
	groups   *cloud.Clients[*autoscaling.Client]
	services *cloud.Clients[*ecs.Client]
}

// New returns a mover for all accounts and regions that the access reaches. Nothing begins to buy Spot that does not carry the Spot tag of the keys
// when it is to be touched. It makes no call.
func New(a *cloud.Access, look Looker, keys fleet.TagKeys) *Mover {
	return &Mover{
		look: look, keys: keys,
		groups:   cloud.NewClients(a, func(c aws.Config) *autoscaling.Client { return autoscaling.NewFromConfig(c) }),
		services: cloud.NewClients(a, func(c aws.Config) *ecs.Client { return ecs.NewFromConfig(c) }),
	}
}

// Act implements optimizer.Actuator: one move after the other, as there are few. Once the context is done nothing more is sent.
func (m *Mover) Act(ctx context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	for i := range actions {
		if err := m.act(ctx, &actions[i]); err != nil {
			errs[i] = fmt.Errorf("move %s: %w", actions[i].Subject.ID, err)
		}
	}
	return errs
}

func (m *Mover) act(ctx context.Context, a *plan.Action) error {
	move, ok := a.Change.(plan.Move)
	if !ok {
		return refused(failure.Other, "%s is no move", a.Change.Verb())
	}
	if err := move.Check(); err != nil {
		return refused(failure.Other, "%w", err)
	}
	if err := ended(ctx); err != nil {
		return err
	}
	found, err := m.look.Find(ctx, a.Subject.Scope, []fleet.ARN{a.Subject.ARN})
	if err != nil {
		return fmt.Errorf("look at it once more: %w", err)
	}
	at := slices.IndexFunc(found, func(r fleet.Resource) bool { return r.ARN == a.Subject.ARN })
	if at < 0 || found[at].State == fleet.Gone {
		return refused(failure.Gone, "there is no such %s any more", a.Subject.Kind.Noun())
	}
	r := &found[at]
	if err := m.wanted(r, move); err != nil {
		return err
	}
	switch {
	case a.Subject.Kind == fleet.AutoScalingGroup && (move.Way == plan.ByRefresh || move.Way == plan.ByRollback || move.Way == plan.ByWriting):
		return m.group(ctx, r, move)
	case a.Subject.Kind == fleet.ECSService && move.Way == plan.ByDeploying:
		return m.service(ctx, r, move)
	}
	return refused(failure.Other, "%s cannot be moved by %s", a.Subject.Kind.Noun(), move.Way)
}

// wanted refuses to begin with Spot where the owner does not want it any more. What gives back, or buys less Spot, needs nobody's leave.
func (m *Mover) wanted(r *fleet.Resource, move plan.Move) error {
	if buysSpot(move.From) || !buysSpot(move.To) || m.keys.WantsSpot(r.Tags) {
		return nil
	}
	return refused(failure.InvalidState, "its tag %s does not ask for Spot any more: left as it is", m.keys.Spot)
}

func buysSpot(p fleet.Purchase) bool {
	return p.Lifecycle != fleet.OnDemand || p.Mix != nil && p.Mix.AboveBase < 100 ||
		slices.ContainsFunc(p.Providers, func(l fleet.Provider) bool { return l.Spot })
}

// refused is an error of offpeak's own: AWS was not asked.
func refused(class failure.Class, format string, args ...any) error {
	return &failure.Error{Class: class, Err: fmt.Errorf(format, args...)}
}

// meanwhile says that somebody else has changed what was to move.
func meanwhile(live, from fleet.Purchase) error {
	return refused(failure.InTransition, "somebody else has changed it: it buys %s now, and the plan was made for %s; nothing done, plan again", plan.Buys(live), plan.Buys(from))
}

// ended says that nothing may be sent any more, nil while it may.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &failure.Error{Class: failure.Unreachable, Err: fmt.Errorf("not tried: %w", err)}
	}
	return nil
}
