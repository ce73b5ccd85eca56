package survey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
)

// ofPlans marks what is missing of Savings Plans, and not of the inventory.
const ofPlans = "savings-plans"

// rates is what is kept of an account's Savings Plans: the price of a unit by plan, and by usage type and operation with a blank between them.
type rates struct {
	Format string                           `json:"format"`
	Plans  map[string]map[string]money.Rate `json:"plans"`
}

const ratesFormat = "offpeak-plan-rates/1"

func ratesKey(quarter string, account fleet.AccountID) string {
	return folder(quarter) + "plans/account=" + string(account) + ".json"
}

// KeepRates keeps the rates of an account's Savings Plans, and that it has none. What is there already stays.
func (b Book) KeepRates(ctx context.Context, quarter string, account fleet.AccountID, all []billing.PublishedRate) error {
	r := rates{ratesFormat, map[string]map[string]money.Rate{}}
	for _, p := range all {
		if r.Plans[p.Plan] == nil {
			r.Plans[p.Plan] = map[string]money.Rate{}
		}
		r.Plans[p.Plan][p.UsageType+" "+p.Operation] = p.Rate
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("rates of %s: %w", account, err)
	}
	if _, err := b.Store.Create(ctx, ratesKey(quarter, account), data); err != nil && !errors.Is(err, objects.ErrExists) {
		return fmt.Errorf("keep the rates of %s: %w", account, err)
	}
	return nil
}

// Rates returns what the Savings Plans of accounts charge. Of an account that could not be asked there are none, nor where what was kept cannot be read: the figures then say
// for which plan no rate is known.
func (b Book) Rates(ctx context.Context, quarter string, accounts []fleet.AccountID) (all []billing.PublishedRate, err error) {
	for _, account := range accounts {
		data, _, err := b.Store.Read(ctx, ratesKey(quarter, account))
		if errors.Is(err, objects.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("rates of %s: %w", account, err)
		}
		var r rates
		if err := json.Unmarshal(data, &r); err != nil || r.Format != ratesFormat {
			continue
		}
		for plan, offers := range r.Plans {
			for offer, rate := range offers {
				usage, operation, _ := strings.Cut(offer, " ")
				all = append(all, billing.PublishedRate{Plan: plan, UsageType: usage, Operation: operation, Rate: rate})
			}
		}
	}
	return all, nil
}

// rated are the accounts whose rates are kept.
func (b Book) rated(ctx context.Context, quarter string) (map[fleet.AccountID]bool, error) {
	known := map[fleet.AccountID]bool{}
	for k, err := range b.Store.List(ctx, folder(quarter)+"plans/account=") {
		if err != nil {
			return nil, fmt.Errorf("which rates of %s there are: %w", quarter, err)
		}
		known[fleet.AccountID(strings.TrimSuffix(strings.TrimPrefix(k, folder(quarter)+"plans/account="), ".json"))] = true
	}
	return known, nil
}

// askRates asks each account once for what its Savings Plans charge, those of payers among them. One that cannot be entered, or whose role may not ask, is missing.
func (s *Surveyor) askRates(ctx context.Context, p *policy.Policy, quarter string, since time.Time, scopes []fleet.Scope) (missing []Missing, asked int, err error) {
	known, err := s.Book.rated(ctx, quarter)
	if err != nil {
		return nil, 0, err
	}
	var accounts []fleet.AccountID
	add := func(id fleet.AccountID) {
		if id != "" && !known[id] {
			known[id] = true
			accounts = append(accounts, id)
		}
	}
	for _, t := range p.Tenants {
		add(t.Payer)
	}
	for _, scope := range scopes {
		add(scope.Account)
	}
	misses, errs := make([]*Missing, len(accounts)), make([]error, len(accounts))
	var wait sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i, account := range accounts {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			found, err := s.Rates(ctx, p, account, since)
			if err != nil {
				misses[i] = &Missing{Account: account, Of: ofPlans, Class: failure.Of(err), Why: err.Error()}
				return
			}
			errs[i] = s.Book.KeepRates(ctx, quarter, account, found)
		})
	}
	wait.Wait()
	for _, m := range misses {
		if m != nil {
			missing = append(missing, *m)
		}
	}
	return missing, len(accounts), errors.Join(errs...)
}
