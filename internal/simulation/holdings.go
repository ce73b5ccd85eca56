package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Kept is what is charged for as long as it exists, whether its machine runs or not.
type Kept string

// What is kept.
const (
	// BlockStorage is a volume of an instance.
	BlockStorage Kept = "volume"
	// DatabaseStorage is what an RDS instance or a cluster stores.
	DatabaseStorage Kept = "database-storage"
	// ElasticAddress is an Elastic IP, which is charged attached or not.
	ElasticAddress Kept = "elastic-address"
	// SnapshotStorage is a snapshot that an image was made of.
	SnapshotStorage Kept = "snapshot"
	// PassingAddress is an automatic public address, which exists while its instance runs.
	PassingAddress Kept = "public-address"
)

// Holding is a time, half-open, in which something was kept and charged.
type Holding struct {
	Resource fleet.ARN
	// ID is what a bill calls it: vol-..., eipalloc-..., eni-..., or the database's ARN. Interface is that of the instance an address belongs
	// to, by which bills call the address while it is in use.
	ID, Interface string

	What Kept
	Type string // gp3, io2, aurora, ...; empty for addresses
	GB   int
	// Zone is the Availability Zone of the machine that it belongs to.
	Zone     string
	From, To time.Time
}

// Holdings returns what is charged of a resource beside its Runs, up to now, by its beginning. Volumes of members of groups end with them, and
// so do those of a terminated instance that do not stay; an Elastic IP remains with its account.
func (w *World) Holdings(arn fleet.ARN) []Holding {
	m := w.machines[arn]
	if m == nil {
		return nil
	}
	var kept []Holding
	add := func(h Holding, from, to int64) {
		if h.Resource, h.From, h.To = arn, instant(from), instant(to); from < to {
			kept = append(kept, h)
		}
	}
	first := true
	for u := range m.everyUnit {
		end := w.now
		if u.ended != 0 {
			end = u.ended
		}
		for i, v := range m.spec.Volumes {
			h := Holding{ID: m.volumeID(w.seed, u, i), What: m.storage(), Type: v.Type, GB: v.GB, Zone: u.zone}
			from, to := u.launched, end
			if m.spec.Kind == fleet.EC2Instance {
				from, to = m.heldFrom(i, from), m.heldTo(w, i, to)
			} else if v.Stays {
				to = w.now
			}
			if first || m.spec.Kind == fleet.AutoScalingGroup { // a cluster's instances share its storage
				add(h, from, to)
			}
		}
		if m.spec.PublicAddress && len(m.spec.Addresses) == 0 {
			for _, s := range u.spans(w.now) {
				id := m.interfaceOf(w, u)
				add(Holding{ID: id, Interface: id, What: PassingAddress, Zone: u.zone}, s.from, s.to)
			}
		}
		if first {
			for _, a := range m.spec.Addresses {
				add(Holding{ID: a.ID, Interface: m.interfaceOf(w, u), What: ElasticAddress, Zone: u.zone}, u.launched, m.addressTo(w))
			}
		}
		first = false
	}
	if len(w.shelf) > 0 {
		m.snapshots(w, add)
	}
	slices.SortStableFunc(kept, func(a, b Holding) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return kept
}

func (m *machine) storage() Kept {
	if m.spec.Kind == fleet.RDSInstance || m.spec.Kind == fleet.RDSCluster {
		return DatabaseStorage
	}
	return BlockStorage
}

// volumeID names a volume of a unit.
func (m *machine) volumeID(seed uint64, u *unit, index int) string {
	switch v := m.spec.Volumes[index]; {
	case m.storage() == DatabaseStorage:
		return string(m.spec.ARN)
	case m.spec.Kind == fleet.EC2Instance && v.ID != "":
		return v.ID
	default:
		return fmt.Sprintf("vol-0%016x", number(seed, u.id, "volume", index))
	}
}

func interfaceID(seed uint64, u *unit) string {
	return fmt.Sprintf("eni-0%016x", number(seed, u.id, "interface", 0))
}
