package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/reporting"
)

// savingsFlags are the flags of savings.
type savingsFlags struct {
	console
	periodFlags
	ledger string
	bill   string
	payer  string
	rates  []string
	engine string
	freeze bool
	output string
}

func newSavings(c console) *cobra.Command {
	f := &savingsFlags{console: c}
	cmd := &cobra.Command{
		Use:   "savings --ledger DIR --bill DIR (--quarter Q | --from DAY --to DAY)",
		Short: "Compute from ledger and bill what was avoided, with intervals and evidence",
		Long: `Compute what was avoided in a period: what each resource would have run by its own frozen baseline, less what the bill shows that it ran, at the
bill's contracted prices, and with the payer's Reserved Instances and Savings Plans replayed over it.

The ledger is a folder of offpeak's ledger; the bill a folder with the payer's Data Exports (FOCUS 1.2 and CUR 2.0, hourly, Parquet) as AWS delivers
them, manifests included. Both are only read. What the bill does not support is not claimed, and is said.`,
		Example: `  offpeak savings --ledger simulated --bill simulated/bill --quarter 2026Q3
  offpeak savings --ledger bucket --bill exports --from 2026-07-01 --to 2026-10-01 --plan-rates rates.json -o json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return f.run() },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.ledger, "ledger", "", "folder with the ledger")
	flags.StringVar(&f.bill, "bill", "", "folder with the exports of the bill")
	f.periodFlags.register(cmd)
	flags.StringVar(&f.payer, "payer", "", "only this payer, where the bill has several")
	flags.StringArrayVar(&f.rates, "plan-rates", nil, "what `aws savingsplans describe-savings-plan-rates` printed (repeatable; * stands for any name)")
	flags.StringVar(&f.engine, "engine", "", "what counts the bill: duckdb, or go (default duckdb where it is built in)")
	flags.BoolVar(&f.freeze, "freeze", false, "keep baselines that are not frozen yet beside the ledger, so that later figures rest on the same ones")
	registerForm(cmd, &f.output)
	return cmd
}

func (f *savingsFlags) run() error {
	if _, err := formOf(f.output); err != nil {
		return err
	}
	period, err := f.period()
	if err != nil {
		return err
	}
	if f.ledger == "" || f.bill == "" {
		return usagef("--ledger and --bill are needed: the folder of offpeak's ledger, and that of the payer's billing exports")
	}
	if !slices.Contains([]string{"", engineDuckDB, engineGo}, f.engine) {
		return usagef("--engine is %s or %s, not %.20q", engineDuckDB, engineGo, f.engine)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := f.open()
	if err != nil {
		return err
	}
	var documents []savingsDocument
	for i, payer := range b.payers {
		figures, err := b.figures(ctx, payer, period)
		if err != nil {
			return fmt.Errorf("figures of payer %s: %w", payer, err)
		}
		if f.freeze {
			if err := b.whole(payer); err != nil {
				return err
			}
			if err := b.baselines().Keep(ctx, payer, figures.Book); err != nil {
				return err
			}
		}
		if f.output == "json" {
			documents = append(documents, documentOf(payer, figures, deliveriesOf(b.bill, payer)))
			continue
		}
		s := newStyle(f.console)
		if len(b.payers) > 1 {
			_, _ = fmt.Fprintf(f.console.out, "%s%s\n", strings.Repeat("\n", min(i, 1)), s.paint(cyan, "Payer "+string(payer)))
		}
		if err := renderSavings(f.console.out, figures, s); err != nil {
			return err
		}
	}
	if f.output == "json" {
		return writeJSON(f.console.out, documents)
	}
	return nil
}

// books are the ledger and the bill, opened.
type books struct {
	store  objects.Store
	bill   *export.Bill
	payers []fleet.AccountID
	rates  []billing.PublishedRate
	engine string
}

func (f *savingsFlags) open() (*books, error) {
	root, err := ledgerRoot(f.ledger)
	if err != nil {
		return nil, err
	}
	store, err := local.NewFolder(root)
	if err != nil {
		return nil, err
	}
	b := &books{store: store, engine: f.engine}
	if b.bill, err = export.Open(f.bill); err != nil {
		return nil, usagef("--bill: %w", err)
	}
	if b.payers, err = f.payers(b.bill); err != nil {
		return nil, err
	}
	if b.rates, err = readRates(f.rates); err != nil {
		return nil, err
	}
	return b, nil
}

// ledgerRoot is the folder in which the ledger's keys begin: the one that is named, or the one above where the folder "ledger" itself is.
func ledgerRoot(name string) (string, error) {
	for _, root := range []string{name, filepath.Dir(filepath.Clean(name))} {
		if info, err := os.Stat(filepath.Join(root, "ledger")); err == nil && info.IsDir() {
			return root, nil
		}
	}
	return "", usagef("--ledger: %s holds no ledger (a folder \"ledger\" with date=... in it)", name)
}

// payers are those of the bill.
func (f *savingsFlags) payers(bill *export.Bill) (payers []fleet.AccountID, err error) {
	for _, d := range bill.Deliveries {
		if d.Payer != "" && !slices.Contains(payers, d.Payer) && (f.payer == "" || f.payer == string(d.Payer)) {
			payers = append(payers, d.Payer)
		}
	}
	if len(payers) > 0 {
		return payers, nil
	}
	if f.payer != "" {
		return nil, usagef("--payer: the bill in %s has no rows of payer %.20s", f.bill, f.payer)
	}
	text := "it holds no export with a manifest (data/BILLING_PERIOD=... and metadata/BILLING_PERIOD=.../*-Manifest.json)"
	if len(bill.Gaps) > 0 {
		var all []string
		for _, g := range bill.Gaps {
			all = append(all, g.String())
		}
		text = strings.Join(all, "\n  ")
	}
	return nil, fmt.Errorf("the bill in %s cannot be read: %s", f.bill, text)
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

// figures computes those of one payer.
func (b *books) figures(ctx context.Context, payer fleet.AccountID, period billing.Period) (_ *savings.Savings, err error) {
	engine, err := openBill(b.engine)(b.bill, payer)
	if err != nil {
		return nil, err
	}
	if closer, ok := engine.(interface{ Close() error }); ok {
		defer func() { err = errors.Join(err, closer.Close()) }()
	}
	in := savings.Input{Engine: engine, Period: period, Rates: b.rates, Entries: compact.Book{Store: b.store}.Until(ctx, period.To)}
	if in.Book, err = b.baselines().Read(ctx, payer); err != nil {
		return nil, err
	}
	if in.Accounts, err = accountsOf(ctx, engine, period); err != nil {
		return nil, err
	}
	figures, err := savings.Compute(ctx, in)
	if err != nil {
		return nil, b.explained(err, payer)
	}
	for _, g := range b.bill.Gaps {
		figures.Gaps = append(figures.Gaps, savings.Gap{Code: savings.GapCode(g.Code), Says: g.String(), Args: g.Particulars()})
	}
	return figures, nil
}

// explained adds to an error what is wrong with the bill's files, which is most often its cause.
func (b *books) explained(err error, payer fleet.AccountID) error {
	var also []string
	for _, g := range b.bill.Gaps {
		if g.Code.Withholds() {
			also = append(also, g.String())
		}
	}
	if len(also) == 0 {
		return err
	}
	return fmt.Errorf("%w\nof the bill of %s could not be used:\n  %s", err, payer, strings.Join(also, "\n  "))
}

// accountsOf are the accounts that a payer's bill charges.
func accountsOf(ctx context.Context, engine billing.Engine, period billing.Period) (accounts []fleet.AccountID, err error) {
	charges, err := engine.Charges(ctx, period)
	if err != nil {
		return nil, err
	}
	for _, c := range charges {
		if c.Account != "" && !slices.Contains(accounts, c.Account) {
			accounts = append(accounts, c.Account)
		}
	}
	return accounts, nil
}

func deliveriesOf(bill *export.Bill, payer fleet.AccountID) (of []export.Delivery) {
	for _, d := range bill.Deliveries {
		if d.Payer == payer {
			of = append(of, d)
		}
	}
	return of
}

// baselines are those that were frozen, beside the ledger.
func (b *books) baselines() reporting.Baselines { return reporting.Baselines{Store: b.store} }

// whole refuses to freeze baselines for good while parts of the bill cannot be used.
func (b *books) whole(payer fleet.AccountID) error {
	var lacks []string
	for _, g := range b.bill.Gaps {
		if g.Code.Withholds() || g.Code == export.CUR2Missing || g.Code == export.FOCUSMissing {
			lacks = append(lacks, g.String())
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return usagef("--freeze: baselines of %s are frozen for good, and parts of the bill cannot be used:\n  %s", payer, strings.Join(lacks, "\n  "))
}
