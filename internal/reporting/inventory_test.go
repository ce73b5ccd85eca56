package reporting

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
)

// TestWhatTheInventoryLacks: of the tenant's accounts alone, and the same when the report is made again by what was kept of it.
func TestWhatTheInventoryLacks(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	seen := func(taken time.Time, id string, account fleet.AccountID, gaps ...string) fleet.Snapshot {
		return fleet.Snapshot{Taken: taken, Gaps: gaps, Resources: []fleet.Resource{{ID: id, ARN: fleet.ARN("arn:" + id), Kind: fleet.EC2Instance, Scope: fleet.Scope{Account: account, Region: "eu-west-1"}}}}
	}
	ours := []fleet.AccountID{"111122223333", "222233334444"}
	for _, row := range []struct {
		name      string
		snapshots []fleet.Snapshot
		resources []string
		gaps      []string
	}{
		{"none", nil, nil, nil},
		{"of the quarter's end", []fleet.Snapshot{seen(end.Add(20*time.Minute), "a", ours[0])}, []string{"a"}, nil},
		{"a day before it", []fleet.Snapshot{seen(end.Add(-24*time.Hour), "a", ours[0])}, []string{"a"}, nil},
		{"of the day on which the hub was deployed", []fleet.Snapshot{seen(end.Add(50*time.Hour), "a", ours[0])}, []string{"a"}, []string{"inventory-of-another-day [2026-10-03]"}},
		{"the last look counts", []fleet.Snapshot{seen(end.Add(25*time.Hour), "a", ours[0]), seen(end, "b", ours[1])}, []string{"a", "b"}, []string{"inventory-of-another-day [2026-10-02]"}},
		{"an old file", []fleet.Snapshot{seen(end.AddDate(0, -1, 0), "a", ours[0])}, []string{"a"}, []string{"inventory-of-another-day [2026-09-01]"}},
		{"in part", []fleet.Snapshot{
			seen(end, "a", ours[0], "222233334444/us-east-1: not looked at (denied)", "222233334444: not looked at (denied)", "111122223333/eu-west-1: the instance i-1 was left out", "111122223333/eu-west-1: the instance i-2 was left out"),
		}, []string{"a"}, []string{"part-of-inventory [111122223333/eu-west-1, 222233334444, 222233334444/us-east-1]"}},
		{"another tenant's accounts are nobody's here, nor what is missing of them", []fleet.Snapshot{seen(end, "a", ours[0]), seen(end, "x", "999900001111", "999900001111/eu-west-1: not looked at (denied)", "999900001111: not looked at")}, []string{"a"}, nil},
		{"a gap of no account is for whoever made the file", []fleet.Snapshot{seen(end, "a", ours[0], "instances.json: a record was left out", "1111222233334: no account")}, []string{"a"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			given := row.snapshots
			for _, way := range []string{"first", "again"} {
				m := &maker{Input: &Input{Snapshots: given}, period: billing.Period{From: end.AddDate(0, -3, 0), To: end}}
				if way == "first" {
					m.Snapshots, m.Survey = nil, func(context.Context, []fleet.AccountID) ([]fleet.Snapshot, error) { return given, nil }
				}
				if err := m.takeStock(t.Context(), ours); err != nil {
					t.Fatal(err)
				}
				var resources, gaps []string
				for _, g := range m.spent.Gaps {
					gaps = append(gaps, fmt.Sprintf("%s %v", g.Code, g.Args))
				}
				kept := m.inventory()
				if kept != nil {
					for _, r := range kept.Resources {
						resources = append(resources, r.ID)
					}
					given = []fleet.Snapshot{*kept}
				}
				if diff := cmp.Diff([][]string{row.resources, row.gaps}, [][]string{resources, gaps}); diff != "" {
					t.Errorf("%s (-want +got):\n%s", way, diff)
				}
			}
		})
	}
}

// TestALongListIsCut: a hundred accounts that nobody let in are no page of a report.
func TestALongListIsCut(t *testing.T) {
	t.Parallel()
	var accounts []fleet.AccountID
	var gaps []string
	for i := range 100 {
		accounts = append(accounts, fleet.AccountID(fmt.Sprintf("%012d", i)))
		gaps = append(gaps, string(accounts[i])+": not looked at")
	}
	m := &maker{Input: &Input{Snapshots: []fleet.Snapshot{{Gaps: gaps}}}}
	if err := m.takeStock(t.Context(), accounts); err != nil || len(m.spent.Gaps) != 1 || len(m.spent.Gaps[0].Args[0]) != 20*14+len("…") {
		t.Errorf("%v, %+v", err, m.spent.Gaps)
	}
}
