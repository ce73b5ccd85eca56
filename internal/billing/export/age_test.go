package export

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// What is remembered of a place by its age must hold however a writer lays texts out: in dictionaries, as they are, null by null, in groups of few rows.
func TestATextKeepsItsPlaceAsLongAsItsAgeIsTheSame(t *testing.T) {
	t.Parallel()
	rows := make([]hive, 30_000)
	for i := range rows {
		category, owner := fmt.Sprint("category-", i*7919%1009+i/9000), fmt.Sprint("owner-", i*31%613)
		if i%5 > 0 {
			rows[i].ChargeCategory = &category
		}
		if i%3 > 0 {
			rows[i].Tags = map[string]*string{"owner": &owner, category: &category}
		}
	}
	for name, options := range map[string][]parquet.WriterOption{
		"as they are":             {parquet.PageBufferSize(1000)},
		"as they are, in groups":  {parquet.MaxRowsPerRowGroup(4001), parquet.PageBufferSize(3000)},
		"dictionaries":            {parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.RLEDictionary), parquet.PageBufferSize(1000)},
		"dictionaries, in groups": {parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.RLEDictionary), parquet.MaxRowsPerRowGroup(9001)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "f.parquet")
			if err := parquet.WriteFile(file, rows, options...); err != nil {
				t.Fatal(err)
			}
			scan := File{Path: file, Rows: int64(len(rows))}.Scan()
			columns := []*Text{scan.Text("ChargeCategory"), scan.Entry("Tags", "owner")}
			type place struct {
				column, age int
				at          int32
			}
			known := map[place]string{}
			for n := 0; scan.Next(); {
				for i := range scan.Rows() {
					same(t, n, "ChargeCategory", columns[0], i, value(rows[n].ChargeCategory), rows[n].ChargeCategory != nil)
					same(t, n, "Tags owner", columns[1], i, value(rows[n].Tags["owner"]), rows[n].Tags["owner"] != nil)
					for c, column := range columns {
						text, there := column.At(i)
						if !there {
							continue
						}
						at := place{c, column.Age, column.Index[i]}
						if was, seen := known[at]; seen && was != text {
							t.Fatalf("row %d, column %d: %q stands at place %d, where %q stood; both of age %d", n, c, text, at.at, was, at.age)
						}
						known[at] = text
					}
					n++
				}
			}
			if err := errors.Join(scan.Err(), scan.Close()); err != nil || len(known) == 0 {
				t.Fatalf("%d places, %v", len(known), err)
			}
		})
	}
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
