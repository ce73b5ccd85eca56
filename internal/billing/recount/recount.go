// Package recount answers the questions of package billing by reading the exports' columns in plain Go, without SQL and without cgo.
//
// It counts where nobody asks for DuckDB: a report is verified by the one that did not make it, and where a program has no DuckDB this is the only one. In goes a bill that was opened, out come
// the same rows in the same order, to the last decimal. Doubles become whole numbers of 10^-12 as billing.FromDouble has it and are summed as such. The questions about
// FOCUS are answered together by one pass over the files, those about CUR 2.0 by another; answers are kept for the period. It writes nothing.
package recount

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// Engine is a billing.Engine over the exports of one payer. It may be used by several goroutines at a time.
type Engine struct {
	deliveries map[export.Table][]export.Delivery
	workers    int

	mu    sync.Mutex
	focus map[billing.Period]*focusAnswer
	cur   map[billing.Period]*curAnswer
}

// Open readies the deliveries of one payer, to be read by so many goroutines at a time; one if there are fewer.
func Open(bill *export.Bill, payer fleet.AccountID, workers int) *Engine {
	e := &Engine{
		deliveries: map[export.Table][]export.Delivery{}, workers: max(1, workers),
		focus: map[billing.Period]*focusAnswer{}, cur: map[billing.Period]*curAnswer{},
	}
	for _, d := range bill.Deliveries {
		if d.Payer == payer {
			e.deliveries[d.Table] = append(e.deliveries[d.Table], d)
		}
	}
	return e
}

// Name is what a report calls the engine.
func (e *Engine) Name() string { return Name }

// Name is how the engine is called where a figure says what counted it.
const Name = "recount in Go"

// Months implements billing.Engine.
func (e *Engine) Months() (m billing.Months) {
	for _, d := range e.deliveries[export.FOCUS] {
		m.FOCUS = append(m.FOCUS, d.Month)
	}
	for _, d := range e.deliveries[export.CUR2] {
		m.CUR = append(m.CUR, d.Month)
	}
	return m
}

// dated is a file with the billing month that it was delivered for.
type dated struct {
	export.File
	month time.Time
}

// files are the table's files of the billing months that the period touches.
func (e *Engine) files(table export.Table, p billing.Period) ([]dated, error) {
	if err := query.Check(p); err != nil {
		return nil, err
	}
	all := e.deliveries[table]
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: %s; set it up in AWS Data Exports, hourly and with resources", billing.ErrNoExport, table)
	}
	var files []dated
	for _, d := range all {
		if !slices.ContainsFunc(query.Months(p), d.Month.Equal) {
			continue
		}
		for _, f := range d.Files {
			files = append(files, dated{f, d.Month})
		}
	}
	return files, nil
}

// each reads the files, several at a time, and gives what read made of each, in the files' order. The first error ends it.
func each[T any](ctx context.Context, workers int, files []dated, read func(context.Context, dated) (T, error)) ([]T, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]T, len(files))
	next := make(chan int)
	var group sync.WaitGroup
	for range min(workers, len(files)) {
		group.Go(func() {
			for i := range next {
				result, err := read(ctx, files[i])
				if err != nil {
					cancel(err)
					return
				}
				results[i] = result
			}
		})
	}
feed:
	for i := range files {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("recount: %w", err)
	}
	return results, nil
}

// span is a period in milliseconds.
type span struct{ from, to int64 }

func spanOf(p billing.Period) span { return span{p.From.UnixMilli(), p.To.UnixMilli()} }

func (s span) has(milli int64, null bool) bool { return !null && milli >= s.from && milli < s.to }

const (
	milliOfHour = 3_600_000
	milliOfDay  = 24 * milliOfHour
)

// floor cuts an instant down to a whole hour or day, also before 1970.
func floor(milli, unit int64) int64 {
	rest := milli % unit
	if rest < 0 {
		rest += unit
	}
	return milli - rest
}

func instant(milli int64) time.Time { return time.UnixMilli(milli).UTC() }

// monthOf is the first instant of an instant's month.
func monthOf(milli int64) int64 {
	t := instant(milli)
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}
