package optimizer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// The wake index has one empty object for each scope, whose key begins with the instant at which the scope is due: one listing finds
// everything that is due or overdue. A new entry is written before the head that names it and an old one removed after, so that a crash
// leaves a scope due twice and never not at all.
const (
	wakeRoot   = "wake/"
	wakeLayout = "20060102T150405Z"
)

func wakeKey(scope fleet.Scope, at time.Time) string {
	return fmt.Sprintf("%s%s/%s/%s", wakeRoot, at.UTC().Format(wakeLayout), scope.Account, scope.Region)
}

// announceWake writes the entry of a scope that is due at another time than before.
func (s States) announceWake(ctx context.Context, scope fleet.Scope, before, after time.Time) error {
	if before.Equal(after) || after.IsZero() {
		return nil
	}
	if _, err := s.Store.Create(ctx, wakeKey(scope, after), nil); err != nil && !errors.Is(err, objects.ErrExists) {
		return fmt.Errorf("wake index: %w", err)
	}
	return nil
}

// Due returns the scopes that are due at an instant, the longest overdue first, each once.
func (s States) Due(ctx context.Context, now time.Time) ([]fleet.Scope, error) {
	var due []fleet.Scope
	seen := map[fleet.Scope]bool{}
	for key, err := range s.Store.List(ctx, wakeRoot) {
		if err != nil {
			return nil, fmt.Errorf("wake index: %w", err)
		}
		at, scope, ok := parseWake(key)
		if !ok {
			return nil, fmt.Errorf("wake index: %q is no entry of it", key)
		}
		if at.After(now) {
			return due, nil // keys are in the order of their instants
		}
		if !seen[scope] {
			seen[scope] = true
			due = append(due, scope)
		}
	}
	return due, nil
}

func parseWake(key string) (time.Time, fleet.Scope, bool) {
	parts := strings.Split(strings.TrimPrefix(key, wakeRoot), "/")
	if len(parts) != 3 {
		return time.Time{}, fleet.Scope{}, false
	}
	at, err := time.Parse(wakeLayout, parts[0])
	if err != nil {
		return time.Time{}, fleet.Scope{}, false
	}
	account, err := fleet.ParseAccountID(parts[1])
	return at, fleet.Scope{Account: account, Region: fleet.Region(parts[2])}, err == nil
}
