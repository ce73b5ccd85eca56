package avoidance_test

import (
	"fmt"
	"testing"

	"offpeak/internal/billing/avoidance"
)

// Three estimators that were considered and rejected, each failing where the one that was built does not. They are given a long baseline
// of sixty weeks, so that it is not noise that fails them.

const before = 60 // weeks of baseline

// view is a machine as the rejected estimators see it: seconds that it ran, hour by hour.
type view struct {
	without, with []float64 // from week -60 to week 17, in parts of an hour
	held          []float64 // off by our stop
	people        []bool    // hours of the quarter's world in which people switched it
}

func viewOf(r []act) (v view, truth float64) {
	without, with := live(r, false, -before*week, 17*week), live(r, true, -before*week, 17*week)
	v.without, v.with = inHours(without.ran), inHours(with.ran)
	var held []avoidance.Running
	for _, s := range with.held {
		held = append(held, avoidance.Running{Span: s.Span})
	}
	v.held, v.people = inHours(held), make([]bool, len(v.with))
	for _, s := range with.ran {
		for _, second := range []int64{s.From.Unix() - monday.Unix(), s.To.Unix() - monday.Unix()} {
			if d := second + before*week; d%day != opening && d%day != closing && d/3600 < int64(len(v.people)) {
				v.people[d/3600] = true
			}
		}
	}
	for h := (before + 4) * 168; h < len(v.with); h++ {
		truth += v.without[h] - v.with[h]
	}
	return v, truth
}

func inHours(ran []avoidance.Running) []float64 {
	hours := make([]float64, (before+17)*168)
	for _, s := range ran {
		for a, to := s.From.Unix()-monday.Unix()+before*week, s.To.Unix()-monday.Unix()+before*week; a < to; {
			next := min(a/3600*3600+3600, to)
			hours[a/3600] += float64(next-a) / 3600
			a = next
		}
	}
	return hours
}

// unconditional is the share of the hour of the week times the hours that we held it off; nothing where it was off already.
func unconditional(v view) (claim float64) {
	var share [168]float64
	for h := range (before + 4) * 168 {
		share[h%168] += v.without[h] / (before + 4)
	}
	for h := (before + 4) * 168; h < len(v.with); h++ {
		claim += share[h%168] * v.held[h]
	}
	return claim
}

// conditioned is P(on at h | state at closing) - actual, from each closing to the next. With untilPeople it ends when people act.
func conditioned(v view, untilPeople bool) (claim float64) {
	type cell struct{ on, n float64 }
	var odds [5][2][72]cell
	window := func(closed int) int { return []int{24, 24, 24, 24, 72}[closed/24%7] }
	state := func(hours []float64, closed int) int {
		if hours[closed-1] > 0.99 { // it ran in the hour before
			return 1
		}
		return 0
	}
	for d := range (before + 17) * 7 {
		closed := d*24 + 19
		if d%7 > 4 || closed+window(closed) >= (before+4)*168 {
			continue
		}
		for i := range window(closed) {
			c := &odds[d%7][state(v.without, closed)][i]
			c.on, c.n = c.on+v.without[closed+i], c.n+1
		}
	}
	for d := (before + 4) * 7; d < (before+17)*7; d++ {
		closed := d*24 + 19
		if d%7 > 4 {
			continue
		}
		for i := range window(closed) {
			if closed+i >= len(v.with) || untilPeople && v.people[closed+i] {
				break
			}
			if c := odds[d%7][state(v.with, closed)][i]; c.n > 0 {
				claim += c.on/c.n - v.with[closed+i]
			} else {
				claim += float64(state(v.with, closed)) - v.with[closed+i]
			}
		}
	}
	return claim
}

// everyHour is the one that was built: the share of the hour of the week less what ran, in every hour.
func everyHour(v view) (claim float64) {
	var share [168]float64
	for h := range (before + 4) * 168 {
		share[h%168] += v.without[h] / (before + 4)
	}
	for h := (before + 4) * 168; h < len(v.with); h++ {
		claim += share[h%168] - v.with[h]
	}
	return claim
}

func TestRejectedEstimatorsFail(t *testing.T) {
	t.Parallel()
	type span struct{ low, high float64 } // of the bias, in hours a machine and week or in parts of the truth
	never := span{-1e9, 1e9}
	var proof table
	t.Run("people", func(t *testing.T) {
		for k, row := range []struct {
			name                            string
			habit                           habit
			relative                        bool
			share, untilPeople, full, built span
		}{
			{"leave it on in half of the evenings", evenings, true, span{-0.60, -0.40}, never, span{-0.05, 0.05}, span{-0.03, 0.03}},
			{"two random days of five", twoDays, false, span{20, 45}, never, span{10, 60}, span{-0.1, 0.1}},
			{"mixed", mixed, true, span{-0.4, -0.1}, span{-0.2, -0.05}, span{0.1, 0.3}, span{-0.03, 0.03}},
			{"always on", alwaysOn, true, span{0, 1e-9}, span{-0.01, 0.01}, span{-0.01, 0.01}, span{-1e-9, 1e-9}},
		} {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				machines := soak(t, 80, 2000)
				r, scale := source(5, k), float64(machines*13)
				var truth, share, until, full, built float64
				for range machines {
					v, true1 := viewOf(acts(r, row.habit, -before-1, 17))
					truth += true1
					share, until, full, built = share+unconditional(v), until+conditioned(v, true), full+conditioned(v, false), built+everyHour(v)
				}
				proof.put(k, fmt.Sprintf("| %s | %d | %+.2f | %+.2f | %+.2f | %+.2f | %+.2f |", row.name, machines, truth/scale, share/scale,
					until/scale, full/scale, built/scale))
				if row.relative {
					scale = truth
				}
				for _, got := range []struct {
					name string
					bias float64
					want span
				}{
					{"unconditional", (share - truth) / scale, row.share},
					{"until people act", (until - truth) / scale, row.untilPeople},
					{"full windows", (full - truth) / scale, row.full},
					{"every hour", (built - truth) / scale, row.built},
				} {
					if got.bias < got.want.low || got.bias > got.want.high {
						t.Errorf("%s: bias %+.3f, want %v: is the simulation still the one that rejected it?", got.name, got.bias, got.want)
					}
				}
			})
		}
	})
	proof.print(t, "| hours a machine and week | machines | truth | rejected: share x stopped hours | rejected: given the closing, until people act "+
		"| rejected: given the closing, full windows | built: share less running, every hour |")
}
