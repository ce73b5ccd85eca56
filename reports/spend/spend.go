// Package spend reads from a payer's bill what a quarterly report says beside what was avoided: the bill itself and why it changed, when compute
// costs money, what of it is waste, what suits each resource, and what people can do about it.
//
// In go a billing.Engine, the quarter, the tenant's zone, and what is known of the resources; out come parts of a reports.Report and the gaps in
// them. A bill shows that something ran and never that it was needed: so a resource that always runs has no pattern of its own, and nothing is
// proposed for what is protected, belongs to no environment or may be gone. The package reads no file, asks no clock and computes no savings.
package spend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/scheduler/hours"
)

// Input is what the parts are made from. Amounts in it have the price factor in them already; those of the engine get it here.
type Input struct {
	Engine billing.Engine
	// Period is the quarter in UTC: whole billing months. Measured is the part of it that is billed; the zero value is all of it.
	Period, Measured billing.Period
	// Before is the last quarter.
	Before billing.Period
	// Zone is the tenant's, in which hours of the week are told and schedules are meant.
	Zone *time.Location
	// Working are the stated working hours. Calendars do not count: a holiday is as its weekday.
	Working hours.Hours
	// Factor is what AWS's prices are multiplied by; the zero value is 1.
	Factor decimal.Decimal
	// Due is the date by which actions are proposed to be done, as 2026-11-15.
	Due string

	Tags Tags
	// Environments are the policy's. Without any nothing is proposed for resources that the bill alone tells of.
	Environments []fleet.Environment
	// Usual are the schedules that environments usually have, by environment.
	Usual map[string]Schedule
	// Resources are those of the inventory; Taken says that there was one. Where there was none, the bill alone tells what there is.
	Resources []Resource
	Taken     bool
	// OptedIn are what the ledger knows as enrolled, beside the resources that say so.
	OptedIn []fleet.ARN

	// Findings are what keeps resources from their schedules, Exceptions and Holds the overrides and the events of calendars that end soon, of the inventory.
	Findings   []Finding
	Exceptions []Exception
	Holds      []Hold
	// Offers are what Spot would cost for what can be moved; OffersKnown says that somebody looked.
	Offers      []Offer
	OffersKnown bool

	// Avoided is what was avoided in the quarter, AvoidedBefore in the last one; nil where it is not known. A quarter without offpeak avoided zero.
	Avoided, AvoidedBefore *money.USD
	Commitments            reports.Commitments
	// CommitmentsUnused is how many commitments were not used whole; zero where that is not known.
	CommitmentsUnused int
	Standing          []reports.Standing
}

// Tags are the keys of cost allocation tags; of several the first counts that a line of the bill carries.
type Tags struct {
	// Owner is who answers for a resource.
	Owner []string
	// Schedule is the key that opts in, Spot the one that asks for Spot.
	Schedule, Spot string
	// Tool and ToolValue are what offpeak's own stacks carry.
	Tool, ToolValue string
}

// Schedule is a schedule that can be proposed: what to write into the tag, and the hours that it means.
type Schedule struct {
	Text  string
	Hours hours.Hours
}

// Resource is a resource of the inventory.
type Resource struct {
	fleet.Resource
	// OptedIn says that it carries a schedule.
	OptedIn bool
}

// Spend are the parts.
type Spend struct {
	Bill reports.Bill
	// Invoice and Complete are what reports.Checks has under these names.
	Invoice, Complete reports.CheckState
	// Accounts are those that the bill charges, in order.
	Accounts []fleet.AccountID
	Cost     reports.Week
	OffHours []reports.OffHours
	Working  string
	Waste    []reports.Waste
	Verdicts []reports.Verdict
	Actions  []reports.Action
	Tool     reports.ToolCost
	Gaps     []reports.Gap
}

// Errors of an input that nothing can be made from.
var (
	ErrCurrency = errors.New("the bill is not in US dollars")
	ErrInput    = errors.New("the input is not whole")
)

// maker makes the parts, in the order of Of.
type maker struct {
	in Input
	Spend
	belongs  *fleet.Environments
	calendar *calendar
	working  share
	charges  []billing.Charge
	days     []billing.Day
	standing []billing.Standing
	known    map[fleet.ARN]*Resource
	optedIn  map[fleet.ARN]bool
	groups   map[groupName]fleet.ARN
	attached map[string]fleet.ARN // whose volume or address it is
	kept     map[fleet.ARN]*kept
	ran      map[fleet.ARN]bool
	things   []*thing
	rates    rates
	billed   map[fleet.ARN]*thing
	wanted   map[fleet.ARN]hours.Hours    // of what a finding or an exception keeps from its schedule; without windows where they are not known
	proposed map[fleet.ARN]reports.Action // the best by resource
}

// Of makes the parts.
func Of(ctx context.Context, in Input) (*Spend, error) {
	m, err := newMaker(in)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{m.readBill, m.bridge, m.readThings, m.readStanding, m.readTags} {
		if err := errors.Join(ctx.Err(), step(ctx)); err != nil {
			return nil, fmt.Errorf("what the bill of %s says beside the savings: %w", in.Period.From.UTC().Format("2006-01"), err)
		}
	}
	m.waste()
	m.propose()
	m.judge()
	m.rank()
	return &m.Spend, nil
}

// groupName is how the bill names an Auto Scaling group.
type groupName struct {
	fleet.Scope
	name string
}

// groupOf is how the bill names the Auto Scaling group of an ARN; false for other ARNs.
func groupOf(arn fleet.ARN) (groupName, bool) {
	name, ok := fleet.GroupName(arn)
	_, at := fleet.KindOf(arn)
	return groupName{at, name}, ok && at != fleet.Scope{}
}

func newMaker(in Input) (*maker, error) {
	if in.Engine == nil || in.Zone == nil || !in.Period.From.Before(in.Period.To) {
		return nil, fmt.Errorf("%w: it needs an engine, a zone, and a period that begins before it ends", ErrInput)
	}
	if in.Measured == (billing.Period{}) {
		in.Measured = in.Period
	}
	if in.Measured.From.Before(in.Period.From) || in.Measured.To.After(in.Period.To) || !in.Measured.From.Before(in.Measured.To) {
		return nil, fmt.Errorf("%w: what is measured, %s to %s, is no part of the period", ErrInput, in.Measured.From, in.Measured.To)
	}
	if in.Factor.IsZero() {
		in.Factor = decimal.NewFromInt(1)
	}
	m := &maker{
		in: in, belongs: fleet.NewEnvironments(in.Environments), calendar: newCalendar(in.Measured, in.Zone), known: map[fleet.ARN]*Resource{},
		optedIn: map[fleet.ARN]bool{}, attached: map[string]fleet.ARN{}, proposed: map[fleet.ARN]reports.Action{},
		groups: map[groupName]fleet.ARN{}, kept: map[fleet.ARN]*kept{}, ran: map[fleet.ARN]bool{},
		billed: map[fleet.ARN]*thing{}, wanted: map[fleet.ARN]hours.Hours{},
	}
	m.working = m.calendar.shareOf(in.Working)
	m.Working = in.Working.String()
	for i := range in.Resources {
		r := &in.Resources[i]
		m.known[r.ARN] = r
		if r.OptedIn {
			m.optedIn[r.ARN] = true
		}
		if r.Kind == fleet.AutoScalingGroup {
			m.groups[groupName{r.Scope, r.ID}] = r.ARN
		}
		for _, id := range r.Attached {
			m.attached[id] = r.ARN
		}
	}
	for _, arn := range in.OptedIn {
		m.optedIn[arn] = true
	}
	for i := range in.Exceptions {
		if e := &in.Exceptions[i]; e.Want == fleet.Running {
			m.wanted[e.ARN] = e.Hours
		}
	}
	for i := range in.Findings {
		m.wanted[in.Findings[i].ARN] = in.Findings[i].Hours
	}
	for _, arn := range slices.Sorted(slices.Values(in.OptedIn)) {
		// The ledger knows groups by their ARNs, where there is no inventory. Of two with one name, which the bill cannot tell apart, the last counts.
		if name, ok := groupOf(arn); ok && m.known[m.groups[name]] == nil {
			m.groups[name] = arn
		}
	}
	return m, nil
}

// usd is an amount of the engine, with the price factor.
func (m *maker) usd(amount decimal.Decimal) money.USD { return money.USDOf(amount.Mul(m.in.Factor)) }

func (m *maker) gap(code, says string, args ...string) {
	m.Gaps = append(m.Gaps, reports.Gap{Code: code, Says: says, Args: args})
}

// places are kept behind the point where something does not divide.
const places = 12

// monthHours is how many hours a month has on average, as prices a month are told.
const monthHours = 730

// aMonth is what an amount of so many hours comes to in a month.
func (m *maker) aMonth(amount decimal.Decimal, ofHours int) money.USD {
	return m.usd(amount.Mul(decimal.NewFromInt(monthHours)).DivRound(decimal.NewFromInt(int64(max(1, ofHours))), places))
}

// sum adds amounts up by a name, in the order in which names are met.
type sum[K comparable] struct {
	order []K
	of    map[K]decimal.Decimal
}

func (s *sum[K]) add(name K, amount decimal.Decimal) {
	if s.of == nil {
		s.of = map[K]decimal.Decimal{}
	}
	if _, met := s.of[name]; !met {
		s.order = append(s.order, name)
	}
	s.of[name] = s.of[name].Add(amount)
}

// largest are the names by amount, the largest first; of equal ones the first by compare.
func (s *sum[K]) largest(compare func(a, b K) int) []K {
	names := slices.Clone(s.order)
	slices.SortFunc(names, func(a, b K) int {
		if c := s.of[b].Cmp(s.of[a]); c != 0 {
			return c
		}
		return compare(a, b)
	})
	return names
}
