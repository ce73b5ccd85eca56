package contract

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/fleet"
)

// inventoryChecks are what an Inventory promises.
var inventoryChecks = []check{
	{"what opts in is found as it is", nil, foundAsItIs},
	{"what does not opt in is left out", []Ability{Filters}, leftOut},
	{"what does not opt in passes for nothing else", nil, passesForNothingElse},
	{"what is deleted is gone", nil, deletedIsGone},
	{"a snapshot is in order", nil, inOrder},
	{"a snapshot is not taken once the context is done", nil, notTaken},
}

// speaking are tags as owners write them: in Korean, in keys that differ in case alone, without a value, with all that AWS allows.
var speaking = fleet.NewTags(
	fleet.Tag{Key: Key, Value: "평일 업무시간"}, fleet.Tag{Key: "Name", Value: "결제 서버"}, fleet.Tag{Key: "팀", Value: "정산"},
	fleet.Tag{Key: "team", Value: "Pay"}, fleet.Tag{Key: "Team", Value: "pay"}, fleet.Tag{Key: "TEAM", Value: "PAY"},
	fleet.Tag{Key: "empty", Value: ""}, fleet.Tag{Key: "a b+c-d=e.f_g:h/i@j", Value: "a b+c-d=e.f_g:h/i@j"},
)

// known is what every Inventory must tell of a resource.
type known struct {
	ID     string
	ARN    fleet.ARN
	Kind   fleet.Kind
	Scope  fleet.Scope
	Parent string
	State  fleet.State
	Size   fleet.Size
	Tags   fleet.Tags
}

func foundAsItIs(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		a := s.asset(kind, "found")
		a.Tags = speaking
		made := s.make(t, a)
		r := s.expect(t, "made", made, fleet.Running)
		got := known{r.ID, r.ARN, r.Kind, r.Scope, r.Parent, r.State, r.Size, r.Tags}
		want := known{made.ID, made.ARN, kind, s.home(), made.Parent, fleet.Running, a.Size, speaking}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("found\n%+v, want\n%+v", got, want)
		}
		if (r.Parent != "") != (kind == fleet.ECSService) {
			t.Errorf("its parent is %q", r.Parent)
		}
	})
}

// strangers are tags that do not opt in, though they look like it.
var strangers = map[string]fleet.Tags{
	"none":       nil,
	"another":    fleet.NewTags(fleet.Tag{Key: "Name", Value: Key}),
	"other-case": fleet.NewTags(fleet.Tag{Key: strings.ToUpper(Key), Value: "office"}),
	"longer":     fleet.NewTags(fleet.Tag{Key: Key + "s", Value: "office"}),
}

func leftOut(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		for name, tags := range strangers {
			a := s.asset(kind, name)
			a.Tags = tags
			if r := s.find(t, s.make(t, a)); r != nil {
				t.Errorf("tags %v: it is in the snapshot with %v", tags, r.Tags)
			}
		}
	})
}

// passesForNothingElse also holds where everything is shown: planners go by the tags.
func passesForNothingElse(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		for name, tags := range strangers {
			a := s.asset(kind, name)
			a.Tags = tags
			r := s.find(t, s.make(t, a))
			if r == nil {
				continue
			}
			if value, ok := r.Tags.Get(Key); ok {
				t.Errorf("tags %v: it opts in with %q", tags, value)
			}
		}
	})
}

// deletedIsGone: AWS shows some of what is deleted for a while, and then in a word that says so.
func deletedIsGone(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		made := s.make(t, s.asset(kind, "deleted"))
		s.see(t, made)
		s.Ground.Remove(t, made)
		s.Ground.Settle(t)
		if r := s.find(t, made); r != nil && r.State != fleet.Gone {
			t.Errorf("it is still %s (%s)", r.State, r.Status)
		}
	})
}

func inOrder(t *testing.T, s site) {
	for _, kind := range []fleet.Kind{fleet.ECSService, fleet.RDSInstance, fleet.EC2Instance, fleet.AutoScalingGroup, fleet.RDSCluster} {
		for _, name := range []string{"c", "a", "b"} {
			s.make(t, s.asset(kind, name))
		}
	}
	snapshot := s.look(t, s.home())
	if len(snapshot.Resources) < 3*len(fleet.Kinds()) {
		t.Errorf("%d resources", len(snapshot.Resources))
	}
	if !slices.IsSortedFunc(snapshot.Resources, func(a, b fleet.Resource) int { return a.Compare(&b) }) {
		t.Error("they are in no order")
	}
	if snapshot.Taken.IsZero() {
		t.Error("it does not say when it was taken")
	}
	again := s.look(t, s.home())
	if !reflect.DeepEqual(again.Resources, snapshot.Resources) {
		t.Error("looking twice shows two things")
	}
}

func notTaken(t *testing.T, s site) {
	s.make(t, s.asset(fleet.EC2Instance, "a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if snapshot, err := s.Inventory.Snapshot(ctx, s.home()); !errors.Is(err, context.Canceled) {
		t.Errorf("%d resources, %v", len(snapshot.Resources), err)
	}
}
