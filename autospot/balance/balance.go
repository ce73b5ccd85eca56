// Package balance keeps a group that was moved to Spot in balance afterwards: on-demand instances where Spot has none, back to Spot when it has
// again, and no more replacements a day than its owner allows.
//
// In go what the group looks like, what happened to it since (events, in any order, any number of times), what is remembered, and the instant; out
// come at most one change and the memory to keep. The group itself launches and ends instances: this package only says how many of them are to be on
// demand, and whether the group may replace instances before AWS takes them. It asks nobody and never waits.
package balance

import (
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Group is a moved group as it is now.
type Group struct {
	Desired  int
	OnDemand int // members that are on demand, in service or on the way
	Spot     int // members that are Spot, in service or on the way
	// Base and AboveBase are those of its MixedInstancesPolicy: OnDemandBaseCapacity and OnDemandPercentageAboveBaseCapacity.
	Base, AboveBase int
	// Rebalance is its CapacityRebalance.
	Rebalance bool
	// Crowded says that one zone holds more Spot instances than the odds of the group allow, and Mend what could be done; empty: none does.
	Crowded, Mend string
	// Refreshing says that an instance refresh is under way, during which nothing is changed.
	Refreshing bool
}

// Settings are what the owner and the policy allow. The zero value of a duration is the default named beside it.
type Settings struct {
	// Churn is how many instances may be replaced a day by our doing or by rebalancing.
	Churn int
	// Deficit is how long a group may be short before on-demand instances take the place of Spot: 5 minutes.
	Deficit time.Duration
	// Wait is how long after falling back the first instance returns to Spot, and the least between two: 30 minutes. Each failure doubles it, up to a day.
	Wait time.Duration
	// Settle is how long a returned instance may take to serve: 15 minutes.
	Settle time.Duration
	// Lasting is how long a zone may be crowded before a person is told: 6 hours. Auto Scaling evens zones out by itself, as soon as they have capacity.
	Lasting time.Duration
}

// The defaults of Settings.
const (
	DefaultDeficit = 5 * time.Minute
	DefaultWait    = 30 * time.Minute
	DefaultSettle  = 15 * time.Minute
	DefaultLasting = 6 * time.Hour
	longestWait    = 24 * time.Hour
)

func (s Settings) withDefaults() Settings {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&s.Deficit, DefaultDeficit}, {&s.Wait, DefaultWait}, {&s.Settle, DefaultSettle}, {&s.Lasting, DefaultLasting}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return s
}

// Memory is what is kept of a moved group between two looks; fleet.Moved holds it.
type Memory = fleet.Balance

// Change is what a look asks for. The zero value asks for nothing.
type Change struct {
	// Base and Rebalance are what is to be written, where Write is set.
	Write     bool
	Base      int
	Rebalance bool
	// Why says why, also where nothing is to be written.
	Why string
	// Alert is what a person has to know; empty: nothing. Remedy says what they can do.
	Alert, Remedy string
	// Again is when to look again if nothing happens; zero: not for its sake.
	Again time.Time
}

// Look takes the events since the last look into account and says what to do now. Events may be given again, late, and in any order.
func Look(g Group, events []Event, m Memory, s Settings, now time.Time) (Change, Memory) {
	l := &look{Group: g, Settings: s.withDefaults(), now: now, m: m}
	l.m.Seen = slices.Clone(m.Seen)
	failed := l.take(events)
	change := l.decide(failed)
	l.crowded(&change)
	return change, l.m
}

type look struct {
	Group
	Settings
	m   Memory
	now time.Time
}

// Spent is how many instances were replaced on the day of an instant, in UTC.
func Spent(m Memory, now time.Time) int {
	if m.Day != now.UTC().Format(time.DateOnly) {
		return 0
	}
	return m.Replaced
}

// Spend counts one more.
func Spend(m Memory, now time.Time) Memory {
	m.Day, m.Replaced = now.UTC().Format(time.DateOnly), Spent(m, now)+1
	return m
}

// raised is how many instances more than decided are on demand, for want of Spot. It follows what is written, so that a change that never reached AWS
// is not counted.
func (l *look) raised() int {
	return max(0, OnDemandOf(l.Base, l.AboveBase, l.Desired)-OnDemandOf(min(l.m.Decided, l.Base), l.AboveBase, l.Desired))
}

func (l *look) replaced() int { return Spent(l.m, l.now) }

func (l *look) replace() { l.m = Spend(l.m, l.now) }

// decide makes at most one change: first what keeps the group whole, then what keeps to the budget, then what saves. Missing is what the group
// could not launch: members that are on the way are not missing, however long they take to serve.
func (l *look) decide(failed Cause) Change {
	missing := l.Desired - l.OnDemand - l.Spot
	switch {
	case missing <= 0:
		l.m.ShortSince = time.Time{}
	case l.m.ShortSince.IsZero():
		l.m.ShortSince = l.now
	}
	switch {
	case l.Desired == 0:
		l.m.ShortSince, l.m.TriedAt = time.Time{}, time.Time{}
		return Change{Why: "the group is at size 0"}
	case l.Refreshing:
		return Change{Why: "an instance refresh is under way; nothing is changed until it has ended", Again: l.now.Add(l.Settle)}
	case failed == Other:
		return Change{
			Why:    "launches fail for a reason that on-demand instances would meet too",
			Alert:  "its launches fail for a reason that is neither Spot capacity nor Spot quota",
			Remedy: "read the group's scaling activities: the message names the reason (image, subnet, key, permission)",
			Again:  l.now.Add(l.Wait),
		}
	case missing > 0:
		return l.short(missing, failed)
	}
	if c := l.rebalancing(); c.Write {
		return c
	}
	return l.comeBack()
}

// short falls back to on-demand instances, at once where a launch is known to have failed, else when the group has been short for long. What is on
// demand already and only on its way is not asked for again.
func (l *look) short(missing int, failed Cause) Change {
	have := OnDemandOf(l.Base, l.AboveBase, l.Desired)
	coming := max(0, have-l.OnDemand)
	wait := l.m.ShortSince.Add(l.Deficit)
	c := Change{Again: wait}
	switch {
	case missing <= coming && l.now.Before(wait.Add(2*l.Deficit)):
		c.Why = fmt.Sprintf("%d of %d missing; on-demand instances are on their way", missing, l.Desired)
		c.Again = wait.Add(2 * l.Deficit)
		return c
	case missing <= coming:
		c.Why = fmt.Sprintf("%d of %d missing, although as many on-demand instances are asked for", missing, l.Desired)
		c.Alert, c.Remedy = "it stays short although on-demand instances are asked for", "read the group's scaling activities: on-demand capacity, quota, subnet or permission"
		c.Again = l.now.Add(l.Wait)
		return c
	case failed == None && l.now.Before(wait):
		c.Why = fmt.Sprintf("%d of %d missing; on-demand instances take their place at %s", missing, l.Desired, clock(wait))
		return c
	}
	return l.fallBack(have, missing-coming, max(failed, Capacity))
}

// fallBack raises the base so that on-demand instances are launched for what is missing.
func (l *look) fallBack(have, missing int, cause Cause) Change {
	l.m.TriedAt = time.Time{}
	l.m.Wait = min(max(2*l.m.Wait, l.Wait), longestWait)
	l.m.ReturnAt = l.now.Add(l.m.Wait)
	want := min(l.Desired, have+missing)
	c := Change{Write: true, Base: baseFor(want, l.AboveBase, l.Desired, l.Base), Rebalance: l.Rebalance}
	if cause == Quota {
		l.m.ReturnAt = l.now.Add(longestWait)
		c.Alert = "the quota of Spot vCPUs is used up; on-demand instances take the place of what is missing, and nothing returns to Spot for a day"
		c.Remedy = "ask for a higher quota in Service Quotas (All ... Spot Instance Requests), or move fewer groups"
	}
	c.Again = l.now.Add(3 * l.Deficit)
	c.Why = fmt.Sprintf("%d of %d missing and Spot has none (%s): %d on demand instead of %d, until it has again", missing, l.Desired, cause, want, have)
	return c
}

// comeBack returns one instance to Spot when its time has come, and judges the one before.
func (l *look) comeBack() Change {
	if !l.m.TriedAt.IsZero() {
		if l.now.Sub(l.m.TriedAt) < l.Settle {
			return Change{Why: "an instance has just returned to Spot; it is given time to serve", Again: l.m.TriedAt.Add(l.Settle)}
		}
		l.m.ReturnAt = l.m.TriedAt.Add(l.Wait) // Spot had a place for it: the group is not short, and the next one need not wait for longer
		l.m.TriedAt, l.m.Wait = time.Time{}, 0
	}
	switch {
	case l.raised() == 0:
		l.m.Wait, l.m.ReturnAt = 0, time.Time{}
		return Change{Why: "as decided"}
	case l.Crowded != "" && l.m.CrowdedTold: // it lasts, and the daily look will do
		return Change{Why: fmt.Sprintf("%d more on demand than decided; none returns to Spot while %s", l.raised(), l.Crowded)}
	case l.Crowded != "":
		return Change{Why: fmt.Sprintf("%d more on demand than decided; none returns to Spot while %s", l.raised(), l.Crowded), Again: l.now.Add(l.Wait)}
	case l.now.Before(l.m.ReturnAt):
		return Change{Why: fmt.Sprintf("%d more on demand than decided; the next one returns to Spot at %s", l.raised(), clock(l.m.ReturnAt)), Again: l.m.ReturnAt}
	case l.replaced() >= l.Churn:
		return Change{Why: fmt.Sprintf("%d replaced today, which is all that its profile allows; it goes on tomorrow", l.replaced()), Again: l.tomorrow()}
	}
	have := OnDemandOf(l.Base, l.AboveBase, l.Desired)
	base := l.Base
	for base > 0 && OnDemandOf(base, l.AboveBase, l.Desired) >= have {
		base--
	}
	left := l.raised() - 1
	l.replace()
	l.m.TriedAt, l.m.ReturnAt = l.now, l.now.Add(max(l.m.Wait, l.Wait))
	return Change{
		Write: true, Base: base, Rebalance: l.Rebalance, Again: l.now.Add(l.Settle),
		Why: fmt.Sprintf("one instance returns to Spot, %d more will", left),
	}
}

func (l *look) tomorrow() time.Time { return l.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1) }

func clock(t time.Time) string { return t.UTC().Format("15:04 UTC") }

// OnDemandOf is how many of n instances a MixedInstancesPolicy makes on demand: the base, and above it the percentage, of whose fractions on-demand
// gets the rest.
func OnDemandOf(base, above, n int) int {
	return min(base, n) + (max(0, n-base)*above+99)/100
}

// baseFor is the smallest base, from one on, with which so many of n are on demand.
func baseFor(want, above, n, from int) int {
	base := from
	for base < n && OnDemandOf(base, above, n) < want {
		base++
	}
	return base
}
