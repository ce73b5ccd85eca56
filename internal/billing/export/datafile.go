package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// dataFile is a Parquet file that is being written.
type dataFile struct {
	path    string
	out     *os.File
	sum     hash.Hash
	bytes   int64
	parquet encoder
	rows    int
	grouped int // rows in the open row group
}

// encoder is a Parquet writer of any row type, whose columns are filled one by one.
type encoder interface {
	ColumnWriters() []*parquet.ColumnWriter
	Flush() error
	Close() error
}

// dictionaryBytes is how large a column's dictionary grows in a row group before its values are written plainly.
const dictionaryBytes = 1 << 20

func createDataFile[R Row](name string) (*dataFile, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	f := &dataFile{path: name, out: out, sum: sha256.New()}
	f.parquet = parquet.NewGenericWriter[R](f,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.RLEDictionary),
		parquet.DefaultEncodingFor(parquet.Double, &parquet.RLEDictionary),
		parquet.DefaultEncodingFor(parquet.Int64, &parquet.RLEDictionary),
		parquet.DictionaryMaxBytes(dictionaryBytes),
		parquet.DataPageStatistics(false), // the index of pages at the end of the file has them already
		parquet.CreatedBy("offpeak", "1", "export"),
	)
	return f, nil
}

// Write is for the Parquet writer: it counts and sums the bytes on their way to the file.
func (f *dataFile) Write(b []byte) (int, error) {
	n, err := f.out.Write(b)
	f.bytes += int64(n)
	f.sum.Write(b[:n])
	return n, err
}

func (f *dataFile) write(s *shredder, rows batch) error {
	if err := s.shred(f.parquet.ColumnWriters(), rows); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	f.rows += rows.rows
	f.grouped += rows.rows
	if f.grouped < rowsPerGroup {
		return nil
	}
	f.grouped = 0
	if err := f.parquet.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return nil
}

// close ends the file and says what it has become.
func (f *dataFile) close() (Size, error) {
	err := f.parquet.Close()
	if closing := f.out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return Size{}, fmt.Errorf("write %s: %w", f.path, err)
	}
	return Size{Key: filepath.Base(f.path), Bytes: f.bytes, Rows: int64(f.rows), SHA256: hex.EncodeToString(f.sum.Sum(nil))}, nil
}

// abandon leaves the file as it is, without an end; no manifest will list it.
func (f *dataFile) abandon() error { return f.out.Close() }

// shredder turns rows into columns on several processors. Each column is one processor's at a time and all its values come in order, so the bytes do not depend on
// how many there are.
type shredder struct {
	columns []column
	first   []int                // the place of each column's first leaf in the file
	buffers [][2][]parquet.Value // one for each worker
}

func newShredder(t Table) *shredder {
	s := &shredder{columns: t.columns(), buffers: make([][2][]parquet.Value, min(4, runtime.GOMAXPROCS(0)))}
	at := 0
	for _, c := range s.columns {
		s.first = append(s.first, at)
		at += c.leaves()
	}
	return s
}

func (s *shredder) shred(file []*parquet.ColumnWriter, rows batch) error {
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, len(s.buffers))
	for worker := range s.buffers {
		group.Go(func() {
			for errs[worker] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(s.columns) {
					return
				}
				errs[worker] = s.column(file, i, &s.buffers[worker], rows)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (s *shredder) column(file []*parquet.ColumnWriter, i int, buffer *[2][]parquet.Value, rows batch) error {
	c := s.columns[i]
	c.shred(buffer, rows)
	for leaf := range c.leaves() {
		if _, err := file[s.first[i]+leaf].WriteRowValues(buffer[leaf]); err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return nil
}
