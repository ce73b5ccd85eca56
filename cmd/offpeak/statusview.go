package main

import (
	"fmt"
	"io"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// renderStatus writes a status for people, its instants on the clock of a zone.
func renderStatus(w io.Writer, d statusJSON, zone *time.Location, s style) error {
	l := &lines{w: w, style: s}
	l.say("%s", s.paint(bold, fmt.Sprintf("Asleep at %s, policy %s, remembered in %s", d.At.In(zone).Format(clockFull), d.Policy, d.Hub)))
	if len(d.Asleep) == 0 {
		l.say("\n  Nothing that is known to be held off by offpeak.")
	}
	var sleepers []placed
	for _, a := range d.Asleep {
		sleepers = append(sleepers, placed{a.subject, sleeperRow(a, zone)})
	}
	l.places(sleepers)
	if len(d.NotSeen) > 0 {
		l.say("\n%s", s.paint(bold, "Held off when last seen, and not listed any more"))
	}
	var missing []placed
	for _, a := range d.NotSeen {
		missing = append(missing, placed{a.subject, sleeperRow(a, zone)})
	}
	l.places(missing)
	if len(d.LeftOn) > 0 {
		l.say("\n%s", s.paint(bold, "On although the schedule says stopped"))
	}
	var on []placed
	for _, a := range d.LeftOn {
		on = append(on, placed{a.subject, row{
			cells:   []string{label(a.subject), short(a.subject.Kind), fmt.Sprintf("%s: %s", a.Code, a.Why)},
			colours: []string{bold},
		}})
	}
	l.places(on)
	if len(d.Waiting) > 0 {
		l.say("\n%s", s.paint(bold, "Due, being tried, or failing"))
	}
	var waiting []placed
	for _, a := range d.Waiting {
		waiting = append(waiting, placed{a.subject, waitingRow(a, zone)})
	}
	l.places(waiting)
	renderStatusNotes(l, d, zone)
	renderStatusTotals(l, d.Totals)
	return l.err
}

// placed is a line about a subject.
type placed struct {
	subject plan.Subject
	row     row
}

// places writes lines in blocks, one for each place. They come in the order of their subjects; of one scope, environments may alternate.
func (l *lines) places(all []placed) {
	var order []place
	rows := map[place][]row{}
	for _, p := range all {
		at := placeOf(p.subject)
		if _, known := rows[at]; !known {
			order = append(order, at)
		}
		rows[at] = append(rows[at], p.row)
	}
	for _, at := range order {
		l.say("\n%s", l.style.paint(cyan, at.String()))
		if l.err == nil {
			l.err = l.style.writeRows(l.w, 2, rows[at])
		}
	}
}

func sleeperRow(a sleeperJSON, zone *time.Location) row {
	since, until, price := "since "+clockOr(a.Since, zone, "unknown"), "until "+clockOr(a.Until, zone, "?"), "price unknown"
	if a.PerHour != nil {
		price = a.PerHour.Display(4) + " USD/h"
	}
	why := a.Why
	if a.Until.IsZero() {
		why += "; " + a.UntilWhy
	}
	kind := ""
	if a.subject.Kind != 0 {
		kind = short(a.subject.Kind)
	}
	colour := ""
	if a.State != fleet.Stopped.String() {
		kind, colour = kind+" ("+a.State+")", yellow
	}
	return row{cells: []string{label(a.subject), kind, a.Before, since, until, price, why}, colours: []string{bold, colour}}
}

func waitingRow(a waitingJSON, zone *time.Location) row {
	verb := "start"
	if a.Want == fleet.Stopped {
		verb = "stop"
	}
	tried := ""
	if a.Attempts > 0 {
		tried = "tried " + counted(a.Attempts, "time")
	}
	why, colour := a.Why, ""
	if a.Failure != "" {
		why, colour = fmt.Sprintf("%s; %s: %s", a.Why, a.FailedAt.In(zone).Format(clockFull), a.Failure), red
	}
	return row{
		cells:   []string{verb, label(a.subject), short(a.subject.Kind), "edge " + a.Edge.In(zone).Format(clockFull), tried, why},
		colours: []string{colour, bold},
	}
}

func clockOr(t time.Time, zone *time.Location, otherwise string) string {
	if t.IsZero() {
		return otherwise
	}
	return t.In(zone).Format(clockFull)
}

// renderStatusNotes writes what is only watched, what could not be seen, and what that means.
func renderStatusNotes(l *lines, d statusJSON, zone *time.Location) {
	if len(d.Observed)+len(d.Unread)+len(d.Forgotten)+len(d.Notes) == 0 {
		return
	}
	l.say("\n%s", l.style.paint(bold, "To know"))
	for _, o := range d.Observed {
		l.say("  Account %s is new and only watched until %s: nothing in it is stopped or started before.", o.Account, o.Until.In(zone).Format(clockFull))
	}
	for _, u := range d.Unread {
		l.say("  %s could not be looked at: %s", u.Scope, printable(u.Why))
	}
	for _, scope := range d.Forgotten {
		l.say("  Nothing is remembered of %s in %s: no run of offpeak kept its memory there, so that what is off in it was not switched off from there.", scope, d.Hub)
	}
	if len(d.Forgotten) > 0 {
		l.say("  If a hub looks after it, name the hub: --hub s3://BUCKET. Else \"offpeak plan\" shows what would be done.")
	}
	for _, note := range d.Notes {
		l.say("  %s", printable(note))
	}
}

func renderStatusTotals(l *lines, t statusTotalsJSON) {
	text := fmt.Sprintf("%s, %d asleep, %d on although closed, %d waiting, %d off by others.",
		counted(t.OptedIn, "opted-in resource"), t.Asleep, t.LeftOn, t.Waiting, t.OtherOff)
	if t.NotSeen > 0 {
		text += fmt.Sprintf(" %d not seen.", t.NotSeen)
	}
	if !t.PerHour.IsZero() {
		text += fmt.Sprintf(" Not spent: %s USD/hour.", t.PerHour.Display(4))
	}
	if t.Unpriced > 0 {
		text += fmt.Sprintf(" No price is known for %d of what is asleep.", t.Unpriced)
	}
	l.say("\n%s", l.style.paint(bold, text))
}
