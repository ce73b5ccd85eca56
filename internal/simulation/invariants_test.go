package simulation_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
)

// watcher checks the invariants of the product after every change and every sweep.
type watcher struct {
	world   *simulation.World
	store   *memoryStore
	effects map[string]int       // by act
	last    map[fleet.ARN]string // the last act that had an effect
	sizes   map[fleet.ARN]original
	down    map[fleet.ARN]time.Time // switched off by offpeak, and by nobody since
	tagged  map[fleet.ARN]time.Time // when its tags were last changed
	broken  []string
	story   map[fleet.ARN][]string
	// wiped says that memory was lost in this world. What it takes up again from the ledger then passes for newly enrolled, so that an
	// opening in between is missed; that alone is not held against the optimizer here.
	wiped bool
}

// original is a size before offpeak set it to zero.
type original struct {
	at   time.Time
	size fleet.Size
}

func watch(w *simulation.World, store *memoryStore) *watcher {
	v := &watcher{
		world: w, store: store, effects: map[string]int{}, last: map[fleet.ARN]string{}, sizes: map[fleet.ARN]original{},
		down: map[fleet.ARN]time.Time{}, tagged: map[fleet.ARN]time.Time{}, story: map[fleet.ARN][]string{},
	}
	w.Watch = v.changed
	return v
}

func (v *watcher) complain(arn fleet.ARN, format string, args ...any) {
	v.broken = append(v.broken, fmt.Sprintf("%s %s: %s\n  %s", v.world.Now().In(seoul).Format("Mon 2006-01-02 15:04:05"), arn,
		fmt.Sprintf(format, args...), strings.Join(v.story[arn], "\n  ")))
}

func (v *watcher) changed(c simulation.Change) {
	line := fmt.Sprintf("%s %s %s: %s %s -> %s %s", c.At.In(seoul).Format("Mon 15:04:05"), c.By, c.Act, c.From.Status, c.From.Size, c.To.Status, c.To.Size)
	v.story[c.Resource] = append(v.story[c.Resource], line)
	if schedule(&c.From) != schedule(&c.To) {
		v.tagged[c.Resource] = c.At
	}
	switch c.By {
	case simulation.ByPerson:
		delete(v.down, c.Resource)
		if act, ok := v.last[c.Resource]; ok && c.From.Kind != fleet.EC2Instance {
			// AWS tells since when of instances alone: a group that a person set back to its size before the stop was seen looks as if the
			// stop had never happened, and is stopped once more.
			v.effects[act] = 0
		}
	case simulation.ByOffpeak:
		v.acted(c)
	case simulation.ByAWS:
	}
}

func schedule(r *fleet.Resource) string {
	text, _ := r.Tags.Get("offpeak:schedule")
	return text
}

// acted checks a change that offpeak made.
func (v *watcher) acted(c simulation.Change) {
	arn, off := c.Resource, c.To.State != fleet.Running && c.To.Status != "pending" && c.To.Status != "starting"
	if text := schedule(&c.From); (text == "" || text == fleet.TextIgnore) && c.At.Sub(v.tagged[arn]) > 5*time.Minute {
		v.complain(arn, "acted on without opt-in")
	}
	if account := c.From.Scope.Account; account != simulation.SampleDev && account != simulation.SampleStage {
		v.complain(arn, "acted on in the protected or unknown account %s", account)
	}
	for _, kind := range []fleet.TraitKind{fleet.WarmPool, fleet.ScheduledActions, fleet.RefreshInProgress} {
		if _, has := c.From.Trait(kind); has {
			v.complain(arn, "acted on although it has %s", kind)
		}
	}
	if _, ok := v.store.intents[c.Act]; !ok {
		v.complain(arn, "act %s has no intent on record", c.Act)
	}
	if v.effects[c.Act]++; v.effects[c.Act] > 1 {
		v.complain(arn, "act %s had its effect %d times", c.Act, v.effects[c.Act])
	}
	v.last[arn] = c.Act
	if off {
		v.down[arn] = c.At
	} else {
		delete(v.down, arn)
	}
	if c.From.Kind != fleet.AutoScalingGroup {
		return
	}
	before, known := v.sizes[arn]
	switch {
	case off && !c.From.Size.IsZero() && (!known || openedBetween(before.at, c.At)):
		v.sizes[arn] = original{c.At, c.From.Size}
	case !off && known && (c.To.Size.Min != before.size.Min || c.To.Size.Max != before.size.Max):
		v.complain(arn, "was %s before its stop and is %s after its start", before.size, c.To.Size)
	}
}

var office = rules().Schedules["office"]

// openedBetween reports whether the office schedule opened in a time.
func openedBetween(from, to time.Time) bool {
	next, _ := office.Next(from)
	for ; next.At.Before(to) && !next.At.IsZero(); next, _ = office.Next(next.At) {
		if next.At.In(seoul).Hour() == 8 {
			return true
		}
	}
	return false
}

// late is how long after its opening a resource may be down, although wakes are lost and starts fail.
const late = 2 * time.Hour

// swept checks what must hold after a sweep.
func (v *watcher) swept() {
	now := v.world.Now().In(seoul)
	opening := time.Date(now.Year(), now.Month(), now.Day(), 8, 30, 0, 0, seoul)
	if day := now.Weekday(); day == time.Saturday || day == time.Sunday || now.Before(opening.Add(late)) || now.Hour() >= 19 {
		return
	}
	if v.wiped {
		return
	}
	for arn, since := range v.down {
		r, ok := v.world.Truth(arn)
		if ok && since.Before(opening) && r.State == fleet.Stopped && schedule(&r) == "office" && v.tagged[arn].IsZero() && !v.store.failures[string(arn)] {
			v.complain(arn, "is down since %s because of offpeak, past its opening, with no failure on record", since.In(seoul).Format("Mon 15:04"))
			delete(v.down, arn)
		}
	}
}

// week is a seeded week of a small organisation, with everything that can go wrong.
func week(seed uint64, wipe bool) *watcher {
	from := at("2026-11-18 12:00") // a Wednesday
	w := simulation.New(seed, from, rough)
	for _, s := range simulation.Sample(22, seed) {
		protected := s.Scope.Account != simulation.SampleDev
		if s.Scope.Region != "ap-northeast-2" || s.Scope.Account == simulation.SampleStage || protected && seed%5 != 0 {
			continue
		}
		if !protected && seed%3 == 0 {
			s.Habits = append(s.Habits, simulation.Retagger{Days: 60, Key: "offpeak:schedule", Values: []string{"office", "weekdays-late", "", "ignore", "없음"}})
		}
		if s.Kind.Sized() && seed%2 == 0 {
			s.Habits = append(s.Habits, simulation.NightDeployer{Nights: 150}, simulation.Resizer{Days: 150, Sizes: []fleet.Size{{Min: 1, Max: 4, Desired: 2}}})
		}
		s.Protected, s.Denied = seed%5 == 1 && len(s.ID)%7 == 0, seed%5 == 2 && strings.HasSuffix(s.ID, "3")
		if err := w.Add(s); err != nil {
			panic(err)
		}
	}
	store := newMemoryStore()
	v := watch(w, store)
	saw := witnessed(w)
	w.Watch = func(c simulation.Change) {
		v.changed(c)
		saw.changed(c)
	}
	wipeAt := 60
	o := simulation.Options{Drop: 60, Duplicate: 60, Delay: 30, Crash: 80, Seed: seed, Reconcile: 4 * time.Hour, After: func(scope fleet.Scope, _ error) error {
		v.swept()
		if wipe && w.Events() > wipeAt {
			wipeAt += 150
			v.wiped = true
			return store.Delete(context.Background(), fmt.Sprintf("state/%s/%s.json", scope.Account, scope.Region))
		}
		return nil
	}}
	if _, err := simulation.Drive(context.Background(), w, processes(w, store), from, from.AddDate(0, 0, 7), o); err != nil {
		panic(err)
	}
	v.broken = append(v.broken, saw.complaints()...)
	return v
}

// processes sweeps with a new process each time.
func processes(w *simulation.World, store *memoryStore) simulation.Sweep {
	mortal, plans, number := w.Mortal(store), planner{scheduler.New(rules())}, 0
	return func(ctx context.Context, scope fleet.Scope) (time.Time, error) {
		number++
		o := &optimizer.Optimizer{
			Inventory: w, Planner: plans, Actuator: w, Book: ledger.Book{Store: mortal}, States: optimizer.States{Store: mortal},
			Now: w.Now, Holder: fmt.Sprintf("worker-%d", number), MaxFailures: 50,
		}
		out, err := o.Sweep(ctx, scope)
		return out.Wake, err
	}
}

// TestInvariantsHoldInSeededWeeks plays weeks with throttles, crashes, duplicates, lost and late wakes, failing starts and memory wiped.
func TestInvariantsHoldInSeededWeeks(t *testing.T) {
	t.Parallel()
	const share = 50
	shares := uint64(1)
	if os.Getenv("OFFPEAK_SOAK") == "1" {
		shares = 4
	} else {
		t.Logf("ONLY A SUBSET: %d of %d weeks are played; OFFPEAK_SOAK=1 plays all", share, 4*share)
	}
	for first := range shares {
		t.Run(fmt.Sprintf("from %d", first*share), func(t *testing.T) {
			t.Parallel()
			acts := 0
			for seed := first * share; seed < (first+1)*share; seed++ {
				v := week(seed, seed%4 == 3)
				acts += len(v.effects)
				for _, text := range v.broken[:min(len(v.broken), 2)] {
					t.Errorf("seed %d: %s", seed, text)
				}
			}
			if acts < share {
				t.Errorf("only %d acts in %d weeks prove little", acts, share)
			}
		})
	}
}

// TestTheWatcherSees breaks each invariant once: a check that never complains proves nothing.
func TestTheWatcherSees(t *testing.T) {
	t.Parallel()
	group := fleet.Resource{
		ARN: "arn:web", Kind: fleet.AutoScalingGroup, Scope: scope, State: fleet.Running, Size: fleet.Size{Min: 2, Max: 6, Desired: 3},
		Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}),
	}
	zero := group
	zero.State, zero.Size = fleet.Stopped, fleet.Size{}
	other := group
	other.Size = fleet.Size{Min: 1, Max: 6, Desired: 3}
	untagged, protected := group, group
	untagged.Tags = nil
	protected.Scope.Account = simulation.SampleProd
	refreshed := group
	refreshed.Traits = []fleet.Trait{{Kind: fleet.RefreshInProgress}}
	act := func(id string, from, to fleet.Resource) simulation.Change {
		return simulation.Change{At: at("2026-11-20 19:31"), Resource: "arn:web", By: simulation.ByOffpeak, Act: id, From: from, To: to}
	}
	for _, row := range []struct {
		name    string
		changes []simulation.Change
		want    string // empty: nothing is broken
	}{
		{"down and back", []simulation.Change{act("a", group, zero), act("b", zero, group)}, ""},
		{"without opt-in", []simulation.Change{act("a", untagged, untagged)}, "without opt-in"},
		{"in production", []simulation.Change{act("a", protected, zero)}, "protected"},
		{"during a refresh", []simulation.Change{act("a", refreshed, zero)}, "refresh-in-progress"},
		{"without an intent", []simulation.Change{act("x", group, zero)}, "no intent"},
		{"twice", []simulation.Change{act("a", group, zero), act("a", group, zero)}, "2 times"},
		{"other bounds", []simulation.Change{act("a", group, zero), act("b", zero, other)}, "before its stop"},
	} {
		v := watch(simulation.New(1, at("2026-11-20 19:31"), simulation.Faults{}), newMemoryStore())
		v.store.intents = map[string]ledger.Entry{"a": {}, "b": {}}
		for _, c := range row.changes {
			v.changed(c)
		}
		seen := slices.ContainsFunc(v.broken, func(text string) bool { return strings.Contains(text, row.want) })
		if row.want == "" && len(v.broken) > 0 || row.want != "" && !seen {
			t.Errorf("%s: %v", row.name, v.broken)
		}
	}
}
