package hub_test

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/optimizer"
)

// TestWhatIsAsleepIsCountedOnceAnHour: by the dispatcher, for all scopes, also those whose sweeps say nothing.
func TestWhatIsAsleepIsCountedOnceAnHour(t *testing.T) {
	t.Parallel()
	p := placed(t, 3, office)
	d := &hub.Dispatcher{
		States: optimizer.States{Store: p.store}, Policies: &hub.Policies{Store: p.store}, Accounts: &hub.Accounts{Store: p.store},
		Directory: &directory{scopes: []fleet.Scope{dev, tokyo}}, Queue: p.queue, Watch: &hub.Watch{Alerts: p.mail, Said: hub.Said{Store: p.store}}, Now: p.world.Now,
	}
	count := func(at time.Time) int {
		t.Helper()
		tally, err := d.Tick(t.Context(), at)
		if err != nil || tally.Uncounted != nil {
			t.Fatal(err, tally.Uncounted)
		}
		if tally.Asleep == nil {
			return -1
		}
		return *tally.Asleep
	}
	p.look(t, noon.Add(time.Minute))
	if n := count(noon); n != -1 {
		t.Errorf("a tick for a new policy counts %d", n)
	}
	if n := count(noon.Add(time.Hour)); n != 0 {
		t.Errorf("%d sleep at noon, and one scope was never looked at", n)
	}
	p.look(t, evening.Add(time.Minute))
	p.look(t, evening.Add(10*time.Minute))
	if n := count(evening.Add(15 * time.Minute)); n != -1 {
		t.Errorf("a tick between the hours counts %d", n)
	}
	if n := count(evening.Add(30 * time.Minute)); n != 3 {
		t.Errorf("%d sleep on Friday night", n)
	}
	monday := evening.Add(2*24*time.Hour + 13*time.Hour + time.Minute)
	p.look(t, monday)
	r := p.look(t, monday.Add(10*time.Minute))
	if n := count(monday.Truncate(time.Hour).Add(time.Hour)); n != 0 {
		t.Errorf("%d sleep on Monday; the last sweep: %+v", n, r.Outcome.Plan)
	}
	if _, err := p.store.Create(t.Context(), "state/"+tokyo.String()+".json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	tally, err := d.Tick(t.Context(), monday.Truncate(time.Hour).Add(2*time.Hour))
	if err != nil || tally.Uncounted == nil || tally.Asleep == nil || *tally.Asleep != 0 {
		t.Errorf("a scope that cannot be counted fails no tick and is told: %v, %+v", err, tally)
	}
}
