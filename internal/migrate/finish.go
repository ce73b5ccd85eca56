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
		case s.override != "" && strings.EqualFold(s.name, s.override):
			t.builtIn(s)
		case t.accepted(s):
			kept = append(kept, s)
		}
	}
	t.noteEnvironments()
	if len(t.errors) > 0 && !o.SkipInvalid {
		findings, err := t.report.finish(false)
		return nil, findings, err
	}
	if len(t.errors) > 0 && len(kept) == 0 {
		return nil, t.findings, append(Invalid(t.errors), Finding{wholeConfiguration, "nothing-left", "nothing valid is left to import", Error})
	}
	written, err := render(header("Instance Scheduler on AWS", "instance-scheduler", name), t.sections(kept)...)
	if err != nil {
		return nil, nil, err
	}
	p, problems := check(written)
	if len(problems) > 0 {
		t.refuse(wholeConfiguration, problems)
		return nil, t.findings, Invalid(t.errors)
	}
	t.remember(p.Warnings)
	findings, err := t.report.finish(o.SkipInvalid)
	return written, findings, err
}

// sections are those of the policy.
func (t *table) sections(kept []*schedule) []section {
	keys := []string{"offpeak:schedule"}
	if t.tagKey != keys[0] {
		keys = append(keys, t.tagKey)
	}
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
		{"Resources are scheduled as they are tagged.", "tags", fields("schedule", words(keys...))},
		all,
	}
}

// builtIn leaves out the schedules running and stopped, which mean the same to offpeak without a policy.
func (t *table) builtIn(s *schedule) {
	s.note("built-in", "offpeak knows the tag value %s by itself, with the same meaning, so the schedule is left out", s.override)
	if s.enforced {
		s.warn("enforced", "it is enforced, and the built-in one is not: what a person changes is left. "+
			"For another, tag resources with the name of a schedule that says always: %s and enforce: true", s.override)
	}
	if s.hibernate {
		s.warn("hibernate", "it hibernates, and the built-in one does not. Tag resources with the name of a schedule that says always: %s and hibernate: true", s.override)
	}
}

// accepted asks package policy whether it takes the schedule: its name above all.
func (t *table) accepted(s *schedule) bool {
	trial := []section{
		{"", "timezone", prose(t.timezone)},
		environments(),
		{"", "schedules", fields(s.name, t.node(s))},
	}
	written, err := render("", trial...)
	if err != nil {
		s.wrong("policy", "%s", err)
		return false
	}
	if _, problems := check(written); len(problems) > 0 {
		s.bad = true
		t.refuse(s.where, problems)
		return false
	}
	return true
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
