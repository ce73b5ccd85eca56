package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/autospot/convert"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

func stateOf(t *testing.T, store objects.Store) fleet.Memory {
	t.Helper()
	state, err := (optimizer.States{Store: store}).Load(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	return state.Memory
}

// seoul is a time of the week of noon: Friday is day 0.
func seoul(day, hour, minute int) time.Time {
	return time.Date(2026, 11, 20+day, hour, minute, 0, 0, time.FixedZone("KST", 9*3600)).UTC()
}

// converted goes on until the conversion is done, the scheduler looking each minute too.
func (e *estate) converted(name string) {
	e.t.Helper()
	for range 60 {
		e.pass()
		if _, err := e.spotLook(); err != nil {
			e.t.Fatalf("%s: %v", name, err)
		}
		e.sweep()
		if m := e.memory(); len(m.Spot) == 1 {
			for _, is := range m.Spot {
				if is.Stage != fleet.Moving && is.Stage != fleet.Leaving {
					return
				}
			}
		}
	}
	e.t.Fatalf("%s: it never ends: %+v", name, e.memory().Spot)
}

// TestTheSchedulerLeavesAConversionAlone kills AutoSpot at each call that it makes, of EC2 and of the store, while the scheduler sweeps every minute: the
// scheduler does nothing, forgets nobody and enrols nobody, and goes on with the successor where it was with the old one.
func TestTheSchedulerLeavesAConversionAlone(t *testing.T) {
	t.Parallel()
	for kill := 0; ; kill++ {
		e := newEstate(t)
		e.sweep()
		was := e.memory().Resources[arnOf("i-1")]
		if was.Enrolled.IsZero() {
			t.Fatal("it is not on the schedule")
		}
		e.budget = kill
		_, err := e.spotLook()
		for range 3 { // the first looks after the crash may die as well
			left := e.budget
			e.sweep()
			e.pass()
			if e.budget = left; e.budget == 0 {
				e.budget = -1
			}
			_, _ = e.spotLook()
		}
		whole := err == nil && e.budget > 0
		e.budget = -1
		e.converted(fmt.Sprintf("killed at %d", kill))
		e.check(kill, was)
		if whole {
			if kill < 30 {
				t.Errorf("it took %d calls only", kill)
			}
			return
		}
	}
}

func (e *estate) check(kill int, was fleet.Remembered) {
	e.t.Helper()
	alive := e.alive()
	if len(alive) != 1 || alive[0].ID != "i-2" || alive[0].Lifecycle != fleet.SpotPersistent || alive[0].State != convert.Running || e.attached != "i-2" {
		e.t.Fatalf("killed at %d: %+v", kill, alive)
	}
	if len(e.acts) != 0 {
		e.t.Errorf("killed at %d: the scheduler did %v", kill, e.acts)
	}
	m := e.memory()
	is := m.Resources[arnOf("i-2")]
	if len(m.Resources) != 1 || !is.Enrolled.Equal(was.Enrolled) || is.Schedule != was.Schedule || !is.Done.Equal(was.Done) || !is.Missed.IsZero() {
		e.t.Errorf("killed at %d: %+v, was %+v", kill, m.Resources, was)
	}
	s := m.Spot[arnOf("i-2")].Succeeds
	if s == nil || s.Old != arnOf("i-1") || s.Interface != "eni-1" || s.Image != "ami-i-1" || len(m.Spot[arnOf("i-2")].Images) != 1 {
		e.t.Errorf("killed at %d: %+v", kill, m.Spot)
	}
	states := map[ledger.State]int{}
	entries := e.entries()
	for _, entry := range entries {
		states[entry.State]++
	}
	if states[ledger.Enrolled] != 1 || states[ledger.Succeeded] != 1 || states[ledger.Gone]+states[ledger.Released]+states[ledger.Returned] != 0 || states[ledger.Verified] != 1 {
		e.t.Errorf("killed at %d: the ledger has %v", kill, states)
	}
	rebuilt, _ := optimizer.Rebuild(entries)
	if r, known := rebuilt.Resources[arnOf("i-2")]; len(rebuilt.Resources) != 1 || len(rebuilt.Spot) != 1 || !known || !r.Enrolled.Equal(was.Enrolled) || rebuilt.Spot[arnOf("i-2")].Succeeds.Old != arnOf("i-1") {
		e.t.Errorf("killed at %d: rebuilt as %+v", kill, rebuilt)
	}
}

// TestAWeekOfAConvertedInstance: it is converted on Friday, stopped in the evening, started on Monday with the time that Spot needs beside, and taken back.
func TestAWeekOfAConvertedInstance(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.sweep()
	if _, err := e.spotLook(); err != nil {
		t.Fatal(err)
	}
	e.converted("to Spot")
	until := func(day, hour, minute int) {
		t.Helper()
		for at := seoul(day, hour, minute); e.now.Before(at); {
			e.advance(e.now.Add(min(5*time.Minute, at.Sub(e.now))))
			e.sweep()
		}
	}
	until(0, 19, 25)
	if len(e.acts) != 0 {
		t.Fatalf("before the evening: %v", e.acts)
	}
	until(0, 19, 40)
	if text := strings.Join(e.acts, ", "); text != "stop i-2" {
		t.Fatalf("on Friday evening: %s", text)
	}
	until(3, 8, 0)
	if m := e.memory().Resources[arnOf("i-2")]; m.StoppedByUs.IsZero() || len(e.acts) != 1 {
		t.Fatalf("at the weekend: %v, %+v", e.acts, m)
	}
	until(3, 8, 30)
	if text := strings.Join(e.acts, ", "); text != "stop i-2, start i-2" {
		t.Fatalf("on Monday: %s", text)
	}
	started := e.memory().Resources[arnOf("i-2")].Tried
	var asked time.Time
	for _, entry := range e.entries() {
		if entry.State == ledger.Intent && entry.Change == "start" {
			asked = entry.At
		}
	}
	if lead := started.At.Sub(asked); lead < 10*time.Minute {
		t.Errorf("it was started %s before %s", lead, started.At)
	}
	e.tags[1].Value = "no"
	if _, err := e.spotLook(); err != nil {
		t.Fatal(err)
	}
	e.converted("back")
	until(3, 19, 40)
	m := e.memory()
	if text := strings.Join(e.acts, ", "); text != "stop i-2, start i-2, stop i-3" || len(e.alive()) != 1 || e.alive()[0].Lifecycle != fleet.OnDemand || e.host("i-2").Requested {
		t.Errorf("taken back: %s, %+v", text, e.alive())
	}
	if is := m.Resources[arnOf("i-3")]; len(m.Resources) != 1 || !is.Enrolled.Equal(noon) || m.Spot[arnOf("i-3")].Stage != fleet.Returned || len(m.Spot[arnOf("i-3")].Images) != 2 {
		t.Errorf("taken back: %+v", m)
	}
}

// TestAnEdgeThatComesMeanwhileIsDueAfterwards: the office closes while the instance is converted.
func TestAnEdgeThatComesMeanwhileIsDueAfterwards(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.sweep()
	e.advance(seoul(0, 19, 28))
	if _, err := e.spotLook(); err != nil {
		t.Fatal(err)
	}
	r := e.sweep()
	if wake := r.Outcome.Wake; wake.IsZero() || wake.Sub(e.now) > 5*time.Minute {
		t.Errorf("it is looked again at %s", wake)
	}
	if !slices.ContainsFunc(r.Outcome.Plan.Refusals, func(r plan.Refusal) bool { return r.Code == plan.Converting && r.Subject.ID == "i-1" }) {
		t.Errorf("nothing is said of it: %+v", r.Outcome.Plan.Refusals)
	}
	e.converted("at closing time")
	e.sweep()
	if text := strings.Join(e.acts, ", "); text != "stop i-2" {
		t.Errorf("after it: %q", text)
	}
}

// TestWhatSleepsIsConvertedAsleep: the successor of an instance that offpeak has stopped stays stopped, and is started on Monday.
func TestWhatSleepsIsConvertedAsleep(t *testing.T) {
	t.Parallel()
	for _, dry := range []bool{false, true} {
		e := newEstate(t)
		e.sweep()
		e.advance(seoul(0, 19, 35))
		e.sweep()
		e.pass()
		e.sweep()
		e.advance(seoul(1, 5, 10))
		e.dry = dry
		if _, err := e.spotLook(); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			e.pass()
			e.sweep()
			if _, err := e.spotLook(); err != nil {
				t.Fatal(err)
			}
		}
		if e.alive()[0].State != convert.Stopped || e.alive()[0].ID != "i-2" {
			t.Fatalf("dry %t: at the weekend it is %+v", dry, e.alive()[0])
		}
		for e.now.Before(seoul(3, 8, 30)) {
			e.advance(e.now.Add(5 * time.Minute))
			e.sweep()
		}
		if text := strings.Join(e.acts, ", "); text != "stop i-1, start i-2" {
			t.Errorf("dry %t: %s", dry, text)
		}
	}
}

// TestARecordThatCannotBeReadHidesWhatItMayBeOf, and a conversion that never began hides nothing.
func TestARecordThatCannotBeReadHidesWhatItMayBeOf(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.sweep()
	if _, err := e.spotLook(); err != nil {
		t.Fatal(err)
	}
	key := "conversions/111122223333/ap-northeast-2/eni-1.json"
	_, version, err := e.store.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = e.store.Replace(t.Context(), key, []byte("{"), version); err != nil {
		t.Fatal(err)
	}
	e.advance(seoul(0, 19, 40))
	e.sweep()
	if len(e.acts) != 0 {
		t.Errorf("it did %v", e.acts)
	}
	if err := e.store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	e.host("i-1").State = convert.Running // nothing has begun
	e.pass()
	e.sweep()
	if text := strings.Join(e.acts, ", "); text != "stop i-1" {
		t.Errorf("without a record it did %q", text)
	}
}

// TestImagesAreKeptForAWhile and then removed, by what memory knows, with an entry before and after; not while it moves, and not by who only advises.
func TestImagesAreKeptForAWhile(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.sweep()
	if _, err := e.spotLook(); err != nil {
		t.Fatal(err)
	}
	e.converted("to Spot")
	done := e.now
	look := func(days int) {
		t.Helper()
		e.advance(done.AddDate(0, 0, days))
		for range 3 {
			e.sweep()
			e.pass()
		}
		if _, err := e.spotLook(); err != nil {
			t.Fatal(err)
		}
	}
	if look(13); len(e.removed) != 0 {
		t.Errorf("after thirteen days: %v", e.removed)
	}
	push(t, e.policies, strings.Replace(readyOffice, "mode: act", "mode: ask", 1))
	if look(15); len(e.removed) != 0 {
		t.Errorf("by who asks: %v", e.removed)
	}
	push(t, e.policies, readyOffice)
	e.tags[1].Value = "no" // it goes back, and has its image until that is done
	if look(16); len(e.removed) != 0 {
		t.Errorf("while it goes back: %v", e.removed)
	}
	e.converted("back")
	look(17)
	look(18)
	if fmt.Sprint(e.removed) != "[ami-i-1]" {
		t.Errorf("after it: %v", e.removed)
	}
	states := map[ledger.State]int{}
	for _, entry := range e.entries() {
		if entry.Change == "deregister" && entry.Image == "ami-i-1" && entry.Resource == arnOf("i-3") {
			states[entry.State]++
		}
	}
	if states[ledger.Intent] != 1 || states[ledger.Applied] != 1 || len(states) != 2 {
		t.Errorf("the ledger has %v of it", states)
	}
	e.host("i-3").State, e.host("i-3").until = convert.Terminated, e.now.AddDate(0, 0, -1) // its owner ends it
	look(32)
	look(33)
	rebuilt, _ := optimizer.Rebuild(e.entries())
	if m := e.memory(); fmt.Sprint(e.removed) != "[ami-i-1 ami-i-2]" || len(m.Spot) != 0 || len(rebuilt.Spot[arnOf("i-3")].Images) != 0 {
		t.Errorf("of who is gone: %v, %+v", e.removed, m.Spot)
	}
}
