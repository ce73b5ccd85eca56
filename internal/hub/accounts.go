package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// accountsKey is where the hub notes since when it knows an account.
const accountsKey = "accounts/known.json"

const accountsFormat = "offpeak-accounts/1"

// Accounts remembers since when accounts are known, so that a new one is watched and announced before anything in it is acted on. The zero
// value with a store is ready. It is safe for concurrent use.
type Accounts struct {
	Store objects.Store

	mu    sync.Mutex
	known map[fleet.AccountID]time.Time
}

type savedAccounts struct {
	Format string                        `json:"format"`
	Since  map[fleet.AccountID]time.Time `json:"since"`
	// Scopes are those that were met last, all of them.
	Scopes []fleet.Scope `json:"scopes,omitempty"`
}

// Meet notes accounts that were not known before, and which scopes there are now.
func (a *Accounts) Meet(ctx context.Context, scopes []fleet.Scope, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	const tries = 3
	for range tries {
		saved, version, err := a.read(ctx)
		if err != nil {
			return err
		}
		met := !slices.Equal(saved.Scopes, scopes)
		for _, s := range scopes {
			if _, ok := saved.Since[s.Account]; !ok {
				saved.Since[s.Account], met = now.UTC(), true
			}
		}
		if a.known = saved.Since; !met {
			return nil
		}
		saved.Scopes = scopes
		data, err := json.Marshal(saved)
		if err != nil {
			return err
		}
		if version == "" {
			_, err = a.Store.Create(ctx, accountsKey, data)
		} else {
			_, err = a.Store.Replace(ctx, accountsKey, data, version)
		}
		if err == nil || !errors.Is(err, objects.ErrExists) && !errors.Is(err, objects.ErrChanged) {
			return err
		}
	}
	return errors.New("note new accounts: others write them all the time")
}

// Since returns since when an account is known. One that nobody met is new: it is known since now, and that is not noted.
func (a *Accounts) Since(ctx context.Context, id fleet.AccountID, now time.Time) (time.Time, error) {
	known, err := a.Known(ctx, id)
	if err != nil || !known {
		return now, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known[id], nil
}

// Known reports whether an account was met before.
func (a *Accounts) Known(ctx context.Context, id fleet.AccountID) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.known[id]; ok {
		return true, nil
	}
	saved, _, err := a.read(ctx)
	if err != nil {
		return false, err
	}
	a.known = saved.Since
	_, ok := saved.Since[id]
	return ok, nil
}

// Scopes returns the scopes that were met last: those that there are without asking every account anew.
func (a *Accounts) Scopes(ctx context.Context) ([]fleet.Scope, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	saved, _, err := a.read(ctx)
	return saved.Scopes, err
}

func (a *Accounts) read(ctx context.Context) (savedAccounts, objects.Version, error) {
	none := savedAccounts{Format: accountsFormat, Since: map[fleet.AccountID]time.Time{}}
	data, version, err := a.Store.Read(ctx, accountsKey)
	if errors.Is(err, objects.ErrNotFound) {
		return none, "", nil
	}
	if err != nil {
		return none, "", fmt.Errorf("read known accounts: %w", err)
	}
	var saved savedAccounts
	if err := json.Unmarshal(data, &saved); err != nil {
		return none, "", fmt.Errorf("read known accounts: %s: %w", accountsKey, err)
	}
	if saved.Format != accountsFormat {
		return none, "", fmt.Errorf("read known accounts: the format of %s is %.40q, this offpeak reads %q", accountsKey, saved.Format, accountsFormat)
	}
	if saved.Since == nil {
		saved.Since = map[fleet.AccountID]time.Time{}
	}
	return saved, version, nil
}
