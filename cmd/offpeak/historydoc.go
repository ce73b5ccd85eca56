package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// storyJSON is one resource's story.
type storyJSON struct {
	subjectJSON
	Hub     string         `json:"hub"`
	From    time.Time      `json:"from"`
	To      time.Time      `json:"to"`
	Zone    string         `json:"zone"`
	Events  []eventJSON    `json:"events"`
	Totals  storyTotalJSON `json:"totals"`
	Damages []string       `json:"damages"`
}

// eventJSON is one entry of the ledger about the resource.
type eventJSON struct {
	At      time.Time    `json:"at"`
	State   ledger.State `json:"state"`
	Change  string       `json:"change,omitempty"`
	From    *fleet.Size  `json:"from,omitempty"`
	To      *fleet.Size  `json:"to,omitempty"`
	Move    *plan.Move   `json:"move,omitempty"`
	Act     string       `json:"act,omitempty"`
	Attempt int          `json:"attempt,omitempty"`
	Cause   plan.Cause   `json:"cause,omitempty"`
	Rule    string       `json:"rule,omitempty"`
	Edge    time.Time    `json:"edge,omitzero"`
	Why     string       `json:"why,omitempty"`
	Error   string       `json:"error,omitempty"`
	// Class says why it failed, and Notes what was done beyond what was asked.
	Class failure.Class `json:"class,omitempty"`
	Notes []string      `json:"notes,omitempty"`
	// Took is how long after the first intent of its act it was seen to have worked, in seconds.
	Took int64 `json:"took_seconds,omitempty"`
	// CutShort says of an intent that nothing answers it: AWS may have carried it out.
	CutShort bool   `json:"cut_short,omitempty"`
	Policy   string `json:"policy,omitempty"`
	Run      string `json:"run"`
}

type storyTotalJSON struct {
	Stops    int `json:"stops"` // acts that were seen to have worked
	Starts   int `json:"starts"`
	Failures int `json:"failures"` // tries that AWS refused
	CutShort int `json:"cut_short"`
}

// sooner orders entries by time, and those of one second by the sweeps that made them: what AWS accepted is written down to the fraction of a
// second, what a snapshot showed to the second.
func sooner(a, b ledger.Entry) int {
	return cmp.Or(a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second)), cmp.Compare(a.Fence, b.Fence), a.At.Compare(b.At))
}

// storyOf makes a story out of one resource's entries, in the order in which they were made.
func storyOf(entries []ledger.Entry) storyJSON {
	slices.SortStableFunc(entries, sooner)
	doc := storyJSON{Events: []eventJSON{}, Damages: []string{}}
	open := ledger.Open(entries)
	asked := map[string]ledger.Entry{} // the first intent of each act
	var subject plan.Subject
	for _, e := range entries {
		event := eventJSON{
			At: e.At.UTC(), State: e.State, Change: e.Change, From: e.From, To: e.To, Move: e.Move, Act: e.Act, Attempt: e.Attempt, Cause: e.Cause, Rule: e.Rule,
			Edge: e.Edge.At.UTC(), Why: e.Why, Error: e.Error, Class: e.Class, Notes: e.Notes, Policy: e.Policy, Run: e.Run,
		}
		if e.Edge.IsZero() {
			event.Edge = time.Time{}
		}
		first, known := asked[e.Act]
		switch e.State {
		case ledger.Intent:
			if !known {
				asked[e.Act] = e
			}
			if last, cut := open[e.Act]; cut && last.Attempt == e.Attempt && last.Run == e.Run {
				event.CutShort = true
				doc.Totals.CutShort++
			}
		case ledger.Verified:
			event.verified(first, known)
			if e.Switches() {
				doc.Totals.count(e.Edge.Want)
			}
		case ledger.Failed:
			doc.Totals.Failures++
		case ledger.Applied, ledger.Enrolled, ledger.Gone, ledger.Released, ledger.Returned, ledger.Succeeded, ledger.Interrupted:
		}
		doc.Events = append(doc.Events, event)
		subject = subjectNow(subject, e)
	}
	doc.subjectJSON = subjectOf(subject)
	return doc
}

// verified takes from the first intent what the entry of its success leaves out.
func (e *eventJSON) verified(first ledger.Entry, known bool) {
	if !known {
		return
	}
	e.Change, e.From, e.To, e.Took = first.Change, first.From, first.To, int64(e.At.Sub(first.At)/time.Second)
}

func (t *storyTotalJSON) count(want fleet.State) {
	if want == fleet.Stopped {
		t.Stops++
		return
	}
	t.Starts++
}

// subjectNow is who the resource is by the latest entry that tells.
func subjectNow(s plan.Subject, e ledger.Entry) plan.Subject {
	name, parent, kind := s.Name, s.Parent, s.Kind
	if e.Before != nil {
		name, parent = e.Before.Name(), e.Before.Parent
	}
	if e.Kind != 0 {
		kind = e.Kind
	}
	environment := s.Environment
	if e.Environment != "" {
		environment = e.Environment
	}
	return plan.Subject{ID: e.ID, ARN: e.Resource, Kind: kind, Scope: e.Scope, Parent: parent, Name: name, Environment: environment}
}

// renderStory writes a story for people, its instants on the clock of a zone.
func renderStory(w io.Writer, d storyJSON, zone *time.Location, s style) error {
	l := &lines{w: w, style: s}
	l.say("%s", s.paint(bold, label(d.subject)))
	what := "resource"
	if d.subject.Kind != 0 {
		what = d.subject.Kind.Noun()
	}
	where := "no environment of the policy"
	if d.Environment != "" {
		where = "environment " + d.Environment
	}
	l.say("  %s in account %s, %s, %s.", what, d.Account, d.Region, where)
	l.say("  From the ledger in %s since %s.\n", d.Hub, d.From.In(zone).Format(clockFull))
	var rows []row
	version := ""
	for _, e := range d.Events {
		if e.Policy != "" && e.Policy != version {
			version = e.Policy
			rows = append(rows, row{cells: []string{clockOr(e.At, zone, ""), "policy", "", "", version + " from here on"}, colours: []string{"", dim, "", "", dim}})
		}
		rows = append(rows, eventRow(e, zone))
	}
	if l.err == nil {
		l.err = s.writeRows(w, 2, rows)
	}
	t := d.Totals
	text := fmt.Sprintf("%s: %s and %s seen to have worked, %s.", counted(len(d.Events), "line"), counted(t.Stops, "stop"), counted(t.Starts, "start"), counted(t.Failures, "failure"))
	if t.CutShort > 0 {
		text += fmt.Sprintf(" %s cut short: what became of it is seen at the next look.", counted(t.CutShort, "act"))
	}
	l.say("\n%s", s.paint(bold, text))
	return l.err
}

// eventWords are what the states of entries are called in a story.
var eventWords = map[ledger.State]string{
	ledger.Intent: "asked", ledger.Applied: "accepted", ledger.Verified: "worked", ledger.Failed: "failed",
	ledger.Enrolled: "enrolled", ledger.Gone: "gone", ledger.Released: "released", ledger.Returned: "returned",
	ledger.Succeeded: "succeeded", ledger.Interrupted: "interrupted",
}

func eventRow(e eventJSON, zone *time.Location) row {
	word, colour := eventWords[e.State], ""
	text := e.Why
	switch e.State {
	case ledger.Intent:
		if e.From != nil && e.To != nil {
			text = fmt.Sprintf("%s to %s: %s", e.From, e.To, text)
		}
		if e.Move != nil {
			text = fmt.Sprintf("%s: %s", e.Move, text)
		}
		if e.Rule != "" {
			text += fmt.Sprintf(" [%s]", e.Rule)
		}
		if e.CutShort {
			text, colour = text+"; nothing answers it: the run was cut short", yellow
		}
	case ledger.Failed:
		text, colour = e.Error, red
	case ledger.Verified:
		text, colour = "seen to have worked", green
		if e.Took > 0 {
			text += " " + (time.Duration(e.Took) * time.Second).String() + " after it was asked"
		}
	case ledger.Applied:
		text = "AWS accepted it"
	case ledger.Enrolled:
		text = "first seen opted in"
	case ledger.Gone, ledger.Released, ledger.Returned, ledger.Succeeded, ledger.Interrupted:
	}
	for _, note := range e.Notes {
		text += "; " + note
	}
	act := e.Act
	if e.Attempt > 1 {
		act += fmt.Sprintf("#%d", e.Attempt)
	}
	return row{cells: []string{clockOr(e.At, zone, ""), word, e.Change, act, text}, colours: []string{"", colour}}
}
