package hub_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
)

const retagged = `{"version":"0","id":"1","detail-type":"Tag Change on Resource","source":"aws.tag","account":"111122223333","time":"2026-11-20T03:00:00Z","region":"ap-northeast-2","resources":["arn:aws:ec2:ap-northeast-2:111122223333:instance/i-1"],"detail":{"changed-tag-keys":["offpeak:spot"],"service":"ec2","resource-type":"instance","version":3,"tags":{"offpeak:spot":"yes"}}}`

func TestChangesOfSpotTags(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, event string
		want        bool
	}{
		{"an owner asks", retagged, true},
		{"an owner takes the tag away", strings.Replace(retagged, `{"offpeak:spot":"yes"}`, "{}", 1), true},
		{"a member of a group is launched", strings.Replace(retagged, `"offpeak:spot":"yes"`, `"offpeak:spot":"yes","aws:autoscaling:groupName":"web"`, 1), false},
		{"an interruption", interruption, false},
		{"another event of tags", strings.Replace(retagged, "Tag Change on Resource", "Tag Policy", 1), false},
		{"an account that is none", strings.Replace(retagged, "111122223333", "me", 1), false},
		{"a region that is a path", strings.Replace(retagged, `"region":"ap-northeast-2"`, `"region":"../policy"`, 1), false},
		{"no JSON", "tags", false},
	} {
		scope, ok := hub.ParseSpotTags([]byte(row.event))
		if ok != row.want || ok && scope != dev {
			t.Errorf("%s: %v, %t", row.name, scope, ok)
		}
		if _, err := hub.ParseNotice([]byte(row.event)); ok && !hub.NothingOfSpot(err) {
			t.Errorf("%s is a notice too: %v", row.name, err)
		}
	}
}

// TestATeamIsTaggedAtOnce: five hundred changes within some minutes wake AutoSpot once, when they are over; a later one again.
func TestATeamIsTaggedAtOnce(t *testing.T) {
	t.Parallel()
	l, q, _ := listening(t)
	now := noon.Add(time.Minute)
	l.Now = func() time.Time { return now }
	for range 500 {
		if _, err := l.Retagged(t.Context(), dev); err != nil {
			t.Fatal(err)
		}
	}
	if len(q.sent) != 1 || q.sent[0].Delay != 4*time.Minute || q.sent[0].Scope != dev {
		t.Fatalf("sent %+v", q.sent)
	}
	now = noon.Add(6 * time.Minute)
	if r, err := l.Retagged(t.Context(), dev); err != nil || !r.Asked || len(q.sent) != 2 {
		t.Errorf("later: %+v, %v", r, err)
	}
	if r, err := l.Retagged(t.Context(), stage); err != nil || r.Asked || !strings.Contains(r.Ignored, "nobody named") {
		t.Errorf("a stranger: %+v, %v", r, err)
	}
	now = noon.Add(12 * time.Minute)
	q.err = errors.New("the queue is not there")
	if _, err := l.Retagged(t.Context(), dev); err == nil {
		t.Error("nobody hears that it was not sent")
	}
	q.err, q.sent = nil, nil
	if r, err := l.Retagged(t.Context(), dev); err != nil || !r.Asked || len(q.sent) != 1 {
		t.Errorf("delivered again: %+v, %v", r, err)
	}
	if kept, err := (hub.Notices{Store: l.Store}).Recent(t.Context(), dev, now, func(hub.What, string) bool { return false }); err != nil || len(kept) != 0 {
		t.Errorf("notices of tags are none of interruptions: %v, %v", kept, err)
	}
}

// TestANewPolicyWakesAutoSpot everywhere, once, and a tick that only finds who is due does not.
func TestANewPolicyWakesAutoSpot(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	q, spot, now := &queue{}, &queue{}, monday
	d := &hub.Dispatcher{
		States: optimizer.States{Store: store}, Policies: &hub.Policies{Store: store}, Accounts: &hub.Accounts{Store: store},
		Directory: &directory{scopes: []fleet.Scope{dev, tokyo, stage}}, Queue: q, Spot: spot, Watch: &hub.Watch{Alerts: &mailbox{}, Said: hub.Said{Store: store}}, Now: func() time.Time { return now },
	}
	tick := func(at time.Time) {
		t.Helper()
		now = at
		if _, err := d.Tick(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	push(t, d.Policies, text)
	tick(monday.Add(10 * time.Minute))
	woken := map[fleet.Scope]bool{}
	for _, w := range spot.sent {
		for _, one := range w.Each() {
			woken[one.Scope] = w.Reason == hub.NewPolicy
		}
	}
	if len(woken) != 3 || !woken[dev] || !woken[tokyo] || !woken[stage] {
		t.Fatalf("woken: %+v", spot.sent)
	}
	spot.sent = nil
	tick(monday.Add(15 * time.Minute))
	tick(monday.Add(time.Hour)) // everybody is looked at by the scheduler
	if len(spot.sent) != 0 {
		t.Errorf("without a new policy: %+v", spot.sent)
	}
	push(t, d.Policies, text+"observe: 0s\n")
	spot.err = errors.New("the queue is not there")
	if _, err := d.Tick(t.Context(), monday.Add(65*time.Minute)); err == nil {
		t.Error("nobody hears of it")
	}
	spot.err, spot.sent = nil, nil
	if tick(monday.Add(70 * time.Minute)); len(spot.sent) == 0 {
		t.Error("it is not tried again")
	}
}
