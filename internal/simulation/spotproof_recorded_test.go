package simulation_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/simulation"
)

// recordedRows are the rows of a file of recorded prices by column names; without the file the test is skipped.
func recordedRows(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if os.IsNotExist(err) {
		t.Skipf("THE RECORDED PRICES ARE NOT HERE, so nothing is played with them: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
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

// shape is a recorded path as shares of the on-demand price of its own type, in millionths.
type shape []share

type share struct {
	at        time.Time
	millionth int64
}

// repeated is a shape from an instant on, over and over, for a type's on-demand price.
func (s shape) repeated(t *testing.T, onDemand int64, from, to time.Time) (path []simulation.PricePoint) {
	t.Helper()
	begin, last := s[0].at, s[len(s)-1].at
	for shift := from.Sub(begin); begin.Add(shift).Before(to); shift += last.Sub(begin) + time.Hour {
		for _, point := range s {
			// AWS quotes Spot prices to four places.
			price := (onDemand*point.millionth/1_000_000 + 50) / 100 * 100
			path = append(path, simulation.PricePoint{At: point.at.Add(shift), Price: rateOf(t, max(price, 100))})
		}
	}
	return path
}

// shapes2021 are m5.large in five zones of us-east-1 for a month of 2021, with 0.096 USD on demand.
func shapes2021(t *testing.T) (shapes []shape) {
	t.Helper()
	zones := map[string]shape{}
	for _, r := range recordedRows(t, "spot/history_m5.large_us-east-1_2021.csv") {
		zones[r["az"]] = append(zones[r["az"]], share{recordedInstant(t, r["timestamp"]), micros(t, r["usd_per_hour"]) * 1_000_000 / 96_000})
	}
	for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1f"} {
		slices.SortFunc(zones[zone], func(x, y share) int { return x.at.Compare(y.at) })
		shapes = append(shapes, zones[zone])
	}
	return shapes
}

// shapes2016 are the three zones of a type in the auction market of 2016: each hour at its highest price, what follows it at its last.
func shapes2016(t *testing.T, kind string, onDemand int64) map[string]shape {
	t.Helper()
	zones := map[string]shape{}
	for _, r := range recordedRows(t, "spot/history_2016_us-east-1_hourly.csv") {
		if r["type"] != kind {
			continue
		}
		s, hour := zones[r["az"]], recordedInstant(t, r["hour_utc"])
		if n := len(s); n > 0 && !s[n-1].at.Before(hour) {
			s = s[:n-1]
		}
		zones[r["az"]] = append(s, share{hour, micros(t, r["max_usd"]) * 1_000_000 / onDemand}, share{hour.Add(time.Hour), micros(t, r["last_usd"]) * 1_000_000 / onDemand})
	}
	return zones
}

func recordedInstant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func micros(t *testing.T, text string) int64 {
	t.Helper()
	return dollars(t, text).Decimal().Shift(6).IntPart()
}

// record gives a pool a path that was recorded, or is like one.
func (b *bazaar) record(p simulation.Pool, path []simulation.PricePoint) {
	b.paths[p], b.recorded[p] = path, true
}

// like2021 gives every pool one of the five paths of 2021, scaled to its on-demand price, and each type another beginning.
func (b *bazaar) like2021(t *testing.T, shapes []shape) {
	t.Helper()
	for k, spec := range b.catalog.All() {
		for i, zone := range b.zones {
			from := proofFrom.AddDate(0, 0, -62).Add(-time.Duration(k) * 17 * time.Hour)
			b.record(poolOf(zone, spec.Type), shapes[(i+k)%len(shapes)].repeated(t, b.list(spec.Type), from, proofTo))
		}
	}
	b.tariffs()
}

// auctions are the types of 2016 that four of the ten families get the paths of, and what those cost on demand.
var auctions = []struct {
	family, recorded string
	onDemand         int64
}{{"m5", "m4.10xlarge", 2_000_000}, {"c5", "m3.large", 133_000}, {"r5", "d2.2xlarge", 1_380_000}, {"m6i", "m3.medium", 67_000}}

// like2016 gives the types of four families paths of 2016, scaled to their on-demand prices. Above those the market takes every instance of the pool.
func (b *bazaar) like2016(t *testing.T, shapes map[string]map[string]shape) {
	t.Helper()
	recorded := []string{"us-east-1a", "us-east-1b", "us-east-1c"}
	for k, spec := range b.catalog.All() {
		family, _, _ := strings.Cut(spec.Type, ".")
		if shapes[family] == nil {
			continue
		}
		for i, zone := range b.zones {
			from := proofFrom.AddDate(0, 0, -32).Add(-time.Duration(k) * 17 * time.Hour)
			b.record(poolOf(zone, spec.Type), shapes[family][recorded[i]].repeated(t, b.list(spec.Type), from, proofTo))
		}
	}
	b.tariffs()
}

// TestSpotAgainstTheOthersOnRecordedPrices plays the comparison with prices that nobody here made. Interruptions beside those of prices above on-demand
// are drawn as before: nobody has recorded them. Of 2016 the target is not asserted: what the advisor's bands say knows nothing of interruptions by price,
// which ended in 2017.
func TestSpotAgainstTheOthersOnRecordedPrices(t *testing.T) {
	t.Parallel()
	t.Run("2021", func(t *testing.T) {
		shapes := shapes2021(t)
		c := newCampaign("the month of 2021")
		proofSeeds(t, 2, 40, func(seed uint64) {
			c.add(t, seed, 0, playSeed(t, seed, climates[0], groupsOfASeed, func(b *bazaar) { b.like2021(t, shapes) }))
		})
		c.tell(t)
		c.judge(t)
	})
	t.Run("2016", func(t *testing.T) {
		shapes := map[string]map[string]shape{}
		for _, a := range auctions {
			shapes[a.family] = shapes2016(t, a.recorded, a.onDemand)
		}
		c := newCampaign("spikes of 2016")
		proofSeeds(t, 2, 40, func(seed uint64) {
			c.add(t, seed, 0, playSeed(t, seed, climates[0], groupsOfASeed, func(b *bazaar) { b.like2016(t, shapes) }))
		})
		c.tell(t)
	})
}
