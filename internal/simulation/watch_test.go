package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// watcher checks the invariants of the product after every change and every sweep.
type watcher struct {
	world   *simulation.World
	store   *memoryStore
	office  *office
	calm    bool                 // nothing goes wrong in this world
	effects map[string]int       // by act
	moved   map[fleet.ARN]effect // the last effect of an act
	sizes   map[fleet.ARN]original
	down    map[fleet.ARN]time.Time // switched off by offpeak, and by nobody since
	tagged  map[fleet.ARN]time.Time // when its tags were last changed
	refused map[fleet.ARN]time.Time // when a plan last said why it does nothing
	others  int                     // changes that offpeak did not make
	broken  []complaintOf
	story   map[fleet.ARN][]string
}

// complaintOf is an invariant that does not hold.
type complaintOf struct {
	at   time.Time
	text string
}

// original is a size before offpeak set it to zero.
type original struct {
	at       time.Time
	size     fleet.Size
	schedule string // that its tag named then
}

// effect is what an act did, and whether a person has changed the resource since.
type effect struct {
	act      string
	edge     fleet.Moment
	person   bool
	verified bool // it was seen to have worked before the person came
	other    bool // AWS has changed it since
}

func watch(w *simulation.World, store *memoryStore, o *office) *watcher {
	v := &watcher{
		world: w, store: store, office: o, effects: map[string]int{}, moved: map[fleet.ARN]effect{}, sizes: map[fleet.ARN]original{},
		down: map[fleet.ARN]time.Time{}, tagged: map[fleet.ARN]time.Time{}, refused: map[fleet.ARN]time.Time{}, story: map[fleet.ARN][]string{},
	}
	w.Watch = v.changed
	return v
}

func (v *watcher) complain(arn fleet.ARN, format string, args ...any) {
	v.broken = append(v.broken, complaintOf{v.world.Now(), fmt.Sprintf("%s %s: %s\n  %s", v.office.local(v.world.Now()), arn,
		fmt.Sprintf(format, args...), strings.Join(v.story[arn], "\n  "))})
}

func (v *watcher) changed(c simulation.Change) {
	line := fmt.Sprintf("%s %s %s: %s %s -> %s %s", v.office.local(c.At), c.By, c.Act, c.From.Status, c.From.Size, c.To.Status, c.To.Size)
	if before, after := schedule(&c.From), schedule(&c.To); before != after {
		v.tagged[c.Resource] = c.At
		line = fmt.Sprintf("%s %s: schedule %q -> %q", v.office.local(c.At), c.By, before, after)
	}
	if c.By != simulation.ByAWS || c.From.State != c.To.State || c.From.Size != c.To.Size {
		v.story[c.Resource] = append(v.story[c.Resource], line)
	}
	last, acted := v.moved[c.Resource]
	switch c.By {
	case simulation.ByPerson:
		v.others++
		delete(v.down, c.Resource)
		last.person, last.verified = true, v.store.verified[last.act]
	case simulation.ByOffpeak:
		v.acted(c)
		return
	case simulation.ByAWS:
		v.others++
		last.other = last.other || spontaneous(&c)
	}
	if acted {
		v.moved[c.Resource] = last
	}
}

// spontaneous reports whether AWS did more than to complete what somebody had begun: a restart, an interruption, a start that failed.
func spontaneous(c *simulation.Change) bool {
	began := c.From.Status == "pending" || c.From.Status == "starting"
	return c.From.State != c.To.State && (c.From.State != fleet.Changing || began && c.To.State == fleet.Stopped)
}

func schedule(r *fleet.Resource) string {
	text, _ := r.Tags.Get("offpeak:schedule")
	return text
}

// punctual is how long after a boundary an instance or a database is switched where nothing goes wrong.
const punctual = 10 * time.Minute

// justNow is how long after tags or a policy were changed an act may still follow the old ones: a worker's lease, and what its snapshot lagged.
const justNow = 17 * time.Minute

// acted checks a change that offpeak made.
func (v *watcher) acted(c simulation.Change) {
	arn, off := c.Resource, c.To.State != fleet.Running && c.To.Status != "pending" && c.To.Status != "starting"
	fresh := c.At.Sub(v.tagged[arn]) < justNow
	if text := schedule(&c.From); (text == "" || text == fleet.TextIgnore) && !fresh {
		v.complain(arn, "acted on without opt-in")
	}
	if v.office.protects(c.From.Scope.Account, c.At) {
		v.complain(arn, "acted on in the protected or unknown account %s", c.From.Scope.Account)
	}
	for _, kind := range []fleet.TraitKind{fleet.WarmPool, fleet.ScheduledActions, fleet.RefreshInProgress} {
		if _, has := c.From.Trait(kind); has {
			v.complain(arn, "acted on although it has %s", kind)
		}
	}
	if !slices.Equal(c.From.Tags, c.To.Tags) {
		v.complain(arn, "a sweep wrote a tag")
	}
	if !fresh && !v.office.agrees(&c.From, off, c.At) {
		v.complain(arn, "switched at the wrong time: its hours are %q", schedule(&c.From))
	}
	if v.calm && v.store.intents[c.Act].Cause == plan.BySchedule && !c.From.Kind.Sized() && v.office.sinceBoundary(schedule(&c.From), c.At) > punctual {
		v.complain(arn, "switched at the wrong time: %s after a boundary of %q", v.office.sinceBoundary(schedule(&c.From), c.At), schedule(&c.From))
	}
	v.once(c)
	if off {
		v.down[arn] = c.At
	} else {
		delete(v.down, arn)
	}
	v.bounds(c, off)
}

// once checks that an act has an intent on record and one effect, and an edge one effect until somebody else changes the resource, and none
// after a person did.
func (v *watcher) once(c simulation.Change) {
	intent, recorded := v.store.intents[c.Act]
	if !recorded {
		v.complain(c.Resource, "act %s has no intent on record", c.Act)
	}
	last, before := v.moved[c.Resource]
	// AWS tells since when of instances alone: a group or a database that a person set back before the act was seen to have worked looks
	// as if the act had never happened, and is acted on once more.
	unseen := before && last.person && c.From.Kind != fleet.EC2Instance && !last.verified
	// What stood in a torn object nobody can know once memory is lost too; that it is torn is reported.
	unseen = unseen || before && last.person && v.store.torn[c.Resource]
	v.effects[c.Act]++
	switch {
	case !before || unseen:
	case last.act == c.Act && !last.other:
		v.complain(c.Resource, "act %s had its effect %d times", c.Act, v.effects[c.Act])
	case recorded && last.edge.Equal(intent.Edge) && last.person && !last.other:
		v.complain(c.Resource, "acted on again for the edge %s after a person changed it", v.office.local(intent.Edge.At))
	}
	v.moved[c.Resource] = effect{act: c.Act, edge: intent.Edge}
}

// bounds checks that a group or a service gets its bounds back.
func (v *watcher) bounds(c simulation.Change, off bool) {
	if !c.From.Kind.Sized() {
		return
	}
	before, known := v.sizes[c.Resource]
	// A size that a person sets after another schedule was put on the tag is set in hours in which that one may be open: it is the owner's.
	schedule, _ := c.From.Tags.Get("offpeak:schedule")
	switch {
	case off && !c.From.Size.IsZero() && (!known || before.schedule != schedule || v.office.openedBetween(before.at, c.At)):
		v.sizes[c.Resource] = original{c.At, c.From.Size, schedule}
	case !off && known && !v.store.torn[c.Resource] && (c.To.Size.Min != before.size.Min || c.To.Size.Max != before.size.Max || c.To.Size.Desired < before.size.Desired):
		v.complain(c.Resource, "was %s before its stop and is %s after its start", before.size, c.To.Size)
	}
}

// late is how long after its opening a resource may be down, although wakes are lost and starts fail.
const late = 150 * time.Minute

// swept checks what must hold after a sweep.
func (v *watcher) swept() {
	now := v.world.Now()
	for arn, since := range v.down {
		r, ok := v.world.Truth(arn)
		if !ok || r.State != fleet.Stopped || now.Sub(since) < late || now.Sub(v.tagged[arn]) < late || !v.office.openSince(schedule(&r), now.Add(-late), now) {
			continue
		}
		told := func(at time.Time) bool { return now.Sub(at) < 24*time.Hour && !at.Before(since) }
		if v.tagged[arn].Before(since) && !told(v.store.failures[arn]) && !told(v.refused[arn]) && !v.store.torn[arn] && !v.office.changedBetween(since, now) {
			v.complain(arn, "is down since %s because of offpeak, past its opening, with no failure on record", v.office.local(since))
			delete(v.down, arn)
		}
	}
	for _, text := range v.store.older {
		v.broken = append(v.broken, complaintOf{now, text})
	}
	v.store.older = nil
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
	untagged, protected, retagged := group, group, zero
	untagged.Tags = nil
	retagged.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}, fleet.Tag{Key: "offpeak:note", Value: "stopped"})
	protected.Scope.Account = simulation.SampleProd
	refreshed := group
	refreshed.Traits = []fleet.Trait{{Kind: fleet.RefreshInProgress}}
	night, morning := at("2026-11-20 23:00"), at("2026-11-23 12:00")
	act := func(at time.Time, id string, from, to fleet.Resource) simulation.Change {
		return simulation.Change{At: at, Resource: "arn:web", By: simulation.ByOffpeak, Act: id, From: from, To: to}
	}
	person := simulation.Change{At: at("2026-11-20 23:10"), Resource: "arn:web", By: simulation.ByPerson, From: zero, To: group}
	for _, row := range []struct {
		name    string
		changes []simulation.Change
		want    string // empty: nothing is broken
	}{
		{"down and back", []simulation.Change{act(night, "a", group, zero), act(morning, "b", zero, group)}, ""},
		{"without opt-in", []simulation.Change{act(night, "a", untagged, untagged)}, "without opt-in"},
		{"in production", []simulation.Change{act(night, "a", protected, zero)}, "protected"},
		{"during a refresh", []simulation.Change{act(night, "a", refreshed, zero)}, "refresh-in-progress"},
		{"without an intent", []simulation.Change{act(night, "x", group, zero)}, "no intent"},
		{"twice", []simulation.Change{act(night, "a", group, zero), act(night, "a", group, zero)}, "2 times"},
		{"again after a person", []simulation.Change{act(night, "a", group, zero), person, act(night, "c", group, zero)}, "after a person"},
		{"other bounds", []simulation.Change{act(night, "a", group, zero), act(morning, "b", zero, other)}, "before its stop"},
		{"by day", []simulation.Change{act(morning, "a", group, zero)}, "wrong time"},
		{"by night", []simulation.Change{act(night, "a", zero, group)}, "wrong time"},
		{"a tag", []simulation.Change{act(night, "a", group, retagged)}, "wrote a tag"},
	} {
		v := watch(simulation.New(1, night, simulation.Faults{}), newMemoryStore(), officeIn(seoul))
		v.store.intents = map[string]ledger.Entry{"a": {}, "b": {Edge: fleet.Moment{At: morning}}, "c": {}}
		v.store.verified["a"] = true
		for _, c := range row.changes {
			v.changed(c)
		}
		seen := slices.ContainsFunc(v.broken, func(c complaintOf) bool { return strings.Contains(c.text, row.want) })
		if row.want == "" && len(v.broken) > 0 || row.want != "" && !seen {
			t.Errorf("%s: %v", row.name, v.broken)
		}
	}
}
