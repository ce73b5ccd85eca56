package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
)

// examined lets the doctor look at a dormitory with a hub, and returns what was found and the outcome.
func examined(t *testing.T, d *dormitory, store objects.Store) ([]diagnosisJSON, error) {
	t.Helper()
	c, out, _ := terminal(d.now)
	x := &examination{console: c, since: 14 * 24 * time.Hour}
	s := d.site()
	s.store = store
	p, err := x.policy(t.Context(), s, false, defaultPolicy)
	if err != nil {
		t.Fatal(err)
	}
	if p != nil {
		if err := x.everything(t.Context(), s, p); err != nil {
			t.Fatal(err)
		}
	}
	outcome := x.report("json")
	var found []diagnosisJSON
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	return found, outcome
}

// healthy is a hub that was just deployed: a policy, and every account looked after a moment ago.
func healthy(t *testing.T) *dormitory {
	t.Helper()
	d := newDormitory(bed(devHome, fleet.EC2Instance, "i-1", office), bed(stgHome, fleet.EC2Instance, "i-2", office))
	push(t, d, dormitoryPolicy)
	known := hub.Accounts{Store: d.store}
	if err := known.Meet(t.Context(), []fleet.Scope{devHome, stgHome}, d.now); err != nil {
		t.Fatal(err)
	}
	d.sweep(t, devHome, "2026-11-20 12:00")
	d.sweep(t, stgHome, "2026-11-20 12:00")
	return d
}

func push(t *testing.T, d *dormitory, text string) {
	t.Helper()
	b, _, err := hub.NewBundle("offpeak.yaml", []byte(text), nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&hub.Policies{Store: d.store}).Push(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, d *dormitory, key, text string) {
	t.Helper()
	if err := d.store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.Create(t.Context(), key, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorFinds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(*testing.T, *dormitory)
		weight weight
		check  string
		text   string
	}{
		{"a policy that no longer parses", func(t *testing.T, d *dormitory) {
			if _, _, _, err := (&hub.Policies{Store: d.store}).InForce(t.Context()); err != nil {
				t.Fatal(err)
			}
			put(t, d, hub.CurrentPolicy, "{")
		}, isError, "policy", "is in force, the one before the last"},
		{"no policy at all", func(t *testing.T, d *dormitory) {
			if err := d.store.Delete(t.Context(), hub.CurrentPolicy); err != nil {
				t.Fatal(err)
			}
		}, isError, "policy", "there is no policy"},
		{"a role that may not list", func(_ *testing.T, d *dormitory) {
			d.deny[stgHome] = refusal(failure.Denied, "DescribeInstances: not authorized")
		}, isError, "permissions", "222233334444/ap-northeast-2 cannot be listed by arn:aws:iam::222233334444:role/offpeak (denied): DescribeInstances: not authorized"},
		{"throttling, which passes", func(_ *testing.T, d *dormitory) {
			d.deny[stgHome] = refusal(failure.Throttled, "RequestLimitExceeded")
		}, isNote, "permissions", "role/offpeak (throttled)"},
		{"a fact that may not be asked for", func(_ *testing.T, d *dormitory) {
			d.unchecked = []string{"updating stacks (the role may not call DescribeStacks)"}
		}, isNote, "permissions", "the role may not call DescribeStacks"},
		{"a record that was left out", func(_ *testing.T, d *dormitory) { d.gaps = []string{"a database was left out"} }, isNote, "inventory", "a database was left out"},
		{"listing everything may be refused", func(_ *testing.T, d *dormitory) {
			d.denyAll = refusal(failure.Denied, "not authorized")
		}, isNote, "tags", "what is not opted in could not be listed"},
		{"an account that cannot be entered", func(_ *testing.T, d *dormitory) {
			d.findings = []hub.Finding{{Account: "999999999999", Class: failure.Denied, Text: "account 999999999999 cannot be entered", Remedy: "deploy the role"}}
		}, isError, "accounts", "account 999999999999 cannot be entered"},
		{"what runs without a tag", func(_ *testing.T, d *dormitory) {
			d.resources = append(d.resources, bed(devHome, fleet.EC2Instance, "i-7"), bed(devHome, fleet.EC2Instance, "i-8", "offpeak:schedule=ignore"))
		}, isNote, "coverage", "dev: 1 of 3 running without a schedule tag"},
		{"a key in another case", func(_ *testing.T, d *dormitory) {
			d.resources = append(d.resources, bed(devHome, fleet.EC2Instance, "i-7", "Offpeak:Schedule=office"))
		}, isNote, "tags", "the tag key Offpeak:Schedule is not offpeak:schedule: upper and lower case count (i-7)"},
		{"a schedule that is not there", func(_ *testing.T, d *dormitory) {
			for i := range 7 {
				d.resources = append(d.resources, bed(devHome, fleet.EC2Instance, fmt.Sprintf("i-7%d", i), "offpeak:schedule=offce"))
			}
		}, isNote, "tags", "i-74 and 2 more)"},
		{"an environment that is not there", func(_ *testing.T, d *dormitory) {
			d.resources = append(d.resources, bed(fleet.Scope{Account: "444455556666", Region: "ap-northeast-2"}, fleet.EC2Instance, "i-7", office))
		}, isNote, "tags", "environment-unknown"},
		{"a scope that is overdue", func(_ *testing.T, d *dormitory) { d.now = inSeoul("2026-11-20 19:46") }, isError, "runs", "111122223333/ap-northeast-2 is overdue by more than 15 minutes"},
		{"a wake index with something else in it", func(t *testing.T, d *dormitory) { put(t, d, "wake/00-note.txt", "") }, isError, "runs", "is no entry of it"},
		{"a run that was cut short", func(t *testing.T, d *dormitory) { takeLease(t, d, -20*time.Minute, 15*time.Minute) }, isNote, "runs", "the last run was cut short"},
		{"a run that was cut short long ago", func(t *testing.T, d *dormitory) { takeLease(t, d, -3*time.Hour, 15*time.Minute) }, isError, "runs", "took the scope more than an hour ago"},
		{"a lease that no run has", func(t *testing.T, d *dormitory) { takeLease(t, d, 0, 3*time.Hour) }, isError, "runs", "its lease lasts longer than any run does"},
		{"memory of a newer version", func(t *testing.T, d *dormitory) {
			put(t, d, "state/111122223333/ap-northeast-2.json", `{"format":"offpeak-state/9"}`)
		}, isError, "runs", "its format is"},
		{"a scope that no run has seen", func(_ *testing.T, d *dormitory) {
			d.resources = append(d.resources, bed(fleet.Scope{Account: devHome.Account, Region: "eu-west-1"}, fleet.EC2Instance, "i-7", office))
		}, isNote, "runs", "no run has looked after 111122223333/eu-west-1 yet"},
		{"an account that the dispatcher has not met", func(t *testing.T, d *dormitory) { put(t, d, "accounts/known.json", `{"format":"offpeak-accounts/1"}`) }, isNote, "accounts", "has not met account 111122223333"},
		{"known accounts that cannot be read", func(t *testing.T, d *dormitory) { put(t, d, "accounts/known.json", "") }, isError, "accounts", "read known accounts"},
		{"an act that the role may not make", func(_ *testing.T, d *dormitory) {
			d.denyAct = refusal(failure.Denied, "call ec2:StopInstances: UnauthorizedOperation")
		}, isError, "permissions", "EC2 instances may not be stopped and started (a dry run with i-1): call ec2:StopInstances"},
		{"a role that lets nobody in who acts", func(_ *testing.T, d *dormitory) {
			d.denyAct = fmt.Errorf("%w: call sts:AssumeRole: AccessDenied", hub.ErrNotEntered)
		}, isError, "permissions", "it cannot be entered by the role that acts: call sts:AssumeRole"},
		{"the same for who only looks", func(_ *testing.T, d *dormitory) {
			d.denyAct = fmt.Errorf("%w: call sts:AssumeRole: AccessDenied", hub.ErrNotEntered)
			d.who = "arn:aws:sts::111122223333:assumed-role/offpeak-hub-reader/kim"
		}, notChecked, "permissions", "whether it may be acted on: who only reads may not"},
		{"wakes that were given up", func(_ *testing.T, d *dormitory) { d.parts.Queues[0].Given = 3 }, isError, "queue", "3 wakes given up, in offpeak-wakes-dead"},
		{"a queue without a dead-letter queue", func(_ *testing.T, d *dormitory) { d.parts.Queues[0].Dead = "" }, isNote, "queue", "has no dead-letter queue"},
		{"no queue", func(_ *testing.T, d *dormitory) { d.parts.Queues = nil }, isError, "queue", "there is no queue whose name begins with offpeak"},
		{"a queue that is gone", func(_ *testing.T, d *dormitory) {
			d.parts.QueueErr = refusal(failure.Gone, "NonExistentQueue")
		}, isError, "queue", "(gone): NonExistentQueue"},
		{"a bucket without versions", func(_ *testing.T, d *dormitory) { d.parts.Bucket.Versioned = false }, isNote, "bucket", "hub keeps no versions"},
		{"a bucket that may be made public", func(_ *testing.T, d *dormitory) { d.parts.Bucket.Closed = false }, isError, "bucket", "hub does not block public access"},
		{"nobody hears of alerts", func(_ *testing.T, d *dormitory) { d.parts.Topics[0].Hear, d.parts.Topics[0].Pending = 0, 1 }, isNote, "alerts", "1 have not confirmed"},
		{"no topic", func(_ *testing.T, d *dormitory) { d.parts.Topics = nil }, isNote, "alerts", "there is no topic"},
		{"a damaged ledger", func(t *testing.T, d *dormitory) {
			put(t, d, "ledger/date=2026-11-19/account=111122223333/region=ap-northeast-2/103600Z-abc-1-intent.jsonl", "{}\n{")
		}, isError, "ledger", "2 places cannot be read, the first in ledger/date=2026-11-19"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := healthy(t)
			row.change(t, d)
			found, outcome := examined(t, d, d.store)
			there := false
			for _, f := range found {
				if f.Weight != isFine && f.Weight != notChecked && f.Check != "cost" && f.Remedy == "" {
					t.Errorf("no remedy: %+v", f)
				}
				there = there || f.Weight == row.weight && f.Check == row.check && strings.Contains(f.Text, row.text)
			}
			if !there {
				t.Errorf("not found in %+v", found)
			}
			if fails := errors.Is(outcome, exit(exitFailed)); fails != (row.weight == isError) {
				t.Errorf("outcome %v", outcome)
			}
		})
	}
}

// takeLease takes the lease of dev's scope, for a worker that is never heard of again.
func takeLease(t *testing.T, d *dormitory, since, span time.Duration) {
	t.Helper()
	states := optimizer.States{Store: d.store}
	state, err := states.Load(t.Context(), devHome)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := states.Acquire(t.Context(), state, "worker-2", d.now.Add(since), span); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorOfTheHealthyWritesNothing(t *testing.T) {
	t.Parallel()
	d := healthy(t)
	found, outcome := examined(t, d, readOnly{d.store})
	if outcome != nil {
		t.Errorf("%v: %+v", outcome, found)
	}
	for _, f := range found {
		if f.Weight == isError || f.Weight == isNote && f.Check != "cost" {
			t.Errorf("%+v", f)
		}
	}
}

// readOnly is a store of which only reading is allowed.
type readOnly struct{ objects.Store }

var errReadOnly = refusal(failure.Denied, "s3:PutObject is not allowed")

func (readOnly) Create(context.Context, string, []byte) (objects.Version, error) {
	return "", errReadOnly
}

func (readOnly) Replace(context.Context, string, []byte, objects.Version) (objects.Version, error) {
	return "", errReadOnly
}

func (readOnly) Delete(context.Context, string) error { return errReadOnly }

// closed is a store that cannot even be listed.
type closed struct{ readOnly }

func (closed) List(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		yield("", refusal(failure.Denied, "s3:ListBucket is not allowed"))
	}
}

// examinedTable is what the doctor says in a table.
func examinedTable(t *testing.T, d *dormitory) string {
	t.Helper()
	c, out, _ := terminal(d.now)
	x := &examination{console: c, since: 14 * 24 * time.Hour}
	s := d.site()
	p, err := x.policy(t.Context(), s, false, defaultPolicy)
	if err == nil && p != nil {
		err = x.everything(t.Context(), s, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := x.report("table"); err != nil && !errors.Is(err, exit(exitFailed)) {
		t.Fatal(err)
	}
	return policyHash.ReplaceAllString(out.String(), "@…")
}

var policyHash = regexp.MustCompile("@[0-9a-f]{12}")

// TestDoctorOfAHealthySetUp and of an unhealthy one, whole.
func TestDoctorTellsTheWholeSetUp(t *testing.T) {
	t.Parallel()
	ill := healthy(t)
	ill.parts = hub.Parts{
		Queues:   []hub.QueueFacts{{Name: "offpeak-wakes", Dead: "arn:aws:sqs:ap-northeast-2:999900001111:offpeak-wakes-dead", Given: 1}},
		TopicErr: refusal(failure.Denied, "call sns:ListTopics: AuthorizationError: no"),
		Alarms:   []hub.AlarmFacts{{Name: "offpeak-tick-missed"}, {Name: "offpeak-dead-wakes", Ringing: true, Why: "Threshold Crossed: 1 datapoint was greater than the threshold (0.0)."}},
	}
	ill.deny[stgHome] = refusal(failure.Denied, "call ec2:DescribeInstances in 222233334444/ap-northeast-2: UnauthorizedOperation: no")
	ill.denyAct = refusal(failure.Denied, "call ec2:StopInstances: UnauthorizedOperation: no")
	ill.resources = append(ill.resources, bed(devHome, fleet.EC2Instance, "i-7"))
	ill.now = inSeoul("2026-11-20 19:46")
	for name, d := range map[string]*dormitory{"healthy": healthy(t), "unhealthy": ill} {
		got := examinedTable(t, d)
		golden := filepath.Join("../../testdata/live", "doctor-"+name+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDoctorOfAHubThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := healthy(t)
	found, outcome := examined(t, d, closed{readOnly{d.store}})
	if len(found) != 1 || found[0].Check != "hub" || !strings.Contains(found[0].Remedy, "s3:ListBucket") || !errors.Is(outcome, exit(exitFailed)) {
		t.Errorf("%v: %+v", outcome, found)
	}
}

func TestDoctorOfCredentials(t *testing.T) {
	t.Parallel()
	for class, want := range map[failure.Class]string{
		failure.Denied: "log in again", failure.Unreachable: "sts.amazonaws.com", failure.Other: "aws configure",
	} {
		d := credentialsDiagnosis(refusal(class, "no"))
		if d.Weight != isError || !strings.Contains(d.Remedy, want) {
			t.Errorf("%s: %+v", class, d)
		}
	}
}

func TestDoctorCountsNoMembersAndNothingProtected(t *testing.T) {
	t.Parallel()
	member := bed(devHome, fleet.EC2Instance, "i-1")
	member.Traits = []fleet.Trait{{Kind: fleet.GroupMember, Detail: "web"}}
	stopped := bed(devHome, fleet.EC2Instance, "i-2")
	stopped.State = fleet.Stopped
	s := fleet.Snapshot{Resources: []fleet.Resource{
		member, stopped, bed(fleet.Scope{Account: "333344445555", Region: "ap-northeast-2"}, fleet.EC2Instance, "i-3"),
	}}
	if got := coverage(dormitoryRules(t), &s); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestDoctorCountsOnlyWhatWasListedWhole(t *testing.T) {
	t.Parallel()
	d := healthy(t)
	d.denyAll = refusal(failure.Denied, "not authorized")
	found, _ := examined(t, d, d.store)
	for _, f := range found {
		if f.Check == "coverage" {
			t.Errorf("what runs without a tag was not seen, and is counted: %+v", f)
		}
	}
}

func TestDoctorInATable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	err := renderDiagnoses(&b, []diagnosisJSON{
		{isFine, "credentials", "account 1", ""}, {isError, "runs", "overdue", "look"}, {notChecked, "queue", "the queue", "aws sqs"},
	}, plainStyle())
	const want = `ok           credentials  account 1
error        runs         overdue
                          -> look
not checked  queue        the queue
                          -> aws sqs

1 error, 0 notes, 1 fine, 1 not checked.
`
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
}
