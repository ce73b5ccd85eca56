package compact

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
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
	order = slices.DeleteFunc(order, func(key string) bool {
		_, owner, _ := ledger.ParseKey(key)
		return compacted[owner]
	})
	return b.readInOrder(ctx, order, yield)
}

// atOnce is how many objects are read at a time: a month has thousands, and each takes a call.
const atOnce = 16

// found is what came of reading an object.
type found struct {
	entries []ledger.Entry
	damages []*ledger.Damage
	err     error
}

// readInOrder gives the entries of objects in the order of their keys. Some are read ahead, beside each other.
func (b Book) readInOrder(ctx context.Context, keys []string, yield func(ledger.Entry, error) bool) (more bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	var ahead []chan found
	for i, next := 0, 0; i < len(keys); i++ {
		for ; next < len(keys) && next < i+atOnce; next++ {
			one, key := make(chan found, 1), keys[next]
			work.Go(func() { one <- b.find(ctx, key) })
			ahead = append(ahead, one)
		}
		object := <-ahead[i]
		ahead[i] = nil
		if object.err != nil {
			return false, object.err
		}
		if !object.give(yield) {
			return false, nil
		}
	}
	return true, nil
}

// give gives damage, and then entries.
func (f found) give(yield func(ledger.Entry, error) bool) bool {
	for _, d := range f.damages {
		if !yield(ledger.Entry{}, d) {
			return false
		}
	}
	return all(f.entries, yield)
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
		read := found{entries: o.entries}
		if !inside[o.key] {
			read = b.find(ctx, o.key)
		}
		if read.err != nil || !read.give(yield) {
			return false, read.err
		}
	}
	return true, nil
}

// find reads an object that was not compacted when it was listed. If it has been since, it is looked for where it went.
func (b Book) find(ctx context.Context, key string) found {
	data, _, err := b.Store.Read(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return b.findMoved(ctx, key)
	}
	if err != nil {
		return found{err: err}
	}
	entries, damages := linesOf(key, data)
	return found{entries: entries, damages: damages}
}

// findMoved reads an object that was compacted between being listed and being read. One that is nowhere has expired.
func (b Book) findMoved(ctx context.Context, key string) found {
	at, scope, _ := ledger.ParseKey(key)
	data, _, err := b.Store.Read(ctx, Key(at, scope))
	if errors.Is(err, objects.ErrNotFound) {
		return found{}
	}
	if err != nil {
		return found{err: err}
	}
	part, err := decode(Key(at, scope), data)
	if err != nil {
		return found{damages: []*ledger.Damage{{Key: Key(at, scope), What: err.Error()}}}
	}
	for _, o := range part {
		if o.key == key {
			return found{entries: o.entries}
		}
	}
	return found{}
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
