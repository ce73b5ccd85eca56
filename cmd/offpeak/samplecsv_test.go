package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"offpeak/reports"
)

// TestThePublicSample makes a report of the public sample of FOCUS 1.0, of which nobody here wrote a row: by both engines, and again. What it cannot tell is named.
func TestThePublicSample(t *testing.T) {
	t.Parallel()
	const sample = "../../../shared/data/focus/sample_1000_rows_v1.0.csv"
	if _, err := os.Stat(sample); err != nil {
		t.Skipf("NOT TESTED: the public sample of FOCUS 1.0 is not there: %v", err)
	}
	policy, ledger := filepath.Join(t.TempDir(), "offpeak.yaml"), t.TempDir()
	if err := os.WriteFile(policy, []byte(smallPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"", engineGo} {
		out := t.TempDir()
		if code, _, err := in(t, "report", "--policy", policy, "--quarter", "2024Q3", "--ledger", ledger, "--bill", sample, "--engine", engine, "--out", out); code != 0 {
			t.Fatalf("engine %q: exit %d: %s", engine, code, err)
		}
		folder := filepath.Join(out, "1234567890123-2024Q3-provisional")
		if code, said, err := in(t, "report", "verify", folder, "--policy", policy, "--ledger", ledger, "--bill", sample); code != 0 || !strings.HasPrefix(said, "The same: ") {
			t.Errorf("engine %q: verify: exit %d: %s%s", engine, code, said, err)
		}
		data, err := os.ReadFile(filepath.Join(folder, "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		var r reports.Report
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		// 942 of the rows are AWS's, and their BilledCost adds up to this; EffectiveCost is cut to whole dollars in the sample.
		if got := r.Bill.Billed.String(); got != "18.0066386184" || len(r.Sources.Manifests) != 1 || r.Sources.Manifests[0].Rows != 942 {
			t.Errorf("engine %q: billed %s of %+v", engine, got, r.Sources.Manifests)
		}
		var codes []string
		for _, g := range r.Gaps {
			codes = append(codes, g.Code)
		}
		for _, want := range []string{"csv-file", "focus-1.0", "meter-missing", "other-provider", "month-not-delivered", "no-commitments", "no-ledger-entries", "no-hours", "not-billed-yet"} {
			if !slices.Contains(codes, want) {
				t.Errorf("engine %q: the gap %s is not named: %v", engine, want, codes)
			}
		}
	}
}
