package kept_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/market/kept"
	"offpeak/internal/money"
	"offpeak/internal/objects"
)

var (
	seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	at    = time.Date(2026, 10, 16, 1, 0, 0, 0, time.UTC)
	pool  = market.Pool{Zone: "ap-northeast-2a", Type: "m5.large", Product: "Linux/UNIX"}
)

func rate(t *testing.T, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// zipped is an object as AutoSpot keeps it.
func zipped[T any](t *testing.T, asked time.Time, value T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(kept.Record[T]{Format: kept.Format, Asked: asked, Value: value}), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t *testing.T, s objects.Store, key string, data []byte) {
	t.Helper()
	if _, err := s.Create(t.Context(), key, data); err != nil {
		t.Fatal(err)
	}
}

// asked is a store in which AutoSpot has kept a whole market at an instant, and on-demand prices at another.
func asked(t *testing.T, day, listed time.Time) *objects.Memory {
	t.Helper()
	s := objects.NewMemory()
	put(t, s, kept.Key(seoul.Region, kept.Types), zipped(t, day, []market.Spec{{Type: "m5.large", VCPU: 2}}))
	put(t, s, kept.Key(seoul.Region, kept.Advisor), zipped(t, day, []kept.Band{{OS: "Linux", Type: "m5.large", Band: 1, Savings: 60}}))
	put(t, s, kept.OwnKey(seoul, kept.Offerings), zipped(t, day, market.Offerings{"ap-northeast-2a": {"m5.large": true}}))
	put(t, s, kept.OwnKey(seoul, kept.Spot), zipped(t, day, kept.Prices{Pools: []kept.Pool{{Pool: pool, Points: []market.Point{{At: day.AddDate(0, 0, -20), Price: rate(t, "0.04")}}}}}))
	for _, page := range []struct{ date, price string }{{"2026-09-01", "9"}, {"2026-10-15", "0.118"}} {
		price := rate(t, page.price)
		data, err := json.Marshal(kept.PricePage{Format: kept.PriceFormat, Region: seoul.Region, Date: page.date, Prices: []kept.PriceLine{
			{Type: "m5.large", Product: "Linux/UNIX", Rate: &price, Asked: listed},
			{Type: "m5.metal", Product: "Linux/UNIX", Why: "two prices", Asked: listed},
		}})
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, kept.PriceFolder(seoul.Region)+page.date+".json", data)
	}
	return s
}

// known is what is known of a market, in a word each.
func known(m *kept.Market) string {
	var parts []string
	for _, p := range []struct {
		name string
		is   bool
	}{
		{"spot", len(m.Spot) > 0}, {"types", m.Catalog != nil}, {"zones", len(m.Offerings) > 0}, {"odds", len(m.Advised) > 0}, {"on-demand", len(m.OnDemand) > 0}, {"fargate", len(m.Fargate) > 0},
	} {
		if p.is {
			parts = append(parts, p.name)
		}
	}
	if !m.Old.IsZero() {
		parts = append(parts, "old "+m.Old.Format(time.DateOnly))
	}
	return strings.Join(parts, ", ")
}

func TestWhatIsOfTheInstantCounts(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for _, row := range []struct {
		name         string
		spot, listed time.Duration // before the instant
		want         string
	}{
		{"asked this morning", time.Hour, time.Hour, "spot, types, zones, odds, on-demand"},
		{"asked six days ago, list prices four weeks ago", 6 * day, 28 * day, "spot, types, zones, odds, on-demand"},
		{"list prices of the spring", time.Hour, 200 * day, "spot, types, zones, odds"},
		{"Spot prices of eight days ago: nothing may be weighed by them", 8 * day, time.Hour, "old 2026-10-08"},
		{"a report that is made for an instant long before they were asked", -60 * day, time.Hour, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := asked(t, at.Add(-row.spot), at.Add(-row.listed))
			m, err := kept.Read(t.Context(), s, seoul, nil, at)
			if err != nil || known(m) != row.want || m.Priced() != strings.HasPrefix(row.want, "spot") {
				t.Fatalf("%q, want %q; %v\n%s", known(m), row.want, err, strings.Join(m.Sources, "\n"))
			}
			if m.Priced() && !m.Taken.Equal(at.Add(-row.spot)) {
				t.Errorf("it is of %s", m.Taken)
			}
			if key := (fleet.PriceKey{Region: seoul.Region, Type: "m5.large", Product: "Linux/UNIX"}); strings.Contains(row.want, "on-demand") && m.OnDemand[key].String() != "0.118" {
				t.Errorf("on demand %s, want that of the newest page", m.OnDemand[key])
			}
		})
	}
}

func TestAMarketIsOfItsScopeAndItsPolicy(t *testing.T) {
	t.Parallel()
	s := asked(t, at, at)
	key := fleet.PriceKey{Region: seoul.Region, Type: "m5.large", Product: "Linux/UNIX"}
	m, err := kept.Read(t.Context(), s, seoul, fleet.Prices{key: rate(t, "0.1")}, at)
	if err != nil || m.OnDemand[key].String() != "0.1" {
		t.Errorf("the policy's price goes before AWS's: %s, %v", m.OnDemand[key], err)
	}
	for _, other := range []fleet.Scope{{Account: "999988887777", Region: seoul.Region}, {Account: seoul.Account, Region: "us-east-1"}} {
		m, err := kept.Read(t.Context(), s, other, nil, at)
		if err != nil || m.Priced() || !m.Old.IsZero() {
			t.Errorf("%s: %s, %v", other, known(m), err)
		}
	}
	// Tasks on Fargate cost the same in every account of a region.
	onDemand := kept.Meters{"Fargate-vCPU-Hours:perCPU": rate(t, "0.04656"), "Fargate-GB-Hours": rate(t, "0.00511")}
	spot := kept.Meters{"SpotUsage-Fargate-vCPU-Hours:perCPU": rate(t, "0.014"), "SpotUsage-Fargate-GB-Hours": rate(t, "0.0015")}
	put(t, s, kept.Key(seoul.Region, kept.FargateListed), zipped(t, at.AddDate(0, 0, -20), onDemand))
	put(t, s, kept.Key(seoul.Region, kept.FargateSpot), zipped(t, at.AddDate(0, 0, -3), spot))
	m, err = kept.Read(t.Context(), s, fleet.Scope{Account: "999988887777", Region: seoul.Region}, nil, at)
	if percent, ok := m.FargateDiscount(seoul.Region, "LINUX/X86_64"); err != nil || !ok || percent != 69 || !m.Taken.Equal(at.AddDate(0, 0, -3)) {
		t.Errorf("%d %t of %s: %v", percent, ok, m.Taken, err)
	}
}

// denied is a store that does not answer for some keys.
type denied struct {
	objects.Store
	prefix string
}

func (d denied) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	if strings.HasPrefix(key, d.prefix) {
		return nil, "", errors.New("access denied")
	}
	return d.Store.Read(ctx, key)
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"market/", "prices/"} {
		if _, err := kept.Read(t.Context(), denied{asked(t, at, at), prefix}, seoul, nil, at); err == nil || !strings.Contains(err.Error(), prefix+"ap-northeast-2/") {
			t.Errorf("a store that does not answer is an error that names the object: %v", err)
		}
	}
	var other bytes.Buffer
	z := gzip.NewWriter(&other)
	if _, err := z.Write([]byte(`{"format":"offpeak-market/2","asked":"2026-10-16T00:00:00Z","value":{}}`)); errors.Join(err, z.Close()) != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"no gzip": []byte("{}"), "cut short": zipped(t, at, "x")[:12], "a value of another form": zipped(t, at, "x"), "another format": other.Bytes()} {
		s := objects.NewMemory()
		put(t, s, kept.OwnKey(seoul, kept.Spot), data)
		m, err := kept.Read(t.Context(), s, seoul, nil, at)
		if err != nil || m.Priced() || !strings.Contains(strings.Join(m.Sources, "\n"), "cannot be read") {
			t.Errorf("%s: %s, %v", name, known(m), err)
		}
	}
	// What is not known stands among the sources, in words.
	m, err := kept.Read(t.Context(), asked(t, at.AddDate(0, 0, -9), at), seoul, nil, at)
	want := []string{"no Spot prices: AutoSpot asked for them last on 2026-10-07", "no prices of Fargate on demand are kept", "no prices of Fargate on Spot are kept"}
	if diff := cmp.Diff(want, m.Sources); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := kept.Parse[kept.Prices](data); err == nil && r.Format != kept.Format {
			t.Errorf("%+v", r)
		}
		if p, err := kept.ParsePrices(data); err == nil && p.Format != kept.PriceFormat {
			t.Errorf("%+v", p)
		}
	})
}
