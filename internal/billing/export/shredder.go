package export

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// shredder turns rows into columns on several processors. Each column is one processor's at a time and all its values come in order, so the bytes do not depend on
// how many there are.
type shredder struct {
	footer  format.FileMetaData // of a file without rows
	lanes   []*lane
	leaves  []*leaf // in the order of the file
	workers []worker
	// What rows before were alike by, and how many there were.
	texts, amounts past
	rows           int
}

// worker is what one processor shreds and encodes with.
type worker struct {
	press
	defs, reps []byte // the levels of a batch
}

// lanesPerTurn are neighbours in a row that a worker takes together: they share what the processor has fetched of it.
const lanesPerTurn = 8

func newShredder[R Row]() (*shredder, error) {
	footer, paths, err := emptyFooter[R]()
	if err != nil {
		return nil, fmt.Errorf("describe the columns of %s: %w", tableOf[R](), err)
	}
	s := &shredder{footer: footer}
	for _, c := range tableOf[R]().columns() {
		n := &lane{column: c}
		for i := range c.leaves() {
			s.leaves = append(s.leaves, &leaf{path: paths[len(s.leaves)], form: c.form(i), full: c.full(), repeated: c.leaves() > 1, bounded: c.kind == text || c.kind == moment})
		}
		n.leaf, n.values = s.leaves[len(s.leaves)-c.leaves()], s.leaves[len(s.leaves)-1]
		s.lanes = append(s.lanes, n)
	}
	s.employ(min(4, runtime.GOMAXPROCS(0)))
	return s, nil
}

func (s *shredder) employ(workers int) {
	codec := &zstd.Codec{Level: zstd.SpeedFastest}
	s.workers = make([]worker, workers)
	for i := range s.workers {
		s.workers[i] = worker{press: press{codec: codec}, defs: make([]byte, rowsPerBatch)}
	}
}

// begin makes the leaves ready for a file.
func (s *shredder) begin() {
	for _, l := range s.leaves {
		l.reset()
		l.wide = false
	}
}

// shred appends rows to the open row group.
func (s *shredder) shred(rows batch) error {
	if rows.alike != nil {
		rows.before = s.rows
		rows.texts = s.texts.find(s.rows, rows.alike, func(a Alike) uint32 { return a.Texts })
		rows.amounts = s.amounts.find(s.rows, rows.alike, func(a Alike) uint32 { return a.Amounts })
		s.rows += rows.rows
	}
	return s.each(func(w *worker, n *lane) error {
		n.shred(w, rows)
		return n.both(&w.press, (*leaf).settle)
	})
}

// finish ends the row group: afterwards each leaf's chunk is whole.
func (s *shredder) finish() error {
	return s.each(func(w *worker, n *lane) error { return n.both(&w.press, (*leaf).finish) })
}

// both does something to the lane's leaves.
func (n *lane) both(p *press, do func(*leaf, *press) error) error {
	err := do(n.leaf, p)
	if n.values != n.leaf {
		err = errors.Join(err, do(n.values, p))
	}
	if err != nil {
		return fmt.Errorf("column %s: %w", n.name, err)
	}
	return nil
}

// each shares the lanes out among the workers.
func (s *shredder) each(do func(*worker, *lane) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, len(s.workers))
	for i := range s.workers {
		group.Go(func() {
			for errs[i] == nil {
				to := int(next.Add(lanesPerTurn))
				from := to - lanesPerTurn
				if from >= len(s.lanes) {
					return
				}
				for _, n := range s.lanes[from:min(to, len(s.lanes))] {
					errs[i] = errors.Join(errs[i], do(&s.workers[i], n))
				}
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// leaves is how many columns of a file the column takes.
func (c column) leaves() int {
	if c.kind == texts || c.kind == amounts {
		return 2
	}
	return 1
}

// form is how a leaf of the column stores a value.
func (c column) form(leaf int) format.Type {
	switch {
	case c.kind == double, c.kind == amounts && leaf == 1:
		return format.Double
	case c.kind == moment:
		return format.Int64
	default:
		return format.ByteArray
	}
}

// full is the definition level of a value that is there.
func (c column) full() byte {
	switch {
	case c.leaves() > 1:
		return 2
	case c.nullable:
		return 1
	default:
		return 0
	}
}
