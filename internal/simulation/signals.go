package simulation

import (
	"cmp"
	"slices"
	"time"
)

// Signal is what the Spot market has for some of the instances of a pool: a recommendation to rebalance, an interruption, or one after the
// other. Most recommendations come to nothing, and some interruptions are not announced by one.
type Signal struct {
	// Rebalance is when the recommendation comes; zero where none does.
	Rebalance time.Time
	// Notice comes two minutes before End, when the instances are interrupted; both are zero where it comes to nothing.
	Notice, End time.Time
	// Until is when there is capacity again; until then, from the notice on, no instance can be had.
	Until time.Time
	// Share is how many of the pool's instances are concerned.
	Share Chance
	// number tells it from the pool's others.
	number int64
}

// first is when the signal is first felt.
func (s *Signal) first() time.Time {
	if !s.Rebalance.IsZero() {
		return s.Rebalance
	}
	return s.Notice
}

// notice is how long before an interruption AWS warns.
const notice = 2 * time.Minute

// Signals returns the signals of a pool that are first felt in a time, half-open, in order.
func (m *Market) Signals(p Pool, from, to time.Time) []Signal {
	drawn := m.pool(p)
	drawn.extendSignals(m, to.Unix())
	first, _ := slices.BinarySearchFunc(drawn.signals, from, func(s Signal, at time.Time) int { return s.first().Compare(at) })
	last := first
	for last < len(drawn.signals) && drawn.signals[last].first().Before(to) {
		last++
	}
	return drawn.signals[first:last:last]
}

// Takes reports whether a signal concerns an instance.
func (m *Market) Takes(p Pool, s Signal, id string) bool {
	return number(m.seed, id, p.Zone+p.Type, int(s.number))%1000 < uint64(s.Share)
}

// ShortUntil returns until when a pool has no capacity; zero where it has.
func (m *Market) ShortUntil(p Pool, at time.Time) time.Time {
	var until, from time.Time
	if !m.pool(p).recorded {
		from = at.Add(-longest - oneDay*time.Second) // the first sign of a shortage is not so long ago
	}
	for _, s := range m.Signals(p, from, at.Add(time.Second)) {
		if !s.End.IsZero() && !s.Notice.After(at) && s.Until.After(at) && s.Until.After(until) {
			until = s.Until
		}
	}
	return until
}

// longest is how long a drawn shortage can last.
const longest = 48 * time.Hour

// extendSignals draws the signals of each day until an instant.
func (p *pool) extendSignals(m *Market, until int64) {
	for ; m.origin+p.days*oneDay <= until; p.days++ {
		r := m.draws(p.key, "signals", p.days)
		at, share := m.origin+p.days*oneDay+r.Int64N(oneDay), Chance(between(r, 1, 1000))
		// A signal concerns half of the instances on average, and of 36 signals 15 interrupt: so many must there be in a million days.
		falls := r.Int64N(1_000_000) < int64(p.terms.Interruptions)*2*1000*36/15/30
		kind, lead, lasts := r.IntN(36), between(r, 180, 6*3600), between(r, 500, 2000)
		if !falls {
			continue
		}
		s := Signal{Share: share, number: p.days}
		if kind < 30 {
			s.Rebalance = instant(at)
		}
		if kind < 9 || kind >= 30 {
			s.End = instant(at + lead)
			s.Notice = s.End.Add(-notice)
			s.Until = s.End.Add(min(p.terms.Shortage*time.Duration(lasts)/1000, longest))
		}
		p.add(s)
	}
}

// add puts a signal in its place.
func (p *pool) add(s Signal) {
	at, _ := slices.BinarySearchFunc(p.signals, s, func(a, b Signal) int {
		return cmp.Or(a.first().Compare(b.first()), cmp.Compare(a.number, b.number))
	})
	p.signals = slices.Insert(p.signals, at, s)
}

// outbid makes the signals of a recorded path: while the price is above on-demand nobody runs.
func (p *pool) outbid() {
	p.signals, p.days = nil, 0
	if !p.priced || !p.recorded {
		return
	}
	var above *Signal
	for i := range p.path {
		q := &p.path[i]
		switch over := q.rate.Cmp(p.onDemand) > 0; {
		case over && above == nil:
			end := instant(q.at).Add(notice)
			above = &Signal{Notice: instant(q.at), End: end, Share: 1000, number: -int64(i) - 1, Until: end.AddDate(100, 0, 0)}
		case !over && above != nil:
			above.Until = instant(max(q.at, above.End.Unix()))
			p.add(*above)
			above = nil
		}
	}
	if above != nil {
		p.add(*above)
	}
}
