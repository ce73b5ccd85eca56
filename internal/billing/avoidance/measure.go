package avoidance

import (
	"fmt"
	"iter"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

// Claim is what one resource avoided in a period, in unit-hours. For every proven claim, Baseline = Avoided + Actual + Forgone.
type Claim struct {
	ARN         fleet.ARN
	Account     fleet.AccountID
	Environment string
	Kind        fleet.Kind
	Origin      Origin
	// Evidence is the hash of the frozen baseline.
	Evidence string

	Baseline Hours // that it would have run by its baseline, at the size that people ask for now
	Actual   Hours // that it ran
	Avoided  Hours // Credit plus Induced
	Credit   Hours // of clock hours that it ran less than its baseline
	Induced  Hours // of clock hours that it ran more, zero or below
	Forgone  Hours // not claimed: long stops by people, and rows of idle days
	Held     Hours // of the clock, not of units, that it was off by our stops: what was held off is Baseline's to say
	// Resized is the part of Baseline that comes of size: above zero where people ask for more units than before enrolment, below where for
	// fewer. Baseline less Resized is the frozen baseline.
	Resized Hours
	// Drift is the share of Avoided that the control group of the environment changed by itself; subtracted in totals.
	Drift Hours
	// Causes share Avoided out over our stops, by the hours of baseline that each held off. They add up to it.
	Causes []CauseShare
	// Delete proposes to delete the resource: sixty opening days or more passed without use, up to the end of the period.
	Delete bool

	history history
	weights []int64 // of the causes, in parts of baseline held off; history.held names them
	base    int64   // the parts of Baseline in the time in which something is claimed
	// lasting is that time, in weeks at the size of the baseline, and squared each week times its squared scale.
	lasting, squared float64
}

// CauseShare is one cause's part of a claim. NoStop stands for what no stop of ours explains.
type CauseShare struct {
	Cause   plan.Cause
	Avoided Hours

	fraction float64
}

// NoStop is the cause of a claim whose resource no stop of ours held off: hours that starts induced, or chance.
const NoStop plan.Cause = "none"

// Measurement is what was avoided in a period.
type Measurement struct {
	Period Span
	// Claims are those of resources that are opted in, and Controls of those that are not; by ARN.
	Claims, Controls []Claim

	book    Book
	owners  map[fleet.ARN]owner
	control map[string]*controls // by environment
}

// Measure sets what ran in a period against the baselines. Resources that the book does not know are unproven.
func Measure(book Book, resources []Resource, period Span) (*Measurement, error) {
	sorted, err := inOrder(resources)
	if err == nil && !period.From.Before(period.To) {
		err = fmt.Errorf("%w: the period is empty", ErrInput)
	}
	if err == nil {
		err = book.Verify()
	}
	if err != nil {
		return nil, err
	}
	m := &Measurement{Period: period, book: book, owners: map[fleet.ARN]owner{}}
	room := 0.0
	for _, r := range sorted {
		b, known := book.Baselines[r.ARN]
		if !known {
			b = Baseline{ARN: r.ARN, Origin: Unproven}
		}
		if known && !b.Enrolled.Equal(r.Enrolled) {
			return nil, fmt.Errorf("%w: %s was enrolled at %s, but its baseline is frozen at %s", ErrInput, r.ARN,
				r.Enrolled.UTC().Format(time.RFC3339), b.Enrolled.UTC().Format(time.RFC3339))
		}
		m.owners[r.ARN] = ownerOf(r)
		h := historyOf(r, b)
		if room += h.bound(period.stretch()); room >= most {
			return nil, fmt.Errorf("%w: %s and those before it come to more unit-hours than can be added up; look at the units", ErrInput, r.ARN)
		}
		claim := claimOf(h, period.stretch())
		if r.Control {
			m.Controls = append(m.Controls, claim)
		} else {
			m.Claims = append(m.Claims, claim)
		}
	}
	if err := m.subtractDrift(); err != nil {
		return nil, err
	}
	return m, nil
}

func claimOf(h history, period stretch) Claim {
	b := &h.baseline
	c := Claim{
		ARN: h.ARN, Account: h.Account, Environment: h.Environment, Kind: h.Kind, Origin: b.Origin, Evidence: b.Hash, history: h,
	}
	counted := c.history.counted.within(period)
	c.weights = make([]int64, len(h.held))
	read, sum := c.history.reader(), tally{}
	eachHour(counted, func(hour stretch, slot int) {
		t := read.read(hour, slot)
		sum.baseline += t.baseline
		sum.actual += t.actual
		sum.forgone += t.forgone
		sum.resized += t.resized
		sum.base += t.base
		if t.avoided < 0 {
			c.Induced.parts += t.avoided
		} else {
			c.Credit.parts += t.avoided
		}
		for i := range c.weights {
			seconds, parts := read.heldBy(i, hour, slot)
			c.weights[i] += parts
			c.Held.parts += seconds * whole
		}
		if h.Control { // its change counts whole, whoever made it
			t.claimed = hour.seconds()
		}
		size := h.scales.at(hour.from).float()
		c.lasting += size * float64(t.claimed)
		c.squared += size * size * float64(t.claimed)
	})
	c.lasting, c.squared = c.lasting/week, c.squared/week
	c.Actual.parts = sum.actual
	if b.Origin == Unproven {
		c.Credit, c.Induced = Hours{}, Hours{}
		return c
	}
	c.Baseline.parts, c.Forgone.parts, c.Resized.parts = sum.baseline, sum.forgone, sum.resized
	c.Avoided = c.Credit.Add(c.Induced)
	c.base = sum.base
	c.Causes = c.shareOut(c.Avoided)
	for _, row := range c.history.idle {
		c.Delete = c.Delete || counted.seconds() > 0 && row.from < counted.to && counted.to <= row.to
	}
	return c
}

// shareOut divides the claim, or a part of it, over causes in proportion to their weights; the last one with a weight takes what
// rounding left.
func (c *Claim) shareOut(avoided Hours) (shares []CauseShare) {
	total, last := int64(0), -1
	for i, weight := range c.weights {
		if total += weight; weight > 0 {
			last = i
		}
	}
	if last < 0 {
		return []CauseShare{{Cause: NoStop, Avoided: avoided, fraction: 1}}
	}
	left := avoided
	for i, weight := range c.weights[:last+1] {
		if weight == 0 {
			continue
		}
		part := left
		if i < last {
			part = Hours{portion(avoided.parts, weight, total)}
		}
		left = left.Sub(part)
		shares = append(shares, CauseShare{c.history.held[i].cause, part, float64(weight) / float64(total)})
	}
	return shares
}

// Hourly yields the clock hours of the measured period in which the resource is counted, with what was avoided in each: the input for
// a replay of commitments. Drift is not in it. An unproven claim has none.
func (m *Measurement) Hourly(c *Claim) iter.Seq2[time.Time, Hours] {
	return c.history.hourly(m.Period.stretch())
}

// Value prices a claim hour by hour. The rate is asked for each clock hour in which anything was avoided or induced; hours without a
// known rate are returned and not valued. What was avoided at one rate is summed up until the rate changes, and priced to the nanosecond of
// running; drift is not in it.
func (m *Measurement) Value(c *Claim, rate func(hour time.Time) (money.Rate, bool)) (value money.USD, unpriced Hours) {
	var owed Hours
	var now money.Rate
	settle := func() {
		value = value.Add(priced(now, owed))
		owed = Hours{}
	}
	for hour, avoided := range m.Hourly(c) {
		if avoided.IsZero() {
			continue
		}
		price, known := rate(hour)
		if !known {
			unpriced = unpriced.Add(avoided)
			continue
		}
		if !price.Equal(now) {
			settle()
			now = price
		}
		owed = owed.Add(avoided)
	}
	settle()
	return value, unpriced
}

// priced returns what hours cost. Whole hours are counted, as there may be more of them than a duration holds.
func priced(rate money.Rate, hours Hours) money.USD {
	n, rest := hours.parts/perHour, Hours{hours.parts % perHour}
	value := rate.For(rest.nanoseconds())
	if n < 0 {
		return value.Sub(rate.Times(int(-n)).For(time.Hour))
	}
	return value.Add(rate.Times(int(n)).For(time.Hour))
}
