package invoice

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// commitment is a reservation or a plan of one payer.
type commitment struct {
	arn         string
	owner       fleet.AccountID
	term        Term
	payment     Payment
	reservation *Reservation
	plan        *Plan
	sku         *sku // of a reservation: what it reserves
	product     commitments.Product
	flexible    bool
	factor      decimal.Decimal // of a flexible reservation, else one
	size        decimal.Decimal // what an hour has to give: units, instance-hours or dollars
	hourly      decimal.Decimal // of all that is reserved, upfront included
	rate        money.Rate      // of one reserved instance
	rates       map[commitments.SKU]money.Rate

	subscription, start, end string // as CUR has them
}

// priceID names the price of a SKU under the commitment: by its term and payment, as price lists do.
func (c *commitment) priceID(s *sku) string {
	sort := "reserved"
	if c.plan != nil {
		sort = c.plan.offering()
	}
	return s.id + "." + identity(sort, c.term.length(), c.payment.String())[:10] + ".6YS6EN2CT7"
}

// units are how much of the commitment one unit of a class takes: normalised units, instance-hours, or dollars.
func (c *commitment) units(k *class) decimal.Decimal {
	switch {
	case c.plan != nil:
		return c.rates[commitments.SKU(k.sku.id)].Decimal()
	case c.flexible:
		return k.sku.product.Factor
	default:
		return decimal.NewFromInt(1)
	}
}

// commit makes the commitments of a payer, with the plans' rates for every SKU that was used. Reservations of what has no price are refused.
func commit(p *Payer, s *shelf, classes []*class) ([]*commitment, error) {
	all := make([]*commitment, 0, len(p.Reservations)+len(p.Plans))
	for i := range p.Reservations {
		r := &p.Reservations[i]
		c, priced := reserve(r, s)
		if !priced {
			return nil, fmt.Errorf("reservation %s is of %s for %s in %s, which has no price: add it to the catalogue", r.ID, r.Type, r.Product, r.Region)
		}
		all = append(all, c)
	}
	for i := range p.Plans {
		plan := &p.Plans[i]
		c := newCommitment(plan.arn(), plan.Owner, plan.Term, plan.Payment)
		c.plan, c.size, c.hourly = plan, plan.Hourly.Decimal(), plan.Hourly.Decimal()
		for _, k := range classes {
			if rate, meant := plan.rate(k.sku); meant {
				c.rates[commitments.SKU(k.sku.id)] = rate
			}
		}
		all = append(all, c)
	}
	return all, nil
}

func newCommitment(arn string, owner fleet.AccountID, t Term, p Payment) *commitment {
	return &commitment{
		arn: arn, owner: owner, term: t, payment: p, factor: decimal.NewFromInt(1), rates: map[commitments.SKU]money.Rate{},
		subscription: strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(arn))), 10),
		start:        t.Start.UTC().Format(timeForm), end: t.End().UTC().Format(timeForm),
	}
}

// reserve prices a reservation; false where the catalogue does not know what it reserves.
func reserve(r *Reservation, s *shelf) (*commitment, bool) {
	key := shelfKey{what: anInstance, region: r.Region, kind: r.Type, product: r.Product, multiAZ: r.MultiAZ}
	if r.database() {
		key.what = aDatabase
	}
	reserved := s.of(key)
	if reserved == nil {
		return nil, false
	}
	c := newCommitment(r.arn(), r.Owner, r.Term, r.Payment)
	c.reservation, c.sku, c.product, c.size = r, reserved, reserved.product, decimal.NewFromInt(int64(r.Count))
	c.product.Zone = r.Zone
	// AWS's amortised rates have about as many places; whole ones keep the sums of hours and of fees the same.
	c.rate, _ = money.RateOf(off(reserved.list.Decimal(), r.Off).Round(ratePlaces))
	c.hourly = c.rate.Decimal().Mul(c.size)
	if c.flexible = c.replayed().Flexible(); c.flexible {
		c.factor = c.product.Factor
		c.size = c.size.Mul(c.factor)
	}
	return c, true
}

// replayed is the reservation as package commitments knows it.
func (c *commitment) replayed() commitments.Reservation {
	return commitments.Reservation{
		ID: commitments.CommitmentID(c.arn), Owner: c.owner, Product: c.product, Count: c.reservation.Count, Rate: c.rate,
	}
}

// covering is a part of a class that one commitment covers.
type covering struct {
	by   int // the commitment's place
	used amount
}

// state is what became of a commitment within an hour.
type state struct {
	by           int
	used, unused decimal.Decimal // in dollars
	left         decimal.Decimal // in its own units
}

// applied is an hour after its commitments were applied.
type applied struct {
	covered map[int][]covering // by class, in the order of application
	states  []state            // by place
	// rest is what stays on demand, at contracted prices; fixed are the commitments, used or not; unused what of them is lost.
	rest, fixed, unused decimal.Decimal
	// accounts are the sums of each account, for its taxes.
	accounts map[fleet.AccountID]*sums
}

// sums are FOCUS's four costs.
type sums struct{ list, contracted, effective, billed decimal.Decimal }

func (s *sums) add(o *sums) {
	s.list, s.contracted = s.list.Add(o.list), s.contracted.Add(o.contracted)
	s.effective, s.billed = s.effective.Add(o.effective), s.billed.Add(o.billed)
}

// replay is the replay of one hour in the making.
type replay struct {
	*applied
	all   []*commitment
	place map[commitments.CommitmentID]int
	taken []decimal.Decimal // of each commitment, in its own units
	rows  bool
}

// apply replays the commitments over the classes of an hour. Without rows nobody asks for the sums at list and contracted prices.
func apply(p *Payer, classes []*class, all []*commitment, at time.Time, rows bool) *applied {
	r := replay{
		applied: &applied{covered: map[int][]covering{}, accounts: map[fleet.AccountID]*sums{}},
		all:     all, place: map[commitments.CommitmentID]int{}, taken: make([]decimal.Decimal, len(all)), rows: rows,
	}
	h := commitments.Hour{Commitments: r.inForce(p, at)}
	var used []int
	for i, k := range classes {
		if k.sum == 0 || k.sku.part != running {
			continue
		}
		product := k.sku.product
		if product.Compute == commitments.EC2 {
			product.Zone = k.zone
		}
		used = append(used, i)
		h.Usage = append(h.Usage, commitments.Usage{
			Key: k.zone, Account: k.account, Product: &product, SKU: commitments.SKU(k.sku.id), Quantity: k.sum.exact(), OnDemand: k.rate,
		})
	}
	result := commitments.Bill(h)
	r.rest, r.fixed = result.OnDemand.Decimal(), result.Fixed.Decimal()
	for i := range result.Lines {
		r.line(classes[used[i]], used[i], &result.Lines[i])
	}
	for i := range result.Commitments {
		r.commitment(&result.Commitments[i])
	}
	return r.applied
}

// inForce are the commitments of an hour as package commitments knows them.
func (r *replay) inForce(p *Payer, at time.Time) commitments.Commitments {
	c := commitments.Commitments{NotSharing: map[fleet.AccountID]bool{}}
	for _, a := range p.NotSharing {
		c.NotSharing[a] = true
	}
	for i, one := range r.all {
		if !one.term.holds(at) {
			continue
		}
		r.place[commitments.CommitmentID(one.arn)] = i
		if one.reservation != nil {
			c.Reservations = append(c.Reservations, one.replayed())
			continue
		}
		c.Plans = append(c.Plans, commitments.Plan{
			ID: commitments.CommitmentID(one.arn), Owner: one.owner, Kind: one.plan.Kind, Region: one.plan.Region, Family: one.plan.Family,
			Hourly: one.plan.Hourly, Rates: one.rates,
		})
	}
	return c
}

// line takes in what became of a class.
func (r *replay) line(k *class, at int, l *commitments.Line) {
	account := r.account(k.account)
	if r.rows {
		account.list = account.list.Add(l.Usage.Quantity.Mul(k.list))
		account.contracted = account.contracted.Add(l.Usage.Quantity.Mul(k.contracted))
	}
	account.effective = account.effective.Add(l.OnDemand.Decimal())
	account.billed = account.billed.Add(l.OnDemand.Decimal())
	var before amount
	exact := decimal.Zero
	for _, c := range l.Covered {
		by := r.place[c.By]
		r.taken[by] = r.taken[by].Add(c.Quantity.Mul(r.all[by].units(k)))
		account.effective = account.effective.Add(c.Cost.Decimal())
		// Where a commitment runs out within the class the boundary is rounded, once, so that the parts are the class.
		exact = exact.Add(c.Quantity)
		upTo := amountOf(exact.Round(billing.Places))
		if upTo > before {
			r.covered[at] = append(r.covered[at], covering{by, upTo - before})
		}
		before = upTo
	}
}

// commitment takes in what became of a commitment: what its owner pays in the hour, and what of it is lost.
func (r *replay) commitment(u *commitments.Use) {
	by := r.place[u.ID]
	c, lost := r.all[by], u.Unused.Decimal()
	left := c.size.Sub(r.taken[by])
	if lost.IsZero() {
		left = decimal.Zero // what is lost by cutting a quantity at its last place is none
	}
	r.states = append(r.states, state{by, u.Used.Decimal(), lost, left})
	r.unused = r.unused.Add(lost)
	account := r.account(c.owner)
	account.effective = account.effective.Add(lost)
	account.billed = account.billed.Add(c.hourly.Sub(c.payment.upfront(c.hourly)))
}

func (a *applied) account(id fleet.AccountID) *sums {
	if a.accounts[id] == nil {
		a.accounts[id] = &sums{}
	}
	return a.accounts[id]
}
