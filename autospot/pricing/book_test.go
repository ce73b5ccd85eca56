package pricing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

// calm is advice of the lowest band for types on Linux in us-east-1.
func calm(types ...string) market.Advised { return advised(0, types...) }

func advised(band int, types ...string) market.Advised {
	a := market.Advised{}
	for _, name := range types {
		a[market.AdvisedKey{Region: "us-east-1", OS: "Linux", Type: name}] = market.Odds{Band: band}
	}
	return a
}

func TestQuote(t *testing.T) {
	t.Parallel()
	const linux, rhel = "Linux/UNIX", "Red Hat Enterprise Linux"
	pool := func(zone, product string) market.Pool {
		return market.Pool{Zone: zone, Type: "m5.large", Product: product}
	}
	flat := func(price string) []market.Point { return []market.Point{at(t, -1, price)} }
	type history = market.History
	for _, row := range []struct {
		says    string
		spot    history
		product string
		advised market.Advised
		own     pricing.Experience
		mean    string
		codes   string
	}{
		{"cheap everywhere", history{pool("a", linux): flat("0.030"), pool("b", linux): flat("0.050")}, linux, calm("m5.large"), pricing.Experience{}, "0.04", ""},
		{"at the limit to the cent", history{pool("a", linux): flat("0.080"), pool("b", linux): flat("0.080")}, linux, calm("m5.large"), pricing.Experience{}, "0.08", ""},
		{"dear in one zone", history{pool("a", linux): flat("0.030"), pool("b", linux): flat("0.081")}, linux, calm("m5.large"), pricing.Experience{}, "0.0555", "spot-price-peaks"},
		{"dear in the mean", history{pool("a", linux): flat("0.079"), pool("b", linux): flat("0.082")}, linux, calm("m5.large"), pricing.Experience{}, "0.0805", "spot-saves-too-little spot-price-peaks"},
		{"no price in one zone", history{pool("a", linux): flat("0.030")}, linux, calm("m5.large"), pricing.Experience{}, "0", "spot-unpriced"},
		{"another product's price is no price", history{pool("a", linux): flat("0.030"), pool("b", linux): flat("0.030")}, rhel, calm("m5.large"), pricing.Experience{}, "0", "spot-unpriced"},
		{"a product of its own", history{pool("a", rhel): flat("0.030"), pool("b", rhel): flat("0.060")}, rhel, calm("m5.large"), pricing.Experience{}, "0.045", ""},
		{"known for too little of the time", history{pool("a", linux): flat("0.030"), pool("b", linux): {at(t, 61, "0.03")}}, linux, calm("m5.large"), pricing.Experience{}, "0", "spot-unpriced"},
		{"not to be had at the end", history{pool("a", linux): flat("0.030"), pool("b", linux): {at(t, 0, "0.03"), at(t, 99, "0")}}, linux, calm("m5.large"), pricing.Experience{}, "0", "spot-unpriced"},
		{"a spike of four hours of a hundred", history{pool("a", linux): {at(t, 0, "0.03"), at(t, 50, "25.2"), at(t, 54, "0.03")}, pool("b", linux): flat("0.03")}, linux, calm("m5.large"), pricing.Experience{}, "0.03", ""},
		{"a spike of six", history{pool("a", linux): {at(t, 0, "0.03"), at(t, 50, "25.2"), at(t, 56, "0.03")}, pool("b", linux): flat("0.03")}, linux, calm("m5.large"), pricing.Experience{}, "0.7851", "spot-saves-too-little spot-price-peaks"},
		{"often interrupted", history{pool("a", linux): flat("0.030"), pool("b", linux): flat("0.050")}, linux, advised(3, "m5.large"), pricing.Experience{}, "0.04", "often-interrupted"},
		{"the advisor is silent", history{pool("a", linux): flat("0.030"), pool("b", linux): flat("0.050")}, linux, nil, pricing.Experience{}, "0.04", "often-interrupted"},
		{"the advisor is silent, experience is not", history{pool("a", linux): flat("0.030"), pool("b", linux): flat("0.050")}, linux, nil, pricing.Experience{Hours: 1e5}, "0.04", ""},
		{"unpriced and often interrupted: both are said", nil, linux, nil, pricing.Experience{}, "0", "spot-unpriced often-interrupted"},
	} {
		m := &market.Market{Spot: row.spot, Advised: row.advised}
		book := pricing.NewBook(m, "us-east-1", day(100), map[string]pricing.Experience{"m5.large": row.own})
		q := book.Quote(pricing.Ask{Type: "m5.large", Product: row.product, Zones: []string{"a", "b"}, OnDemand: usd(t, "0.1"), MinimumSaving: 20})
		var codes []string
		for _, r := range q.Reasons {
			codes = append(codes, string(r.Code))
			if r.Says == "" {
				t.Errorf("%s: %s says nothing", row.says, r.Code)
			}
		}
		if got := strings.Join(codes, " "); got != row.codes || !q.Mean.Equal(usd(t, row.mean)) {
			t.Errorf("%s: %q at %s, want %q at %s: %v", row.says, got, q.Mean, row.codes, row.mean, q.Reasons)
		}
		if strings.HasPrefix(row.says, "a spike of four") && !q.Paid().Equal(usd(t, "0.5334")) { // (96*0.03 + 4*25.2) / 100, and 0.03
			t.Errorf("%s: %s was paid", row.says, q.Paid())
		}
		if q.Accepted() != (row.codes == "") || q.AtNeed() != (row.codes == "often-interrupted") {
			t.Errorf("%s: accepted %v, at need %v", row.says, q.Accepted(), q.AtNeed())
		}
	}
}

func TestQuoteSays(t *testing.T) {
	t.Parallel()
	spot := market.History{
		{Zone: "a", Type: "m5.large", Product: "Linux/UNIX"}: {at(t, 0, "0.09")},
		{Zone: "b", Type: "m5.large", Product: "Linux/UNIX"}: {at(t, 80, "0.09")},
	}
	book := pricing.NewBook(&market.Market{Spot: spot}, "us-east-1", day(100), map[string]pricing.Experience{"m5.large": {Interruptions: 2, Hours: 100}})
	says := func(zones ...string) (lines []string) {
		q := book.Quote(pricing.Ask{Type: "m5.large", Product: "Linux/UNIX", Zones: zones, OnDemand: usd(t, "0.1"), MinimumSaving: 20})
		for _, r := range q.Reasons {
			lines = append(lines, r.Says)
		}
		return lines
	}
	often := "1.96 interruptions expected in a thousand instance-hours, after 2 interruptions in 100 hours; 0.24 are the limit"
	if diff := cmp.Diff([]string{
		"0.0900 USD an hour in the mean; more than 0.0800 saves less than 20% of 0.1000 on demand",
		"0.0900 USD an hour was not exceeded for 95% of the time in a; more than 0.0800 saves less than 20%", often,
	}, says("a")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"in b the Spot price of Linux/UNIX is known for only 20% of the time; in c no Spot price of Linux/UNIX is known", often}, says("a", "b", "c")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"no zone was asked for", often}, says()); diff != "" {
		t.Error(diff)
	}
}

func TestOnDemandPricesAreTheProducts(t *testing.T) {
	t.Parallel()
	key := func(name, product string) fleet.PriceKey {
		return fleet.PriceKey{Region: "us-east-1", Type: name, Product: product}
	}
	m := &market.Market{OnDemand: fleet.Prices{key("m5.large", "Linux/UNIX"): usd(t, "0.096"), key("m5.large", ""): usd(t, "0.1"), key("a1.large", "Windows"): money.Rate{}}}
	book := pricing.NewBook(m, "us-east-1", day(1), nil)
	for _, row := range []struct {
		name, product string
		known         bool
	}{{"m5.large", "Linux/UNIX", true}, {"m5.large", "Windows", false}, {"a1.large", "Windows", false}} {
		if _, known := book.OnDemand(row.name, row.product); known != row.known {
			t.Errorf("%s with %s: known %v, want %v", row.name, row.product, known, row.known)
		}
	}
}

func TestWindowsHasItsOwnBand(t *testing.T) {
	t.Parallel()
	m := &market.Market{Advised: calm("m5.large")}
	m.Advised[market.AdvisedKey{Region: "us-east-1", OS: "Windows", Type: "m5.large"}] = market.Odds{Band: 3}
	book := pricing.NewBook(m, "us-east-1", day(1), nil)
	for product, band := range map[string]int{"Linux/UNIX": 0, "SUSE Linux": 0, "Windows": 3} {
		if got := book.Risk("m5.large", product).Band; got != band {
			t.Errorf("%s: band %d, want %d", product, got, band)
		}
	}
	if got := pricing.NewBook(m, "eu-west-1", day(1), nil).Risk("m5.large", "Linux/UNIX"); got.Advised {
		t.Error("another region's band was taken")
	}
}

// bigMarket is a market of so many types in three zones, each with ninety days of prices that change three times a day.
func bigMarket(types int) *market.Market {
	m := &market.Market{Spot: market.History{}, Advised: market.Advised{}}
	for i := range types {
		name := fmt.Sprintf("m%d.x%d", i/20, i%20)
		m.Advised[market.AdvisedKey{Region: "us-east-1", OS: "Linux", Type: name}] = market.Odds{Band: i % 5}
		for z, zone := range []string{"a", "b", "c"} {
			points := make([]market.Point, 270)
			for k := range points {
				r, err := money.ParseRate(fmt.Sprintf("0.%04d", 300+i%700+(k*7+z*13)%40))
				if err != nil {
					panic(err)
				}
				points[k] = market.Point{At: midnight.Add(time.Duration(8*k-1) * time.Hour), Price: r}
			}
			m.Spot[market.Pool{Zone: zone, Type: name, Product: "Linux/UNIX"}] = points
		}
	}
	return m
}

func BenchmarkNewBook1263Types3Zones90Days(b *testing.B) {
	m := bigMarket(1263)
	b.ReportAllocs()
	for b.Loop() {
		pricing.NewBook(m, "us-east-1", day(90*24), nil)
	}
}

func BenchmarkQuote(b *testing.B) {
	book := pricing.NewBook(bigMarket(20), "us-east-1", day(90*24), nil)
	onDemand, err := money.ParseRate("0.2")
	if err != nil {
		b.Fatal(err)
	}
	ask := pricing.Ask{Type: "m0.x6", Product: "Linux/UNIX", Zones: []string{"a", "b", "c"}, OnDemand: onDemand, MinimumSaving: 20}
	b.ReportAllocs()
	for b.Loop() {
		book.Quote(ask)
	}
}
