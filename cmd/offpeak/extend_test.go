package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

// TestExtendEnds is the rule of extend: from the later of now and the closing. 2026-11-20 is a Friday.
func TestExtendEnds(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	for _, row := range []struct {
		name, schedule, override, since string
		state                           fleet.State
		now, want                       string
	}{
		{name: "open: from the closing", schedule: "office", state: fleet.Running, now: "2026-11-20 18:00", want: "running until 2026-11-20 21:30"},
		{name: "open and stopped by a person", schedule: "office", state: fleet.Stopped, now: "2026-11-20 18:00", want: "running until 2026-11-20 21:30"},
		{name: "closed: from now", schedule: "office", state: fleet.Stopped, now: "2026-11-20 20:00", want: "running until 2026-11-20 22:00"},
		{name: "at the closing itself", schedule: "office", state: fleet.Running, since: "2026-11-20 08:30", now: "2026-11-20 19:30", want: "running until 2026-11-20 21:30"},
		{name: "closed, started by a person", schedule: "office", state: fleet.Running, since: "2026-11-20 20:30", now: "2026-11-20 21:00", want: "running until 2026-11-20 23:00"},
		{name: "started by a person, stop_after", schedule: "late", state: fleet.Running, since: "2026-11-20 20:30", now: "2026-11-20 21:00", want: "running until 2026-11-21 01:30"},
		{name: "a weekend", schedule: "office", state: fleet.Stopped, now: "2026-11-21 10:00", want: "running until 2026-11-21 12:00"},
		{name: "seconds: the next full minute", schedule: "office", state: fleet.Stopped, now: "2026-11-21 10:00:01", want: "running until 2026-11-21 12:01"},
		{name: "extended again", schedule: "office", override: "running until 2026-11-20 22:00", state: fleet.Running, now: "2026-11-20 18:00", want: "running until 2026-11-21 00:00"},
		{name: "an override that ends while it is open", schedule: "office", override: "running until 2026-11-23 10:00", state: fleet.Running, now: "2026-11-22 18:00", want: "running until 2026-11-23 21:30"},
		{name: "an override that is over", schedule: "office", override: "running until 2026-11-20 17:00", state: fleet.Running, now: "2026-11-20 18:00", want: "running until 2026-11-20 21:30"},
		{name: "an override that cannot be read", schedule: "office", override: "on until tomorrow", state: fleet.Running, now: "2026-11-20 18:00", want: "running until 2026-11-20 21:30"},
		{name: "overridden to stopped, closed", schedule: "office", override: "stopped until 2026-12-01", state: fleet.Stopped, now: "2026-11-20 20:00", want: "running until 2026-11-20 22:00"},
		{name: "overridden to stopped, open", schedule: "office", override: "stopped until 2026-12-01", state: fleet.Stopped, now: "2026-11-20 18:00", want: "running until 2026-11-20 21:30"},
		{name: "only stops: from the stop", schedule: "stop-only", state: fleet.Running, now: "2026-11-20 18:00", want: "running until 2026-11-20 23:00"},
		{name: "only stops, after it", schedule: "stop-only", state: fleet.Stopped, now: "2026-11-20 22:00", want: "running until 2026-11-21 00:00"},
		{name: "starts and stops: after the start, from the stop", schedule: "start-and-stop", state: fleet.Running, now: "2026-11-20 18:00", want: "running until 2026-11-20 23:00"},
		{name: "starts and stops: before the start, from now", schedule: "start-and-stop", state: fleet.Stopped, now: "2026-11-20 02:00", want: "running until 2026-11-20 04:00"},
		{name: "a span of days", schedule: "weekend", state: fleet.Running, now: "2026-11-21 10:00", want: "running until 2026-11-23 10:00"},
		{name: "always stopped", schedule: "stopped", state: fleet.Stopped, now: "2026-11-20 18:00", want: "running until 2026-11-20 20:00"},
		{name: "always running", schedule: "running", state: fleet.Running, now: "2026-11-20 18:00", want: "never closes"},
		{name: "always running, overridden", schedule: "running", override: "stopped until 2026-12-01", state: fleet.Stopped, now: "2026-11-20 18:00", want: "running until 2026-11-20 20:00"},
		{name: "never closed", schedule: "day-and-night", state: fleet.Running, now: "2026-11-20 18:00", want: "never closes"},
		{name: "another zone", schedule: "mon-fri 09:00-17:00 America/New_York", state: fleet.Running, now: "2026-11-21 00:00", want: "running until 2026-11-20 19:00"},
		{name: "an hour that its clock shows twice", schedule: "sat 09:00-23:00 America/New_York", state: fleet.Stopped, now: "2026-11-01 13:30", want: "running until 2026-11-01T01:30:00-05:00"},
	} {
		r := machine("i-1", row.state, "offpeak:schedule="+row.schedule, "offpeak:override="+row.override)
		if row.since != "" {
			r.Since = seoul(t, row.since)
		}
		now := seoul(t, row.now)
		got, err := extendedText(&p.Rules, r, now)
		if err != nil {
			got = err.Error()
		}
		if got != row.want && (err == nil || !strings.Contains(got, row.want)) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func extendedText(rules *scheduler.Rules, r fleet.Resource, now time.Time) (string, error) {
	memory := &fleet.Memory{Resources: map[fleet.ARN]fleet.Remembered{r.ARN: {Enrolled: now.Add(-1000 * time.Hour), Schedule: ""}}}
	o, err := own(rules, &r, memory, now)
	if err != nil {
		return "", err
	}
	m := o.memory.Resources[r.ARN]
	m.Schedule = o.schedule.Hash
	o.memory.Resources[r.ARN] = m
	from, _, err := o.runsUntil(now)
	if err != nil {
		return "", err
	}
	text, _ := overrideText(fleet.Running, from.Add(2*time.Hour), o.schedule.Zone)
	return text, nil
}

// TestExtendWritesWhatIsRead checks that any end that is written is read again as it is, in characters that every service takes.
func TestExtendWritesWhatIsRead(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 2))
	taken := regexp.MustCompile(`^[A-Za-z0-9 +=._:/@-]+$`)
	for _, name := range []string{"Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		// Minutes around the end of summer time on the clocks of New York and Lord Howe, and any others.
		for range 2000 {
			end := time.Date(2026, 11, 1, 4, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(4 * time.Hour))))
			if random.IntN(2) == 0 {
				end = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(366 * 24 * time.Hour))))
			}
			text, ends := overrideText(fleet.Stopped, end, zone)
			read, err := fleet.ParseOverride(text)
			if err != nil || read.Want != fleet.Stopped || !endOf(read, zone).Equal(ends) || !taken.MatchString(text) {
				t.Fatalf("%s in %s: wrote %q for %s, read %v, %v", end, name, text, ends, read, err)
			}
			if late := ends.Sub(end); late < 0 || late >= time.Minute {
				t.Fatalf("%s ends %s", end, ends)
			}
		}
	}
}

// TestExtendRefuses lists what is never touched, and what is said of it.
func TestExtendRefuses(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	trait := func(kind fleet.TraitKind, detail string, tags ...string) fleet.Resource {
		r := machine("i-1", fleet.Running, tags...)
		r.Traits = []fleet.Trait{{Kind: kind, Detail: detail}}
		return r
	}
	protected, strange := machine("i-1", fleet.Running, "offpeak:schedule=office"), machine("i-1", fleet.Running, "offpeak:schedule=office")
	protected.Scope.Account, strange.Scope.Account = "333344445555", "999999999999"
	for _, row := range []struct {
		resource fleet.Resource
		want     string // empty: it may be extended
	}{
		{protected, "environment prod is protected"},
		{strange, "neither account 999999999999 nor its tags belong to an environment"},
		{machine("i-1", fleet.Running), "not opted in"},
		{machine("i-1", fleet.Running, "offpeak:schedule=ignore"), "leave it alone"},
		{machine("i-1", fleet.Running, "offpeak:schedule=ofice"), "did you mean office?"},
		{machine("i-1", fleet.Running, "offpeak:schedule=mon-fri 9-18"), "cannot be read"},
		{trait(fleet.GroupMember, "web"), "name the group web instead"},
		{trait(fleet.GroupMember, "web", "offpeak:schedule=office"), "name the group web instead"},
		{trait(fleet.ClusterMember, "orders", "offpeak:schedule=office"), "name the cluster orders instead"},
		{trait(fleet.Managed, "EKS", "offpeak:schedule=office"), "it is run by EKS"},
		{trait(fleet.StopProtection, "", "offpeak:schedule=office"), ""},
		{trait(fleet.StackUpdating, "s", "offpeak:schedule=office"), ""},
		{machine("i-1", fleet.Changing, "offpeak:schedule=office"), ""},
		{machine("i-1", fleet.Running, "offpeak:schedule=office", "offpeak:override=nonsense"), ""},
		{machine("i-1", fleet.Running, "offpeak:schedule="), ""},
	} {
		_, err := own(&p.Rules, &row.resource, nil, seoul(t, "2026-11-20 20:00"))
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v %v: got %v, want %q", row.resource.Tags, row.resource.Traits, err, row.want)
		}
		var usage usageError
		if err != nil && !errors.As(err, &usage) {
			t.Errorf("%v is not the person's mistake: %v", row.resource.Tags, err)
		}
	}
}

func TestExtendFinds(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	now := seoul(t, "2026-11-20 20:00")
	far := machine("i-2", fleet.Running, "Name=web", "offpeak:schedule=office")
	far.Scope.Region, far.ARN = "eu-west-1", "arn:aws:ec2:eu-west-1:111122223333:instance/i-2"
	for _, row := range []struct {
		name, want string // what is said when it is not found
		looks      []string
	}{
		{"i-1", "", []string{"111122223333/ap-northeast-2", "111122223333/eu-west-1"}},
		{string(far.ARN), "", []string{"111122223333/eu-west-1"}},
		{"web", "the name of 2 resources", []string{"111122223333/ap-northeast-2", "111122223333/eu-west-1"}},
		{"wbe", "did you mean web?", []string{
			"111122223333/ap-northeast-2", "111122223333/eu-west-1", "111122223333/ap-northeast-2 everything", "111122223333/eu-west-1 everything",
		}},
		{"i-3", "not opted in", []string{
			"111122223333/ap-northeast-2", "111122223333/eu-west-1", "111122223333/ap-northeast-2 everything", "111122223333/eu-west-1 everything",
		}},
	} {
		a := &pushReach{now: now, resources: []fleet.Resource{
			machine("i-1", fleet.Running, "Name=web", "offpeak:schedule=office"), machine("i-3", fleet.Running), far,
		}}
		c, _, _ := deaf(now)
		f := ownerFlags{console: c}
		_, err := f.find(t.Context(), &site{reach: a, store: objects.NewMemory()}, p, row.name)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
		slices.Sort(row.looks) // they are made side by side
		slices.Sort(a.looks)
		if diff := cmp.Diff(row.looks, a.looks); diff != "" {
			t.Errorf("%s: looks (-want +got)\n%s", row.name, diff)
		}
	}
}

// extending is what a story of extend or override begins with.
type extending struct {
	reach *pushReach
	site  *site
	now   time.Time
}

func newExtending(now time.Time, local bool, resources ...fleet.Resource) extending {
	a := &pushReach{now: now, resources: resources}
	return extending{a, &site{reach: a, store: objects.NewMemory(), place: "here", local: local}, now}
}

func (e extending) extend(t *testing.T, p *policy.Policy, yes, atOnce bool, name string) (string, error) {
	t.Helper()
	c, out, _ := deaf(e.now)
	f := ownerFlags{console: c, yes: yes, atOnce: atOnce}
	err := f.extend(t.Context(), e.site, p, name, 2*time.Hour)
	return out.String(), err
}

func (e extending) story(t *testing.T, scope fleet.Scope) []string {
	t.Helper()
	var told []string
	for entry, err := range (ledger.Book{Store: e.site.store}).Read(context.Background(), e.now.Add(-time.Hour), e.now.Add(time.Hour), scope) {
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, string(entry.State)+" "+entry.ID)
	}
	return told
}

func TestExtendStartsWhatIsStopped(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	e := newExtending(seoul(t, "2026-11-20 20:00"), true,
		machine("i-1", fleet.Stopped, "offpeak:schedule=office"), machine("i-2", fleet.Running, "offpeak:schedule=office", "offpeak:override=stopped until 2026-12-01"))
	out, err := e.extend(t, p, true, false, "i-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"i-1 offpeak:override=running until 2026-11-20 22:00"}, e.reach.written); diff != "" {
		t.Errorf("tags (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"start i-1"}, e.reach.acts); diff != "" {
		t.Errorf("acts (-want +got)\n%s", diff)
	}
	for _, want := range []string{
		`Tag offpeak:override = "running until 2026-11-20 22:00"`, "It ends Fri 2026-11-20 22:00 KST, 2h after now.", "Now: start", "Then: stop Fri 2026-11-20 22:00 KST",
		"done    start i-1", "Nothing runs by itself without a hub",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	scope := e.reach.resources[0].Scope
	told := e.story(t, scope)
	if !slices.Contains(told, "intent i-1") || !slices.Contains(told, "applied i-1") || slices.ContainsFunc(told, func(s string) bool { return strings.HasSuffix(s, "i-2") }) {
		t.Errorf("the ledger has %q", told)
	}
	state, err := (optimizer.States{Store: e.site.store}).Load(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Memory.Resources) != 1 || state.Memory.Resources[e.reach.resources[0].ARN].Override != "running until 2026-11-20 22:00" {
		t.Errorf("it remembers %v", state.Memory.Resources)
	}
}

// TestExtendWithoutMemory lets a person work late although memory cannot be read; what can be read of the ledger is enough to act.
func TestExtendWithoutMemory(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	e := newExtending(seoul(t, "2026-11-20 20:00"), true, machine("i-1", fleet.Stopped, "offpeak:schedule=office"))
	states := optimizer.States{Store: e.site.store}
	if _, err := states.Acquire(t.Context(), optimizer.State{Scope: e.reach.resources[0].Scope}, "somebody", e.now.Add(-time.Hour), time.Minute); err != nil {
		t.Fatal(err)
	}
	out, err := e.extend(t, p, true, false, "i-1")
	if err != nil || !slices.Equal(e.reach.acts, []string{"start i-1"}) {
		t.Errorf("%v, did %q, said\n%s", err, e.reach.acts, out)
	}
}

func TestExtendAsks(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	e := newExtending(seoul(t, "2026-11-20 20:00"), true, machine("i-1", fleet.Stopped, "offpeak:schedule=office"))
	_, err := e.extend(t, p, false, false, "i-1")
	var usage usageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "--yes") || len(e.reach.written)+len(e.reach.acts) > 0 {
		t.Errorf("with nobody at the terminal: %v, wrote %q, did %q", err, e.reach.written, e.reach.acts)
	}
}

// TestExtendLeavesItToTheHub checks who acts: the hub, unless --now is given.
func TestExtendLeavesItToTheHub(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	watched := loadPushPolicy(t, strings.Replace(pushPolicy, "observe: 0s", "observe: 7d", 1))
	for _, row := range []struct {
		name   string
		policy *policy.Policy
		state  fleet.State
		atOnce bool
		acts   []string
		says   string
	}{
		{"stopped", p, fleet.Stopped, false, nil, "The hub sees it and acts within five minutes"},
		{"stopped, at once", p, fleet.Stopped, true, []string{"start i-1"}, "done    start i-1"},
		{"running", p, fleet.Running, true, nil, "Now: nothing"},
		{"in a new account", watched, fleet.Stopped, false, nil, "only watched until"},
	} {
		e := newExtending(seoul(t, "2026-11-20 20:00"), false, machine("i-1", row.state, "offpeak:schedule=office"))
		out, err := e.extend(t, row.policy, true, row.atOnce, "i-1")
		if err != nil || !strings.Contains(out, row.says) || len(e.reach.written) != 1 {
			t.Errorf("%s: %v, wrote %q, said\n%s", row.name, err, e.reach.written, out)
		}
		if diff := cmp.Diff(row.acts, e.reach.acts); diff != "" {
			t.Errorf("%s: acts (-want +got)\n%s", row.name, diff)
		}
	}
}

func TestExtendFails(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	denied := newExtending(seoul(t, "2026-11-20 20:00"), true, machine("i-1", fleet.Stopped, "offpeak:schedule=office"))
	denied.reach.denied = errors.New("you may not tag it")
	if _, err := denied.extend(t, p, true, false, "i-1"); err == nil || len(denied.reach.acts) > 0 {
		t.Errorf("a tag that could not be written: %v, did %q", err, denied.reach.acts)
	}
	refused := newExtending(seoul(t, "2026-11-20 20:00"), true, machine("i-1", fleet.Stopped, "offpeak:schedule=office"))
	refused.reach.refused = &failure.Error{Class: failure.Capacity, Err: errors.New("no capacity")}
	out, err := refused.extend(t, p, true, false, "i-1")
	var code exit
	if !errors.As(err, &code) || int(code) != exitFailed || !strings.Contains(out, "FAILED  start i-1") {
		t.Errorf("an act that AWS refused: %v, said\n%s", err, out)
	}
}
