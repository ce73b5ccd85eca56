package export

import (
	"math"
	"slices"
	"time"
	"unsafe"
)

// batch is a slice of rows, of which only the places of fields are known. Reading a field through reflection costs more than encoding it.
type batch struct {
	first unsafe.Pointer
	size  uintptr // of one row
	rows  int
	alike []Alike // nil if no row is known to be like another
	// The rest is of rows that are. before is how many of them came before; texts and amounts are which of those they are like.
	before         int
	texts, amounts []run
}

func batchOf[R Row](rows []R, alike []Alike) batch {
	if !slices.ContainsFunc(alike, func(a Alike) bool { return a != Alike{} }) {
		alike = nil
	}
	return batch{first: unsafe.Pointer(unsafe.SliceData(rows)), size: unsafe.Sizeof(*new(R)), rows: len(rows), alike: alike}
}

// fieldOf is a row's field. T is the type of the row's field at that offset, which table.columns took from the row's type.
func fieldOf[T any](b batch, row int, offset uintptr) *T {
	return (*T)(unsafe.Add(b.first, uintptr(row)*b.size+offset))
}

// whereabouts guesses which texts and maps are the same by where they lie in memory. It only picks a place to remember them in: what is found there is compared.
// T is a kind of text or map: both begin with a pointer to their content.
func whereabouts[T any](v T) uint64 {
	return spread64(uint64(uintptr(*(*unsafe.Pointer)(unsafe.Pointer(&v)))))
}

// spread64 makes the high bits depend on all bits.
func spread64(n uint64) uint64 { return n * 0x9E3779B97F4A7C15 }

// lane brings one column of rows into the one or two leaves that it has in a file.
type lane struct {
	column
	leaf    *leaf   // the keys, of a map
	places  []int32 // of the last rows in the leaf's dictionary, below zero where they are null
	since   int     // the first row whose place still has its meaning
	age     int     // of the leaf, when that was
	values  *leaf   // of a map
	texts   shapes[string]
	amounts shapes[float64]
}

// shred appends the column of the rows.
func (n *lane) shred(w *worker, rows batch) {
	switch n.kind {
	case text:
		if n.remembers(rows) && !n.momentary {
			n.shredAlike(w, rows, rows.texts, n.putText)
		} else {
			n.shredTexts(w, rows)
		}
	case double:
		if n.remembers(rows) {
			n.shredAlike(w, rows, rows.amounts, n.putDouble)
		} else {
			n.shredDoubles(w, rows)
		}
	case moment:
		for i := range rows.rows {
			n.leaf.putNumber(uint64(fieldOf[time.Time](rows, i, n.offset).UnixMilli()))
		}
		n.leaf.rows += rows.rows
	case texts:
		shredMaps(n, &n.texts, w, rows, (*leaf).putText)
	case amounts:
		shredMaps(n, &n.amounts, w, rows, (*leaf).putDouble)
	}
}

func (n *lane) shredTexts(w *worker, rows batch) {
	n.leaf.rows += rows.rows
	lengths := 0
	for i := range rows.rows {
		lengths |= len(*fieldOf[string](rows, i, n.offset))
	}
	// Most of CUR's columns are null in most rows. Where they are not this walk has fetched what the next one reads, many rows at a time.
	if lengths == 0 && n.nullable {
		n.leaf.define(w.defs[:rows.rows], rows.rows)
		return
	}
	defs, nulls := w.defs[:rows.rows], 0
	for i := range defs {
		s := *fieldOf[string](rows, i, n.offset)
		if s == "" && n.nullable {
			defs[i] = 0
			nulls++
			continue
		}
		defs[i] = 1
		n.leaf.putText(s)
	}
	n.leaf.define(defs, nulls)
}

func (n *lane) shredDoubles(w *worker, rows batch) {
	n.leaf.rows += rows.rows
	if !n.nullable {
		for i := range rows.rows {
			n.leaf.putNumber(math.Float64bits(*fieldOf[float64](rows, i, n.offset)))
		}
		return
	}
	defs, nulls := w.defs[:rows.rows], 0
	for i := range defs {
		number := *fieldOf[*float64](rows, i, n.offset)
		if number == nil {
			defs[i] = 0
			nulls++
			continue
		}
		defs[i] = 1
		n.leaf.putNumber(math.Float64bits(*number))
	}
	n.leaf.define(defs, nulls)
}
