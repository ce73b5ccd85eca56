package optimizer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// States keeps one small object for each scope: its memory, its lease and when it is to be looked at next. It is changed only by conditional
// writes, and each change that takes the lease raises the fence.
type States struct{ Store objects.Store }

// State is a scope's state as it was read.
type State struct {
	Scope  fleet.Scope
	Memory fleet.Memory
	// Fence numbers the leases that were ever taken on the scope.
	Fence int64
	// Wake is when the scope is to be looked at next; zero for never.
	Wake time.Time

	holder  string
	until   time.Time
	version objects.Version
}

// Stored reports whether the state is in the store. One that is not is written by the first sweep, also where there is nothing to remember.
func (s State) Stored() bool { return s.version != "" }

// CutShort reports whether a sweep took the lease, never gave it back, and has lost it by now.
func (s State) CutShort(now time.Time) bool { return s.holder != "" && !now.Before(s.until) }

// stateFormat marks the object, and the version of its form.
const stateFormat = "offpeak-state/1"

// savedState is the object.
type savedState struct {
	Format string       `json:"format"`
	Fence  int64        `json:"fence"`
	Holder string       `json:"holder,omitempty"`
	Until  time.Time    `json:"until,omitzero"`
	Wake   time.Time    `json:"wake,omitzero"`
	Memory fleet.Memory `json:"memory"`
}

// HeldError says that another worker has the lease on a scope.
type HeldError struct {
	Scope  fleet.Scope
	Holder string
	Until  time.Time
}

// Error names scope, holder and end of the lease.
func (h *HeldError) Error() string {
	return fmt.Sprintf("%s is being looked after by %s until %s", h.Scope, h.Holder, h.Until.UTC().Format(time.RFC3339))
}

func stateKey(scope fleet.Scope) string {
	return fmt.Sprintf("state/%s/%s.json", scope.Account, scope.Region)
}

// Load reads a scope's state. Where there is none, the error is objects.ErrNotFound and the state returned is an empty one that can be
// acquired. A state written by a newer version is refused: it would be misread.
func (s States) Load(ctx context.Context, scope fleet.Scope) (State, error) {
	state := State{Scope: scope, Memory: (*fleet.Memory)(nil).Clone()}
	data, version, err := s.Store.Read(ctx, stateKey(scope))
	if err != nil {
		return state, err
	}
	var saved struct {
		savedState
		Memory json.RawMessage `json:"memory"`
	}
	if err := json.Unmarshal(data, &saved); err != nil {
		return state, fmt.Errorf("state of %s: %w", scope, err)
	}
	if saved.Format != stateFormat {
		return state, fmt.Errorf("state of %s: its format is %.40q, this offpeak reads %q", scope, saved.Format, stateFormat)
	}
	if state.Memory, err = fleet.ReadMemory(bytes.NewReader(saved.Memory)); err != nil {
		return state, fmt.Errorf("state of %s: %w", scope, err)
	}
	state.Fence, state.Wake, state.holder, state.until, state.version = saved.Fence, saved.Wake, saved.Holder, saved.Until, version
	return state, nil
}

// Acquire takes the lease on a scope for a time, as long as the state is still the one that was read. A lease of another holder that has not
// run out is a *HeldError; a state that changed meanwhile is objects.ErrChanged: the sweep's decision is out of date.
func (s States) Acquire(ctx context.Context, state State, holder string, now time.Time, span time.Duration) (State, error) {
	if state.holder != "" && state.holder != holder && now.Before(state.until) {
		return state, &HeldError{state.Scope, state.holder, state.until}
	}
	state.Fence++
	state.holder, state.until = holder, now.Add(span)
	return s.write(ctx, state)
}

// Release writes a scope's new memory and gives the lease back. When the lease was lost meanwhile the error is objects.ErrChanged, and what is
// in the store stays.
func (s States) Release(ctx context.Context, held State, memory fleet.Memory, wake time.Time) error {
	before := held.Wake
	held.Memory, held.Wake, held.holder, held.until = memory, wake, "", time.Time{}
	if err := s.setWake(ctx, held.Scope, before, wake); err != nil {
		return err
	}
	_, err := s.write(ctx, held)
	return err
}

func (s States) write(ctx context.Context, state State) (State, error) {
	data, err := json.Marshal(savedState{stateFormat, state.Fence, state.holder, state.until.UTC(), state.Wake.UTC(), state.Memory})
	if err != nil {
		return state, err
	}
	if state.version == "" {
		state.version, err = s.Store.Create(ctx, stateKey(state.Scope), data)
		if errors.Is(err, objects.ErrExists) {
			err = fmt.Errorf("state of %s: %w", state.Scope, objects.ErrChanged)
		}
		return state, err
	}
	state.version, err = s.Store.Replace(ctx, stateKey(state.Scope), data, state.version)
	return state, err
}

// The wake index has one empty object for each scope, whose key begins with the instant at which the scope is due: one listing finds
// everything that is due or overdue.
const (
	wakeRoot   = "wake/"
	wakeLayout = "20060102T150405Z"
)

func wakeKey(scope fleet.Scope, at time.Time) string {
	return fmt.Sprintf("%s%s/%s/%s", wakeRoot, at.UTC().Format(wakeLayout), scope.Account, scope.Region)
}

// setWake writes the new entry before it removes the old one, so that a crash leaves a scope due twice and never not at all.
func (s States) setWake(ctx context.Context, scope fleet.Scope, before, after time.Time) error {
	if before.Equal(after) {
		return nil
	}
	if !after.IsZero() {
		if _, err := s.Store.Create(ctx, wakeKey(scope, after), nil); err != nil && !errors.Is(err, objects.ErrExists) {
			return fmt.Errorf("wake index: %w", err)
		}
	}
	if before.IsZero() {
		return nil
	}
	return s.Store.Delete(ctx, wakeKey(scope, before))
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
	parts := bytes.Split([]byte(key[min(len(key), len(wakeRoot)):]), []byte("/"))
	if len(parts) != 3 {
		return time.Time{}, fleet.Scope{}, false
	}
	at, err := time.Parse(wakeLayout, string(parts[0]))
	if err != nil {
		return time.Time{}, fleet.Scope{}, false
	}
	account, err := fleet.ParseAccountID(string(parts[1]))
	return at, fleet.Scope{Account: account, Region: fleet.Region(parts[2])}, err == nil
}
