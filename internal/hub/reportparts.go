package hub

import (
	"time"

	"offpeak/internal/fleet"
)

// ReportParts are what a hub makes and mails reports with, as far as AWS tells who asks. An error stands beside each: who may not ask learns nothing.
type ReportParts struct {
	// There is false where the hub was not deployed with reports; StackErr says why that could not be asked.
	There    bool
	StackErr error
	// Sender is the address that mails are from, Identity what SES knows of it: itself or its domain; empty: neither.
	Sender, Identity string
	Verified         bool
	IdentityErr      error
	// Production says that SES sends to anybody, and Sending that it sends at all.
	Production, Sending bool
	AccountErr          error
	// Workgroup is Athena's, ScanLimit how many bytes a query may scan; 0: as many as there are.
	Workgroup    string
	ScanLimit    int64
	WorkgroupErr error
	// Deliveries are the newest ones of each payer's exports.
	Deliveries  []Delivery
	DeliveryErr error
	// Suppressed are recipients to which SES sends no more.
	Suppressed  []Suppressed
	SuppressErr error
}

// Delivery is when an export of a payer was delivered last; zero: never.
type Delivery struct {
	Payer  fleet.AccountID
	Export string
	Last   time.Time
}

// Suppressed is an address from which a mail came back, or whose owner complained.
type Suppressed struct {
	Address, Reason string
	Since           time.Time
}
