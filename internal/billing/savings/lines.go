package savings

import (
	"iter"
	"math/big"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// avoidedLine is what a claim avoided of one SKU in one hour; below zero it was induced.
type avoidedLine struct {
	claim    int
	month    int  // the number of the billing month
	induced  bool // of an hour in which it ran more than its baseline
	move     int  // the number of a move to Spot, from 1; zero for a claim
	account  fleet.AccountID
	sku      int32
	quantity decimal.Decimal
	value    price
	// list and contract are what it is worth at the price.
	list, contract money.USD
}

// worthIt is the line with what it is worth.
func (l avoidedLine) worthIt() avoidedLine {
	l.list, l.contract = worth(l.quantity, l.value.list), worth(l.quantity, l.value.contract)
	return l
}

// reader walks one claim's hours in order, with what the subject used in each.
type reader struct {
	claim   int
	subject *subject
	skus    *catalogue
	next    func() (time.Time, avoidance.Hours, bool)
	stop    func()

	// ran is where the present hour's running is added up, over all readers.
	ran *HourRan

	// hour and avoided are what comes next; more says that there is any.
	hour    time.Time
	avoided avoidance.Hours
	more    bool

	mixes []mix
	mix   int // the last one that begins at or before the hour
	use   int // the first one that is not before the hour
	// known remembers the lines of hours: most nights of a resource are alike.
	known map[likeness][]avoidedLine
}

// likeness is all that the lines of an hour depend on, where the resource used one SKU in it or none.
type likeness struct {
	mix     int
	month   int
	avoided avoidance.Hours
	used    use // without its hour
}

// splitPart is how much of a SKU an hour avoided.
type splitPart struct {
	sku      int32
	quantity decimal.Decimal
}

func newReader(c *computation, claim int, s *subject) *reader {
	r := &reader{claim: claim, subject: s, skus: c.skus, mixes: s.mixes(c.skus), known: map[likeness][]avoidedLine{}}
	r.next, r.stop = iter.Pull2(c.claims.Hourly(&c.claims.Claims[claim]))
	r.advance()
	return r
}

func (r *reader) advance() { r.hour, r.avoided, r.more = r.next() }

// lines returns what was avoided in an hour, and moves on to the next. The hours are asked for in order; the lines are not to be changed.
func (r *reader) lines(hour, baseline time.Time, month int) []avoidedLine {
	if !r.more || !r.hour.Equal(hour) {
		return nil
	}
	avoided := r.avoided
	r.advance()
	at := int32(hour.Sub(baseline) / time.Hour)
	for r.use < len(r.subject.uses) && r.subject.uses[r.use].hour < at {
		r.use++
	}
	for r.mix+1 < len(r.mixes) && r.mixes[r.mix+1].hour <= at {
		r.mix++
	}
	to := r.use
	for to < len(r.subject.uses) && r.subject.uses[to].hour == at {
		to++
	}
	used := r.subject.uses[r.use:to]
	seconds := r.subject.seconds(used, r.skus)
	actual := avoidance.HoursOf(time.Duration(seconds) * time.Second)
	r.ran.Actual = r.ran.Actual.Add(actual)
	r.ran.Baseline = r.ran.Baseline.Add(actual).Add(avoided)
	if avoided.IsZero() || len(r.mixes) == 0 {
		return nil
	}
	like := likeness{mix: r.mix, month: month, avoided: avoided}
	switch {
	case len(used) > 1:
		return r.priced(r.split(avoided, used, seconds), avoided, month)
	case len(used) == 1:
		like.used = use{sku: used[0].sku + 1, quantity: used[0].quantity}
	}
	lines, known := r.known[like]
	if !known {
		lines = r.priced(r.split(avoided, used, seconds), avoided, month)
		r.known[like] = lines
	}
	return lines
}

// priced makes lines of the parts of an hour.
func (r *reader) priced(parts []splitPart, avoided avoidance.Hours, month int) []avoidedLine {
	induced := avoided.Cmp(avoidance.Hours{}) < 0
	lines := make([]avoidedLine, len(parts))
	for i, p := range parts {
		lines[i] = avoidedLine{
			claim: r.claim, month: month, induced: induced, account: r.subject.Scope.Account, sku: p.sku, quantity: p.quantity, value: r.skus.inMonth(p.sku, month),
		}.worthIt()
	}
	return lines
}

// split divides an hour's avoided units over SKUs: what the baseline's units would have used in their mix, less what was used.
func (r *reader) split(avoided avoidance.Hours, used []use, seconds int64) (parts []splitPart) {
	units := avoided.Rat()
	units.Add(units, big.NewRat(seconds, 3600))
	m := r.mixes[r.mix]
	quantities := map[int32]*big.Rat{}
	var order []int32
	add := func(sku int32, quantity *big.Rat) {
		if quantities[sku] == nil {
			quantities[sku] = new(big.Rat)
			order = append(order, sku)
		}
		quantities[sku].Add(quantities[sku], quantity)
	}
	for _, u := range m.uses {
		share := big.NewRat(u.quantity, m.seconds)
		add(u.sku, share.Mul(share.Mul(share, units), big.NewRat(3600, pico)))
	}
	for _, u := range used {
		add(u.sku, big.NewRat(-u.quantity, pico))
	}
	for _, sku := range order {
		if q := quantities[sku]; q.Sign() != 0 {
			parts = append(parts, splitPart{sku, quotient(q)})
		}
	}
	return parts
}

// exactly is how many places a quantity or a share keeps where it does not divide: the product with a price is exact far beyond a cent.
const exactly = 24

func quotient(q *big.Rat) decimal.Decimal {
	if q.IsInt() {
		return decimal.NewFromBigInt(q.Num(), 0)
	}
	return decimal.NewFromBigInt(q.Num(), 0).DivRound(decimal.NewFromBigInt(q.Denom(), 0), exactly)
}

// worth is a quantity at a price.
func worth(quantity decimal.Decimal, rate money.Rate) money.USD {
	return money.USDOf(quantity.Mul(rate.Decimal()).Round(commitments.Places))
}

// hoursOf yields the whole hours of a period.
func hoursOf(p billing.Period) iter.Seq2[int, time.Time] {
	return func(yield func(int, time.Time) bool) {
		for i, hour := 0, p.From; hour.Before(p.To); i, hour = i+1, hour.Add(time.Hour) {
			if !yield(i, hour) {
				return
			}
		}
	}
}
