package assets_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/assets"
)

var taken = time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC)

func resource(id string, account fleet.AccountID, state fleet.State, tags ...string) fleet.Resource {
	var all []fleet.Tag
	for i := 0; i+1 < len(tags); i += 2 {
		all = append(all, fleet.Tag{Key: tags[i], Value: tags[i+1]})
	}
	return fleet.Resource{ID: id, ARN: fleet.ARN("arn:" + id), Kind: fleet.EC2Instance, Scope: fleet.Scope{Account: account, Region: "eu-west-1"}, State: state, Tags: fleet.NewTags(all...)}
}

func input(resources ...fleet.Resource) *assets.Input {
	return &assets.Input{Snapshots: []fleet.Snapshot{{Taken: taken, Resources: resources}}, OwnerTags: []string{"owner", "Team"}, ScheduleTags: []string{"offpeak:schedule"}}
}

func TestTaggedAndUntaggedAreCounted(t *testing.T) {
	t.Parallel()
	in := input(
		resource("a", "1", fleet.Running, "Owner", "kim", "offpeak:schedule", "seoul-office"),
		resource("b", "1", fleet.Stopped, "team", "pay", "Team", "pay"),
		resource("c", "1", fleet.Running, "owner", "  ", "offpeak:schedule", "ignore"),
		resource("d", "2", fleet.Running, "owner", "kim"),
		resource("e", "1", fleet.Gone, "owner", "kim"),
	)
	in.Accounts = []fleet.AccountID{"1"}
	a := assets.Of(in)
	if diff := cmp.Diff(a.Owners, []reports.Count{{Name: "kim", Count: 1}, {Name: "pay", Count: 1}, {Name: "", Count: 1}}); diff != "" {
		t.Errorf("owners (-got +want)\n%s", diff)
	}
	if a.Tagged != (reports.Share{Part: 2, Whole: 3}) || a.OptedIn != (reports.Share{Part: 1, Whole: 3}) {
		t.Errorf("tagged %v, opted in %v; want two and one of the three that are there: an opt-out opts nobody in", a.Tagged, a.OptedIn)
	}
	if a.Came != nil || a.Went != nil {
		t.Errorf("came %v, went %v: without an inventory before nobody knows", a.Came, a.Went)
	}
}

func TestWhatCameAndWent(t *testing.T) {
	t.Parallel()
	in := input(resource("a", "1", fleet.Running), resource("new", "1", fleet.Running))
	last := assets.Of(input(resource("a", "1", fleet.Running), resource("old", "1", fleet.Running)))
	in.Last = &last
	a := assets.Of(in)
	if diff := cmp.Diff([][]string{a.Came, a.Went}, [][]string{{"arn:new"}, {"arn:old"}}); diff != "" {
		t.Error(diff)
	}
	in.Last = &a
	if a = assets.Of(in); a.Came == nil || len(a.Came)+len(a.Went) != 0 {
		t.Errorf("came %v, went %v; want none, and that to be known", a.Came, a.Went)
	}
}

func TestWhatThingsRunOn(t *testing.T) {
	t.Parallel()
	with := func(id string, change func(*fleet.Resource)) fleet.Resource {
		r := resource(id, "1", fleet.Running)
		change(&r)
		return r
	}
	a := assets.Of(input(
		with("a", func(r *fleet.Resource) {
			r.Type, r.Product, r.Posture = "m5.large", "Windows", &fleet.Posture{Zones: []string{"eu-west-1a"}}
		}),
		with("b", func(r *fleet.Resource) {
			r.Kind, r.Members, r.Launch = fleet.AutoScalingGroup, []fleet.Members{{Type: "t3.micro", Count: 2}, {Type: "m5.large", Count: 1}, {Type: "t3.micro", Count: 1}}, &fleet.Launch{Zones: []string{"eu-west-1a", "eu-west-1b"}}
		}),
		with("c", func(r *fleet.Resource) { r.Kind, r.Product = fleet.ECSService, "FARGATE" }),
	))
	var got [][]string
	for _, x := range a.Items {
		got = append(got, append([]string{x.ID, x.Type, x.Platform}, x.Zones...))
	}
	want := [][]string{{"a", "m5.large", "Windows", "eu-west-1a"}, {"b", "m5.large, t3.micro", "", "eu-west-1a", "eu-west-1b"}, {"c", "", "FARGATE"}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

func TestTheLatestSightCounts(t *testing.T) {
	t.Parallel()
	in := input(resource("a", "1", fleet.Running))
	in.Snapshots = append(in.Snapshots, fleet.Snapshot{Taken: taken.Add(-time.Hour), Resources: []fleet.Resource{resource("a", "1", fleet.Stopped)}})
	if a := assets.Of(in); len(a.Items) != 1 || a.Items[0].State != "running" {
		t.Errorf("%+v", a.Items)
	}
	if assets.Of(&assets.Input{}).Taken {
		t.Error("an inventory was taken of nothing")
	}
}
