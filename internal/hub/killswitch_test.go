package hub_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/hub"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

// lever is a kill switch that somebody holds.
type lever struct {
	word  string
	err   error
	asked int
}

func (l *lever) Position(context.Context) (string, error) {
	l.asked++
	return l.word, l.err
}

// TestTheHubsKillSwitch is asked only where something is to be done, and holds from the next sweep on.
func TestTheHubsKillSwitch(t *testing.T) {
	t.Parallel()
	p, l := placed(t, 3, office), &lever{word: "nothing"}
	p.worker.Switch = l
	p.look(t, noon.Add(time.Minute))
	p.look(t, noon.Add(time.Hour))
	if l.asked != 0 {
		t.Errorf("asked %d times while nothing was due", l.asked)
	}
	r := p.look(t, evening.Add(time.Minute))
	if p.running(t) != 3 || len(r.Outcome.Plan.Actions) != 0 || l.asked != 1 {
		t.Errorf("%d run, planned %+v, asked %d times", p.running(t), r.Outcome.Plan.Actions, l.asked)
	}
	refused := r.Outcome.Plan.Refusals
	if len(refused) != 3 || refused[0].Code != plan.KillSwitch || !strings.Contains(refused[0].Why, "the hub's kill switch is set to nothing") {
		t.Errorf("%+v", refused)
	}
	l.word = "off\n"
	p.look(t, evening.Add(10*time.Minute))
	if n := p.running(t); n != 0 {
		t.Errorf("%d run after it was set back", n)
	}
	p.look(t, evening.Add(20*time.Minute))
	l.word = "no-stops"
	monday := evening.Add(2*24*time.Hour + 13*time.Hour + time.Minute)
	p.look(t, monday)
	if p.look(t, monday.Add(10*time.Minute)); p.running(t) != 3 {
		t.Errorf("%d run on Monday morning: openings go on", p.running(t))
	}
	if p.look(t, monday.Add(11*time.Hour)); p.running(t) != 3 || len(p.mail.said) != 0 {
		t.Errorf("%d run on Monday evening; told %+v", p.running(t), p.mail.said)
	}
}

// TestAKillSwitchThatCannotBeRead: nothing is done, openings included, and somebody is told once a day whatever the number of scopes.
func TestAKillSwitchThatCannotBeRead(t *testing.T) {
	t.Parallel()
	failed := func(c failure.Class) error { return &failure.Error{Class: c, Err: errors.New("no")} }
	for _, row := range []struct {
		name   string
		lever  lever
		class  failure.Class
		again  bool // the wake is delivered again
		remedy string
	}{
		{"another word", lever{word: "Nothing!"}, failure.Unreadable, false, "set it to off, no-stops or nothing"},
		{"no word", lever{}, failure.Unreadable, false, "set it to off, no-stops or nothing"},
		{"it is not there", lever{err: failed(failure.Gone)}, failure.Gone, false, "deploying the hub's stack"},
		{"the role may not", lever{err: failed(failure.Denied)}, failure.Denied, false, "ssm:GetParameter"},
		{"AWS does not answer", lever{err: failed(failure.Unreachable)}, failure.Unreachable, true, ""},
		{"too many ask", lever{err: failed(failure.Throttled)}, failure.Throttled, true, ""},
	} {
		p := placed(t, 2, office)
		p.worker.Switch = &row.lever
		p.look(t, noon.Add(time.Minute))
		for range 2 {
			p.world.Advance(evening.Add(time.Minute))
			r, err := p.worker.Look(t.Context(), hub.Wake{Scope: dev, Reason: hub.Due})
			switch {
			case row.again && (failure.Of(err) != row.class || len(p.mail.said) != 0):
				t.Errorf("%s: %v, told %+v", row.name, err, p.mail.said)
			case !row.again && (err != nil || failure.Of(r.Unread) != row.class):
				t.Errorf("%s: %v, unread %v", row.name, err, r.Unread)
			}
		}
		if p.running(t) != 2 {
			t.Errorf("%s: %d run", row.name, p.running(t))
		}
		if said := p.mail.said; !row.again && (len(said) != 1 || said[0].Class != row.class || !strings.Contains(said[0].Remedy, row.remedy) || !strings.Contains(said[0].What, "kill switch")) {
			t.Errorf("%s: told %+v", row.name, said)
		}
		row.lever = lever{word: "off"}
		if p.look(t, evening.Add(5*time.Minute)); p.running(t) != 0 {
			t.Errorf("%s: %d run after it was mended", row.name, p.running(t))
		}
	}
}

func TestParseSwitch(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		word string
		want scheduler.KillSwitch
	}{{"off", scheduler.KillNothing}, {" no-stops\n", scheduler.KillStops}, {"nothing", scheduler.KillEverything}} {
		if got, err := hub.ParseSwitch(row.word); err != nil || got != row.want {
			t.Errorf("%q: %q, %v", row.word, got, err)
		}
	}
	for _, word := range []string{"", "OFF", "on", "no stops", "nothing at all"} {
		if got, err := hub.ParseSwitch(word); err == nil || got != scheduler.KillEverything {
			t.Errorf("%q: %q, %v", word, got, err)
		}
	}
}
