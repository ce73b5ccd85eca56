package compact

import (
	"context"
	"iter"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
)

// Until reads the ledger from its beginning, as Read does.
func (b Book) Until(ctx context.Context, to time.Time) iter.Seq2[ledger.Entry, error] {
	from, err := b.Begins(ctx, to)
	if err != nil {
		return func(yield func(ledger.Entry, error) bool) { yield(ledger.Entry{}, err) }
	}
	return b.Read(ctx, from, to, fleet.Scope{})
}

// Begins is the first day, or of what was compacted the first month, in which there are entries; to where there are none before it.
func (b Book) Begins(ctx context.Context, to time.Time) (time.Time, error) {
	from := to
	for prefix, layout := range map[string]string{"ledger/date=": time.DateOnly, "ledger/compacted/month=": "2006-01"} {
		for key, err := range b.Store.List(ctx, prefix) {
			if err != nil {
				return from, err
			}
			date, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
			if day, err := time.Parse(layout, date); err == nil && day.Before(from) {
				from = day
			}
			break // keys are in the order of their dates
		}
	}
	return from, nil
}
