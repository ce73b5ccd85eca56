// Package reports is the quarterly savings report as a value: what one tenant's finance lead is told of one quarter, and what each figure
// rests on.
//
// In go the figures of package savings, what else was asked of the bill, the ledger's entries, the inventory and the reports of the quarters
// before; out comes a Report, which the packages beneath this one write as mail, page, PDF, workbook and machine-readable files. A Report
// holds codes and values, never sentences: the words of each language stand in package words. Amounts are exact decimals in US dollars and are
// rounded only where they are shown; a figure that cannot be computed is absent and a Gap says so. The package opens no file and asks no clock.
package reports

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Format marks the JSON form of a report, and its version.
const Format = "offpeak-report/1"

// Method is the version of the method by which the figures are computed. A report of another method is not compared with this one's.
const Method = "1"

// State is how final a report is.
type State string

// The states. AWS may change a closed month for about two weeks: what is sent on day 3 is provisional, what is sent on day 16 is final, and a final one whose
// bill changed later is restated.
const (
	Provisional State = "provisional"
	Final       State = "final"
	Restated    State = "restated"
)

// Report is one tenant's quarter.
type Report struct {
	Format string `json:"format"`
	Method string `json:"method"`
	Tenant Tenant `json:"tenant"`
	// Quarter is the name of the quarter, such as 2026Q3. Period is its time in UTC, as money is billed; Measured the part of it that the bill shows.
	Quarter  string `json:"quarter"`
	Period   Period `json:"period"`
	Measured Period `json:"measured"`
	State    State  `json:"state"`
	// Issued is when the report was made.
	Issued time.Time `json:"issued"`
	// Change is what is different from the report of the same quarter before this one; nil where this is the first.
	Change *Change `json:"change,omitempty"`
	// Second is a second currency, shown beside US dollars; nil where there is none.
	Second *Currency `json:"second_currency,omitempty"`

	Avoided     Avoided     `json:"avoided"`
	Bill        Bill        `json:"bill"`
	Checks      Checks      `json:"checks"`
	Commitments Commitments `json:"commitments"`
	// Waste is money that bought nothing, largest first.
	Waste []Waste `json:"waste"`
	// Standing is what went on being charged while resources were stopped, largest first.
	Standing []Standing `json:"still_billed_while_stopped"`
	Harm     Harm       `json:"harm"`
	// Before are the actions that last quarter's report proposed, and Actions those that this one does, by USD a month, largest first.
	Before  []Outcome `json:"last_actions"`
	Actions []Action  `json:"actions"`
	Cost    ToolCost  `json:"tool_cost"`
	// Trend are the last four quarters, oldest first, this one included.
	Trend    []Quarter  `json:"trend"`
	Usage    Usage      `json:"usage"`
	Verdicts []Verdict  `json:"verdicts"`
	Spot     []SpotMove `json:"spot"`
	Assets   Assets     `json:"assets"`
	// Pillars are what the inventory shows about questions of the AWS Well-Architected Framework.
	Pillars []Evidence `json:"well_architected"`

	// Resources are all with their evidence, by amount, largest first; Acts the ledger's acts that they name, by instant.
	Resources []Resource `json:"resources"`
	Acts      []Act      `json:"acts"`
	Gaps      []Gap      `json:"gaps"`
	Sources   Sources    `json:"sources"`
}

// Tenant is a billing family.
type Tenant struct {
	Name     string            `json:"name"`
	Payer    fleet.AccountID   `json:"payer"`
	Accounts []fleet.AccountID `json:"accounts"` // those that the bill charges, in order
	// Zone is the IANA zone in which hours of the week are told.
	Zone string `json:"zone"`
	// Factor is what AWS's prices are multiplied by for this payer, such as a reseller's; 1 where there is none. All amounts have it in them.
	Factor decimal.Decimal `json:"price_factor"`
}

// Period is the time from From until just before To.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Currency is a currency that stands beside US dollars, by one declared rate.
type Currency struct {
	Code   string          `json:"code"` // ISO 4217, such as KRW
	Rate   decimal.Decimal `json:"per_usd"`
	Source string          `json:"source"`
	Date   string          `json:"date"` // of the rate, as 2026-09-30
}

// Of converts an amount.
func (c *Currency) Of(amount money.USD) decimal.Decimal { return amount.Decimal().Mul(c.Rate) }

// Range is an interval that covers the true amount 95 times in 100.
type Range struct {
	Low  money.USD `json:"low"`
	High money.USD `json:"high"`
}

// Share is a part of a whole, both counted.
type Share struct {
	Part  int64 `json:"part"`
	Whole int64 `json:"whole"`
}

// Gap is something that the report lacks. Says is an English sentence; Args are its particulars, for the words of other languages.
type Gap struct {
	Code string   `json:"code"`
	Says string   `json:"says"`
	Args []string `json:"args,omitempty"`
}

// Change is what a report says otherwise than the one of the same quarter before it.
type Change struct {
	// Was names the report before: its state, when it was issued, and the SHA-256 of its JSON.
	Was      State     `json:"was"`
	Issued   time.Time `json:"issued"`
	Replaces string    `json:"replaces_sha256"`
	// From and To are what was avoided then and now; Lines explain the difference and add up to it.
	From  money.USD   `json:"from_usd"`
	To    money.USD   `json:"to_usd"`
	Lines []ChangeWhy `json:"lines"`
}

// ChangeWhy is one reason of a change. Its codes: bill (rows of AWS changed or were added), ledger (entries came late), resources (others are counted, or
// by another baseline), prices, commitments (they are replayed over all resources together), method.
type ChangeWhy struct {
	Code   string    `json:"code"`
	Amount money.USD `json:"usd"`
	// Detail names what changed, such as a resource or a delivery's manifest; it may be empty.
	Detail string `json:"detail,omitempty"`
}

// Quarter is one quarter of the trend.
type Quarter struct {
	Name     string     `json:"name"`
	State    State      `json:"state"`
	Avoided  *money.USD `json:"avoided_usd"` // adjusted; null where it was not computable
	Interval *Range     `json:"interval_usd"`
	Billed   money.USD  `json:"billed_usd"`
	// Part says that a month of the quarter was not measured, so that its figures are not those of a quarter.
	Part bool `json:"part,omitempty"`
	// Method is the method's version of that report; figures of different ones are shown and not compared.
	Method string `json:"method"`
}

// ToolCost is what offpeak itself cost in the quarter.
type ToolCost struct {
	// Amount is what the bill charged for what carries offpeak's own tag; null where the bill does not tell.
	Amount *money.USD `json:"usd"`
	Tag    string     `json:"tag"`
}

// Sources are what the figures rest on.
type Sources struct {
	Engine    string     `json:"engine"`
	Manifests []Manifest `json:"manifests"`
	// Ledger is the SHA-256 over the entries that were read, in their order, and how many they were.
	Ledger  string `json:"ledger_sha256"`
	Entries int    `json:"ledger_entries"`
	// Questions is the SHA-256 over the SQL texts that were asked, in their order; empty where the engine has none.
	Questions string `json:"questions_sha256,omitempty"`
	// Bytes is what a query engine read and Query what that cost, where it charges by bytes.
	Bytes int64      `json:"scanned_bytes,omitempty"`
	Query *money.USD `json:"query_usd,omitempty"`
	// Baselines is the SHA-256 of the frozen baselines.
	Baselines string `json:"baselines_sha256"`
	Policy    string `json:"policy,omitempty"`
	// SpotPrices is the day on which AutoSpot had asked what Spot costs, the first of those that moves to Spot were weighed by; empty where files told it, or nobody.
	SpotPrices string `json:"spot_prices_asked,omitempty"`
}

// Manifest names one delivery of the bill.
type Manifest struct {
	Export string          `json:"export"`
	Month  string          `json:"month"` // as 2026-07
	Payer  fleet.AccountID `json:"payer"`
	SHA256 string          `json:"sha256"`
	Files  int             `json:"files"`
	Rows   int64           `json:"rows"`
}

// Lacks reports whether a gap of this code is among what the report lacks.
func (r *Report) Lacks(code string) bool {
	return slices.ContainsFunc(r.Gaps, func(g Gap) bool { return g.Code == code })
}
