package avoidance_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

var exactly = cmp.Comparer(func(a, b avoidance.Hours) bool { return a == b })

// group is a machine whose running is given with its units.
func group(name string, ran ...avoidance.Running) avoidance.Resource {
	r := machine(name, nil, nil)
	r.Kind, r.Ran = fleet.AutoScalingGroup, ran
	return r
}

func as(units int, span avoidance.Span) avoidance.Running {
	return avoidance.Running{Span: span, Units: units}
}

func TestUnitHoursOfOneDay(t *testing.T) {
	t.Parallel()
	before := avoidance.Span{From: monday, To: enrolled}
	held := []avoidance.Stop{{Span: after([2]float64{11, 24}), Cause: plan.BySchedule}}
	for _, row := range []struct {
		name                           string
		ran                            []avoidance.Running
		stopped                        []avoidance.Stop
		avoided, induced, forgone, off string
	}{
		{"three units, stopped by us for 13 hours", []avoidance.Running{as(3, before), as(3, after([2]float64{0, 11}))}, held, "39", "0", "0", "13"},
		{"zero units stand for one", []avoidance.Running{as(0, before), as(1, before), as(2, after([2]float64{0, 11}))}, held, "26", "0", "0", "13"},
		{"two entries that are the same are two units", []avoidance.Running{as(1, before), as(1, before), as(2, after([2]float64{0, 11}))}, held, "26", "0", "0", "13"},
		{"entries that overlap in part", []avoidance.Running{
			as(4, before), as(4, after([2]float64{0, 6})), as(1, after([2]float64{5, 11})), as(3, after([2]float64{6, 11})),
		}, held, "51", "-1", "0", "13"},
		{"a single unit left is not off: it was not held", []avoidance.Running{as(3, before), as(3, after([2]float64{0, 11})), as(1, after([2]float64{11, 24}))}, held, "26", "0", "0", "0"},
		{"one unit came back for two hours", []avoidance.Running{as(3, before), as(3, after([2]float64{0, 11})), as(1, after([2]float64{20, 22}))}, held, "37", "0", "0", "11"},
		{"a person took away all units that always ran: nothing", []avoidance.Running{as(3, before), as(3, after([2]float64{0, 11}))}, nil, "0", "0", "39", "0"},
		{"it grew while it ran", []avoidance.Running{as(3, before), as(5, after([2]float64{0, 11}))}, held, "17", "-22", "0", "13"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := group("g", row.ran...)
			r.Stopped = row.stopped
			got := measure(t, []avoidance.Resource{r}, after([2]float64{0, 24})).Headline()
			text := []string{rational(got.Avoided), rational(got.Induced), rational(got.Forgone), rational(got.Held)}
			if want := []string{row.avoided, row.induced, row.forgone, row.off}; !slices.Equal(text, want) {
				t.Errorf("avoided, induced, forgone, held off: %v, want %v", text, want)
			}
		})
	}
}

func rational(h avoidance.Hours) string { return h.Rat().RatString() }

// history draws how a resource ran, as up to so many units at once in one to three layers that overlap, with stops of two causes and with
// days of use. All on whole minutes, for thirty days after enrolment.
func history(r *rand.Rand, most int) avoidance.Resource {
	const end = int64(58 * day)
	one := group("g")
	one.Observed.To = at(end)
	for range 1 + r.IntN(3) {
		for from := r.Int64N(2*day) / 60 * 60; from < end; from += 60 * r.Int64N(1+r.Int64N(5*1440)) {
			to := from + 60*r.Int64N(1+r.Int64N(3*1440))
			one.Ran = append(one.Ran, as(r.IntN(most+1), avoidance.Span{From: at(from), To: at(to)}))
			from = to
		}
	}
	for range r.IntN(20) {
		from := 28*day + 60*r.Int64N(30*1440)
		stop := avoidance.Span{From: at(from), To: at(from + 60*r.Int64N(2*1440))}
		one.Stopped = append(one.Stopped, avoidance.Stop{Span: stop, Cause: []plan.Cause{plan.BySchedule, "other"}[r.IntN(2)]})
	}
	if r.IntN(2) == 0 {
		slices.SortFunc(one.Ran, func(a, b avoidance.Running) int { return a.From.Compare(b.From) })
	}
	if r.IntN(2) == 0 { // opening every eight hours, so that sixty are soon over
		used := 28*day + r.Int64N(30*day)
		for from := int64(28 * day); from < end; from += 8 * 3600 {
			use := avoidance.Idle
			if from <= used && used < from+8*3600 {
				use = avoidance.Used
			}
			one.Days = append(one.Days, avoidance.OpeningDay{Begins: at(from), Use: use})
		}
	}
	return one
}

var month = avoidance.Span{From: enrolled, To: enrolled.AddDate(0, 0, 30)}

// A resource of k units is worth k resources of one.
func TestUnitsMultiply(t *testing.T) {
	t.Parallel()
	forgone, exact := false, 0
	for seed := range 60 {
		r := source(seed, 20)
		one, k := history(r, 1), 2+r.IntN(30)
		many := one
		many.Ran = nil
		for _, s := range one.Ran {
			many.Ran = append(many.Ran, as(k, s.Span))
		}
		a, b := measure(t, []avoidance.Resource{one}, month), measure(t, []avoidance.Resource{many}, month)
		small, large := a.Claims[0], b.Claims[0]
		// Where sizes are followed, Shape is rounded to a second of the four weeks: each of 720 hours may be off by 3,600 parts.
		following, precision := 0, 1e-6
		if !small.Resized.IsZero() {
			following, precision = 720*3600*(k+1), 1e-4
		} else {
			exact++
		}
		forgone = forgone || !small.Forgone.IsZero()
		for name, pair := range map[string][2]avoidance.Hours{
			"baseline": {small.Baseline, large.Baseline}, "actual": {small.Actual, large.Actual}, "avoided": {small.Avoided, large.Avoided},
			"credit": {small.Credit, large.Credit}, "induced": {small.Induced, large.Induced}, "forgone": {small.Forgone, large.Forgone},
			"resized": {small.Resized, large.Resized},
		} {
			if !isTimes(pair[1], pair[0], k, following) {
				t.Errorf("seed %d: %s of %d units: %s, of one: %s", seed, name, k, pair[1].Rat(), pair[0].Rat())
			}
		}
		if small.Held != large.Held || small.Delete != large.Delete || len(small.Causes) != len(large.Causes) {
			t.Fatalf("seed %d: held %s and %s", seed, small.Held, large.Held)
		}
		for i, share := range small.Causes { // where causes share, each is rounded to a part
			rounding := following
			if len(small.Causes) > 1 {
				rounding += k
			}
			if large.Causes[i].Cause != share.Cause || !isTimes(large.Causes[i].Avoided, share.Avoided, k, rounding) {
				t.Errorf("seed %d: %+v of %d units, %+v of one", seed, large.Causes[i], k, share)
			}
		}
		i, j := a.Headline().Interval, b.Headline().Interval
		if math.Abs((j.High-j.Low)-float64(k)*(i.High-i.Low)) > precision*(j.High-j.Low) || math.Abs(i.Freedom-j.Freedom) > 1e-6 {
			t.Errorf("seed %d: the interval of %d units is %+v, of one %+v", seed, k, j, i)
		}
	}
	if !forgone || exact < 10 {
		t.Errorf("too tame: anything forgone: %t; %d histories with nothing resized", forgone, exact)
	}
}

// isTimes reports whether large is k times small, give or take so many parts of an hour.
func isTimes(large, small avoidance.Hours, k, parts int) bool {
	off := new(big.Rat).Mul(small.Rat(), big.NewRat(int64(k), 1))
	off.Sub(off, large.Rat())
	return off.Abs(off).Cmp(big.NewRat(int64(parts), 51_840_000)) <= 0
}

// A resource whose units lie in layers, each running only while the one beneath it runs, is worth its layers: of one Unit they have the same
// interval, too. Each layer is off every night, so that none is
// forgone for longer than another; and none has a steady hour, as a group follows its size and a layer has none.
func TestLayersAddUp(t *testing.T) {
	t.Parallel()
	for seed := range 40 {
		r := source(seed, 21)
		k := 1 + r.IntN(6)
		whole, layers := group("g"), make([]avoidance.Resource, k)
		for i := range layers {
			layers[i] = group(fmt.Sprint("layer ", i))
			layers[i].Unit = "people"
		}
		whole.Unit = "people"
		for d := int64(0); d < 119*day; d += day {
			from, to := d+8*3600, d+8*3600+60*r.Int64N(15*60)
			for i := range layers {
				for _, s := range restless(from, to) {
					layers[i].Ran, whole.Ran = append(layers[i].Ran, as(1, s)), append(whole.Ran, as(1, s))
				}
				from += r.Int64N(max(to-from, 0) + 1)
				to -= r.Int64N(max(to-from, 0) + 1)
			}
			if d >= 28*day {
				stop := avoidance.Stop{Span: avoidance.Span{From: at(d + 23*3600), To: at(d + day + 8*3600)}, Cause: plan.BySchedule}
				whole.Stopped = append(whole.Stopped, stop)
				for i := range layers {
					layers[i].Stopped = append(layers[i].Stopped, stop)
				}
			}
		}
		got, want := measure(t, []avoidance.Resource{whole}, quarter).Headline(), measure(t, layers, quarter).Headline()
		if got.Baseline != want.Baseline || got.Actual != want.Actual || got.Avoided != want.Avoided || got.Forgone != want.Forgone {
			t.Errorf("seed %d: %d units in one: %+v; in layers: %+v", seed, k, got, want)
		}
		if math.Abs(got.Interval.Low-want.Interval.Low) > 1e-6 || math.Abs(got.Interval.High-want.Interval.High) > 1e-6 {
			t.Errorf("seed %d: interval %+v, of the layers %+v", seed, got.Interval, want.Interval)
		}
		if !isTimes(want.Held, got.Held, k, 0) {
			t.Errorf("seed %d: held %s, the layers %s", seed, got.Held, want.Held)
		}
	}
}

// restless is a time without the last minute of each clock hour, so that no hour in it is steady and no size is followed.
func restless(from, to int64) (list []avoidance.Span) {
	for from < to {
		next := from/3600*3600 + 3600
		if end := min(to, next-60); from < end {
			list = append(list, avoidance.Span{From: at(from), To: at(end)})
		}
		from = next
	}
	return list
}

// How time is cut into entries, and in what order they come, does not matter.
func TestEntriesDoNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range 40 {
		r := source(seed, 22)
		one := history(r, 4)
		other := one
		other.Ran = nil
		for _, s := range one.Ran {
			units := max(s.Units, 1)
			cut := s.From.Add(time.Duration(r.Int64N(int64(s.To.Sub(s.From)/time.Second)+1)) * time.Second)
			part := r.IntN(units)
			other.Ran = append(other.Ran, as(units, avoidance.Span{From: s.From, To: cut}), as(units-part, avoidance.Span{From: cut, To: s.To}))
			for range part {
				other.Ran = append(other.Ran, as(0, avoidance.Span{From: cut, To: s.To}))
			}
		}
		r.Shuffle(len(other.Ran), func(a, b int) { other.Ran[a], other.Ran[b] = other.Ran[b], other.Ran[a] })
		got, want := measure(t, []avoidance.Resource{other}, month), measure(t, []avoidance.Resource{one}, month)
		if diff := cmp.Diff(want.Headline(), got.Headline(), exactly); diff != "" || got.Claims[0].Evidence != want.Claims[0].Evidence {
			t.Errorf("seed %d: %s", seed, diff)
		}
	}
}

// Nobody touches it but the schedule: what was avoided is the units times the hours for which they were stopped, to the last second.
func TestAConstantSizeIsExact(t *testing.T) {
	t.Parallel()
	for seed := range 40 {
		r := source(seed, 23)
		k := 1 + r.IntN(20)
		one := twinOf(0, constantly(acts(r, alwaysOn, -1, 17), k))
		stopped := avoidance.Hours{}
		for _, s := range one.Stopped {
			stopped = stopped.Add(avoidance.HoursOf(s.To.Sub(s.From) * time.Duration(k)))
		}
		got := measure(t, []avoidance.Resource{one.Resource}, quarter).Headline()
		if got.Avoided != stopped || got.Avoided != one.truth || got.Interval.Low != got.Interval.High {
			t.Errorf("seed %d: %d units: avoided %s, want %s; interval %+v", seed, k, got.Avoided, stopped, got.Interval)
		}
	}
}

func TestValueFollowsUnits(t *testing.T) {
	t.Parallel()
	rate, err := money.ParseRate("0.25")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range 20 {
		r := source(seed, 24)
		one := history(r, 5)
		if seed == 0 { // more hours than a time.Duration holds
			one = group("g", as(50_000, avoidance.Span{From: monday, To: enrolled}), as(50_000, after([2]float64{0, 7})))
			one.Stopped = []avoidance.Stop{{Span: after([2]float64{7, 720}), Cause: plan.BySchedule}}
		}
		m := measure(t, []avoidance.Resource{one}, month)
		c := &m.Claims[0]
		hourly := avoidance.Hours{}
		for _, h := range m.Hourly(c) {
			hourly = hourly.Add(h)
		}
		value, unpriced := m.Value(c, func(time.Time) (money.Rate, bool) { return rate, true })
		want := new(big.Rat).Mul(c.Avoided.Rat(), big.NewRat(1, 4))
		off := want.Sub(want, value.Decimal().Rat())
		if hourly != c.Avoided || !unpriced.IsZero() || off.Abs(off).Cmp(big.NewRat(1, 1_000_000_000)) > 0 {
			t.Errorf("seed %d: avoided %s, hourly %s, worth %s", seed, c.Avoided, hourly, value)
		}
	}
}

// What an opt-in that was taken away leaves: nothing is claimed, held or said after that instant, whatever went on.
func TestNothingIsClaimedAfterTheOptIn(t *testing.T) {
	t.Parallel()
	left := enrolled.Add(20*24*time.Hour + 90*time.Second)
	full := history(source(25, 25), 3)
	full.Observed.To, full.Days = left, nil
	for d := range 90 { // idle on fifty days that count, and on forty that do not
		full.Days = append(full.Days, avoidance.OpeningDay{Begins: left.Add(time.Duration(d-50) * 8 * time.Hour), Use: avoidance.Idle})
	}
	trimmed := full
	trimmed.Ran, trimmed.Stopped, trimmed.Days = nil, nil, full.Days[:50]
	for _, s := range full.Ran {
		if s.From.Before(left) {
			s.To = slices.MinFunc([]time.Time{s.To, left}, time.Time.Compare)
			trimmed.Ran = append(trimmed.Ran, s)
		}
	}
	for _, s := range full.Stopped {
		if s.From.Before(left) {
			trimmed.Stopped = append(trimmed.Stopped, s)
		}
	}
	got, want := measure(t, []avoidance.Resource{full}, month), measure(t, []avoidance.Resource{trimmed}, avoidance.Span{From: enrolled, To: left})
	if diff := cmp.Diff(want.Headline(), got.Headline(), exactly); diff != "" || want.Headline().Avoided.IsZero() || want.Headline().Held.IsZero() {
		t.Errorf("avoided %s: %s", want.Headline().Avoided, diff)
	}
	for hour := range got.Hourly(&got.Claims[0]) {
		if !hour.Before(left) {
			t.Errorf("something is said of %s", hour)
		}
	}
	later := measure(t, []avoidance.Resource{full}, avoidance.Span{From: left, To: month.To})
	if c := later.Claims[0]; c.Delete || !c.Baseline.IsZero() || !c.Actual.IsZero() || !c.Avoided.IsZero() || !c.Held.IsZero() {
		t.Errorf("afterwards: %+v", later.Headline())
	}
	for d := range 60 {
		full.Days[d] = avoidance.OpeningDay{Begins: left.Add(time.Duration(d-60) * 8 * time.Hour), Use: avoidance.Idle}
	}
	for period, want := range map[avoidance.Span]bool{month: true, {From: left, To: month.To}: false} {
		if c := measure(t, []avoidance.Resource{full}, period).Claims[0]; c.Delete != want {
			t.Errorf("from %s on: proposed for deletion: %t, want %t", period.From, c.Delete, want)
		}
	}
}

func TestTooMuchIsAnErrorAndNeverSilent(t *testing.T) {
	t.Parallel()
	always := avoidance.Span{From: monday, To: quarter.To}
	fleetOf := func(n, units int) (list []avoidance.Resource) {
		for i := range n {
			list = append(list, group(fmt.Sprintf("g%02d", i), as(units, always)))
		}
		return list
	}
	dense := fleetOf(2, 1)
	for i := range dense {
		dense[i].Ran = []avoidance.Running{as(80_000_000_000, avoidance.Span{From: monday, To: monday.Add(time.Hour)})}
	}
	young := fleetOf(5, 4_000_000)
	for i := range young {
		young[i].Observed.From = enrolled
	}
	for _, row := range []struct {
		name            string
		list            []avoidance.Resource
		freezes, counts bool
	}{
		{"twenty million units for a quarter, in one", fleetOf(1, 20_000_000), true, true},
		{"in ten", fleetOf(10, 2_000_000), true, true},
		{"more than one can be", fleetOf(1, 50_000_000), false, false},
		{"more units than there are numbers", fleetOf(1, math.MaxInt), false, false},
		{"more than all together can be", fleetOf(3, 12_000_000), true, false},
		{"without baselines", young, true, true},
		{"a mean that cannot be taken", dense, false, true},
		{"below none", fleetOf(1, -1), false, false},
	} {
		book, err := avoidance.Freeze(avoidance.Book{}, row.list)
		if (err == nil) != row.freezes || err != nil && !errors.Is(err, avoidance.ErrInput) {
			t.Errorf("%s: Freeze: %v", row.name, err)
		}
		m, err := avoidance.Measure(book, row.list, quarter)
		if (err == nil) != row.counts || err != nil && !errors.Is(err, avoidance.ErrInput) {
			t.Errorf("%s: Measure: %v", row.name, err)
		}
		if err == nil {
			if total := m.Headline(); total.Avoided.Add(total.Actual) != total.Baseline || total.Actual.Cmp(avoidance.Hours{}) < 0 {
				t.Errorf("%s: %+v", row.name, total)
			}
		}
	}
	mad := fleetOf(4, 1_000_000) // controls that hardly ran before, and then very much
	for i := range mad[1:] {
		mad[i+1].Control = true
		mad[i+1].Ran = []avoidance.Running{as(1, avoidance.Span{From: monday, To: monday.Add(time.Second)}), as(1_000_000, quarter)}
	}
	book, err := avoidance.Freeze(avoidance.Book{}, mad)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := avoidance.Measure(book, mad, quarter); !errors.Is(err, avoidance.ErrInput) {
		t.Errorf("a drift that cannot be counted: %v", err)
	}
}
