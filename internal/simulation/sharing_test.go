package simulation_test

import (
	"errors"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// TestAPolicyIsWritten follows a moved group whose base is changed: one after the other, and launched before it is ended.
func TestAPolicyIsWritten(t *testing.T) {
	t.Parallel()
	s := mixed("web", 10, simulation.Mix{Base: 4, SpotPercent: 100, Types: []string{"m5.large", "m5a.large"}})
	w := moving(t, []simulation.Spec{s}, allPools()...)
	v := witnessed(w)
	write := func(base int) {
		t.Helper()
		from := bought(t, w, s.ARN)
		if err := act(t, w, action(s, moveOf(from, onto(from, base, 0), plan.ByWriting))); err != nil {
			t.Fatal(err)
		}
	}
	least, most := 10, 10
	watch := w.Watch
	w.Watch = func(c simulation.Change) {
		watch(c)
		serving, there := 0, len(c.To.Launch.Members)
		for _, m := range c.To.Launch.Members {
			if m.InService {
				serving++
			}
		}
		least, most = min(least, serving), max(most, there)
	}
	for _, row := range []struct {
		at   string
		base int
		mix  string // an hour later
	}{
		{"2026-11-16 01:00", 3, "3+7+0"},
		{"2026-11-16 03:00", 1, "1+9+0"},
		{"2026-11-16 06:00", 5, "5+5+0"},
		{"2026-11-16 08:00", 10, "10+0+0"},
		{"2026-11-16 10:00", 10, "10+0+0"},
		{"2026-11-17 10:00", 8, "8+2+0"},
	} {
		w.Advance(at(row.at))
		write(row.base)
		if got := bought(t, w, s.ARN); got.Mix.Base != row.base {
			t.Errorf("at once: base %d", got.Mix.Base)
		}
		w.Advance(w.Now().Add(time.Hour))
		if got := mixOf(t, w, s.ARN); got != row.mix {
			t.Errorf("base %d: %s, want %s", row.base, got, row.mix)
		}
	}
	if least < 10 || most > 12 { // one too many, and one that drains
		t.Errorf("at least %d served, at most %d were there", least, most)
	}
	// At noon Spot is gone: the two that there are are taken, and on demand comes when it is asked for.
	w.Advance(at("2026-11-17 12:30"))
	if got := mixOf(t, w, s.ARN); got != "8+0+0" {
		t.Errorf("without Spot: %s", got)
	}
	write(10)
	w.Advance(w.Now().Add(10 * time.Minute))
	if got := mixOf(t, w, s.ARN); got != "10+0+0" {
		t.Errorf("what is missing comes on demand: %s", got)
	}
	write(9)
	least = 10
	w.Advance(w.Now().Add(time.Hour))
	if got := mixOf(t, w, s.ARN); got != "10+0+0" || least < 10 {
		t.Errorf("where Spot has no place the one on demand stays: %s, at least %d served", got, least)
	}
	w.Advance(at("2026-11-17 16:00"))
	if got := mixOf(t, w, s.ARN); got != "9+1+0" {
		t.Errorf("with Spot back: %s", got)
	}
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

// TestAScaleInKeepsTheShares: a moved group keeps what its policy asks for at every size.
func TestAScaleInKeepsTheShares(t *testing.T) {
	t.Parallel()
	s := mixed("web", 8, simulation.Mix{SpotPercent: 100, Types: []string{"m5.large", "m5a.large"}})
	w := moving(t, []simulation.Spec{s})
	from := bought(t, w, s.ARN)
	if err := act(t, w, action(s, moveOf(from, onto(from, 2, 50), plan.ByWriting))); err != nil {
		t.Fatal(err)
	}
	for hour, row := range []struct {
		desired int
		mix     string
	}{{8, "5+3+0"}, {4, "3+1+0"}, {12, "7+5+0"}, {1, "1+0+0"}, {0, "0+0+0"}, {5, "4+1+0"}} {
		r, _ := w.Truth(s.ARN)
		to := r.Size
		to.Desired = row.desired
		if err := act(t, w, action(s, plan.Scale{From: r.Size, To: to})); err != nil {
			t.Fatal(err)
		}
		w.Advance(w.Now().Add(time.Hour))
		if got := mixOf(t, w, s.ARN); got != row.mix {
			t.Errorf("after %d hours, at size %d: %s, want %s", hour+1, row.desired, got, row.mix)
		}
	}
}

func TestTheQuotaOfSpot(t *testing.T) {
	t.Parallel()
	s := mixed("web", 6, simulation.Mix{SpotPercent: 100, Types: []string{"m5.large"}})
	other := spot("i-1", fleet.SpotPersistent)
	w := spiked(t, nil)
	w.Launches = true
	w.SpotQuota = map[fleet.Scope]int{scope: 10} // five of two vCPUs
	v := witnessed(w)
	for _, s := range []simulation.Spec{other, s} {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(at("2026-11-16 02:00"))
	if got := mixOf(t, w, s.ARN); got != "0+4+0" {
		t.Errorf("beside another one: %s", got)
	}
	told := 0
	for _, n := range v.warned {
		if n.Action == simulation.LaunchFailed && n.Text == simulation.QuotaText {
			told++
		}
	}
	if told < 10 {
		t.Errorf("told %d times within two hours", told)
	}
	if err := act(t, w, action(other, plan.Stop{})); err != nil {
		t.Fatal(err)
	}
	w.Advance(w.Now().Add(10 * time.Minute)) // the group takes what it has left
	if err := act(t, w, action(other, plan.Start{})); !errors.Is(err, simulation.ErrQuota) {
		t.Errorf("what was stopped is started: %v", err)
	}
	w.SpotQuota[scope] = 100
	if err := act(t, w, action(other, plan.Start{})); err != nil {
		t.Errorf("with a higher quota: %v", err)
	}
	w.Advance(at("2026-11-16 03:00"))
	if got := mixOf(t, w, s.ARN); got != "0+6+0" {
		t.Errorf("with a higher quota: %s", got)
	}
}

func TestVCPUs(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{
		"m5.large": 2, "m5.xlarge": 4, "c6i.2xlarge": 8, "r5.24xlarge": 96, "t3.micro": 2, "t3.2xlarge": 8, "m6g.medium": 1, "m5.metal": 96, "u-6tb1.112xlarge": 448,
	} {
		if got := simulation.VCPUsOf(kind); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}
