package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/savings"
	"offpeak/internal/money"
)

// renderSavings writes what was avoided for people: the headline first, then where it comes from, then what stands against it.
func renderSavings(w io.Writer, f *savings.Savings, s style) error {
	steps := []func(io.Writer, *savings.Savings, style) error{
		renderHeadline, renderLines, renderMoved, renderStanding, renderChecks, renderGaps,
	}
	for _, step := range steps {
		if err := step(w, f, s); err != nil {
			return err
		}
	}
	return nil
}

func renderHeadline(w io.Writer, f *savings.Savings, s style) error {
	state := "final"
	if f.Provisional {
		state = "provisional"
	}
	title := fmt.Sprintf("Avoided %s (UTC), %s", days(f.Period), state)
	if _, err := fmt.Fprintf(w, "%s\n\n", s.paint(bold, title)); err != nil {
		return err
	}
	h := f.Headline
	adjusted, why := "not computable", f.Commitments.Why
	if h.AdjustedKnown {
		adjusted, why = usd(h.Adjusted), between(h.Within)
	}
	contracted := ""
	if !h.AdjustedKnown {
		contracted = between(h.Within)
	}
	rows := []row{
		{cells: []string{right(adjusted, 16), "USD", "commitment-adjusted", why}, colours: []string{bold, bold}},
		{cells: []string{right(usd(h.Contract), 16), "USD", "at contracted prices", contracted}},
		{cells: []string{right(usd(h.List), 16), "USD", "at list prices", ""}},
		{cells: []string{right(count(h.Hours.Avoided), 16), "hours", "of running", hoursBetween(h.Hours.Interval)}},
	}
	if err := s.writeRows(w, 2, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", s.fold("Commitment-adjusted: by so much the bill would have been higher. Hours are those of instances, databases and tasks. "+originText(f), 2))
	return err
}

// originText says whose baselines the claim rests on, and what is not counted.
func originText(f *savings.Savings) string {
	var parts []string
	unproven := ""
	for _, line := range f.ByOrigin {
		switch avoidance.Origin(line.Name) {
		case avoidance.Unproven:
			unproven = fmt.Sprintf(" %s without a baseline %s not counted.", counted(line.Resources, "resource"), plural(line.Resources, "is", "are"))
		case avoidance.Own:
			parts = append(parts, fmt.Sprintf("%s on baselines of their own", counted(line.Resources, "resource")))
		case avoidance.Cohort:
			parts = append(parts, fmt.Sprintf("%d on the mean of their like", line.Resources))
		}
	}
	text := "Nothing is claimed."
	if len(parts) > 0 {
		text = "It rests on " + strings.Join(parts, ", ") + "."
	}
	return text + unproven
}

// renderLines writes the headline by environment, account, kind and cause.
func renderLines(w io.Writer, f *savings.Savings, s style) error {
	for _, table := range []struct {
		title string
		lines []savings.Line
	}{
		{"environment", f.ByEnvironment}, {"account", f.ByAccount}, {"kind", f.ByKind}, {"cause", f.ByCause},
	} {
		if len(table.lines) == 0 {
			continue
		}
		rows := []row{{cells: []string{pad(table.title), right("resources", 9), right("hours avoided", 13), right("of it ran more", 14), right("USD", 12), "95 %"}, colours: []string{dim, dim, dim, dim, dim, dim}}}
		for _, line := range table.lines {
			induced := ""
			if !line.Hours.Induced.IsZero() {
				induced = count(line.Hours.Induced)
			}
			rows = append(rows, row{cells: []string{
				pad(named(line.Name)), right(fmt.Sprint(line.Resources), 9), right(count(line.Hours.Avoided), 13), right(induced, 14), right(usd(line.Value()), 12), span(line.Within),
			}})
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := s.writeRows(w, 2, rows); err != nil {
			return err
		}
	}
	return nil
}

// named is a line's name for people.
func named(name string) string {
	if name == string(avoidance.NoStop) {
		return "no stop of ours"
	}
	return name
}

// shownStanding is how many lines of what is still billed are shown.
const shownStanding = 5

// movesShown is how many moves are listed; the rest are added up.
const movesShown = 6

// renderMoved writes what moves to Spot avoided, beside the headline: what would have been paid on demand for the hours on Spot, less what was.
func renderMoved(w io.Writer, f *savings.Savings, s style) error {
	if len(f.Spot) == 0 {
		return nil
	}
	known := f.Commitments.Known
	moves := slices.Clone(f.Spot)
	slices.SortStableFunc(moves, func(a, b savings.Spot) int { return b.Net(known).Cmp(a.Net(known)) })
	rows := []row{{cells: []string{pad("moved to Spot"), right("hours on Spot", 14), right("on demand USD", 14), right("paid USD", 12), right("avoided USD", 12), ""}, colours: []string{dim, dim, dim, dim, dim}}}
	var all, rest savings.Spot
	restNet := money.USD{}
	for i, m := range moves {
		for _, sum := range []*savings.Spot{&all, &rest} {
			if sum == &rest && i < movesShown {
				continue
			}
			sum.Hours, sum.Contract, sum.Adjusted, sum.Paid = sum.Hours.Add(m.Hours), sum.Contract.Add(m.Contract), sum.Adjusted.Add(m.Adjusted), sum.Paid.Add(m.Paid)
		}
		if i < movesShown {
			rows = append(rows, moveRow(pad(string(m.Resource[strings.LastIndexAny(string(m.Resource), "/:")+1:])), m, m.Net(known), known))
			continue
		}
		restNet = restNet.Add(m.Net(known))
	}
	if n := len(moves) - movesShown; n > 0 {
		rows = append(rows, moveRow(pad(fmt.Sprintf("%d more", n)), rest, restNet, known))
	}
	rows = append(rows, moveRow(pad("all"), all, f.SpotNet(), known))
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := s.writeRows(w, 2, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s\n", s.fold("On demand: what it ran on before, for the hours that it ran on Spot, less what commitments would have paid. It is not in the figures above.", 2))
	return err
}

func moveRow(name string, m savings.Spot, net money.USD, known bool) row {
	worth := m.Contract
	if known {
		worth = m.Adjusted
	}
	return row{cells: []string{name, right(commas(m.Hours.StringFixed(0)), 14), right(usd(worth), 14), right(usd(m.Paid), 12), right(usd(net), 12), ""}}
}

func renderStanding(w io.Writer, f *savings.Savings, s style) error {
	if len(f.Standing) == 0 {
		return nil
	}
	var sum money.USD
	for _, line := range f.Standing {
		sum = sum.Add(line.Cost)
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, fmt.Sprintf("Still billed while stopped: %s USD for %s (none of it is in the figures above)", usd(sum), counted(len(f.Standing), "thing")))); err != nil {
		return err
	}
	var rows []row
	for _, line := range f.Standing[:min(shownStanding, len(f.Standing))] {
		rows = append(rows, row{cells: []string{right(usd(line.Cost), 12), "USD", line.Meter, line.Resource}})
	}
	return s.writeRows(w, 2, rows)
}

// renderChecks writes what an auditor asks first.
func renderChecks(w io.Writer, f *savings.Savings, s style) error {
	var billed, effective money.USD
	for _, c := range f.Charges {
		billed, effective = billed.Add(money.USDOf(c.Billed)), effective.Add(money.USDOf(c.Effective))
	}
	replay := "no commitment in force"
	if f.Commitments.ResidualKnown {
		replay = fmt.Sprintf("misses %s %% of the commitments on the bill, over %s", f.Commitments.Residual.Shift(2).StringFixed(4), counted(f.Commitments.Hours, "hour"))
	}
	if f.Commitments.Why != "" {
		replay = f.Commitments.Why
	}
	rows := []row{
		{cells: []string{"confirmed", confirmedText(f.Confirmed)}},
		{cells: []string{"replay", replay}},
		{cells: []string{"commitments", fmt.Sprintf("%s USD used, %s unused; %s of the unused because of our stops", usd(f.Commitments.Used), usd(f.Commitments.Unused), usd(f.Commitments.Wasted))}},
		{cells: []string{"bill", fmt.Sprintf("%s USD billed, %s amortised, both with tax and credits, in the whole of %s; counted by %s", usd(billed), usd(effective), monthsOf(f.Charges), f.Engine)}},
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, "Checks")); err != nil {
		return err
	}
	return s.writeRows(w, 2, rows)
}

// confirmedText says how much of what we held off the bill confirms.
func confirmedText(s savings.Share) string {
	if !s.Known() {
		return "nothing was held off for a whole hour"
	}
	percent := s.Percent()
	if s.Part < s.Whole && percent == "100.0" {
		percent = "99.9" // all of them is said of all of them alone
	}
	return fmt.Sprintf("%s %% of %s that we held off show no running on the bill", percent, counted64(s.Whole, "whole hour"))
}

// monthsOf are the billing months of charges.
func monthsOf(charges []billing.Charge) string {
	var months []string
	for _, c := range charges {
		if month := c.Month.UTC().Format("2006-01"); !slices.Contains(months, month) {
			months = append(months, month)
		}
	}
	slices.Sort(months)
	return strings.Join(months, ", ")
}

func renderGaps(w io.Writer, f *savings.Savings, s style) error {
	if len(f.Gaps) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, "What the figures lack")); err != nil {
		return err
	}
	var rows []row
	for _, g := range f.Gaps {
		rows = append(rows, row{cells: []string{string(g.Code), g.Says}, colours: []string{yellow}})
	}
	return s.writeRows(w, 2, rows)
}

// usd writes an amount in cents, with commas between thousands.
func usd(amount money.USD) string { return commas(amount.Display()) }

// count writes hours without a fraction, with commas.
func count(h avoidance.Hours) string { return commas(h.Rat().FloatString(0)) }

// commas sets commas between the thousands of a plain number.
func commas(number string) string {
	whole, fraction, found := strings.Cut(number, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if found {
		whole += "." + fraction
	}
	return sign + whole
}

// between writes an interval as a sentence's end; nothing where there is none.
func between(r savings.Range) string {
	if !r.Known {
		return ""
	}
	if r.Low.Equal(r.High) {
		return "no interval: the baselines never varied"
	}
	return "95 %: " + span(r)
}

func span(r savings.Range) string {
	if !r.Known || r.Low.Equal(r.High) {
		return ""
	}
	return usd(r.Low) + " to " + usd(r.High)
}

func hoursBetween(i avoidance.Interval) string {
	if !i.Known || i.Low == i.High {
		return ""
	}
	return fmt.Sprintf("95 %%: %s to %s", commas(fmt.Sprintf("%.0f", math.Floor(i.Low))), commas(fmt.Sprintf("%.0f", math.Ceil(i.High))))
}

// right brings a text to a width on the screen, and pad a name to that of the column of names.
func right(text string, width int) string {
	return strings.Repeat(" ", max(0, width-runewidth.StringWidth(text))) + text
}

func pad(name string) string {
	const width = 20
	name = printable(name)
	return name + strings.Repeat(" ", max(0, width-runewidth.StringWidth(name)))
}

// fold wraps a paragraph that stands at a column.
func (s style) fold(text string, column int) string {
	indent := strings.Repeat(" ", column)
	return indent + strings.Join(s.wrap(text, column), "\n"+indent)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func counted64(n int64, what string) string {
	return commas(fmt.Sprint(n)) + " " + plural(int(n), what, what+"s")
}
