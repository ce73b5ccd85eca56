package simulation_test

import (
	"encoding/csv"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
)

func dollars(t testing.TB, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var pool = simulation.Pool{Zone: "ap-northeast-2a", Type: "m5.large", Product: "Linux/UNIX"}

func market(t testing.TB, seed uint64) *simulation.Market {
	return simulation.NewMarket(seed, at("2026-11-16 00:00"), fleet.Prices{{Region: "ap-northeast-2", Type: "m5.large"}: dollars(t, "0.118")})
}

func TestDrawnPricesAreSmooth(t *testing.T) {
	t.Parallel()
	from, to := at("2026-11-16 00:00"), at("2026-12-16 00:00")
	least, most := dollars(t, "0.0295"), dollars(t, "0.0532") // a quarter to 45 hundredths of on-demand
	wide := 0
	for seed := range uint64(100) {
		m := market(t, seed)
		path := m.Path(pool, from, to)
		if len(path) < 15 || path[0].At.After(from) || !path[len(path)-1].At.Before(to) {
			t.Fatalf("seed %d: %d points, the first at %s", seed, len(path), path[0].At)
		}
		low, high := path[0].Price, path[0].Price
		for i, p := range path {
			if i > 0 && !path[i-1].At.Before(p.At) {
				t.Errorf("seed %d: %s, then %s", seed, path[i-1].At, p.At)
			}
			if low.Cmp(p.Price) > 0 {
				low = p.Price
			}
			if high.Cmp(p.Price) < 0 {
				high = p.Price
			}
			if at, ok := m.PriceAt(pool, p.At); !ok || !at.Equal(p.Price) {
				t.Errorf("seed %d: %s at %s, on the path %s", seed, at, p.At, p.Price)
			}
		}
		if low.Times(10).Cmp(least.Times(5)) < 0 || high.Times(10).Cmp(most.Times(15)) > 0 {
			t.Errorf("seed %d: from %s to %s", seed, low, high)
		}
		if low.Times(11).Cmp(high.Times(10)) < 0 {
			wide++ // more than a tenth
		}
	}
	if wide == 0 || wide > 35 {
		t.Errorf("%d of 100 paths move by more than a tenth within a month", wide)
	}
}

// TestDrawnPricesRevert: years later, jumps and all, they are on average where the terms put them.
func TestDrawnPricesRevert(t *testing.T) {
	t.Parallel()
	sum, points := dollars(t, "0"), 0
	for seed := range uint64(20) {
		m := market(t, seed)
		m.SetTerms(pool, simulation.Terms{Share: 300})
		for _, p := range m.Path(pool, at("2030-01-01 00:00"), at("2031-01-01 00:00")) {
			sum, points = sum.Add(p.Price), points+1
		}
	}
	if low, high := dollars(t, "0.0354").Times(points*95/100), dollars(t, "0.0354").Times(points*107/100); sum.Cmp(low) < 0 || sum.Cmp(high) > 0 {
		t.Errorf("%s over %d points, want between %s and %s", sum, points, low, high)
	}
}

func TestPricesDoNotDependOnWhatWasAskedBefore(t *testing.T) {
	t.Parallel()
	from, to := at("2026-11-16 00:00"), at("2027-02-16 00:00")
	one, other := market(t, 7), market(t, 7)
	want, signals := one.Path(pool, from, to), one.Signals(pool, from, to)
	for day := range 92 {
		other.PriceAt(pool, from.AddDate(0, 0, day))
		other.ShortUntil(pool, to.AddDate(0, 0, -day))
	}
	if diff := cmp.Diff(other.Path(pool, from, to), want); diff != "" {
		t.Error(diff)
	}
	if got := other.Signals(pool, from, to); len(got) != len(signals) {
		t.Errorf("%d signals, then %d", len(got), len(signals))
	}
	if cmp.Equal(market(t, 8).Path(pool, from, to), want) {
		t.Error("another seed gives the same prices")
	}
}

func TestAPriceThatIsUnknownIsNotZero(t *testing.T) {
	t.Parallel()
	m, there := market(t, 1), at("2026-11-16 00:00")
	other := pool
	other.Type = "m5.huge"
	if price, ok := m.PriceAt(other, there); ok || len(m.Path(other, there, there.AddDate(0, 1, 0))) > 0 {
		t.Errorf("%s", price)
	}
	if err := m.Record(other, []simulation.PricePoint{{At: there, Price: dollars(t, "1")}}); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.PriceAt(other, there.Add(-time.Second)); ok {
		t.Error("a price before the first")
	}
	if price, ok := m.PriceAt(other, there.AddDate(1, 0, 0)); !ok || price.String() != "1" {
		t.Errorf("the last price goes on: %s %t", price, ok)
	}
	for _, bad := range [][]simulation.PricePoint{nil, {{At: there.Add(1)}, {At: there}}} {
		if m.Record(pool, bad) == nil {
			t.Errorf("accepted %v", bad)
		}
	}
}

func TestInstancesAreInterruptedAsOftenAsThePoolSays(t *testing.T) {
	t.Parallel()
	from, to := at("2026-11-16 00:00"), at("2026-12-16 00:00")
	signals, both, alone, only, hit, instances := 0, 0, 0, 0, 0, 0
	for seed := range uint64(400) {
		m := market(t, seed)
		m.SetTerms(pool, simulation.Terms{Share: 300, Interruptions: 200, Shortage: time.Hour})
		found := m.Signals(pool, from, to)
		signals += len(found)
		for _, s := range found {
			switch {
			case s.End.IsZero():
				only++
			case s.Rebalance.IsZero():
				alone++
			default:
				both++
			}
			if !s.End.IsZero() && (!s.Notice.Equal(s.End.Add(-2*time.Minute)) || s.Until.Before(s.End) || s.Rebalance.After(s.Notice)) {
				t.Errorf("%+v", s)
			}
		}
		for i := range 20 {
			instances++
			if slices.ContainsFunc(found, func(s simulation.Signal) bool { return !s.End.IsZero() && m.Takes(pool, s, string(rune('a'+i))) }) {
				hit++
			}
		}
	}
	// 1 - exp(-0.2) of them: a rate of a fifth a month.
	if share := hit * 1000 / instances; share < 160 || share > 205 {
		t.Errorf("%d of 1,000 instances were interrupted within a month", share)
	}
	if only < signals/2 || alone == 0 || both == 0 || alone > both*2 {
		t.Errorf("%d signals: %d recommendations alone, %d interruptions without one, %d with", signals, only, alone, both)
	}
}

// TestRecordedPaths reads thirty days of AWS's own prices, where they are present.
func TestRecordedPaths(t *testing.T) {
	t.Parallel()
	const name = "../../../shared/data/spot/history_m5.large_us-east-1_2021.csv"
	file, err := os.Open(name)
	if err != nil {
		t.Skip("the recorded prices are not here: ", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var path []simulation.PricePoint
	recorded := simulation.Pool{Zone: "us-east-1a", Type: "m5.large", Product: "Linux/UNIX"}
	for _, row := range rows {
		when, err := time.Parse(time.RFC3339, row[4])
		if row[0] == recorded.Zone && err == nil {
			path = append(path, simulation.PricePoint{At: when, Price: dollars(t, row[3])})
		}
	}
	slices.Reverse(path)
	m := simulation.NewMarket(1, path[0].At, nil)
	if err := m.Record(recorded, path); err != nil {
		t.Fatal(err)
	}
	got := m.Path(recorded, path[0].At, path[len(path)-1].At.Add(time.Second))
	same := cmp.Comparer(func(a, b simulation.PricePoint) bool { return a.At.Equal(b.At) && a.Price.Equal(b.Price) })
	if diff := cmp.Diff(got, path, same); diff != "" || len(path) < 20 {
		t.Errorf("%d points: %s", len(path), diff)
	}
}

func TestWhoeverIsOutbidIsInterrupted(t *testing.T) {
	t.Parallel()
	m := market(t, 1)
	m.SetTerms(pool, simulation.Terms{Share: 300})
	up, down := at("2026-11-17 12:00"), at("2026-11-17 15:00")
	spike := []simulation.PricePoint{{At: up.AddDate(0, 0, -1), Price: dollars(t, "0.04")}, {At: up, Price: dollars(t, "2.5")}, {At: down, Price: dollars(t, "0.05")}}
	if err := m.Record(pool, spike); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		at    time.Time
		until time.Time
	}{
		{up.Add(-time.Second), time.Time{}}, {up, down}, {down.Add(-time.Second), down}, {down, time.Time{}},
	} {
		if got := m.ShortUntil(pool, row.at); !got.Equal(row.until) {
			t.Errorf("at %s: short until %s, want %s", row.at, got, row.until)
		}
	}
	signals := m.Signals(pool, up, down)
	if len(signals) != 1 || !signals[0].End.Equal(up.Add(2*time.Minute)) || !m.Takes(pool, signals[0], "i-1") {
		t.Errorf("%+v", signals)
	}
}
