// Package reporting makes a tenant's quarterly report: it brings together the bill's engines, the ledger, the policy, the inventory and the reports of
// quarters before.
//
// In go these as values and ports; out comes a reports.Report whose every part was computed by the packages beneath reports and internal/billing. The
// terminal and the Lambda function both make reports here. The package opens no file, reads no clock, asks no AWS, and renders and sends nothing.
package reporting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/reports"
	"offpeak/reports/assets"
	"offpeak/reports/figures"
	"offpeak/reports/pillars"
	"offpeak/reports/spend"
)

// Bill is one payer's bill, opened.
type Bill struct {
	Payer  fleet.AccountID
	Engine billing.Engine
	// Recount, if set, counts the same bill another way; the figures are then computed twice and compared.
	Recount   billing.Engine
	Manifests []reports.Manifest
	Gaps      []reports.Gap
	// Rates are what Savings Plans charge beside what the bill shows; RatesOf, if set, gives them instead, of the tenant's accounts.
	Rates   []billing.PublishedRate
	RatesOf func(ctx context.Context, accounts []fleet.AccountID) ([]billing.PublishedRate, error)
	// Questions is the SHA-256 over the SQL texts, empty where there are none. Scanned tells what was read and what that cost, once the report is made; nil where
	// the engine charges nothing.
	Questions string
	Scanned   func() (bytes int64, cost money.USD)
}

// Input is what one report is made of.
type Input struct {
	Policy *policy.Policy
	Bill   *Bill
	// Quarter is its name, 2026Q3. Issued is the report's instant; Final asks for a final report.
	Quarter string
	Issued  time.Time
	Final   bool
	// Entries are the ledger's from its beginning, in the ledger's order; damage among them as *ledger.Damage.
	Entries iter.Seq2[ledger.Entry, error]
	// Book holds the baselines that were frozen before.
	Book avoidance.Book
	// Snapshots are the inventory at the end of the quarter; none: there was none. Survey, if set, gives it instead, of the tenant's accounts, which only the bill
	// tells.
	Snapshots []fleet.Snapshot
	Survey    func(ctx context.Context, accounts []fleet.AccountID) ([]fleet.Snapshot, error)
	// Market is what EC2 offers, by which it is told what of the inventory could move to Spot; nil: nobody looked. Kept, if set, is where AutoSpot keeps that of each
	// account's region, and stands in the place of Market. Offers are what was found so before, which a report that is made again rests on in the place of either.
	Market *market.Market
	Kept   objects.Store
	Offers *Offers
	// Earlier are the payer's reports of quarters before; Replaces the one of this quarter before this, with the hash of its JSON.
	Earlier        []*reports.Report
	Replaces       *reports.Report
	ReplacesSHA256 string
	// Progress, if set, is told what is done next.
	Progress func(step Step)
}

// Step is a step of making a report, for those who wait.
type Step string

// The steps, in their order.
const (
	CountSavings Step = "savings"
	CountAgain   Step = "recount"
	ReadBill     Step = "bill"
	PutTogether  Step = "report"
)

// Made is a report, with the baselines to be kept for the next one, and what it was made of beside ledger and bill, by which it can be made again: the parts of the
// inventory and of the offers that are the tenant's, nil where there were none, and the rates of Savings Plans that were used.
type Made struct {
	Report    *reports.Report
	Book      avoidance.Book
	Inventory *fleet.Snapshot
	Offers    *Offers
	Rates     []billing.PublishedRate
}

// ErrQuarter says that a text names no quarter.
var ErrQuarter = errors.New("is no quarter (write 2026Q3)")

// Make makes the report.
func Make(ctx context.Context, in *Input) (*Made, error) {
	period, err := PeriodOf(in.Quarter)
	if err != nil {
		return nil, err
	}
	m := &maker{Input: in, period: period, engine: billing.Remember(in.Bill.Engine), read: &reading{period: period, spot: newSpotStory(period), moved: newMovedStory()}}
	m.tenant = tenantOf(in.Policy, in.Bill.Payer)
	for _, step := range []struct {
		name Step
		do   func(context.Context) error
	}{{CountSavings, m.countSavings}, {CountAgain, m.countAgain}, {ReadBill, m.readBill}, {PutTogether, m.finish}} {
		if in.Progress != nil {
			in.Progress(step.name)
		}
		if err := errors.Join(ctx.Err(), step.do(ctx)); err != nil {
			return nil, fmt.Errorf("report of %s for payer %s: %w", in.Quarter, in.Bill.Payer, err)
		}
	}
	return &Made{m.draft.Report, m.savings.Book, m.seen, m.offers, m.savings.Rates}, nil
}

// PeriodOf is the time of a quarter in UTC.
func PeriodOf(quarter string) (billing.Period, error) {
	if len(quarter) != len("2026Q3") || quarter[4] != 'Q' || quarter[5] < '1' || quarter[5] > '4' {
		return billing.Period{}, fmt.Errorf("%.20q %w", quarter, ErrQuarter)
	}
	begin, err := time.Parse("2006", quarter[:4])
	if err != nil {
		return billing.Period{}, fmt.Errorf("%.20q %w", quarter, ErrQuarter)
	}
	begin = begin.AddDate(0, 3*int(quarter[5]-'1'), 0)
	return billing.Period{From: begin, To: begin.AddDate(0, 3, 0)}, nil
}

// tenantOf is the policy's tenant of a payer. A payer that the policy does not name is a tenant by its account id.
func tenantOf(p *policy.Policy, payer fleet.AccountID) policy.Tenant {
	for _, t := range p.Tenants {
		if t.Payer == payer {
			return t
		}
	}
	return policy.Tenant{Name: string(payer), Payer: payer, PriceFactor: "1", Languages: []string{"ko", "en"}}
}

// maker makes a report, step by step.
type maker struct {
	*Input
	period  billing.Period
	engine  billing.Engine
	tenant  policy.Tenant
	read    *reading
	savings *savings.Savings
	offers  *Offers // of the tenant's accounts; nil: nobody looked
	draft   *figures.Draft
	seen    *fleet.Snapshot // the stock as one; nil: there is no inventory
	spent   figures.Spent
	parts   *spend.Spend
	stock   []fleet.Snapshot // what was seen of the tenant's accounts, by who looked
}

// savingsInput is what the savings are computed from, by one engine or the other.
func (m *maker) savingsInput(ctx context.Context, engine billing.Engine, entries iter.Seq2[ledger.Entry, error]) (savings.Input, error) {
	accounts, err := engine.Accounts(ctx, m.period)
	if err != nil {
		return savings.Input{}, err
	}
	in := savings.Input{Engine: engine, Period: m.period, Accounts: accounts, Rates: m.Bill.Rates, Entries: entries, Book: m.Book, TeamTag: m.Policy.Report.TeamTag}
	if m.Bill.RatesOf != nil {
		if in.Rates, err = m.Bill.RatesOf(ctx, in.Accounts); err != nil {
			return savings.Input{}, err
		}
	}
	return in, nil
}

func (m *maker) countSavings(ctx context.Context) error {
	in, err := m.savingsInput(ctx, m.engine, m.read.along(m.Entries))
	if err != nil {
		return err
	}
	if m.savings, err = savings.Compute(ctx, in); err != nil {
		return err
	}
	m.savings.Gaps = knownOpen(m.savings.Gaps, m.Bill.Manifests)
	if err := m.takeStock(ctx, in.Accounts); err != nil {
		return err
	}
	if m.draft, err = figures.Begin(m.figuresInput(in.Accounts)); err != nil {
		return err
	}
	m.seen = m.inventory()
	return m.suggest(ctx)
}

func (m *maker) figuresInput(accounts []fleet.AccountID) *figures.Input {
	factor, err := decimal.NewFromString(string(m.tenant.PriceFactor))
	if err != nil {
		factor = decimal.NewFromInt(1) // the policy has checked it
	}
	in := &figures.Input{
		Tenant: reports.Tenant{Name: m.tenant.Name, Payer: m.Bill.Payer, Accounts: accounts, Zone: m.Policy.Rules.Zone.String(), Factor: factor}, Quarter: m.Quarter, Issued: m.Issued, Final: m.Final,
		Savings: m.savings, Entries: m.read.acts, Tags: figures.Tags{Team: m.Policy.Report.TeamTag}, Zone: m.Policy.Rules.Zone,
		Interruptions: m.read.spot.interruptions(m.period), Forecasts: m.read.spot.forecasts(), Moved: m.read.moved.moved, Earlier: m.Earlier, Replaces: m.Replaces, ReplacesSHA256: m.ReplacesSHA256,
		Sources: reports.Sources{
			Engine: m.engine.Name(), Manifests: m.Bill.Manifests, Ledger: m.read.sum(), Entries: m.read.count, Questions: m.Bill.Questions, Baselines: hashOf(m.savings.Book),
			Policy: m.Policy.Rules.Policy,
		},
	}
	in.Second = m.currency()
	in.Assets = assets.Of(&assets.Input{
		Snapshots: m.stock, Accounts: accounts, OwnerTags: m.Policy.Report.OwnerTags, ScheduleTags: m.Policy.Rules.Keys.Schedule, EnvironmentOf: m.Policy.Rules.EnvironmentOf(), Last: m.lastAssets(),
	})
	return in
}

// rateReach is how far from the quarter's end the date of an exchange rate may lie.
const rateReach = 31 * 24 * time.Hour

// currency is the policy's second currency, if its rate is one of this quarter's end.
func (m *maker) currency() *reports.Currency {
	c := m.Policy.Report.Currency
	if c == nil {
		return nil
	}
	date, err := time.Parse(time.DateOnly, c.Date)
	rate, wrong := decimal.NewFromString(string(c.PerUSD))
	if err != nil || wrong != nil || date.Sub(m.period.To).Abs() > rateReach {
		m.spent.Gaps = append(m.spent.Gaps, reports.Gap{
			Code: reports.GapRate, Args: []string{c.Code, c.Date}, Says: fmt.Sprintf("the policy's rate of %s is of %s, more than 31 days from the quarter's end: amounts stand in US dollars alone", c.Code, c.Date),
		})
		return nil
	}
	return &reports.Currency{Code: c.Code, Rate: rate, Source: c.Source, Date: c.Date}
}

func (m *maker) lastAssets() *reports.Assets {
	if last := m.lastReport(); last != nil {
		return &last.Assets
	}
	return nil
}

// lastReport is the last one of the quarter before; nil where there is none.
func (m *maker) lastReport() (last *reports.Report) {
	before := m.before()
	for _, r := range m.Earlier {
		if r.Period.From.Equal(before.From) && (last == nil || last.Issued.Before(r.Issued)) {
			last = r
		}
	}
	return last
}

func (m *maker) before() billing.Period {
	return billing.Period{From: m.period.From.AddDate(0, -3, 0), To: m.period.From}
}

// countAgain computes the savings by the second engine and compares what is printed of them.
func (m *maker) countAgain(ctx context.Context) error {
	if m.Bill.Recount == nil {
		return nil
	}
	in, err := m.savingsInput(ctx, m.Bill.Recount, m.Entries)
	if err != nil {
		return err
	}
	again, err := savings.Compute(ctx, in)
	if err != nil {
		return fmt.Errorf("recount by %s: %w", m.Bill.Recount.Name(), err)
	}
	m.spent.Recount = reports.Failed
	if same(m.savings, again) {
		m.spent.Recount = reports.Held
	}
	return nil
}

// same reports whether two computations say the same of every resource.
func same(a, b *savings.Savings) bool {
	equal := func(a, b *savings.Figure) bool {
		return a.List.Equal(b.List) && a.Contract.Equal(b.Contract) && a.Adjusted.Equal(b.Adjusted) && a.AdjustedKnown == b.AdjustedKnown && a.Hours.Avoided == b.Hours.Avoided
	}
	return equal(&a.Headline, &b.Headline) && a.SpotNet().Equal(b.SpotNet()) && slices.EqualFunc(a.Resources, b.Resources, func(a, b savings.Resource) bool {
		return a.ARN == b.ARN && equal(&a.Figure, &b.Figure)
	})
}

// readBill asks what the bill tells beside the savings.
func (m *maker) readBill(ctx context.Context) (err error) {
	if err := m.offer(ctx); err != nil {
		return err
	}
	if m.parts, err = spend.Of(ctx, m.spendInput()); err != nil {
		return err
	}
	p := m.parts
	m.spent.Bill, m.spent.Invoice, m.spent.Complete, m.spent.Waste = p.Bill, p.Invoice, p.Complete, p.Waste
	m.spent.Usage = reports.Usage{Cost: p.Cost, OffHours: p.OffHours, Working: p.Working}
	m.spent.Verdicts, m.spent.Actions, m.spent.Cost = p.Verdicts, p.Actions, p.Tool
	m.spent.Gaps = append(append(m.spent.Gaps, m.Bill.Gaps...), p.Gaps...)
	return nil
}

// dueAfter is how long people have for an action.
const dueAfter = 30

func (m *maker) spendInput() spend.Input {
	r, rules := m.draft.Report, &m.Policy.Rules
	total := r.Avoided.Total.Value()
	in := spend.Input{
		Engine: m.engine, Period: m.period, Measured: m.savings.Measured, Before: m.before(), Zone: rules.Zone, Factor: r.Tenant.Factor,
		Due:          m.Issued.UTC().AddDate(0, 0, dueAfter).Format(time.DateOnly),
		Tags:         spend.Tags{Owner: m.Policy.Report.OwnerTags, Schedule: first(rules.Keys.Schedule), Spot: rules.Keys.Spot, Tool: m.Policy.Report.CostTag, ToolValue: policy.CostTagValue},
		Environments: rules.Environments, Usual: map[string]spend.Schedule{}, Taken: len(m.stock) > 0,
		Commitments: r.Commitments, Standing: r.Standing,
	}
	if !r.Avoided.Unknown {
		in.Avoided = &total
	}
	if open, ok := m.Policy.Opening(m.Policy.Report.WorkingHours); ok {
		in.Working = open
	}
	for i := range rules.Environments {
		// An environment without a schedule of its own usually works when the tenant does.
		e := &rules.Environments[i]
		usual := cmp.Or(e.Default, m.Policy.Report.WorkingHours)
		if open, ok := m.Policy.Opening(usual); ok && !e.Protected {
			in.Usual[e.Name] = spend.Schedule{Text: usual, Hours: open}
		}
	}
	switch last := m.lastReport(); {
	case last != nil && (last.Avoided.Unknown || last.Part()):
	case last != nil:
		before := last.Avoided.Total.Value()
		in.AvoidedBefore = &before
	case !m.read.began.IsZero() && !m.read.began.Before(m.period.From):
		in.AvoidedBefore = &money.USD{} // nobody had offpeak then
	}
	for i := range m.savings.Resources {
		in.OptedIn = append(in.OptedIn, m.savings.Resources[i].ARN)
	}
	if m.seen != nil {
		for i := range m.seen.Resources {
			x := &m.seen.Resources[i]
			in.Resources = append(in.Resources, spend.Resource{Resource: *x, OptedIn: m.optedIn(x)})
		}
	}
	watched := newWatch(m.Policy, m.seen, m.Issued, m.read.acts)
	in.Findings, in.Exceptions = watched.look()
	in.Holds = watched.holds()
	if m.offers != nil {
		in.OffersKnown, in.Offers = !m.offers.Unknown, m.offers.Offers
	}
	return in
}

// optedIn reports whether a resource carries a schedule that does not opt out.
func (m *maker) optedIn(r *fleet.Resource) bool {
	for _, key := range m.Policy.Rules.Keys.Schedule {
		if value, _, ok := r.Tags.GetFold(key); ok && value != "" && value != fleet.TextIgnore {
			return true
		}
	}
	return false
}

func first(keys []string) string { return cmp.Or(append(slices.Clone(keys), "")...) }

// finish puts the report together.
func (m *maker) finish(context.Context) error {
	r := m.draft.Finish(&m.spent)
	r.Pillars = pillars.Of(&pillars.Input{
		Snapshots: m.stock, Accounts: r.Tenant.Accounts, Keys: m.Policy.Rules.Keys, OwnerTags: m.Policy.Report.OwnerTags,
		CostTags: append([]string{m.Policy.Report.TeamTag}, first(m.Policy.Report.OwnerTags)), Report: r,
	})
	if m.Bill.Scanned != nil {
		bytes, cost := m.Bill.Scanned()
		r.Sources.Bytes, r.Sources.Query = bytes, &cost
	}
	return nil
}
