package reports

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// Bill is the quarter's bill.
type Bill struct {
	// Billed is BilledCost, what AWS invoices; Effective the amortised cost. Tax, credits and refunds stand apart and are in Billed alone.
	Billed    money.USD `json:"billed_usd"`
	Effective money.USD `json:"effective_usd"`
	Tax       money.USD `json:"tax_usd"`
	Credits   money.USD `json:"credits_usd"`
	// Months are the billing months, oldest first.
	Months []BillMonth `json:"months"`
	// Services are effective cost by service, largest first.
	Services []Amount `json:"by_service"`
	// Bridge leads from the last quarter's effective cost to this one's; null where the bill of the last quarter is not there, which a Gap says.
	Bridge *Bridge `json:"bridge"`
}

// BillMonth is one billing month.
type BillMonth struct {
	Month     string    `json:"month"` // as 2026-07
	Billed    money.USD `json:"billed_usd"`
	Effective money.USD `json:"effective_usd"`
	// Invoices are the ids of its invoices; empty until AWS closed the month. NoInvoice is what of Billed carries no invoice id.
	Invoices  []string  `json:"invoices"`
	NoInvoice money.USD `json:"no_invoice_usd"`
}

// Amount is an amount under a name.
type Amount struct {
	Name   string    `json:"name"`
	Amount money.USD `json:"usd"`
}

// Bridge leads from one quarter's effective cost to the next one's: From + Growth + Price - Avoided + Unexplained = To.
type Bridge struct {
	From money.USD `json:"from_usd"`
	To   money.USD `json:"to_usd"`
	// Avoided is the change of what was avoided from the last quarter to this one: more avoided makes the bill smaller.
	Avoided money.USD `json:"avoided_usd"`
	// Growth is more or less use at last quarter's prices, with what was avoided put back; Price is this quarter's use at the change of its prices.
	Growth money.USD `json:"growth_usd"`
	Price  money.USD `json:"price_usd"`
	// Unexplained is the rest: what has no SKU or quantity in one of the quarters.
	Unexplained money.USD `json:"unexplained_usd"`
}

// Checks are what an auditor looks at first.
type Checks struct {
	// Invoice says that each closed month's rows add up to its invoices as far as the bill shows: nothing of them is without an invoice id.
	Invoice CheckState `json:"invoice"`
	// Confirmed counts the clock hours in which resources were held off: those without usage on the bill, of all.
	Confirmed Share `json:"confirmed_hours"`
	// Residual is the share of the billed commitments that the replay does not explain; null where nothing was replayed.
	Residual *decimal.Decimal `json:"replay_residual"`
	// Recount says whether an independent engine came to the same figures; it is not-done until it was run.
	Recount CheckState `json:"recount"`
	// Complete says that each month of the quarter was delivered whole.
	Complete CheckState `json:"complete"`
}

// CheckState is how a check came out.
type CheckState string

// How checks come out.
const (
	Held    CheckState = "held"
	Failed  CheckState = "failed"
	NotDone CheckState = "not-done"
)

// Waste is money that bought nothing. Its codes: unused-commitment, wasted-commitment, off-hours (running outside working hours, not opted in),
// idle-address, unattached-volume.
type Waste struct {
	Code   string    `json:"code"`
	Amount money.USD `json:"usd"`
	Count  int       `json:"count"` // resources, or commitments
}

// Standing is what one thing cost while its resource was held off.
type Standing struct {
	ARN      fleet.ARN `json:"arn"`      // whose it is
	Resource string    `json:"resource"` // what is charged: a volume, an address, a database's storage
	Meter    string    `json:"meter"`
	Hours    int64     `json:"hours"`
	Amount   money.USD `json:"usd"`
}
