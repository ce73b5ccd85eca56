package simulation

import (
	"cmp"
	"iter"
	"slices"

	"offpeak/internal/fleet"
)

// Groups keep their members even over their zones (Amazon EC2 Auto Scaling User Guide, Rebalancing activities; Availability Zone distribution, of which
// every group here has the default, balanced-best-effort): a launch goes to the zone with the fewest, and to another one where that has no capacity.
// What has become uneven so is evened out later, unless AZRebalance is suspended: a member is launched in the zone with the fewest, and when it serves
// one goes from the zone with the most. AWS does not say how soon; here it looks again every five to thirty minutes, which is assumed.
const (
	evenAtLeast = 5 * 60
	evenAtMost  = 30 * 60
)

// spread is how many members stand in each zone of the machine, in their order: those that serve and those on their way, but for those that are to go.
func (m *machine) spread() []int {
	counts := make([]int, len(m.spec.AvailabilityZones))
	for _, u := range m.units {
		if i := slices.Index(m.spec.AvailabilityZones, u.zone); i >= 0 && u.counts() {
			counts[i]++
		}
	}
	return counts
}

// fullest is the unit of those that fit that stands in the zone with the most members, the first of several; nil where none fits. A scale-in looks at the
// zones before it looks at anything else but the purchase options (Amazon EC2 Auto Scaling User Guide, termination policies).
func (m *machine) fullest(units iter.Seq2[int, *unit], fits func(*unit) bool) *unit {
	var best *unit
	most, counts := -1, m.spread()
	for _, u := range units {
		i := slices.Index(m.spec.AvailabilityZones, u.zone)
		if i >= 0 && counts[i] > most && fits(u) {
			best, most = u, counts[i]
		}
	}
	return best
}

// uneven reports whether a zone of a group has two members more than another.
func (m *machine) uneven() bool {
	counts := m.spread()
	return len(counts) > 1 && slices.Max(counts)-slices.Min(counts) > 1
}

// evensOut reports whether the group's zones are kept even. Without Launch nothing is; without Terminate AWS would launch and never end, which a world
// spares itself.
func (m *machine) evensOut() bool {
	if m.spec.Kind != fleet.AutoScalingGroup || m.dead() {
		return false
	}
	l := m.spec.Launch
	return l == nil || !slices.ContainsFunc([]string{"AZRebalance", "Launch", "Terminate"}, func(process string) bool { return slices.Contains(l.Suspended, process) })
}

// mindZones schedules a look at the zones of a group that has become uneven.
func (m *machine) mindZones(w *World) {
	if m.evening || !m.evensOut() || !m.uneven() {
		return
	}
	if m.delays == nil {
		m.delays = stream(w.seed, string(m.spec.ARN), 2) // so that it shifts no other draw
	}
	m.evening = true
	w.at(w.now+between(m.delays, evenAtLeast, evenAtMost), m, evened, m.life)
}

// evenOut moves members of a group from the zones with the most to those with the fewest, as many at once as it may have beyond its maximum. Who is
// short, or has anybody on the way in or out, does that first.
func (m *machine) evenOut(w *World) {
	m.evening = false
	if !m.evensOut() {
		return
	}
	if count, _ := m.counted(); count == m.size.Desired && m.refresh == nil && !slices.ContainsFunc(m.units, func(u *unit) bool { return u.condition == pending || u.doomed }) {
		was, before := m.before(w), m.born
		for range max(1, m.size.Max/10) { // the margin that AWS gives it
			if !m.evenOne(w) {
				break
			}
		}
		if m.born != before {
			m.changed(w, author{by: ByAWS}, was)
		}
	}
	m.mindZones(w)
}

// evenOne launches a member in the zone with the fewest for one of the zone with the most, a Spot instance for one. False where all is even, or no zone
// with fewer has capacity.
func (m *machine) evenOne(w *World) bool {
	zones, counts := m.spec.AvailabilityZones, m.spread()
	order := make([]int, len(zones))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[a], counts[b]) })
	for _, to := range order {
		crowded := func(u *unit) bool {
			i := slices.Index(zones, u.zone)
			return i >= 0 && counts[i] > counts[to]+1 && u.condition == serving && !u.doomed
		}
		old := m.fullest(slices.All(m.units), func(u *unit) bool { return crowded(u) && u.spot })
		if old == nil {
			old = m.fullest(slices.All(m.units), crowded)
		}
		if old == nil {
			return false
		}
		if m.launchFor(w, old, zones[to]) {
			old.doomed = true
			return true
		}
	}
	return false
}

// launchFor launches a member in a zone that is bought as another one is; false where that zone has no Spot capacity, or the account no quota.
func (m *machine) launchFor(w *World, old *unit, zone string) bool {
	kind := m.launchType()
	if mix := m.mix(); old.spot && mix != nil {
		if kind = m.cheapest(w, zone, mix.Types, nil); kind == "" || !w.spotQuotaLeft(m.spec.Scope, kind, m) {
			return false
		}
	}
	u := m.create(w, kind)
	u.zone, u.spot = zone, old.spot && m.mix() != nil
	m.will(w, w.now+m.bootTime(), served, u)
	return true
}
