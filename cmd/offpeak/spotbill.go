package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	covered "offpeak/internal/billing/coverage"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

// facts reads from the bills in a folder what commitments pay for of what is in a snapshot, an answer for each payer.
func (f *spotFlags) facts(ctx context.Context, seen *fleet.Snapshot) (all []covered.Facts, _ error) {
	bill, err := export.Open(f.bill)
	if err != nil {
		return nil, usagef("--bill: %w", err)
	}
	payers, err := (&savingsFlags{sourceFlags: sourceFlags{bill: f.bill}}).payers(bill)
	if err != nil {
		return nil, err
	}
	now, err := f.instant()
	if err != nil {
		return nil, err
	}
	var subjects []covered.Subject
	for i := range seen.Resources {
		if s, ok := covered.SubjectOf(&seen.Resources[i]); ok {
			subjects = append(subjects, s)
		}
	}
	for _, payer := range payers {
		one, err := factsOf(ctx, bill, payer, subjects, now)
		if err != nil {
			return nil, fmt.Errorf("--bill: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}

// factsOf asks one payer's bill, and says what of it could not be used in the months that were asked about.
func factsOf(ctx context.Context, bill *export.Bill, payer fleet.AccountID, subjects []covered.Subject, now time.Time) (facts covered.Facts, err error) {
	engine, err := openBill("")(bill, payer)
	if err != nil {
		return facts, err
	}
	if closer, ok := engine.(interface{ Close() error }); ok {
		defer func() { err = errors.Join(err, closer.Close()) }()
	}
	facts, err = covered.Compute(ctx, engine, payer, subjects, now)
	for _, g := range bill.GapsOf(payer) {
		month, dated := monthOf(g.Where)
		if (g.Code.Withholds() || g.Code == export.CUR2Missing || g.Code == export.NotHourly) && (!dated || month == facts.From.Format("2006-01") || month == facts.To.Format("2006-01")) {
			facts.Gaps = append(facts.Gaps, g.String())
		}
	}
	return facts, err
}

// monthOf is the billing period in a place of an export: 2026-07 of data/BILLING_PERIOD=2026-07/x.parquet.
func monthOf(where string) (string, bool) {
	_, rest, dated := strings.Cut(where, "BILLING_PERIOD=")
	month, _, _ := strings.Cut(rest, "/")
	return month, dated
}

// looked is an inventory that was asked already, so that a bill could be asked about what is there.
type looked struct {
	optimizer.Inventory
	seen map[fleet.Scope]fleet.Snapshot
}

// Snapshot implements optimizer.Inventory.
func (l looked) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	if s, ok := l.seen[scope]; ok {
		s.Resources = slices.Clone(s.Resources)
		return s, nil
	}
	return l.Inventory.Snapshot(ctx, scope)
}

// askBill looks into scopes, reads what the bill says of what is there, and lets a worker go by both. A scope that cannot be looked into is told when the worker
// comes to it.
func (f *spotFlags) askBill(ctx context.Context, s *site, p *policy.Policy, w *hub.SpotWorker, scopes []fleet.Scope) error {
	hands, err := s.Spot(p, s.store)
	if err != nil {
		return err
	}
	l := looked{hands.Inventory, map[fleet.Scope]fleet.Snapshot{}}
	var all fleet.Snapshot
	for _, scope := range scopes {
		seen, err := hands.Inventory.Snapshot(ctx, scope)
		if err != nil {
			continue
		}
		l.seen[scope] = seen
		all.Resources = append(all.Resources, seen.Resources...)
	}
	if w.Facts, err = f.facts(ctx, &all); err != nil {
		return err
	}
	hands.Inventory = l
	w.Under = func(*policy.Policy) (hub.SpotHands, error) { return hands, nil }
	if !f.publish {
		return nil
	}
	if len(l.seen) < len(scopes) {
		return errors.New("nothing is published: not every account and region could be looked into, and what is missing there would count as paid for by nobody")
	}
	for i := range w.Facts {
		if err := (hub.Commitments{Store: s.store}).Publish(ctx, &w.Facts[i]); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(f.err, "published what commitments pay for of %d groups and instances, by the bill of %s\n", len(w.Facts[i].Groups), w.Facts[i].Payer)
	}
	return nil
}
