package contract

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// Key is the tag key that opts in wherever the suite runs.
const Key = "offpeak:schedule"

// Stand is an AWS, or what stands for it, whose accounts hold nothing yet.
type Stand struct {
	Inventory optimizer.Inventory
	Actuator  optimizer.Actuator
	Ground    Ground
	// Scopes are accounts and regions that nobody else uses: two accounts in the same three regions.
	Scopes []fleet.Scope
	// Cannot says, of each ability that is missing here, why, and which test shows instead what is left out.
	Cannot map[Ability]string
	// Moves returns another way in which a group or a service can buy than the one in which it does. Nil: nothing moves here, and the sentences on
	// moves are left out.
	Moves func(kind fleet.Kind, from fleet.Purchase) fleet.Purchase
}

// Ground is where the suite builds what it then looks at and acts on.
type Ground interface {
	// Make makes an asset that runs, and returns it by its names.
	Make(t *testing.T, a Asset) plan.Subject
	// Remove deletes it.
	Remove(t *testing.T, s plan.Subject)
	// Retag takes the tag Key away from it.
	Retag(t *testing.T, s plan.Subject)
	// Settle lets everything that is under way arrive.
	Settle(t *testing.T)
}

// Asset is what the suite asks a ground for.
type Asset struct {
	Kind  fleet.Kind
	Scope fleet.Scope
	Name  string // of an instance: its Name tag, for people
	Tags  fleet.Tags
	Size  fleet.Size // of groups and services; a service with a Max has a scalable target
	// Bar is why AWS refuses to stop it: failure.Protected or failure.Denied; empty: it does not.
	Bar failure.Class
	// Hibernates says that an instance was launched to be hibernated.
	Hibernates bool
}

// Ability is something that AWS does and not everything that stands for it.
type Ability string

// The abilities.
const (
	Filters     Ability = "a snapshot leaves out what does not opt in"
	Rechecks    Ability = "an act leaves alone what opts in no more"
	Transitions Ability = "stops and starts take their time"
	Denies      Ability = "permissions are enforced"
	Hibernates  Ability = "only what was launched for it can be hibernated"
	Targets     Ability = "services have scalable targets"
)

// abilities are all of them; one that is missing somewhere and stands not here is a slip of the pen.
var abilities = []Ability{Filters, Rechecks, Transitions, Denies, Hibernates, Targets}

// check is one sentence of the contract.
type check struct {
	name  string
	needs []Ability
	run   func(*testing.T, site)
}

// Fleet checks an Inventory and an Actuator together: what one does the other must show. fresh returns a new stand; it is asked for one for
// each sentence of the contract.
func Fleet(t *testing.T, fresh func(*testing.T) Stand) {
	t.Helper()
	for _, c := range slices.Concat(inventoryChecks, actuatorChecks, moveChecks, scopeChecks) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := site{fresh(t)}
			for ability := range s.Cannot {
				if !slices.Contains(abilities, ability) {
					t.Errorf("there is no ability %q", ability)
				}
			}
			for _, ability := range c.needs {
				if why, missing := s.Cannot[ability]; missing {
					t.Skipf("not here: %s: %s", ability, why)
				}
			}
			c.run(t, s)
		})
	}
}

// site is a stand on which a check builds.
type site struct{ Stand }

func (s site) home() fleet.Scope { return s.Scopes[0] }

func (s site) can(a Ability) bool { _, missing := s.Cannot[a]; return !missing }

// each runs a check for some kinds, all where none is named.
func (s site) each(t *testing.T, check func(*testing.T, fleet.Kind), kinds ...fleet.Kind) {
	t.Helper()
	if len(kinds) == 0 {
		kinds = fleet.Kinds()
	}
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) { check(t, kind) })
	}
}

// asset is one that opts in, in the first scope.
func (s site) asset(kind fleet.Kind, name string) Asset {
	a := Asset{Kind: kind, Scope: s.home(), Name: name, Tags: fleet.NewTags(fleet.Tag{Key: Key, Value: "office"})}
	switch {
	case kind == fleet.AutoScalingGroup, kind == fleet.ECSService && s.can(Targets):
		a.Size = fleet.Size{Min: 2, Max: 6, Desired: 3}
	case kind == fleet.ECSService:
		a.Size = fleet.Size{Desired: 3}
	default:
	}
	return a
}

func (s site) make(t *testing.T, a Asset) plan.Subject {
	t.Helper()
	subject := s.Ground.Make(t, a)
	if subject.Kind != a.Kind || subject.Scope != a.Scope || subject.ID == "" || subject.ARN == "" {
		t.Fatalf("the ground made %+v of %+v", subject, a)
	}
	return subject
}

// look is a snapshot of a scope.
func (s site) look(t *testing.T, scope fleet.Scope) fleet.Snapshot {
	t.Helper()
	snapshot, err := s.Inventory.Snapshot(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// find looks for a resource; nil where it is not shown.
func (s site) find(t *testing.T, subject plan.Subject) *fleet.Resource {
	t.Helper()
	snapshot := s.look(t, subject.Scope)
	for i := range snapshot.Resources {
		if snapshot.Resources[i].ARN == subject.ARN {
			return &snapshot.Resources[i]
		}
	}
	return nil
}

// see is find for what must be there.
func (s site) see(t *testing.T, subject plan.Subject) fleet.Resource {
	t.Helper()
	r := s.find(t, subject)
	if r == nil {
		t.Fatalf("%s is not in the snapshot", subject.ARN)
	}
	return *r
}

// expect lets everything arrive, and looks whether a resource is in a state; it returns what it sees.
func (s site) expect(t *testing.T, when string, subject plan.Subject, state fleet.State) fleet.Resource {
	t.Helper()
	s.Ground.Settle(t)
	r := s.see(t, subject)
	if r.State != state {
		t.Errorf("%s: %s is %s (%s), want %s", when, subject.ID, r.State, r.Status, state)
	}
	return r
}

// act makes changes; the errors are in their order.
func (s site) act(t *testing.T, actions ...plan.Action) []error {
	t.Helper()
	return s.actIn(t, t.Context(), actions...)
}

func (s site) actIn(t *testing.T, ctx context.Context, actions ...plan.Action) []error { //nolint:revive // the test leads, as everywhere here
	t.Helper()
	errs := s.Actuator.Act(ctx, actions)
	if len(errs) != len(actions) {
		t.Fatalf("%d answers to %d actions", len(errs), len(actions))
	}
	return errs
}

// must makes changes that succeed.
func (s site) must(t *testing.T, when string, actions ...plan.Action) {
	t.Helper()
	for i, err := range s.act(t, actions...) {
		if err != nil {
			t.Errorf("%s: %s: %v", when, actions[i].Subject.ID, err)
		}
	}
}

// classes compares the classes of errors, by their places.
func classes(t *testing.T, when string, errs []error, want ...failure.Class) {
	t.Helper()
	got := make([]failure.Class, len(errs))
	for i, err := range errs {
		got[i] = failure.Of(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: classes %q, want %q: %v", when, got, want, errors.Join(errs...))
	}
}

// same compares a resource with how it was before.
func same(t *testing.T, when string, got, want fleet.Resource) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s it is\n%+v\nand was\n%+v", when, got, want)
	}
}

func action(s plan.Subject, c plan.Change) plan.Action {
	return plan.Action{ID: "act-" + s.ID + "-" + c.Verb(), Subject: s, Change: c}
}

// off takes what is of a size to zero, and stops the rest.
func off(s plan.Subject, size fleet.Size) plan.Action {
	if s.Kind.Sized() {
		return action(s, plan.Scale{From: size})
	}
	return action(s, plan.Stop{})
}

// on is the way back from where a plan sees it.
func on(s plan.Subject, seen, original fleet.Size) plan.Action {
	if s.Kind.Sized() {
		return action(s, plan.Scale{From: seen, To: original})
	}
	return action(s, plan.Start{})
}

// moved is the subject of the same name in another scope.
func moved(s plan.Subject, to fleet.Scope) plan.Subject {
	from := ":" + string(s.Scope.Region) + ":" + string(s.Scope.Account) + ":"
	s.ARN = fleet.ARN(strings.Replace(string(s.ARN), from, ":"+string(to.Region)+":"+string(to.Account)+":", 1))
	s.Scope = to
	return s
}

// never is the subject of a resource like another one that there never was.
func never(s plan.Subject) plan.Subject {
	id := s.ID + "-never"
	if s.Kind == fleet.EC2Instance {
		id = "i-0fedcba987654321f"
	}
	s.ARN, s.ID = fleet.ARN(strings.ReplaceAll(string(s.ARN), s.ID, id)), id
	return s
}
