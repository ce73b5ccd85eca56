package reports

import (
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Avoided is what was avoided in the quarter. Total is the headline; the other views split the same amount and are never added to it.
type Avoided struct {
	// Unknown says that the bill does not tell what ran: what was avoided is not known, and all below is empty.
	Unknown bool `json:"unknown,omitempty"`
	// Total is schedules and moves to Spot together, over resources with a baseline of their own or of their cohort.
	Total Figure `json:"total"`
	// Causes add up to Total: schedule, override, other causes of the plan; none, what no stop explains; spot, before overheads; overheads (below zero: what
	// moving cost).
	Causes []Line `json:"by_cause"`
	// RanMore is the part of Total, zero or below, of the hours in which resources ran more than their baselines, such as those that offpeak's own starts
	// brought about. It is in Total already.
	RanMore money.USD `json:"ran_more_usd"`
	// Origins split what schedules claim by baseline: own, cohort. Unproven stands beside it and is in no total.
	Origins  []Line `json:"by_origin"`
	Unproven Figure `json:"unproven"`
	// Environments, Accounts, Teams and Services add up to Total each. A team is the value of the team tag; untagged is an empty name.
	Environments []Line `json:"by_environment"`
	Accounts     []Line `json:"by_account"`
	Teams        []Line `json:"by_team"`
	Services     []Line `json:"by_service"`
	// Negative are resources whose result is below zero, lowest first: more was spent by them than without offpeak.
	Negative []fleet.ARN `json:"negative"`
	// Months split Total by billing month and cause, for the chart, oldest first.
	Months []MonthLine `json:"by_month"`
}

// Figure is what a group of resources avoided. List and Contracted are the annex's views of the same hours; they are no further amounts.
type Figure struct {
	Resources int `json:"resources"`
	// Hours are resource-hours, rounded half up to six places.
	Hours      decimal.Decimal `json:"hours"`
	List       money.USD       `json:"list_usd"`
	Contracted money.USD       `json:"contracted_usd"`
	// Adjusted is commitment-adjusted; null where it is not computable, which Commitments.Why explains.
	Adjusted *money.USD `json:"adjusted_usd"`
	// Interval is that of Adjusted, or of Contracted where there is none; null where none can be given.
	Interval *Range `json:"interval_usd"`
}

// Value is the figure's amount: adjusted where it is known, else contracted.
func (f *Figure) Value() money.USD {
	if f.Adjusted != nil {
		return *f.Adjusted
	}
	return f.Contracted
}

// Line is a figure under a name.
type Line struct {
	Name string `json:"name"`
	Figure
}

// MonthLine is what one cause avoided in one billing month.
type MonthLine struct {
	Month  string    `json:"month"` // as 2026-07
	Cause  string    `json:"cause"`
	Amount money.USD `json:"usd"`
}

// Resource is what one resource avoided, with its evidence. Acts names entries of Report.Acts.
type Resource struct {
	ARN         fleet.ARN       `json:"arn"`
	ID          string          `json:"id"`
	Name        string          `json:"name,omitempty"`
	Kind        fleet.Kind      `json:"kind"`
	Account     fleet.AccountID `json:"account"`
	Region      fleet.Region    `json:"region"`
	Environment string          `json:"environment,omitempty"`
	Team        string          `json:"team,omitempty"`
	Origin      string          `json:"origin"` // own, cohort, unproven, moved
	Enrolled    time.Time       `json:"enrolled"`
	Left        time.Time       `json:"left,omitzero"`
	Figure
	// Spot is what a move of it to Spot brought beside what its schedule avoided; null where it was not moved.
	Spot *money.USD `json:"spot_usd,omitempty"`
	// Causes split Value and Spot together by cause, under the names of Avoided.Causes, and add up to them; so the lines of Avoided.Causes can be
	// followed down to resources.
	Causes []Amount   `json:"by_cause"`
	Acts   []string   `json:"acts"`
	Rows   []BillRows `json:"bill"`
	// Confirmed counts the clock hours in which it was held off: those without usage on the bill, of all.
	Confirmed Share  `json:"confirmed_hours"`
	Baseline  string `json:"baseline_sha256,omitempty"`
}

// BillRows are the rows of the bill of one resource and one SKU.
type BillRows struct {
	Resource   string          `json:"resource"` // as the bill names it
	SKU        string          `json:"sku"`
	Rows       int64           `json:"rows"`
	Quantity   decimal.Decimal `json:"quantity"`
	List       money.Rate      `json:"list_usd_per_unit"`
	Contracted money.Rate      `json:"contracted_usd_per_unit"`
}

// Act is what the ledger holds of one act, from its intent to its outcome.
type Act struct {
	ID       string     `json:"id"`
	Resource fleet.ARN  `json:"resource"`
	Change   string     `json:"change"` // stop, start, scale, move
	Cause    string     `json:"cause"`
	Why      string     `json:"why"`
	State    string     `json:"state"` // the last one: intent, applied, verified, failed
	Edge     *time.Time `json:"edge,omitempty"`
	Asked    time.Time  `json:"asked"`
	Ended    time.Time  `json:"ended,omitzero"`
	Attempts int        `json:"attempts"`
	Error    string     `json:"error,omitempty"`
	Run      string     `json:"run"`
}

// SpotMove is what one move to Spot brought, and what was forecast of it.
type SpotMove struct {
	Resource fleet.ARN `json:"resource"`
	// Hours are those on Spot; Original what they would have cost on what it ran on before, Paid what they did, Overheads what moving cost beside.
	Hours     decimal.Decimal `json:"hours"`
	Original  money.USD       `json:"original_usd"`
	Paid      money.USD       `json:"paid_usd"`
	Overheads money.USD       `json:"overheads_usd"`
	Net       money.USD       `json:"net_usd"`
	// Forecast are the interruptions that were expected over those hours, null where no forecast was kept; Observed those that came.
	Forecast *decimal.Decimal `json:"forecast_interruptions"`
	Observed *int             `json:"observed_interruptions"` // null where nobody counted
}

// Commitments are what became of Reserved Instances and Savings Plans.
type Commitments struct {
	// Known says that they could be replayed; else Why says what is missing.
	Known  bool      `json:"known"`
	Why    string    `json:"why,omitempty"`
	Used   money.USD `json:"used_usd"`
	Unused money.USD `json:"unused_usd"`
	// Wasted is the part of Unused that schedules caused.
	Wasted money.USD `json:"wasted_by_schedules_usd"`
	// Suggested is the change of hourly commitment that the quarter's new pattern of use suggests; null where nothing can be said.
	Suggested *Suggestion `json:"suggested,omitempty"`
}

// Suggestion is a change of commitments: so much less (or more) an hour, in dollars of commitment, would have cost the least over the quarter's hours.
type Suggestion struct {
	Kind   string     `json:"kind"` // savings-plan, reserved-instances
	Hourly money.Rate `json:"change_usd_per_hour"`
	Less   bool       `json:"less"`
	// Month is what the change would bring in a month of 730 hours.
	Month money.USD `json:"usd_a_month"`
}
