package main

import (
	"context"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

// sight is everything that a plan is made from.
type sight struct {
	policy   *policy.Policy
	snapshot fleet.Snapshot
	memory   *fleet.Memory
	site     *site          // where AWS was asked; nil where files were read
	findings []plan.Finding // on where prices are from
	now      time.Time      // against which the snapshot's age is measured
}

// plan is the scheduler's plan of it. Where AWS was asked, what AutoSpot is converting just now is left to AutoSpot, as the worker leaves it.
func (s *sight) plan(options scheduler.Options) (plan.Plan, *fleet.Memory, error) {
	if s.site == nil {
		made, next := scheduler.New(&s.policy.Rules).Plan(&s.snapshot, s.memory, options)
		return made, next, nil
	}
	ctx, stop := interruptible()
	defer stop()
	return s.site.plan(ctx, s.policy, &s.snapshot, s.memory, options)
}

// plan is the scheduler's plan of what was seen at a site.
func (s *site) plan(ctx context.Context, p *policy.Policy, seen *fleet.Snapshot, memory *fleet.Memory, options scheduler.Options) (plan.Plan, *fleet.Memory, error) {
	aside := hub.Aside{Store: s.store, Planner: asked{scheduler.New(&p.Rules), options}, Rules: &p.Rules}
	return aside.Plan(ctx, seen, memory, options.Now)
}

// asked is the scheduler as it is asked by a command: with options of its own.
type asked struct {
	planner *scheduler.Planner
	options scheduler.Options
}

// Plan implements optimizer.Planner.
func (a asked) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, _ time.Time) (plan.Plan, *fleet.Memory, error) {
	made, next := a.planner.Plan(s, memory, a.options)
	return made, next, nil
}

// see reads policy, inventory, prices and memory.
func (in *inputs) see(args []string) (sight, error) {
	var s sight
	var err error
	selected, err := parseSelector(in.selector)
	if err != nil {
		return s, err
	}
	if s.policy, err = loadPolicy(in.policyFile); err != nil {
		return s, err
	}
	prices, err := in.prices(s.policy)
	if err != nil {
		return s, err
	}
	if s.snapshot, err = in.snapshot(args, prices); err != nil {
		return s, err
	}
	if s.memory, err = in.memory(); err != nil {
		return s, err
	}
	if s.now, err = in.instant(); err != nil {
		return s, err
	}
	if s.now.Before(s.snapshot.Taken) {
		s.now = s.snapshot.Taken // a saved snapshot keeps its own instant
	}
	s.snapshot.Resources = selected.filter(s.snapshot.Resources, s.policy.Rules.EnvironmentOf())
	return s, nil
}
