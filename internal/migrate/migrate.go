// Package migrate turns the configuration of another scheduler into a policy of offpeak.
//
// In goes what the peer keeps: of Instance Scheduler on AWS a scan of its configuration table or a CloudFormation template with
// schedules in it, of Cloud Custodian its policies with offhour and onhour filters. Out comes the text of a policy that package policy
// accepts, and a finding for everything that offpeak does in another way or not at all: no field is dropped silently. Names are kept.
// What the peer would refuse, and what cannot mean the same here, stops the import with all of it listed. The package opens no file,
// asks AWS nothing, and does not know which resources carry which tag.
package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Severity says how much a finding matters.
type Severity string

// The severities. An error leaves out what it is about, a warning tells a difference that can surprise, a note the rest.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// severities are in the order in which they are told.
var severities = []Severity{Error, Warning, Note}

// Finding is one thing about an import that its user should know.
type Finding struct {
	Where    string // what it is about, in the peer's words: "schedule office, period weekdays"
	Code     string // what kind of thing it is: "instance-type"
	What     string // what the peer does, what offpeak does, and what to do
	Severity Severity
}

// String writes the finding on one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s (%s)", f.Severity, f.Where, f.What, f.Code)
}

// Options are what the configuration itself does not say. The zero value is valid.
type Options struct {
	// Timezone is the zone of schedules that name none, and of the policy. Empty: the peer's own setting where the configuration
	// tells it, else its standard one.
	Timezone string
	// SkipInvalid leaves out what is invalid, and what needs it, instead of stopping.
	SkipInvalid bool
	// TagKey is the tag key that Instance Scheduler reads. Empty: the one in the configuration, else Schedule.
	TagKey string
	// Stack is the name of the CloudFormation stack that a template is deployed as. Instance Scheduler puts it before the names of
	// schedules. Empty: names are kept without it.
	Stack string
}

// Invalid is the error of an import that found what cannot be imported: all of it, in the order of the configuration.
type Invalid []Finding

// Error writes every finding on a line of its own.
func (i Invalid) Error() string {
	lines := make([]string, len(i))
	for n, f := range i {
		lines[n] = f.String()
	}
	return strings.Join(lines, "\n")
}

// report collects what an import finds.
type report struct {
	findings []Finding // warnings and notes
	errors   []Finding
}

func (r *report) add(severity Severity, where, code, format string, arguments ...any) {
	f := Finding{where, code, fmt.Sprintf(format, arguments...), severity}
	if severity == Error {
		r.errors = append(r.errors, f)
		return
	}
	r.findings = append(r.findings, f)
}

// finish returns what an import hands back beside the policy: errors are told once, either as the error or among the findings.
func (r *report) finish(skipInvalid bool) ([]Finding, error) {
	findings := r.findings
	if skipInvalid {
		findings = slices.Concat(r.errors, findings)
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity))
	})
	if len(r.errors) > 0 && !skipInvalid {
		return findings, Invalid(r.errors)
	}
	return findings, nil
}

// longestEcho is how many characters of a text findings repeat.
const longestEcho = 60

// named writes a name as it is, or quoted where it would not read well.
func named(name string) string {
	if name == "" || cut(name) != name || strings.TrimSpace(name) != name || strings.ContainsFunc(name, strange) {
		return quoted(name)
	}
	return name
}

func strange(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == unicode.ReplacementChar }

// quoted writes any text on one line, cut where it is long.
func quoted(text string) string { return strconv.Quote(cut(text)) }

// cut shortens a text to longestEcho characters.
func cut(text string) string {
	characters := 0
	for at := range text {
		if characters == longestEcho {
			return text[:at] + "..."
		}
		characters++
	}
	return text
}

// several lists names, and counts those beyond the first ones.
func several(names []string) string {
	const most = 10
	var list []string
	for _, name := range names[:min(most, len(names))] {
		list = append(list, named(name))
	}
	text := strings.Join(list, ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
