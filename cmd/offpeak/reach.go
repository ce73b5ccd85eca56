package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

// reach is what commands ask of AWS.
type reach interface {
	// Own is the account of the credentials that are used.
	Own() fleet.AccountID
	// Who is the ARN of who uses them.
	Who() string
	// Region is that of the configuration, empty where there is none.
	Region() fleet.Region
	// Scopes are those that a policy names, as its roles are entered.
	Scopes(ctx context.Context, p *policy.Policy) ([]fleet.Scope, []hub.Finding, error)
	// Look lists what is opted in under a policy, or everything.
	Look(ctx context.Context, p *policy.Policy, scope fleet.Scope, everything bool) (fleet.Snapshot, error)
	// Find looks for resources by name, opted in or not; names that are not there are left out.
	Find(ctx context.Context, p *policy.Policy, scope fleet.Scope, arns []fleet.ARN) ([]fleet.Resource, error)
	// Acts changes things under a policy; anyway also what does not opt in any more.
	Acts(p *policy.Policy, anyway bool) optimizer.Actuator
	// Spot is what AutoSpot looks and acts with under a policy; what it asks of AWS's market is kept in a store.
	Spot(p *policy.Policy, store objects.Store) (hub.SpotHands, error)
	// Bucket is a store in S3.
	Bucket(name, prefix string) objects.Store
	// Prices fills in AWS's list prices, which it keeps in a store; nil where there are none to be had.
	Prices(store objects.Store) optimizer.Pricer
	// SetTag writes an owner's tag, under the identity of who types the command.
	SetTag(ctx context.Context, r *fleet.Resource, key, value string) error
	// Role is the ARN of the role that enters an account under a policy; empty where it is entered without one.
	Role(p *policy.Policy, id fleet.AccountID) string
	// Parts tells of a hub's bucket, queue and topic; those that are not named are looked for.
	Parts(ctx context.Context, bucket, queue, topic string) hub.Parts
	// ReportParts tells of what a hub makes reports of payers with, and mails them to addresses.
	ReportParts(ctx context.Context, bucket string, payers []fleet.AccountID, addresses []string) hub.ReportParts
	// MayAct enters a scope by the role that acts, and tries as a dry run whether an instance could be stopped and started, if one is named. The
	// error is hub.ErrNotEntered where that role lets nobody in who asks.
	MayAct(ctx context.Context, p *policy.Policy, scope fleet.Scope, instance string) error
	// Calls counts the calls made so far.
	Calls() map[string]int
}

// reachFlags are the flags of commands that ask AWS.
type reachFlags struct {
	profile string
	regions []string
	hub     string
	// acts is set by commands that change something in accounts. The others enter them by the role that only reads.
	acts bool
	// spot is set by commands that change how things buy their capacity: they act by AutoSpot's role.
	spot bool
	// posture is set by commands that tell how things are set up beside what plans need.
	posture bool
}

// entry is how AWS is reached.
type entry struct {
	profile string
	region  fleet.Region
	// onlyToLook says that the region is one to look into, which does not replace that of the configuration.
	onlyToLook bool
	// acts says that accounts are entered by the role that acts, and spot that this is AutoSpot's.
	acts, spot bool
	// posture says that snapshots tell how things are set up, too.
	posture bool
}

// HubVariable names the hub's place for all commands.
const hubVariable = "OFFPEAK_HUB"

// defaultHub is where ledger and memory are kept when nobody names a place.
const defaultHub = ".offpeak"

func (f *reachFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "", "profile of the AWS configuration (default: the standard credential chain)")
	if flags.Lookup("region") == nil { // commands that read files too have one already, see inputs.sight
		flags.StringArrayVar(&f.regions, "region", nil, "region to look into (repeatable; default: the policy's regions, else the configuration's)")
	}
	flags.StringVar(&f.hub, "hub", "", "where ledger and memory are: s3://BUCKET[/PREFIX] of a hub, or a folder (default: $"+hubVariable+", else "+defaultHub+")")
}

// site is AWS as a command sees it: the accounts, and the place of ledger and memory.
type site struct {
	reach
	store  objects.Store
	place  string // of the store, in words
	local  bool   // the store is a folder, not a hub
	bucket string // of a hub
	// findings are accounts and regions that cannot be looked into, and unread those that could not be looked at.
	findings []hub.Finding
	unread   []unreadScope
	list     optimizer.Pricer // see pricer
}

// hubPlace is where ledger and memory are kept, as it was named.
type hubPlace struct {
	name           string
	bucket, prefix string // empty for a folder
}

// where reads --hub and its variable. AWS is not asked.
func (f *reachFlags) where(c console) (hubPlace, error) {
	p := hubPlace{name: cmp.Or(f.hub, c.getenv(hubVariable), defaultHub)}
	at, _, err := placeInS3("--hub", p.name)
	p.bucket, p.prefix = at.bucket, at.prefix
	return p, err
}

// open reaches AWS and the place of ledger and memory.
func (f *reachFlags) open(ctx context.Context, c console) (*site, error) {
	at, err := f.where(c)
	if err != nil {
		return nil, err
	}
	region := ""
	if len(f.regions) > 0 {
		region = f.regions[0]
	}
	a, err := openAWS(ctx, c, entry{f.profile, fleet.Region(region), at.bucket == "", f.acts, f.spot, f.posture})
	if err != nil {
		return nil, err
	}
	s := &site{reach: a, place: at.name, local: at.bucket == ""}
	if !s.local {
		s.bucket, s.store = at.bucket, a.Bucket(at.bucket, at.prefix)
		return s, nil
	}
	s.store, err = local.NewFolder(at.name)
	return s, err
}

// ready reaches AWS, and reads the policy to follow: the file that was named, else the hub's, else offpeak.yaml here. What is wrong with the
// command line or the file is said before AWS is asked anything.
func (f *reachFlags) ready(ctx context.Context, c console, cmd *cobra.Command, file string) (*site, *policy.Policy, error) {
	at, err := f.where(c)
	if err != nil {
		return nil, nil, err
	}
	if at.bucket == "" || cmd.Flags().Changed("policy") {
		if _, err := loadPolicy(file); err != nil {
			return nil, nil, err
		}
	}
	s, err := f.open(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.policyFor(ctx, cmd, file)
	return s, p, err
}

// policyFor returns the policy to follow: the file that was named, else the hub's, else offpeak.yaml here. It writes nothing: who may only read the
// hub can look at it.
func (s *site) policyFor(ctx context.Context, cmd *cobra.Command, file string) (*policy.Policy, error) {
	if s.local || cmd.Flags().Changed("policy") {
		return loadPolicy(file)
	}
	held, _, err := readPolicy(ctx, s)
	return held, err
}

// pricer is who knows AWS's list prices, the same for the whole of a command; nil where there is nobody.
func (s *site) pricer() optimizer.Pricer {
	if s.list == nil {
		s.list = s.Prices(s.store)
	}
	return s.list
}

// memory joins what is remembered of scopes; nil where nothing is.
func (s *site) memory(ctx context.Context, scopes []fleet.Scope) (*fleet.Memory, error) {
	states := optimizer.States{Store: s.store}
	var all *fleet.Memory
	for _, scope := range scopes {
		state, err := states.Load(ctx, scope)
		if errors.Is(err, objects.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if all == nil {
			empty := (*fleet.Memory)(nil).Clone()
			all = &empty
		}
		maps.Copy(all.Resources, state.Memory.Resources)
		maps.Copy(all.Scopes, state.Memory.Scopes)
		maps.Copy(all.Spot, state.Memory.Spot)
	}
	return all, nil
}

func union(a, b []string) []string {
	for _, text := range b {
		if !slices.Contains(a, text) {
			a = append(a, text)
		}
	}
	return a
}

// interruptible ends with an interrupt, so that what is being done can be finished and written down.
func interruptible() (context.Context, func()) {
	return signal.NotifyContext(context.Background(), os.Interrupt)
}

// holder names this process in leases.
func holder(c console) string {
	return fmt.Sprintf("terminal-%d-%s", os.Getpid(), c.now().UTC().Format("150405"))
}
