// Package live puts offpeak together on AWS: the Lambda functions and the commands that act on real accounts are built from here.
//
// In goes where the hub keeps its things, by environment variables or flags; out come dispatcher, worker and what commands need, each with AWS
// behind its ports. Nothing is decided here.
package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"offpeak/autospot"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/accounts"
	"offpeak/internal/cloud/actuator"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/killswitch"
	"offpeak/internal/cloud/messages"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

// Settings say where the hub keeps its things.
type Settings struct {
	// Bucket holds ledger, memory, wake index and policy, beneath Prefix.
	Bucket, Prefix string
	Region         fleet.Region // of the hub
	// Queue is the URL of the queue of wakes, and Topic the ARN of the topic for alerts; commands need neither.
	Queue, Topic string
	// SpotQueue is the URL of the queue of AutoSpot's wakes, for its functions.
	SpotQueue string
	// Spot says that it is AutoSpot who looks and acts: accounts are entered by its own role, and by the one that only reads where the policy lets it
	// advise and no more.
	Spot bool
	// ByHand says that a person orders what AutoSpot does, whatever the policy lets it do by itself.
	ByHand bool
	// KillSwitch is the name of the parameter that holds everything; empty: there is none but the policy's.
	KillSwitch string
	// Holder names this process in leases.
	Holder string
	// Looks says that nothing is changed in any account: they are entered by the role that only reads.
	Looks bool
	// Cloud is how AWS is reached; RoleOf is set by Open.
	Cloud cloud.Options
}

// The environment variables of the functions.
const (
	BucketVariable = "OFFPEAK_BUCKET"
	PrefixVariable = "OFFPEAK_PREFIX"
	QueueVariable  = "OFFPEAK_QUEUE_URL"
	TopicVariable  = "OFFPEAK_TOPIC_ARN"
	SwitchVariable = "OFFPEAK_KILL_SWITCH"
)

// FromEnvironment reads the settings of a function.
func FromEnvironment(getenv func(string) string) Settings {
	return Settings{
		Bucket: getenv(BucketVariable), Prefix: getenv(PrefixVariable), Queue: getenv(QueueVariable), Topic: getenv(TopicVariable),
		KillSwitch: getenv(SwitchVariable), SpotQueue: getenv(SpotVariable),
		Region: fleet.Region(getenv("AWS_REGION")), Holder: getenv("AWS_LAMBDA_LOG_STREAM_NAME"),
		Cloud: cloud.Options{Session: "offpeak"},
	}
}

// Hub is offpeak on AWS.
type Hub struct {
	Access   *cloud.Access
	Store    objects.Store
	Policies *hub.Policies
	Accounts *hub.Accounts

	settings Settings
	own      fleet.AccountID
	who      string // the ARN of who calls
	now      func() time.Time
	plan     atomic.Pointer[accounts.Plan] // how accounts are entered, under the policy that was read last
}

// Open reaches the hub. It asks AWS who is calling, and nothing else.
func Open(ctx context.Context, s Settings, now func() time.Time) (*Hub, error) {
	if s.Bucket == "" {
		return nil, fmt.Errorf("the hub's bucket is not named: set %s", BucketVariable)
	}
	h := &Hub{settings: s, now: now}
	if err := h.open(ctx); err != nil {
		return nil, err
	}
	h.Store = bucket.Open(h.Access, s.Bucket, s.Prefix, s.Region)
	h.Policies = &hub.Policies{Store: h.Store}
	h.Accounts = &hub.Accounts{Store: h.Store}
	return h, nil
}

// OpenAccounts reaches accounts without a hub: for commands that look at an account, or put back what was stopped.
func OpenAccounts(ctx context.Context, s Settings, now func() time.Time) (*Hub, error) {
	h := &Hub{settings: s, now: now}
	return h, h.open(ctx)
}

func (h *Hub) open(ctx context.Context) (err error) {
	options := h.settings.Cloud
	options.RoleOf = h.roleOf
	if options.Region == "" {
		options.Region = h.settings.Region
	}
	if h.Access, err = cloud.Open(ctx, options); err != nil {
		return err
	}
	if h.settings.Region == "" {
		h.settings.Region = h.Access.Region()
	}
	h.own, h.who, err = h.Access.Self(ctx)
	return err
}

// Own returns the account whose credentials are used.
func (h *Hub) Own() fleet.AccountID { return h.own }

// Who returns the ARN of who calls.
func (h *Hub) Who() string { return h.who }

// roleOf returns how an account is entered.
func (h *Hub) roleOf(id fleet.AccountID) (cloud.Role, bool) {
	plan := h.plan.Load()
	if plan == nil || id == h.own {
		return cloud.Role{}, false
	}
	return plan.RoleOf(id)
}

// Enter makes a policy the one by which accounts are entered.
func (h *Hub) Enter(p *policy.Policy) accounts.Plan {
	plan := accounts.Plan{
		Listed: p.Accounts.Listed, In: p.Accounts.In, Out: p.Accounts.Out, Role: h.acting(p.Accounts.Role), ExternalID: p.Accounts.ExternalID,
		Own: h.own, Partition: h.settings.Region.Partition(), Regions: p.Regions, Read: protected(p), ReadRole: p.Accounts.ReadRole,
		Looks: h.settings.Looks || h.settings.Spot && !h.settings.ByHand && p.Spot.Mode != autospot.Act,
	}
	for _, o := range p.Accounts.Outside {
		plan.Outside = append(plan.Outside, accounts.Outside{ID: o.ID, Role: cloud.Role{ARN: h.acting(o.Role), ExternalID: o.ExternalID}})
	}
	h.plan.Store(&plan)
	return plan
}

// protected are the accounts that protected environments name, and no other: nothing is ever changed in them.
func protected(p *policy.Policy) (ids []fleet.AccountID) {
	open := map[fleet.AccountID]bool{}
	for _, e := range p.Rules.Environments {
		for _, id := range e.Accounts {
			open[id] = open[id] || !e.Protected
		}
	}
	for id, isOpen := range open {
		if !isOpen {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Scopes implements hub.Directory.
func (h *Hub) Scopes(ctx context.Context, p *policy.Policy) ([]fleet.Scope, []hub.Finding, error) {
	found, err := accounts.Find(ctx, h.Access, h.Enter(p))
	if err != nil {
		return nil, nil, err
	}
	findings := make([]hub.Finding, len(found.Findings))
	for i, f := range found.Findings {
		findings[i] = hub.Finding(f)
	}
	return found.Scopes(), findings, nil
}

// Dispatcher returns the dispatcher.
func (h *Hub) Dispatcher() *hub.Dispatcher {
	d := &hub.Dispatcher{
		States: optimizer.States{Store: h.Store}, Policies: h.Policies, Accounts: h.Accounts, Directory: h,
		Queue: messages.NewQueue(h.Access, h.settings.Queue), Watch: h.watch(), Now: h.now,
	}
	if h.settings.SpotQueue != "" {
		d.Spot = messages.NewQueue(h.Access, h.settings.SpotQueue)
	}
	return d
}

// watch tells people.
func (h *Hub) watch() *hub.Watch {
	return &hub.Watch{Alerts: messages.NewTopic(h.Access, h.settings.Topic), Said: hub.Said{Store: h.Store}}
}

// Worker returns the worker.
func (h *Hub) Worker() *hub.Worker {
	prices := h.Prices(h.Store, patience) // the same under every policy
	under := func(p *policy.Policy) (hub.Hands, error) {
		hands, err := h.Under(p)
		hands.Prices = prices
		return hands, err
	}
	return &hub.Worker{
		Switch: h.Switch(),
		Store:  h.Store, Policies: h.Policies, Accounts: h.Accounts, Under: under,
		Queue: messages.NewQueue(h.Access, h.settings.Queue), Alerts: messages.NewTopic(h.Access, h.settings.Topic),
		Now: h.now, Holder: h.settings.Holder,
	}
}

// Switch returns the hub's kill switch; nil where there is none.
func (h *Hub) Switch() hub.Switch {
	if h.settings.KillSwitch == "" {
		return nil
	}
	return killswitch.New(h.Access, h.settings.KillSwitch)
}

// Settings returns where the hub keeps its things, and Now what time it is.
func (h *Hub) Settings() Settings { return h.settings }

// Now returns the present, by the clock that the hub was opened with.
func (h *Hub) Now() time.Time { return h.now() }

// Under returns what looks and acts under a policy.
func (h *Hub) Under(p *policy.Policy) (hub.Hands, error) {
	h.Enter(p)
	options := OptIn(p.Rules.Keys)
	if len(options.Keys)+len(options.Folded) == 0 {
		return hub.Hands{}, errors.New("the policy names no tag that opts in")
	}
	options.Now = h.now
	reader := inventory.New(h.Access, options)
	acts := actuator.New(h.Access, actuator.Options{Keys: p.Rules.Keys, Fallback: &actuator.Fallback{}})
	return hub.Hands{Inventory: priced{reader, p.Prices}, Actuator: acts, Readiness: reader}, nil
}

// OptIn returns what the tag keys that opt a resource in are asked for by: schedule keys as they are written, Cloud Custodian's in any case.
func OptIn(k fleet.TagKeys) inventory.Options {
	o := inventory.Options{Keys: append([]string(nil), k.Schedule...)}
	if k.Custodian != "" {
		o.Folded = []string{k.Custodian}
	}
	return o
}

// priced sets the policy's prices.
type priced struct {
	*inventory.Reader
	prices fleet.Prices
}

// Snapshot implements optimizer.Inventory.
func (p priced) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	s, err := p.Reader.Snapshot(ctx, scope)
	if err == nil {
		p.prices.Apply(&s)
	}
	return s, err
}
