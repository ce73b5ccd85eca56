package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/scheduler"
	"offpeak/scheduler/custodian"
)

// due is an instance that office would stop: Friday 19:35, running since Monday.
func due(change func(*fleet.Resource)) *fleet.Snapshot {
	return sighting{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", change: change}.snapshot()
}

// down is an instance that office would start: Monday 08:31, stopped since Friday.
func down(change func(*fleet.Resource)) *fleet.Snapshot {
	return sighting{at: "2026-11-23 08:31", state: stopped, since: "2026-11-20 19:36", change: change}.snapshot()
}

// officeHours is Friday noon, when nothing is due.
func officeHours(change func(*fleet.Resource)) *fleet.Snapshot {
	return sighting{at: "2026-11-20 12:00", state: running, since: "2026-11-16 08:31", change: change}.snapshot()
}

func trait(kind fleet.TraitKind, detail string) func(*fleet.Resource) {
	return func(r *fleet.Resource) { r.Traits = append(r.Traits, fleet.Trait{Kind: kind, Detail: detail}) }
}

func tagged(tags ...string) func(*fleet.Resource) {
	return func(r *fleet.Resource) {
		list := append([]fleet.Tag{}, r.Tags...)
		for i := 0; i+1 < len(tags); i += 2 {
			list = append(list, fleet.Tag{Key: tags[i], Value: tags[i+1]})
		}
		r.Tags = fleet.NewTags(list...)
	}
}

func manyEnvironments() *scheduler.Rules {
	r := rules(nil)
	r.Environments = []fleet.Environment{
		{Name: "prod", Accounts: []fleet.AccountID{"333344445555"}, Tags: map[string][]string{"Environment": {"prod", "운영"}}, Protected: true},
		{Name: "dev", Accounts: []fleet.AccountID{"111122223333"}, Tags: map[string][]string{"Environment": {"dev", "개발"}}},
		{Name: "stg", Tags: map[string][]string{"Environment": {"stg", "검증"}}, Default: "office"},
	}
	r.Keys.Schedule = []string{"offpeak:schedule", "Schedule"}
	r.Keys.Custodian = "maid_offhours"
	r.Custodian = custodian.Defaults{Zone: "Asia/Seoul", OffHour: 19, OnHour: 8}
	return r
}

// TestTheStricterKillSwitchHolds sets the policy's and the hub's against each other.
func TestTheStricterKillSwitchHolds(t *testing.T) {
	t.Parallel()
	const off, noStops, nothing = scheduler.KillNothing, scheduler.KillStops, scheduler.KillEverything
	for _, row := range []struct {
		policy, hub scheduler.KillSwitch
		stop, start string // what becomes of an act that is due
		whose       string
	}{
		{off, off, "stop", "start", ""},
		{off, noStops, "kill-switch", "start", "the hub's"},
		{off, nothing, "kill-switch", "kill-switch", "the hub's"},
		{noStops, off, "kill-switch", "start", "the policy's"},
		{noStops, noStops, "kill-switch", "start", "the policy's"},
		{noStops, nothing, "kill-switch", "kill-switch", "the hub's"},
		{nothing, off, "kill-switch", "kill-switch", "the policy's"},
		{nothing, noStops, "kill-switch", "kill-switch", "the policy's"},
		{nothing, nothing, "kill-switch", "kill-switch", "the policy's"},
	} {
		under := rules(nil)
		under.KillSwitch = row.policy
		for i, seen := range []*fleet.Snapshot{due(nil), down(nil)} {
			want := []string{row.stop, row.start}[i]
			made, _ := scheduler.New(under).Plan(seen, nil, scheduler.Options{KillSwitch: row.hub, Forecast: 48 * time.Hour})
			if got := saying(made); got != want {
				t.Errorf("policy %q, hub %q: %s, want %s", row.policy, row.hub, got, want)
			}
			for _, r := range made.Refusals {
				if !strings.HasPrefix(r.Why, row.whose+" kill switch") {
					t.Errorf("policy %q, hub %q: %s, want %s", row.policy, row.hub, r.Why, row.whose)
				}
			}
			if holds := row.policy == nothing || row.hub == nothing; holds && len(made.Forecast) > 0 {
				t.Errorf("policy %q, hub %q: %d acts are announced", row.policy, row.hub, len(made.Forecast))
			}
		}
	}
}

// TestRefusals is the list of everything that keeps an opted-in resource from being acted on.
func TestRefusals(t *testing.T) {
	t.Parallel()
	office, many := rules(nil), manyEnvironments()
	hold := rules(func(s *scheduler.Schedule) { s.Hold = holidays("2026-11-20,release freeze") })
	keep := rules(nil)
	keep.KeepAddress = true
	allow := rules(nil)
	allow.AllowInstanceStore = true
	noStops, nothing := rules(nil), rules(nil)
	noStops.KillSwitch, nothing.KillSwitch = scheduler.KillStops, scheduler.KillEverything
	account := func(id fleet.AccountID) func(*fleet.Resource) {
		return func(r *fleet.Resource) { r.Scope.Account = id }
	}
	for _, row := range []struct {
		name  string
		rules *scheduler.Rules
		fleet *fleet.Snapshot
		want  string // one word for the plan
		says  string // part of the sentence
	}{
		{"a protected account", many, due(account("333344445555")), "protected", "environment prod is protected"},
		{"a protected tag in an account of dev", many, due(tagged("Environment", "prod")), "protected", ""},
		{"a protected tag in Korean, in other case of the key", many, due(tagged("environment", " 운영 ")), "protected", ""},
		{"a broken tag in a protected environment is not even read", many, due(tagged("Environment", "prod", "offpeak:schedule", "9-18")), "protected", ""},
		{"no environment", many, due(account("999988887777")), "environment-unknown", "999988887777"},
		{"a tag value that no environment lists", many, due(both(account("999988887777"), tagged("Environment", "sandbox"))), "environment-unknown", ""},
		{"two environments", many, due(tagged("Environment", "stg")), "environment-ambiguous", "dev and stg"},
		{"account and tag of the same environment", many, due(tagged("Environment", "개발")), "stop", ""},
		{"a schedule that does not exist, with the nearest name", office, due(tagged("offpeak:schedule", "ofice")), "unknown-schedule", "did you mean office?"},
		{"hours that cannot be read", office, due(tagged("offpeak:schedule", "mon-fri 9-18")), "invalid-tag", "mon-fri 09:00-18:00"},
		{"a Korean text that is nothing", office, due(tagged("offpeak:schedule", "근무시간")), "unknown-schedule", "근무시간"},
		{"an empty tag where the environment has no default", many, due(tagged("offpeak:schedule", "")), "no-schedule", ""},
		{"an empty tag where it has one", many, due(both(account("999988887777"), tagged("offpeak:schedule", "", "Environment", "stg"))), "stop", ""},
		{"an override that cannot be read", office, due(tagged("offpeak:override", "running for 3h")), "invalid-tag", "needs an end"},
		{"an order that cannot be read", office, due(tagged("offpeak:group", "shop", "offpeak:order", "first")), "invalid-tag", "1 to 99"},
		{"two schedule tags that disagree", many, due(tagged("Schedule", "running")), "conflicting-tags", "Schedule="},
		{"two that agree", many, due(tagged("Schedule", "office")), "stop", ""},
		{"hours and a name that mean the same", many, due(tagged("Schedule", "mon-fri 8:30~19:30")), "stop", ""},
		{"Custodian's tag against offpeak's", many, due(tagged("maid_offhours", "off=(M-F,22);on=(M-F,7);tz=Asia/Seoul")), "conflicting-tags", "maid_offhours"},
		{"ignore is no refusal: the owner opted out", office, due(tagged("offpeak:schedule", "ignore")), "", ""},
		{"a hold", hold, due(nil), "on-hold", "release freeze lasts until Sat 2026-11-21 00:00 KST"},
		{"a hold, and nothing due", hold, officeHours(nil), "", ""},
		{"group member", office, due(trait(fleet.GroupMember, "web")), "group-member", "group web"},
		{"group member, told also when nothing is due", office, officeHours(trait(fleet.GroupMember, "web")), "group-member", ""},
		{"managed by EKS", office, due(trait(fleet.Managed, "EKS node group ng-1")), "managed", "EKS node group ng-1"},
		{"cluster member", office, due(trait(fleet.ClusterMember, "aurora")), "cluster-member", "aurora"},
		{"read replica", office, due(trait(fleet.ReadReplica, "orders")), "read-replica", "orders"},
		{"read replica's source", office, due(trait(fleet.ReplicaSource, "orders-ro")), "replica-source", "orders-ro"},
		{"an engine that cannot stop", office, due(trait(fleet.CannotStop, "Aurora Serverless v1")), "cannot-stop", "Aurora Serverless v1"},
		{"instance-store root", office, due(trait(fleet.InstanceStoreRoot, "")), "instance-store", ""},
		{"instance-store data", office, due(trait(fleet.InstanceStoreData, "m5d.large")), "instance-store", "m5d.large"},
		{"instance-store data, allowed by the policy", allow, due(trait(fleet.InstanceStoreData, "m5d.large")), "stop", ""},
		{"instance-store root, which no policy can allow", allow, due(trait(fleet.InstanceStoreRoot, "")), "instance-store", ""},
		{"one-time Spot", office, due(func(r *fleet.Resource) { r.Lifecycle = fleet.SpotOneTime }), "spot-one-time", ""},
		{"persistent Spot can be stopped", office, due(func(r *fleet.Resource) { r.Lifecycle = fleet.SpotPersistent }), "stop", ""},
		{"an automatic address to keep", keep, due(trait(fleet.PublicAddress, "203.0.113.9")), "address-to-keep", "203.0.113.9"},
		{"an automatic address that may change", office, due(trait(fleet.PublicAddress, "203.0.113.9")), "stop", ""},
		{"a group with scheduled actions of its own", office, due(trait(fleet.ScheduledActions, "")), "own-scheduled-actions", ""},
		{"a warm pool", office, due(trait(fleet.WarmPool, "")), "warm-pool", ""},
		{"being deleted", office, due(trait(fleet.BeingDeleted, "")), "being-deleted", ""},
		{"daemon service", office, due(trait(fleet.DaemonService, "")), "daemon-service", ""},
		{"external deployment", office, due(trait(fleet.ExternalDeploy, "CodeDeploy")), "external-deployment", "CodeDeploy"},
		{"stack updating", office, due(trait(fleet.StackUpdating, "shop")), "stack-updating", "shop"},
		{"stack updating, and nothing due", office, officeHours(trait(fleet.StackUpdating, "shop")), "", ""},
		{"deploying", office, due(trait(fleet.Deploying, "")), "deploying", ""},
		{"instance refresh", office, down(trait(fleet.RefreshInProgress, "")), "refresh-in-progress", ""},
		{"stop protection bars a stop", office, due(trait(fleet.StopProtection, "")), "stop-protection", ""},
		{"stop protection does not bar a start", office, down(trait(fleet.StopProtection, "")), "start", ""},
		{"protected members", office, due(trait(fleet.ProtectedMembers, "2")), "protected-members", "2 of its instances"},
		{"members on standby", office, due(trait(fleet.StandbyMembers, "1")), "standby-members", ""},
		{"a group at zero whose size is not known", office, down(group(0, 0, 0)), "size-unknown", ""},
		{"kill switch no-stops", noStops, due(nil), "kill-switch", "no-stops"},
		{"kill switch no-stops keeps openings", noStops, down(nil), "start", ""},
		{"kill switch nothing", nothing, down(nil), "kill-switch", ""},
		{"what is gone is not spoken of", office, due(func(r *fleet.Resource) { r.State = fleet.Gone }), "", ""},
		{"a missing price bars nothing", office, due(func(r *fleet.Resource) { r.Price = fleet.Price{} }), "stop", ""},
	} {
		made, _ := scheduler.New(row.rules).Plan(row.fleet, nil, scheduler.Options{})
		if got := saying(made); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
			continue
		}
		var text string
		for _, r := range made.Refusals {
			text += r.Why
		}
		if !strings.Contains(text, row.says) {
			t.Errorf("%s: %q does not say %q", row.name, text, row.says)
		}
	}
}

func both(changes ...func(*fleet.Resource)) func(*fleet.Resource) {
	return func(r *fleet.Resource) {
		for _, change := range changes {
			change(r)
		}
	}
}

func group(lowest, highest, desired int) func(*fleet.Resource) {
	return func(r *fleet.Resource) {
		r.Kind, r.Since = fleet.AutoScalingGroup, at("")
		r.Size = fleet.Size{Min: lowest, Max: highest, Desired: desired}
	}
}

func TestAnOldSnapshotIsNotActedOn(t *testing.T) {
	t.Parallel()
	r := rules(nil)
	r.StaleAfter = 10 * time.Minute
	snapshot := due(nil)
	for _, row := range []struct {
		old  time.Duration
		want string
	}{{10 * time.Minute, "stop"}, {10*time.Minute + time.Second, "stale-snapshot"}} {
		made, _ := scheduler.New(r).Plan(snapshot, nil, scheduler.Options{Now: snapshot.Taken.Add(row.old)})
		if got := saying(made); got != row.want {
			t.Errorf("%s old: got %q, want %q", row.old, got, row.want)
		}
	}
}

func TestAKeyInOtherCaseIsPointedOut(t *testing.T) {
	t.Parallel()
	made, _ := scheduler.New(rules(nil)).Plan(due(func(r *fleet.Resource) {
		r.Tags = fleet.NewTags(fleet.Tag{Key: "Offpeak:Schedule", Value: "office"})
	}), nil, scheduler.Options{})
	if len(made.Actions) != 0 || len(made.Findings) != 2 || made.Findings[1].Code != plan.TagKeyCase {
		t.Errorf("got %+v", made)
	}
}

func TestEveryCodeHasAMeaning(t *testing.T) {
	t.Parallel()
	seen := map[plan.Code]bool{}
	for _, m := range plan.Meanings() {
		if seen[m.Code] {
			t.Errorf("%s is explained twice", m.Code)
		}
		if m.Says == "" || m.Used == "" {
			t.Errorf("%s is not explained", m.Code)
		}
		seen[m.Code] = true
	}
}
