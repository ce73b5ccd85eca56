package inventory_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	grouptypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// asking is a reader that asks how things are launched.
func asking(a *cloud.Access) *inventory.Reader {
	return inventory.New(a, inventory.Options{Keys: []string{key, "Schedule"}, Launch: inventory.Launches, Now: func() time.Time { return now }})
}

// TestLaunchingAgreesWithFiles holds what is read live against what the readers of files make of the same answers, over moto.
func TestLaunchingAgreesWithFiles(t *testing.T) {
	t.Parallel()
	access := must[*cloud.Access](t)(cloud.Open(t.Context(), moto.Start(t).Mended(t).Options())) // moto itself has no instance refreshes
	w := &world{t, access, inventory.New(access, inventory.Options{Keys: []string{key, "Schedule"}, Now: func() time.Time { return now }})}
	scope := fleet.Scope{Account: "900000000601", Region: "ap-northeast-2"}
	w.fill(scope)
	c := w.access.Config(scope)
	machines, scaling, containers := ec2.NewFromConfig(c), autoscaling.NewFromConfig(c), ecs.NewFromConfig(c)
	w.fillMixed(machines, scaling)
	live := must[fleet.Snapshot](t)(asking(w.access).Snapshot(t.Context(), scope))

	templates := must[*ec2.DescribeLaunchTemplatesOutput](t)(machines.DescribeLaunchTemplates(t.Context(), nil))
	sources := w.listings(scope)
	for _, template := range templates.LaunchTemplates {
		versions := must[*ec2.DescribeLaunchTemplateVersionsOutput](t)(machines.DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: template.LaunchTemplateId}))
		sources = append(sources, printed(t, "LaunchTemplateVersions", versions.LaunchTemplateVersions, false))
	}
	actions := must[*autoscaling.DescribeScheduledActionsOutput](t)(scaling.DescribeScheduledActions(t.Context(), nil))
	for i := range actions.ScheduledUpdateGroupActions { // moto tells no ARN
		a := &actions.ScheduledUpdateGroupActions[i]
		a.ScheduledActionARN = aws.String(fmt.Sprintf("arn:aws:autoscaling:%s:%s:scheduledUpdateGroupAction:8e86:autoScalingGroupName/%s:scheduledActionName/night", scope.Region, scope.Account, *a.AutoScalingGroupName))
	}
	sources = append(sources, printed(t, "ScheduledUpdateGroupActions", actions.ScheduledUpdateGroupActions, false))
	clusters := must[*ecs.DescribeClustersOutput](t)(containers.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: []string{"shop"}}))
	sources = append(sources, printed(t, "clusters", clusters.Clusters, true))
	files := must[fleet.Snapshot](t)(local.ReadInventory(sources, local.Options{Taken: now, Launch: true}))

	compared := 0
	for _, r := range live.Resources {
		at := slices.IndexFunc(files.Resources, func(f fleet.Resource) bool { return f.ARN == r.ARN })
		if r.State == fleet.Gone || at < 0 {
			continue
		}
		if r.Kind == fleet.RDSInstance || r.Kind == fleet.RDSCluster {
			if r.Launch != nil {
				t.Errorf("%s launches as %+v", r.ID, r.Launch)
			}
			continue
		}
		if r.Launch == nil || !r.Launch.Saw(fleet.Stacks) {
			t.Fatalf("%s: nobody looked at stacks: %+v", r.ID, r.Launch)
		}
		closer := map[fleet.Kind]fleet.Fact{fleet.AutoScalingGroup: fleet.Refreshes, fleet.EC2Instance: fleet.Protection, fleet.ECSService: fleet.Clusters}[r.Kind]
		if _, member := r.Trait(fleet.GroupMember); !member && !r.Launch.Saw(closer) {
			t.Errorf("%s: nobody looked at %s", r.ID, closer)
		}
		r.Launch.Seen = slices.DeleteFunc(r.Launch.Seen, func(f fleet.Fact) bool { return f != fleet.Clusters })
		if len(r.Launch.Seen) == 0 {
			r.Launch.Seen = nil
		}
		if diff := cmp.Diff(files.Resources[at].Launch, r.Launch); diff != "" {
			t.Errorf("%s %s, files and live: %s", r.Kind, r.ID, diff)
		}
		compared++
	}
	if compared < 10 {
		t.Errorf("only %d were compared", compared)
	}
	mixed := find(t, live, "mixed").Launch
	want := &fleet.Mix{Base: 1, AboveBase: 25, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m5a.large"}}
	if diff := cmp.Diff(want, mixed.Mix); diff != "" {
		t.Error(diff)
	}
	if mixed.Template.Number != 2 || mixed.Template.Image != image || mixed.Template.Tenancy != "dedicated" || !mixed.Volumes[0].Kept || len(mixed.Members) == 0 || !mixed.Rebalance {
		t.Errorf("got %+v, template %+v", mixed, mixed.Template)
	}
	if l := find(t, live, "alone").Launch; !slices.Equal(l.Scheduled, []int{0}) || l.Template.Version != "$Latest" || l.Template.Number != 1 || l.Template.Type != "t3.medium" {
		t.Errorf("the latest version is read as %+v", l.Template)
	}
	for _, r := range must[fleet.Snapshot](t)(w.reader.Snapshot(t.Context(), scope)).Resources {
		if r.Launch != nil {
			t.Errorf("%s: nobody asked how it launches", r.ID)
		}
	}
}

// fillMixed puts a group with a mixed policy into a scope, whose template has two versions.
func (w *world) fillMixed(machines *ec2.Client, scaling *autoscaling.Client) {
	w.t.Helper()
	ctx := w.t.Context()
	template := must[*ec2.CreateLaunchTemplateOutput](w.t)(machines.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("mixed"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image), InstanceType: "t3.medium"},
	}))
	must[*ec2.CreateLaunchTemplateVersionOutput](w.t)(machines.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId, LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			ImageId: aws.String(image), InstanceType: "m5.large", Placement: &ec2types.LaunchTemplatePlacementRequest{Tenancy: "dedicated"},
			BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
				DeviceName: aws.String("/dev/sdf"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{DeleteOnTermination: aws.Bool(false), VolumeSize: aws.Int32(8)},
			}},
		},
	}))
	zones := must[*ec2.DescribeAvailabilityZonesOutput](w.t)(machines.DescribeAvailabilityZones(ctx, nil))
	must[*autoscaling.CreateAutoScalingGroupOutput](w.t)(scaling.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("mixed"), MinSize: aws.Int32(1), MaxSize: aws.Int32(4), DesiredCapacity: aws.Int32(2), CapacityRebalance: aws.Bool(true),
		AvailabilityZones: []string{aws.ToString(zones.AvailabilityZones[0].ZoneName)},
		Tags:              []grouptypes.Tag{{Key: aws.String(key), Value: aws.String("office"), PropagateAtLaunch: aws.Bool(false)}},
		MixedInstancesPolicy: &grouptypes.MixedInstancesPolicy{
			LaunchTemplate: &grouptypes.LaunchTemplate{
				LaunchTemplateSpecification: &grouptypes.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId, Version: aws.String("2")},
				Overrides:                   []grouptypes.LaunchTemplateOverrides{{InstanceType: aws.String("m5.large")}, {InstanceType: aws.String("m5a.large")}},
			},
			InstancesDistribution: &grouptypes.InstancesDistribution{
				OnDemandBaseCapacity: aws.Int32(1), OnDemandPercentageAboveBaseCapacity: aws.Int32(25), SpotAllocationStrategy: aws.String("price-capacity-optimized"),
			},
		},
	}))
}

// templated is an opted-in group that launches by a version of a template, with what else is said of it.
func templated(name, version, more string) string {
	return group(name, "<LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><LaunchTemplateName>web</LaunchTemplateName><Version>"+version+"</Version></LaunchTemplate>"+more)
}

func templateVersion(number int, first bool, data string) string {
	return fmt.Sprintf("<item><launchTemplateId>lt-1</launchTemplateId><versionNumber>%d</versionNumber><defaultVersion>%t</defaultVersion><launchTemplateData>%s</launchTemplateData></item>", number, first, data)
}

// moto launches on demand whatever a policy says, and knows neither pages of versions nor capacity providers of no name.
func TestLaunchingAsRecorded(t *testing.T) {
	t.Parallel()
	const at = "arn:aws:ecs:ap-northeast-2:111122223333:"
	const webGroup = "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:0f:autoScalingGroupName/latest"
	service := map[string]any{
		"serviceName": "api", "serviceArn": at + "service/shop/api", "clusterArn": at + "cluster/shop", "status": "ACTIVE", "desiredCount": 2, "runningCount": 2,
		"platformFamily": "Linux", "capacityProviderStrategy": []any{map[string]any{"capacityProvider": "web", "base": 1, "weight": 2}},
		"deploymentConfiguration": map[string]any{"minimumHealthyPercent": 50, "maximumPercent": 200}, "tags": []any{map[string]any{"key": key, "value": "office"}},
		"loadBalancers": []any{map[string]any{"targetGroupArn": "arn:tg/api"}},
	}
	page := 0
	_, access, account := reader(t, map[string]answer{
		"DescribeAutoScalingGroups": always(groups(
			templated("latest", "$Latest", members(member("i-9", "InService", false))+"<TargetGroupARNs><member>arn:tg/web</member></TargetGroupARNs>"+
				"<SuspendedProcesses><member><ProcessName>Launch</ProcessName></member></SuspendedProcesses>"+
				"<InstanceMaintenancePolicy><MinHealthyPercentage>90</MinHealthyPercentage><MaxHealthyPercentage>120</MaxHealthyPercentage></InstanceMaintenancePolicy>"),
			templated("pinned", "1", ""),
		)),
		"DescribeInstances": func(q asked) (int, string) {
			if q.form.Get("Filter.1.Name") == "instance-id" {
				return http.StatusOK, instances("", instance("i-9", running+"<instanceLifecycle>spot</instanceLifecycle><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>"+
					"<association><publicIp>203.0.113.7</publicIp><ipOwnerId>111122223333</ipOwnerId></association></item></networkInterfaceSet>"))
			}
			return http.StatusOK, instances("", instance("i-1", running))
		},
		"DescribeInstanceAttribute": func(q asked) (int, string) {
			element := q.form.Get("Attribute")
			return http.StatusOK, "<DescribeInstanceAttributeResponse><instanceId>i-1</instanceId><" + element + "><value>true</value></" + element + "></DescribeInstanceAttributeResponse>"
		},
		"DescribeInstanceRefreshes": func(q asked) (int, string) {
			state := map[string]string{"latest": "Baking", "pinned": "Successful"}[q.form.Get("AutoScalingGroupName")]
			return http.StatusOK, result("DescribeInstanceRefreshes", "<InstanceRefreshes><member><Status>"+state+"</Status></member></InstanceRefreshes>")
		},
		"DescribeLaunchTemplateVersions": func(asked) (int, string) {
			page++
			if page == 1 {
				return http.StatusOK, "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>" + templateVersion(1, true, "<imageId>resolve:ssm:/golden</imageId><instanceType>m5.large</instanceType>"+
					"<instanceMarketOptions><marketType>spot</marketType></instanceMarketOptions>") + "</launchTemplateVersionSet><nextToken>n</nextToken></DescribeLaunchTemplateVersionsResponse>"
			}
			return http.StatusOK, "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>" + templateVersion(12, false, "<imageId>ami-2</imageId><instanceType>m5.large</instanceType>"+
				"<networkInterfaceSet><item><deviceIndex>0</deviceIndex><networkInterfaceId>eni-9</networkInterfaceId></item></networkInterfaceSet>") + "</launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>"
		},
		"GetResources": func(asked) (int, string) {
			return http.StatusOK, `{"ResourceTagMappingList":[{"ResourceARN":"` + at + `service/shop/api","Tags":[{"Key":"` + key + `","Value":"office"}]}]}`
		},
		"DescribeServices":          always(string(must[[]byte](t)(json.Marshal(map[string]any{"services": []any{service}})))),
		"DescribeClusters":          always(`{"clusters":[{"clusterArn":"` + at + `cluster/shop","capacityProviders":["web","FARGATE_SPOT"]}]}`),
		"DescribeCapacityProviders": always(`{"capacityProviders":[{"capacityProviderArn":"` + at + `capacity-provider/web","name":"web","autoScalingGroupProvider":{"autoScalingGroupArn":"` + webGroup + `"}}]}`),
	})
	s := must[fleet.Snapshot](t)(asking(access).Snapshot(t.Context(), seoul))
	want := map[string]*fleet.Launch{
		"latest": {
			Template:  &fleet.Template{ID: "lt-1", Name: "web", Version: "$Latest", Number: 12, Type: "m5.large", Image: "ami-2"},
			Suspended: []string{"Launch"}, Targets: []fleet.Target{{ARN: "arn:tg/web"}}, Interfaces: []fleet.Interface{{ID: "eni-9"}}, MinHealthy: 90, MaxHealthy: 120,
			Members: []fleet.Member{{ID: "i-9", Type: "m5.large", Lifecycle: fleet.SpotOneTime, InService: true, Address: "203.0.113.7"}}, Seen: []fleet.Fact{fleet.Refreshes, fleet.Stacks},
		},
		"pinned": {
			Template: &fleet.Template{ID: "lt-1", Name: "web", Version: "1", Number: 1, Type: "m5.large", Image: "resolve:ssm:/golden", Market: "spot"}, Seen: []fleet.Fact{fleet.Refreshes, fleet.Stacks},
		},
		"api": {
			Platform: "LINUX", Providers: []fleet.Provider{{Name: "web", Base: 1, Weight: 2}}, Targets: []fleet.Target{{ARN: "arn:tg/api"}}, MinHealthy: 50, MaxHealthy: 200,
			Offered: []fleet.Provider{{Name: "web"}, {Name: "FARGATE_SPOT", Spot: true}}, Seen: []fleet.Fact{fleet.Clusters, fleet.Stacks},
		},
	}
	for id, launch := range want {
		if diff := cmp.Diff(launch, find(t, s, id).Launch); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	for id, traits := range map[string][]fleet.TraitKind{
		"latest": {fleet.RefreshInProgress}, "pinned": nil, "i-1": {fleet.TerminationLock, fleet.StopProtection},
	} {
		r := find(t, s, id)
		for _, kind := range []fleet.TraitKind{fleet.RefreshInProgress, fleet.TerminationLock, fleet.StopProtection} {
			if _, has := r.Trait(kind); has != slices.Contains(traits, kind) {
				t.Errorf("%s has %s: %t", id, kind, has)
			}
		}
	}
	if len(s.Resources) != len(want)+1 {
		t.Errorf("members that are only looked at are part of the snapshot: %v", names(s))
	}
	asks := account.made("DescribeLaunchTemplateVersions")
	if len(asks) != 2 || asks[0].form.Get("LaunchTemplateVersion.1") != "$Latest" || asks[0].form.Get("LaunchTemplateVersion.2") != "1" {
		t.Errorf("asked %+v", asks)
	}
	// What has lost its tag is found by name, and as whole.
	found := must[[]fleet.Resource](t)(asking(access).FindLaunched(t.Context(), seoul, []fleet.ARN{find(t, s, "latest").ARN}))
	i := slices.IndexFunc(found, func(r fleet.Resource) bool { return r.ID == "latest" })
	if i < 0 {
		t.Fatalf("found %v", found)
	}
	if _, refreshing := found[i].Trait(fleet.RefreshInProgress); !refreshing || found[i].Launch.Template == nil || found[i].Launch.Template.Number != 12 {
		t.Errorf("found %+v, launched by %+v", found[i], found[i].Launch)
	}
}

// TestWhatCannotBeAskedOfLaunching stays unread, and is said; what is gone is unread, and what else fails fails the snapshot.
func TestWhatCannotBeAskedOfLaunching(t *testing.T) {
	t.Parallel()
	const templates, attributes, refreshes, clusters, providers = "DescribeLaunchTemplateVersions", "DescribeInstanceAttribute", "DescribeInstanceRefreshes", "DescribeClusters", "DescribeCapacityProviders"
	const at = "arn:aws:ecs:ap-northeast-2:111122223333:"
	ec2Says := func(code string) string {
		return "<Response><Errors><Error><Code>" + code + "</Code><Message>no</Message></Error></Errors></Response>"
	}
	groupsSay := func(code string) string {
		return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>no</Message></Error></ErrorResponse>"
	}
	ecsSays := func(code string) string { return `{"__type":"` + code + `","message":"no"}` }
	for _, row := range []struct {
		says, call, answer string
		unchecked          string
		fails              bool
	}{
		{"the role may not ask for templates", templates, ec2Says("UnauthorizedOperation"), "what launch templates say (the role may not call ec2:DescribeLaunchTemplateVersions)", false},
		{"the template is gone", templates, ec2Says("InvalidLaunchTemplateId.NotFound"), "", false},
		{"the version is gone", templates, ec2Says("InvalidLaunchTemplateId.VersionNotFound"), "", false},
		{"something else about templates", templates, ec2Says("InvalidParameterValue"), "", true},
		{"the role may not ask for protection", attributes, ec2Says("UnauthorizedOperation"), "protection of EC2 instances from termination and stops (the role may not call ec2:DescribeInstanceAttribute)", false},
		{"the instance is gone", attributes, ec2Says("InvalidInstanceID.NotFound"), "", false},
		{"something else about protection", attributes, ec2Says("InvalidParameterValue"), "", true},
		{"the role may not ask for refreshes", refreshes, groupsSay("AccessDenied"), "instance refreshes of Auto Scaling groups (the role may not call autoscaling:DescribeInstanceRefreshes)", false},
		{"something else about refreshes", refreshes, groupsSay("InvalidNextToken"), "", true},
		{"the role may not ask for clusters", clusters, ecsSays("AccessDeniedException"), "capacity providers of ECS clusters (the role may not call ecs:DescribeClusters)", false},
		{"something else about clusters", clusters, ecsSays("InvalidParameterException"), "", true},
		{"the role may not ask for providers", providers, ecsSays("AccessDeniedException"), "which groups capacity providers are of (the role may not call ecs:DescribeCapacityProviders)", false},
		{"something else about providers", providers, ecsSays("InvalidParameterException"), "", true},
	} {
		answers := map[string]answer{
			"DescribeAutoScalingGroups": always(groups(templated("web", "7", ""))),
			"DescribeInstances":         always(instances("", instance("i-1", running))),
			"GetResources":              always(`{"ResourceTagMappingList":[{"ResourceARN":"` + at + `service/shop/api","Tags":[{"Key":"` + key + `","Value":"office"}]}]}`),
			"DescribeServices": always(`{"services":[{"serviceName":"api","serviceArn":"` + at + `service/shop/api","clusterArn":"` + at + `cluster/shop","status":"ACTIVE","desiredCount":2,"runningCount":2,
				"tags":[{"key":"` + key + `","value":"office"}]}]}`),
			"DescribeClusters": always(`{"clusters":[{"clusterArn":"` + at + `cluster/shop","capacityProviders":["web"]}]}`),
		}
		answers[row.call] = func(asked) (int, string) { return http.StatusBadRequest, row.answer }
		_, access, _ := reader(t, answers)
		s, err := asking(access).Snapshot(t.Context(), seoul)
		if row.fails {
			if err == nil || !strings.Contains(err.Error(), row.call) {
				t.Errorf("%s: got %v", row.says, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.says, err)
			continue
		}
		web, machine, api := find(t, s, "web").Launch, find(t, s, "i-1").Launch, find(t, s, "api").Launch
		if web.Template.Number != 0 || row.call == attributes && machine.Saw(fleet.Protection) || row.call == refreshes && web.Saw(fleet.Refreshes) || row.call == clusters && api.Saw(fleet.Clusters) {
			t.Errorf("%s: got %+v, %+v, %+v", row.says, web, machine, api)
		}
		if said := slices.Contains(s.NotChecked, row.unchecked); said != (row.unchecked != "") {
			t.Errorf("%s: not checked: %q", row.says, s.NotChecked)
		}
	}
}
