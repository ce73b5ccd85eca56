// Package issue has each tenant's quarterly report made when it is due, keeps it, and sends it: a provisional one, a final one, and a restated one where
// the bill has changed since.
//
// In go the day, the policy, and ports to bills, ledger, shelf and mail; what is there already is neither made nor mailed again, so that whoever calls twice,
// or at once, or after a failure, gets one report and each recipient one mail. One tenant's failure keeps no other from theirs. What a report says is decided
// by package reporting; the package does no I/O of its own.
package issue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

// Issuer issues reports. All fields but Spot and Make are needed.
type Issuer struct {
	// Policy is the one in force.
	Policy func(ctx context.Context) (*policy.Policy, error)
	// Catch publishes deliveries of a payer's bill that nobody has published yet, of the months in a time.
	Catch func(ctx context.Context, payer fleet.AccountID, from, to time.Time) error
	// Published are the newest deliveries of those months, and Open opens the bill by them.
	Published func(ctx context.Context, payer fleet.AccountID, from, to time.Time) ([]reports.Manifest, error)
	Open      func(ctx context.Context, payer fleet.AccountID, quarter string) (*reporting.Bill, error)
	// Store holds the ledger, frozen baselines and the inventory that was kept for a quarter, Shelf reports. Spot says that AutoSpot keeps there what Spot costs.
	Store objects.Store
	Spot  bool
	Shelf delivery.Shelf
	// Post sends the mails of one report.
	Post  func(id delivery.ID) delivery.Post
	Watch *hub.Watch
	// Sender is the address that mails are from, Place says where the files of a report are, for people who may look there.
	Sender string
	Place  func(folder string) string
	// Now is the clock. Make makes a report; nil: reporting.Make.
	Now  func() time.Time
	Make func(ctx context.Context, in *reporting.Input) (*reporting.Made, error)
}

// Due issues what is due at an instant, of every tenant of the policy that has a payer.
func (i *Issuer) Due(ctx context.Context, at time.Time) error {
	quarter, state, due := delivery.Due(at)
	if !due {
		return nil
	}
	p, err := i.Policy(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range p.Tenants {
		if t.Payer == "" {
			continue
		}
		if err := i.issue(ctx, p, t, quarter, state); err != nil {
			errs = append(errs, fmt.Errorf("report of %s for %s: %w", quarter, t.Name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// issue makes one tenant's report, if it is not there yet or has to be restated, and sends what has not gone of the last one.
func (i *Issuer) issue(ctx context.Context, p *policy.Policy, t policy.Tenant, quarter string, state reports.State) error {
	last, err := i.Shelf.Last(ctx, t.Payer, quarter)
	switch {
	case errors.Is(err, delivery.ErrNoReport), err == nil && last.State == reports.Provisional && state == reports.Final:
		made, issued, err := i.make(ctx, p, t, quarter, state)
		if err != nil {
			return err
		}
		if made {
			last = issued
		}
	case err != nil:
		return err
	case last.State != reports.Provisional:
		if last, err = i.restate(ctx, p, t, last); err != nil {
			return err
		}
	}
	if last.Quarter == "" {
		return nil
	}
	return i.send(ctx, t, last)
}

// make makes a report and keeps it. A final one that AWS's bill does not allow yet is not made where a provisional one is there.
func (i *Issuer) make(ctx context.Context, p *policy.Policy, t policy.Tenant, quarter string, state reports.State) (bool, delivery.ID, error) {
	in, err := i.input(ctx, p, t, quarter)
	if err != nil {
		return false, delivery.ID{}, err
	}
	in.Final = state == reports.Final
	made, err := i.maker()(ctx, in)
	if err != nil {
		return false, delivery.ID{}, err
	}
	if in.Replaces != nil && made.Report.State == reports.Provisional {
		return false, delivery.ID{}, nil // AWS has not closed the quarter: it is looked at again tomorrow
	}
	id := delivery.ID{Payer: t.Payer, Quarter: quarter, State: made.Report.State}
	return true, id, i.keep(ctx, t, id, made)
}

// restate makes a report again whose bill has been delivered anew since, once for each delivery, and keeps it where it says another amount.
func (i *Issuer) restate(ctx context.Context, p *policy.Policy, t policy.Tenant, last delivery.ID) (delivery.ID, error) {
	period, err := reporting.PeriodOf(last.Quarter)
	if err != nil {
		return last, err
	}
	if err := i.Catch(ctx, t.Payer, period.From, period.To); err != nil {
		return last, err
	}
	kept, err := i.Shelf.Manifest(ctx, last)
	if err != nil {
		return last, err
	}
	published, err := i.Published(ctx, t.Payer, period.From, period.To)
	if err != nil {
		return last, err
	}
	version, changed := changedSince(kept.Inputs, published)
	if !changed {
		return last, nil
	}
	key := "report looked at again " + string(t.Payer) + " " + last.Quarter + " " + version
	first, err := i.Watch.Said.First(ctx, key, i.Now())
	if err != nil || !first {
		return last, err
	}
	next, err := i.again(ctx, p, t, last)
	if err != nil {
		return last, errors.Join(err, i.Watch.Said.Forget(context.WithoutCancel(ctx), key))
	}
	return next, nil
}

// again makes the report that follows a final one.
func (i *Issuer) again(ctx context.Context, p *policy.Policy, t policy.Tenant, last delivery.ID) (delivery.ID, error) {
	in, err := i.input(ctx, p, t, last.Quarter)
	if err != nil {
		return last, err
	}
	if err := i.sameStock(ctx, in, last); err != nil {
		return last, err
	}
	in.Final = true
	made, err := i.maker()(ctx, in)
	if err != nil {
		return last, err
	}
	if made.Report.State != reports.Restated || !differs(in.Replaces, made.Report) {
		return last, nil // AWS has delivered the same again, or is not done with it
	}
	next := delivery.Next(last, reports.Restated)
	return next, i.keep(ctx, t, next, made)
}

// differs tells whether a report states another amount than the one before of the same quarter.
func differs(was, now *reports.Report) bool {
	return was == nil || now.Change != nil && len(now.Change.Lines) > 0 || was.Bill.Billed.Cmp(now.Bill.Billed) != 0 || was.Bill.Effective.Cmp(now.Bill.Effective) != 0
}

func (i *Issuer) maker() func(context.Context, *reporting.Input) (*reporting.Made, error) {
	if i.Make != nil {
		return i.Make
	}
	return reporting.Make
}
