package objects

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Memory is a Store that lasts as long as its process: for simulations and tests. It keeps what it is given and gives what it keeps, without
// copies. Use NewMemory.
type Memory struct {
	mutex  sync.Mutex
	keys   []string // in order
	kept   map[string]object
	writes int
}

type object struct {
	data    []byte
	version Version
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{kept: map[string]object{}} }

// Create implements Store.
func (m *Memory) Create(ctx context.Context, key string, data []byte) (Version, error) {
	return m.write(ctx, key, data, func(_ object, there bool) error {
		if there {
			return ErrExists
		}
		return nil
	})
}

// Replace implements Store.
func (m *Memory) Replace(ctx context.Context, key string, data []byte, version Version) (Version, error) {
	return m.write(ctx, key, data, func(present object, there bool) error {
		if !there || present.version != version {
			return ErrChanged
		}
		return nil
	})
}

func (m *Memory) write(ctx context.Context, key string, data []byte, permit func(object, bool) error) (Version, error) {
	if err := CheckKey(key); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	present, there := m.kept[key]
	if err := permit(present, there); err != nil {
		return "", err
	}
	if !there {
		at, _ := slices.BinarySearch(m.keys, key)
		m.keys = slices.Insert(m.keys, at, key)
	}
	m.writes++
	written := object{data, Version(strconv.Itoa(m.writes))}
	m.kept[key] = written
	return written.version, nil
}

// Read implements Store.
func (m *Memory) Read(ctx context.Context, key string) ([]byte, Version, error) {
	if err := CheckKey(key); err != nil {
		return nil, "", err
	}
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	present, there := m.kept[key]
	if !there {
		return nil, "", ErrNotFound
	}
	return present.data, present.version, nil
}

// List implements Store. It lists the keys that were there when it was asked.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := ctx.Err(); err != nil {
			yield("", err)
			return
		}
		for _, key := range m.under(prefix) {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (m *Memory) under(prefix string) []string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	from, _ := slices.BinarySearch(m.keys, prefix)
	to := from
	for to < len(m.keys) && strings.HasPrefix(m.keys[to], prefix) {
		to++
	}
	return slices.Clone(m.keys[from:to])
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if at, there := slices.BinarySearch(m.keys, key); there {
		m.keys = slices.Delete(m.keys, at, at+1)
		delete(m.kept, key)
	}
	return nil
}
