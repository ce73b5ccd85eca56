package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"offpeak/autospot"
	"offpeak/autospot/patch"
	"offpeak/internal/money"
)

// renderSpot writes advice for people: a line for each resource by place, and with verbose everything that led to it.
func renderSpot(w io.Writer, d spotJSON, verbose bool, s style) error {
	l := &lines{w: w, style: s}
	l.say("%s", s.paint(bold, fmt.Sprintf("AutoSpot on %s, policy %s, mode %s", d.Taken.In(d.zone).Format(clockFull), d.Policy, d.Mode)))
	if len(d.Advices) == 0 {
		l.say("\n  Nothing asks for Spot. Tag a group, an instance or a service offpeak:spot=yes, or look at all with --all.")
		return l.err
	}
	places, of := advicePlaces(d.Advices)
	for _, at := range places {
		l.say("\n%s", s.paint(cyan, at.String()))
		var rows []row
		for _, a := range of[at] {
			rows = append(rows, adviceRow(a))
		}
		if l.err == nil {
			l.err = s.writeRows(w, 2, rows)
		}
		for _, a := range of[at] {
			if verbose {
				l.advice(a)
			}
		}
	}
	l.say("\n%s", s.paint(bold, verdictCounts(d.Advices)+"."))
	if d.Totals.Movable > 0 && !d.Totals.Now.IsZero() {
		l.say("What could move costs %s USD an hour, and would cost %s while it runs, interruptions as their owners value them included.", d.Totals.Now.Display(4), d.Totals.After.Display(4))
	}
	if n, why := doubted(d.Advices); n > 0 {
		l.say("Of %d it is not known what Reserved Instances and Savings Plans pay for anyway: too few may stay on demand, and savings be overstated (%s).", n, why)
	}
	l.say("Nothing was changed. The market is told by:")
	for _, source := range d.Market {
		l.say("  %s", source)
	}
	return l.err
}

// doubted counts those that could move and of which it is not known what commitments pay for.
func doubted(advices []spotAdviceJSON) (n int, why string) {
	for i := range advices {
		if a := &advices[i]; a.Committed != nil && a.Committed.Doubt != "" && a.Verdict != "no" {
			if n++; n > 1 && why != a.Committed.Doubt {
				why = "-v says why"
				continue
			}
			why = a.Committed.Doubt
		}
	}
	return n, why
}

func advicePlaces(advices []spotAdviceJSON) (places []place, of map[place][]*spotAdviceJSON) {
	of = map[place][]*spotAdviceJSON{}
	for i := range advices {
		at := placeOf(advices[i].subject)
		if len(of[at]) == 0 {
			places = append(places, at)
		}
		of[at] = append(of[at], &advices[i])
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(a.scope.Compare(b.scope), cmp.Compare(a.environment, b.environment))
	})
	return places, of
}

func adviceRow(a *spotAdviceJSON) row {
	colours := map[string]string{"move": green, "change": yellow, "no": dim}
	var parts []string
	if m := a.Mix; m != nil && a.Verdict != "no" && m.Table != nil {
		parts = append(parts, fmt.Sprintf("%d on demand and %d Spot of %s", m.OnDemand, m.Spot, counted(len(m.Types), "type")))
		parts = append(parts, fmt.Sprintf("%.1f interruptions a quarter (%d to %d)", m.Forecast.Expected, m.Forecast.Low, m.Forecast.High))
		parts = append(parts, lossesText(m))
	}
	if a.Why != "" {
		parts = append(parts, a.Why)
	}
	if a.Alert != "" {
		parts = append(parts, a.Alert)
	}
	if remedy := firstRemedy(a); remedy != "" && a.Verdict == "no" {
		if strings.HasPrefix(remedy, "aws ") {
			remedy = "-v has the commands that mend it"
		}
		parts = append(parts, remedy)
	}
	return row{
		cells:   []string{a.Verdict, label(a.subject), short(a.subject.Kind), costText(a.Now, a.After, a.Verdict), strings.Join(parts, "; ")},
		colours: []string{colours[a.Verdict], bold},
	}
}

// lossesText says how often too much is lost at once: as planned, or of what is on Spot as its members stand.
func lossesText(m *spotMixJSON) string {
	const text = "too much lost at once %.2g times a quarter"
	switch s := m.Standing; {
	case s == nil:
		return fmt.Sprintf(text, m.Losses)
	case s.Most > s.Share:
		return fmt.Sprintf(text+" as they stand, %d of %d Spot in one zone", s.Losses, s.Most, s.Spot)
	default:
		return fmt.Sprintf(text, s.Losses)
	}
}

// firstRemedy is what can be done about the first gate that refuses.
func firstRemedy(a *spotAdviceJSON) string {
	for _, g := range a.Gates {
		if g.Verdict == autospot.Refuse {
			return g.Remedy
		}
	}
	return ""
}

func costText(now, after *money.Rate, verdict string) string {
	switch {
	case now == nil:
		return ""
	case verdict == "no" || after == nil:
		return now.Display(4) + " USD/h"
	default:
		return now.Display(4) + " to " + after.Display(4) + " USD/h"
	}
}

// advice writes everything that led to one verdict.
func (l *lines) advice(a *spotAdviceJSON) {
	l.say("\n  %s", l.style.paint(bold, label(a.subject)))
	var rows []row
	for _, g := range a.Gates {
		text := g.Why
		if g.Remedy != "" && g.Verdict != autospot.Pass {
			text += "; " + g.Remedy
		}
		rows = append(rows, row{cells: []string{g.Verdict.String(), string(g.Code), text}, colours: []string{map[autospot.Verdict]string{autospot.Refuse: red, autospot.Unknown: yellow, autospot.Warn: yellow}[g.Verdict]}})
	}
	l.table(4, rows)
	for _, list := range [][]spotReason{a.Against, a.Noted} {
		for _, r := range list {
			l.say("    %s: %s", r.Code, r.Text)
		}
	}
	if a.Mix != nil {
		l.mix(a)
	}
	if a.Placement != nil {
		l.say("    %s.", a.Placement.says)
	}
	for _, language := range patch.Languages() {
		if text := a.Patches[string(language)]; text != "" {
			l.say("    In %s:", language)
			for line := range strings.Lines(text) {
				l.say("      %s", strings.TrimRight(line, "\n"))
			}
		}
	}
}

func (l *lines) table(indent int, rows []row) {
	if l.err == nil {
		l.err = l.style.writeRows(l.w, indent, rows)
	}
}

// mix writes the choice of types and of how many stay on demand.
func (l *lines) mix(a *spotAdviceJSON) {
	m := a.Mix
	if m.Says != "" {
		l.say("    %s", m.Says)
	}
	rows := []row{{cells: []string{"type", "Spot mean", "p95", "interrupted", ""}, colours: []string{dim, dim, dim, dim}}}
	for _, t := range m.Types {
		rows = append(rows, row{cells: []string{t.Type, rateText(t.Mean), rateText(t.P95), fmt.Sprintf("%.1f %% a month", monthly(t.Risk)), noteOf(&t)}})
	}
	for _, t := range m.Rejected {
		rows = append(rows, row{cells: []string{t.Type, "", "", "", joinReasons(t.Reasons)}, colours: []string{dim, "", "", "", dim}})
	}
	for _, t := range a.Unfit {
		var reasons []string
		for _, r := range t.Reasons {
			reasons = append(reasons, r.Text)
		}
		rows = append(rows, row{cells: []string{t.Type, "", "", "", strings.Join(reasons, "; ")}, colours: []string{dim, "", "", "", dim}})
	}
	l.table(4, rows)
	if len(m.Table) > 0 {
		l.say("    On demand, of %d:", m.Size)
		l.rows(m.Table)
		l.say("    At its sizes, with a base of %d and %d %% above it:", m.Base, m.Percentage)
		l.sizes(m.Sizes)
	}
	for _, text := range m.Assumed {
		l.say("    Assumed: %s.", text)
	}
}

func (l *lines) rows(list []spotRowJSON) {
	rows := []row{{cells: []string{"size", "on demand", "Spot", "USD/h", "too much lost a quarter", ""}, colours: []string{dim, dim, dim, dim, dim}}}
	for _, r := range list {
		meets := "not enough"
		if r.Meets {
			meets = "meets the target"
		}
		rows = append(rows, row{cells: []string{fmt.Sprint(r.Size), fmt.Sprint(r.OnDemand), fmt.Sprint(r.Spot), r.Cost.Display(4), fmt.Sprintf("%.2g", r.Losses), meets}})
	}
	l.table(6, rows)
}

// noteOf is what there is to say of a chosen type: what was seen of it, and what speaks against it all the same.
func noteOf(t *spotTypeJSON) string {
	text, reasons := ownText(t.Own), joinReasons(t.Reasons)
	if text != "" && reasons != "" {
		text += "; "
	}
	return text + reasons
}

// ownText says what the organization saw of a type itself.
func ownText(own *ownJSON) string {
	if own == nil {
		return ""
	}
	return fmt.Sprintf("%s in %s instance-hours here", counted(own.Interruptions, "interruption"), commas(fmt.Sprintf("%.0f", own.Hours)))
}

// occasionText is what an occasion is called in a table.
var occasionText = map[autospot.Occasion]string{
	autospot.AtPresent: "now", autospot.AtOpening: "at its opening", autospot.ByItsAction: "by its scheduled action", autospot.AtLeast: "at least",
	autospot.AtMost: "at most",
}

// sizes writes the sizes that a group has, with how many of each must be on demand and are.
func (l *lines) sizes(list []spotRowJSON) {
	rows := []row{{cells: []string{"size", "when", "needed", "on demand", "Spot", "USD/h", "too much lost a quarter"}, colours: []string{dim, dim, dim, dim, dim, dim, dim}}}
	for _, r := range list {
		var when []string
		for _, on := range r.On {
			when = append(when, cmp.Or(occasionText[on], string(on)))
		}
		rows = append(rows, row{cells: []string{
			fmt.Sprint(r.Size), strings.Join(when, ", "), fmt.Sprint(*r.Needed), fmt.Sprint(r.OnDemand), fmt.Sprint(r.Spot), r.Cost.Display(4), fmt.Sprintf("%.2g", r.Losses),
		}})
	}
	l.table(6, rows)
}

func rateText(r *money.Rate) string {
	if r == nil {
		return ""
	}
	return r.Display(4)
}

func joinReasons(reasons []spotReason) string {
	texts := make([]string, len(reasons))
	for i, r := range reasons {
		texts[i] = r.Text
	}
	return strings.Join(texts, "; ")
}

// monthly is the percentage of instances that are interrupted within a month of 730 hours, at a rate per hour.
func monthly(rate float64) float64 { return -100 * math.Expm1(-730*rate) }
