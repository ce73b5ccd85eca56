package autospot

import (
	"fmt"
	"slices"

	"offpeak/internal/market"
	"offpeak/internal/plan"
)

// unlikely is the highest placement score with which a move waits. AWS explains the two ends alone: 1 is not likely, 10 highly likely to be had. The
// lowest third counts as not likely.
const unlikely = 3

// Questions are what AWS is to be asked for placement scores before groups begin to move: each once, in order. Groups that share types and size share
// a question.
func Questions(advices []Advice) (asks []market.ScoreAsk) {
	for i := range advices {
		a := &advices[i]
		if a.Move == nil || a.Cause != plan.BySpot || a.Move.Way != plan.ByRefresh {
			continue
		}
		if ask, ok := a.question(); ok && !slices.ContainsFunc(asks, func(b market.ScoreAsk) bool { return b.Key() == ask.Key() }) {
			asks = append(asks, ask)
		}
	}
	return asks
}

// question asks for a zone's share of what would be Spot: the group spreads over its zones, and none of them has to take all.
func (a *Advice) question() (market.ScoreAsk, bool) {
	if a.Mix == nil || a.Target == nil || a.Target.Mix == nil || len(a.Zones) == 0 || a.Mix.Chosen.Spot == 0 || len(a.Target.Mix.Types) < market.LeastScored {
		return market.ScoreAsk{}, false
	}
	types := slices.Clone(a.Target.Mix.Types)
	slices.Sort(types)
	return market.ScoreAsk{Types: types, Capacity: (a.Mix.Chosen.Spot + len(a.Zones) - 1) / len(a.Zones)}, true
}

// place looks what placement scores say of a move that is about to begin. A high one makes nothing safer. A low one in any of its zones makes the move
// wait: its refresh would stall there, and be rolled back. A person who moves it by hand is told, and goes on.
func (r *run) place(a *Advice) {
	ask, ok := a.question()
	if !ok || a.Move == nil {
		return
	}
	if a.Placement = r.market.ScoreOf(ask); a.Placement == nil {
		return
	}
	zone, score, known := a.Placement.Lowest(a.Zones)
	if !known || score > unlikely {
		return
	}
	low := fmt.Sprintf("AWS calls it unlikely that %d Spot instances of its types are to be had in %s (placement score %d of 10)", ask.Capacity, zone, score)
	if r.options.Begin[a.Subject.ARN] {
		a.Why += "; " + low
		return
	}
	a.Move, a.Why = nil, low+": it waits; the next day's look asks again"
}
