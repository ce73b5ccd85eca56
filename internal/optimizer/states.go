package optimizer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
)

// States keeps for each scope one small object, its head: the lease, the fence, when it is to be looked at next, and which object holds its
// memory. Objects of memory are created and never changed; the head alone is replaced, conditionally, and each change that takes the lease
// raises the fence. So taking the lease costs a few hundred bytes however much is remembered, and who lost the lease can write an object
// that nobody reads, but can never make it the scope's memory.
type States struct{ Store objects.Store }

// State is a scope's state as it was read. Its memory is shared with whoever read it and is not to be changed.
type State struct {
	Scope  fleet.Scope
	Memory fleet.Memory
	// Fence numbers the leases that were ever taken on the scope.
	Fence int64
	// Wake is when the scope is to be looked at next; zero for never.
	Wake time.Time

	head    savedHead
	version objects.Version
	order   []fleet.ARN // of the memory that was written last
	// unsaved says that Memory is not what the object says that the head names: it was rebuilt, or continued, from the ledger.
	unsaved bool
	// untidy says that a sweep before may have left objects behind that nobody needs.
	untidy bool
}

// Stored reports whether the state is in the store. One that is not is written by the first sweep, also where there is nothing to remember.
func (s State) Stored() bool { return s.version != "" && !s.unsaved }

// CutShort reports whether a sweep took the lease, never gave it back, and has lost it by now.
func (s State) CutShort(now time.Time) bool { return s.head.Holder != "" && !now.Before(s.head.Until) }

// stateFormat marks the head, and the version of its form.
const stateFormat = "offpeak-state/1"

// savedHead is the head.
type savedHead struct {
	Format string    `json:"format"`
	Fence  int64     `json:"fence"`
	Holder string    `json:"holder,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	Wake   time.Time `json:"wake,omitzero"`
	// Memory is the key of the object that holds the memory, empty before the first sweep has come to its end; Former the one before it,
	// which is kept for those who have just read an older head.
	Memory string `json:"memory,omitempty"`
	Former string `json:"former,omitempty"`
	// Remembers is the fence of the sweep that wrote the memory: what the ledger has of later fences is not in it.
	Remembers int64 `json:"remembers,omitempty"`
	// Asleep is how many resources the memory holds off: who adds up all scopes need not read their memory.
	Asleep int `json:"asleep,omitempty"`
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

// errMemoryLost says that the head is there and the memory is not.
var errMemoryLost = errors.New("the memory is lost")

const stateRoot = "state/"

func stateKey(scope fleet.Scope) string {
	return fmt.Sprintf("%s%s/%s.json", stateRoot, scope.Account, scope.Region)
}

// memoryKey names an object of memory by the lease under which it is written: the fence, and the version of the head that took it, which
// tells leases apart also where a head was lost and fences begin anew.
func memoryKey(scope fleet.Scope, fence int64, lease objects.Version) string {
	sum := sha256.Sum256([]byte(lease))
	return fmt.Sprintf("%s%012d-%s.json", memoryPrefix(scope), fence, hex.EncodeToString(sum[:8]))
}

func memoryPrefix(scope fleet.Scope) string {
	return fmt.Sprintf("memory/%s/%s/", scope.Account, scope.Region)
}

// Known returns the scopes that there is a state or a ledger of, in order.
func (s States) Known(ctx context.Context) ([]fleet.Scope, error) {
	found := map[fleet.Scope]bool{}
	for key, err := range s.Store.List(ctx, stateRoot) {
		if err != nil {
			return nil, err
		}
		account, region, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(key, stateRoot), ".json"), "/")
		found[fleet.Scope{Account: fleet.AccountID(account), Region: fleet.Region(region)}] = true
	}
	for scope, err := range (ledger.Book{Store: s.Store}).Scopes(ctx) {
		if err != nil {
			return nil, err
		}
		found[scope] = true
	}
	return slices.SortedFunc(maps.Keys(found), fleet.Scope.Compare), nil
}

// Load reads a scope's state. Where there is none, the error is objects.ErrNotFound and the state returned is an empty one that can be
// acquired. A state written by a newer version is refused: it would be misread.
func (s States) Load(ctx context.Context, scope fleet.Scope) (State, error) {
	return s.Reload(ctx, State{Scope: scope})
}

// Reload is Load for who has read the scope before: memory that has not changed since is taken from there instead of being read again.
func (s States) Reload(ctx context.Context, known State) (State, error) {
	const tries = 3 // the head may change between two reads, and take the memory that it named away
	for range tries {
		state, err := s.readHead(ctx, known.Scope)
		state.order = known.order
		switch {
		case err != nil:
			return state, err
		case state.head.Memory == "":
			return state, errMemoryLost
		case state.head.Memory == known.head.Memory && !known.unsaved:
			state.Memory = known.Memory
			return state, nil
		}
		data, _, err := s.Store.Read(ctx, state.head.Memory)
		if errors.Is(err, objects.ErrNotFound) {
			continue
		}
		if err == nil {
			state.Memory, err = fleet.ReadMemory(bytes.NewReader(data))
		}
		if err != nil {
			return state, fmt.Errorf("state of %s: %w", known.Scope, err)
		}
		return state, nil
	}
	state, err := s.readHead(ctx, known.Scope)
	if err == nil {
		err = errMemoryLost
	}
	return state, err
}

// readHead returns a state without its memory.
func (s States) readHead(ctx context.Context, scope fleet.Scope) (State, error) {
	state := State{Scope: scope, Memory: (*fleet.Memory)(nil).Clone()}
	data, version, err := s.Store.Read(ctx, stateKey(scope))
	if err != nil {
		return state, err
	}
	err = json.Unmarshal(data, &state.head)
	if state.head.Format != stateFormat && (err == nil || state.head.Format != "") {
		return state, &failure.Error{
			Class:  failure.Unreadable,
			Err:    fmt.Errorf("state of %s: its format is %.40q, this offpeak reads %q", scope, state.head.Format, stateFormat),
			Remedy: "use the version of offpeak that wrote it, or a newer one; to go back for good, delete " + stateKey(scope) + ": memory is made out of the ledger",
		}
	}
	if err != nil {
		return state, fmt.Errorf("state of %s: %w", scope, err)
	}
	state.Fence, state.Wake, state.version = state.head.Fence, state.head.Wake, version
	return state, nil
}

// Acquire takes the lease on a scope for a time, as long as the state is still the one that was read. A lease of another holder that has not
// run out is a *HeldError; a state that changed meanwhile is objects.ErrChanged: the sweep's decision is out of date.
func (s States) Acquire(ctx context.Context, state State, holder string, now time.Time, span time.Duration) (State, error) {
	if h := state.head; h.Holder != "" && h.Holder != holder && now.Before(h.Until) {
		return state, &HeldError{state.Scope, h.Holder, h.Until}
	}
	// A process that was killed after its last write leaves an overdue wake that nobody misses: look for such now and then, too.
	const nowAndThen = 64
	state.Fence++
	state.untidy = state.version == "" || state.head.Holder != "" || state.Fence%nowAndThen == 0
	state.head.Holder, state.head.Until = holder, now.Add(span)
	return s.writeHead(ctx, state)
}

// Release writes a scope's new memory, nil where it has not changed, makes it the scope's, and gives the lease back. When the lease was lost
// meanwhile the error is objects.ErrChanged, and what the scope remembers stays.
func (s States) Release(ctx context.Context, held State, memory *fleet.Memory, wake, now time.Time) (State, error) {
	before := held.Wake
	if memory == nil && held.unsaved {
		memory = &held.Memory
	}
	if memory != nil {
		if err := s.writeMemory(ctx, &held, *memory); err != nil {
			return held, fmt.Errorf("memory of %s: %w", held.Scope, err)
		}
	}
	held.Wake, held.head.Holder, held.head.Until = wake, "", time.Time{}
	if err := s.announceWake(ctx, held.Scope, before, wake); err != nil {
		return held, err
	}
	held, err := s.writeHead(ctx, held)
	if err != nil {
		return held, err
	}
	held.unsaved = false
	if !before.IsZero() && !before.Equal(wake) {
		err = s.Store.Delete(ctx, wakeKey(held.Scope, before))
	}
	if held.untidy {
		held.untidy = false
		err = errors.Join(err, s.tidy(ctx, held, now))
	}
	return held, err
}

// writeMemory creates the object of the new memory and removes the one before the last.
func (s States) writeMemory(ctx context.Context, held *State, memory fleet.Memory) error {
	data, order, err := memory.Text(held.order)
	if err != nil {
		return err
	}
	key := memoryKey(held.Scope, held.Fence, held.version)
	_, err = s.Store.Create(ctx, key, data)
	if errors.Is(err, objects.ErrExists) { // no head names it: it was written by a lease that looked the same and was lost
		if err = s.Store.Delete(ctx, key); err == nil {
			_, err = s.Store.Create(ctx, key, data)
		}
	}
	if err != nil {
		return err
	}
	if former := held.head.Former; former != "" && former != key && former != held.head.Memory {
		if err := s.Store.Delete(ctx, former); err != nil {
			return err
		}
	}
	held.order = order
	held.Memory, held.head.Memory, held.head.Former, held.head.Remembers = memory, key, held.head.Memory, held.Fence
	held.head.Asleep = memory.Asleep()
	return nil
}

// writeHead is the one conditional write of a state.
func (s States) writeHead(ctx context.Context, state State) (State, error) {
	state.head.Format, state.head.Fence, state.head.Wake, state.head.Until = stateFormat, state.Fence, state.Wake.UTC(), state.head.Until.UTC()
	data, err := json.Marshal(state.head)
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

// tidy removes what sweeps that were cut short left behind: memory that never became the scope's, and wakes that are overdue although the
// scope has just been looked after. Whatever a later sweep may be writing at this moment has a higher fence or lies ahead, and is left.
func (s States) tidy(ctx context.Context, state State, now time.Time) error {
	var stray []string
	for key, err := range s.Store.List(ctx, memoryPrefix(state.Scope)) {
		if err != nil {
			return err
		}
		if key == state.head.Memory || key == state.head.Former {
			continue
		}
		if key < memoryPrefix(state.Scope)+fmt.Sprintf("%012d", state.Fence) {
			stray = append(stray, key)
		}
	}
	for key, err := range s.Store.List(ctx, wakeRoot) {
		if err != nil {
			return err
		}
		at, scope, ok := parseWake(key)
		if ok && !at.Before(now) {
			break
		}
		if ok && scope == state.Scope && !at.Equal(state.Wake.Truncate(time.Second)) {
			stray = append(stray, key)
		}
	}
	for _, key := range stray {
		if err := s.Store.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
