package simulation_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/simulation"
)

// TestWhatIsSeenDoesNotDependOnHowOftenOneLooks compares a world that is looked at now and then, with lags of half a minute, with one that is
// looked at every few seconds: descriptions that nobody asks for are not made, and those that somebody asks for are the same.
func TestWhatIsSeenDoesNotDependOnHowOftenOneLooks(t *testing.T) {
	t.Parallel()
	start, late := at("2026-09-01 00:00"), 0
	for seed := range uint64(4) {
		faults := simulation.Faults{Lag: 30 * time.Second}
		seldom, often := build(t, seed, start, faults, simulation.Sample(40, seed)), build(t, seed, start, faults, simulation.Sample(40, seed))
		r := rand.New(rand.NewPCG(seed, 1))
		for now := start; now.Before(start.AddDate(0, 0, 4)); {
			for range 1 + r.IntN(600) {
				now = now.Add(time.Duration(1+r.IntN(15)) * time.Second)
				often.Advance(now)
			}
			seldom.Advance(now)
			for _, scope := range often.Scopes() {
				want, err := often.Snapshot(t.Context(), scope)
				if err != nil {
					t.Fatal(err)
				}
				got, err := seldom.Snapshot(t.Context(), scope)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("seed %d at %s, %s: -often +seldom\n%s", seed, now, scope, diff)
				}
				for i := range got.Resources {
					if truth, _ := seldom.Truth(got.Resources[i].ARN); truth.State != got.Resources[i].State {
						late++
					}
				}
			}
		}
		if seldom.History() != often.History() {
			t.Errorf("seed %d: the histories differ", seed)
		}
	}
	if late == 0 {
		t.Error("no description ever lagged")
	}
}

// TestWhatIsForgottenIsOnlyThePast compares a world that keeps all with one that keeps what ended after an instant.
func TestWhatIsForgottenIsOnlyThePast(t *testing.T) {
	t.Parallel()
	start, keep, end := at("2026-09-01 00:00"), at("2026-09-11 00:00"), at("2026-09-21 00:00")
	all, some := build(t, 1, start, simulation.Faults{}, simulation.Sample(200, 1)), simulation.New(1, start, simulation.Faults{})
	some.KeepFrom(keep)
	for _, s := range simulation.Sample(200, 1) {
		if err := some.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	all.Advance(end)
	some.Advance(end)
	before := 0
	for _, arn := range all.Resources() {
		var runs []simulation.Run
		for _, run := range all.Runs(arn) {
			if run.To.Before(keep) {
				before++
				continue
			}
			runs = append(runs, run)
		}
		if diff := cmp.Diff(runs, some.Runs(arn)); diff != "" {
			t.Errorf("%s: -all +kept\n%s", arn, diff)
		}
		var kept []simulation.Holding
		for _, h := range all.Holdings(arn) {
			if !h.To.Before(keep) {
				kept = append(kept, h)
			}
		}
		if diff := cmp.Diff(kept, some.Holdings(arn)); diff != "" {
			t.Errorf("%s: -all +kept\n%s", arn, diff)
		}
	}
	if before == 0 {
		t.Error("there was nothing to forget")
	}
}
