package export

import (
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// batch is a slice of rows, of which only the places of fields are known. Reading a field through reflection costs as much as encoding it.
type batch struct {
	first unsafe.Pointer
	size  uintptr // of one row
	rows  int
}

func batchOf[R Row](rows []R) batch {
	return batch{first: unsafe.Pointer(unsafe.SliceData(rows)), size: unsafe.Sizeof(*new(R)), rows: len(rows)}
}

// fieldOf is a row's field. T is the type of the row's field at that offset, which table.columns took from the row's type.
func fieldOf[T any](b batch, row int, offset uintptr) *T {
	return (*T)(unsafe.Add(b.first, uintptr(row)*b.size+offset))
}

// shred turns one column of the rows into a file's values: those of the column, or of a map the keys and the values.
// Texts are lent, not copied: the writer copies them before the rows may change.
func (c column) shred(into *[2][]parquet.Value, rows batch) {
	into[0], into[1] = into[0][:0], into[1][:0]
	switch c.kind {
	case text:
		into[0] = c.shredTexts(into[0], rows)
	case double:
		into[0] = c.shredDoubles(into[0], rows)
	case moment:
		for i := range rows.rows {
			into[0] = append(into[0], parquet.Int64Value(fieldOf[time.Time](rows, i, c.offset).UnixMilli()))
		}
	case texts:
		shredMaps(into, rows, c.offset, textValue)
	case amounts:
		shredMaps(into, rows, c.offset, parquet.DoubleValue)
	}
}

func (c column) shredTexts(into []parquet.Value, rows batch) []parquet.Value {
	null := parquet.NullValue()
	if !c.nullable {
		null = textValue("")
	}
	last, value := "", null // neighbours are often alike
	for i := range rows.rows {
		if s := *fieldOf[string](rows, i, c.offset); s != last {
			last = s
			switch {
			case s == "":
				value = null
			case c.nullable:
				value = textValue(s).Level(0, 1, 0)
			default:
				value = textValue(s)
			}
		}
		into = append(into, value)
	}
	return into
}

func (c column) shredDoubles(into []parquet.Value, rows batch) []parquet.Value {
	if !c.nullable {
		for i := range rows.rows {
			into = append(into, parquet.DoubleValue(*fieldOf[float64](rows, i, c.offset)))
		}
		return into
	}
	last, value := uint64(0), parquet.DoubleValue(0).Level(0, 1, 0)
	for i := range rows.rows {
		double := *fieldOf[*float64](rows, i, c.offset)
		if double == nil {
			into = append(into, parquet.NullValue())
			continue
		}
		if bits := math.Float64bits(*double); bits != last {
			last, value = bits, parquet.DoubleValue(*double).Level(0, 1, 0)
		}
		into = append(into, value)
	}
	return into
}

// leaves is how many columns of a file the column takes.
func (c column) leaves() int {
	if c.kind == texts || c.kind == amounts {
		return 2
	}
	return 1
}

// textValue lends a text. Copying each of them would cost more than all the rest of writing.
func textValue(s string) parquet.Value {
	return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// shredMaps appends the keys and the values of the rows' maps. Neighbours that share a map share its entries.
func shredMaps[V any](into *[2][]parquet.Value, rows batch, offset uintptr, value func(V) parquet.Value) {
	last, from, to := unsafe.Pointer(nil), 0, 0
	for i := range rows.rows {
		m := fieldOf[map[string]V](rows, i, offset)
		// A map is a pointer to its content.
		content := *(*unsafe.Pointer)(unsafe.Pointer(m))
		if content != nil && content == last {
			into[0], into[1] = append(into[0], into[0][from:to]...), append(into[1], into[1][from:to]...)
			continue
		}
		last = content
		from = len(into[0])
		shredMap(into, *m, value)
		to = len(into[0])
	}
}

// shredMap appends the keys and the values of one row's map in the order of its keys, so that equal rows give equal bytes.
// Definition levels: 0 is a null map, 1 an empty one, 2 an entry.
func shredMap[V any](into *[2][]parquet.Value, m map[string]V, value func(V) parquet.Value) {
	if len(m) == 0 {
		none := parquet.NullValue()
		if m != nil {
			none = none.Level(0, 1, 0)
		}
		into[0], into[1] = append(into[0], none), append(into[1], none)
		return
	}
	var room [16]string
	keys := room[:0]
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		into[0] = append(into[0], textValue(key).Level(min(i, 1), 2, 0))
		into[1] = append(into[1], value(m[key]).Level(min(i, 1), 2, 0))
	}
}
