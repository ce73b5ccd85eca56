package reporting

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
	"offpeak/internal/objects"
)

func keep[T any](t *testing.T, s objects.Store, key string, asked time.Time, value T) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	err := errors.Join(json.NewEncoder(z).Encode(kept.Record[T]{Format: kept.Format, Asked: asked, Value: value}), z.Close())
	if err == nil {
		_, err = s.Create(t.Context(), key, b.Bytes())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// keepsMarket is a store in which AutoSpot keeps a market, as of accounts' regions at instants.
func keepsMarket(t *testing.T, m *market.Market, asked map[fleet.Scope]time.Time) *objects.Memory {
	t.Helper()
	s := objects.NewMemory()
	for scope, at := range asked {
		if _, _, err := s.Read(t.Context(), kept.Key(scope.Region, kept.Types)); err != nil {
			keep(t, s, kept.Key(scope.Region, kept.Types), at, m.Catalog.All())
		}
		var spot kept.Prices
		for pool, points := range m.Spot {
			spot.Pools = append(spot.Pools, kept.Pool{Pool: pool, Points: points})
		}
		keep(t, s, kept.OwnKey(scope, kept.Offerings), at, m.Offerings)
		keep(t, s, kept.OwnKey(scope, kept.Spot), at, spot)
	}
	return s
}

// TestOffersByWhatAutoSpotKeeps: the same as by files of the same market; of each account's region by its own, and of none where nobody has asked lately.
func TestOffersByWhatAutoSpotKeeps(t *testing.T) {
	t.Parallel()
	p, seen, files := spotFleet(t)
	p.Prices = fleet.Prices{}
	for key, rate := range files.OnDemand {
		if _, task := market.FargateMeter(key.Type); !task {
			p.Prices[key] = rate
		}
	}
	files.Fargate = nil
	here := seen.Resources[0].Scope
	files.Advised = nil
	issued := seen.Taken.Add(6 * time.Hour)
	old := issued.AddDate(0, 0, -8)
	beside := fleet.Scope{Account: "999988887777", Region: here.Region}
	const third = "333344445555/ap-northeast-2" // of which AutoSpot has asked nothing
	want := offered(OffersOf(p, seen, files, nil))
	r := seen.Resources[0] // somebody else's account has one, too
	r.Scope, r.ARN = beside, fleet.ARN(strings.Replace(string(r.ARN), string(here.Account), string(beside.Account), 1))
	seen.Resources = append(seen.Resources, r)
	for _, row := range []struct {
		name           string
		asked          map[fleet.Scope]time.Time
		none           bool // nothing is known at all
		offers         bool
		unpriced, from string
	}{
		{"asked today, and never next door", map[fleet.Scope]time.Time{here: seen.Taken}, false, true, third + " " + beside.String(), "2026-11-20"},
		{"asked a week ago next door", map[fleet.Scope]time.Time{here: seen.Taken, beside: old}, false, true, third + " " + beside.String() + " (2026-11-12)", "2026-11-20"},
		{"the first day that counts is told", map[fleet.Scope]time.Time{here: seen.Taken, beside: seen.Taken.AddDate(0, 0, -2)}, false, true, third, "2026-11-18"},
		{"asked a week ago alone", map[fleet.Scope]time.Time{here: old}, false, false, here.String() + " (2026-11-12)", ""},
		{"never asked", nil, true, false, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := &maker{Input: &Input{Policy: p, Issued: issued, Kept: keepsMarket(t, files, row.asked)}, seen: seen}
			got, err := m.kept(t.Context(), nil)
			if err != nil || (got == nil) != row.none {
				t.Fatalf("%+v, %v", got, err)
			}
			if row.none {
				return
			}
			if unpriced := strings.Join(got.Unpriced, " "); unpriced != row.unpriced || got.Asked != row.from || got.Unknown == row.offers {
				t.Errorf("unpriced %q, of %s, unknown %t", unpriced, got.Asked, got.Unknown)
			}
			wanted := want
			if !row.offers {
				wanted = nil
			}
			if diff := cmp.Diff(wanted, offered(got.within([]fleet.AccountID{here.Account}))); diff != "" {
				t.Errorf("(-by files +by what is kept)\n%s", diff)
			}
		})
	}
}

// broken is a store that does not answer.
type broken struct{ objects.Store }

func (broken) Read(context.Context, string) ([]byte, objects.Version, error) {
	return nil, "", errors.New("access denied")
}

func TestAStoreThatDoesNotAnswerIsAnError(t *testing.T) {
	t.Parallel()
	p, seen, _ := spotFleet(t)
	m := &maker{Input: &Input{Policy: p, Issued: seen.Taken, Kept: broken{objects.NewMemory()}}, seen: seen}
	if _, err := m.kept(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "what Spot costs in "+seen.Resources[0].Scope.String()) {
		t.Errorf("%v", err)
	}
}

// TestOffersBesideAReport are read as they were written, and what is something else is refused.
func TestOffersBesideAReport(t *testing.T) {
	t.Parallel()
	p, seen, files := spotFleet(t)
	made := &Made{Offers: OffersOf(p, seen, files, nil)}
	made.Offers.Asked, made.Offers.Unpriced = "2026-11-20", []string{"999988887777/us-east-1"}
	beside, err := made.Files()
	if err != nil || len(beside) != 1 || beside[0].Name != OffersFile {
		t.Fatalf("%v, %v", beside, err)
	}
	back, err := ReadOffers(beside[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(offered(made.Offers), offered(back)); diff != "" || back.Asked != made.Offers.Asked || len(back.Unpriced) != 1 {
		t.Errorf("%+v\n%s", back, diff)
	}
	for _, text := range []string{"", "[]", "{}", `{"SpotPriceHistory": []}`, `{"taken": "2026-11-20T00:00:00Z"}`} {
		if _, err := ReadOffers([]byte(text)); err == nil {
			t.Errorf("%s was taken for offers", text)
		}
	}
}
