package simulation

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Pool is where Spot capacity is bought: one type with one product in one Availability Zone.
type Pool struct{ Zone, Type, Product string }

// PricePoint is a price from an instant on.
type PricePoint struct {
	At    time.Time
	Price money.Rate
}

// Terms are how a pool behaves.
type Terms struct {
	// Share is what the price reverts to, in thousandths of the on-demand price.
	Share int
	// Interruptions is the chance of an instance to be interrupted within thirty days.
	Interruptions Chance
	// Shortage is about how long there is no capacity after an interruption.
	Shortage time.Duration
}

// Market is the Spot market: prices along recorded or drawn paths, and signals to the instances of a pool. All of it depends on the seed, the
// pool and the time alone, never on who runs what. Since 2017 prices move smoothly and interruptions come for want of capacity; a recorded
// price above on-demand interrupts too, as nobody is asked to pay more than that by default.
type Market struct {
	seed     uint64
	origin   int64 // a UTC midnight, before which there is nothing
	onDemand fleet.Prices
	pools    map[Pool]*pool
}

// pool is what is known of a pool so far; it is drawn on day by day as it is asked for.
type pool struct {
	key      Pool
	terms    Terms
	onDemand money.Rate
	priced   bool
	path     []quote
	recorded bool
	pathDays int64 // drawn
	signals  []Signal
	days     int64 // drawn
}

// quote is a price in millionths of on-demand, or a recorded one, from an instant on.
type quote struct {
	at    int64
	share int64
	rate  money.Rate
}

// history is how far back prices are known at the beginning of a world; AWS tells ninety days.
const history = 100

// NewMarket returns a market that begins a hundred days before an instant. Prices are those of on-demand capacity; a type that is not in them
// has no Spot price unless one is recorded, but can be had and is interrupted all the same.
func NewMarket(seed uint64, start time.Time, onDemand fleet.Prices) *Market {
	origin := start.UTC().Truncate(24*time.Hour).AddDate(0, 0, -history)
	return &Market{seed: seed, origin: origin.Unix(), onDemand: onDemand, pools: map[Pool]*pool{}}
}

// SetOnDemand sets the on-demand prices, on which drawn Spot prices depend. Pools that were asked for already keep theirs.
func (m *Market) SetOnDemand(prices fleet.Prices) { m.onDemand = prices }

// SetTerms sets how a pool behaves, before it is asked for.
func (m *Market) SetTerms(p Pool, terms Terms) {
	drawn := m.pool(p)
	drawn.terms = terms
	if !drawn.recorded {
		drawn.path, drawn.pathDays = nil, 0
	}
	drawn.outbid()
}

// Record sets the price path of a pool, before it is asked for. The points must be in order; the last price goes on.
func (m *Market) Record(p Pool, path []PricePoint) error {
	inOrder := slices.IsSortedFunc(path, func(a, b PricePoint) int { return a.At.Compare(b.At) })
	if len(path) == 0 || !inOrder {
		return fmt.Errorf("the price path of %s %s in %s is empty or not in order of time", p.Type, p.Product, p.Zone)
	}
	drawn := m.pool(p)
	drawn.recorded, drawn.path = true, nil
	for _, point := range path {
		drawn.path = append(drawn.path, quote{at: point.At.Unix(), rate: point.Price})
	}
	drawn.outbid()
	return nil
}

// PriceAt returns the price of a pool; false while it is unknown.
func (m *Market) PriceAt(p Pool, at time.Time) (money.Rate, bool) {
	drawn := m.pool(p)
	drawn.extendPath(m, at.Unix())
	i, found := slices.BinarySearchFunc(drawn.path, at.Unix(), byTime)
	if !found {
		i--
	}
	if i < 0 {
		return money.Rate{}, false
	}
	return drawn.rate(i), true
}

// Path returns the prices of a pool in a time, half-open: the one in force as it begins, then each change. It is empty where they are unknown.
func (m *Market) Path(p Pool, from, to time.Time) []PricePoint {
	drawn := m.pool(p)
	drawn.extendPath(m, to.Unix())
	first, found := slices.BinarySearchFunc(drawn.path, from.Unix(), byTime)
	if !found {
		first = max(0, first-1)
	}
	var path []PricePoint
	for i := first; i < len(drawn.path) && drawn.path[i].at < to.Unix(); i++ {
		path = append(path, PricePoint{instant(drawn.path[i].at), drawn.rate(i)})
	}
	return path
}

func byTime(q quote, at int64) int { return cmp.Compare(q.at, at) }

// pool finds a pool, or draws its terms.
func (m *Market) pool(p Pool) *pool {
	drawn := m.pools[p]
	if drawn != nil {
		return drawn
	}
	r := m.draws(p, "terms", 0)
	drawn = &pool{key: p, terms: Terms{
		Share: int(between(r, 250, 450)),
		// The bands of AWS's Spot advisor: most pools are in the lowest.
		Interruptions: [...]Chance{30, 30, 40, 80, 130, 190, 250}[r.IntN(7)],
		Shortage:      time.Duration(between(r, 10, 240)) * time.Minute,
	}}
	key := fleet.PriceKey{Region: regionOfZone(p.Zone), Type: p.Type, Product: p.Product}
	drawn.onDemand, drawn.priced = m.onDemand[key]
	if !drawn.priced {
		key.Product = ""
		drawn.onDemand, drawn.priced = m.onDemand[key]
	}
	m.pools[p] = drawn
	return drawn
}

func regionOfZone(zone string) fleet.Region { return fleet.Region(zone[:max(0, len(zone)-1)]) }

// draws are the random numbers of a pool's day.
func (m *Market) draws(p Pool, what string, day int64) *rand.Rand {
	return stream(m.seed, what+"\x00"+p.Zone+"\x00"+p.Type+"\x00"+p.Product, uint64(day))
}

const oneDay = 24 * 3600

// extendPath draws the price of each day until an instant. It reverts to its mean so slowly, and by steps so small, that a month's highest is
// some percent above its lowest, as in recorded paths; jumps are rare.
func (p *pool) extendPath(m *Market, until int64) {
	if p.recorded || !p.priced {
		return
	}
	mean := int64(p.terms.Share) * 1000
	for ; m.origin+p.pathDays*oneDay <= until; p.pathDays++ {
		r := m.draws(p.key, "price", p.pathDays)
		midnight := m.origin + p.pathDays*oneDay
		if len(p.path) == 0 {
			p.path = append(p.path, quote{at: midnight, share: mean * between(r, 970, 1030) / 1000})
			continue
		}
		share := p.path[len(p.path)-1].share
		share += (mean-share)/40 + mean*between(r, -3300, 3300)/1_000_000
		jump, by := r.IntN(1000) < 4, between(r, -150, 300)
		if jump {
			share += mean * by / 1000
		}
		p.path = append(p.path, quote{at: midnight + r.Int64N(oneDay), share: min(max(share, mean/2), 950_000)})
	}
}

// rate is the price of a point. AWS quotes Spot prices to four places.
func (p *pool) rate(i int) money.Rate {
	q := &p.path[i]
	if p.recorded {
		return q.rate
	}
	// A millionth of a price per hour is what it amounts to in a millionth of an hour.
	const millionth = time.Hour / 1_000_000
	exact, err := money.ParseRate(p.onDemand.Times(int(q.share)).For(millionth).String())
	if err != nil {
		return p.onDemand // more places than any price that AWS publishes
	}
	rounded, err := money.ParseRate(exact.Display(4))
	if err != nil {
		return exact
	}
	return rounded
}
