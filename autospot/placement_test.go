package autospot_test

import (
	"slices"
	"strings"
	"testing"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// TestQuestions: one for groups that share types and size, of a zone's share, and none of what does not begin to move.
func TestQuestions(t *testing.T) {
	t.Parallel()
	second, small, no := webGroup(), webGroup(), webGroup()
	second.ID, second.ARN = "dev-web-2", "arn:second"
	small.ID, small.ARN, small.Size.Desired, small.Launch = "dev-small", "arn:small", 2, webGroup().Launch
	small.Launch.Members = small.Launch.Members[:2]
	no.ID, no.ARN, no.Tags = "dev-no", "arn:no", fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "no"})
	p := newPlay(t, webGroup(), second, small, no, box(), apiService())
	_, advices, _ := p.planner.Plan(&p.seen, p.market, nil, autospot.Options{})
	asks := autospot.Questions(advices)
	if len(asks) != 1 && len(asks) != 2 { // what of two is Spot is for the mix to say
		t.Fatalf("%+v", asks)
	}
	web := advices[slices.IndexFunc(advices, func(a autospot.Advice) bool { return a.Subject.ID == "dev-web" })]
	ask := asks[slices.IndexFunc(asks, func(a market.ScoreAsk) bool { return a.Capacity == (web.Mix.Chosen.Spot+2)/3 })]
	types := slices.Clone(web.Target.Mix.Types)
	slices.Sort(types)
	if !slices.Equal(ask.Types, types) || web.Mix.Chosen.Spot == 0 {
		t.Errorf("%+v of %+v", ask, web.Target.Mix)
	}
}

// TestAMoveWaitsForPlacement where AWS calls it unlikely in one of its zones, and in no other case; who moves it by hand is told, and goes on.
func TestAMoveWaitsForPlacement(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		zones  map[string]int
		why    string
		byHand bool
		moves  bool
		says   string
	}{
		{"likely everywhere", map[string]int{zones[0]: 9, zones[1]: 4, zones[2]: 10}, "", false, true, ""},
		{"unlikely in one zone", map[string]int{zones[0]: 9, zones[1]: 3, zones[2]: 10}, "", false, false, "in ap-northeast-2b (placement score 3 of 10): it waits"},
		{"unlikely in all", map[string]int{zones[0]: 2, zones[1]: 1, zones[2]: 1}, "", false, false, "in ap-northeast-2b (placement score 1 of 10): it waits"},
		{"unlikely in a zone that is none of its own", map[string]int{zones[0]: 9, "ap-northeast-2d": 1}, "", false, true, ""},
		{"not known", nil, "denied", false, true, ""},
		{"unlikely, and a person moves it", map[string]int{zones[0]: 3}, "", true, true, "; AWS calls it unlikely that"},
	} {
		p := newPlay(t, webGroup())
		o := autospot.Options{Do: true}
		if row.byHand {
			o.Begin = map[fleet.ARN]bool{webGroup().ARN: true}
		}
		_, first, _ := p.planner.Plan(&p.seen, p.market, nil, o)
		for _, ask := range autospot.Questions(first) {
			p.market.Scores = append(p.market.Scores, market.Score{ScoreAsk: ask, Zones: row.zones, Why: row.why, Asked: monday})
		}
		made, advices, _ := p.planner.Plan(&p.seen, p.market, nil, o)
		a := advices[0]
		if (a.Move != nil) != row.moves || (len(made.Actions) == 1) != row.moves || !strings.Contains(a.Why, row.says) || a.Placement == nil || row.says == "" && strings.Contains(a.Why, "unlikely") {
			t.Errorf("%s: %+v, %q, %+v", row.name, a.Move, a.Why, a.Placement)
		}
		if a.Move == nil && !a.Eligible() {
			t.Errorf("%s: what waits is refused: %s", row.name, a.Why)
		}
	}
}
