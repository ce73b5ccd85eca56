package avoidance

import (
	"cmp"
	"slices"
)

// stretch is a span in seconds since 1970, half-open.
type stretch struct{ from, to int64 }

func (s stretch) seconds() int64 { return max(s.to-s.from, 0) }

func (s stretch) within(o stretch) stretch { return stretch{max(s.from, o.from), min(s.to, o.to)} }

func (s Span) stretch() stretch { return stretch{s.From.Unix(), s.To.Unix()} }

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

// without returns what of s lies in none of the sorted, disjoint holes.
func (s stretch) without(holes []stretch) (left []stretch) {
	at := s.from
	for _, h := range holes {
		if h.to <= at {
			continue
		}
		if h.from >= s.to {
			break
		}
		if h.from > at {
			left = append(left, stretch{at, h.from})
		}
		at = h.to
	}
	if at < s.to {
		left = append(left, stretch{at, s.to})
	}
	return left
}

// common returns what lies in both of two sorted, disjoint lists.
func common(a, b []stretch) (both []stretch) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if s := a[i].within(b[j]); s.from < s.to {
			both = append(both, s)
		}
		if a[i].to < b[j].to {
			i++
		} else {
			j++
		}
	}
	return both
}

// cursor counts the seconds of a sorted, disjoint list in windows that move forward.
type cursor struct {
	list []stretch
	at   int
}

func (c *cursor) in(window stretch) (seconds int64) {
	for c.at < len(c.list) && c.list[c.at].to <= window.from {
		c.at++
	}
	for i := c.at; i < len(c.list) && c.list[i].from < window.to; i++ {
		seconds += c.list[i].within(window).seconds()
	}
	return seconds
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
