package export

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// rowAt is a row of an export whose columns change their ways: null for long and then full, unlike for long and then alike, maps that come and go.
func rowAt(n int) CUR {
	row := CUR{LineItemUsageStartDate: july.Add(time.Duration(n/1000) * time.Hour), LineItemUsageType: "BoxUsage", LineItemProductCode: fmt.Sprint("code-", n%3)}
	setMonth(&row, july)
	row.IdentityLineItemID = fmt.Sprintf("line-%024d", n)
	amount := float64(n % 977)
	if n > 100_000 {
		row.LineItemResourceID = fmt.Sprint("resource-", n%1500)
		row.ReservationEffectiveCost = &amount
	}
	if n > 200_000 && n%2 == 0 {
		row.ResourceTags = map[string]string{"user_env": "dev", "user_owner": fmt.Sprint("owner-", n%700)}
	}
	if n > 270_000 {
		row.LineItemUsageType = ""
		row.Discount = map[string]float64{}
	}
	return row
}

func TestColumnsThatChangeTheirWaysComeBack(t *testing.T) {
	t.Parallel()
	const rows = rowsPerGroup + 20_000
	dir := t.TempDir()
	w, err := Create[CUR](dir, Export{Bucket: "b", Name: "cur"})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < rows; {
		batch := make([]CUR, min(777, rows-n))
		for i := range batch {
			batch[i] = rowAt(n + i)
		}
		n += len(batch)
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := open(t, dir, FOCUSMissing)[0].Files[0]
	scan := file.Scan()
	id, kind, resource, owner := scan.Text("identity_line_item_id"), scan.Text("line_item_usage_type"), scan.Text("line_item_resource_id"), scan.Entry("resource_tags", "user_owner")
	cost, at := scan.Double("reservation_effective_cost"), scan.Time("line_item_usage_start_date")
	n := 0
	for scan.Next() {
		for i := range scan.Rows() {
			want := rowAt(n)
			same(t, n, "id", id, i, want.IdentityLineItemID, true)
			same(t, n, "usage type", kind, i, want.LineItemUsageType, want.LineItemUsageType != "")
			same(t, n, "resource", resource, i, want.LineItemResourceID, want.LineItemResourceID != "")
			same(t, n, "owner", owner, i, want.ResourceTags["user_owner"], want.ResourceTags != nil)
			if cost.Null[i] != (want.ReservationEffectiveCost == nil) || !cost.Null[i] && cost.Value[i] != *want.ReservationEffectiveCost || at.Milli[i] != want.LineItemUsageStartDate.UnixMilli() {
				t.Fatalf("row %d: %v %v %v", n, cost.Value[i], cost.Null[i], at.Milli[i])
			}
			n++
		}
	}
	if err := scan.Err(); err != nil || n != rows {
		t.Fatalf("%d rows, %v", n, err)
	}
	if err := scan.Close(); err != nil {
		t.Fatal(err)
	}
	statistics(t, file)
}

// statistics checks what the footer tells of the row groups of TestColumnsThatChangeTheirWaysComeBack.
func statistics(t *testing.T, file File) {
	t.Helper()
	o, err := openFile(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	var got []string
	for _, name := range []string{"bill_payer_account_id", "line_item_usage_start_date", "line_item_product_code", "line_item_resource_id", "identity_line_item_id", "reservation_effective_cost"} {
		_, all := o.statistics(name)
		for _, s := range all {
			least, greatest := string(s.MinValue), string(s.MaxValue)
			if name == "line_item_usage_start_date" {
				least, greatest = hourOf(s.MinValue), hourOf(s.MaxValue)
			}
			got = append(got, fmt.Sprintf("%s: %s to %s, %d null", name, least, greatest, s.NullCount))
		}
	}
	want := []string{
		"bill_payer_account_id: 111111111111 to 111111111111, 0 null", "bill_payer_account_id: 111111111111 to 111111111111, 0 null",
		"line_item_usage_start_date: 0h to 262h, 0 null", "line_item_usage_start_date: 262h to 282h, 0 null",
		"line_item_product_code: code-0 to code-2, 0 null", "line_item_product_code: code-0 to code-2, 0 null",
		"line_item_resource_id: resource-0 to resource-999, 100001 null", "line_item_resource_id: resource-0 to resource-999, 0 null",
		"identity_line_item_id:  to , 0 null", "identity_line_item_id:  to , 0 null", // too many to be worth it
		"reservation_effective_cost:  to , 100001 null", "reservation_effective_cost:  to , 0 null",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statistics (-want +got):\n%s", diff)
	}
}

func hourOf(bound []byte) string {
	return fmt.Sprintf("%dh", (int64(binary.LittleEndian.Uint64(bound))-july.UnixMilli())/3_600_000)
}

// What is remembered of a map is not believed: the caller may change it as soon as Write returns.
func TestMapsMayChangeBetweenWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := Create[Focus](dir, Export{Bucket: "b", Name: "focus"})
	if err != nil {
		t.Fatal(err)
	}
	tags, discounts := map[string]string{"env": ""}, map[string]float64{"EDP": 0}
	rows := make([]Focus, rowsPerBatch)
	for n := range 9 {
		delete(tags, fmt.Sprint("k", n-1))
		tags["env"], tags[fmt.Sprint("k", n)], discounts["EDP"] = fmt.Sprint("v", n/2), "x", float64(n)
		for i := range rows {
			setMonth(&rows[i], july)
			rows[i].Tags, rows[i].XDiscounts = tags, discounts
		}
		if err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	scan := open(t, dir, CUR2Missing)[0].Files[0].Scan()
	env, third := scan.Entry("Tags", "env"), scan.Entry("Tags", "k3")
	row := 0
	for scan.Next() {
		for i := range scan.Rows() {
			n := row / rowsPerBatch
			same(t, row, "env", env, i, fmt.Sprint("v", n/2), true)
			same(t, row, "k3", third, i, map[bool]string{true: "x"}[n == 3], n == 3)
			row++
		}
	}
	if err := scan.Err(); err != nil || row != 9*rowsPerBatch {
		t.Fatalf("%d rows, %v", row, err)
	}
	if err := scan.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whatever the hints, equal values have one place and unlike ones two.
func TestDictionariesGiveEachValueOnePlace(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 2))
	for _, hints := range []uint64{1, 3, 1 << 40} {
		var d dictionary[string]
		d.reset()
		places := map[string]int32{}
		for range 20_000 {
			s := fmt.Sprint(r.IntN(5000))
			if r.IntN(50) == 0 {
				s = ""
			}
			at := d.place(s, spread64(r.Uint64N(hints)), 1)
			if before, ok := places[s]; ok && before != at || d.list[at] != s {
				t.Fatalf("%q is at %d, was at %d, and there is %q", s, at, before, d.list[at])
			}
			places[s] = at
		}
		if len(d.list) != len(places) || d.bytes != len(places) {
			t.Errorf("%d places, %d bytes for %d values", len(d.list), d.bytes, len(places))
		}
	}
}

func TestLevelsComeBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	var v levels
	for range 2000 {
		v.reset()
		var want []byte
		for range r.IntN(5) {
			n, level := r.IntN(40), byte(r.IntN(3))
			some := make([]byte, n)
			for i := range some {
				some[i] = level
			}
			if r.IntN(3) > 0 {
				v.run(level, n)
			} else {
				if n > 0 {
					some[r.IntN(n)] = 1
				}
				v.add(some)
			}
			want = append(want, some...)
		}
		document, err := v.encode(nil, 2)
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&rle.Encoding{BitWidth: 2}).DecodeLevels(nil, document)
		if err != nil || string(got) != string(want) || v.n != len(want) {
			t.Fatalf("levels %v are %v, %v", want, got, err)
		}
	}
}

func TestBoundsOfMomentsBefore1970(t *testing.T) {
	t.Parallel()
	l := leaf{form: format.Int64}
	l.reset()
	for _, n := range []int64{5, -7, 0} {
		l.putNumber(uint64(n))
	}
	least, greatest := l.bounds()
	if int64(binary.LittleEndian.Uint64(least)) != -7 || int64(binary.LittleEndian.Uint64(greatest)) != 5 {
		t.Errorf("bounds %v %v", least, greatest)
	}
}
