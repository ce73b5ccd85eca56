package scheduler

import (
	"strings"
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
	Environments []Environment
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

// Environment is a named part of the fleet.
type Environment struct {
	Name      string
	Accounts  []fleet.AccountID
	Tags      map[string][]string // key to values; both are compared without case
	Protected bool
	Default   string // schedule of opted-in resources that name none; empty: they are refused
}

// KillSwitch takes acts out of the optimizer's hands.
type KillSwitch string

// The kill switch: off, no stops (openings are kept), nothing at all.
const (
	KillNothing    KillSwitch = ""
	KillStops      KillSwitch = "no-stops"
	KillEverything KillSwitch = "nothing"
)

// belonging is what the environments say of a resource.
type belonging struct {
	index     int // of the environment; -1: none
	ambiguous bool
	other     int // the second environment, when ambiguous
}

// environments finds the environment of a resource. It remembers what each tag value means, so that asking again costs a map look-up.
type environments struct {
	list      []Environment
	byAccount map[fleet.AccountID]uint64 // bit i: environment i
	tagKeys   []string
	byTag     []map[string]uint64 // for each of tagKeys: value as written to environments
	protected uint64
}

func newEnvironments(list []Environment) *environments {
	e := &environments{list: list, byAccount: map[fleet.AccountID]uint64{}}
	for i, environment := range list {
		if environment.Protected {
			e.protected |= 1 << i
		}
		for _, account := range environment.Accounts {
			e.byAccount[account] |= 1 << i
		}
		for key := range environment.Tags {
			if !containsFold(e.tagKeys, key) {
				e.tagKeys = append(e.tagKeys, key)
				e.byTag = append(e.byTag, map[string]uint64{})
			}
		}
	}
	return e
}

// of returns where a resource belongs: protected environments first; of the others exactly one must match.
func (e *environments) of(r *fleet.Resource) belonging {
	matches := e.byAccount[r.Scope.Account]
	for _, tag := range r.Tags {
		for k, key := range e.tagKeys {
			if len(tag.Key) == len(key) && strings.EqualFold(tag.Key, key) {
				matches |= e.meaning(k, tag.Value)
			}
		}
	}
	if matches&e.protected != 0 {
		matches &= e.protected
		return belonging{index: lowest(matches)}
	}
	if matches == 0 {
		return belonging{index: -1}
	}
	first := lowest(matches)
	if rest := matches &^ (1 << first); rest != 0 {
		return belonging{index: first, ambiguous: true, other: lowest(rest)}
	}
	return belonging{index: first}
}

func (e *environments) meaning(k int, value string) uint64 {
	if matches, ok := e.byTag[k][value]; ok {
		return matches
	}
	var matches uint64
	for i, environment := range e.list {
		for key, values := range environment.Tags {
			if strings.EqualFold(key, e.tagKeys[k]) && containsFold(values, strings.TrimSpace(value)) {
				matches |= 1 << i
			}
		}
	}
	e.byTag[k][value] = matches
	return matches
}

func lowest(bits uint64) int {
	for i := range 64 {
		if bits&(1<<i) != 0 {
			return i
		}
	}
	return -1
}

func containsFold(list []string, text string) bool {
	for _, s := range list {
		if strings.EqualFold(s, text) {
			return true
		}
	}
	return false
}

// EnvironmentOf returns a function that finds the environment of a resource, empty where there is none or more than one.
func (r *Rules) EnvironmentOf() func(*fleet.Resource) string {
	environments := newEnvironments(r.Environments)
	return func(res *fleet.Resource) string {
		b := environments.of(res)
		if b.index < 0 || b.ambiguous {
			return ""
		}
		return r.Environments[b.index].Name
	}
}
