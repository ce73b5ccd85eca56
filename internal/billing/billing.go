// Package billing holds the nouns of a payer's bill and the questions that are asked of it.
//
// A bill is what AWS Data Exports deliver: FOCUS 1.2 for presentation and the tie to the invoice, CUR 2.0 for commitments. An Engine answers
// each question by one SQL text, or by reading the same files in plain Go; both must give the same rows. All amounts are decimals that were
// converted from the exports' doubles once, by FromDouble, before any sum. The package reads no file and computes no savings: that is done by
// the packages beneath it.
package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/big"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Places is how many places behind the point a double keeps when it becomes a decimal.
const Places = 12

// ErrNumber says that a double of an export is not a number.
var ErrNumber = errors.New("is not a finite number")

// FromDouble converts a double of an export into a decimal: its exact binary value, rounded half away from zero at the twelfth place.
// This is the only door through which doubles come to money.
func FromDouble(double float64) (decimal.Decimal, error) {
	if math.IsNaN(double) || math.IsInf(double, 0) {
		return decimal.Decimal{}, fmt.Errorf("%v %w", double, ErrNumber)
	}
	exact := new(big.Rat)
	exact.SetFloat64(double)
	scaled := new(big.Int).Mul(exact.Num(), tenToThePlaces())
	scaled.Lsh(scaled, 1)
	twice := new(big.Int).Lsh(exact.Denom(), 1)
	if scaled.Sign() < 0 {
		scaled.Sub(scaled, exact.Denom())
	} else {
		scaled.Add(scaled, exact.Denom())
	}
	return decimal.NewFromBigInt(scaled.Quo(scaled, twice), -Places), nil
}

func tenToThePlaces() *big.Int { return big.NewInt(1_000_000_000_000) }

// Period is the time from From until just before To, in whole hours of UTC, as money is billed.
type Period struct{ From, To time.Time }

// Engine answers questions about the bill of one payer. Rows are in the order of their fields as they stand, first to last; sums that come to
// nothing are left in. A question about an export that is not there is an error that wraps ErrNoExport.
type Engine interface {
	// Name is what a report calls the engine, with its version.
	Name() string
	// Months are the billing months that were delivered.
	Months() Months

	// From FOCUS 1.2. Accounts and Charges are of all billing months that the period touches, since an invoice is of a month; all else is of the period's hours.
	//
	// Accounts are those that anything is charged to (SubAccountId), in order: who asks for them alone has one column read.
	Accounts(ctx context.Context, p Period) ([]fleet.AccountID, error)
	Days(ctx context.Context, p Period) ([]Day, error)
	Charges(ctx context.Context, p Period) ([]Charge, error)
	Hours(ctx context.Context, p Period) ([]HourCost, error)
	Standing(ctx context.Context, p Period) ([]Standing, error)
	Prices(ctx context.Context, p Period) ([]Price, error)

	// Costs, Tagged and Patterns are of usage: without corrections of earlier months, and without what of commitments was not used. Each of tags names
	// alternatives, of which the first counts that a line carries, in any of its TagSpellings.
	Costs(ctx context.Context, p Period) ([]Cost, error)
	Tagged(ctx context.Context, p Period, tags ...[]string) ([]TagCost, error)
	// Patterns are of what runs, by resource and hour of the week in UTC. The period has at most PatternWeeks weeks, from the Monday
	// on or before its first instant on.
	Patterns(ctx context.Context, p Period, tags ...[]string) iter.Seq2[Pattern, error]

	// FocusUsage is Usage by FOCUS alone, for a bill without CUR 2.0: Operation stays empty, and commitments are known by what they cover.
	FocusUsage(ctx context.Context, p Period) iter.Seq2[Usage, error]

	// From CUR 2.0. Reservations are of all billing months that the period touches.
	Products(ctx context.Context, p Period) ([]Product, error)
	Usage(ctx context.Context, p Period) iter.Seq2[Usage, error]
	PlanHours(ctx context.Context, p Period) ([]PlanHour, error)
	Reservations(ctx context.Context, p Period) ([]Reservation, error)
	PlanRates(ctx context.Context, p Period) ([]PlanRate, error)
}

// Months are the first instants of billing months, in order, by export.
type Months struct{ FOCUS, CUR []time.Time }

// ErrNoExport says that a bill lacks the export that a question is about.
var ErrNoExport = errors.New("the bill has no such export")

// Day is what FOCUS bills of one UTC day: what is there at all, and in which currency.
type Day struct {
	Day      time.Time
	Payer    fleet.AccountID // BillingAccountId
	Currency string          // BillingCurrency
	Rows     int64
	// Hours are how many different hours of the day have usage rows: fewer than 24 is a day that is not billed whole.
	Hours int64
	// Negative and Zero are how many usage rows have a quantity below zero, and of zero.
	Negative, Zero int64
	Billed         decimal.Decimal
}

// Charge is a sum of FOCUS charges of one sort.
type Charge struct {
	Month     time.Time // BillingPeriodStart
	Payer     fleet.AccountID
	Account   fleet.AccountID // SubAccountId
	Currency  string
	Invoice   string // InvoiceId; empty until AWS closed the month
	Category  string // ChargeCategory: Usage, Purchase, Tax, Credit, Adjustment
	Class     string // ChargeClass: Correction, or empty
	Pricing   string // PricingCategory: Standard, Committed, Dynamic, or empty
	Service   string // ServiceName
	Discount  string // CommitmentDiscountStatus: Used, Unused, or empty
	Rows      int64
	List      decimal.Decimal
	Contract  decimal.Decimal
	Effective decimal.Decimal
	Billed    decimal.Decimal
}

// HourCost is what one account's usage cost in one hour, by FOCUS's ServiceCategory.
type HourCost struct {
	Hour      time.Time
	Account   fleet.AccountID
	Service   string // ServiceCategory: Compute, Databases, Storage, Networking ...
	List      decimal.Decimal
	Contract  decimal.Decimal
	Effective decimal.Decimal
}

// Standing is what one thing cost in a day that is charged whether or not anything runs: a volume, an address, a database's storage.
type Standing struct {
	Day      time.Time
	Account  fleet.AccountID
	Resource string          // ResourceId
	Meter    string          // SkuMeter
	Hours    int64           // different hours with a row
	Cost     decimal.Decimal // ContractedCost
}

// Price is what one unit of a SKU cost by the month's last FOCUS row that bills it as on-demand or committed usage.
type Price struct {
	Month    time.Time
	SKU      string // SkuId
	Unit     string // PricingUnit
	List     decimal.Decimal
	Contract decimal.Decimal
}

// Cost is what one account's usage of one SKU cost in one month.
type Cost struct {
	Month     time.Time // of the usage
	Account   fleet.AccountID
	Service   string // ServiceName
	SKU       string // SkuId; empty where AWS names none
	Unit      string // PricingUnit
	Region    fleet.Region
	Rows      int64
	Quantity  decimal.Decimal // PricingQuantity, else ConsumedQuantity
	List      decimal.Decimal
	Contract  decimal.Decimal
	Effective decimal.Decimal
}

// TagCost is what one account's usage in one category of services cost in one month under the values of some tags.
type TagCost struct {
	Month     time.Time
	Account   fleet.AccountID
	Service   string   // ServiceCategory
	Values    []string // in the order in which the tags were asked for; empty where one is not there, or empty
	Rows      int64
	Effective decimal.Decimal
}

// PatternWeeks is how many weeks fit into Pattern.Weeks.
const PatternWeeks = 62

// WeekHours is how many hours a week has.
const WeekHours = 7 * 24

// Pattern is what one resource used of one SKU in one hour of the week, in all weeks of a period together: instances, databases, Fargate and Lambda. What carries the
// tag of an Auto Scaling group or of an ECS service is the group's or the service's, and has no Resource.
type Pattern struct {
	Account  fleet.AccountID
	Region   fleet.Region
	Resource string // ResourceId
	Group    string // as in Usage
	Cluster  string
	SKU      string
	Meter    string // SkuMeter
	Line     Line
	// Tags are the values of the tags that were asked for, in that order; empty where there is none. What is tagged otherwise in the middle of the period has rows
	// for both.
	Tags []string
	Hour int64 // of the week in UTC; Monday from midnight on is 0
	// Weeks has bit i set where something was used in the hour of the i-th week; the week of the period's first instant is week 0.
	Weeks     int64
	Rows      int64
	Quantity  decimal.Decimal // as in Cost
	Contract  decimal.Decimal
	Effective decimal.Decimal
}

// WeekOf is the Monday, midnight in UTC, on or before an instant.
func WeekOf(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// Product is what CUR 2.0 says of a SKU.
type Product struct {
	SKU       string // product_sku
	Operation string // line_item_operation
	Code      string // line_item_product_code
	UsageType string // line_item_usage_type
	Region    fleet.Region
	Type      string          // product_instance_type
	Family    string          // the part of the type before its last point: product_instance_family is prose such as General purpose
	System    string          // product['operating_system']
	Tenancy   string          // product['tenancy']
	Engine    string          // product['database_engine']
	MultiAZ   bool            // product['deployment_option']
	Unit      string          // pricing_unit
	Factor    decimal.Decimal // line_item_normalization_factor; zero where there is none
}

// Line is the sort of a CUR line item that bills running.
type Line string

// The line item types of usage. SpotUsage is line item type Usage of a Spot usage type.
const (
	OnDemand  Line = "Usage"
	Reserved  Line = "DiscountedUsage"
	PlanUsage Line = "SavingsPlanCoveredUsage"
	SpotUsage Line = "SpotUsage"
)

// Usage is what one resource used of one SKU in one hour, by what covered it: instances, databases, Fargate and Lambda.
type Usage struct {
	Hour       time.Time
	Account    fleet.AccountID // line_item_usage_account_id
	Resource   string          // line_item_resource_id
	Group      string          // the tag aws:autoscaling:groupName or aws:ecs:serviceName, as resource_tags has it; else empty
	Cluster    string          // the tag aws:ecs:clusterName; else empty
	SKU        string
	Operation  string
	Zone       string // line_item_availability_zone
	Line       Line
	Commitment string // reservation_reservation_a_r_n or savings_plan_savings_plan_a_r_n
	Quantity   decimal.Decimal
	List       decimal.Decimal // pricing_public_on_demand_cost; of Spot, line_item_unblended_cost
	Net        decimal.Decimal // line_item_net_unblended_cost
	// Effective is the amortised cost: reservation_effective_cost, savings_plan_savings_plan_effective_cost, else the net unblended cost.
	Effective decimal.Decimal
}

// PlanHour is one hour of one Savings Plan: its SavingsPlanRecurringFee line.
type PlanHour struct {
	Hour     time.Time
	Plan     string // savings_plan_savings_plan_a_r_n
	Owner    fleet.AccountID
	Offering string // savings_plan_offering_type: ComputeSavingsPlans, EC2InstanceSavingsPlans, DatabaseSavingsPlans
	Region   fleet.Region
	Family   string          // savings_plan_instance_type_family
	Total    decimal.Decimal // savings_plan_total_commitment_to_date
	Used     decimal.Decimal // savings_plan_used_commitment
}

// Reservation is one month of one Reserved Instance or reserved DB instance: its RIFee line.
type Reservation struct {
	Month time.Time
	Lease string // reservation_reservation_a_r_n
	Owner fleet.AccountID
	SKU   string
	// Operation is line_item_operation, which tells the platform.
	Operation string
	Zone      string // reservation_availability_zone; empty for a regional one
	Start     time.Time
	End       time.Time
	Count     decimal.Decimal // reservation_number_of_reservations
	Units     decimal.Decimal // reservation_normalized_units_per_reservation
	Hourly    decimal.Decimal // amortised cost of one reserved instance for one hour, upfront included
	// Unused is what the month's line says was not used: reservation_unused_normalized_unit_quantity where Units is set and that is there, else
	// reservation_unused_quantity, in instance-hours.
	Unused decimal.Decimal
}

// PlanRate is a Savings Plan's price of one unit of a SKU, as its covered usage shows it.
type PlanRate struct {
	Plan string
	SKU  string
	Rate decimal.Decimal // savings_plan_savings_plan_rate
}

// PublishedRate is a Savings Plan's price of one unit of what a usage type and an operation name, as AWS publishes it for the plan.
type PublishedRate struct {
	Plan      string // the plan's id: the last part of its ARN
	UsageType string
	Operation string
	Rate      money.Rate
}

// Compare orders usage by its fields.
func (u *Usage) Compare(o *Usage) int {
	return cmp.Or(
		u.Hour.Compare(o.Hour), cmp.Compare(u.Account, o.Account), cmp.Compare(u.Resource, o.Resource), cmp.Compare(u.Group, o.Group),
		cmp.Compare(u.Cluster, o.Cluster), cmp.Compare(u.SKU, o.SKU), cmp.Compare(u.Operation, o.Operation), cmp.Compare(u.Zone, o.Zone),
		cmp.Compare(u.Line, o.Line), cmp.Compare(u.Commitment, o.Commitment),
	)
}
