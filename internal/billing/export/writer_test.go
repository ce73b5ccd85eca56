package export

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateRefusesNamesThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	for _, e := range []Export{
		{Name: ""}, {Name: "a/b"}, {Name: ".."}, {Name: "x", Prefix: "../y"}, {Name: "x", Execution: "a/b"}, {Name: "x", Execution: ".."}, {Name: "x", RowsPerFile: -1},
	} {
		if _, err := Create[Focus](t.TempDir(), e); err == nil {
			t.Errorf("created: %+v", e)
		}
	}
}

func TestWriteRefusesRowsThatBelongNowhere(t *testing.T) {
	t.Parallel()
	june := july.AddDate(0, -1, 0)
	for _, c := range []struct {
		what   string
		months []time.Time
		says   string
	}{
		{"a month that is done", []time.Time{july, june, july}, "after its manifest was written"},
		{"a period that begins within a month", []time.Time{july.Add(time.Hour)}, "begins with a month"},
		{"a month of another zone", []time.Time{july.Add(-9 * time.Hour)}, "begins with a month"},
	} {
		w, err := Create[CUR](t.TempDir(), Export{Bucket: "b", Name: "cur"})
		if err != nil {
			t.Fatal(err)
		}
		for _, month := range c.months {
			err = w.Write(randomRows[CUR](1, 3, month))
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.what, err)
		}
		if w.Close() == nil {
			t.Errorf("%s: the export is closed as if it were whole", c.what)
		}
	}
}

func TestAnExportThatWasNotClosedHasNoManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, Export{Bucket: "b", Name: "cur"}, randomRows[CUR](1, 10, july))
	w, err := Create[CUR](dir, Export{Bucket: "b", Name: "cur", RowsPerFile: 600})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(randomRows[CUR](2, 2000, july)); err != nil {
		t.Fatal(err)
	}
	b, err := Open(dir)
	if err != nil || len(b.Deliveries) != 0 || len(b.Gaps) != 1 || b.Gaps[0].Code != NoManifest {
		t.Errorf("while the old delivery is overwritten: %+v, %v", b, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if d := open(t, dir, FOCUSMissing); len(d) != 1 || d[0].Rows != 2000 {
		t.Errorf("afterwards: %+v", d)
	}
}

func TestManifestOfAWrittenExport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, Export{Bucket: "acme-billing", Prefix: "exports", Name: "cur2", Execution: "20260801T060000Z-1", RowsPerFile: 6}, randomRows[CUR](1, 10, july))
	document, err := os.ReadFile(filepath.Join(dir, "exports/cur2/metadata/BILLING_PERIOD=2026-07/20260801T060000Z-1/cur2-Manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		ExportName, ExecutionID, ContentType string
		BillingPeriod                        Span
		DataFiles                            []string
		Columns                              []ManifestColumn
		Sizes                                []Size `json:"x_files"`
	}
	if err := json.Unmarshal(document, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Columns) != len(CUR2.Columns()) || got.Columns[0] != (ManifestColumn{"identity_line_item_id", "string"}) {
		t.Errorf("columns: %v", got.Columns)
	}
	if len(got.Sizes) != 2 || got.Sizes[0].Rows != 6 || got.Sizes[1].Rows != 4 || got.Sizes[0].Bytes == 0 || len(got.Sizes[0].SHA256) != 64 {
		t.Errorf("sizes: %+v", got.Sizes)
	}
	got.Columns, got.Sizes = nil, nil
	const data = "s3://acme-billing/exports/cur2/data/BILLING_PERIOD=2026-07/20260801T060000Z-1/cur2-0000"
	want := got
	want.ExportName, want.ExecutionID, want.ContentType = "cur2", "20260801T060000Z-1", "Parquet"
	want.BillingPeriod = Span{"2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z"}
	want.DataFiles = []string{data + "1.zstd.parquet", data + "2.zstd.parquet"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
}

// TestMemoryIsBounded writes as many rows as OFFPEAK_BENCH_ROWS says, such as 10,000,000.
func TestMemoryIsBounded(t *testing.T) {
	if os.Getenv("OFFPEAK_BENCH_ROWS") == "" {
		t.Skip("OFFPEAK_BENCH_ROWS is not set")
	}
	rows := benchRows(t)
	began := time.Now()
	writeMonth(t, t.TempDir(), rows)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	took := time.Since(began)
	t.Logf("%d rows in %v, %.0f rows/s, %d MB of memory taken from the system", rows, took.Round(time.Second), float64(rows)/took.Seconds(), memory.Sys>>20)
	if memory.Sys > 300<<20 {
		t.Errorf("memory is not bounded: %d MB", memory.Sys>>20)
	}
}
