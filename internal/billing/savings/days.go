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

// reach is the first hour of the bill that is needed: the period's, or that of the earliest baseline which is not frozen yet.
func (c *computation) reach() time.Time {
	first := c.Period.From
	for _, s := range c.subjects {
		if _, frozen := c.in.Book.Baselines[s.ARN]; frozen {
			continue
		}
		if from := s.enrolled.Add(-baselineReach).Truncate(time.Hour); from.Before(first) {
			first = from
		}
	}
	return first
}

// readDays finds out what is billed: from which hour, until which hour, in which currency, and what is missing.
func (c *computation) readDays(ctx context.Context) error {
	days, err := c.in.Engine.Days(ctx, billing.Period{From: c.reach(), To: c.Period.To})
	if err != nil {
		return err
	}
	if len(days) == 0 {
		return fmt.Errorf("%w: nothing between %s and %s", ErrNoBill, c.reach().Format(time.DateOnly), c.Period.To.Format(time.DateOnly))
	}
	if err := oneCurrency(days); err != nil {
		return err
	}
	first, last := days[0], days[len(days)-1]
	c.Baseline = first.Day
	if first.Hours < 24 && first.Day.After(c.reach()) {
		c.Baseline = first.Day.AddDate(0, 0, 1) // it begins within that day, and which hours of it are whole is not known
	}
	c.Baseline = later(c.Baseline, c.reach())
	end := last.Day.Add(time.Duration(min(last.Hours, 24)) * time.Hour)
	c.Measured = billing.Period{From: later(c.Period.From, first.Day), To: earlier(c.Period.To, end)}
	if !c.Measured.From.Before(c.Measured.To) {
		return fmt.Errorf("%w: it ends at %s", ErrNoBill, end.Format(time.DateTime))
	}
	c.notBilled(days)
	return nil
}

func oneCurrency(days []billing.Day) error {
	var found []string
	for _, d := range days {
		if !slices.Contains(found, d.Currency) {
			found = append(found, d.Currency)
		}
	}
	slices.Sort(found)
	if len(found) > 1 || found[0] != "USD" {
		return fmt.Errorf("%w (US dollars): it has %s; amounts of several currencies are never added up", ErrCurrency, strings.Join(found, ", "))
	}
	return nil
}

// notBilled says what of the period the bill does not show, and what looks odd in it.
func (c *computation) notBilled(days []billing.Day) {
	if c.Measured.From.After(c.Period.From) {
		c.gap(NotBilledYet, "%s: not on this bill, which begins later; nothing is claimed for it", dates(c.Period.From, c.Measured.From))
	}
	if c.Measured.To.Before(c.Period.To) {
		c.Provisional = true
		c.gap(NotBilledYet, "%s not billed yet: provisional; nothing is claimed for it", dates(c.Measured.To, c.Period.To))
	}
	billed := map[time.Time]bool{}
	var negative int64
	for _, d := range days {
		billed[d.Day] = true
		if !d.Day.Before(c.Period.From) {
			negative += d.Negative
		}
	}
	var from time.Time
	for day := c.Baseline.Truncate(24 * time.Hour); !day.After(c.Measured.To); day = day.AddDate(0, 0, 1) {
		missing := !billed[day] && day.Before(c.Measured.To)
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

// readTotals reads what the payer was charged, and whether its months are closed.
func (c *computation) readTotals(ctx context.Context) (err error) {
	if c.Charges, err = c.in.Engine.Charges(ctx, c.Measured); err != nil {
		return err
	}
	var open []string
	for _, charge := range c.Charges {
		if month := charge.Month.Format("2006-01"); charge.Invoice == "" && !slices.Contains(open, month) {
			open = append(open, month)
		}
	}
	if len(open) > 0 {
		c.Provisional = true
		c.gap(OpenMonth, "%s: AWS has not closed the month, its rows bear no invoice: provisional", strings.Join(open, ", "))
	}
	c.Savings.Hours, err = c.in.Engine.Hours(ctx, c.Measured)
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

// accounts limits the subjects to those of the payer.
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
