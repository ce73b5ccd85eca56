package savings

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/money"
)

// amounts is what a claim is worth.
type amounts struct{ list, contract, adjusted money.USD }

func (a *amounts) add(o amounts) {
	a.list, a.contract, a.adjusted = a.list.Add(o.list), a.contract.Add(o.contract), a.adjusted.Add(o.adjusted)
}

// block is how many hours are replayed at a time.
const block = 96

// value prices every hour of every claim and replays the payer's commitments. What was avoided in the hours of a block is found while those of the
// one before are replayed.
func (c *computation) value(ctx context.Context) error {
	c.readyParts()
	c.skus.tabulate(monthOf(c.Measured.From), c.months())
	movers := c.movers() // what they stand in for counts for the readers
	readers := c.readers()
	defer func() {
		for _, r := range readers {
			r.stop()
		}
	}()
	var check commitments.Reconciliation
	running, next := &hoursInReplay{}, &hoursInReplay{}
	defer func() { running.wait.Wait() }()
	for i, hour := range hoursOf(c.Measured) {
		var all [][]avoidedLine
		c.Ran = append(c.Ran, HourRan{Hour: hour})
		month := c.monthNumber(hour)
		for _, r := range readers {
			r.ran = &c.Ran[i]
			if lines := r.lines(hour, c.Baseline, month); len(lines) > 0 {
				all = append(all, lines)
			}
		}
		for n, m := range movers {
			all = append(all, m.lines(n, c, hour))
		}
		next.lines, next.hours = append(next.lines, all), append(next.hours, hour)
		if len(next.lines) < block && i+1 < len(c.hours) {
			continue
		}
		if err := running.settle(c, &check); err != nil {
			return err
		}
		running, next = next, &hoursInReplay{first: i + 1}
		running.begin(ctx, c)
	}
	if err := running.settle(c, &check); err != nil {
		return err
	}
	c.settleParts()
	c.judge(&check)
	return nil
}

// hoursInReplay are a block of hours with what was avoided in them, and what becomes of them.
type hoursInReplay struct {
	first   int // the number of the first hour
	hours   []time.Time
	lines   [][][]avoidedLine // of each hour, by reader
	results []replayed
	err     error
	wait    sync.WaitGroup
}

// begin replays the hours.
func (h *hoursInReplay) begin(ctx context.Context, c *computation) {
	h.results = make([]replayed, len(h.hours))
	h.wait.Go(func() {
		h.err = together(ctx, len(h.hours), func(i int) { h.results[i] = c.replay(h.first+i, h.hours[i], h.lines[i]) })
	})
}

// settle takes in what became of the hours, once that is known.
func (h *hoursInReplay) settle(c *computation, check *commitments.Reconciliation) error {
	h.wait.Wait()
	if h.err != nil {
		return h.err
	}
	for i := range h.results {
		c.add(&h.results[i], check)
	}
	return nil
}

// readers returns one for each claim.
func (c *computation) readers() []*reader {
	subjects := map[string]*subject{}
	for _, s := range c.subjects {
		subjects[string(s.ARN)] = s
	}
	readers := make([]*reader, 0, len(c.claims.Claims))
	for i := range c.claims.Claims {
		if claim := &c.claims.Claims[i]; claim.Origin != avoidance.Unproven {
			readers = append(readers, newReader(c, i, subjects[string(claim.ARN)]))
		}
	}
	return readers
}

// add takes in what became of an hour.
func (c *computation) add(r *replayed, check *commitments.Reconciliation) {
	for i, l := range r.avoided {
		c.book(l, amounts{l.list, l.contract, r.shares[i]})
	}
	for _, l := range r.spot {
		c.book(l, amounts{l.contract, l.contract, l.contract})
	}
	c.Commitments.Hours++
	c.Commitments.Wasted = c.Commitments.Wasted.Add(r.worth.Wasted)
	for _, b := range r.billed {
		c.Commitments.Used, c.Commitments.Unused = c.Commitments.Used.Add(b.Used), c.Commitments.Unused.Add(b.Unused)
	}
	if len(r.billed)+len(r.worth.Kept) > 0 {
		check.Add(r.worth.Kept, r.billed)
		c.committed = true
	}
}

// book adds an amount to the claim or the move that it belongs to.
func (c *computation) book(l *avoidedLine, a amounts) {
	if l.move > 0 {
		s := &c.Savings.Spot[l.move-1]
		s.List, s.Contract, s.Adjusted = s.List.Add(a.list), s.Contract.Add(a.contract), s.Adjusted.Add(a.adjusted)
		month := &s.Months[l.month]
		month.Contract, month.Adjusted = month.Contract.Add(a.contract), month.Adjusted.Add(a.adjusted)
	} else {
		p := &c.parts[l.claim]
		p.all[l.month].add(a)
		if l.induced {
			p.induced[l.month].add(a)
		}
	}
	c.priced(l)
}

// priced takes note of what avoided usage has no price for.
func (c *computation) priced(l *avoidedLine) {
	if c.avoidedSKUs[l.sku] && l.value.known {
		return
	}
	if name := c.skus.all[l.sku].name(); !l.value.known && !slices.Contains(c.unpriced, name) {
		c.unpriced = append(c.unpriced, name)
	}
	c.avoidedSKUs[l.sku] = true
}

// name is what a reader can find on the bill.
func (s *sku) name() string {
	if s.usageType == "" {
		return s.sku
	}
	return s.usageType
}

// judge says whether there is a commitment-adjusted figure.
func (c *computation) judge(check *commitments.Reconciliation) {
	slices.Sort(c.unpriced)
	if len(c.unpriced) > 0 {
		c.gap(NoPrice, "%s: the bill shows no price; what was avoided of it is counted in hours and not in dollars", strings.Join(c.unpriced, ", "))
	}
	if c.Commitments.Why != "" {
		return
	}
	c.Commitments.Known = true
	if !c.committed {
		return
	}
	c.Commitments.Residual, c.Commitments.ResidualKnown = check.Residual()
	if err := check.Claim(); err != nil {
		c.Commitments.Known, c.Commitments.Why = false, err.Error()
		c.gapOf(NoCommitments, "replay", "%s; the commitment-adjusted figure is not computable", err)
	}
	if without := c.withoutRate(); len(without) > 0 {
		c.Commitments.Known = false
		c.Commitments.Why = "no Savings Plans rate is known for " + strings.Join(without, ", ")
		c.gap(NoPlanRate, "no Savings Plans rate is known for %s: the bill never shows them covered; the commitment-adjusted figure is not computable without the "+
			"rates that `aws savingsplans describe-savings-plan-rates` lists", strings.Join(without, ", "))
	}
}

// withoutRate names what was avoided, and a Savings Plan in force is meant for, without a rate for it being known.
func (c *computation) withoutRate() (names []string) {
	for _, hours := range c.fixed.plans {
		for _, p := range hours {
			plan := commitments.Plan{Kind: commitments.KindOf(p.Offering), Region: p.Region, Family: p.Family}
			for n := range c.avoidedSKUs {
				s := c.skus.all[n]
				_, known := c.fixed.rates[p.Plan][commitments.SKU(s.sku)]
				if !known && !s.spot && plan.Covers(s.product) && !slices.Contains(names, s.name()) {
					names = append(names, s.name())
				}
			}
		}
	}
	slices.Sort(names)
	return names
}
