package export

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// File is a Parquet file of a delivery. Its zero value is of no use; Open gives them.
type File struct {
	Path  string // on this machine
	Key   string // slash separated, beneath the folder that was opened
	Bytes int64
	Rows  int64
	Table Table
}

// stored is how a column lies in a file.
type stored struct {
	kind    kind
	perMs   int64 // of a moment: how many of its units make a millisecond; zero is the old form of 96 bits
	leaf    *parquet.Column
	value   *parquet.Column // of a map; leaf are its keys
	problem string          // why it cannot be read; empty if it can
}

// opened is a Parquet file that is being read.
type opened struct {
	key     string // as in File
	name    string // its path
	file    *os.File
	parquet *parquet.File
	columns map[string]stored // by name in small letters: AWS's catalogues write all names so
}

var errTorn = errors.New("is cut off or no Parquet file")

// openFile reads a file's footer and checks that all it speaks of lies within the file.
func openFile(name string) (*opened, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	o := &opened{file: file}
	if err := o.readFooter(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s %w: %w", name, errTorn, err), file.Close())
	}
	return o, nil
}

func (o *opened) readFooter() (err error) {
	defer guard(&err)
	info, err := o.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < 12 {
		return fmt.Errorf("it has %d bytes: %w", info.Size(), io.ErrUnexpectedEOF)
	}
	o.parquet, err = parquet.OpenFile(o.file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(64<<10))
	if err != nil {
		return err
	}
	if err := withinFile(o.parquet.Metadata(), len(o.parquet.Schema().Columns()), info.Size()); err != nil {
		return err
	}
	o.columns = map[string]stored{}
	for _, c := range o.parquet.Root().Columns() {
		o.columns[strings.ToLower(c.Name())] = storedAs(c)
	}
	return nil
}

func (o *opened) Close() error { return o.file.Close() }

// guard turns a panic of the Parquet library into an error: its readers trust much of what a file says, and a file is the world's.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", errTorn, r)
	}
}

// withinFile checks that each row group has all columns, that they lie within the file, and that the groups have the file's rows.
func withinFile(m *format.FileMetaData, columns int, size int64) error {
	var rows int64
	for i := range m.RowGroups {
		if n := len(m.RowGroups[i].Columns); n != columns || m.RowGroups[i].NumRows < 0 {
			return fmt.Errorf("row group %d has %d columns of %d and %d rows", i, n, columns, m.RowGroups[i].NumRows)
		}
		rows += m.RowGroups[i].NumRows
		for j := range m.RowGroups[i].Columns {
			c := &m.RowGroups[i].Columns[j].MetaData
			start := c.DataPageOffset
			if c.DictionaryPageOffset > 0 && c.DictionaryPageOffset < start {
				start = c.DictionaryPageOffset
			}
			if start < 4 || c.TotalCompressedSize < 0 || c.TotalCompressedSize > size || start > size-c.TotalCompressedSize {
				return fmt.Errorf("column %s lies outside of the file", strings.Join(c.PathInSchema, "."))
			}
		}
	}
	if rows != m.NumRows {
		return fmt.Errorf("its row groups have %d rows and the file %d", rows, m.NumRows)
	}
	return nil
}

// storedAs says how a column of the file can be read.
func storedAs(c *parquet.Column) stored {
	if !c.Leaf() {
		return storedMap(c)
	}
	if c.Repeated() {
		return stored{problem: "a list"}
	}
	s := stored{leaf: c}
	logical := c.Type().LogicalType()
	switch c.Type().Kind() {
	case parquet.Double:
		s.kind = double
	case parquet.ByteArray:
		s.kind = text
	case parquet.Int96:
		s.kind = moment
	case parquet.Int64:
		s.kind = moment
		s.perMs = perMillisecond(logical)
	default:
		s.problem = c.Type().String()
	}
	_, isDecimal := decimalOf(logical)
	if isDecimal || s.kind == moment && s.perMs == 0 && c.Type().Kind() == parquet.Int64 {
		s.problem = c.Type().String()
	}
	return s
}

func decimalOf(logical *format.LogicalType) (*format.DecimalType, bool) {
	if logical == nil {
		return nil, false
	}
	d, ok := logical.Value.(*format.DecimalType)
	return d, ok
}

// perMillisecond is how many units of a timestamp make a millisecond, zero if it is none.
func perMillisecond(logical *format.LogicalType) int64 {
	if logical == nil {
		return 0
	}
	t, ok := logical.Value.(*format.TimestampType)
	if !ok {
		return 0
	}
	switch t.Unit.Value.(type) {
	case *format.MilliSeconds:
		return 1
	case *format.MicroSeconds:
		return 1000
	case *format.NanoSeconds:
		return 1_000_000
	default:
		return 0
	}
}

// storedMap reads a map by its shape — a group of one repeated group of a key and a value — since writers name the groups differently.
func storedMap(c *parquet.Column) stored {
	entries := c.Columns()
	if len(entries) != 1 || !entries[0].Repeated() || c.Repeated() || len(entries[0].Columns()) != 2 {
		return stored{problem: "a group that is no map"}
	}
	key, value := entries[0].Columns()[0], entries[0].Columns()[1]
	if !strings.EqualFold(key.Name(), "key") {
		key, value = value, key
	}
	s := stored{kind: texts, leaf: key, value: value}
	switch {
	case !key.Leaf() || !value.Leaf() || key.Type().Kind() != parquet.ByteArray:
		s.problem = "a map that is not of text"
	case value.Type().Kind() == parquet.Double:
		s.kind = amounts
	case value.Type().Kind() != parquet.ByteArray:
		s.problem = "a map to " + value.Type().String()
	}
	return s
}
