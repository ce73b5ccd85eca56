package mix_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

// recorded opens a file of recorded data; without it the test is skipped.
func recorded(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if os.IsNotExist(err) {
		t.Skipf("the recorded data is not here, so nothing is compared with it: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// records are the rows of a table by column names.
func records(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	lines, err := csv.NewReader(recorded(t, name)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, column := range lines[0] {
			row[column] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// recordedMarket is a region on 31 May 2022: its Spot prices, the on-demand prices of that June, and the advisor's bands, which are of July 2025.
func recordedMarket(t *testing.T, region fleet.Region) *market.Market {
	t.Helper()
	m := &market.Market{OnDemand: fleet.Prices{}, Spot: market.History{}, Advised: market.Advised{}}
	products := map[string]string{"linux": "Linux/UNIX", "rhel": "Red Hat Enterprise Linux", "suse": "SUSE Linux", "windows": "Windows"}
	for _, r := range records(t, "ec2/ondemand_"+string(region)+"_2022-06.csv") {
		for column, product := range products {
			m.OnDemand[fleet.PriceKey{Region: region, Type: r["type"], Product: product}] = usd(t, r[column])
		}
	}
	for _, r := range records(t, "spot/snapshot_2022-05-31.csv") {
		at, err := time.Parse(time.RFC3339, r["timestamp"])
		if err != nil {
			t.Fatal(err)
		}
		pool := market.Pool{Zone: r["az_id"], Type: r["type"], Product: r["product"]}
		m.Spot[pool] = append(m.Spot[pool], market.Point{At: at, Price: usd(t, r["usd_per_hour"])})
	}
	var advisor struct {
		Advice map[fleet.Region]map[string]map[string]struct {
			Band    int `json:"r"`
			Savings int `json:"s"`
		} `json:"spot_advisor"`
	}
	if err := json.NewDecoder(recorded(t, "spot/spot-advisor-data.json")).Decode(&advisor); err != nil {
		t.Fatal(err)
	}
	for system, types := range advisor.Advice[region] {
		for name, odds := range types {
			m.Advised[market.AdvisedKey{Region: region, OS: system, Type: name}] = market.Odds{Band: odds.Band, Savings: odds.Savings}
		}
	}
	return m
}

// Half of the pools cost 28 and 37 percent of on-demand or less, and few cost more than it: the figures that the method was chosen by.
func TestRecordedRatios(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		region              fleet.Region
		zones               string
		pools, dear, median int
	}{{"us-east-1", "use1", 1558, 6, 37}, {"ap-northeast-2", "apne2", 373, 0, 28}} {
		m := recordedMarket(t, row.region)
		var ratios []float64
		dear := 0
		for pool, points := range m.Spot {
			onDemand, known := m.OnDemand[fleet.PriceKey{Region: row.region, Type: pool.Type, Product: pool.Product}]
			if pool.Product != "Linux/UNIX" || !strings.HasPrefix(pool.Zone, row.zones) || !known || onDemand.IsZero() {
				continue
			}
			ratio, _ := points[0].Price.Decimal().Div(onDemand.Decimal()).Float64()
			ratios = append(ratios, ratio)
			if ratio >= 1 {
				dear++
			}
		}
		slices.Sort(ratios)
		if median := int(100*ratios[len(ratios)/2] + 0.5); len(ratios) != row.pools || dear != row.dear || median != row.median {
			t.Errorf("%s: %d pools, %d dearer than on demand, half of them below %d%%; want %d, %d, %d", row.region, len(ratios), dear, median, row.pools, row.dear, row.median)
		}
	}
}

// similar are types of the same architecture, virtualization and kind of processor for computing with one to two times the processors and memory: roughly what fits in another's place.
func similar(t *testing.T, rows []map[string]string, base string) (names []string) {
	t.Helper()
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	i := slices.IndexFunc(rows, func(r map[string]string) bool { return r["type"] == base })
	b := rows[i]
	for _, r := range rows {
		same := true
		for _, column := range []string{"arch", "hypervisor", "bare_metal", "burstable", "gpu_count", "gpu_name", "accel"} {
			same = same && r[column] == b[column]
		}
		within := func(column string) bool {
			return number(b[column]) <= number(r[column]) && number(r[column]) <= 2*number(b[column])
		}
		if same && within("vcpu") && within("memory_mib") && strings.Contains(r["usage_classes"], "spot") {
			names = append(names, r["type"])
		}
	}
	return names
}

// Groups of twelve that scale from four to twenty-four, on 31 May 2022: which types, how many on demand, what it saves. The snapshot has the pools whose price changed within five and a
// half hours, about half of all; the others are unpriced, so that fewer types remain than a history would leave.
func TestRecordedMarketOf2022(t *testing.T) {
	t.Parallel()
	specs := records(t, "ec2/instance_types.csv")
	w := pricing.Window{From: time.Date(2022, 5, 31, 23, 55, 0, 0, time.UTC), To: time.Date(2022, 6, 1, 0, 0, 0, 0, time.UTC)}
	books := map[fleet.Region]*pricing.Book{}
	for _, region := range []fleet.Region{"us-east-1", "ap-northeast-2"} {
		books[region] = pricing.NewBook(recordedMarket(t, region), region, w, nil)
	}
	virginia, seoul := []string{"use1-az2", "use1-az4", "use1-az6", "use1-az1"}, []string{"apne2-az1", "apne2-az3", "apne2-az2"}
	for _, row := range []struct {
		region        fleet.Region
		zones         []string
		base, product string
		types         [2]int
		saving        [2]int64 // percent of what the group costs, on-demand instances included
		refused       string
	}{
		{"us-east-1", virginia[:3], "m5.large", "Linux/UNIX", [2]int{4, 8}, [2]int64{12, 20}, ""},
		{"us-east-1", virginia, "m5.large", "Linux/UNIX", [2]int{4, 8}, [2]int64{20, 30}, ""},
		{"us-east-1", virginia[:3], "c5.2xlarge", "Linux/UNIX", [2]int{4, 10}, [2]int64{16, 24}, ""},
		{"us-east-1", virginia[:3], "r5.xlarge", "Linux/UNIX", [2]int{4, 10}, [2]int64{18, 26}, ""},
		{"us-east-1", virginia[:3], "m6g.xlarge", "Linux/UNIX", [2]int{1, 2}, [2]int64{16, 26}, "too-few-types"},
		{"us-east-1", virginia[:3], "t3.large", "Linux/UNIX", [2]int{1, 2}, [2]int64{16, 24}, "too-few-types"},
		{"us-east-1", virginia[:3], "m5.xlarge", "Windows", [2]int{4, 10}, [2]int64{10, 16}, ""},
		{"us-east-1", virginia[:3], "m5.4xlarge", "Red Hat Enterprise Linux", [2]int{4, 10}, [2]int64{14, 22}, ""},
		{"ap-northeast-2", seoul[:2], "m5.large", "Linux/UNIX", [2]int{6, 12}, [2]int64{16, 24}, ""},
		{"ap-northeast-2", seoul, "m5.large", "Linux/UNIX", [2]int{4, 8}, [2]int64{20, 28}, ""},
		{"ap-northeast-2", seoul[:2], "c5.xlarge", "Linux/UNIX", [2]int{5, 10}, [2]int64{14, 22}, ""},
		{"ap-northeast-2", seoul[:2], "r5.2xlarge", "Linux/UNIX", [2]int{6, 12}, [2]int64{14, 22}, ""},
		{"ap-northeast-2", seoul[:2], "m6g.large", "Linux/UNIX", [2]int{3, 5}, [2]int64{10, 18}, ""},
		{"ap-northeast-2", seoul[:2], "c5.4xlarge", "SUSE Linux", [2]int{4, 8}, [2]int64{15, 23}, ""},
		{"ap-northeast-2", seoul[:2], "m5.2xlarge", "Windows", [2]int{4, 8}, [2]int64{10, 16}, ""},
	} {
		book := books[row.region]
		onDemand, known := book.OnDemand(row.base, row.product)
		if !known {
			t.Fatalf("%s with %s has no price on demand", row.base, row.product)
		}
		fitting := similar(t, specs, row.base)
		q := mix.Question{
			Size: 12, Min: 4, Max: 24, Zones: len(row.zones), OnDemand: onDemand, Target: mix.Target{Loss: 25, Odds: 0.1},
			Interruption: money.USD{}, Assumptions: mix.DefaultAssumptions(),
		}
		for _, name := range fitting {
			q.Quotes = append(q.Quotes, book.Quote(pricing.Ask{Type: name, Product: row.product, Zones: row.zones, OnDemand: onDemand, MinimumSaving: 20}))
		}
		a := mix.Choose(q)
		why := map[pricing.Code]int{}
		for _, r := range a.Rejected {
			for _, reason := range r.Reasons {
				why[reason.Code]++
			}
		}
		families := map[string]bool{}
		var names []string
		for i := range a.Types {
			families[mix.Family(a.Types[i].Quote.Type)] = true
			names = append(names, a.Types[i].Quote.Type)
		}
		saving := a.Saving()
		ofTypes := "none"
		if len(a.Types) > 0 {
			ofTypes = a.Types[0].Quote.Saving().StringFixed(0) + "% to " + a.Types[len(a.Types)-1].Quote.Saving().StringFixed(0) + "%"
		}
		f := a.Forecast(mix.Quarter)
		t.Logf("%s, %d zones, %s %s: of %d that fit %d types of %d families, %s off (%s); rejected %v; %d of 12 on demand (%d+%d%%; %d would do for 12 alone); %s -> %s USD an hour (%s to %s), %s%% saved; %.1f interruptions a quarter (%d to %d), too much lost %.3f times; refused %q, noted %q",
			row.region, len(row.zones), row.base, row.product, len(fitting), len(a.Types), len(families), ofTypes, strings.Join(names, " "), why, a.Chosen.OnDemand, a.Base, a.Percentage, a.Wanted.OnDemand,
			a.Now.Display(4), a.After().Display(4), a.Cheapest.Display(4), a.Dearest.Display(4), saving, f.Interruptions, f.Low, f.High, f.Losses, codes(a.Refused), codes(a.Noted))
		if len(a.Types) < row.types[0] || len(a.Types) > row.types[1] || saving.LessThan(decimal.NewFromInt(row.saving[0])) || saving.GreaterThan(decimal.NewFromInt(row.saving[1])) {
			t.Errorf("%s %s %s: %d types, %s%% saved; want %v and %v", row.region, row.base, row.product, len(a.Types), saving, row.types, row.saving)
		}
		if got := codes(a.Refused); got != row.refused {
			t.Errorf("%s %s %s: refused %q, want %q", row.region, row.base, row.product, got, row.refused)
		}
		for i := range a.Types {
			quote := &a.Types[i].Quote
			if limit := onDemand.Decimal().Mul(decimal.NewFromFloat(0.8)); quote.P95.Decimal().GreaterThan(limit) || len(quote.Zones) != len(row.zones) {
				t.Errorf("%s: %s is not 20%% below %s", quote.Type, quote.P95, onDemand)
			}
		}
	}
}
