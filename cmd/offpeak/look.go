package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/policy"
)

// unreadScope is a scope that could not be looked at, and why.
type unreadScope struct {
	scope fleet.Scope
	err   error
}

// scopes are those to look into: of one's own account in the regions that were named, or with a hub all that the policy names.
func (s *site) scopes(ctx context.Context, c console, p *policy.Policy, regions []string) ([]fleet.Scope, error) {
	if s.local {
		return s.ownScopes(ctx, c, p, regions)
	}
	scopes, findings, err := s.Scopes(ctx, p)
	if err != nil {
		return nil, err
	}
	s.note(c, findings)
	if len(regions) > 0 {
		scopes = slices.DeleteFunc(scopes, func(s fleet.Scope) bool { return !slices.Contains(regions, string(s.Region)) })
	}
	if len(scopes) == 0 {
		return nil, notLookedAt(s.findings, "the policy names no account that can be looked at")
	}
	const many = 8
	if len(regions)+len(p.Regions) == 0 && len(scopes) > many {
		_, _ = fmt.Fprintf(c.err, "note: the policy names no regions: all that are enabled are asked, %d in all; name those that you use in the policy's regions, or with --region\n", len(scopes))
	}
	return scopes, nil
}

// note tells what cannot be looked into, and keeps it.
func (s *site) note(c console, findings []hub.Finding) {
	for _, f := range findings {
		if !slices.Contains(s.findings, f) {
			_, _ = fmt.Fprintf(c.err, "note: %s %s\n", f.Text, f.Remedy)
			s.findings = append(s.findings, f)
		}
	}
}

// notLookedAt is the error of who has nothing to look at: the first finding tells why.
func notLookedAt(findings []hub.Finding, otherwise string) error {
	if len(findings) == 0 {
		return errors.New(otherwise)
	}
	first := findings[0]
	return &failure.Error{Class: first.Class, Err: errors.New(strings.TrimSuffix(first.Text, ".")), Remedy: first.Remedy}
}

// ownScopes are one's own account in the regions that were named. AWS is asked whether it has them, and whether they are enabled; who may not ask
// that takes them as they are.
func (s *site) ownScopes(ctx context.Context, c console, p *policy.Policy, regions []string) ([]fleet.Scope, error) {
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
	alone := &policy.Policy{Regions: named}
	alone.Accounts.Listed = []fleet.AccountID{s.Own()}
	_, findings, err := s.Scopes(ctx, alone)
	if err != nil {
		return nil, err
	}
	findings = slices.DeleteFunc(findings, func(f hub.Finding) bool { return !slices.Contains(named, f.Region) })
	var scopes []fleet.Scope
	for _, region := range named {
		if !slices.ContainsFunc(findings, func(f hub.Finding) bool { return f.Region == region }) {
			scopes = append(scopes, fleet.Scope{Account: s.Own(), Region: region})
		}
	}
	if len(scopes) == 0 {
		return nil, notLookedAt(findings, "")
	}
	s.note(c, findings)
	return scopes, nil
}

// looksAtOnce is how many scopes are listed side by side.
const looksAtOnce = 4

// look lists scopes side by side and makes one snapshot of them, for the instant of the earliest. A scope that cannot be looked at is told and kept
// in unread, and the others are shown, unless there is no other.
func (s *site) look(ctx context.Context, c console, p *policy.Policy, scopes []fleet.Scope, everything bool) (fleet.Snapshot, error) {
	seen, errs := make([]fleet.Snapshot, len(scopes)), make([]error, len(scopes))
	free, done := make(chan struct{}, looksAtOnce), make(chan struct{})
	go func() {
		for i := range scopes {
			free <- struct{}{}
			go func() {
				seen[i], errs[i] = s.Look(ctx, p, scopes[i], everything)
				<-free
				done <- struct{}{}
			}()
		}
	}()
	progress := newProgress(c)
	for n := range scopes {
		progress.show(fmt.Sprintf("looked at %d of %d accounts' regions", n, len(scopes)), 1000*n/len(scopes))
		<-done
	}
	progress.clear()
	if err := ctx.Err(); err != nil {
		return fleet.Snapshot{}, err
	}
	return s.together(c, p, scopes, seen, errs)
}

// together joins what was seen, and tells what was not.
func (s *site) together(c console, p *policy.Policy, scopes []fleet.Scope, seen []fleet.Snapshot, errs []error) (fleet.Snapshot, error) {
	var all fleet.Snapshot
	failed := 0
	for i := range scopes {
		if errs[i] == nil {
			if all.Taken.IsZero() || seen[i].Taken.Before(all.Taken) {
				all.Taken = seen[i].Taken
			}
			all.Resources = append(all.Resources, seen[i].Resources...)
			all.NotChecked = union(all.NotChecked, seen[i].NotChecked)
			all.Gaps = union(all.Gaps, seen[i].Gaps)
			continue
		}
		if failed++; failed == len(scopes) {
			return all, errs[0]
		}
	}
	for i, scope := range scopes {
		if errs[i] == nil {
			continue
		}
		s.unread = append(s.unread, unreadScope{scope, errs[i]})
		gap := fmt.Sprintf("%s could not be looked at (%s): %v", scope, failure.Of(errs[i]), errs[i])
		all.Gaps = append(all.Gaps, gap)
		if do := failure.Remedy(errs[i]); do != "" {
			gap += "; " + do
		}
		_, _ = fmt.Fprintf(c.err, "note: %s\n", gap)
	}
	all.Sort()
	if p != nil {
		p.Prices.Apply(&all)
	}
	return all, nil
}

// wholly is the outcome of a command that has shown what it could see: a failure where some could not be looked at.
func (s *site) wholly(err error) error {
	if err == nil && s != nil && len(s.unread) > 0 {
		return exit(exitFailed)
	}
	return err
}

// remembered joins what is remembered of the scopes that were seen. One whose memory cannot be read is left out, and told, unless there is no other:
// what would be planned there without memory would not be what is done.
func (s *site) remembered(ctx context.Context, c console, scopes []fleet.Scope, seen *fleet.Snapshot) (*fleet.Memory, error) {
	left := slices.Clone(scopes)
	for _, u := range s.unread {
		left = slices.DeleteFunc(left, func(scope fleet.Scope) bool { return scope == u.scope })
	}
	readable := left[:0:0]
	for _, scope := range left {
		_, err := s.memory(ctx, []fleet.Scope{scope})
		switch {
		case err == nil:
			readable = append(readable, scope)
			continue
		case failure.Of(err) != failure.Unreadable || len(scopes) == 1:
			return nil, err
		}
		s.unread = append(s.unread, unreadScope{scope, err})
		gap := fmt.Sprintf("%s is left out (%s): %v", scope, failure.Of(err), err)
		_, _ = fmt.Fprintf(c.err, "note: %s; %s\n", gap, failure.Remedy(err))
		seen.Gaps = append(seen.Gaps, gap)
		seen.Resources = slices.DeleteFunc(seen.Resources, func(r fleet.Resource) bool { return r.Scope == scope })
	}
	return s.memory(ctx, readable)
}

// seeLive is see for what is asked of AWS now.
func (f *reachFlags) seeLive(ctx context.Context, cmd *cobra.Command, in *inputs) (sight, error) {
	var out sight
	selected, err := parseSelector(in.selector)
	if err != nil {
		return out, err
	}
	s, p, err := f.ready(ctx, in.console, cmd, in.policyFile)
	if err != nil {
		return out, err
	}
	out.policy, out.site = p, s
	scopes, err := s.scopes(ctx, in.console, out.policy, f.regions)
	if err != nil {
		return out, err
	}
	if out.snapshot, err = s.look(ctx, in.console, out.policy, scopes, false); err != nil {
		return out, err
	}
	prices, err := in.prices(out.policy)
	if err != nil {
		return out, err
	}
	prices.Apply(&out.snapshot)
	out.snapshot.Resources = selected.filter(out.snapshot.Resources, out.policy.Rules.EnvironmentOf())
	if list := s.pricer(); list != nil {
		out.findings = list.Price(ctx, &out.snapshot)
	}
	if out.memory, err = s.remembered(ctx, in.console, scopes, &out.snapshot); err != nil {
		return out, err
	}
	out.now = out.snapshot.Taken
	if now := in.now(); now.After(out.now) {
		out.now = now
	}
	return out, nil
}
