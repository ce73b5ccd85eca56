package figures

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
	"offpeak/reports"
)

// bySpot is the cause of what moves to Spot brought, before their overheads.
const bySpot = string(plan.BySpot)

// figureOf takes a figure over.
func figureOf(f *savings.Figure) reports.Figure {
	out := reports.Figure{Resources: f.Resources, Hours: hours(f.Hours.Avoided), List: f.List, Contracted: f.Contract, Adjusted: adjusted(f.Adjusted, f.AdjustedKnown)}
	if f.Within.Known {
		out.Interval = &reports.Range{Low: f.Within.Low, High: f.Within.High}
	}
	return out
}

func hours(h avoidance.Hours) decimal.Decimal {
	r := h.Rat()
	return decimal.NewFromBigInt(r.Num(), 0).DivRound(decimal.NewFromBigInt(r.Denom(), 0), sixPlaces)
}

// resources are all, by amount, largest first.
func (in *Input) resources() (all []reports.Resource) {
	moved := in.netByResource()
	for i := range in.Savings.Resources {
		x := &in.Savings.Resources[i]
		team, _, _ := x.Tags.GetFold(in.Tags.Team)
		r := reports.Resource{
			ARN: x.ARN, ID: x.ID, Name: x.Name, Kind: x.Kind, Account: x.Scope.Account, Region: x.Scope.Region, Environment: x.Environment, Team: team,
			Origin: string(x.Origin), Enrolled: x.Enrolled.UTC(), Left: x.Left, Figure: figureOf(&x.Figure), Acts: x.Acts,
			Confirmed: reports.Share(x.Held), Baseline: x.Baseline,
		}
		if net, ok := moved[x.ARN]; ok {
			r.Spot = &net
		}
		r.Causes = in.causesOf(x.ARN, x.Value(), x.Causes)
		for _, e := range x.Bill {
			r.Rows = append(r.Rows, reports.BillRows{Resource: e.Resource, SKU: e.SKU, Rows: e.Rows, Quantity: e.Quantity, List: e.List, Contracted: e.Contract})
		}
		all = append(all, r)
	}
	all = append(all, in.movedAlone(moved)...)
	slices.SortStableFunc(all, func(a, b reports.Resource) int {
		return cmp.Or(total(&b).Cmp(total(&a)), cmp.Compare(a.ARN, b.ARN))
	})
	return all
}

// causesOf splits what one resource avoided: what its stops avoided as their causes share it, the last of them taking what rounding left; then its move.
func (in *Input) causesOf(arn fleet.ARN, left money.USD, causes []savings.CauseAmount) (parts []reports.Amount) {
	for i, c := range causes {
		if i+1 == len(causes) {
			c.Amount = left
		}
		left = left.Sub(c.Amount)
		parts = append(parts, reports.Amount{Name: string(c.Cause), Amount: c.Amount})
	}
	var gross, over money.USD
	moved := false
	for i := range in.Savings.Spot {
		if m := &in.Savings.Spot[i]; m.Resource == arn {
			moved, gross, over = true, gross.Add(m.Net(in.Savings.Commitments.Known)).Add(m.Overheads), over.Sub(m.Overheads)
		}
	}
	if moved {
		parts = append(parts, reports.Amount{Name: bySpot, Amount: gross})
	}
	if !over.IsZero() {
		parts = append(parts, reports.Amount{Name: reports.CauseOverheads, Amount: over})
	}
	return parts
}

// total is what a resource avoided by its schedule and by its move together.
func total(r *reports.Resource) money.USD {
	if r.Spot != nil {
		return r.Value().Add(*r.Spot)
	}
	return r.Value()
}

func (in *Input) netByResource() map[fleet.ARN]money.USD {
	net := map[fleet.ARN]money.USD{}
	for _, m := range in.Savings.Spot {
		net[m.Resource] = net[m.Resource].Add(m.Net(in.Savings.Commitments.Known))
	}
	return net
}

// forecastPlaces are those that a forecast is told by: of interruptions nobody knows more.
const forecastPlaces = 2

// spot are the moves, each with what was forecast of its hours, and the last of a resource with all interruptions of it.
func (in *Input) spot() (moves []reports.SpotMove) {
	for i, m := range in.Savings.Spot {
		original := m.Net(in.Savings.Commitments.Known).Add(m.Paid).Add(m.Overheads)
		move := reports.SpotMove{
			Resource: m.Resource, Hours: m.Hours.Round(sixPlaces), Original: original, Paid: m.Paid, Overheads: m.Overheads, Net: original.Sub(m.Paid).Sub(m.Overheads),
		}
		last := !slices.ContainsFunc(in.Savings.Spot[i+1:], func(o savings.Spot) bool { return o.Resource == m.Resource })
		if perHour, ok := in.Forecasts[m.Resource]; ok {
			move.Forecast = new(perHour.Mul(m.Hours).Round(forecastPlaces))
		}
		if count, counted := in.Interruptions[m.Resource]; counted {
			if !last {
				count = 0
			}
			move.Observed = &count
		}
		moves = append(moves, move)
	}
	return moves
}

// avoided is the headline and what splits it. A move to Spot is measured and not estimated: it shifts intervals and does not widen them.
func (in *Input) avoided(r *reports.Report) (a reports.Avoided) {
	s := in.Savings
	if s.Untold {
		r.Resources = nil
		return reports.Avoided{Unknown: true}
	}
	moved := &movedTo{net: in.netByResource(), known: s.Commitments.Known, resources: r.Resources}
	everything := func(*reports.Resource) bool { return true }
	a.Total = moved.added(figureOf(&s.Headline), everything)
	a.RanMore = s.Headline.Induced
	a.Causes = in.causes()
	for i := range s.ByOrigin {
		if line := (reports.Line{Name: s.ByOrigin[i].Name, Figure: figureOf(&s.ByOrigin[i].Figure)}); line.Name == string(avoidance.Unproven) {
			a.Unproven = line.Figure
			a.Unproven.Hours = hours(s.ByOrigin[i].Hours.Held)
		} else {
			a.Origins = append(a.Origins, line)
		}
	}
	a.Environments = moved.lines(s.ByEnvironment, func(x *reports.Resource) string { return x.Environment })
	a.Accounts = moved.lines(s.ByAccount, func(x *reports.Resource) string { return string(x.Account) })
	if in.Tags.Team != "" {
		a.Teams = moved.lines(s.ByTeam, func(x *reports.Resource) string { return x.Team })
	}
	a.Services = moved.lines(s.ByKind, func(x *reports.Resource) string { return x.Kind.String() })
	a.Negative = negative(r.Resources)
	a.Months = in.months()
	return a
}

// causes are those of stops, Spot before its overheads, and the overheads.
func (in *Input) causes() (lines []reports.Line) {
	s := in.Savings
	for i := range s.ByCause {
		lines = append(lines, reports.Line{Name: s.ByCause[i].Name, Figure: figureOf(&s.ByCause[i].Figure)})
	}
	if len(s.Spot) == 0 {
		return lines
	}
	var gross, over money.USD
	resources := map[fleet.ARN]bool{}
	for i := range s.Spot {
		m := &s.Spot[i]
		gross, over = gross.Add(m.Net(s.Commitments.Known)).Add(m.Overheads), over.Sub(m.Overheads)
		resources[m.Resource] = true
	}
	lines = append(lines, reports.Line{Name: bySpot, Figure: measured(len(resources), gross, s.Commitments.Known)})
	if !over.IsZero() {
		lines = append(lines, reports.Line{Name: reports.CauseOverheads, Figure: measured(len(resources), over, s.Commitments.Known)})
	}
	return lines
}

// measured is a figure that no baseline was needed for.
func measured(resources int, amount money.USD, known bool) reports.Figure {
	return reports.Figure{Resources: resources, Contracted: amount, Adjusted: adjusted(amount, known)}
}

// months split the total by billing month and cause.
func (in *Input) months() (lines []reports.MonthLine) {
	s := in.Savings
	for _, m := range s.ByMonth {
		amount := m.Contract
		if s.Commitments.Known {
			amount = m.Adjusted
		}
		lines = append(lines, reports.MonthLine{Month: m.Month.Format(monthForm), Cause: m.Cause, Amount: amount})
	}
	gross, over := map[string]money.USD{}, map[string]money.USD{}
	for i := range s.Spot {
		for _, m := range s.Spot[i].Months {
			name := m.Month.Format(monthForm)
			gross[name], over[name] = gross[name].Add(m.Net(s.Commitments.Known)).Add(m.Overheads), over[name].Sub(m.Overheads)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gross)) {
		lines = append(lines, reports.MonthLine{Month: name, Cause: bySpot, Amount: gross[name]})
		if !over[name].IsZero() {
			lines = append(lines, reports.MonthLine{Month: name, Cause: reports.CauseOverheads, Amount: over[name]})
		}
	}
	slices.SortStableFunc(lines, func(a, b reports.MonthLine) int { return cmp.Compare(a.Month, b.Month) })
	return lines
}

const monthForm = "2006-01"

// negative are the resources below zero, lowest first.
func negative(all []reports.Resource) (arns []fleet.ARN) {
	for i := len(all) - 1; i >= 0 && total(&all[i]).Cmp(money.USD{}) < 0; i-- {
		arns = append(arns, all[i].ARN)
	}
	return arns
}

// movedTo adds what moves to Spot brought to figures of schedules.
type movedTo struct {
	net       map[fleet.ARN]money.USD
	known     bool
	resources []reports.Resource
}

// lines adds the moves of each name's resources, and a line for a name that has moves alone.
func (m *movedTo) lines(from []savings.Line, name func(*reports.Resource) string) (lines []reports.Line) {
	names := map[string]bool{}
	for i := range from {
		names[from[i].Name] = true
		lines = append(lines, reports.Line{Name: from[i].Name, Figure: figureOf(&from[i].Figure)})
	}
	for i := range m.resources {
		x := &m.resources[i]
		if _, moved := m.net[x.ARN]; moved && !names[name(x)] {
			names[name(x)] = true
			lines = append(lines, reports.Line{Name: name(x), Figure: reports.Figure{Adjusted: adjusted(money.USD{}, m.known)}})
		}
	}
	for i := range lines {
		lines[i].Figure = m.added(lines[i].Figure, func(x *reports.Resource) bool { return name(x) == lines[i].Name })
	}
	slices.SortStableFunc(lines, func(a, b reports.Line) int { return cmp.Or(b.Value().Cmp(a.Value()), cmp.Compare(a.Name, b.Name)) })
	return lines
}

// added adds the moves of some resources to a figure.
func (m *movedTo) added(f reports.Figure, of func(*reports.Resource) bool) reports.Figure {
	for i := range m.resources {
		net, moved := m.net[m.resources[i].ARN]
		if !moved || !of(&m.resources[i]) {
			continue
		}
		if x := &m.resources[i]; unproven(x) || x.Origin == reports.OriginMoved {
			f.Resources++ // its schedule, if any, is not in the figure, its move is
		}
		f.List, f.Contracted = f.List.Add(net), f.Contracted.Add(net)
		if f.Adjusted != nil {
			f.Adjusted = new(f.Adjusted.Add(net))
		}
		if f.Interval != nil {
			f.Interval = &reports.Range{Low: f.Interval.Low.Add(net), High: f.Interval.High.Add(net)}
		}
	}
	return f
}

func unproven(r *reports.Resource) bool { return r.Origin == string(avoidance.Unproven) }
