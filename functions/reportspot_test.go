package functions_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/functions/invoke"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/market"
	"offpeak/internal/market/kept"
	"offpeak/internal/money"
	"offpeak/internal/reporting"
	"offpeak/internal/reporting/survey"
	"offpeak/reports"
)

// The organisation's instance that could be Spot, and where it is.
const spotCandidate = fleet.ARN("arn:aws:ec2:ap-northeast-2:222222222222:instance/i-000000000a0000004")

var (
	candidatesScope = fleet.Scope{Account: "222222222222", Region: "ap-northeast-2"}
	candidatesPool  = market.Pool{Zone: "ap-northeast-2a", Type: "r6i.large", Product: "Linux/UNIX"}
)

// surveyed keeps the inventory of the simulated accounts as a survey keeps it.
func (b *bureau) surveyed(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.books.folder, "lived", "snapshots", "*", "*", "*.json"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		region := filepath.Dir(file)
		scope := fleet.Scope{Account: fleet.AccountID(filepath.Base(filepath.Dir(region))), Region: fleet.Region(filepath.Base(region))}
		seen, err := local.ReadInventoryFiles([]string{file}, nil, local.Options{Taken: time.Date(2026, 10, 1, 0, 20, 0, 0, time.UTC), Launch: true})
		if err == nil {
			err = survey.Book{Store: b.store}.Keep(t.Context(), quarterName, scope, &seen)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// keeps has AutoSpot keep a part of the market, here and in a copy of the hub's bucket.
func keeps[T any](t *testing.T, b *bureau, copied, key string, asked time.Time, value T) {
	t.Helper()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if err := json.NewEncoder(z).Encode(kept.Record[T]{Format: kept.Format, Asked: asked, Value: value}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b.puts(t, copied, key, zipped.Bytes())
}

// puts puts an object into the hub's bucket, and into a copy of it.
func (b *bureau) puts(t *testing.T, copied, key string, data []byte) {
	t.Helper()
	file := filepath.Join(copied, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.Create(t.Context(), key, data); err != nil {
		t.Fatal(err)
	}
}

// asked has AutoSpot have looked at the market: lately of one account's region, and long ago of another.
func (b *bureau) asked(t *testing.T, copied string, lately, longAgo time.Time) {
	t.Helper()
	types, err := os.ReadFile("../testdata/market/types.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(types), "\nm5.large,2,8192,")
	line, _, _ = strings.Cut(line, "\n")
	catalog, err := market.ReadCatalog("types.csv", strings.NewReader(string(types)+"r6i.large,2,16384,"+line+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	rate := func(text string) money.Rate {
		r, err := money.ParseRate(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	spot := func(price string, since time.Time) kept.Prices {
		return kept.Prices{Types: []string{"r6i.large"}, Products: []string{"Linux/UNIX"}, Pools: []kept.Pool{{Pool: candidatesPool, Points: []market.Point{{At: since.AddDate(0, 0, -31), Price: rate(price)}}}}}
	}
	keeps(t, b, copied, kept.Key("ap-northeast-2", kept.Types), lately, catalog.All())
	keeps(t, b, copied, kept.Key("ap-northeast-2", kept.Advisor), lately, []kept.Band{{OS: "Linux", Type: "r6i.large", Band: 0, Savings: 70}})
	keeps(t, b, copied, kept.OwnKey(candidatesScope, kept.Offerings), lately, market.Offerings{"ap-northeast-2a": {"r6i.large": true}})
	keeps(t, b, copied, kept.OwnKey(candidatesScope, kept.Spot), lately, spot("0.04", lately))
	// Nobody has looked here for weeks, and at prices that would make anything a bargain.
	keeps(t, b, copied, kept.OwnKey(fleet.Scope{Account: "111111111111", Region: "ap-northeast-2"}, kept.Spot), longAgo, spot("0.0001", longAgo))
	page := kept.PricePage{Format: kept.PriceFormat, Region: "ap-northeast-2", Date: lately.Format(time.DateOnly), Source: "AWS Price List API, on-demand"}
	onDemand := rate("0.152")
	page.Prices = []kept.PriceLine{{Type: "r6i.large", Product: "Linux/UNIX", Rate: &onDemand, Asked: lately}}
	data, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	b.puts(t, copied, kept.PriceFolder("ap-northeast-2")+page.Date+".json", data)
}

// TestAHubProposesMovesToSpot: where AutoSpot is deployed, the report weighs moves by what that has asked of the market, says of which day it is, and of which accounts
// nobody has asked lately. The terminal says the same by copies, from the market as well as from what was weighed; a restated report rests on what was weighed.
func TestAHubProposesMovesToSpot(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "210000000332", "finance@example.com, {address: platform@example.com, language: en}")
	b.env = append(b.env, "OFFPEAK_SPOT_QUEUE_URL="+b.queue)
	ledger := filepath.Join(t.TempDir(), "bucket")
	if err := os.CopyFS(ledger, os.DirFS(filepath.Join(b.books.folder, "bucket"))); err != nil {
		t.Fatal(err)
	}
	b.surveyed(t)
	lately, longAgo := time.Now().Add(-20*time.Hour).UTC(), time.Now().AddDate(0, 0, -40).UTC()
	b.asked(t, ledger, lately, longAgo)
	f := b.function(t)
	b.delivers(t, b.books.bill, "2026-06", "2026-07", "2026-08", "2026-09")
	checkProposed(t, b.issued(t, f, "2026-10-03", "provisional", "finance@example.com, platform@example.com"), lately, longAgo)
	folder := b.copied(t, "provisional")
	inventory, offers := filepath.Join(folder, reporting.InventoryFile), filepath.Join(folder, reporting.OffersFile)
	for _, costs := range []string{"hub", offers} {
		b.asTyped(t, "provisional", "--ledger", ledger, "--inventory", inventory, "--spot-prices", costs)
	}
	if said, err := b.verified(t, folder); err != nil {
		t.Errorf("counted again: %v\n%s", err, said)
	}
	final := b.issued(t, f, "2026-10-16", "final", "finance@example.com, platform@example.com")
	checkProposed(t, final, lately, longAgo)
	// What Spot costs has changed since, and the bill says other amounts.
	b.asksAgain(t, lately)
	b.tells(t, f, b.delivers(t, b.books.later, "2026-09"))
	restated := b.issued(t, f, "2026-11-05", "restated-01", "finance@example.com, platform@example.com")
	checkProposed(t, restated, lately, longAgo)
	if was, is := moves(final), moves(restated); was[0].Detail != is[0].Detail {
		t.Errorf("weighed by other prices: %s, %s", was[0].Detail, is[0].Detail)
	}
}

// moves are the proposals to move to Spot.
func moves(r *reports.Report) (all []reports.Action) {
	for i := range r.Actions {
		if r.Actions[i].Code == "spot" {
			all = append(all, r.Actions[i])
		}
	}
	return all
}

// checkProposed: one instance could move, by the prices of the day that is told, and nothing is said of where the prices are old.
func checkProposed(t *testing.T, r *reports.Report, lately, longAgo time.Time) {
	t.Helper()
	all := moves(r)
	if len(all) != 1 || all[0].ARN != spotCandidate || all[0].Month == nil || !strings.HasPrefix(all[0].Detail, "0.152 > 0.04") {
		t.Fatalf("%+v", all)
	}
	if r.Sources.SpotPrices != lately.Format(time.DateOnly) {
		t.Errorf("prices of %s", r.Sources.SpotPrices)
	}
	gap := slices.IndexFunc(r.Gaps, func(g reports.Gap) bool { return g.Code == reports.GapUnpriced })
	if gap < 0 || !strings.Contains(r.Gaps[gap].Args[0], "111111111111/ap-northeast-2 ("+longAgo.Format(time.DateOnly)+")") || strings.Contains(r.Gaps[gap].Args[0], candidatesScope.String()) {
		t.Errorf("%+v", r.Gaps)
	}
}

// verified has "offpeak report verify" count a copy of a report again.
func (b *bureau) verified(t *testing.T, folder string) (string, error) {
	t.Helper()
	return b.books.types(invoke.Build(t, "offpeak/cmd/offpeak"), "report", "verify", folder, "--policy", b.policyFile(t), "--ledger", "bucket", "--bill", "exports")
}

// asksAgain has AutoSpot learn that Spot costs more.
func (b *bureau) asksAgain(t *testing.T, asked time.Time) {
	t.Helper()
	key := kept.OwnKey(candidatesScope, kept.Spot)
	data, _, err := b.store.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	record, err := kept.Parse[kept.Prices](data)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	dearer, err := money.ParseRate("0.1")
	if err != nil {
		t.Fatal(err)
	}
	record.Value.Pools[0].Points[0].Price = dearer
	keeps(t, b, t.TempDir(), key, asked.Add(time.Hour), record.Value)
}
