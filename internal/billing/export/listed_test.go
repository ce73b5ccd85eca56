package export_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/export"
)

func TestWhatAManifestLists(t *testing.T) {
	t.Parallel()
	const at = "copies/cur/metadata/BILLING_PERIOD=2026-07/cur-Manifest.json"
	columns := func(table export.Table) string {
		var names []string
		for _, c := range table.Columns() {
			names = append(names, `{"name":"`+strings.ToLower(c)+`"}`)
		}
		return `"columns":[` + strings.Join(names, ",") + `],`
	}
	for _, row := range []struct {
		name, manifest, document string
		want                     []string
		refusal                  string
	}{
		{
			"files lie beside the manifest, wherever that was copied to", at,
			`{` + columns(export.CUR2) + `"dataFiles":["s3://elsewhere/old/cur/data/BILLING_PERIOD=2026-07/b.snappy.parquet","old/cur/data/BILLING_PERIOD=2026-07/a.parquet"]}`,
			[]string{"copies/cur/data/BILLING_PERIOD=2026-07/b.snappy.parquet", "copies/cur/data/BILLING_PERIOD=2026-07/a.parquet"},
			"",
		},
		{
			"each delivery in a folder of its own, no columns said, and nothing above", "metadata/BILLING_PERIOD=2026-07/20260801T060000Z-1/cur-Manifest.json",
			`{"dataFiles":["s3://b/p/cur/data/BILLING_PERIOD=2026-07/20260801T060000Z-1/a.parquet"]}`,
			[]string{"data/BILLING_PERIOD=2026-07/20260801T060000Z-1/a.parquet"},
			"",
		},
		{
			"the same beneath the export's name", "cur/metadata/BILLING_PERIOD=2026-07/20260801T060000Z-1/cur-Manifest.json",
			`{"dataFiles":["s3://b/p/cur/data/BILLING_PERIOD=2026-07/20260801T060000Z-1/a.parquet"]}`,
			[]string{"cur/data/BILLING_PERIOD=2026-07/20260801T060000Z-1/a.parquet"},
			"",
		},
		{"another table's columns", at, `{` + columns(export.FOCUS) + `"dataFiles":["x/data/BILLING_PERIOD=2026-07/a.parquet"]}`, nil, "has no bill_payer_account_id"},
		{"another month", at, `{"dataFiles":["x/data/BILLING_PERIOD=2026-08/a.parquet"]}`, nil, "no data file of 2026-07"},
		{"a way out", at, `{"dataFiles":["x/data/BILLING_PERIOD=2026-07/../../../secret.parquet"]}`, nil, "no data file of 2026-07"},
		{"no Parquet", at, `{"dataFiles":["x/data/BILLING_PERIOD=2026-07/a.csv.gz"]}`, nil, "to Parquet"},
		{"a manifest among the data", strings.Replace(at, "metadata", "data", 1), `{"dataFiles":["x/data/BILLING_PERIOD=2026-07/a.parquet"]}`, nil, "metadata/BILLING_PERIOD="},
	} {
		m, err := export.ParseManifest([]byte(row.document))
		if err != nil {
			t.Fatal(err)
		}
		month, got, err := m.Listed(export.CUR2, row.manifest)
		if row.refusal != "" {
			if err == nil || !strings.Contains(fmt.Sprint(err), row.refusal) {
				t.Errorf("%s: got %v, %v, want %s", row.name, got, err, row.refusal)
			}
			continue
		}
		if diff := cmp.Diff(row.want, got); diff != "" || err != nil || month.Format("2006-01-02") != "2026-07-01" {
			t.Errorf("%s: %s, %v (-want +got):\n%s", row.name, month, err, diff)
		}
	}
}
