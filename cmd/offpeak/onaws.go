//go:build !demo

package main

import (
	"context"
	"sync"
	"time"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/actuator"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/outbox"
	"offpeak/internal/cloud/owner"
	"offpeak/internal/cloud/setup"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/live"
	livespot "offpeak/internal/live/spot"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
	"offpeak/reports/delivery"
)

// onAWS is AWS, reached with the credentials of who types the command.
type onAWS struct {
	*live.Hub
	now func() time.Time
	// posture says that snapshots tell how things are set up, too.
	posture bool
	acting  func() (*live.Hub, error) // the same, entering accounts by the role that acts
	looks   func() (*live.Hub, error) // the same, entering accounts by the role that only reads
}

// openAWS reaches AWS by the standard credential chain. A region that is only to be looked into does not replace the one of the configuration: there
// may be no such region, which another has to tell.
func openAWS(ctx context.Context, c console, e entry) (reach, error) {
	if configured, err := cloud.Open(ctx, cloud.Options{Profile: e.profile}); e.onlyToLook && err == nil && configured.Region() != "" {
		e.region = ""
	}
	open := func(looks bool) (*live.Hub, error) {
		return live.OpenAccounts(ctx, live.Settings{
			Region: e.region, Holder: holder(c), Cloud: cloud.Options{Profile: e.profile, Session: "offpeak-cli"}, Looks: looks, Spot: e.spot, ByHand: true,
		}, c.now)
	}
	h, err := open(!e.acts)
	if err != nil {
		return nil, err
	}
	a := &onAWS{h, c.now, e.posture, sync.OnceValues(func() (*live.Hub, error) { return open(false) }), func() (*live.Hub, error) { return h, nil }}
	if e.acts {
		a.looks = sync.OnceValues(func() (*live.Hub, error) { return open(true) })
	}
	return a, nil
}

// openMailer sends written mails by SES, by a configuration set if one is named.
func openMailer(ctx context.Context, e entry, from, set string) (delivery.Mailer, error) {
	a, err := cloud.Open(ctx, cloud.Options{Profile: e.profile, Region: e.region, Session: "offpeak-cli"})
	if err != nil {
		return nil, err
	}
	return outbox.New(a, outbox.Options{Region: e.region, From: from, ConfigurationSet: set}), nil
}

// Scopes implements reach. An account is asked for its regions by the role that only reads, also where it is acted in afterwards.
func (a *onAWS) Scopes(ctx context.Context, p *policy.Policy) ([]fleet.Scope, []hub.Finding, error) {
	h, err := a.looks()
	if err != nil {
		return nil, nil, err
	}
	return h.Scopes(ctx, p)
}

// Region implements reach.
func (a *onAWS) Region() fleet.Region { return a.Access.Region() }

// Look implements reach.
func (a *onAWS) Look(ctx context.Context, p *policy.Policy, scope fleet.Scope, everything bool) (fleet.Snapshot, error) {
	reader := inventory.New(a.Access, a.options(p))
	if everything {
		return reader.Everything(ctx, scope)
	}
	return reader.Snapshot(ctx, scope)
}

// options say what counts as opted in under a policy, as which accounts are entered from now on.
func (a *onAWS) options(p *policy.Policy) inventory.Options {
	var o inventory.Options
	if p != nil {
		a.Enter(p)
		o = live.OptIn(p.Rules.Keys)
	}
	o.Now = a.now
	if a.posture {
		o.Posture = inventory.Postures
	}
	return o
}

// Find implements reach.
func (a *onAWS) Find(ctx context.Context, p *policy.Policy, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error) {
	return inventory.New(a.Access, a.options(p)).Find(ctx, scope, arns)
}

// Acts implements reach.
func (a *onAWS) Acts(p *policy.Policy, anyway bool) optimizer.Actuator {
	a.Enter(p)
	return actuator.New(a.Access, actuator.Options{Keys: p.Rules.Keys, Anyway: anyway, Fallback: &actuator.Fallback{}})
}

// Spot implements reach.
func (a *onAWS) Spot(p *policy.Policy, store objects.Store) (hub.SpotHands, error) {
	return livespot.Under(a.Hub, store)(p)
}

// Bucket implements reach.
func (a *onAWS) Bucket(name, prefix string) objects.Store {
	return bucket.Open(a.Access, name, prefix, "")
}

// listPatience is how long a person waits for prices that were not asked for before.
const listPatience = 20 * time.Second

// Prices implements reach.
func (a *onAWS) Prices(store objects.Store) optimizer.Pricer {
	return a.Hub.Prices(store, listPatience)
}

// SetTag implements reach.
func (a *onAWS) SetTag(ctx context.Context, r *fleet.Resource, key, value string) error {
	return owner.SetTag(ctx, a.Access, r, key, value)
}

// Role implements reach.
func (a *onAWS) Role(p *policy.Policy, id fleet.AccountID) string {
	if id == a.Own() {
		return ""
	}
	role, _ := a.Enter(p).RoleOf(id)
	return role.ARN
}

// Parts implements reach.
func (a *onAWS) Parts(ctx context.Context, bucket, queue, topic string) hub.Parts {
	return setup.Of(ctx, a.Access, bucket, queue, topic)
}

// ReportParts implements reach.
func (a *onAWS) ReportParts(ctx context.Context, bucket string, payers []fleet.AccountID, addresses []string) hub.ReportParts {
	return setup.Reports(ctx, a.Access, bucket, payers, addresses)
}

// MayAct implements reach.
func (a *onAWS) MayAct(ctx context.Context, p *policy.Policy, scope fleet.Scope, instance string) error {
	h, err := a.acting()
	if err != nil {
		return err
	}
	h.Enter(p)
	return setup.MayAct(ctx, h.Access, scope, instance)
}

// Calls implements reach.
func (a *onAWS) Calls() map[string]int { return a.Access.Calls().Attempts() }
