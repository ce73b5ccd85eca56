package contract

import (
	"slices"
	"testing"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// scopeChecks are how accounts and regions keep apart.
var scopeChecks = []check{{"accounts and regions keep apart", nil, keepApart}}

// keepApart has one stand for all, as an account is dear to some.
func keepApart(t *testing.T, s site) {
	nothingThere(t, s)
	made := s.settled(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, site, map[fleet.Scope][]plan.Subject)
	}{
		{"they do not see one another", notSeen},
		{"an act in one touches no other", notTouched},
		{"acts in all of them in one list", allScopes},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s, made) })
	}
}

func nothingThere(t *testing.T, s site) {
	for _, scope := range s.Scopes {
		if snapshot := s.look(t, scope); len(snapshot.Resources) != 0 || snapshot.Taken.IsZero() {
			t.Errorf("%s: %+v", scope, snapshot)
		}
	}
}

// settled builds one of every kind, of the same name, in every scope.
func (s site) settled(t *testing.T) map[fleet.Scope][]plan.Subject {
	t.Helper()
	accounts, regions := map[fleet.AccountID]bool{}, map[fleet.Region]bool{}
	made := map[fleet.Scope][]plan.Subject{}
	for _, scope := range s.Scopes {
		accounts[scope.Account], regions[scope.Region] = true, true
		for _, kind := range fleet.Kinds() {
			a := s.asset(kind, "web")
			a.Scope = scope
			made[scope] = append(made[scope], s.make(t, a))
		}
	}
	if len(accounts) != 2 || len(regions) != 3 || len(made) != 6 {
		t.Fatalf("the stand has the scopes %v, not two accounts in three regions", s.Scopes)
	}
	s.Ground.Settle(t)
	return made
}

func arns(subjects []plan.Subject) []fleet.ARN {
	var names []fleet.ARN
	for _, s := range subjects {
		names = append(names, s.ARN)
	}
	slices.Sort(names)
	return names
}

func notSeen(t *testing.T, s site, made map[fleet.Scope][]plan.Subject) {
	seen := map[fleet.ARN]bool{}
	for _, scope := range s.Scopes {
		var got []fleet.ARN
		for _, r := range s.look(t, scope).Resources {
			if r.Scope != scope {
				t.Errorf("%s: %s says that it is of %s", scope, r.ARN, r.Scope)
			}
			if seen[r.ARN] {
				t.Errorf("%s: %s was seen elsewhere", scope, r.ARN)
			}
			seen[r.ARN] = true
			got = append(got, r.ARN)
		}
		slices.Sort(got)
		if want := arns(made[scope]); !slices.Equal(got, want) {
			t.Errorf("%s: there are %v, want %v", scope, got, want)
		}
	}
}

// notTouched stops everything in one scope, and then names everything of it in all others.
func notTouched(t *testing.T, s site, made map[fleet.Scope][]plan.Subject) {
	before := map[fleet.Scope][]fleet.Resource{}
	for _, scope := range s.Scopes {
		before[scope] = s.look(t, scope).Resources
	}
	home := s.home()
	var closing []plan.Action
	for _, subject := range made[home] {
		closing = append(closing, off(subject, s.asset(subject.Kind, "").Size))
	}
	s.must(t, "off", closing...)
	s.Ground.Settle(t)
	for _, scope := range s.Scopes[1:] {
		now := s.look(t, scope).Resources
		for i := range before[scope] {
			same(t, scope.String()+": after an act elsewhere", now[i], before[scope][i])
		}
	}
	for _, subject := range made[home] {
		s.expect(t, "off", subject, fleet.Stopped)
	}
	// Instances alone are named by AWS, so that those of one scope are unknown in all others.
	for _, scope := range s.Scopes[1:] {
		stranger := moved(made[home][0], scope)
		classes(t, scope.String()+": an instance of another one", s.act(t, action(stranger, plan.Start{})), failure.Gone)
	}
	s.expect(t, "started by its name in another scope", made[home][0], fleet.Stopped)
}

// allScopes finds the first scope closed already.
func allScopes(t *testing.T, s site, made map[fleet.Scope][]plan.Subject) {
	var actions []plan.Action
	var want []failure.Class
	spared := map[fleet.ARN]bool{}
	for i, kind := range fleet.Kinds() {
		for n, scope := range s.Scopes {
			subject, class := made[scope][i], failure.Class("")
			if n > 0 && n == i { // here somebody else is named, whom nobody knows
				spared[subject.ARN] = true
				subject, class = never(subject), failure.Gone
			}
			actions, want = append(actions, off(subject, s.asset(kind, "").Size)), append(want, class)
		}
	}
	classes(t, "off", s.act(t, actions...), want...)
	s.Ground.Settle(t)
	for _, scope := range s.Scopes {
		for _, r := range s.look(t, scope).Resources {
			if state := map[bool]fleet.State{true: fleet.Running, false: fleet.Stopped}[spared[r.ARN]]; r.State != state {
				t.Errorf("%s is %s, want %s", r.ARN, r.State, state)
			}
		}
	}
}
