package savings_test

import (
	"fmt"
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// convertedWeek is an instance that always ran, is stopped for two nights and converted to Spot between them: i-1 becomes i-2.
func convertedWeek(at time.Time) (*bill, book) {
	b, entries := &bill{products: products()}, book{}
	b.billed(june, week.To)
	later, nextMorning := evening.AddDate(0, 0, 2), morning.AddDate(0, 0, 2)
	b.ran("i-1", "", "M5", "1", june, evening)
	b.ran("i-1", "", "M5", "1", morning, at)
	spotFrom := len(b.usage)
	b.ran("i-2", "", "C6", "1", at, later)
	b.ran("i-2", "", "C6", "1", nextMorning, week.To)
	for i := range b.usage[spotFrom:] {
		b.usage[spotFrom+i].Line, b.usage[spotFrom+i].Net = billing.SpotUsage, dec("0.03")
	}
	old, heir := instance("i-1"), instance("i-2")
	entries.add(old, ledger.Enrolled, july, "", 0)
	entries.night(old, evening, morning)
	entries.moves(old, "to", at, fleet.Purchase{Lifecycle: fleet.SpotPersistent})
	entries.succeeds(old, heir, at.Add(10*time.Minute))
	entries.night(heir, later, nextMorning)
	return b, entries
}

// moves adds a conversion that AWS accepted.
func (b *book) moves(r fleet.Resource, act string, at time.Time, to fleet.Purchase) {
	for _, state := range []ledger.State{ledger.Intent, ledger.Applied} {
		b.add(r, state, at, act, 0)
		e := &(*b)[len(*b)-1]
		e.Change, e.Edge, e.Run = "move", fleet.Moment{}, act
		if e.Move = nil; state == ledger.Intent {
			e.Move = &plan.Move{To: to, Way: plan.ByConverting}
		}
	}
}

func (b *book) succeeds(old, heir fleet.Resource, at time.Time) {
	run := ledger.Run{ID: "run-" + heir.ID, Scope: heir.Scope, At: at}
	*b = append(*b, ledger.SuccessionOf(&heir, fleet.Succession{Old: old.ARN, Interface: "eni-1", At: at}, fleet.Remembered{Environment: "dev"}, run))
}

// TestAConvertedInstanceIsOneResource: its baseline is that of the first instance, its nights are counted before and after, and the evidence names both.
func TestAConvertedInstanceIsOneResource(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.July, 3, 3, 0, 0, 0, time.UTC)
	b, entries := convertedWeek(at)
	s := compute(t, b, entries)
	if len(s.Resources) != 1 || len(s.Gaps) != 0 {
		t.Fatalf("%d resources, gaps %s", len(s.Resources), codes(s))
	}
	r := s.Resources[0]
	if r.ARN != instance("i-1").ARN || r.ID != "i-2" || fmt.Sprint(r.IDs) != "[i-1 i-2]" || r.Origin != avoidance.Own || len(r.Acts) != 2 {
		t.Errorf("%+v", r)
	}
	if got := r.Hours.Avoided; got.Cmp(avoidance.HoursOf(2*overnite)) != 0 {
		t.Errorf("avoided %s h, want 26", got)
	}
	billed := map[string]bool{}
	for _, e := range r.Bill {
		billed[e.Resource] = true
	}
	if !billed["i-1"] || !billed["i-2"] {
		t.Errorf("the evidence names %v", billed)
	}
	// From the conversion to the end of the week it ran on Spot, but for a night: each hour stands for one of an m5.large at 0.1062. Each of the bill's 105
	// rows, of which two are of half an hour, cost 0.03.
	hours := int64((week.To.Sub(at) - overnite) / time.Hour)
	if len(s.Spot) != 1 || s.Spot[0].Hours.IntPart() != hours || s.Spot[0].Contract.String() != dec("0.1062").Mul(dec(fmt.Sprint(hours))).String() || s.Spot[0].Paid.String() != "3.15" {
		t.Errorf("Spot: %+v, want %d hours", s.Spot, hours)
	}
}

// TestABaselineOutlivesAConversion: it was frozen in a quarter before, under the first instance's name, and neither a conversion nor the one back changes
// or renames it.
func TestABaselineOutlivesAConversion(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	before := compute(t, b, entries)
	at := time.Date(2026, time.July, 3, 3, 0, 0, 0, time.UTC)
	b, entries = convertedWeek(at)
	back := at.AddDate(0, 0, 3)
	third := instance("i-3")
	entries.moves(instance("i-2"), "back", back, fleet.Purchase{})
	entries.succeeds(instance("i-2"), third, back.Add(10*time.Minute))
	for i := range b.usage {
		if u := &b.usage[i]; u.Resource == "i-2" && !u.Hour.Before(back) {
			u.Resource, u.SKU, u.Line, u.Net = "i-3", "M5", billing.OnDemand, dec("0")
		}
	}
	after := compute(t, b, entries, func(in *savings.Input) { in.Book = before.Book })
	if len(after.Resources) != 1 || len(after.Book.Baselines) != 1 {
		t.Fatalf("%d resources, %d baselines", len(after.Resources), len(after.Book.Baselines))
	}
	r := after.Resources[0]
	if r.Baseline != before.Resources[0].Baseline || r.Baseline == "" || fmt.Sprint(r.IDs) != "[i-1 i-2 i-3]" || r.ID != "i-3" {
		t.Errorf("%+v", r)
	}
	if len(after.Spot) != 1 || after.Spot[0].Hours.IntPart() != int64((back.Sub(at)-overnite)/time.Hour) {
		t.Errorf("Spot: %+v", after.Spot)
	}
}

// TestTheRemovalOfAnImageEndsNoNight: its entries are those of an act, and of none that switches.
func TestTheRemovalOfAnImageEndsNoNight(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	for _, state := range []ledger.State{ledger.Intent, ledger.Applied} {
		entries.add(instance("i-1"), state, evening.Add(time.Hour), "deregister-1", 0)
		entries[len(entries)-1].Change, entries[len(entries)-1].Image = "deregister", "ami-1"
	}
	s := compute(t, b, entries)
	if got := s.Resources[0]; got.Hours.Avoided.Cmp(avoidance.HoursOf(overnite)) != 0 || got.Held.Whole != 12 || len(got.Acts) != 1 {
		t.Errorf("%+v", got)
	}
}
