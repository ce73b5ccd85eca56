package autospot_test

import (
	"testing"
	"time"

	"offpeak/internal/market"
)

// onSpot is a group whose move is over and settled.
func onSpot(t *testing.T) *play {
	t.Helper()
	p := newPlay(t, webGroup())
	made, _ := p.look()
	p.accept()
	p.become(one(t, made).To)
	p.later(time.Hour)
	if made, _ := p.look(); len(made.Actions) != 0 {
		t.Fatalf("the move is not over: %+v", made.Actions)
	}
	return p
}

// price lets a type cost so much from the first hour after the move.
func (p *play) price(name, hourly string) {
	for _, zone := range zones {
		pool := market.Pool{Zone: zone, Type: name, Product: "Linux/UNIX"}
		p.market.Spot[pool] = append(p.market.Spot[pool], market.Point{At: monday.Add(2 * time.Hour), Price: usd(hourly)})
	}
}

func TestAMixIsWrittenAnewOnceForEachDrift(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says   string
		prices map[string]string
		writes int
	}{
		{"nothing changes", nil, 0},
		{"the group's own type costs more on Spot than on demand: it stays first for what is bought on demand, and nothing is written", map[string]string{"m5.large": "0.2"}, 0},
		{"one that it buys costs more than on demand: it is written once, without it", map[string]string{"m5a.large": "0.2"}, 1},
		{"both", map[string]string{"m5.large": "0.2", "m5a.large": "0.2"}, 1},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			p := onSpot(t)
			for name, hourly := range row.prices {
				p.price(name, hourly)
			}
			p.later(20 * 24 * time.Hour)
			writes := 0
			for range 5 {
				made, _ := p.look()
				for range made.Actions {
					writes++
					p.accept()
					p.become(one(t, made).To)
				}
				p.later(5 * time.Minute)
			}
			if writes != row.writes {
				t.Errorf("%d writes instead of %d", writes, row.writes)
			}
		})
	}
}
