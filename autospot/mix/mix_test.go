package mix_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

func usd(t testing.TB, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func dollars(t testing.TB, text string) money.USD {
	t.Helper()
	u, err := money.ParseUSD(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// quote is of a type of a family, in a band, at a price; 0.1 is the price on demand.
func quote(t testing.TB, name, mean string, band int, reasons ...pricing.Code) pricing.Quote {
	t.Helper()
	q := pricing.Quote{Type: name, Product: "Linux/UNIX", Mean: usd(t, mean), P95: usd(t, mean), OnDemand: usd(t, "0.1"), Risk: pricing.RiskOf(market.Odds{Band: band}, true, pricing.Experience{})}
	for _, code := range reasons {
		q.Reasons = append(q.Reasons, pricing.Reason{Code: code, Says: "it is so"})
	}
	return q
}

// quotes are of so many types of four families, all alike.
func quotes(t testing.TB, count int, mean string, band int) (all []pricing.Quote) {
	t.Helper()
	for i := range count {
		all = append(all, quote(t, fmt.Sprintf("m%d.x%02d", 4+i%4, i), mean, band))
	}
	return all
}

// ask is a question for ten instances in three zones, of which a quarter may be lost once in ten quarters.
func ask(t testing.TB, change func(*mix.Question)) mix.Question {
	t.Helper()
	q := mix.Question{
		Size: 10, Min: 10, Max: 10, Zones: 3, OnDemand: usd(t, "0.1"), Target: mix.Target{Loss: 25, Odds: 0.1},
		Assumptions: mix.DefaultAssumptions(), Quotes: quotes(t, 20, "0.03", 2),
	}
	if change != nil {
		change(&q)
	}
	return q
}

func codes(reasons []pricing.Reason) string {
	var all []string
	for _, r := range reasons {
		all = append(all, string(r.Code))
		if r.Says == "" {
			all = append(all, "(says nothing)")
		}
	}
	return strings.Join(all, " ")
}

func TestChoose(t *testing.T) {
	t.Parallel()
	type question = mix.Question
	for _, row := range []struct {
		says     string
		change   func(*question)
		onDemand int
		binding  mix.Binding
		refused  string
		noted    string
	}{
		// xn = 2.5: with six on demand, two in each zone, a zone holds 4 - 2 Spot instances at most; with five it may hold 4 - 1.
		{"ten in three zones, a quarter", nil, 6, mix.ByAvailability, "", "zones-above-target"},
		// xn = 3: 4 - 1.
		{"three of ten may go", func(q *question) { q.Target.Loss = 30 }, 3, mix.ByAvailability, "", "zones-above-target"},
		{"half of them may go: no zone holds more than four", func(q *question) { q.Target.Loss = 50 }, 0, mix.ByCost, "", ""},
		{"two zones, half may go", func(q *question) { q.Zones, q.Target.Loss = 2, 50 }, 0, mix.ByCost, "", ""},
		// Size 1 needs its one; 3, 5, 7 and 9 need two, as one zone holds more than half of them.
		{"the same with every size up to ten", func(q *question) { q.Min, q.Zones, q.Target.Loss = 0, 2, 50 }, 2, mix.ByOtherSizes, "", ""},
		// One zone: all Spot instances go at once, no more than two may be.
		{"one zone", func(q *question) { q.Zones = 1 }, 8, mix.ByAvailability, "", ""},
		{"the owner wants seven", func(q *question) { q.Minimum = 7 }, 7, mix.ByOwner, "", ""},
		{"eight are committed", func(q *question) { q.Minimum, q.Committed = 7, 8 }, 8, mix.ByCommitments, "", ""},
		{"all are committed", func(q *question) { q.Committed = 12 }, 10, mix.ByCommitments, "all-on-demand", ""},
		{"the owner wants more than there are", func(q *question) { q.Minimum = 99 }, 10, mix.ByOwner, "all-on-demand", ""},
		{"one instance", func(q *question) { q.Size, q.Max = 1, 1 }, 1, mix.ByAvailability, "all-on-demand", ""},
		{"one instance that may go", func(q *question) { q.Size, q.Min, q.Max, q.Target.Loss = 1, 1, 1, 100 }, 0, mix.ByCost, "", ""},
		{"none", func(q *question) { q.Size, q.Max = 0, 0 }, 0, mix.ByCost, "", ""},
		{"any odds will do", func(q *question) { q.Target.Odds = 1000 }, 0, mix.ByCost, "", ""},
		{"no odds will do: two can never be too many", func(q *question) { q.Target.Odds = 0 }, 8, mix.ByAvailability, "", "zones-above-target"},
		{"an interruption costs a thousand dollars", func(q *question) { q.Interruption = dollars(t, "1000") }, 10, mix.ByCost, "spot-costs-more all-on-demand", ""},
		{"no zone", func(q *question) { q.Zones = 0 }, 0, "", "no-zones", ""},
		{"no price on demand", func(q *question) { q.OnDemand = money.Rate{} }, 10, mix.ByCost, "on-demand-unpriced spot-costs-more all-on-demand", ""},
		{"no candidates", func(q *question) { q.Quotes = nil }, 0, "", "too-few-types", ""},
		{"two types", func(q *question) { q.Quotes = q.Quotes[:2] }, 6, mix.ByAvailability, "too-few-types", "zones-above-target"},
		{"nine types", func(q *question) { q.Quotes = q.Quotes[:9] }, 6, mix.ByAvailability, "", "few-types zones-above-target"},
		{"twelve types of one family", func(q *question) {
			q.Quotes = q.Quotes[:12]
			for i := range q.Quotes {
				q.Quotes[i].Type = fmt.Sprintf("m5.x%d", i)
			}
		}, 6, mix.ByAvailability, "", "few-families zones-above-target"},
		{"a maximum that nobody means", func(q *question) { q.Max = 1 << 40 }, 6, mix.ByAvailability, "", "max-unchecked zones-above-target"},
		{"the advisor is silent", func(q *question) {
			for i := range q.Quotes {
				q.Quotes[i].Risk = pricing.RiskOf(market.Odds{}, false, pricing.Experience{})
			}
		}, 6, mix.ByAvailability, "", "odds-assumed zones-above-target"},
	} {
		q := ask(t, row.change)
		a := mix.Choose(q)
		if a.Chosen.OnDemand != row.onDemand || a.Binding != row.binding || codes(a.Refused) != row.refused || codes(a.Noted) != row.noted {
			t.Errorf("%s: %d on demand by %q, refused %q, noted %q; want %d, %q, %q, %q", row.says,
				a.Chosen.OnDemand, a.Binding, codes(a.Refused), codes(a.Noted), row.onDemand, row.binding, row.refused, row.noted)
		}
		if len(a.Types) == 0 && (a.Percentage != 100 || a.Base != q.Max) {
			t.Errorf("%s: without an answer %d+%d%% would be applied", row.says, a.Base, a.Percentage)
		}
	}
}

// Costs of a mix by hand: n = 10, three zones, 0.1 USD on demand, 0.03 on Spot, 30 USD an interruption beside a quarter of an hour of an instance.
//
// The odds are the band's 2.388427e-4 an hour; an interruption costs 30 + 0.25*0.03 = 30.0075, so 0.007167072... an hour; without Spot capacity for 2 % of the time 0.02*0.07 = 0.0014.
func TestCosts(t *testing.T) {
	t.Parallel()
	q := ask(t, func(q *mix.Question) {
		q.Interruption, q.Committed, q.Target.Loss = dollars(t, "30"), 2, 50
	})
	a := mix.Choose(q)
	table := a.Table()
	if len(table) != 11 {
		t.Fatalf("%d rows, want one for each of none to ten on demand", len(table))
	}
	for _, row := range []struct {
		onDemand                                 int
		paid, spot, interruptions, dry, together string
	}{
		{0, "0", "0.3", "0.0717", "0.014", "0.3857"},
		{2, "0", "0.24", "0.0573", "0.0112", "0.3085"},
		{5, "0.3", "0.15", "0.0358", "0.007", "0.4928"},
		{10, "0.8", "0", "0", "0", "0.8"},
	} {
		c := table[row.onDemand].Cost
		for _, part := range []struct {
			name string
			got  money.Rate
			want string
		}{{"on demand", c.OnDemand, row.paid}, {"Spot", c.Spot, row.spot}, {"interruptions", c.Interruptions, row.interruptions}, {"dry", c.Dry, row.dry}, {"in all", c.Total, row.together}} {
			if !usd(t, part.got.Display(4)).Equal(usd(t, part.want)) {
				t.Errorf("%d on demand, %s: %s, want %s", row.onDemand, part.name, part.got, part.want)
			}
		}
	}
	if a.Chosen.OnDemand != 2 || a.Now.String() != "0.8" || a.Saving().String() != "61.4" {
		t.Errorf("%d on demand, %s now, %s%% saved; want 2, 0.8, 61.4", a.Chosen.OnDemand, a.Now, a.Saving())
	}
	if a.Cheapest.Cmp(a.After()) != 0 || a.Dearest.Cmp(a.After()) != 0 {
		t.Errorf("all types cost the same, and yet it is %s to %s around %s", a.Cheapest, a.Dearest, a.After())
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	// price is a different one for each.
	price := func(i int) string { return fmt.Sprintf("0.03%02d", i) }
	names := func(types []mix.Type) (all []string) {
		for i := range types {
			all = append(all, types[i].Quote.Type)
		}
		return all
	}
	rejected := func(a mix.Answer) map[string]string {
		all := map[string]string{}
		for _, r := range a.Rejected {
			all[r.Type] = codes(r.Reasons)
		}
		return all
	}
	choose := func(quotes []pricing.Quote) mix.Answer {
		return mix.Choose(ask(t, func(q *mix.Question) { q.Quotes = quotes }))
	}

	t.Run("no more than thirty, the cheapest", func(t *testing.T) {
		t.Parallel()
		var all []pricing.Quote
		for i := range 40 {
			all = append(all, quote(t, fmt.Sprintf("m%d.x%02d", i%5, i), price(i), 1))
		}
		slices.Reverse(all)
		a := choose(all)
		if len(a.Types) != 30 || len(a.Rejected) != 10 || a.Types[0].Quote.Type != "m0.x00" || a.Types[29].Quote.Type != "m4.x29" {
			t.Errorf("%v", names(a.Types))
		}
		for name, codes := range rejected(a) {
			if codes != "not-among-cheapest" {
				t.Errorf("%s: %s", name, codes)
			}
		}
	})
	t.Run("after fifteen, none that costs more than a fifth more than the fifteenth", func(t *testing.T) {
		t.Parallel()
		all := quotes(t, 16, "0.03", 1)
		all = append(all, quote(t, "r5.a", "0.0359", 1), quote(t, "r5.b", "0.0362", 1))
		a := choose(all)
		if want := map[string]string{"r5.b": "not-among-cheapest"}; len(a.Types) != 17 || !cmp.Equal(rejected(a), want) {
			t.Errorf("%d types, rejected %v", len(a.Types), rejected(a))
		}
	})
	t.Run("three families, though others are cheaper", func(t *testing.T) {
		t.Parallel()
		var all []pricing.Quote
		for i := range 35 {
			all = append(all, quote(t, fmt.Sprintf("m5.x%02d", i), price(i), 1))
		}
		all = append(all, quote(t, "r5.a", "0.07", 1), quote(t, "r5.b", "0.071", 1), quote(t, "r6.a", "0.075", 1), quote(t, "r7.a", "0.079", 1))
		a := choose(all)
		got := names(a.Types)
		if len(got) != 30 || !slices.Contains(got, "r5.a") || !slices.Contains(got, "r6.a") || slices.Contains(got, "r7.a") || got[29] != "r6.a" || codes(a.Noted) != "zones-above-target" {
			t.Errorf("%v, noted %v", got, a.Noted)
		}
	})
	t.Run("an interruption that costs much puts the quiet ones first", func(t *testing.T) {
		t.Parallel()
		all := []pricing.Quote{quote(t, "m5.a", "0.030", 2), quote(t, "m6.a", "0.031", 0), quote(t, "m7.a", "0.032", 0)}
		a := mix.Choose(ask(t, func(q *mix.Question) { q.Quotes, q.Interruption = all, dollars(t, "20") }))
		if diff := cmp.Diff([]string{"m6.a", "m7.a", "m5.a"}, names(a.Types)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("often interrupted ones are taken up to ten types, the cheapest", func(t *testing.T) {
		t.Parallel()
		all := quotes(t, 8, "0.03", 1)
		for i := range 5 {
			all = append(all, quote(t, fmt.Sprintf("r%d.x", 4+i), price(9-i), 3, pricing.OftenInterrupted))
		}
		all = append(all, quote(t, "z1.x", "0.01", 3, pricing.OftenInterrupted, pricing.PricePeaks))
		a := choose(all)
		want := map[string]string{"r4.x": "often-interrupted", "r5.x": "often-interrupted", "r6.x": "often-interrupted", "z1.x": "often-interrupted spot-price-peaks"}
		if len(a.Types) != 10 || codes(a.Noted) != "often-interrupted-accepted zones-above-target" || !cmp.Equal(rejected(a), want) {
			t.Errorf("%v, noted %v, rejected %v", names(a.Types), a.Noted, rejected(a))
		}
	})
	t.Run("and none where ten others remain", func(t *testing.T) {
		t.Parallel()
		a := choose(append(quotes(t, 10, "0.03", 1), quote(t, "r5.x", "0.01", 3, pricing.OftenInterrupted)))
		if want := map[string]string{"r5.x": "often-interrupted"}; len(a.Types) != 10 || !cmp.Equal(rejected(a), want) {
			t.Errorf("%v, rejected %v", names(a.Types), rejected(a))
		}
	})
	t.Run("a type that is given twice counts once", func(t *testing.T) {
		t.Parallel()
		a := choose([]pricing.Quote{quote(t, "m5.x", "0.03", 1), quote(t, "m5.x", "0.02", 1)})
		if want := map[string]string{"m5.x": "given-twice"}; len(a.Types) != 1 || !cmp.Equal(rejected(a), want) {
			t.Errorf("%v, rejected %v", names(a.Types), rejected(a))
		}
	})
}

func TestWhatIsPrinted(t *testing.T) {
	t.Parallel()
	a := mix.Choose(ask(t, nil))
	if got, want := a.Says(), "6 of 10 instances on demand: with fewer, more than 25% of them would be lost at once more than 0.1 times a quarter"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := a.Noted[0].Says, "one of 3 zones holds 4 of 10 instances, more than the 25% that may be lost at once: if 40% might, 0 would be kept on demand instead of 6"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	assumptions := strings.Join(mix.Assumptions{Shock: 0.07, Recovery: 90 * time.Minute, Dry: 0.031, Overlap: 5 * time.Minute, WarmUp: 3 * time.Minute}.Says(), "\n")
	for _, value := range []string{"7%", "1h30m", "3.1%", "8m"} {
		if !strings.Contains(assumptions, value) {
			t.Errorf("%s is not among the assumptions:\n%s", value, assumptions)
		}
	}
}
