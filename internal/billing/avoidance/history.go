package avoidance

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"offpeak/internal/plan"
)

// history is one resource's time since enrolment, sorted and disjoint, beside its baseline.
type history struct {
	*Resource
	baseline Baseline
	ran      []level
	held     []hold    // off, with no unit at all, by our stops
	unheld   []stretch // in which nothing is claimed
	idle     []stretch // rows of idle opening days; part of unheld
	counted  stretch   // since enrolment, as far as observed
}

type hold struct {
	cause plan.Cause
	time  []stretch
}

// historyOf sorts out what was observed. It looks at all of it, whatever period is asked for later, so that a period split in two gives
// the same sum.
func historyOf(r *Resource, b Baseline) history {
	seen := r.Observed.stretch()
	h := history{Resource: r, baseline: b, ran: r.ran(seen)}
	h.counted = seen.within(stretch{r.Enrolled.Unix(), seen.to})
	off := without([]stretch{seen}, on(h.ran))
	var all []stretch
	for _, cause := range causesOf(r.Stopped) {
		var stops []stretch
		for _, s := range r.Stopped {
			if s.Cause == cause {
				stops = append(stops, s.stretch())
			}
		}
		// What two causes claim goes to the one that comes first by name.
		time := common(without(off, all), union(stops))
		h.held = append(h.held, hold{cause, time})
		all = union(append(all, time...))
	}
	h.idle = h.idleRows()
	h.unheld = union(append(h.longStops(off, all), h.idle...))
	return h
}

// bound is what baseline and running of a period come to at most together, in parts.
func (h *history) bound(period stretch) float64 {
	counted := h.counted.within(period)
	bound := h.baseline.peak() * float64(counted.seconds())
	for _, l := range h.ran {
		bound += whole * l.secondsWithin(counted)
	}
	return bound
}

func causesOf(stops []Stop) (causes []plan.Cause) {
	for _, s := range stops {
		if !slices.Contains(causes, s.Cause) {
			causes = append(causes, s.Cause)
		}
	}
	slices.Sort(causes)
	return causes
}

// longStops are the ends of those times without any unit that were not ours and outlasted the longest of the baseline: people's need has
// changed there, and what they switched off themselves is no merit of the schedule. Four weeks see too few weekends for their longest stretch
// to bound the thirteen that follow (who leaves it on every second Friday may have done so on all four, and would lose the claims of all
// other weekends: -2 % in simulation), so that any stretch up to three days is let pass, unless the machine was never off at all. Only
// none is off: people who take away some units for good are told from the schedule by a control group alone.
func (h *history) longStops(off, held []stretch) (beyond []stretch) {
	longest := h.baseline.LongestOff
	if longest > 0 {
		longest = max(longest, weekend)
	}
	for _, theirs := range without(off, held) {
		if theirs.from += longest; theirs.from < theirs.to {
			beyond = append(beyond, theirs)
		}
	}
	return beyond
}

// idleRows are the times in which sixty opening days or more in a row passed without use, from the first one's beginning to the next
// day that was used or of which nothing is known.
func (h *history) idleRows() (rows []stretch) {
	days := slices.DeleteFunc(slices.Clone(h.Days), func(d OpeningDay) bool { return d.Begins.Unix() >= h.counted.to })
	slices.SortFunc(days, func(a, b OpeningDay) int { return cmp.Or(a.Begins.Compare(b.Begins), cmp.Compare(a.Use, b.Use)) })
	for i := 0; i < len(days); {
		n := 0
		for i+n < len(days) && days[i+n].Use == Idle {
			n++
		}
		if n >= idleDays {
			end := h.counted.to
			if i+n < len(days) {
				end = days[i+n].Begins.Unix()
			}
			rows = append(rows, stretch{days[i].Begins.Unix(), end})
		}
		i += max(n, 1)
	}
	return rows
}

// tally is what an hour, or many, came to, in parts.
type tally struct {
	baseline, actual, forgone int64
	avoided                   int64 // baseline - actual - forgone
	claimed                   int64 // seconds in which something may be claimed
	base                      int64 // the baseline in these seconds
}

// reader walks a history forward, hour by hour.
type reader struct {
	*history
	ran, lost, both cursor
}

func (h *history) reader() *reader {
	return &reader{h, cursor{list: h.ran}, cursor{list: single(h.unheld)}, cursor{list: cut(h.ran, h.unheld)}}
}

func (r *reader) read(hour stretch, slot int) (t tally) {
	share := r.baseline.Share[slot]
	lost := r.lost.in(hour)
	t.baseline = share * hour.seconds()
	t.actual = whole * r.ran.in(hour)
	if lost > 0 {
		t.forgone = share*lost - whole*r.both.in(hour)
	}
	t.avoided = t.baseline - t.actual - t.forgone
	t.claimed = hour.seconds() - lost
	t.base = share * t.claimed
	return t
}

// hourly yields every clock hour of a period with what was avoided in it; hours cut by the period count in part.
func (h *history) hourly(period stretch) iter.Seq2[time.Time, Hours] {
	return func(yield func(time.Time, Hours) bool) {
		r, more := h.reader(), h.baseline.Origin != Unproven
		eachHour(h.counted.within(period), func(hour stretch, slot int) {
			if more {
				more = yield(time.Unix(hour.from-hour.from%3600, 0).UTC(), Hours{r.read(hour, slot).avoided})
			}
		})
	}
}
