package inventory_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	grouptypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// world is a reader of moto's accounts, and a way to fill them.
type world struct {
	t      *testing.T
	access *cloud.Access
	reader *inventory.Reader
}

func newWorld(t *testing.T) *world {
	t.Helper()
	access, err := cloud.Open(t.Context(), moto.Start(t).Options())
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, access, inventory.New(access, inventory.Options{Keys: []string{key, "Schedule"}, Now: func() time.Time { return now }})}
}

// must returns what AWS answers.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// fill puts one of every kind into a scope, opted in and not, in several states.
func (w *world) fill(scope fleet.Scope) {
	w.t.Helper()
	c := w.access.Config(scope)
	w.fillEC2(ec2.NewFromConfig(c))
	w.fillGroups(ec2.NewFromConfig(c), autoscaling.NewFromConfig(c))
	w.fillRDS(rds.NewFromConfig(c))
	w.fillECS(ecs.NewFromConfig(c), applicationautoscaling.NewFromConfig(c))
	must[*cloudformation.CreateStackOutput](w.t)(cloudformation.NewFromConfig(c).CreateStack(w.t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("shop"), TemplateBody: aws.String(`{"Resources":{"One":{"Type":"AWS::EC2::Instance","Properties":{"ImageId":"` + image +
			`","InstanceType":"t3.micro","Tags":[{"Key":"` + key + `","Value":"office"},{"Key":"Name","Value":"stacked"}]}}}}`),
	}))
}

const image = "ami-12c6146b"

func (w *world) fillEC2(client *ec2.Client) {
	w.t.Helper()
	run := func(name, opt string, market *ec2types.InstanceMarketOptionsRequest) string {
		tags := []ec2types.Tag{{Key: aws.String("Name"), Value: aws.String(name)}}
		if opt != "" {
			tags = append(tags, ec2types.Tag{Key: aws.String(opt), Value: aws.String("office")})
		}
		out := must[*ec2.RunInstancesOutput](w.t)(client.RunInstances(w.t.Context(), &ec2.RunInstancesInput{
			ImageId: aws.String(image), InstanceType: "m5d.large", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceMarketOptions: market,
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: "instance", Tags: tags}},
		}))
		return aws.ToString(out.Instances[0].InstanceId)
	}
	run("running", key, nil)
	run("by-the-other-key", "Schedule", nil)
	run("untagged", "", nil)
	run("key-in-another-case", strings.ToUpper(key), nil)
	run("spot", key, &ec2types.InstanceMarketOptionsRequest{MarketType: "spot"})
	stopped, ended := run("stopped", key, nil), run("terminated", key, nil)
	must[*ec2.StopInstancesOutput](w.t)(client.StopInstances(w.t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{stopped}}))
	must[*ec2.TerminateInstancesOutput](w.t)(client.TerminateInstances(w.t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{ended}}))
}

func (w *world) fillGroups(instances *ec2.Client, client *autoscaling.Client) {
	w.t.Helper()
	must[*ec2.CreateLaunchTemplateOutput](w.t)(instances.CreateLaunchTemplate(w.t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("web"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image), InstanceType: "t3.medium"},
	}))
	zones := must[*ec2.DescribeAvailabilityZonesOutput](w.t)(instances.DescribeAvailabilityZones(w.t.Context(), nil))
	for name, tag := range map[string]grouptypes.Tag{
		"web":        {Key: aws.String(key), Value: aws.String("office"), PropagateAtLaunch: aws.Bool(true)},
		"alone":      {Key: aws.String(key), Value: aws.String("office"), PropagateAtLaunch: aws.Bool(false)},
		"not-tagged": {Key: aws.String("Name"), Value: aws.String("x"), PropagateAtLaunch: aws.Bool(false)},
	} {
		must[*autoscaling.CreateAutoScalingGroupOutput](w.t)(client.CreateAutoScalingGroup(w.t.Context(), &autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: aws.String(name), MinSize: aws.Int32(1), MaxSize: aws.Int32(4), DesiredCapacity: aws.Int32(2),
			AvailabilityZones: []string{aws.ToString(zones.AvailabilityZones[0].ZoneName)}, Tags: []grouptypes.Tag{tag},
			LaunchTemplate: &grouptypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web"), Version: aws.String("$Latest")},
		}))
	}
	must[*autoscaling.PutScheduledUpdateGroupActionOutput](w.t)(client.PutScheduledUpdateGroupAction(w.t.Context(), &autoscaling.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: aws.String("alone"), ScheduledActionName: aws.String("night"), Recurrence: aws.String("0 20 * * *"), DesiredCapacity: aws.Int32(0), MinSize: aws.Int32(0),
	}))
}

func (w *world) fillRDS(client *rds.Client) {
	w.t.Helper()
	opted := []rdstypes.Tag{{Key: aws.String(key), Value: aws.String("office")}}
	create := func(id, engine, cluster string, tags []rdstypes.Tag) {
		in := &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String(id), DBInstanceClass: aws.String("db.r6g.large"), Engine: aws.String(engine), Tags: tags}
		if cluster != "" {
			in.DBClusterIdentifier = aws.String(cluster)
		} else {
			in.AllocatedStorage, in.MasterUsername, in.MasterUserPassword = aws.Int32(20), aws.String("admin1"), aws.String("not-a-secret")
		}
		must[*rds.CreateDBInstanceOutput](w.t)(client.CreateDBInstance(w.t.Context(), in))
	}
	for id, tags := range map[string][]rdstypes.Tag{"aurora": opted, "plain": nil} {
		must[*rds.CreateDBClusterOutput](w.t)(client.CreateDBCluster(w.t.Context(), &rds.CreateDBClusterInput{
			DBClusterIdentifier: aws.String(id), Engine: aws.String("aurora-postgresql"), MasterUsername: aws.String("admin1"), MasterUserPassword: aws.String("not-a-secret"), Tags: tags,
		}))
	}
	create("aurora-1", "aurora-postgresql", "aurora", nil)
	create("aurora-2", "aurora-postgresql", "aurora", nil)
	create("orders", "postgres", "", opted)
	create("users", "mysql", "", opted)
	create("untagged", "mysql", "", nil)
	must[*rds.StopDBInstanceOutput](w.t)(client.StopDBInstance(w.t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: aws.String("users")}))
}

func (w *world) fillECS(client *ecs.Client, scaling *applicationautoscaling.Client) {
	w.t.Helper()
	must[*ecs.CreateClusterOutput](w.t)(client.CreateCluster(w.t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("shop")}))
	must[*ecs.RegisterTaskDefinitionOutput](w.t)(client.RegisterTaskDefinition(w.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("web"), Image: aws.String("web"), Memory: aws.Int32(128)}},
	}))
	for i := range 12 {
		in := &ecs.CreateServiceInput{
			Cluster: aws.String("shop"), ServiceName: aws.String(fmt.Sprintf("web-%02d", i)), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(int32(i % 3)),
			LaunchType: ecstypes.LaunchTypeEc2,
		}
		if i != 5 {
			in.Tags = []ecstypes.Tag{{Key: aws.String(key), Value: aws.String("office")}}
		}
		must[*ecs.CreateServiceOutput](w.t)(client.CreateService(w.t.Context(), in))
	}
	must[*applicationautoscaling.RegisterScalableTargetOutput](w.t)(scaling.RegisterScalableTarget(w.t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ResourceId: aws.String("service/shop/web-01"),
		ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(6),
	}))
}

// listings are what the AWS CLI prints of the scope: the answers of the SDK in the CLI's form.
func (w *world) listings(scope fleet.Scope) []local.Source {
	w.t.Helper()
	ctx, c := w.t.Context(), w.access.Config(scope)
	instances := must[*ec2.DescribeInstancesOutput](w.t)(ec2.NewFromConfig(c).DescribeInstances(ctx, nil))
	groups := must[*autoscaling.DescribeAutoScalingGroupsOutput](w.t)(autoscaling.NewFromConfig(c).DescribeAutoScalingGroups(ctx, nil))
	databases := must[*rds.DescribeDBInstancesOutput](w.t)(rds.NewFromConfig(c).DescribeDBInstances(ctx, nil))
	clusters := must[*rds.DescribeDBClustersOutput](w.t)(rds.NewFromConfig(c).DescribeDBClusters(ctx, nil))
	sources := []local.Source{
		printed(w.t, "Reservations", instances.Reservations, false), printed(w.t, "AutoScalingGroups", groups.AutoScalingGroups, false),
		printed(w.t, "DBInstances", databases.DBInstances, false), printed(w.t, "DBClusters", clusters.DBClusters, false),
	}
	client := ecs.NewFromConfig(c)
	list := must[*ecs.ListServicesOutput](w.t)(client.ListServices(ctx, &ecs.ListServicesInput{Cluster: aws.String("shop"), MaxResults: aws.Int32(100)}))
	for ten := range slices.Chunk(list.ServiceArns, 10) {
		services := must[*ecs.DescribeServicesOutput](w.t)(client.DescribeServices(ctx, &ecs.DescribeServicesInput{
			Cluster: aws.String("shop"), Services: ten, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
		}))
		sources = append(sources, printed(w.t, "services", services.Services, true))
	}
	return sources
}

// printed writes a list as the AWS CLI does: the SDK's names are the CLI's, but for the capitals of ECS, and what is not there is left out.
func printed(t *testing.T, name string, list any, small bool) local.Source {
	t.Helper()
	text := must[[]byte](t)(json.Marshal(list))
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	text = must[[]byte](t)(json.Marshal(map[string]any{name: asPrinted(plain, small)}))
	return local.Source{Name: name, Reader: bytes.NewReader(text)}
}

func asPrinted(v any, small bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if small {
				name = strings.ToLower(name[:1]) + name[1:]
			}
			if value != nil && value != "" {
				out[name] = asPrinted(value, small)
			}
		}
		return out
	case []any:
		for i := range v {
			v[i] = asPrinted(v[i], small)
		}
	}
	return v
}

// inFiles is a live resource without what files do not tell: lifecycles by Spot requests, times by events, bounds of services, and the
// traits that need calls of their own.
func inFiles(r fleet.Resource) fleet.Resource {
	if r.Kind == fleet.RDSInstance || r.Kind == fleet.RDSCluster {
		r.Since, r.ByAWS = time.Time{}, false
	}
	if r.Kind == fleet.ECSService {
		r.Size.Min, r.Size.Max = 0, 0
	}
	r.Traits = slices.DeleteFunc(slices.Clone(r.Traits), func(t fleet.Trait) bool {
		return t.Kind == fleet.ScalesItself || t.Kind == fleet.ScheduledActions || t.Kind == fleet.StackUpdating
	})
	if len(r.Traits) == 0 {
		r.Traits = nil
	}
	return r
}

func TestAgainstMoto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	scopes := []fleet.Scope{
		{Account: "710000000001", Region: "ap-northeast-2"}, {Account: "710000000001", Region: "us-east-1"}, {Account: "710000000002", Region: "eu-west-1"},
	}
	for _, scope := range scopes {
		w.fill(scope)
	}
	t.Run("files and the account tell the same", func(t *testing.T) { w.filesAgree(t, scopes) })
	t.Run("a snapshot is what is opted in of everything", func(t *testing.T) { w.snapshotIsOptedIn(t, scopes[0]) })
}

// filesAgree compares what the listings of each scope tell with what the reader does, and that scopes keep apart.
func (w *world) filesAgree(t *testing.T, scopes []fleet.Scope) {
	seen := map[fleet.ARN]bool{}
	for _, scope := range scopes {
		files := must[fleet.Snapshot](t)(local.ReadInventory(w.listings(scope), local.Options{Account: scope.Account, Region: scope.Region, Taken: now}))
		live := must[fleet.Snapshot](t)(w.reader.Everything(t.Context(), scope))
		var told []fleet.Resource
		for _, r := range live.Resources {
			if r.Scope != scope || seen[r.ARN] {
				t.Errorf("%s is of %s, and was seen before: %t", r.ARN, r.Scope, seen[r.ARN])
			}
			seen[r.ARN] = true
			told = append(told, inFiles(r))
		}
		if len(told) != 8+6+3+5+2+12 { // instances, those of groups, groups, databases, clusters, services
			t.Errorf("%s: %d resources", scope, len(told))
		}
		if diff := cmp.Diff(files.Resources, told); diff != "" {
			t.Errorf("%s, files - live +:\n%s", scope, diff)
		}
		if len(files.Gaps)+len(live.Gaps) > 0 {
			t.Errorf("gaps: %q %q", files.Gaps, live.Gaps)
		}
	}
}

// snapshotIsOptedIn compares a snapshot with everything, and counts what it costs.
func (w *world) snapshotIsOptedIn(t *testing.T, scope fleet.Scope) {
	everything := must[fleet.Snapshot](t)(w.reader.Everything(t.Context(), scope))
	before := w.access.Calls().Attempts()
	opted := must[fleet.Snapshot](t)(w.reader.Snapshot(t.Context(), scope))
	var want []fleet.Resource
	for _, r := range everything.Resources {
		_, one := r.Tags.Get(key)
		_, other := r.Tags.Get("Schedule")
		if one || other {
			want = append(want, r)
		}
	}
	if diff := cmp.Diff(want, opted.Resources); diff != "" {
		t.Error("everything - opted in +:\n", diff)
	}
	if len(opted.Resources) != 6+2+2+2+1+11 { // instances, those of group web, groups, databases, a cluster, services
		t.Errorf("opted in: %v", names(opted))
	}
	for id, kind := range map[string]fleet.TraitKind{"alone": fleet.ScheduledActions, "web-01": fleet.ScalesItself} {
		r := find(t, opted, id)
		if _, ok := r.Trait(kind); !ok {
			t.Errorf("%s lacks %s: %+v", id, kind, r)
		}
	}
	if r := find(t, opted, "alone"); r.Product == "" {
		t.Error("the product of a group whose instances have no tags is not known")
	}
	made := w.access.Calls().Attempts()
	for call := range made {
		made[call] -= before[call]
		if made[call] == 0 {
			delete(made, call)
		}
	}
	if diff := cmp.Diff(made, map[string]int{
		"ec2:DescribeInstances":                 2, // one page, and the products of groups
		"autoscaling:DescribeAutoScalingGroups": 1, "autoscaling:DescribeScheduledActions": 1,
		"rds:DescribeDBInstances": 1, "rds:DescribeDBClusters": 1, "rds:DescribeEvents": 2,
		"tag:GetResources": 2, "ecs:DescribeServices": 2, "application-autoscaling:DescribeScalableTargets": 1, "cloudformation:ListStacks": 1,
	}); diff != "" {
		t.Error("calls: ", diff)
	}
}
