package actuator_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	groups "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	databases "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

func TestTwoHundredInstancesTakeEightCalls(t *testing.T) {
	s := stands(t, "100000000001")
	act := newActuator(s.access)
	ids := s.made.Launch(200, schedule("office"))

	stops := actionsOn(ec2Kind, s.scope, plan.Stop{}, ids...)
	s.expect(t, "stop", act.Act(t.Context(), stops), nil, map[string]int{"ec2:DescribeInstances": 4, "ec2:StopInstances": 4})
	if got := s.states(t, ids); got["stopped"] != 200 {
		t.Fatalf("states %v", got)
	}
	before := s.access.Calls().Attempts()
	s.expect(t, "stop again", act.Act(t.Context(), stops), before, map[string]int{"ec2:DescribeInstances": 4})
	before = s.access.Calls().Attempts()
	s.expect(t, "start", act.Act(t.Context(), actionsOn(ec2Kind, s.scope, plan.Start{}, ids...)), before,
		map[string]int{"ec2:DescribeInstances": 4, "ec2:StartInstances": 4})
	if got := s.states(t, ids); got["running"] != 200 {
		t.Fatalf("states %v", got)
	}
}

func TestOnlyWhatIsThereAndOptedInIsStopped(t *testing.T) {
	s := stands(t, "100000000002")
	in := s.made.Launch(3, schedule("office"))
	out := s.made.Launch(1, schedule("Ignore"))
	terminated := s.made.Launch(1, schedule("office"))
	client := ec2.NewFromConfig(s.seed)
	if _, err := client.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: terminated}); err != nil {
		t.Fatal(err)
	}
	ids := slices.Concat(in, out, terminated, []string{"i-0123456789abcdef0", "nonsense"})
	errs := newActuator(s.access).Act(t.Context(), actionsOn(ec2Kind, s.scope, plan.Stop{}, ids...))
	var got []failure.Class
	for _, err := range errs {
		got = append(got, failure.Of(err))
	}
	want := []failure.Class{"", "", "", failure.InvalidState, failure.Gone, failure.Gone, failure.Gone}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff, errs)
	}
	if diff := cmp.Diff(s.calls(nil), map[string]int{"ec2:DescribeInstances": 1, "ec2:StopInstances": 1}); diff != "" {
		t.Error(diff)
	}
	if got := s.states(t, slices.Concat(in, out)); got["stopped"] != 3 || got["running"] != 1 {
		t.Errorf("states %v", got)
	}
}

// schedule is the tag that opts in.
func schedule(name string) fleet.Tags {
	return fleet.NewTags(fleet.Tag{Key: keys.Schedule[0], Value: name})
}

func (s *stand) groupSize(t *testing.T, name string) (size fleet.Size, instances int) {
	t.Helper()
	out, err := autoscaling.NewFromConfig(s.seed).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		t.Fatal(err)
	}
	g := out.AutoScalingGroups[0]
	return fleet.Size{Min: int(*g.MinSize), Max: int(*g.MaxSize), Desired: int(*g.DesiredCapacity)}, len(g.Instances)
}

func TestGroupsGoToZeroAndBack(t *testing.T) {
	s := stands(t, "100000000003")
	act := newActuator(s.access)
	open, zero := fleet.Size{Min: 2, Max: 6, Desired: 3}, fleet.Size{}
	s.made.Group("web", open, schedule("office"))
	s.made.Group("api", open, schedule("office"))

	down := actionsOn(fleet.AutoScalingGroup, s.scope, plan.Scale{From: open}, "web", "api")
	s.expect(t, "down", act.Act(t.Context(), down), nil, map[string]int{
		"autoscaling:DescribeAutoScalingGroups": 1, "autoscaling:DescribeScheduledActions": 2,
		"autoscaling:DescribeInstanceRefreshes": 2, "autoscaling:UpdateAutoScalingGroup": 2,
	})
	if size, n := s.groupSize(t, "web"); size != zero || n != 0 {
		t.Errorf("closed at %s with %d instances", size, n)
	}
	before := s.access.Calls().Attempts()
	s.expect(t, "down again", act.Act(t.Context(), down), before, map[string]int{"autoscaling:DescribeAutoScalingGroups": 1})

	before = s.access.Calls().Attempts()
	s.expect(t, "up", act.Act(t.Context(), actionsOn(fleet.AutoScalingGroup, s.scope, plan.Scale{To: open}, "web", "api")), before,
		map[string]int{"autoscaling:DescribeAutoScalingGroups": 1, "autoscaling:UpdateAutoScalingGroup": 2})
	if size, n := s.groupSize(t, "web"); size != open || n != 3 {
		t.Errorf("opened at %s with %d instances", size, n)
	}
}

func TestGroupsThatAreNotAsPlannedAreLeft(t *testing.T) {
	s := stands(t, "100000000004")
	client := autoscaling.NewFromConfig(s.seed)
	now := fleet.Size{Min: 3, Max: 6, Desired: 4}
	for _, name := range []string{"resized", "scheduled", "protected", "untagged"} {
		s.made.Group(name, now, schedule("office"))
	}
	if _, err := client.PutScheduledUpdateGroupAction(t.Context(), &autoscaling.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: aws.String("scheduled"), ScheduledActionName: aws.String("night"), Recurrence: aws.String("0 20 * * *"), DesiredCapacity: aws.Int32(3),
	}); err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"protected"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.SetInstanceProtection(t.Context(), &autoscaling.SetInstanceProtectionInput{
		AutoScalingGroupName: aws.String("protected"),
		InstanceIds:          []string{*out.AutoScalingGroups[0].Instances[0].InstanceId}, ProtectedFromScaleIn: aws.Bool(true),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteTags(t.Context(), &autoscaling.DeleteTagsInput{Tags: []groups.Tag{{
		Key:        aws.String("offpeak:schedule"),
		ResourceId: aws.String("untagged"), ResourceType: aws.String("auto-scaling-group"),
	}}}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		from  fleet.Size
		class failure.Class
		says  string
	}{
		{"resized", fleet.Size{Min: 2, Max: 6, Desired: 3}, failure.InTransition, "scale resized: the group is 3/6/4 now, the plan was made for 2/6/3"},
		{"scheduled", now, failure.InvalidState, "1 scheduled actions of its own, such as night"},
		{"protected", now, failure.Protected, "1 instances of the group are protected"},
		{"untagged", now, failure.InvalidState, "do not opt it in any more"},
		{"missing", now, failure.Gone, "no such group"},
	} {
		err := newActuator(s.access).Act(t.Context(), actionsOn(fleet.AutoScalingGroup, s.scope, plan.Scale{From: row.from}, row.name))[0]
		if failure.Of(err) != row.class || !strings.Contains(fmt.Sprint(err), row.says) {
			t.Errorf("%s: %v (%s)", row.name, err, failure.Of(err))
		}
	}
	if n := s.calls(nil)["autoscaling:UpdateAutoScalingGroup"]; n != 0 {
		t.Errorf("%d groups changed", n)
	}
}

func TestDatabasesAndClustersStopAndStart(t *testing.T) {
	s := stands(t, "100000000005")
	client := rds.NewFromConfig(s.seed)
	s.made.Database("orders", schedule("office"))
	s.made.Database("stock", schedule("office"))
	s.made.Cluster("sales", schedule("office"))
	both := func(change plan.Change) []plan.Action {
		return slices.Concat(actionsOn(fleet.RDSInstance, s.scope, change, "orders", "stock"), actionsOn(fleet.RDSCluster, s.scope, change, "sales"))
	}
	act := newActuator(s.access)
	looks := map[string]int{"rds:DescribeDBInstances": 1, "rds:DescribeDBClusters": 1}
	with := func(calls map[string]int) map[string]int { maps.Copy(calls, looks); return calls }

	s.expect(t, "stop", act.Act(t.Context(), both(plan.Stop{})), nil, with(map[string]int{"rds:StopDBInstance": 2, "rds:StopDBCluster": 1}))
	before := s.access.Calls().Attempts()
	s.expect(t, "stop again", act.Act(t.Context(), both(plan.Stop{})), before, looks)
	before = s.access.Calls().Attempts()
	s.expect(t, "start", act.Act(t.Context(), both(plan.Start{})), before, with(map[string]int{"rds:StartDBInstance": 2, "rds:StartDBCluster": 1}))

	if err := act.Act(t.Context(), actionsOn(fleet.RDSInstance, s.scope, plan.Stop{}, "missing"))[0]; failure.Of(err) != failure.Gone {
		t.Errorf("missing: %v", err)
	}
	if _, err := client.AddTagsToResource(t.Context(), &rds.AddTagsToResourceInput{
		ResourceName: aws.String("arn:aws:rds:ap-northeast-2:100000000005:db:stock"),
		Tags:         []databases.Tag{{Key: aws.String("offpeak:schedule"), Value: aws.String("ignore")}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := act.Act(t.Context(), actionsOn(fleet.RDSInstance, s.scope, plan.Stop{}, "stock"))[0]; failure.Of(err) != failure.InvalidState {
		t.Errorf("opted out: %v", err)
	}
}
