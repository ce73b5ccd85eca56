package fleet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Known is a fact that may not be known. The zero value is unknown, which is never the same as no.
type Known uint8

// What is known of a fact.
const (
	Unknown Known = iota
	Yes
	No
)

var knownNames = [...]string{"unknown", "yes", "no"}

// KnownOf is a fact as AWS tells it; nil where AWS does not.
func KnownOf(told *bool) Known {
	switch {
	case told == nil:
		return Unknown
	case *told:
		return Yes
	default:
		return No
	}
}

// String returns unknown, yes or no.
func (k Known) String() string { return knownNames[min(int(k), len(knownNames)-1)] }

// MarshalText writes unknown, yes or no.
func (k Known) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Known) UnmarshalText(text []byte) error {
	for i, name := range knownNames {
		if name == string(text) {
			*k = Known(i)
			return nil
		}
	}
	return fmt.Errorf("%.40q does not say what is known (unknown, yes, no)", text)
}

// Posture is how a resource is set up, which no plan needs and reports do. It is in snapshots that were asked for it.
type Posture struct {
	// Zones are where it runs or may run, in order; of a database in several zones the first is the primary's.
	Zones []string `json:"zones,omitempty"`
	// Image is an instance's AMI.
	Image string `json:"image,omitempty"`
	// IMDSv2 says that an instance's metadata is told to nobody without a token.
	IMDSv2 Known `json:"imdsv2,omitzero"`
	// Public says that an instance has a public address, or a database one that resolves outside of its network.
	Public Known `json:"public,omitzero"`
	// Volumes are an instance's, by id.
	Volumes []Disk `json:"volumes,omitempty"`
	// Encrypted and Storage are of a database's storage: whether it is encrypted, and its type, such as gp3 or aurora.
	Encrypted Known  `json:"encrypted,omitzero"`
	Storage   string `json:"storage,omitempty"`
	// Backups says that AWS backs a database up by itself.
	Backups Known `json:"backups,omitzero"`
	// MultiZone says that a database has a standby, or a cluster members, in another zone.
	MultiZone Known `json:"multi_zone,omitzero"`
	// Mix is a group's MixedInstancesPolicy; nil where it has none.
	Mix *Mix `json:"mix,omitempty"`
}

// Disk is a volume of EBS that is attached. Type is empty where it was not listed.
type Disk struct {
	ID        string `json:"id"`
	Type      string `json:"type,omitempty"`
	Encrypted Known  `json:"encrypted,omitzero"`
}

// VolumeARN names a volume of a scope.
func VolumeARN(at Scope, id string) ARN {
	return ARN("arn:" + at.Region.Partition() + ":ec2:" + string(at.Region) + ":" + string(at.Account) + ":volume/" + id)
}

// Latest returns each resource as it was seen last, in order of ARN; those that are gone by then are left out. Only those of the accounts that are
// named count; none means all. Of two snapshots of one instant the first counts.
func Latest(snapshots []Snapshot, accounts []AccountID) []*Resource {
	type seen struct {
		at       time.Time
		resource *Resource
	}
	last := map[ARN]seen{}
	for i := range snapshots {
		s := &snapshots[i]
		for k := range s.Resources {
			r := &s.Resources[k]
			ours := len(accounts) == 0 || slices.Contains(accounts, r.Scope.Account)
			if known, found := last[r.ARN]; ours && (!found || s.Taken.After(known.at)) {
				last[r.ARN] = seen{s.Taken, r}
			}
		}
	}
	var all []*Resource
	for _, x := range slices.SortedFunc(maps.Values(last), func(a, b seen) int { return cmp.Compare(a.resource.ARN, b.resource.ARN) }) {
		if x.resource.State != Gone {
			all = append(all, x.resource)
		}
	}
	return all
}
