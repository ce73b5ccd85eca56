// Package periods is the vocabulary of Instance Scheduler on AWS: periods with begin and end times on weekdays, month days and
// months, three states instead of two, and the rules by which the periods of one schedule combine.
//
// In goes a Definition, as it stands in the peer's table; out comes a Period, and of the periods of one schedule a wall.Pattern that
// draws what the peer wants at each minute. Defects of the peer are not kept: steps are read whole, 31W exists in every month, each
// boundary happens once. Lints says where that makes a difference. The package knows no zones, no schedules and no overrides.
package periods

import (
	"errors"
	"fmt"
	"strings"

	"offpeak/scheduler/wall"
)

// Definition is a period as its owner wrote it. Members of the three sets may be lists joined by commas. A nil set asks nothing; a
// set that is there but empty is an error, as it is for the peer. Empty times are absent.
type Definition struct {
	Name      string
	BeginTime string
	EndTime   string
	Weekdays  []string
	MonthDays []string
	Months    []string
}

// String describes the definition in the words it was written in: "09:00-17:00 mon-fri". It can name a period that has no name.
func (d Definition) String() string {
	var parts []string
	switch {
	case d.BeginTime != "" && d.EndTime != "":
		parts = append(parts, d.BeginTime+"-"+d.EndTime)
	case d.BeginTime != "":
		parts = append(parts, "from "+d.BeginTime)
	case d.EndTime != "":
		parts = append(parts, "until "+d.EndTime)
	}
	for _, set := range []struct {
		word    string
		members []string
	}{{"", d.Weekdays}, {"day ", d.MonthDays}, {"in ", d.Months}} {
		if len(set.members) > 0 {
			parts = append(parts, set.word+strings.Join(set.members, ","))
		}
	}
	return strings.Join(parts, " ")
}

// Problem is one fault of a definition. Field is the peer's name of it, empty where the fault is that of the whole.
type Problem struct {
	Field, Text, Reason string
}

// Error says which field, what stands there, why that is wrong and what would be right.
func (p *Problem) Error() string {
	if p.Field == "" {
		return p.Reason
	}
	return fmt.Sprintf("%s %.40q: %s", p.Field, p.Text, p.Reason)
}

// Period is a definition understood. The zero value never runs.
type Period struct {
	name       string
	begin, end int // minutes after midnight, or absent
	days       wall.Days
	notes      []Lint // what the text of the expressions alone shows
}

// absent is the begin or end of a period that has none.
const absent = -1

// Name returns the period's name, which is the rule of the stretches it draws.
func (p Period) Name() string { return p.name }

// Parse understands a definition. The error joins a *Problem for each fault.
func Parse(d Definition) (Period, error) {
	p := Period{name: d.Name, begin: absent, end: absent}
	var problems []error
	report := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	if d.Name == "" {
		report(&Problem{"name", "", "a period has a name"})
	}
	if d.BeginTime == "" && d.EndTime == "" && d.Weekdays == nil && d.MonthDays == nil && d.Months == nil {
		report(&Problem{"", "", "a period has at least one of begintime, endtime, weekdays, monthdays, months"})
	}
	var err error
	p.begin, err = parseTime("begintime", d.BeginTime)
	report(err)
	p.end, err = parseTime("endtime", d.EndTime)
	report(err)
	if p.begin != absent && p.end != absent && p.begin > p.end {
		report(&Problem{"endtime", d.EndTime, "lies before begintime " + d.BeginTime + ", and a period ends on the day on which it begins; " +
			"say two periods, one to 23:59 and one from 00:00 on the next day (the minute between is bridged), or inline hours such as 22:00-06:00"})
	}
	for _, set := range []struct {
		field   *field
		members []string
	}{{&weekdays, d.Weekdays}, {&monthDays, d.MonthDays}, {&months, d.Months}} {
		notes, faults := set.field.parse(set.members, &p.days)
		problems = append(problems, faults...)
		for _, note := range notes {
			note.Period = d.Name
			p.notes = append(p.notes, note)
		}
	}
	if len(problems) > 0 {
		return Period{}, errors.Join(problems...)
	}
	return p, nil
}

// parseTime reads 9:00 or 09:00 as minutes after midnight.
func parseTime(field, text string) (int, error) {
	if text == "" {
		return absent, nil
	}
	hour, minute, ok := strings.Cut(text, ":")
	if ok && len(hour) >= 1 && len(hour) <= 2 && len(minute) == 2 && digits(hour) && digits(minute) {
		if h, m := number(hour), number(minute); h < 24 && m < 60 {
			return h*60 + m, nil
		}
	}
	reason := "not a time; say 9:00 or 09:00, from 00:00 to 23:59"
	if text == "24:00" {
		reason = "the day ends at 23:59 here; the minute that is missing before a period from 00:00 is bridged, " +
			"and a period with a begintime alone runs to midnight"
	}
	return absent, &Problem{field, text, reason}
}

// String is the period in its own vocabulary, normalised: office(begintime=09:00 endtime=17:00 weekdays=mon,tue).
func (p Period) String() string {
	var parts []string
	if p.begin != absent {
		parts = append(parts, "begintime="+clock(p.begin))
	}
	if p.end != absent {
		parts = append(parts, "endtime="+clock(p.end))
	}
	for _, f := range []*field{&weekdays, &monthDays, &months} {
		if entries := f.describe(p.days); len(entries) > 0 {
			parts = append(parts, f.name+"="+strings.Join(entries, ","))
		}
	}
	name := p.name
	if strings.ContainsFunc(name, special) {
		name = fmt.Sprintf("%q", name)
	}
	return name + "(" + strings.Join(parts, " ") + ")"
}

// special reports the characters that would make a name ambiguous among several periods.
func special(r rune) bool {
	return !(r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
