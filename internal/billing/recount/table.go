package recount

// table is a map to sums that finds again without hashing what it found not long ago: a bill repeats its few thousand sorts of rows hour by hour, and a map's hash over
// a row's numbers costs more than all else of the row.
type table[K comparable, V any] struct {
	all    map[K]*V
	place  func(K) uint32 // mixes what differs most often of a key; cheap, and it need not be good
	recent [recently]struct {
		key   K
		value *V
	}
}

// recently is how many sums are found without hashing.
const recently = 1 << 12

func newTable[K comparable, V any](place func(K) uint32) *table[K, V] {
	return &table[K, V]{all: map[K]*V{}, place: place}
}

// at is the sum of a key. It is fresh, and zero, where there was none.
func (t *table[K, V]) at(key K) (value *V, fresh bool) {
	near := &t.recent[t.place(key)*2654435761>>16%recently] // Knuth's multiplier spreads neighbours
	if near.value != nil && near.key == key {
		return near.value, false
	}
	value = t.all[key]
	if fresh = value == nil; fresh {
		value = new(V)
		t.all[key] = value
	}
	near.key, near.value = key, value
	return value, fresh
}
