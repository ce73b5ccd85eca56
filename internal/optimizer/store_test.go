package optimizer_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"offpeak/internal/objects"
)

// memoryStore is an objects.Store in memory that counts what is asked of it.
type memoryStore struct {
	mu      sync.Mutex
	objects map[string]stored
	writes  int
	written int // bytes
	reads   int
}

type stored struct {
	data    []byte
	version objects.Version
}

func newMemoryStore() *memoryStore { return &memoryStore{objects: map[string]stored{}} }

// put keeps an object; the caller holds the lock.
func (m *memoryStore) put(key string, data []byte) objects.Version {
	m.writes++
	m.written += len(data)
	version := objects.Version(fmt.Sprint(m.writes))
	m.objects[key] = stored{slices.Clone(data), version}
	return version
}

// Create implements objects.Store.
func (m *memoryStore) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.objects[key]; there {
		return "", objects.ErrExists
	}
	return m.put(key, data), nil
}

// Replace implements objects.Store.
func (m *memoryStore) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if present, there := m.objects[key]; !there || present.version != version {
		return "", objects.ErrChanged
	}
	return m.put(key, data), nil
}

// Read implements objects.Store.
func (m *memoryStore) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	if err := check(ctx, key); err != nil {
		return nil, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	present, there := m.objects[key]
	if !there {
		return nil, "", objects.ErrNotFound
	}
	return slices.Clone(present.data), present.version, nil
}

// List implements objects.Store.
func (m *memoryStore) List(_ context.Context, prefix string) iter.Seq2[string, error] {
	m.mu.Lock()
	var keys []string
	for key := range m.objects {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	m.mu.Unlock()
	slices.Sort(keys)
	return func(yield func(string, error) bool) {
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

// Delete implements objects.Store.
func (m *memoryStore) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}

func check(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return objects.CheckKey(key)
}
