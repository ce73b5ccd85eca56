package commitments

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Result is one payer's bill for one hour of computing.
type Result struct {
	Lines       []Line    // one for each usage, in its order
	Commitments []Use     // by id
	OnDemand    money.USD // what no commitment covers, at contracted prices
	Fixed       money.USD // the commitments, used or not
	Total       money.USD // OnDemand + Fixed
}

// Line is what became of one usage.
type Line struct {
	Usage    Usage
	Covered  []Coverage      // in the order of application
	Rest     decimal.Decimal // quantity on demand
	OnDemand money.USD
}

// Coverage is the part of a usage that one commitment covers, at its effective cost.
type Coverage struct {
	By       CommitmentID
	Quantity decimal.Decimal
	Cost     money.USD
}

// Use is what one commitment cost in the hour: Hourly = Used + Unused, and the unused part is lost.
type Use struct {
	ID                   CommitmentID
	Hourly, Used, Unused money.USD
}

// Bill replays the commitments over the usage of one hour, by these rules of AWS:
//
//  1. Reserved Instances come before Savings Plans ("Understanding how Savings Plans apply to your AWS usage", Savings Plans
//     User Guide).
//  2. A reservation serves its owner's usage first, then that of other accounts that share ("How Reserved Instance discounts are
//     applied", EC2 User Guide, scenario 3; "Reserved Instances and Savings Plans discount sharing", AWS Billing User Guide).
//  3. Zonal reservations come before regional ones, also those of other accounts before an account's own regional ones (same
//     EC2 page, scenario 4).
//  4. Zonal and other rigid reservations match the exact type; size-flexible ones the family, by normalised units, smallest size
//     first (same page, "Instance size flexibility"; "Reserved DB instances for Amazon RDS").
//  5. A reservation covers as many instance-hours, or units, as it reserves, whoever runs them and when within the clock hour
//     ("Usage billing", whitepaper on EC2 reservation models: four times 15 minutes are one hour).
//  6. EC2 Instance Savings Plans come before Compute Savings Plans; within a kind the plans are pooled, the owner's usage comes
//     first, then that of accounts that share (Savings Plans page of rule 1).
//  7. Within that, the highest savings percentage (plan's rate against on-demand rate) comes first, of equal ones the lowest
//     plan's rate, until usage or commitment is at an end; the rest is on demand (same page).
//  8. What a commitment does not use within the hour is paid and lost (same guide; whitepaper of rule 5).
//
// AWS says nothing on: owner before kind of plan, or kind before owner (taken: kind first); which of several equal lines,
// reservations or plans comes first (taken: by id); a plan's rate above the contracted on-demand rate (taken: not applied). The
// Billing User Guide has shared plans prefer "accounts with the largest calculated savings", where rule 7 compares usages: rule 7
// is taken. Equal percentages cost the payer the same whichever comes first, unless accounts or kinds of plan further down
// differ. Not modelled: group sharing of discounts (2025), capacity reservations, and dedicated hosts' own reservations.
func Bill(hour Hour) Result {
	r := readied(hour.Usage, hour.Commitments)
	r.told = true
	r.run()
	result := Result{Lines: make([]Line, len(r.lines)), OnDemand: usd(r.onDemand()), Fixed: usd(r.fixed())}
	result.Total = result.OnDemand.Add(result.Fixed)
	for _, l := range r.lines {
		line := Line{Usage: hour.Usage[l.at], Rest: l.rest, OnDemand: usd(l.value())}
		for _, c := range l.covered {
			line.Covered = append(line.Covered, Coverage{By: c.by.id, Quantity: c.quantity, Cost: usd(c.cost)})
		}
		result.Lines[l.at] = line
	}
	result.Commitments = r.uses()
	return result
}

// uses lists the commitments by id.
func (r *replay) uses() (uses []Use) {
	for _, p := range r.pots {
		used := p.costOf(p.used)
		uses = append(uses, Use{ID: p.id, Hourly: usd(p.hourly), Used: usd(used), Unused: usd(p.hourly.Sub(used))})
	}
	slices.SortFunc(uses, func(a, b Use) int { return cmp.Compare(a.ID, b.ID) })
	return uses
}

// Places is where amounts are rounded.
const Places = 20

// finer is where quantities are cut, so that what is lost there does not reach the last place of an amount.
const finer = 30

// replay is the state of one hour while commitments are applied: first what does not depend on how much was used, then what became of it.
type replay struct {
	lines    []*line // in the order in which equal usage is served
	pots     []*pot
	reserved []reserved // by id
	pools    map[Product][]*line
	offers   map[PlanKind][]offer // best first
	others   func(owner, account fleet.AccountID) bool
	told     bool // that coverage is told part by part
}

// line is a usage in the making of a bill.
type line struct {
	usage *Usage
	at    int             // its place in the input
	turn  int             // its place in the order in which equal usage is served
	price decimal.Decimal // on demand, of one unit
	// quantity is how much was used, and rest what of it is not covered yet.
	quantity, rest decimal.Decimal
	covered        []part
}

type part struct {
	by             *pot
	quantity, cost decimal.Decimal
}

// pot is what a commitment has to give: normalised units or instance-hours for reservations, dollars for plans.
type pot struct {
	id         CommitmentID
	size, used decimal.Decimal
	hourly     decimal.Decimal // its cost, used or not
}

// readied makes a replay that is ready to run.
func readied(usage []Usage, c Commitments) *replay {
	r := &replay{lines: make([]*line, len(usage)), others: c.others}
	lines := make([]line, len(usage))
	for i := range usage {
		u := &usage[i]
		lines[i] = line{usage: u, at: i, price: number(u.OnDemand), quantity: u.Quantity}
		r.lines[i] = &lines[i]
	}
	slices.SortFunc(r.lines, func(a, b *line) int { return cmp.Or(compare(a.usage, b.usage), cmp.Compare(a.at, b.at)) })
	for i, l := range r.lines {
		l.turn = i
	}
	r.reserve(c)
	r.offer(c)
	return r
}

// run applies the commitments to the lines' quantities. It may be run again with others.
func (r *replay) run() {
	for _, l := range r.lines {
		l.rest, l.covered = decimal.Zero, nil
		if l.quantity.IsPositive() {
			l.rest = l.quantity
		}
	}
	for _, p := range r.pots {
		p.used = decimal.Zero
	}
	r.coverByReservations()
	r.coverByPlans()
}

// fill covers as much of the line as the pot still gives, at so many of the pot's units for one of the line's.
func (r *replay) fill(p *pot, l *line, per decimal.Decimal) {
	left := p.size.Sub(p.used)
	spent, quantity := rounded(l.rest.Mul(per)), l.rest
	if spent.Cmp(left) > 0 {
		if left.IsZero() {
			return
		}
		// The split is rounded down, the money is not: the pot is empty to the last place.
		spent = left
		quantity, _ = left.QuoRem(per, finer)
	}
	before := p.used
	p.used = p.used.Add(spent)
	l.rest = l.rest.Sub(quantity)
	if r.told {
		l.covered = append(l.covered, part{by: p, quantity: quantity, cost: p.costOf(p.used).Sub(p.costOf(before))})
	}
}

// costOf is the effective cost of so much of the pot: a difference of two of them is a part's cost, so parts sum to the whole.
func (p *pot) costOf(used decimal.Decimal) decimal.Decimal {
	switch {
	case used.IsZero():
		return decimal.Zero
	case used.Equal(p.size):
		return p.hourly
	case p.size.Equal(p.hourly):
		return used
	default:
		return p.hourly.Mul(used).DivRound(p.size, Places)
	}
}

// value is what the line costs on demand.
func (l *line) value() decimal.Decimal { return rounded(l.rest.Mul(l.price)) }

func (r *replay) onDemand() (sum decimal.Decimal) {
	for _, l := range r.lines {
		sum = sum.Add(l.value())
	}
	return sum
}

func (r *replay) fixed() (sum decimal.Decimal) {
	for _, p := range r.pots {
		sum = sum.Add(p.hourly)
	}
	return sum
}

func (r *replay) unused() (sum decimal.Decimal) {
	for _, p := range r.pots {
		sum = sum.Add(p.hourly).Sub(p.costOf(p.used))
	}
	return sum
}

func rounded(d decimal.Decimal) decimal.Decimal {
	if d.Exponent() < -Places {
		return d.Round(Places)
	}
	return d
}

// number is the decimal of an amount or a rate.
func number(exact interface{ Decimal() decimal.Decimal }) decimal.Decimal { return exact.Decimal() }

// usd is an amount, rounded to as many places as the package promises.
func usd(d decimal.Decimal) money.USD {
	if d.IsZero() {
		return money.USD{}
	}
	return money.USDOf(rounded(d))
}
