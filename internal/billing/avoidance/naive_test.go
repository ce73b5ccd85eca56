package avoidance_test

import (
	"math/big"
	"testing"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/plan"
)

// naive is the rules once more, minute by minute and without any thought for speed.
type naive struct {
	units     []int // that ran, minute by minute since the first Monday
	share, on [168]int64
	shape     [168]int64
	longest   int // minutes off, in the baseline
	idle      []bool
	stoppedBy []plan.Cause // the first by name of those whose stop a minute lies in
}

const enrolledAt = 28 * 1440 // the minute of enrolment

func minute(second int64) int { return int(second / 60) }

func readNaively(r avoidance.Resource) *naive {
	minutes := minute(r.Observed.To.Unix() - monday.Unix())
	n := &naive{units: make([]int, minutes), idle: make([]bool, minutes), stoppedBy: make([]plan.Cause, minutes)}
	each := func(s avoidance.Span, f func(m int)) {
		for m := max(minute(s.From.Unix()-monday.Unix()), 0); m < min(minute(s.To.Unix()-monday.Unix()), minutes); m++ {
			f(m)
		}
	}
	for _, s := range r.Ran {
		each(s.Span, func(m int) { n.units[m] += max(s.Units, 1) })
	}
	for _, s := range r.Stopped {
		each(s.Span, func(m int) {
			if n.stoppedBy[m] == "" || s.Cause < n.stoppedBy[m] {
				n.stoppedBy[m] = s.Cause
			}
		})
	}
	off := 0
	for m := range enrolledAt {
		n.share[m/60%168] += int64(60 * n.units[m])
		if n.units[m] > 0 {
			n.on[m/60%168] += 60
		}
		if off++; n.units[m] > 0 {
			off = 0
		}
		n.longest = max(n.longest, off)
	}
	for first := range r.Days {
		last := first
		for last < len(r.Days) && r.Days[last].Use == avoidance.Idle {
			last++
		}
		if last-first >= 60 {
			end := r.Observed.To
			if last < len(r.Days) {
				end = r.Days[last].Begins
			}
			each(avoidance.Span{From: r.Days[first].Begins, To: end}, func(m int) { n.idle[m] = true })
		}
	}
	n.shape = n.share
	n.level()
	n.level()
	return n
}

// level takes sizes out of the shape, days being compared with as many before them as after them.
func (n *naive) level() {
	var levelled [168]big.Rat
	now, then := int64(1), int64(1)
	for h := range enrolledAt / 60 {
		if h%24 == 0 {
			now, then = n.scale(h/24, 0, 28, 10)
		}
		ran := int64(0)
		for m := h * 60; m < h*60+60; m++ {
			ran += int64(60 * n.units[m])
		}
		levelled[h%168].Add(&levelled[h%168], big.NewRat(ran*then, now))
	}
	for i := range levelled { // half up
		up := levelled[i].Add(&levelled[i], big.NewRat(1, 2))
		n.shape[i] = new(big.Int).Div(up.Num(), up.Denom()).Int64()
	}
}

// scale is the size on a day, taken from the days about it within some days, against that of the baseline.
func (n *naive) scale(today, from, to, reach int) (now, then int64) {
	if from == 28 {
		to = (len(n.units) + 1439) / 1440
	}
	for d := today; d < to; d++ { // its own, else the first one that is known
		if now, then, hours := n.sizing(d, from, to, reach); hours >= 24 {
			return now, then
		}
	}
	return 1, 1
}

func (n *naive) sizing(d, from, to, reach int) (now, then int64, hours int) {
	add := func(d int) {
		for h := d * 24; h < d*24+24; h++ {
			if slot := h % 168; n.steady(h, from) && n.shape[slot] > 0 {
				hours, then = hours+1, then+3600*n.shape[slot]
				for m := h * 60; m < h*60+60; m++ {
					now += int64(60*n.units[m]) * n.on[slot]
				}
			}
		}
	}
	if from == 0 {
		reach = max(min(reach, d, 27-d), 1)
	}
	for at := max(d-reach, from); at <= min(d+reach, to-1); at++ {
		add(at)
	}
	for at := d - reach - 1; at >= from && hours < 24; at-- {
		add(at)
	}
	return now, then, hours
}

// steady reports whether it ran in every minute of an hour, and of those beside it, and was not stopped by us; nothing before the baseline is known, and from it nothing after.
func (n *naive) steady(hour, from int) bool {
	end := len(n.units)
	if from == 0 {
		end = enrolledAt
	}
	for m := hour*60 - 60; m < hour*60+120; m++ {
		if m < 0 || m >= end || n.units[m] == 0 || from > 0 && n.stoppedBy[m] != "" {
			return false
		}
	}
	return true
}

// upTo is what a share comes to from the beginning of an hour up to a minute of it, in parts.
func upTo(share int64, minute int, now, then int64) int64 {
	exact := new(big.Int).Mul(big.NewInt(share*int64(minute)*60), big.NewInt(now))
	return exact.Add(exact, big.NewInt(then/2)).Div(exact, big.NewInt(then)).Int64()
}

// sums are in parts of an hour, of which a second of one unit is 14,400.
type sums struct {
	baseline, actual, avoided, forgone, held, resized int64
	causes                                            map[plan.Cause]int64
}

func (n *naive) sum() (s sums) {
	s.causes = map[plan.Cause]int64{}
	longest, off, now, then := n.longest, 0, int64(1), int64(1)
	if longest > 0 {
		longest = max(longest, 3*1440)
	}
	for m, units := range n.units {
		held := units == 0 && n.stoppedBy[m] != ""
		if off++; units > 0 || held {
			off = 0
		}
		if m < enrolledAt {
			continue
		}
		if m%1440 == 0 {
			now, then = n.scale(m/1440, 28, 0, 3)
		}
		share := upTo(n.shape[m/60%168], m%60+1, now, then) - upTo(n.shape[m/60%168], m%60, now, then)
		ran, forgone := int64(60*14400*units), int64(0)
		s.resized += share - 60*n.share[m/60%168]
		if off > longest || n.idle[m] {
			forgone = share - ran
		}
		if held {
			s.held += 60 * 14400
			s.causes[n.stoppedBy[m]] += share
		}
		s.baseline, s.actual, s.forgone, s.avoided = s.baseline+share, s.actual+ran, s.forgone+forgone, s.avoided+share-ran-forgone
	}
	return s
}

func TestTheRulesMinuteByMinute(t *testing.T) {
	t.Parallel()
	forgone, several, resized := 0, 0, 0
	seeds := []int{4202, 3305} // have shapes that lie halfway between two seconds
	for seed := range soak(t, 60, 1000) {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		r := source(seed, 26)
		one := history(r, 1+r.IntN(5))
		got, want := measure(t, []avoidance.Resource{one}, month).Claims[0], readNaively(one).sum()
		for name, pair := range map[string]struct {
			got  avoidance.Hours
			want int64
		}{
			"baseline": {got.Baseline, want.baseline}, "actual": {got.Actual, want.actual}, "avoided": {got.Avoided, want.avoided},
			"forgone": {got.Forgone, want.forgone}, "held": {got.Held, want.held}, "resized": {got.Resized, want.resized},
		} {
			if pair.got.Rat().Cmp(big.NewRat(pair.want, 51_840_000)) != 0 {
				t.Errorf("seed %d: %s is %s, minute by minute it is %s", seed, name, pair.got.Rat(), big.NewRat(pair.want, 51_840_000))
			}
		}
		total := int64(0)
		for _, weight := range want.causes {
			total += weight
		}
		for _, share := range got.Causes {
			if total == 0 {
				if share.Cause != avoidance.NoStop {
					t.Errorf("seed %d: %+v, though nothing was held off", seed, share)
				}
				continue
			}
			fair := big.NewRat(want.avoided, total)
			fair.Mul(fair, big.NewRat(want.causes[share.Cause], 51_840_000))
			off := fair.Sub(fair, share.Avoided.Rat())
			if off.Abs(off).Cmp(big.NewRat(1, 51_840_000)) > 0 {
				t.Errorf("seed %d: %+v of %s, weights %v", seed, share, got.Avoided, want.causes)
			}
		}
		if want.forgone != 0 {
			forgone++
		}
		if want.resized != 0 {
			resized++
		}
		if len(want.causes) > 1 {
			several++
		}
	}
	if forgone < 10 || several < 10 || resized < 10 {
		t.Errorf("too tame: something forgone in %d histories, two causes in %d, resized in %d", forgone, several, resized)
	}
}
