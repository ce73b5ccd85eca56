package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"offpeak/scheduler/hours"
	"offpeak/scheduler/periods"
)

// readOpen reads windows, one or more in each text.
func (s *scheduleDraft) readOpen(v value) {
	v.eachHours(s, func(element value, text string) {
		h, err := hours.Parse(text)
		if element.hoursWrong(s, err) || !element.zoneFits(s, h.Zone) {
			return
		}
		for _, w := range h.Windows {
			s.windows = append(s.windows, w)
			for _, lint := range w.Lints() {
				element.warn(lint, "")
			}
		}
	})
}

// readEdges reads single times, one or more in each text.
func (s *scheduleDraft) readEdges(v value) []hours.Edge {
	var edges []hours.Edge
	v.eachHours(s, func(element value, text string) {
		times, err := hours.ParseTimes(text)
		if element.hoursWrong(s, err) || !element.zoneFits(s, times.Zone) {
			return
		}
		for _, e := range times.Times {
			edges = append(edges, e)
			for _, lint := range e.Lints() {
				element.warn(lint, "")
			}
		}
	})
	return edges
}

// eachHours reads the elements of a list of hours; whatever cannot be read as a text fails the schedule.
func (v value) eachHours(s *scheduleDraft, read func(value, string)) {
	before := v.problems.count()
	v.each(longestHours, func(element value, text string) {
		if s.draft.windows > mostWindows {
			return
		}
		had := len(s.windows)
		read(element, text)
		if s.draft.windows += max(len(s.windows)-had, 1); s.draft.windows > mostWindows {
			element.wrong(fmt.Sprintf("the schedules have more than %d windows", mostWindows), "")
		}
	})
	s.failed = s.failed || v.problems.count() > before
}

// Limits that keep reading fast whatever the file holds.
const (
	mostWindows = 10_000 // and single times, of all schedules
	mostPeriods = 100    // of a schedule
	// mostPairs is how many pairs of periods are looked at for surprises, in all schedules: it takes up to a millisecond a pair.
	mostPairs = 2000
)

// longestHours is what package hours reads.
const longestHours = 4096

// hoursWrong reports an error of package hours at the piece of the text that it is about.
func (v value) hoursWrong(s *scheduleDraft, err error) bool {
	if err == nil {
		return false
	}
	s.failed = true
	var fault *hours.Error
	if !errors.As(err, &fault) {
		v.wrongly(err)
		return true
	}
	p := v.problem(fmt.Sprintf("%q: %s", clip(fault.Text), fault.What), "")
	if fault.Say != "" {
		p.Say = "say " + fault.Say
	}
	p.Column += v.columnsTo(fault.Offset)
	v.problems.add(p)
	return true
}

// columnsTo returns how many columns after the beginning of the value the byte at an offset of its text stands; zero where the text
// is not written as it reads.
func (v value) columnsTo(offset int) int {
	text := v.node.Value
	if v.node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || offset > len(text) || text != strings.TrimSpace(text) {
		return 0
	}
	columns := utf8.RuneCountInString(text[:offset])
	if v.quoted() {
		columns++
	}
	return columns
}

// zoneFits allows a zone in a text of hours where it is the schedule's: two zones in one schedule would make two walls of one.
func (v value) zoneFits(s *scheduleDraft, name string) bool {
	if name == "" || !s.zoneKnown || s.Zone.String() == name {
		return true
	}
	s.failed = true
	whose := "the policy's"
	if s.ownZone {
		whose = "the schedule's"
	}
	v.wrong(fmt.Sprintf("the hours are for %s, and %s timezone is %s", name, whose, s.Zone),
		fmt.Sprintf("remove the zone here, and say timezone: %s in the schedule if it is meant", name))
	return false
}

// periodDraft is a period in the making.
type periodDraft struct{ periods.Definition }

var periodFields = fields[periodDraft]{
	{"name", func(p *periodDraft, v value) { p.Name, _ = v.textUpTo(longestTagValue) }},
	{"begintime", func(p *periodDraft, v value) { p.BeginTime, _ = v.text() }},
	{"endtime", func(p *periodDraft, v value) { p.EndTime, _ = v.text() }},
	{"weekdays", func(p *periodDraft, v value) { p.Weekdays = v.set() }},
	{"monthdays", func(p *periodDraft, v value) { p.MonthDays = v.set() }},
	{"months", func(p *periodDraft, v value) { p.Months = v.set() }},
	{"description", func(p *periodDraft, v value) { v.prose(longestDescription) }},
}

// set reads a list that is not nil.
func (v value) set() []string {
	members := []string{}
	v.each(longestText, func(_ value, text string) { members = append(members, text) })
	return members
}

// readPeriods reads a list of periods of Instance Scheduler.
func (s *scheduleDraft) readPeriods(v value) {
	before := v.problems.count()
	elements := v.list()
	if v.node.Kind == yaml.ScalarNode && !v.empty() {
		v.wrong("expected a list of periods, found a text", `say [{begintime: "09:00", endtime: "17:00", weekdays: [mon-fri]}]`)
		elements = nil
	}
	if len(elements) > mostPeriods {
		v.wrong(fmt.Sprintf("has %d periods, more than %d", len(elements), mostPeriods), "")
		elements = nil
	}
	names := map[string]bool{}
	for _, element := range elements {
		if period, ok := element.readPeriod(); ok {
			if names[period.Name()] {
				element.warn(fmt.Sprintf("another period has the name %s too, so that plans cannot tell them apart", period.Name()), "")
			}
			names[period.Name()] = true
			s.periods = append(s.periods, period)
		}
	}
	s.failed = s.failed || v.problems.count() > before
	if s.failed {
		return
	}
	if s.draft.pairs += len(s.periods) * len(s.periods); s.draft.pairs > mostPairs {
		v.warn("there are too many periods to look for surprises in these too", "")
		return
	}
	for _, lint := range periods.Lints(s.periods) {
		v.warn(lint.Text, "")
	}
}

func (v value) readPeriod() (periods.Period, bool) {
	var p periodDraft
	before := v.problems.count()
	found := periodFields.read(&p, v)
	if v.problems.count() > before {
		return periods.Period{}, false
	}
	if p.Name == "" {
		p.Name = p.Definition.String()
	}
	period, err := periods.Parse(p.Definition)
	for _, fault := range split(err) {
		v.periodWrong(found, fault)
	}
	return period, err == nil
}

// periodWrong reports one error of package periods at the field that it is about.
func (v value) periodWrong(found map[string]value, err error) {
	var problem *periods.Problem
	if !errors.As(err, &problem) {
		v.wrongly(err)
		return
	}
	at, ok := found[problem.Field]
	echo := fmt.Sprintf("%q", clip(problem.Text))
	switch {
	case ok && (problem.Text == "" || strings.HasPrefix(problem.Reason, echo)):
		at.wrong(problem.Reason, "")
	case ok:
		at.wrong(echo+": "+problem.Reason, "")
	case problem.Field != "name": // without a name the period says nothing at all, which another problem tells
		v.wrong(problem.Reason, "")
	}
}

// split returns the errors that were joined into one.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
