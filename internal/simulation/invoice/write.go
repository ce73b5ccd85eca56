package invoice

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// The exports of each payer, beneath the folder that has its id.
const (
	FocusName = "focus"
	CURName   = "cur2"
)

// bucket stands in the manifests' addresses.
const bucket = "billing"

// PayerSummary is what was written for one payer.
type PayerSummary struct {
	Payer fleet.AccountID
	Breakdown
	// Dir is the payer's folder: it holds the exports focus and cur2, and the rates of each Savings Plan.
	Dir string
	// FocusRows and CURRows are how many rows there are.
	FocusRows, CURRows int64
	Unpriced           []Unpriced
}

// Summary is what was written, in the order of the payers.
type Summary struct {
	Breakdown
	Payers []PayerSummary
}

// Write writes the exports of each payer beneath dir, in AWS's layout with manifests, and the rates of its Savings Plans. The same world gives the
// same bytes. Memory does not grow with the period. After an error the payer that it is about has no manifest.
func Write(ctx context.Context, w World, payers []Payer, c *Catalogue, period billing.Period, dir string) (Summary, error) {
	if err := errors.Join(check(payers), whole(period), everyone(w, payers)); err != nil {
		return Summary{}, fmt.Errorf("write the bills: %w", err)
	}
	var all Summary
	for i := range payers {
		written, err := writePayer(ctx, w, &payers[i], c, period, dir)
		if err != nil {
			return all, fmt.Errorf("write the bill of %s: %w", payers[i].ID, err)
		}
		all.Breakdown = all.Add(written.Breakdown)
		all.Payers = append(all.Payers, written)
	}
	return all, nil
}

func writePayer(ctx context.Context, w World, p *Payer, c *Catalogue, period billing.Period, dir string) (PayerSummary, error) {
	s := PayerSummary{Payer: p.ID, Dir: filepath.Join(dir, string(p.ID))}
	bill, err := newBiller(w, p, c, period)
	if err != nil {
		return s, err
	}
	b := newBuilder(bill, w)
	focus, err := export.Create[export.Focus](dir, export.Export{Bucket: bucket, Prefix: string(p.ID), Name: FocusName})
	if err != nil {
		return s, err
	}
	cur, err := export.Create[export.CUR](dir, export.Export{Bucket: bucket, Prefix: string(p.ID), Name: CURName})
	if err != nil {
		return s, err
	}
	toFocus, toCUR := newPump(focus, (*stamp).focus), newPump(cur, (*stamp).cur)
	err = b.hours(ctx, toFocus, toCUR)
	s.Breakdown, s.Unpriced = b.total(), b.unpriced
	if err == nil {
		b.endMonths(toFocus, toCUR)
	}
	err = errors.Join(err, toFocus.close(), toCUR.close())
	if err == nil {
		err = writeRates(s.Dir, b)
	}
	if err != nil {
		err = errors.Join(err, withdraw(s.Dir))
	}
	s.FocusRows, s.CURRows = toFocus.rows, toCUR.rows
	return s, err
}

// withdraw takes the manifests of an unfinished delivery away, so that nobody reads what is there as a whole bill.
func withdraw(dir string) error {
	var errs []error
	for _, name := range []string{FocusName, CURName} {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, name, "metadata")))
	}
	return errors.Join(errs...)
}

// hours makes the rows of every hour and hands them on.
func (b *builder) hours(ctx context.Context, toFocus *pump[export.Focus], toCUR *pump[export.CUR]) error {
	for at := b.period.From; at.Before(b.period.To); at = at.Add(time.Hour) {
		if err := ctx.Err(); err != nil {
			return err
		}
		before := b.applied
		b.bill(at)
		b.endMonths(toFocus, toCUR)
		b.count()
		stamp := b.stamp(at)
		b.focus, b.cur = hourOf[export.Focus]{}, hourOf[export.CUR]{}
		if b.purchases(at); len(b.focus.rows) > 0 {
			toFocus.send(job[export.Focus]{hourOf: b.focus, stamp: &stamp, extra: true})
			toCUR.send(job[export.CUR]{hourOf: b.cur, stamp: &stamp, extra: true})
		}
		if b.same(at, before) {
			toFocus.send(job[export.Focus]{stamp: &stamp})
			toCUR.send(job[export.CUR]{stamp: &stamp})
			continue
		}
		b.focus, b.cur = toFocus.room(), toCUR.room()
		b.hourRows()
		toFocus.send(job[export.Focus]{hourOf: b.focus, stamp: &stamp})
		toCUR.send(job[export.CUR]{hourOf: b.cur, stamp: &stamp})
	}
	return nil
}

// endMonths hands on what months end with that are over.
func (b *builder) endMonths(toFocus *pump[export.Focus], toCUR *pump[export.CUR]) {
	for ; b.ended < len(b.months); b.ended++ {
		m := &b.months[b.ended]
		b.focus, b.cur = hourOf[export.Focus]{}, hourOf[export.CUR]{}
		b.monthly(m)
		b.stampMonth(m.month, b.focus.rows, b.cur.rows)
		toFocus.send(job[export.Focus]{hourOf: b.focus, extra: true})
		toCUR.send(job[export.CUR]{hourOf: b.cur, extra: true})
	}
}

// job is the rows of an hour. Without rows it is those of the hour before again; extra ones stand beside an hour's.
type job[R export.Row] struct {
	hourOf[R]
	stamp *stamp // nil where the rows have their time
	extra bool
}

// pump writes rows in the order in which they are sent, beside the goroutine that makes them.
type pump[R export.Row] struct {
	writer *export.Writer[R]
	mark   func(*stamp, []R)
	jobs   chan job[R]
	free   chan hourOf[R]
	done   sync.WaitGroup
	rows   int64
	err    error
}

// ahead is how many hours are made while one is written.
const ahead = 4

func newPump[R export.Row](w *export.Writer[R], mark func(*stamp, []R)) *pump[R] {
	p := &pump[R]{writer: w, mark: mark, jobs: make(chan job[R], ahead), free: make(chan hourOf[R], ahead+2)}
	p.done.Go(p.run)
	return p
}

func (p *pump[R]) run() {
	var last hourOf[R]
	for j := range p.jobs {
		if p.err != nil {
			continue // so that nobody waits who sends
		}
		hour := j.hourOf
		switch {
		case j.extra:
		case hour.rows == nil:
			hour = last
		default:
			if last.rows != nil {
				select {
				case p.free <- hourOf[R]{last.rows[:0], last.alike[:0]}:
				default:
				}
			}
			last = hour
		}
		if j.stamp != nil {
			p.mark(j.stamp, hour.rows)
		}
		p.rows += int64(len(hour.rows))
		p.err = p.writer.WriteAlike(hour.rows, hour.alike)
	}
}

func (p *pump[R]) send(j job[R]) { p.jobs <- j }

// room is what to make rows in; its slices are never nil.
func (p *pump[R]) room() hourOf[R] {
	select {
	case hour := <-p.free:
		return hour
	default:
		return hourOf[R]{make([]R, 0, 256), make([]export.Alike, 0, 256)}
	}
}

func (p *pump[R]) close() error {
	close(p.jobs)
	p.done.Wait()
	return errors.Join(p.err, p.writer.Close())
}
