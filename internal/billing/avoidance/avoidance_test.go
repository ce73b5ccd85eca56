package avoidance_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

// machine is always on before enrolment; ran and held say what happened after it, in hours since.
func machine(name string, ran [][2]float64, held [][2]float64) avoidance.Resource {
	r := avoidance.Resource{
		ARN: fleet.ARN(name), Account: "111122223333", Environment: "dev", Kind: fleet.EC2Instance, Enrolled: enrolled,
		Observed: avoidance.Span{From: monday, To: quarter.To}, Ran: avoidance.Singly(avoidance.Span{From: monday, To: enrolled}),
	}
	for _, s := range ran {
		r.Ran = append(r.Ran, avoidance.Running{Span: after(s)})
	}
	for _, s := range held {
		r.Stopped = append(r.Stopped, avoidance.Stop{Span: after(s), Cause: plan.BySchedule})
	}
	return r
}

func after(hours [2]float64) avoidance.Span {
	at := func(h float64) time.Time { return enrolled.Add(time.Duration(h * float64(time.Hour))) }
	return avoidance.Span{From: at(hours[0]), To: at(hours[1])}
}

func TestHoursOfOneDay(t *testing.T) {
	t.Parallel()
	today := after([2]float64{0, 24})
	for _, row := range []struct {
		name      string
		ran, held [][2]float64
		avoided   string
		forgone   string
	}{
		{"always on, stopped by us for 13 hours", [][2]float64{{0, 11}}, [][2]float64{{11, 24}}, "13", "0"},
		{"parts of hours count by the second", [][2]float64{{0, 10.25}, {12.5, 24}}, [][2]float64{{10.25, 12.5}}, "9/4", "0"},
		{"a person stopped what was always on: nothing", [][2]float64{{0, 11}}, nil, "0", "13"},
		{"a person started it while we held it off", [][2]float64{{0, 11}, {12, 13}}, [][2]float64{{11, 12}, {13, 24}}, "12", "0"},
		{"it ran although the ledger says stopped", [][2]float64{{0, 24}}, [][2]float64{{11, 24}}, "0", "0"},
		{"stops that overlap count once", [][2]float64{{0, 5}, {5, 11}, {11, 11}}, [][2]float64{{11, 20}, {19, 24}}, "13", "0"},
		{"running that overlaps adds up", [][2]float64{{0, 11}, {5, 8}}, [][2]float64{{11, 24}}, "10", "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := measure(t, []avoidance.Resource{machine("i", row.ran, row.held)}, today).Headline()
			if a, f := got.Avoided.Rat().RatString(), got.Forgone.Rat().RatString(); a != row.avoided || f != row.forgone {
				t.Errorf("avoided %s and forgone %s, want %s and %s", a, f, row.avoided, row.forgone)
			}
			if got.Interval.Low != got.Avoided.Float() || got.Interval.High != got.Avoided.Float() {
				t.Errorf("nothing ever varied, but the interval is %+v", got.Interval)
			}
		})
	}
}

func TestInducedHoursAreNegative(t *testing.T) {
	t.Parallel()
	r := machine("i", [][2]float64{{8, 19}}, [][2]float64{{19, 32}})
	r.Ran = r.Ran[1:] // never on before
	got := measure(t, []avoidance.Resource{r}, after([2]float64{0, 24})).Headline()
	if got.Avoided.String() != "-11.00" || got.Induced != got.Avoided || !got.Credit.IsZero() {
		t.Errorf("avoided %s, induced %s, credit %s; want -11.00, -11.00, 0.00", got.Avoided, got.Induced, got.Credit)
	}
}

func TestUnusedMachinesClaimNothing(t *testing.T) {
	t.Parallel()
	days := func(n int) (list []avoidance.OpeningDay) {
		for d := 0; len(list) < n; d++ {
			if d%7 < 5 {
				list = append(list, avoidance.OpeningDay{Begins: enrolled.AddDate(0, 0, d), Use: avoidance.Idle})
			}
		}
		return list
	}
	all := machine("i", [][2]float64{{0, 11}}, [][2]float64{{11, 91 * 24}})
	for _, row := range []struct {
		name   string
		days   []avoidance.OpeningDay
		claims bool
		remove bool
	}{
		{"59 idle days", days(59), true, false},
		{"60 idle days", days(60), false, true},
		{"60 idle days, one of them unknown", func() []avoidance.OpeningDay { d := days(60); d[30].Use = avoidance.UseUnknown; return d }(), true, false},
		{"60 idle days, then used", func() []avoidance.OpeningDay { d := days(61); d[60].Use = avoidance.Used; return d }(), true, false},
		{"nothing known", nil, true, false},
	} {
		all.Days = row.days
		c := measure(t, []avoidance.Resource{all}, quarter).Claims[0]
		if claims := !c.Avoided.IsZero(); claims != row.claims || c.Delete != row.remove {
			t.Errorf("%s: avoided %s, proposed for deletion %t; want a claim %t, %t", row.name, c.Avoided, c.Delete, row.claims, row.remove)
		}
	}
}

func TestShortHistories(t *testing.T) {
	t.Parallel()
	list := []avoidance.Resource{machine("a", nil, nil), machine("b", nil, nil), machine("c", nil, nil), machine("new", nil, [][2]float64{{0, 91 * 24}})}
	list[3].Observed.From = enrolled.AddDate(0, 0, -5)
	origin := func() avoidance.Origin {
		return measure(t, list, quarter).Claims[3].Origin
	}
	if got := origin(); got != avoidance.Cohort {
		t.Errorf("with three peers: %s", got)
	}
	list[0].Account = "444455556666"
	if got := origin(); got != avoidance.Cohort {
		t.Errorf("with peers in other accounts: %s", got)
	}
	list[0].Enrolled, list[0].Observed.From = enrolled.AddDate(0, 0, 1), monday
	if got := origin(); got != avoidance.Unproven {
		t.Errorf("with a peer enrolled later: %s", got)
	}
	m := measure(t, list, quarter)
	if c := m.Claims[3]; !c.Avoided.IsZero() || c.Held.IsZero() || m.Headline().Resources != 3 {
		t.Errorf("unproven: avoided %s, held %s, %d in the headline", c.Avoided, c.Held, m.Headline().Resources)
	}
	if lines := m.ByOrigin(); len(lines) != 2 || lines[1].Name != "unproven" || lines[1].Interval.Known {
		t.Errorf("by origin: %+v", lines)
	}
}

func TestTheControlGroupsOwnChangeIsSubtracted(t *testing.T) {
	t.Parallel()
	list := []avoidance.Resource{machine("i", [][2]float64{{0, 12}}, [][2]float64{{12, 24}})}
	for _, name := range []string{"x", "y", "z"} { // needed a quarter less than before
		c := machine(name, [][2]float64{{0, 18}}, nil)
		c.Control = true
		list = append(list, c)
	}
	got := measure(t, list, after([2]float64{0, 24})).Headline()
	if got.Drift.String() != "6.00" || got.Avoided.String() != "6.00" || got.Resources != 1 {
		t.Errorf("avoided %s after a drift of %s over %d resources; want 6.00, 6.00, 1", got.Avoided, got.Drift, got.Resources)
	}
}

func TestHoursAreConserved(t *testing.T) {
	t.Parallel()
	resources, _ := makeFleet(source(1, 1), 60)
	for i := range resources {
		resources[i].Environment = []string{"dev", "stg"}[i%2]
		if i%9 == 0 {
			resources[i].Observed.From = enrolled.AddDate(0, 0, -3)
		}
	}
	m := measure(t, resources, quarter)
	for _, c := range m.Claims {
		var hourly, causes avoidance.Hours
		for _, h := range m.Hourly(&c) {
			hourly = hourly.Add(h)
		}
		for _, share := range c.Causes {
			causes = causes.Add(share.Avoided)
		}
		if c.Avoided.Add(c.Actual).Add(c.Forgone) != c.Baseline || hourly != c.Avoided || causes != c.Avoided {
			t.Errorf("%s: %s avoided + %s ran + %s forgone, baseline %s; hourly %s; by cause %s",
				c.ARN, c.Avoided, c.Actual, c.Forgone, c.Baseline, hourly, causes)
		}
	}
	want := m.Headline().Avoided
	for name, lines := range map[string][]avoidance.Line{
		"origin": m.ByOrigin(), "environment": m.ByEnvironment(), "account": m.ByAccount(), "cause": m.ByCause(), "resource": m.ByResource(),
	} {
		var got avoidance.Hours
		for _, l := range lines {
			got = got.Add(l.Avoided)
			if !l.Interval.Known {
				t.Errorf("%s %s has no interval", name, l.Name)
			}
		}
		if got != want {
			t.Errorf("by %s: %s, want %s", name, got, want)
		}
	}
}

func TestAPeriodSplitInTwoGivesTheSameSum(t *testing.T) {
	t.Parallel()
	resources, _ := makeFleet(source(2, 1), 30)
	whole := measure(t, resources, quarter).Headline().Avoided
	for _, cut := range []time.Duration{time.Hour, 30*24*time.Hour + 17*time.Minute + 3*time.Second, 60 * 24 * time.Hour} {
		first := measure(t, resources, avoidance.Span{From: quarter.From, To: quarter.From.Add(cut)}).Headline().Avoided
		second := measure(t, resources, avoidance.Span{From: quarter.From.Add(cut), To: quarter.To}).Headline().Avoided
		if got := first.Add(second); got != whole {
			t.Errorf("cut after %s: %s + %s, want %s", cut, first, second, whole)
		}
	}
}

func TestOrderOfInputDoesNotMatter(t *testing.T) {
	t.Parallel()
	resources, _ := makeFleet(source(3, 1), 30)
	resources[4].Observed.From = enrolled.AddDate(0, 0, -3)
	want := measure(t, resources, quarter)
	r := source(3, 2)
	for i := range resources {
		ran := slices.Clone(resources[i].Ran)
		r.Shuffle(len(ran), func(a, b int) { ran[a], ran[b] = ran[b], ran[a] })
		resources[i].Ran = ran
	}
	r.Shuffle(len(resources), func(a, b int) { resources[a], resources[b] = resources[b], resources[a] })
	got := measure(t, resources, quarter)
	exact := cmp.Comparer(func(a, b avoidance.Hours) bool { return a == b })
	if diff := cmp.Diff(want.ByResource(), got.ByResource(), exact); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Headline(), got.Headline(), exact); diff != "" {
		t.Error(diff)
	}
}

func TestBaselinesStayFrozen(t *testing.T) {
	t.Parallel()
	resources, _ := makeFleet(source(4, 1), 12)
	resources[5].Observed.From = enrolled.AddDate(0, 0, -3)
	book, err := avoidance.Freeze(avoidance.Book{}, resources)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(book)
	if err != nil {
		t.Fatal(err)
	}
	var read avoidance.Book
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if err := read.Verify(); err != nil {
		t.Error(err)
	}
	resources[0].Ran = nil // history is rewritten: what is frozen stays
	again, err := avoidance.Freeze(read, resources)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := json.Marshal(again); err != nil || string(after) != string(text) {
		t.Errorf("freezing again changed the book (%v)", err)
	}
	b := read.Baselines[resources[1].ARN]
	b.Share[3]++
	read.Baselines[b.ARN] = b
	if _, err := avoidance.Measure(read, resources, quarter); !errors.Is(err, avoidance.ErrInput) {
		t.Errorf("a changed baseline is taken: %v", err)
	}
}

func TestTheHashOfABaselineIsStable(t *testing.T) {
	t.Parallel()
	book, err := avoidance.Freeze(avoidance.Book{}, []avoidance.Resource{machine("i", nil, nil)})
	if err != nil {
		t.Fatal(err)
	}
	const want = "299fcb9594587296d44aa4a5836d752c3c5b8056ec8225cc0c92d8745c3e2eee"
	if got := book.Baselines["i"].Hash; got != want {
		t.Errorf("hash %s, want %s: books that were frozen before cannot be read any more", got, want)
	}
}

func TestValuePricesHourByHour(t *testing.T) {
	t.Parallel()
	m := measure(t, []avoidance.Resource{machine("i", [][2]float64{{0, 10.5}}, [][2]float64{{10.5, 24}})}, after([2]float64{0, 24}))
	rate := func(text string) money.Rate {
		r, err := money.ParseRate(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	value, unpriced := m.Value(&m.Claims[0], func(hour time.Time) (money.Rate, bool) {
		switch h := hour.Sub(enrolled).Hours(); {
		case h < 12:
			return rate("0.2"), true
		case h < 22:
			return rate("0.1"), true
		default:
			return money.Rate{}, false
		}
	})
	if value.String() != "1.3" || unpriced.String() != "2.00" {
		t.Errorf("worth %s and %s hours unpriced, want 1.3 and 2.00", value, unpriced)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	good := machine("i", nil, nil)
	for name, spoil := range map[string]func(*avoidance.Resource){
		"no ARN":         func(r *avoidance.Resource) { r.ARN = "" },
		"no kind":        func(r *avoidance.Resource) { r.Kind = 0 },
		"no enrolment":   func(r *avoidance.Resource) { r.Enrolled = time.Time{} },
		"never observed": func(r *avoidance.Resource) { r.Observed.To = r.Observed.From },
		"ran backwards": func(r *avoidance.Resource) {
			r.Ran = avoidance.Singly(avoidance.Span{From: quarter.To, To: quarter.From})
		},
		"other enrolment": func(r *avoidance.Resource) { r.Enrolled = r.Enrolled.Add(time.Hour) },
	} {
		book, err := avoidance.Freeze(avoidance.Book{}, []avoidance.Resource{good})
		if err != nil {
			t.Fatal(err)
		}
		bad := good
		spoil(&bad)
		if _, err := avoidance.Measure(book, []avoidance.Resource{bad}, quarter); !errors.Is(err, avoidance.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := avoidance.Measure(avoidance.Book{}, []avoidance.Resource{good, good}, quarter); !errors.Is(err, avoidance.ErrInput) {
		t.Errorf("twice the same: %v", err)
	}
	if _, err := avoidance.Measure(avoidance.Book{}, nil, avoidance.Span{From: quarter.From, To: quarter.From}); !errors.Is(err, avoidance.ErrInput) {
		t.Errorf("empty period: %v", err)
	}
}
