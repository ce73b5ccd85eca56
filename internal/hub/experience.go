package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"offpeak/autospot/experience"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/objects"
	"offpeak/scheduler"
	"offpeak/scheduler/wall"
)

// own are the organization's own interruptions in a region, of all of its accounts that AutoSpot has moved something in, and in sources how many they are. A record
// that cannot be read is left out, and said: the advisor's word stands in for it.
func (p *spotPlanner) own(ctx context.Context, s *fleet.Snapshot, now time.Time) (map[fleet.Region]map[string]pricing.Experience, []string, error) {
	if !asksForSpot(s, p.policy.Spot.Keys) {
		return nil, nil, nil
	}
	var records []experience.Record
	var sources []string
	for key, err := range p.worker.Store.List(ctx, experience.Prefix(p.scope.Region)) {
		if err != nil {
			return nil, nil, fmt.Errorf("own interruptions: %w", err)
		}
		data, _, err := p.worker.Store.Read(ctx, key)
		if errors.Is(err, objects.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("own interruptions: %s: %w", key, err)
		}
		r, err := experience.Parse(data)
		if err != nil {
			sources = append(sources, fmt.Sprintf("own interruptions: %s is left out: %v", key, err))
			continue
		}
		records = append(records, r)
	}
	types := experience.Types(records, now)
	if len(records) > 0 {
		sources = append(sources, OwnSource(types[p.scope.Region], len(records), p.scope.Region))
	}
	return types, sources, nil
}

// OwnSource says in a sentence how much is known of an organization's own interruptions.
func OwnSource(types map[string]pricing.Experience, accounts int, region fleet.Region) string {
	var all pricing.Experience
	for _, e := range types {
		all.Interruptions, all.Hours = all.Interruptions+e.Interruptions, all.Hours+e.Hours
	}
	return fmt.Sprintf("own interruptions: %d in %.0f instance-hours of %d types, in %s, accounts: %d", all.Interruptions, all.Hours, len(types), region, accounts)
}

// learn adds to the scope's record what this look sees of moved groups, and keeps it where that says more than is known. Nothing depends on it: a record that another
// look has written meanwhile is left to the next one, and one that cannot be read begins anew.
func (p *spotPlanner) learn(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) error {
	sights := sightsOf(s, memory)
	key := experience.Key(p.scope)
	var record experience.Record
	data, version, err := p.worker.Store.Read(ctx, key)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		if len(sights) == 0 {
			return nil
		}
	case err != nil:
		return fmt.Errorf("own interruptions: %w", err)
	default:
		if record, err = experience.Parse(data); err != nil {
			record = experience.Record{}
		}
	}
	record.Scope = p.scope
	next, changed := record.Add(experience.Look{At: now, Sights: sights, Interrupted: p.interrupted, Open: p.openFor(s)})
	if !changed {
		return nil
	}
	if data, err = json.Marshal(&next); err != nil {
		return fmt.Errorf("own interruptions: %w", err)
	}
	if version == "" {
		_, err = p.worker.Store.Create(ctx, key, data)
	} else {
		_, err = p.worker.Store.Replace(ctx, key, data, version)
	}
	if err != nil && !errors.Is(err, objects.ErrExists) && !errors.Is(err, objects.ErrChanged) {
		return fmt.Errorf("own interruptions: %w", err)
	}
	return nil
}

// sightsOf are the moved groups of a snapshot with their Spot instances.
func sightsOf(s *fleet.Snapshot, memory *fleet.Memory) map[fleet.ARN]experience.Sight {
	sights := map[fleet.ARN]experience.Sight{}
	for i := range s.Resources {
		r := &s.Resources[i]
		m, moved := memory.Spot[r.ARN]
		if !moved || m.Stage == fleet.Returned || r.Kind != fleet.AutoScalingGroup || r.Launch == nil || r.State == fleet.Gone {
			continue
		}
		sight := experience.Sight{Asleep: r.Size.Desired == 0 && len(r.Launch.Members) == 0, Instances: map[string]market.Pool{}}
		for _, member := range r.Launch.Members {
			if member.Lifecycle != fleet.OnDemand {
				sight.Instances[member.ID] = market.Pool{Zone: member.Zone, Type: member.Type, Product: r.Product}
			}
		}
		sights[r.ARN] = sight
	}
	return sights
}

// openFor tells for how long of a time a group ran, by its schedule. One without a schedule ran all the time, unless it is at zero now: since when is not known.
func (p *spotPlanner) openFor(s *fleet.Snapshot) func(fleet.ARN, bool, time.Time, time.Time) time.Duration {
	reader := scheduler.New(&p.policy.Rules)
	return func(arn fleet.ARN, asleep bool, from, to time.Time) time.Duration {
		for i := range s.Resources {
			if r := &s.Resources[i]; r.ARN == arn {
				return openHours(reader.Explain(r, to).Schedule, asleep, from, to)
			}
		}
		return 0
	}
}

// openHours is for how long a schedule had something running. Where it does not care, it ran if it does now.
func openHours(c *scheduler.Compiled, asleep bool, from, to time.Time) (open time.Duration) {
	ran := func(s wall.State) bool { return s == wall.Running || s != wall.Stopped && !asleep }
	if c == nil {
		if asleep {
			return 0
		}
		return to.Sub(from)
	}
	at, state := from, c.State(from)
	for _, edge := range c.Edges(from, to) {
		if edge.At.After(at) {
			if ran(state) {
				open += edge.At.Sub(at)
			}
			at = edge.At
		}
		state = edge.Want
	}
	if ran(state) {
		open += to.Sub(at)
	}
	return open
}
