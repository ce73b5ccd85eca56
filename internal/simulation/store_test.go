package simulation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
)

// memoryStore is an objects.Store in memory that knows what was ever written into it.
type memoryStore struct {
	keys     []string
	data     map[string]stored
	writes   int
	intents  map[string]ledger.Entry // by act
	failures map[fleet.ARN]time.Time // the last failure on record
	verified map[string]bool         // acts that were seen to have worked
	torn     map[fleet.ARN]bool      // resources that the ledger lost a line of
	fences   map[string]int64        // the highest that a head ever had, by key
	older    []string                // heads that took the place of newer ones
}

type stored struct {
	data    []byte
	version objects.Version
}

func newMemoryStore() *memoryStore {
	return &memoryStore{
		data: map[string]stored{}, intents: map[string]ledger.Entry{}, failures: map[fleet.ARN]time.Time{}, verified: map[string]bool{},
		torn: map[fleet.ARN]bool{}, fences: map[string]int64{},
	}
}

func (m *memoryStore) put(key string, data []byte) objects.Version {
	m.writes++
	version := objects.Version(fmt.Sprint(m.writes))
	m.data[key] = stored{slices.Clone(data), version}
	switch {
	case strings.HasPrefix(key, "ledger/"):
		m.note(key, data)
	case strings.HasPrefix(key, "state/"):
		m.noteHead(key, data)
	}
	return version
}

// noteHead keeps the fence of a scope's head.
func (m *memoryStore) noteHead(key string, data []byte) {
	fence := fenceOf(data)
	if before := m.fences[key]; fence < before {
		m.older = append(m.older, fmt.Sprintf("%s: a head of fence %d took the place of one of fence %d", key, fence, before))
	}
	m.fences[key] = max(m.fences[key], fence)
}

func fenceOf(data []byte) int64 {
	var head struct{ Fence int64 }
	if err := json.Unmarshal(data, &head); err != nil {
		return 0
	}
	return head.Fence
}

// tear cuts an object of the ledger off at a place, as a copy that was interrupted does.
func (m *memoryStore) tear(r *rand.Rand) bool {
	from, _ := slices.BinarySearch(m.keys, "ledger/")
	to, _ := slices.BinarySearch(m.keys, "ledger0")
	if from == to {
		return false
	}
	key := m.keys[from+r.IntN(to-from)]
	whole := m.data[key]
	if len(whole.data) == 0 {
		return false // there is nothing left of it to tear
	}
	cut := stored{whole.data[:r.IntN(len(whole.data))], whole.version}
	before, _ := ledger.Decode(key, whole.data)
	after, _ := ledger.Decode(key, cut.data)
	for _, e := range before[len(after):] {
		m.torn[e.Resource] = true
	}
	m.data[key] = cut
	return true
}

// wipe deletes what a prefix begins.
func (m *memoryStore) wipe(prefix string) {
	m.keys = slices.DeleteFunc(m.keys, func(key string) bool {
		if strings.HasPrefix(key, prefix) {
			delete(m.data, key)
			delete(m.fences, key) // fences begin anew where the ledger knows none
			return true
		}
		return false
	})
}

// note keeps what an object of the ledger says.
func (m *memoryStore) note(key string, data []byte) {
	entries, _ := ledger.Decode(key, data)
	for _, e := range entries {
		switch e.State {
		case ledger.Intent:
			m.intents[e.Act] = e
		case ledger.Failed:
			m.failures[e.Resource] = e.At
		case ledger.Verified:
			m.verified[e.Act] = true
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
