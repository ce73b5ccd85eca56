package pricing_test

import (
	"encoding/csv"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/autospot/pricing"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

// records reads a file of recorded data by column names; without it the test is skipped.
func records(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if os.IsNotExist(err) {
		t.Skipf("the recorded data is not here, so nothing is compared with it: %v", err)
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

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Thirty days of m5.large in five zones of us-east-1, against prices looked at in each second, in whole millionths of a dollar.
func TestRecordedPricesOf2021(t *testing.T) {
	t.Parallel()
	zones := map[string][]market.Point{}
	for _, r := range records(t, "spot/history_m5.large_us-east-1_2021.csv") {
		zones[r["az"]] = append(zones[r["az"]], market.Point{At: instant(t, r["timestamp"]), Price: usd(t, r["usd_per_hour"])})
	}
	if len(zones) != 5 {
		t.Fatalf("%d zones, want 5", len(zones))
	}
	w := pricing.Window{From: instant(t, "2021-01-10T00:00:00Z"), To: instant(t, "2021-02-09T00:00:00Z")}
	for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1f"} {
		points := zones[zone]
		got := pricing.Summarize(points, w)
		slices.SortFunc(points, func(a, b market.Point) int { return a.At.Compare(b.At) })
		seconds := eachSecond(points, w)
		sorted := slices.Clone(seconds)
		slices.Sort(sorted)
		p95 := sorted[(len(sorted)*95+99)/100-1]
		var paid, cut int64
		for _, price := range seconds {
			paid += price
			cut += min(price, p95)
		}
		mean := func(sum int64) decimal.Decimal {
			return decimal.NewFromBigInt(big.NewInt(sum), -6).DivRound(decimal.NewFromInt(int64(len(seconds))), 16)
		}
		millionths := func(price int64) decimal.Decimal { return decimal.New(price, -6) }
		for _, part := range []struct {
			name string
			got  money.Rate
			want decimal.Decimal
		}{{"mean", got.Mean, mean(cut)}, {"paid", got.Paid, mean(paid)}, {"P95", got.P95, millionths(p95)}, {"highest", got.Max, millionths(sorted[len(sorted)-1])}} {
			if !part.got.Decimal().Equal(part.want) {
				t.Errorf("%s, %s: %s, by seconds %s", zone, part.name, part.got, part.want)
			}
		}
		if got.Known != w.To.Sub(w.From) {
			t.Errorf("%s: known for %s", zone, got.Known)
		}
		t.Logf("%s: mean %s, P95 %s, highest %s, lowest %s; %s%% below 0.096 on demand", zone, got.Mean.Display(5), got.P95.Display(5), got.Max.Display(5), millionths(sorted[0]),
			(&pricing.Quote{Mean: got.Mean, OnDemand: usd(t, "0.096")}).Saving())
	}
}

// eachSecond is a price in millionths of a dollar for each second of a window; no price is carried into it that is not known.
func eachSecond(points []market.Point, w pricing.Window) (prices []int64) {
	next := 0
	var price int64
	for at := w.From.Unix(); at < w.To.Unix(); at++ {
		for ; next < len(points) && points[next].At.Unix() <= at; next++ {
			price = points[next].Price.Decimal().Shift(6).IntPart()
		}
		prices = append(prices, price)
	}
	return prices
}

// The auction market of 2016, in which prices went to forty times the usual for an hour. What prices did in the highest hours, up to a hundredth of all, flips no decision, at no minimum saving, by
// more than the comment of Summary says; the mean that was paid would have flipped many.
func TestRecordedSpikesOf2016(t *testing.T) {
	t.Parallel()
	onDemand := map[string]money.Rate{}
	for _, r := range records(t, "ec2/ondemand_us-east-1_2022-06.csv") {
		onDemand[r["type"]] = usd(t, r["linux"])
	}
	hours := map[market.Pool]map[time.Time][2]money.Rate{} // the highest, and the last of an hour
	for _, r := range records(t, "spot/history_2016_us-east-1_hourly.csv") {
		pool := market.Pool{Zone: r["az"], Type: r["type"], Product: "Linux/UNIX"}
		if hours[pool] == nil {
			hours[pool] = map[time.Time][2]money.Rate{}
		}
		hours[pool][instant(t, r["hour_utc"])] = [2]money.Rate{usd(t, r["max_usd"]), usd(t, r["last_usd"])}
	}
	w := pricing.Window{From: instant(t, "2016-02-26T00:00:00Z"), To: instant(t, "2016-04-25T00:00:00Z")}
	decisions, flips, paidFlips := 0, 0, 0
	for _, pool := range slices.SortedFunc(keys(hours), market.Pool.Compare) {
		price, known := onDemand[pool.Type]
		if !known || price.IsZero() {
			t.Fatalf("%s has no price on demand", pool.Type)
		}
		with := hourly(series(hours[pool]), w)
		without := calmed(with, 14) // of 1416 hours
		was, is := pricing.Summarize(without, w), pricing.Summarize(with, w)
		calm := pool
		calm.Zone += ", calmed"
		book := pricing.NewBook(&market.Market{
			Spot:    market.History{pool: with, calm: without},
			Advised: market.Advised{{Region: "us-east-1", OS: "Linux", Type: pool.Type}: {Band: 0}},
		}, "us-east-1", w, nil)
		for percent := range 100 {
			quote := func(p market.Pool) pricing.Quote {
				return book.Quote(pricing.Ask{Type: p.Type, Product: p.Product, Zones: []string{p.Zone}, OnDemand: price, MinimumSaving: percent})
			}
			before, after := quote(calm), quote(pool)
			decisions++
			limit := price.Decimal().Mul(decimal.NewFromInt(int64(100 - percent))).Shift(-2)
			if (was.Paid.Decimal().Cmp(limit) <= 0) != (is.Paid.Decimal().Cmp(limit) <= 0) {
				paidFlips++
			}
			if before.Accepted() == after.Accepted() {
				continue
			}
			flips++
			if percent == 20 {
				t.Errorf("%v: a spike flipped the decision at the saving that is asked for by default: %v became %v", pool, before.Reasons, after.Reasons)
			}
			above := time.Duration(0)
			for _, p := range without {
				if p.Price.Decimal().GreaterThan(limit) {
					above += time.Hour
				}
			}
			if !hasCode(after.Reasons, pricing.PricePeaks) || above*100 < 4*w.To.Sub(w.From) {
				t.Errorf("%v at %d%%: %v became %v, though without the spikes the price was above %s for %s only", pool, percent, before.Reasons, after.Reasons, limit, above)
			}
		}
		t.Logf("%-12s %s: mean %s (%s without the spikes), P95 %s (%s); paid %s (%s), highest %s (%s); on demand %s", pool.Type, pool.Zone,
			is.Mean.Display(4), was.Mean.Display(4), is.P95.Display(4), was.P95.Display(4), is.Paid.Display(4), was.Paid.Display(4), is.Max.Display(2), was.Max.Display(2), price.Display(4))
	}
	t.Logf("%d decisions; with and without the spikes %d differ, each where the price was above the limit for 4%% of the time without them; by the mean that was paid %d would", decisions, flips, paidFlips)
	if paidFlips < 10 || flips > decisions/50 {
		t.Errorf("%d of %d decisions differ, and %d by what was paid", flips, decisions, paidFlips)
	}
}

func hasCode(reasons []pricing.Reason, code pricing.Code) bool {
	return slices.ContainsFunc(reasons, func(r pricing.Reason) bool { return r.Code == code })
}

// series are change points of which each hour has its highest price, and what follows it its last.
func series(hours map[time.Time][2]money.Rate) (points []market.Point) {
	for _, hour := range slices.SortedFunc(keys(hours), time.Time.Compare) {
		points = append(points, market.Point{At: hour, Price: hours[hour][0]})
		if next := hour.Add(time.Hour); hours[next] == [2]money.Rate{} {
			points = append(points, market.Point{At: next, Price: hours[hour][1]})
		}
	}
	return points
}

// hourly is the same with a point for each hour of a window.
func hourly(points []market.Point, w pricing.Window) (all []market.Point) {
	for i, price := range sampled(points, w, time.Hour) {
		all = append(all, market.Point{At: w.From.Add(time.Duration(i) * time.Hour), Price: money.Rate{}})
		all[i].Price, _ = money.RateOf(price)
	}
	return all
}

// calmed is the same with so many of the dearest hours at the price of the hour before them.
func calmed(points []market.Point, count int) []market.Point {
	dearest := make([]int, len(points))
	for i := range dearest {
		dearest[i] = i
	}
	slices.SortStableFunc(dearest, func(a, b int) int { return points[b].Price.Cmp(points[a].Price) })
	dearest = dearest[:count]
	slices.Sort(dearest)
	calm := slices.Clone(points)
	for _, i := range dearest {
		if i > 0 {
			calm[i].Price = calm[i-1].Price
		}
	}
	return calm
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
