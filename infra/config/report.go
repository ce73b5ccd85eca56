package config

import (
	"fmt"
	"strings"

	"offpeak/internal/fleet"
)

// Report is how quarterly reports are made and mailed.
type Report struct {
	// From is the address that mails are from, and Identity what of it SES is to verify.
	From     string
	Identity Identity
	// Payers are the accounts whose bills are exported to the hub.
	Payers []fleet.AccountID
	// ScanGB is how much one query of the bill may scan, in gigabytes of 10^9 bytes.
	ScanGB int
	// BudgetUSD is the budget of a month of each payer; 0: there is none.
	BudgetUSD int
	// AnomalyMonitor is what tells of costs that nobody expected: AnomalyNone, AnomalyNew, or the ARN of a monitor that is there.
	AnomalyMonitor string
	// WellArchitected lets the survey write evidence into workloads of the AWS Well-Architected Tool of the hub's account.
	WellArchitected bool
}

// Identity is what SES verifies.
type Identity string

// The choices: the sender's domain, by records of DNS, the address alone, by a link in a mail, or nothing, as it is verified already.
const (
	DomainIdentity  Identity = "domain"
	AddressIdentity Identity = "address"
	OtherIdentity   Identity = "existing"
)

// What watches over costs, where no monitor is named by its ARN. An account may have one monitor of its services.
const (
	AnomalyNone = "none"
	AnomalyNew  = "new"
)

// Verified is the name of the identity that is made; empty where none is.
func (r *Report) Verified() string {
	switch r.Identity {
	case DomainIdentity:
		_, domain, _ := strings.Cut(r.From, "@")
		return domain
	case AddressIdentity:
		return r.From
	}
	return ""
}

// report reads what the keys say that begin with report_, and those that are about the bill.
func (s *section) report() *Report {
	asked := s.boolean("reports")
	keys := []string{"report_from", "report_identity", "payers", "scan_limit_gb", "budget_usd", "anomaly_monitor", "well_architected"}
	r := &Report{
		From:            s.text("report_from", "", sender),
		Identity:        Identity(s.text("report_identity", string(DomainIdentity), oneOf(string(DomainIdentity), string(AddressIdentity), string(OtherIdentity)))),
		ScanGB:          s.number("scan_limit_gb", 200, 1, 1_000_000),
		BudgetUSD:       s.number("budget_usd", 0, 0, 1_000_000_000),
		WellArchitected: s.boolean("well_architected"),
		AnomalyMonitor:  s.text("anomaly_monitor", AnomalyNone, monitor),
	}
	for _, id := range s.list("payers", nil, account) {
		r.Payers = append(r.Payers, fleet.AccountID(id))
	}
	if asked {
		if r.From == "" && !s.bad["report_from"] {
			s.complain("report_from", "is missing: reports are mailed from an address of yours, such as finops@example.com")
		}
		if len(r.Payers) == 0 && !s.bad["payers"] {
			s.complain("payers", `is missing: name the accounts that pay, whose bills are exported to the hub, such as ["111122223333"]`)
		}
		return r
	}
	for _, key := range keys {
		if v, there := s.values[key]; there && v != nil {
			s.complain(key, "is of no use without reports: say reports: true, or take it out")
		}
	}
	return nil
}

// monitor takes the ARN of a monitor, or one of the two words.
func monitor(text string) string {
	if text == AnomalyNone || text == AnomalyNew {
		return ""
	}
	if monitorForm(text) != "" {
		return fmt.Sprintf("say %s, %s, or the ARN of a monitor that is there (aws ce get-anomaly-monitors), such as arn:aws:ce::111122223333:anomalymonitor/12345678-abcd-ef12-3456-987654321a12", AnomalyNone, AnomalyNew)
	}
	return ""
}

var (
	monitorForm = matching(`^arn:aws[a-z-]*:ce::\d{12}:anomalymonitor/[\w-]+$`, "")
	sender      = matching(`^[\w.+-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$`, "an address alone, such as finops@example.com")
)
