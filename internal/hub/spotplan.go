package hub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offpeak/autospot"
	"offpeak/autospot/balance"
	"offpeak/autospot/experience"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

// spotPlanner is AutoSpot's planner as the optimizer asks it. It asks the market and the kill switch, which planning itself does not.
type spotPlanner struct {
	worker  *SpotWorker
	policy  *policy.Policy
	hands   SpotHands
	scope   fleet.Scope
	watched bool
	order   *Order
	dry     bool // nothing is to be changed

	interrupted []experience.Interruption // those of moved groups that were not counted yet
	unlearned   error                     // why the look could not be added to what is known of own interruptions

	advices []autospot.Advice
	alerts  []Alert // of conversions
	sources []string
	wake    time.Time
	// converting are in the middle of a conversion.
	converting map[fleet.ARN]bool
}

// Plan implements optimizer.Planner. What is in the middle of a conversion is gone on with first, and hidden from the planner.
func (p *spotPlanner) Plan(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	s, memory, again, err := p.goOn(ctx, s, memory)
	if err != nil {
		return plan.Plan{}, memory, err
	}
	offered, err := p.hands.Market.Of(ctx, p.scope, s)
	if err != nil {
		return plan.Plan{}, memory, fmt.Errorf("the market in %s: %w", p.scope, err)
	}
	events, err := p.events(ctx, s, memory, now)
	if err != nil {
		return plan.Plan{}, memory, err
	}
	if !p.dry && p.order == nil {
		p.unlearned = p.learn(ctx, s, memory, now)
	}
	own, seen, err := p.own(ctx, s, now)
	if err != nil {
		return plan.Plan{}, memory, err
	}
	committed, bills, err := p.committed(ctx, s, now)
	if err != nil {
		return plan.Plan{}, memory, err
	}
	due, _ := scheduler.New(&p.policy.Rules).Plan(memory.AsIfOne(s), memory, scheduler.Options{Now: now})
	options := autospot.Options{Committed: committed, Experience: own, Events: events, Busy: map[fleet.ARN]bool{}, Do: p.policy.Spot.Mode == autospot.Act && !p.watched}
	options.Converting = p.converting
	for _, act := range due.Actions {
		options.Busy[act.Subject.ARN] = true
	}
	if p.order != nil {
		p.order.into(&options, s)
	}
	made, advices, next := p.plan(s, offered, memory, options)
	if asks := autospot.Questions(advices); len(asks) > 0 && p.hands.Placement != nil {
		if offered.Scores, err = p.hands.Placement.Scores(ctx, p.scope, asks); err != nil {
			return plan.Plan{}, memory, fmt.Errorf("placement scores in %s: %w", p.scope, err)
		}
		made, advices, next = p.plan(s, offered, memory, options)
	}
	if len(made.Actions) > 0 {
		at, err := position(ctx, p.worker.Switch)
		if err != nil {
			return made, memory, err
		}
		if at != scheduler.KillNothing || p.policy.Rules.KillSwitch != scheduler.KillNothing {
			options.Do = false
			made, advices, next = p.plan(s, offered, memory, options)
		}
	}
	if soon := now.Add(time.Minute); again && (made.Wake.IsZero() || soon.Before(made.Wake)) {
		made.Wake = soon
	}
	p.advices, p.sources, p.wake = advices, slices.Concat(offered.Sources, seen, bills), made.Wake
	return made, next, nil
}

// into makes options of an order.
func (o *Order) into(options *autospot.Options, s *fleet.Snapshot) {
	chosen := map[fleet.ARN]bool{}
	for i := range s.Resources {
		if r := &s.Resources[i]; o.Only == nil || o.Only(r) {
			chosen[r.ARN] = true
		}
	}
	options.Do, options.Only = true, chosen
	if o.Back {
		options.Rollback = chosen
	} else {
		options.Begin = chosen
	}
}

func (p *spotPlanner) plan(s *fleet.Snapshot, offered *market.Market, memory *fleet.Memory, o autospot.Options) (plan.Plan, []autospot.Advice, *fleet.Memory) {
	return autospot.New(&p.policy.Spot).Plan(s, offered, memory, o)
}

// events are the notices that were not counted yet, by the group that they are of.
func (p *spotPlanner) events(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (map[fleet.ARN][]balance.Event, error) {
	if len(memory.Spot) == 0 {
		return nil, nil
	}
	type name struct {
		what What
		id   string
	}
	counted := map[name]bool{}
	for arn, m := range memory.Spot {
		if _, _, alone := fleet.InstanceOf(arn); alone {
			continue // AWS may take it again: which notice was counted its instant tells
		}
		for _, e := range m.Balance.Seen {
			counted[name{What(e.What), e.Instance}] = true
		}
	}
	notices, err := (Notices{p.worker.Store}).Recent(ctx, p.scope, now, func(what What, id string) bool { return counted[name{what, id}] })
	if err != nil {
		return nil, err
	}
	groups, members := map[string]fleet.ARN{}, map[string]fleet.ARN{}
	for i := range s.Resources {
		r := &s.Resources[i]
		_, moved := memory.Spot[r.ARN]
		if moved && r.Kind == fleet.EC2Instance {
			members[r.ID] = r.ARN
		}
		if !moved || r.Kind != fleet.AutoScalingGroup || r.Launch == nil {
			continue
		}
		groups[r.ID] = r.ARN
		for _, m := range r.Launch.Members {
			members[m.ID] = r.ARN
		}
	}
	events := map[fleet.ARN][]balance.Event{}
	for _, n := range notices {
		arn, known := members[n.Instance]
		if n.Group != "" {
			arn, known = groups[n.Group]
		}
		if _, group := fleet.GroupName(arn); known && group && n.What == Interrupted {
			p.interrupted = append(p.interrupted, experience.Interruption{Instance: n.Instance, At: n.At})
		}
		if known {
			events[arn] = append(events[arn], balance.Event{What: balance.What(n.What), At: n.At, Instance: n.Instance, Cause: causeOf(n)})
		}
	}
	return events, nil
}

// causeOf is what the class of a failed launch means for balance.
func causeOf(n Notice) balance.Cause {
	switch {
	case n.What != LaunchFailed:
		return balance.None
	case n.Class == failure.Capacity:
		return balance.Capacity
	case n.Class == failure.Quota:
		return balance.Quota
	default:
		return balance.Other
	}
}
