package export

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// rowsPerScan is how many rows a Scan gives at a time, at most.
const rowsPerScan = 8192

// Scan reads columns of a file side by side, a batch of rows at a time, without building rows:
//
//	scan := file.Scan()
//	defer scan.Close()
//	cost, env := scan.Double("EffectiveCost"), scan.Entry("Tags", "env")
//	for scan.Next() {
//		for row := range scan.Rows() {
//			value, ok := env.At(row)
//			...
//		}
//	}
//	return scan.Err()
//
// Columns are named before the first Next. What they hold is lent until the following Next and then overwritten, except the texts themselves: a string that was
// taken from one stays what it is. A Scan is for one goroutine; several may scan one file.
type Scan struct {
	file    *opened
	name    string
	columns []cursor
	maps    map[string]*mapCursor
	groups  []parquet.RowGroup
	left    int64 // rows of the open row group
	rows    int
	err     error
}

// cursor reads one column.
type cursor interface {
	open(group parquet.RowGroup)
	fill(rows int) error
	close()
}

// Scan begins to read the file. What goes wrong is told by Err, also that the file cannot be opened or lacks a column.
func (f File) Scan() *Scan {
	s := &Scan{name: f.Path, maps: map[string]*mapCursor{}}
	if s.file, s.err = openFile(f.Path); s.err != nil {
		return s
	}
	if n := s.file.parquet.NumRows(); n != f.Rows {
		s.err = fmt.Errorf("%s has %d rows and had %d when it was opened: it was replaced meanwhile; open the bill again", f.Path, n, f.Rows)
	}
	s.groups = s.file.parquet.RowGroups()
	return s
}

// Text is a column of text. A row's text is Dict[Index[row]]; a null's index is -1. Dict may hold texts that no row of the batch has. As long as Age is the same a place of
// Dict has the same text: what was found out of it holds for batches to come.
type Text struct {
	Dict  []string
	Index []int32
	Age   int
}

// At is the text of a row of the batch, or false if it is null.
func (t *Text) At(row int) (string, bool) {
	if i := t.Index[row]; i >= 0 {
		return t.Dict[i], true
	}
	return "", false
}

// Double is a column of doubles. Where Null is true the value is 0 and means nothing.
type Double struct {
	Value []float64
	Null  []bool
}

// Time is a column of timestamps in milliseconds since 1970, UTC. Where Null is true the value is 0 and means nothing.
type Time struct {
	Milli []int64
	Null  []bool
}

// Text reads a column of text.
func (s *Scan) Text(name string) *Text {
	c := &textCursor{}
	if s.column(name, text, &c.stream) {
		s.columns = append(s.columns, c)
	}
	return &c.Text
}

// Double reads a column of doubles.
func (s *Scan) Double(name string) *Double {
	c := &doubleCursor{}
	if s.column(name, double, &c.stream) {
		s.columns = append(s.columns, c)
	}
	return &c.Double
}

// Time reads a column of timestamps; finer ones are cut to the millisecond.
func (s *Scan) Time(name string) *Time {
	c := &timeCursor{}
	if s.column(name, moment, &c.stream) {
		c.perMs = s.file.columns[strings.ToLower(name)].perMs
		s.columns = append(s.columns, c)
	}
	return &c.Time
}

// Entry reads what a column of maps has under a key. A row without the map, the key or a value is null.
func (s *Scan) Entry(name, key string) *Text {
	m := s.maps[name]
	if m == nil {
		m = &mapCursor{}
		if !s.column(name, texts, &m.keys.stream) {
			return &Text{}
		}
		m.values.stream.column = s.file.columns[strings.ToLower(name)].value
		s.maps[name] = m
		s.columns = append(s.columns, m)
	}
	for _, w := range m.wanted {
		if w.key == key {
			return &w.Text
		}
	}
	w := &wanted{key: key}
	m.wanted = append(m.wanted, w)
	return &w.Text
}

// column gives a stream its column, or an error that says why not.
func (s *Scan) column(name string, want kind, into *stream) bool {
	if s.err != nil {
		return false
	}
	c, ok := s.file.columns[strings.ToLower(name)]
	switch {
	case !ok:
		s.err = fmt.Errorf("%s has no column %s", s.name, name)
	case c.problem != "":
		s.err = fmt.Errorf("%s: column %s is %s and not a %s", s.name, name, c.problem, want)
	case c.kind != want:
		s.err = fmt.Errorf("%s: column %s is a %s and not a %s", s.name, name, c.kind, want)
	}
	into.column = c.leaf
	return s.err == nil
}

// Next reads the next batch. It is false at the end and after an error.
func (s *Scan) Next() bool {
	s.rows = 0
	if s.err != nil {
		return false
	}
	rows, err := s.read()
	if err != nil {
		s.err = fmt.Errorf("%s: %w", s.name, err)
		return false
	}
	s.rows = rows
	return rows > 0
}

// read fills the columns with the rows that come next, of one row group; at the end there are none.
func (s *Scan) read() (rows int, err error) {
	defer guard(&err)
	for s.left == 0 {
		if len(s.groups) == 0 {
			return 0, nil
		}
		for _, c := range s.columns {
			c.close()
			c.open(s.groups[0])
		}
		s.left = s.groups[0].NumRows()
		s.groups = s.groups[1:]
	}
	rows = int(min(s.left, rowsPerScan))
	for _, c := range s.columns {
		if err := c.fill(rows); err != nil {
			return 0, err
		}
	}
	s.left -= int64(rows)
	return rows, nil
}

// Rows is how many rows the batch has.
func (s *Scan) Rows() int { return s.rows }

// Err is what went wrong, if anything did.
func (s *Scan) Err() error { return s.err }

// Close gives back what the scan holds. Texts that were taken stay.
func (s *Scan) Close() error {
	for _, c := range s.columns {
		c.close()
	}
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// stream is one leaf of a file: the levels and values of one page after another.
type stream struct {
	column     *parquet.Column
	pages      parquet.Pages
	page       parquet.Page
	full       byte // the definition level of a value that is there
	defs, reps []byte
	at, levels int // of the page
	value      int // the next value of the page
	indexes    []int32
	dictionary parquet.Dictionary // of the page, nil if its values are plain
}

func (s *stream) open(group parquet.RowGroup) {
	s.full = byte(s.column.MaxDefinitionLevel())
	s.pages = group.ColumnChunks()[s.column.Index()].Pages()
}

func (s *stream) close() {
	if s.page != nil {
		parquet.Release(s.page)
		s.page = nil
	}
	if s.pages != nil {
		// A page that was read whole is all that mattered; closing can only fail on what was not.
		_ = s.pages.Close()
		s.pages = nil
	}
	s.at, s.levels = 0, 0
}

// turn reads the next page once the last one is used up, and says whether it did. At the end it gives io.EOF.
func (s *stream) turn() (bool, error) {
	turned := false
	for s.at == s.levels {
		if s.page != nil {
			parquet.Release(s.page)
			s.page = nil
		}
		page, err := s.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return false, io.EOF
		}
		if err != nil {
			return false, fmt.Errorf("column %s: %w: %w", strings.Join(s.column.Path(), "."), errTorn, err)
		}
		turned = true
		s.page, s.defs, s.reps = page, page.DefinitionLevels(), page.RepetitionLevels()
		s.at, s.value, s.levels = 0, 0, int(page.NumValues())
		s.indexes = nil
		if s.dictionary = page.Dictionary(); s.dictionary != nil {
			data := page.Data()
			s.indexes = data.Int32()
		}
	}
	return turned, nil
}

// next reads a page if there is need, and gives how many of its levels there are up to most.
func (s *stream) next(most int) (levels int, turned bool, err error) {
	turned, err = s.turn()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("column %s ends before its rows do: %w", strings.Join(s.column.Path(), "."), errTorn)
	}
	return min(most, s.levels-s.at), turned, err
}
