// Package invoice turns what happened in a simulated world into the bills of those who pay for it, hour by hour.
//
// In go a world, its payers with their discounts and commitments, and a price list; out come exact decimal totals (Total), or each payer's
// FOCUS 1.2 and CUR 2.0 exports in AWS's layout (Write). Time becomes a quantity of twelve places once; rows and totals are made of the same
// quantities, so they agree to what a double can carry. What has no price is reported and never billed as zero. The package invents no usage,
// computes no saving, and applies commitments by package commitments alone.
package invoice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
)

// World is what the bills are made of. *simulation.World is one.
type World interface {
	// Resources are the ARNs of everything that ever was, in a fixed order.
	Resources() []fleet.ARN
	Spec(fleet.ARN) (simulation.Spec, bool)
	// Runs are the running times of each machine of a resource.
	Runs(fleet.ARN) []simulation.Run
	// Holdings are what is charged beside them.
	Holdings(fleet.ARN) []simulation.Holding
	// TagsAt are the tags of a resource in an hour.
	TagsAt(fleet.ARN, time.Time) fleet.Tags
}

// ErrPeriod says that a period cannot be billed.
var ErrPeriod = errors.New("a bill is for whole hours of UTC, one at the least")

// Breakdown is what a bill comes to, with commitments amortised: what they cost in the time that they serve, whenever they are paid.
type Breakdown struct {
	OnDemand    money.USD // what can be covered by commitments and is not
	Commitments money.USD // used or not
	Unused      money.USD // the part of Commitments that is lost
	Spot        money.USD
	Storage     money.USD
	Addresses   money.USD
	Credits     money.USD // below zero
	Tax         money.USD
}

// Compute is what running cost: on demand, commitments and Spot.
func (b Breakdown) Compute() money.USD { return b.OnDemand.Add(b.Commitments).Add(b.Spot) }

// Usage is all that was used, before credits and tax.
func (b Breakdown) Usage() money.USD { return b.Compute().Add(b.Storage).Add(b.Addresses) }

// Total is everything.
func (b Breakdown) Total() money.USD { return b.Usage().Add(b.Credits).Add(b.Tax) }

// Add returns the sum of two breakdowns.
func (b Breakdown) Add(o Breakdown) Breakdown {
	return Breakdown{
		b.OnDemand.Add(o.OnDemand), b.Commitments.Add(o.Commitments), b.Unused.Add(o.Unused), b.Spot.Add(o.Spot),
		b.Storage.Add(o.Storage), b.Addresses.Add(o.Addresses), b.Credits.Add(o.Credits), b.Tax.Add(o.Tax),
	}
}

// HourTotal is what one hour of a payer came to. Credits and tax are the month's and stand in no hour.
type HourTotal struct {
	Hour time.Time
	Breakdown
}

// PayerTotal is what one payer's bill came to.
type PayerTotal struct {
	Payer fleet.AccountID
	Breakdown
	Hours    []HourTotal
	Unpriced []Unpriced
}

// Totals are what all bills came to, in the order of the payers.
type Totals struct {
	Breakdown
	Payers []PayerTotal
}

// Total computes what Write would write, exactly and without rows.
func Total(ctx context.Context, w World, payers []Payer, c *Catalogue, period billing.Period) (Totals, error) {
	if err := errors.Join(check(payers), whole(period), everyone(w, payers)); err != nil {
		return Totals{}, fmt.Errorf("total the bills: %w", err)
	}
	var all Totals
	for i := range payers {
		b, err := newBiller(w, &payers[i], c, period)
		if err != nil {
			return Totals{}, fmt.Errorf("total the bill of %s: %w", payers[i].ID, err)
		}
		total := PayerTotal{Payer: payers[i].ID, Unpriced: b.unpriced}
		for at := period.From; at.Before(period.To); at = at.Add(time.Hour) {
			if err := ctx.Err(); err != nil {
				return Totals{}, fmt.Errorf("total the bill of %s: %w", payers[i].ID, err)
			}
			b.bill(at)
			total.Hours = append(total.Hours, HourTotal{at.UTC(), b.hourly})
		}
		total.Breakdown = b.total()
		all.Breakdown = all.Add(total.Breakdown)
		all.Payers = append(all.Payers, total)
	}
	return all, nil
}

// whole refuses periods that are not of whole hours.
func whole(p billing.Period) error {
	if !p.From.Before(p.To) || !p.From.Truncate(time.Hour).Equal(p.From) || !p.To.Truncate(time.Hour).Equal(p.To) {
		return fmt.Errorf("from %s to %s: %w", p.From.Format(time.RFC3339), p.To.Format(time.RFC3339), ErrPeriod)
	}
	return nil
}

// everyone refuses worlds with an account that nobody pays for.
func everyone(w World, payers []Payer) error {
	paid := map[fleet.AccountID]bool{}
	for i := range payers {
		for _, a := range payers[i].Accounts {
			paid[a] = true
		}
	}
	for _, arn := range w.Resources() {
		if spec, known := w.Spec(arn); known && !paid[spec.Scope.Account] {
			return fmt.Errorf("nobody pays for account %s of %s: name it in a payer's Accounts", spec.Scope.Account, arn)
		}
	}
	return nil
}

// biller bills one payer's hours in order.
type biller struct {
	payer     *Payer
	catalogue *Catalogue
	period    billing.Period
	clock     *clock
	all       []*commitment
	unpriced  []Unpriced
	memo      map[string]*applied
	rows      bool // whether rows will be asked for

	applied *applied // of the hour
	hourly  Breakdown
	// others are the sums by account of the hour's Spot, storage and addresses.
	others map[fleet.AccountID]*sums

	month  time.Time
	months []monthBill // that are over
	open   map[fleet.AccountID]*sums
	totals Breakdown
}

// monthBill is what a month's charges came to by account, and what follows from them.
type monthBill struct {
	month    time.Time
	accounts map[fleet.AccountID]*sums
	credits  decimal.Decimal
}

// memoised is how many different hours are remembered; a schedule of a week has fewer.
const memoised = 4096

func newBiller(w World, p *Payer, c *Catalogue, period billing.Period) (*biller, error) {
	prices := spotPrices(w, c)
	meters, unpriced, err := collect(w, p, c, prices, period)
	if err != nil {
		return nil, err
	}
	clock := newClock(p, meters, prices)
	all, err := commit(p, &shelf{catalogue: c, skus: map[shelfKey]*sku{}}, clock.classes)
	if err != nil {
		return nil, err
	}
	return &biller{
		payer: p, catalogue: c, period: period, clock: clock, all: all, unpriced: unpriced, memo: map[string]*applied{},
		others: map[fleet.AccountID]*sums{},
	}, nil
}

// bill bills one hour.
func (b *biller) bill(at time.Time) {
	if month := monthOf(at); !month.Equal(b.month) {
		b.close()
		b.month, b.open = month, map[fleet.AccountID]*sums{}
	}
	b.clock.to(at)
	signature := b.clock.signature(b.all, at)
	again := b.memo[string(signature)]
	if again == nil {
		again = apply(b.payer, b.clock.classes, b.all, at, b.rows)
		if len(b.memo) == memoised {
			clear(b.memo)
		}
		b.memo[string(signature)] = again
	}
	if b.clock.changed || again != b.applied {
		b.applied = again
		b.price()
	}
	b.totals = b.totals.Add(b.hourly)
	for _, accounts := range []map[fleet.AccountID]*sums{b.applied.accounts, b.others} {
		for id, s := range accounts {
			b.account(id).add(s)
		}
	}
	for _, c := range b.all {
		if c.term.Start.Equal(at) {
			upfront := c.payment.upfront(c.hourly).Mul(decimal.NewFromInt(c.term.hours()))
			b.account(c.owner).billed = b.account(c.owner).billed.Add(upfront)
		}
	}
}

func (b *biller) account(id fleet.AccountID) *sums {
	if b.open[id] == nil {
		b.open[id] = &sums{}
	}
	return b.open[id]
}

// price computes what the hour costs.
func (b *biller) price() {
	var cost [parts]decimal.Decimal
	clear(b.others)
	for _, k := range b.clock.classes {
		if k.sum == 0 || k.sku.part == running {
			continue
		}
		list, contracted := k.cost()
		cost[k.sku.part] = cost[k.sku.part].Add(contracted)
		if b.others[k.account] == nil {
			b.others[k.account] = &sums{}
		}
		b.others[k.account].add(&sums{list, contracted, contracted, contracted})
	}
	b.hourly = Breakdown{
		OnDemand: money.USDOf(b.applied.rest), Commitments: money.USDOf(b.applied.fixed), Unused: money.USDOf(b.applied.unused),
		Spot: money.USDOf(cost[spot]), Storage: money.USDOf(cost[storage]), Addresses: money.USDOf(cost[addresses]),
	}
}

// close ends the month that is open: its credits follow from its charges.
func (b *biller) close() {
	if b.open == nil {
		return
	}
	charges := decimal.Zero
	for _, s := range b.open {
		charges = charges.Add(s.billed)
	}
	b.months = append(b.months, monthBill{b.month, b.open, decimal.Min(b.payer.Credits.Decimal(), charges)})
	b.open = nil
}

// tax is a month's tax on a sum.
func (b *biller) tax(sum decimal.Decimal) decimal.Decimal { return sum.Mul(b.payer.Tax).Shift(-2) }

// total ends the bill: credits and taxes follow from its months.
func (b *biller) total() Breakdown {
	b.close()
	credits, tax := decimal.Zero, decimal.Zero
	for _, m := range b.months {
		credits = credits.Sub(m.credits)
		for _, s := range m.accounts {
			tax = tax.Add(b.tax(s.effective))
		}
	}
	b.totals.Credits, b.totals.Tax = money.USDOf(credits), money.USDOf(tax)
	return b.totals
}
