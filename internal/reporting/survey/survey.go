// Package survey looks at accounts for quarterly reports, once for each quarter and as near to its end as it can, and keeps what it saw: the inventory
// that a report tells of beside ledger and bill, and what Savings Plans charge. When a report is final it puts its evidence beside the questions of the AWS Well-Architected Tool, for tenants that ask for it.
//
// In go the day, the policy, and ports to accounts and to the hub's store; out come a snapshot of each account and region, kept where nothing is written over,
// and a list of what could not be looked at. What is there is not looked at again, so that a run that was cut short is carried on by the next, and that a
// provisional, a final and a restated report of a quarter tell of the same day. The package does no I/O of its own.
package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/policy"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

// Surveyor looks. All fields are needed.
type Surveyor struct {
	// Policy is the one in force.
	Policy func(ctx context.Context) (*policy.Policy, error)
	// Scopes are the accounts' regions that the policy names, and what of them cannot be entered.
	Scopes func(ctx context.Context, p *policy.Policy) ([]fleet.Scope, []hub.Finding, error)
	// Look lists all there is in a scope, tagged or not, and how it is set up.
	Look func(ctx context.Context, p *policy.Policy, scope fleet.Scope) (fleet.Snapshot, error)
	Book Book
	// Rates are what the Savings Plans of an account charge that were in force since an instant.
	Rates func(ctx context.Context, p *policy.Policy, account fleet.AccountID, since time.Time) ([]billing.PublishedRate, error)
	// Review puts a tenant's evidence beside the questions of the AWS Well-Architected Tool, where its policy names a workload.
	Review func(ctx context.Context, r *Review) (Reviewed, error)
	// Shelf keeps reports: of a quarter whose final ones are there nothing is looked at any more.
	Shelf delivery.Shelf
}

const (
	// atOnce is how many scopes are looked at side by side: each waits for AWS most of its time.
	atOnce = 16
	// spare is left of a run's time to write down what it could not do.
	spare = 30 * time.Second
)

// Do looks at what has not been looked at for the quarter before an instant, and notes the evidence of its final reports. It tells what it did, in sentences. An error
// means that nothing could be looked at, that what was seen could not be kept, or that evidence could not be noted.
func (s *Surveyor) Do(ctx context.Context, at time.Time) (done []string, err error) {
	quarter, _, _ := delivery.Due(at)
	since := time.Date(at.UTC().Year(), (at.UTC().Month()-1)/3*3-2, 1, 0, 0, 0, 0, time.UTC) // the quarter's first instant
	p, err := s.Policy(ctx)
	if err != nil {
		return nil, err
	}
	done, err = s.stock(ctx, p, quarter, since)
	noted, failed := s.reviews(ctx, p, quarter)
	return append(done, noted...), errors.Join(err, failed)
}

// stock looks at what there is, and asks what Savings Plans charge.
func (s *Surveyor) stock(ctx context.Context, p *policy.Policy, quarter string, since time.Time) (done []string, err error) {
	wanted, err := s.wanted(ctx, p, quarter)
	if err != nil || !wanted {
		return nil, err
	}
	scopes, findings, err := s.Scopes(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("inventory of %s: %w", quarter, err)
	}
	taken, err := s.Book.Taken(ctx, quarter)
	if err != nil {
		return nil, err
	}
	var left []fleet.Scope
	for _, scope := range scopes {
		if !taken[scope] {
			left = append(left, scope)
		}
	}
	missing, err := s.look(ctx, p, quarter, left)
	unrated, asked, failed := s.askRates(ctx, p, quarter, since, scopes)
	missing, err = append(missing, unrated...), errors.Join(err, failed)
	if asked > 0 {
		done = append(done, fmt.Sprintf("Savings Plans of %s: %d of %d accounts have told their rates", quarter, asked-len(unrated), asked))
	}
	for _, f := range findings {
		if f.Account != "" && !f.Closed {
			missing = append(missing, Missing{Account: f.Account, Region: f.Region, Class: f.Class, Why: f.Text})
		}
	}
	missing = sorted(missing)
	err = errors.Join(err, s.Book.Miss(context.WithoutCancel(ctx), quarter, missing))
	if len(left) > 0 {
		done = append(done, fmt.Sprintf("inventory of %s: %d of %d accounts' regions are kept", quarter, len(taken)+len(left)-ofScopes(missing, left), len(taken)+len(left)))
	}
	for _, m := range missing {
		done = append(done, fmt.Sprintf("%s of %s: %s is missing (%s): %s", cmp.Or(m.Of, "inventory"), quarter, m.place(), m.Class, m.Why))
	}
	return done, err
}

// wanted reports whether a tenant of the policy has no final report of a quarter yet. A restated one tells what the final one told.
func (s *Surveyor) wanted(ctx context.Context, p *policy.Policy, quarter string) (bool, error) {
	for _, t := range p.Tenants {
		if t.Payer == "" {
			continue
		}
		last, err := s.Shelf.Last(ctx, t.Payer, quarter)
		switch {
		case errors.Is(err, delivery.ErrNoReport), err == nil && last.State == reports.Provisional:
			return true, nil
		case err != nil:
			return false, err
		}
	}
	return false, nil
}

// look looks at scopes side by side, and keeps what it sees. What it does not come to in its time is missing, and the next run's.
func (s *Surveyor) look(ctx context.Context, p *policy.Policy, quarter string, scopes []fleet.Scope) ([]Missing, error) {
	if end, limited := ctx.Deadline(); limited {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, end.Add(-spare))
		defer stop()
	}
	misses, errs := make([]*Missing, len(scopes)), make([]error, len(scopes))
	var wait sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i, scope := range scopes {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			if ctx.Err() != nil {
				misses[i] = &Missing{Account: scope.Account, Region: scope.Region, Class: failure.Unreachable, Why: "there was no time left; the next look goes on"}
				return
			}
			seen, err := s.Look(ctx, p, scope)
			if err != nil {
				misses[i] = &Missing{Account: scope.Account, Region: scope.Region, Class: failure.Of(err), Why: err.Error()}
				return
			}
			errs[i] = s.Book.Keep(ctx, quarter, scope, &seen)
		})
	}
	wait.Wait()
	var all []Missing
	for _, m := range misses {
		if m != nil {
			all = append(all, *m)
		}
	}
	return all, errors.Join(errs...)
}

// ofScopes counts the scopes among what is missing.
func ofScopes(all []Missing, scopes []fleet.Scope) (n int) {
	for _, scope := range scopes {
		for _, m := range all {
			if m.Account == scope.Account && m.Region == scope.Region && m.Of == "" {
				n++
			}
		}
	}
	return n
}
