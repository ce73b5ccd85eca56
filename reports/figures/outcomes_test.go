package figures_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
	"offpeak/reports"
	"offpeak/reports/figures"
)

func TestWhatBecameOfLastQuartersActions(t *testing.T) {
	t.Parallel()
	in := input()
	last := &reports.Report{Quarter: "2026Q2", Tenant: reports.Tenant{Payer: "111122223333"}, Issued: july.AddDate(0, 0, -10)}
	last.Actions = []reports.Action{
		{ID: "1", Code: "idle-schedule", ARN: "arn:a"}, {ID: "2", Code: "spot", ARN: "arn:b"}, {ID: "3", Code: "idle-delete", ARN: "arn:gone"}, {ID: "4", Code: "untagged"}, {ID: "5", Code: "untagged"},
	}
	in.Earlier = []*reports.Report{last}
	in.Assets = reports.Assets{Taken: true, Went: []string{"arn:gone"}}
	again := figures.Spent{Actions: []reports.Action{{ID: "5"}}}
	r := compile(t, in, again)
	for i, want := range []struct {
		done    bool
		by      string
		brought string
	}{{true, "person", "40"}, {true, "offpeak", "4"}, {true, "person", ""}, {true, "", ""}, {false, "", ""}} {
		got := r.Before[i]
		brought := ""
		if got.Brought != nil {
			brought = got.Brought.String()
		}
		if got.Done != want.done || got.By != want.by || brought != want.brought {
			t.Errorf("action %s: done %v by %q brought %q; want %+v", got.ID, got.Done, got.By, brought, want)
		}
	}
	in.Earlier[0].Quarter = "2026Q1"
	if r = compile(t, in, again); len(r.Before) != 0 || len(r.Trend) != 2 {
		t.Errorf("a report of two quarters ago: %d actions, %d quarters; want none of its actions, and it in the trend", len(r.Before), len(r.Trend))
	}
}

// What is proposed is expected and not realised: whatever it would bring, nothing of what was avoided changes.
func TestProposalsAreInNoFigure(t *testing.T) {
	t.Parallel()
	without := compile(t, input())
	spent := figures.Spent{Verdicts: []reports.Verdict{{ARN: "arn:a", Code: "commit", Month: new(usd("9999"))}}}
	for _, code := range reports.ActionCodes() {
		spent.Actions = append(spent.Actions, reports.Action{ID: code, Code: code, ARN: "arn:a", Month: new(usd("9999"))})
	}
	with := compile(t, input(), spent)
	if diff := cmp.Diff(without.Avoided, with.Avoided); diff != "" {
		t.Errorf("(-without +with)\n%s", diff)
	}
	if len(with.Actions) != len(reports.ActionCodes()) || len(with.Verdicts) != 1 {
		t.Errorf("%d proposals, %d verdicts", len(with.Actions), len(with.Verdicts))
	}
}

// What the inventory and the market tell can only be looked for again where they are given again.
func TestWhatBecameOfFindingsExceptionsAndSpot(t *testing.T) {
	t.Parallel()
	taken := reports.Assets{Taken: true, Items: []reports.Asset{{ARN: "arn:a"}, {ARN: "arn:b"}}}
	enrolled := july.AddDate(0, 0, -10) // a, b and c are enrolled the day after
	act := func(at time.Time, cause plan.Cause) *ledger.Entry {
		return &ledger.Entry{Act: "act", State: ledger.Intent, At: at, Resource: "arn:a", Change: "stop", Cause: cause, Edge: fleet.Moment{At: at, Want: fleet.Stopped}}
	}
	finding := func(about ...fleet.ARN) reports.Action { return reports.Action{Code: "finding", About: about} }
	one := reports.Action{Code: "finding", ARN: "arn:a"}
	exception := func(due, detail string) reports.Action {
		return reports.Action{Code: "exception-expires", ARN: "arn:a", Due: due, Detail: detail}
	}
	const running, stopped = "Running until 2026-07-20 09:00", "stopped until 2026-07-20"
	for _, row := range []struct {
		name   string
		action reports.Action
		issued time.Time // of the last report
		assets reports.Assets
		acts   []*ledger.Entry
		spent  figures.Spent
		want   string // done, by, brought
	}{
		{"a finding that is found again", one, july, taken, nil, figures.Spent{Actions: []reports.Action{{ID: "x"}}}, "false  -"},
		{"it is mended, and was enrolled before", one, july, taken, nil, figures.Spent{}, "true person -"},
		{"it is mended, and enrolled since", one, enrolled, taken, nil, figures.Spent{}, "true person 40"},
		{"two of three are mended and bring what they avoided together", finding("arn:a", "arn:b", "arn:z"), enrolled, taken, nil, figures.Spent{Actions: []reports.Action{{ID: "x"}}}, "false person 30"},
		{"all of it is gone: by whom is not known", finding("arn:y", "arn:z"), july, taken, nil, figures.Spent{}, "true  -"},
		{"there is no inventory to find it in", one, enrolled, reports.Assets{}, nil, figures.Spent{}, "false  -"},
		{"an exception that ran out before the quarter", exception("2026-07-01", running), july.AddDate(0, 0, -1), taken, nil, figures.Spent{}, "true nobody 40"},
		{"within it: what it brought cannot be told apart", exception("2026-07-20", running), july, taken, nil, figures.Spent{}, "true nobody -"},
		{"its schedule acted before the end", exception("2026-07-20", running), july, taken, []*ledger.Entry{act(july.AddDate(0, 0, 9), plan.BySchedule)}, figures.Spent{}, "true person -"},
		{"its schedule acted after the end", exception("2026-07-20", running), july, taken, []*ledger.Entry{act(july.AddDate(0, 0, 30), plan.BySchedule)}, figures.Spent{}, "true nobody -"},
		{"another cause acted", exception("2026-07-20", running), july, taken, []*ledger.Entry{act(july.AddDate(0, 0, 9), plan.ByOverride)}, figures.Spent{}, "true nobody -"},
		{"one that kept it stopped brings nothing by its end", exception("2026-07-01", stopped), july.AddDate(0, 0, -1), taken, nil, figures.Spent{}, "true nobody -"},
		{"it lasts still", exception("2027-01-20", running), july, taken, nil, figures.Spent{Actions: []reports.Action{{ID: "x"}}}, "false  -"},
		{"it was to last still, and is in force no more", exception("2027-01-20", running), july, taken, nil, figures.Spent{}, "true person -"},
		{"nobody knows what is in force", exception("2026-07-01", running), july, reports.Assets{}, nil, figures.Spent{}, "false  -"},
		{"a candidate that was moved", reports.Action{Code: "spot", ARN: "arn:b"}, july, taken, nil, figures.Spent{}, "true offpeak 4"},
		{"one that is none any more", reports.Action{Code: "spot", ARN: "arn:a"}, july, taken, nil, figures.Spent{}, "true  -"},
		{"nobody told what Spot costs now", reports.Action{Code: "spot", ARN: "arn:a"}, july, taken, nil, figures.Spent{Gaps: []reports.Gap{{Code: reports.GapSpotPrices}}}, "false  -"},
		{"nobody told what there is now", reports.Action{Code: "spot", ARN: "arn:a"}, july, reports.Assets{}, nil, figures.Spent{}, "false  -"},
	} {
		in := input()
		row.action.ID = "x"
		in.Earlier = []*reports.Report{{Quarter: "2026Q2", Tenant: reports.Tenant{Payer: "111122223333"}, Issued: row.issued, Actions: []reports.Action{row.action}}}
		in.Assets, in.Entries = row.assets, row.acts
		o := compile(t, in, row.spent).Before[0]
		brought := "-"
		if o.Brought != nil {
			brought = o.Brought.String()
		}
		if got := fmt.Sprintf("%t %s %s", o.Done, o.By, brought); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}
