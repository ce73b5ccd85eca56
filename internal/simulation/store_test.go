package simulation_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"offpeak/internal/ledger"
	"offpeak/internal/objects"
)

// memoryStore is an objects.Store in memory that knows which intents were ever written.
type memoryStore struct {
	keys     []string
	data     map[string]stored
	writes   int
	intents  map[string]ledger.Entry // by act
	failures map[string]bool         // resources with a failure on record
}

type stored struct {
	data    []byte
	version objects.Version
}

func newMemoryStore() *memoryStore {
	return &memoryStore{data: map[string]stored{}, intents: map[string]ledger.Entry{}, failures: map[string]bool{}}
}

func (m *memoryStore) put(key string, data []byte) objects.Version {
	m.writes++
	version := objects.Version(fmt.Sprint(m.writes))
	m.data[key] = stored{slices.Clone(data), version}
	if strings.HasPrefix(key, "ledger/") {
		m.note(key, data)
	}
	return version
}

// note keeps what an object of the ledger says.
func (m *memoryStore) note(key string, data []byte) {
	entries, _ := ledger.Decode(key, data)
	for _, e := range entries {
		switch e.State {
		case ledger.Intent:
			m.intents[e.Act] = e
		case ledger.Failed:
			m.failures[string(e.Resource)] = true
		default:
		}
	}
}

// Create implements objects.Store.
func (m *memoryStore) Create(_ context.Context, key string, data []byte) (objects.Version, error) {
	if err := objects.CheckKey(key); err != nil {
		return "", err
	}
	if _, there := m.data[key]; there {
		return "", objects.ErrExists
	}
	at, _ := slices.BinarySearch(m.keys, key)
	m.keys = slices.Insert(m.keys, at, key)
	return m.put(key, data), nil
}

// Replace implements objects.Store.
func (m *memoryStore) Replace(_ context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	if present, there := m.data[key]; !there || present.version != version {
		return "", objects.ErrChanged
	}
	return m.put(key, data), nil
}

// Read implements objects.Store.
func (m *memoryStore) Read(_ context.Context, key string) ([]byte, objects.Version, error) {
	present, there := m.data[key]
	if !there {
		return nil, "", objects.ErrNotFound
	}
	return bytes.Clone(present.data), present.version, nil
}

// List implements objects.Store.
func (m *memoryStore) List(_ context.Context, prefix string) iter.Seq2[string, error] {
	from, _ := slices.BinarySearch(m.keys, prefix)
	to := from
	for to < len(m.keys) && strings.HasPrefix(m.keys[to], prefix) {
		to++
	}
	keys := slices.Clone(m.keys[from:to])
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
	if at, there := slices.BinarySearch(m.keys, key); there {
		m.keys = slices.Delete(m.keys, at, at+1)
		delete(m.data, key)
	}
	return nil
}
