package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// finish writes the policy, unless something is invalid.
func (t *table) finish(name string, o Options) ([]byte, []Finding, error) {
	var kept []*schedule
	for _, s := range t.schedules {
		switch {
		case s.bad:
		case s.builtIn():
			s.leaveOut()
		case t.accepted(s):
			kept = append(kept, s)
		}
	}
	keys := t.keys()
	t.noteEnvironments("Instance Scheduler")
	return t.deliver(header("Instance Scheduler on AWS", "instance-scheduler", name), t.sections(keys, kept), len(kept) == 0, o)
}

// sections are those of the policy.
func (t *table) sections(keys *yaml.Node, kept []*schedule) []section {
	all := section{
		comment: "The schedules by the names that resources are tagged with, in the words of Instance Scheduler, which keep their meaning.",
		key:     "schedules",
	}
	if len(kept) > 0 {
		all.value = fields()
	}
	for _, s := range kept {
		all.value.Content = append(all.value.Content, prose(s.name), t.node(s))
	}
	return []section{
		{"The wall clock of schedules that name no time zone of their own.", "timezone", prose(t.timezone)},
		environments(),
		{"Resources are scheduled as they are tagged.", "tags", fields("schedule", keys)},
		all,
	}
}

// builtIn reports whether the schedule is running or stopped, as the peer makes them and as offpeak knows them without a policy.
func (s *schedule) builtIn() bool { return s.override != "" && strings.EqualFold(s.name, s.override) }

// leaveOut says why a schedule is not in the policy although it is valid.
func (s *schedule) leaveOut() {
	s.note("built-in", "offpeak knows the tag value %s by itself, with the same meaning, so the schedule is left out", s.override)
	if s.enforced {
		s.warn("enforced", "it is enforced, and the built-in one is not: what a person changes is left. "+
			"For another, tag resources with the name of a schedule that says always: %s and enforce: true", s.override)
	}
	if s.hibernate {
		s.warn("hibernate", "it hibernates, and the built-in one does not. Tag resources with the name of a schedule that says always: %s and hibernate: true", s.override)
	}
}

// accepted asks package policy whether it takes the names of a schedule and of its periods.
func (t *table) accepted(s *schedule) bool {
	t.try(s.item, fields(s.name, fields("always", prose("stopped"))))
	for _, u := range s.uses {
		if p := t.periods[u.period]; s.override == "" && !p.tried {
			p.tried = true
			midnight := flow(fields("name", prose(p.Name), "begintime", inQuotes("00:00")))
			t.try(p.item, fields("trial", fields("periods", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{midnight}})))
		}
		if s.override == "" && t.periods[u.period].bad {
			s.wrong("needs-invalid", "it needs the period %s, whose name is invalid", named(u.period))
		}
	}
	return !s.bad
}

// try asks package policy about schedules, and reports against an item what it says.
func (t *table) try(i *item, schedules *yaml.Node) {
	if problems := try(section{"", "schedules", schedules}); len(problems) > 0 {
		i.bad = true
		t.refuse(i.where, problems)
	}
}

// keys are the tag keys that name a schedule, as far as package policy takes them.
func (t *table) keys() *yaml.Node {
	const own = "offpeak:schedule"
	if t.tagKey == own {
		return words(own)
	}
	keys := words(own, t.tagKey)
	if problems := try(section{"", "tags", fields("schedule", keys)}); len(problems) > 0 {
		t.refuse("the tag key "+named(t.tagKey), problems)
		return words(own, peerTagKey)
	}
	return keys
}

// node writes a schedule.
func (t *table) node(s *schedule) *yaml.Node {
	always := s.override
	if always == "" && len(s.uses) == 0 {
		always = "stopped"
	}
	n := fields("description", optional(s.description), "timezone", optional(s.timezone), "always", optional(always))
	if always == "" {
		all := &yaml.Node{Kind: yaml.SequenceNode}
		var written []string
		for _, u := range s.uses {
			if !slices.Contains(written, u.period) {
				written = append(written, u.period)
				all.Content = append(all.Content, t.periods[u.period].node())
			}
		}
		n.Content = append(n.Content, prose("periods"), all)
	}
	n.Content = append(n.Content, fields("enforce", yes(s.enforced), "hibernate", yes(s.hibernate)).Content...)
	return n
}

// node writes a period, on one line unless it has a description.
func (p *period) node() *yaml.Node {
	n := fields(
		"name", prose(p.Name), "description", optional(p.description),
		"begintime", inQuotes(p.BeginTime), "endtime", inQuotes(p.EndTime),
		"weekdays", words(p.Weekdays...), "monthdays", words(p.MonthDays...), "months", words(p.Months...),
	)
	if p.description == "" {
		return flow(n)
	}
	return n
}
