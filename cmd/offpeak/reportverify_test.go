package main

import (
	"testing"

	"offpeak/reports"
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
