package savings

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Move is a resource that runs on Spot where it ran on demand before.
type Move struct {
	Resource fleet.ARN
	// SKU and Operation are what it ran on before, of which each hour on Spot stands for one: a larger type that it landed on is no saving.
	SKU, Operation string
	Zone           string
	From, To       time.Time // To is zero while it lasts
	// Overheads are what the move cost beside Spot itself.
	Overheads []Overhead
}

// Overhead is a cost that a move caused: old and new instance side by side, work run again after an interruption, copies of volumes, running
// on demand while there was no Spot.
type Overhead struct {
	At   time.Time
	What string
	Cost money.USD
	Act  string // of the ledger
}

// Spot is what a move to Spot was worth: its original at the same hours, less what was paid, less overheads. It may be below zero: what
// commitments paid for already is no saving.
type Spot struct {
	Resource  fleet.ARN
	Hours     decimal.Decimal // on Spot: of instances, or of tasks
	List      money.USD       // of the original
	Contract  money.USD
	Adjusted  money.USD // by replay, together with everything else that was avoided in the hour
	Paid      money.USD
	Overheads money.USD
	// Months split it by billing month, in order of those that the measured period touches.
	Months []SpotMonth
}

// SpotMonth is what a move to Spot was worth in one billing month.
type SpotMonth struct {
	Month                               time.Time // its first instant
	Contract, Adjusted, Paid, Overheads money.USD
}

// Net is as that of Spot.
func (s SpotMonth) Net(adjustedKnown bool) money.USD {
	return Spot{Contract: s.Contract, Adjusted: s.Adjusted, Paid: s.Paid, Overheads: s.Overheads}.Net(adjustedKnown)
}

// Net is what is left: adjusted where known, else contracted, less what was paid.
func (s Spot) Net(adjustedKnown bool) money.USD {
	worth := s.Contract
	if adjustedKnown {
		worth = s.Adjusted
	}
	return worth.Sub(s.Paid).Sub(s.Overheads)
}

// SpotNet is what all moves to Spot avoided, net of what Spot cost.
func (s *Savings) SpotNet() (sum money.USD) {
	for _, m := range s.Spot {
		sum = sum.Add(m.Net(s.Commitments.Known))
	}
	return sum
}

// mover follows one move through the hours.
type mover struct {
	Move
	runs map[int32][]spotUse // by hour since the baseline
	// originals are what each Spot SKU stands for.
	originals map[int32]int32
	task      decimal.Decimal // vCPU of one task of a service; zero of all else
}

// hoursOf is for how long instances or tasks ran: a task is billed by vCPU-hours, and by GB-hours beside them.
func (m *mover) hoursOf(run spotUse, k *sku) decimal.Decimal {
	switch {
	case strings.Contains(k.usageType, "GB-Hours"):
		return decimal.Decimal{}
	case isProcessor(k) && m.task.IsPositive():
		return run.quantity.DivRound(m.task, billing.Places)
	default:
		return run.quantity
	}
}

// spotUse is what one resource used of a Spot SKU in one hour, and what it paid.
type spotUse struct {
	sku            int32
	quantity, paid decimal.Decimal
}

// movers readies the moves. Two moves of one resource follow each other in time.
func (c *computation) movers() (movers []*mover) {
	subjects := map[fleet.ARN]*subject{}
	for _, s := range c.subjects {
		subjects[s.ARN] = s
	}
	for _, m := range c.moves {
		s := subjects[m.Resource]
		if s == nil {
			c.gapOf(NotOnBill, "enrolment", "%s: its move to Spot is known, and its enrolment is not; nothing is claimed for the move", m.Resource)
			continue
		}
		originals, found := c.originals(s, &m)
		if !found {
			c.gapOf(NotOnBill, "original", "%s: it was moved to Spot, and the bill never shows what it ran on before; nothing is claimed for the move", m.Resource)
			continue
		}
		movers = append(movers, &mover{Move: m, originals: originals, runs: s.spot, task: decimal.New(s.task, -billing.Places)})
	}
	for _, m := range movers {
		m.standIn(subjects[m.Resource], c)
	}
	slices.SortStableFunc(movers, func(a, b *mover) int { return cmp.Or(cmp.Compare(a.Resource, b.Resource), a.From.Compare(b.From)) })
	c.Savings.Spot = make([]Spot, len(movers))
	for i, m := range movers {
		spot := &c.Savings.Spot[i]
		spot.Resource, spot.Months = m.Resource, make([]SpotMonth, c.months())
		for month := range spot.Months {
			spot.Months[month].Month = monthOf(c.Measured.From).AddDate(0, month, 0)
		}
		for _, o := range m.Overheads {
			if inPeriod(c.Measured, o.At) {
				month := &spot.Months[c.monthNumber(o.At)]
				spot.Overheads, month.Overheads = spot.Overheads.Add(o.Cost), month.Overheads.Add(o.Cost)
			}
		}
	}
	return movers
}

func inPeriod(p billing.Period, t time.Time) bool { return !t.Before(p.From) && t.Before(p.To) }

// lines returns what a move avoided in an hour: its original, for as long as it ran on Spot.
func (m *mover) lines(number int, c *computation, hour time.Time) []avoidedLine {
	if !m.lasts(hour) {
		return nil
	}
	s := &c.Savings.Spot[number]
	month := c.monthNumber(hour)
	var lines []avoidedLine
	for _, run := range m.runs[int32(hour.Sub(c.Baseline)/time.Hour)] {
		s.Hours = s.Hours.Add(m.hoursOf(run, c.skus.all[run.sku]))
		paid := money.USDOf(run.paid)
		s.Paid, s.Months[month].Paid = s.Paid.Add(paid), s.Months[month].Paid.Add(paid)
		n := m.originals[run.sku]
		line := avoidedLine{move: number + 1, month: month, account: m.account(c), sku: n, quantity: run.quantity, value: c.skus.inMonth(n, month)}
		lines = append(lines, line.worthIt())
	}
	return lines
}

// lasts reports whether any of an hour is in the move.
func (m *mover) lasts(hour time.Time) bool {
	return hour.Add(time.Hour).After(m.From) && (m.To.IsZero() || hour.Before(m.To))
}

// standIn lets what a subject used of Spot count as what it stands for: hours that a schedule avoided after a move were avoided of the original, and
// that what did run was cheaper is the move's. Both together are what the resource would have cost on demand, less what it did.
func (m *mover) standIn(s *subject, c *computation) {
	for i := range s.uses {
		u := &s.uses[i]
		if n, ok := m.originals[u.sku]; ok && m.lasts(c.Baseline.Add(time.Duration(u.hour)*time.Hour)) {
			u.sku = n
		}
	}
}

func (m *mover) account(c *computation) fleet.AccountID {
	i, _ := slices.BinarySearchFunc(c.subjects, m.Resource, func(s *subject, arn fleet.ARN) int { return cmp.Compare(s.ARN, arn) })
	return c.subjects[i].Scope.Account
}
