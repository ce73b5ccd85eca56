// Package compact keeps an old ledger small: the many objects of a closed month become one Parquet object for each account and region.
//
// In goes a store with a ledger; out comes the same ledger in fewer objects, in columns that Athena and DuckDB read as they are. Nothing
// is deleted before the Parquet object was read back and found to say the same. Book reads months that are compacted, that are not, and
// that are half so, each entry once. The package never changes an entry, and leaves alone what it cannot read.
package compact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
)

// Settled is how long after its end a month is left as it is: a sweep that began in it has ended by then.
const Settled = 48 * time.Hour

// Result is what a compaction did.
type Result struct {
	// Scopes have a Parquet object now, Objects were put into one and deleted, and Entries are those in them.
	Scopes, Objects, Entries int
	// Left are objects that stay as they are, and why: places that cannot be read, or a Parquet object that was written without them.
	Left []Leftover
}

// Leftover is an object that was not compacted.
type Leftover struct{ Key, Why string }

// root stands before the keys of all compacted objects.
const root = "ledger/compacted/"

// Key returns the key of a scope's month: ledger/compacted/month=2026-07/account=111122223333/region=ap-northeast-2/part.parquet.
func Key(month time.Time, scope fleet.Scope) string {
	return fmt.Sprintf("%saccount=%s/region=%s/part.parquet", monthPrefix(month), scope.Account, scope.Region)
}

func monthPrefix(month time.Time) string {
	return root + "month=" + month.UTC().Format("2006-01") + "/"
}

// scopeOf reads the scope from a compacted object's key.
func scopeOf(key string) (fleet.Scope, bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 6 {
		return fleet.Scope{}, false
	}
	account, owned := strings.CutPrefix(parts[3], "account=")
	region, placed := strings.CutPrefix(parts[4], "region=")
	return fleet.Scope{Account: fleet.AccountID(account), Region: fleet.Region(region)}, owned && placed
}

// beginOf is the first instant of an instant's month in UTC.
func beginOf(at time.Time) time.Time {
	at = at.UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// object is a ledger object that was read.
type object struct {
	key     string
	entries []ledger.Entry
}

// Month compacts the month of an instant, scope by scope. It may be killed anywhere and run again, also by two processes at once. A month
// that has not been over for two days is refused.
func (b Book) Month(ctx context.Context, month, now time.Time) (Result, error) {
	from := beginOf(month)
	to := from.AddDate(0, 1, 0)
	var result Result
	if now.Before(to.Add(Settled)) {
		return result, fmt.Errorf("compact the ledger of %s: the month is not over for %s; wait until %s", from.Format("2006-01"), Settled, to.Add(Settled).Format(time.RFC3339))
	}
	scopes := map[fleet.Scope][]string{}
	for key, err := range b.book().Objects(ctx, from, to, fleet.Scope{}) {
		if err != nil {
			return result, fmt.Errorf("compact the ledger of %s: %w", from.Format("2006-01"), err)
		}
		if at, scope, ok := ledger.ParseKey(key); ok && !at.Before(from) {
			scopes[scope] = append(scopes[scope], key)
		}
	}
	for _, scope := range sortedScopes(scopes) {
		if err := b.compactScope(ctx, from, scope, scopes[scope], &result); err != nil {
			return result, fmt.Errorf("compact the ledger of %s in %s: %w", scope, from.Format("2006-01"), err)
		}
	}
	return result, nil
}

// compactScope writes a scope's month, reads it back, and deletes what is in it.
func (b Book) compactScope(ctx context.Context, month time.Time, scope fleet.Scope, keys []string, result *Result) error {
	var found []object
	for _, key := range keys {
		entries, damages, err := b.book().ReadObject(ctx, key)
		switch {
		case err != nil:
			return err
		case len(damages) > 0:
			result.Left = append(result.Left, Leftover{key, damages[0].Error()})
		case len(entries) > 0:
			found = append(found, object{key, entries})
		}
	}
	if len(found) == 0 {
		return nil
	}
	part, err := b.place(ctx, Key(month, scope), found)
	if err != nil {
		return err
	}
	result.Scopes++
	for _, o := range found {
		same, err := sameEntries(o.entries, part[o.key])
		switch {
		case err != nil:
			return err
		case !same && len(part[o.key]) == 0:
			result.Left = append(result.Left, Leftover{o.key, "it was written after the month was compacted"})
			continue
		case !same:
			return fmt.Errorf("%s does not say what %s says; nothing was deleted: remove the former and compact again", Key(month, scope), o.key)
		}
		if err := b.Store.Delete(ctx, o.key); err != nil {
			return err
		}
		result.Objects++
		result.Entries += len(o.entries)
	}
	return nil
}

// place makes sure that there is a Parquet object, and returns what it says, by the objects that its entries came from.
func (b Book) place(ctx context.Context, key string, found []object) (map[string][]ledger.Entry, error) {
	data, err := encode(found)
	if err != nil {
		return nil, err
	}
	if _, err := b.Store.Create(ctx, key, data); err != nil && !errors.Is(err, objects.ErrExists) {
		return nil, err
	}
	back, _, err := b.Store.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	part, err := decode(key, back)
	if err != nil {
		return nil, err
	}
	byObject := make(map[string][]ledger.Entry, len(part))
	for _, o := range part {
		byObject[o.key] = o.entries
	}
	return byObject, nil
}

// sameEntries compares entries by how they are written.
func sameEntries(a, b []ledger.Entry) (bool, error) {
	textA, err := ledger.Encode(a)
	if err != nil {
		return false, err
	}
	textB, err := ledger.Encode(b)
	return bytes.Equal(textA, textB), err
}

func sortedScopes(scopes map[fleet.Scope][]string) []fleet.Scope {
	var sorted []fleet.Scope
	for scope := range scopes {
		sorted = append(sorted, scope)
	}
	slices.SortFunc(sorted, fleet.Scope.Compare)
	return sorted
}
