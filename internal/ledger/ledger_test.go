package ledger_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/local"
	"offpeak/internal/money"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

var (
	friday = time.Date(2026, time.November, 20, 10, 35, 0, 0, time.UTC)
	here   = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	there  = fleet.Scope{Account: "111122223333", Region: "us-east-1"}
	// remembered is what memory has of an enrolled resource.
	remembered = fleet.Remembered{Enrolled: friday, Environment: "dev"}
	exactly    = cmp.Comparer(func(a, b money.Rate) bool { return a.Equal(b) })
)

func run(scope fleet.Scope, id string, at time.Time) ledger.Run {
	return ledger.Run{ID: id, Fence: 1, Policy: "offpeak.yaml@abc", Scope: scope, At: at}
}

func group(scope fleet.Scope, name string, size fleet.Size) *fleet.Resource {
	return &fleet.Resource{ID: name, ARN: fleet.ARN("arn:" + name), Kind: fleet.AutoScalingGroup, Scope: scope, State: fleet.Running, Size: size}
}

// scale is the act that brings a group to a size.
func scale(r *fleet.Resource, to fleet.Size, want fleet.State, at time.Time) plan.Action {
	subject := plan.SubjectOf(r, "dev")
	edge := fleet.Moment{At: at, Want: want}
	change := plan.Scale{From: r.Size, To: to}
	return plan.Action{ID: plan.ActID(subject, change, edge, plan.Observation(r)), Subject: subject, Change: change, Cause: plan.BySchedule, Why: "closed", Edge: edge, At: at}
}

func TestEntriesReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	r := group(here, "web", fleet.Size{Min: 1, Max: 4, Desired: 2})
	a := scale(r, fleet.Size{}, fleet.Stopped, friday)
	entries := []ledger.Entry{
		ledger.IntentOf(a, r, run(here, "r1", friday), 1),
		ledger.OutcomeOf(a, run(here, "r1", friday), 1, friday.Add(time.Second), errors.New("throttled\nby AWS")),
		ledger.EnrolmentOf(r, remembered, run(here, "r1", friday)),
	}
	data, err := ledger.Encode(entries)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(data), "\n"); lines != len(entries) {
		t.Errorf("%d lines for %d entries", lines, len(entries))
	}
	back, damages := ledger.Decode("k", data)
	if diff := cmp.Diff(back, entries, exactly); diff != "" || len(damages) != 0 {
		t.Errorf("%s, %v", diff, damages)
	}
}

func TestDamageIsReportedAndTheRestIsRead(t *testing.T) {
	t.Parallel()
	r := group(here, "web", fleet.Size{Max: 4, Desired: 2})
	one, err := ledger.Encode([]ledger.Entry{ledger.EnrolmentOf(r, remembered, run(here, "r1", friday))})
	if err != nil {
		t.Fatal(err)
	}
	line := string(one)
	for _, row := range []struct {
		name, data string
		entries    int
		damage     string // of the first
	}{
		{"nothing", "", 0, ""},
		{"whole", line + line, 2, ""},
		{"torn at the end", line + line[:len(line)/2], 1, "cut off"},
		{"torn before the end of the line", line + strings.TrimSuffix(line, "\n"), 1, "cut off"},
		{"garbage between", line + "garbage\n" + line, 2, "no ledger entry"},
		{"an unknown field", strings.Replace(line, `"run"`, `"walk"`, 1) + line, 1, "walk"},
		{"a state of the future", strings.Replace(line, `"enrolled"`, `"pondered"`, 1) + line, 1, "pondered"},
		{"an intent that forgot the state before", strings.Replace(strings.Split(line, `,"before"`)[0], `"enrolled"`, `"intent"`, 1) + "}\n" + line, 1, "act is missing"},
		{"an empty line", "\n" + line, 1, "no ledger entry"},
	} {
		entries, damages := ledger.Decode("ledger/x.jsonl", []byte(row.data))
		if len(entries) != row.entries {
			t.Errorf("%s: %d entries, want %d (%v)", row.name, len(entries), row.entries, damages)
		}
		switch {
		case row.damage == "" && len(damages) != 0:
			t.Errorf("%s: %v", row.name, damages)
		case row.damage != "" && (len(damages) != 1 || !strings.Contains(damages[0].Error(), row.damage) || !strings.HasPrefix(damages[0].Error(), "ledger/x.jsonl: at byte ")):
			t.Errorf("%s: damage %v, want one that says %q", row.name, damages, row.damage)
		}
	}
}

func FuzzDecode(f *testing.F) {
	r := group(here, "web", fleet.Size{Max: 4, Desired: 2})
	data, err := ledger.Encode([]ledger.Entry{ledger.EnrolmentOf(r, remembered, run(here, "r1", friday)), ledger.IntentOf(scale(r, fleet.Size{}, fleet.Stopped, friday), r, run(here, "r1", friday), 1)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-3])
	f.Add([]byte("\n\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, damages := ledger.Decode("k", data)
		if lines := strings.Count(string(data), "\n"); len(entries)+len(damages) > lines+1 {
			t.Errorf("%d entries and %d damages in %d lines", len(entries), len(damages), lines)
		}
		for _, d := range damages {
			if d.Offset < 0 || d.Offset >= len(data) {
				t.Errorf("damage at %d of %d bytes", d.Offset, len(data))
			}
		}
	})
}

func book(t *testing.T) ledger.Book {
	t.Helper()
	f, err := local.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Book{Store: f}
}

func TestASecondWriterOfARunChangesNothing(t *testing.T) {
	t.Parallel()
	b := book(t)
	r := group(here, "web", fleet.Size{Max: 4, Desired: 2})
	entries := []ledger.Entry{ledger.EnrolmentOf(r, remembered, run(here, "r1", friday))}
	var wrote []string
	b.Wrote = func(key string, entries []ledger.Entry) { wrote = append(wrote, key+" "+entries[0].ID) }
	if err := b.Append(t.Context(), run(here, "r1", friday), entries); err != nil {
		t.Fatal(err)
	}
	other := ledger.EnrolmentOf(group(here, "other", fleet.Size{}), remembered, run(here, "r1", friday))
	if err := b.Append(t.Context(), run(here, "r1", friday), []ledger.Entry{other}); !errors.Is(err, objects.ErrExists) {
		t.Errorf("the second writer was told %v", err)
	}
	if want := ledger.Key(run(here, "r1", friday), ledger.Enrolled) + " web"; len(wrote) != 1 || wrote[0] != want {
		t.Errorf("it is told that %q was written, want %q", wrote, want)
	}
	if got := ids(t, b, friday, friday.Add(time.Hour), here); got != "web" {
		t.Errorf("got %q", got)
	}
}

func ids(t *testing.T, b ledger.Book, from, to time.Time, scope fleet.Scope) string {
	t.Helper()
	var got []string
	for e, err := range b.Read(context.Background(), from, to, scope) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.ID)
	}
	return strings.Join(got, " ")
}

func TestReadingAStretchOfTimeAndAScope(t *testing.T) {
	t.Parallel()
	b := book(t)
	for i, scope := range []fleet.Scope{here, there} {
		for _, day := range []int{0, 1, 40} {
			at := friday.AddDate(0, 0, day).Add(time.Duration(i) * time.Minute)
			r := group(scope, string(scope.Region)+at.Format("-02"), fleet.Size{})
			if err := b.Append(t.Context(), run(scope, "r", at), []ledger.Entry{ledger.EnrolmentOf(r, remembered, run(scope, "r", at))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, row := range []struct {
		name     string
		from, to time.Time
		scope    fleet.Scope
		want     string
	}{
		{"everything", friday, friday.AddDate(0, 2, 0), fleet.Scope{}, "ap-northeast-2-20 us-east-1-20 ap-northeast-2-21 us-east-1-21 ap-northeast-2-30 us-east-1-30"},
		{"a scope", friday, friday.AddDate(0, 2, 0), there, "us-east-1-20 us-east-1-21 us-east-1-30"},
		{"the end is not in it", friday, friday.AddDate(0, 0, 1), here, "ap-northeast-2-20"},
		{"the begin is", friday.AddDate(0, 0, 1), friday.AddDate(0, 0, 2), here, "ap-northeast-2-21"},
	} {
		if got := ids(t, b, row.from, row.to, row.scope); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestWhatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	size := fleet.Size{Min: 1, Max: 4, Desired: 2}
	web := group(here, "web", size)
	gone := group(here, "web", fleet.Size{})
	stop := scale(web, fleet.Size{}, fleet.Stopped, friday)
	again := scale(gone, fleet.Size{}, fleet.Stopped, friday.Add(24*time.Hour))
	start := scale(gone, size, fleet.Running, friday.Add(60*time.Hour))
	// A person brought it back by hand at another size, so that there is no start of ours; then it closed again.
	resized := group(here, "web", fleet.Size{Min: 2, Max: 9, Desired: 3})
	closed := scale(resized, fleet.Size{}, fleet.Stopped, friday.AddDate(0, 0, 3))
	closed.Cause = plan.BySchedule
	retried := scale(resized, fleet.Size{}, fleet.Stopped, friday)
	retried.Cause = plan.ByRetry
	r := run(here, "r", friday)
	intent := func(a plan.Action, before *fleet.Resource) ledger.Entry { return ledger.IntentOf(a, before, r, 1) }
	outcome := func(a plan.Action, err error) ledger.Entry { return ledger.OutcomeOf(a, r, 1, friday, err) }
	for _, row := range []struct {
		name    string
		entries []ledger.Entry
		off     bool
		open    int
		size    fleet.Size // as it was before anything, where it is empty
	}{
		{"stopped", []ledger.Entry{intent(stop, web), outcome(stop, nil)}, true, 0, fleet.Size{}},
		{"the stop was refused", []ledger.Entry{intent(stop, web), outcome(stop, errors.New("denied"))}, false, 0, fleet.Size{}},
		{"cut short: AWS may have carried it out", []ledger.Entry{intent(stop, web)}, true, 1, fleet.Size{}},
		{"stopped and started", []ledger.Entry{intent(stop, web), outcome(stop, nil), intent(start, gone), outcome(start, nil)}, false, 0, fleet.Size{}},
		{"the start was refused", []ledger.Entry{intent(stop, web), outcome(stop, nil), intent(start, gone), outcome(start, errors.New("capacity"))}, true, 0, fleet.Size{}},
		{"stopped twice: the first knows the size", []ledger.Entry{intent(stop, web), outcome(stop, nil), intent(again, gone), outcome(again, nil)}, true, 0, fleet.Size{}},
		{"resized between two tries", []ledger.Entry{intent(stop, web), intent(retried, resized), outcome(retried, nil)}, true, 1, resized.Size},
		{"closed again at another size", []ledger.Entry{intent(stop, web), outcome(stop, nil), intent(closed, resized), outcome(closed, nil)}, true, 0, resized.Size},
	} {
		off := ledger.SwitchedOff(row.entries)
		e, found := off[web.ARN]
		if row.size == (fleet.Size{}) {
			row.size = size
		}
		if found != row.off || found && *e.From != row.size {
			t.Errorf("%s: found %t, %+v", row.name, found, e.From)
		}
		if got := len(ledger.Open(row.entries)); got != row.open {
			t.Errorf("%s: %d open, want %d", row.name, got, row.open)
		}
	}
}

// TestWhoTookAnothersPlaceIsOffAsThatOneWas: a stop of the old instance is undone by a start of the new one.
func TestWhoTookAnothersPlaceIsOffAsThatOneWas(t *testing.T) {
	t.Parallel()
	machine := func(id string) *fleet.Resource {
		return &fleet.Resource{ID: id, ARN: fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/" + id), Kind: fleet.EC2Instance, Scope: here}
	}
	act := func(r *fleet.Resource, change plan.Change, want fleet.State) ledger.Entry {
		return ledger.IntentOf(plan.Action{ID: "act-" + r.ID + change.Verb(), Subject: plan.SubjectOf(r, "dev"), Change: change, Edge: fleet.Moment{At: friday, Want: want}}, r, run(here, "r", friday), 1)
	}
	old, heir := machine("i-1"), machine("i-2")
	stopped := []ledger.Entry{act(old, plan.Stop{}, fleet.Stopped), ledger.SuccessionOf(heir, fleet.Succession{Old: old.ARN}, fleet.Remembered{}, run(here, "r", friday))}
	off := ledger.SwitchedOff(stopped)
	if _, known := off[heir.ARN]; !known || len(off) != 1 {
		t.Errorf("off: %v", off)
	}
	if off := ledger.SwitchedOff(append(slices.Clone(stopped), act(heir, plan.Deregister{Image: "ami-1"}, fleet.StateUnknown))); len(off) != 1 {
		t.Errorf("the removal of an image switches nothing on: %v", off)
	}
	if off := ledger.SwitchedOff(append(stopped, act(heir, plan.Start{}, fleet.Running))); len(off) != 0 {
		t.Errorf("started: %v", off)
	}
}

// counting is a store that notes what is listed and read.
type counting struct {
	objects.Store
	lists, reads []string
}

func (c *counting) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	c.lists = append(c.lists, prefix)
	return c.Store.List(ctx, prefix)
}

func (c *counting) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	c.reads = append(c.reads, key)
	return c.Store.Read(ctx, key)
}

// TestAScopeIsReadWithoutLookingAtOthers checks that only a scope's own keys are listed, and only objects of the time asked for are read.
func TestAScopeIsReadWithoutLookingAtOthers(t *testing.T) {
	t.Parallel()
	c := &counting{Store: book(t).Store}
	for _, scope := range []fleet.Scope{here, there} {
		for hour := range 30 {
			at := friday.Add(time.Duration(hour) * time.Hour)
			e := ledger.EnrolmentOf(group(scope, "web", fleet.Size{}), remembered, run(scope, "r", at))
			if err := (ledger.Book{Store: c}).Append(t.Context(), run(scope, "r", at), []ledger.Entry{e}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := ids(t, ledger.Book{Store: c}, friday.Add(13*time.Hour), friday.Add(15*time.Hour), here); got != "web web" {
		t.Errorf("got %q", got)
	}
	lists := []string{"ledger/date=2026-11-20/account=111122223333/region=ap-northeast-2/", "ledger/date=2026-11-21/account=111122223333/region=ap-northeast-2/"}
	if diff := cmp.Diff(c.lists, lists); diff != "" {
		t.Error(diff)
	}
	if len(c.reads) != 3 { // the hour before may have written later
		t.Errorf("read %v", c.reads)
	}
}

// TestWhatIsWrittenAfterMidnightIsFound checks that an outcome which came after midnight is read with its own day, although its object
// stands with the day before.
func TestWhatIsWrittenAfterMidnightIsFound(t *testing.T) {
	t.Parallel()
	b := book(t)
	midnight := friday.Truncate(24*time.Hour).AddDate(0, 0, 1)
	r := group(here, "web", fleet.Size{Max: 4, Desired: 2})
	sweep := run(here, "r", midnight.Add(-10*time.Second))
	a := scale(r, fleet.Size{}, fleet.Stopped, friday)
	if err := b.Append(t.Context(), sweep, []ledger.Entry{ledger.OutcomeOf(a, sweep, 1, midnight.Add(time.Second), nil)}); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, b, midnight.AddDate(0, 0, -1), midnight, here); got != "" {
		t.Errorf("the day before: %q", got)
	}
	if got := ids(t, b, midnight, midnight.AddDate(0, 0, 1), here); got != "web" {
		t.Errorf("its day: %q", got)
	}
}

// TestEveryStateReadsBack writes an entry of each state, with and without a resource, and reads it again.
func TestEveryStateReadsBack(t *testing.T) {
	t.Parallel()
	r := group(here, "web", fleet.Size{Max: 4, Desired: 2})
	a := scale(r, fleet.Size{}, fleet.Stopped, friday)
	m := remembered
	m.Act, m.Tried, m.Missed = a.ID, a.Edge, friday.Add(-time.Hour)
	sweep := run(here, "r", friday)
	entries := []ledger.Entry{
		ledger.EnrolmentOf(r, m, sweep), ledger.PresenceOf(ledger.Gone, "arn:aws:rds:r:111122223333:db:orders", nil, m, sweep),
		ledger.PresenceOf(ledger.Released, r.ARN, r, m, sweep), ledger.PresenceOf(ledger.Returned, r.ARN, r, m, sweep),
		ledger.SuccessionOf(r, fleet.Succession{Old: "arn:aws:ec2:r:111122223333:instance/i-1", Interface: "eni-1", Begun: friday, At: friday, Image: "ami-1"}, m, sweep),
		ledger.InterruptionOf(r, fleet.Interruption{Instance: "i-1", At: friday}, m.Environment, sweep),
		ledger.IntentOf(a, r, sweep, 1), ledger.OutcomeOf(a, sweep, 1, friday, nil), ledger.VerificationOf(r, m, sweep),
		ledger.OutcomeOf(a, sweep, 2, friday, errors.New("denied")),
	}
	var states []ledger.State
	for _, e := range entries {
		states = append(states, e.State)
		if e.Environment != "dev" {
			t.Errorf("%s has environment %q", e.State, e.Environment)
		}
	}
	if diff := cmp.Diff(states, ledger.States()); diff != "" {
		t.Error(diff)
	}
	if gone := entries[1]; gone.ID != "orders" || gone.Before != nil || gone.Kind != 0 || gone.Scope != here {
		t.Errorf("what is not described: %+v", gone)
	}
	data, err := ledger.Encode(entries)
	if err != nil {
		t.Fatal(err)
	}
	back, damages := ledger.Decode("k", data)
	if diff := cmp.Diff(back, entries, exactly); diff != "" || len(damages) != 0 {
		t.Errorf("%s, %v", diff, damages)
	}
	for _, e := range entries {
		at, scope, ok := ledger.ParseKey(ledger.Key(sweep, e.State))
		if !ok || !at.Equal(friday) || scope != here {
			t.Errorf("%s: %s, %s, %t", ledger.Key(sweep, e.State), at, scope, ok)
		}
	}
	for _, key := range []string{"", "ledger/date=2026-11-20", "ledger/compacted/month=2026-11/account=1/region=r/part.parquet", "state/1/r.json"} {
		if _, _, ok := ledger.ParseKey(key); ok {
			t.Errorf("%q was read", key)
		}
	}
}
