package avoidance

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"offpeak/internal/plan"
)

// history is one resource's time since enrolment, sorted and disjoint, beside its baseline.
type history struct {
	*Resource
	baseline Baseline
	ran      []level
	held     []hold       // off, with no unit at all, by our stops
	unheld   []stretch    // in which nothing is claimed
	idle     []stretch    // rows of idle opening days; part of unheld
	counted  stretch      // since enrolment, as far as observed
	scales   scales       // of size since enrolment
	open     *[slots]bool // hours of the week in which the size is seen; only where the baseline's changed
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
	if h.largest() < most {
		h.scales = scalesOf(&h.baseline, h.ran, without(on(h.ran), stopsOf(r)), h.counted, since, newAsked(r.Resets))
	}
	if b.Weekly != nil {
		h.open = openHours(h.counted, stopsOf(r))
	}
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

// varying are the baseline's weeks as the interval needs them.
func (h *history) varying() (mean, period [weeks]float64) { return h.baseline.varying(h.open) }

// largest is what the baseline comes to at most in all the time since enrolment, its first hour whole, in parts and at its own size.
func (h *history) largest() float64 { return h.baseline.peak() * float64(h.counted.seconds()+3600) }

// bound is what baseline and running of a period come to at most together, in parts. It is no number where the size cannot be told.
func (h *history) bound(period stretch) float64 {
	if h.largest() >= most {
		return math.Inf(1)
	}
	counted := h.counted.within(period)
	bound := h.baseline.peak() * float64(counted.seconds())
	if h.scales.days != nil { // parts of an hour are told from its beginning on
		bound = h.scales.largest() * (bound + h.baseline.peak()*3600)
	}
	for _, l := range h.ran {
		bound += whole * l.secondsWithin(counted)
	}
	return bound
}

// stopsOf are the times of our stops, whether or not it ran in them.
func stopsOf(r *Resource) []stretch {
	stops := make([]stretch, 0, len(r.Stopped))
	for _, s := range r.Stopped {
		stops = append(stops, s.stretch())
	}
	return union(stops)
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
// none is off: whose units people take away for good is smaller, which its scale follows.
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
	resized                   int64 // baseline - what it would be at the size that it was frozen at
	claimed                   int64 // seconds in which something may be claimed
	base                      int64 // the baseline in these seconds
}

// reader walks a history forward, hour by hour.
type reader struct {
	*history
	ran, lost, both cursor
	held            []cursor
}

func (h *history) reader() *reader {
	r := &reader{h, cursor{list: h.ran}, cursor{list: single(h.unheld)}, cursor{list: cut(h.ran, h.unheld)}, make([]cursor, len(h.held))}
	for i := range h.held {
		r.held[i].list = single(h.held[i].time)
	}
	return r
}

func (r *reader) read(hour stretch, slot int) (t tally) {
	share, now := r.baseline.shape(slot), r.scales.at(hour.from)
	t.baseline = now.parts(share, hour)
	t.actual = whole * r.ran.in(hour)
	t.resized = t.baseline - r.baseline.Share[slot]*hour.seconds()
	t.claimed, t.base = hour.seconds(), t.baseline
	for _, lost := range r.lost.each(hour) {
		t.claimed -= lost.seconds()
		t.base -= now.parts(share, lost.stretch)
	}
	if t.claimed < hour.seconds() {
		t.forgone = t.baseline - t.base - whole*r.both.in(hour)
	}
	t.avoided = t.baseline - t.actual - t.forgone
	return t
}

// heldBy returns the seconds of an hour for which a cause held the resource off, and the baseline in them, in parts.
func (r *reader) heldBy(cause int, hour stretch, slot int) (seconds, parts int64) {
	for _, held := range r.held[cause].each(hour) {
		seconds += held.seconds()
		parts += r.scales.at(hour.from).parts(r.baseline.shape(slot), held.stretch)
	}
	return seconds, parts
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
