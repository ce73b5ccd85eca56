package simulation

import (
	"time"

	"offpeak/internal/fleet"
)

// refresh is an instance refresh that is under way.
type refresh struct {
	Refresher
	before int // units launched earlier are replaced
	total  int // how many those were
	passed int // checkpoints
	resume int64

	// What follows is of a rollout alone. desired is the configuration that a group goes to, and deploys says that it is a service's deployment.
	desired *buying
	deploys bool
	surge   int   // MaxHealthyPercentage
	bake    int64 // in seconds
	baked   int64 // when the bake time is over; zero before it begins
	alarms  []string
	// back says that it is rolled back: units launched since before, and not after again, are replaced.
	back  bool
	again int
	// progress is when the last replacement got into service, and passedOn how many had then.
	progress int64
	passedOn int
}

// outdates reports whether a unit is to be replaced.
func (r *refresh) outdates(u *unit) bool {
	if r.back {
		return u.serial >= r.before && u.serial < r.again
	}
	return u.serial < r.before
}

// beginRefresh begins an instance refresh, if the group has none under way and any members.
func (m *machine) beginRefresh(w *World, who author, how Refresher) {
	count, _ := m.counted()
	if m.spec.Kind != fleet.AutoScalingGroup || m.refresh != nil || count == 0 {
		return
	}
	m.change(w, who, func() {
		m.refresh = &refresh{Refresher: how, before: m.born, total: count}
		m.follow(w)
	})
}

// cancelRefresh leaves the members as they are: those that were replaced are, the others stay.
func (m *machine) cancelRefresh(w *World, who author) {
	if m.refresh == nil || m.refresh.deploys {
		return
	}
	m.change(w, who, func() {
		m.refresh = nil
		for _, u := range m.units {
			u.doomed = u.doomed && u.spot // what the market takes goes on being replaced
		}
		m.follow(w)
	})
}

// renew takes an instance refresh as far as it can go now. It ends as many old members as leave the healthy percentage in service; where that
// is none, it replaces one at a time and ends each when its replacement is in service.
func (m *machine) renew(w *World) {
	r := m.refresh
	switch {
	case r == nil:
		return
	case r.rollout():
		m.advance(w, r)
		return
	}
	old, settled, left := m.outdated(r)
	_, inService := m.counted()
	replaced := r.total - len(old)
	if settled && left == 0 {
		m.refresh = nil
		return
	}
	if w.now < r.resume {
		return
	}
	limit := r.total
	if r.passed < len(r.Checkpoints) {
		limit = (r.Checkpoints[r.passed]*r.total + 99) / 100
	}
	if replaced >= limit && settled && limit < r.total {
		r.passed++
		r.resume = w.now + int64(max(r.Pause, time.Minute)/time.Second)
		w.at(r.resume, m, resumed, m.life)
		return
	}
	floor := (m.size.Desired*r.MinHealthy + 99) / 100
	allowed := min(limit-replaced, len(old))
	spare := min(inService-floor, allowed)
	for i := 0; i < spare; i++ {
		m.dismiss(w, old[i])
	}
	if spare <= 0 && settled && allowed > 0 {
		old[0].doomed = true
	}
}

// outdated are the members that are still to be replaced, the oldest first; settled says that nobody is on the way in or out, and left is how
// many old ones there are in any condition.
func (m *machine) outdated(r *refresh) (old []*unit, settled bool, left int) {
	settled = true
	for _, u := range m.units {
		if u.condition == pending || u.condition == leaving || u.doomed {
			settled = false
		}
		if r.outdates(u) && u.condition <= leaving {
			left++
			if u.counts() {
				old = append(old, u)
			}
		}
	}
	return old, settled, left
}

// goOn lets a refresh go on after a pause, if it was not cancelled meanwhile.
func (m *machine) goOn(w *World) {
	if m.refresh != nil {
		m.change(w, author{by: ByAWS}, func() { m.follow(w) })
	}
}
