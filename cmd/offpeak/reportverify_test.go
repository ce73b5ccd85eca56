package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"offpeak/internal/billing/recount"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

// TestDeliveriesThatAReportNames: verify compares those and no others. The folder of the bill may hold more, in another order, and a hub names deliveries without having read their rows.
func TestDeliveriesThatAReportNames(t *testing.T) {
	t.Parallel()
	delivery := func(month, sum string, rows int64) reports.Manifest {
		return reports.Manifest{Export: "FOCUS_1_2_AWS", Month: month, Payer: "900000000001", SHA256: sum, Rows: rows}
	}
	named := []reports.Manifest{delivery("2026-09", "b", 0), delivery("2026-08", "a", 0)}
	for _, row := range []struct {
		what    string
		is      []reports.Manifest
		differs int
	}{
		{"the same, in another order and with months around them", []reports.Manifest{delivery("2026-07", "x", 1), delivery("2026-08", "a", 7), delivery("2026-09", "b", 8), delivery("2026-10", "y", 2)}, 0},
		{"one was delivered anew", []reports.Manifest{delivery("2026-08", "a", 7), delivery("2026-09", "c", 8)}, 2}, // its sum, and its rows
		{"one is not there", []reports.Manifest{delivery("2026-08", "a", 7)}, 1},
	} {
		was, is := &reports.Report{}, &reports.Report{}
		was.Sources.Manifests, is.Sources.Manifests = named, row.is
		if differs, _, err := compareReports(was, is); err != nil || len(differs) != row.differs {
			t.Errorf("%s: %q, %v", row.what, differs, err)
		}
	}
}

// TestWhoCountsAgain: never the engine that counted first, where the program has another one; and where it has not, that is no second count.
func TestWhoCountsAgain(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		counted    string
		withDuckDB bool
		engine     string
		another    bool
	}{
		{recount.Name, true, engineDuckDB, true},
		{recount.Name, false, engineGo, false},
		{"DuckDB v1.5.5", true, engineGo, true},
		{"DuckDB v1.5.5", false, engineGo, true},
		{"Athena engine version 3", true, engineGo, true},
	} {
		if engine, another := otherEngine(row.counted, row.withDuckDB); engine != row.engine || another != row.another {
			t.Errorf("after %s, with DuckDB %v: %s, another %v; want %+v", row.counted, row.withDuckDB, engine, another, row)
		}
	}
}

// TestAShelfsFolderIsWithin: a manifest that names a place outside has its files beside it, or nowhere.
func TestAShelfsFolderIsWithin(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"..", "../..", "/etc", "reports/../..", ".", "v=gone"} {
		dir := filepath.Join(t.TempDir(), "report")
		manifest := fmt.Sprintf(`{"format": %q, "folder": %q, "files": []}`, delivery.ManifestFormat, folder)
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, manifestName), []byte(manifest), 0o600)); err != nil {
			t.Fatal(err)
		}
		if k, err := lookAtReport(dir); k.files != dir || err == nil {
			t.Errorf("folder %q: files in %s, %v; want them in %s, and to be told that no report is listed", folder, k.files, err, dir)
		}
	}
}
