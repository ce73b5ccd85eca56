package export

import "math"

// Alike says of a row which others it is like, by numbers that its writer's user chooses; zero is none. A machine's rows are alike for many hours, and what they
// have in common need not be looked at again.
type Alike struct {
	// Texts is the same for rows that are equal in all columns of text and of maps of text, but those that tell the hour: CUR's line item id, time interval and
	// invoice id, and FOCUS's invoice id.
	Texts uint32
	// Amounts is the same for rows that are equal in all columns of doubles and of maps of doubles.
	Amounts uint32
}

// momentary columns of text are those that Alike.Texts says nothing of.
func momentary(column string) bool {
	switch column {
	case "identity_line_item_id", "identity_time_interval", "bill_invoice_id", "InvoiceId":
		return true
	default:
		return false
	}
}

// number is what rows are alike by in the column.
func (n *lane) number(a Alike) uint32 {
	if n.kind == double || n.kind == amounts {
		return a.Amounts
	}
	return a.Texts
}

// rowsRemembered is how many rows back it is known where dictionaries have what they hold, as a power of two: some hours of a few hundred machines at work.
const rowsRemembered = 1 << 13

// run is rows one after the other that are like rows one after the other before them. Rows are counted over all batches of a writer.
type run struct {
	rows int
	past int // the first of those before; below zero if these are like none
}

// past is what the last rows were alike by.
type past struct {
	numbers [rowsRemembered]uint32
	seen    [2 * rowsRemembered]sighting // of some numbers, the last one
	runs    []run                        // of the batch
}

type sighting struct {
	number uint32
	row    int
}

// find finds the runs of a batch. An hour's rows are mostly those of the hour before, with some more and some fewer: where a run ends, another begins.
func (p *past) find(first int, alike []Alike, numberOf func(Alike) uint32) []run {
	p.runs = p.runs[:0]
	oldest, next := first+rowsPerBatch-rowsRemembered, -1
	var last run
	for i := range alike {
		number, at, from := numberOf(alike[i]), first+i, -1
		if number != 0 {
			seen := &p.seen[number%uint32(len(p.seen))]
			switch {
			case next >= oldest && next >= 0 && next < at && p.numbers[next%rowsRemembered] == number:
				from = next
			case seen.number == number && seen.row >= oldest:
				from = seen.row
			}
			*seen = sighting{number, at}
		}
		p.numbers[at%rowsRemembered] = number
		if i > 0 && from < 0 == (last.past < 0) && (from < 0 || from == last.past+last.rows) {
			last.rows++
		} else {
			if i > 0 {
				p.runs = append(p.runs, last)
			}
			last = run{1, from}
		}
		if next = -1; from >= 0 {
			next = from + 1
		}
	}
	p.runs = append(p.runs, last)
	return p.runs
}

// remembers reports whether it is of use to remember where the dictionary has what: not where values are written plainly.
func (n *lane) remembers(rows batch) bool { return rows.alike != nil && !n.leaf.wide }

// shredAlike appends a column whose values are all in the dictionary; put appends that of a row that is like none before.
func (n *lane) shredAlike(w *worker, rows batch, runs []run, put func(rows batch, row int) bool) {
	l := n.leaf
	l.rows += rows.rows
	if n.places == nil {
		n.places = make([]int32, rowsRemembered)
	}
	if n.age != l.age {
		n.since, n.age = rows.before, l.age
	}
	defs, nulls, row := w.defs[:rows.rows], 0, 0
	for _, r := range runs {
		unknown := r.rows
		if r.past >= 0 {
			unknown = min(r.rows, max(0, n.since-r.past))
		}
		for i := range r.rows {
			place := int32(-1)
			if i >= unknown {
				if place = n.places[uint(r.past+i)%rowsRemembered]; place >= 0 {
					l.indexes = append(l.indexes, place)
				}
			} else if put(rows, row) {
				place = l.indexes[len(l.indexes)-1]
			}
			n.places[uint(rows.before+row)%rowsRemembered] = place
			if defs[row] = 1; place < 0 {
				defs[row] = 0
				nulls++
			}
			row++
		}
	}
	l.define(defs, nulls)
}

// putText appends a row's text, unless it is null.
func (n *lane) putText(rows batch, row int) bool {
	s := *fieldOf[string](rows, row, n.offset)
	if s == "" && n.nullable {
		return false
	}
	n.leaf.putText(s)
	return true
}

// putDouble appends a row's double, unless it is null.
func (n *lane) putDouble(rows batch, row int) bool {
	if !n.nullable {
		n.leaf.putNumber(math.Float64bits(*fieldOf[float64](rows, row, n.offset)))
		return true
	}
	number := *fieldOf[*float64](rows, row, n.offset)
	if number == nil {
		return false
	}
	n.leaf.putNumber(math.Float64bits(*number))
	return true
}
