package hub_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
)

// checks answers what status checks say.
type checks map[string]string

func (c checks) NotReady(context.Context, fleet.Scope, []string) (map[string]string, error) {
	return c, nil
}

var opening = time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // 08:30 in Seoul

// TestWhoIsToldOfWhat lets one resource be seen so long after its edge.
func TestWhoIsToldOfWhat(t *testing.T) {
	t.Parallel()
	denied := &failure.Error{Class: failure.Denied, Err: errors.New("not authorised to perform ec2:StartInstances")}
	short := &failure.Error{Class: failure.Capacity, Err: errors.New("no capacity in ap-northeast-2a")}
	for name, row := range map[string]struct {
		kind   fleet.Kind
		want   fleet.State // of the edge
		state  fleet.State
		trait  string // not in service
		checks string
		after  time.Duration
		failed error
		told   string // empty: nobody
		again  bool
	}{
		"an instance that is up and checked":        {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Running, after: 5 * time.Minute},
		"an instance whose checks have not passed":  {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Running, checks: "initializing", after: 5 * time.Minute, again: true},
		"and not after its deadline":                {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Running, checks: "initializing", after: 15 * time.Minute, told: "cannot be used yet", again: true},
		"an instance that is on its way":            {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Changing, after: 10 * time.Minute, again: true},
		"a database has an hour":                    {kind: fleet.RDSInstance, want: fleet.Running, state: fleet.Changing, after: 59 * time.Minute, again: true},
		"and not more":                              {kind: fleet.RDSInstance, want: fleet.Running, state: fleet.Changing, after: time.Hour, told: "cannot be used yet", again: true},
		"a group with an instance missing":          {kind: fleet.AutoScalingGroup, want: fleet.Running, state: fleet.Running, trait: "2 of 3", after: 20 * time.Minute, told: "cannot be used yet", again: true},
		"a group that is complete":                  {kind: fleet.AutoScalingGroup, want: fleet.Running, state: fleet.Running, after: 20 * time.Minute},
		"a start that nobody may make, at once":     {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Stopped, after: time.Minute, failed: denied, told: "cannot be started", again: true},
		"no capacity is tried again":                {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Stopped, after: time.Minute, failed: short, again: true},
		"and told at the deadline":                  {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Stopped, after: 15 * time.Minute, failed: short, told: "cannot be used yet", again: true},
		"a stop that takes a while":                 {kind: fleet.EC2Instance, want: fleet.Stopped, state: fleet.Running, after: 30 * time.Minute},
		"a stop that does not happen":               {kind: fleet.EC2Instance, want: fleet.Stopped, state: fleet.Running, after: time.Hour, told: "still runs"},
		"what is long over is left":                 {kind: fleet.EC2Instance, want: fleet.Running, state: fleet.Stopped, after: 4 * time.Hour},
		"what was stopped by a person is not ours":  {kind: fleet.EC2Instance, state: fleet.Stopped, after: time.Minute},
		"a service that is short of tasks for long": {kind: fleet.ECSService, want: fleet.Running, state: fleet.Running, trait: "1 of 2", after: time.Hour, told: "cannot be used yet", again: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := &mailbox{}
			w := &hub.Watch{Readiness: checks{}, Alerts: mail, Said: hub.Said{Store: objects.NewMemory()}}
			r := fleet.Resource{ID: "x", ARN: "arn:x", Kind: row.kind, Scope: dev, State: row.state, Tags: fleet.NewTags(fleet.Tag{Key: "Name", Value: "결제"})}
			if row.trait != "" {
				r.Traits = []fleet.Trait{{Kind: fleet.NotInService, Detail: row.trait}}
			}
			if row.checks != "" {
				w.Readiness = checks{"x": row.checks}
			}
			m := fleet.Remembered{Act: "act", Tried: fleet.Moment{At: opening, Want: row.want}}
			if row.want == fleet.StateUnknown {
				m.Act = ""
			}
			failed := map[string]error{}
			if row.failed != nil {
				failed["act"] = row.failed
			}
			seen := fleet.Snapshot{Taken: opening.Add(row.after), Resources: []fleet.Resource{r}}
			memory := fleet.Memory{Resources: map[fleet.ARN]fleet.Remembered{r.ARN: m}}
			again, err := w.After(t.Context(), dev, &seen, &memory, failed)
			if err != nil {
				t.Fatal(err)
			}
			if got := !again.IsZero(); got != row.again {
				t.Errorf("looked at again: %t", got)
			}
			if row.told == "" && len(mail.said) > 0 || row.told != "" && (len(mail.said) != 1 || !strings.Contains(mail.said[0].What, row.told)) {
				t.Fatalf("told %+v", mail.said)
			}
			seen.Taken = seen.Taken.Add(5 * time.Minute)
			if _, err := w.After(t.Context(), dev, &seen, &memory, failed); err != nil {
				t.Fatal(err)
			}
			if row.told != "" && len(mail.said) != 1 {
				t.Errorf("told again: %+v", mail.said)
			}
		})
	}
}

// TestWhatCouldNotBeSaidIsSaidLater: the note that it was said is taken back.
func TestWhatCouldNotBeSaidIsSaidLater(t *testing.T) {
	t.Parallel()
	mail := &mailbox{err: errors.New("no topic")}
	w := &hub.Watch{Alerts: mail, Said: hub.Said{Store: objects.NewMemory()}}
	alerts := []hub.Alert{{Key: "a", What: "x"}, {Key: "b", What: "y"}}
	if err := w.Tell(t.Context(), alerts, opening); !errors.Is(err, mail.err) {
		t.Error(err)
	}
	mail.err = nil
	for range 2 {
		if err := w.Tell(t.Context(), alerts, opening); err != nil {
			t.Error(err)
		}
	}
	if len(mail.said) != 2 {
		t.Errorf("%+v", mail.said)
	}
}
