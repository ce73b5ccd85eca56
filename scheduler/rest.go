package scheduler

import (
	"reflect"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Most looks at a scope find most of it as it was a few minutes ago, and nothing due. A planner keeps what it found at rest, and takes its
// own word for it as long as neither the resource nor what is remembered of it has changed and no edge has come. It finds the same
// without: this saves time only.

// rest is what a planner found at rest at its last look at a scope, resource by resource in the snapshot's order.
type rest struct {
	memory map[fleet.ARN]fleet.Remembered // that the look returned; another one is not known to say the same
	taken  int64
	items  []atRest
	usable bool // for the look that is being made

	// What was missing is searched for again when another number of known resources is listed, when one of them came or went, and at review.
	settled bool
	known   int
	review  int64
}

// nothingMissed reports whether the search for what is missing would find what it found at the last look.
func (k *rest) nothingMissed(r *run) bool {
	return k != nil && k.usable && k.settled && !r.moved && k.known == r.known && r.now < k.review
}

// atRest is one resource with nothing to do, nothing to say and nothing to remember anew.
type atRest struct {
	ok      bool
	optedIn bool
	until   int64 // when its next edge is due; zero for never
	seen    fleet.Resource
}

// restOf prepares the look at a snapshot.
func (p *Planner) restOf(s *fleet.Snapshot, memory *fleet.Memory, o Options) *rest {
	if len(s.Resources) == 0 || memory == nil || o.Idle || o.Forecast > 0 || len(p.queues) > 0 {
		return nil
	}
	scope := s.Resources[0].Scope
	found := p.rests[scope]
	if found == nil {
		found = &rest{}
		p.rests[scope] = found
	}
	found.usable = sameMap(found.memory, memory.Resources) && s.Taken.Unix() >= found.taken
	found.taken = s.Taken.Unix()
	for len(found.items) < len(s.Resources) {
		found.items = append(found.items, atRest{})
	}
	found.items = found.items[:len(s.Resources)]
	return found
}

// look decides about one resource, unless it is at rest since the last look.
func (r *run) look(kept *rest, i int, res *fleet.Resource) {
	if kept == nil {
		r.consider(res)
		return
	}
	item := &kept.items[i]
	if kept.usable && item.ok && (item.until == 0 || r.now < item.until) && sameSight(&item.seen, res) {
		if item.optedIn {
			r.plan.Totals.OptedIn++
			r.known++
			r.wakeAt(item.until)
		}
		return
	}
	r.calm = atRest{}
	r.consider(res)
	if *item = r.calm; item.ok {
		item.seen = *res
	}
}

// restsAt notes that the resource being considered is at rest until an edge is due.
func (r *run) restsAt(optedIn bool, until int64) {
	r.calm = atRest{ok: true, optedIn: optedIn, until: until}
}

// calmly reports whether the next look would decide the same about a candidate if nothing changed.
func (r *run) calmly(c *candidate) bool {
	return c.decision.verdict == asWanted && c.overrideTag == "" && c.group == "" && c.order == 0 && c.remembered.OverrideEnd.Unix() <= r.now
}

// sameSight reports whether a resource looks the same to a planner.
func sameSight(a, b *fleet.Resource) bool {
	return a.ARN == b.ARN && a.State == b.State && a.Since.Equal(b.Since) && a.ByAWS == b.ByAWS && a.Size == b.Size && a.Lifecycle == b.Lifecycle &&
		a.RestartsAt.Equal(b.RestartsAt) && a.Created.Equal(b.Created) && a.Kind == b.Kind && a.Scope == b.Scope &&
		sameList(a.Tags, b.Tags) && sameList(a.Traits, b.Traits)
}

func sameList[T comparable](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// sameMap reports whether two maps are one, not whether they are equal.
func sameMap(a, b map[fleet.ARN]fleet.Remembered) bool {
	return a != nil && reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// wakeAt notes an instant at which there may be something to do; zero for none.
func (r *run) wakeAt(at int64) {
	if at != 0 && (r.wake == 0 || at < r.wake) {
		r.wake = max(at, r.now+1)
	}
}

// retryAfter is when a sweep looks again at what it acted on, or could not act on yet.
const retryAfter = 5 * time.Minute
