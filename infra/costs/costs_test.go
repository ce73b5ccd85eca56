package costs_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/infra/costs"
)

var update = flag.Bool("update", false, "write the tables in docs/cost.md anew")

// alarms are those of the hub, as CloudWatch charges for them: one that is computed counts for each metric that it looks at.
func alarms(t *testing.T) (n int) {
	t.Helper()
	return alarmsOf(t, "hub-minimal.json")
}

func alarmsOf(t *testing.T, file string) (n int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "infra", file))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				Metrics []struct{ MetricStat map[string]any }
			}
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	for _, r := range template.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		looked := 0
		for _, m := range r.Properties.Metrics {
			if m.MetricStat != nil {
				looked++
			}
		}
		n += max(looked, 1)
	}
	return n
}

func fleets() []costs.Fleet {
	return []costs.Fleet{costs.Office(2, 2), costs.Office(15, 10), costs.Office(100, 4)}
}

// TestTheTarget: a hundred accounts in four regions for at most three dollars a month, key, dashboard and alarms apart, also with half a second for a
// sweep.
func TestTheTarget(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]costs.Measured{"local": costs.Local(), "over the wire": costs.OverTheWire()} {
		got := costs.Total(costs.Month(costs.Office(100, 4), m, alarms(t)), false)
		if got.GreaterThan(decimal.NewFromInt(3)) || got.LessThan(decimal.NewFromInt(1)) {
			t.Errorf("%s: %s USD", name, got.StringFixed(2))
		}
	}
}

// TestByHand computes one line without the package: 400 scopes, 730 hours, 44 edges of two sweeps, 70 ms at half a gigabyte.
func TestByHand(t *testing.T) {
	t.Parallel()
	bill := costs.Month(costs.Office(100, 4), costs.Local(), 1)
	want := decimal.RequireFromString("11452") // (292000 + 35200) x 0.07 s x 0.5 GB
	if !bill[0].Count.Equal(want) {
		t.Errorf("%s GB-seconds, want %s", bill[0].Count, want)
	}
	for _, l := range bill {
		if !l.Price.IsPositive() || !l.Count.IsPositive() {
			t.Errorf("%s: %s at %s", l.What, l.Count, l.Price)
		}
	}
	if small, large := costs.Month(costs.Office(2, 2), costs.Local(), 1), bill; costs.Total(small, false).GreaterThan(costs.Total(large, false)) {
		t.Error("more costs less")
	}
}

// spotFleets have five groups of nine instances in each account and region.
func spotFleets() (out []costs.SpotFleet) {
	for _, f := range fleets() {
		out = append(out, costs.SpotFleet{Fleet: f, Groups: 5, Instances: 9})
	}
	return out
}

// TestAutoSpotByHand computes two lines without the package: a hundred accounts in four regions, thirty days; and nothing that is looked after costs no
// more than the queue's polling and the clock.
func TestAutoSpotByHand(t *testing.T) {
	t.Parallel()
	bill := costs.SpotMonth(costs.SpotFleet{Fleet: costs.Office(100, 4), Groups: 5, Instances: 9}, costs.SpotLocal(), 2)
	// 400 x 30 daily looks and 1530 x 3 after interruptions, of 0.1 s and 5 x 0.085 s; 25 s a day for the market; 30 ticks of 0.02 s
	if want := decimal.RequireFromString("308710.35"); !bill[0].Count.Equal(want) {
		t.Errorf("%s GB-seconds, want %s", bill[0].Count, want)
	}
	if want := decimal.RequireFromString("7.65"); !bill[1].Count.Equal(want) { // 3060 x 0.02 s x 0.125 GB
		t.Errorf("%s GB-seconds of events, want %s", bill[1].Count, want)
	}
	if nobody := costs.SpotTotal(costs.SpotFleet{Fleet: costs.Office(0, 0)}, costs.SpotLocal()); nobody.GreaterThan(decimal.RequireFromString("0.27")) {
		t.Errorf("of nothing it costs %s", nobody)
	}
}

// reportAlarms are the metrics of alarms that reports add to a hub: one alarm, of two functions.
const reportAlarms = 2

// TestReportsByHand computes two lines without the package: one payer, ten gigabytes a month.
func TestReportsByHand(t *testing.T) {
	t.Parallel()
	bill := costs.ReportMonth(costs.Bills{Payers: 1, Gigabytes: 10, Recipients: 5}, costs.ReportAssumed(), 1)
	// 160 GB of copies a month at 20 s each, 30 ticks of 0.5 s, and two thirds of a report of 300 s; with 2 GB of memory
	if want := decimal.RequireFromString("6830"); !bill[0].Count.Equal(want) {
		t.Errorf("%s GB-seconds, want %s", bill[0].Count, want)
	}
	if want := decimal.RequireFromString("0.2"); !bill[1].Count.Round(6).Equal(want) { // 2/3 x 10 x 30 GB
		t.Errorf("%s TB, want %s", bill[1].Count, want)
	}
	if want := decimal.RequireFromString("240"); !bill[2].Count.Equal(want) { // 160 GB a month, for a month and a half
		t.Errorf("%s GB-months, want %s", bill[2].Count, want)
	}
}

// TestThePage: docs/cost.md has these tables.
func TestThePage(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "cost.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	tables := map[string]string{
		"local": costs.Table(fleets(), costs.Local(), alarms(t)), "over the wire": costs.Table(fleets(), costs.OverTheWire(), alarms(t)),
		"autospot": costs.SpotTable(spotFleets(), costs.SpotLocal(), alarmsOf(t, "hub-full.json")-alarms(t)-reportAlarms),
		"reports":  costs.ReportTable([]costs.Bills{{1, 1, 5}, {1, 10, 5}, {20, 2, 3}}, costs.ReportAssumed(), reportAlarms),
		"counts":   costs.Counts(costs.Office(100, 4), costs.OverTheWire(), alarms(t)),
	}
	for name, made := range tables {
		begin, end := fmt.Sprintf("<!-- table of infra/costs, %s: begin -->\n", name), fmt.Sprintf("<!-- table of infra/costs, %s: end -->\n", name)
		before, rest, found := strings.Cut(page, begin)
		table, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("%s has no place for the table %s", path, name)
		}
		want := "\n" + made + "\n"
		if diff := cmp.Diff(want, table); diff != "" && !*update {
			t.Errorf("%s (-update writes it anew):\n%s", path, diff)
		}
		page = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil { //nolint:gosec // for everybody to read
			t.Fatal(err)
		}
	}
}
