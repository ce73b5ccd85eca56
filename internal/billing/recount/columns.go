package recount

import (
	"cmp"
	"errors"

	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
)

// words is a column of text whose texts are numbered, once for a file: rows are grouped by numbers, not by texts.
type words struct {
	column *export.Text // nil if the file has no such column
	known  map[string]int32
	names  []string // by number; number 0 is the empty text, which is also what a null counts as
	ids    []int32  // by place in the column's list of texts, for one age of it; below zero where it was not asked for yet
	age    int
}

// at is the number of a row's text.
func (w *words) at(row int) int32 {
	if w.column == nil {
		return 0
	}
	place := w.column.Index[row]
	if place < 0 {
		return 0
	}
	if w.age == w.column.Age && int(place) < len(w.ids) {
		if id := w.ids[place]; id >= 0 {
			return id
		}
	}
	return w.number(int(place))
}

func (w *words) number(place int) int32 {
	if w.age != w.column.Age {
		w.ids, w.age = w.ids[:0], w.column.Age
	}
	for len(w.ids) <= place {
		w.ids = append(w.ids, -1)
	}
	text := w.column.Dict[place]
	id, ok := w.known[text]
	if !ok {
		id = int32(len(w.names))
		w.known[text] = id
		w.names = append(w.names, text)
	}
	w.ids[place] = id
	return id
}

// text is a row's text, empty where it is null.
func (w *words) text(row int) string { return w.names[w.at(row)] }

// doubles is a column of doubles.
type doubles struct{ column *export.Double } // nil if the file has no such column

// at is a row's value, or false if it is null.
func (d doubles) at(row int) (float64, bool) {
	if d.column == nil || d.column.Null[row] {
		return 0, false
	}
	return d.column.Value[row], true
}

// add adds a row's value to a sum; a null adds nothing.
func (d doubles) add(to *sum, row int) error {
	if x, ok := d.at(row); ok {
		return to.add(x)
	}
	return nil
}

// times is a column of timestamps.
type times struct{ column *export.Time } // nil if the file has no such column

func (t times) at(row int) (milli int64, null bool) {
	if t.column == nil {
		return 0, true
	}
	return t.column.Milli[row], t.column.Null[row]
}

// reader reads a file's columns; one that is not there, or of another type, is read as null, as in SQL.
type reader struct {
	*export.Scan
	lacks map[string]bool   // columns that cannot be read
	other map[string]string // what is read in the stead of some of them
}

// newReader opens a file for columns that the texts know.
func newReader(f export.File, columns []query.Column) *reader {
	r := &reader{Scan: f.Scan(), lacks: map[string]bool{}, other: map[string]string{}}
	if named(f, columns) {
		return r
	}
	for _, c := range columns {
		r.lacks[c.Name] = !named(f, []query.Column{c})
		if other := query.InsteadOf(c.Name); r.lacks[c.Name] && other != "" && named(f, []query.Column{{Name: other, Type: c.Type}}) {
			r.lacks[c.Name], r.other[c.Name] = false, other
		}
	}
	return r
}

// named says whether all the columns can be read.
func named(f export.File, columns []query.Column) bool {
	probe := f.Scan()
	for _, c := range columns {
		switch c.Type {
		case query.Text:
			probe.Text(c.Name)
		case query.Double:
			probe.Double(c.Name)
		case query.Moment:
			probe.Time(c.Name)
		default:
			probe.Entry(c.Name, "")
		}
	}
	err := probe.Err()
	return errors.Join(err, probe.Close()) == nil
}

func (r *reader) words(name string) *words {
	w := &words{known: map[string]int32{"": 0}, names: []string{""}}
	if !r.lacks[name] {
		w.column = r.Text(cmp.Or(r.other[name], name))
	}
	return w
}

// entries are what a column of maps has under each of the keys.
func (r *reader) entries(name string, keys ...string) (all entries) {
	for _, key := range keys {
		w := &words{known: map[string]int32{"": 0}, names: []string{""}}
		if !r.lacks[name] {
			w.column = r.Entry(name, key)
		}
		all = append(all, w)
	}
	return all
}

func (r *reader) doubles(name string) doubles {
	if r.lacks[name] {
		return doubles{}
	}
	return doubles{r.Double(name)}
}

func (r *reader) times(name string) times {
	if r.lacks[name] {
		return times{}
	}
	return times{r.Time(name)}
}

// entries are several columns, or several keys of a map, the first of which that is there and not empty counts.
type entries []*words

// at is the number of a row's text: which of the columns it is from, and its number there. Several numbers may be the same text; only the empty
// one has always the number 0.
func (e entries) at(row int) int64 {
	for i, w := range e {
		if id := w.at(row); id != 0 {
			return int64(i)<<32 | int64(id)
		}
	}
	return 0
}

// name is the text that a number stands for.
func (e entries) name(number int64) string { return e[number>>32].names[int32(number)] }

func (e entries) text(row int) string { return e.name(e.at(row)) }
