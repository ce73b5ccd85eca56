package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// Book is the ledger in a store.
type Book struct{ Store objects.Store }

// Append writes the entries of one run and state as one object. A second writer of the same run and state changes nothing and is told
// objects.ErrExists.
func (b Book) Append(ctx context.Context, run Run, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	data, err := Encode(entries)
	if err != nil {
		return err
	}
	if _, err := b.Store.Create(ctx, Key(run, entries[0].State), data); err != nil {
		return fmt.Errorf("append to ledger: %w", err)
	}
	return nil
}

// Read streams the entries made in [from, to), in the order of their objects: by UTC day, account, region and time. A zero scope means all.
// Damaged places are given as errors of type *Damage among the entries, and reading goes on behind them; any other error ends it.
func (b Book) Read(ctx context.Context, from, to time.Time, scope fleet.Scope) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		day := from.UTC().Truncate(24 * time.Hour)
		for ; day.Before(to); day = day.AddDate(0, 0, 1) {
			for key, err := range b.Store.List(ctx, dayPrefix(day)) {
				if err != nil {
					yield(Entry{}, err)
					return
				}
				if scope != (fleet.Scope{}) && !ofScope(key, scope) {
					continue
				}
				if !b.readObject(ctx, key, from, to, yield) {
					return
				}
			}
		}
	}
}

// readObject yields one object's entries; false when reading is to end.
func (b Book) readObject(ctx context.Context, key string, from, to time.Time, yield func(Entry, error) bool) bool {
	data, _, err := b.Store.Read(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return true // compacted or expired since it was listed
	}
	if err != nil {
		yield(Entry{}, err)
		return false
	}
	entries, damages := Decode(key, data)
	for _, d := range damages {
		if !yield(Entry{}, d) {
			return false
		}
	}
	for _, e := range entries {
		if !e.At.Before(from) && e.At.Before(to) && !yield(e, nil) {
			return false
		}
	}
	return true
}

// Open returns the intents that no later entry of their act and attempt answers: acts that were cut short, by act id.
func Open(entries []Entry) map[string]Entry {
	type try struct {
		act     string
		attempt int
	}
	answered := map[try]bool{}
	for _, e := range entries {
		if e.State == Applied || e.State == Failed || e.State == Verified {
			answered[try{e.Act, e.Attempt}] = true
		}
	}
	open := map[string]Entry{}
	for _, e := range entries {
		if e.State == Intent && !answered[try{e.Act, e.Attempt}] {
			open[e.Act] = e
		}
	}
	return open
}

// SwitchedOff returns, by resource, the intent of the last act that switched it off and was not undone by a later one: what a restoration
// starts again, and at which size. Acts that failed do not count; acts that were cut short do, because AWS may have carried them out.
func SwitchedOff(entries []Entry) map[fleet.ARN]Entry {
	failed := map[string]bool{}
	for _, e := range entries {
		if e.State == Failed {
			failed[fmt.Sprint(e.Act, "#", e.Attempt)] = true
		}
	}
	off := map[fleet.ARN]Entry{}
	for _, e := range entries {
		if e.State != Intent || failed[fmt.Sprint(e.Act, "#", e.Attempt)] {
			continue
		}
		if e.Edge.Want != fleet.Stopped {
			delete(off, e.Resource)
			continue
		}
		// The first stop knows the size to return to; one that is repeated sees zero.
		if _, known := off[e.Resource]; !known {
			off[e.Resource] = e
		}
	}
	return off
}
