package optimizer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

// till prices everything alike, and counts how often it is asked.
type till struct {
	rate  money.Rate
	asked int
}

func (c *till) Price(_ context.Context, s *fleet.Snapshot) []plan.Finding {
	c.asked++
	for i := range s.Resources {
		s.Resources[i].Price = fleet.Price{Rate: c.rate, Known: true}
	}
	return []plan.Finding{{Code: plan.ListPrices, Why: "said by a test"}}
}

// TestPricesAreAskedForByWhoWrites: acts and ledger carry them, and a sweep that writes nothing asks nobody.
func TestPricesAreAskedForByWhoWrites(t *testing.T) {
	t.Parallel()
	rate, err := money.ParseRate("0.25")
	if err != nil {
		t.Fatal(err)
	}
	w, c := newWorld(t), &till{rate: rate}
	o := w.optimizer("worker")
	o.Prices = c
	for _, step := range []struct {
		when         string
		acts, priced int
		quiet        bool
	}{
		{"2026-11-20 12:00", 0, 1, false},
		{"2026-11-20 13:00", 0, 1, true},
		{"2026-11-20 19:31", 3, 2, false},
		{"2026-11-20 19:36", 0, 3, false},
		{"2026-11-20 21:00", 0, 3, true},
		{"2026-11-21 21:00", 0, 3, true},
	} {
		w.now = at(step.when)
		out, err := o.Sweep(t.Context(), here)
		if err != nil || out.Quiet != step.quiet || c.asked != step.priced || len(out.Plan.Actions) != step.acts || out.Tried != step.acts {
			t.Errorf("%s: asked %d times, quiet %t, %d of %d acts, %v", step.when, c.asked, out.Quiet, out.Tried, len(out.Plan.Actions), err)
		}
		if step.acts > 0 && (out.Plan.Totals.StopsPerHour.String() != "0.75" || out.Plan.Totals.Unpriced != 0 || len(out.Plan.Findings) != 1) {
			t.Errorf("%s: %+v, %v", step.when, out.Plan.Totals, out.Plan.Findings)
		}
	}
	for _, e := range w.entries(t) {
		if e.State == ledger.Intent && !e.Before.Price.Rate.Equal(rate) {
			t.Errorf("the ledger says that %s costs %v", e.ID, e.Before.Price)
		}
	}
}

// TestHoursAreCountedAtTheStart once, however often AWS has to be asked for it.
func TestHoursAreCountedAtTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sweep(t, "2026-11-20 12:00")
	w.sweep(t, "2026-11-20 19:31")
	if out := w.sweep(t, "2026-11-20 19:36"); out.Slept != 0 {
		t.Errorf("%s were slept by what just fell asleep", out.Slept)
	}
	w.refuse["db"] = &failure.Error{Class: failure.Throttled, Err: errors.New("slowly")}
	night := at("2026-11-23 08:31").Sub(at("2026-11-20 19:36"))
	if out := w.sweep(t, "2026-11-23 08:31"); out.Slept != 2*night {
		t.Errorf("%s, of two that were started; want %s", out.Slept, 2*night)
	}
	clear(w.refuse)
	if out := w.sweep(t, "2026-11-23 08:36"); out.Slept != night+5*time.Minute {
		t.Errorf("%s, of the one that was started after the others", out.Slept)
	}
	if out := w.sweep(t, "2026-11-23 08:41"); out.Slept != 0 {
		t.Errorf("%s, of none", out.Slept)
	}
}
