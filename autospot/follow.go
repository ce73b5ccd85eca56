package autospot

import (
	"fmt"
	"slices"
	"time"

	"offpeak/autospot/balance"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// follow decides what to do now, by how far the move of a resource has come.
func (r *run) follow(a *Advice, c *Case, m fleet.Moved) {
	live := c.Resource.Purchase()
	if c.Resource.Kind == fleet.EC2Instance {
		r.hear(a.Subject.ARN, &m)
	}
	if m.Written != nil && m.Stage != fleet.Returned {
		r.settle(a, c, &m, live)
	}
	switch {
	case a.Wish.Answer == Silent && m.Stage != "" && !r.options.Rollback[a.Subject.ARN]:
		a.Why = "its owner has taken the tag away, and nothing more is done with it: it stays as it is until a person takes it back (offpeak spot rollback), or the tag says yes or no"
	case r.options.Busy[a.Subject.ARN]:
		a.Why = "its schedule acts on it now; the next look goes on"
		r.wakeAt(r.snapshot.Taken.Add(lookAfter))
	case !m.RetryAt.IsZero() && r.snapshot.Taken.Before(m.RetryAt):
		a.Why = "AWS refused it; it is tried again at " + m.RetryAt.UTC().Format("2006-01-02 15:04 UTC")
		r.wakeAt(m.RetryAt)
	case a.Stage == fleet.Disowned && r.options.Rollback[a.Subject.ARN]:
		a.Why = "it is left as somebody else wrote it; put it back there"
	case a.Stage == fleet.GivenUp && m.Before != nil && live.Rebalance != m.Before.Rebalance:
		a.Cause, a.Target, a.Why = plan.BySpot, m.Before, "its rebalancing is as it was before the move that was given up"
		a.Move = &plan.Move{From: live, To: *m.Before, Way: plan.ByWriting}
	case r.starved(c.Resource):
		a.Cause, a.Why = plan.ByFallback, "Spot has no capacity to start it, and its schedule wants it to run: it becomes an on-demand instance, until a person moves it again (offpeak spot apply)"
		a.Move = &plan.Move{From: live, To: fleet.Purchase{Lifecycle: fleet.OnDemand}, Way: plan.ByConverting}
	case stopped(a.Stage) && !r.options.Begin[a.Subject.ARN]:
		if a.Why == "" {
			a.Why = "it was moved back, and stays until a person moves it again (offpeak spot apply)"
		}
	case a.Stage == fleet.Moving && r.stuck(a, c, m):
		a.Cause, a.Target = plan.ByFallback, m.Before
		a.Why = "its instance refresh finds no Spot capacity, and members are missing: it is rolled back"
		a.Alert, a.Remedy = a.Why, "offpeak spot apply begins again, another day"
		a.Move = &plan.Move{From: live, To: *m.Before, Way: plan.ByRollback}
	case r.options.Rollback[a.Subject.ARN] || unwanted(a, m):
		r.back(a, c, m, live)
	case a.Stage == fleet.Moving || a.Stage == fleet.Leaving:
		r.goOn(a, c, m, live)
	case a.Stage == fleet.OnSpot:
		r.keep(a, c, m, live)
	default:
		r.begin(a, c, live)
	}
}

// heardFor is how long it is remembered which interruptions were counted: as long as notices of them are kept.
const heardFor = 48 * time.Hour

// hear counts the interruptions of an instance that stands alone. There is nothing to balance: AWS stops it, and starts it again when it has capacity.
func (r *run) hear(arn fleet.ARN, m *fleet.Moved) {
	if m.Stage == "" || m.Stage == fleet.Returned {
		return
	}
	seen := slices.DeleteFunc(slices.Clone(m.Balance.Seen), func(s fleet.SeenEvent) bool { return r.snapshot.Taken.Sub(s.At) > heardFor })
	for _, e := range r.options.Events[arn] {
		if e.What == balance.Interrupted && !slices.ContainsFunc(seen, func(s fleet.SeenEvent) bool { return s.At.Equal(e.At) }) {
			seen = append(seen, fleet.SeenEvent{What: fleet.Interrupted, Instance: e.Instance, At: e.At})
		}
	}
	if !slices.Equal(seen, m.Balance.Seen) {
		m.Balance.Seen = seen
		r.next[arn] = *m
	}
}

// stopped reports whether a move has come to an end that only a person leaves.
func stopped(s fleet.Stage) bool {
	return s == fleet.Disowned || s == fleet.GivenUp || s == fleet.Returned
}

// unwanted reports whether the owner of what was moved has taken the wish back.
func unwanted(a *Advice, m fleet.Moved) bool {
	return (m.Stage == fleet.OnSpot || m.Stage == fleet.Moving) && a.Wish.Answer == No
}

// settle finds how far a move has come by what is there now.
func (r *run) settle(a *Advice, c *Case, m *fleet.Moved, live fleet.Purchase) {
	was := m.Stage
	_, refreshing := c.Resource.Trait(fleet.RefreshInProgress)
	switch {
	case refreshing:
		a.Why = "its instance refresh is under way"
	case was == fleet.GivenUp && m.Before != nil && sameButRebalancing(live, *m.Before):
		a.Why = "its move was given up; offpeak spot apply begins again"
	case live.Equal(*m.Written):
		m.Stage = fleet.OnSpot
		if m.Before != nil && live.Equal(*m.Before) {
			m.Stage = fleet.Returned
		}
	case !m.Applied:
		// What was asked for last never reached AWS; it is asked for again, or something else is.
	case r.snapshot.Taken.Sub(m.At) < settleIn:
		a.Why = "AWS has accepted it, and it is on its way" // descriptions may lag behind
	case was == fleet.Moving && m.Before != nil && sameButRebalancing(live, *m.Before):
		m.Stage = fleet.GivenUp
		a.Alert = "its move to Spot was rolled back: replacements were not healthy, an alarm rang, or somebody cancelled it"
		a.Remedy = "read the instance refreshes of the group; offpeak spot apply begins again"
		if c.Resource.Kind == fleet.EC2Instance {
			a.Alert = "its conversion ended on demand: Spot had no capacity for it, or AWS refused a call"
			a.Remedy = "the hub keeps what was done beneath converted/; offpeak spot apply begins again, another day"
		}
		a.Why = a.Alert
	default:
		m.Stage = fleet.Disowned
		a.Alert = "it does not buy what was written: " + plan.Buys(live) + " instead of " + plan.Buys(*m.Written)
		a.Remedy = "somebody else describes it (CloudFormation, Terraform, a person): take the patch of offpeak spot -v over there, or let it be"
		a.Why = "somebody else changed it, and theirs is left"
	}
	if m.Stage == was {
		a.Alert, a.Remedy = "", "" // it was told when it was found
	}
	if m.Stage != was || m.Attempts > 0 && (m.Stage == fleet.OnSpot || m.Stage == fleet.Returned) {
		if m.Stage == fleet.OnSpot || m.Stage == fleet.Returned {
			m.Attempts, m.Since = 0, r.snapshot.Taken
		}
		r.next[a.Subject.ARN] = *m
	}
	a.Stage = m.Stage
}

// starved reports whether a persistent Spot instance should run by its schedule and was asked to start more than once, in vain. It stays on
// demand then until a person moves it again: a conversion a day, each with a new instance, is more than a shortage is worth.
func (r *run) starved(res *fleet.Resource) bool {
	m := r.memory.Resources[res.ARN]
	return res.Kind == fleet.EC2Instance && res.Lifecycle == fleet.SpotPersistent && res.State == fleet.Stopped && m.Tried.Want == fleet.Running &&
		m.Attempts > 1 && !m.Applied
}

// stuck reports whether an instance refresh of ours leaves the group short: launches fail for want of Spot, or members have been missing for as long as
// a group on Spot may be short. AWS would roll it back after an hour.
func (r *run) stuck(a *Advice, c *Case, m fleet.Moved) bool {
	_, refreshing := c.Resource.Trait(fleet.RefreshInProgress)
	if !refreshing || c.Resource.Kind != fleet.AutoScalingGroup || m.Before == nil {
		return false
	}
	there := 0
	for _, member := range c.Resource.Launch.Members {
		if !member.Leaving {
			there++
		}
	}
	since := m.Balance.ShortSince
	switch {
	case there >= c.Resource.Size.Desired:
		m.Balance.ShortSince = time.Time{}
	case since.IsZero():
		m.Balance.ShortSince = r.snapshot.Taken
	}
	if !m.Balance.ShortSince.Equal(since) && r.does(a.Subject.ARN) {
		r.next[a.Subject.ARN] = m
	}
	if there >= c.Resource.Size.Desired {
		return false
	}
	for _, e := range r.options.Events[a.Subject.ARN] {
		if e.What == balance.LaunchFailed && e.Cause >= balance.Capacity {
			return true
		}
	}
	return r.snapshot.Taken.Sub(m.Balance.ShortSince) >= balance.DefaultDeficit
}

// sameButRebalancing reports whether two purchases are the same but for CapacityRebalance, which is written before a refresh begins and is not rolled
// back with it.
func sameButRebalancing(a, b fleet.Purchase) bool {
	a.Rebalance = b.Rebalance
	return a.Equal(b)
}

// begin moves what never was moved, or was moved back.
func (r *run) begin(a *Advice, c *Case, live fleet.Purchase) {
	if a.Size == 0 && c.Resource.Kind.Sized() && a.Verdict() < Refuse {
		a.Why = "it is at zero; it moves at its next opening"
		return
	}
	if !a.Eligible() {
		a.Why = a.against()
		return
	}
	if unchecked := a.Unchecked(); len(unchecked) > 0 && r.does(a.Subject.ARN) {
		a.Why = unchecked[0].Why
		return
	}
	if live.Equal(*a.Target) {
		a.Why = "it buys as it should"
		return
	}
	if r.doubted(a) {
		a.Doubted, a.Why, a.Remedy = true, "it waits until it is known what commitments pay for: "+a.Committed.Doubt, TellCommitments
		return
	}
	a.Cause = plan.BySpot
	move := plan.Move{From: live, To: *a.Target}
	switch c.Resource.Kind {
	case fleet.AutoScalingGroup:
		if c.Resource.Size.Desired == 0 {
			r.atOpening(a)
			return
		}
		move.Way, move.Refresh = plan.ByRefresh, refreshOnto(c.Resource, a.Target.Mix)
		a.Why = fmt.Sprintf("%d of %d instances move to Spot, %s %% less an hour", a.Mix.Chosen.Spot, a.Size, a.Saving().StringFixed(0))
	case fleet.EC2Instance:
		if c.Resource.State != fleet.Running && c.Resource.State != fleet.Stopped {
			a.Why = "it is between states; the next run looks again"
			return
		}
		move.Way = plan.ByConverting
		a.Why = fmt.Sprintf("it becomes a persistent Spot instance, %s %% less an hour", a.Saving().StringFixed(0))
	default:
		if c.Resource.Size.Desired == 0 {
			r.atOpening(a)
			return
		}
		move.Way = plan.ByDeploying
		a.Why = fmt.Sprintf("no more than %d%% of its tasks run on Spot", a.Wish.Profile.Loss)
		if a.Discount > 0 {
			a.Why += fmt.Sprintf(", where a task costs %d %% less", a.Discount)
		}
	}
	a.Move = &move
	r.place(a)
}

// atOpening leaves what is at zero until its schedule opens it, and looks again then where that is within a day: the daily look comes before people do, and would
// never see it open.
func (r *run) atOpening(a *Advice) {
	a.Why = "it is at zero; it moves at its next opening"
	next := r.memory.Resources[a.Subject.ARN].Forecast
	if wait := next.At.Sub(r.snapshot.Taken); r.does(a.Subject.ARN) && next.Want == fleet.Running && wait > 0 && wait < 24*time.Hour {
		r.wakeAt(next.At.Add(lookAfter))
	}
}

// goOn asks again for what did not reach AWS; what did takes its time.
func (r *run) goOn(a *Advice, c *Case, m fleet.Moved, live fleet.Purchase) {
	if m.Applied {
		if a.Why == "" {
			a.Why = "AWS has accepted it, and it is on its way"
		}
		r.wakeAt(r.snapshot.Taken.Add(lookAfter))
		return
	}
	if m.Stage == fleet.Leaving {
		r.back(a, c, m, live)
		return
	}
	r.begin(a, c, live)
}

// back gives a resource what it bought before its first move.
func (r *run) back(a *Advice, c *Case, m fleet.Moved, live fleet.Purchase) {
	_, refreshing := c.Resource.Trait(fleet.RefreshInProgress)
	switch {
	case m.Before == nil || live.Equal(*m.Before) && !refreshing:
		a.Why = "it buys as it did before"
		return
	case m.Stage == fleet.Leaving && m.Applied:
		a.Why = "it is on its way back"
		return
	}
	a.Target, a.Cause, a.Why = m.Before, plan.ByHand, "it goes back to what it bought before"
	if a.Wish.Answer == No {
		a.Cause, a.Why = plan.ByTag, "its owner does not want Spot any more"
	}
	move := plan.Move{From: live, To: *m.Before, Way: plan.ByRefresh, Refresh: refreshOf(c.Resource.Launch)}
	switch {
	case c.Resource.Kind == fleet.EC2Instance:
		move.Way, move.Refresh = plan.ByConverting, nil
	case c.Resource.Kind == fleet.ECSService:
		move.Way, move.Refresh = plan.ByDeploying, nil
	case refreshing:
		move.Way, move.Refresh = plan.ByRollback, nil
	case c.Resource.Size.Desired == 0:
		move.Way, move.Refresh = plan.ByWriting, nil // there is nobody to replace
	}
	a.Move = &move
}

// keep looks after what is on Spot: balance first, then what it should buy by now.
func (r *run) keep(a *Advice, c *Case, m fleet.Moved, live fleet.Purchase) {
	if c.Resource.Kind != fleet.AutoScalingGroup || live.Mix == nil {
		a.Why = "it is on Spot"
		return
	}
	g := groupOf(c.Resource)
	g.Crowded, g.Mend = r.stand(a, c)
	change, balanced := balance.Look(g, r.options.Events[a.Subject.ARN], m.Balance, balance.Settings{Churn: a.Wish.Profile.Churn}, r.snapshot.Taken)
	if r.does(a.Subject.ARN) && !sameBalance(balanced, m.Balance) { // what is only advised never happened
		m.Balance = balanced
		r.next[a.Subject.ARN] = m
	}
	a.Why, a.Alert, a.Remedy = change.Why, change.Alert, change.Remedy
	r.wakeAt(change.Again)
	if change.Write {
		mix := *live.Mix
		mix.Base = change.Base
		to := live
		to.Mix, to.Rebalance = &mix, change.Rebalance
		a.Cause = causeOf(&live, &to, change)
		a.Move = &plan.Move{From: live, To: to, Way: plan.ByWriting}
		return
	}
	r.renew(a, m, live, g.Crowded)
}

func causeOf(live, to *fleet.Purchase, change balance.Change) plan.Cause {
	switch {
	case change.Base > live.Mix.Base:
		return plan.ByFallback
	case change.Base < live.Mix.Base:
		return plan.ByReturn
	case to.Rebalance != live.Rebalance:
		return plan.ByChurn
	default:
		return plan.BySpot
	}
}

func sameBalance(a, b fleet.Balance) bool {
	seen := slices.Equal(a.Seen, b.Seen)
	a.Seen, b.Seen = nil, nil
	return seen && a.Decided == b.Decided && a.ShortSince.Equal(b.ShortSince) && a.ReturnAt.Equal(b.ReturnAt) && a.Wait == b.Wait && a.TriedAt.Equal(b.TriedAt) &&
		a.CrowdedSince.Equal(b.CrowdedSince) && a.CrowdedTold == b.CrowdedTold && a.Day == b.Day && a.Replaced == b.Replaced && a.Paused == b.Paused && a.Distrusted == b.Distrusted && a.Followed == b.Followed && a.Idle == b.Idle
}

// groupOf is a group as package balance sees it.
func groupOf(res *fleet.Resource) balance.Group {
	l := res.Launch
	g := balance.Group{Desired: res.Size.Desired, Base: l.Mix.Base, AboveBase: l.Mix.AboveBase, Rebalance: l.Rebalance}
	_, g.Refreshing = res.Trait(fleet.RefreshInProgress)
	for _, m := range l.Members {
		if m.Leaving {
			continue
		}
		if m.Lifecycle == fleet.OnDemand {
			g.OnDemand++
		} else {
			g.Spot++
		}
	}
	return g
}

// How far types may drift before they are written anew: a third of them, or a tenth of the price. Nothing is replaced by that; new instances follow it.
const (
	driftTypes = 33
	driftPrice = 10
)

// renew writes types and base anew where prices or offerings have drifted. A lower base is approached by one instance a look and waits while a zone is
// crowded, a higher one is written at once.
func (r *run) renew(a *Advice, m fleet.Moved, live fleet.Purchase, crowded string) {
	if !a.Eligible() || live.Mix.Base > m.Balance.Decided {
		return
	}
	target := *a.Target.Mix
	if a.Committed.Doubt != "" { // what is on demand now may be there for a commitment that is not seen any more
		target.Base, target.AboveBase = max(target.Base, live.Mix.Base), max(target.AboveBase, live.Mix.AboveBase)
	}
	if target.Base < live.Mix.Base {
		target.Base = live.Mix.Base - 1
	}
	before, after := balance.OnDemandOf(live.Mix.Base, live.Mix.AboveBase, a.Size), balance.OnDemandOf(target.Base, target.AboveBase, a.Size)
	if before == after && drift(live.Mix.Types, target.Types) < driftTypes && !r.cheaper(a, live.Mix.Types, target.Types[0]) {
		return
	}
	to := live
	to.Mix = &target
	if to.Equal(live) {
		return
	}
	if after < before && crowded != "" {
		a.Why = "it could keep fewer on demand, and waits: " + crowded
		return
	}
	if after < before {
		if balance.Spent(m.Balance, r.snapshot.Taken) >= a.Wish.Profile.Churn {
			return // tomorrow
		}
		if r.does(a.Subject.ARN) {
			m.Balance = balance.Spend(m.Balance, r.snapshot.Taken)
			r.next[a.Subject.ARN] = m
		}
	}
	a.Cause, a.Why = plan.BySpot, "prices or offerings have changed: it should buy "+plan.Buys(to)
	a.Move = &plan.Move{From: live, To: to, Way: plan.ByWriting}
}

// drift is the percentage of types that are in one list and not in the other.
func drift(have, want []string) int {
	missing := 0
	for _, t := range want {
		if !slices.Contains(have, t) {
			missing++
		}
	}
	if len(want) == 0 {
		return 0
	}
	return 100 * missing / len(want)
}

// cheaper reports whether the types of now would cost a tenth more than the chosen ones. The group's own type stays whatever it costs, for on-demand
// instances are launched as it: that it was rejected is no reason to write.
func (r *run) cheaper(a *Advice, types []string, own string) bool {
	n := 0
	sum := a.Mix.Now.Times(0)
	for i := range a.Mix.Types {
		if q := &a.Mix.Types[i].Quote; slices.Contains(types, q.Type) {
			sum, n = sum.Add(q.Mean), n+1
		}
	}
	for i := range a.Mix.Rejected {
		if t := a.Mix.Rejected[i].Type; t != own && slices.Contains(types, t) {
			return true // one that is bought now should not be
		}
	}
	if n == 0 {
		return true
	}
	chosen := a.Mix.Now.Times(0)
	for i := range a.Mix.Types {
		chosen = chosen.Add(a.Mix.Types[i].Quote.Mean)
	}
	// sum/n > chosen/len * 1.1
	return sum.Times(100*len(a.Mix.Types)).Cmp(chosen.Times((100+driftPrice)*n)) > 0
}
