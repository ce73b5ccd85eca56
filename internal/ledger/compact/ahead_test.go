package compact_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/objects"
)

// slow answers as S3 does: each read takes its time, and a later one may be answered first. It counts what is under way.
type slow struct {
	objects.Store
	mu                  sync.Mutex
	reads, now, at, bad int // reads so far, those under way, the most at a time, and which one fails
}

var errSlow = errors.New("slow down")

func (s *slow) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	s.mu.Lock()
	s.reads++
	s.now++
	s.at = max(s.at, s.now)
	n := s.reads
	s.mu.Unlock()
	time.Sleep(time.Duration(20+n*7%13) * time.Millisecond)
	s.mu.Lock()
	s.now--
	s.mu.Unlock()
	if n == s.bad {
		return nil, "", errSlow
	}
	return s.Store.Read(ctx, key)
}

// TestObjectsAreReadAheadInOrder reads a month of many objects from a place that is far away.
func TestObjectsAreReadAheadInOrder(t *testing.T) {
	t.Parallel()
	near := objects.NewMemory()
	for day := range 28 {
		for _, scope := range []fleet.Scope{here, there} {
			write(t, near, scope, july.AddDate(0, 0, day), "web")
		}
	}
	read := func(store objects.Store, enough int) (all []ledger.Entry, err error) {
		for e, err := range (compact.Book{Store: store}).Read(t.Context(), july, later, fleet.Scope{}) {
			if err != nil {
				return all, err
			}
			if all = append(all, e); len(all) == enough {
				break
			}
		}
		return all, nil
	}
	want, err := read(near, -1)
	if err != nil || len(want) < 500 {
		t.Fatalf("%d entries, %v", len(want), err)
	}
	synctest.Test(t, func(t *testing.T) {
		far := &slow{Store: near}
		began := time.Now()
		got, err := read(far, -1)
		if diff := cmp.Diff(want, got, exactly); diff != "" || err != nil {
			t.Errorf("read ahead, the entries are others, or in another order: %v\n%.2000s", err, diff)
		}
		if far.at < 8 || far.at > 16 {
			t.Errorf("%d reads at a time, want 8 to 16", far.at)
		}
		if took, alone := time.Since(began), time.Duration(far.reads)*26*time.Millisecond; took > alone/8 {
			t.Errorf("%d reads took %s, one after the other about %s", far.reads, took, alone)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		far := &slow{Store: near}
		if got, err := read(far, 3); err != nil || len(got) != 3 || far.reads > 20 {
			t.Errorf("who has seen enough after 3 entries was given %d, and %d objects were read, %v", len(got), far.reads, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		far := &slow{Store: near, bad: 40}
		got, err := read(far, -1)
		if !errors.Is(err, errSlow) {
			t.Errorf("a read that fails: %v", err)
		}
		if diff := cmp.Diff(want[:len(got)], got, exactly); diff != "" || len(got) == 0 {
			t.Errorf("what stands before the failure is not given:\n%.2000s", diff)
		}
	})
}
