package avoidance

import (
	"math/bits"
	"slices"
)

// settled is how many steady hours a size is taken from at least: fewer could multiply a week by what a moment happened to be.
const settled = 24

// scale is the size that people ask for now against that of the baseline: now / then. The zero value stands for 1.
type scale struct{ now, then int64 }

func (s scale) one() bool { return s.now == s.then }

func (s scale) float() float64 {
	if s.one() {
		return 1
	}
	return float64(s.now) / float64(s.then)
}

// parts returns what a share of the baseline comes to at this size from one second of a clock hour to another. It is rounded at both ends,
// half up to a part: so the pieces that an hour is cut into add up to it, and no piece is off by more than a part.
func (s scale) parts(share int64, of stretch) int64 {
	if s.one() {
		return share * of.seconds()
	}
	begin := of.from - second(of.from)
	return s.times(share*(of.to-begin)) - s.times(share*(of.from-begin))
}

// times multiplies parts, which are not negative, with the scale. That the result fits is seen to by history.bound.
func (s scale) times(parts int64) int64 {
	high, low := bits.Mul64(uint64(parts), uint64(s.now))
	low, carry := bits.Add64(low, uint64(s.then)/2, 0)
	quotient, _ := bits.Div64(high+carry, low, uint64(s.then))
	return int64(quotient)
}

// undone returns unit-seconds at the size of the baseline.
func (s scale) undone(ran int64) int64 {
	if s.one() {
		return ran
	}
	return scale{s.then, s.now}.times(ran)
}

// scales are the sizes of a resource by UTC day since its enrolment. The zero value is the baseline's size, always.
//
// The baseline tells how often a resource is on in each hour of the week, and how large it is then. How large it is, people may change for
// good the day after, which is no merit and no fault of a schedule; so the level follows them, and only the rest stays the baseline's. A
// day's scale is the sum of units x On over the steady hours of the seven days about it / the sum of Shape over the same: for one unit, and
// for any size that stays as it was, exactly 1. Hours weigh by how often they were on in the baseline, so that those hardly known count for
// little.
//
// A steady hour is a whole clock hour in which the resource was on throughout and no stop of ours stands, as in the hours before and after
// it: its members neither boot nor drain then, and a size that we left is not people's. (That the number of units is the same for all of it
// is not asked: a group that follows its load would have no such hour, and a bill tells no minutes.)
//
// The seven days lie evenly about the day: calendar weeks, of which Saturday and Sunday have no steady hours, would lag by a day, and where
// a third of all resources grew or shrank for good, claims were 0.4 % off by it. Where the seven days have too few steady hours, days
// before them are added, never after them, so that what was said of a month stands three days later. Only the days until the first scale
// take that one.
type scales struct {
	from int64
	days []scale
}

func (s *scales) at(hour int64) scale {
	if s.days == nil {
		return scale{}
	}
	return s.days[(hour-s.from)/day]
}

// largest is the largest scale, at least 1, for bounds.
func (s *scales) largest() float64 {
	most := 1.0
	for _, d := range s.days {
		most = max(most, d.float())
	}
	return most
}

// sizing sums up steady hours.
type sizing struct {
	now, then int64
	hours     int
}

func (s *sizing) add(o sizing) {
	s.now, s.then, s.hours = s.now+o.now, s.then+o.then, s.hours+o.hours
}

// reach is how many days before and after a day its scale is taken from since enrolment. Within a baseline they are more, since what is divided
// by a noisy scale comes out too large or too small (with three days, groups of a random size each time were 0.3 % off), but never more on one
// side than on the other: a size that grows would be too small for its first days and too large for its last ones.
const (
	reach       = 3
	reachBefore = 10
	levellings  = 2
)

// about returns how many days before and after one of so many days are looked at.
type about func(day, days int) (before, after int)

func since(int, int) (before, after int) { return reach, reach }

func evenly(day, days int) (before, after int) {
	n := max(min(reachBefore, day, days-1-day), 1)
	return n, n
}

// scalesOf follows the size of what ran in a time; free is when it was on and not stopped by us. A baseline that was frozen without On though more than one unit ran in it, or that
// knows nothing or nothing sensible, has none to compare with.
func scalesOf(b *Baseline, ran []level, free []stretch, counted stretch, near about, resets asked) scales {
	if counted.seconds() == 0 || b.Origin == Unproven || b.On == nil && (b.peak() > whole || isSingle(ran)) || b.negative() {
		return scales{}
	}
	s := scales{from: counted.from - (counted.from%day+day)%day}
	sums := make([]sizing, (counted.to-s.from-1)/day+1)
	eachSteady(ran, free, counted, func(hour stretch, slot int, unitSeconds int64) {
		unitSeconds = resets.asked(hour.from, unitSeconds)
		if on := b.on(slot); on > 0 && b.shape(slot) > 0 {
			sums[(hour.from-s.from)/day].add(sizing{unitSeconds * on, 3600 * b.shape(slot), 1})
		}
	})
	s.days = make([]scale, len(sums))
	known := false
	for d := range sums {
		sum := sizing{}
		before, after := near(d, len(sums))
		for at := min(d+after, len(sums)-1); at >= 0 && (at >= d-before || sum.hours < settled); at-- {
			sum.add(sums[at])
		}
		if sum.hours < settled {
			continue
		}
		s.days[d] = scale{sum.now, sum.then}
		for first := 0; !known && first < d; first++ {
			s.days[first] = s.days[d]
		}
		known = true
	}
	return s
}

// asked tells what people asked for of what ran as large as an opening of ours made it.
type asked struct {
	resets []Reset // in order of time
	now    *Reset
}

func newAsked(resets []Reset) asked {
	resets = slices.Clone(resets)
	slices.SortFunc(resets, func(a, b Reset) int { return a.At.Compare(b.At) })
	return asked{resets: resets}
}

// asked returns the unit-seconds of a steady hour as they would have been at the size that people asked for. Hours come in order. A
// reset holds until another one, or until a steady hour shows that people changed the size that it set: by half a unit, since one member that is
// replaced within the hour is no such change.
func (a *asked) asked(hour, unitSeconds int64) int64 {
	for len(a.resets) > 0 && a.resets[0].At.Unix() <= hour {
		a.now, a.resets = &a.resets[0], a.resets[1:]
	}
	if a.now == nil {
		return unitSeconds
	}
	if off := unitSeconds - int64(a.now.Set)*3600; off < -1800 || off > 1800 {
		a.now = nil
		return unitSeconds
	}
	return unitSeconds * int64(a.now.Asked) / int64(a.now.Set)
}

// isSingle reports whether never more than one unit ran.
func isSingle(ran []level) bool {
	for _, l := range ran {
		if l.units > 1 {
			return false
		}
	}
	return true
}

// eachSteady calls f for each steady hour within a window, with the unit-seconds that ran in it.
func eachSteady(ran []level, free []stretch, window stretch, f func(hour stretch, slot int, unitSeconds int64)) {
	seconds := cursor{list: ran}
	for _, s := range free {
		inner := stretch{s.from + 3600, s.to - 3600}.within(window)
		inner.from += (3600 - second(inner.from)) % 3600
		inner.to -= second(inner.to)
		eachHour(inner, func(hour stretch, slot int) { f(hour, slot, seconds.in(hour)) })
	}
}

// second is how many seconds into its clock hour an instant is.
func second(at int64) int64 { return (at%3600 + 3600) % 3600 }

// Portrait is one week of a baseline by the hour of the week: unit-seconds, the same at one size, and seconds in which any unit was on.
type Portrait struct {
	Ran  [slots]int64 `json:"ran"`
	Even [slots]int64 `json:"even"`
	On   [slots]int64 `json:"on"`
}

// steady reports whether it was on throughout an hour of the week and those beside it.
func (p *Portrait) steady(slot int) bool {
	return p.On[slot] == 3600 && p.On[(slot+1)%slots] == 3600 && p.On[(slot+slots-1)%slots] == 3600
}

// varying are unit-hours of four weeks that vary as claims do once the size is followed: those that each week ran, less what its own size makes of
// them: T + what it ran - what the shape comes to at its size, T being a mean week. They are the weeks themselves where the size never changed.
//
// The week's size is read in those hours of the week alone that are open in the measured time (nil is all): what a group would be by night and on
// weekends is not seen there, and where its size goes up and down within the day, most of the error comes from that. Read in all hours, an error of
// groups that are never off would always be none, whatever their size does.
//
// The mean of four weeks was levelled before it was taken, and varies as levelled weeks do; the weeks that are measured are not.
func (b *Baseline) varying(open *[slots]bool) (mean, period [weeks]float64) {
	period = b.hours()
	if b.Weekly == nil {
		return period, period
	}
	for k := range b.Weekly {
		p := &b.Weekly[k]
		mean[k], period[k] = b.residual(p, &p.Even, open), b.residual(p, &p.Ran, open)
	}
	return mean, period
}

// residual is what a week ran less what its own size makes of it.
func (b *Baseline) residual(p *Portrait, ran *[slots]int64, open *[slots]bool) float64 {
	all, shaped, own, sum := int64(0), int64(0), int64(0), sizing{}
	for i, n := range ran {
		on, shape := b.on(i), b.shape(i)
		all, shaped, own = all+b.Share[i], shaped+shape, own+n
		if (open == nil || open[i]) && p.steady(i) && on > 0 && shape > 0 {
			sum.add(sizing{n * on, 3600 * shape, 1})
		}
	}
	if sum.hours < settled/3 {
		return float64(own) / 3600
	}
	return (float64(all)/weeks + float64(own) - scale{sum.now, sum.then}.float()*float64(shaped)/weeks) / 3600
}

// openHours are the hours of the week in which the size can be followed: those that are steady, unless people switch off, more often than not.
func openHours(counted stretch, stops []stretch) *[slots]bool {
	var all, free [slots]int
	var open [slots]bool
	eachHour(counted, func(_ stretch, slot int) { all[slot]++ })
	eachSteady(nil, without([]stretch{counted}, stops), counted, func(_ stretch, slot int, _ int64) { free[slot]++ })
	for slot := range open {
		open[slot] = 2*free[slot] > all[slot]
	}
	return &open
}
