package survey_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/policy"
	"offpeak/internal/reporting/survey"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/sample"
)

// reviewed is a world with a tool, and a tenant whose reports are issued by hand.
type reviewed struct {
	*world
	asked  []string
	last   *survey.Review
	fails  error
	tenant policy.Tenant
}

func newReviewed() *reviewed {
	w := &reviewed{world: newWorld(), tenant: policy.Tenant{Name: "shop", Payer: payer, Languages: []string{"en"}, WellArchitected: "Shop DEV"}}
	w.Policy = func(context.Context) (*policy.Policy, error) {
		return &policy.Policy{Tenants: []policy.Tenant{w.tenant}}, nil
	}
	w.Review = func(_ context.Context, r *survey.Review) (survey.Reviewed, error) {
		w.asked, w.last = append(w.asked, r.Workload+" "+r.Quarter), r
		return survey.Reviewed{Workload: "0123", Noted: []string{"a", "b"}, Milestone: len(w.asked) == 1}, w.fails
	}
	return w
}

func (w *reviewed) issue(t *testing.T, state reports.State, revision int, resources int) {
	t.Helper()
	r := sample.Report(resources)
	r.Tenant.Payer, r.Quarter, r.State = payer, "2026Q3", state
	data, err := json.Marshal(r)
	if err == nil {
		_, _, err = w.Shelf.Put(t.Context(), delivery.ID{Payer: payer, Quarter: "2026Q3", State: state, Revision: revision}, r, []delivery.File{{Name: delivery.ReportFile, Data: data}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// on has the surveyor run on a day, and tells what was asked of the tool.
func (w *reviewed) on(t *testing.T, date string) (asked string, done []string, err error) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	w.asked = nil
	done, err = w.Do(t.Context(), at)
	return strings.Join(w.asked, ", "), done, err
}

// TestEvidenceIsNotedOnceForEachReport: of the final report on the day after it, of a restated one again, and of a provisional one never.
func TestEvidenceIsNotedOnceForEachReport(t *testing.T) {
	t.Parallel()
	w := newReviewed()
	for _, step := range []struct {
		what, date, asked string
		before            func()
	}{
		{"there is no report", "2026-10-02", "", nil},
		{"a provisional one may still change", "2026-10-04", "", func() { w.issue(t, reports.Provisional, 0, 2) }},
		{"the final one", "2026-10-17", "Shop DEV 2026Q3", func() { w.issue(t, reports.Final, 0, 3) }},
		{"and not again", "2026-10-18", "", nil},
		{"a restated one says something else", "2026-11-06", "Shop DEV 2026Q3", func() { w.issue(t, reports.Restated, 1, 4) }},
		{"and not again", "2026-11-07", "", nil},
		{"who names no workload any more", "2026-12-06", "", func() { w.issue(t, reports.Restated, 2, 5); w.tenant.WellArchitected = "" }},
	} {
		if step.before != nil {
			step.before()
		}
		if asked, _, err := w.on(t, step.date); asked != step.asked || err != nil {
			t.Errorf("%s, %s: asked %q, want %q, %v", step.date, step.what, asked, step.asked, err)
		}
	}
}

// TestWhatTheToolIsTold: evidence in the tenant's first language, and who and what a workload would be that is to be made.
func TestWhatTheToolIsTold(t *testing.T) {
	t.Parallel()
	w := newReviewed()
	w.tenant.Languages, w.tenant.Recipients = []string{"ko", "en"}, []policy.Recipient{{Address: "kim@example.com"}}
	w.issue(t, reports.Final, 0, 3)
	_, done, err := w.on(t, "2026-10-17")
	if err != nil {
		t.Fatal(err)
	}
	want := sample.Report(3)
	if w.last.Owner != "kim@example.com" || !strings.Contains(w.last.Description, "shop") || !cmp.Equal(w.last.Accounts, want.Tenant.Accounts) || len(w.last.Regions) == 0 || len(w.last.Notes) == 0 {
		t.Errorf("%+v", w.last)
	}
	korean := false
	for _, n := range w.last.Notes {
		korean = korean || strings.ContainsAny(n.Text, "을를이가의")
		if !strings.HasPrefix(n.Text, "2026Q3 ") {
			t.Errorf("%q", n.Text)
		}
	}
	if said := strings.Join(done, "; "); !korean || !strings.Contains(said, "evidence of 2026Q3 for shop stands in the workload Shop DEV: 2 questions noted") {
		t.Errorf("Korean %t, said %q", korean, said)
	}
}

// TestAToolThatRefuses: it is told with what to do, tried again the next day, and stops nothing else. One whose answers change is left alone.
func TestAToolThatRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		fails  error
		class  failure.Class
		remedy string
		again  string
	}{
		{"no permission", &failure.Error{Class: failure.Denied, Err: errors.New("refused")}, failure.Denied, `"well_architected": true`, "Shop DEV 2026Q3"},
		{"throttled", &failure.Error{Class: failure.Throttled, Err: errors.New("slower")}, failure.Throttled, "", "Shop DEV 2026Q3"},
		{"a choice that is not as it was", fmt.Errorf("%w: question sec-1", survey.ErrAnswered), failure.Other, "", ""},
	} {
		w := newReviewed()
		w.issue(t, reports.Final, 0, 3)
		w.fails = row.fails
		_, _, err := w.on(t, "2026-10-17")
		if !errors.Is(err, row.fails) || failure.Of(err) != row.class || !strings.Contains(failure.Remedy(err), row.remedy) || !strings.Contains(err.Error(), "2026Q3 for shop in the AWS Well-Architected Tool") {
			t.Errorf("%s: %v, %s", row.name, err, failure.Remedy(err))
		}
		w.fails = nil
		if asked, _, err := w.on(t, "2026-10-18"); asked != row.again || err != nil {
			t.Errorf("%s: the next day it asks %q, want %q, %v", row.name, asked, row.again, err)
		}
	}
}
