package survey_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/internal/reporting/survey"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/sample"
)

const payer = fleet.AccountID("444455556666")

var (
	shop   = fleet.AccountID("111122223333")
	closed = fleet.AccountID("222233334444")
	seoul  = fleet.Scope{Account: shop, Region: "ap-northeast-2"}
	tokyo  = fleet.Scope{Account: shop, Region: "ap-northeast-1"}
	dublin = fleet.Scope{Account: payer, Region: "eu-west-1"}
)

// world is what a surveyor looks at.
type world struct {
	*survey.Surveyor
	store  *objects.Memory
	now    time.Time
	faults map[fleet.Scope]error
	finds  []hub.Finding

	mu     sync.Mutex
	looked []string
}

func (w *world) look(_ context.Context, _ *policy.Policy, scope fleet.Scope) (fleet.Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked = append(w.looked, scope.String())
	id := "i-" + string(scope.Region)
	return fleet.Snapshot{Taken: w.now, Resources: []fleet.Resource{{
		ID: id, ARN: fleet.ARN("arn:aws:ec2:" + string(scope.Region) + ":" + string(scope.Account) + ":instance/" + id), Kind: fleet.EC2Instance, Scope: scope, State: fleet.Running,
	}}}, w.faults[scope]
}

func newWorld() *world {
	w := &world{store: objects.NewMemory(), faults: map[fleet.Scope]error{}}
	w.Surveyor = &survey.Surveyor{
		Policy: func(context.Context) (*policy.Policy, error) {
			return &policy.Policy{Tenants: []policy.Tenant{{Name: "of no payer"}, {Name: "shop", Payer: payer}}}, nil
		},
		Scopes: func(context.Context, *policy.Policy) ([]fleet.Scope, []hub.Finding, error) {
			return []fleet.Scope{tokyo, seoul, dublin}, w.finds, nil
		},
		Look: w.look, Book: survey.Book{Store: w.store}, Shelf: delivery.Shelf{Store: objects.NewMemory()},
	}
	return w
}

// day has the surveyor run on a day, and tells what it looked at and what it said.
func (w *world) day(t *testing.T, date string) (looked, said string) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	w.now, w.looked = at.Add(20*time.Minute), nil
	done, err := w.Do(t.Context(), w.now)
	if err != nil {
		t.Fatalf("%s: %v", date, err)
	}
	slices.Sort(w.looked)
	return strings.Join(w.looked, " "), strings.Join(done, "; ")
}

// TestAQuarterIsLookedAtOnce: from its first day on, each scope once; what could not be looked at is tried each day until the final report is there.
func TestAQuarterIsLookedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.faults[dublin] = &failure.Error{Class: failure.Denied, Err: errors.New("sts refused")}
	w.finds = []hub.Finding{{Account: closed, Class: failure.Denied, Text: "it cannot be entered."}, {Account: "333344445555", Closed: true}, {Text: "the organization does not answer."}}
	issue := func(state reports.State) func() {
		return func() {
			id := delivery.ID{Payer: payer, Quarter: "2026Q3", State: state}
			if _, _, err := w.Shelf.Put(t.Context(), id, sample.Report(3), []delivery.File{{Name: delivery.ReportFile, Data: []byte("{}")}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, step := range []struct {
		what, date, looked, said string
		before                   func()
	}{
		{
			"the first day after it", "2026-10-01", "111122223333/ap-northeast-1 111122223333/ap-northeast-2 444455556666/eu-west-1",
			"inventory of 2026Q3: 2 of 3 accounts' regions are kept; inventory of 2026Q3: 222233334444 is missing (denied): it cannot be entered.; inventory of 2026Q3: 444455556666/eu-west-1 is missing (denied): sts refused", nil,
		},
		{
			"what was missing, again", "2026-10-02", "444455556666/eu-west-1",
			"inventory of 2026Q3: 2 of 3 accounts' regions are kept; inventory of 2026Q3: 222233334444 is missing (denied): it cannot be entered.; inventory of 2026Q3: 444455556666/eu-west-1 is missing (denied): sts refused", nil,
		},
		{"the provisional report ends nothing", "2026-10-04", "444455556666/eu-west-1", "inventory of 2026Q3: 3 of 3 accounts' regions are kept", func() {
			issue(reports.Provisional)()
			delete(w.faults, dublin)
			w.finds = nil
		}},
		{"all is there", "2026-10-05", "", "", nil},
		{"the final report is there: an account that comes later is the next quarter's", "2026-10-17", "", "", func() {
			issue(reports.Final)()
			w.store = objects.NewMemory()
			w.Book.Store = w.store
		}},
		{"the next quarter", "2027-01-01", "111122223333/ap-northeast-1 111122223333/ap-northeast-2 444455556666/eu-west-1", "inventory of 2026Q4: 3 of 3 accounts' regions are kept", nil},
	} {
		if step.before != nil {
			step.before()
		}
		looked, said := w.day(t, step.date)
		if looked != step.looked || said != step.said {
			t.Errorf("%s, %s:\nlooked at %q, want %q\nsaid %q\nwant %q", step.date, step.what, looked, step.looked, said, step.said)
		}
	}
}

// TestWhatAReportGets: the tenant's accounts alone, as they were seen first, and what is missing of them.
func TestWhatAReportGets(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.faults[dublin] = &failure.Error{Class: failure.Throttled, Err: errors.New("slower")}
	w.finds = []hub.Finding{{Account: closed, Class: failure.Denied, Text: "it cannot be entered."}}
	w.day(t, "2026-10-01")
	damaged := fleet.Scope{Account: shop, Region: "us-east-1"}
	if _, err := w.store.Create(t.Context(), "survey/quarter=2026Q3/account=111122223333/region="+string(damaged.Region)+".json", []byte("{")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		what     string
		quarter  string
		accounts []fleet.AccountID
		seen     []string
		gaps     []string
	}{
		{"one account", "2026Q3", []fleet.AccountID{shop}, []string{"i-ap-northeast-1", "i-ap-northeast-2"}, []string{"111122223333/us-east-1: what was kept cannot be read"}},
		{"with some that could not be looked at, and one that nobody named", "2026Q3", []fleet.AccountID{shop, payer, closed, "999900001111"}, []string{"i-ap-northeast-1", "i-ap-northeast-2"}, []string{
			"111122223333/us-east-1: what was kept cannot be read", "444455556666/eu-west-1: not looked at (throttled)", "222233334444: not looked at (denied)",
			"999900001111: not looked at, as the policy names it nowhere",
		}},
		{"none of which was seen: there is no inventory", "2026Q3", []fleet.AccountID{payer}, nil, nil},
		{"another quarter", "2026Q2", []fleet.AccountID{shop}, nil, nil},
	} {
		got, err := w.Book.Of(t.Context(), row.quarter, row.accounts)
		if err != nil {
			t.Fatal(err)
		}
		var seen, gaps []string
		for _, s := range got {
			gaps = append(gaps, s.Gaps...)
			for _, r := range s.Resources {
				seen = append(seen, r.ID)
			}
			if !s.Taken.Equal(w.now) {
				t.Errorf("%s: taken %s", row.what, s.Taken)
			}
		}
		if diff := cmp.Diff([][]string{row.seen, row.gaps}, [][]string{seen, gaps}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.what, diff)
		}
	}
}

// TestTheFirstLookCounts: it is the nearest to the quarter's end.
func TestTheFirstLookCounts(t *testing.T) {
	t.Parallel()
	b := survey.Book{Store: objects.NewMemory()}
	first, second := fleet.Snapshot{Taken: time.Unix(1, 0).UTC()}, fleet.Snapshot{Taken: time.Unix(2, 0).UTC()}
	if err := errors.Join(b.Keep(t.Context(), "2026Q3", seoul, &first), b.Keep(t.Context(), "2026Q3", seoul, &second)); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Of(t.Context(), "2026Q3", []fleet.AccountID{shop}); err != nil || len(got) != 1 || !got[0].Taken.Equal(first.Taken) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestARunThatHasNoTime leaves the rest to the next one, and writes down that it did.
func TestARunThatHasNoTime(t *testing.T) {
	t.Parallel()
	w := newWorld()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second) // less than what is spared for writing down
	defer stop()
	done, err := w.Do(ctx, time.Date(2026, 10, 1, 0, 20, 0, 0, time.UTC))
	if err != nil || len(w.looked) > 0 || len(done) != 4 || !strings.Contains(done[1], "no time left") {
		t.Errorf("looked at %q, said %q, %v", w.looked, done, err)
	}
	if looked, said := w.day(t, "2026-10-02"); strings.Count(looked, "/") != 3 || !strings.Contains(said, "3 of 3") {
		t.Errorf("looked at %q, said %q", looked, said)
	}
}

// TestWhatCannotBeKept is an error: else nobody would know why the report lacks it.
func TestWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.Book.Store = refusing{w.store}
	if _, err := w.Do(t.Context(), time.Date(2026, 10, 1, 0, 20, 0, 0, time.UTC)); err == nil || !strings.Contains(err.Error(), "keep the inventory of "+seoul.String()+": disk full") {
		t.Error(err)
	}
}

type refusing struct{ objects.Store }

func (refusing) Create(context.Context, string, []byte) (objects.Version, error) {
	return "", fmt.Errorf("disk full")
}
