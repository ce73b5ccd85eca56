package compact

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
)

// Book is a ledger of any age: what was compacted, and what was not. It is how a quarter is read. Writing is ledger.Book's.
type Book struct{ Store objects.Store }

func (b Book) book() ledger.Book { return ledger.Book{Store: b.Store} }

// Read streams the entries made in [from, to), each once, also where a compaction was cut short. A zero scope means all. They come by month;
// in a month first the scopes that were compacted, by account and region, then the others by day, account and region; those of one scope
// in the order in which they were written. Damaged places are *ledger.Damage among the entries, and reading goes on behind them; any other
// error ends it.
func (b Book) Read(ctx context.Context, from, to time.Time, scope fleet.Scope) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		give := func(e ledger.Entry, err error) bool {
			return err == nil && (e.At.Before(from) || !e.At.Before(to)) || yield(e, err)
		}
		// What was written in the last hour of a month may stand with the month before.
		for month := beginOf(from.Add(-time.Hour)); month.Before(to); month = month.AddDate(0, 1, 0) {
			if more, err := b.readMonth(ctx, month, from, to, scope, give); err != nil || !more {
				if err != nil {
					yield(ledger.Entry{}, err)
				}
				return
			}
		}
	}
}

// readMonth gives the entries of the objects of a month; more is false when the caller has seen enough.
func (b Book) readMonth(
	ctx context.Context, month, from, to time.Time, scope fleet.Scope, yield func(ledger.Entry, error) bool,
) (more bool, err error) {
	// The loose objects are listed first: one that is compacted between the two listings is then seen twice rather than not at all, and
	// what is seen twice is told apart.
	loose := map[fleet.Scope][]string{}
	var order []string
	end := month.AddDate(0, 1, 0)
	for key, err := range b.book().Objects(ctx, latest(from, month.Add(time.Hour)), earliest(to, end), scope) {
		if err != nil {
			return false, err
		}
		if at, owner, ok := ledger.ParseKey(key); ok && !at.Before(month) {
			order = append(order, key)
			loose[owner] = append(loose[owner], key)
		}
	}
	prefix := monthPrefix(month)
	if scope != (fleet.Scope{}) {
		prefix = Key(month, scope)
	}
	compacted := map[fleet.Scope]bool{}
	for key, err := range b.Store.List(ctx, prefix) {
		if err != nil {
			return false, err
		}
		owner, ok := scopeOf(key)
		if !ok {
			continue
		}
		compacted[owner] = true
		if more, err := b.readPart(ctx, key, loose[owner], yield); err != nil || !more {
			return false, err
		}
	}
	for _, key := range order {
		if _, owner, _ := ledger.ParseKey(key); compacted[owner] {
			continue
		}
		if more, err := b.readLoose(ctx, key, yield); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// readPart gives a compacted month of a scope, and what of it was not compacted, in order.
func (b Book) readPart(ctx context.Context, key string, loose []string, yield func(ledger.Entry, error) bool) (more bool, err error) {
	data, _, err := b.Store.Read(ctx, key)
	if err != nil {
		return false, err
	}
	part, err := decode(key, data)
	if err != nil && !yield(ledger.Entry{}, &ledger.Damage{Key: key, What: err.Error()}) {
		return false, nil
	}
	inside := map[string]bool{}
	for _, o := range part {
		inside[o.key] = true
	}
	for _, key := range loose {
		if !inside[key] {
			part = append(part, object{key: key})
		}
	}
	slices.SortFunc(part, func(a, b object) int { return cmp.Compare(a.key, b.key) })
	for _, o := range part {
		if !inside[o.key] {
			if more, err := b.readLoose(ctx, o.key, yield); err != nil || !more {
				return false, err
			}
			continue
		}
		if !all(o.entries, yield) {
			return false, nil
		}
	}
	return true, nil
}

// readLoose gives an object that was not compacted when it was listed. If it has been since, it is looked for where it went.
func (b Book) readLoose(ctx context.Context, key string, yield func(ledger.Entry, error) bool) (more bool, err error) {
	data, _, err := b.Store.Read(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return b.readMoved(ctx, key, yield)
	}
	if err != nil {
		return false, err
	}
	entries, damages := ledger.Decode(key, data)
	for _, d := range damages {
		if !yield(ledger.Entry{}, d) {
			return false, nil
		}
	}
	return all(entries, yield), nil
}

// readMoved gives an object that was compacted between being listed and being read. One that is nowhere has expired.
func (b Book) readMoved(ctx context.Context, key string, yield func(ledger.Entry, error) bool) (more bool, err error) {
	at, scope, _ := ledger.ParseKey(key)
	data, _, err := b.Store.Read(ctx, Key(at, scope))
	if errors.Is(err, objects.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	part, err := decode(Key(at, scope), data)
	if err != nil {
		return yield(ledger.Entry{}, &ledger.Damage{Key: Key(at, scope), What: err.Error()}), nil
	}
	for _, o := range part {
		if o.key == key {
			return all(o.entries, yield), nil
		}
	}
	return true, nil
}

// all gives entries; false when the caller has seen enough.
func all(entries []ledger.Entry, yield func(ledger.Entry, error) bool) bool {
	for _, e := range entries {
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
