// Package savings computes what offpeak avoided in a period: the ledger's acts set against the bill's hours, priced, and replayed against the
// payer's commitments.
//
// In go the ledger's entries, a billing.Engine and a period; out comes a Savings with its headline, its lines, every resource with its
// evidence (ledger acts, bill rows, frozen baseline), what is not counted and why, and what is missing from the bill. A figure that the bill
// cannot support is absent and a Gap says so; nothing is approximated in silence. The package reads no file and knows no engine.
package savings

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

// Input is what the figures are computed from.
type Input struct {
	Engine billing.Engine
	// Entries are the ledger's, in any order, those before the period too: who was enrolled when stands there. Damage is passed on as an
	// error of type *ledger.Damage and becomes a gap; any other error ends the computation.
	Entries iter.Seq2[ledger.Entry, error]
	Period  billing.Period
	// Accounts are those of the payer; none means all that the ledger names.
	Accounts []fleet.AccountID
	// Book holds baselines that were frozen before; the zero value is none.
	Book avoidance.Book
	// Rates are Savings Plans rates as AWS publishes them, beside those that the bill's covered usage shows.
	Rates []billing.PublishedRate
	// Moves are resources that were moved to Spot beside those of which the ledger tells.
	Moves []Move
	// TeamTag is the key of the tag that names a resource's team or owner; empty: none does.
	TeamTag string
	// Controls are resources that are not opted in and stand for what would have happened anyway.
	Controls []Control
}

// Control is a resource that nobody switches: its environment's other resources are compared with it.
type Control struct {
	Resource    fleet.Resource
	Environment string
}

// Savings is what was avoided in a period.
type Savings struct {
	Period billing.Period
	// Measured is the part of the period that is billed: nothing after it is claimed.
	Measured billing.Period
	// Baseline is the first hour of the bill that was read for baselines.
	Baseline time.Time
	Engine   string
	// Provisional says that the bill does not reach the end of the period yet, or that a month of it is not closed.
	Provisional bool
	// Untold says that the bill does not tell what ran: what was avoided is not known, and its zeros mean nothing.
	Untold bool
	Gaps   []Gap

	Headline      Figure // own and cohort baselines
	ByOrigin      []Line // own, cohort, unproven
	ByEnvironment []Line
	ByAccount     []Line
	ByKind        []Line
	ByTeam        []Line // none where Input.TeamTag is not set; the empty name is of those without the tag
	// ByCause splits the headline by whose doing each clock hour is: the cause of the stop that held it off, OwnStarts, NoStop, Controls. ByMonth splits
	// it further.
	ByCause   []Line
	ByMonth   []MonthLine
	Resources []Resource // by ARN
	Standing  []Standing // by cost, highest first
	Spot      []Spot     // by resource; beside the headline and not in it

	Commitments Commitments
	// Charges are those of the months that the period touches, whole.
	Charges []billing.Charge
	// Confirmed is the share of the whole clock hours in which a resource was held off by us and the bill shows no running; false where
	// there was none.
	Confirmed Share
	// Hours are what each account's usage cost in each hour, as billed.
	Hours []billing.HourCost
	// Ran is in each hour of the measured period what the resources of the headline would have run by their baselines, as far as it is claimed, and what they ran.
	Ran []HourRan
	// Book is the baselines, with those that were frozen now.
	Book avoidance.Book
	// Rates are those of Input.Rates that are of a plan and a SKU of the bill: with them alone the same is computed. PlanRates are those that covered usage shows,
	// from Baseline on, of the plans that are in force in the measured time.
	Rates     []billing.PublishedRate
	PlanRates []billing.PlanRate
}

// HourRan is one hour's running, in resource-hours.
type HourRan struct {
	Hour             time.Time
	Baseline, Actual avoidance.Hours
}

// Share is a part of a whole.
type Share struct{ Part, Whole int64 }

// Known reports whether there is a whole.
func (s Share) Known() bool { return s.Whole > 0 }

// Percent returns the share in percent, rounded to one place.
func (s Share) Percent() string {
	if s.Whole == 0 {
		return "unknown"
	}
	return decimal.NewFromInt(100*s.Part).DivRound(decimal.NewFromInt(s.Whole), 1).StringFixed(1)
}

// Figure is what a group of resources avoided.
type Figure struct {
	Resources int
	Hours     avoidance.Total
	List      money.USD
	Contract  money.USD
	// Adjusted is commitment-adjusted; where AdjustedKnown is false it is not computable, and Savings.Commitments says why.
	Adjusted      money.USD
	AdjustedKnown bool
	// Induced is the part of Value that hours cost in which resources ran more than their baselines, such as those that our starts brought about. It is in
	// Value already; drift of controls is not taken off it. By cause it is not known, and zero.
	Induced money.USD
	// Within is the 95 % interval of Adjusted, or of Contract where Adjusted is not known.
	Within Range
}

// Range is an interval of amounts. The zero value says nothing.
type Range struct {
	Low, High money.USD
	Known     bool
}

// Value is the figure's headline amount: adjusted where it is known, else contracted.
func (f Figure) Value() money.USD {
	if f.AdjustedKnown {
		return f.Adjusted
	}
	return f.Contract
}

// Line is a figure under a name.
type Line struct {
	Name string
	Figure
}

// Resource is what one resource avoided, with its evidence.
type Resource struct {
	// ARN names it from its enrolment on. An instance that was converted has another id since: ID is the last, and IDs are all that it had, in
	// order of time; empty where there is but one.
	ARN         fleet.ARN
	ID          string
	IDs         []string
	Name        string
	Kind        fleet.Kind
	Scope       fleet.Scope
	Environment string
	Origin      avoidance.Origin
	Enrolled    time.Time
	Left        time.Time // when it went, or was opted out; zero while it is there
	Figure
	// Causes split Value as the causes of its stops share its hours; they add up to it but for the last of twenty-four places. None where it is unproven.
	Causes []CauseAmount
	Tags   fleet.Tags // as it was last seen
	Type   string
	// Acts are the ledger's stops that reach into the period, in order of time.
	Acts []string
	// Bill is what the bill shows of it in the period: resource ids and SKUs, and how many rows of hours each.
	Bill []Evidence
	// Baseline is the hash of the frozen baseline.
	Baseline string
	Held     Share // whole clock hours that it was held off: those without running on the bill, of all
}

// CauseAmount is one cause's part of an amount.
type CauseAmount struct {
	Cause  plan.Cause
	Amount money.USD
}

// Evidence names rows of the bill.
type Evidence struct {
	Resource string // as the bill names it
	SKU      string
	Rows     int64
	Quantity decimal.Decimal // in the SKU's unit
	List     money.Rate      // of one unit, as valued
	Contract money.Rate
}

// Standing is what went on being charged while resources were held off.
type Standing struct {
	ARN      fleet.ARN // whose it is
	Resource string    // what is charged
	Meter    string
	Hours    int64
	Cost     money.USD
}

// Commitments is what became of Reserved Instances and Savings Plans in the period.
type Commitments struct {
	// Known says that there are figures: CUR 2.0 is there and the replay explains the bill. Else Why says what is missing.
	Known bool
	Why   string
	// Residual is what the replay does not explain of the billed commitments, as a share; known where any were billed.
	Residual      decimal.Decimal
	ResidualKnown bool
	Used, Unused  money.USD
	// Wasted is the part of Unused that schedules caused.
	Wasted money.USD
	// Hours are how many clock hours were replayed.
	Hours int
}

// Gap is something that the figures lack, and what follows from it. Says is an English sentence; Args are its particulars, for the words of other
// languages: where a code has several sentences the first of them names which.
type Gap struct {
	Code GapCode
	Says string
	Args []string
}

// GapCode names a sort of gap.
type GapCode string

// The gaps.
const (
	NotBilledYet  GapCode = "not-billed-yet"
	NoUsage       GapCode = "no-usage-data"
	OpenMonth     GapCode = "open-month"
	NoCharges     GapCode = "no-charges"
	NegativeUsage GapCode = "negative-usage"
	LedgerDamage  GapCode = "ledger-damage"
	LedgerOverlap GapCode = "ledger-overlap"
	NoEnrolment   GapCode = "no-enrolment"
	NotOnBill     GapCode = "not-on-bill"
	NoPrice       GapCode = "no-price"
	NoCommitments GapCode = "no-commitments"
	NoPlanRate    GapCode = "no-plan-rate"
)

// GapCodes lists every code of a gap that is found here. The bill's own are those of package export.
func GapCodes() []GapCode {
	return []GapCode{NotBilledYet, NoUsage, OpenMonth, NoCharges, NegativeUsage, LedgerDamage, LedgerOverlap, NoEnrolment, NotOnBill, NoPrice, NoCommitments, NoPlanRate}
}

// Errors of an input that no figure can be computed from.
var (
	ErrCurrency = errors.New("the bill is not in one currency")
	ErrNoBill   = errors.New("the bill has no row in the period")
	ErrPeriod   = errors.New("the period is not whole hours, or empty")
)

// Compute computes the figures.
func Compute(ctx context.Context, in Input) (*Savings, error) {
	if !in.Period.From.Before(in.Period.To) || !wholeHour(in.Period.From) || !wholeHour(in.Period.To) {
		return nil, fmt.Errorf("%w: %s to %s", ErrPeriod, in.Period.From.UTC().Format(time.RFC3339), in.Period.To.UTC().Format(time.RFC3339))
	}
	s := &Savings{Period: in.Period, Engine: in.Engine.Name()}
	subjects, moves, err := readLedger(in, s)
	if err != nil {
		return nil, err
	}
	c := &computation{in: in, Savings: s, avoidedSKUs: map[int32]bool{}}
	c.subjects = c.ofPayer(subjects)
	c.moves = c.movesOf(moves)
	for _, step := range []func(context.Context) error{
		c.readDays, c.readProducts, c.readUsage, c.measure, c.readCommitments, c.value, c.findHeld, c.readStanding, c.readTotals,
	} {
		if err := errors.Join(ctx.Err(), step(ctx)); err != nil {
			return nil, err
		}
	}
	c.assemble()
	return s, nil
}

// computation is a Savings in the making. Its steps are in the order of Compute, each in a file of its own.
type computation struct {
	in Input
	*Savings
	subjects []*subject
	moves    []Move
	skus     *catalogue
	reach    billing.Period // that questions to CUR 2.0 are about
	hours    hourly
	claims   *avoidance.Measurement
	fixed    commitmentBook

	billed      billing.Period     // the part of the period that the bill reaches, also where nobody tells what ran in it
	closed      map[time.Time]bool // whether AWS has closed a month
	lastUse     time.Time          // the last hour in which anything ran, by CUR 2.0
	parts       []parts            // of the claims
	worth       []amounts          // of the claims, without what control groups changed by themselves
	units       []float64          // what an hour of a unit of each claim costs, for intervals alone
	left        float64            // what commitments leave of contracted value, for intervals alone
	committed   bool               // some hour had a commitment
	unpriced    []string
	avoidedSKUs map[int32]bool
}

func (s *Savings) gap(code GapCode, format string, args ...any) {
	gap := Gap{Code: code, Says: fmt.Sprintf(format, args...)}
	for _, a := range args {
		gap.Args = append(gap.Args, fmt.Sprint(a))
	}
	s.Gaps = append(s.Gaps, gap)
}

// gapOf is gap for a code that has several sentences, of which sentence names this one.
func (s *Savings) gapOf(code GapCode, sentence, format string, args ...any) {
	s.gap(code, format, args...)
	last := &s.Gaps[len(s.Gaps)-1]
	last.Args = append([]string{sentence}, last.Args...)
}

func wholeHour(t time.Time) bool { return t.Equal(t.Truncate(time.Hour)) }
