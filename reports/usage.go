package reports

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Week holds a value for each hour of a week, Monday 00:00 first, on the clocks of the tenant's zone.
type Week [7][24]decimal.Decimal

// Usage is when compute was used, on the clocks of the tenant's zone.
type Usage struct {
	// Before is the mean of resource-hours in each hour of the week by the frozen baselines, After that of the quarter: of the same resources.
	Before Week `json:"before"`
	After  Week `json:"after"`
	// Cost is what all compute cost in each hour of the week, summed over the quarter, opted in or not.
	Cost Week `json:"cost_usd"`
	// OffHours is what compute still cost outside working hours, by account, largest first. Working says which hours those are.
	OffHours []OffHours `json:"off_hours"`
	Working  string     `json:"working_hours"` // as the schedule says it: mon-fri 08:30-19:30
}

// OffHours is what one account's compute cost outside working hours.
type OffHours struct {
	Account fleet.AccountID `json:"account"`
	Amount  money.USD       `json:"usd"`
	All     money.USD       `json:"all_usd"` // in all hours
}

// Verdict is what suits one resource by its hours of the quarter. An Auto Scaling group or an ECS service is one resource, with the hours in which any of it ran.
type Verdict struct {
	ARN     fleet.ARN       `json:"arn"` // empty of a group of which neither inventory nor ledger tells it
	ID      string          `json:"id"`
	Kind    fleet.Kind      `json:"kind,omitzero"`
	Account fleet.AccountID `json:"account"`
	Type    string          `json:"type,omitempty"` // of a group that which most of its hours were billed as
	// Code: schedule (fewer hours than break even), commit (more, and not covered), always-on (more, and covered), delete (never used).
	Code string `json:"code"`
	// Hours are those a week that it ran; BreakEven those a week from which a commitment is cheaper than switching off. Null without a rate to compare with.
	Hours decimal.Decimal `json:"hours_a_week"`
	// Members are how many instances of a group the bill shows in the mean of those hours; null of all others.
	Members   *decimal.Decimal `json:"members"`
	BreakEven *decimal.Decimal `json:"break_even_hours_a_week"`
	Month     *money.USD       `json:"usd_a_month"` // what following the verdict brings; null where it follows it already
}

// Harm is what offpeak did that people felt.
type Harm struct {
	Openings int    `json:"openings"` // how many resources were to be ready at an opening
	Late     []Late `json:"late"`     // by delay, longest first
	// Failed are starts that failed for good, Retried those that worked later.
	Failed  []FailedStart `json:"failed_starts"`
	Retried int           `json:"retried_starts"`
	// Unseen are starts that AWS accepted and that were never seen to have worked, nor to have failed.
	Unseen int `json:"unseen_starts"`
	// Interruptions are Spot's, of resources that offpeak had moved; null where nobody counted.
	Interruptions *int `json:"interruptions"`
}

// Late is an opening at which a resource was not ready.
type Late struct {
	ARN   fleet.ARN `json:"arn"`
	ID    string    `json:"id"`
	Act   string    `json:"act"`
	Due   string    `json:"due"` // RFC 3339, UTC
	Delay int64     `json:"delay_seconds"`
}

// FailedStart is a start that failed.
type FailedStart struct {
	ARN   fleet.ARN `json:"arn"`
	ID    string    `json:"id"`
	Act   string    `json:"act"`
	Due   string    `json:"due"`
	Error string    `json:"error"`
}

// Action is something that a person can do. What it would bring is no part of anything that was avoided.
type Action struct {
	// ID names the action over the quarters: the same proposal has the same id.
	ID string `json:"id"`
	// Code: idle-delete, idle-schedule, tighter-schedule, spot, commitment, untagged, still-billed, finding, exception-expires.
	Code    string          `json:"code"`
	ARN     fleet.ARN       `json:"arn,omitempty"`
	Name    string          `json:"name"` // of the resource, the account or the tag
	Account fleet.AccountID `json:"account"`
	Owner   string          `json:"owner,omitempty"` // the owner or team tag's value
	Due     string          `json:"due"`             // a date, as 2026-11-15; of an exception that on which it ends
	// Month is what it would bring in a month of 730 hours, zero where it brings nothing by itself; null where that is not known.
	Month     *money.USD `json:"usd_a_month"`
	Resources int        `json:"resources"` // how many it is about
	// About are those that it is about, in order, where it is about alike ones together; one alone is named by ARN.
	About []fleet.ARN `json:"about,omitempty"`
	// Schedule is what the resource's own pattern suggests; Command does the action, Tag is what to tag instead. Detail is what else is to be known: of a finding
	// its code (FindingCodes), of an exception the override as it stands, of a candidate for Spot the rates that it was weighed by.
	Schedule string `json:"schedule,omitempty"`
	Command  string `json:"command,omitempty"`
	Tag      string `json:"tag,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

// Outcome is what became of an action of the last quarter's report.
type Outcome struct {
	Action
	Done bool `json:"done"`
	// By is who did it as far as is known: offpeak, a person, nobody. Brought is what it brought in this quarter; null where that cannot be told.
	By      string     `json:"by,omitempty"`
	Brought *money.USD `json:"brought_usd"`
}

// Assets is the inventory at the end of the quarter.
type Assets struct {
	// Taken is false where no inventory was given; then all else is empty and a Gap says so.
	Taken        bool    `json:"taken"`
	Items        []Asset `json:"items"`
	Kinds        []Count `json:"by_kind"`
	Environments []Count `json:"by_environment"`
	Owners       []Count `json:"by_owner"`
	// Tagged counts the resources with an owner tag, OptedIn those with a schedule.
	Tagged  Share `json:"with_owner"`
	OptedIn Share `json:"opted_in"`
	// Came and Went are ARNs that are new since the last quarter's inventory, and gone. Null where there was none.
	Came []string `json:"came"`
	Went []string `json:"went"`
}

// Asset is one resource of the inventory.
type Asset struct {
	ARN     fleet.ARN       `json:"arn"`
	ID      string          `json:"id"`
	Name    string          `json:"name,omitempty"`
	Kind    fleet.Kind      `json:"kind"`
	Account fleet.AccountID `json:"account"`
	Region  fleet.Region    `json:"region"`
	// Type is that of an instance; of a group or a cluster those of its members, each once.
	Type string `json:"type,omitempty"`
	// Platform is what EC2 bills it as (Linux/UNIX, Windows), a database's engine, or what a service runs on.
	Platform string `json:"platform,omitempty"`
	// Zones are where it runs or may run, in order; none where the inventory was not asked for it.
	Zones       []string `json:"zones,omitempty"`
	State       string   `json:"state"`
	Environment string   `json:"environment,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	Schedule    string   `json:"schedule,omitempty"`
	Created     string   `json:"created,omitempty"`
}

// Count is how many resources go by a name.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Evidence is what the inventory shows about one question of the AWS Well-Architected Framework. It is evidence for a person who answers the
// question, and no answer.
type Evidence struct {
	Code     string `json:"code"`     // of the check, such as sec-imdsv2
	Pillar   string `json:"pillar"`   // operational-excellence, security, reliability, performance, cost-optimization, sustainability
	Question string `json:"question"` // the framework's id, such as SEC06-BP01
	// Looked counts what was looked at: resources, or volumes and accounts where the check is about these. It is the sum of Found, of what is in order,
	// and of Unknown.
	Looked    int    `json:"looked"`
	Found     int    `json:"found"` // of those, the ones that the check is about
	Reference string `json:"reference"`
	// Resources are those that were found, in order of ARN; all of them, but for accounts, idle addresses and commitments, which have none.
	Resources []fleet.ARN `json:"resources"`
	// Value is a check's figure where it is no count, such as a share, and Unit what it counts: percent or resource-hours.
	Value *decimal.Decimal `json:"value,omitempty"`
	Unit  string           `json:"unit,omitempty"`
	// Unknown counts resources that the inventory does not tell enough of.
	Unknown int `json:"unknown"`
}
