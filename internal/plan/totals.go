package plan

import (
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Totals count a plan.
type Totals struct {
	Resources int // in the snapshot
	OptedIn   int
	Actions   int
	SwitchOff int // actions that end running
	SwitchOn  int // actions that begin it
	Moves     int // actions that change how capacity is bought
	Refused   int
	// StopsPerHour is what the resources to be switched off cost an hour, StartsPerHour what those to be switched on will.
	StopsPerHour  money.Rate
	StartsPerHour money.Rate
	Unpriced      int // actions without a known price
}

// Count sets the totals of the plan's actions and refusals; Resources and OptedIn are the planner's to set.
func (p *Plan) Count() {
	t := Totals{Resources: p.Totals.Resources, OptedIn: p.Totals.OptedIn, Actions: len(p.Actions), Refused: len(p.Refusals)}
	for _, a := range p.Actions {
		if !Switches(a.Change) {
			if _, moves := a.Change.(Move); moves {
				t.Moves++
			}
			continue
		}
		sum := &t.StartsPerHour
		if SwitchesOff(a.Change) {
			t.SwitchOff++
			sum = &t.StopsPerHour
		} else {
			t.SwitchOn++
		}
		if !a.Price.Known {
			t.Unpriced++
			continue
		}
		*sum = sum.Add(a.Price.Rate)
	}
	p.Totals = t
}

// Guard holds back acts that nobody expected when there are more of them than usual.
type Guard struct {
	// Expected reports whether an action was announced or has a cause that explains it.
	Expected func(Action) bool
	// Limit is how many others may pass in one scope.
	Limit func(fleet.Scope, fleet.Moment) int
}

// Apply splits actions into those that go on and those held. Per scope and edge, the unexpected ones are held all together when they
// exceed the limit, because which of them would be right cannot be told.
func (g Guard) Apply(actions []Action) (pass, held []Action) {
	type edge struct {
		scope fleet.Scope
		at    int64
		want  fleet.State
	}
	key := func(a Action) edge { return edge{a.Subject.Scope, a.Edge.At.Unix(), a.Edge.Want} }
	surprises := map[edge]int{}
	for _, a := range actions {
		if !g.Expected(a) {
			surprises[key(a)]++
		}
	}
	for _, a := range actions {
		if !g.Expected(a) && surprises[key(a)] > g.Limit(a.Subject.Scope, a.Edge) {
			held = append(held, a)
		} else {
			pass = append(pass, a)
		}
	}
	return pass, held
}

// Merge makes one plan of several made from the same snapshot. Where two act on one resource, the plan named first wins and the
// other's action becomes a refusal.
func Merge(plans ...Plan) Plan {
	var merged Plan
	taken := map[fleet.ARN]string{}
	for i, p := range plans {
		if i == 0 {
			merged.Taken, merged.Policy, merged.NotChecked = p.Taken, p.Policy, p.NotChecked
			merged.Totals = p.Totals
		}
		merged.Totals.OptedIn = max(merged.Totals.OptedIn, p.Totals.OptedIn)
		for _, a := range p.Actions {
			if winner, ok := taken[a.Subject.ARN]; ok {
				why := "another planner does " + winner + " first; " + Describe(a.Change) + " waits for the next run"
				merged.Refusals = append(merged.Refusals, Refusal{a.Subject, Superseded, why})
				continue
			}
			taken[a.Subject.ARN] = Describe(a.Change)
			merged.Actions = append(merged.Actions, a)
		}
		merged.Refusals = append(merged.Refusals, p.Refusals...)
		merged.Idle = append(merged.Idle, p.Idle...)
		merged.Forecast = append(merged.Forecast, p.Forecast...)
		merged.Findings = append(merged.Findings, p.Findings...)
	}
	merged.Sort()
	merged.Count()
	return merged
}
