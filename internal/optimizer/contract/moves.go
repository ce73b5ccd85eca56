package contract

import (
	"reflect"
	"testing"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// moveChecks are what an Actuator promises of moves. They need a stand that tells how things launch (Stand.Moves).
var moveChecks = []check{
	{"a move is seen", nil, moveIsSeen},
	{"what buys so already is a success, and is left", nil, buysSoAlready},
	{"a purchase that is not the plan's is left", nil, otherPurchase},
	{"a way that a kind does not go is refused", nil, noSuchWay},
	{"what is gone is not moved", nil, goneIsNotMoved},
}

// ways are the ways that the suite moves by: those that replace nobody by themselves where nothing else is asked for.
var ways = map[fleet.Kind]plan.Way{fleet.AutoScalingGroup: plan.ByWriting, fleet.ECSService: plan.ByDeploying}

// movable runs a check for each kind that moves, with an asset and the two ways in which it can buy.
func (s site) movable(t *testing.T, run func(t *testing.T, made plan.Subject, move plan.Move)) {
	t.Helper()
	if s.Moves == nil {
		t.Skip("not here: snapshots do not tell how things launch")
	}
	s.each(t, func(t *testing.T, kind fleet.Kind) {
		made := s.make(t, s.asset(kind, "web"))
		s.Ground.Settle(t)
		from := s.buys(t, made)
		run(t, made, plan.Move{From: from, To: s.Moves(kind, from), Way: ways[kind]})
	}, fleet.AutoScalingGroup, fleet.ECSService)
}

// buys is how something buys now.
func (s site) buys(t *testing.T, made plan.Subject) fleet.Purchase {
	t.Helper()
	r := s.see(t, made)
	return r.Purchase()
}

func (s site) expectBuys(t *testing.T, when string, made plan.Subject, want fleet.Purchase) {
	t.Helper()
	s.Ground.Settle(t)
	if got := s.buys(t, made); !got.Equal(want) {
		t.Errorf("%s it buys %s, want %s", when, plan.Buys(got), plan.Buys(want))
	}
}

func moveIsSeen(t *testing.T, s site) {
	s.movable(t, func(t *testing.T, made plan.Subject, move plan.Move) {
		before := s.see(t, made)
		s.must(t, "move", action(made, move))
		s.expectBuys(t, "moved", made, move.To)
		s.must(t, "and back", action(made, plan.Move{From: move.To, To: move.From, Way: move.Way}))
		s.expectBuys(t, "moved back", made, move.From)
		if after := s.see(t, made); after.State != before.State || after.Size != before.Size || !reflect.DeepEqual(after.Tags, before.Tags) {
			t.Errorf("a move has changed more than how it buys: %+v, was %+v", after, before)
		}
	})
}

func buysSoAlready(t *testing.T, s site) {
	s.movable(t, func(t *testing.T, made plan.Subject, move plan.Move) {
		s.must(t, "move", action(made, move))
		s.Ground.Settle(t)
		s.must(t, "the same move once more", action(made, move))
		s.expectBuys(t, "moved twice", made, move.To)
	})
}

// otherPurchase: how a group bought before is what a rollback gives back. What somebody else has written since would be lost.
func otherPurchase(t *testing.T, s site) {
	s.movable(t, func(t *testing.T, made plan.Subject, move plan.Move) {
		stale := move
		stale.From.Mix, stale.From.Providers = &fleet.Mix{Base: 7}, []fleet.Provider{{Name: "another", Weight: 1}}
		if err := s.act(t, action(made, stale))[0]; err == nil {
			t.Error("it was moved from what it never was")
		}
		s.expectBuys(t, "after a refusal", made, move.From)
	})
}

func noSuchWay(t *testing.T, s site) {
	s.movable(t, func(t *testing.T, made plan.Subject, move plan.Move) {
		move.Way = plan.ByConverting
		if err := s.act(t, action(made, move))[0]; err == nil || failure.Of(err).Passes() {
			t.Errorf("%v (%s)", err, failure.Of(err))
		}
		s.expectBuys(t, "after a refusal", made, move.From)
	})
}

func goneIsNotMoved(t *testing.T, s site) {
	s.movable(t, func(t *testing.T, made plan.Subject, move plan.Move) {
		s.Ground.Remove(t, made)
		classes(t, "move", s.act(t, action(made, move), action(never(made), move)), failure.Gone, failure.Gone)
	})
}
