package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// mailing is a hub whose reports want nothing.
func mailing(now time.Time) hub.ReportParts {
	p := hub.ReportParts{
		There: true, Sender: "finops@example.com", Identity: "example.com", Verified: true, Production: true, Sending: true, Workgroup: "offpeak-reports", ScanLimit: 200_000_000_000,
	}
	for _, payer := range []fleet.AccountID{"444455556666", "555566667777"} {
		for _, export := range []string{"offpeak-focus", "offpeak-cur"} {
			p.Deliveries = append(p.Deliveries, hub.Delivery{Payer: payer, Export: export, Last: now.Add(-10 * time.Hour)})
		}
	}
	return p
}

func TestWhatDoctorSaysOfReports(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	denied := &failure.Error{Class: failure.Denied, Err: errors.New("not authorized"), Remedy: "x"}
	for _, row := range []struct {
		name   string
		change func(*hub.ReportParts)
		weight weight
		check  string
		text   string
	}{
		{"all is well", func(*hub.ReportParts) {}, isFine, "mail", "2 recipients, from none of which a mail came back"},
		{"and the bill", func(*hub.ReportParts) {}, isFine, "bill", "the exports of payer 555566667777 were delivered within three days"},
		{"and what a query scans", func(*hub.ReportParts) {}, isFine, "bill", "scans 200 GB at most"},
		{"a sender that nobody knows", func(p *hub.ReportParts) { p.Identity, p.Verified = "", false }, isError, "mail", "SES knows neither finops@example.com nor its domain"},
		{"a sender that is not verified", func(p *hub.ReportParts) { p.Verified = false }, isError, "mail", "SES has not verified example.com"},
		{"the sandbox", func(p *hub.ReportParts) { p.Production = false }, isError, "mail", "SES is in its sandbox"},
		{"sending is paused", func(p *hub.ReportParts) { p.Sending = false }, isError, "mail", "has paused"},
		{"no limit", func(p *hub.ReportParts) { p.ScanLimit = 0 }, isError, "bill", "does not limit"},
		{"a workgroup that is gone", func(p *hub.ReportParts) {
			p.WorkgroupErr = &failure.Error{Class: failure.Gone, Err: errors.New("WorkGroup is not found"), Remedy: "deploy"}
		}, isError, "bill", "the workgroup offpeak-reports (gone)"},
		{"an export that is not refreshed", func(p *hub.ReportParts) { p.Deliveries[1].Last = now.AddDate(0, 0, -4) }, isError, "bill", "the export offpeak-cur of payer 444455556666 was delivered last at 2026-11-19T12:00:00Z, 4 days ago"},
		{"an export that never came", func(p *hub.ReportParts) { p.Deliveries[2].Last = time.Time{} }, isError, "bill", "AWS has delivered nothing of the export offpeak-focus of payer 555566667777"},
		{"a recipient that bounced", func(p *hub.ReportParts) {
			p.Suppressed = []hub.Suppressed{{Address: "lee@example.com", Reason: "bounce", Since: now.AddDate(0, -1, 0)}}
		}, isError, "mail", "SES sends nothing to the recipient lee@example.com since 2026-10-23 (bounce)"},
		{"who may not ask whether there are reports", func(p *hub.ReportParts) { *p = hub.ReportParts{StackErr: denied} }, notChecked, "reports", "whether the hub makes reports (denied): not authorized"},
		{"who may not ask SES", func(p *hub.ReportParts) { p.AccountErr = denied }, notChecked, "mail", "whether SES is out of its sandbox (denied)"},
		{"who may not list", func(p *hub.ReportParts) { p.DeliveryErr = denied }, notChecked, "bill", "when AWS delivered the bill (denied)"},
		{"who may not look at recipients", func(p *hub.ReportParts) { p.SuppressErr = denied }, notChecked, "mail", "whether mails to recipients came back"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := mailing(now)
			row.change(&p)
			found := reportDiagnoses(p, 2, now)
			if !slices.ContainsFunc(found, func(d diagnosisJSON) bool {
				return d.Weight == row.weight && d.Check == row.check && strings.Contains(d.Text, row.text)
			}) {
				t.Errorf("not found in %+v", found)
			}
			for _, d := range found {
				if d.Weight != isFine && d.Remedy == "" {
					t.Errorf("no remedy: %+v", d)
				}
				if d.Weight == isError && row.weight != isError {
					t.Errorf("%+v is no error", d)
				}
			}
		})
	}
	if found := reportDiagnoses(hub.ReportParts{}, 2, now); len(found) != 0 {
		t.Errorf("of a hub without reports it says %+v", found)
	}
}

// TestDoctorLooksAtReports: of a hub, and with what is wrong there it exits as with anything else.
func TestDoctorLooksAtReports(t *testing.T) {
	t.Parallel()
	d := healthy(t)
	d.reporting = mailing(d.now)
	d.reporting.Production = false
	found, outcome := examined(t, d, d.store)
	if !errors.Is(outcome, exit(exitFailed)) || !slices.ContainsFunc(found, func(f diagnosisJSON) bool { return f.Check == "mail" && f.Weight == isError }) {
		t.Errorf("%v, %+v", outcome, found)
	}
}
