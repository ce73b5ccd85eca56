package optimizer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

var (
	here  = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	sizes = fleet.Size{Min: 2, Max: 6, Desired: 3}
)

// errCrash stands for a process that was killed: nothing after it happens.
var errCrash = errors.New("killed")

// world is a small account: an instance, a group and a database. It counts what really changed. A budget of calls lets a test kill the
// process before any call to the outside, or right after AWS accepted one.
type world struct {
	now       time.Time
	resources []fleet.Resource
	changes   map[string]int // effects, by resource and state
	refuse    map[string]error
	budget    int // calls until the process is killed; negative: never
	store     objects.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	f, err := local.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{now: at("2026-11-20 12:00"), changes: map[string]int{}, refuse: map[string]error{}, budget: -1, store: f}
	for id, kind := range map[string]fleet.Kind{"i-1": fleet.EC2Instance, "web": fleet.AutoScalingGroup, "db": fleet.RDSInstance} {
		r := fleet.Resource{
			ID: id, ARN: fleet.ARN("arn:" + id), Kind: kind, Scope: here, State: fleet.Running,
			Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}),
		}
		switch kind {
		case fleet.AutoScalingGroup:
			r.Size = sizes
		case fleet.EC2Instance:
			r.Since = at("2026-11-16 08:30")
		}
		w.resources = append(w.resources, r)
	}
	slices.SortFunc(w.resources, func(a, b fleet.Resource) int { return a.Compare(&b) })
	return w
}

func at(text string) time.Time {
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		panic(err)
	}
	return t
}

// spend counts a call; when the budget is used up, the process is dead and so is every later call.
func (w *world) spend() error {
	if w.budget == 0 {
		return errCrash
	}
	if w.budget > 0 {
		w.budget--
	}
	return nil
}

// Snapshot implements optimizer.Inventory.
func (w *world) Snapshot(context.Context, fleet.Scope) (fleet.Snapshot, error) {
	return fleet.Snapshot{Taken: w.now, Resources: slices.Clone(w.resources)}, w.spend()
}

// Act implements optimizer.Actuator. What is so already is no change.
func (w *world) Act(_ context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	for i, a := range actions {
		if errs[i] = w.spend(); errs[i] == nil {
			errs[i] = w.refuse[a.Subject.ID]
		}
		if errs[i] == nil {
			w.carryOut(a)
		}
	}
	return errs
}

func (w *world) carryOut(a plan.Action) {
	i := slices.IndexFunc(w.resources, func(r fleet.Resource) bool { return r.ARN == a.Subject.ARN })
	r := &w.resources[i]
	want := fleet.Running
	if plan.SwitchesOff(a.Change) {
		want = fleet.Stopped
	}
	if s, ok := a.Change.(plan.Scale); ok {
		if r.Size == s.To {
			return
		}
		r.Size = s.To
	} else if r.State == want {
		return
	}
	r.State = want
	if r.Kind == fleet.EC2Instance {
		r.Since = w.now
	}
	w.changes[a.Subject.ID+" "+want.String()]++
}

// mortal is a store that a killed process can no longer write to.
type mortal struct {
	objects.Store
	world *world
}

func (m mortal) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	if err := m.world.spend(); err != nil {
		return "", err
	}
	return m.Store.Create(ctx, key, data)
}

func (m mortal) Replace(ctx context.Context, key string, data []byte, v objects.Version) (objects.Version, error) {
	if err := m.world.spend(); err != nil {
		return "", err
	}
	return m.Store.Replace(ctx, key, data, v)
}

// planner is the scheduler behind the optimizer's port.
type planner struct{ scheduler *scheduler.Planner }

func (p planner) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	made, next := p.scheduler.Plan(s, memory, scheduler.Options{Now: now})
	return made, next, nil
}

func (w *world) optimizer(holder string) *optimizer.Optimizer {
	h, err := hours.Parse("mon-fri 08:30-19:30")
	if err != nil {
		panic(err)
	}
	office := scheduler.Schedule{Name: "office", Zone: at("2026-11-20 12:00").Location(), Pattern: hours.Windows(h.Windows...)}
	rules := &scheduler.Rules{
		Policy: "test", Zone: office.Zone, Keys: fleet.KeysWithPrefix("offpeak:"),
		Schedules:    map[string]*scheduler.Compiled{"office": scheduler.Compile(office)},
		Environments: []fleet.Environment{{Name: "dev", Accounts: []fleet.AccountID{here.Account}}},
	}
	store := mortal{w.store, w}
	return &optimizer.Optimizer{
		Inventory: w, Planner: planner{scheduler.New(rules)}, Actuator: w, Book: ledger.Book{Store: store}, States: optimizer.States{Store: store},
		Now: func() time.Time { return w.now }, Holder: holder, MaxFailures: 20,
	}
}

func (w *world) sweep(t *testing.T, when string) optimizer.Outcome {
	t.Helper()
	w.now = at(when)
	out, err := w.optimizer("worker").Sweep(t.Context(), here)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	return out
}

func (w *world) entries(t *testing.T) []ledger.Entry {
	t.Helper()
	var entries []ledger.Entry
	for e, err := range (ledger.Book{Store: w.store}).Read(context.Background(), at("2026-11-01 00:00"), at("2026-12-31 00:00"), fleet.Scope{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

func (w *world) summary() string {
	var words []string
	for _, r := range w.resources {
		words = append(words, fmt.Sprintf("%s %s %s", r.ID, r.State, r.Size))
	}
	return strings.Join(words, ", ")
}

func TestAWeekend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sweep(t, "2026-11-20 12:00")
	out := w.sweep(t, "2026-11-20 19:31")
	if len(out.Plan.Actions) != 3 || !out.Wake.Equal(at("2026-11-20 19:36")) {
		t.Errorf("evening: %d acts, next look at %s", len(out.Plan.Actions), out.Wake)
	}
	out = w.sweep(t, "2026-11-20 19:36")
	if !out.Wake.Equal(at("2026-11-23 08:30")) {
		t.Errorf("after the stops, next look at %s", out.Wake)
	}
	due, err := w.optimizer("x").States.Due(t.Context(), at("2026-11-23 08:29"))
	if err != nil || len(due) != 0 {
		t.Errorf("due before the opening: %v, %v", due, err)
	}
	if due, err = w.optimizer("x").States.Due(t.Context(), at("2026-11-23 08:30")); err != nil || !slices.Equal(due, []fleet.Scope{here}) {
		t.Errorf("due at the opening: %v, %v", due, err)
	}
	w.sweep(t, "2026-11-23 08:31")
	if got, want := w.summary(), "i-1 running 0/0/0, web running 2/6/3, db running 0/0/0"; got != want {
		t.Errorf("Monday: got %s, want %s", got, want)
	}
	w.sweep(t, "2026-11-23 08:36")
	states := map[ledger.State]int{}
	for _, e := range w.entries(t) {
		states[e.State]++
	}
	if got, want := fmt.Sprint(states), "map[applied:6 enrolled:3 intent:6 verified:6]"; got != want {
		t.Errorf("ledger: got %s, want %s", got, want)
	}
}

// TestAQuietSweepWritesNothing counts objects and their versions before and after sweeps that find nothing to do.
func TestAQuietSweepWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sweep(t, "2026-11-20 12:00")
	before := w.listing(t)
	for _, when := range []string{"2026-11-20 13:00", "2026-11-20 14:00", "2026-11-20 19:29"} {
		if out := w.sweep(t, when); !out.Quiet {
			t.Errorf("%s: %+v", when, out)
		}
	}
	if after := w.listing(t); after != before {
		t.Errorf("a quiet sweep wrote:\n%s\nbefore\n%s", after, before)
	}
}

func (w *world) listing(t *testing.T) string {
	t.Helper()
	var lines []string
	for key, err := range w.store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		_, version, err := w.store.Read(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, key+" "+string(version))
	}
	return strings.Join(lines, "\n")
}

// TestKilledAnywhere kills the process at every call to the outside, between every two of them and before every act, once with and once
// without its memory lost as well. The sweeps after it bring the fleet to the same end, each effect happens once, and the sizes come back.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, forget := range []bool{false, true} {
		for kill := 0; kill < 40; kill++ {
			w := newWorld(t)
			w.sweep(t, "2026-11-20 12:00")
			w.now, w.budget = at("2026-11-20 19:31"), kill
			_, err := w.optimizer("first").Sweep(t.Context(), here)
			survived := err == nil && w.budget != 0
			w.budget = -1
			if forget {
				if err := w.store.Delete(t.Context(), "state/111122223333/ap-northeast-2.json"); err != nil {
					t.Fatal(err)
				}
			}
			// The lease of a killed worker runs out after fifteen minutes.
			for _, when := range []string{"2026-11-20 19:47", "2026-11-20 19:52", "2026-11-20 19:57", "2026-11-23 08:31", "2026-11-23 08:36"} {
				w.sweep(t, when)
				// Who was not tried yet when memory was lost is newly seen: it is left alone until its next edge.
				if when == "2026-11-20 19:57" && !(forget && len(w.changes) == 0) && w.summary() != "i-1 stopped 0/0/0, web stopped 0/0/0, db stopped 0/0/0" {
					t.Errorf("killed at %d, memory lost %t: on Friday %s", kill, forget, w.summary())
				}
			}
			if got, want := w.summary(), "i-1 running 0/0/0, web running 2/6/3, db running 0/0/0"; got != want {
				t.Errorf("killed at %d, memory lost %t: on Monday %s, want %s", kill, forget, got, want)
			}
			for what, n := range w.changes {
				if n != 1 {
					t.Errorf("killed at %d, memory lost %t: %s happened %d times", kill, forget, what, n)
				}
			}
			w.everyEffectHasAnIntent(t, kill)
			if survived && kill > 0 {
				break
			}
		}
	}
}

func (w *world) everyEffectHasAnIntent(t *testing.T, kill int) {
	t.Helper()
	intents := map[string]bool{}
	for _, e := range w.entries(t) {
		if e.State == ledger.Intent {
			intents[e.ID+" "+e.Edge.Want.String()] = true
		}
	}
	for what := range w.changes {
		if !intents[what] {
			t.Errorf("killed at %d: %s without an intent", kill, what)
		}
	}
}

func TestTwoWorkersOnOneScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sweep(t, "2026-11-20 12:00")
	w.now, w.budget = at("2026-11-20 19:31"), 4 // the first takes the lease and dies
	_, _ = w.optimizer("first").Sweep(t.Context(), here)
	w.budget = -1
	w.now = at("2026-11-20 19:33")
	_, err := w.optimizer("second").Sweep(t.Context(), here)
	var held *optimizer.HeldError
	if !errors.As(err, &held) || held.Holder != "first" {
		t.Errorf("the second worker was told %v", err)
	}
	w.now = at("2026-11-20 19:47")
	if _, err := w.optimizer("second").Sweep(t.Context(), here); err != nil {
		t.Errorf("after the lease: %v", err)
	}
}

func TestFailuresAreRetriedAndManyEndTheSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sweep(t, "2026-11-20 12:00")
	w.refuse["db"] = errors.New("throttled")
	out := w.sweep(t, "2026-11-20 19:31")
	if len(out.Failed) != 1 {
		t.Errorf("failed: %v", out.Failed)
	}
	delete(w.refuse, "db")
	out = w.sweep(t, "2026-11-20 19:36")
	if len(out.Plan.Actions) != 1 || out.Plan.Actions[0].Cause != plan.ByRetry {
		t.Errorf("the second sweep: %+v", out.Plan.Actions)
	}
	if got, want := w.summary(), "i-1 stopped 0/0/0, web stopped 0/0/0, db stopped 0/0/0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Many failures end a sweep, but for those that only say that something is on its way.
func TestManyFailuresEndASweep(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says   error
		failed int
		ends   bool
	}{
		{errors.New("denied"), 50, true},
		{&failure.Error{Class: failure.Denied, Err: errors.New("denied")}, 50, true},
		{&failure.Error{Class: failure.InTransition, Err: errors.New("its snapshot is being made")}, 120, false},
	} {
		many := newWorld(t)
		many.resources = nil
		for i := range 120 {
			id := fmt.Sprintf("i-%03d", i)
			many.resources = append(many.resources, fleet.Resource{
				ID: id, ARN: fleet.ARN("arn:" + id), Kind: fleet.EC2Instance, Scope: here, State: fleet.Running, Since: at("2026-11-16 08:30"),
				Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}),
			})
			many.refuse[id] = row.says
		}
		many.sweep(t, "2026-11-20 12:00")
		many.now = at("2026-11-20 19:31")
		stopped, err := many.optimizer("worker").Sweep(t.Context(), here)
		if errors.Is(err, optimizer.ErrTooManyFailures) != row.ends || len(stopped.Failed) != row.failed {
			t.Errorf("%v: %d failed, %v", row.says, len(stopped.Failed), err)
		}
	}
}

func TestAStateOfANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.store.Create(t.Context(), "state/111122223333/ap-northeast-2.json", []byte(`{"format":"offpeak-state/9","memory":{}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.optimizer("worker").Sweep(t.Context(), here); err == nil || !strings.Contains(err.Error(), "offpeak-state/9") {
		t.Errorf("got %v", err)
	}
	if len(w.changes) != 0 {
		t.Errorf("it acted: %v", w.changes)
	}
}
