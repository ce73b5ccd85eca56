package scheduler

import (
	"time"

	"offpeak/internal/fleet"
	"offpeak/scheduler/custodian"
)

// Rules are what a policy says about scheduling, ready for use. The zero value schedules nothing.
type Rules struct {
	// Policy names the policy and its version; plans carry it.
	Policy       string
	Zone         *time.Location // for hours in tags that name no zone
	Keys         fleet.TagKeys
	Custodian    custodian.Defaults
	Schedules    map[string]*Compiled
	Environments []fleet.Environment
	// Defaults for schedules that are written in tags.
	Inline Inline

	KeepAddress        bool // refuse stops that would change an automatic public address
	AllowInstanceStore bool // stop instances although that wipes their local disks
	KillSwitch         KillSwitch
	StaleAfter         time.Duration // age at which a snapshot is no longer acted on; zero: never
}

// Inline are the calendars that apply to hours written in tags.
type Inline struct {
	Closed []NamedCalendar
	Hold   []NamedCalendar
}

// KillSwitch takes acts out of the optimizer's hands.
type KillSwitch string

// The kill switch: off, no stops (openings are kept), nothing at all.
const (
	KillNothing    KillSwitch = ""
	KillStops      KillSwitch = "no-stops"
	KillEverything KillSwitch = "nothing"
)

// stricter reports whether a kill switch holds more than another one.
func (k KillSwitch) stricter(other KillSwitch) bool {
	return k == KillEverything && other != KillEverything || k == KillStops && other == KillNothing
}

// EnvironmentOf returns a function that finds the environment of a resource, empty where there is none or more than one.
func (r *Rules) EnvironmentOf() func(*fleet.Resource) string {
	environments := fleet.NewEnvironments(r.Environments)
	return func(res *fleet.Resource) string { return environments.Of(res).Name() }
}
