//go:build !demo

package main

import (
	"context"
	"time"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/actuator"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/owner"
	"offpeak/internal/fleet"
	"offpeak/internal/live"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

// onAWS is AWS, reached with the credentials of who types the command.
type onAWS struct {
	*live.Hub
	now func() time.Time
}

// openAWS reaches AWS by the standard credential chain.
func openAWS(ctx context.Context, c console, profile string, region fleet.Region) (reach, error) {
	h, err := live.OpenAccounts(ctx, live.Settings{
		Region: region, Holder: holder(c), Cloud: cloud.Options{Profile: profile, Session: "offpeak-cli"},
	}, c.now)
	if err != nil {
		return nil, err
	}
	return &onAWS{h, c.now}, nil
}

// Region implements reach.
func (a *onAWS) Region() fleet.Region { return a.Access.Region() }

// Look implements reach.
func (a *onAWS) Look(ctx context.Context, p *policy.Policy, scope fleet.Scope, everything bool) (fleet.Snapshot, error) {
	options := inventory.Options{Now: a.now}
	if p != nil {
		a.Enter(p)
		options.Keys = live.OptIn(p.Rules.Keys)
	}
	reader := inventory.New(a.Access, options)
	if everything {
		return reader.Everything(ctx, scope)
	}
	return reader.Snapshot(ctx, scope)
}

// Acts implements reach.
func (a *onAWS) Acts(p *policy.Policy, anyway bool) optimizer.Actuator {
	a.Enter(p)
	return actuator.New(a.Access, actuator.Options{Keys: p.Rules.Keys, Anyway: anyway, Fallback: &actuator.Fallback{}})
}

// Bucket implements reach.
func (a *onAWS) Bucket(name, prefix string) objects.Store {
	return bucket.Open(a.Access, name, prefix, "")
}

// SetTag implements reach.
func (a *onAWS) SetTag(ctx context.Context, r *fleet.Resource, key, value string) error {
	return owner.SetTag(ctx, a.Access, r, key, value)
}

// Calls implements reach.
func (a *onAWS) Calls() map[string]int { return a.Access.Calls().Attempts() }
