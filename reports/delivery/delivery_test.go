package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/objects"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/sample"
)

var id = delivery.ID{Payer: "111122223333", Quarter: "2026Q3", State: reports.Provisional}

func files(t *testing.T, r *reports.Report) []delivery.File {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return []delivery.File{{Name: delivery.ReportFile, Data: data}, {Name: "lines.csv", Data: []byte("a,b")}}
}

func TestOfTwoRunsOneReportCounts(t *testing.T) {
	t.Parallel()
	shelf := delivery.Shelf{Store: objects.NewMemory()}
	first, second := sample.Report(3), sample.Report(4)
	one, won, err := shelf.Put(t.Context(), id, first, files(t, first))
	if err != nil || !won {
		t.Fatal(won, err)
	}
	other, won, err := shelf.Put(t.Context(), id, second, files(t, second))
	if err != nil || won {
		t.Fatalf("won %v, %v", won, err)
	}
	if diff := cmp.Diff(one, other); diff != "" {
		t.Errorf("the second run has another manifest\n%s", diff)
	}
	got, hash, err := shelf.Report(t.Context(), &other)
	if err != nil || len(got.Resources) != 3 || hash != one.SHA256(delivery.ReportFile) {
		t.Errorf("%d resources, hash %s, %v", len(got.Resources), hash, err)
	}
}

func TestARunThatDiedLeavesNoReport(t *testing.T) {
	t.Parallel()
	store := &dying{Memory: objects.NewMemory()}
	shelf := delivery.Shelf{Store: store}
	r := sample.Report(3)
	for store.after = 0; ; store.after++ {
		store.writes = 0
		_, _, err := shelf.Put(t.Context(), id, r, files(t, r))
		if err == nil {
			break
		}
		if _, err := shelf.Manifest(t.Context(), id); !errors.Is(err, delivery.ErrNoReport) {
			t.Fatalf("after %d writes there is a report (%v)", store.after, err)
		}
	}
	if store.after == 0 {
		t.Error("nothing died")
	}
}

// dying fails from the write after so many on.
type dying struct {
	*objects.Memory
	after, writes int
}

func (d *dying) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	if d.writes++; d.writes > d.after {
		return "", errors.New("the run died")
	}
	return d.Memory.Create(ctx, key, data)
}

func TestAFileThatWasChangedIsNotBelieved(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	shelf := delivery.Shelf{Store: store}
	r := sample.Report(1)
	m, _, err := shelf.Put(t.Context(), id, r, files(t, r))
	if err != nil {
		t.Fatal(err)
	}
	data, version, err := store.Read(t.Context(), m.Folder+delivery.ReportFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = store.Replace(t.Context(), m.Folder+delivery.ReportFile, []byte(strings.Replace(string(data), "retail", "wholesale", 1)), version); err != nil {
		t.Fatal(err)
	}
	if _, _, err := shelf.Report(t.Context(), &m); !errors.Is(err, delivery.ErrBroken) {
		t.Errorf("got %v", err)
	}
}

func TestTheLastReportOfAQuarter(t *testing.T) {
	t.Parallel()
	shelf := delivery.Shelf{Store: objects.NewMemory()}
	if _, err := shelf.Last(t.Context(), id.Payer, id.Quarter); !errors.Is(err, delivery.ErrNoReport) {
		t.Errorf("got %v", err)
	}
	next := id
	for _, want := range []string{"provisional 0", "final 0", "restated 1", "restated 2"} {
		r := sample.Report(1)
		if _, _, err := shelf.Put(t.Context(), next, r, files(t, r)); err != nil {
			t.Fatal(err)
		}
		last, err := shelf.Last(t.Context(), id.Payer, id.Quarter)
		if got := fmt.Sprintf("%s %d", last.State, last.Revision); err != nil || got != want {
			t.Errorf("last is %s (%v), want %s", got, err, want)
		}
		next = delivery.Next(last, reports.Restated)
		if want == "provisional 0" {
			next = delivery.Next(last, reports.Final)
		}
	}
	if other, err := shelf.Of(t.Context(), "222233334444"); err != nil || len(other) != 0 {
		t.Errorf("another tenant sees %v (%v)", other, err)
	}
}

func TestWhenReportsAreDue(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ now, want string }{
		{"2026-10-01T00:00:00Z", "2026Q3  false"},
		{"2026-10-02T23:59:59Z", "2026Q3  false"},
		{"2026-10-03T00:00:00Z", "2026Q3 provisional true"},
		{"2026-10-15T23:59:59Z", "2026Q3 provisional true"},
		{"2026-10-16T00:00:00Z", "2026Q3 final true"},
		{"2026-12-31T23:59:59Z", "2026Q3 final true"},
		{"2027-01-03T08:30:00+09:00", "2026Q4  false"}, // it is still the second in UTC
		{"2027-01-03T09:30:00+09:00", "2026Q4 provisional true"},
	} {
		now, err := time.Parse(time.RFC3339, row.now)
		if err != nil {
			t.Fatal(err)
		}
		quarter, state, due := delivery.Due(now)
		if got := fmt.Sprintf("%s %s %v", quarter, state, due); got != row.want {
			t.Errorf("%s: %s, want %s", row.now, got, row.want)
		}
	}
}
