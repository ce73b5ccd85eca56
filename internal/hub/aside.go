package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

// Aside is a planner that leaves what AutoSpot is converting just now to AutoSpot, and asks another one about everything else. While an instance is
// converted it is stopped, ended and launched anew: none of that is a person's doing, a departure or an arrival. What is remembered of it stays as it is,
// and is its successor's from the end of the conversion on; an edge that comes meanwhile is due then.
type Aside struct {
	Store   objects.Store
	Planner optimizer.Planner
	Rules   *scheduler.Rules // for the environments' names
}

// asideFor is how soon it is looked again while a conversion is under way.
const asideFor = 5 * time.Minute

// Plan implements optimizer.Planner. Where memory knows of no conversion nothing is read.
func (a *Aside) Plan(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	u, err := openConversions(ctx, a.Store, s, memory)
	if err != nil {
		return plan.Plan{}, memory, err
	}
	one := memory.AsIfOne(s)
	if len(u.Hidden) == 0 {
		return a.Planner.Plan(ctx, one, memory, now)
	}
	known := memory.Clone()
	for arn := range u.Hidden {
		delete(known.Resources, arn)
	}
	made, planned, err := a.Planner.Plan(ctx, without(one, u.Hidden), &known, now)
	next := memory
	if planned != &known {
		whole := planned.Clone()
		for arn := range u.Hidden {
			if m, remembered := memory.Resources[arn]; remembered {
				whole.Resources[arn] = m
			}
		}
		next = &whole
	}
	a.mention(&made, s, memory, u.Hidden)
	if soon := s.Taken.Add(asideFor).UTC(); made.Wake.IsZero() || soon.Before(made.Wake) {
		made.Wake = soon
	}
	return made, next, err
}

// mention says of everything that is left to AutoSpot, and on a schedule, that it is.
func (a *Aside) mention(made *plan.Plan, s *fleet.Snapshot, memory *fleet.Memory, hidden map[fleet.ARN]bool) {
	environment := a.Rules.EnvironmentOf()
	for i := range s.Resources {
		r := &s.Resources[i]
		if !hidden[r.ARN] {
			continue
		}
		made.Totals.Resources++
		if _, scheduled := memory.Resources[r.ARN]; !scheduled || r.State == fleet.Gone {
			continue
		}
		made.Totals.OptedIn++
		made.Refusals = append(made.Refusals, plan.Refusal{
			Subject: plan.SubjectOf(r, environment(r)), Code: plan.Converting,
			Why: "AutoSpot replaces it by an instance of another lifecycle just now; its schedule goes on with that one",
		})
	}
	made.Sort()
	made.Count()
}

// without is a snapshot that does not show some resources.
func without(s *fleet.Snapshot, hidden map[fleet.ARN]bool) *fleet.Snapshot {
	rest := *s
	rest.Resources = slices.DeleteFunc(slices.Clone(s.Resources), func(r fleet.Resource) bool { return hidden[r.ARN] })
	return &rest
}

// converting are the instances whose conversion memory knows to have begun and not to have ended, by where they are.
func converting(memory *fleet.Memory) map[fleet.Scope][]fleet.ARN {
	if memory == nil {
		return nil
	}
	found := map[fleet.Scope][]fleet.ARN{}
	for arn, m := range memory.Spot {
		_, scope, instance := fleet.InstanceOf(arn)
		if !instance || m.Stage != fleet.Moving && m.Stage != fleet.Leaving && m.Attempts == 0 {
			continue
		}
		found[scope] = append(found[scope], arn)
	}
	return found
}

// openConversions reads what is written down of conversions that memory knows to have begun. A record that cannot be read stands for everything that it
// could be of: in doubt an instance is left alone.
func openConversions(ctx context.Context, store objects.Store, s *fleet.Snapshot, memory *fleet.Memory) (Underway, error) {
	u := Underway{Hidden: map[fleet.ARN]bool{}}
	begun := converting(memory)
	for _, scope := range slices.SortedFunc(maps.Keys(begun), fleet.Scope.Compare) {
		c := Conversions{Store: store}
		for key, err := range store.List(ctx, conversionsOf(scope)) {
			if err != nil {
				return u, fmt.Errorf("conversions of %s: %w", scope, err)
			}
			v, err := c.read(ctx, key)
			switch class := failure.Of(err); {
			case errors.Is(err, objects.ErrNotFound) || err == nil && v == nil:
			case err != nil && class == failure.Unreadable:
				for _, arn := range begun[scope] {
					doubtful := conversion{ARN: arn, State: stuck}
					doubtful.Record.Begun = memory.Spot[arn].At
					u.hide(s, memory, &doubtful)
				}
			case err != nil:
				return u, err
			case v.underWay(memory):
				u.hide(s, memory, v)
			}
		}
	}
	return u, nil
}

// concerns reports whether a resource is, or may be, the instance that a conversion is making: it may run before anybody has noted its name. Where its
// interface is known that decides; else an instance that nobody knew is taken for it that came since, of the same type and with all the old one's tags.
func (v *conversion) concerns(r *fleet.Resource, memory *fleet.Memory) bool {
	if r.ARN == v.ARN || r.ARN == v.New {
		return true
	}
	if r.Kind != fleet.EC2Instance || v.New != "" || r.Scope != v.Scope && v.Scope != (fleet.Scope{}) {
		return false
	}
	if memory != nil {
		_, scheduled := memory.Resources[r.ARN]
		if _, moved := memory.Spot[r.ARN]; scheduled || moved {
			return false
		}
	}
	if r.Launch != nil && len(r.Launch.Interfaces) > 0 && v.Record.Interface != "" {
		return slices.ContainsFunc(r.Launch.Interfaces, func(i fleet.Interface) bool { return i.ID == v.Record.Interface })
	}
	old := &v.Record.Old
	if old.Type != "" && r.Type != old.Type || !r.Created.IsZero() && r.Created.Before(v.Record.Begun.Truncate(time.Second)) {
		return false
	}
	for _, t := range old.Tags {
		if value, ok := r.Tags.Get(t.Key); !ok || value != t.Value {
			return false
		}
	}
	return true
}
