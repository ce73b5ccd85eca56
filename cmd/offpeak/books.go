package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/local"
	"offpeak/internal/money"
	"offpeak/internal/objects"
)

// books are the ledger and the bill, opened.
type books struct {
	store  objects.Store
	bill   *export.Bill
	payers []fleet.AccountID
	rates  []billing.PublishedRate
	// engine opens what answers questions about a payer's bill.
	engine func(ctx context.Context, payer fleet.AccountID) (billing.Engine, error)
	err    io.Writer
	notes  []string // what is to be told in the end
	done   func()   // removes what reading the bill took
}

// charged is an engine that costs something, and what.
type charged struct {
	billing.Engine
	texts func(p billing.Period) []query.Named
	cost  func() (bytes int64, usd money.USD)
	says  func() string
}

// open opens what figures of a period are made of. Of bills in S3 the months are brought that bear on it.
func (f *savingsFlags) open(ctx context.Context, period billing.Period) (b *books, err error) {
	b = &books{err: f.console.err, done: func() {}}
	if b.store, err = f.openLedger(ctx); err != nil {
		return nil, err
	}
	if b.rates, err = readRates(f.rates); err != nil {
		return nil, err
	}
	if err := f.openBill(ctx, b, period); err != nil {
		return nil, err
	}
	if b.payers, err = f.payers(b.bill); err != nil {
		b.done()
	}
	return b, err
}

// openBill opens the bill where it lies.
func (f *savingsFlags) openBill(ctx context.Context, b *books, period billing.Period) error {
	if f.inAthena() {
		at, err := f.placeInAthena(f.console)
		if err != nil {
			return err
		}
		b.bill, b.engine, err = openAthena(ctx, f.console, f.entry(), at)
		return err
	}
	dir, flag := f.bill, usagef
	at, remote, err := placeInS3("--bill", f.bill)
	if err != nil {
		return err
	}
	if remote {
		if dir, err = f.bring(ctx, b, at, period); err != nil {
			return err
		}
		flag = fmt.Errorf
	}
	opened, done, err := openExports(dir)
	if err != nil {
		return flag("--bill: %w", err)
	}
	b.bill, b.done = opened, done
	b.engine = countedBy(b.bill, f.sourceFlags.engine)
	return nil
}

// countedBy opens a bill of files by an engine.
func countedBy(bill *export.Bill, engine string) func(context.Context, fleet.AccountID) (billing.Engine, error) {
	return func(_ context.Context, payer fleet.AccountID) (billing.Engine, error) {
		return openBill(engine)(bill, payer)
	}
}

// historyBefore is how long before a resource was enrolled, or before a period, the bill is read at most: a baseline's 28 days, and the quarter before with which
// one is compared. It is of whole months.
const (
	daysBefore   = 28
	monthsBefore = 3
)

// bring brings the months of a bill in S3 that bear on a period: those of it, of the quarter before it, and since the first baseline, which begins before the ledger does.
func (f *savingsFlags) bring(ctx context.Context, b *books, at s3Place, period billing.Period) (dir string, err error) {
	cache := f.cache
	if cache == "" {
		own, err := os.UserCacheDir()
		if err != nil {
			return "", usagef("bills that are brought from S3 need a folder, and this machine tells of none for caches (%w): name one with --cache", err)
		}
		cache = filepath.Join(own, "offpeak", "bills")
	}
	begins, err := compact.Book{Store: b.store}.Begins(ctx, period.To)
	if err != nil {
		return "", err
	}
	months := billing.Period{From: period.From.AddDate(0, -monthsBefore, 0), To: period.To}
	if first := begins.AddDate(0, 0, -daysBefore); first.Before(months.From) {
		months.From = first
	}
	months.From = time.Date(months.From.Year(), months.From.Month(), 1, 0, 0, 0, 0, time.UTC)
	progress := newProgress(f.console)
	defer progress.clear()
	dir, said, err := fetchBill(ctx, f.console, f.entry(), at, cache, months, func(done, of int64) {
		progress.show("bringing the bill", int(done*1000/max(of, 1)))
	})
	progress.clear()
	if err == nil {
		_, _ = fmt.Fprintln(b.err, said)
	}
	return dir, err
}

// openLedger opens the ledger in a folder, or in S3 where a hub keeps it.
func (f *savingsFlags) openLedger(ctx context.Context) (objects.Store, error) {
	at, remote, err := placeInS3("--ledger", f.ledger)
	if err != nil {
		return nil, err
	}
	if !remote {
		root, err := ledgerRoot(f.ledger)
		if err != nil {
			return nil, err
		}
		return local.NewFolder(root)
	}
	aws, err := openAWS(ctx, f.console, f.entry())
	if err != nil {
		return nil, err
	}
	roots := []string{at.prefix}
	if path.Base(at.prefix) == ledgerFolder {
		roots = append(roots, strings.TrimSuffix(at.prefix, ledgerFolder+"/"))
	}
	for _, prefix := range roots {
		store := aws.Bucket(at.bucket, prefix)
		for _, err := range store.List(ctx, ledgerFolder+"/") {
			return store, err
		}
	}
	return nil, fmt.Errorf("--ledger: %s holds no ledger (keys that begin with %s%s/date=): name the bucket and the prefix of your hub", f.ledger, at.prefix, ledgerFolder)
}

// ledgerFolder is where the ledger's keys begin.
const ledgerFolder = "ledger"

// ledgerRoot is the folder in which the ledger's keys begin: the one that is named, or the one above where the folder "ledger" itself is. An empty folder is the
// ledger of somebody for whom nothing was acted yet.
func ledgerRoot(name string) (string, error) {
	if entries, err := os.ReadDir(name); err == nil && len(entries) == 0 {
		return name, nil
	}
	for _, root := range []string{name, filepath.Dir(filepath.Clean(name))} {
		if info, err := os.Stat(filepath.Join(root, ledgerFolder)); err == nil && info.IsDir() {
			return root, nil
		}
	}
	return "", usagef("--ledger: %s holds no ledger (a folder \"ledger\" with date=... in it; an empty folder is a ledger without entries)", name)
}

// payers are those of the bill.
func (f *savingsFlags) payers(bill *export.Bill) (payers []fleet.AccountID, err error) {
	all := payersIn(bill)
	if len(all) == 0 {
		text := "it holds no export with a manifest (data/BILLING_PERIOD=... and metadata/BILLING_PERIOD=.../*-Manifest.json)"
		if len(bill.Gaps) > 0 {
			var gaps []string
			for _, g := range bill.Gaps {
				gaps = append(gaps, g.String())
			}
			text = strings.Join(gaps, "\n  ")
		}
		return nil, fmt.Errorf("the bill in %s cannot be read: %s", f.bill, text)
	}
	if f.payer == "" {
		return all, nil
	}
	if !slices.Contains(all, fleet.AccountID(f.payer)) {
		return nil, usagef("--payer: the bill in %s has no rows of payer %.20s; it has those of %s", f.bill, f.payer, joined(all))
	}
	return []fleet.AccountID{fleet.AccountID(f.payer)}, nil
}

// payersIn are those that a bill has rows of.
func payersIn(bill *export.Bill) (all []fleet.AccountID) {
	for _, d := range bill.Deliveries {
		if d.Payer != "" && !slices.Contains(all, d.Payer) {
			all = append(all, d.Payer)
		}
	}
	return all
}

// joined is a list in words.
func joined[T ~string](all []T) string {
	var texts []string
	for _, one := range all {
		texts = append(texts, string(one))
	}
	return strings.Join(texts, ", ")
}

// readRates reads the files that the patterns name.
func readRates(patterns []string) (rates []billing.PublishedRate, err error) {
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return nil, usagef("--plan-rates: there is no file %s", pattern)
		}
		for _, file := range files {
			more, err := local.ReadPlanRatesFile(file)
			if err != nil {
				return nil, usagef("--plan-rates: %w", err)
			}
			rates = append(rates, more...)
		}
	}
	return rates, nil
}

// leave closes an engine, and notes what it cost.
func (b *books) leave(engine billing.Engine) (err error) {
	if c, ok := engine.(*charged); ok {
		b.notes = append(b.notes, c.says())
	}
	if closer, ok := engine.(io.Closer); ok {
		err = errors.Join(err, closer.Close())
	}
	return err
}

// tell tells what was noted, once.
func (b *books) tell() {
	for _, note := range b.notes {
		_, _ = fmt.Fprintln(b.err, note)
	}
	b.notes = nil
}
