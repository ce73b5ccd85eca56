package export

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

var july = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// randomRows are rows whose every field is now null, now empty, now something odd.
func randomRows[R Row](seed uint64, n int, month time.Time) []R {
	r := rand.New(rand.NewPCG(seed, 1))
	words := []string{"", "a", "t3.medium", "한국어 태그", "값", "with\x00zero", "arn:aws:ec2:ap-northeast-2:111111111111:instance/i-0", "\U0001F600", " "}
	doubles := []float64{0, -1.5, 0.1, 1e-12, 1e15, math.MaxFloat64, math.SmallestNonzeroFloat64, -0.0416}
	rows := make([]R, n)
	for i := range rows {
		row := reflect.ValueOf(&rows[i]).Elem()
		for f := range row.NumField() {
			field := row.Field(f)
			word := words[r.IntN(len(words))]
			number := doubles[r.IntN(len(doubles))]
			if r.IntN(3) == 0 {
				word, number = fmt.Sprint(word, r.IntN(1000)), number*r.Float64()
			}
			switch field.Interface().(type) {
			case string:
				field.SetString(word)
			case float64:
				field.SetFloat(number)
			case *float64:
				if r.IntN(3) > 0 {
					field.Set(reflect.ValueOf(&number))
				}
			case time.Time:
				field.Set(reflect.ValueOf(july.Add(time.Duration(r.IntN(744*3600*1000)) * time.Millisecond)))
			case map[string]string:
				field.Set(reflect.ValueOf(randomMap(r, words, func() string { return words[r.IntN(len(words))] })))
			case map[string]float64:
				field.Set(reflect.ValueOf(randomMap(r, words, func() float64 { return doubles[r.IntN(len(doubles))] })))
			}
		}
		setMonth(&rows[i], month)
	}
	return rows
}

func randomMap[V any](r *rand.Rand, keys []string, value func() V) map[string]V {
	n := r.IntN(6) - 1
	if n < 0 {
		return nil
	}
	m := map[string]V{}
	for range n {
		m[keys[r.IntN(len(keys))]] = value()
	}
	return m
}

func setMonth(row any, month time.Time) {
	switch row := row.(type) {
	case *Focus:
		row.BillingPeriodStart, row.BillingAccountID = month, "111111111111"
	case *CUR:
		row.BillBillingPeriodStartDate, row.BillPayerAccountID = month, "111111111111"
	}
}

func write[R Row](t testing.TB, dir string, e Export, batches ...[]R) {
	t.Helper()
	w, err := Create[R](dir, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range batches {
		if err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// open gives the deliveries of a folder in which nothing may be wrong beside what is allowed.
func open(t testing.TB, dir string, allowed ...Code) []Delivery {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range b.Gaps {
		if !contains(allowed, g.Code) {
			t.Errorf("%s: %s", g.Code, g)
		}
	}
	return b.Deliveries
}

func contains[T comparable](all []T, one T) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
}

func TestEveryFieldOfFOCUSComesBack(t *testing.T) {
	t.Parallel()
	roundTrip[Focus](t, CUR2Missing)
}

func TestEveryFieldOfCURComesBack(t *testing.T) {
	t.Parallel()
	roundTrip[CUR](t, FOCUSMissing)
}

func roundTrip[R Row](t *testing.T, allowed Code) {
	dir := t.TempDir()
	rows := randomRows[R](7, 3000, july)
	write(t, dir, Export{Bucket: "b", Prefix: "bills/acme", Name: "x", RowsPerFile: 1300}, rows[:10], rows[10:11], rows[11:2500], rows[2500:])

	deliveries := open(t, dir, allowed)
	if len(deliveries) != 1 || len(deliveries[0].Files) != 3 {
		t.Fatalf("deliveries: %+v", deliveries)
	}
	d := deliveries[0]
	if d.Payer != "111111111111" || !d.Month.Equal(july) || d.Rows != 3000 || d.Name != "x" || d.Folder != "bills/acme/x" || d.Table != tableOf[R]() {
		t.Errorf("delivery: %+v", d)
	}
	var got []R
	for _, f := range d.Files {
		part, err := parquet.ReadFile[R](f.Path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, part...)
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("rows that were written and those that were read (-written +read):\n%s", diff)
	}
}

func TestScanGivesWhatWasWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := randomRows[Focus](9, 20_000, july)
	write(t, dir, Export{Bucket: "b", Name: "focus"}, rows)
	file := open(t, dir, CUR2Missing)[0].Files[0]

	scan := file.Scan()
	sku, payer := scan.Text("SkuId"), scan.Text("billingaccountid")
	billed, unit := scan.Double("BilledCost"), scan.Double("ListUnitPrice")
	start := scan.Time("ChargePeriodStart")
	korean, long, none := scan.Entry("Tags", "한국어 태그"), scan.Entry("Tags", "a"), scan.Entry("SkuPriceDetails", "nowhere")
	var kept []string
	n := 0
	for scan.Next() {
		for i := range scan.Rows() {
			row := rows[n]
			n++
			same(t, n, "SkuId", sku, i, row.SKUID, row.SKUID != "")
			same(t, n, "BillingAccountId", payer, i, row.BillingAccountID, true)
			value, ok := row.Tags["한국어 태그"]
			same(t, n, "Tags", korean, i, value, ok)
			value, ok = row.Tags["a"]
			same(t, n, "Tags", long, i, value, ok)
			same(t, n, "SkuPriceDetails", none, i, "", false)
			if billed.Null[i] || billed.Value[i] != row.BilledCost {
				t.Fatalf("row %d: BilledCost %v, want %v", n, billed.Value[i], row.BilledCost)
			}
			if unit.Null[i] != (row.ListUnitPrice == nil) || !unit.Null[i] && unit.Value[i] != *row.ListUnitPrice {
				t.Fatalf("row %d: ListUnitPrice %v %v", n, unit.Value[i], unit.Null[i])
			}
			if start.Null[i] || start.Milli[i] != row.ChargePeriodStart.UnixMilli() {
				t.Fatalf("row %d: ChargePeriodStart %v", n, start.Milli[i])
			}
			text, _ := sku.At(i)
			kept = append(kept, text)
		}
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	if err := scan.Close(); err != nil {
		t.Fatal(err)
	}
	if n != len(rows) {
		t.Fatalf("%d rows, want %d", n, len(rows))
	}
	for i, text := range kept {
		if text != rows[i].SKUID {
			t.Fatalf("a text that was kept changed: row %d is %q, was %q", i, text, rows[i].SKUID)
		}
	}
}

func same(t *testing.T, row int, name string, got *Text, i int, want string, there bool) {
	t.Helper()
	if text, ok := got.At(i); text != want || ok != there {
		t.Fatalf("row %d: %s is %q %v, want %q %v", row, name, text, ok, want, there)
	}
}

// Dictionaries are given up where a column has too many different texts; from there on they are plain.
func TestScanReadsColumnsThatOutgrowTheirDictionary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := make([]CUR, 60_000)
	for i := range rows {
		setMonth(&rows[i], july)
		rows[i].IdentityLineItemID = fmt.Sprintf("line-%032d", i)
		rows[i].LineItemResourceID = fmt.Sprintf("resource-%032d", i/2)
		rows[i].LineItemUnblendedCost = float64(i) / 7
		rows[i].ResourceTags = map[string]string{"user_id": fmt.Sprintf("value-%032d", i), fmt.Sprintf("user_k%032d", i): "x"}
		if i%3 == 0 {
			rows[i].LineItemResourceID = ""
		}
	}
	write(t, dir, Export{Bucket: "b", Name: "cur"}, rows)
	scan := open(t, dir, FOCUSMissing)[0].Files[0].Scan()
	id, resource, cost, tag := scan.Text("identity_line_item_id"), scan.Text("line_item_resource_id"), scan.Double("line_item_unblended_cost"), scan.Entry("resource_tags", "user_id")
	n := 0
	for scan.Next() {
		for i := range scan.Rows() {
			row := rows[n]
			same(t, n, "identity_line_item_id", id, i, row.IdentityLineItemID, true)
			same(t, n, "line_item_resource_id", resource, i, row.LineItemResourceID, row.LineItemResourceID != "")
			same(t, n, "resource_tags", tag, i, row.ResourceTags["user_id"], true)
			if cost.Value[i] != row.LineItemUnblendedCost {
				t.Fatalf("row %d: cost %v", n, cost.Value[i])
			}
			n++
		}
	}
	if err := scan.Err(); err != nil || n != len(rows) {
		t.Fatalf("%d rows, %v", n, err)
	}
}

// The same rows make the same bytes, whatever the batches in which they come and the number of workers.
func TestEqualRowsMakeEqualBytes(t *testing.T) {
	t.Parallel()
	rows := randomRows[Focus](3, 6000, july)
	made := map[string]map[string]string{}
	for name, batches := range map[string][][]Focus{"one": {rows}, "many": {rows[:1], rows[1:700], rows[700:5999], rows[5999:]}} {
		dir := t.TempDir()
		w, err := Create[Focus](dir, Export{Bucket: "b", Name: "focus", RowsPerFile: 4000})
		if err != nil {
			t.Fatal(err)
		}
		w.shredder.employ(len(batches))
		for _, batch := range batches {
			if err := w.Write(batch); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		made[name] = contents(t, dir)
	}
	if diff := cmp.Diff(made["one"], made["many"]); diff != "" || len(made["one"]) != 3 {
		t.Errorf("%d files differ: %.300s", len(made["one"]), diff)
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		all[rel] = fmt.Sprintf("%d bytes, %x", len(b), sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
