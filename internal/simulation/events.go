package simulation

import "math/rand/v2"

// what happens to a machine.
type what uint8

const (
	newDay what = iota
	booted
	bootFailed
	halted
	awsRestart
	capacityBack
	retried
	evened
	resumed
	stalled
	reopened
	served // these are about one unit
	ended
	searched
	recommended
	warned
	interrupted
	aDeed
	deployed
	forgotten
)

// event is something that will happen. life is the machine's transition that scheduled it: an event of an earlier one is void.
type event struct {
	at      int64
	machine *machine
	what    what
	life    int
	unit    *unit // of the machine, where it is about one
	deed    *deed
}

// queue is a heap of events by time, and by the order in which they were scheduled. It is spelled out because half of what a world does is
// to wait for what comes next.
type queue []entry

// entry is an event with what it is ordered by.
type entry struct {
	at       int64
	sequence int
	event    *event
}

func (a *entry) before(b *entry) bool {
	return a.at < b.at || a.at == b.at && a.sequence < b.sequence
}

func (q *queue) push(e entry) {
	list := append(*q, e)
	i := len(list) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&list[parent]) {
			break
		}
		list[i] = list[parent]
		i = parent
	}
	list[i] = e
	*q = list
}

func (q *queue) pop() *event {
	list := *q
	first, last := list[0].event, list[len(list)-1]
	list[len(list)-1] = entry{}
	list = list[:len(list)-1]
	*q = list
	if len(list) == 0 {
		return first
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(list) {
			break
		}
		if child+1 < len(list) && list[child+1].before(&list[child]) {
			child++
		}
		if !list[child].before(&last) {
			break
		}
		list[i] = list[child]
		i = child
	}
	list[i] = last
	return first
}

// at schedules an event.
func (w *World) at(at int64, m *machine, what what, life int) {
	w.push(event{at: at, machine: m, what: what, life: life})
}

func (w *World) push(e event) {
	var kept *event
	if last := len(w.spent) - 1; last >= 0 {
		kept, w.spent = w.spent[last], w.spent[:last]
	} else {
		kept = new(event)
	}
	*kept = e
	w.events.push(entry{e.at, w.sequence, kept})
	w.sequence++
}

// keep takes a deed for later.
func (w *World) keep(d deed) *deed {
	var kept *deed
	if last := len(w.done) - 1; last >= 0 {
		kept, w.done = w.done[last], w.done[:last]
	} else {
		kept = new(deed)
	}
	*kept = d
	return kept
}

// stream returns random numbers that depend on the seed and on what they are for, and on nothing that was drawn for anything else. So an
// act on one resource shifts no draw of another, and no act shifts what people do.
func stream(seed uint64, name string, purpose uint64) *rand.Rand {
	return newDice().seed(named(seed, name), purpose).rand
}

// named is a seed for a name.
func named(seed uint64, name string) uint64 {
	h := seed ^ 0x9e3779b97f4a7c15
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return h
}

// dice are random numbers that can begin anew, for another purpose.
type dice struct {
	source *rand.PCG
	rand   *rand.Rand
}

func newDice() dice {
	source := rand.NewPCG(0, 0)
	return dice{source, rand.New(source)}
}

func (d dice) seed(named, purpose uint64) dice {
	d.source.Seed(named, purpose*0xbf58476d1ce4e5b9+1)
	return d
}

// falls reports whether a chance comes true.
func (c Chance) falls(r *rand.Rand) bool { return r.IntN(1000) < int(c) }

// between draws a number of seconds in [least, most].
func between(r *rand.Rand, least, most int64) int64 { return least + r.Int64N(most-least+1) }
