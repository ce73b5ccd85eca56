package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offpeak/internal/local"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/sample"
)

// TestACopyOfAHubsShelf is read like any other folder of reports: its manifests name a folder beside them.
func TestACopyOfAHubsShelf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := local.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := sample.Report(3)
	id := delivery.ID{Payer: r.Tenant.Payer, Quarter: r.Quarter, State: reports.Final}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := (delivery.Shelf{Store: store}).Put(t.Context(), id, r, []delivery.File{{Name: delivery.ReportFile, Data: data}, {Name: "lines.csv", Data: []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	all, err := reportFolder(filepath.Join(dir, "reports")).of(r.Tenant.Payer)
	if err != nil || len(all) != 1 || all[0].report.Quarter != r.Quarter {
		t.Fatalf("%d reports, %v", len(all), err)
	}
	c, _, errs := terminal(time.Now())
	simulated := t.TempDir()
	const policy = "../../testdata/policy/organisation.yaml"
	if code := run([]string{"simulate", "--policy", policy, "--sample", "6", "--from", "2026-07-06", "--to", "2026-07-13", "--out", simulated}, c); code != exitDone {
		t.Fatal(errs)
	}
	code := run([]string{"report", "verify", all[0].folder, "--policy", policy, "--ledger", simulated, "--bill", filepath.Join(simulated, "bill")}, c)
	if said := "the report is of payer " + string(r.Tenant.Payer) + ", and the bill in "; code != exitUsage || !strings.Contains(errs.String(), said) {
		t.Errorf("counted again from somebody else's bill: %d, %s", code, errs)
	}
	if err := os.WriteFile(filepath.Join(all[0].files, "lines.csv"), []byte("y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readReport(all[0].folder); err == nil || !strings.Contains(err.Error(), "lines.csv was changed") {
		t.Errorf("%v", err)
	}
}
