package export

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"
)

// Export is one export of one payer, as its owner set it up in Data Exports.
type Export struct {
	Bucket string // stands in the manifests' addresses
	Prefix string // folders between the bucket and the export; may be empty
	Name   string
	// Execution is the folder of this delivery where the export keeps its old ones, such as 20260801T060000Z-3f2a; empty where each delivery overwrites the last.
	Execution string
	// RowsPerFile is where a file ends and the next one begins; zero is 2,000,000.
	RowsPerFile int
}

const (
	defaultRowsPerFile = 2_000_000
	// rowsPerGroup bounds what is held in memory: a group's compressed pages and its dictionaries.
	rowsPerGroup = 1 << 18
	// rowsPerBatch are shredded together, the columns shared out among the processors. As many as a processor's cache holds: each column walks all of them.
	rowsPerBatch = 512
)

// Writer writes the rows of one export. It is for one goroutine at a time and works with several itself.
type Writer[R Row] struct {
	dir      string
	export   Export
	root     string // prefix and name, slash separated
	table    Table
	shredder *shredder
	waiting  []R     // fewer than a batch
	alike    []Alike // of those that wait
	month    time.Time
	closed   map[time.Time]bool
	file     *dataFile
	files    []Size // of the month that is open
	err      error
}

// Create begins an export beneath dir, which stands for the bucket. Nothing is written before the first row.
func Create[R Row](dir string, e Export) (*Writer[R], error) {
	if e.RowsPerFile == 0 {
		e.RowsPerFile = defaultRowsPerFile
	}
	root := path.Join(e.Prefix, e.Name)
	switch {
	case e.Name == "" || path.Base(e.Name) != e.Name || !filepath.IsLocal(e.Name):
		return nil, fmt.Errorf("create export: the name %q is not that of a folder", e.Name)
	case !filepath.IsLocal(filepath.FromSlash(root)):
		return nil, fmt.Errorf("create export %s: the prefix %q leads out of the bucket", e.Name, e.Prefix)
	case e.Execution != "" && (path.Base(e.Execution) != e.Execution || !filepath.IsLocal(e.Execution)):
		return nil, fmt.Errorf("create export %s: the execution %q is not the name of one folder", e.Name, e.Execution)
	case e.RowsPerFile < 0:
		return nil, fmt.Errorf("create export %s: %d rows in a file", e.Name, e.RowsPerFile)
	}
	shredder, err := newShredder[R]()
	if err != nil {
		return nil, fmt.Errorf("create export %s: %w", e.Name, err)
	}
	return &Writer[R]{dir: dir, export: e, root: root, table: tableOf[R](), shredder: shredder, closed: map[time.Time]bool{}}, nil
}

// Write appends rows. Each goes to the billing period that it names; the rows of one period come together, and the periods in any order. The rows may be reused
// when Write returns. After an error the export is unusable.
func (w *Writer[R]) Write(rows []R) error { return w.WriteAlike(rows, nil) }

// WriteAlike is Write of rows of which it is known which are alike, one Alike for each row; nil is none. The files are the same and are written faster.
func (w *Writer[R]) WriteAlike(rows []R, alike []Alike) error {
	if alike == nil {
		alike = make([]Alike, len(rows))
	}
	if len(alike) != len(rows) {
		return fmt.Errorf("write %s: %d rows, and %d of which it is known what they are like", w.export.Name, len(rows), len(alike))
	}
	for len(rows) > 0 && w.err == nil {
		month := billed(&rows[0])
		if !month.Equal(w.month) {
			w.err = w.begin(month)
		}
		same := 1
		for same < len(rows) && billed(&rows[same]).Equal(month) {
			same++
		}
		if w.err == nil {
			w.err = w.append(rows[:same], alike[:same])
		}
		rows, alike = rows[same:], alike[same:]
	}
	return w.err
}

// Close writes what is left and the last period's manifest.
func (w *Writer[R]) Close() error {
	if w.err == nil {
		w.err = w.finish()
	}
	if w.file != nil {
		w.err = errors.Join(w.err, w.file.abandon())
		w.file = nil
	}
	err := w.err
	if err == nil {
		w.err = fmt.Errorf("export %s is closed", w.export.Name)
	}
	return err
}

// billed is the month that a row belongs to.
func billed[R Row](row *R) time.Time {
	switch row := any(row).(type) {
	case *Focus:
		return row.BillingPeriodStart
	case *CUR:
		return row.BillBillingPeriodStartDate
	default:
		return time.Time{}
	}
}

// begin ends the period that is open and opens another.
func (w *Writer[R]) begin(month time.Time) error {
	if err := w.finish(); err != nil {
		return err
	}
	utc := month.UTC()
	if !time.Date(utc.Year(), utc.Month(), 1, 0, 0, 0, 0, time.UTC).Equal(month) {
		return fmt.Errorf("write %s: a row's billing period begins at %s; it begins with a month, in UTC", w.export.Name, utc.Format(time.RFC3339))
	}
	if w.closed[utc] {
		return fmt.Errorf("write %s: rows of %s after its manifest was written; give the rows of one billing period together", w.export.Name, utc.Format(monthForm))
	}
	w.month = utc
	if err := os.MkdirAll(w.folder(metadataFolder), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", w.export.Name, err)
	}
	// Who overwrites a delivery takes its manifest away first: until the new one stands there is no delivery.
	if err := os.Remove(w.manifest()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write %s: %w", w.export.Name, err)
	}
	return nil
}

// append takes rows of the month that is open.
func (w *Writer[R]) append(rows []R, alike []Alike) error {
	if len(w.waiting) > 0 {
		n := min(len(rows), rowsPerBatch-len(w.waiting))
		w.waiting, w.alike = append(w.waiting, rows[:n]...), append(w.alike, alike[:n]...)
		rows, alike = rows[n:], alike[n:]
		if len(w.waiting) < rowsPerBatch {
			return nil
		}
		if err := w.drain(); err != nil {
			return err
		}
	}
	for len(rows) >= rowsPerBatch {
		if err := w.put(rows[:rowsPerBatch], alike[:rowsPerBatch]); err != nil {
			return err
		}
		rows, alike = rows[rowsPerBatch:], alike[rowsPerBatch:]
	}
	w.waiting, w.alike = append(w.waiting, rows...), append(w.alike, alike...)
	return nil
}

// drain writes the rows that wait, and forgets what they held on to.
func (w *Writer[R]) drain() error {
	err := w.put(w.waiting, w.alike)
	clear(w.waiting)
	w.waiting, w.alike = w.waiting[:0], w.alike[:0]
	return err
}

// put writes rows to the file that is open, and to the next one if that is full.
func (w *Writer[R]) put(rows []R, alike []Alike) error {
	for len(rows) > 0 {
		if w.file == nil {
			name := fmt.Sprintf("%s-%05d.zstd.parquet", w.export.Name, len(w.files)+1)
			file, err := createDataFile(filepath.Join(w.folder(dataFolder), name), w.shredder)
			if err != nil {
				return fmt.Errorf("write %s: %w", w.export.Name, err)
			}
			w.file = file
		}
		n := min(len(rows), w.export.RowsPerFile-w.file.rows, rowsPerGroup-w.file.grouped)
		if err := w.file.write(w.shredder, batchOf(rows[:n], alike[:n])); err != nil {
			return err
		}
		rows, alike = rows[n:], alike[n:]
		if w.file.rows == w.export.RowsPerFile {
			if err := w.closeFile(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Writer[R]) closeFile() error {
	size, err := w.file.close(w.shredder)
	w.file = nil
	size.Key = path.Join(w.key(dataFolder), path.Base(size.Key))
	w.files = append(w.files, size)
	return err
}

// finish writes what is left of the month that is open, and its manifest last of all.
func (w *Writer[R]) finish() error {
	if w.month.IsZero() {
		return nil
	}
	if err := w.drain(); err != nil {
		return err
	}
	if w.file != nil {
		if err := w.closeFile(); err != nil {
			return err
		}
	}
	if err := w.writeManifest(); err != nil {
		return fmt.Errorf("write the manifest of %s, %s: %w", w.export.Name, w.month.Format(monthForm), err)
	}
	w.closed[w.month] = true
	w.month, w.files = time.Time{}, nil
	return nil
}

func (w *Writer[R]) writeManifest() error {
	m := Manifest{
		ExportName: w.export.Name, ExecutionID: w.export.Execution, ContentType: "Parquet", Compression: "zstd",
		BillingPeriod: Span{Start: w.month.Format(time.RFC3339), End: w.month.AddDate(0, 1, 0).Format(time.RFC3339)},
		Sizes:         w.files,
	}
	for _, c := range w.table.columns() {
		m.Columns = append(m.Columns, ManifestColumn{Name: c.name, Type: c.kind.manifest()})
	}
	for _, f := range w.files {
		m.DataFiles = append(m.DataFiles, Address("s3://"+path.Join(w.export.Bucket, f.Key)))
	}
	document, err := m.encode()
	if err != nil {
		return err
	}
	// A manifest is there whole or not at all.
	unfinished := w.manifest() + ".unfinished"
	if err := os.WriteFile(unfinished, document, 0o644); err != nil {
		return err
	}
	return os.Rename(unfinished, w.manifest())
}

// key is the folder of the open month's data or metadata, as S3 knows it.
func (w *Writer[R]) key(part string) string {
	return path.Join(w.root, part, partition+w.month.Format(monthForm), w.export.Execution)
}

func (w *Writer[R]) folder(part string) string {
	return filepath.Join(w.dir, filepath.FromSlash(w.key(part)))
}

func (w *Writer[R]) manifest() string {
	return filepath.Join(w.folder(metadataFolder), w.export.Name+manifestSuffix)
}
