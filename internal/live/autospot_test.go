package live_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/autospot"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/live"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// TestAutoSpotEntersByARoleOfItsOwn, but where the policy lets it advise and no more, and where the policy names another role.
func TestAutoSpotEntersByARoleOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, policy string
		spot, byHand bool
		role         string
	}{
		{"the scheduler", "spot: {mode: act}\n", false, false, "offpeak-schedule"},
		{"AutoSpot acts", "spot: {mode: act}\n", true, false, "offpeak-spot"},
		{"AutoSpot asks", "spot: {mode: ask}\n", true, false, "offpeak-read"},
		{"AutoSpot advises", "", true, false, "offpeak-read"},
		{"a person orders it, whatever the mode", "", true, true, "offpeak-spot"},
		{"one role for all", "spot: {mode: act}\naccounts: {list: [\"111122223333\"], role: ours}\n", true, false, "ours"},
		{"an account outside", "spot: {mode: act}\naccounts: {outside: [{account: \"111122223333\", role: \"arn:aws:iam::111122223333:role/offpeak-schedule\", external_id: x1}]}\n", true, false, "offpeak-spot"},
	} {
		h, err := live.OpenAccounts(t.Context(), live.Settings{Region: moto.Region, Spot: row.spot, ByHand: row.byHand, Cloud: moto.Start(t).Options()}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		role, other := h.Enter(load(t, row.policy)).RoleOf("111122223333")
		if !other || !strings.HasSuffix(role.ARN, ":role/"+row.role) {
			t.Errorf("%s enters by %+v", row.name, role)
		}
	}
}

func TestWhatAutoSpotWrites(t *testing.T) {
	t.Parallel()
	scope := fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	wake := hub.Wake{Scope: scope, Reason: hub.Event}
	move := plan.Action{ID: "a1", Subject: plan.Subject{ID: "web", ARN: "arn:web", Kind: fleet.AutoScalingGroup, Scope: scope}, Change: plan.Move{Way: plan.ByRefresh}, Cause: plan.BySpot, Why: "it saves"}
	denied := &failure.Error{Class: failure.Denied, Err: errors.New("not authorized")}
	moved := hub.SpotReport{Scope: scope, Mode: autospot.Act, Advices: []autospot.Advice{{Move: &plan.Move{}}, {}}}
	moved.Outcome.Plan.Actions = []plan.Action{move}
	failed := moved
	failed.Outcome = optimizer.Outcome{Plan: moved.Outcome.Plan, Failed: map[string]error{"a1": denied}}
	for _, row := range []struct {
		name   string
		report hub.SpotReport
		err    error
		want   []string
	}{
		{"nobody asked", hub.SpotReport{Scope: scope}, nil, nil},
		{"another worker has the scope", hub.SpotReport{Elsewhere: true, Advices: moved.Advices}, nil, nil},
		{"out of time", hub.SpotReport{}, context.Canceled, nil},
		{"it failed", hub.SpotReport{}, denied, []string{"AutoSpot's look failed"}},
		{"it may not be seen", hub.SpotReport{Unread: denied}, nil, []string{"cannot be looked at by AutoSpot"}},
		{"it moved", moved, nil, []string{"AutoSpot", "move"}},
		{"a move failed", failed, nil, []string{"AutoSpot", "move", "move failed"}},
	} {
		var out bytes.Buffer
		live.NewLog(&out).Spot(t.Context(), wake, row.report, row.err)
		if messages, _ := written(t, out.String()); !slices.Equal(messages, row.want) {
			t.Errorf("%s: %q", row.name, messages)
		}
	}
	var out bytes.Buffer
	log := live.NewLog(&out)
	if err := log.Heard(t.Context(), hub.Reaction{Ignored: "AutoSpot has moved no group there"}, nil); err != nil || out.Len() != 0 {
		t.Errorf("what is ignored is spoken of: %v, %s", err, out.String())
	}
	if err := log.Heard(t.Context(), hub.Reaction{Asked: true, Notice: hub.Notice{Scope: scope, What: hub.Interrupted}}, nil); err != nil {
		t.Error(err)
	}
	if err := log.Heard(t.Context(), hub.Reaction{}, denied); !errors.Is(err, denied) {
		t.Errorf("an error is not passed on: %v", err)
	}
	if err := log.SpotTick(t.Context(), 3, nil); err != nil {
		t.Error(err)
	}
	if err := log.SpotTick(t.Context(), 0, denied); !errors.Is(err, denied) {
		t.Errorf("an error is not passed on: %v", err)
	}
	if messages, _ := written(t, out.String()); !slices.Equal(messages, []string{"notice", "a notice was not taken in", "AutoSpot's tick", "AutoSpot's tick failed"}) {
		t.Errorf("%q", messages)
	}
}
