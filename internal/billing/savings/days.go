package savings

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
)

// baselineReach is how far before its enrolment a resource's own baseline begins.
const baselineReach = 28 * 24 * time.Hour

// lookBack is how far before the period the bill is read where baselines are frozen: long enough to know since when something was off, and what a
// group's size was.
const lookBack = 62 * 24 * time.Hour

// earliest is the first hour of the bill that is needed: that of the earliest baseline, or of a resource whose baseline is frozen as far back as bears on
// the period.
func (c *computation) earliest() time.Time {
	first := c.Period.From
	for _, s := range c.subjects {
		from := s.enrolled.Add(-baselineReach).Truncate(time.Hour)
		if _, frozen := c.in.Book.Baselines[s.ARN]; frozen {
			from = later(from, c.Period.From.Add(-lookBack))
		}
		first = earlier(first, from)
	}
	return first
}

// asked is the time that questions to FOCUS are about: one, so that an engine that reads the files reads them once.
func (c *computation) asked() billing.Period {
	return billing.Period{From: c.earliest(), To: c.Period.To}
}

// readDays finds out what is billed: from which hour, until which hour, in which currency, and what is missing.
func (c *computation) readDays(ctx context.Context) error {
	days, err := c.in.Engine.Days(ctx, c.asked())
	if err != nil {
		return err
	}
	if len(days) == 0 {
		return fmt.Errorf("%w: nothing between %s and %s", ErrNoBill, c.earliest().Format(time.DateOnly), c.Period.To.Format(time.DateOnly))
	}
	if err := oneCurrency(days); err != nil {
		return err
	}
	charges, err := c.in.Engine.Charges(ctx, c.asked())
	if err != nil {
		return err
	}
	c.closed = closedMonths(charges)
	for _, charge := range charges {
		if !charge.Month.Before(monthOf(c.Period.From)) {
			c.Charges = append(c.Charges, charge)
		}
	}
	c.extent(days)
	if n := len(c.Gaps); !c.Measured.From.Before(c.Measured.To) && n > 0 && c.Gaps[n-1].Code == NoUsage {
		return fmt.Errorf("%w of which it tells what ran: %s; have AWS deliver the period's months again (AWS Data Exports, or AWS Support for months before the export was set up) and make it once more", ErrNoBill, c.Gaps[n-1].Says)
	}
	if !c.Measured.From.Before(c.Measured.To) {
		return fmt.Errorf("%w: it has %s", ErrNoBill, dates(days[0].Day, days[len(days)-1].Day.AddDate(0, 0, 1)))
	}
	c.notBilled(days)
	return nil
}

// extent sets from when and until when the bill tells what ran. A month that AWS has closed is whole, also where nothing was charged at its end. A
// month without CUR 2.0 tells nothing; where there is none at all, a month without FOCUS.
func (c *computation) extent(days []billing.Day) {
	first, last := days[0], days[len(days)-1]
	c.Baseline = first.Day
	if first.Hours < 24 && first.Day.After(c.earliest()) && !c.closed[monthOf(first.Day)] {
		c.Baseline = first.Day.AddDate(0, 0, 1) // it begins within that day, and which hours of it are whole is not known
	}
	if c.closed[monthOf(first.Day)] {
		c.Baseline = monthOf(first.Day)
	}
	c.Baseline = later(c.Baseline, c.earliest())
	end := last.Day.Add(time.Duration(min(last.Hours, 24)) * time.Hour)
	if month := monthOf(last.Day); c.closed[month] {
		end = month.AddDate(0, 1, 0)
	}
	c.Measured = billing.Period{From: later(c.Period.From, first.Day), To: earlier(c.Period.To, end)}
	if c.closed[monthOf(first.Day)] {
		c.Measured.From = later(c.Period.From, monthOf(first.Day))
	}
	c.billed = c.Measured
	c.withoutUsage()
}

// withoutUsage leaves out what lies before the last month of which nobody tells what ran and that is only history, or the first of those that are measured, and behind
// any other one that is measured: a month that was not delivered is none in which nothing ran. Behind a first one figures rest on baselines that were frozen before.
func (c *computation) withoutUsage() {
	delivered, export, sentence := c.in.Engine.Months().CUR, "CUR 2.0", ""
	if len(delivered) == 0 {
		delivered, export, sentence = c.in.Engine.Months().FOCUS, "FOCUS", "bill-"
	}
	for month := monthOf(c.Baseline); month.Before(c.Measured.To); month = month.AddDate(0, 1, 0) {
		if slices.ContainsFunc(delivered, month.Equal) {
			continue
		}
		name := month.Format("2006-01")
		if next := month.AddDate(0, 1, 0); next.Before(c.Measured.From) || next.Equal(c.Measured.From) {
			c.Baseline = later(c.Baseline, next)
			c.gapOf(NoUsage, sentence+"baseline", "no "+export+" tells what ran in %s: baselines begin after it", name)
			continue
		}
		c.Provisional = true
		if next := month.AddDate(0, 1, 0); !month.After(c.Measured.From) && slices.ContainsFunc(delivered, func(m time.Time) bool { return !m.Before(next) && m.Before(c.Measured.To) }) {
			c.Measured.From, c.Baseline = next, later(c.Baseline, next)
			c.gapOf(NoUsage, sentence+"first", "no "+export+" tells what ran in %s: nothing is claimed for it, and baselines begin after it", name)
			continue
		}
		c.Measured.To = later(c.Measured.From, month)
		c.gapOf(NoUsage, sentence+"claim", "no "+export+" tells what ran in %s: nothing is claimed from then on", name)
		return
	}
}

// closedMonths are those of which every charge bears an invoice.
func closedMonths(charges []billing.Charge) map[time.Time]bool {
	closed := map[time.Time]bool{}
	for _, charge := range charges {
		if before, seen := closed[charge.Month.UTC()]; !seen || before {
			closed[charge.Month.UTC()] = charge.Invoice != ""
		}
	}
	return closed
}

func oneCurrency(days []billing.Day) error {
	var found []string
	for _, d := range days {
		if !slices.Contains(found, d.Currency) {
			found = append(found, d.Currency)
		}
	}
	slices.Sort(found)
	if len(found) == 1 && found[0] != "USD" {
		return fmt.Errorf("%w that is US dollars: it is in %s; the policy's report.currency shows another currency beside dollars, by a declared rate", ErrCurrency, found[0])
	}
	if len(found) > 1 {
		return fmt.Errorf("%w (US dollars): it has %s; amounts of several currencies are never added up: leave deliveries that are not in US dollars out", ErrCurrency, strings.Join(found, ", "))
	}
	return nil
}

// notBilled says what of the period the bill does not show, and what looks odd in it.
func (c *computation) notBilled(days []billing.Day) {
	if c.billed.From.After(c.Period.From) {
		c.gapOf(NotBilledYet, "before", "%s: not on this bill, which begins later; nothing is claimed for it", dates(c.Period.From, c.billed.From))
	}
	if c.billed.To.Before(c.Period.To) {
		c.Provisional = true
		c.gapOf(NotBilledYet, "after", "%s not billed yet: provisional; nothing is claimed for it", dates(c.billed.To, c.Period.To))
	}
	billed, delivered := map[time.Time]bool{}, c.in.Engine.Months().FOCUS
	var negative int64
	for _, d := range days {
		billed[d.Day] = true
		if !d.Day.Before(c.Period.From) {
			negative += d.Negative
		}
	}
	var from time.Time
	for day := c.Baseline.Truncate(24 * time.Hour); !day.After(c.Measured.To); day = day.AddDate(0, 0, 1) {
		missing := !billed[day] && !c.closed[monthOf(day)] && day.Before(c.Measured.To) && slices.ContainsFunc(delivered, monthOf(day).Equal)
		switch {
		case missing && from.IsZero():
			from = day
		case !missing && !from.IsZero():
			c.gap(NoCharges, "%s: no charge at all, though later days have some; taken as days on which nothing ran", dates(from, day))
			from = time.Time{}
		}
	}
	if negative > 0 {
		c.gap(NegativeUsage, "%d rows bill a usage below zero (corrections); they are taken off the hours and costs they correct", negative)
	}
}

// dates writes the days from one instant until just before another.
func dates(from, to time.Time) string {
	first, last := from.UTC(), to.UTC().Add(-time.Nanosecond)
	switch {
	case first.Format(time.DateOnly) == last.Format(time.DateOnly):
		return first.Format(time.DateOnly)
	case first.Format("2006-01") == last.Format("2006-01"):
		return first.Format(time.DateOnly) + ".." + last.Format("02")
	default:
		return first.Format(time.DateOnly) + ".." + last.Format(time.DateOnly)
	}
}

// readTotals says whether the measured months are closed, and reads what each hour cost.
func (c *computation) readTotals(ctx context.Context) error {
	var open []string
	for month := monthOf(c.Measured.From); month.Before(c.Measured.To); month = month.AddDate(0, 1, 0) {
		if closed, charged := c.closed[month]; charged && !closed {
			open = append(open, month.Format("2006-01"))
		}
	}
	if len(open) > 0 {
		c.Provisional = true
		c.gap(OpenMonth, "%s: AWS has not closed the month, its rows bear no invoice: provisional", strings.Join(open, ", "))
	}
	hours, err := c.in.Engine.Hours(ctx, c.asked())
	for _, h := range hours {
		if !h.Hour.Before(c.Measured.From) && h.Hour.Before(c.Measured.To) {
			c.Savings.Hours = append(c.Savings.Hours, h)
		}
	}
	return err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// ofPayer limits the subjects to those of the payer that are there in the period.
func (c *computation) ofPayer(subjects []*subject) (kept []*subject) {
	of := map[fleet.AccountID]bool{}
	for _, a := range c.in.Accounts {
		of[a] = true
	}
	for _, s := range subjects {
		gone := !s.left.IsZero() && !s.left.After(c.Period.From)
		if !gone && (len(of) == 0 || of[s.Scope.Account]) {
			kept = append(kept, s)
		}
	}
	return kept
}
