package reporting

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/reports/spend"
)

const rules = `
timezone: Asia/Seoul
environments:
  dev: {tags: {env: [dev]}, schedule: office}
  lab: {tags: {env: [lab]}}
  prod: {tags: {env: [prod]}, protected: true}
schedules:
  office: {open: "mon-fri 08:30-19:30"}
  rome: {timezone: Europe/Rome, open: "mon-fri 09:00-18:00"}
  always: {always: running}
tags: {schedule: ["offpeak:schedule", Schedule]}
report: {working_hours: rome}
`

func parsed(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Load("offpeak.yaml", []byte(text), func(string) ([]byte, error) { return nil, fmt.Errorf("no files") })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var here = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}

// instanceOf is a running instance of the development environment with some more tags, as key=value.
func instanceOf(id string, tags ...string) fleet.Resource {
	r := fleet.Resource{ID: id, ARN: "arn:aws:ec2:ap-northeast-2:111122223333:instance/" + fleet.ARN(id), Kind: fleet.EC2Instance, Scope: here, State: fleet.Running}
	all := []fleet.Tag{{Key: "env", Value: "dev"}}
	for _, tag := range tags {
		key, value, _ := strings.Cut(tag, "=")
		all = slices.DeleteFunc(all, func(t fleet.Tag) bool { return t.Key == key })
		all = append(all, fleet.Tag{Key: key, Value: value})
	}
	r.Tags = fleet.NewTags(all...)
	return r
}

func seen(t *testing.T, resources ...fleet.Resource) *fleet.Snapshot {
	t.Helper()
	s := &fleet.Snapshot{Taken: instant(t, "2026-09-30T23:00:00Z"), Resources: resources}
	s.Sort()
	return s
}

func TestWhatKeepsFromASchedule(t *testing.T) {
	t.Parallel()
	p := parsed(t, rules)
	with := func(r fleet.Resource, kind fleet.TraitKind, detail string) fleet.Resource {
		r.Traits = append(r.Traits, fleet.Trait{Kind: kind, Detail: detail})
		return r
	}
	group := func(tags ...string) fleet.Resource {
		r := instanceOf("web", tags...)
		r.Kind, r.ARN = fleet.AutoScalingGroup, "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1:autoScalingGroupName/web"
		r.Size = fleet.Size{Min: 1, Max: 2, Desired: 1}
		return r
	}
	for _, row := range []struct {
		name  string
		there []fleet.Resource
		want  string // code, what is written, what mends it, the hours it has then
	}{
		{"nothing is wrong", []fleet.Resource{instanceOf("i-1", "offpeak:schedule=office")}, ""},
		{"not opted in", []fleet.Resource{instanceOf("i-1")}, ""},
		{"a typo in the name", []fleet.Resource{instanceOf("i-1", "offpeak:schedule=offce")}, "unknown-schedule offpeak:schedule=offce > offpeak:schedule=office mon-fri 08:30-19:30"},
		{"in another key of the policy", []fleet.Resource{instanceOf("i-1", "Schedule=roma")}, "unknown-schedule Schedule=roma > Schedule=rome mon-fri 09:00-18:00"},
		{
			"a name that is like none: what its environment has",
			[]fleet.Resource{instanceOf("i-1", "offpeak:schedule=night-shift")},
			"unknown-schedule offpeak:schedule=night-shift > offpeak:schedule=office mon-fri 08:30-19:30",
		},
		{"an environment without a schedule: working hours", []fleet.Resource{instanceOf("i-1", "offpeak:schedule=", "env=lab")}, "no-schedule offpeak:schedule= > offpeak:schedule=rome mon-fri 09:00-18:00"},
		{"hours that cannot be read", []fleet.Resource{instanceOf("i-1", "offpeak:schedule=mon-fri 9-18")}, "invalid-tag offpeak:schedule=mon-fri 9-18 > offpeak:schedule=office mon-fri 08:30-19:30"},
		{
			"an override that cannot be read is taken back",
			[]fleet.Resource{instanceOf("i-1", "offpeak:schedule=rome", "offpeak:override=running till monday")},
			"invalid-tag offpeak:override=running till monday > offpeak:override= mon-fri 09:00-18:00",
		},
		{"an order that cannot be read", []fleet.Resource{instanceOf("i-1", "offpeak:schedule=always", "offpeak:order=first")}, "invalid-tag offpeak:order=first > offpeak:order= "},
		{
			"two tags that disagree: the first that can be read",
			[]fleet.Resource{instanceOf("i-1", "offpeak:schedule=offce", "Schedule=rome")},
			"conflicting-tags offpeak:schedule=offce > offpeak:schedule=rome Schedule=rome mon-fri 09:00-18:00",
		},
		{"the key in another case", []fleet.Resource{instanceOf("i-1", "OffPeak:Schedule=office")}, "tag-key-case OffPeak:Schedule=office > offpeak:schedule=office mon-fri 08:30-19:30"},
		{"no environment", []fleet.Resource{instanceOf("i-1", "env=qa", "offpeak:schedule=office")}, "environment-unknown = > choose env=dev|lab|prod "},
		{"protected: it is never touched, and nobody need do anything", []fleet.Resource{instanceOf("i-1", "env=prod", "offpeak:schedule=offce")}, ""},
		{
			"a member of a group that has no schedule",
			[]fleet.Resource{with(instanceOf("i-1", "offpeak:schedule=office"), fleet.GroupMember, "web"), group()},
			"group-member offpeak:schedule=office > without offpeak:schedule ",
		},
		{"a group hands its own tag down", []fleet.Resource{with(instanceOf("i-1", "offpeak:schedule=office"), fleet.GroupMember, "web"), group("offpeak:schedule=office")}, ""},
		{
			"something else runs it",
			[]fleet.Resource{with(instanceOf("i-1", "offpeak:schedule=office", "Schedule=office"), fleet.Managed, "EKS")},
			"managed offpeak:schedule=office > without offpeak:schedule Schedule ",
		},
		{"stop protection is somebody's wish", []fleet.Resource{with(instanceOf("i-1", "offpeak:schedule=office"), fleet.StopProtection, "")}, ""},
	} {
		found, _ := newWatch(p, seen(t, row.there...), instant(t, "2026-10-03T00:00:00Z"), nil).look()
		var got []string
		for _, f := range found {
			mends := ""
			for _, tag := range f.Mends {
				mends += tag.Key + "=" + tag.Value + " "
			}
			if f.Choose != "" {
				mends += "choose " + f.Choose + " "
			}
			if len(f.Unwanted) > 0 {
				mends += "without " + strings.Join(f.Unwanted, " ") + " "
			}
			got = append(got, f.Code+" "+f.Written.Key+"="+f.Written.Value+" > "+mends+f.Hours.String())
		}
		if text := strings.Join(got, "; "); text != row.want {
			t.Errorf("%s: got\n%s, want\n%s", row.name, text, row.want)
		}
	}
	if found, exceptions := newWatch(p, nil, time.Time{}, nil).look(); found != nil || exceptions != nil {
		t.Errorf("without an inventory nothing is known to be there: %v, %v", found, exceptions)
	}
}

func TestWhatAWSRefusesAgainAndAgain(t *testing.T) {
	t.Parallel()
	p := parsed(t, rules)
	one := instanceOf("i-1", "offpeak:schedule=office")
	entry := func(day int, state ledger.State, class failure.Class) *ledger.Entry {
		return &ledger.Entry{Act: fmt.Sprint("a", day), State: state, At: instant(t, "2026-09-01T10:00:00Z").AddDate(0, 0, day), Resource: one.ARN, Change: "stop", Class: class}
	}
	failed := func(days ...int) (all []*ledger.Entry) {
		for _, day := range days {
			all = append(all, entry(day, ledger.Intent, ""), entry(day, ledger.Failed, failure.Denied))
		}
		return all
	}
	moved := failed(1, 2, 3)
	for i := range moved {
		moved[i].Change = plan.Move{}.Verb()
	}
	for _, row := range []struct {
		name  string
		acts  []*ledger.Entry
		there []fleet.Resource
		want  string
	}{
		{"three days, and the last", failed(1, 2, 3), []fleet.Resource{one}, "retry-later mon-fri 08:30-19:30"},
		{"twice", failed(1, 2), []fleet.Resource{one}, ""},
		{"it worked in the end", append(failed(1, 2, 3), entry(4, ledger.Verified, "")), []fleet.Resource{one}, ""},
		{"it worked between", append(failed(1, 2, 4), entry(3, ledger.Verified, "")), []fleet.Resource{one}, "retry-later mon-fri 08:30-19:30"},
		{"AWS was busy, which passes", append(failed(1, 2, 3), entry(4, ledger.Failed, failure.Throttled)), []fleet.Resource{one}, ""},
		{"it is gone", failed(1, 2, 3), nil, ""},
		{"moves to Spot are none of the schedule's", moved, []fleet.Resource{one}, ""},
		{"its tag is wrong, which says it already", failed(1, 2, 3), []fleet.Resource{instanceOf("i-1", "offpeak:schedule=offce")}, "unknown-schedule mon-fri 08:30-19:30"},
	} {
		slices.Reverse(row.acts) // in whichever order
		found, _ := newWatch(p, seen(t, row.there...), instant(t, "2026-10-03T00:00:00Z"), row.acts).look()
		got := ""
		for _, f := range found {
			got += f.Code + " " + f.Hours.String()
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestExceptionsThatEndSoon(t *testing.T) {
	t.Parallel()
	p := parsed(t, rules)
	for _, row := range []struct {
		name string
		tags []string
		want string
	}{
		{"within the next quarter, on the clocks of its schedule", []string{"offpeak:schedule=rome", "offpeak:override=running until 2026-12-01 09:00"}, "running 2026-12-01T08:00:00Z mon-fri 09:00-18:00"},
		{"hours in the tag: on the policy's clocks", []string{"offpeak:schedule=mon-fri 09:00-12:00", "offpeak:override=stopped until 2026-12-01"}, "stopped 2026-11-30T15:00:00Z mon-fri 09:00-12:00"},
		{"the environment's schedule", []string{"offpeak:schedule=", "offpeak:override=running until 2026-12-01T09:00:00+09:00"}, "running 2026-12-01T00:00:00Z mon-fri 08:30-19:30"},
		{"on the report's last day", []string{"offpeak:schedule=office", "offpeak:override=running until 2027-01-03T00:00:00Z"}, "running 2027-01-03T00:00:00Z mon-fri 08:30-19:30"},
		{"after the next quarter", []string{"offpeak:schedule=office", "offpeak:override=running until 2027-01-03T00:00:01Z"}, ""},
		{"it has ended before the report", []string{"offpeak:schedule=office", "offpeak:override=running until 2026-10-02"}, ""},
		{"as the report is made", []string{"offpeak:schedule=office", "offpeak:override=running until 2026-10-03T00:00:00Z"}, ""},
		{"it is not opted in: nothing is excepted", []string{"offpeak:override=running until 2026-12-01"}, ""},
		{"it is protected", []string{"env=prod", "offpeak:schedule=office", "offpeak:override=running until 2026-12-01"}, ""},
		{"it cannot be read, which is a finding", []string{"offpeak:schedule=office", "offpeak:override=running til 2026-12-01"}, ""},
	} {
		_, found := newWatch(p, seen(t, instanceOf("i-1", row.tags...)), instant(t, "2026-10-03T00:00:00Z"), nil).look()
		got := ""
		for _, e := range found {
			got += e.Want.String() + " " + e.Until.UTC().Format(time.RFC3339) + " " + e.Hours.String()
			if e.Key != "offpeak:override" || !strings.HasSuffix(strings.Join(row.tags, " "), e.Text) {
				t.Errorf("%s: %+v", row.name, e)
			}
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// The order of an inventory and of a ledger changes nothing but the order of what is found, which the report sorts.
func TestWatchingInAnyOrder(t *testing.T) {
	t.Parallel()
	p := parsed(t, rules)
	all := []fleet.Resource{
		instanceOf("i-1", "offpeak:schedule=offce"), instanceOf("i-2", "offpeak:schedule=", "env=lab"), instanceOf("i-3", "offpeak:schedule=office", "offpeak:override=running until 2026-12-01"),
		instanceOf("i-4", "OFFPEAK:schedule=office"), instanceOf("i-5", "offpeak:schedule=mon-fri 9-18"),
	}
	look := func() (string, []spend.Exception) {
		found, exceptions := newWatch(p, &fleet.Snapshot{Taken: instant(t, "2026-09-30T23:00:00Z"), Resources: all}, instant(t, "2026-10-03T00:00:00Z"), nil).look()
		slices.SortFunc(found, func(a, b spend.Finding) int { return strings.Compare(string(a.ARN), string(b.ARN)) })
		return fmt.Sprintf("%+v", found), exceptions
	}
	first, excepted := look()
	slices.Reverse(all)
	again, same := look()
	if diff := cmp.Diff(first, again); diff != "" || len(same) != 1 || len(excepted) != 1 {
		t.Errorf("(-was +is)\n%s", diff)
	}
}

func TestHoldsThatEndSoon(t *testing.T) {
	t.Parallel()
	p := parsed(t, `
timezone: Asia/Seoul
environments:
  dev: {tags: {env: [dev]}, schedule: frozen}
  prod: {tags: {env: [prod]}, protected: true}
calendars:
  freeze: {add: ["2026-10-02 이전", "2026-10-03 이전", "2026-10-04 이전"]}
  later: {add: ["2026-11-02 점검"]}
schedules:
  frozen: {open: "mon-fri 08:30-19:30", hold: [later, freeze]}
  rome: {timezone: Europe/Rome, open: "mon-fri 09:00-18:00", hold: [freeze]}
  office: {open: "mon-fri 08:30-19:30"}
`)
	there := seen(t,
		instanceOf("i-1", "offpeak:schedule=frozen"), instanceOf("i-2", "offpeak:schedule="), instanceOf("i-3", "offpeak:schedule=rome"), instanceOf("i-4", "offpeak:schedule=office"),
		instanceOf("i-5", "offpeak:schedule=frozen", "env=prod"), instanceOf("i-6", "offpeak:schedule=ignore"), instanceOf("i-7", "offpeak:schedule=frzen"), instanceOf("i-8"),
	)
	for _, row := range []struct {
		name, at, want string
	}{
		{
			"while it lasts, by the clocks of each schedule", "2026-10-03T00:00:00Z",
			"freeze 이전 2026-10-04T15:00:00Z i-1 i-2; freeze 이전 2026-10-04T22:00:00Z i-3",
		},
		{"as it ends", "2026-10-04T15:00:00Z", "freeze 이전 2026-10-04T22:00:00Z i-3"},
		{"before it", "2026-09-28T00:00:00Z", ""},
		{"another one", "2026-11-02T00:00:00Z", "later 점검 2026-11-02T15:00:00Z i-1 i-2"},
	} {
		var got []string
		for _, h := range newWatch(p, there, instant(t, row.at), nil).holds() {
			text := h.Calendar + " " + h.Name + " " + h.Until.UTC().Format(time.RFC3339)
			for _, arn := range h.Held {
				text += " " + string(arn[strings.LastIndex(string(arn), "/")+1:])
			}
			got = append(got, text)
		}
		if text := strings.Join(got, "; "); text != row.want {
			t.Errorf("%s: got %q, want %q", row.name, text, row.want)
		}
	}
	if newWatch(p, nil, instant(t, "2026-10-03T00:00:00Z"), nil).holds() != nil {
		t.Error("without an inventory nothing is held")
	}
}
