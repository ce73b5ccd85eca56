package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/policy"
)

// reports examines what a hub makes and mails reports with.
func (x *examination) reports(ctx context.Context, s *site, p *policy.Policy) {
	var payers []fleet.AccountID
	var addresses []string
	for _, t := range p.Tenants {
		if t.Payer == "" {
			continue
		}
		payers = append(payers, t.Payer)
		for _, r := range t.Recipients {
			if !slices.Contains(addresses, r.Address) {
				addresses = append(addresses, r.Address)
			}
		}
	}
	x.found = append(x.found, reportDiagnoses(s.ReportParts(ctx, s.bucket, payers, addresses), len(addresses), x.now())...)
}

// reportDiagnoses says what is wrong with them.
func reportDiagnoses(p hub.ReportParts, recipients int, now time.Time) []diagnosisJSON {
	if p.StackErr != nil {
		return []diagnosisJSON{unknown("reports", "whether the hub makes reports", p.StackErr, "aws cloudformation describe-stacks --stack-name offpeak-hub")}
	}
	if !p.There {
		return nil
	}
	all := append(senderDiagnoses(p), workgroupDiagnosis(p))
	all = append(all, deliveryDiagnoses(p, now)...)
	return append(all, recipientDiagnoses(p, recipients)...)
}

func senderDiagnoses(p hub.ReportParts) (all []diagnosisJSON) {
	const check = "mail"
	switch {
	case p.IdentityErr != nil:
		all = append(all, unknown(check, "whether SES has verified "+p.Sender, p.IdentityErr, "aws sesv2 get-email-identity --email-identity "+p.Sender))
	case p.Identity == "":
		all = append(all, diagnosisJSON{
			isError, check, fmt.Sprintf("SES knows neither %s nor its domain: no report is mailed", p.Sender), "deploy the hub with another report_identity than existing, or verify the domain in SES",
		})
	case !p.Verified:
		all = append(all, diagnosisJSON{
			isError, check, fmt.Sprintf("SES has not verified %s: no report is mailed", p.Identity), "write the records that the hub's stack prints into the domain's DNS, or follow the link in SES's mail; it may take a day",
		})
	default:
		all = append(all, diagnosisJSON{isFine, check, fmt.Sprintf("reports are mailed from %s, by the verified identity %s", p.Sender, p.Identity), ""})
	}
	switch {
	case p.AccountErr != nil:
		all = append(all, unknown(check, "whether SES is out of its sandbox", p.AccountErr, "aws sesv2 get-account"))
	case !p.Sending:
		all = append(all, diagnosisJSON{isError, check, "SES has paused this account's sending: no report is mailed", "see the account dashboard of SES for why, and answer AWS's review"})
	case !p.Production:
		all = append(all, diagnosisJSON{
			isError, check, "SES is in its sandbox: reports reach verified addresses alone", "ask for production access in the console of SES, or verify each recipient",
		})
	default:
		all = append(all, diagnosisJSON{isFine, check, "SES sends, and is out of its sandbox", ""})
	}
	return all
}

func workgroupDiagnosis(p hub.ReportParts) diagnosisJSON {
	const check = "bill"
	switch {
	case p.WorkgroupErr != nil:
		return unknown(check, "the workgroup "+p.Workgroup, p.WorkgroupErr, "aws athena get-work-group --work-group "+p.Workgroup+"; where it is not there, deploy the hub's current stack")
	case p.ScanLimit <= 0:
		return diagnosisJSON{isError, check, "the workgroup " + p.Workgroup + " does not limit what a query scans: no report is made", "deploy the hub's current stack: scan_limit_gb in cdk.json says how much"}
	default:
		return diagnosisJSON{isFine, check, fmt.Sprintf("a query of the workgroup %s scans %d GB at most", p.Workgroup, p.ScanLimit/1_000_000_000), ""}
	}
}

// mostStale is how old the newest delivery of an export may be: AWS refreshes each at least once a day.
const mostStale = 3 * 24 * time.Hour

func deliveryDiagnoses(p hub.ReportParts, now time.Time) (all []diagnosisJSON) {
	const check = "bill"
	if p.DeliveryErr != nil {
		return []diagnosisJSON{unknown(check, "when AWS delivered the bill", p.DeliveryErr, "look at the hub's bucket of exports in the console of S3")}
	}
	fresh := map[fleet.AccountID]int{}
	var payers []fleet.AccountID
	for _, d := range p.Deliveries {
		if !slices.Contains(payers, d.Payer) {
			payers = append(payers, d.Payer)
		}
		switch age := now.Sub(d.Last); {
		case d.Last.IsZero():
			all = append(all, diagnosisJSON{
				isError, check, fmt.Sprintf("AWS has delivered nothing of the export %s of payer %s", d.Export, d.Payer), "deploy payer.json in the payer's account; the first delivery takes up to a day",
			})
		case age > mostStale:
			all = append(all, diagnosisJSON{
				isError, check, fmt.Sprintf("the export %s of payer %s was delivered last at %s, %d days ago; AWS refreshes it each day", d.Export, d.Payer, d.Last.Format(time.RFC3339), int(age.Hours()/24)),
				"in the payer's account: aws bcm-data-exports list-exports --region us-east-1 tells whether it is healthy; deploy payer.json again where it is gone",
			})
		default:
			fresh[d.Payer]++
		}
	}
	for _, payer := range payers {
		if n := fresh[payer]; n > 0 && n*len(payers) == len(p.Deliveries) {
			all = append(all, diagnosisJSON{isFine, check, fmt.Sprintf("the exports of payer %s were delivered within three days", payer), ""})
		}
	}
	return all
}

func recipientDiagnoses(p hub.ReportParts, recipients int) (all []diagnosisJSON) {
	const check = "mail"
	for _, s := range p.Suppressed {
		all = append(all, diagnosisJSON{
			isError, check, fmt.Sprintf("SES sends nothing to the recipient %s since %s (%s)", s.Address, s.Since.Format(time.DateOnly), s.Reason),
			"put the address right in the policy and push it; where it is right: aws sesv2 delete-suppressed-destination --email-address " + s.Address,
		})
	}
	switch {
	case p.SuppressErr != nil:
		all = append(all, unknown(check, "whether mails to recipients came back", p.SuppressErr, "aws sesv2 list-suppressed-destinations"))
	case len(all) == 0 && recipients > 0:
		all = append(all, diagnosisJSON{isFine, check, counted(recipients, "recipient") + ", from none of which a mail came back", ""})
	}
	return all
}
