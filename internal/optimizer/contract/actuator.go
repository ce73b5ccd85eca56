package contract

import (
	"context"
	"errors"
	"slices"
	"testing"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// actuatorChecks are what an Actuator promises.
var actuatorChecks = []check{
	{"off and on again", nil, offAndOn},
	{"what is so already is a success, and is left", nil, soAlready},
	{"what is on its way is not turned round", []Ability{Transitions}, onItsWay},
	{"a size that is not the plan's is left", nil, otherSize},
	{"one that is not there fails alone", nil, oneIsNotThere},
	{"one of many instances fails alone", nil, oneOfMany},
	{"what is protected stays up, alone", nil, func(t *testing.T, s site) { barred(t, s, failure.Protected, fleet.EC2Instance) }},
	{"what is denied stays up, alone", []Ability{Denies}, func(t *testing.T, s site) { barred(t, s, failure.Denied) }},
	{"what opts in no more is left", []Ability{Rechecks}, optsInNoMore},
	{"an instance is hibernated if it can be", []Ability{Hibernates}, hibernated},
	{"a change that a kind does not have is refused", nil, noSuchChange},
	{"everything at once", nil, everythingAtOnce},
	{"nothing is done once the context is done", nil, nothingIsDone},
}

func offAndOn(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		a := s.asset(kind, "web")
		made := s.make(t, a)
		before := s.expect(t, "made", made, fleet.Running)
		s.must(t, "off", off(made, before.Size))
		closed := s.expect(t, "off", made, fleet.Stopped)
		if closed.Size.Desired != 0 || closed.Size.Min != 0 || kind == fleet.AutoScalingGroup && (closed.Size.Max != 0 || len(closed.Members) != 0) {
			t.Errorf("closed at %s with %v", closed.Size, closed.Members)
		}
		s.must(t, "on", on(made, closed.Size, before.Size))
		opened := s.expect(t, "on", made, fleet.Running)
		if opened.Size != before.Size || opened.Size != a.Size {
			t.Errorf("opened at %s, was %s, made at %s", opened.Size, before.Size, a.Size)
		}
		members := 0
		for _, m := range opened.Members {
			members += m.Count
		}
		if kind == fleet.AutoScalingGroup && members != a.Size.Desired {
			t.Errorf("%d members of %d", members, a.Size.Desired)
		}
		if got, want := opened.Tags, before.Tags; !slices.Equal(got, want) {
			t.Errorf("its tags are %v, were %v", got, want)
		}
	})
}

func soAlready(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		made := s.make(t, s.asset(kind, "web"))
		before := s.expect(t, "made", made, fleet.Running)
		s.must(t, "on while it is on", on(made, fleet.Size{}, before.Size))
		same(t, "on while it is on", s.expect(t, "on while it is on", made, fleet.Running), before)
		s.must(t, "off", off(made, before.Size))
		s.must(t, "off while it goes off", off(made, before.Size))
		closed := s.expect(t, "off", made, fleet.Stopped)
		s.must(t, "off while it is off", off(made, before.Size))
		same(t, "off while it is off", s.expect(t, "off while it is off", made, fleet.Stopped), closed)
		s.must(t, "on", on(made, closed.Size, before.Size))
		s.must(t, "on while it goes on", on(made, closed.Size, before.Size))
		s.expect(t, "on", made, fleet.Running)
	})
}

func onItsWay(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		made := s.make(t, s.asset(kind, "web"))
		s.must(t, "stop", action(made, plan.Stop{}))
		if r := s.see(t, made); r.State != fleet.Changing {
			t.Errorf("stopping, it is %s (%s)", r.State, r.Status)
		}
		classes(t, "start while it stops", s.act(t, action(made, plan.Start{})), failure.InTransition)
		s.expect(t, "stopped", made, fleet.Stopped)
		s.must(t, "start", action(made, plan.Start{}))
		if r := s.see(t, made); r.State != fleet.Changing {
			t.Errorf("starting, it is %s (%s)", r.State, r.Status)
		}
		classes(t, "stop while it starts", s.act(t, action(made, plan.Stop{})), failure.InTransition)
		s.expect(t, "started", made, fleet.Running)
	}, fleet.EC2Instance, fleet.RDSInstance, fleet.RDSCluster)
}

// otherSize: the size to which a group returns is the one that the plan saw. One that somebody has set since would be lost.
func otherSize(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		made := s.make(t, s.asset(kind, "web"))
		before := s.expect(t, "made", made, fleet.Running)
		planned := before.Size
		planned.Desired--
		classes(t, "off", s.act(t, off(made, planned)), failure.InTransition)
		same(t, "after a refusal", s.expect(t, "off", made, fleet.Running), before)
	}, fleet.AutoScalingGroup, fleet.ECSService)
}

func oneIsNotThere(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		var made []plan.Subject
		var actions []plan.Action
		for _, name := range []string{"a", "b", "c", "d"} {
			a := s.asset(kind, name)
			made = append(made, s.make(t, a))
			actions = append(actions, off(made[len(made)-1], a.Size))
		}
		size := s.see(t, made[0]).Size
		s.Ground.Remove(t, made[1])
		actions = slices.Insert(actions, 3, off(never(made[0]), size))
		classes(t, "off", s.act(t, actions...), "", failure.Gone, "", failure.Gone, "")
		for _, i := range []int{0, 2, 3} {
			s.expect(t, "off", made[i], fleet.Stopped)
		}
		classes(t, "on", s.act(t, on(made[1], fleet.Size{}, size), on(never(made[0]), fleet.Size{}, size)), failure.Gone, failure.Gone)
	})
}

// oneOfMany are more instances than one call to EC2 takes, which fails as a whole.
func oneOfMany(t *testing.T, s site) {
	const many = 60
	var made []plan.Subject
	var actions []plan.Action
	want := make([]failure.Class, many)
	for i := range many {
		made = append(made, s.make(t, s.asset(fleet.EC2Instance, "web")))
		actions = append(actions, action(made[i], plan.Stop{}))
	}
	for _, i := range []int{7, 55} {
		s.Ground.Remove(t, made[i])
		want[i] = failure.Gone
	}
	classes(t, "stop", s.act(t, actions...), want...)
	s.Ground.Settle(t)
	stopped := 0
	for _, r := range s.look(t, s.home()).Resources {
		if r.State == fleet.Stopped {
			stopped++
		}
	}
	if stopped != many-2 {
		t.Errorf("%d are stopped", stopped)
	}
}

func barred(t *testing.T, s site, why failure.Class, kinds ...fleet.Kind) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		var made []plan.Subject
		var actions []plan.Action
		for i, name := range []string{"a", "barred", "c"} {
			a := s.asset(kind, name)
			if i == 1 {
				a.Bar = why
			}
			made = append(made, s.make(t, a))
			actions = append(actions, off(made[i], a.Size))
		}
		classes(t, "off", s.act(t, actions...), "", why, "")
		for i, want := range []fleet.State{fleet.Stopped, fleet.Running, fleet.Stopped} {
			s.expect(t, "off", made[i], want)
		}
	}, kinds...)
}

func optsInNoMore(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		left, taken := s.make(t, s.asset(kind, "left")), s.make(t, s.asset(kind, "taken"))
		size := s.see(t, left).Size
		s.Ground.Retag(t, left)
		classes(t, "off", s.act(t, off(left, size), off(taken, size)), failure.InvalidState, "")
		s.expect(t, "off", taken, fleet.Stopped)
		s.must(t, "on", on(taken, s.see(t, taken).Size, size)) // were the other one off, somebody else would have to start it
	})
}

func hibernated(t *testing.T, s site) {
	can := s.asset(fleet.EC2Instance, "can")
	can.Hibernates = true
	sleeper, other := s.make(t, can), s.make(t, s.asset(fleet.EC2Instance, "cannot"))
	classes(t, "hibernate", s.act(t, action(sleeper, plan.Hibernate{}), action(other, plan.Hibernate{})), "", failure.InvalidState)
	s.expect(t, "hibernated", sleeper, fleet.Stopped)
	s.expect(t, "refused: not stopped instead", other, fleet.Running)
}

func noSuchChange(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		made := s.make(t, s.asset(kind, "web"))
		before := s.expect(t, "made", made, fleet.Running)
		changes := []plan.Change{plan.Scale{From: before.Size}}
		if kind.Sized() {
			changes = []plan.Change{plan.Stop{}, plan.Start{}}
		}
		if kind != fleet.EC2Instance {
			changes = append(changes, plan.Hibernate{})
		}
		for _, change := range changes {
			if err := s.act(t, action(made, change))[0]; err == nil || failure.Of(err).Passes() {
				t.Errorf("%s: %v (%s)", plan.Describe(change), err, failure.Of(err))
			}
			same(t, "after "+change.Verb(), s.expect(t, change.Verb(), made, fleet.Running), before)
		}
	})
}

// everythingAtOnce: one list may hold all kinds, what is to go off and what is to come on, in any order.
func everythingAtOnce(t *testing.T, s site) {
	var actions []plan.Action
	states := map[int]fleet.State{}
	for _, kind := range fleet.Kinds() {
		running, sleeping := s.make(t, s.asset(kind, "running")), s.make(t, s.asset(kind, "sleeping"))
		size := s.see(t, running).Size
		s.must(t, "before", off(sleeping, size))
		closed := s.expect(t, "before", sleeping, fleet.Stopped)
		states[len(actions)] = fleet.Stopped
		actions = append(actions, off(running, size))
		states[len(actions)] = fleet.Running
		actions = append(actions, on(sleeping, closed.Size, size))
	}
	s.must(t, "at once", actions...)
	for i := range actions {
		s.expect(t, "at once", actions[i].Subject, states[i])
	}
}

func nothingIsDone(t *testing.T, s site) {
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		made := s.make(t, s.asset(kind, "web"))
		before := s.expect(t, "made", made, fleet.Running)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range s.actIn(t, ctx, off(made, before.Size)) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		}
		same(t, "after a call that was cancelled", s.expect(t, "cancelled", made, fleet.Running), before)
	})
}
