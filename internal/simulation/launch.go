package simulation

import (
	"slices"
	"time"
)

// launch launches a member or a task; nil where it is to be Spot and there is no capacity. The group or service then stays short, and looks again
// when the first of its pools has some.
func (m *machine) launch(w *World) *unit {
	if providers := m.providers(); len(providers) > 0 {
		return m.launchTask(w, providers)
	}
	mix := m.mix()
	if mix == nil || m.onDemandMissing(mix) {
		return m.create(w, m.launchType())
	}
	u := m.create(w, mix.Types[0])
	if m.allocate(w, u, mix) {
		return u
	}
	m.units = m.units[:len(m.units)-1] // it never was
	m.born--
	return nil
}

// onDemandMissing reports whether the next member is to be on-demand.
func (m *machine) onDemandMissing(mix *Mix) bool {
	want := onDemandOf(mix, m.size.Desired)
	for _, u := range m.units {
		if u.counts() && !u.spot {
			want--
		}
	}
	return want > 0
}

// allocate makes a new member Spot and finds a pool for it: the zone with the fewest members first, and in it the cheapest type that has capacity.
func (m *machine) allocate(w *World, u *unit, mix *Mix) bool {
	var again time.Time
	for _, zone := range m.zonesFor(u) {
		if kind := m.cheapest(w, zone, mix.Types, &again); kind != "" {
			if !w.spotQuotaLeft(m.spec.Scope, kind, m) {
				m.cannotLaunch(w, again, QuotaText)
				return false
			}
			u.zone, u.kind, u.spot = zone, kind, true
			return true
		}
	}
	m.cannotLaunch(w, again, CapacityText)
	return false
}

// zonesFor are the zones in which another unit may be launched, those with the fewest first.
func (m *machine) zonesFor(u *unit) []string {
	zones := slices.Clone(m.spec.AvailabilityZones)
	members := func(zone string) (n int) {
		for _, other := range m.units {
			if other != u && other.zone == zone {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(zones, func(a, b string) int { return members(a) - members(b) })
	return zones
}

// cheapest is the cheapest of some types that has Spot capacity in a zone, the first where no price is known; empty where none has. again, if
// set, becomes the earliest instant at which one that has none will have some.
func (m *machine) cheapest(w *World, zone string, types []string, again *time.Time) string {
	best := ""
	for _, kind := range types {
		pool := Pool{zone, kind, m.spec.product()}
		if until := w.market.ShortUntil(pool, w.Now()); !until.IsZero() {
			if again != nil && (again.IsZero() || until.Before(*again)) {
				*again = until
			}
			continue
		}
		if best == "" {
			best = kind
			continue
		}
		price, known := w.market.PriceAt(pool, w.Now())
		other, alsoKnown := w.market.PriceAt(Pool{zone, best, m.spec.product()}, w.Now())
		if known && alsoKnown && price.Cmp(other) < 0 {
			best = kind
		}
	}
	return best
}

// retry looks for the capacity that a group or a service did not find.
func (m *machine) retry(w *World) {
	m.retries = false
	count, _ := m.counted()
	short := count < m.size.Desired
	if !short && m.bought == nil || m.mix() == nil && len(m.providers()) == 0 {
		return
	}
	before := m.born
	was := m.before(w)
	m.grow(w)
	m.adjust(w)
	if m.born != before {
		m.changed(w, author{by: ByAWS}, was)
	}
}
