package export

import "slices"

// shape is a map as it lies in a file: its entries in the order of their keys, so that equal rows give equal bytes, and where the dictionaries have them.
type shape[V comparable] struct {
	keys   []string
	values []V
	places [2][]int32 // of the keys and of the values
	ages   [2]int     // of the leaves, when the places were looked up
	where  uint64     // the map's whereabouts
	batch  int        // in which it was compared last
	number uint32     // of the rows that have it, zero if they are like no others
	null   bool       // there is no map; it is of use for rows of a number
}

// shapes remembers the maps that came lately. A resource's tags come again with each hour.
type shapes[V comparable] struct {
	recent      []shape[V]
	none, empty shape[V]
	batch       int
}

// shapeBits is how many maps are remembered, as a power of two.
const shapeBits = 12

// of gives the shape of a row's map.
func (s *shapes[V]) of(n *lane, rows batch, row int) *shape[V] {
	if s.recent == nil {
		s.recent = make([]shape[V], 1<<shapeBits)
		s.none.null = true
	}
	if rows.alike == nil || n.number(rows.alike[row]) == 0 {
		return s.find(*fieldOf[map[string]V](rows, row, n.offset))
	}
	number := n.number(rows.alike[row])
	known := &s.recent[number%(1<<shapeBits)]
	if known.number != number {
		m := *fieldOf[map[string]V](rows, row, n.offset)
		if !known.is(m) {
			known.become(m)
		}
		known.null, known.number, known.where = m == nil, number, 0
	}
	return known
}

// find gives the shape of a map.
func (s *shapes[V]) find(m map[string]V) *shape[V] {
	switch {
	case m == nil:
		return &s.none
	case len(m) == 0:
		return &s.empty
	}
	where := whereabouts(m)
	known := &s.recent[where>>(64-shapeBits)]
	if known.where == where && known.batch == s.batch {
		return known // the rows of a batch stand still, so that a map in the same place is the same
	}
	if !known.is(m) {
		known.become(m)
	}
	known.where, known.batch, known.number, known.null = where, s.batch, 0, false
	return known
}

// is compares the entries: the caller may have changed the map since, or given its place to another.
func (s *shape[V]) is(m map[string]V) bool {
	if len(m) != len(s.keys) {
		return false
	}
	for i, key := range s.keys {
		if value, ok := m[key]; !ok || value != s.values[i] {
			return false
		}
	}
	return true
}

func (s *shape[V]) become(m map[string]V) {
	s.keys, s.values = s.keys[:0], s.values[:0]
	for key := range m {
		s.keys = append(s.keys, key)
	}
	slices.Sort(s.keys)
	for _, key := range s.keys {
		s.values = append(s.values, m[key])
	}
	s.ages = [2]int{}
}

// shredMaps appends the keys and the values of the rows' maps. Definition levels: 0 is a null map, 1 an empty one, 2 an entry.
func shredMaps[V comparable](n *lane, known *shapes[V], w *worker, rows batch, put func(*leaf, V)) {
	w.defs, w.reps = w.defs[:0], w.reps[:0]
	entries, nulls := 0, 0
	known.batch++
	for i := range rows.rows {
		s := known.of(n, rows, i)
		w.reps = append(w.reps, 0)
		switch {
		case s.null:
			nulls++
			w.defs = append(w.defs, 0)
		case len(s.keys) == 0:
			w.defs = append(w.defs, 1)
		default:
			putAll(n.leaf, s.keys, &s.places[0], &s.ages[0], (*leaf).putText)
			putAll(n.values, s.values, &s.places[1], &s.ages[1], put)
			entries += len(s.keys)
			w.defs = append(w.defs, 2)
			for range len(s.keys) - 1 {
				w.defs, w.reps = append(w.defs, 2), append(w.reps, 1)
			}
		}
	}
	for _, l := range []*leaf{n.leaf, n.values} {
		if nulls == rows.rows {
			l.defs.run(0, nulls)
			l.reps.run(0, nulls)
		} else {
			l.defs.add(w.defs)
			l.reps.add(w.reps)
		}
		l.nulls += len(w.defs) - entries
		l.rows += rows.rows
	}
}

// putAll appends values whose places in the leaf's dictionary are known if they were looked up since it was begun.
func putAll[V any](l *leaf, values []V, places *[]int32, age *int, put func(*leaf, V)) {
	if !l.wide && *age == l.age {
		l.indexes = append(l.indexes, *places...)
		return
	}
	before := len(l.indexes)
	for _, v := range values {
		put(l, v)
	}
	if !l.wide {
		*places, *age = append((*places)[:0], l.indexes[before:]...), l.age
	}
}
