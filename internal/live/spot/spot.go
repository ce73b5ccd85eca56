// Package spot puts AutoSpot together on AWS: its worker, its clock and its listener, each with AWS behind its ports.
//
// In goes an open hub; out come the parts of AutoSpot's functions and commands. It stands beside package live so that the scheduler's functions
// need not carry what AutoSpot alone asks of AWS. Nothing is decided here.
package spot

import (
	"context"
	"errors"
	"time"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/converter"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/membership"
	"offpeak/internal/cloud/messages"
	"offpeak/internal/cloud/mover"
	"offpeak/internal/cloud/pricelist"
	"offpeak/internal/cloud/spotmarket"
	"offpeak/internal/cloud/targetgroups"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/live"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
)

// patience is how long a look waits for on-demand prices. What is not known by then bars a move until the next look.
const patience = 20 * time.Second

// Worker returns AutoSpot's worker.
func Worker(h *live.Hub) *hub.SpotWorker {
	s := h.Settings()
	return &hub.SpotWorker{
		Store: h.Store, Policies: h.Policies, Accounts: h.Accounts, Under: Under(h, h.Store), Queue: messages.NewQueue(h.Access, s.SpotQueue),
		Alerts: messages.NewTopic(h.Access, s.Topic), Switch: h.Switch(), Now: h.Now, Holder: s.Holder,
	}
}

// Clock returns what wakes AutoSpot once a day.
func Clock(h *live.Hub) *hub.SpotClock {
	return &hub.SpotClock{Accounts: h.Accounts, Queue: messages.NewQueue(h.Access, h.Settings().SpotQueue), Now: h.Now}
}

// Under returns what looks and acts under a policy. Prices and the like are kept in a store.
func Under(h *live.Hub, store objects.Store) func(*policy.Policy) (hub.SpotHands, error) {
	s := h.Settings()
	client := pricelist.NewClient(h.Access, s.Region)
	book := &pricelist.Book{Store: store, Client: client, Patience: patience, Lent: s.Looks}
	return func(p *policy.Policy) (hub.SpotHands, error) {
		h.Enter(p)
		keys := p.Rules.Keys
		options := live.OptIn(keys)
		if keys.Spot == "" {
			return hub.SpotHands{}, errors.New("the policy names no tag that asks for Spot")
		}
		options.Keys, options.Launch, options.Now = append(options.Keys, keys.Spot), inventory.Launches, h.Now
		reader := inventory.New(h.Access, options)
		offers := spotmarket.New(h.Access, spotmarket.Options{Store: store, Keys: keys, Own: p.Prices, OnDemand: book, Products: client, Now: h.Now})
		return hub.SpotHands{
			Inventory: complete{reader, targetgroups.New(h.Access, keys), p.Prices},
			Actuator:  mover.New(h.Access, reader, keys),
			Converter: conversions{converter.New(h.Access)},
			Market:    offers, Placement: offers,
		}, nil
	}
}

// complete is an inventory with all that is known of how things are launched, and the policy's prices.
type complete struct {
	*inventory.Reader
	targets *targetgroups.Reader
	prices  fleet.Prices
}

// Snapshot implements optimizer.Inventory.
func (c complete) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	s, err := c.Reader.Snapshot(ctx, scope)
	if err == nil {
		err = c.targets.Complete(ctx, scope, &s)
	}
	if err == nil {
		c.prices.Apply(&s)
	}
	return s, err
}

// Find implements optimizer.Finder: what was moved and has lost its tag is told whole, so that it can be taken back.
func (c complete) Find(ctx context.Context, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error) {
	found, err := c.Reader.FindLaunched(ctx, scope, arns)
	if err == nil {
		s := fleet.Snapshot{Resources: found}
		c.prices.Apply(&s)
	}
	return found, err
}

// Listener returns what hears of interruptions and of launches that failed.
func Listener(h *live.Hub) *hub.Listener {
	return &hub.Listener{
		Store: h.Store, Accounts: h.Accounts, Groups: groups{h, membership.New(h.Access)}, Queue: messages.NewQueue(h.Access, h.Settings().SpotQueue),
		Classify: cloud.ClassifyLaunch, Now: h.Now,
	}
}

// groups enters accounts by the policy in force, which is read only where an account is to be entered.
type groups struct {
	hub     *live.Hub
	members *membership.Reader
}

// GroupOf implements hub.Groups.
func (g groups) GroupOf(ctx context.Context, scope fleet.Scope, instance string) (string, error) {
	held, _, _, err := g.hub.Policies.InForce(ctx)
	if err != nil {
		return "", err
	}
	g.hub.Enter(held)
	return g.members.GroupOf(ctx, scope, instance)
}
