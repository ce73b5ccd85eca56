package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
}

// Meet notes accounts that were not known before.
func (a *Accounts) Meet(ctx context.Context, scopes []fleet.Scope, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	const tries = 3
	for range tries {
		known, version, err := a.read(ctx)
		if err != nil {
			return err
		}
		met := false
		for _, s := range scopes {
			if _, ok := known[s.Account]; !ok {
				known[s.Account], met = now.UTC(), true
			}
		}
		if a.known = known; !met {
			return nil
		}
		data, err := json.Marshal(savedAccounts{accountsFormat, known})
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
	known, _, err := a.read(ctx)
	if err != nil {
		return false, err
	}
	a.known = known
	_, ok := known[id]
	return ok, nil
}

func (a *Accounts) read(ctx context.Context) (map[fleet.AccountID]time.Time, objects.Version, error) {
	data, version, err := a.Store.Read(ctx, accountsKey)
	if errors.Is(err, objects.ErrNotFound) {
		return map[fleet.AccountID]time.Time{}, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read known accounts: %w", err)
	}
	var saved savedAccounts
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, "", fmt.Errorf("read known accounts: %s: %w", accountsKey, err)
	}
	if saved.Format != accountsFormat {
		return nil, "", fmt.Errorf("read known accounts: the format of %s is %.40q, this offpeak reads %q", accountsKey, saved.Format, accountsFormat)
	}
	if saved.Since == nil {
		saved.Since = map[fleet.AccountID]time.Time{}
	}
	return saved.Since, version, nil
}
