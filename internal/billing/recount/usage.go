package recount

import (
	"context"
	"iter"
	"slices"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
)

// rowsAtOnce bounds what a stream of usage holds: a bill of more lines is read several times, each time for a part of the hours.
const rowsAtOnce = 2_500_000

// Usage implements billing.Engine.
func (e *Engine) Usage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return e.stream(ctx, export.CUR2, p, usageOfCUR)
}

// FocusUsage implements billing.Engine.
func (e *Engine) FocusUsage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return e.stream(ctx, export.FOCUS, p, usageOfFocus)
}

func (e *Engine) stream(ctx context.Context, table export.Table, p billing.Period, open func(export.File) *usageFile) iter.Seq2[billing.Usage, error] {
	return func(yield func(billing.Usage, error) bool) {
		files, err := e.files(table, p)
		if err != nil {
			yield(billing.Usage{}, err)
			return
		}
		reading, stop := context.WithCancel(ctx)
		defer stop()
		for part := range e.ahead(reading, files, windows(files, p), open) {
			if part.err != nil {
				yield(billing.Usage{}, part.err)
				return
			}
			for u := range part.usage.rows() {
				if !yield(u, nil) {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(billing.Usage{}, err)
		}
	}
}

// part is the usage of a window.
type part struct {
	usage ordered
	err   error
}

// ahead reads windows, as many at once as there are workers, and gives them in their order. A window that nobody has taken yet counts as being
// read, so that no more than these are held.
func (e *Engine) ahead(ctx context.Context, files []dated, windows []billing.Period, open func(export.File) *usageFile) iter.Seq[part] {
	return func(yield func(part) bool) {
		read := make([]chan part, len(windows))
		begin := func(i int) {
			if i >= len(windows) {
				return
			}
			read[i] = make(chan part, 1)
			go func() {
				usage, err := e.usage(ctx, files, windows[i], open)
				read[i] <- part{usage, err}
			}()
		}
		for i := range e.workers {
			begin(i)
		}
		for i := range windows {
			p := <-read[i]
			if !yield(p) || p.err != nil {
				return
			}
			begin(i + e.workers)
		}
	}
}

// windows cuts a period into parts of a billing month or less, so that files of a month are read as seldom as what is held at once allows.
func windows(files []dated, p billing.Period) (cut []billing.Period) {
	for _, month := range query.Months(p) {
		var rows int64
		for _, f := range files {
			if f.month.Equal(month) {
				rows += f.Rows
			}
		}
		from, to := month, month.AddDate(0, 1, 0)
		step := to.Sub(from) / time.Duration(rows/rowsAtOnce+1)
		step = max(step.Truncate(time.Hour), time.Hour)
		for ; from.Before(to); from = from.Add(step) {
			w := billing.Period{From: from, To: from.Add(step)}
			if w.To.After(to) {
				w.To = to
			}
			if w.From.Before(p.From) {
				w.From = p.From
			}
			if w.To.After(p.To) {
				w.To = p.To
			}
			if w.From.Before(w.To) {
				cut = append(cut, w)
			}
		}
	}
	return cut
}

// usage reads the usage of some hours.
func (e *Engine) usage(ctx context.Context, files []dated, p billing.Period, open func(export.File) *usageFile) (ordered, error) {
	months := query.Months(p)
	files = slices.Clone(files)
	files = slices.DeleteFunc(files, func(f dated) bool { return !slices.ContainsFunc(months, f.month.Equal) })
	read, err := each(ctx, e.workers, files, func(ctx context.Context, f dated) (*usageSums, error) {
		return readUsage(ctx, f, spanOf(p), open)
	})
	if err != nil {
		return ordered{}, err
	}
	return inOrder(read), nil
}
