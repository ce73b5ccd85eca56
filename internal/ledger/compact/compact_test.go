package compact_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/money"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

var (
	july    = time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
	later   = july.AddDate(0, 1, 2)
	here    = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	there   = fleet.Scope{Account: "111122223333", Region: "us-east-1"}
	exactly = cmp.Comparer(func(a, b money.Rate) bool { return a.Equal(b) })
)

// group is a resource of every field that an entry carries.
func group(scope fleet.Scope, name string) *fleet.Resource {
	return &fleet.Resource{
		ID: name, ARN: fleet.ARN("arn:" + name), Kind: fleet.AutoScalingGroup, Scope: scope, State: fleet.Running,
		Size: fleet.Size{Min: 1, Max: 4, Desired: 2}, Tags: fleet.NewTags(fleet.Tag{Key: "팀", Value: "결제"}),
	}
}

// write puts a run's entries of all states into a ledger, each in an object.
func write(t *testing.T, store objects.Store, scope fleet.Scope, at time.Time, name string) {
	t.Helper()
	r := group(scope, name)
	run := ledger.Run{ID: "run-" + at.Format("0102"), Fence: 7, Policy: "offpeak.yaml@abc", Scope: scope, At: at}
	edge := fleet.Moment{At: at.Truncate(time.Hour), Want: fleet.Stopped}
	a := plan.Action{
		ID: "act-" + name, Subject: plan.SubjectOf(r, "dev"), Change: plan.Scale{From: r.Size}, Cause: plan.BySchedule,
		Why: "office is closed\nuntil Monday", Rule: "office: mon-fri", Edge: edge, At: at,
	}
	m := fleet.Remembered{Environment: "dev", Act: a.ID, Attempts: 2, Tried: edge, Missed: at.Add(-time.Hour)}
	book := ledger.Book{Store: store}
	for _, entries := range [][]ledger.Entry{
		{ledger.EnrolmentOf(r, m, run)},
		{ledger.PresenceOf(ledger.Gone, r.ARN, nil, m, run)},
		{ledger.PresenceOf(ledger.Released, r.ARN, r, m, run)},
		{ledger.PresenceOf(ledger.Returned, r.ARN, r, m, run)},
		{ledger.SuccessionOf(r, fleet.Succession{Old: "arn:old", Interface: "eni-1", Begun: at.Add(-time.Hour).UTC(), At: at.UTC(), Image: "ami-1"}, m, run)},
		{ledger.IntentOf(a, r, run, 1), ledger.IntentOf(a, r, run, 2)},
		{ledger.OutcomeOf(a, run, 1, at.Add(1234567*time.Nanosecond), errors.New("throttled")), ledger.OutcomeOf(a, run, 2, at.Add(time.Second), nil)},
		{ledger.VerificationOf(r, m, run)},
	} {
		if err := book.Append(t.Context(), run, entries); err != nil {
			t.Fatal(err)
		}
	}
}

// aMonth is a ledger of two scopes in July, with an entry in June and one in August.
func aMonth(t *testing.T) objects.Store {
	t.Helper()
	store := objects.NewMemory()
	for _, at := range []time.Time{july.Add(-time.Minute), july, july.AddDate(0, 0, 12), july.AddDate(0, 1, 0).Add(-time.Second), july.AddDate(0, 1, 0)} {
		write(t, store, here, at, "web")
		write(t, store, there, at, "db-"+at.Format("02"))
	}
	return store
}

// reading is what a reader sees, as text; each scope's entries in their order.
func reading(t *testing.T, entries iter.Seq2[ledger.Entry, error]) string {
	t.Helper()
	scopes := map[fleet.Scope][]ledger.Entry{}
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		scopes[e.Scope] = append(scopes[e.Scope], e)
	}
	var text strings.Builder
	for _, scope := range []fleet.Scope{here, there} {
		data, err := ledger.Encode(scopes[scope])
		if err != nil {
			t.Fatal(err)
		}
		text.Write(data)
	}
	return text.String()
}

// stretches are times that are read, and scopes.
var stretches = []struct {
	name     string
	from, to time.Time
	scope    fleet.Scope
}{
	{"everything", july.AddDate(0, -2, 0), july.AddDate(0, 2, 0), fleet.Scope{}},
	{"the quarter", july, july.AddDate(0, 3, 0), fleet.Scope{}},
	{"the month of a scope", july, july.AddDate(0, 1, 0), there},
	{"from what was written over midnight", july.AddDate(0, 1, 0), july.AddDate(0, 1, 1), here},
	{"a day", july.AddDate(0, 0, 12), july.AddDate(0, 0, 13), fleet.Scope{}},
	{"nothing", july.AddDate(0, 0, 20), july.AddDate(0, 0, 21), here},
}

func keys(t *testing.T, store objects.Store, part string) (found []string) {
	t.Helper()
	for key, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(key, part) {
			found = append(found, key)
		}
	}
	return found
}

func TestACompactedMonthReadsAsBefore(t *testing.T) {
	t.Parallel()
	store := aMonth(t)
	var before []string
	for _, s := range stretches {
		before = append(before, reading(t, ledger.Book{Store: store}.Read(t.Context(), s.from, s.to, s.scope)))
		if got := reading(t, compact.Book{Store: store}.Read(t.Context(), s.from, s.to, s.scope)); got != before[len(before)-1] {
			t.Errorf("%s, not compacted: %s", s.name, cmp.Diff(got, before[len(before)-1]))
		}
	}
	result, err := compact.Book{Store: store}.Month(t.Context(), july.AddDate(0, 0, 20), later)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(result, compact.Result{Scopes: 2, Objects: 48, Entries: 60}); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"ledger/compacted/month=2026-07/account=111122223333/region=ap-northeast-2/part.parquet",
		"ledger/compacted/month=2026-07/account=111122223333/region=us-east-1/part.parquet",
	}
	if got := keys(t, store, "compacted"); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if left := keys(t, store, "date=2026-07"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if others := keys(t, store, "date="); len(others) != 32 {
		t.Errorf("of June and August %d objects are left, want 32", len(others))
	}
	for i, s := range stretches {
		if got := reading(t, compact.Book{Store: store}.Read(t.Context(), s.from, s.to, s.scope)); got != before[i] {
			t.Errorf("%s, compacted: %s", s.name, cmp.Diff(got, before[i]))
		}
	}
	again, err := compact.Book{Store: store}.Month(t.Context(), july, later)
	if diff := cmp.Diff(again, compact.Result{}); diff != "" || err != nil {
		t.Errorf("again: %s, %v", diff, err)
	}
}

// errKilled stands for a process that was killed.
var errKilled = errors.New("killed")

// mortal kills a process at one of its calls: before it is carried out, or right after.
type mortal struct {
	objects.Store
	left int
	late bool
}

func (m *mortal) spend(do func() error) error {
	m.left--
	switch {
	case m.left > 0:
		return do()
	case m.left == 0 && m.late:
		return errors.Join(do(), errKilled)
	default:
		return errKilled
	}
}

func (m *mortal) Create(ctx context.Context, key string, data []byte) (v objects.Version, err error) {
	err = m.spend(func() error { v, err = m.Store.Create(ctx, key, data); return err })
	return v, err
}

func (m *mortal) Read(ctx context.Context, key string) (data []byte, v objects.Version, err error) {
	err = m.spend(func() error { data, v, err = m.Store.Read(ctx, key); return err })
	return data, v, err
}

func (m *mortal) Delete(ctx context.Context, key string) error {
	return m.spend(func() error { return m.Store.Delete(ctx, key) })
}

func (m *mortal) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	if err := m.spend(func() error { return nil }); err != nil {
		return func(yield func(string, error) bool) { yield("", err) }
	}
	return m.Store.List(ctx, prefix)
}

// TestKilledAnywhere kills a compaction at every call to the store. Whatever is left reads as before, and the next compaction ends it.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		for kill := 1; ; kill++ {
			store := objects.NewMemory()
			write(t, store, here, july.AddDate(0, 0, 3), "web")
			write(t, store, there, july.AddDate(0, 0, 4), "db")
			read := func(book interface {
				Read(context.Context, time.Time, time.Time, fleet.Scope) iter.Seq2[ledger.Entry, error]
			},
			) string {
				return reading(t, book.Read(t.Context(), july, july.AddDate(0, 1, 0), fleet.Scope{}))
			}
			want := read(ledger.Book{Store: store})
			_, err := compact.Book{Store: &mortal{store, kill, late}}.Month(t.Context(), july, later)
			if err == nil {
				if kill < 30 {
					t.Errorf("only %d calls", kill)
				}
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatalf("killed at %d: %v", kill, err)
			}
			if len(keys(t, store, "compacted")) == 0 && len(keys(t, store, "date=")) == 14 {
				continue // it was killed while it read: everything is as it was
			}
			if got := read(compact.Book{Store: store}); got != want {
				t.Errorf("killed at %d, late %t: %s", kill, late, cmp.Diff(got, want))
			}
			if _, err := (compact.Book{Store: store}).Month(t.Context(), july, later); err != nil {
				t.Errorf("after a kill at %d: %v", kill, err)
			}
			if got := read(compact.Book{Store: store}); got != want || len(keys(t, store, "date=")) != 0 {
				t.Errorf("compacted after a kill at %d, late %t: %s", kill, late, cmp.Diff(got, want))
			}
		}
	}
}

func TestWhatIsLeftAlone(t *testing.T) {
	t.Parallel()
	store := aMonth(t)
	if _, err := (compact.Book{Store: store}).Month(t.Context(), july, later.Add(-time.Second)); err == nil || !strings.Contains(err.Error(), "2026-08-03T00:00:00Z") {
		t.Errorf("a month that has only just ended: %v", err)
	}
	torn := keys(t, store, "date=2026-07-13/account=111122223333/region=us-east-1/")[4]
	data, version, err := store.Read(t.Context(), torn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Replace(t.Context(), torn, data[:len(data)-5], version); err != nil {
		t.Fatal(err)
	}
	result, err := compact.Book{Store: store}.Month(t.Context(), july, later)
	if err != nil || len(result.Left) != 1 || result.Left[0].Key != torn || !strings.Contains(result.Left[0].Why, "cut off") {
		t.Errorf("a torn object: %+v, %v", result.Left, err)
	}
	entries, damages := count(t, store)
	if entries != 57 || damages != 1 {
		t.Errorf("with a torn object: %d entries, %d damages", entries, damages)
	}

	write(t, store, here, july.AddDate(0, 0, 30), "late")
	result, err = compact.Book{Store: store}.Month(t.Context(), july, later)
	if err != nil || len(result.Left) != 9 || result.Objects != 0 {
		t.Errorf("late objects: %+v, %v", result, err)
	}
	if entries, damages = count(t, store); entries != 57+10 || damages != 1 {
		t.Errorf("with late objects: %d entries, %d damages", entries, damages)
	}
}

// count reads July.
func count(t *testing.T, store objects.Store) (entries, damages int) {
	t.Helper()
	for _, err := range (compact.Book{Store: store}).Read(t.Context(), july, july.AddDate(0, 1, 0), fleet.Scope{}) {
		var damage *ledger.Damage
		switch {
		case errors.As(err, &damage):
			damages++
		case err != nil:
			t.Fatal(err)
		default:
			entries++
		}
	}
	return entries, damages
}

func TestADamagedPartIsReportedAndNothingIsDeleted(t *testing.T) {
	t.Parallel()
	store := aMonth(t)
	want, _ := count(t, store)
	if _, err := store.Create(t.Context(), compact.Key(july, here), []byte("PAR1 no PAR1")); err != nil {
		t.Fatal(err)
	}
	before := len(keys(t, store, "region=ap-northeast-2"))
	if _, err := (compact.Book{Store: store}).Month(t.Context(), july, later); err == nil || !strings.Contains(err.Error(), "cannot be read as Parquet") {
		t.Errorf("got %v", err)
	}
	if after := len(keys(t, store, "region=ap-northeast-2")); after != before {
		t.Errorf("%d objects became %d", before, after)
	}
	if entries, damages := count(t, store); entries != want || damages != 1 {
		t.Errorf("%d entries, want %d, and %d damages", entries, want, damages)
	}
}

// TestManyEntries checks that entries keep their texts when a Parquet object has many pages.
func TestManyEntries(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	run := ledger.Run{ID: "many", Fence: 1, Scope: here, At: july.Add(time.Hour)}
	var entries []ledger.Entry
	for i := range 5000 {
		r := group(here, fmt.Sprintf("web-%04d", i))
		entries = append(entries, ledger.EnrolmentOf(r, fleet.Remembered{Environment: fmt.Sprint("env", i%3)}, run))
	}
	if err := (ledger.Book{Store: store}).Append(t.Context(), run, entries); err != nil {
		t.Fatal(err)
	}
	if _, err := (compact.Book{Store: store}).Month(t.Context(), july, later); err != nil {
		t.Fatal(err)
	}
	var back []ledger.Entry
	for e, err := range (compact.Book{Store: store}).Read(t.Context(), july, later, here) {
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, e)
	}
	if diff := cmp.Diff(back, entries, exactly); diff != "" {
		t.Error(diff)
	}
}

// TestWhatAutoSpotKeepsComesBack: what a move forecast, and which instances AWS took of its group.
func TestWhatAutoSpotKeepsComesBack(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	at := july.AddDate(0, 0, 9).Add(time.Hour)
	r := group(here, "web")
	run := ledger.Run{ID: "run", Fence: 7, Scope: here, At: at}
	a := plan.Action{ID: "act", Subject: plan.SubjectOf(r, "dev"), Change: plan.Move{To: fleet.Purchase{Rebalance: true}, Way: plan.ByWriting, Refresh: &plan.Refresh{Pause: time.Minute}, Interruptions: 70_263}, Cause: plan.BySpot, At: at}
	want := []ledger.Entry{
		ledger.InterruptionOf(r, fleet.Interruption{Instance: "i-1", At: at.Add(-time.Minute)}, "dev", run),
		ledger.InterruptionOf(r, fleet.Interruption{Instance: "i-2", At: at.Add(-time.Second)}, "dev", run),
		ledger.IntentOf(a, r, run, 1),
	}
	book := ledger.Book{Store: store}
	if err := errors.Join(book.Append(t.Context(), run, want[:2]), book.Append(t.Context(), run, want[2:])); err != nil {
		t.Fatal(err)
	}
	if result, err := (compact.Book{Store: store}).Month(t.Context(), july, later); err != nil || result.Entries != 3 {
		t.Fatalf("%+v, %v", result, err)
	}
	var got []ledger.Entry
	for e, err := range (compact.Book{Store: store}).Until(t.Context(), july.AddDate(0, 1, 0)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	for i := range got {
		if i < len(want) && (got[i].Interrupted == nil) != (want[i].Interrupted == nil) || got[i].Interrupted != nil && *got[i].Interrupted != *want[i].Interrupted {
			t.Errorf("%+v", got[i])
		}
	}
	if len(got) != 3 || got[2].Move == nil || got[2].Move.Interruptions != 70_263 || got[2].Move.Refresh.Pause != time.Minute {
		t.Errorf("%+v", got)
	}
}
