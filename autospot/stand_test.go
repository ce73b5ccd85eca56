package autospot_test

import (
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
)

// stands lets the members of the group on Spot stand in its zones: so many Spot, and on demand, in each.
func (p *play) stands(spot, onDemand [3]int) {
	l := *p.seen.Resources[0].Launch
	l.Members = nil
	for i, zone := range zones {
		for k := range spot[i] + onDemand[i] {
			m := fleet.Member{ID: zone + string(rune('0'+k)), Type: "m5.large", Zone: zone, InService: true}
			if k < spot[i] {
				m.Lifecycle = fleet.SpotOneTime
			}
			l.Members = append(l.Members, m)
		}
	}
	p.seen.Resources[0].Launch = &l
}

// TestOddsAreThoseOfMembersAsTheyStand: the odds of a group on Spot are told for its zones as they are, a person is told of a crowded zone that lasts,
// and nothing is done about it: which zones instances come and go in is Auto Scaling's.
func TestOddsAreThoseOfMembersAsTheyStand(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says           string
		spot, onDemand [3]int
		suspended      []string
		most           int
		meets          bool
		alert, remedy  string
	}{
		{"even", [3]int{2, 2, 2}, [3]int{1, 1, 1}, nil, 2, true, "", ""},
		{"instances even, Spot not", [3]int{3, 2, 1}, [3]int{0, 1, 2}, nil, 3, false, "one zone holds 3 of its 6 Spot instances", "keep more on demand"},
		{"AZRebalance is suspended", [3]int{4, 2, 0}, [3]int{1, 1, 1}, []string{"AZRebalance"}, 4, false, "one zone holds 4 of its 6", "resume-processes"},
		{"uneven, and no more than may be lost", [3]int{2, 0, 0}, [3]int{1, 3, 3}, nil, 2, true, "", ""},
	} {
		p := onSpot(t)
		res := &p.seen.Resources[0]
		launch := *res.Launch
		launch.Suspended = row.suspended
		res.Launch = &launch
		p.stands(row.spot, row.onDemand)
		_, advices := p.look()
		if s := advices[0].Stand; s == nil || s.Most != row.most || s.Meets != row.meets {
			t.Errorf("%s: %+v", row.says, s)
		}
		if advices[0].Alert != "" {
			t.Errorf("%s: told at once: %s", row.says, advices[0].Alert)
		}
		p.later(6 * time.Hour)
		made, advices := p.look()
		if got := advices[0]; !strings.HasPrefix(got.Alert, row.alert) || !strings.Contains(got.Remedy, row.remedy) || (got.Alert == "") != (row.alert == "") {
			t.Errorf("%s: told %q, %q", row.says, got.Alert, got.Remedy)
		}
		if len(made.Actions) > 0 {
			t.Errorf("%s: acts %+v", row.says, made.Actions)
		}
		p.later(24 * time.Hour)
		if _, advices = p.look(); advices[0].Alert != "" {
			t.Errorf("%s: told again: %s", row.says, advices[0].Alert)
		}
	}
}

// TestNothingOfAGroupOnDemandIsTold: what never moved has no odds.
func TestNothingOfAGroupOnDemandIsTold(t *testing.T) {
	t.Parallel()
	p := newPlay(t, webGroup())
	if _, advices := p.look(); advices[0].Stand != nil {
		t.Errorf("%+v", advices[0].Stand)
	}
}
