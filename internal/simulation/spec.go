package simulation

import (
	"fmt"
	"time"

	"offpeak/internal/fleet"
)

// Spec is a resource as the world begins with it, and the people around it.
type Spec struct {
	// Resource is what it is at the start; State is Running or Stopped. Launch is what else is known of how it gets its capacity: what stands here
	// already, such as its types and zones, need not stand there. ARN, ID, Kind and Scope must be set. Members are the instances of a
	// group or a database cluster; a group launches the type that stands first.
	fleet.Resource
	// Habits are what people do with it; Zone is the clock they live by, UTC where it is nil.
	Habits []Habit
	Zone   *time.Location
	// Protected says that stop protection is set on it, which descriptions do not show; Denied that offpeak has no permission to change it.
	Protected, Denied bool
	// Locked says that an instance is protected against being terminated.
	Locked bool
	// AvailabilityZones are where its machines live: the first one, a group's spread over all. Empty: a and c of the region for a group, one of
	// them for everything else.
	AvailabilityZones []string
	// Task is the size of one task of a Fargate service.
	Task Task
	// Volumes are attached to an instance, or launched with each member of a group, or hold a database's or a cluster's data.
	Volumes []Volume
	// Addresses are Elastic IPs, which go on being charged while the instance is stopped.
	Addresses []Address
	// PublicAddress says that an instance has an automatic public address whenever it runs, another one after each start.
	PublicAddress bool
	// Scaling is how a group launches and replaces its members.
	Scaling Scaling
}

// Task is the size of a Fargate task: CPU in units of which 1,024 are one vCPU, and memory.
type Task struct{ CPU, MiB int }

// Volume is storage that is charged for as long as it exists.
type Volume struct {
	// ID is vol-...; members' volumes and databases' storage get ids of their own.
	ID   string
	Type string // gp3, io2, aurora, ...
	GB   int
	// Stays says that it outlives its instance: not deleted on termination.
	Stays bool
}

// Address is an Elastic IP.
type Address struct {
	ID string // eipalloc-...
	IP string
}

// Scaling is how a group launches and replaces its members. The zero value launches on-demand instances of one type.
type Scaling struct {
	// Mix, if set, buys a part of the members as Spot.
	Mix *Mix
	// Warm is how many stopped instances the group keeps in a warm pool.
	Warm int
	// Actions are scheduled actions of the group's own.
	Actions []ScheduledAction
	// Rebalance replaces a Spot member as soon as AWS recommends it, and ends it when its replacement is in service.
	Rebalance bool
}

// ScheduledAction sets a group's size at a time of day.
type ScheduledAction struct {
	At   time.Duration  // after midnight of the zone in which its people live
	Days []time.Weekday // all where it is empty
	Size fleet.Size
}

// Mix is a mixed instances policy. It never falls back to on-demand: while no pool of its types has Spot capacity the group stays short.
type Mix struct {
	// Base is how many members are on-demand before any is Spot, SpotPercent the share of Spot above them.
	Base, SpotPercent int
	// Types are what may be launched. On-demand takes the first; Spot the cheapest that has capacity, the first where prices are unknown.
	Types []string
}

// check refuses what cannot be the beginning of a resource.
func (s *Spec) check() error {
	switch {
	case s.ARN == "" || s.ID == "" || s.Kind == 0:
		return fmt.Errorf("a resource needs arn, id and kind: %+v", s.Resource)
	case s.State != fleet.Running && s.State != fleet.Stopped:
		return fmt.Errorf("%s begins as %s: only running and stopped are beginnings", s.ARN, s.State)
	case s.Kind.Sized() && (s.Size.Desired > 0) != (s.State == fleet.Running):
		return fmt.Errorf("%s is %s at size %s", s.ARN, s.State, s.Size)
	case s.Scaling.Mix != nil && len(s.Scaling.Mix.Types) == 0:
		return fmt.Errorf("%s has a mixed instances policy without types", s.ARN)
	}
	return nil
}

// defaults completes a spec.
func (s *Spec) defaults() {
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if len(s.AvailabilityZones) > 0 {
		return
	}
	region := string(s.Scope.Region)
	both := []string{region + "a", region + "c"}
	if s.Kind.Sized() || s.Kind == fleet.RDSCluster {
		s.AvailabilityZones = both
		return
	}
	which := number(0, string(s.ARN), "zone", 0) % 2
	s.AvailabilityZones = both[which : which+1]
}

// product is what a bill calls the software of its machines.
func (s *Spec) product() string {
	if s.Product == "" && s.Kind == fleet.AutoScalingGroup {
		return "Linux/UNIX"
	}
	return s.Product
}

// launchType is the type of an on-demand member that a group launches.
func (s *Spec) launchType() string {
	switch {
	case s.Scaling.Mix != nil:
		return s.Scaling.Mix.Types[0]
	case len(s.Members) > 0:
		return s.Members[0].Type
	case s.Kind == fleet.AutoScalingGroup:
		return "m5.large"
	default:
		return s.Type
	}
}
