package export

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// tree is a folder of exports that a test bends.
type tree struct {
	t   *testing.T
	dir string
}

func (b tree) path(key string) string { return filepath.Join(b.dir, filepath.FromSlash(key)) }

func (b tree) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b tree) put(key, content string) {
	b.t.Helper()
	b.check(os.MkdirAll(filepath.Dir(b.path(key)), 0o755))
	b.check(os.WriteFile(b.path(key), []byte(content), 0o600))
}

func (b tree) remove(key string) { b.t.Helper(); b.check(os.RemoveAll(b.path(key))) }

func (b tree) rename(from, to string) {
	b.t.Helper()
	b.check(os.MkdirAll(filepath.Dir(b.path(to)), 0o755))
	b.check(os.Rename(b.path(from), b.path(to)))
}

func (b tree) cut(key string, bytes int64) { b.t.Helper(); b.check(os.Truncate(b.path(key), bytes)) }

// manifest changes a manifest.
func (b tree) manifest(key string, change func(*Manifest)) {
	b.t.Helper()
	document, err := os.ReadFile(b.path(key))
	b.check(err)
	m, err := ParseManifest(document)
	b.check(err)
	change(m)
	document, err = json.Marshal(m)
	b.check(err)
	b.put(key, string(document))
}

const (
	focusData     = "p/focus/data/BILLING_PERIOD=2026-07/"
	focusManifest = "p/focus/metadata/BILLING_PERIOD=2026-07/focus-Manifest.json"
	curData       = "p/cur/data/BILLING_PERIOD=2026-07/"
)

// bill is a payer's July in both exports, two files each.
func bill(t *testing.T) tree {
	dir := t.TempDir()
	write(t, dir, Export{Bucket: "b", Prefix: "p", Name: "focus", RowsPerFile: 30}, randomRows[Focus](1, 50, july))
	write(t, dir, Export{Bucket: "b", Prefix: "p", Name: "cur", RowsPerFile: 30}, randomRows[CUR](1, 50, july))
	return tree{t, dir}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		bend func(tree)
		read string // the exports that are read
		gaps []string
	}{
		{"nothing is wrong", func(tree) {}, "cur focus", nil},
		{"the manifest is not there", func(b tree) { b.remove(focusManifest) }, "cur", []string{
			"focus-missing p/cur/BILLING_PERIOD=2026-07", "manifest-missing p/focus/BILLING_PERIOD=2026-07",
		}},
		{"the manifest is cut off", func(b tree) { b.cut(focusManifest, 100) }, "cur", []string{"focus-missing p/cur/BILLING_PERIOD=2026-07", "manifest-unreadable " + focusManifest}},
		{"a file is missing", func(b tree) { b.remove(focusData + "focus-00002.zstd.parquet") }, "cur", []string{
			"focus-missing p/cur/BILLING_PERIOD=2026-07", "file-missing " + focusData + "focus-00002.zstd.parquet",
		}},
		{"a file is cut off", func(b tree) { b.cut(focusData+"focus-00002.zstd.parquet", 5000) }, "cur", []string{
			"focus-missing p/cur/BILLING_PERIOD=2026-07", "file-corrupt " + focusData + "focus-00002.zstd.parquet",
		}},
		{"a file is not the one that was delivered", func(b tree) {
			b.rename(focusData+"focus-00001.zstd.parquet", focusData+"focus-00002.zstd.parquet")
			b.manifest(focusManifest, func(m *Manifest) { m.DataFiles = m.DataFiles[1:] })
		}, "cur", []string{"focus-missing p/cur/BILLING_PERIOD=2026-07", "file-corrupt " + focusData + "focus-00002.zstd.parquet"}},
		{"a file is left over", func(b tree) { b.put(focusData+"focus-00003.zstd.parquet", "old") }, "cur focus", []string{"file-unlisted " + focusData + "focus-00003.zstd.parquet"}},
		{"a file of another month", func(b tree) {
			b.rename(focusData, "p/focus/data/BILLING_PERIOD=2026-06")
			b.rename(focusManifest, "p/focus/metadata/BILLING_PERIOD=2026-06/focus-Manifest.json")
			b.manifest("p/focus/metadata/BILLING_PERIOD=2026-06/focus-Manifest.json", func(m *Manifest) {
				for i, a := range m.DataFiles {
					m.DataFiles[i] = Address(strings.ReplaceAll(string(a), "2026-07", "2026-06"))
				}
				m.Sizes = nil
			})
		}, "cur", []string{
			"focus-missing p/cur/BILLING_PERIOD=2026-07", "period-wrong p/focus/data/BILLING_PERIOD=2026-06/focus-00001.zstd.parquet",
			"period-wrong p/focus/data/BILLING_PERIOD=2026-06/focus-00002.zstd.parquet",
		}},
		{"the manifest lists a file outside of the export", func(b tree) {
			b.manifest(focusManifest, func(m *Manifest) { m.DataFiles[0] = "s3://b/../../etc/passwd" })
		}, "cur", []string{"focus-missing p/cur/BILLING_PERIOD=2026-07", "manifest-unreadable " + focusManifest}},
		{"the export is delivered as CSV", func(b tree) {
			b.put(focusData+"focus-00001.csv.gz", "x")
			b.manifest(focusManifest, func(m *Manifest) { m.DataFiles = []Address{"s3://b/" + focusData + "focus-00001.csv.gz"} })
		}, "cur", []string{
			"focus-missing p/cur/BILLING_PERIOD=2026-07", "format-unsupported " + focusData + "focus-00001.csv.gz",
			"file-unlisted " + focusData + "focus-00001.zstd.parquet", "file-unlisted " + focusData + "focus-00002.zstd.parquet",
		}},
		{"only FOCUS", func(b tree) { b.remove("p/cur") }, "focus", []string{"cur-2.0-missing p/focus/BILLING_PERIOD=2026-07"}},
		{"FOCUS twice", func(b tree) {
			write(b.t, b.dir, Export{Bucket: "b", Name: "daily"}, randomRows[Focus](2, 5, july))
		}, "cur", []string{"period-twice daily/BILLING_PERIOD=2026-07", "period-twice p/focus/BILLING_PERIOD=2026-07"}},
		{"data and manifest side by side, as the older report has them", func(b tree) {
			b.put("old/20260701-20260801/x.snappy.parquet", "x")
			b.put("old/20260701-20260801/old-Manifest.json", `{"reportKeys": ["x"]}`)
		}, "cur focus", []string{"manifest-missing old/20260701-20260801", "manifest-unreadable old/20260701-20260801/old-Manifest.json"}},
		{"two payers in one export", func(b tree) {
			rows := randomRows[CUR](1, 4, july)
			rows[3].BillPayerAccountID = "999999999999"
			write(b.t, b.dir, Export{Bucket: "b", Prefix: "p", Name: "cur"}, rows)
		}, "focus", []string{
			"payers-mixed p/cur/BILLING_PERIOD=2026-07", "file-unlisted " + curData + "cur-00002.zstd.parquet", "cur-2.0-missing p/focus/BILLING_PERIOD=2026-07",
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			b := bill(t)
			c.bend(b)
			got, err := Open(b.dir)
			if err != nil {
				t.Fatal(err)
			}
			var read, gaps []string
			for _, d := range got.Deliveries {
				read = append(read, d.Name)
			}
			for _, g := range got.Gaps {
				gaps = append(gaps, string(g.Code)+" "+g.Where)
				if g.What == "" || g.Do == "" {
					t.Errorf("%s says not what and what to do: %q %q", g.Code, g.What, g.Do)
				}
			}
			if diff := cmp.Diff(c.gaps, gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if strings.Join(read, " ") != c.read {
				t.Errorf("read: %v, want %s", read, c.read)
			}
			asChosen(t, b.dir)
		})
	}
}

func TestEachDeliveryInItsOwnFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	older := Export{Bucket: "b", Name: "focus", Execution: "20260802T060000Z-aaaa"}
	newer := Export{Bucket: "b", Name: "focus", Execution: "20260803T060000Z-0000"}
	write(t, dir, older, randomRows[Focus](1, 10, july))
	write(t, dir, newer, randomRows[Focus](2, 20, july))
	b := tree{t, dir}
	const metadata = "focus/metadata/BILLING_PERIOD=2026-07/"
	document, err := os.ReadFile(b.path(metadata + newer.Execution + "/focus-Manifest.json"))
	b.check(err)
	b.put(metadata+"focus-Manifest.json", string(document)) // the copy that always speaks of the newest

	d := open(t, dir, CUR2Missing, Superseded)
	if len(d) != 1 || d[0].Rows != 20 || d[0].Manifest != metadata+"focus-Manifest.json" || d[0].Execution != newer.Execution {
		t.Fatalf("the newest delivery: %+v", d)
	}
	if old := superseded(t, dir); len(old) != 1 || old[0] != metadata+older.Execution+"/focus-Manifest.json" {
		t.Errorf("older deliveries that are named: %v", old)
	}

	// While the newest is incomplete the one before it counts.
	b.remove("focus/data/BILLING_PERIOD=2026-07/" + newer.Execution)
	d = open(t, dir, CUR2Missing, FileMissing)
	if len(d) != 1 || d[0].Rows != 10 || d[0].Execution != older.Execution {
		t.Errorf("the newest complete delivery: %+v", d)
	}
}

func superseded(t *testing.T, dir string) (keys []string) {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range b.Gaps {
		if g.Code == Superseded {
			keys = append(keys, g.Where)
		}
	}
	return keys
}

func TestPayersAndMonthsAreKeptApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	june := july.AddDate(0, -1, 0)
	acme := append(randomRows[Focus](1, 5, july), randomRows[Focus](2, 7, june)...)
	beta := randomRows[Focus](3, 11, july)
	for i := range beta {
		beta[i].BillingAccountID = "222222222222"
	}
	write(t, dir, Export{Bucket: "b", Prefix: "acme", Name: "focus"}, acme)
	write(t, dir, Export{Bucket: "b", Prefix: "beta", Name: "focus"}, beta)
	var got []string
	for _, d := range open(t, dir, CUR2Missing) {
		got = append(got, strings.Join([]string{string(d.Payer), d.Month.Format(time.RFC3339), d.Folder, d.Files[0].Key}, " "))
	}
	want := []string{
		"111111111111 2026-06-01T00:00:00Z acme/focus acme/focus/data/BILLING_PERIOD=2026-06/focus-00001.zstd.parquet",
		"111111111111 2026-07-01T00:00:00Z acme/focus acme/focus/data/BILLING_PERIOD=2026-07/focus-00001.zstd.parquet",
		"222222222222 2026-07-01T00:00:00Z beta/focus beta/focus/data/BILLING_PERIOD=2026-07/focus-00001.zstd.parquet",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

func TestOpenOfAFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error: %v", err)
	}
	b, err := Open(t.TempDir())
	if err != nil || len(b.Deliveries)+len(b.Gaps) != 0 {
		t.Errorf("an empty folder: %+v, %v", b, err)
	}
}

// foreign writes one file of any row type as an export of FOCUS.
func foreign[R any](t *testing.T, rows []R, options ...parquet.WriterOption) tree {
	t.Helper()
	b := tree{t, t.TempDir()}
	b.put(focusManifest, `{"dataFiles": ["s3://other/prefix/focus/data/BILLING_PERIOD=2026-07/f.parquet"], "billingPeriod": "2026-07"}`)
	b.put(focusData+"f.parquet", "")
	b.check(parquet.WriteFile(b.path(focusData+"f.parquet"), rows, options...))
	return b
}

func TestFOCUSOfAnOlderVersionIsRecognised(t *testing.T) {
	t.Parallel()
	type v10 struct {
		BilledCost       float64
		ChargeCategory   string
		BillingAccountID string `parquet:"BillingAccountId"`
		UsageType        string `parquet:"x_UsageType"`
	}
	b := foreign(t, []v10{{1, "Usage", "1", "BoxUsage"}})
	where := "p/focus/BILLING_PERIOD=2026-07"
	gaps(t, b, "column-missing "+where, "column-needed "+where, "focus-1.0 "+where)
	bill, err := Open(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range bill.Gaps {
		if strings.Contains(g.What, "InvoiceId") || strings.Contains(g.What, "SkuMeter") {
			t.Errorf("%s blames FOCUS 1.0 for columns that only 1.2 has: %s", g.Code, g.What)
		}
	}
}

// FOCUS 1.0 is read where there is no other, and not beside FOCUS 1.2 of the same month.
func TestFOCUSOfBothVersions(t *testing.T) {
	t.Parallel()
	const before, now = "old/BILLING_PERIOD=2026-07", "p/focus/BILLING_PERIOD=2026-07"
	b := tree{t, t.TempDir()}
	rows := randomRows[Focus](1, 50, july)
	row := old{BillingAccountID: rows[0].BillingAccountID, BillingPeriodStart: july, ChargePeriodStart: july}
	oldFOCUSIn(b, metered{row, "BoxUsage"})
	check := func(read string, want ...string) {
		t.Helper()
		got, err := Open(b.dir)
		if err != nil {
			t.Fatal(err)
		}
		var said, names []string
		for _, g := range got.Gaps {
			said = append(said, string(g.Code)+" "+g.Where)
		}
		for _, d := range got.Deliveries {
			names = append(names, d.Named())
		}
		if diff := cmp.Diff(want, said); diff != "" || strings.Join(names, " ") != read {
			t.Errorf("read %v, want %s; gaps (-want +got):\n%s", names, read, diff)
		}
	}
	check("FOCUS_1_0_AWS", "column-missing "+before, "cur-2.0-missing "+before, "focus-1.0 "+before)
	oldFOCUSIn(b, row)
	check("FOCUS_1_0_AWS", "column-missing "+before, "cur-2.0-missing "+before, "focus-1.0 "+before, "meter-missing "+before)
	write(t, b.dir, Export{Bucket: "b", Prefix: "p", Name: "focus"}, rows)
	check("FOCUS_1_2_AWS", "delivery-superseded old/metadata/BILLING_PERIOD=2026-07/x-Manifest.json", "cur-2.0-missing "+now)
}

// old is FOCUS 1.0 as far as it is needed; metered the same with AWS's column of what was used.
type old struct {
	BillingAccountID    string            `parquet:"BillingAccountId"`
	BillingPeriodStart  time.Time         `parquet:"BillingPeriodStart,timestamp(millisecond)"`
	ChargePeriodStart   time.Time         `parquet:"ChargePeriodStart,timestamp(millisecond)"`
	BilledCost          float64           `parquet:"BilledCost"`
	ConsumedQuantity    float64           `parquet:"ConsumedQuantity"`
	ContractedCost      float64           `parquet:"ContractedCost"`
	ContractedUnitPrice float64           `parquet:"ContractedUnitPrice"`
	EffectiveCost       float64           `parquet:"EffectiveCost"`
	ListCost            float64           `parquet:"ListCost"`
	ListUnitPrice       float64           `parquet:"ListUnitPrice"`
	PricingQuantity     float64           `parquet:"PricingQuantity"`
	BillingCurrency     string            `parquet:"BillingCurrency"`
	ChargeCategory      string            `parquet:"ChargeCategory"`
	ChargeClass         string            `parquet:"ChargeClass"`
	Status              string            `parquet:"CommitmentDiscountStatus"`
	PricingCategory     string            `parquet:"PricingCategory"`
	PricingUnit         string            `parquet:"PricingUnit"`
	ResourceID          string            `parquet:"ResourceId"`
	ServiceCategory     string            `parquet:"ServiceCategory"`
	ServiceName         string            `parquet:"ServiceName"`
	SKUID               string            `parquet:"SkuId"`
	SubAccountID        string            `parquet:"SubAccountId"`
	Tags                map[string]string `parquet:"Tags"`
}

type metered struct {
	old
	UsageType string `parquet:"x_UsageType"`
}

// oldFOCUSIn writes one row as FOCUS 1.0.
func oldFOCUSIn[R any](b tree, row R) {
	b.t.Helper()
	b.put("old/metadata/BILLING_PERIOD=2026-07/x-Manifest.json", `{"dataFiles": ["s3://other/old/data/BILLING_PERIOD=2026-07/f.parquet"]}`)
	b.put("old/data/BILLING_PERIOD=2026-07/f.parquet", "")
	b.check(parquet.WriteFile(b.path("old/data/BILLING_PERIOD=2026-07/f.parquet"), []R{row}))
}

func TestAForeignTableIsNamed(t *testing.T) {
	t.Parallel()
	gaps(t, foreign(t, []struct{ A string }{{"x"}}), "table-unknown "+focusData+"f.parquet")
}

// decimals is FOCUS as somebody may have converted it.
type decimals struct {
	BilledCost       int64 `parquet:"BilledCost,decimal(4:18)"`
	ChargeCategory   string
	InvoiceID        string `parquet:"InvoiceId"`
	BillingAccountID string `parquet:"BillingAccountId"`
}

func TestColumnsThatAreMissingOrOfAnotherTypeAreNamed(t *testing.T) {
	t.Parallel()
	b := foreign(t, []decimals{{1, "Usage", "I", "1"}})
	gaps(t, b, "column-missing p/focus/BILLING_PERIOD=2026-07", "column-needed p/focus/BILLING_PERIOD=2026-07", "column-type p/focus/BILLING_PERIOD=2026-07")
	bill, err := Open(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range bill.Gaps {
		for code, name := range map[Code]string{ColumnMissing: "x_Discounts", ColumnNeeded: "EffectiveCost", ColumnType: "BilledCost is DECIMAL(18,4)"} {
			if g.Code == code && (!strings.Contains(g.What, name) || !strings.Contains(strings.Join(g.Particulars(), " "), name)) {
				t.Errorf("%s does not name %s: %s %q", code, name, g, g.Args)
			}
		}
	}
}

func gaps(t *testing.T, b tree, want ...string) {
	t.Helper()
	got, err := Open(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, g := range got.Gaps {
		said = append(said, string(g.Code)+" "+g.Where)
	}
	if diff := cmp.Diff(want, said); diff != "" || len(got.Deliveries) != 0 {
		t.Errorf("deliveries %v, gaps (-want +got):\n%s", got.Deliveries, diff)
	}
}

func TestSettingsThatBringColumns(t *testing.T) {
	t.Parallel()
	got := remedy([]column{{name: "line_item_resource_id"}, {name: "discount"}, {name: "product"}})
	want := "set INCLUDE_RESOURCES to TRUE for line_item_resource_id; set INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY to FALSE for discount and discount_total_discount; " +
		"name them in the export's query (select all columns in the console)"
	if got != want {
		t.Errorf("remedy: %s", got)
	}
}
