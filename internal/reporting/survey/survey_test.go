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

	"offpeak/internal/billing"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/money"
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

	plans   map[fleet.AccountID][]billing.PublishedRate
	unrated map[fleet.AccountID]error

	mu     sync.Mutex
	looked []string
	rated  []string
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

func (w *world) rates(_ context.Context, _ *policy.Policy, account fleet.AccountID, since time.Time) ([]billing.PublishedRate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rated = append(w.rated, string(account)+" since "+since.Format(time.DateOnly))
	return w.plans[account], w.unrated[account]
}

func newWorld() *world {
	w := &world{store: objects.NewMemory(), faults: map[fleet.Scope]error{}}
	w.Surveyor = &survey.Surveyor{
		Rates: w.rates,
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
	w.now, w.looked, w.rated = at.Add(20*time.Minute), nil, nil
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
			"Savings Plans of 2026Q3: 2 of 2 accounts have told their rates; inventory of 2026Q3: 2 of 3 accounts' regions are kept; inventory of 2026Q3: 222233334444 is missing (denied): it cannot be entered.; inventory of 2026Q3: 444455556666/eu-west-1 is missing (denied): sts refused", nil,
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
		{"the next quarter", "2027-01-01", "111122223333/ap-northeast-1 111122223333/ap-northeast-2 444455556666/eu-west-1", "Savings Plans of 2026Q4: 2 of 2 accounts have told their rates; inventory of 2026Q4: 3 of 3 accounts' regions are kept", nil},
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

// TestRatesOfSavingsPlans: each account is asked once for the plans that were in force in the quarter, payers among them; one that does not answer is asked again, and a report
// gets those of its accounts alone.
func TestRatesOfSavingsPlans(t *testing.T) {
	t.Parallel()
	w := newWorld()
	rate := func(plan, usage, price string) billing.PublishedRate {
		r, err := money.ParseRate(price)
		if err != nil {
			t.Fatal(err)
		}
		return billing.PublishedRate{Plan: plan, UsageType: usage, Operation: "RunInstances:0002", Rate: r}
	}
	w.plans = map[fleet.AccountID][]billing.PublishedRate{
		shop: {rate("sp-1", "BoxUsage:m5.large", "0.07"), rate("sp-1", "BoxUsage:m5.xlarge", "0.14"), rate("sp-2", "BoxUsage:m5.large", "0.06")}, payer: {rate("sp-3", "BoxUsage:m5.large", "0.05")},
	}
	w.unrated = map[fleet.AccountID]error{payer: &failure.Error{Class: failure.Denied, Err: errors.New("not authorized")}}
	_, said := w.day(t, "2026-10-01")
	slices.Sort(w.rated)
	if got := strings.Join(w.rated, ", "); got != "111122223333 since 2026-07-01, 444455556666 since 2026-07-01" {
		t.Errorf("asked %s", got)
	}
	for _, part := range []string{"Savings Plans of 2026Q3: 1 of 2 accounts have told their rates", "savings-plans of 2026Q3: 444455556666 is missing (denied): not authorized"} {
		if !strings.Contains(said, part) {
			t.Errorf("%s lacks %s", said, part)
		}
	}
	if seen, err := w.Book.Of(t.Context(), "2026Q3", []fleet.AccountID{payer}); err != nil || len(seen) != 1 || len(seen[0].Gaps) != 0 {
		t.Errorf("what of plans is missing is no gap of the inventory: %+v, %v", seen, err)
	}
	tell := func(quarter string, accounts ...fleet.AccountID) string {
		all, err := w.Book.Rates(t.Context(), quarter, accounts)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, r := range all {
			lines = append(lines, fmt.Sprint(r.Plan, " ", r.UsageType, "/", r.Operation, " ", r.Rate))
		}
		slices.Sort(lines)
		return strings.Join(lines, ", ")
	}
	const ofShop = "sp-1 BoxUsage:m5.large/RunInstances:0002 0.07, sp-1 BoxUsage:m5.xlarge/RunInstances:0002 0.14, sp-2 BoxUsage:m5.large/RunInstances:0002 0.06"
	if got := tell("2026Q3", shop, payer, "999900001111"); got != ofShop {
		t.Errorf("kept %s", got)
	}
	w.unrated = nil
	w.day(t, "2026-10-02")
	if got := strings.Join(w.rated, ", "); got != "444455556666 since 2026-07-01" {
		t.Errorf("asked again: %s", got)
	}
	if got := tell("2026Q3", payer); got != "sp-3 BoxUsage:m5.large/RunInstances:0002 0.05" || tell("2026Q2", payer) != "" {
		t.Errorf("kept %s", got)
	}
	if w.day(t, "2027-01-01"); len(w.rated) != 2 || !strings.HasSuffix(w.rated[0], "since 2026-10-01") {
		t.Errorf("the quarter over the year's end: %q", w.rated)
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
	if err != nil || len(w.looked) > 0 || len(done) != 5 || !strings.Contains(done[2], "no time left") {
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
