package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
)

// archive writes a zip, packed by a faster flate than the library's own.
func archive(w io.Writer) *zip.Writer {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, packing) })
	return z
}

// packing is the level of flate, of 1 to 9.
const packing = 7

// contentTypes comes first in a package of Office files.
const contentTypes = "[Content_Types].xml"

// steady returns the same archive with its files in order, and the rows of tables in their sheets. The library writes sheets in the order of a map; a report is named
// by the hash of its files.
func (b *book) steady(data []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int {
		first := func(f *zip.File) int {
			if f.Name == contentTypes {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a.Name, b.Name))
	})
	var out bytes.Buffer
	w := archive(&out)
	filled := 0
	for _, f := range in.File {
		if !strings.HasPrefix(f.Name, sheetFolder) {
			err = w.Copy(f)
		} else {
			err = fill(w, f, b.rows[f.Name])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if b.rows[f.Name] != nil {
			filled++
		}
	}
	if filled != len(b.rows) {
		return nil, fmt.Errorf("%d of %d tables have no sheet", len(b.rows)-filled, len(b.rows))
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

const (
	sheetFolder = "xl/worksheets/sheet"
	// endOfRows is where a sheet's rows end.
	endOfRows = "</sheetData>"
	// reach is how far a sheet goes, which the library says before it knows: readers that take a sheet row by row believe it, and do without where it is not said.
	reach = `<dimension ref="A1"></dimension>`
)

// fill writes a sheet anew with the rows of a table, if it has one, at the end of those that it has.
func fill(w *zip.Writer, sheet *zip.File, r *rows) error {
	in, err := sheet.Open()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	text = bytes.Replace(text, []byte(reach), nil, 1)
	at := bytes.Index(text, []byte(endOfRows))
	if at < 0 {
		return fmt.Errorf("a sheet without %s", endOfRows)
	}
	out, err := w.Create(sheet.Name)
	if err != nil {
		return err
	}
	if _, err := out.Write(text[:at]); err != nil {
		return err
	}
	if r != nil {
		if err := r.write(out); err != nil {
			return fmt.Errorf("table %s, %w", r.table.Name, err)
		}
	}
	_, err = out.Write(text[at:])
	return err
}
