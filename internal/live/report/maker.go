package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/billing/landing"
	"offpeak/internal/billing/query"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/messages"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/money"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
	"offpeak/internal/reporting/issue"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

// Issuer returns what makes, keeps and sends reports.
func (d *Desk) Issuer() *issue.Issuer {
	return &issue.Issuer{
		Policy: func(ctx context.Context) (*policy.Policy, error) {
			p, _, _, err := d.Hub.Policies.InForce(ctx)
			return p, err
		},
		Catch: d.Catch, Published: d.Published, Open: d.OpenBill, Store: d.Hub.Store, Shelf: d.Shelf, Post: d.Post, Watch: d.watch(),
		Sender: d.settings.Sender, Place: d.place, Now: d.Hub.Now,
		Spot: d.Hub.Settings().SpotQueue != "", // which a hub has whose AutoSpot is deployed
	}
}

func (d *Desk) watch() *hub.Watch {
	return &hub.Watch{Alerts: messages.NewTopic(d.Hub.Access, d.Hub.Settings().Topic), Said: hub.Said{Store: d.Hub.Store}}
}

// place is where the console shows a folder of the shelf, behind sign-in.
func (d *Desk) place(folder string) string {
	return fmt.Sprintf("https://%s.console.aws.amazon.com/s3/buckets/%s?prefix=%s", d.Hub.Settings().Region, d.settings.Reports, folder)
}

// Catch publishes what AWS has delivered of a payer's months from one instant until another and nobody has published: an event may be lost, and a payer may have
// been named after its first delivery. A delivery that is being replaced is left to the next one.
func (d *Desk) Catch(ctx context.Context, payer fleet.AccountID, from, to time.Time) error {
	store := bucket.Open(d.Hub.Access, d.settings.Exports, "", d.Hub.Settings().Region)
	for _, table := range landing.Tables() {
		for key, err := range store.List(ctx, landing.Delivered(payer)+"/"+table.Export()+"/metadata/") {
			if err != nil {
				return err
			}
			m, ok := landing.ManifestOf(key)
			if !ok || m.Month.Before(from) || !m.Month.Before(to) || m.Month.AddDate(0, 1, 0).After(d.Hub.Now()) {
				continue
			}
			if err := d.Publish(ctx, m, "s3://"+d.settings.Exports+"/"+key); err != nil && !errors.Is(err, athena.ErrDeliveredAnew) {
				return err
			}
		}
	}
	return nil
}

// Published are the newest deliveries of a payer's months from one instant until another. Rows are not counted: nobody reads the files for it.
func (d *Desk) Published(ctx context.Context, payer fleet.AccountID, from, to time.Time) (all []reports.Manifest, err error) {
	versions, err := d.Bill(payer).Published(ctx)
	for _, v := range versions {
		if !v.Month.Before(from) && v.Month.Before(to) {
			all = append(all, reports.Manifest{Export: string(v.Table), Month: v.Month.UTC().Format("2006-01"), Payer: payer, SHA256: v.SHA256, Files: len(v.Files)})
		}
	}
	return all, err
}

// OpenBill opens the bill of a payer for the report of a quarter.
func (d *Desk) OpenBill(ctx context.Context, payer fleet.AccountID, quarter string) (*reporting.Bill, error) {
	period, err := reporting.PeriodOf(quarter)
	if err != nil {
		return nil, err
	}
	// What came before the quarter is read too: baselines rest on the weeks before, and what changed is told from the last quarter on.
	manifests, err := d.Published(ctx, payer, period.From.AddDate(0, -3, 0), period.To)
	if err != nil {
		return nil, err
	}
	engine, err := d.Engine(ctx, payer, quarter+" "+d.Hub.Now().UTC().Format(time.RFC3339))
	if err != nil {
		return nil, err
	}
	var texts strings.Builder
	for _, t := range query.Athena(query.Delivered{Table: landing.FOCUS.Of(payer)}, query.Delivered{Table: landing.CUR.Of(payer)}).Texts(period) {
		texts.WriteString(t.SQL + "\x00")
	}
	return &reporting.Bill{
		Payer: payer, Engine: engine, Manifests: manifests, Questions: delivery.HashOf([]byte(texts.String())),
		Scanned: func() (int64, money.USD) {
			cost := engine.Cost()
			return cost.Scanned, cost.USD
		},
	}, nil
}
