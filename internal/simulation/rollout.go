package simulation

import (
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// A rollout is a refresh that leads to a desired configuration, or the deployment of a service. What a person's refresh does stands in refresh.go.

// stall is how long a refresh goes on without a replacement that gets into service (Amazon EC2 Auto Scaling User Guide, how an instance refresh
// works).
const stall = int64(time.Hour / time.Second)

// rollout says that the refresh is one; deploys that it is a service's.
func (r *refresh) rollout() bool { return r.desired != nil || r.deploys }

// beginRollout begins an instance refresh to a desired configuration. Where an alarm of it rings already, it is over before it has begun.
func (m *machine) beginRollout(w *World, who author, desired *buying, how *plan.Refresh) {
	count, _ := m.counted()
	m.change(w, who, func() {
		m.refresh = &refresh{
			Refresher: Refresher{MinHealthy: how.MinHealthy, Checkpoints: how.Checkpoints, Pause: how.Pause},
			before:    m.born, total: count, desired: desired, surge: how.MaxHealthy, bake: int64(how.Bake / time.Second), alarms: how.Alarms, progress: w.now,
		}
		if slices.ContainsFunc(how.Alarms, func(name string) bool { return w.rings(m.spec.Scope, name) }) {
			m.rollBack(w)
		}
		m.follow(w)
	})
	if m.refresh != nil {
		w.at(w.now+stall, m, stalled, m.life)
	}
}

// beginDeployment begins a new deployment of a service: all of its tasks are replaced.
func (m *machine) beginDeployment(w *World, who author, b *buying) {
	count, _ := m.counted()
	least, most := 100, 200 // what ECS takes where a service says nothing
	if l := m.spec.Launch; l != nil && l.MaxHealthy > 0 {
		least, most = l.MinHealthy, l.MaxHealthy
	}
	m.change(w, who, func() {
		m.buy(b)
		m.refresh = &refresh{Refresher: Refresher{MinHealthy: least}, before: m.born, total: count, surge: most, deploys: true, progress: w.now}
		m.follow(w)
	})
}

// advance takes a rollout as far as it can go now: old members are ended as far as the least percentage stays in service, and more are to be ended
// as soon as others serve in their place, as far as the highest percentage lets those be launched.
func (m *machine) advance(w *World, r *refresh) {
	old, settled, left := m.outdated(r)
	replaced := r.total - len(old)
	if fresh := m.fresh(r); fresh > r.passedOn {
		r.passedOn, r.progress = fresh, w.now
	}
	limit, last := r.bounds()
	switch {
	case settled && (left == 0 || replaced >= last):
		m.finish(w, r)
		return
	case w.now < r.resume:
		return
	case settled && replaced >= limit:
		r.passed++
		r.resume = w.now + int64(max(r.Pause, time.Minute)/time.Second)
		r.progress = r.resume
		w.at(r.resume, m, resumed, m.life)
		return
	}
	floor := (m.size.Desired*r.MinHealthy + 99) / 100
	allowed := min(limit-replaced, len(old))
	spare := max(0, min(m.serving()-floor, allowed))
	for _, u := range old[:spare] {
		m.dismiss(w, u)
	}
	present := 0
	for _, u := range m.units {
		if u.condition == serving || u.condition == pending {
			present++
		}
	}
	missing, _ := m.counted()
	room := (m.size.Desired*max(r.surge, 100)+99)/100 - present - (m.size.Desired - missing)
	if spare == 0 && settled {
		room = max(room, 1) // who may neither lack one nor have one more would never be done
	}
	for i := spare; i < allowed && room > 0; i++ {
		old[i].doomed = true
		room--
	}
}

// fresh is how many are in service of those that need not be replaced.
func (m *machine) fresh(r *refresh) (n int) {
	for _, u := range m.units {
		if u.condition == serving && !r.outdates(u) {
			n++
		}
	}
	return n
}

// bounds are how many are replaced by the next checkpoint, and in the end: what lies beyond the last checkpoint is left as it is
// (CheckpointPercentages, Amazon EC2 Auto Scaling API).
func (r *refresh) bounds() (limit, last int) {
	last = r.total
	share := func(percent int) int { return (percent*r.total + 99) / 100 }
	if r.back || len(r.Checkpoints) == 0 {
		return last, last
	}
	last = share(r.Checkpoints[len(r.Checkpoints)-1])
	if r.passed < len(r.Checkpoints) {
		return share(r.Checkpoints[r.passed]), last
	}
	return last, last
}

// finish ends a rollout of which everything is in its place: after its bake time the desired configuration becomes the group's own.
func (m *machine) finish(w *World, r *refresh) {
	switch {
	case r.back, r.deploys:
		m.refresh = nil
	case r.bake > 0 && r.baked == 0:
		r.baked = w.now + r.bake
		w.at(r.baked, m, resumed, m.life)
	case w.now >= r.baked:
		rebalance := m.rebalances() // which is the group's own, and not of the configuration
		m.refresh = nil
		m.buy(r.desired)
		m.bought.rebalance = rebalance
	}
}

// rollBack turns a refresh round: what was launched by it is replaced by what the group's own configuration launches.
func (m *machine) rollBack(w *World) {
	r := m.refresh
	r.back, r.again, r.resume, r.baked, r.progress = true, m.born, 0, 0, w.now
	r.total = 0
	for _, u := range slices.Clone(m.units) {
		u.doomed = u.doomed && u.spot // what the market takes goes on being replaced
		if u.serial < r.before || u.condition > leaving {
			continue
		}
		if u.condition == pending {
			m.retire(w, u)
		} else if u.counts() {
			r.total++
		}
	}
	r.passedOn = m.fresh(r)
}

// failRollout ends a refresh that cannot go on. It is rolled back; where that is what cannot go on, everything stays as it is.
func (m *machine) failRollout(w *World) {
	if m.refresh.back {
		m.refresh = nil
		for _, u := range m.units {
			u.doomed = u.doomed && u.spot
		}
		return
	}
	m.rollBack(w)
}

// checkStall fails a refresh that has replaced nobody for an hour.
func (m *machine) checkStall(w *World) {
	r := m.refresh
	switch {
	case r == nil || r.desired == nil:
	case r.baked == 0 && w.now >= r.progress+stall:
		m.change(w, author{by: ByAWS}, func() {
			m.failRollout(w)
			m.follow(w)
		})
		fallthrough
	default:
		if m.refresh != nil {
			w.at(max(w.now+60, m.refresh.progress+stall), m, stalled, m.life)
		}
	}
}

// alarm is a CloudWatch alarm.
type alarm struct {
	scope fleet.Scope
	name  string
}

// Ring lets a CloudWatch alarm ring for a time: refreshes that watch it are rolled back.
func (w *World) Ring(scope fleet.Scope, name string, lasts time.Duration) {
	if w.ringing == nil {
		w.ringing = map[alarm]int64{}
	}
	w.ringing[alarm{scope, name}] = w.now + int64(lasts/time.Second)
	if w.scopes[scope] == nil {
		return
	}
	for _, m := range w.scopes[scope].machines {
		if r := m.refresh; r != nil && !r.back && slices.Contains(r.alarms, name) {
			m.change(w, author{by: ByAWS}, func() {
				m.failRollout(w)
				m.follow(w)
			})
		}
	}
}

func (w *World) rings(scope fleet.Scope, name string) bool {
	return w.ringing[alarm{scope, name}] > w.now
}
