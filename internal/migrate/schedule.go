package migrate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"offpeak/scheduler/periods"
	"offpeak/scheduler/zone"
)

// schedule is a schedule of Instance Scheduler understood.
type schedule struct {
	*item
	description string
	timezone    string
	override    string // running, stopped, or empty
	uses        []use
	enforced    bool
	hibernate   bool
	windows     []string // SSM maintenance windows

	freshStop, windowStart bool // stop_new_instances and use_maintenance_window are at their default
}

// use is a period in a schedule.
type use struct{ period, instanceType string }

// period is a period of Instance Scheduler understood.
type period struct {
	*item
	periods.Definition
	parsed      periods.Period
	description string
	used        bool
	tried       bool // package policy has been asked about its name
}

// field is a field of a schedule or period: its name in the table, that of the CloudFormation property, and how it is read.
type field[T any] struct {
	key, property string
	read          func(T)
}

// scheduleFields are all fields of a schedule beside type and name.
var scheduleFields = []field[*schedule]{
	{"description", "Description", func(s *schedule) { s.description = s.prose() }},
	{"timezone", "Timezone", (*schedule).readTimezone},
	{"override_status", "OverrideStatus", (*schedule).readOverride},
	{"periods", "Periods", (*schedule).readUses},
	{"enforced", "Enforced", func(s *schedule) { s.enforced, _ = s.flag() }},
	{"hibernate", "Hibernate", func(s *schedule) { s.hibernate, _ = s.flag() }},
	{"retain_running", "RetainRunning", (*schedule).readRetain},
	{"stop_new_instances", "StopNewInstances", (*schedule).readStopNew},
	{"use_maintenance_window", "UseMaintenanceWindow", (*schedule).readUseWindow},
	{"ssm_maintenance_window", "SsmMaintenanceWindow", (*schedule).readWindows},
	{"metrics", "Metrics", func(s *schedule) {
		s.note("metrics", "%s is set; offpeak counts all schedules alike, and nothing is to be switched on", s.at.said)
	}},
	{"use_metrics", "", func(s *schedule) {
		s.note("metrics", "%s is set; offpeak counts all schedules alike, and nothing is to be switched on", s.at.said)
	}},
	{"configured_in_stack", "", func(s *schedule) { s.readStack() }},
}

// periodFields are all fields of a period beside type and name.
var periodFields = []field[*period]{
	{"description", "Description", func(p *period) { p.description = p.prose() }},
	{"begintime", "BeginTime", func(p *period) { p.BeginTime = p.text() }},
	{"endtime", "EndTime", func(p *period) { p.EndTime = p.text() }},
	{"weekdays", "WeekDays", func(p *period) { p.Weekdays = p.days() }},
	{"monthdays", "MonthDays", func(p *period) { p.MonthDays = p.days() }},
	{"months", "Months", func(p *period) { p.Months = p.days() }},
	{"configured_in_stack", "", func(p *period) { p.readStack() }},
}

// readFields reads what a record holds, in the order of the fields, and reports the fields that are not known.
func readFields[T any](i *item, into T, known []field[T]) {
	for _, f := range known {
		for _, v := range i.fields {
			if v.key == f.key {
				i.at = v
				f.read(into)
			}
		}
	}
	for _, v := range i.fields {
		if !slices.ContainsFunc(known, func(f field[T]) bool { return f.key == v.key }) {
			i.warn("unknown-field", "the field %s = %s is not known, and left out; look whether it did something for you", v.said, v.node.echo())
		}
	}
}

// readSchedule understands a record. Faults are reported, and make the record bad.
func readSchedule(r *report, rec *record) *schedule {
	s := &schedule{item: &item{record: rec, report: r}, freshStop: true, windowStart: true}
	readFields(s.item, s, scheduleFields)
	if len(s.uses) == 0 && s.override == "" && len(s.windows) == 0 && !s.bad {
		s.wrong("no-periods", "it has no period, no override_status and no maintenance window, which Instance Scheduler refuses too; "+
			"give it a period, or delete it")
	}
	return s
}

func (s *schedule) readTimezone() {
	s.timezone = s.text()
	if s.timezone == "" {
		return
	}
	if _, err := zone.Load(s.timezone); err != nil {
		s.wrong("timezone", "%s: %s", s.at.said, err)
	}
}

func (s *schedule) readOverride() {
	switch status := strings.ToLower(s.text()); status {
	case "", "running", "stopped":
		s.override = status
	default:
		s.wrong("override-status", "%s is %s; it is running or stopped", s.at.said, quoted(status))
	}
}

func (s *schedule) readUses() {
	for _, member := range s.set(strings.Compare) {
		name, instanceType, _ := strings.Cut(member, "@")
		if name == "" {
			s.wrong("no-period", "%s holds a period without a name", s.at.said)
			continue
		}
		if u := (use{name, instanceType}); !slices.Contains(s.uses, u) {
			s.uses = append(s.uses, u)
		}
	}
}

func (s *schedule) readRetain() {
	if retain, _ := s.flag(); retain {
		s.warn("retain-running", "retain_running is set: Instance Scheduler leaves an instance on at the end of a period if a person had started it before the period began; "+
			"offpeak stops it at that closing. Tag such an instance offpeak:override = running until ..., or take the schedule off it")
	}
}

func (s *schedule) readStopNew() {
	stop, ok := s.flag()
	s.freshStop = false
	switch {
	case !ok:
	case stop:
		s.freshStop = true
	default:
		s.note("stop-new-instances", "stop_new_instances is false: Instance Scheduler leaves an instance that it sees for the first time as it is; so does offpeak, for every schedule: "+
			"it acts on a new resource from the next edge on")
	}
}

func (s *schedule) readUseWindow() {
	use, ok := s.flag()
	s.windowStart = ok && use
}

func (s *schedule) readWindows() {
	s.windows = slices.DeleteFunc(s.set(strings.Compare), func(name string) bool { return name == "" })
	if len(s.windows) > 0 {
		s.warn("ssm-maintenance-window", "ssm_maintenance_window is set: Instance Scheduler starts what is on this schedule for the SSM maintenance windows %s; offpeak starts nothing for them. "+
			"Add opening hours that hold them, or move the windows into opening hours", several(s.windows))
	}
}

func (i *item) readStack() {
	i.note("configured-in-stack", "it belongs to the CloudFormation stack %s, which writes it again when it is updated; "+
		"keep it in the policy from now on, and take it out of the stack", quoted(i.text()))
}

// readPeriod understands a record. Faults are reported, and make the record bad.
func readPeriod(r *report, rec *record) *period {
	p := &period{item: &item{record: rec, report: r}}
	p.Name = rec.name
	readFields(p.item, p, periodFields)
	if p.bad {
		return p
	}
	parsed, err := periods.Parse(p.Definition)
	for _, err := range unjoined(err) {
		p.wrong("invalid-period", "%s", err)
	}
	p.parsed = parsed
	return p
}

// unjoined returns the errors that were joined into one, however deep.
func unjoined(err error) []error {
	var problem *periods.Problem
	switch joined, ok := err.(interface{ Unwrap() []error }); { // the parts of a join are asked for, not its kind
	case err == nil:
		return nil
	case ok:
		var list []error
		for _, part := range joined.Unwrap() {
			list = append(list, unjoined(part)...)
		}
		return list
	case errors.As(err, &problem):
		return []error{problem}
	default:
		return []error{fmt.Errorf("%.200s", strings.ReplaceAll(err.Error(), "\n", "; "))}
	}
}
