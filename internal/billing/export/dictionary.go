package export

// dictionary gives equal values one place in a list, in the order in which they first come.
type dictionary[T comparable] struct {
	list   []T
	bytes  int // of the list in a file
	places map[T]int32
	recent []int32 // the places that were looked up lately, counted from 1; zero is none
	last   T
	at     int32 // of last, -1 if there is none
}

const (
	// rememberBits is how many values a dictionary finds without hashing them, as a power of two: an hour of a few hundred resources.
	rememberBits = 11
	// smallDictionary is up to which length a dictionary needs no memory of what came lately.
	smallDictionary = 1
)

// reset forgets all values.
func (d *dictionary[T]) reset() {
	clear(d.list)
	clear(d.places)
	clear(d.recent)
	var none T
	d.list, d.bytes, d.last, d.at = d.list[:0], 0, none, -1
}

// place is a value's place. Where it is remembered is chosen by the highest bits of hint, which should differ between values and be the same for those that come again.
func (d *dictionary[T]) place(value T, hint uint64, size int) int32 {
	if d.recent == nil && len(d.list) > smallDictionary {
		d.recent = make([]int32, 1<<rememberBits)
	}
	if d.recent == nil {
		return d.lookup(value, size)
	}
	known := &d.recent[hint>>(64-rememberBits)]
	if *known == 0 || d.list[*known-1] != value {
		*known = d.lookup(value, size) + 1
	}
	return *known - 1
}

func (d *dictionary[T]) lookup(value T, size int) int32 {
	if place, ok := d.places[value]; ok {
		return place
	}
	if d.places == nil {
		d.places = map[T]int32{}
	}
	place := int32(len(d.list))
	d.places[value] = place
	d.list = append(d.list, value)
	d.bytes += size
	return place
}
