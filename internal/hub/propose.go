package hub

import (
	"fmt"

	"offpeak/autospot"
	"offpeak/internal/plan"
)

// proposal is the alert of a move that waits for a person, with the command that makes it. It is the same as long as the resource buys what it buys now: that
// prices have drifted, and types with them, is nothing to write again for. What is said is forgotten after 90 days, and said again then.
func proposal(a *autospot.Advice) Alert {
	move, what := a.Move, a.Subject.ID+" can move to Spot"
	same := plan.Buys(move.From)
	if a.Cause != plan.BySpot {
		what, same = a.Subject.ID+" should buy otherwise", same+"|"+plan.Buys(move.To)
	}
	why := a.Why + "; the policy's spot.mode is ask"
	if a.Placement != nil && a.Placement.Why != "" {
		why += "; " + a.Placement.Says()
	}
	return Alert{
		Key: fmt.Sprintf("%s|spot-ready|%s|%s", a.Subject.ARN, a.Cause, same), Scope: a.Subject.Scope, Resource: a.Subject.ARN, What: what, Why: why,
		Remedy: fmt.Sprintf("offpeak spot apply --region %s %s", a.Subject.Scope.Region, a.Subject.ARN),
	}
}
