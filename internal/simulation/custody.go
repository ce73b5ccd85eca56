package simulation

import (
	"slices"

	"offpeak/internal/fleet"
)

// custody is what of an instance outlives it, and what another instance has taken over.
type custody struct {
	keeps     map[int]bool // volumes whose DeleteOnTermination was set, to its opposite
	network   bool         // DeleteOnTermination of the interface is off
	cancelled bool         // its Spot request
	// taken are the instants at which another instance took a volume, and took the interface.
	taken        map[int]int64
	networkTaken int64
	// since are the instants at which volumes were attached that it did not begin with.
	since map[int]int64
}

// holds is the custody of an instance, which begins with the first call that needs one.
func (m *machine) holds() *custody {
	if m.kept == nil {
		m.kept = &custody{keeps: map[int]bool{}, taken: map[int]int64{}, since: map[int]int64{}}
	}
	return m.kept
}

// stays reports whether a volume outlives its instance.
func (m *machine) stays(i int) bool {
	if m.kept != nil {
		if keeps, set := m.kept.keeps[i]; set {
			return keeps
		}
	}
	return m.spec.Volumes[i].Stays
}

func (m *machine) keepsInterface() bool { return m.kept != nil && m.kept.network }

// attachedNow reports whether a volume is the instance's, and no other one's.
func (m *machine) attachedNow(i int) bool { return m.kept == nil || m.kept.taken[i] == 0 }

// heldFrom and heldTo are when a volume is the instance's, given the life of its unit.
func (m *machine) heldFrom(i int, launched int64) int64 {
	if m.kept != nil && m.kept.since[i] != 0 {
		return m.kept.since[i]
	}
	return launched
}

func (m *machine) heldTo(w *World, i int, end int64) int64 {
	if m.stays(i) {
		end = w.now
	}
	if m.kept != nil && m.kept.taken[i] != 0 {
		return m.kept.taken[i]
	}
	return end
}

// addressTo is until when the elastic addresses are the instance's.
func (m *machine) addressTo(w *World) int64 {
	if m.kept != nil && m.kept.networkTaken != 0 {
		return m.kept.networkTaken
	}
	return w.now
}

// interfaceOf is the interface of a unit: an instance's may have been another's before.
func (m *machine) interfaceOf(w *World, u *unit) string {
	if m.spec.Kind == fleet.EC2Instance {
		return m.network
	}
	return interfaceID(w.seed, u)
}

// freeFrom is when what a terminated instance leaves can be attached elsewhere: when it has shut down.
func (m *machine) freeFrom() int64 {
	return m.since + 20 + int64(number(0, string(m.spec.ARN), "detach", m.life)%40)
}

// successor is the instance that lives on in its place; nil where there is none.
func (m *machine) successor() *machine {
	for m.heir != nil {
		m = m.heir
	}
	if m.dead() {
		return nil
	}
	return m
}

// awaits reports whether it may yet get a successor: it is terminated, and its interface is there.
func (m *machine) awaits() bool {
	for m.heir != nil {
		m = m.heir
	}
	return m.dead() && m.keepsInterface()
}

// holderOfVolume and holderOfInterface find the instance of a scope that has or had something last; nil where nobody did.
func (w *World) holderOfVolume(scope fleet.Scope, id string) (*machine, int) {
	for _, m := range w.instancesIn(scope) {
		if i := slices.Index(m.volumes, id); i >= 0 && m.attachedNow(i) {
			return m, i
		}
	}
	return nil, 0
}

func (w *World) holderOfInterface(scope fleet.Scope, id string) *machine {
	for _, m := range w.instancesIn(scope) {
		if m.network == id && (m.kept == nil || m.kept.networkTaken == 0) {
			return m
		}
	}
	return nil
}

func (w *World) instancesIn(scope fleet.Scope) []*machine {
	p := w.scopes[scope]
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.machines), func(m *machine) bool { return m.spec.Kind != fleet.EC2Instance })
}
