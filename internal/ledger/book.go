package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

// Book is the ledger in a store.
type Book struct {
	Store objects.Store
	// Wrote, if set, is told of every object that was written: for who wants to know what stands there without reading it again. It must not
	// change the entries.
	Wrote func(key string, entries []Entry)
}

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
	key := Key(run, entries[0].State)
	if _, err := b.Store.Create(ctx, key, data); err != nil {
		return fmt.Errorf("append to ledger: %w", err)
	}
	if b.Wrote != nil {
		b.Wrote(key, entries)
	}
	return nil
}

// Read streams the entries made in [from, to), in the order of their objects: by UTC day, account, region and time. A zero scope means all.
// Damaged places are given as errors of type *Damage among the entries, and reading goes on behind them; any other error ends it. Months
// that were compacted are not here any more: package compact reads both.
func (b Book) Read(ctx context.Context, from, to time.Time, scope fleet.Scope) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for key, err := range b.Objects(ctx, from, to, scope) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			entries, damages, err := b.ReadObject(ctx, key)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, d := range damages {
				if !yield(Entry{}, d) {
					return
				}
			}
			for _, e := range entries {
				if !e.At.Before(from) && e.At.Before(to) && !yield(e, nil) {
					return
				}
			}
		}
	}
}

// longestRun is how long after its begin a run may write: longer than a sweep may take.
const longestRun = time.Hour

// Objects lists the keys of all objects that may hold entries made in [from, to), in the order of Read. Only what is asked for is listed:
// the days, and of each day the scope's own keys.
func (b Book) Objects(ctx context.Context, from, to time.Time, scope fleet.Scope) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		begin := from.Add(-longestRun).UTC()
		for day := begin.Truncate(24 * time.Hour); day.Before(to); day = day.AddDate(0, 0, 1) {
			for key, err := range b.Store.List(ctx, scopePrefix(day, scope)) {
				if err == nil {
					if at, _, ok := ParseKey(key); ok && (at.Before(begin.Truncate(time.Second)) || !at.Before(to)) {
						continue
					}
				}
				if !yield(key, err) || err != nil {
					return
				}
			}
		}
	}
}

// Scopes gives each scope of which the ledger holds anything, once. It lists the whole ledger.
func (b Book) Scopes(ctx context.Context) iter.Seq2[fleet.Scope, error] {
	return func(yield func(fleet.Scope, error) bool) {
		given := map[fleet.Scope]bool{}
		for key, err := range b.Store.List(ctx, root) {
			if err != nil {
				yield(fleet.Scope{}, err)
				return
			}
			_, scope, ok := ParseKey(key)
			if !ok || given[scope] {
				continue
			}
			given[scope] = true
			if !yield(scope, nil) {
				return
			}
		}
	}
}

// ReadObject reads one object, whole. One that is not there any more, because it was compacted or has expired since it was listed, has no
// entries.
func (b Book) ReadObject(ctx context.Context, key string) ([]Entry, []*Damage, error) {
	data, _, err := b.Store.Read(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	entries, damages := Decode(key, data)
	return entries, damages, nil
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
	off, closings := map[fleet.ARN]Entry{}, map[string]bool{} // acts for the closing of a schedule
	for _, e := range entries {
		if old, known := succeeded(&e, off); known {
			delete(off, e.Succeeds.Old)
			off[e.Resource] = old
		}
		if !e.Switches() {
			continue
		}
		if e.State == Intent && e.Cause == plan.BySchedule {
			closings[e.Act] = true
		}
		if e.State != Intent || failed[fmt.Sprint(e.Act, "#", e.Attempt)] {
			continue
		}
		if e.Edge.Want != fleet.Stopped {
			delete(off, e.Resource)
			continue
		}
		// The first stop knows the size to return to; one that is repeated sees zero, or what was changed before it worked. One at a later
		// closing that sees another size comes after an opening at which a person had brought it back.
		first, known := off[e.Resource]
		if again := closings[e.Act] || e.Edge.Equal(first.Edge); !known || again && e.From != nil && !e.From.IsZero() {
			off[e.Resource] = e
		}
	}
	return off
}

// succeeded returns what is told of whose place a resource has taken.
func succeeded(e *Entry, off map[fleet.ARN]Entry) (Entry, bool) {
	if e.State != Succeeded {
		return Entry{}, false
	}
	old, known := off[e.Succeeds.Old]
	return old, known
}
