package simulation

import (
	"slices"
	"time"
)

// launch launches a member or a task; nil where a mixed group finds no Spot capacity. It then stays short, and looks again when the first of
// its pools has some.
func (m *machine) launch(w *World) *unit {
	mix := m.spec.Scaling.Mix
	if mix == nil || m.onDemandMissing(mix) {
		return m.create(w, m.spec.launchType())
	}
	u := m.create(w, mix.Types[0])
	u.spot = true
	if m.allocate(w, u, mix) {
		return u
	}
	m.units = m.units[:len(m.units)-1] // it never was
	m.born--
	return nil
}

// onDemandMissing reports whether the next member is to be on-demand. Of a share that is no whole number on-demand gets the rest.
func (m *machine) onDemandMissing(mix *Mix) bool {
	above := max(0, m.size.Desired-mix.Base)
	want := min(mix.Base, m.size.Desired) + (above*(100-mix.SpotPercent)+99)/100
	for _, u := range m.units {
		if u.counts() && !u.spot {
			want--
		}
	}
	return want > 0
}

// allocate finds a pool for a Spot member: the zone with the fewest members first, and in it the cheapest type that has capacity.
func (m *machine) allocate(w *World, u *unit, mix *Mix) bool {
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
	var again time.Time
	for _, zone := range zones {
		if kind := m.cheapest(w, zone, mix.Types, &again); kind != "" {
			u.zone, u.kind = zone, kind
			return true
		}
	}
	if !m.retries {
		m.retries = true
		w.at(again.Unix()+between(m.physics, 10, 300), m, retried, m.life)
	}
	return false
}

// cheapest is the cheapest of some types that has Spot capacity in a zone, the first where no price is known; empty where none has. again
// becomes the earliest instant at which one that has none will have some.
func (m *machine) cheapest(w *World, zone string, types []string, again *time.Time) string {
	best := ""
	for _, kind := range types {
		pool := Pool{zone, kind, m.spec.product()}
		if until := w.market.ShortUntil(pool, w.Now()); !until.IsZero() {
			if again.IsZero() || until.Before(*again) {
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

// retry looks for the capacity that a group did not find.
func (m *machine) retry(w *World) {
	m.retries = false
	mix := m.spec.Scaling.Mix
	count, _ := m.counted()
	if mix == nil || count >= m.size.Desired {
		return
	}
	before := m.born
	was := m.before(w)
	m.grow(w)
	if m.born != before {
		m.changed(w, author{by: ByAWS}, was)
	}
}
