package described

import (
	"slices"
	"strings"

	"offpeak/internal/fleet"
)

// How things are set up otherwise is read apart from what they are, as how they launch is: plans need none of it.

// DatabasePosture is what describe-db-instances and describe-db-clusters tell of how a database is set up. What a record leaves out is not known.
type DatabasePosture struct {
	Zone            string `json:"AvailabilityZone"` // of an instance
	Public          *bool  `json:"PubliclyAccessible"`
	Encrypted       *bool  `json:"StorageEncrypted"`
	StorageType     string
	BackupRetention *int `json:"BackupRetentionPeriod"` // days
}

func (p *DatabasePosture) posture() *fleet.Posture {
	of := &fleet.Posture{Public: fleet.KnownOf(p.Public), Encrypted: fleet.KnownOf(p.Encrypted), Storage: p.StorageType}
	if p.BackupRetention != nil {
		kept := *p.BackupRetention > 0
		of.Backups = fleet.KnownOf(&kept)
	}
	return of
}

func isTrue(told *bool) bool { return told != nil && *told }

// Posture returns how the database is set up.
func (d *Database) Posture() *fleet.Posture {
	p := d.posture()
	for _, zone := range []string{d.Zone, d.SecondaryZone} {
		if zone != "" {
			p.Zones = append(p.Zones, zone)
		}
	}
	if p.MultiZone = fleet.KnownOf(d.MultiAZ); d.SecondaryZone != "" {
		p.MultiZone = fleet.Yes
	}
	return p
}

// Posture returns how the cluster is set up. Whether it can be reached from outside is told by its members, but for a cluster of RDS in three zones.
func (c *Cluster) Posture() *fleet.Posture {
	p := c.posture()
	p.Zones = slices.Sorted(slices.Values(c.Zones))
	p.MultiZone = fleet.KnownOf(c.MultiAZ)
	return p
}

// Posture returns how the instance is set up. Of its volumes it knows the ids: Volumes adds what they are.
func (i *LaunchedInstance) Posture() *fleet.Posture {
	public := i.PublicIP != "" || slices.ContainsFunc(i.Interfaces, func(n Interface) bool { return n.Association.PublicIP != "" })
	p := &fleet.Posture{Image: i.Image, Public: fleet.KnownOf(&public)}
	if i.Placement.Zone != "" {
		p.Zones = []string{i.Placement.Zone}
	}
	if i.Metadata.Tokens != "" {
		required := i.Metadata.Tokens == "required"
		p.IMDSv2 = fleet.KnownOf(&required)
	}
	for _, d := range i.Devices {
		if d.Ebs.VolumeID != "" {
			p.Volumes = append(p.Volumes, fleet.Disk{ID: d.Ebs.VolumeID})
		}
	}
	slices.SortFunc(p.Volumes, func(a, b fleet.Disk) int { return strings.Compare(a.ID, b.ID) })
	return p
}

// Posture returns how the group is set up, which its members are apart.
func (g *Group) Posture() *fleet.Posture {
	p := &fleet.Posture{Zones: slices.Sorted(slices.Values(g.Zones))}
	if g.Policy != nil {
		p.Mix = g.Policy.mix()
	}
	return p
}

// Volume is what is needed of a volume in describe-volumes.
type Volume struct {
	ID        string `json:"VolumeId"`
	Type      string `json:"VolumeType"`
	Encrypted *bool
}

// Disk returns the volume as its instance has it.
func (v *Volume) Disk() (fleet.Disk, error) {
	if v.ID == "" {
		return fleet.Disk{}, Missing("VolumeId", "an id such as vol-0123456789abcdef0")
	}
	return fleet.Disk{ID: v.ID, Type: v.Type, Encrypted: fleet.KnownOf(v.Encrypted)}, nil
}

// JoinVolumes completes the volumes of instances by what was listed of them, by id. Of those that were not listed the ids stay alone.
func JoinVolumes(resources []fleet.Resource, listed map[string]fleet.Disk) {
	for i := range resources {
		p := resources[i].Posture
		if p == nil {
			continue
		}
		for k := range p.Volumes {
			if d, ok := listed[p.Volumes[k].ID]; ok {
				p.Volumes[k] = d
			}
		}
	}
}
