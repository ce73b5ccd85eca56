package pricing

import (
	"fmt"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

// Code is a stable name of a reason. The sentence beside it is for people and may change.
type Code string

// Why a type is not taken. A type that is OftenInterrupted and nothing else is taken where too few others remain.
const (
	Unpriced         Code = "spot-unpriced"
	SavesTooLittle   Code = "spot-saves-too-little"
	PricePeaks       Code = "spot-price-peaks"
	OftenInterrupted Code = "often-interrupted"
)

// Reason is a code with its sentence.
type Reason struct {
	Code Code
	Says string
}

// Quote is what a type costs on Spot over some zones, against what it would replace.
type Quote struct {
	Type, Product string
	// Zones are the summaries of the zones that were asked for, in their order; nil where nothing is known of one.
	Zones []*Summary
	// Mean is the mean of the zones' means, P95 the highest of theirs. They are zero where a zone is not priced.
	Mean, P95 money.Rate
	// OnDemand is the price of what would be replaced.
	OnDemand money.Rate
	Risk     Risk
	// Reasons are why it is not taken; none: it is.
	Reasons []Reason
}

// Accepted reports whether nothing speaks against the type.
func (q *Quote) Accepted() bool { return len(q.Reasons) == 0 }

// AtNeed reports whether nothing but frequent interruptions speaks against the type.
func (q *Quote) AtNeed() bool { return len(q.Reasons) == 1 && q.Reasons[0].Code == OftenInterrupted }

// Saving is the percentage that Mean lies below OnDemand, rounded half up to one place; below zero where Spot is dearer.
func (q *Quote) Saving() decimal.Decimal {
	if q.OnDemand.IsZero() {
		return decimal.Zero
	}
	onDemand := q.OnDemand.Decimal()
	return onDemand.Sub(q.Mean.Decimal()).Mul(decimal.NewFromInt(100)).DivRound(onDemand, 1)
}

// Paid is the mean over the zones of what instances would have paid, peaks and all; zero where nothing is known of a zone.
func (q *Quote) Paid() money.Rate {
	return q.average(func(s *Summary) money.Rate { return s.Paid })
}

// average is the mean of a price over the zones.
func (q *Quote) average(of func(*Summary) money.Rate) money.Rate {
	sum := decimal.Zero
	for _, s := range q.Zones {
		if s == nil {
			return money.Rate{}
		}
		sum = sum.Add(of(s).Decimal())
	}
	if len(q.Zones) == 0 {
		return money.Rate{}
	}
	return rate(sum.Div(decimal.NewFromInt(int64(len(q.Zones)))))
}

// Book holds the summaries of all pools of a region over one window, made once for all groups. It is safe for use by several at once.
type Book struct {
	region    fleet.Region
	onDemand  fleet.Prices
	advised   market.Advised
	own       map[string]Experience
	summaries map[market.Pool]*Summary

	mu     sync.Mutex
	prices map[asked]*priced
}

// asked is what the price of a type depends on, whatever it would replace.
type asked struct{ instanceType, product, zones string }

// priced is a type's price over some zones. Missing says which zones have none to judge by.
type priced struct {
	quote   Quote
	dearest int
	missing string
}

// NewBook summarises what a market says over a window, with an organisation's own experience by type, which may be nil.
func NewBook(m *market.Market, region fleet.Region, w Window, own map[string]Experience) *Book {
	b := &Book{region: region, onDemand: m.OnDemand, advised: m.Advised, own: own, summaries: make(map[market.Pool]*Summary, len(m.Spot)), prices: map[asked]*priced{}}
	for pool, points := range m.Spot {
		s := Summarize(points, w)
		b.summaries[pool] = &s
	}
	return b
}

// Pool returns the summary of a pool; false where nothing is known of it.
func (b *Book) Pool(p market.Pool) (*Summary, bool) {
	s, ok := b.summaries[p]
	return s, ok
}

// OnDemand returns the on-demand price of a type with a product. A price that was noted for no product in particular is Linux's on most price
// lists, so it is not taken for another's, nor for Linux.
func (b *Book) OnDemand(instanceType, product string) (money.Rate, bool) {
	r, ok := b.onDemand[fleet.PriceKey{Region: b.region, Type: instanceType, Product: product}]
	return r, ok && !r.IsZero()
}

// Risk returns how often instances of a type are interrupted. The advisor tells of Linux and Windows; what Linux of any maker runs on is the
// same capacity, and shares its band.
func (b *Book) Risk(instanceType, product string) Risk {
	system := "Linux"
	if strings.HasPrefix(product, "Windows") {
		system = "Windows"
	}
	odds, advised := b.advised[market.AdvisedKey{Region: b.region, OS: system, Type: instanceType}]
	return RiskOf(odds, advised, b.own[instanceType])
}

// Ask is what a quote is asked for.
type Ask struct {
	Type, Product string
	Zones         []string
	// OnDemand is the on-demand price, for the product, of the type that would be replaced.
	OnDemand money.Rate
	// MinimumSaving is the percentage below OnDemand at which a type must stay, in the mean and for 95 % of the time.
	MinimumSaving int
}

// Quote judges a type. Every reason against it is given, not the first alone.
func (b *Book) Quote(a Ask) Quote {
	p := b.priced(a)
	q := p.quote
	q.OnDemand = a.OnDemand
	if p.missing != "" {
		q.Reasons = append(q.Reasons, Reason{Unpriced, p.missing})
	} else {
		q.weigh(a, p.dearest)
	}
	if q.Risk.Often() {
		q.Reasons = append(q.Reasons, Reason{OftenInterrupted, q.often()})
	}
	return q
}

// priced is found once for all that ask.
func (b *Book) priced(a Ask) *priced {
	key := asked{a.Type, a.Product, strings.Join(a.Zones, " ")}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.prices[key]
	if p != nil {
		return p
	}
	p = &priced{quote: Quote{Type: a.Type, Product: a.Product, Risk: b.Risk(a.Type, a.Product), Zones: make([]*Summary, len(a.Zones))}}
	if p.missing = b.collect(&p.quote, a); p.missing == "" {
		q := &p.quote
		for i, s := range q.Zones {
			if s.P95.Cmp(q.Zones[p.dearest].P95) > 0 {
				p.dearest = i
			}
		}
		q.Mean, q.P95 = q.average(func(s *Summary) money.Rate { return s.Mean }), q.Zones[p.dearest].P95
	}
	b.prices[key] = p
	return p
}

// collect finds the summaries of all zones, and says which have no price to judge by.
func (b *Book) collect(q *Quote, a Ask) string {
	if len(a.Zones) == 0 {
		return "no zone was asked for"
	}
	var missing []string
	for i, zone := range a.Zones {
		s := b.summaries[market.Pool{Zone: zone, Type: a.Type, Product: a.Product}]
		q.Zones[i] = s
		switch {
		case s == nil || s.Known == 0:
			missing = append(missing, fmt.Sprintf("in %s no Spot price of %s is known", zone, a.Product))
		case !s.Priced():
			missing = append(missing, fmt.Sprintf("in %s the Spot price of %s is known for only %.0f%% of the time", zone, a.Product, 100*s.Coverage()))
		case !s.Last.Known:
			missing = append(missing, fmt.Sprintf("in %s it is not to be had at present", zone))
		}
	}
	return strings.Join(missing, "; ")
}

// weigh sets the prices over the zones against the limit.
func (q *Quote) weigh(a Ask, dearest int) {
	limit := a.OnDemand.Decimal().Mul(decimal.NewFromInt(int64(100 - a.MinimumSaving))).Shift(-2)
	most := rate(limit)
	if q.Mean.Decimal().GreaterThan(limit) {
		q.Reasons = append(q.Reasons, Reason{SavesTooLittle, fmt.Sprintf("%s USD an hour in the mean; more than %s saves less than %d%% of %s on demand",
			q.Mean.Display(4), most.Display(4), a.MinimumSaving, q.OnDemand.Display(4))})
	}
	if q.P95.Decimal().GreaterThan(limit) {
		q.Reasons = append(q.Reasons, Reason{PricePeaks, fmt.Sprintf("%s USD an hour was not exceeded for 95%% of the time in %s; more than %s saves less than %d%%",
			q.P95.Display(4), a.Zones[dearest], most.Display(4), a.MinimumSaving)})
	}
}

// often says how often instances are interrupted, and who says so.
func (q *Quote) often() string {
	source := "by the Spot advisor"
	switch r := q.Risk; {
	case !r.Advised && r.Own.Hours == 0:
		source = "assumed, as the Spot advisor does not tell"
	case r.Own != Experience{}:
		source = fmt.Sprintf("after %d interruptions in %.0f hours", r.Own.Interruptions, r.Own.Hours)
	}
	return fmt.Sprintf("%.2f interruptions expected in a thousand instance-hours, %s; %.2f are the limit", 1000*q.Risk.PerHour(), source, 1000*BandRate(tolerable))
}
