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
	Entries []*ledger.Entry
	Tags    Tags
	// Zone is that of the tenant, in which hours of the week are told; nil is UTC, which a Gap says.
	Zone *time.Location
	// Interruptions are those of Spot since a resource was moved, within the quarter; a resource that is not there was not counted. Forecasts are what was expected
	// of one instance on Spot in an hour.
	Interruptions map[fleet.ARN]int
	Forecasts     map[fleet.ARN]decimal.Decimal
	// Moved are the resources that were moved to Spot, as the ledger last saw them: of those without a schedule the savings have no figure of their own.
	Moved map[fleet.ARN]Moved

	Assets reports.Assets
	// Earlier are reports of quarters before, in any order; of several of one quarter the last issued counts. Replaces is the report of this quarter
	// before this one, and ReplacesSHA256 the hash of its JSON; nil where this is the first.
	Earlier        []*reports.Report
	Replaces       *reports.Report
	ReplacesSHA256 string
	Sources        reports.Sources
}

// Tags are the keys of tags that say whose a resource is.
type Tags struct{ Team string }

// Moved is a resource that was moved to Spot. Since is when it was asked for first.
type Moved struct {
	fleet.Resource
	Environment string
	Since       time.Time
}

// Spent are the parts of a report that the bill alone tells; they may rest on its draft.
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

// Draft is a report without what the bill alone tells.
type Draft struct {
	Report *reports.Report
	in     *Input
}

// Begin makes the draft: what was avoided, with its evidence. What else the bill says may rest on it, and comes by Finish.
func Begin(in *Input) (*Draft, error) {
	if in.Savings == nil {
		return nil, ErrSavings
	}
	if err := in.sameTenant(); err != nil {
		return nil, err
	}
	s := in.Savings
	r := &reports.Report{
		Format: reports.Format, Method: reports.Method, Tenant: in.Tenant, Quarter: in.Quarter, Issued: in.Issued.UTC(), State: in.state(),
		Period: reports.Period(s.Period), Measured: reports.Period(s.Measured), Second: in.Second, Assets: in.Assets, Sources: in.Sources,
	}
	if r.Tenant.Factor.IsZero() {
		r.Tenant.Factor = decimal.NewFromInt(1)
	}
	r.Resources = in.resources()
	r.Acts, r.Harm = in.acts(r.Resources)
	r.Spot = in.spot()
	r.Avoided = in.avoided(r)
	r.Commitments = reports.Commitments{
		Known: s.Commitments.Known, Why: s.Commitments.Why, Used: s.Commitments.Used, Unused: s.Commitments.Unused, Wasted: s.Commitments.Wasted,
	}
	for i := range s.Standing {
		x := &s.Standing[i]
		r.Standing = append(r.Standing, reports.Standing{ARN: x.ARN, Resource: x.Resource, Meter: x.Meter, Hours: x.Hours, Amount: x.Cost})
	}
	return &Draft{r, in}, scale(r, r.Tenant.Factor)
}

// Finish adds what the bill alone tells, and what earlier reports say of this quarter; it is called once. All amounts of it have the price factor in them already.
func (d *Draft) Finish(spent *Spent) *reports.Report {
	r, in := d.Report, d.in
	r.Bill, r.Waste, r.Actions, r.Cost = spent.Bill, spent.Waste, spent.Actions, spent.Cost
	r.Verdicts, r.Usage = spent.Verdicts, spent.Usage
	r.Usage.Before, r.Usage.After = in.weeks()
	r.Commitments.Suggested = spent.Suggests
	r.Checks = in.checks(spent)
	in.look(r, spent)
	r.Gaps = in.gaps(r, spent)
	return r
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

func (in *Input) checks(spent *Spent) reports.Checks {
	s := in.Savings
	c := reports.Checks{Invoice: spent.Invoice, Complete: spent.Complete, Recount: spent.Recount, Confirmed: reports.Share(s.Confirmed)}
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

// gaps are those of the figures and of the bill, and what this package misses, the weighty first, in order of code.
func (in *Input) gaps(r *reports.Report, spent *Spent) (gaps []reports.Gap) {
	for _, g := range in.Savings.Gaps {
		gaps = append(gaps, reports.Gap{Code: string(g.Code), Says: g.Says, Args: g.Args})
	}
	gaps = append(gaps, spent.Gaps...)
	add := func(needed bool, code, says string, args ...string) {
		if needed {
			gaps = append(gaps, reports.Gap{Code: code, Says: says, Args: args})
		}
	}
	add(!r.Assets.Taken, reports.GapInventory, "no inventory was given: assets, findings, exceptions and evidence on AWS Well-Architected are left out")
	add(r.Assets.Taken && r.Assets.Came == nil, reports.GapLastInventory, "no inventory of the quarter before was given: what came and went is not known")
	add(in.Sources.Entries == 0, reports.GapLedgerEmpty, "the ledger has no entry until the end of the quarter: nothing was acted on, so nothing was avoided")
	add(in.Zone == nil, reports.GapZone, "no time zone is known: hours of the week are told in UTC")
	silent := 0
	for i := range r.Spot {
		if r.Spot[i].Forecast == nil {
			silent++
		}
	}
	add(silent > 0, reports.GapForecast, fmt.Sprintf("of %d moves to Spot no forecast of interruptions was kept", silent), strconv.Itoa(silent))
	if last := quarterBefore(in.Quarter); !slices.ContainsFunc(in.Earlier, func(e *reports.Report) bool { return e.Quarter == last }) {
		add(true, reports.GapLastReport, "there is no report of "+last+": what became of its actions is not known", last)
	}
	for i := range r.Trend {
		q := &r.Trend[i]
		add(q.Method != r.Method, reports.GapMethod, fmt.Sprintf("%s was computed by method %s: it is shown and not compared", q.Name, q.Method), q.Name, q.Method)
	}
	add(r.Checks.Recount == reports.NotDone, reports.GapRecount, "no second engine has recounted the figures")
	slices.SortStableFunc(gaps, func(a, b reports.Gap) int {
		return cmp.Or(cmp.Compare(minor(a.Code), minor(b.Code)), cmp.Compare(a.Code, b.Code))
	})
	return gaps
}

// minor ranks gaps behind those that bear on what was avoided and billed: what is told first is read.
func minor(code string) int {
	switch code {
	case "column-missing", "file-unlisted", "delivery-superseded", "other-provider", reports.GapRecount:
		return 2
	case reports.GapInventory, reports.GapLastInventory, reports.GapLastReport, reports.GapToolCost, reports.GapForecast, reports.GapMethod:
		return 1
	default:
		return 0
	}
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
