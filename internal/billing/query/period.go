package query

import (
	"fmt"
	"strings"
	"time"

	"offpeak/internal/billing"
)

// Check refuses a period that bills do not know: one that ends before it begins, or cuts an hour.
func Check(p billing.Period) error {
	if !p.From.Before(p.To) {
		return fmt.Errorf("period %s .. %s: it ends before it begins", p.From.UTC().Format(time.RFC3339), p.To.UTC().Format(time.RFC3339))
	}
	for _, end := range []time.Time{p.From, p.To} {
		if !end.UTC().Truncate(time.Hour).Equal(end) {
			return fmt.Errorf("period %s .. %s: bills have whole hours of UTC", p.From.UTC().Format(time.RFC3339), p.To.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// CheckWeeks is Check for what counts weeks.
func CheckWeeks(p billing.Period) error {
	if err := Check(p); err != nil {
		return err
	}
	if last := billing.WeekOf(p.From).AddDate(0, 0, 7*billing.PatternWeeks); p.To.After(last) {
		return fmt.Errorf("period %s .. %s: patterns are of %d weeks at most; ask for a part of it", p.From.UTC().Format(time.RFC3339), p.To.UTC().Format(time.RFC3339),
			billing.PatternWeeks)
	}
	return nil
}

// Months are the first instants of the billing months that the period touches.
func Months(p billing.Period) []time.Time {
	from := p.From.UTC()
	var all []time.Time
	for m := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC); m.Before(p.To); m = m.AddDate(0, 1, 0) {
		all = append(all, m)
	}
	return all
}

// monthForm is how partitions are named.
const monthForm = "2006-01"

// months restricts to the partitions of the billing months that the period touches. Where a relation is of several versions it has done so itself, and a range
// beside that is no condition that a projected partition may have.
func (d Dialect) months(p billing.Period) []string {
	all := Months(p)
	switch {
	case d.inline:
		return nil
	case len(all) == 0:
		return []string{"FALSE"}
	default:
		return []string{"billing_period BETWEEN '" + all[0].Format(monthForm) + "' AND '" + all[len(all)-1].Format(monthForm) + "'"}
	}
}

// within restricts to the partitions, and to the rows whose time begins in the period.
func (d Dialect) within(column string, p billing.Period) []string {
	const form = "2006-01-02 15:04:05"
	return append(d.months(p), column+" >= TIMESTAMP '"+p.From.UTC().Format(form)+"'", column+" < TIMESTAMP '"+p.To.UTC().Format(form)+"'")
}

// where are conditions that all hold, as a line each before which stands the indent; nothing if there are none.
func where(indent string, conditions ...string) string {
	if len(conditions) == 0 {
		return ""
	}
	return "\n" + indent + "WHERE " + strings.Join(conditions, "\n"+indent+"  AND ")
}
