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

// need is a time in which somebody wants the machine from start to end. Unless left on, it is switched off then; off, where it is not zero, is
// when somebody else switches off a machine that was left on.
type need struct {
	start, end int64
	left       bool
	off        int64
}

// habit draws the needs of a week that begins at a second. Some machines are left on by habit.
type habit func(r *rand.Rand, monday int64) []need

func alwaysOn(_ *rand.Rand, monday int64) []need {
	return []need{{monday, monday + week, true, 0}}
}

// evenings: needed on working days, left on in half of the evenings.
func evenings(r *rand.Rand, monday int64) (s []need) {
	for d := range int64(5) {
		s = append(s, need{monday + d*day + opening, monday + d*day + closing - 600 + r.Int64N(300), r.IntN(2) == 0, 0})
	}
	return s
}

// twoDays: needed on two random days of five, and left on until the next morning.
func twoDays(r *rand.Rand, monday int64) (s []need) {
	for _, d := range r.Perm(5)[:2] {
		today := monday + int64(d)*day
		s = append(s, need{today + opening + r.Int64N(600), today + closing - 600, true, today + day + opening - 300})
	}
	return s
}

// mixed: needed on 80 % of working days, late on 60 %, on some nights and weekends, and sometimes forgotten.
func mixed(r *rand.Rand, monday int64) (s []need) {
	forgotten := func() bool { return r.Float64() < 0.5 }
	for d := range int64(7) {
		today := monday + d*day
		if d < 5 && r.Float64() < 0.8 {
			one := need{today + opening + r.Int64N(2*3600), today + 17*3600 + r.Int64N(5400), forgotten(), 0}
			if r.Float64() < 0.6 {
				one.end = today + closing + 1800 + r.Int64N(3*3600)
			}
			s = append(s, one)
		}
		if d < 5 && r.Float64() < 0.1 {
			start := today + 22*3600 + 1800 + r.Int64N(3600)
			s = append(s, need{start, start + 3*3600, forgotten(), 0})
		}
		if d >= 5 && r.Float64() < 0.15 {
			s = append(s, need{today + 10*3600, today + 16*3600, forgotten(), 0})
		}
	}
	return s
}

// act is somebody setting how many units run, none being off: a person, or the schedule, whose openings bring back the size it last had.
type act struct {
	at    int64
	units int
	bySch bool
	// resize changes how many units it runs as, at once if it runs, else when it is next switched on by anyone.
	resize bool
}

// acts are everything that people do between two weeks (from may be negative). The schedule's acts are in it too, from enrolment on:
// who plays the world without it leaves them out.
func acts(r *rand.Rand, h habit, from, to int64) (all []act) {
	for w := from; w < to; w++ {
		for _, s := range h(r, w*week) {
			all = append(all, act{at: s.start, units: 1})
			switch {
			case !s.left:
				all = append(all, act{at: s.end})
			case s.off != 0:
				all = append(all, act{at: s.off})
			}
			// Who is cut off by the closing switches on again; in the world without a schedule that changes nothing.
			for d := s.start / day * day; d < s.end; d += day {
				if again := d + closing + 120; s.start < again && again < s.end && !s.left {
					all = append(all, act{at: again, units: 1})
				}
			}
		}
		for d := w * week; w >= 4 && d < w*week+5*day; d += day {
			all = append(all, act{at: d + opening, units: 1, bySch: true}, act{at: d + closing, bySch: true})
		}
	}
	slices.SortStableFunc(all, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	return all
}

// sized lets people ask for another size each time.
func sized(r *rand.Rand, all []act, most int) []act {
	for i := range all {
		if !all[i].bySch && all[i].units > 0 {
			all[i].units = 1 + r.IntN(most)
		}
	}
	return all
}

// constantly gives people's machine the same size each time.
func constantly(all []act, units int) []act {
	for i := range all {
		all[i].units *= units
	}
	return all
}

// life is one machine in one world.
type life struct {
	ran  []avoidance.Running
	held []avoidance.Stop
}

func live(all []act, scheduled bool, from, to int64) (l life) {
	units, last, wanted, ours, since := 0, 1, 0, false, from
	turn := func(a act) {
		begin := max(since, from)
		if units > 0 && begin < a.at {
			l.ran = append(l.ran, avoidance.Running{Span: avoidance.Span{From: at(begin), To: at(a.at)}, Units: units})
			last = units
		}
		if ours && begin < a.at {
			l.held = append(l.held, avoidance.Stop{Span: avoidance.Span{From: at(begin), To: at(a.at)}, Cause: plan.BySchedule})
		}
		units, ours, since = a.units, a.bySch && a.units == 0, a.at
	}
	for _, a := range all {
		if a.at >= to || a.bySch && !scheduled {
			continue
		}
		switch {
		case a.resize:
			wanted = a.units
			a.units = min(units, 1) * wanted
		case a.bySch && a.units > 0:
			a.units = cmp.Or(units, wanted, last)
		case a.units > 0:
			a.units = cmp.Or(wanted, a.units)
		}
		if a.units != units {
			turn(a)
		}
	}
	turn(act{at: to})
	return l
}

func hoursIn(ran []avoidance.Running, period avoidance.Span) (h avoidance.Hours) {
	for _, s := range ran {
		from, to := s.From, s.To
		if from.Before(period.From) {
			from = period.From
		}
		if period.To.Before(to) {
			to = period.To
		}
		if from.Before(to) {
			h = h.Add(avoidance.HoursOf(to.Sub(from) * time.Duration(max(s.Units, 1))))
		}
	}
	return h
}

// twin is a machine with its schedule, and the hours that the schedule truly avoided in the quarter.
type twin struct {
	avoidance.Resource
	truth avoidance.Hours
}

func twinOf(n int, all []act) twin {
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

// grown are a machine's people of whom every third runs a group of up to 20 units, half of these always with the same number of them.
func grown(r *rand.Rand, h habit) []act {
	all := acts(r, h, -1, 17)
	if r.IntN(3) > 0 {
		return all
	}
	most := 2 + r.IntN(19)
	touched := slices.ContainsFunc(all, func(a act) bool { return !a.bySch && a.units == 0 })
	if !touched || r.IntN(2) == 0 {
		return constantly(all, most)
	}
	return sized(r, all, most)
}

// anyone is who uses the n-th machine of a fleet: all four kinds of people, most of them mixed.
func anyone(n int) habit { return []habit{mixed, evenings, mixed, twoDays, mixed, alwaysOn}[n%6] }

func anyActs(r *rand.Rand, n int) []act  { return acts(r, anyone(n), -1, 17) }
func anyGrown(r *rand.Rand, n int) []act { return grown(r, anyone(n)) }

// makeFleet makes n machines of one unit.
func makeFleet(r *rand.Rand, n int) ([]avoidance.Resource, avoidance.Hours) {
	return makeFleetOf(r, n, anyActs)
}

func makeFleetOf(r *rand.Rand, n int, acts func(*rand.Rand, int) []act) (resources []avoidance.Resource, truth avoidance.Hours) {
	for i := range n {
		t := twinOf(i, acts(r, i))
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
