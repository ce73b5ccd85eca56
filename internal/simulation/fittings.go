package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"offpeak/internal/fleet"
)

// fit draws what belongs to a sample's resource beside itself: volumes, addresses, the instances of a cluster, the size of a task, how a group
// scales, and a few things that only some people do.
func fit(r *rand.Rand, s *Spec, environment string, number int) {
	which, size, rare, odd := r.IntN(4), r.IntN(5), r.IntN(100), r.IntN(100)
	ours := environment == "dev" || environment == "stg"
	switch s.Kind {
	case fleet.EC2Instance:
		fitInstance(s, size, rare, number)
		if ours && s.Product != "Windows" && odd < 7 {
			s.Lifecycle = fleet.SpotPersistent
			if odd < 3 {
				s.Lifecycle = fleet.SpotOneTime
			}
		}
	case fleet.AutoScalingGroup:
		s.Volumes = []Volume{{Type: "gp3", GB: 20 + 10*which}}
		fitGroup(s, rare, odd, ours)
	case fleet.RDSInstance:
		s.Volumes = []Volume{{Type: "gp3", GB: 100 * (1 + size)}}
	case fleet.RDSCluster:
		s.Members = []fleet.Members{{Type: [...]string{"db.r6g.large", "db.r6g.large", "db.t4g.medium", "db.r6g.xlarge"}[which], Count: 1 + rare%3}}
		s.Volumes = []Volume{{Type: "aurora", GB: 40 * (1 + size)}}
		if s.Product == "docdb" || s.Product == "neptune" {
			s.Volumes[0].Type = s.Product
		}
	case fleet.ECSService:
		s.Task = [...]Task{{256, 512}, {512, 1024}, {1024, 2048}, {2048, 4096}}[which]
	}
}

// fitGroup draws how a group scales. Most launch on-demand instances of one type.
func fitGroup(s *Spec, rare, odd int, ours bool) {
	own := s.launchType()
	switch {
	case !ours:
	case rare < 10:
		s.Scaling.Mix = &Mix{Base: rare % 2, SpotPercent: [...]int{50, 80, 100}[rare%3], Types: []string{own, "m5a.large", "m4.large"}}
		s.Scaling.Rebalance = rare%4 == 0
		s.Members = nil
	case rare < 13:
		s.Scaling.Warm = 1 + rare%2
	case rare < 16:
		down := fleet.Size{Max: s.Size.Max}
		s.Scaling.Actions = []ScheduledAction{{At: 20 * time.Hour, Size: down}, {At: 8 * time.Hour, Size: s.Size}}
	}
	switch {
	case !ours:
	case odd < 6:
		s.Habits = append(s.Habits, Refresher{Days: 60, MinHealthy: [...]int{50, 90, 100}[odd%3], Checkpoints: []int{50}, Pause: 20 * time.Minute, Cancels: 200})
	case odd < 12:
		s.Habits = append(s.Habits, Resetter{Days: 100, At: 19*time.Hour + 30*time.Minute})
	}
}

// fitInstance draws a root volume, now and then a second one that stays when the instance is terminated, and an address.
func fitInstance(s *Spec, size, rare, number int) {
	volume := func(index int) string { return fmt.Sprintf("vol-%017x", 0xb0000000+number*16+index) }
	root := Volume{ID: volume(0), Type: "gp3", GB: 30}
	if s.Product == "Windows" {
		root.GB = 50
	}
	s.Volumes = []Volume{root}
	if rare%3 == 0 {
		s.Volumes = append(s.Volumes, Volume{ID: volume(1), Type: "gp3", GB: 100 * (1 + size), Stays: rare%2 == 0})
	}
	switch {
	case rare < 10:
		s.Addresses = []Address{{ID: fmt.Sprintf("eipalloc-%017x", 0xe0000000+number), IP: publicIP(uint64(number))}}
	case rare < 16:
		s.PublicAddress = true
	case rare > 96:
		s.Habits = append(s.Habits, Overrider{Days: 100, Key: "offpeak:override", Hours: 1})
	}
}

// publicIP is an address of a documentation range or of the benchmarking one beside it, which nobody has.
func publicIP(number uint64) string {
	return fmt.Sprintf("198.%d.%d.%d", 18+number>>16&1, number>>8&0xff, number&0xff)
}

// askForSpot lets some owners of groups and services in development and staging ask for Spot. A few of their groups name no version of their template,
// so that they cannot be moved as they are.
func askForSpot(r *rand.Rand, s *Spec, environment string, number int) {
	asks, latest := Chance(500).falls(r), Chance(200).falls(r)
	if environment != "dev" && environment != "stg" || !s.Kind.Sized() || !asks {
		return
	}
	s.Tags = fleet.NewTags(append([]fleet.Tag{{Key: "offpeak:spot", Value: "yes"}}, s.Tags...)...)
	if s.Kind != fleet.AutoScalingGroup {
		return
	}
	template := &fleet.Template{ID: fmt.Sprintf("lt-%017x", 0xc0000000+number), Version: "3", Number: 3, Type: s.launchType(), Image: "ami-0c9c942bd7bf113a2"}
	if latest {
		template.Version = "$Latest"
	}
	s.Launch = &fleet.Launch{Template: template}
}
