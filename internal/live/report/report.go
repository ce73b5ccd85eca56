// Package report puts the function of quarterly reports together on AWS: what it is called with, the bill in Athena, the shelf of reports, and SES.
//
// In goes an open hub; out come the parts, each with AWS behind its port, and what answers an occasion. It stands beside package live so that the
// scheduler's functions need not carry what reports alone need. What a report says and whether one is due is decided elsewhere.
package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/billing/export"
	"offpeak/internal/billing/landing"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/outbox"
	"offpeak/internal/fleet"
	"offpeak/internal/live"
	"offpeak/reports/delivery"
)

// Desk is what reports are made with on AWS.
type Desk struct {
	Hub *live.Hub
	// Shelf keeps reports, Outbox sends them.
	Shelf  delivery.Shelf
	Outbox *outbox.Outbox

	settings live.ReportSettings
}

// Open puts the desk together. It asks AWS nothing.
func Open(h *live.Hub, s live.ReportSettings) (*Desk, error) {
	if missing := s.Missing(); len(missing) > 0 {
		return nil, fmt.Errorf("the hub was not deployed with reports: set %s, as the stack does with \"reports\": true", strings.Join(missing, ", "))
	}
	region := h.Settings().Region
	return &Desk{
		Hub: h, settings: s, Shelf: delivery.Shelf{Store: bucket.Open(h.Access, s.Reports, "", region)},
		Outbox: outbox.New(h.Access, outbox.Options{Region: region, From: s.Sender, ConfigurationSet: s.ConfigurationSet}),
	}, nil
}

// Sender is the address that mails are from.
func (d *Desk) Sender() string { return d.settings.Sender }

// Post sends the mails of one report: those that come back name it.
func (d *Desk) Post(id delivery.ID) delivery.Post {
	return delivery.Post{Shelf: d.Shelf, Mailer: d.Outbox.Of(id), Now: d.Hub.Now}
}

// Bill is where the deliveries of a payer are published.
func (d *Desk) Bill(payer fleet.AccountID) *athena.Bill {
	return athena.OpenBill(d.Hub.Access, athena.Place{Bucket: d.settings.Bill, Prefix: landing.Published(payer), Region: d.Hub.Settings().Region})
}

// Engine answers questions about a payer's bill. Run names the run of a report: the same question of one run is one query.
func (d *Desk) Engine(ctx context.Context, payer fleet.AccountID, run string) (*athena.Engine, error) {
	return athena.Open(ctx, d.Hub.Access, d.Bill(payer), athena.Options{
		Region: d.Hub.Settings().Region, Workgroup: d.settings.Workgroup, Database: landing.Database,
		FOCUS: landing.FOCUS.Of(payer), CUR: landing.CUR.Of(payer), Run: run, Now: d.Hub.Now,
	})
}

// Publish publishes the delivery of a manifest.
func (d *Desk) Publish(ctx context.Context, m landing.Manifest, place string) error {
	table := export.FOCUS
	if m.Table == landing.CUR {
		table = export.CUR2
	}
	_, err := d.Bill(m.Payer).Publish(ctx, table, place)
	return err
}

// Listener answers what the function is called with.
func (d *Desk) Listener(r Reports) *Listener {
	return &Listener{
		Reports: r, Publish: d.Publish, Exports: d.settings.Exports, Post: delivery.Post{Shelf: d.Shelf, Now: d.Hub.Now},
		Watch: d.watch(), Now: d.Hub.Now,
	}
}

// Reports is what makes and mails reports.
type Reports interface {
	// Due makes and mails, of every tenant, what is due at an instant and is not there yet; a final report whose bill was delivered anew is restated.
	Due(ctx context.Context, now time.Time) error
}
