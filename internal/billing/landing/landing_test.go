package landing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/landing"
)

func TestManifestsAreKnownByTheirKeys(t *testing.T) {
	t.Parallel()
	july := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for key, want := range map[string]landing.Manifest{
		"111122223333/offpeak-focus/metadata/BILLING_PERIOD=2026-07/offpeak-focus-Manifest.json":                   {Payer: "111122223333", Table: landing.FOCUS, Month: july},
		"111122223333/offpeak-cur/metadata/BILLING_PERIOD=2026-07/20260801T060000Z-1a2b/offpeak-cur-Manifest.json": {Payer: "111122223333", Table: landing.CUR, Month: july},
		"111122223333/offpeak-focus/data/BILLING_PERIOD=2026-07/offpeak-focus-00001.snappy.parquet":                {},
		"111122223333/offpeak-focus/metadata/BILLING_PERIOD=2026-13/offpeak-focus-Manifest.json":                   {Payer: "111122223333", Table: landing.FOCUS},
		"111122223333/others/metadata/BILLING_PERIOD=2026-07/others-Manifest.json":                                 {},
		"offpeak-focus/metadata/BILLING_PERIOD=2026-07/offpeak-focus-Manifest.json":                                {},
		"x/111122223333/offpeak-focus/metadata/BILLING_PERIOD=2026-07/offpeak-focus-Manifest.json":                 {},
		"": {},
	} {
		got, ok := landing.ManifestOf(key)
		if diff := cmp.Diff(want, got); diff != "" || ok != !want.Month.IsZero() {
			t.Errorf("%s: %v (-want +got):\n%s", key, ok, diff)
		}
	}
}

func TestWhereABillLies(t *testing.T) {
	t.Parallel()
	const payer = "111122223333"
	for _, table := range landing.Tables() {
		key := landing.Delivered(payer) + "/" + table.Export() + "/metadata/BILLING_PERIOD=2026-07/" + table.Export() + "-Manifest.json"
		if m, ok := landing.ManifestOf(key); !ok || m.Table != table || m.Payer != payer {
			t.Errorf("%s is delivered to %s, which is read as %+v", table, key, m)
		}
	}
	if got := landing.FOCUS.Location("b", payer); got != "s3://b/bill/111122223333/focus/" {
		t.Error(got)
	}
	if got := landing.CUR.Of(payer); got != "cur_111122223333" {
		t.Error(got)
	}
	for name, want := range map[string]landing.Table{"focus_111122223333": landing.FOCUS, "cur_111122223333": landing.CUR, "focus_11112222333": "", "ledger": "", "focus_111122223333x": ""} {
		table, whose, ok := landing.PayerOf(name)
		if table != want || ok != (want != "") || ok && (whose != payer || table.Of(whose) != name) {
			t.Errorf("%s is the table %q of %q: %t", name, table, whose, ok)
		}
	}
}
