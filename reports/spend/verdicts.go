package spend

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// leastRatio is below what no commitment's rate lies: Savings Plans are 72 percent off at the most ("Savings Plans types", Savings Plans User Guide).
func leastRatio() decimal.Decimal { return decimal.New(28, -2) }

// judge says what suits each instance, database, group and service: to be switched off, a commitment, or to run always as it does. Spot is left out, and what was
// seen for less than four weeks or runs no more.
func (m *maker) judge() {
	for _, t := range m.things {
		if v, ok := m.verdict(t); ok {
			m.Verdicts = append(m.Verdicts, v)
		}
	}
	for i := range m.in.Resources {
		if r := &m.in.Resources[i]; m.neverUsed(r) {
			v := reports.Verdict{ARN: r.ARN, ID: r.ID, Kind: r.Kind, Account: r.Scope.Account, Type: r.Type, Code: "delete"}
			if kept := m.kept[r.ARN]; kept != nil && kept.cost.IsPositive() {
				month := m.aMonth(kept.cost, len(m.calendar.cells))
				v.Month = &month
			}
			m.Verdicts = append(m.Verdicts, v)
		}
	}
	slices.SortFunc(m.Verdicts, func(a, b reports.Verdict) int {
		return cmp.Or(cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Type, b.Type))
	})
}

// verdict compares the hours that a thing needs with those from which on a commitment is cheaper: its committed rate over its on-demand rate, of 168. It needs the
// hours that it ran, or those of the schedule that is proposed for it, if they are fewer. Without a rate on the bill only few hours are judged.
func (m *maker) verdict(t *thing) (reports.Verdict, bool) {
	if t.kind == 0 || t.spot || t.arn == "" && (t.kind != fleet.AutoScalingGroup || t.id == "") || !m.there(t) || !t.quantity.IsPositive() {
		return reports.Verdict{}, false
	}
	n, _, _ := t.hours()
	_, life := m.life(t)
	v := reports.Verdict{ARN: t.arn, ID: t.id, Kind: t.kind, Account: t.account, Type: most(&t.types), Hours: aWeek(n, life)}
	if t.kind == fleet.AutoScalingGroup {
		members := t.quantity.DivRound(decimal.NewFromInt(int64(n)), 2)
		v.Members = &members
	}
	need, proposal := v.Hours, m.proposed[t.arn]
	_, kept := m.wanted[t.arn]
	scheduled := proposal.Code == idleSchedule || proposal.Code == tighterSchedule
	if s, _, ok := m.scheduleFor(t); ok && (kept || scheduled) {
		open := m.calendar.shareOf(s.Hours)
		need = decimal.Min(need, open.hours())
		if month := m.aMonth(open.outside(&t.demand), life); kept {
			v.Month = &month
		}
	}
	week := decimal.NewFromInt(weekHours)
	ratio, known := m.rates.ratio(t, v.Type)
	if known {
		hours := ratio.Mul(week).Round(2)
		v.BreakEven = &hours
	}
	covered := t.covered.Add(t.covered).GreaterThanOrEqual(t.quantity)
	switch {
	case known && need.LessThan(*v.BreakEven), !known && need.LessThan(leastRatio().Mul(week)):
		v.Code = "schedule"
		if scheduled {
			v.Month = proposal.Month
		}
	case covered:
		v.Code, v.Month = "always-on", nil
	case known && t.kind.Sized():
		v.Code, v.Month = "commit", m.committingFloor(t, life, ratio)
		if v.Month == nil {
			v.Code = "always-on" // what of it runs in enough hours is covered
		}
	case known:
		v.Code, v.Month = "commit", m.committing(t, n, life, ratio)
	default:
		return v, false
	}
	return v, true
}

// committing is what a commitment for a thing brings a month: what its hours cost on demand, less the committed rate of all hours.
func (m *maker) committing(t *thing, ran, life int, ratio decimal.Decimal) *money.USD {
	onDemand := t.contract.DivRound(t.quantity, places)
	hours := decimal.NewFromInt(int64(ran)).Sub(ratio.Mul(decimal.NewFromInt(int64(life))))
	month := m.aMonth(onDemand.Mul(hours), life)
	return &month
}

// committingFloor is what a commitment for a part of a group or a service brings a month. Of each hour of the week the bill shows what its uncovered usage cost on
// demand while it ran; a commitment of so many dollars an hour spares that much of it in the hours in which it ran, and costs its rate in all hours. The commitment
// that brings the most reaches as high as there are more such hours than break even; so what a group adds for some hours of the day is not committed to.
func (m *maker) committingFloor(t *thing, life int, ratio decimal.Decimal) *money.USD {
	type level struct {
		an, all decimal.Decimal // dollars in one hour, and in all hours of the week's hour
		hours   int
	}
	habit := m.habitOf(t)
	var levels []level
	for hour, all := range t.load {
		if n := habit.ran[hour]; n > 0 && all.IsPositive() {
			levels = append(levels, level{all.DivRound(decimal.NewFromInt(int64(n)), places), all, n})
		}
	}
	slices.SortFunc(levels, func(a, b level) int { return b.an.Cmp(a.an) })
	pays, ran := ratio.Mul(decimal.NewFromInt(int64(life))), 0
	for i, l := range levels {
		if ran += l.hours; !decimal.NewFromInt(int64(ran)).GreaterThan(pays) {
			continue
		}
		brought := l.an.Mul(decimal.NewFromInt(int64(ran)).Sub(pays))
		for _, lower := range levels[i+1:] {
			brought = brought.Add(lower.all)
		}
		month := m.aMonth(brought, life)
		return &month
	}
	return nil
}
