//go:build !demo

package main

import (
	"context"
	"fmt"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/landing"
	"offpeak/internal/billing/query"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/cloud/deliveries"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// fetchBill brings the months of a bill in S3 to a folder, and says what was brought.
func fetchBill(ctx context.Context, c console, e entry, at s3Place, cache string, months billing.Period, progress func(done, of int64)) (dir, said string, err error) {
	access, err := cloud.Open(ctx, cloud.Options{Profile: e.profile, Region: e.region, Session: "offpeak-cli"})
	if err != nil {
		return "", "", err
	}
	place := deliveries.Place{Bucket: at.bucket, Prefix: at.prefix}
	made, err := deliveries.Fetch(ctx, access, place, deliveries.Options{Cache: cache, From: months.From, To: months.To, Progress: progress, Now: c.now})
	if err != nil {
		return "", "", err
	}
	said = fmt.Sprintf("bill: brought %s from %s; %s were here already (in %s)", amount(made.Fetched), place, amount(made.Kept), cache)
	if made.Resumed > 0 {
		said += fmt.Sprintf("; %s had come before, by a run that was cut short", size(made.Resumed))
	}
	return made.Dir, said, nil
}

func amount(a deliveries.Amount) string { return counted(a.Files, "file") + ", " + size(a.Bytes) }

// size is a number of bytes, in the unit in which it has one to three digits before the point.
func size(bytes int64) string {
	const step = 1000
	if bytes < step {
		return fmt.Sprintf("%d B", bytes)
	}
	tenths, unit := bytes*10/step, 0
	for tenths >= 10*step && unit < 3 {
		tenths, unit = tenths/step, unit+1
	}
	return fmt.Sprintf("%d.%d %s", tenths/10, tenths%10, []string{"kB", "MB", "GB", "TB"}[unit])
}

// openAthena opens a bill that is published for Athena: which deliveries there are, and what asks about them.
func openAthena(ctx context.Context, c console, e entry, at athenaPlace) (*export.Bill, func(context.Context, fleet.AccountID) (billing.Engine, error), error) {
	access, err := cloud.Open(ctx, cloud.Options{Profile: e.profile, Region: e.region, Session: "offpeak-cli"})
	if err != nil {
		return nil, nil, err
	}
	focus, cur := landing.FOCUS.Of(at.payer), landing.CUR.Of(at.payer)
	place, err := athena.Locate(ctx, access, e.region, at.database, focus)
	if err != nil {
		return nil, nil, err
	}
	engine, err := athena.Open(ctx, access, athena.OpenBill(access, place), athena.Options{
		Region: e.region, Workgroup: at.workgroup, Unlimited: at.unlimited, Database: at.database, FOCUS: focus, CUR: cur, Now: c.now,
	})
	if err != nil {
		return nil, nil, err
	}
	bill := &export.Bill{}
	for _, v := range engine.Published() {
		d := export.Delivery{Table: v.Table, Payer: at.payer, Month: v.Month, Manifest: v.Manifest, SHA256: v.SHA256}
		for _, f := range v.Files {
			d.Files = append(d.Files, export.File{Key: f.From, Bytes: f.Bytes, Table: v.Table})
		}
		bill.Deliveries = append(bill.Deliveries, d)
	}
	if len(bill.Deliveries) == 0 {
		return nil, nil, fmt.Errorf("nothing is published in s3://%s/%s: AWS has delivered nothing yet, or the hub's function of reports has not published it (see its log)", place.Bucket, place.Prefix)
	}
	dialect := query.Athena(query.Delivered{Table: focus}, query.Delivered{Table: cur})
	asked := &charged{
		Engine: engine, texts: dialect.Texts, says: func() string { return "Athena: " + engine.Cost().String() },
		cost: func() (int64, money.USD) { cost := engine.Cost(); return cost.Scanned, cost.USD },
	}
	return bill, func(context.Context, fleet.AccountID) (billing.Engine, error) { return asked, nil }, nil
}
