// Package figures puts a quarter's report together: from what package savings computed, the ledger's entries, what else was asked of the bill, the
// inventory, and the reports of the quarters before.
//
// In go values, out comes a reports.Report in which every amount has the payer's price factor in it, once. What is not given is absent, and a Gap
// says so. The package opens no file, asks no clock and no bill.
package figures

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/money"
	"offpeak/reports"
)

// Input is what a report is made of.
type Input struct {
	Tenant  reports.Tenant
	Quarter string
	// Issued is the instant of the report. Final asks for a final report: it is provisional all the same while the bill is.
	Issued time.Time
	Final  bool
	Second *reports.Currency

	// Savings are the quarter's, with the team tag that Tags names. Entries are the ledger's from before the quarter until its end, in any order.
	Savings *savings.Savings
	Entries []ledger.Entry
	Tags    Tags
	// Spent is what else the bill says, at AWS's prices.
	Spent Spent
	// Interruptions are those of Spot since a resource was moved, within the quarter; nil where nobody counted. Forecasts are what was expected.
	Interruptions map[fleet.ARN]int
	Forecasts     map[fleet.ARN]decimal.Decimal

	Assets  reports.Assets
	Pillars []reports.Evidence
	// Earlier are reports of quarters before, in any order; of several of one quarter the last issued counts. Replaces is the report of this quarter
	// before this one, and ReplacesSHA256 the hash of its JSON; nil where this is the first.
	Earlier        []*reports.Report
	Replaces       *reports.Report
	ReplacesSHA256 string
	Sources        reports.Sources
}

// Tags are the keys of tags that say whose a resource is.
type Tags struct{ Team string }

// Spent are the parts of a report that come of the bill alone.
type Spent struct {
	Bill     reports.Bill
	Invoice  reports.CheckState
	Complete reports.CheckState
	Recount  reports.CheckState
	Waste    []reports.Waste
	Usage    reports.Usage
	Verdicts []reports.Verdict
	Actions  []reports.Action
	Cost     reports.ToolCost
	Suggests *reports.Suggestion
	Gaps     []reports.Gap
}

// Errors of input that no report can be made of.
var (
	ErrTenant  = errors.New("the report before is another tenant's, or another quarter's")
	ErrSavings = errors.New("there are no figures to report")
)

// Of puts the report together.
func Of(in *Input) (*reports.Report, error) {
	if in.Savings == nil {
		return nil, ErrSavings
	}
	if err := in.sameTenant(); err != nil {
		return nil, err
	}
	s := in.Savings
	r := &reports.Report{
		Format: reports.Format, Method: reports.Method, Tenant: in.Tenant, Quarter: in.Quarter, Issued: in.Issued.UTC(), State: in.state(),
		Period: reports.Period(s.Period), Measured: reports.Period(s.Measured), Second: in.Second, Bill: in.Spent.Bill,
		Waste: in.Spent.Waste, Actions: in.Spent.Actions, Cost: in.Spent.Cost, Usage: in.Spent.Usage, Verdicts: in.Spent.Verdicts,
		Assets: in.Assets, Pillars: in.Pillars, Sources: in.Sources,
	}
	if r.Tenant.Factor.IsZero() {
		r.Tenant.Factor = decimal.NewFromInt(1)
	}
	r.Resources = in.resources()
	r.Acts, r.Harm = in.acts()
	r.Spot = in.spot()
	r.Avoided = in.avoided(r)
	r.Checks = in.checks()
	r.Commitments = commitmentsOf(&s.Commitments, in.Spent.Suggests)
	for i := range s.Standing {
		x := &s.Standing[i]
		r.Standing = append(r.Standing, reports.Standing{ARN: x.ARN, Resource: x.Resource, Meter: x.Meter, Hours: x.Hours, Amount: x.Cost})
	}
	if err := scale(r, r.Tenant.Factor); err != nil {
		return nil, err
	}
	// What earlier reports say has their factor in it already.
	in.look(r)
	r.Gaps = in.gaps(r)
	return r, nil
}

func (in *Input) sameTenant() error {
	others := in.Earlier
	if in.Replaces != nil {
		if in.Replaces.Quarter != in.Quarter {
			return fmt.Errorf("%w: %s to replace %s", ErrTenant, in.Quarter, in.Replaces.Quarter)
		}
		others = append(slices.Clone(others), in.Replaces)
	}
	for _, o := range others {
		if o.Tenant.Payer != in.Tenant.Payer {
			return fmt.Errorf("%w: payer %s beside %s, %s", ErrTenant, o.Tenant.Payer, in.Tenant.Payer, o.Quarter)
		}
	}
	return nil
}

// state is how final the report is. A final one that has changed is restated.
func (in *Input) state() reports.State {
	switch {
	case !in.Final || in.Savings.Provisional:
		return reports.Provisional
	case in.Replaces != nil && in.Replaces.State != reports.Provisional:
		return reports.Restated
	default:
		return reports.Final
	}
}

func (in *Input) checks() reports.Checks {
	s := in.Savings
	c := reports.Checks{
		Invoice: in.Spent.Invoice, Complete: in.Spent.Complete, Recount: in.Spent.Recount, Confirmed: reports.Share(s.Confirmed),
	}
	for _, state := range []*reports.CheckState{&c.Invoice, &c.Complete, &c.Recount} {
		if *state == "" {
			*state = reports.NotDone
		}
	}
	if s.Commitments.ResidualKnown {
		residual := s.Commitments.Residual
		c.Residual = &residual
	}
	return c
}

func commitmentsOf(c *savings.Commitments, suggests *reports.Suggestion) reports.Commitments {
	return reports.Commitments{Known: c.Known, Why: c.Why, Used: c.Used, Unused: c.Unused, Wasted: c.Wasted, Suggested: suggests}
}

// gaps are those of the figures and of the bill, and what this package misses, in order of code.
func (in *Input) gaps(r *reports.Report) (gaps []reports.Gap) {
	for _, g := range in.Savings.Gaps {
		gaps = append(gaps, reports.Gap{Code: string(g.Code), Says: g.Says, Args: g.Args})
	}
	gaps = append(gaps, in.Spent.Gaps...)
	add := func(needed bool, code, says string, args ...string) {
		if needed {
			gaps = append(gaps, reports.Gap{Code: code, Says: says, Args: args})
		}
	}
	add(!r.Assets.Taken, reports.GapInventory, "no inventory was given: assets and evidence on AWS Well-Architected are left out")
	add(r.Assets.Taken && r.Assets.Came == nil, reports.GapLastInventory, "no inventory of the quarter before was given: what came and went is not known")
	silent := 0
	for i := range r.Spot {
		if r.Spot[i].Forecast == nil {
			silent++
		}
	}
	add(silent > 0, reports.GapForecast, fmt.Sprintf("of %d moves to Spot no forecast of interruptions was kept", silent), strconv.Itoa(silent))
	add(len(r.Trend) == 1, reports.GapLastReport, "there is no report of a quarter before: no trend, and no account of what was proposed then", in.Quarter)
	for i := range r.Trend {
		q := &r.Trend[i]
		add(q.Method != r.Method, reports.GapMethod, fmt.Sprintf("%s was computed by method %s: it is shown and not compared", q.Name, q.Method), q.Name, q.Method)
	}
	add(r.Cost.Amount == nil, reports.GapToolCost, fmt.Sprintf("nothing on the bill carries the tag %s: what offpeak itself cost is not known", cmp.Or(r.Cost.Tag, "of offpeak")), r.Cost.Tag)
	add(r.Checks.Recount == reports.NotDone, reports.GapRecount, "no second engine has recounted the figures")
	slices.SortStableFunc(gaps, func(a, b reports.Gap) int { return cmp.Compare(a.Code, b.Code) })
	return gaps
}

// sixPlaces rounds hours as reports show them.
const sixPlaces = 6

// adjusted is an amount where commitments could be replayed.
func adjusted(amount money.USD, known bool) *money.USD {
	if !known {
		return nil
	}
	return &amount
}
