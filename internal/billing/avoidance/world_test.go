package avoidance_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// The twin worlds: people use machines by seeded draws, once without and once with a schedule (Monday to Friday, 08:00 to 19:00). Both
// worlds have the same people and the same draws, so the truth is known.

const (
	day     = 24 * 3600
	week    = 7 * day
	opening = 8 * 3600
	closing = 19 * 3600
)

var (
	monday   = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	enrolled = monday.AddDate(0, 0, 28)
	quarter  = avoidance.Span{From: enrolled, To: enrolled.AddDate(0, 0, 91)}
)

func at(second int64) time.Time { return monday.Add(time.Duration(second) * time.Second) }

// session is a need: somebody wants the machine from start to end. Unless left on, it is switched off then; off, where it is not zero, is
// when somebody else switches off a machine that was left on.
type session struct {
	start, end int64
	left       bool
	off        int64
}

// habit draws the sessions of a week that begins at a second. Some machines are left on by habit.
type habit func(r *rand.Rand, monday int64) []session

func alwaysOn(_ *rand.Rand, monday int64) []session {
	return []session{{monday, monday + week, true, 0}}
}

// evenings: needed on working days, left on in half of the evenings.
func evenings(r *rand.Rand, monday int64) (s []session) {
	for d := range int64(5) {
		s = append(s, session{monday + d*day + opening, monday + d*day + closing - 600 + r.Int64N(300), r.IntN(2) == 0, 0})
	}
	return s
}

// twoDays: needed on two random days of five, and left on until the next morning.
func twoDays(r *rand.Rand, monday int64) (s []session) {
	for _, d := range r.Perm(5)[:2] {
		today := monday + int64(d)*day
		s = append(s, session{today + opening + r.Int64N(600), today + closing - 600, true, today + day + opening - 300})
	}
	return s
}

// mixed: needed on 80 % of working days, late on 60 %, on some nights and weekends, and sometimes forgotten.
func mixed(r *rand.Rand, monday int64) (s []session) {
	forgotten := func() bool { return r.Float64() < 0.5 }
	for d := range int64(7) {
		today := monday + d*day
		if d < 5 && r.Float64() < 0.8 {
			one := session{today + opening + r.Int64N(2*3600), today + 17*3600 + r.Int64N(5400), forgotten(), 0}
			if r.Float64() < 0.6 {
				one.end = today + closing + 1800 + r.Int64N(3*3600)
			}
			s = append(s, one)
		}
		if d < 5 && r.Float64() < 0.1 {
			start := today + 22*3600 + 1800 + r.Int64N(3600)
			s = append(s, session{start, start + 3*3600, forgotten(), 0})
		}
		if d >= 5 && r.Float64() < 0.15 {
			s = append(s, session{today + 10*3600, today + 16*3600, forgotten(), 0})
		}
	}
	return s
}

// act is somebody switching on or off: a person, or the schedule.
type act struct {
	at        int64
	on, bySch bool
}

// acts are everything that people do between two weeks (from may be negative). The schedule's acts are in it too, from enrolment on:
// who plays the world without it leaves them out.
func acts(r *rand.Rand, h habit, from, to int64) (all []act) {
	for w := from; w < to; w++ {
		for _, s := range h(r, w*week) {
			all = append(all, act{at: s.start, on: true})
			switch {
			case !s.left:
				all = append(all, act{at: s.end})
			case s.off != 0:
				all = append(all, act{at: s.off})
			}
			// Who is cut off by the closing switches on again; in the world without a schedule that changes nothing.
			for d := s.start / day * day; d < s.end; d += day {
				if again := d + closing + 120; s.start < again && again < s.end && !s.left {
					all = append(all, act{at: again, on: true})
				}
			}
		}
		for d := w * week; w >= 4 && d < w*week+5*day; d += day {
			all = append(all, act{at: d + opening, on: true, bySch: true}, act{at: d + closing, bySch: true})
		}
	}
	slices.SortStableFunc(all, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	return all
}

// life is one machine in one world.
type life struct {
	ran  []avoidance.Span
	held []avoidance.Stop
}

func live(all []act, scheduled bool, from, to int64) (l life) {
	on, ours, since := false, false, from
	turn := func(a act) {
		begin := max(since, from)
		if on && begin < a.at {
			l.ran = append(l.ran, avoidance.Span{From: at(begin), To: at(a.at)})
		}
		if ours && begin < a.at {
			l.held = append(l.held, avoidance.Stop{Span: avoidance.Span{From: at(begin), To: at(a.at)}, Cause: plan.BySchedule})
		}
		on, ours, since = a.on, a.bySch && !a.on, a.at
	}
	for _, a := range all {
		if a.at < to && a.on != on && (scheduled || !a.bySch) {
			turn(a)
		}
	}
	turn(act{at: to})
	return l
}

func hoursIn(spans []avoidance.Span, period avoidance.Span) (h avoidance.Hours) {
	for _, s := range spans {
		from, to := s.From, s.To
		if from.Before(period.From) {
			from = period.From
		}
		if period.To.Before(to) {
			to = period.To
		}
		if from.Before(to) {
			h = h.Add(avoidance.HoursOf(to.Sub(from)))
		}
	}
	return h
}

// twin is a machine with its schedule, and the hours that the schedule truly avoided in the quarter.
type twin struct {
	avoidance.Resource
	truth avoidance.Hours
}

func makeTwin(r *rand.Rand, n int, h habit) twin {
	all := acts(r, h, -1, 17)
	without, with := live(all, false, 0, 17*week), live(all, true, 0, 17*week)
	return twin{avoidance.Resource{
		ARN:     fleet.ARN(fmt.Sprintf("arn:aws:ec2:eu-west-1:111122223333:instance/i-%06d", n)),
		Account: "111122223333", Environment: "dev", Kind: fleet.EC2Instance, Enrolled: enrolled,
		Observed: avoidance.Span{From: monday, To: quarter.To}, Ran: with.ran, Stopped: with.held,
	}, hoursIn(without.ran, quarter).Sub(hoursIn(with.ran, quarter))}
}

var habits = []struct {
	name string
	habit
}{{"leave it on in half of the evenings", evenings}, {"two random days of five", twoDays}, {"mixed", mixed}, {"always on", alwaysOn}}

// makeFleet makes n machines of all four kinds of people, most of them mixed.
func makeFleet(r *rand.Rand, n int) (resources []avoidance.Resource, truth avoidance.Hours) {
	for i := range n {
		who := []habit{mixed, evenings, mixed, twoDays, mixed, alwaysOn}[i%6]
		t := makeTwin(r, i, who)
		resources, truth = append(resources, t.Resource), truth.Add(t.truth)
	}
	return resources, truth
}

func measure(t testing.TB, resources []avoidance.Resource, period avoidance.Span) *avoidance.Measurement {
	t.Helper()
	book, err := avoidance.Freeze(avoidance.Book{}, resources)
	if err != nil {
		t.Fatal(err)
	}
	m, err := avoidance.Measure(book, resources, period)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// soak says whether all seeds are to be played, and says loudly when they are not.
func soak(t *testing.T, few, many int) (seeds int) {
	t.Helper()
	if os.Getenv("OFFPEAK_SOAK") == "1" {
		return many
	}
	t.Logf("ONLY A SUBSET: %d of %d seeds are played and the bounds are wider; OFFPEAK_SOAK=1 plays all", few, many)
	return few
}

func source(seed, stream int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), uint64(stream))) }
