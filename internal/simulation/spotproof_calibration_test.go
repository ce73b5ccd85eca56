package simulation_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"offpeak/autospot"
	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
)

// halfway is when the experience of a quarter's first half is counted.
var halfway = proofFrom.AddDate(0, 0, 46)

// forecasts are the mixes that the planner chooses for contestants at an instant.
func (b *bazaar) forecasts(t testing.TB, all []contestant, now time.Time, own map[string]pricing.Experience) []*mix.Answer {
	t.Helper()
	w := simulation.New(b.seed, now, simulation.Faults{})
	w.Launches = true
	for i := range all {
		if err := w.Add(all[i].spec(scope.Account)); err != nil {
			t.Fatal(err)
		}
	}
	seen, err := w.Snapshot(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	s := newTrader(b)
	b.offered(s.known, now)
	_, advices, _ := s.planner.Plan(&seen, s.known, nil, autospot.Options{Experience: map[fleet.Region]map[string]pricing.Experience{scope.Region: own}})
	byARN := map[fleet.ARN]*mix.Answer{}
	for _, a := range advices {
		byARN[a.Subject.ARN] = a.Mix
	}
	answers := make([]*mix.Answer, len(all))
	for i := range all {
		answers[i] = byARN[all[i].spec(scope.Account).ARN]
	}
	return answers
}

// observe lets groups that buy by their mixes, and replace nothing by themselves, live through the quarter.
func (b *bazaar) observe(t testing.TB, all []contestant, answers []*mix.Answer) (takes [][]time.Time, runs [][]simulation.Run) {
	t.Helper()
	w := simulation.New(b.seed, proofFrom, simulation.Faults{})
	w.Launches = true
	b.tell(t, w.Market())
	l := &ledgers{of: map[fleet.ARN]*outcome{}, notice: map[fleet.ARN]map[string]time.Time{}}
	w.Watch, w.Warn = l.changed, l.warned
	for i := range all {
		spec := all[i].spec(others)
		if answers[i] != nil && len(answers[i].Types) > 0 {
			m := simulation.Mix{Base: answers[i].Base, SpotPercent: 100 - answers[i].Percentage}
			for k := range answers[i].Types {
				m.Types = append(m.Types, answers[i].Types[k].Quote.Type)
			}
			spec.Scaling.Mix = &m
		}
		l.of[spec.ARN] = all[i].outcome()
		if err := w.Add(spec); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(proofTo)
	for i := range all {
		arn := all[i].spec(others).ARN
		takes, runs = append(takes, l.of[arn].takes), append(runs, w.Runs(arn))
	}
	return takes, runs
}

// countedBy is an organisation's own experience until an instant: hours of Spot instances by type, and how many were interrupted.
func countedBy(until time.Time, takes [][]time.Time, runs [][]simulation.Run) map[string]pricing.Experience {
	own := map[string]pricing.Experience{}
	for i := range runs {
		taken := map[time.Time]int{}
		for _, at := range takes[i] {
			taken[at]++
		}
		for _, r := range runs[i] {
			if !r.Spot || !r.From.Before(until) {
				continue
			}
			e := own[r.Type]
			end := r.To
			if end.After(until) {
				end = until
			} else if taken[end] > 0 {
				taken[end]--
				e.Interruptions++
			}
			e.Hours += end.Sub(r.From).Hours()
			own[r.Type] = e
		}
	}
	for kind, together := range together(until, runs) {
		e := own[kind]
		e.Together = together
		own[kind] = e
	}
	return own
}

// together is with how many of its type an instance ran in its pool until an instant, itself among them, in the mean of all instance-hours.
func together(until time.Time, runs [][]simulation.Run) map[string]float64 {
	type step struct {
		at time.Time
		by int
	}
	steps := map[simulation.Pool][]step{}
	for _, group := range runs {
		for _, r := range group {
			if end := r.To; r.Spot && r.From.Before(until) {
				if end.After(until) {
					end = until
				}
				p := poolOf(r.Zone, r.Type)
				steps[p] = append(steps[p], step{r.From, 1}, step{end, -1})
			}
		}
	}
	hours, squares := map[string]float64{}, map[string]float64{}
	for p, list := range steps {
		slices.SortFunc(list, func(a, b step) int { return a.at.Compare(b.at) })
		n := 0
		for i, s := range list {
			if i > 0 {
				lasted := s.at.Sub(list[i-1].at).Hours() * float64(n)
				hours[p.Type], squares[p.Type] = hours[p.Type]+lasted, squares[p.Type]+lasted*float64(n)
			}
			n += s.by
		}
	}
	for kind := range squares {
		squares[kind] /= hours[kind]
	}
	return squares
}

// bin is a row of a reliability table.
type bin struct {
	forecast, observed sample
	within             int
}

// bins begin where the last one ends; the last one is open.
var bins = []float64{0.5, 1, 2, 4, 8, math.Inf(1)}

// reliability compares forecasts with what came.
type reliability struct {
	bins   [6]bin
	bySeed map[uint64][2]float64 // forecast, observed
}

func (r *reliability) add(seed uint64, f mix.Forecast, observed int) {
	i := 0
	for f.Interruptions >= bins[i] {
		i++
	}
	b := &r.bins[i]
	b.forecast, b.observed = append(b.forecast, f.Interruptions), append(b.observed, float64(observed))
	if f.Low <= observed && observed <= f.High {
		b.within++
	}
	if r.bySeed == nil {
		r.bySeed = map[uint64][2]float64{}
	}
	s := r.bySeed[seed]
	r.bySeed[seed] = [2]float64{s[0] + f.Interruptions, s[1] + float64(observed)}
}

// ratio is observed by forecast over all seeds, with its standard error: each seed is one draw, as its groups share pools.
func (r *reliability) ratio() (ratio, standardError float64) {
	var forecast, observed sample
	for _, s := range r.bySeed {
		forecast, observed = append(forecast, s[0]), append(observed, s[1])
	}
	ratio = observed.sum() / forecast.sum()
	var residuals sample
	for i := range forecast {
		residuals = append(residuals, observed[i]-ratio*forecast[i])
	}
	return ratio, residuals.standardError() / forecast.mean()
}

func (r *reliability) coverage() (within, all int) {
	for i := range r.bins {
		within, all = within+r.bins[i].within, all+len(r.bins[i].forecast)
	}
	return within, all
}

func (r *reliability) String() string {
	text := ""
	for i := range r.bins {
		if b := &r.bins[i]; len(b.forecast) > 0 {
			text += fmt.Sprintf("\n  below %4.1f: %5d groups, forecast %.2f, observed %.2f, interval holds %.1f %%", bins[i], len(b.forecast), b.forecast.mean(), b.observed.mean(),
				100*float64(b.within)/float64(len(b.forecast)))
		}
	}
	ratio, e := r.ratio()
	within, all := r.coverage()
	return text + fmt.Sprintf("\n  observed by forecast %.3f ± %.3f, interval holds %d of %d, %.1f %%", ratio, e, within, all, 100*float64(within)/float64(all))
}

// rates compare what is thought of the types that were used with how it is, in instance-hours.
type rates struct {
	band, own, truth float64 // interruptions that each would expect in the hours that were lived
	held, types      int     // how many types' intervals hold the truth
}

func (r *rates) add(b *bazaar, own map[string]pricing.Experience, zones map[string]map[string]float64) {
	for kind, e := range own {
		const enough = 500 // hours; who has less has learnt nothing
		if e.Hours < enough {
			continue
		}
		risk := pricing.RiskOf(b.advised[advisedOf(kind)], true, pricing.Experience{})
		learnt := pricing.RiskOf(b.advised[advisedOf(kind)], true, e)
		truth, hours := 0.0, 0.0
		for zone, lived := range zones[kind] {
			truth += lived * float64(b.terms[poolOf(zone, kind)].Interruptions) / 1000 / 720
			hours += lived
		}
		r.band += risk.PerHour() * e.Hours
		r.own += learnt.PerHour() * e.Hours
		r.truth += truth / hours * e.Hours
		r.types++
		if low, high := learnt.Interval(); low <= truth/hours && truth/hours <= high {
			r.held++
		}
	}
}

// calibration is what forecasts and what came are compared by.
type calibration struct {
	lock                                 sync.Mutex
	lived, atEdge, byBand, later, learnt reliability
	known                                rates
	seeds                                int
	// taken are instances, and squares those that went at one instant, squared.
	taken   int
	squares float64
}

// play plays a seed in a climate.
func (c *calibration) play(t *testing.T, seed uint64, kind climate) {
	t.Helper()
	whole, rest := proofTo.Sub(proofFrom).Hours(), proofTo.Sub(halfway).Hours()
	b := newBazaar(t, seed+1000, kind)
	all := b.contestants(groupsOfASeed)
	answers := b.forecasts(t, all, proofFrom, nil)
	takes, runs := b.observe(t, all, answers)
	own := countedBy(halfway, takes, runs)
	again := b.forecasts(t, all, halfway, own)
	c.lock.Lock()
	defer c.lock.Unlock()
	if kind.edge {
		c.cluster(takes)
	}
	for i := range all {
		if answers[i] == nil || again[i] == nil || answers[i].Chosen.Spot == 0 {
			continue
		}
		if kind.edge {
			c.atEdge.add(seed, answers[i].Forecast(whole), len(takes[i]))
			c.lived.add(seed, mix.Forecast{Interruptions: b.expected(runs[i])}, len(takes[i]))
			continue
		}
		c.byBand.add(seed, answers[i].Forecast(whole), len(takes[i]))
		after := 0
		for _, at := range takes[i] {
			if !at.Before(halfway) {
				after++
			}
		}
		c.later.add(seed, answers[i].Forecast(rest), after)
		if again[i].Chosen.Spot == answers[i].Chosen.Spot { // else it tells of another mix than the one that is observed
			c.learnt.add(seed, again[i].Forecast(rest), after)
		}
	}
	if !kind.edge {
		c.known.add(b, own, livedIn(halfway, runs))
		c.seeds++
	}
}

// cluster counts how many instances of a seed were taken at once.
func (c *calibration) cluster(takes [][]time.Time) {
	at := map[time.Time]int{}
	for _, group := range takes {
		for _, instant := range group {
			at[instant]++
			c.taken++
		}
	}
	for _, n := range at {
		c.squares += float64(n * n)
	}
}

// judge compares.
func (c *calibration) judge(t *testing.T) {
	t.Helper()
	t.Logf("every pool at the upper edge of its band:%s", &c.atEdge)
	t.Logf("pools anywhere in their bands, zones from half to one and a half:%s", &c.byBand)
	t.Logf("the second half of the quarter, by the band alone:%s", &c.later)
	t.Logf("the same with what was counted in the first half:%s", &c.learnt)
	k := &c.known
	t.Logf("types with 500 hours and more, %d: the bands say %.2f of the truth, with own counts %.2f; the interval of the rate holds the truth for %d, %.1f %%", k.types,
		k.band/k.truth, k.own/k.truth, k.held, 100*float64(k.held)/float64(k.types))
	ratio, _ := c.lived.ratio()
	// Interruptions come by the cluster, of all groups of a seed at once: the variance of their number is its mean by the mean cluster that one is in.
	cluster := c.squares / float64(c.taken)
	e := math.Sqrt(cluster * ratio / float64(c.taken))
	t.Logf("observed by what the pools that were lived in would take: %.3f ± %.3f; an interrupted instance is one of %.1f at once", ratio, e, cluster)
	if math.Abs(ratio-1) > 3.5*e {
		t.Errorf("%.3f of what the pools would take was taken, give or take %.3f", ratio, e)
	}
	if ratio, _ = c.atEdge.ratio(); ratio-3.5*e > 1 || ratio+3.5*e < 0.8 {
		t.Errorf("at the edge %.3f of the forecast came, give or take %.3f", ratio, e)
	}
	if ratio, e = c.byBand.ratio(); ratio-3.5*e > 1 {
		t.Errorf("%.3f of the forecast came, give or take %.3f: bands are to be on the safe side", ratio, e)
	}
	for name, r := range map[string]*reliability{"by the band": &c.byBand, "with own counts": &c.learnt} {
		// Groups of a seed share pools: what is true of one is nearly true of all, so that each seed counts as one draw.
		if held, all := r.coverage(); float64(held)/float64(all) < 0.95-3.5*math.Sqrt(0.95*0.05/float64(c.seeds)) {
			t.Errorf("%s the interval holds %d of %d", name, held, all)
		}
	}
	if held := float64(k.held) / float64(k.types); held < 0.95-3.5*math.Sqrt(0.95*0.05/float64(c.seeds)) {
		t.Errorf("the interval of a rate with own counts holds the truth in %.1f %%", 100*held)
	}
	if math.Abs(math.Log(k.own/k.truth)) > math.Abs(math.Log(k.band/k.truth)) {
		t.Errorf("own counts lead away from the truth: %.2f of it by the bands, %.2f with them", k.band/k.truth, k.own/k.truth)
	}
}

// TestForecastsAreCalibrated compares how many interruptions are forecast with how many came, for groups that buy what was advised and replace nothing
// by themselves. Where each pool is as bad as its band can be the forecast is a little too high: it takes all chosen types alike, and instances stay for
// longest where they are seldom taken. Where pools are anywhere in their bands it is too high by more, as it takes a band by its upper edge; what an
// organisation counted itself brings it nearer.
func TestForecastsAreCalibrated(t *testing.T) {
	t.Parallel()
	c := &calibration{}
	edge := climates[1]
	edge.edge = true
	proofSeeds(t, 12, 240, func(seed uint64) {
		c.play(t, seed, edge)
		c.play(t, seed, climates[1])
	})
	c.judge(t)
}

// expected is how many interruptions a group's Spot instances would meet by the truth of the pools in which they lived.
func (b *bazaar) expected(runs []simulation.Run) (sum float64) {
	for _, r := range runs {
		if r.Spot {
			sum += r.To.Sub(r.From).Hours() * float64(b.terms[poolOf(r.Zone, r.Type)].Interruptions) / 1000 / 720
		}
	}
	return sum
}

// livedIn is how many hours of Spot each type lived in each zone until an instant.
func livedIn(until time.Time, runs [][]simulation.Run) map[string]map[string]float64 {
	lived := map[string]map[string]float64{}
	for _, group := range runs {
		for _, r := range group {
			if !r.Spot || !r.From.Before(until) {
				continue
			}
			end := r.To
			if end.After(until) {
				end = until
			}
			if lived[r.Type] == nil {
				lived[r.Type] = map[string]float64{}
			}
			lived[r.Type][r.Zone] += end.Sub(r.From).Hours()
		}
	}
	return lived
}
