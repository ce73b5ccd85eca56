package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"offpeak/internal/simulation"
)

// peer emulates a tool that replaces the members of an on-demand group one by one, as AutoSpotting does by its code: a clone of the member on Spot in
// its subnet, of the cheapest type that is no smaller and costs no more than the member does on demand; on a recommendation and on a notice the
// instance is detached without decrement, and the group launches an on-demand one, which is replaced again. What was detached for a recommendation
// alone runs on beside the group, and is attached again by the next replacement.
type peer struct {
	*contestant
	bazaar *bazaar
	market *simulation.Market
	random *rand.Rand
	// launchesFirst says that the member leaves when its clone serves, as the code says; else it leaves at once, as its users report.
	launchesFirst bool

	o       *outcome
	now     time.Time
	members []*clone
	tick    time.Time
	born    int
}

// clone is an instance of a peer's.
type clone struct {
	run      simulation.Run
	spot     bool
	serving  bool
	attached bool
	instead  *clone // that leaves when this one serves
	serves   time.Time
	leaves   time.Time // a detached on-demand instance ends then
	// recommended, noticed and taken are what the market has for it next; searched is when to look again.
	recommended, noticed, taken, searched time.Time
	gone                                  bool
}

// peerRuns is how often the peer looks for members to replace.
const peerRuns = 5 * time.Minute

// play plays a quarter.
func (p *peer) play(t testing.TB) *outcome {
	t.Helper()
	p.o = p.outcome()
	p.market = simulation.NewMarket(p.bazaar.seed, proofFrom, p.bazaar.prices)
	p.bazaar.tell(t, p.market)
	p.random = rand.New(rand.NewPCG(p.bazaar.seed, uint64(len(p.name))+uint64(p.name[len(p.name)-1])))
	p.now = proofFrom
	for range p.size {
		c := p.launch(false, p.emptiest(), p.base)
		c.serving, c.serves, c.run.From = true, time.Time{}, p.now
	}
	p.tick = proofFrom
	for {
		next := p.next()
		if !next.Before(proofTo) {
			break
		}
		p.now = next
		for _, c := range slices.Clone(p.members) {
			p.happens(c)
		}
		if !p.now.Before(p.tick) {
			p.replace()
			p.tick = p.now.Add(peerRuns)
		}
		p.count()
	}
	p.now = proofTo
	for _, c := range slices.Clone(p.members) {
		if c.serving {
			c.run.To = proofTo
			p.o.runs = append(p.o.runs, c.run)
		}
	}
	p.o.serves(proofTo, p.size)
	return p.o
}

// next is when anything happens next.
func (p *peer) next() time.Time {
	next := proofTo
	busy := false
	for _, c := range p.members {
		for _, at := range []time.Time{c.serves, c.leaves, c.recommended, c.noticed, c.taken, c.searched} {
			if !at.IsZero() && at.Before(next) {
				next = at
			}
		}
		busy = busy || c.attached && !c.spot
	}
	if busy && p.tick.Before(next) {
		next = p.tick
	}
	if next.Before(p.now) {
		next = p.now
	}
	return next
}

func (p *peer) boot() time.Duration { return time.Duration(60+p.random.IntN(181)) * time.Second }

// launch launches an instance, which serves when it has booted.
func (p *peer) launch(spot bool, zone, kind string) *clone {
	p.born++
	c := &clone{run: simulation.Run{ID: fmt.Sprintf("peer-%s-%d", p.name, p.born), Type: kind, Product: linux, Spot: spot, Zone: zone}, spot: spot, attached: true}
	c.serves = p.now.Add(p.boot())
	p.members = append(p.members, c)
	return c
}

// emptiest is the zone with the fewest members.
func (p *peer) emptiest() string {
	best, least := "", 0
	for _, zone := range p.zones {
		n := 0
		for _, c := range p.members {
			if c.attached && c.run.Zone == zone {
				n++
			}
		}
		if best == "" || n < least {
			best, least = zone, n
		}
	}
	return best
}

// happens lets what is due of an instance happen.
func (p *peer) happens(c *clone) {
	due := func(at time.Time) bool { return !at.IsZero() && !at.After(p.now) }
	switch {
	case c.gone:
	case due(c.serves):
		c.serves, c.serving, c.run.From = time.Time{}, true, p.now
		if c.spot {
			p.watch(c)
		}
		if old := c.instead; old != nil && !old.gone {
			p.leave(old)
		}
	case due(c.leaves):
		p.end(c)
	case due(c.recommended):
		c.recommended = time.Time{}
		p.detach(c)
		if c.noticed.IsZero() {
			c.searched = p.now
		}
	case due(c.noticed):
		c.noticed = time.Time{}
		if c.attached && c.serving {
			p.o.takes = append(p.o.takes, c.taken)
		}
		p.detach(c)
	case due(c.taken):
		p.end(c)
	case due(c.searched):
		c.searched = time.Time{}
		p.watch(c)
	}
}

// watch finds what the market has next for an instance, as a world does.
func (p *peer) watch(c *clone) {
	const reach = 30 * 24 * time.Hour
	pool := poolOf(c.run.Zone, c.run.Type)
	for _, s := range p.market.Signals(pool, p.now.AddDate(0, 0, -1), p.now.Add(reach)) {
		if soon := s.Rebalance.After(p.now) || s.End.After(p.now); !soon || !p.market.Takes(pool, s, c.run.ID) {
			continue
		}
		if s.Rebalance.After(p.now) {
			c.recommended = s.Rebalance
		}
		if !s.End.IsZero() {
			c.noticed, c.taken = s.Notice, s.End
			if c.noticed.Before(p.now) {
				c.noticed = p.now
			}
		}
		return
	}
	c.searched = p.now.Add(reach)
}

// detach takes an instance out of the group, which launches an on-demand one in its place.
func (p *peer) detach(c *clone) {
	if !c.attached {
		return
	}
	c.attached = false
	p.launch(false, p.emptiest(), p.base)
}

// leave ends a member that is replaced, when its connections are drained.
func (p *peer) leave(c *clone) {
	c.attached = false
	if !c.serving {
		p.drop(c)
		return
	}
	c.leaves = p.now.Add(time.Duration(30+p.random.IntN(151)) * time.Second)
}

func (p *peer) end(c *clone) {
	c.run.To = p.now
	if c.serving {
		p.o.runs = append(p.o.runs, c.run)
		p.o.ended++
	}
	p.drop(c)
}

func (p *peer) drop(c *clone) {
	c.gone = true
	p.members = slices.DeleteFunc(p.members, func(other *clone) bool { return other == c })
}

// replace replaces one on-demand member, unless a replacement is under way.
func (p *peer) replace() {
	var old *clone
	for _, c := range p.members {
		if c.attached && c.spot && !c.serving {
			return
		}
		if old == nil && c.attached && !c.spot && c.serving {
			old = c
		}
	}
	if old == nil {
		return
	}
	for _, c := range p.members { // what was detached for a recommendation and still runs
		if c.spot && !c.attached && c.serving && (c.taken.IsZero() || !c.noticed.IsZero()) {
			c.attached = true
			p.leave(old)
			return
		}
	}
	zone := old.run.Zone
	for _, kind := range p.bazaar.cheapest(p.base, []string{zone}, p.now) {
		if !p.market.ShortUntil(poolOf(zone, kind), p.now).IsZero() {
			continue
		}
		c := p.launch(true, zone, kind)
		if p.launchesFirst {
			c.instead = old
		} else {
			p.leave(old)
		}
		return
	}
}

// count notes how many serve.
func (p *peer) count() {
	serving := 0
	for _, c := range p.members {
		if c.attached && c.serving {
			serving++
		}
	}
	p.o.serves(p.now, min(serving, p.size))
}
