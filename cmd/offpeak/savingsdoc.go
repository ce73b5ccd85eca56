package main

import (
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// savingsFormat marks the JSON form of the figures, and its version.
const savingsFormat = "offpeak-savings/1"

// savingsDocument is the JSON form of the figures of one payer. Amounts are text, exact; hours are exact fractions; instants are UTC.
type savingsDocument struct {
	Format      string          `json:"format"`
	Payer       fleet.AccountID `json:"payer"`
	Period      periodJSON      `json:"period"`
	Measured    periodJSON      `json:"measured"`
	Baseline    time.Time       `json:"baseline_from"`
	Engine      string          `json:"engine"`
	Provisional bool            `json:"provisional"`
	Headline    figureJSON      `json:"headline"`
	Origins     []lineJSON      `json:"by_origin"`
	Environment []lineJSON      `json:"by_environment"`
	Accounts    []lineJSON      `json:"by_account"`
	Kinds       []lineJSON      `json:"by_kind"`
	Causes      []lineJSON      `json:"by_cause"`
	Resources   []resourceJSON  `json:"resources"`
	Standing    []standingJSON  `json:"still_billed_while_stopped"`
	Spot        []spotMoveJSON  `json:"moved_to_spot,omitempty"`
	Commitments commitmentsJSON `json:"commitments"`
	Charges     []chargeJSON    `json:"charges"`
	Confirmed   shareJSON       `json:"confirmed_hours"`
	Gaps        []gapJSON       `json:"gaps"`
	Manifests   []manifestJSON  `json:"manifests"`
}

// spotMoveJSON is what one move to Spot avoided: what it ran on before at the same hours, less what Spot cost, less overheads.
type spotMoveJSON struct {
	Resource   fleet.ARN  `json:"resource"`
	Hours      string     `json:"hours_on_spot"`
	List       money.USD  `json:"list_usd"`
	Contracted money.USD  `json:"contracted_usd"`
	Adjusted   *money.USD `json:"adjusted_usd"` // null where it is not computable
	Paid       money.USD  `json:"paid_usd"`
	Overheads  money.USD  `json:"overheads_usd"`
	Net        money.USD  `json:"net_usd"`
}

type periodJSON struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

type figureJSON struct {
	Resources  int        `json:"resources"`
	Hours      hoursJSON  `json:"hours"`
	List       money.USD  `json:"list_usd"`
	Contracted money.USD  `json:"contracted_usd"`
	Adjusted   *money.USD `json:"adjusted_usd"` // null where it is not computable
	Interval   *rangeJSON `json:"interval_usd"`
}

type hoursJSON struct {
	Avoided  avoidance.Hours `json:"avoided"`
	Baseline avoidance.Hours `json:"baseline"`
	Actual   avoidance.Hours `json:"actual"`
	Credit   avoidance.Hours `json:"credit"`
	Induced  avoidance.Hours `json:"induced"`
	Forgone  avoidance.Hours `json:"forgone"`
	Drift    avoidance.Hours `json:"drift"`
	Resized  avoidance.Hours `json:"resized"` // what of Baseline follows from people's changes of size
}

type rangeJSON struct {
	Low  money.USD `json:"low"`
	High money.USD `json:"high"`
}

type lineJSON struct {
	Name string `json:"name"`
	figureJSON
}

type resourceJSON struct {
	ARN         fleet.ARN        `json:"arn"`
	ID          string           `json:"id"`
	IDs         []string         `json:"ids,omitempty"`
	Name        string           `json:"name,omitempty"`
	Kind        fleet.Kind       `json:"kind"`
	Account     fleet.AccountID  `json:"account"`
	Region      fleet.Region     `json:"region"`
	Environment string           `json:"environment,omitempty"`
	Origin      avoidance.Origin `json:"origin"`
	Enrolled    time.Time        `json:"enrolled"`
	Left        time.Time        `json:"left,omitzero"`
	figureJSON
	Acts     []string       `json:"acts"`
	Bill     []evidenceJSON `json:"bill"`
	Baseline string         `json:"baseline_sha256,omitempty"`
	Held     shareJSON      `json:"confirmed_hours"`
}

type evidenceJSON struct {
	Resource   string     `json:"resource"`
	SKU        string     `json:"sku"`
	Rows       int64      `json:"rows"`
	Quantity   string     `json:"quantity"`
	List       money.Rate `json:"list_usd_per_unit"`
	Contracted money.Rate `json:"contracted_usd_per_unit"`
}

type standingJSON struct {
	ARN      fleet.ARN `json:"arn"`
	Resource string    `json:"resource"`
	Meter    string    `json:"meter"`
	Hours    int64     `json:"hours"`
	Cost     money.USD `json:"usd"`
}

type commitmentsJSON struct {
	Computable bool      `json:"computable"`
	Why        string    `json:"why,omitempty"`
	Residual   string    `json:"residual,omitempty"`
	Hours      int       `json:"hours"`
	Used       money.USD `json:"used_usd"`
	Unused     money.USD `json:"unused_usd"`
	Wasted     money.USD `json:"wasted_by_schedules_usd"`
}

type chargeJSON struct {
	Month      string          `json:"month"`
	Account    fleet.AccountID `json:"account"`
	Invoice    string          `json:"invoice,omitempty"`
	Category   string          `json:"category"`
	Class      string          `json:"class,omitempty"`
	Pricing    string          `json:"pricing_category,omitempty"`
	Service    string          `json:"service"`
	Commitment string          `json:"commitment_status,omitempty"`
	Rows       int64           `json:"rows"`
	List       money.USD       `json:"list_usd"`
	Contracted money.USD       `json:"contracted_usd"`
	Effective  money.USD       `json:"effective_usd"`
	Billed     money.USD       `json:"billed_usd"`
}

type shareJSON struct {
	Part  int64 `json:"part"`
	Whole int64 `json:"of"`
}

type gapJSON struct {
	Code string `json:"code"`
	Says string `json:"says"`
}

type manifestJSON struct {
	Table    string `json:"table"`
	Month    string `json:"month"`
	Manifest string `json:"manifest"`
	SHA256   string `json:"sha256"`
	Rows     int64  `json:"rows"`
	Files    int    `json:"files"`
}

// documentOf makes the JSON form.
func documentOf(payer fleet.AccountID, f *savings.Savings, deliveries []export.Delivery) savingsDocument {
	d := savingsDocument{
		Format: savingsFormat, Payer: payer, Period: periodOf(f.Period), Measured: periodOf(f.Measured), Baseline: f.Baseline.UTC(), Engine: f.Engine,
		Provisional: f.Provisional, Headline: figureOf(f.Headline), Origins: linesOf(f.ByOrigin), Environment: linesOf(f.ByEnvironment),
		Accounts: linesOf(f.ByAccount), Kinds: linesOf(f.ByKind), Causes: linesOf(f.ByCause), Confirmed: shareJSON(f.Confirmed),
		Commitments: commitmentsJSON{
			Computable: f.Commitments.Known, Why: f.Commitments.Why, Hours: f.Commitments.Hours,
			Used: f.Commitments.Used, Unused: f.Commitments.Unused, Wasted: f.Commitments.Wasted,
		},
	}
	if f.Commitments.ResidualKnown {
		d.Commitments.Residual = f.Commitments.Residual.String()
	}
	for i := range f.Resources {
		d.Resources = append(d.Resources, resourceOf(&f.Resources[i]))
	}
	for _, line := range f.Standing {
		d.Standing = append(d.Standing, standingJSON(line))
	}
	for _, m := range f.Spot {
		j := spotMoveJSON{Resource: m.Resource, Hours: m.Hours.String(), List: m.List, Contracted: m.Contract, Paid: m.Paid, Overheads: m.Overheads, Net: m.Net(f.Commitments.Known)}
		if f.Commitments.Known {
			j.Adjusted = &m.Adjusted
		}
		d.Spot = append(d.Spot, j)
	}
	for _, c := range f.Charges {
		d.Charges = append(d.Charges, chargeJSON{
			c.Month.UTC().Format("2006-01"), c.Account, c.Invoice, c.Category, c.Class, c.Pricing, c.Service, c.Discount, c.Rows,
			money.USDOf(c.List), money.USDOf(c.Contract), money.USDOf(c.Effective), money.USDOf(c.Billed),
		})
	}
	for _, g := range f.Gaps {
		d.Gaps = append(d.Gaps, gapJSON{string(g.Code), g.Says})
	}
	for _, delivery := range deliveries {
		d.Manifests = append(d.Manifests, manifestJSON{
			string(delivery.Table), delivery.Month.UTC().Format("2006-01"), delivery.Manifest, delivery.SHA256, delivery.Rows, len(delivery.Files),
		})
	}
	return d
}

func periodOf(p billing.Period) periodJSON { return periodJSON{p.From.UTC(), p.To.UTC()} }

func figureOf(f savings.Figure) figureJSON {
	j := figureJSON{
		Resources: f.Resources, List: f.List, Contracted: f.Contract,
		Hours: hoursJSON{f.Hours.Avoided, f.Hours.Baseline, f.Hours.Actual, f.Hours.Credit, f.Hours.Induced, f.Hours.Forgone, f.Hours.Drift, f.Hours.Resized},
	}
	if f.AdjustedKnown {
		j.Adjusted = &f.Adjusted
	}
	if f.Within.Known {
		j.Interval = &rangeJSON{f.Within.Low, f.Within.High}
	}
	return j
}

func linesOf(lines []savings.Line) (j []lineJSON) {
	for _, line := range lines {
		j = append(j, lineJSON{line.Name, figureOf(line.Figure)})
	}
	return j
}

func resourceOf(r *savings.Resource) resourceJSON {
	j := resourceJSON{
		ARN: r.ARN, ID: r.ID, IDs: r.IDs, Name: r.Name, Kind: r.Kind, Account: r.Scope.Account, Region: r.Scope.Region, Environment: r.Environment,
		Origin: r.Origin, Enrolled: r.Enrolled, Left: r.Left, figureJSON: figureOf(r.Figure), Acts: r.Acts, Baseline: r.Baseline, Held: shareJSON(r.Held),
	}
	for _, e := range r.Bill {
		j.Bill = append(j.Bill, evidenceJSON{e.Resource, e.SKU, e.Rows, e.Quantity.String(), e.List, e.Contract})
	}
	return j
}
