package invoice

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Payer is an account that pays for others, with what it agreed with AWS. The commitments are those of its accounts.
type Payer struct {
	ID   fleet.AccountID
	Name string
	// Accounts are those that it pays for.
	Accounts []fleet.AccountID
	// EDP is the discount of an enterprise agreement on all usage, in percent off list. Commitments' fees are not discounted by it.
	EDP decimal.Decimal
	// Credits are taken off each month's bill, and never more than the month's charges.
	Credits money.USD
	// Tax is charged on everything but credits, in percent.
	Tax          decimal.Decimal
	Reservations []Reservation
	Plans        []Plan
	// NotSharing are the accounts for which discount sharing is switched off.
	NotSharing []fleet.AccountID
}

// Payment is how a commitment is paid for.
type Payment uint8

// The ways to pay: by the hour, half at once and half by the hour, or all at once.
const (
	NoUpfront Payment = iota
	PartialUpfront
	AllUpfront
)

// String is AWS's name of it.
func (p Payment) String() string {
	return [...]string{"No Upfront", "Partial Upfront", "All Upfront"}[p]
}

// upfront is what of an hour's cost was paid at purchase. Halves of decimals are exact.
func (p Payment) upfront(hourly decimal.Decimal) decimal.Decimal {
	return [...]decimal.Decimal{{}, hourly.Mul(decimal.New(5, -1)), hourly}[p]
}

// Term is a time for which something was bought, from a whole hour on.
type Term struct {
	Start time.Time
	Years int // 1 or 3, of 365 days each
}

// hours are how many hours a term has: AWS's terms count 365 days a year.
func (t Term) hours() int64 { return int64(t.Years) * 365 * 24 }

// End is when the term ends.
func (t Term) End() time.Time { return t.Start.Add(time.Duration(t.hours()) * time.Hour) }

func (t Term) holds(hour time.Time) bool { return !hour.Before(t.Start) && hour.Before(t.End()) }

// length is AWS's name of a term.
func (t Term) length() string { return fmt.Sprintf("%dyr", t.Years) }

// Reservation is a Reserved Instance lease or a reserved DB instance.
type Reservation struct {
	// ID is the last part of its ARN.
	ID      string
	Owner   fleet.AccountID
	Region  fleet.Region
	Zone    string // empty: regional
	Type    string // m5.large, db.r6g.large
	Product string // Linux/UNIX, Windows, ...; the engine of a database
	MultiAZ bool
	Count   int
	Term
	Payment Payment
	// Off is how many percent below the list price an hour costs, the share of the upfront fee included.
	Off decimal.Decimal
}

// database says whether it is of a database.
func (r *Reservation) database() bool { return len(r.Type) > 3 && r.Type[:3] == "db." }

// arn is what both exports name it by.
func (r *Reservation) arn() string {
	if r.database() {
		return fmt.Sprintf("arn:%s:rds:%s:%s:ri:%s", r.Region.Partition(), r.Region, r.Owner, r.ID)
	}
	return fmt.Sprintf("arn:%s:ec2:%s:%s:reserved-instances/%s", r.Region.Partition(), r.Region, r.Owner, r.ID)
}

// Plan is a Savings Plan.
type Plan struct {
	// ID is the last part of its ARN.
	ID     string
	Owner  fleet.AccountID
	Kind   commitments.PlanKind
	Region fleet.Region // EC2 Instance Savings Plans only
	Family string       // EC2 Instance Savings Plans only
	// Hourly is the commitment of one hour.
	Hourly money.USD
	Term
	Payment Payment
	// Off is how many percent below list its rates are; OffBy tells it for some SkuIds apart.
	Off   decimal.Decimal
	OffBy map[string]decimal.Decimal
}

// arn is what both exports name it by.
func (p *Plan) arn() string {
	return fmt.Sprintf("arn:aws:savingsplans::%s:savingsplan/%s", p.Owner, p.ID)
}

// offering is CUR's name of the kind.
func (p *Plan) offering() string {
	switch p.Kind {
	case commitments.EC2InstancePlan:
		return "EC2InstanceSavingsPlans"
	case commitments.ComputePlan:
		return "ComputeSavingsPlans"
	default:
		return "DatabaseSavingsPlans"
	}
}

// ratePlaces are as many as AWS publishes of a Savings Plan's rate, and some more for memory by the GB.
const ratePlaces = 8

// rate is the plan's price of one unit of a SKU; false where it is not meant for it.
func (p *Plan) rate(s *sku) (money.Rate, bool) {
	switch {
	case s.part != running:
		return money.Rate{}, false
	case p.Kind == commitments.EC2InstancePlan:
		if s.product.Compute != commitments.EC2 || s.product.Region != p.Region || s.product.Family != p.Family {
			return money.Rate{}, false
		}
	case p.Kind == commitments.ComputePlan:
		if s.product.Compute == commitments.Database {
			return money.Rate{}, false
		}
	case s.product.Compute != commitments.Database:
		return money.Rate{}, false
	}
	percent := p.Off
	if other, known := p.OffBy[s.id]; known {
		percent = other
	}
	rate, err := money.RateOf(off(s.list.Decimal(), percent).Round(ratePlaces))
	return rate, err == nil
}

// check refuses payers that no bill can be written for.
func check(payers []Payer) error {
	var faults []error
	fault := func(format string, values ...any) { faults = append(faults, fmt.Errorf(format, values...)) }
	paid, ids := map[fleet.AccountID]fleet.AccountID{}, map[string]bool{}
	hundred := decimal.NewFromInt(100)
	for i := range payers {
		p := &payers[i]
		if p.ID == "" || ids[string(p.ID)] {
			fault("payer %q: an id must be there, and once", p.ID)
		}
		ids[string(p.ID)] = true
		for _, a := range p.Accounts {
			if other, taken := paid[a]; taken {
				fault("account %s is paid for by %s and by %s", a, other, p.ID)
			}
			paid[a] = p.ID
		}
		if p.EDP.IsNegative() || p.EDP.Cmp(hundred) >= 0 || p.Tax.IsNegative() || p.Credits.Decimal().IsNegative() {
			fault("payer %s: EDP must be from 0 to below 100 percent, tax and credits not below zero", p.ID)
		}
		commitment := func(id string, owner fleet.AccountID, t Term, payment Payment, percents ...decimal.Decimal) {
			if id == "" || ids["commitment "+id] {
				fault("payer %s: commitment %q: an id must be there, and once", p.ID, id)
			}
			ids["commitment "+id] = true
			switch {
			case paid[owner] != p.ID:
				fault("payer %s: commitment %s: its owner %s is none of the payer's accounts", p.ID, id, owner)
			case t.Years != 1 && t.Years != 3, !t.Start.Truncate(time.Hour).Equal(t.Start):
				fault("payer %s: commitment %s: a term is of 1 or 3 years and begins with an hour", p.ID, id)
			case payment > AllUpfront:
				fault("payer %s: commitment %s: payment %d is none of three", p.ID, id, payment)
			}
			for _, percent := range percents {
				if percent.IsNegative() || percent.Cmp(hundred) >= 0 {
					fault("payer %s: commitment %s: %s percent off list", p.ID, id, percent)
				}
			}
		}
		for _, r := range p.Reservations {
			commitment(r.ID, r.Owner, r.Term, r.Payment, r.Off)
			if r.Count <= 0 {
				fault("payer %s: reservation %s: reserves %d instances", p.ID, r.ID, r.Count)
			}
		}
		for _, s := range p.Plans {
			commitment(s.ID, s.Owner, s.Term, s.Payment, append(slices.Collect(maps.Values(s.OffBy)), s.Off)...)
			if s.Kind < commitments.EC2InstancePlan || s.Kind > commitments.DatabasePlan || s.Hourly.Decimal().IsNegative() {
				fault("payer %s: plan %s: kind %d, %s an hour", p.ID, s.ID, s.Kind, s.Hourly)
			}
		}
	}
	return errors.Join(faults...)
}
