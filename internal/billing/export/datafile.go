package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// dataFile is a Parquet file that is being written.
type dataFile struct {
	path    string
	out     *os.File
	sum     hash.Hash
	bytes   int64
	footer  format.FileMetaData
	rows    int
	grouped int // rows in the open row group
}

// magic begins and ends a Parquet file.
const magic = "PAR1"

func createDataFile(name string, s *shredder) (*dataFile, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	f := &dataFile{path: name, out: out, sum: sha256.New(), footer: s.footer}
	s.begin()
	return f, f.append([]byte(magic))
}

// append counts and sums the bytes on their way to the file.
func (f *dataFile) append(b []byte) error {
	n, err := f.out.Write(b)
	f.bytes += int64(n)
	f.sum.Write(b[:n])
	return err
}

func (f *dataFile) write(s *shredder, rows batch) error {
	if err := s.shred(rows); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	f.rows += rows.rows
	f.grouped += rows.rows
	if f.grouped < rowsPerGroup {
		return nil
	}
	return f.group(s)
}

// group ends the open row group, if it has rows.
func (f *dataFile) group(s *shredder) error {
	if f.grouped == 0 {
		return nil
	}
	if err := s.finish(); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	g := format.RowGroup{NumRows: int64(f.grouped), FileOffset: f.bytes, Ordinal: int16(len(f.footer.RowGroups))}
	for _, l := range s.leaves {
		described := l.chunk.describe(l, f.bytes)
		g.TotalByteSize += described.MetaData.TotalUncompressedSize
		g.TotalCompressedSize += described.MetaData.TotalCompressedSize
		g.Columns = append(g.Columns, described)
		if err := errors.Join(f.append(l.chunk.words), f.append(l.chunk.pages)); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
		l.reset()
	}
	f.footer.RowGroups = append(f.footer.RowGroups, g)
	f.footer.NumRows += g.NumRows
	f.grouped = 0
	return nil
}

// close ends the file and says what it has become.
func (f *dataFile) close(s *shredder) (Size, error) {
	err := f.end(s)
	if closing := f.out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return Size{}, fmt.Errorf("write %s: %w", f.path, err)
	}
	return Size{Key: filepath.Base(f.path), Bytes: f.bytes, Rows: int64(f.rows), SHA256: hex.EncodeToString(f.sum.Sum(nil))}, nil
}

// end writes the last row group and the footer.
func (f *dataFile) end(s *shredder) error {
	if err := f.group(s); err != nil {
		return err
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &f.footer)
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return f.append(append(footer, magic...))
}

// abandon leaves the file as it is, without an end; no manifest will list it.
func (f *dataFile) abandon() error { return f.out.Close() }

// emptyFooter is the footer of a file of a row type without rows, and the paths of its leaves. The Parquet library makes it from the row's tags, by which it reads rows.
func emptyFooter[R Row]() (format.FileMetaData, [][]string, error) {
	var file bytes.Buffer
	if err := parquet.NewGenericWriter[R](&file, parquet.CreatedBy("offpeak", "1", "export")).Close(); err != nil {
		return format.FileMetaData{}, nil, err
	}
	read, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		return format.FileMetaData{}, nil, err
	}
	return *read.Metadata(), read.Schema().Columns(), nil
}
