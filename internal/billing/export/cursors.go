package export

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
)

// vocabulary gives texts places in a list: those of the row group's dictionary first, then the batch's plain ones.
type vocabulary struct {
	texts []string
	dict  int // how many of them are the dictionary's
	plain string
	ends  []uint32
	age   int // changes whenever places lose their meaning
}

// open forgets the last row group's dictionary. The list is made anew, since strings of it may still be in use.
func (v *vocabulary) open() { v.texts, v.dict, v.plain, v.ends, v.age = nil, 0, "", nil, v.age+1 }

// batch drops the last batch's plain texts.
func (v *vocabulary) batch() {
	if len(v.texts) > v.dict {
		v.texts = v.texts[:v.dict]
		v.age++
	}
}

// page takes over what a new page brings: its row group's dictionary, or plain texts.
func (v *vocabulary) page(s *stream) {
	if s.dictionary == nil {
		values := s.page.Data()
		data, ends := values.ByteArray()
		v.plain, v.ends = string(data), ends
		return
	}
	if v.dict > 0 || s.dictionary.Len() == 0 {
		return
	}
	words := s.dictionary.Page().Data()
	data, ends := words.ByteArray()
	all := string(data)
	texts := make([]string, 0, len(ends)-1+cap(v.texts))
	for i := range len(ends) - 1 {
		texts = append(texts, all[ends[i]:ends[i+1]])
	}
	// Plain texts of this batch came before the dictionary only in a file that no writer writes: they would move.
	v.texts, v.dict, v.age = texts, len(texts), v.age+1
}

// add puts a plain text of the page into the list.
func (v *vocabulary) add(value int) int32 {
	v.texts = append(v.texts, v.plain[v.ends[value]:v.ends[value+1]])
	return int32(len(v.texts) - 1)
}

type textCursor struct {
	Text
	stream stream
	words  vocabulary
}

func (c *textCursor) open(group parquet.RowGroup) {
	c.stream.open(group)
	c.words.open()
}

func (c *textCursor) close() { c.stream.close() }

func (c *textCursor) fill(rows int) error {
	c.Index = sized(c.Index, rows)
	c.words.batch()
	s := &c.stream
	for row := 0; row < rows; {
		n, turned, err := s.next(rows - row)
		if err != nil {
			return err
		}
		if turned {
			c.words.page(s)
		}
		switch {
		case s.full == 0 && s.dictionary != nil:
			copy(c.Index[row:row+n], s.indexes[s.value:s.value+n])
			s.value += n
		case s.dictionary != nil:
			s.value += spread(c.Index[row:row+n], s.defs[s.at:s.at+n], s.full, s.indexes[s.value:])
		default:
			for i := range n {
				c.Index[row+i] = -1
				if s.full == 0 || s.defs[s.at+i] == s.full {
					c.Index[row+i] = c.words.add(s.value)
					s.value++
				}
			}
		}
		row += n
		s.at += n
	}
	c.Dict, c.Age = c.words.texts, c.words.age
	return nil
}

// spread sets the indexes of the rows that have a value, and -1 for those that have none; it gives how many had one.
func spread(into []int32, defs []byte, full byte, indexes []int32) int {
	used := 0
	for i, d := range defs {
		if d == full {
			into[i] = indexes[used]
			used++
		} else {
			into[i] = -1
		}
	}
	return used
}

// sized is a slice of n elements, the old one where it suffices.
func sized[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n, rowsPerScan)
	}
	return old[:n]
}

// numbers fills a column of numbers from a stream: list has a page's plain values or its dictionary's.
func numbers[N, S any](s *stream, value []N, null []bool, list func(encoding.Values) []S, convert func(S) N) error {
	var values []S
	if s.page != nil {
		values = list(s.numbers())
	}
	for row := 0; row < len(value); {
		n, turned, err := s.next(len(value) - row)
		if err != nil {
			return err
		}
		if turned {
			values = list(s.numbers())
		}
		for i := range n {
			null[row+i] = s.full > 0 && s.defs[s.at+i] != s.full
			if null[row+i] {
				var zero N
				value[row+i] = zero
				continue
			}
			at := s.value
			if s.dictionary != nil {
				at = int(s.indexes[s.value])
			}
			value[row+i] = convert(values[at])
			s.value++
		}
		row += n
		s.at += n
	}
	return nil
}

// numbers are the values that the page's own or its indexes point to.
func (s *stream) numbers() encoding.Values {
	if s.dictionary != nil {
		return s.dictionary.Page().Data()
	}
	return s.page.Data()
}

type doubleCursor struct {
	Double
	stream stream
}

func (c *doubleCursor) open(group parquet.RowGroup) { c.stream.open(group) }
func (c *doubleCursor) close()                      { c.stream.close() }

func (c *doubleCursor) fill(rows int) error {
	c.Value, c.Null = sized(c.Value, rows), sized(c.Null, rows)
	return numbers(&c.stream, c.Value, c.Null, func(v encoding.Values) []float64 { return v.Double() }, func(d float64) float64 { return d })
}

type timeCursor struct {
	Time
	stream stream
	perMs  int64
}

func (c *timeCursor) open(group parquet.RowGroup) { c.stream.open(group) }
func (c *timeCursor) close()                      { c.stream.close() }

func (c *timeCursor) fill(rows int) error {
	c.Milli, c.Null = sized(c.Milli, rows), sized(c.Null, rows)
	if c.perMs == 0 {
		return numbers(&c.stream, c.Milli, c.Null, func(v encoding.Values) []deprecated.Int96 { return v.Int96() }, milliOf96)
	}
	return numbers(&c.stream, c.Milli, c.Null, func(v encoding.Values) []int64 { return v.Int64() }, func(n int64) int64 {
		if c.perMs == 1 {
			return n
		}
		return floor(n, c.perMs)
	})
}

// floor divides and rounds down, also before 1970.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

// milliOf96 reads the old timestamps of 96 bits: nanoseconds of a day, and the Julian number of the day.
func milliOf96(t deprecated.Int96) int64 {
	const julianDayOf1970, milliOfDay = 2_440_588, 86_400_000
	nanos := int64(t[1])<<32 | int64(t[0])
	return (int64(int32(t[2]))-julianDayOf1970)*milliOfDay + floor(nanos, 1_000_000)
}

// wanted is one key of a map column, and what the rows have under it.
type wanted struct {
	Text
	key string
}

// mapCursor reads the keys and values of a map column side by side for all the keys that are wanted of it.
type mapCursor struct {
	keys   textCursor // of which only the stream and the vocabulary are used
	values textCursor
	wanted []*wanted
	place  []int32 // of each text of the keys' dictionary among wanted, -1 if it is not
}

func (c *mapCursor) open(group parquet.RowGroup) {
	c.keys.open(group)
	c.values.open(group)
	c.place = nil
}

func (c *mapCursor) close() {
	c.keys.close()
	c.values.close()
}

func (c *mapCursor) fill(rows int) error {
	for _, w := range c.wanted {
		w.Index = sized(w.Index, rows)
		for i := range w.Index {
			w.Index[i] = -1
		}
	}
	c.keys.words.batch()
	c.values.words.batch()
	row, whole := -1, false
	for !whole {
		more, err := c.turn()
		switch {
		case err != nil:
			return err
		case !more && row < rows-1:
			_, _, err := c.keys.stream.next(0)
			return err
		case !more:
			whole = true
		default:
			row, whole = c.entries(row, rows)
		}
	}
	for _, w := range c.wanted {
		w.Dict, w.Age = c.values.words.texts, c.values.words.age
	}
	return nil
}

// turn sees to it that both streams have entries, and says false at the end of both.
func (c *mapCursor) turn() (more bool, err error) {
	turned, err := c.keys.stream.turn()
	if errors.Is(err, io.EOF) {
		if _, err = c.values.stream.turn(); errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, errTorn
	}
	if err != nil {
		return false, err
	}
	if turned {
		c.keys.words.page(&c.keys.stream)
		c.find()
	}
	_, turned, err = c.values.stream.next(0)
	if turned {
		c.values.words.page(&c.values.stream)
	}
	return true, err
}

// find looks the wanted keys up in the keys' dictionary, once for each row group.
func (c *mapCursor) find() {
	words := c.keys.words.texts[:c.keys.words.dict]
	if len(c.place) == len(words) {
		return
	}
	c.place = make([]int32, len(words))
	for i, key := range words {
		c.place[i] = c.among(key)
	}
}

func (c *mapCursor) among(key string) int32 {
	for i, w := range c.wanted {
		if w.key == key {
			return int32(i)
		}
	}
	return -1
}

// entries goes through the entries that both pages have, up to the end of the last row. It gives the row at which it stands and whether that one is whole.
func (c *mapCursor) entries(row, rows int) (at int, whole bool) {
	k, v := &c.keys.stream, &c.values.stream
	n := min(k.levels-k.at, v.levels-v.at)
	for range n {
		if k.reps[k.at] == 0 {
			if row == rows-1 {
				return row, true
			}
			row++
		}
		place := int32(-1)
		if k.defs[k.at] == k.full {
			if k.dictionary != nil {
				place = c.place[k.indexes[k.value]]
			} else {
				place = c.among(c.keys.words.plain[c.keys.words.ends[k.value]:c.keys.words.ends[k.value+1]])
			}
			k.value++
		}
		if v.defs[v.at] == v.full {
			switch {
			case place < 0:
			case v.dictionary != nil:
				c.wanted[place].Index[row] = v.indexes[v.value]
			default:
				c.wanted[place].Index[row] = c.values.words.add(v.value)
			}
			v.value++
		}
		k.at++
		v.at++
	}
	return row, false
}
