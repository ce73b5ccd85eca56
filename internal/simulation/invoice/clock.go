package invoice

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// class is usage that nothing tells apart but the machine: one account, one SKU, one zone. Its lines are interchangeable, so one sum of them is
// billed and then shared out again.
type class struct {
	account    fleet.AccountID
	sku        *sku
	zone       string
	list       decimal.Decimal // of one unit; of Spot, in the hour that is billed
	contracted decimal.Decimal
	rate       money.Rate // contracted
	sum        amount
	meters     []*meter // those at work in the hour, by id
	figures    map[figureKey]*figures
	priced     uint32            // how often its price was set
	negations  map[int]*negation // by commitment, at that price
}

// cost is what a class that no commitment covers costs. Storage costs the same odd fraction of a cent in every hour, so that cutting it to the
// places of an export would drift by as much each time: there each row's amount is rounded before it is summed, as readers of the rows do.
func (k *class) cost() (list, contracted decimal.Decimal) {
	if k.sku.part != storage {
		quantity := k.sum.exact()
		return quantity.Mul(k.list), quantity.Mul(k.contracted)
	}
	var lists, contracts amount // of dollars
	for _, m := range k.meters {
		if m.priced != m.used {
			l, c := k.rounded(m.used)
			m.priced, m.list, m.contracted = m.used, amountOf(l), amountOf(c)
		}
		lists, contracts = lists+m.list, contracts+m.contracted
	}
	return lists.exact(), contracts.exact()
}

// rounded are the amounts of one row of storage.
func (k *class) rounded(used amount) (list, contracted decimal.Decimal) {
	quantity := used.exact()
	return quantity.Mul(k.list).Round(billing.Places), quantity.Mul(k.contracted).Round(billing.Places)
}

// clock walks through the hours of one payer's meters.
type clock struct {
	payer   *Payer
	spot    SpotPrices
	classes []*class
	begin   map[int64][]*meter // by the hour in which they are first at work
	active  []*meter
	hour    int64 // unix seconds
	month   int64 // the month's length in seconds
	// changed says that the hour differs from the one before in what was used, of what, or at which price.
	changed bool
	key     []byte
}

// newClock sorts meters into classes. The meters are sorted by account, SKU and zone.
func newClock(p *Payer, meters []*meter, spot SpotPrices) *clock {
	c := &clock{payer: p, spot: spot, begin: map[int64][]*meter{}}
	for i, m := range meters {
		m.place = i
		last := len(c.classes) - 1
		if last < 0 || c.classes[last].account != m.owner.account || c.classes[last].sku != m.sku || c.classes[last].zone != m.zone {
			k := &class{account: m.owner.account, sku: m.sku, zone: m.zone}
			k.price(p, m.sku.list)
			c.classes = append(c.classes, k)
			last++
		}
		m.class = last
		first := m.spans[0].from / hour * hour
		c.begin[first] = append(c.begin[first], m)
	}
	return c
}

// price sets what a unit costs.
func (k *class) price(p *Payer, list money.Rate) {
	k.list = list.Decimal()
	k.contracted = off(k.list, p.EDP)
	clear(k.figures)
	clear(k.negations)
	k.priced++
	k.rate, _ = money.RateOf(k.contracted) // a list price is not below zero and the discount below 100 percent
}

// to moves the clock to an hour; hours come in order.
func (c *clock) to(at time.Time) {
	c.hour, c.changed = at.Unix(), false
	if month := monthAfter(at).Unix() - monthOf(at).Unix(); month != c.month {
		c.month, c.changed = month, true
	}
	if started := c.begin[c.hour]; len(started) > 0 {
		c.active = append(c.active, started...)
		slices.SortFunc(c.active, func(a, b *meter) int { return cmp.Compare(a.place, b.place) })
		delete(c.begin, c.hour)
		c.changed = true
	}
	ended := false
	for _, m := range c.active {
		used := m.at(c.hour, c.month)
		if used != m.used {
			m.used, c.changed = used, true
		}
		ended = ended || m.next == len(m.spans)
	}
	for _, k := range c.classes {
		if k.sku.varies() {
			c.market(k, at)
		}
	}
	if c.changed {
		c.sum()
	}
	if ended {
		c.active = slices.DeleteFunc(c.active, func(m *meter) bool { return m.next == len(m.spans) && m.used == 0 })
	}
}

// market takes the Spot price of the hour. An hour of which the market knows nothing keeps the price before it.
func (c *clock) market(k *class, at time.Time) {
	rate, known := c.spot(k.sku.region, k.zone, k.sku.product.Type, k.sku.product.Platform, at)
	if known && !rate.Decimal().Equal(k.list) {
		k.price(c.payer, rate)
		c.changed = true
	}
}

// sum adds up the classes.
func (c *clock) sum() {
	for _, k := range c.classes {
		k.sum, k.meters = 0, k.meters[:0]
	}
	for _, m := range c.active {
		if m.used > 0 {
			k := c.classes[m.class]
			k.sum += m.used
			k.meters = append(k.meters, m)
		}
	}
}

// signature is what the hour's commitments are applied to, and which are in force: equal for hours that are billed alike.
func (c *clock) signature(all []*commitment, at time.Time) []byte {
	c.key = c.key[:0]
	for _, commitment := range all {
		var holds byte
		if commitment.term.holds(at) {
			holds = 1
		}
		c.key = append(c.key, holds)
	}
	for i, k := range c.classes {
		if k.sum > 0 && k.sku.part == running {
			c.key = binary.AppendUvarint(c.key, uint64(i))
			c.key = binary.AppendUvarint(c.key, uint64(k.sum))
		}
	}
	return c.key
}

// at is what the meter counts in the hour that begins at an instant.
func (m *meter) at(from, month int64) amount {
	var seconds int64
	for m.next < len(m.spans) {
		s := m.spans[m.next]
		if s.from >= from+hour {
			break
		}
		seconds += min(s.to, from+hour) - max(s.from, from)
		if s.to > from+hour {
			break
		}
		m.next++
	}
	if seconds == 0 {
		return 0
	}
	return m.share(month).of(seconds)
}
