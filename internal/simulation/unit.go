package simulation

import (
	"fmt"
	"slices"

	"offpeak/internal/fleet"
)

// condition is where a unit of a group or a service is. The one unit of an instance or a database is serving for good: its machine's phase
// says whether it runs.
type condition uint8

const (
	serving condition = iota
	pending           // launched, or taken from the warm pool, and not in service yet
	leaving           // out of service, and charged until it is gone
	warming           // launched for the warm pool
	warmed            // runs for the last time before it is stopped in the warm pool
	parked            // stopped in the warm pool
)

// unit is one instance, task or database that is charged by itself.
type unit struct {
	serial    int
	id        string
	kind      string // its type
	zone      string
	spot      bool
	condition condition
	// doomed says that it is to go as soon as another one serves in its place.
	doomed bool
	signal *Signal // of the Spot market, that it will feel next

	launched, ended int64
	running         bool
	from            int64
	ran             []span
}

// span is a time in unix seconds.
type span struct{ from, to int64 }

// charge begins or ends the running time of a unit. Times that ended before keep are not kept.
func (u *unit) charge(now int64, runs bool, keep int64) {
	switch {
	case runs && !u.running:
		u.from = now
	case !runs && u.running && now > u.from && now >= keep:
		u.ran = append(u.ran, span{u.from, now})
	}
	u.running = runs
}

// counts reports whether it is one of those that a size asks for.
func (u *unit) counts() bool {
	return (u.condition == serving || u.condition == pending) && !u.doomed
}

// spans are its running times up to now.
func (u *unit) spans(now int64) []span {
	if u.running && now > u.from {
		return append(slices.Clip(u.ran), span{u.from, now})
	}
	return u.ran
}

// charges reports whether a unit of the machine is paid for. Boot and stop times are not, and draining is.
func (m *machine) charges(u *unit) bool {
	switch {
	case m.dead():
		return false
	case m.spec.Kind.Sized():
		return u.condition == serving || u.condition == leaving || u.condition == warmed
	default:
		return m.phase == on
	}
}

// meter charges every unit as it is now.
func (m *machine) meter(w *World) {
	for _, u := range m.units {
		u.charge(w.now, m.charges(u), w.keepFrom)
	}
}

// populate makes the units with which the machine begins.
func (m *machine) populate(w *World) {
	types := make([]string, 0, 8)
	for _, members := range m.spec.Members {
		for range members.Count {
			types = append(types, members.Type)
		}
	}
	count := 1
	if m.spec.Kind.Sized() {
		count = m.size.Desired
	} else if m.spec.Kind == fleet.RDSCluster {
		count = max(1, len(types))
	}
	for i := range count {
		u := m.launch(w)
		if u == nil {
			break
		}
		u.condition = serving
		if i < len(types) && m.spec.Scaling.Mix == nil {
			u.kind = types[i]
		}
	}
	for range m.spec.Scaling.Warm {
		m.create(w, m.launchType()).condition = parked
	}
}

// create adds a unit of a type.
func (m *machine) create(w *World, kind string) *unit {
	u := &unit{serial: m.born, kind: kind, zone: m.zoneForNext(), condition: pending, launched: w.now}
	u.spot = m.spec.Kind == fleet.EC2Instance && m.spec.Lifecycle != fleet.OnDemand
	u.id = m.unitID(w.seed, u.serial)
	m.born++
	m.units = append(m.units, u)
	return u
}

// retire takes a unit that is gone out of the machine.
func (m *machine) retire(w *World, u *unit) {
	u.charge(w.now, false, w.keepFrom)
	u.ended = w.now
	if w.now >= w.keepFrom || !m.leavesNothing() {
		m.past = append(m.past, u)
	}
	if i := slices.Index(m.units, u); i >= 0 {
		m.units = slices.Delete(m.units, i, i+1)
	}
}

// leavesNothing reports whether nothing of a unit is charged any more once it is gone.
func (m *machine) leavesNothing() bool {
	stays := slices.ContainsFunc(m.spec.Volumes, func(v Volume) bool { return v.Stays })
	return m.spec.Kind.Sized() && !stays && len(m.spec.Addresses) == 0
}

// unitID names a unit as a bill does. Members of a group and tasks of a service get a new name at every launch, those of a database cluster
// keep theirs.
func (m *machine) unitID(seed uint64, serial int) string {
	s := &m.spec
	switch s.Kind {
	case fleet.EC2Instance:
		return s.ID
	case fleet.AutoScalingGroup:
		return fmt.Sprintf("i-0%016x", number(seed, string(s.ARN), "instance", serial))
	case fleet.ECSService:
		return fmt.Sprintf("arn:%s:ecs:%s:%s:task/%s/%016x%016x", s.Scope.Region.Partition(), s.Scope.Region, s.Scope.Account, s.Parent,
			number(seed, string(s.ARN), "task", serial), number(seed, string(s.ARN), "task's rest", serial))
	case fleet.RDSCluster:
		return fmt.Sprintf("arn:%s:rds:%s:%s:db:%s-instance-%d", s.Scope.Region.Partition(), s.Scope.Region, s.Scope.Account, s.ID, serial+1)
	default:
		return string(s.ARN)
	}
}

// zoneForNext is the Availability Zone with the fewest units, the first of several.
func (m *machine) zoneForNext() string {
	best, least := "", 0
	for _, zone := range m.spec.AvailabilityZones {
		n := 0
		for _, u := range m.units {
			if u.zone == zone {
				n++
			}
		}
		if best == "" || n < least {
			best, least = zone, n
		}
	}
	return best
}

// number is a number that depends on the seed and on what it is for alone.
func number(seed uint64, name, purpose string, serial int) uint64 {
	h := seed ^ 0x9e3779b97f4a7c15
	for _, text := range [...]string{name, "\x00", purpose} {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * 0x100000001b3
		}
	}
	h ^= uint64(serial) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
