package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// clockFull writes an instant with its weekday and the zone's short name.
const clockFull = "Mon 2006-01-02 15:04 MST"

// renderPlan writes a plan for people, its instant on the clock of a zone: what is done and what is not, by account, region and environment, then the coming acts, what to
// know, and the sums.
func renderPlan(w io.Writer, p plan.Plan, zone *time.Location, s style) error {
	head := fmt.Sprintf("Plan for %s, policy %s", p.Taken.In(zone).Format(clockFull), p.Policy)
	if _, err := fmt.Fprintf(w, "%s\n", s.paint(bold, head)); err != nil {
		return err
	}
	steps := []func() error{
		func() error { return renderPlaces(w, p, s) },
		func() error { return renderForecast(w, p, s) },
		func() error { return renderFindings(w, p, s) },
		func() error { return renderTotals(w, p, s) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// place is where resources are: the heading under which they stand.
type place struct {
	scope       fleet.Scope
	environment string
}

func placeOf(s plan.Subject) place { return place{s.Scope, s.Environment} }

func (p place) String() string {
	environment := p.environment
	if environment == "" {
		environment = "no environment"
	}
	return fmt.Sprintf("%s  %s  %s", p.scope.Account, p.scope.Region, environment)
}

// renderPlaces writes acts, refusals and what is left alone, a block for each place.
func renderPlaces(w io.Writer, p plan.Plan, s style) error {
	var places []place
	rows := map[place][]row{}
	add := func(subject plan.Subject, r row) {
		at := placeOf(subject)
		if _, ok := rows[at]; !ok {
			places = append(places, at)
		}
		rows[at] = append(rows[at], r)
	}
	for _, a := range p.Actions {
		add(a.Subject, actionRow(a))
	}
	for _, r := range p.Refusals {
		add(r.Subject, row{
			cells:   []string{"refused", label(r.Subject), short(r.Subject.Kind), "", fmt.Sprintf("%s: %s", r.Code, r.Why)},
			colours: []string{yellow},
		})
	}
	for _, i := range p.Idle {
		add(i.Subject, row{
			cells:   []string{"-", label(i.Subject), short(i.Subject.Kind), "", fmt.Sprintf("%s: %s", i.Code, i.Why)},
			colours: []string{dim, dim, dim, dim, dim},
		})
	}
	if len(places) == 0 {
		_, err := fmt.Fprintf(w, "\n  %s\n", nothingText(p.Totals))
		return err
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(a.scope.Compare(b.scope), cmp.Compare(a.environment, b.environment))
	})
	for _, at := range places {
		if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(cyan, at.String())); err != nil {
			return err
		}
		if err := s.writeRows(w, 2, rows[at]); err != nil {
			return err
		}
	}
	return nil
}

// nothingText says why a plan has nothing to say of any resource.
func nothingText(t plan.Totals) string {
	switch {
	case t.Resources == 0:
		return "Nothing to do: no resource of the inventory matches."
	case t.OptedIn == 0:
		return fmt.Sprintf("Nothing to do: none of %s is opted in.", counted(t.Resources, "resource"))
	default:
		return fmt.Sprintf("Nothing to do: none of %d opted-in resources is due.", t.OptedIn)
	}
}

func actionRow(a plan.Action) row {
	colour := green
	if plan.SwitchesOff(a.Change) {
		colour = red
	}
	what := a.Change.Verb()
	why := a.Why
	if m, ok := a.Change.(plan.Move); ok {
		colour, why = bold, fmt.Sprintf("to %s: %s", plan.Buys(m.To), a.Why)
	}
	if s, ok := a.Change.(plan.Scale); ok && a.Subject.Kind == fleet.ECSService {
		why = fmt.Sprintf("%d to %d tasks: %s", s.From.Desired, s.To.Desired, a.Why)
	} else if ok {
		why = fmt.Sprintf("min/max/desired %s to %s: %s", s.From, s.To, a.Why)
	}
	if s, ok := a.Change.(plan.Stop); ok && s.SnapshotDays > 0 {
		why = s.Snapshot() + ": " + a.Why
	}
	price := ""
	if a.Price.Known {
		price = a.Price.Rate.Display(4) + " USD/h"
	}
	return row{cells: []string{what, label(a.Subject), short(a.Subject.Kind), price, why}, colours: []string{colour, bold}}
}

// short is a kind's name in a table.
func short(k fleet.Kind) string {
	switch k {
	case fleet.EC2Instance:
		return "instance"
	case fleet.AutoScalingGroup:
		return "group"
	case fleet.RDSInstance:
		return "database"
	case fleet.RDSCluster:
		return "cluster"
	case fleet.ECSService:
		return "service"
	default:
		return k.String()
	}
}

// label is how a resource is called in a table: its id, and its name where that is another.
func label(s plan.Subject) string {
	id := s.ID
	if s.Parent != "" {
		id = s.Parent + "/" + s.ID
	}
	if s.Name == "" || s.Name == s.ID {
		return printable(id)
	}
	return printable(id + " " + s.Name)
}

// renderForecast lists the coming acts by instant.
func renderForecast(w io.Writer, p plan.Plan, s style) error {
	if p.Forecast == nil {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, "Coming, if nobody interferes")); err != nil {
		return err
	}
	if len(p.Forecast) == 0 {
		_, err := fmt.Fprintln(w, "  nothing")
		return err
	}
	var rows []row
	for _, a := range p.Forecast {
		r := actionRow(a)
		rows = append(rows, row{
			cells:   append([]string{a.At.In(zoneOf(a.Zone)).Format(clockFull)}, r.cells[0], r.cells[1], a.Subject.Environment, r.cells[4]),
			colours: append([]string{""}, r.colours...),
		})
	}
	return s.writeRows(w, 2, rows)
}

func renderFindings(w io.Writer, p plan.Plan, s style) error {
	if len(p.Findings) == 0 && len(p.NotChecked) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, "To know")); err != nil {
		return err
	}
	var rows []row
	for _, f := range p.Findings {
		who := "this run"
		if f.Subject.ID != "" {
			who = label(f.Subject)
		}
		rows = append(rows, row{cells: []string{string(f.Code), who, f.Why}, colours: []string{dim}})
	}
	if len(p.NotChecked) > 0 {
		text := "not looked at yet, checked when a plan is applied: " + strings.Join(p.NotChecked, "; ")
		rows = append(rows, row{cells: []string{"not-checked", "this run", text}, colours: []string{dim}})
	}
	return s.writeRows(w, 2, rows)
}

func renderTotals(w io.Writer, p plan.Plan, s style) error {
	t := p.Totals
	text := fmt.Sprintf("%s, %d opted in: %d to switch off, %d to switch on, %d refused.", counted(t.Resources, "resource"), t.OptedIn, t.SwitchOff, t.SwitchOn, t.Refused)
	if !t.StopsPerHour.IsZero() {
		text += fmt.Sprintf(" Switching off ends %s USD/hour.", t.StopsPerHour.Display(4))
	}
	if !t.StartsPerHour.IsZero() {
		text += fmt.Sprintf(" Switching on begins %s USD/hour.", t.StartsPerHour.Display(4))
	}
	if t.Unpriced > 0 {
		text += fmt.Sprintf(" No price is known for %d of them.", t.Unpriced)
	}
	_, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, text))
	return err
}
