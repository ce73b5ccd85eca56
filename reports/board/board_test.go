package board_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"offpeak/reports/board"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

var keep = flag.String("keep", "", "folder in which the PDFs are left, to be looked at")

func TestAPDFIsWrittenInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, language := range words.Languages() {
		for _, resources := range []int{0, 1, 60} {
			data, err := board.Write(sample.Report(resources), language, board.Extra{Annex: "0123"})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(data, []byte("%PDF-")) || len(data) > 400_000 {
				t.Errorf("%s, %d resources: %d bytes that begin with %q", language, resources, len(data), data[:8])
			}
			if *keep != "" && resources == 60 {
				if err := os.WriteFile(filepath.Join(*keep, string(language)+".pdf"), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestTheSameReportIsTheSamePDF(t *testing.T) {
	t.Parallel()
	write := func() []byte {
		data, err := board.Write(sample.Report(30), words.Korean, board.Extra{})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	first := write()
	for range 8 { // the order of a map is not always another one
		if again := write(); !bytes.Equal(first, again) {
			t.Fatalf("%d and %d bytes differ", len(first), len(again))
		}
	}
}
