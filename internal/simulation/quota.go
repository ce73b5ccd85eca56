package simulation

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// What a group says of a launch that failed, in AWS's words: an activity's StatusMessage, and that of the event "EC2 Instance Launch Unsuccessful".
const (
	CapacityText = "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. " +
		"Please adjust your request and try again. Launching EC2 instance failed."
	QuotaText = "Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded. Launching EC2 instance failed."
	// TaskText is what a service's event says (Amazon ECS service event messages).
	TaskText = "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone."
)

// LaunchFailed is the action of a notice that a group or a service could not launch what it lacks.
const LaunchFailed = "launch-failed"

// cannotLaunch tells that a Spot launch has failed, and comes back: of a group that was never moved when there is capacity again, of all others
// within minutes, as AWS does without knowing.
func (m *machine) cannotLaunch(w *World, again time.Time, text string) {
	if m.retries {
		return
	}
	m.retries = true
	w.notify(Notice{
		Resource: m.spec.ARN, ID: fmt.Sprintf("%016x-%08x", number(w.seed, string(m.spec.ARN), "activity", int(w.now)), w.now), Action: LaunchFailed, Text: text,
	})
	if m.bought == nil && !again.IsZero() {
		w.at(again.Unix()+between(m.physics, 10, 300), m, retried, m.life)
		return
	}
	w.at(w.now+between(m.luck(w), 120, 300), m, retried, m.life)
}

// spotQuotaLeft reports whether there is quota in an account and region for one more Spot instance of a type. Those of asking count although it may
// not be in the world yet.
func (w *World) spotQuotaLeft(scope fleet.Scope, kind string, asking *machine) bool {
	quota, limited := w.SpotQuota[scope]
	if !limited {
		return true
	}
	used := VCPUsOf(kind) + asking.spotVCPUs()
	for _, m := range w.scopes[scope].machines {
		if m != asking {
			used += m.spotVCPUs()
		}
	}
	return used <= quota
}

// spotVCPUs are those of the Spot instances of a machine that count against a quota.
func (m *machine) spotVCPUs() (n int) {
	if m == nil || m.dead() || m.spec.Kind != fleet.AutoScalingGroup && (m.spec.Kind != fleet.EC2Instance || m.phase == isOff) {
		return 0
	}
	for _, u := range m.units {
		if u.spot {
			n += VCPUsOf(u.kind)
		}
	}
	return n
}

// VCPUsOf is how many vCPUs a type has, by the rule that its size follows: large 2, xlarge 4, 2xlarge 8, ... A few types do not; they count here
// as if they did.
func VCPUsOf(instanceType string) int {
	family, size, _ := strings.Cut(instanceType, ".")
	switch {
	case size == "large" || strings.HasPrefix(family, "t"):
		if n, isLarge := times(size); isLarge {
			return 4 * n
		}
		return 2
	case strings.HasPrefix(size, "metal"):
		return 96
	default:
		if n, isLarge := times(size); isLarge {
			return 4 * n
		}
		return 1
	}
}

// times is how many times xlarge a size is.
func times(size string) (int, bool) {
	factor, isLarge := strings.CutSuffix(size, "xlarge")
	if !isLarge {
		return 0, false
	}
	if factor == "" {
		return 1, true
	}
	n, err := strconv.Atoi(factor)
	return n, err == nil
}
