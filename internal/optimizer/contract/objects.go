// Package contract is what every adapter must do: one suite for each port, run against files, the simulation and AWS alike, so that none of
// them drifts from the others.
package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"offpeak/internal/objects"
)

// Objects checks a store of objects. fresh returns a new, empty one.
func Objects(t *testing.T, fresh func(*testing.T) objects.Store) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, objects.Store){
		"an object is created once":                createdOnce,
		"an object is replaced by who has read it": replacedByItsReader,
		"what is not there":                        notThere,
		"keys are listed in order":                 listedInOrder,
		"content of any kind":                      anyContent,
		"keys that no store keeps":                 badKeys,
		"of many writers one succeeds":             oneOfManyWriters,
		"a cancelled context":                      cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, fresh(t))
		})
	}
}

func createdOnce(t *testing.T, s objects.Store) {
	ctx := t.Context()
	if _, err := s.Create(ctx, "a/b.json", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(ctx, "a/b.json", []byte("two")); !errors.Is(err, objects.ErrExists) {
		t.Errorf("created again: %v", err)
	}
	wantContent(t, s, "a/b.json", "one")
}

func replacedByItsReader(t *testing.T, s objects.Store) {
	ctx := t.Context()
	first, err := s.Create(ctx, "state", []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	_, read, err := s.Read(ctx, "state")
	if err != nil || read != first {
		t.Errorf("written as %q, read as %q, %v", first, read, err)
	}
	second, err := s.Replace(ctx, "state", []byte("two"), first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Replace(ctx, "state", []byte("three"), first); !errors.Is(err, objects.ErrChanged) {
		t.Errorf("replaced by a version that is gone: %v", err)
	}
	wantContent(t, s, "state", "two")
	if _, err := s.Replace(ctx, "state", []byte("three"), second); err != nil {
		t.Error(err)
	}
	if _, err := s.Replace(ctx, "nothing", []byte("x"), second); !errors.Is(err, objects.ErrChanged) {
		t.Errorf("replaced what is not there: %v", err)
	}
}

func notThere(t *testing.T, s objects.Store) {
	ctx := t.Context()
	if _, _, err := s.Read(ctx, "nothing/here"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("read: %v", err)
	}
	if err := s.Delete(ctx, "nothing/here"); err != nil {
		t.Errorf("deleted: %v", err)
	}
	if keys := list(t, s, "nothing/"); len(keys) != 0 {
		t.Errorf("listed %v", keys)
	}
	if _, err := s.Create(ctx, "gone", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Read(ctx, "gone"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("read after delete: %v", err)
	}
}

func listedInOrder(t *testing.T, s objects.Store) {
	keys := []string{"l/a", "l/a-b/x", "l/a/c", "l/b", "l/date=2026-11-20/z", "l/date=2026-11-21/a", "m/x", "l.txt"}
	for _, key := range keys {
		if key == "l/a" {
			continue // a folder cannot hold both l/a and l/a/c
		}
		if _, err := s.Create(t.Context(), key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string][]string{
		"":         {"l.txt", "l/a-b/x", "l/a/c", "l/b", "l/date=2026-11-20/z", "l/date=2026-11-21/a", "m/x"},
		"l/":       {"l/a-b/x", "l/a/c", "l/b", "l/date=2026-11-20/z", "l/date=2026-11-21/a"},
		"l/date=":  {"l/date=2026-11-20/z", "l/date=2026-11-21/a"},
		"l/a":      {"l/a-b/x", "l/a/c"},
		"l/b":      {"l/b"},
		"l/b/none": nil,
	} {
		if got := list(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", prefix, got, want)
		}
	}
	for key, err := range s.List(t.Context(), "") {
		if err != nil || key != "l.txt" {
			t.Errorf("first %q, %v", key, err)
		}
		break // a caller may stop at any time
	}
}

func anyContent(t *testing.T, s objects.Store) {
	for i, content := range []string{"", "\x00\xff", "한국어\n", strings.Repeat("x", 1<<20)} {
		key := fmt.Sprintf("content/%d", i)
		if _, err := s.Create(t.Context(), key, []byte(content)); err != nil {
			t.Fatal(err)
		}
		wantContent(t, s, key, content)
	}
}

func badKeys(t *testing.T, s objects.Store) {
	for _, key := range []string{"", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/.hidden", "a\\b", "a\x00", strings.Repeat("x", 1025)} {
		if _, err := s.Create(t.Context(), key, nil); err == nil {
			t.Errorf("%.40q was created", key)
		}
		if _, _, err := s.Read(t.Context(), key); err == nil || errors.Is(err, objects.ErrNotFound) {
			t.Errorf("%.40q was looked for: %v", key, err)
		}
	}
}

func oneOfManyWriters(t *testing.T, s objects.Store) {
	version, err := s.Create(t.Context(), "raced", []byte("start"))
	if err != nil {
		t.Fatal(err)
	}
	const writers = 16
	var wait sync.WaitGroup
	results := make([]error, writers)
	for i := range writers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			_, results[i] = s.Replace(t.Context(), "raced", fmt.Appendf(nil, "writer %d", i), version)
		}()
	}
	wait.Wait()
	won := -1
	for i, err := range results {
		switch {
		case err == nil && won < 0:
			won = i
		case err == nil:
			t.Errorf("writers %d and %d both succeeded", won, i)
		case !errors.Is(err, objects.ErrChanged):
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if won < 0 {
		t.Fatal("no writer succeeded")
	}
	wantContent(t, s, "raced", fmt.Sprintf("writer %d", won))
}

func cancelled(t *testing.T, s objects.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Create(ctx, "late", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("created: %v", err)
	}
	if _, _, err := s.Read(ctx, "late"); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
}

func wantContent(t *testing.T, s objects.Store, key, want string) {
	t.Helper()
	if data, _, err := s.Read(t.Context(), key); err != nil || string(data) != want {
		t.Errorf("%s: got %.40q, %v, want %.40q", key, data, err, want)
	}
}

func list(t *testing.T, s objects.Store, prefix string) []string {
	t.Helper()
	var keys []string
	for key, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}
