package export

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// dictionaryBytes is how large a column's dictionary grows in a row group before its values are written plainly.
	dictionaryBytes = 1 << 20
	// A page ends with the batch that brings it to one of these.
	rowsPerPage   = 1 << 15
	levelsPerPage = 1 << 17
	plainPerPage  = 1 << 19
)

// leaf is a column of the file's row group that is being written: the page that is open, and the pages before it.
type leaf struct {
	path     []string
	form     format.Type
	full     byte // the definition level of a value that is there
	repeated bool
	bounded  bool // its least and greatest value are told, so that readers may pass over row groups

	words   dictionary[string]
	numbers dictionary[uint64] // of doubles and moments, by their bits
	age     int                // changes whenever places of the dictionaries lose their meaning
	wide    bool               // it outgrew its dictionary: its values are plain from there on, also in the file's next row groups

	rows       int // of the page
	nulls      int
	defs, reps levels
	indexes    []int32
	plain      []byte
	values     int // the plain ones

	chunk chunk
}

// reset begins a row group.
func (l *leaf) reset() {
	l.words.reset()
	l.numbers.reset()
	l.age++
	l.chunk.reset()
}

func (l *leaf) putText(s string) {
	if l.wide {
		l.plain = append(binary.LittleEndian.AppendUint32(l.plain, uint32(len(s))), s...)
		l.values++
		return
	}
	if d := &l.words; d.at < 0 || d.last != s { // neighbours are often alike
		d.last, d.at = s, d.place(s, whereabouts(s), 4+len(s))
	}
	l.indexes = append(l.indexes, l.words.at)
}

func (l *leaf) putDouble(n float64) { l.putNumber(math.Float64bits(n)) }

func (l *leaf) putNumber(n uint64) {
	if l.wide {
		l.plain = binary.LittleEndian.AppendUint64(l.plain, n)
		l.values++
		return
	}
	if d := &l.numbers; d.at < 0 || d.last != n {
		d.last, d.at = n, d.place(n, spread64(n^n>>32), 8)
	}
	l.indexes = append(l.indexes, l.numbers.at)
}

// define appends the definition levels of a column that is no map.
func (l *leaf) define(defs []byte, nulls int) {
	switch {
	case l.full == 0:
	case nulls == len(defs):
		l.defs.run(0, nulls)
	case nulls == 0:
		l.defs.run(l.full, len(defs))
	default:
		l.defs.add(defs)
	}
	l.nulls += nulls
}

// settle ends a batch: the page if it is full, and the dictionary if it is too large.
func (l *leaf) settle(p *press) error {
	outgrown := !l.wide && max(l.words.bytes, l.numbers.bytes) > dictionaryBytes
	empty := len(l.indexes)+l.values == 0 // nulls alone take no room
	full := l.rows >= rowsPerPage || l.defs.n >= levelsPerPage || len(l.plain) >= plainPerPage
	if !outgrown && (!full || empty) {
		return nil
	}
	if err := l.page(p); err != nil {
		return err
	}
	if outgrown {
		l.wide = true
		l.age++
	}
	return nil
}

// page writes the page that is open, if it has rows.
func (l *leaf) page(p *press) (err error) {
	if l.rows == 0 {
		return nil
	}
	h := format.DataPageHeaderV2{
		NumValues: int32(len(l.indexes) + l.values + l.nulls), NumNulls: int32(l.nulls), NumRows: int32(l.rows), Encoding: format.Plain,
	}
	if p.reps, err = l.reps.encode(p.reps, repetitions(l.repeated)); err != nil {
		return err
	}
	if p.defs, err = l.defs.encode(p.defs, l.full); err != nil {
		return err
	}
	values := l.plain
	if len(l.indexes) > 0 {
		h.Encoding = format.RLEDictionary
		width := bits.Len(uint(max(len(l.words.list), len(l.numbers.list)) - 1))
		if p.packed, err = (&rle.Encoding{BitWidth: width}).EncodeInt32(p.packed, l.indexes); err != nil {
			return err
		}
		p.raw = append(append(p.raw[:0], byte(width)), p.packed...)
		values = p.raw
	}
	l.rows, l.nulls, l.values = 0, 0, 0
	l.defs.reset()
	l.reps.reset()
	l.indexes, l.plain = l.indexes[:0], l.plain[:0]
	return l.chunk.data(p, h, values)
}

func repetitions(repeated bool) byte {
	if repeated {
		return 1
	}
	return 0
}

// finish ends the row group.
func (l *leaf) finish(p *press) error {
	if err := l.page(p); err != nil {
		return err
	}
	places := max(len(l.words.list), len(l.numbers.list))
	if places == 0 {
		return nil
	}
	p.raw = p.raw[:0]
	for _, s := range l.words.list {
		p.raw = append(binary.LittleEndian.AppendUint32(p.raw, uint32(len(s))), s...)
	}
	for _, n := range l.numbers.list {
		p.raw = binary.LittleEndian.AppendUint64(p.raw, n)
	}
	if l.bounded && !l.wide {
		l.chunk.least, l.chunk.greatest = l.bounds()
	}
	return l.chunk.dictionary(p, places, p.raw)
}

// bounds are the least and the greatest value of a row group, all of whose values are in the dictionary.
func (l *leaf) bounds() (least, greatest []byte) {
	if l.form == format.ByteArray {
		return []byte(slices.Min(l.words.list)), []byte(slices.Max(l.words.list))
	}
	signed := func(a, b uint64) int { return cmp.Compare(int64(a), int64(b)) }
	first, last := slices.MinFunc(l.numbers.list, signed), slices.MaxFunc(l.numbers.list, signed)
	return binary.LittleEndian.AppendUint64(nil, first), binary.LittleEndian.AppendUint64(nil, last)
}

// levels are a page's definition or repetition levels. While all are alike they are only counted.
type levels struct {
	n     int
	alike byte
	bytes []byte // all of them, once they differ
}

func (v *levels) reset() { v.n, v.bytes = 0, v.bytes[:0] }

// run appends n times the same level.
func (v *levels) run(level byte, n int) {
	if v.n == 0 {
		v.alike = level
	}
	if level != v.alike || len(v.bytes) > 0 {
		v.spell()
		for range n {
			v.bytes = append(v.bytes, level)
		}
	}
	v.n += n
}

// add appends levels that may differ.
func (v *levels) add(some []byte) {
	v.spell()
	v.bytes = append(v.bytes, some...)
	v.n += len(some)
}

// spell writes out the levels that were only counted.
func (v *levels) spell() {
	if len(v.bytes) > 0 {
		return
	}
	for range v.n {
		v.bytes = append(v.bytes, v.alike)
	}
}

// encode gives the levels as a page has them: nothing where there is but one level.
func (v *levels) encode(into []byte, highest byte) ([]byte, error) {
	switch {
	case highest == 0 || v.n == 0:
		return into[:0], nil
	case len(v.bytes) == 0:
		return append(binary.AppendUvarint(into[:0], uint64(v.n)<<1), v.alike), nil
	default:
		return (&rle.Encoding{BitWidth: bits.Len8(highest)}).EncodeLevels(into, v.bytes)
	}
}
