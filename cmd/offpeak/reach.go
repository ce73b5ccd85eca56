package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

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
	// Region is that of the configuration, empty where there is none.
	Region() fleet.Region
	// Scopes are those that a policy names, as its roles are entered.
	Scopes(ctx context.Context, p *policy.Policy) ([]fleet.Scope, []hub.Finding, error)
	// Look lists what is opted in under a policy, or everything.
	Look(ctx context.Context, p *policy.Policy, scope fleet.Scope, everything bool) (fleet.Snapshot, error)
	// Acts changes things under a policy; anyway also what does not opt in any more.
	Acts(p *policy.Policy, anyway bool) optimizer.Actuator
	// Bucket is a store in S3.
	Bucket(name, prefix string) objects.Store
	// SetTag writes an owner's tag, under the identity of who types the command.
	SetTag(ctx context.Context, r *fleet.Resource, key, value string) error
	// Calls counts the calls made so far.
	Calls() map[string]int
}

// reachFlags are the flags of commands that ask AWS.
type reachFlags struct {
	profile string
	regions []string
	hub     string
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
	store objects.Store
	place string // of the store, in words
	local bool   // the store is a folder, not a hub
}

// open reaches AWS and the place of ledger and memory.
func (f *reachFlags) open(ctx context.Context, c console) (*site, error) {
	region := ""
	if len(f.regions) > 0 {
		region = f.regions[0]
	}
	a, err := openAWS(ctx, c, f.profile, fleet.Region(region))
	if err != nil {
		return nil, err
	}
	s := &site{reach: a, place: f.hub}
	if s.place == "" {
		s.place = c.getenv(hubVariable)
	}
	if s.place == "" {
		s.place = defaultHub
	}
	if rest, ok := strings.CutPrefix(s.place, "s3://"); ok {
		name, prefix, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
		if name == "" {
			return nil, usagef("--hub %s names no bucket (write s3://BUCKET or s3://BUCKET/PREFIX)", s.place)
		}
		if prefix != "" {
			prefix += "/"
		}
		s.store = a.Bucket(name, prefix)
		return s, nil
	}
	s.local = true
	s.store, err = local.NewFolder(s.place)
	return s, err
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

// scopes are those to look into: of one's own account in the regions that were named, or with a hub all that the policy names.
func (s *site) scopes(ctx context.Context, c console, p *policy.Policy, regions []string) ([]fleet.Scope, error) {
	if s.local {
		return s.ownScopes(p, regions)
	}
	scopes, findings, err := s.Scopes(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		_, _ = fmt.Fprintf(c.err, "note: %s\n", f.Text)
	}
	if len(regions) > 0 {
		scopes = slices.DeleteFunc(scopes, func(s fleet.Scope) bool { return !slices.Contains(regions, string(s.Region)) })
	}
	if len(scopes) == 0 {
		return nil, errors.New("the policy names no account that can be looked at")
	}
	return scopes, nil
}

func (s *site) ownScopes(p *policy.Policy, regions []string) ([]fleet.Scope, error) {
	var named []fleet.Region
	for _, r := range regions {
		named = append(named, fleet.Region(r))
	}
	if len(named) == 0 && p != nil {
		named = p.Regions
	}
	if len(named) == 0 && s.Region() != "" {
		named = []fleet.Region{s.Region()}
	}
	if len(named) == 0 {
		return nil, usagef("no region: name one with --region, in the policy's regions, or in the AWS configuration")
	}
	scopes := make([]fleet.Scope, len(named))
	for i, region := range named {
		scopes[i] = fleet.Scope{Account: s.Own(), Region: region}
	}
	return scopes, nil
}

// look lists scopes one after the other and makes one snapshot of them, for the instant of the first.
func (s *site) look(ctx context.Context, c console, p *policy.Policy, scopes []fleet.Scope, everything bool) (fleet.Snapshot, error) {
	progress := newProgress(c)
	defer progress.clear()
	var all fleet.Snapshot
	for i, scope := range scopes {
		progress.show("looking at "+scope.String(), 1000*i/len(scopes))
		seen, err := s.Look(ctx, p, scope, everything)
		if err != nil {
			return all, err
		}
		if all.Taken.IsZero() {
			all.Taken = seen.Taken
		}
		all.Resources = append(all.Resources, seen.Resources...)
		all.NotChecked = union(all.NotChecked, seen.NotChecked)
		all.Gaps = union(all.Gaps, seen.Gaps)
	}
	all.Sort()
	if p != nil {
		p.Prices.Apply(&all)
	}
	return all, nil
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

// seeLive is see for what is asked of AWS now.
func (f *reachFlags) seeLive(ctx context.Context, cmd *cobra.Command, in *inputs) (sight, *site, []fleet.Scope, error) {
	var out sight
	s, err := f.open(ctx, in.console)
	if err != nil {
		return out, nil, nil, err
	}
	if out.policy, err = s.policyFor(ctx, cmd, in.policyFile); err != nil {
		return out, nil, nil, err
	}
	scopes, err := s.scopes(ctx, in.console, out.policy, f.regions)
	if err != nil {
		return out, nil, nil, err
	}
	if out.snapshot, err = s.look(ctx, in.console, out.policy, scopes, false); err != nil {
		return out, nil, nil, err
	}
	prices, err := in.prices(out.policy)
	if err != nil {
		return out, nil, nil, err
	}
	prices.Apply(&out.snapshot)
	selected, err := parseSelector(in.selector)
	if err != nil {
		return out, nil, nil, err
	}
	out.snapshot.Resources = selected.filter(out.snapshot.Resources, out.policy.Rules.EnvironmentOf())
	if out.memory, err = s.memory(ctx, scopes); err != nil {
		return out, nil, nil, err
	}
	out.now = out.snapshot.Taken
	if now := in.now(); now.After(out.now) {
		out.now = now
	}
	return out, s, scopes, nil
}
