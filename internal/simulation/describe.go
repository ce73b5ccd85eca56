package simulation

import (
	"cmp"
	"fmt"
	"slices"

	"offpeak/internal/fleet"
)

// launches is what descriptions tell of how the machine gets its capacity: what its spec says of it, and what the world knows itself. It is made
// for snapshots that are to show it alone.
func (m *machine) launches() *fleet.Launch {
	l := &fleet.Launch{}
	if m.spec.Launch != nil {
		*l = *m.spec.Launch
	}
	seen := []fleet.Fact{fleet.Stacks}
	switch m.spec.Kind {
	case fleet.AutoScalingGroup:
		seen = append(seen, fleet.Refreshes)
		l.Zones, l.Template, l.Mix, l.Rebalance, l.Members = m.spec.AvailabilityZones, m.template(), m.policy(), m.rebalances(), m.members()
		for i, v := range m.spec.Volumes {
			l.Volumes = append(l.Volumes, fleet.Volume{Device: deviceOf(i), Root: i == 0, Kept: v.Stays})
		}
	case fleet.EC2Instance:
		seen = append(seen, fleet.Protection)
		m.launchesInstance(l)
	case fleet.ECSService:
		seen = append(seen, fleet.Clusters)
		l.Providers = m.providers()
		switch {
		case len(l.Providers) > 0:
			l.LaunchType = ""
		case l.LaunchType == "":
			l.LaunchType = cmp.Or(m.spec.Product, "EC2")
		}
		if l.MaxHealthy == 0 {
			l.MinHealthy, l.MaxHealthy = 100, 200
		}
		if m.spec.Product != "" {
			l.Platform = cmp.Or(l.Platform, "LINUX")
		}
		if l.Offered == nil && l.LaunchType != "EC2" {
			l.Offered = []fleet.Provider{{Name: "FARGATE"}, {Name: fargateSpot, Spot: true}}
		}
	default:
		return nil
	}
	if l.Seen == nil {
		l.Seen = seen
	}
	return l
}

// protections are the traits of an instance that a look of its own shows.
func (m *machine) protections() (traits []fleet.Trait) {
	if m.spec.Protected {
		traits = append(traits, fleet.Trait{Kind: fleet.StopProtection})
	}
	if m.spec.Locked {
		traits = append(traits, fleet.Trait{Kind: fleet.TerminationLock})
	}
	return traits
}

func (m *machine) launchesInstance(l *fleet.Launch) {
	l.Zones = m.spec.AvailabilityZones[:1]
	if l.Image == "" {
		l.Image = fmt.Sprintf("ami-0%016x", number(0, string(m.spec.ARN), "image", 0))
	}
	if m.spec.Lifecycle != fleet.OnDemand {
		l.Request = m.request()
	}
	if m.dead() {
		l.Targets = nil
		return // its volumes and its interface are no longer attached
	}
	for i := range m.spec.Volumes {
		if !m.attachedNow(i) {
			continue
		}
		l.Volumes = append(l.Volumes, fleet.Volume{ID: m.volumes[i], Device: deviceOf(i), Root: i == 0, Kept: m.stays(i)})
	}
	slices.SortFunc(l.Volumes, func(a, b fleet.Volume) int { return cmp.Compare(a.Device, b.Device) })
	device := fleet.Interface{ID: m.network, Kept: m.keepsInterface()}
	if len(m.spec.Addresses) > 0 {
		device.Public = m.spec.Addresses[0].IP
	}
	l.Interfaces = []fleet.Interface{device}
}

// members are the instances of a group outside its warm pool, in order of id.
func (m *machine) members() []fleet.Member {
	members := make([]fleet.Member, 0, len(m.units))
	for _, u := range m.units {
		if u.condition > leaving {
			continue
		}
		member := fleet.Member{ID: u.id, Type: u.kind, Zone: u.zone, InService: u.condition == serving, Leaving: u.condition == leaving}
		if u.spot {
			member.Lifecycle = fleet.SpotOneTime // a group's requests are
		}
		members = append(members, member)
	}
	slices.SortFunc(members, func(a, b fleet.Member) int { return cmp.Compare(a.ID, b.ID) })
	return members
}

// request is the Spot request of an instance.
func (m *machine) request() string {
	return fmt.Sprintf("sir-%08x", uint32(number(0, string(m.spec.ARN), "request", 0)))
}

// deviceOf is where a volume of an instance is attached.
func deviceOf(index int) string {
	if index == 0 {
		return "/dev/xvda"
	}
	return fmt.Sprintf("/dev/sd%c", 'e'+index)
}
