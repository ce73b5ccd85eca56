package balance

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Cause is why a launch failed.
type Cause int

// The causes. Capacity and quota are Spot's: on-demand instances do not meet them.
const (
	None Cause = iota
	Other
	Capacity
	Quota
)

// String names the cause as sentences use it.
func (c Cause) String() string {
	return [...]string{"nothing failed", "another reason", "no capacity", "quota used up"}[c]
}

// What an event tells.
type What string

// The events. Interrupted and Recommended are of an instance; LaunchFailed is of the group.
const (
	Interrupted  What = fleet.Interrupted // AWS takes the instance in two minutes
	Recommended  What = "recommended"     // AWS expects to take it
	LaunchFailed What = "launch-failed"   // a launch failed
)

// Event is something that happened to a moved group.
type Event struct {
	What What
	At   time.Time
	// Instance is the id of what is taken; of a failed launch, the id of the event or activity: each counts once.
	Instance string
	Cause    Cause // of a failed launch
}

// How events are kept and judged.
const (
	keepSeen = 48 * time.Hour
	judgeIn  = 24 * time.Hour
	mostSeen = 1000 // of a group; the oldest are forgotten first
	// A recommendation to rebalance that is mostly followed by nothing only makes churn. Of thirty in a published account nine were followed by an
	// interruption (aws-node-termination-handler#141); below a third, of at least twenty, rebalancing is left off.
	leastJudged = 20
)

// take counts events that were not counted yet, and returns the gravest cause of launches that failed.
func (l *look) take(events []Event) (failed Cause) {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.What, b.What))
	})
	for _, e := range events {
		if l.now.Sub(e.At) > keepSeen || l.seen(e.What, e.Instance) != nil {
			continue
		}
		l.m.Seen = append(l.m.Seen, fleet.SeenEvent{What: string(e.What), Instance: e.Instance, At: e.At})
		switch e.What {
		case LaunchFailed:
			failed = max(failed, e.Cause)
		case Interrupted:
			if r := l.seen(Recommended, e.Instance); r != nil && !r.Judged {
				r.Judged = true
				l.m.Followed++
			}
		case Recommended:
			if i := l.seen(Interrupted, e.Instance); i != nil {
				l.seen(Recommended, e.Instance).Judged = true // told late: it was right, and there is nothing left to do
				l.m.Followed++
			} else if l.Rebalance {
				l.replace() // the group replaces it
				l.seen(Recommended, e.Instance).Judged = true
			}
		}
	}
	l.judge()
	return failed
}

// judge counts recommendations that nothing followed. Those that the group acted on cannot be judged: the instance is gone.
func (l *look) judge() {
	for i := range l.m.Seen {
		if s := &l.m.Seen[i]; s.What == string(Recommended) && !s.Judged && l.now.Sub(s.At) >= judgeIn {
			s.Judged = true
			l.m.Idle++
		}
	}
	l.m.Seen = slices.DeleteFunc(l.m.Seen, func(s fleet.SeenEvent) bool { return l.now.Sub(s.At) > keepSeen })
	if extra := len(l.m.Seen) - mostSeen; extra > 0 {
		l.m.Seen = slices.Delete(l.m.Seen, 0, extra)
	}
}

func (l *look) seen(what What, instance string) *fleet.SeenEvent {
	for i := range l.m.Seen {
		if s := &l.m.Seen[i]; s.What == string(what) && s.Instance == instance {
			return s
		}
	}
	return nil
}

// rebalancing switches the group's own replacing off when the day's budget is spent or AWS's recommendations prove idle, and on again.
func (l *look) rebalancing() Change {
	judged := l.m.Followed + l.m.Idle
	l.m.Distrusted = judged >= leastJudged && 3*l.m.Followed < judged
	spent := l.replaced() >= l.Churn
	switch {
	case l.Rebalance && (spent || l.m.Distrusted):
		l.m.Paused = true
		why := fmt.Sprintf("%d replaced today, which is all that its profile allows: no more before AWS takes them, until tomorrow", l.replaced())
		if l.m.Distrusted {
			why = fmt.Sprintf("only %d of %d recommendations to rebalance were followed by an interruption: instances are replaced when AWS takes them", l.m.Followed, judged)
		}
		return Change{Write: true, Base: l.Base, Rebalance: false, Why: why, Again: l.tomorrow()}
	case !l.Rebalance && l.m.Paused && !spent && !l.m.Distrusted:
		l.m.Paused = false
		return Change{Write: true, Base: l.Base, Rebalance: true, Why: "the group may replace instances before AWS takes them again"}
	default:
		return Change{}
	}
}
