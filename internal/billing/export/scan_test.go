package export

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
)

// hive is a file as writers of the Hadoop family make it: everything may be null, maps have values that may be, timestamps are older or finer.
type hive struct {
	ChargeCategory     *string            `parquet:"ChargeCategory,optional"`
	BilledCost         *float64           `parquet:"billedcost,optional"`
	ChargePeriodStart  *deprecated.Int96  `parquet:"ChargePeriodStart,optional"`
	ChargePeriodEnd    *int64             `parquet:"ChargePeriodEnd,optional,timestamp(microsecond)"`
	BillingPeriodStart int64              `parquet:"BillingPeriodStart,timestamp(nanosecond)"`
	Tags               map[string]*string `parquet:"Tags,optional" parquet-value:",optional"`
	Extra              []string           `parquet:"Extra,list"`
}

func TestScanReadsWhatOtherWritersWrite(t *testing.T) {
	t.Parallel()
	usage, value, billed := "Usage", "값", -0.25
	at := july.Add(90 * time.Minute)
	day := uint32(at.Unix()/86400 + 2440588)
	nanos := uint64(at.Sub(at.Truncate(24*time.Hour))) + 999
	old := deprecated.Int96{uint32(nanos), uint32(nanos >> 32), day}
	micros := at.UnixMicro() + 7
	rows := make([]hive, 20_000)
	for i := range rows {
		rows[i].BillingPeriodStart = july.UnixNano()
		if i%3 > 0 {
			rows[i] = hive{&usage, &billed, &old, &micros, july.UnixNano() - 1, map[string]*string{"env": &value, "none": nil, "other": &usage}, []string{"a", "b"}}
		}
	}
	for name, options := range map[string][]parquet.WriterOption{
		"uncompressed":             {parquet.Compression(&parquet.Uncompressed)},
		"snappy, first page form":  {parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1), parquet.PageBufferSize(4000)},
		"gzip":                     {parquet.Compression(&parquet.Gzip)},
		"lz4":                      {parquet.Compression(&parquet.Lz4Raw)},
		"brotli":                   {parquet.Compression(&parquet.Brotli)},
		"dictionaries":             {parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.RLEDictionary), parquet.DefaultEncodingFor(parquet.Int96, &parquet.RLEDictionary), parquet.DataPageVersion(1)},
		"several groups and pages": {parquet.MaxRowsPerRowGroup(7001), parquet.PageBufferSize(1000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "f.parquet")
			if err := parquet.WriteFile(file, rows, options...); err != nil {
				t.Fatal(err)
			}
			scan := File{Path: file, Rows: int64(len(rows))}.Scan()
			category, cost := scan.Text("ChargeCategory"), scan.Double("BilledCost")
			start, end, month := scan.Time("ChargePeriodStart"), scan.Time("ChargePeriodEnd"), scan.Time("BillingPeriodStart")
			env, none, absent := scan.Entry("Tags", "env"), scan.Entry("Tags", "none"), scan.Entry("Tags", "absent")
			n := 0
			for scan.Next() {
				for i := range scan.Rows() {
					full := n%3 > 0
					n++
					same(t, n, "ChargeCategory", category, i, map[bool]string{true: usage}[full], full)
					same(t, n, "Tags env", env, i, map[bool]string{true: value}[full], full)
					same(t, n, "Tags none", none, i, "", false)
					same(t, n, "Tags absent", absent, i, "", false)
					if cost.Null[i] == full || start.Null[i] == full || end.Null[i] == full || month.Null[i] {
						t.Fatalf("row %d: nulls %v %v %v %v", n, cost.Null[i], start.Null[i], end.Null[i], month.Null[i])
					}
					if full && (cost.Value[i] != billed || start.Milli[i] != at.UnixMilli() || end.Milli[i] != at.UnixMilli() || month.Milli[i] != july.UnixMilli()-1) {
						t.Fatalf("row %d: %v %v %v %v", n, cost.Value[i], start.Milli[i], end.Milli[i], month.Milli[i])
					}
				}
			}
			if err := errors.Join(scan.Err(), scan.Close()); err != nil || n != len(rows) {
				t.Fatalf("%d rows, %v", n, err)
			}
		})
	}
}

func TestScanOfColumnsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	file := open(t, bill(t).dir)[1].Files[0]
	for _, c := range []struct {
		ask  func(*Scan)
		says string
	}{
		{func(s *Scan) { s.Text("Nowhere") }, "has no column Nowhere"},
		{func(s *Scan) { s.Text("BilledCost") }, "column BilledCost is a double and not a string"},
		{func(s *Scan) { s.Double("Tags") }, "column Tags is a map of string to string and not a double"},
		{func(s *Scan) { s.Time("SkuId") }, "column SkuId is a string and not a timestamp"},
		{func(s *Scan) { s.Entry("x_Discounts", "EDP") }, "column x_Discounts is a map of string to double and not a map of string to string"},
	} {
		scan := file.Scan()
		c.ask(scan)
		scan.Double("ListCost")
		if scan.Next() || scan.Err() == nil || !strings.Contains(scan.Err().Error(), c.says) {
			t.Errorf("error %v, want %s", scan.Err(), c.says)
		}
		if err := scan.Close(); err != nil {
			t.Error(err)
		}
	}
	file.Path += "x"
	scan := file.Scan()
	scan.Text("SkuId")
	if scan.Next() || !errors.Is(scan.Err(), os.ErrNotExist) || scan.Close() != nil {
		t.Errorf("a file that is gone: %v", scan.Err())
	}
}

// A file that was cut off or whose bytes were changed is read to an error or to the rows that it says it has, and never ends the program.
func TestTornFilesAreErrors(t *testing.T) {
	t.Parallel()
	dir := bill(t).dir
	file := open(t, dir)[0].Files[0]
	whole, err := os.ReadFile(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		torn := whole[:len(whole)*n/40]
		if rows, err := readAll(t, torn, file.Rows); err == nil {
			t.Errorf("the first %d of %d bytes are read as %d rows", len(torn), len(whole), rows)
		}
	}
	r := rand.New(rand.NewPCG(5, 5))
	refused, files := 0, 150
	if os.Getenv("OFFPEAK_SOAK") != "" {
		files = 10_000
	}
	for range files {
		changed := append([]byte{}, whole...)
		for range 1 + r.IntN(4) {
			changed[r.IntN(len(changed))] = byte(r.Uint32())
		}
		rows, err := readAll(t, changed, file.Rows)
		switch {
		case err != nil:
			refused++
		case rows != file.Rows:
			t.Errorf("a changed file is read as %d rows without an error", rows)
		}
	}
	t.Logf("%d of %d changed files were refused", refused, files)
}

// readAll reads every column of CUR 2.0.
func readAll(t *testing.T, document []byte, want int64) (rows int64, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "torn.parquet")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	scan := File{Path: path, Rows: want}.Scan()
	for _, c := range CUR2.columns() {
		switch c.kind {
		case text:
			scan.Text(c.name)
		case double:
			scan.Double(c.name)
		case moment:
			scan.Time(c.name)
		case texts:
			scan.Entry(c.name, "a")
		case amounts:
		}
	}
	for scan.Next() {
		rows += int64(scan.Rows())
	}
	err = scan.Err()
	return rows, errors.Join(err, scan.Close())
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"executionId": "e", "dataFiles": ["s3://b/p/x/data/BILLING_PERIOD=2026-07/x-00001.snappy.parquet"], "billingPeriod": {"start": "2026-07-01"}}`))
	f.Add([]byte(`{"dataFiles": [{"key": "p/x/data/BILLING_PERIOD=2026-07/20260801T000000Z-1/x.parquet"}], "billingPeriod": "2026-07", "x_files": [{"key": "k", "size": 1}]}`))
	f.Add([]byte(`{"reportKeys": ["a"]}`))
	f.Add([]byte(`{"dataFiles": ["s3://", "/", {"path": "../.."}], "columns": [{"name": 1}]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		m, err := ParseManifest(document)
		if err != nil {
			return
		}
		if len(m.DataFiles) == 0 {
			t.Fatal("a manifest without files")
		}
		again, err := m.encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		same, err := ParseManifest(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if diff := cmp.Diff(m.DataFiles, same.DataFiles); diff != "" {
			t.Fatalf("files changed: %s", diff)
		}
		for _, a := range m.DataFiles {
			if at, ok := placeOf(a.Key()); ok && (at.part != dataFolder && at.part != metadataFolder || len(at.month) != len(monthForm)) {
				t.Fatalf("%q stands at %+v", a, at)
			}
		}
	})
}

func BenchmarkScanFocus(b *testing.B) {
	const rows = 1_000_000
	dir := b.TempDir()
	writeMonth(b, dir, rows)
	file := open(b, dir, CUR2Missing)[0].Files[0]
	for b.Loop() {
		scan := file.Scan()
		account, category, status, sku, resource, service := scan.Text("SubAccountId"), scan.Text("ChargeCategory"), scan.Text("CommitmentDiscountStatus"), scan.Text("SkuId"), scan.Text("ResourceId"), scan.Text("ServiceCategory")
		list, contract, effective, billed := scan.Double("ListCost"), scan.Double("ContractedCost"), scan.Double("EffectiveCost"), scan.Double("BilledCost")
		at, team := scan.Time("ChargePeriodStart"), scan.Entry("Tags", "team")
		sums := map[string]float64{}
		n := 0
		for scan.Next() {
			byTeam := make([]float64, len(team.Dict))
			for i := range scan.Rows() {
				_ = account.Index[i] + category.Index[i] + status.Index[i] + sku.Index[i] + resource.Index[i] + service.Index[i]
				if at.Milli[i] > 0 && team.Index[i] >= 0 {
					byTeam[team.Index[i]] += list.Value[i] + contract.Value[i] + effective.Value[i] + billed.Value[i]
				}
				n++
			}
			for i, sum := range byTeam {
				sums[team.Dict[i]] += sum
			}
		}
		if err := errors.Join(scan.Err(), scan.Close()); err != nil || n != rows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
