package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/billing"
)

// periodFlags name a period of money, which is in UTC as bills are.
type periodFlags struct{ from, to, quarter string }

func (f *periodFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.quarter, "quarter", "", "a quarter of the year in UTC, as 2026Q3")
	flags.StringVar(&f.from, "from", "", "first day of the period (UTC), as 2026-07-01")
	flags.StringVar(&f.to, "to", "", "first day after the period (UTC), as 2026-10-01")
}

// period returns the period that the flags name.
func (f *periodFlags) period() (p billing.Period, err error) {
	if f.quarter != "" {
		if f.from != "" || f.to != "" {
			return p, usagef("name the period by --quarter or by --from and --to, not by both")
		}
		return quarter(f.quarter)
	}
	if f.from == "" || f.to == "" {
		return p, usagef("no period: name it by --quarter 2026Q3, or by --from 2026-07-01 --to 2026-10-01")
	}
	if p.From, err = parseInstant(f.from, time.UTC); err != nil {
		return p, usagef("--from: %w", err)
	}
	if p.To, err = parseInstant(f.to, time.UTC); err != nil {
		return p, usagef("--to: %w", err)
	}
	p.From, p.To = p.From.UTC(), p.To.UTC()
	switch {
	case !p.From.Before(p.To):
		return p, usagef("--to %s is not after --from %s; it is the first day that does not belong to the period", f.to, f.from)
	case !p.From.Equal(p.From.Truncate(time.Hour)) || !p.To.Equal(p.To.Truncate(time.Hour)):
		return p, usagef("a period is of whole hours, as bills are")
	}
	return p, nil
}

// quarter reads 2026Q3 or 2026-Q3.
func quarter(text string) (p billing.Period, err error) {
	var year, number int
	if n, _ := fmt.Sscanf(text, "%4dQ%1d", &year, &number); n != 2 {
		_, _ = fmt.Sscanf(text, "%4d-Q%1d", &year, &number)
	}
	if plain, dashed := fmt.Sprintf("%04dQ%d", year, number), fmt.Sprintf("%04d-Q%d", year, number); text != plain && text != dashed || year < 2000 || number < 1 || number > 4 {
		return p, usagef("--quarter %.20q is no quarter (write 2026Q3)", text)
	}
	p.From = time.Date(year, time.Month(3*number-2), 1, 0, 0, 0, 0, time.UTC)
	p.To = p.From.AddDate(0, 3, 0)
	return p, nil
}

// days writes a period by its first and its last day, or where it begins or ends within one by its instants.
func days(p billing.Period) string {
	if from, to := day(p.From), day(p.To); len(from) > len(time.DateOnly) || len(to) > len(time.DateOnly) {
		return from + " to " + to
	}
	return p.From.UTC().Format(time.DateOnly) + " to " + p.To.Add(-time.Hour).UTC().Format(time.DateOnly)
}
