package simulation

import (
	"container/heap"
	"math/rand/v2"
)

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
	resumed
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
	at       int64
	sequence int
	machine  *machine
	what     what
	life     int
	unit     *unit // of the machine, where it is about one
	deed     *deed
}

// queue is a heap of events by time, and by the order in which they were scheduled.
type queue []*event

// Len implements heap.Interface.
func (q queue) Len() int { return len(q) }

// Less implements heap.Interface.
func (q queue) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].sequence < q[j].sequence
}

// Swap implements heap.Interface.
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(*event)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return e
}

// at schedules an event.
func (w *World) at(at int64, m *machine, what what, life int) {
	w.push(event{at: at, machine: m, what: what, life: life})
}

func (w *World) push(e event) {
	e.sequence = w.sequence
	w.sequence++
	heap.Push(&w.events, &e)
}

// stream returns random numbers that depend on the seed and on what they are for, and on nothing that was drawn for anything else. So an
// act on one resource shifts no draw of another, and no act shifts what people do.
func stream(seed uint64, name string, purpose uint64) *rand.Rand {
	h := seed ^ 0x9e3779b97f4a7c15
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return rand.New(rand.NewPCG(h, purpose*0xbf58476d1ce4e5b9+1))
}

// falls reports whether a chance comes true.
func (c Chance) falls(r *rand.Rand) bool { return r.IntN(1000) < int(c) }

// between draws a number of seconds in [least, most].
func between(r *rand.Rand, least, most int64) int64 { return least + r.Int64N(most-least+1) }
