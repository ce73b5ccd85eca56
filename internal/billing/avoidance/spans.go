package avoidance

import (
	"cmp"
	"iter"
	"slices"
)

// stretch is a span in seconds since 1970, half-open.
type stretch struct{ from, to int64 }

func (s stretch) seconds() int64 { return max(s.to-s.from, 0) }

func (s stretch) within(o stretch) stretch { return stretch{max(s.from, o.from), min(s.to, o.to)} }

func (s Span) stretch() stretch { return stretch{s.From.Unix(), s.To.Unix()} }

// level is a stretch in which so many units ran at once.
type level struct {
	stretch
	units int64
}

// secondsWithin returns the unit-seconds of a window, for bounds.
func (l level) secondsWithin(window stretch) float64 {
	return float64(l.within(window).seconds()) * float64(l.units)
}

// stack adds up levels that may overlap into sorted, disjoint ones, as few as there are. It may use the list it is given.
func stack(runs []level) []level {
	if disjoint(runs) {
		return joined(runs)
	}
	type edge struct{ at, units int64 }
	edges := make([]edge, 0, 2*len(runs))
	for _, r := range runs {
		if r.seconds() > 0 {
			edges = append(edges, edge{r.from, r.units}, edge{r.to, -r.units})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	levels, units, since := make([]level, 0, len(edges)), int64(0), int64(0)
	for _, e := range edges {
		if e.at > since && units > 0 {
			levels = append(levels, level{stretch{since, e.at}, units})
		}
		units, since = units+e.units, e.at
	}
	return joined(levels)
}

// disjoint reports whether levels are in order and do not overlap, as most histories come.
func disjoint(levels []level) bool {
	for i := 1; i < len(levels); i++ {
		if levels[i].from < levels[i-1].to {
			return false
		}
	}
	return true
}

// joined joins those of sorted, disjoint levels that touch and are alike, in place, and drops the empty ones.
func joined(levels []level) []level {
	few := levels[:0]
	for _, l := range levels {
		switch last := len(few) - 1; {
		case l.seconds() == 0:
		case last >= 0 && few[last].to == l.from && few[last].units == l.units:
			few[last].to = l.to
		default:
			few = append(few, l)
		}
	}
	return few
}

// single returns stretches as levels of one unit.
func single(list []stretch) []level {
	levels := make([]level, 0, len(list))
	for _, s := range list {
		levels = append(levels, level{s, 1})
	}
	return levels
}

// on returns the times of sorted, disjoint levels.
func on(levels []level) []stretch {
	list := make([]stretch, 0, len(levels))
	for _, l := range levels {
		if last := len(list) - 1; last >= 0 && list[last].to == l.from {
			list[last].to = l.to
		} else {
			list = append(list, l.stretch)
		}
	}
	return list
}

// cut returns what of sorted, disjoint levels lies in a sorted, disjoint list.
func cut(levels []level, list []stretch) (inside []level) {
	for i, j := 0, 0; i < len(levels) && j < len(list); {
		if s := levels[i].within(list[j]); s.from < s.to {
			inside = append(inside, level{s, levels[i].units})
		}
		if levels[i].to < list[j].to {
			i++
		} else {
			j++
		}
	}
	return inside
}

// union sorts stretches, joins those that touch or overlap and drops the empty ones.
func union(list []stretch) []stretch {
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	joined := list[:0]
	for _, s := range list {
		switch last := len(joined) - 1; {
		case s.seconds() == 0:
		case last >= 0 && s.from <= joined[last].to:
			joined[last].to = max(joined[last].to, s.to)
		default:
			joined = append(joined, s)
		}
	}
	return joined
}

// without returns what of a sorted, disjoint list lies in none of the sorted, disjoint holes.
func without(list, holes []stretch) []stretch {
	left := make([]stretch, 0, len(list)+len(holes))
	next := 0
	for _, s := range list {
		for next < len(holes) && holes[next].to <= s.from {
			next++
		}
		at := s.from
		for i := next; i < len(holes) && holes[i].from < s.to; i++ {
			if holes[i].from > at {
				left = append(left, stretch{at, holes[i].from})
			}
			at = holes[i].to
		}
		if at < s.to {
			left = append(left, stretch{at, s.to})
		}
	}
	return left
}

// common returns what lies in both of two sorted, disjoint lists.
func common(a, b []stretch) []stretch { return on(cut(single(a), b)) }

// cursor counts the unit-seconds of sorted, disjoint levels in windows that move forward.
type cursor struct {
	list []level
	at   int
}

func (c *cursor) in(window stretch) (seconds int64) {
	for _, l := range c.each(window) {
		seconds += l.units * l.seconds()
	}
	return seconds
}

// each yields the levels in a window, cut to it.
func (c *cursor) each(window stretch) iter.Seq2[int, level] {
	for c.at < len(c.list) && c.list[c.at].to <= window.from {
		c.at++
	}
	return func(yield func(int, level) bool) {
		for i := c.at; i < len(c.list) && c.list[i].from < window.to; i++ {
			if !yield(i, level{c.list[i].within(window), c.list[i].units}) {
				return
			}
		}
	}
}

// slot is the hour of the week in UTC; 0 is Monday from midnight. 1 January 1970 was a Thursday.
func slot(second int64) int {
	hour := second / 3600
	if second%3600 < 0 {
		hour--
	}
	return int(((hour+3*24)%slots + slots) % slots)
}

// eachHour calls f for each clock hour of a stretch, the first and last ones cut to it.
func eachHour(s stretch, f func(hour stretch, slot int)) {
	if s.from >= s.to {
		return
	}
	for at, n := s.from, slot(s.from); at < s.to; n = (n + 1) % slots {
		next := at - (at%3600+3600)%3600 + 3600
		f(stretch{at, min(next, s.to)}, n)
		at = next
	}
}
