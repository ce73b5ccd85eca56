package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/reporting"
)

// savingsFlags are the flags of savings.
type savingsFlags struct {
	console
	periodFlags
	sourceFlags
	payer  string
	freeze bool
	output string
}

func newSavings(c console) *cobra.Command {
	f := &savingsFlags{console: c}
	cmd := &cobra.Command{
		Use:   "savings --ledger (DIR|s3://) --bill (DIR|s3://|athena:DB.TABLE) (--quarter Q | --from DAY --to DAY)",
		Short: "Compute from ledger and bill what was avoided, with intervals and evidence",
		Long: `Compute what was avoided in a period: what each resource would have run by its own frozen baseline, less what the bill shows that it ran, at the
bill's contracted prices, and with the payer's Reserved Instances and Savings Plans replayed over it.

The ledger is a folder of offpeak's ledger, or a hub's bucket; the bill a folder with the payer's Data Exports (FOCUS 1.2 and CUR 2.0, hourly, Parquet) as AWS
delivers them, manifests included, the bucket to which AWS delivers them, or a hub's table in Athena. All are only read. What the bill does not support is not
claimed, and is said.`,
		Example: `  offpeak savings --ledger simulated --bill simulated/bill --quarter 2026Q3
  offpeak savings --ledger bucket --bill exports --from 2026-07-01 --to 2026-10-01 --plan-rates rates.json -o json
  offpeak savings --ledger s3://offpeak-hub-111122223333 --bill s3://offpeak-exports-111122223333/444455556666 --quarter 2026Q3`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return f.run() },
	}
	flags := cmd.Flags()
	f.sourceFlags.register(cmd)
	f.periodFlags.register(cmd)
	flags.StringVar(&f.payer, "payer", "", "only this payer, where the bill has several")
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
	if err := f.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := f.open(ctx, period)
	if err != nil {
		return err
	}
	defer func() {
		b.done()
		b.tell()
	}()
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

// figures computes those of one payer.
func (b *books) figures(ctx context.Context, payer fleet.AccountID, period billing.Period) (_ *savings.Savings, err error) {
	engine, err := b.engine(ctx, payer)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.leave(engine)) }()
	in := savings.Input{Engine: engine, Period: period, Rates: b.rates, Entries: compact.Book{Store: b.store}.Until(ctx, period.To)}
	if in.Book, err = b.baselines().Read(ctx, payer); err != nil {
		return nil, err
	}
	if in.Accounts, err = engine.Accounts(ctx, period); err != nil {
		return nil, err
	}
	figures, err := savings.Compute(ctx, in)
	if err != nil {
		return nil, b.explained(err, payer)
	}
	for _, g := range b.bill.GapsOf(payer) {
		figures.Gaps = append(figures.Gaps, savings.Gap{Code: savings.GapCode(g.Code), Says: g.String(), Args: g.Particulars()})
	}
	return figures, nil
}

// explained adds to an error what is wrong with the bill's files, which is most often its cause.
func (b *books) explained(err error, payer fleet.AccountID) error {
	var also []string
	for _, g := range b.bill.GapsOf(payer) {
		if g.Code.Withholds() {
			also = append(also, g.String())
		}
	}
	if len(also) == 0 {
		return err
	}
	return fmt.Errorf("%w\nof the bill of %s could not be used:\n  %s", err, payer, strings.Join(also, "\n  "))
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
	for _, g := range b.bill.GapsOf(payer) {
		if g.Code.Withholds() {
			lacks = append(lacks, g.String())
		}
	}
	all := deliveriesOf(b.bill, payer)
	for _, d := range all {
		if !slices.ContainsFunc(all, func(other export.Delivery) bool { return other.Table != d.Table && other.Month.Equal(d.Month) }) {
			lacks = append(lacks, fmt.Sprintf("%s: there is %s alone; the figures need FOCUS 1.2 and CUR 2.0", d.Month.Format("2006-01"), d.Table))
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return usagef("--freeze: baselines of %s are frozen for good, and parts of the bill cannot be used:\n  %s", payer, strings.Join(lacks, "\n  "))
}
