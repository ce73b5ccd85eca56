// Package avoidance estimates how many unit-hours of running a schedule avoided, and how sure that is.
//
// In go resources with the times in which they ran, as one unit or as several at once, and in which offpeak held them off. Freeze makes their
// baselines, once; Measure sets every second since enrolment against them: avoided(h) = baseline(hour of the week) x size now / size then - units
// running(h), hours that our starts induced counting as negative; how often it is on is the baseline's, how large it is stays people's choice. Out
// come claims, totals and 95 % intervals; hours are exact, or an error, and only intervals are floats. The hour of the week is that of UTC: where
// clocks change after the baseline, that moves claims between neighbouring hours. The package knows no prices and claims nothing that it
// cannot bound: without a baseline of its own or of a cohort, a resource is unproven and stays outside the headline.
package avoidance

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

const (
	day         = 24 * 3600 // in seconds
	week        = 7 * day
	weeks       = 4            // of a baseline
	slots       = 7 * 24       // hours of the week
	whole       = weeks * 3600 // the share of an hour of the week in which one unit always ran
	perHour     = 3600 * whole // parts of an hour
	minPeers    = 3            // resources that make a cohort
	weekend     = 3 * day      // seconds that people may switch any machine off that was ever off
	largestSize = 1 << 20      // units of a resource that an opening may have found or set
	idleDays    = 60           // opening days in a row without use, after which nothing is claimed
)

// ErrInput says that a resource, a period or a book cannot be used; the text says which and why.
var ErrInput = errors.New("cannot measure avoidance")

// Span is the time from From until just before To, in whole seconds (fractions are cut off).
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Running is a time in which a resource ran, as so many units. Zero units stand for one.
type Running struct {
	Span
	Units int
}

// Singly returns times in which one unit ran.
func Singly(spans ...Span) []Running {
	ran := make([]Running, 0, len(spans))
	for _, s := range spans {
		ran = append(ran, Running{Span: s})
	}
	return ran
}

func (r Running) level() level { return level{r.stretch(), int64(max(r.Units, 1))} }

// Hours is an exact number of unit-hours, possibly negative, in parts of 1/51,840,000. The zero value is none. It holds twenty million
// years of one unit; a Measurement comes to no more than half of it.
type Hours struct{ parts int64 }

// most is how many parts all baselines and all running of a measurement may come to: so no sum and no difference of them overflows.
// 100,000 resources of 20 units come to 40 % of it in a year.
const most = 1 << 62

// HoursOf returns a duration as hours, cut off to the whole second.
func HoursOf(d time.Duration) Hours { return Hours{int64(d/time.Second) * whole} }

// Add returns the sum.
func (h Hours) Add(other Hours) Hours { return Hours{h.parts + other.parts} }

// Sub returns the difference.
func (h Hours) Sub(other Hours) Hours { return Hours{h.parts - other.parts} }

// Cmp returns -1, 0 or 1 as h is below, equal to or above other.
func (h Hours) Cmp(other Hours) int {
	switch {
	case h.parts < other.parts:
		return -1
	case h.parts > other.parts:
		return 1
	default:
		return 0
	}
}

// IsZero reports whether there are none.
func (h Hours) IsZero() bool { return h.parts == 0 }

// Rat returns the exact number of hours.
func (h Hours) Rat() *big.Rat { return big.NewRat(h.parts, perHour) }

// Float returns the hours for statistics; it is no basis for money.
func (h Hours) Float() float64 { return float64(h.parts) / perHour }

// nanoseconds returns the hours as a duration, rounded to the nanosecond; two million hours fit.
func (h Hours) nanoseconds() time.Duration { return time.Duration(portion(h.parts, 625_000, 9)) }

// portion returns n times of/total, rounded half away from zero. The total is above zero.
func portion(n, of, total int64) int64 {
	doubled := new(big.Int).Mul(big.NewInt(n), big.NewInt(of))
	doubled.Lsh(doubled, 1)
	if doubled.Sign() < 0 {
		doubled.Sub(doubled, big.NewInt(total))
	} else {
		doubled.Add(doubled, big.NewInt(total))
	}
	return doubled.Quo(doubled, new(big.Int).Lsh(big.NewInt(total), 1)).Int64()
}

// String returns the hours rounded to two places, for people.
func (h Hours) String() string { return h.Rat().FloatString(2) }

// MarshalText writes the exact fraction, such as 12 or 37/2.
func (h Hours) MarshalText() ([]byte, error) { return []byte(h.Rat().RatString()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hours) UnmarshalText(text []byte) error {
	r, ok := new(big.Rat).SetString(string(text))
	if ok {
		r.Mul(r, big.NewRat(perHour, 1))
	}
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return fmt.Errorf("%.40q is not a number of hours in parts of 1/%d", text, perHour)
	}
	h.parts = r.Num().Int64()
	return nil
}

// Use says whether a resource was used on a day. The zero value is unknown: without metrics nothing is said.
type Use uint8

// What is known of a day's use.
const (
	UseUnknown Use = iota
	Used
	Idle
)

// OpeningDay is a day with opening hours, from its beginning, and whether the resource was used on it.
type OpeningDay struct {
	Begins time.Time
	Use    Use
}

// Stop is a time in which offpeak held a resource off, as the ledger has it: from our stop until it ran again, and why we stopped it.
type Stop struct {
	Span
	Cause plan.Cause
}

// Resource is what was observed of one resource, in any order.
type Resource struct {
	ARN         fleet.ARN
	Account     fleet.AccountID
	Environment string
	Kind        fleet.Kind
	// Unit names whose habits it follows, such as an owner. Resources of one unit may move together, those of different units are taken
	// as independent; empty is a unit of its own. It has nothing to do with how many units run.
	Unit string
	// Enrolled is when it was first seen opted in; of a control, the instant from which it is compared.
	Enrolled time.Time
	// Control says that it was not opted in and stands in the control group of its environment.
	Control bool
	// Observed is the time for which Ran is the whole truth: from its creation or when it was first seen, until now or until it was
	// gone. Nothing outside is counted.
	//
	// Of a resource whose opt-in was taken away, it ends there.
	Observed Span
	// Ran is when it ran, and as how many units. Entries that overlap add up: three at once are three units.
	Ran []Running
	// Stopped are our stops. Where it ran all the same, with a single unit, it ran: off means no unit at all.
	Stopped []Stop
	// Resets are those openings of ours that found a number of units that people had asked for while we held it off.
	Resets []Reset
	// Days are the opening days since enrolment for which something is known of its use. An unknown or a used day ends a row of idle ones.
	Days []OpeningDay
}

// Reset is an opening of ours at which a resource that people had sized while we held it off got another size: at least the one that it had
// before the stop. What it runs as from then on is ours, and not what people asked for, until they change it in its opening hours.
type Reset struct {
	At time.Time
	// Asked is how many units people asked for, Set how many we set; both are above zero.
	Asked, Set int
}

func (r *Resource) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s: %s", ErrInput, r.ARN, what) }
	switch {
	case r.ARN == "":
		return bad("it has no ARN")
	case r.Enrolled.IsZero():
		return bad("its enrolment is not known")
	case r.Observed.From.IsZero() || !r.Observed.From.Before(r.Observed.To):
		return bad("the time of its observation is empty")
	}
	if _, err := r.Kind.MarshalText(); err != nil {
		return bad(err.Error())
	}
	seen, seconds := r.Observed.stretch(), 0.0
	for _, s := range r.Ran {
		one := s.level()
		switch {
		case s.To.Before(s.From):
			return bad("it ran until before it began, " + s.From.UTC().Format(time.RFC3339))
		case s.Units < 0:
			return bad(fmt.Sprintf("it ran as %d units, %s; none is no entry", s.Units, s.From.UTC().Format(time.RFC3339)))
		}
		seconds += one.secondsWithin(seen)
	}
	if seconds*whole >= most {
		return bad("it ran for more unit-hours than can be counted; look at its units")
	}
	for _, s := range r.Stopped {
		if s.To.Before(s.From) {
			return bad("a stop ends before it begins, " + s.From.UTC().Format(time.RFC3339))
		}
	}
	for _, s := range r.Resets {
		switch at := s.At.UTC().Format(time.RFC3339); {
		case max(s.Asked, s.Set) > largestSize:
			return bad(fmt.Sprintf("%d units were asked for and %d set, %s: more than can be counted", s.Asked, s.Set, at))
		case min(s.Asked, s.Set) <= 0:
			return bad(fmt.Sprintf("an opening set %d units where %d were asked for, %s; none is no size", s.Set, s.Asked, at))
		}
	}
	return nil
}
