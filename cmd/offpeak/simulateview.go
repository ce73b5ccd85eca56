package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/internal/money"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
)

// renderSimulation writes what a simulation came to, for people.
func renderSimulation(w io.Writer, r *rehearsal, a *twin.Audit, left int, s style) error {
	l := a.Lives
	title := fmt.Sprintf("Simulated %s (UTC): %s, %d of them under offpeak; seed %d, faults %s, policy %s",
		days(r.period), counted(len(r.specs), "resource"), len(l.Managed), r.seed, r.faults, r.policy.Rules.Policy)
	if _, err := fmt.Fprintf(w, "%s\n", s.fold(s.paint(bold, title), 0)); err != nil {
		return err
	}
	if left > 0 {
		if _, err := fmt.Fprintf(w, "%s of the inventory cannot be simulated (going away, of unknown state, or a group whose instances' type is not listed) and %s left out.\n", counted(left, "resource"), plural(left, "is", "are")); err != nil {
			return err
		}
	}
	steps := []func() error{
		func() error { return renderCost(w, a, s) },
		func() error { return renderUnpriced(w, a, s) },
		func() error { return renderWeek(w, r, l, s) },
		func() error { return renderClaims(w, a, s) },
		func() error { return renderTruth(w, a, s) },
		func() error { return renderOperation(w, l, s) },
	}
	if r.unbilled {
		steps = []func() error{
			func() error { return renderWeek(w, r, l, s) },
			func() error { return renderHours(w, l) },
			func() error { return renderOperation(w, l, s) },
		}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	switch {
	case r.folder == "" || r.unbilled:
		return nil
	case len(a.Entries) == 0: // savings would ask for a ledger, and there is none
		_, err := fmt.Fprintf(w, "\nWritten to %s. There is no ledger among it: nothing was done.\n", r.folder)
		return err
	default:
		_, err := fmt.Fprintf(w, "\nWritten to %s. The same figures from ledger and bill alone:\n  %s\n", r.folder, savingsCommand(r))
		return err
	}
}

// renderWeek draws when the resources under offpeak ran.
func renderWeek(w io.Writer, r *rehearsal, l *twin.Lives, s style) error {
	zone := r.policy.Rules.Zone
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, "When the resources under offpeak ran, "+zone.String())); err != nil {
		return err
	}
	return heat(w, s, twin.WeekOf(l.Without, l.Managed, l.From, l.To, zone), twin.WeekOf(l.With, l.Managed, l.From, l.To, zone))
}

// renderHours says in hours what offpeak did, where there is no bill.
func renderHours(w io.Writer, l *twin.Lives) error {
	before, after := twin.Hours(l.Without, l.Managed, l.From, l.To), twin.Hours(l.With, l.Managed, l.From, l.To)
	_, err := fmt.Fprintf(w, "\n  %s hours of running without offpeak, %s with it: %s avoided\n",
		count(before), count(after), count(before.Sub(after)))
	return err
}

// savingsCommand is the command that computes the figures of a simulation's folder again.
func savingsCommand(r *rehearsal) string {
	text := fmt.Sprintf("offpeak savings --ledger %s --bill %s/%s --from %s --to %s", r.folder, r.folder, billFolder,
		day(r.period.From), day(r.period.To))
	for i := range r.payers {
		if len(r.payers[i].Plans) > 0 {
			return text + fmt.Sprintf(" --plan-rates '%s/%s/*/%s'", r.folder, billFolder, invoice.RatesFile("*"))
		}
	}
	return text
}

// day writes an instant as a flag takes it: a day in UTC where it begins one.
func day(t time.Time) string {
	if t = t.UTC(); t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

// renderCost sets the two bills side by side.
func renderCost(w io.Writer, a *twin.Audit, s style) error {
	rows := []row{{cells: []string{"USD", right("without", 14), right("with", 14), right("difference", 14), ""}, colours: []string{dim, dim, dim, dim}}}
	for _, line := range []struct {
		name string
		of   func(invoice.Breakdown) money.USD
		note string
	}{
		{"on demand", func(b invoice.Breakdown) money.USD { return b.OnDemand }, ""},
		{"commitments", func(b invoice.Breakdown) money.USD { return b.Commitments }, "paid, used or not"},
		{"  of it unused", func(b invoice.Breakdown) money.USD { return b.Unused }, ""},
		{"Spot", func(b invoice.Breakdown) money.USD { return b.Spot }, ""},
		{"computing", invoice.Breakdown.Compute, "what the figures below are about"},
		{"storage", func(b invoice.Breakdown) money.USD { return b.Storage }, "charged on while stopped"},
		{"public addresses", func(b invoice.Breakdown) money.USD { return b.Addresses }, ""},
		{"credits and tax", func(b invoice.Breakdown) money.USD { return b.Credits.Add(b.Tax) }, ""},
		{"all", invoice.Breakdown.Total, ""},
	} {
		before, after := line.of(a.Without.Breakdown), line.of(a.With.Breakdown)
		if before.IsZero() && after.IsZero() {
			continue
		}
		r := row{cells: []string{line.name, right(usd(before), 14), right(usd(after), 14), right(usd(before.Sub(after)), 14), line.note}, colours: []string{"", "", "", "", dim}}
		if line.name == "computing" {
			r.colours = []string{bold, bold, bold, bold, dim}
		}
		rows = append(rows, r)
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return s.writeRows(w, 2, rows)
}

// renderUnpriced names what no price is known for, which is on no bill.
func renderUnpriced(w io.Writer, a *twin.Audit, s style) error {
	var names []string
	for _, p := range a.Written.Payers {
		for _, u := range p.Unpriced {
			names = append(names, u.What)
		}
	}
	if len(names) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%s\n", s.fold(s.paint(yellow, "No price is known for "+strings.Join(names, ", ")+"; they are on no bill. --prices adds prices."), 2))
	return err
}

func renderClaims(w io.Writer, a *twin.Audit, s style) error {
	for i, claim := range a.Claims {
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if len(a.Claims) > 1 {
			if _, err := fmt.Fprintf(w, "%s\n", s.paint(cyan, "Payer "+string(a.Written.Payers[i].Payer))); err != nil {
				return err
			}
		}
		if err := renderSavings(w, claim, s); err != nil {
			return err
		}
	}
	return nil
}

// renderTruth sets what is claimed beside what is true, which only a simulation can know.
func renderTruth(w io.Writer, a *twin.Audit, s style) error {
	hours, trueHours := a.Hours()
	dollars, trueDollars, known := a.Dollars()
	var low, high money.USD
	lowHours, highHours := 0.0, 0.0
	for _, c := range a.Claims {
		low, high = low.Add(c.Headline.Within.Low).Add(c.SpotNet()), high.Add(c.Headline.Within.High).Add(c.SpotNet())
		lowHours, highHours = lowHours+c.Headline.Hours.Interval.Low, highHours+c.Headline.Hours.Interval.High
	}
	rows := []row{
		{cells: []string{"", right("claimed", 14), right("true", 14), ""}, colours: []string{dim, dim, dim}},
		{cells: []string{
			"hours", right(count(hours), 14), right(count(trueHours), 14),
			verdict(count(hours) == count(trueHours), lowHours < highHours, trueHours.Float() >= lowHours && trueHours.Float() <= highHours),
		}},
	}
	if known {
		rows = append(rows, row{cells: []string{
			"USD", right(usd(dollars), 14), right(usd(trueDollars), 14),
			verdict(dollars.Display() == trueDollars.Display(), low.Cmp(high) < 0, trueDollars.Cmp(low) >= 0 && trueDollars.Cmp(high) <= 0),
		}})
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, "Truth check: the claim from ledger and bill, and what the two worlds really differ by")); err != nil {
		return err
	}
	return s.writeRows(w, 2, rows)
}

// verdict says how a claim stands to the truth.
func verdict(same, interval, inside bool) string {
	switch {
	case same:
		return "the same"
	case !interval:
		return "no interval is printed: the baselines never varied, or there are none"
	case inside:
		return "the truth lies within the printed interval"
	default:
		return "the truth lies outside the printed interval"
	}
}

// renderOperation writes what an operator asks.
func renderOperation(w io.Writer, l *twin.Lives, s style) error {
	late, never, longest := lateness(l.Openings)
	rows := []row{
		{cells: []string{"openings", openingsText(len(l.Openings), longest)}},
		{cells: []string{"alerts", alertsText(late, never, l.Surprises)}},
		{cells: []string{"failed acts", failuresText(l.Failures)}},
		{cells: []string{"sweeps", fmt.Sprintf("%s; %d failed, %d of them killed; wakes: %d lost, %d twice, %d late", commas(fmt.Sprint(l.Tally.Sweeps)), l.Tally.Failed,
			l.Tally.Crashed, l.Tally.Dropped, l.Tally.Duplicated, l.Tally.Delayed)}},
	}
	var calls []string
	made := l.With.Calls()
	for _, api := range slices.Sorted(maps.Keys(made)) {
		calls = append(calls, fmt.Sprintf("%s %s", api, commas(fmt.Sprint(made[api]))))
	}
	rows = append(rows, row{cells: []string{"calls to AWS", strings.Join(calls, ", ")}})
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, "Operation")); err != nil {
		return err
	}
	return s.writeRows(w, 2, rows)
}

func openingsText(n int, longest time.Duration) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("%s; the latest usable %s after its opening", commas(fmt.Sprint(n)), longest.Truncate(time.Second))
}

// alertsText says what people would have been woken for.
func alertsText(late, never, gaveUp int) string {
	var parts []string
	if late > 0 {
		parts = append(parts, counted(late, "opening")+" late by more than the deadline of its kind")
	}
	if never > 0 {
		parts = append(parts, counted(never, "opening")+" at which it did not come up at all")
	}
	if gaveUp > 0 {
		parts = append(parts, counted(gaveUp, "sweep")+" that gave up because most of its acts failed")
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func lateness(openings []twin.Opening) (late, never int, longest time.Duration) {
	for _, o := range openings {
		by, not := o.Late()
		switch {
		case not:
			never++
		case by > twin.Deadline(o.Kind):
			late++
		}
		longest = max(longest, by)
	}
	return late, never, longest
}

func failuresText(failures map[string]int) string {
	if len(failures) == 0 {
		return "none"
	}
	reasons := map[string]int{}
	for text, n := range failures {
		_, reason, _ := strings.Cut(text, ": ") // stop i-0a1: insufficient capacity
		reasons[reason] += n
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		parts = append(parts, fmt.Sprintf("%d %s", reasons[reason], reason))
	}
	return strings.Join(parts, ", ") + "; each was tried again"
}
