package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"io"
	"slices"

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

// steady returns the same archive with its files in order. The library writes sheets in the order of a map; a report is named by the hash of its files.
func steady(data []byte) ([]byte, error) {
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
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if err := w.Copy(f); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
