package scheduler

import (
	"slices"
	"sort"
	"sync/atomic"
	"time"

	"offpeak/scheduler/calendar"
	"offpeak/scheduler/wall"
)

// Edge is a boundary of a schedule: the instant at which it begins to want a state. A closing that a calendar left over (its window
// was not opened that day) is an edge too, although stopped was wanted before.
type Edge struct {
	At   time.Time
	Want wall.State
	Rule string
}

// Reading is what a schedule says at one instant.
type Reading struct {
	State wall.State
	Rule  string // the window or period that decides
	Last  Edge   // the last edge at or before the instant; zero when there is none within reach
	Next  Edge   // the first edge after it; zero when there is none within reach
}

// How far edges are looked for around an instant. Eight years hold a 29 February in any case.
const (
	reachBack    = 4
	reachForward = 9
	margin       = 2 // days drawn beyond a horizon so that holes at its ends are bridged
)

// Compiled is a schedule turned into instants. It grows on demand and may be shared between goroutines.
type Compiled struct {
	Schedule
	Hash    string
	inTag   bool // its hours are written in the tag: they are its name
	horizon atomic.Pointer[horizon]
}

// horizon is a compiled stretch of time: [from, to) in unix seconds, and the segments that begin in it in order.
type horizon struct {
	fromYear, toYear int // whole years of the wall clock, end excluded
	from, to         int64
	segments         []segment
}

// segment is a stretch of time with one state and one rule.
type segment struct {
	at    int64
	state wall.State
	edge  bool // false: only the rule changes here
	rule  string
}

// Compile prepares a schedule for asking. Its zone must be set.
func Compile(s Schedule) *Compiled {
	return &Compiled{Schedule: s, Hash: s.hash(), inTag: s.Pattern != nil && s.Name == s.Pattern.String()}
}

// Constantly reports whether the schedule is always running or always stopped, and so has no edges.
func (c *Compiled) Constantly() bool { return c.Pattern == nil }

// State returns what the schedule wants at an instant.
func (c *Compiled) State(at time.Time) wall.State {
	if c.Constantly() {
		return c.Constant
	}
	state, _ := c.stateAt(at)
	return state
}

// Read returns what the schedule says at an instant.
func (c *Compiled) Read(at time.Time) Reading {
	if c.Constantly() {
		return Reading{State: c.Constant, Rule: c.Constant.String()}
	}
	var r Reading
	r.State, r.Rule = c.stateAt(at)
	r.Last, _ = c.Last(at)
	r.Next, _ = c.Next(at)
	return r
}

// Next returns the first edge after an instant; false when none follows within nine years.
func (c *Compiled) Next(at time.Time) (Edge, bool) {
	if c.Constantly() {
		return Edge{}, false
	}
	year := at.In(c.Zone).Year()
	for h := c.covering(at); ; {
		for _, s := range h.segments[h.after(at.Unix()):] {
			if s.edge {
				return c.edge(s), true
			}
		}
		if h.toYear > year+reachForward {
			return Edge{}, false
		}
		h = c.extend(h.fromYear, h.toYear+2)
	}
}

// Last returns the last edge at or before an instant; false when there was none in the four years before it.
func (c *Compiled) Last(at time.Time) (Edge, bool) {
	if c.Constantly() {
		return Edge{}, false
	}
	year := at.In(c.Zone).Year()
	for h := c.covering(at); ; {
		for i := h.after(at.Unix()) - 1; i >= 0; i-- {
			if h.segments[i].edge {
				return c.edge(h.segments[i]), true
			}
		}
		if h.fromYear < year-reachBack {
			return Edge{}, false
		}
		h = c.extend(h.fromYear-2, h.toYear)
	}
}

// Edges returns the edges in [from, to), in order.
func (c *Compiled) Edges(from, to time.Time) []Edge {
	var edges []Edge
	for at := from.Add(-time.Nanosecond); ; {
		edge, ok := c.Next(at)
		if !ok || !edge.At.Before(to) {
			return edges
		}
		edges = append(edges, edge)
		at = edge.At
	}
}

// HeldBy returns the event of a hold calendar that lasts at an instant, whole.
func (c *Compiled) HeldBy(at time.Time) (calendar.Span, bool) {
	for _, h := range c.Hold {
		// The answer is cut to the time asked for: ask for more until the event ends within it.
		for ahead := time.Second; ; ahead = ahead*4 + 24*time.Hour {
			spans := h.Spans(at, at.Add(ahead), c.Zone)
			if len(spans) == 0 || at.Before(spans[0].From) {
				break
			}
			if spans[0].To.Before(at.Add(ahead)) || ahead > longestHold {
				return spans[0], true
			}
		}
	}
	return calendar.Span{}, false
}

// longestHold is how far the end of a hold is looked for.
const longestHold = 4 * 366 * 24 * time.Hour

func (c *Compiled) edge(s segment) Edge {
	return Edge{time.Unix(s.at, 0).In(c.Zone), s.state, s.rule}
}

func (c *Compiled) stateAt(at time.Time) (wall.State, string) {
	h := c.covering(at)
	s := h.segments[max(h.after(at.Unix())-1, 0)]
	return s.state, s.rule
}

// after returns the index of the first segment that begins after a second.
func (h *horizon) after(second int64) int {
	return sort.Search(len(h.segments), func(i int) bool { return h.segments[i].at > second })
}

// covering returns a horizon that contains an instant.
func (c *Compiled) covering(at time.Time) *horizon {
	h := c.horizon.Load()
	second := at.Unix()
	if h != nil && h.from <= second && second < h.to {
		return h
	}
	year := at.In(c.Zone).Year()
	if h == nil || year < h.fromYear-20 || year > h.toYear+20 {
		return c.extend(year, year+1)
	}
	return c.extend(min(h.fromYear, year-1), max(h.toYear, year+2))
}

// extend compiles the years [from, to) anew and keeps them, unless another goroutine has kept more.
func (c *Compiled) extend(fromYear, toYear int) *horizon {
	first, end := wall.NewDate(fromYear, time.January, 1), wall.NewDate(toYear, time.January, 1)
	h := &horizon{
		fromYear: fromYear, toYear: toYear,
		from: first.At(0).Instant(c.Zone).Unix(), to: end.At(0).Instant(c.Zone).Unix(),
	}
	drawing := c.Pattern.Draw(first-margin, end+margin, c.closed)
	h.segments = cut(segmentsOf(drawing, c.Zone), h.from, h.to)
	c.horizon.Store(h)
	return h
}

// segmentsOf turns stretches of the wall clock into stretches of time. What the clock skips vanishes; a stopped stretch takes the
// rule of the window that ended before it.
func segmentsOf(d wall.Drawing, zone *time.Location) []segment {
	clock := newClock(zone)
	var segments []segment
	for _, s := range d.Stretches {
		from, to := clock.instant(s.From), clock.instant(s.To)
		if from >= to {
			continue
		}
		next := segment{at: from, state: s.State, rule: s.Rule, edge: true}
		if n := len(segments); n > 0 {
			last := segments[n-1]
			next.edge = last.state != next.state
			if next.rule == "" {
				next.rule = last.rule
			}
			if !next.edge && last.rule == next.rule {
				continue
			}
		} else {
			next.edge = false // when it began is not drawn
		}
		segments = append(segments, next)
	}
	for _, m := range d.Marks {
		segments = addMark(segments, clock.instant(m.At), m)
	}
	return segments
}

// addMark makes an edge at an instant at which the schedule wants the mark's state.
func addMark(segments []segment, at int64, m wall.Mark) []segment {
	i := sort.Search(len(segments), func(i int) bool { return segments[i].at > at }) - 1
	switch {
	case i < 0 || segments[i].state != m.State:
		return segments
	case segments[i].at == at:
		segments[i].edge = true
		return segments
	default:
		return slices.Insert(segments, i+1, segment{at: at, state: m.State, rule: m.Rule, edge: true})
	}
}

// cut keeps the segments that begin in [from, to), and the one that covers from.
func cut(segments []segment, from, to int64) []segment {
	first := sort.Search(len(segments), func(i int) bool { return segments[i].at > from }) - 1
	end := sort.Search(len(segments), func(i int) bool { return segments[i].at >= to })
	return slices.Clip(segments[max(first, 0):end])
}
