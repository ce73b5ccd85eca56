package twin

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

// Accounts is how the lives are billed, and by what the bills are read again.
type Accounts struct {
	Payers    []invoice.Payer
	Catalogue *invoice.Catalogue
	// Folder is where the bill of the world with offpeak is written, in AWS's layout.
	Folder string
	// Open opens the bill of one payer for questions; Rates reads the rates of Savings Plans from a file that was written beside the bill.
	Open  func(*export.Bill, fleet.AccountID) (billing.Engine, error)
	Rates func(file string) ([]billing.PublishedRate, error)
}

// Audit is what was claimed, computed from the ledger and the bill alone, beside what was true.
type Audit struct {
	Lives *Lives
	// Entries are the ledger's.
	Entries []ledger.Entry
	// Claims are one for each payer, in their order.
	Claims []*savings.Savings
	// With and Without are the bills of the two worlds from Lives.From to Lives.To.
	With, Without invoice.Totals
	Written       invoice.Summary
	Bill          *export.Bill
}

// Audit bills both worlds, writes the bill of the one with offpeak, and computes from it and the ledger what was avoided, as it is done with a
// bill of AWS.
func (l *Lives) Audit(ctx context.Context, a Accounts) (*Audit, error) {
	period := billing.Period{From: l.From, To: l.To}
	out := &Audit{Lives: l}
	total := func(w *simulation.World, into *invoice.Totals) func() error {
		return func() (err error) {
			*into, err = invoice.Total(ctx, w, a.Payers, a.Catalogue, period)
			return err
		}
	}
	write := func() (err error) {
		out.Written, err = invoice.Write(ctx, l.With, a.Payers, a.Catalogue, billing.Period{From: l.Begin, To: l.To}, a.Folder)
		return err
	}
	read := func() (err error) {
		out.Entries, err = l.Ledger(ctx)
		return err
	}
	if err := both(func() error { return errors.Join(total(l.Without, &out.Without)(), read()) }, write); err != nil {
		return nil, err
	}
	if err := billed(&out.Written); err != nil {
		return nil, err
	}
	return out, both(total(l.With, &out.With), func() error { return l.claims(ctx, &a, out, period) })
}

// ErrNothingBilled means that there is no bill to compute figures from.
var ErrNothingBilled = errors.New("nothing was billed")

// billed refuses bills without a row, of which nothing is written, and says why.
func billed(s *invoice.Summary) error {
	why := "nothing of the fleet ran"
	for i := range s.Payers {
		p := &s.Payers[i]
		if p.FocusRows+p.CURRows > 0 {
			return nil
		}
		if len(p.Unpriced) > 0 {
			why = "no price is known of anything in the fleet, " + p.Unpriced[0].What + " among it"
		}
	}
	return fmt.Errorf("%w: %s", ErrNothingBilled, why)
}

// both does two things at once; a world is looked at by one of them.
func both(one, other func() error) error {
	var wait sync.WaitGroup
	var failed error
	wait.Go(func() { failed = one() })
	err := other()
	wait.Wait()
	return errors.Join(err, failed)
}

// claims computes what is claimed, a payer after the other.
func (l *Lives) claims(ctx context.Context, a *Accounts, out *Audit, period billing.Period) (err error) {
	if out.Bill, err = export.Open(a.Folder); err != nil {
		return err
	}
	for i := range a.Payers {
		claim, err := l.claim(ctx, a, out, out.Written.Payers[i].Dir, &a.Payers[i], period)
		if err != nil {
			return fmt.Errorf("figures of payer %s: %w", a.Payers[i].ID, err)
		}
		out.Claims = append(out.Claims, claim)
	}
	return nil
}

func (l *Lives) claim(ctx context.Context, a *Accounts, audit *Audit, written string, payer *invoice.Payer, period billing.Period) (_ *savings.Savings, err error) {
	rates, err := a.rates(written, payer)
	if err != nil {
		return nil, err
	}
	engine, err := a.Open(audit.Bill, payer.ID)
	if err != nil {
		return nil, err
	}
	if closer, ok := engine.(interface{ Close() error }); ok {
		defer func() { err = errors.Join(err, closer.Close()) }()
	}
	entries := func(yield func(ledger.Entry, error) bool) {
		for _, e := range audit.Entries {
			if !yield(e, nil) {
				return
			}
		}
	}
	return savings.Compute(ctx, savings.Input{
		Engine: engine, Entries: entries, Period: period, Accounts: payer.Accounts, Rates: rates,
	})
}

// rates reads the rates of a payer's Savings Plans.
func (a *Accounts) rates(folder string, payer *invoice.Payer) (rates []billing.PublishedRate, err error) {
	for i := range payer.Plans {
		more, err := a.Rates(filepath.Join(folder, invoice.RatesFile(payer.Plans[i].ID)))
		if err != nil {
			return nil, err
		}
		rates = append(rates, more...)
	}
	return rates, nil
}

// Hours are what was claimed, and what offpeak really avoided of the resources of which something is claimed: those with a baseline that are
// on the bill.
func (a *Audit) Hours() (claimed, truth avoidance.Hours) {
	for _, c := range a.Claims {
		claimed = claimed.Add(c.Headline.Hours.Avoided)
		for i := range c.Resources {
			if r := &c.Resources[i]; r.Origin != avoidance.Unproven && len(r.Bill) > 0 {
				truth = truth.Add(a.Lives.Avoided(r.ARN, r.Enrolled, a.Lives.To))
			}
		}
	}
	return claimed, truth
}

// Dollars are what was claimed, by schedules and by moves to Spot, and the difference of what computing cost in the two worlds. False where a claim is not computable.
func (a *Audit) Dollars() (claimed, truth money.USD, known bool) {
	known = true
	for _, c := range a.Claims {
		claimed = claimed.Add(c.Headline.Adjusted).Add(c.SpotNet())
		known = known && c.Headline.AdjustedKnown
	}
	return claimed, a.Without.Compute().Sub(a.With.Compute()), known
}
