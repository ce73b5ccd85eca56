package optimizer_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
)

// inMemory lets a world keep its objects in memory, for tests that write very many.
func inMemory(w *world) *world {
	w.store = newMemoryStore()
	return w
}

// of returns a resource of the world.
func (w *world) of(id string) *fleet.Resource {
	return &w.resources[slices.IndexFunc(w.resources, func(r fleet.Resource) bool { return r.ID == id })]
}

// take removes a resource from what listings show, and returns a function that puts it back.
func (w *world) take(id string) (back func()) {
	r := *w.of(id)
	w.resources = slices.DeleteFunc(w.resources, func(r fleet.Resource) bool { return r.ID == id })
	return func() {
		w.resources = append(w.resources, r)
		slices.SortFunc(w.resources, func(a, b fleet.Resource) int { return a.Compare(&b) })
	}
}

// presence is what the ledger says of who came and went.
func (w *world) presence(t *testing.T) string {
	t.Helper()
	var words []string
	for _, e := range w.entries(t) {
		switch e.State {
		case ledger.Gone, ledger.Released, ledger.Returned:
			words = append(words, fmt.Sprintf("%s %s %s (%s, seen %t)", e.At.In(at("2026-11-20 12:00").Location()).Format("02 15:04"), e.ID, e.State, e.Environment, e.Before != nil))
		default:
		}
	}
	return strings.Join(words, "; ")
}

func TestWhoLeavesAndComesBack(t *testing.T) {
	t.Parallel()
	untag := func(w *world) func() {
		tags := w.of("web").Tags
		w.of("web").Tags = nil
		return func() { w.of("web").Tags = tags }
	}
	take := func(w *world) func() { return w.take("web") }
	terminate := func(w *world) func() {
		w.of("web").State = fleet.Gone
		return func() { w.of("web").State = fleet.Running }
	}
	for _, row := range []struct {
		name  string
		away  func(*world) (back func())
		looks []string // sweeps while it is away
		back  string   // the sweep that sees it again; empty: it stays away
		want  string
	}{
		{"a listing that misses it once does no harm", take, []string{"20 13:00"}, "20 13:05", ""},
		{"missed by many sweeps in an hour", take, []string{"20 13:00", "20 13:05", "20 13:30", "20 13:59"}, "20 14:00", ""},
		{"missed for an hour", take, []string{"20 13:00", "20 14:00", "20 15:00", "20 18:00"}, "", "20 14:00 web gone (dev, seen false)"},
		{"missed for an hour, then there again", take, []string{"20 13:00", "20 14:00"}, "20 16:00", "20 14:00 web gone (dev, seen false); 20 16:00 web returned (dev, seen true)"},
		{"AWS says that it is deleted", terminate, []string{"20 13:00", "20 14:00", "20 15:00"}, "", "20 13:00 web gone (dev, seen true)"},
		{"not opted in any more", untag, []string{"20 13:00", "20 14:00", "20 15:00"}, "", "20 13:00 web released (dev, seen true)"},
		{"opted in again", untag, []string{"20 13:00"}, "20 15:00", "20 13:00 web released (dev, seen true); 20 15:00 web returned (dev, seen true)"},
	} {
		w := inMemory(newWorld(t))
		w.sweep(t, "2026-11-20 12:00")
		enrolled := w.memory(t)["arn:web"].Enrolled
		back := row.away(w)
		for _, look := range row.looks {
			w.sweep(t, "2026-11-"+look)
		}
		if row.back != "" {
			back()
			w.sweep(t, "2026-11-"+row.back)
		}
		if got := w.presence(t); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
		if m := w.memory(t)["arn:web"]; !m.Enrolled.Equal(enrolled) || m.Away() != (row.back == "") {
			t.Errorf("%s: remembered %+v", row.name, m)
		}
		// Memory rebuilt from the ledger says the same.
		rebuilt, _ := optimizer.Rebuild(w.entries(t))
		if got, want := rebuilt.Resources["arn:web"], w.memory(t)["arn:web"]; got.Departure != want.Departure || !got.Left.Equal(want.Left) || got.Environment != want.Environment {
			t.Errorf("%s: rebuilt %+v, want %+v", row.name, got, want)
		}
		// And a sweep that finds everything as it was writes nothing.
		before := w.listing(t)
		if out, err := w.optimizer("worker").Sweep(t.Context(), here); err != nil || !out.Quiet || w.listing(t) != before {
			t.Errorf("%s: looking again is not quiet: %v", row.name, err)
		}
	}
}

// memory is what the store remembers of the scope.
func (w *world) memory(t *testing.T) map[fleet.ARN]fleet.Remembered {
	t.Helper()
	state, err := optimizer.States{Store: w.store}.Load(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	return state.Memory.Resources
}

// TestASizeOutlivesAnAbsence checks that a group which listings miss over its opening gets its own size back.
func TestASizeOutlivesAnAbsence(t *testing.T) {
	t.Parallel()
	w := inMemory(newWorld(t))
	w.sweep(t, "2026-11-20 12:00")
	w.sweep(t, "2026-11-20 19:31")
	w.sweep(t, "2026-11-20 19:36")
	back := w.take("web")
	for _, when := range []string{"2026-11-21 12:00", "2026-11-21 13:00", "2026-11-23 08:31", "2027-01-10 12:00"} { // a Sunday, after 50 days
		w.sweep(t, when)
	}
	if got := w.presence(t); got != "21 13:00 web gone (dev, seen false)" {
		t.Errorf("got %q", got)
	}
	back()
	w.sweep(t, "2027-01-11 08:31")
	w.sweep(t, "2027-01-11 08:36")
	if got := w.of("web").Size; got != sizes {
		t.Errorf("after its return its size is %s, want %s", got, sizes)
	}
}

func TestWhatLeftIsForgottenAfterFiveWeeks(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		leave  func(*world)
		asleep bool // it leaves while offpeak holds it off
		kept   bool
	}{
		{"deleted by day", func(w *world) { w.of("web").State = fleet.Gone }, false, false},
		{"missing since a day", func(w *world) { w.take("web") }, false, false},
		{"missing since a night: its size may be wanted yet", func(w *world) { w.take("web") }, true, true},
		{"not opted in since a night: it is off because of offpeak", func(w *world) { w.of("web").Tags = nil }, true, true},
		{"deleted in a night: there is nothing to restore", func(w *world) { w.of("web").State = fleet.Gone }, true, false},
	} {
		w := inMemory(newWorld(t))
		w.sweep(t, "2026-11-20 12:00")
		if row.asleep {
			w.sweep(t, "2026-11-20 19:31")
			w.sweep(t, "2026-11-20 19:36")
		}
		row.leave(w)
		for _, when := range []string{"2026-11-21 12:00", "2026-11-21 14:00", "2026-12-26 13:59"} {
			w.sweep(t, when)
		}
		if _, known := w.memory(t)["arn:web"]; !known && strings.HasPrefix(row.name, "missing") {
			t.Errorf("%s: forgotten too early", row.name)
		}
		w.sweep(t, "2026-12-26 14:00")
		if _, known := w.memory(t)["arn:web"]; known != row.kept {
			t.Errorf("%s: remembered %t, want %t", row.name, known, row.kept)
		}
		if n := strings.Count(w.presence(t), ";"); n != 0 {
			t.Errorf("%s: more than one entry: %s", row.name, w.presence(t))
		}
	}
}

func TestEveryEntryHasItsEnvironment(t *testing.T) {
	t.Parallel()
	w := inMemory(newWorld(t))
	for _, when := range []string{"2026-11-20 12:00", "2026-11-20 19:31", "2026-11-20 19:36", "2026-11-23 08:31", "2026-11-23 08:36"} {
		w.sweep(t, when)
	}
	entries := w.entries(t)
	for _, e := range entries {
		if e.Environment != "dev" {
			t.Errorf("%s of %s: environment %q", e.State, e.ID, e.Environment)
		}
	}
	if len(entries) != 21 {
		t.Errorf("%d entries", len(entries))
	}
}

// TestWhatAPersonResetsBeforeTheStopWasSeen checks that a size set after an act that AWS accepted is a person's, and left until the next
// edge; where it is not known that AWS accepted the act, the act is repeated.
func TestWhatAPersonResetsBeforeTheStopWasSeen(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		refused bool
		forget  bool // the state is lost in between
		want    int  // stops
	}{
		{"accepted and reset", false, false, 1},
		{"accepted and reset, known from the ledger alone", false, true, 1},
		{"refused: it was never stopped", true, false, 1},
	} {
		w := inMemory(newWorld(t))
		w.sweep(t, "2026-11-20 12:00")
		if row.refused {
			w.refuse["web"] = errors.New("throttled")
		}
		w.sweep(t, "2026-11-20 19:31")
		delete(w.refuse, "web")
		if !row.refused {
			w.of("web").State, w.of("web").Size = fleet.Running, fleet.Size{Min: 1, Max: 4, Desired: 1}
		}
		if row.forget {
			if err := w.store.Delete(t.Context(), "state/111122223333/ap-northeast-2.json"); err != nil {
				t.Fatal(err)
			}
		}
		for _, when := range []string{"2026-11-20 19:36", "2026-11-20 19:41", "2026-11-21 12:00"} {
			w.sweep(t, when)
		}
		if got := w.changes["web stopped"]; got != row.want {
			t.Errorf("%s: stopped %d times, want %d", row.name, got, row.want)
		}
		for _, e := range w.entries(t) {
			if e.ID == "web" && e.State == ledger.Verified && !row.refused {
				t.Errorf("%s: a stop that nobody saw is verified", row.name)
			}
		}
		w.sweep(t, "2026-11-23 08:31")
		w.sweep(t, "2026-11-23 19:31")
		if got := w.changes["web stopped"]; got != row.want+1 {
			t.Errorf("%s: at the next closing stopped %d times, want %d", row.name, got, row.want+1)
		}
		w.sweep(t, "2026-11-23 19:36")
		w.sweep(t, "2026-11-24 08:31")
		want := fleet.Size{Min: 1, Max: 4, Desired: 1}
		if row.refused {
			want = sizes
		}
		if got := w.of("web").Size; got != want {
			t.Errorf("%s: on Tuesday it is %s, want %s", row.name, got, want)
		}
	}
}

// TestAnOldVerificationIsNone checks that an act which never worked is not called verified because a later edge finds what it wants.
func TestAnOldVerificationIsNone(t *testing.T) {
	t.Parallel()
	w := inMemory(newWorld(t))
	w.sweep(t, "2026-11-20 12:00")
	w.refuse["db"] = errors.New("denied")
	w.sweep(t, "2026-11-20 19:31")
	w.sweep(t, "2026-11-23 08:31")
	w.sweep(t, "2026-11-23 08:36")
	for _, e := range w.entries(t) {
		if e.ID == "db" && e.State == ledger.Verified {
			t.Errorf("verified: %+v", e)
		}
	}
}

// TestOneComesAsAnotherGoes lets a process that lives long see as many resources as before, and not the same ones.
func TestOneComesAsAnotherGoes(t *testing.T) {
	t.Parallel()
	w := inMemory(newWorld(t))
	o := w.optimizer("worker")
	look := func(when string) {
		w.now = at("2026-11-20 " + when)
		if _, err := o.Sweep(t.Context(), here); err != nil {
			t.Fatal(err)
		}
	}
	look("10:00")
	web := w.take("web")
	for _, when := range []string{"10:05", "11:05", "11:10", "11:15"} {
		look(when)
	}
	web()
	look("12:00")
	look("12:05")
	w.take("db")
	for _, when := range []string{"12:10", "12:15", "13:10", "13:15"} {
		look(when)
	}
	want := "20 11:05 web gone (dev, seen false); 20 12:00 web returned (dev, seen true); 20 13:10 db gone (dev, seen false)"
	if got := w.presence(t); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
