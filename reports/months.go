package reports

import (
	"slices"
	"time"
)

// Months are those of the quarter, as 2026-07, and any other that something avoided is of, in order.
func (r *Report) Months() (months []string) {
	for at := monthOf(r.Period.From); at.Before(r.Period.To); at = at.AddDate(0, 1, 0) {
		months = append(months, at.Format("2006-01"))
	}
	for i := range r.Avoided.Months {
		if m := r.Avoided.Months[i].Month; !slices.Contains(months, m) {
			months = append(months, m)
		}
	}
	slices.Sort(months)
	return months
}

// Measures reports whether any of a month, as 2026-07, is measured. What was avoided in a month that is not is not known, and no zero.
func (r *Report) Measures(month string) bool {
	from, err := time.Parse("2006-01", month)
	if err != nil || r.Measured == (Period{}) {
		return true
	}
	return from.Before(r.Measured.To) && from.AddDate(0, 1, 0).After(r.Measured.From)
}

// Part reports whether a month of the quarter is not measured: then the quarter's figures are not those of a quarter.
func (r *Report) Part() bool {
	return slices.ContainsFunc(r.Months(), func(m string) bool { return !r.Measures(m) })
}

// Unbilled are the months of the quarter of which there is no bill.
func (r *Report) Unbilled() (months []string) {
	for at := monthOf(r.Period.From); at.Before(r.Period.To); at = at.AddDate(0, 1, 0) {
		month := at.Format("2006-01")
		if !slices.ContainsFunc(r.Bill.Months, func(b BillMonth) bool { return b.Month == month }) {
			months = append(months, month)
		}
	}
	return months
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}
