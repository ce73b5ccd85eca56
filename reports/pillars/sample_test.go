package pillars_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/reports/pillars"
)

// TestTheSampleOrganisation reads what the AWS CLI printed of the sample's accounts, in which volumes were not listed and of which there is no report.
func TestTheSampleOrganisation(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../testdata/fleet/friday/*.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := local.ReadInventoryFiles(names, nil, local.Options{Taken: time.Date(2026, 11, 20, 10, 35, 0, 0, time.UTC), Posture: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range pillars.Of(&pillars.Input{Snapshots: []fleet.Snapshot{s}, OwnerTags: []string{"owner", "team"}, CostTags: []string{"team"}, RunbookTags: []string{"runbook"}}) {
		line := fmt.Sprintf("%s %d of %d, %d unknown", e.Code, e.Found, e.Looked, e.Unknown)
		if e.Value != nil {
			line += ", " + e.Value.String()
		}
		got = append(got, line)
	}
	want := strings.Split(strings.TrimSpace(`
ops-owner 0 of 66, 0 unknown
ops-failed-acts 0 of 66, 66 unknown
ops-runbook 66 of 66, 0 unknown
sec-imdsv2 0 of 40, 1 unknown
sec-public-address 1 of 55, 2 unknown
sec-unencrypted-volume 0 of 88, 77 unknown
rel-spot-diversity 0 of 0, 0 unknown
rel-backups 0 of 10, 0 unknown
rel-single-zone 8 of 11, 0 unknown
perf-previous-generation 1 of 55, 2 unknown
perf-gp2 0 of 88, 82 unknown
cost-tags 0 of 66, 0 unknown, 100
cost-off-hours 0 of 3, 3 unknown
cost-idle 0 of 1, 1 unknown
cost-commitments 0 of 1, 1 unknown
sus-idle-hours 0 of 66, 66 unknown
sus-graviton 8 of 55, 2 unknown, 15.09
`), "\n")
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}
