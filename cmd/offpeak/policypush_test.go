package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
)

// TestPolicyPushDifferences is what is shown of a resource under two policies. 2026-11-20 is a Friday.
func TestPolicyPushDifferences(t *testing.T) {
	t.Parallel()
	changed := func(old, by string) string {
		if !strings.Contains(pushPolicy, old) {
			t.Fatalf("the policy has no %q", old)
		}
		return strings.Replace(pushPolicy, old, by, 1)
	}
	office := "office: {open: [\"mon-fri 08:30-19:30\"]}"
	here := machine("i-1", fleet.Running, "offpeak:schedule=office")
	elsewhere := machine("i-1", fleet.Running, "offpeak:schedule=office")
	elsewhere.Scope.Account = "444455556666"
	member := here
	member.Traits = []fleet.Trait{{Kind: fleet.GroupMember, Detail: "web"}}
	stacked := here
	stacked.Traits = []fleet.Trait{{Kind: fleet.StackUpdating, Detail: "s"}}
	for _, row := range []struct {
		name     string
		before   string // empty: none
		after    string
		resource fleet.Resource
		held     bool // offpeak holds it off
		want     string
	}{
		{"the same", pushPolicy, pushPolicy, here, false, ""},
		{"a comment", pushPolicy, "# hello\n" + pushPolicy, here, false, ""},
		{"another schedule's hours", pushPolicy, changed("late: {open: [\"mon-fri 08:30", "late: {open: [\"mon-fri 08:00"), here, false, ""},
		{
			"it closes earlier", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-18:00\"]}"), here, false,
			"hours | at its next edge: stop Fri 2026-11-20 18:00 KST | office; mon-fri 08:30-18:00; Asia/Seoul; so far office; mon-fri 08:30-19:30; Asia/Seoul",
		},
		{
			"it would be closed by now: not at once", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-11:00\"]}"), here, false,
			"hours | at its next edge: start Mon 2026-11-23 08:30 KST",
		},
		{
			"it starts earlier to be ready", pushPolicy, changed(office, "office: {open: [\"mon-fri 13:00-18:00\"], ready_by: 15m}"), here, false,
			"hours | at its next edge: start Fri 2026-11-20 12:45 KST",
		},
		{
			"overridden", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-18:00\"]}"),
			machine("i-1", fleet.Running, "offpeak:schedule=office", "offpeak:override=running until 2026-11-21"), false,
			"hours | as its override ends: Sat 2026-11-21 00:00 KST",
		},
		{
			"enforced", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-18:00\"], enforce: true}"), here, false,
			"hours | at the hub's next looks: running, enforced",
		},
		{
			"its default", pushPolicy, changed("schedule: office", "schedule: weekend"), machine("i-1", fleet.Running, "offpeak:schedule="), false,
			"hours | at its next edge: start Fri 2026-11-20 18:00 KST",
		},
		{
			"a renamed environment", pushPolicy, changed("  dev:", "  development:"), here, false,
			"moved | none on its hours | from environment dev to development",
		},
		{
			"a protected environment", pushPolicy, changed("[\"333344445555\"]", "[\"333344445555\", \"111122223333\"]"), here, false,
			"refused | at once | protected: environment prod is protected",
		},
		{
			"no protected environment any more", changed("[\"333344445555\"]", "[\"333344445555\", \"111122223333\"]"), pushPolicy, here, false,
			"new | at its next edge: stop Fri 2026-11-20 19:30 KST | office; mon-fri 08:30-19:30; Asia/Seoul; refused so far, protected",
		},
		{
			"its schedule is dropped", pushPolicy, changed("  late: {open: [\"mon-fri 08:30-19:30\"], stop_after: 3h}\n", ""),
			machine("i-1", fleet.Running, "offpeak:schedule=late"), false, "refused | at once | unknown-schedule: the policy has no schedule \"late\"",
		},
		{"refused as before", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-18:00\"]}"), member, false, ""},
		{
			"what passes is no refusal", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-18:00\"]}"), stacked, false,
			"hours | at its next edge: stop Fri 2026-11-20 18:00 KST",
		},
		{"its account is nobody's", pushPolicy, pushPolicy, elsewhere, false, ""},
		{"not opted in", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-18:00\"]}"), machine("i-1", fleet.Running), false, ""},
		{"gone", pushPolicy, changed(office, "office: {open: [\"mon-fri 08:30-18:00\"]}"), machine("i-1", fleet.Gone, "offpeak:schedule=office"), false, ""},
		{
			"the first policy", "", pushPolicy, here, false,
			"new | at its next edge: stop Fri 2026-11-20 19:30 KST | office; mon-fri 08:30-19:30; Asia/Seoul",
		},
		{
			"always running", pushPolicy, pushPolicy + "tags: {schedule: [offpeak:schedule, Schedule]}\n", machine("i-1", fleet.Running, "Schedule=running"), false,
			"new | at the hub's next looks: always running | running",
		},
		{
			"other tags opt in", pushPolicy, pushPolicy + "tags: {schedule: [Schedule]}\n", here, false,
			"released | at once | neither tags nor accounts of offpeak.yaml@",
		},
		{
			"other tags opt in, and it is held off", pushPolicy, pushPolicy + "tags: {schedule: [Schedule]}\n", here, true,
			"\"offpeak restore\" brings it back",
		},
		{
			"another tag opts in", pushPolicy, pushPolicy + "tags: {schedule: [offpeak:schedule, Schedule]}\n", machine("i-1", fleet.Running, "Schedule=office"), false,
			"new | at its next edge: stop Fri 2026-11-20 19:30 KST",
		},
	} {
		var before policyView
		if row.before != "" {
			before.policy = loadPushPolicy(t, row.before)
		}
		seen := fleet.Snapshot{Taken: seoul(t, "2026-11-20 12:00"), Resources: []fleet.Resource{row.resource}}
		memory := (*fleet.Memory)(nil).Clone()
		if row.held {
			memory.Resources[row.resource.ARN] = fleet.Remembered{StoppedByUs: seen.Taken}
		}
		found, _ := differences(before, policyView{policy: loadPushPolicy(t, row.after)}, &seen, &memory)
		got := ""
		for _, d := range found {
			got += strings.Join([]string{string(d.what), d.effect, d.why}, " | ")
		}
		if (got == "") != (row.want == "") || !strings.Contains(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// TestPolicyPushKnowsNewAccounts lets a schedule begin where the watching of a new account ends.
func TestPolicyPushKnowsNewAccounts(t *testing.T) {
	t.Parallel()
	now := seoul(t, "2026-11-20 12:00")
	seen := fleet.Snapshot{Taken: now, Resources: []fleet.Resource{machine("i-1", fleet.Running, "offpeak:schedule=office")}}
	after := policyView{policy: loadPushPolicy(t, pushPolicy), watched: map[fleet.AccountID]time.Time{"111122223333": now.Add(7 * 24 * time.Hour)}}
	found, _ := differences(policyView{}, after, &seen, nil)
	want := "watched until Fri 2026-11-27 12:00 KST, then at its next edge: stop Fri 2026-11-27 19:30 KST"
	if len(found) != 1 || found[0].effect != want {
		t.Errorf("got %v, want %q", found, want)
	}
}

func TestPolicyPushSaysWhatChangesAtLarge(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, before, after string
		want                []string
	}{
		{"the first", "", strings.Replace(pushPolicy, "observe: 0s", "observe: 7d", 1), []string{
			"It is the first policy here.", "New accounts are only watched and announced for 7d before anything in them is acted on.",
		}},
		{"the same", pushPolicy, pushPolicy, nil},
		{"the kill switch", pushPolicy, pushPolicy + "kill_switch: no-stops\n", []string{"The kill switch goes from off to no-stops, at once."}},
		{"observe", pushPolicy, strings.Replace(pushPolicy, "observe: 0s", "observe: 2d", 1), []string{"observe goes from 0s to 2d, at once."}},
		{"guards", pushPolicy, pushPolicy + "guards: {stale_after: 20m, max_failures: 30%}\n", []string{
			"guards.stale_after goes from 10m to 20m, at once.", "guards.max_failures goes from 20% to 30%, at once.",
		}},
	} {
		var before *policy.Policy
		if row.before != "" {
			before = loadPushPolicy(t, row.before)
		}
		if diff := cmp.Diff(row.want, atLarge(before, loadPushPolicy(t, row.after))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.name, diff)
		}
	}
}

// pushed runs policy push on a folder, with nobody at the terminal.
func pushed(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	c, stdout, stderr := deaf(seoul(t, "2026-11-20 12:00"))
	code = run(append([]string{"policy", "push"}, args...), c)
	return code, stdout.String(), stderr.String()
}

const pushInstances = `{"Reservations": [{"OwnerId": "111122223333", "Instances": [{"InstanceId": "i-0a1b2c3d4e5f60718", "InstanceType": "m5.large",
 "State": {"Name": "running"}, "LaunchTime": "2026-11-20T00:00:00Z", "Placement": {"AvailabilityZone": "ap-northeast-2a"},
 "Tags": [{"Key": "offpeak:schedule", "Value": "office"}, {"Key": "Name", "Value": "dev-web"}]}]}]}`

// TestPolicyPushToAFolder pushes, pushes the same again, and another one, without AWS.
func TestPolicyPushToAFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	place := filepath.Join(folder, "hub")
	file, inventory := writeInto(t, folder, "offpeak.yaml", pushPolicy), writeInto(t, folder, "instances.json", pushInstances)
	bundle := func() string {
		data, err := os.ReadFile(filepath.Join(place, filepath.FromSlash(hub.CurrentPolicy)))
		if err != nil {
			return ""
		}
		return string(data)
	}

	code, _, said := pushed(t, "--policy", file, "--hub", place, "--inventory", inventory)
	if code != exitUsage || !strings.Contains(said, "--yes") || bundle() != "" {
		t.Fatalf("without --yes: exit %d, said %q, holds %q", code, said, bundle())
	}
	code, out, said := pushed(t, "--policy", file, "--hub", place, "--inventory", inventory, "--yes")
	if code != exitDone || !strings.Contains(out, "It is the first policy here.") || !strings.Contains(out, "1 newly scheduled, 0 as before.") || !strings.Contains(bundle(), "mon-fri 08:30-19:30") {
		t.Fatalf("the first: exit %d, said %q and\n%s", code, said, out)
	}
	first := bundle()
	code, out, _ = pushed(t, "--policy", file, "--hub", place, "--no-preview", "--yes")
	if code != exitDone || !strings.Contains(out, "is already in force in "+place+"; nothing was written.") || bundle() != first {
		t.Fatalf("the same: exit %d, said\n%s", code, out)
	}
	writeInto(t, folder, "offpeak.yaml", strings.Replace(pushPolicy, "08:30-19:30", "08:30-18:00", 1))
	code, out, _ = pushed(t, "--policy", file, "--hub", place, "--inventory", inventory, "--yes")
	want := "hours  i-0a1b2c3d4e5f60718 dev-web  instance  dev  at its next edge: stop Fri 2026-11-20 18:00 KST"
	if code != exitDone || !strings.Contains(out, want) || !strings.Contains(out, "1 with other hours, 0 as before.") || bundle() == first {
		t.Fatalf("another: exit %d, said\n%s", code, out)
	}
	writeInto(t, folder, "offpeak.yaml", "# reviewed\n"+strings.Replace(pushPolicy, "08:30-19:30", "08:30-18:00", 1))
	code, out, _ = pushed(t, "--policy", file, "--hub", place, "--inventory", inventory, "--yes")
	if code != exitDone || !strings.Contains(out, "No resource changes: 1 as before.") {
		t.Fatalf("a comment: exit %d, said\n%s", code, out)
	}
}

func TestPolicyPushRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, broken := writeInto(t, folder, "offpeak.yaml", pushPolicy), writeInto(t, folder, "broken.yaml", "timezone: Seoul\n")
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"no hub":              {[]string{"--policy", file, "--no-preview"}, "name the hub"},
		"a policy of nothing": {[]string{"--policy", broken, "--hub", filepath.Join(folder, "hub"), "--no-preview"}, "broken.yaml:1:"},
		"no policy":           {[]string{"--policy", filepath.Join(folder, "none.yaml"), "--hub", folder, "--no-preview"}, "read policy"},
		"two minds":           {[]string{"--policy", file, "--hub", folder, "--no-preview", "--inventory", "x.json"}, "--no-preview looks at nothing"},
	} {
		if code, out, said := pushed(t, row.args...); code != exitUsage || !strings.Contains(said, row.want) || out != "" {
			t.Errorf("%s: exit %d, said %q and %q", name, code, said, out)
		}
	}
}

// TestPolicyPushMendsABrokenOne pushes over an object that nobody can read.
func TestPolicyPushMendsABrokenOne(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, place := writeInto(t, folder, "offpeak.yaml", pushPolicy), filepath.Join(folder, "hub")
	store, err := local.NewFolder(place)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Create(t.Context(), hub.CurrentPolicy, []byte("{")); err != nil {
		t.Fatal(err)
	}
	code, _, said := pushed(t, "--policy", file, "--hub", place, "--no-preview", "--yes")
	if code != exitDone || !strings.Contains(said, "note: no policy is in force") {
		t.Errorf("exit %d, said %q", code, said)
	}
	if held, _, doubt, err := (&hub.Policies{Store: store}).InForce(t.Context()); err != nil || doubt != nil || held == nil {
		t.Errorf("in force is %v, %v, %v", held, doubt, err)
	}
}

// TestPolicyPushLooksAtAccounts looks once where both policies look, and also where only the one before did.
func TestPolicyPushLooksAtAccounts(t *testing.T) {
	t.Parallel()
	now := seoul(t, "2026-11-20 12:00")
	dropped := machine("i-2", fleet.Running, "offpeak:schedule=office")
	dropped.Scope.Account, dropped.ARN = "222233334444", "arn:aws:ec2:ap-northeast-2:222233334444:instance/i-2"
	home, other := machine("i-1", fleet.Running).Scope, dropped.Scope
	a := &pushReach{now: now, resources: []fleet.Resource{machine("i-1", fleet.Running, "offpeak:schedule=office"), dropped}}
	a.scopes = func(p *policy.Policy) []fleet.Scope {
		if strings.HasPrefix(p.Rules.Policy, "before") {
			return []fleet.Scope{home, other}
		}
		return []fleet.Scope{home}
	}
	c, out, _ := deaf(now)
	f := pushFlags{inputs: inputs{console: c}, yes: true}
	s := &site{reach: a, store: objects.NewMemory(), place: "s3://hub"}
	earlier, _, err := hub.NewBundle("before.yaml", []byte(pushPolicy), nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&hub.Policies{Store: s.store}).Push(t.Context(), earlier); err != nil {
		t.Fatal(err)
	}
	next, p, err := hub.NewBundle("after.yaml", []byte("# one account fewer\n"+pushPolicy), nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.push(t.Context(), s, next, p); err != nil {
		t.Fatal(err)
	}
	if want := []string{home.String(), other.String()}; !slices.Equal(a.looks, want) {
		t.Errorf("looked at %q, want %q", a.looks, want)
	}
	if !strings.Contains(out.String(), "released  i-2") || !strings.Contains(out.String(), "1 no longer scheduled, 1 as before.") {
		t.Errorf("said\n%s", out)
	}
	if current, err := (&hub.Policies{Store: s.store}).Current(t.Context()); err != nil || current.Text != next.Text {
		t.Errorf("holds %v, %v", current, err)
	}
}
