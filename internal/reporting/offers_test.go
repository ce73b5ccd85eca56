package reporting

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/market"
	"offpeak/internal/policy"
)

const shelf = "../../testdata/spot/"

func read[T any](t *testing.T, file string, reader func(string, io.Reader) (T, error)) T {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	value, err := reader(file, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// spotFleet is the fleet and the market of the guide's page on Spot.
func spotFleet(t *testing.T) (*policy.Policy, *fleet.Snapshot, *market.Market) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/policy/offpeak.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load("offpeak.yaml", data, func(name string) ([]byte, error) { return os.ReadFile(filepath.Join("../../testdata/policy", name)) })
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, name := range []string{"groups", "instances", "templates", "services", "clusters"} {
		files = append(files, shelf+name+".json")
	}
	s, err := local.ReadInventoryFiles(files, nil, local.Options{Taken: instant(t, "2026-11-20T10:00:00+09:00"), Launch: true})
	if err != nil {
		t.Fatal(err)
	}
	prices, err := local.ReadPricesFile(shelf + "prices.csv")
	if err != nil {
		t.Fatal(err)
	}
	return p, &s, &market.Market{
		Taken: s.Taken, OnDemand: prices, Fargate: market.FargateOf(prices), Sources: []string{"Spot prices: a file"},
		Catalog: read(t, "../../testdata/market/types.csv", market.ReadCatalog), Offerings: read(t, "../../testdata/market/offerings.csv", market.ReadOfferings),
		Spot: read(t, shelf+"spot-prices.json", market.ReadHistory), Advised: read(t, shelf+"advisor.json", market.ReadAdvised),
	}
}

// offered is what was offered, as name: on demand > Spot, or what is spared, in the order of AutoSpot.
func offered(o *Offers) (all []string) {
	for _, x := range o.Offers {
		text := string(x.ARN[strings.LastIndexAny(string(x.ARN), "/:")+1:]) + ": "
		if x.Spared.IsPositive() {
			text += "-" + x.Spared.String()
		} else {
			text += x.Now.String() + " > " + x.Spot.Decimal().Round(4).String()
		}
		if x.Asked {
			text += ", asked for"
		}
		all = append(all, text)
	}
	return all
}

func TestOffersAreWhatAutoSpotWouldMove(t *testing.T) {
	t.Parallel()
	p, s, m := spotFleet(t)
	got := OffersOf(p, s, m, nil)
	// Of four tasks one would be Spot, and 68 percent cheaper.
	want := []string{"i-044575cf5b28512d7: 0.236 > 0.0863, asked for", "dev-order-web: 0.236 > 0.1058, asked for", "dev-search: 0.236 > 0.1492", "dev-order-api: -0.17, asked for"}
	if diff := cmp.Diff(want, offered(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// A file keeps them as they are.
	data, err := json.Marshal(got)
	var back Offers
	if err != nil || json.Unmarshal(data, &back) != nil {
		t.Fatalf("%s, %v", data, err)
	}
	exact := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
	if diff := cmp.Diff(offered(got), offered(&back), exact); diff != "" {
		t.Errorf("written and read again (-was +is)\n%s", diff)
	}

	without := func(key string, value ...string) *fleet.Snapshot {
		c := *s
		c.Resources = nil
		for _, r := range s.Resources {
			var tags []fleet.Tag
			for _, tag := range r.Tags {
				if tag.Key != key {
					tags = append(tags, tag)
				}
			}
			for _, v := range value {
				tags = append(tags, fleet.Tag{Key: key, Value: v})
			}
			r.Tags = fleet.NewTags(tags...)
			c.Resources = append(c.Resources, r)
		}
		return &c
	}
	if all := OffersOf(p, without("offpeak:spot"), m, nil); len(all.Offers) < len(want) || strings.Contains(strings.Join(offered(all), ""), "asked") {
		t.Errorf("nobody asks for Spot, and it can move all the same: %v", offered(all))
	}
	if all := OffersOf(p, without("offpeak:spot", "no"), m, nil); len(all.Offers) > 0 {
		t.Errorf("every owner says no: %v", offered(all))
	}
	if all := OffersOf(p, without("env", "prod"), m, nil); strings.Contains(strings.Join(offered(all), ""), "prod") {
		t.Errorf("what is protected is offered: %v", offered(all))
	}
	for name, change := range map[string]func(*market.Market){
		"Spot prices":      func(m *market.Market) { m.Spot = nil },
		"on-demand prices": func(m *market.Market) { m.OnDemand, m.Fargate = nil, nil },
		"instance types":   func(m *market.Market) { m.Catalog = nil },
	} {
		less := *m
		change(&less)
		for _, text := range offered(OffersOf(p, s, &less, nil)) {
			if !strings.HasPrefix(text, "dev-order-api") {
				t.Errorf("without %s: %s", name, text)
			}
		}
	}
	// A commitment that pays for some members leaves the rest to pay for what is left.
	arn := got.Offers[1].ARN
	if some := OffersOf(p, s, m, map[fleet.ARN]autospot.Committed{arn: {Units: 3}}); some.Offers[1].ARN != arn || some.Offers[1].Now.String() != "0.236" {
		t.Errorf("three of nine are paid for: %v", offered(some))
	}
	if all := OffersOf(p, s, m, map[fleet.ARN]autospot.Committed{arn: {Units: 9}}); strings.Contains(strings.Join(offered(all), ""), "dev-order-web") {
		t.Errorf("all of it is paid for: %v", offered(all))
	}
	// Other tenants' are not told.
	if mine := got.within([]fleet.AccountID{"999999999999"}); len(mine.Offers) > 0 || mine.Taken != got.Taken {
		t.Errorf("of another account: %v", offered(mine))
	}
}
