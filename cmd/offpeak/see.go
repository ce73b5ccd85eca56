package main

import (
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
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
