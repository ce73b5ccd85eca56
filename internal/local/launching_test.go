package local_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// launched reads texts and returns how the resource of an id launches.
func launched(t *testing.T, id string, texts ...string) fleet.Launch {
	t.Helper()
	s, err := read(local.Options{Taken: friday, Launch: true}, texts...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Resources {
		if r.ID == id && r.Launch != nil {
			return *r.Launch
		}
	}
	t.Fatalf("%s is not there, or it is not known how it launches", id)
	return fleet.Launch{}
}

const versions = `{"LaunchTemplateVersions": [
	{"LaunchTemplateId": "lt-02605785bf50bab1b", "LaunchTemplateName": "dev-shop-web", "VersionNumber": 6, "DefaultVersion": true,
		"LaunchTemplateData": {"ImageId": "ami-6", "InstanceType": "t3.medium", "InstanceMarketOptions": {"MarketType": "spot"}}},
	{"LaunchTemplateId": "lt-02605785bf50bab1b", "LaunchTemplateName": "dev-shop-web", "VersionNumber": 7, "DefaultVersion": false,
		"LaunchTemplateData": {"ImageId": "resolve:ssm:/golden/web", "InstanceType": "t3.medium", "IamInstanceProfile": {"Name": "web"}, "Placement": {"Tenancy": "dedicated"},
			"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}, {"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": false, "KmsKeyId": "alias/web"}},
				{"DeviceName": "/dev/sdg", "VirtualName": "ephemeral0"}],
			"NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": true}, {"DeviceIndex": 1, "NetworkInterfaceId": "eni-9", "DeleteOnTermination": false}]}},
	{"LaunchTemplateId": "lt-other", "VersionNumber": 9, "DefaultVersion": true, "LaunchTemplateData": {"InstanceType": "m5.large"}}]}`

// scheduled is what describe-scheduled-actions prints of a group.
func scheduled(name string, sizes ...string) string {
	var actions []string
	for _, size := range sizes {
		actions = append(actions, `{"AutoScalingGroupName": "`+name+`", "ScheduledActionARN": "arn:aws:autoscaling:ap-northeast-2:111122223333:scheduledUpdateGroupAction:8e86:autoScalingGroupName/`+name+`:scheduledActionName/x", `+size+`}`)
	}
	return `{"ScheduledUpdateGroupActions": [` + strings.Join(actions, ", ") + `]}`
}

func TestHowGroupsLaunch(t *testing.T) {
	t.Parallel()
	members := []fleet.Member{
		{ID: "i-02e055f9215686993", Type: "t3.medium", Zone: "ap-northeast-2a", InService: true},
		{ID: "i-084f43238fdc8bc01", Type: "t3.medium", Zone: "ap-northeast-2a", InService: true},
	}
	zones := []string{"ap-northeast-2a", "ap-northeast-2c"}
	latest := fleet.Template{ID: "lt-02605785bf50bab1b", Name: "dev-shop-web", Version: "$Latest"}
	read := latest
	read.Number, read.Type, read.Image, read.Tenancy, read.Profile = 7, "t3.medium", "resolve:ssm:/golden/web", "dedicated", "web"
	sixth := fleet.Template{ID: latest.ID, Name: latest.Name, Version: "6", Number: 6, Type: "t3.medium", Image: "ami-6", Market: "spot"}
	volumes := []fleet.Volume{{Device: "/dev/xvda", Root: true}, {Device: "/dev/sdf", Kept: true, Key: "alias/web"}, {Device: "/dev/sdg", Ephemeral: true}}
	interfaces := []fleet.Interface{{Index: 0}, {ID: "eni-9", Index: 1, Kept: true}}
	for _, row := range []struct {
		says, change string
		with         []string
		want         fleet.Launch
	}{
		{"alone, its template is a name", `{}`, nil, fleet.Launch{Zones: zones, Template: &latest, Members: members}},
		{"the latest version is the highest", `{}`, []string{versions}, fleet.Launch{Zones: zones, Template: &read, Members: members, Volumes: volumes, Interfaces: interfaces}},
		{
			"its own scheduled actions: what they desire, else the least they allow, each once", `{}`,
			[]string{scheduled("dev-shop-web", `"DesiredCapacity": 6`, `"MinSize": 2, "MaxSize": 9`, `"DesiredCapacity": 6, "MinSize": 1`, `"MaxSize": 3`), scheduled("another", `"DesiredCapacity": 5`)},
			fleet.Launch{Zones: zones, Template: &latest, Members: members, Scheduled: []int{2, 6}},
		},
		{
			"a version by its number", `{"LaunchTemplate": {"LaunchTemplateId": "lt-02605785bf50bab1b", "LaunchTemplateName": "dev-shop-web", "Version": "6"}}`,
			[]string{versions},
			fleet.Launch{Zones: zones, Template: &sixth, Members: members},
		},
		{
			"a version that was not listed", `{"LaunchTemplate": {"LaunchTemplateId": "lt-02605785bf50bab1b", "Version": "5"}}`,
			[]string{versions},
			fleet.Launch{Zones: zones, Template: &fleet.Template{ID: latest.ID, Version: "5"}, Members: members},
		},
		{
			"a launch configuration", `{"LaunchTemplate": null, "LaunchConfigurationName": "old"}`,
			[]string{versions},
			fleet.Launch{Zones: zones, Configuration: "old", Members: members},
		},
		{
			"a mixed policy",
			`{"LaunchTemplate": null, "CapacityRebalance": true, "MixedInstancesPolicy": {"LaunchTemplate": {
				"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-02605785bf50bab1b", "LaunchTemplateName": "dev-shop-web", "Version": "6"},
				"Overrides": [{"InstanceType": "m5.large", "WeightedCapacity": "1"}, {"InstanceType": "m5a.large"}]},
				"InstancesDistribution": {"OnDemandAllocationStrategy": "prioritized", "OnDemandBaseCapacity": 2, "OnDemandPercentageAboveBaseCapacity": 0,
					"SpotAllocationStrategy": "price-capacity-optimized", "SpotMaxPrice": "0.05"}}}`,
			[]string{versions},
			fleet.Launch{
				Zones: zones, Template: &sixth, Members: members, Rebalance: true,
				Mix: &fleet.Mix{Base: 2, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m5a.large"}, MaxPrice: "0.05"},
			},
		},
		{
			"a mixed policy that leaves all to AWS",
			`{"LaunchTemplate": null, "MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-x", "Version": "1"},
				"Overrides": [{"InstanceRequirements": {"VCpuCount": {"Min": 2}}}, {"InstanceType": "m6g.large", "WeightedCapacity": "2", "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-y", "Version": "1"}}]}}}`,
			nil,
			fleet.Launch{
				Zones: zones, Template: &fleet.Template{ID: "lt-x", Version: "1"}, Members: members,
				Mix: &fleet.Mix{AboveBase: 100, Strategy: "lowest-price", Types: []string{"m6g.large"}, ByRequired: true, Weighted: true, ManyTemplates: true},
			},
		},
		{
			"suspended processes, bounds and balancers",
			`{"SuspendedProcesses": [{"ProcessName": "Terminate", "SuspensionReason": "User suspended"}, {"ProcessName": "Launch"}],
				"InstanceMaintenancePolicy": {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 120}, "LoadBalancerNames": ["old"],
				"TargetGroupARNs": ["arn:tg/web", "arn:tg/tcp", "arn:tg/unread"]}`,
			[]string{
				`{"TargetGroupArn": "arn:tg/web", "Attributes": [{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": "lb_cookie"}]}
				 {"Attributes": [{"Key": "stickiness.enabled", "Value": "false"}, {"Key": "stickiness.type", "Value": "source_ip"}], "TargetGroupArn": "arn:tg/tcp"}`,
			},
			fleet.Launch{
				Zones: zones, Template: &latest, Members: members, Suspended: []string{"Launch", "Terminate"}, MinHealthy: 90, MaxHealthy: 120,
				Targets: []fleet.Target{{ARN: "arn:tg/web", Kind: "application", Sticky: true}, {ARN: "arn:tg/tcp", Kind: "network"}, {ARN: "arn:tg/unread"}, {ARN: "old", Kind: "classic"}},
			},
		},
		{"no bounds are set", `{"InstanceMaintenancePolicy": {"MinHealthyPercentage": -1, "MaxHealthyPercentage": -1}}`, nil, fleet.Launch{Zones: zones, Template: &latest, Members: members}},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			texts := append([]string{listed(t, "AutoScalingGroups", row.change)}, row.with...)
			if diff := cmp.Diff(row.want, launched(t, "dev-shop-web", texts...)); diff != "" {
				t.Error(diff)
			}
			texts[0], texts[len(texts)-1] = texts[len(texts)-1], texts[0] // the order of files does not matter
			if diff := cmp.Diff(row.want, launched(t, "dev-shop-web", texts...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHowInstancesLaunch(t *testing.T) {
	t.Parallel()
	const change = `{"ImageId": "ami-1", "Placement": {"AvailabilityZone": "ap-northeast-2a", "Tenancy": "host"}, "SpotInstanceRequestId": "sir-1",
		"NetworkInterfaces": [
			{"NetworkInterfaceId": "eni-2", "Attachment": {"DeviceIndex": 1, "DeleteOnTermination": false}},
			{"NetworkInterfaceId": "eni-1", "Attachment": {"DeviceIndex": 0, "DeleteOnTermination": true}, "Association": {"IpOwnerId": "111122223333", "PublicIp": "203.0.113.7"}},
			{"NetworkInterfaceId": "eni-3", "Attachment": {"DeviceIndex": 2, "DeleteOnTermination": true}, "Association": {"IpOwnerId": "amazon", "PublicIp": "198.51.100.4"}}]}`
	got := launched(t, "i-048ff0f154b0f10bf", listed(t, "Reservations", change))
	want := fleet.Launch{
		Zones: []string{"ap-northeast-2a"}, Image: "ami-1", Tenancy: "host", Profile: "arn:aws:iam::111122223333:instance-profile/dev-app", Request: "sir-1",
		Volumes: []fleet.Volume{
			{ID: got.Volumes[0].ID, Device: "/dev/xvda", Root: true}, {ID: "vol-08e5381938d0eed25", Device: "/dev/xvdf", Kept: true},
		},
		Interfaces: []fleet.Interface{{ID: "eni-1", Public: "203.0.113.7"}, {ID: "eni-2", Index: 1, Kept: true}, {ID: "eni-3", Index: 2}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMembersAreWhatTheirInstancesAre(t *testing.T) {
	t.Parallel()
	group := listed(t, "AutoScalingGroups", `{"Instances": [{"InstanceId": "i-048ff0f154b0f10bf", "InstanceType": "m5.large", "AvailabilityZone": "ap-northeast-2a", "LifecycleState": "Pending", "ProtectedFromScaleIn": true}]}`)
	instance := listed(t, "Reservations", `{"InstanceLifecycle": "spot", "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "Association": {"IpOwnerId": "111122223333", "PublicIp": "203.0.113.7"}}]}`)
	got := launched(t, "dev-shop-web", instance, group).Members
	want := []fleet.Member{{ID: "i-048ff0f154b0f10bf", Type: "m5.large", Zone: "ap-northeast-2a", Lifecycle: fleet.SpotOneTime, Protected: true, Address: "203.0.113.7"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHowServicesLaunch(t *testing.T) {
	t.Parallel()
	const at = "arn:aws:ecs:ap-northeast-2:111122223333:"
	clusters := func(names string) string {
		return `{"clusters": [{"clusterArn": "` + at + `cluster/dev-shop", "clusterName": "dev-shop", "status": "ACTIVE", "capacityProviders": [` + names + `]}], "failures": []}`
	}
	group := listed(t, "AutoScalingGroups", `{"LaunchTemplate": null, "MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-x", "Version": "1"}},
		"InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 0}}}`)
	groupARN := strings.Split(strings.Split(group, `"AutoScalingGroupARN":"`)[1], `"`)[0]
	providers := `{"capacityProviders": [{"capacityProviderArn": "` + at + `capacity-provider/web", "name": "web", "autoScalingGroupProvider": {"autoScalingGroupArn": "` + groupARN + `"}},
		{"capacityProviderArn": "` + at + `capacity-provider/FARGATE", "name": "FARGATE"}]}`
	fargate := fleet.Launch{LaunchType: "FARGATE", Platform: "LINUX", MinHealthy: 100, MaxHealthy: 200}
	for _, row := range []struct {
		says, change string
		with         []string
		want         func(l *fleet.Launch)
	}{
		{"on Fargate", `{}`, nil, func(*fleet.Launch) {}},
		{
			"its cluster", `{}`,
			[]string{clusters(`"FARGATE", "FARGATE_SPOT"`)},
			func(l *fleet.Launch) {
				l.Offered, l.Seen = []fleet.Provider{{Name: "FARGATE"}, {Name: "FARGATE_SPOT", Spot: true}}, []fleet.Fact{fleet.Clusters}
			},
		},
		{"a cluster without providers", `{}`, []string{clusters("")}, func(l *fleet.Launch) { l.Seen = []fleet.Fact{fleet.Clusters} }},
		{
			"a strategy of providers, and a load balancer",
			`{"launchType": null, "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "base": 1, "weight": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 3}],
				"loadBalancers": [{"targetGroupArn": "arn:tg/api", "containerName": "api", "containerPort": 80}, {"loadBalancerName": "old"}], "deploymentConfiguration": null}`,
			nil, func(l *fleet.Launch) {
				*l = fleet.Launch{
					Platform: "LINUX", Providers: []fleet.Provider{{Name: "FARGATE", Base: 1, Weight: 1}, {Name: "FARGATE_SPOT", Weight: 3, Spot: true}},
					Targets: []fleet.Target{{ARN: "arn:tg/api"}, {ARN: "old", Kind: "classic"}},
				}
			},
		},
		{"Windows", `{"platformFamily": "Windows Server 2022 Core"}`, nil, func(l *fleet.Launch) { l.Platform = "WINDOWS_SERVER_2022_CORE" }},
		{
			"a provider of a group that buys Spot alone", `{"launchType": null, "platformFamily": null, "capacityProviderStrategy": [{"capacityProvider": "web", "weight": 1}]}`,
			[]string{group, clusters(`"web", "other"`), providers},
			func(l *fleet.Launch) {
				l.LaunchType, l.Platform = "", ""
				l.Providers, l.Offered = []fleet.Provider{{Name: "web", Weight: 1, Spot: true}}, []fleet.Provider{{Name: "web", Spot: true}, {Name: "other"}}
				l.Seen = []fleet.Fact{fleet.Clusters}
			},
		},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			want := fargate
			row.want(&want)
			got := launched(t, "dev-shop-api", append([]string{listed(t, "services", row.change)}, row.with...)...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNothingOfLaunchingUnlessAsked keeps snapshots for schedules small; what tells more may stand beside the listings.
func TestNothingOfLaunchingUnlessAsked(t *testing.T) {
	t.Parallel()
	texts := []string{listed(t, "AutoScalingGroups", `{}`), listed(t, "Reservations", `{}`), listed(t, "services", `{}`)}
	plain, err := read(local.Options{Taken: friday}, texts...)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := read(local.Options{Taken: friday}, append(texts, versions, `{"TargetGroupArn": "a", "Attributes": []}`, `{"clusters": []}`, `{"capacityProviders": []}`)...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain, beside); diff != "" {
		t.Errorf("listings of launching change what schedules see: %s", diff)
	}
	asked, err := read(local.Options{Taken: friday, Launch: true}, append(texts, versions)...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range asked.Resources {
		if plain.Resources[i].Launch != nil || asked.Resources[i].Launch == nil {
			t.Errorf("%s: unasked %+v, asked %+v", asked.Resources[i].ID, plain.Resources[i].Launch, asked.Resources[i].Launch)
		}
		asked.Resources[i].Launch = nil
	}
	if diff := cmp.Diff(plain.Resources, asked.Resources); diff != "" {
		t.Errorf("asking changes more than how things launch: %s", diff)
	}
}

func TestBrokenListingsOfLaunching(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{
		{`{"LaunchTemplateVersions": [{"VersionNumber": 1}]}`, "a.json: $.LaunchTemplateVersions[0].LaunchTemplateId: missing"},
		{`{"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1"}]}`, `a.json: $.LaunchTemplateVersions[0].VersionNumber: is "0"`},
		{`{"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1", "VersionNumber": "7"}]}`, `$.LaunchTemplateVersions[0].VersionNumber: is text (expected a whole number)`},
		{`{"LaunchTemplateVersions": {}}`, "$.LaunchTemplateVersions: is an object (expected a list)"},
		{`{"LaunchTemplateVersions": [], "NextToken": "x"}`, "the listing was cut here"},
		{`{"Attributes": [{"Key": "stickiness.enabled", "Value": "true"}]}`, "a.json: $.TargetGroupArn: missing; list with --query"},
		{`{"TargetGroupArn": "arn:tg/web"}`, "a.json: $.Attributes: missing"},
		{`{"clusters": [{"clusterArn": "shop"}]}`, `a.json: $.clusters[0].clusterArn: is "shop"`},
		{`{"capacityProviders": [{"name": "web"}]}`, `a.json: $.capacityProviders[0].capacityProviderArn: is ""`},
		{`{"AutoScalingGroups": [{"AutoScalingGroupName": "a", "AutoScalingGroupARN": "arn:aws:autoscaling:ap-northeast-2:111122223333:x", "MinSize": 0, "MaxSize": 1, "DesiredCapacity": 0, "LaunchTemplate": {"Version": "1"}}]}`, "$.AutoScalingGroups[0].LaunchTemplate.LaunchTemplateId: missing"},
		{`{"AutoScalingGroups": [{"AutoScalingGroupName": "a", "AutoScalingGroupARN": "arn:aws:autoscaling:ap-northeast-2:111122223333:x", "MinSize": 0, "MaxSize": 1, "DesiredCapacity": 0, "MixedInstancesPolicy": {}}]}`, "$.AutoScalingGroups[0].MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification: missing"},
	} {
		_, err := read(local.Options{Taken: friday, Launch: true}, row.text)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s\ngot  %v\nwant %s", row.text, err, row.want)
		}
	}
}
