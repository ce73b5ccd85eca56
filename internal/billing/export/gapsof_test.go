package export_test

import (
	"strings"
	"testing"

	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// TestGapsOfAPayer: what is said of one payer's bill names no file of another's, and keeps what may be its own.
func TestGapsOfAPayer(t *testing.T) {
	t.Parallel()
	const one, two = fleet.AccountID("111111111111"), fleet.AccountID("222222222222")
	side := &export.Bill{Deliveries: []export.Delivery{{Payer: one, Folder: "a/focus"}, {Payer: one, Folder: "a/cur2"}, {Payer: two, Folder: "b/focus"}, {Payer: two, Folder: "mixed/two"}, {Payer: one, Folder: "mixed/one"}}}
	flat := &export.Bill{Deliveries: []export.Delivery{{Payer: one, Folder: ""}}}
	for _, row := range []struct {
		bill  *export.Bill
		where string
		want  []fleet.AccountID
	}{
		{side, "a/focus/data/BILLING_PERIOD=2026-07/x.parquet", []fleet.AccountID{one}},
		{side, "b/focus/BILLING_PERIOD=2026-07", []fleet.AccountID{two}},
		{side, "b/cur2/data/BILLING_PERIOD=2026-07/x.parquet", []fleet.AccountID{two}}, // of an export that cannot be read, beside one that can
		{side, "mixed/one/x.parquet", []fleet.AccountID{one}},
		{side, "mixed/else/x.parquet", []fleet.AccountID{one, two}},
		{side, "ab/focus/x.parquet", []fleet.AccountID{one, two}}, // no folder of a, whose name it begins with
		{side, "stray.parquet", []fleet.AccountID{one, two}},
		{flat, "data/BILLING_PERIOD=2026-07/x.parquet", []fleet.AccountID{one}},
		{&export.Bill{}, "/somewhere/x.csv", []fleet.AccountID{one, two}},
	} {
		row.bill.Gaps = []export.Gap{{Code: export.FileUnlisted, Where: row.where}}
		var got []string
		for _, payer := range []fleet.AccountID{one, two} {
			if len(row.bill.GapsOf(payer)) == 1 {
				got = append(got, string(payer))
			}
		}
		var want []string
		for _, payer := range row.want {
			want = append(want, string(payer))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s concerns %v, want %v", row.where, got, want)
		}
	}
}
