package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/scheduler"
	"offpeak/scheduler/custodian"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/periods"
	"offpeak/scheduler/wall"
)

// scheduleDraft is a schedule in the making.
type scheduleDraft struct {
	scheduler.Schedule
	draft       *draft
	description string
	zoneKnown   bool
	ownZone     bool
	failed      bool // it has a problem, which has been reported

	windows []hours.Window
	starts  []hours.Edge
	stops   []hours.Edge
	periods []periods.Period
}

var scheduleFields = fields[scheduleDraft]{
	{"timezone", func(s *scheduleDraft, v value) {
		s.ownZone = true
		s.Zone, s.zoneKnown = v.timezone()
	}},
	{"open", (*scheduleDraft).readOpen},
	{"start", func(s *scheduleDraft, v value) { s.starts = s.readEdges(v) }},
	{"stop", func(s *scheduleDraft, v value) { s.stops = s.readEdges(v) }},
	{"periods", (*scheduleDraft).readPeriods},
	{"always", func(s *scheduleDraft, v value) {
		switch text, ok := v.oneOf(fleet.TextRunning, fleet.TextStopped); {
		case !ok:
			s.failed = true
		case text == fleet.TextRunning:
			s.Constant = wall.Running
		default:
			s.Constant = wall.Stopped
		}
	}},
	{"closed", func(s *scheduleDraft, v value) { s.Closed = s.draft.namedCalendars(v) }},
	{"hold", func(s *scheduleDraft, v value) { s.Hold = s.draft.namedCalendars(v) }},
	{"stop_after", func(s *scheduleDraft, v value) { s.StopAfter = v.duration(time.Minute, 30*day) }},
	{"ready_by", (*scheduleDraft).readReadyBy},
	{"enforce", func(s *scheduleDraft, v value) { s.Enforce, _ = v.boolean() }},
	{"start_only", func(s *scheduleDraft, v value) { _, s.OnlyStoppedByUs = v.oneOf("stopped-by-us") }},
	{"hibernate", func(s *scheduleDraft, v value) { s.Hibernate, _ = v.boolean() }},
	{"snapshot", (*scheduleDraft).readSnapshot},
	{"description", func(s *scheduleDraft, v value) { s.description, _ = v.prose(longestDescription) }},
}

// mostSchedules is far beyond any real policy.
const mostSchedules = 1000

func (d *draft) readSchedules(v value) {
	folded := map[string]string{}
	members := v.members()
	if len(members) > mostSchedules {
		v.wrong(fmt.Sprintf("there are %d schedules, more than %d", len(members), mostSchedules), "")
		members = members[:mostSchedules]
	}
	for _, m := range members {
		d.scheduleNames = append(d.scheduleNames, m.key)
		s := &scheduleDraft{Schedule: scheduler.Schedule{Name: m.key, Zone: d.zone}, draft: d, zoneKnown: true}
		named := m.checkName() && m.checkScheduleName()
		before := v.problems.count()
		found := scheduleFields.read(s, m.value)
		s.failed = s.failed || v.problems.count() > before
		if !s.finish(m, found) || !named {
			continue
		}
		if other, twice := folded[strings.ToLower(m.key)]; twice {
			m.name.warn(fmt.Sprintf("differs from %s in upper and lower case only, which counts in tags", other), "")
		}
		folded[strings.ToLower(m.key)] = m.key
		d.Schedules = append(d.Schedules, m.key)
		d.Rules.Schedules[m.key] = scheduler.Compile(s.Schedule)
		if s.description != "" {
			d.descriptions[m.key] = s.description
		}
		d.opening[m.key] = s.windows
	}
}

// reserved reports the texts that mean something of their own in a schedule tag.
func reserved(name string) bool {
	return slices.Contains([]string{fleet.TextRunning, fleet.TextStopped, fleet.TextIgnore, "daily"}, strings.ToLower(name))
}

// checkScheduleName refuses names that mean something else where a tag has them.
func (m member) checkScheduleName() bool {
	const say = "choose another name"
	switch {
	case reserved(m.key):
		m.name.wrong(fmt.Sprintf("the name %q is reserved: in a tag it has a meaning of its own", m.key), say)
	case isHours(m.key):
		m.name.wrong(fmt.Sprintf("the name %q reads as hours, which a tag may hold itself", m.key), say)
	case custodian.Is(m.key):
		m.name.wrong(fmt.Sprintf("the name %q reads as off-hours of Cloud Custodian, which a tag may hold itself", m.key), say)
	default:
		return true
	}
	return false
}

// shapes are the ways to say hours, by their keys. A schedule uses one.
var shapes = [][]string{{"open"}, {"start", "stop"}, {"periods"}, {"always"}}

// finish draws the pattern, once all keys are read; false where it cannot be had.
func (s *scheduleDraft) finish(m member, found map[string]value) bool {
	var used []string
	for _, shape := range shapes {
		for _, key := range shape {
			if _, ok := found[key]; ok {
				used = append(used, strings.Join(shape, "/"))
				break
			}
		}
	}
	switch {
	case len(used) == 0 && s.failed:
		return false // its hours may be in what has been reported
	case len(used) == 0:
		m.name.wrong("says no hours", `say one of open: ["mon-fri 09:00-18:00"], start and stop, periods, always`)
		return false
	case len(used) > 1:
		m.name.wrong("says its hours in several ways: "+strings.Join(used, " and "), "keep one of them")
		return false
	}
	s.checkHours(found)
	if s.failed {
		return false
	}
	switch used[0] {
	case "open":
		s.Pattern = hours.Windows(s.windows...)
	case "periods":
		s.Pattern = periods.Pattern(s.periods...)
	case "start/stop":
		pattern, err := hours.Edges(s.starts, s.stops)
		if err != nil {
			m.name.wrongly(err)
			return false
		}
		s.Pattern = pattern
	}
	s.lint(found)
	return true
}

// checkHours reports hours that are there and say nothing.
func (s *scheduleDraft) checkHours(found map[string]value) {
	for _, shape := range shapes {
		for _, key := range shape {
			if v, ok := found[key]; ok && key != "always" && v.holdsNothing() {
				v.wrong("is empty", "say hours, or remove the key")
				s.failed = true
			}
		}
	}
}

// readSnapshot reads for how many days snapshots are kept.
func (s *scheduleDraft) readSnapshot(v value) {
	d := v.duration(day, fleet.MostSnapshotDays*day)
	if d%day != 0 {
		v.wrong(fmt.Sprintf("%s is no whole number of days", v.echo()), "write 7d")
		return
	}
	s.SnapshotDays = int(d / day)
}

// readReadyBy reads true, false or how long before an opening to start.
func (s *scheduleDraft) readReadyBy(v value) {
	if d, ok := parseDuration(v.node.Value); ok && d > 0 {
		s.ReadyBy = v.duration(time.Minute, 4*time.Hour)
		return
	}
	if text := v.node.Value; isDigits(text) {
		v.wrong(fmt.Sprintf("%q has no unit", clip(text)), "write true, or a time such as "+clip(text)+"m")
		return
	}
	switch v.node.Value {
	case "true", "false", "yes", "no", "on", "off":
		if on, ok := v.boolean(); ok && on {
			s.ReadyBy = scheduler.DefaultLead
		}
	default:
		v.wrong("expected true, false or a time, found "+v.echo(), "say true, or how long before an opening, such as 15m")
	}
}
