package simulation

import (
	"time"

	"offpeak/internal/fleet"
)

// fargateSpot is the capacity provider whose tasks the market takes.
const fargateSpot = "FARGATE_SPOT"

// launchTask launches a task of a service on the capacity provider whose turn it is; nil where that is FARGATE_SPOT and there is none. Amazon ECS
// does not take another provider instead.
func (m *machine) launchTask(w *World, providers []fleet.Provider) *unit {
	next := m.nextProvider(providers)
	u := m.create(w, next)
	if next != fargateSpot {
		return u
	}
	u.spot = true
	var again time.Time
	for _, zone := range m.zonesFor(u) {
		until := w.market.ShortUntil(Pool{Zone: zone, Type: fargateSpot}, w.Now())
		if until.IsZero() {
			u.zone = zone
			return u
		}
		if again.IsZero() || until.Before(again) {
			again = until
		}
	}
	m.units = m.units[:len(m.units)-1] // it never was
	m.born--
	m.cannotLaunch(w, time.Time{}, "(service "+m.spec.ID+") "+TaskText)
	return nil
}

// nextProvider is the provider of the next task: one whose base is not reached, then the one that lacks most of its weight.
func (m *machine) nextProvider(providers []fleet.Provider) string {
	has := map[string]int{}
	for _, u := range m.units {
		if u.counts() {
			has[u.kind]++
		}
	}
	best, share, weight := "", 0, 0
	for _, p := range providers {
		if has[p.Name] < p.Base {
			return p.Name
		}
		// a/b < c/d as a*d < c*b
		if above := has[p.Name] - p.Base; p.Weight > 0 && (best == "" || above*weight < share*p.Weight) {
			best, share, weight = p.Name, above, p.Weight
		}
	}
	return best
}
