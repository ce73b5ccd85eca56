package avoidance_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// resizes are when a group gets another size, and which, from three weeks before the first Monday until the end of the quarter.
type resizes func(r *rand.Rand) []act

// tracked: target tracking moves the size every half hour or so with the load: large by day, small by night and on weekends, and at random.
func tracked(r *rand.Rand) (all []act) {
	peak := 2 + r.Float64()*28
	for at := int64(-3 * week); at < 17*week; at += 600 + r.Int64N(3600) {
		load, hour := 0.35, (at%day+day)%day/3600
		switch weekday := (at%week + week) % week / day; {
		case weekday < 5 && 8 <= hour && hour < 18:
			load = 1
		case weekday < 5 && 18 <= hour && hour < 22:
			load = 0.6
		}
		all = append(all, act{at: at, units: max(int(peak*load*(0.7+0.6*r.Float64())+0.5), 1), resize: true})
	}
	return all
}

// nowAndThen: somebody sets another size every three weeks or so, a step or two up or down, and it stays so. A walk that begins anywhere, and stays
// where a step would lead outside, has no drift: neither the quarter nor any week has larger groups on average.
func nowAndThen(r *rand.Rand) (all []act) {
	steps := []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32}
	size := r.IntN(len(steps))
	for at := int64(-3 * week); at < 17*week; at += 3600 + int64(r.ExpFloat64()*21*day) {
		all = append(all, act{at: at, units: steps[size], resize: true})
		if next := size + []int{-2, -1, 1, 2}[r.IntN(4)]; next >= 0 && next < len(steps) {
			size = next
		}
	}
	return all
}

// forGood: one size until some time in the quarter, and another one from then on, smaller or larger.
func forGood(r *rand.Rand) []act {
	sizes := [][2]int{{4, 1}, {1, 10}, {20, 2}, {3, 5}, {1, 2}, {8, 6}}[r.IntN(6)]
	return []act{{at: -3 * week, units: sizes[0], resize: true}, {at: 4*week + r.Int64N(13*week), units: sizes[1], resize: true}}
}

// swings: target tracking sets another size every morning and every evening, at random.
func swings(r *rand.Rand) (all []act) {
	low := 1 + r.IntN(5)
	for midnight := int64(-3 * week); midnight < 17*week; midnight += day {
		for _, hour := range []int64{10, 20} {
			all = append(all, act{at: midnight + hour*3600 - 1800 + r.Int64N(3600), units: low + r.IntN(2*low+1), resize: true})
		}
	}
	return all
}

// dominated are fleets whose hours lie in few large groups: of six resources one swings and one is resized now and then, both never off. The others are
// single machines.
func dominated(r *rand.Rand, n int) []act {
	all := acts(r, []habit{alwaysOn, alwaysOn, evenings, alwaysOn, mixed, alwaysOn}[n%6], -1, 17)
	switch n % 6 {
	case 0:
		all = append(all, swings(r)...)
	case 1:
		all = append(all, nowAndThen(r)...)
	}
	slices.SortStableFunc(all, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	return all
}

// resizing are a machine's people of whom every third runs a group that changes its size.
func resizing(r *rand.Rand, h habit, how resizes) []act {
	all := acts(r, h, -1, 17)
	if r.IntN(3) > 0 {
		return all
	}
	all = append(all, how(r)...)
	slices.SortStableFunc(all, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	return all
}

var resizers = []struct {
	name string
	resizes
}{{"follows the load", tracked}, {"resized now and then", nowAndThen}, {"resized for good", forGood}}

func resizingBy(how resizes) func(*rand.Rand, int) []act {
	return func(r *rand.Rand, n int) []act { return resizing(r, anyone(n), how) }
}

// anyResizing are all kinds of people with all kinds of groups, those of one size and of a random one each time among them.
func anyResizing(r *rand.Rand, n int) []act {
	if k := r.IntN(len(resizers) + 1); k < len(resizers) {
		return resizing(r, anyone(n), resizers[k].resizes)
	}
	return anyGrown(r, n)
}

// luck is the error that chance alone makes: the hours by which people used the machine more in the four weeks before the quarter than in its own
// weeks, at the sizes that they asked for. Sizes are drawn apart from uses, so that it is nothing on average, for any estimator; what remains
// of an estimator's error without it has the same mean and much less noise.
func luck(all []act) (hours float64) {
	bare, sizes, asked, drawn := make([]act, 0, len(all)), [17]float64{}, 0.0, 0.0
	wanted, since := 0, int64(0)
	pass := func(to int64) {
		for since < to {
			next := min(since/week*week+week, to)
			sizes[since/week] += float64(wanted) * float64(next-since) / week
			since = next
		}
	}
	for _, a := range all {
		switch {
		case a.resize:
			pass(a.at)
			wanted = a.units
			continue
		case a.units > 0 && !a.bySch:
			asked, drawn = asked+float64(a.units), drawn+1
		}
		a.units = min(a.units, 1)
		bare = append(bare, a)
	}
	pass(17 * week)
	if wanted == 0 {
		for w := range sizes {
			sizes[w] = asked / drawn
		}
	}
	used := [17]float64{}
	for _, s := range live(bare, false, 0, 17*week).ran {
		for a, to := s.From.Unix()-monday.Unix(), s.To.Unix()-monday.Unix(); a < to; {
			next := min(a/week*week+week, to)
			used[a/week] += float64(next-a) / 3600
			a = next
		}
	}
	for w := 4; w < len(used); w++ {
		hours += sizes[w] * ((used[0]+used[1]+used[2]+used[3])/4 - used[w])
	}
	return hours
}
