// Package commitments replays Reserved Instances and Savings Plans over the usage of one payer in one clock hour (UTC).
//
// In go usage at contracted on-demand prices and the commitments that the payer's accounts own; out comes which commitment
// covers which part of which usage, what stays on demand, and what of each commitment is used and lost. The commitment-adjusted
// value of avoided usage is the difference of two such replays, never a shortcut. It knows no Spot, no storage, no tax and no
// credit, reads no bill and converts no currency. Bill tells the rules and where AWS publishes them.
//
// Amounts are decimals of at most twenty places. Only where something does not divide (a line on which a commitment runs out, the
// cost of a reservation used in part) is it rounded: quantities at the thirtieth place, amounts at the twentieth, and always so
// that the parts sum to the whole.
package commitments

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// CommitmentID names a Reserved Instance lease, a reserved DB instance or a Savings Plan; on AWS its ARN.
type CommitmentID string

// SKU names one price of one product: usage with the same SKU and account costs the same. The rate card's id, or any other name
// that tells region, type, platform and tenancy apart.
type SKU string

// Compute is the sort of computing that a commitment can cover.
type Compute uint8

// EC2 instances, Fargate tasks, Lambda functions, and Database instances (RDS, Aurora). The zero value is nothing that a
// commitment covers.
const (
	Other Compute = iota
	EC2
	Fargate
	Lambda
	Database
)

// Product is what was used or reserved, as far as commitments tell products apart.
type Product struct {
	Compute  Compute
	Region   fleet.Region
	Zone     string          // name of the Availability Zone, such as us-east-1a: AWS matches by name; empty for regional reservations
	Type     string          // m5.xlarge, db.r6g.large; empty for Fargate and Lambda
	Family   string          // m5, db.r6g
	Factor   decimal.Decimal // normalised units of one hour, doubled for Multi-AZ; zero when unknown, then nothing flexible applies
	Platform string          // Linux/UNIX, Windows ...; for databases the engine as RDS spells it, with -byol for one's own licence
	Tenancy  string          // default, dedicated or host; empty for databases
	MultiAZ  bool            // databases only
}

// Usage is one line of what ran on demand within the hour; Spot is not among it, since no commitment covers it.
type Usage struct {
	Key      string // names what ran, such as the resource id
	Account  fleet.AccountID
	Product  *Product
	SKU      SKU
	Quantity decimal.Decimal // in the SKU's unit: instance-hours, vCPU-hours, GB-seconds; zero or below covers nothing and costs nothing
	OnDemand money.Rate      // contracted on-demand price of one unit; savings percentages are computed from it
}

// Reservation is a Reserved Instance or reserved DB instance. It is regional unless Product.Zone is set.
type Reservation struct {
	ID      CommitmentID
	Owner   fleet.AccountID
	Product Product
	Count   int        // instances reserved
	Rate    money.Rate // amortised price of one reserved instance for one hour: recurring fee and share of the upfront fee
}

// PlanKind is the sort of a Savings Plan.
type PlanKind uint8

// EC2InstancePlan covers one instance family in one region; ComputePlan covers EC2, Fargate and Lambda everywhere; DatabasePlan
// covers databases. Within one kind AWS pools the plans.
const (
	EC2InstancePlan PlanKind = iota + 1
	ComputePlan
	DatabasePlan
)

// Plan is a Savings Plan.
type Plan struct {
	ID     CommitmentID
	Owner  fleet.AccountID
	Kind   PlanKind
	Region fleet.Region // EC2 Instance Savings Plans only
	Family string       // EC2 Instance Savings Plans only
	Hourly money.USD    // the commitment of one hour
	// Rates holds the plan's price of one unit of each SKU. What is not in it is not covered: an unknown rate is no discount.
	// Plans of one offering may share the map.
	Rates map[SKU]money.Rate
}

// Commitments are all that apply to one payer in one hour.
type Commitments struct {
	Reservations []Reservation
	Plans        []Plan
	// NotSharing holds the accounts for which the payer has deactivated discount sharing. AWS's default is that all share.
	NotSharing map[fleet.AccountID]bool
}

// Hour is what Bill replays.
type Hour struct {
	Usage       []Usage
	Commitments Commitments
}

// Check names what Bill would pass over in silence, nil if there is nothing: usage below zero, commitments without an id or
// with one twice, reservations of nothing, plans of no known kind or with a commitment below zero.
func (h Hour) Check() error {
	var faults []error
	for _, u := range h.Usage {
		if u.Quantity.IsNegative() {
			faults = append(faults, fmt.Errorf("usage %s in %s: quantity %s is below zero", u.Key, u.Account, u.Quantity))
		}
	}
	seen := map[CommitmentID]bool{}
	name := func(id CommitmentID) {
		if id == "" || seen[id] {
			faults = append(faults, fmt.Errorf("commitment %q: an id must be there, and once", id))
		}
		seen[id] = true
	}
	for _, r := range h.Commitments.Reservations {
		name(r.ID)
		if r.Count <= 0 {
			faults = append(faults, fmt.Errorf("reservation %s: reserves %d instances", r.ID, r.Count))
		}
	}
	for _, p := range h.Commitments.Plans {
		name(p.ID)
		if p.Kind < EC2InstancePlan || p.Kind > DatabasePlan {
			faults = append(faults, fmt.Errorf("plan %s: kind %d is unknown", p.ID, p.Kind))
		}
		if p.Hourly.Cmp(money.USD{}) < 0 {
			faults = append(faults, fmt.Errorf("plan %s: commitment %s is below zero", p.ID, p.Hourly))
		}
	}
	return errors.Join(faults...)
}

// Covers says whether the plan is meant for such a product; whether it has a rate for it is another question.
//
// Source: "What are Savings Plans?", Savings Plans User Guide (types of plans).
func (p Plan) Covers(product Product) bool {
	switch p.Kind {
	case EC2InstancePlan:
		return product.Compute == EC2 && product.Family == p.Family && product.Region == p.Region
	case ComputePlan:
		return product.Compute == EC2 || product.Compute == Fargate || product.Compute == Lambda
	case DatabasePlan:
		return product.Compute == Database
	default:
		return false
	}
}

// shares says whether an account gives and takes discounts within the payer.
//
// Source: "Reserved Instances and Savings Plans discount sharing", AWS Billing User Guide: both accounts must have it activated.
func (c Commitments) shares(account fleet.AccountID) bool { return !c.NotSharing[account] }

// compare puts usage in a fixed order, so that neither the order of input nor a map decides; lines that it finds equal are
// interchangeable.
func compare(a, b *Usage) int {
	if c := cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Key, b.Key), cmp.Compare(a.SKU, b.SKU)); c != 0 {
		return c
	}
	return cmp.Or(a.OnDemand.Cmp(b.OnDemand), a.Quantity.Cmp(b.Quantity))
}

// merged adds up the lines of one account, key, SKU, zone and price, so that avoided and kept parts of one resource's hour are one
// line, and an hour that a schedule induced (a negative quantity) is taken off what ran. Before is how much of each was kept.
func merged(kept, avoided []Usage) (all []Usage, before []decimal.Decimal) {
	type one struct {
		*Usage
		kept bool
	}
	lines := make([]one, 0, len(kept)+len(avoided))
	for i := range kept {
		lines = append(lines, one{&kept[i], true})
	}
	for i := range avoided {
		lines = append(lines, one{&avoided[i], false})
	}
	slices.SortFunc(lines, func(a, b one) int { return compareNames(a.Usage, b.Usage) })
	all, before = make([]Usage, 0, len(lines)), make([]decimal.Decimal, 0, len(lines))
	for i, l := range lines {
		var was decimal.Decimal
		if l.kept {
			was = l.Quantity
		}
		if i == 0 || compareNames(lines[i-1].Usage, l.Usage) != 0 {
			all, before = append(all, *l.Usage), append(before, was)
			continue
		}
		last := len(all) - 1
		all[last].Quantity, before[last] = all[last].Quantity.Add(l.Quantity), before[last].Add(was)
	}
	return all, before
}

// compareNames tells apart what is not added up. A SKU is a region's, and a zonal Reserved Instance is not.
func compareNames(a, b *Usage) int {
	if c := cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Product.Zone, b.Product.Zone), cmp.Compare(a.Key, b.Key)); c != 0 {
		return c
	}
	return a.OnDemand.Cmp(b.OnDemand)
}
