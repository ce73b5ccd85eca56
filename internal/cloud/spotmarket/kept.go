package spotmarket

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"offpeak/internal/market/kept"
	"offpeak/internal/objects"
)

// How long things are taken without asking again. A day is a little less than one, so that a daily run, which comes now a minute sooner and now a
// minute later, asks each time.
const (
	aDay        = 23 * time.Hour
	aWeek       = 7 * 24 * time.Hour
	silentAfter = time.Hour // of what failed nothing is asked for a while
)

// record is what is kept of a question.
type record[T any] = kept.Record[T]

// mute is why something is not asked for a while.
type mute struct {
	until time.Time
	err   error
}

// question is something that is asked of AWS once in a while.
type question[T any] struct {
	key   string
	fresh time.Duration
	// enough reports whether what is kept answers what is needed now; nil: always.
	enough func(T) bool
	ask    func(context.Context) (T, error)
}

// memory is a record as it was read or written last.
type memory[T any] struct {
	record[T]
	version objects.Version // of the object; empty: there is none that can be replaced
}

// answer returns what is kept, if it is fresh, and else asks AWS and keeps what it says. With an error comes what was kept before, if anything was: its
// instant tells how old it is. What cannot be kept is asked again by the next process, and nothing else is lost.
func answer[T any](ctx context.Context, r *Reader, now time.Time, q question[T]) (value T, asked time.Time, err error) {
	old := remembered(ctx, r, now, q)
	if q.serves(old.record, now) {
		return old.Value, old.Asked, nil
	}
	if why := r.muted(q.key, now); why != nil {
		return old.Value, old.Asked, why
	}
	value, err = q.ask(ctx)
	if err != nil {
		r.silence(q.key, now, err)
		return old.Value, old.Asked, err
	}
	fresh := memory[T]{record[T]{Format: kept.Format, Asked: now, Value: value}, old.version}
	if version, err := keep(ctx, r.options.Store, q.key, old.version, fresh.record); err == nil {
		fresh.version = version
	}
	r.memorize(q.key, fresh)
	return value, now, nil
}

// serves reports whether what is kept need not be asked again.
func (q *question[T]) serves(r record[T], now time.Time) bool {
	return r.Format == kept.Format && now.Sub(r.Asked) < q.fresh && (q.enough == nil || q.enough(r.Value))
}

// remembered is what this process or the store keeps; the zero value where neither has it or it cannot be read.
func remembered[T any](ctx context.Context, r *Reader, now time.Time, q question[T]) memory[T] {
	r.mu.Lock()
	known, _ := r.memo[q.key].(memory[T])
	r.mu.Unlock()
	if q.serves(known.record, now) {
		return known
	}
	data, version, err := r.options.Store.Read(ctx, q.key)
	if err != nil {
		return known
	}
	read := memory[T]{version: version}
	if r, err := kept.Parse[T](data); err == nil {
		read.record = r
	} // else somebody else's, or broken: it is written anew
	r.memorize(q.key, read)
	return read
}

func (r *Reader) memorize(key string, value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memo[key] = value
}

func keep(ctx context.Context, store objects.Store, key string, version objects.Version, value any) (objects.Version, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(text); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	if version == "" {
		return store.Create(ctx, key, zipped.Bytes())
	}
	return store.Replace(ctx, key, zipped.Bytes(), version)
}

// muted returns why something is not asked again yet.
func (r *Reader) muted(key string, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.mute[key]
	if now.Before(m.until) {
		return fmt.Errorf("%w (asked again from %s on)", m.err, m.until.Format("15:04 UTC"))
	}
	return nil
}

func (r *Reader) silence(key string, now time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute[key] = mute{now.Add(silentAfter), err}
}
