package autospot_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

var (
	here  = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	taken = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
)

func rules() *autospot.Rules {
	return &autospot.Rules{
		Policy: "test", Keys: fleet.KeysWithPrefix(fleet.DefaultPrefix), Mode: autospot.Advise,
		Environments: []fleet.Environment{
			{Name: "prod", Tags: map[string][]string{"Environment": {"prod"}}, Protected: true},
			{Name: "stg", Tags: map[string][]string{"Environment": {"stg"}}},
			{Name: "dev", Tags: map[string][]string{"Environment": {"dev"}}},
			{Name: "lab", Tags: map[string][]string{"Team": {"lab"}}},
		},
		Profiles: map[string]autospot.Profile{
			"default": {Name: "default", Loss: 20, Odds: 0.1, MinimumSaving: 25, Churn: 10},
			"batch":   {Name: "batch", Loss: 50, Odds: 0.5, MinimumSaving: 30, Churn: 40},
		},
	}
}

func rate(text string) money.Rate {
	r, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

// offers is a market in which everything is known.
func offers() *market.Market {
	return &market.Market{
		Taken: taken,
		Catalog: market.NewCatalog(
			market.Spec{Type: "m5.large", VCPU: 2, MemoryMiB: 8192, Spot: true},
			market.Spec{Type: "m5d.large", VCPU: 2, MemoryMiB: 8192, Spot: true, Store: market.Store{TotalGB: 75, Disks: 1, Kind: "ssd"}},
			market.Spec{Type: "u-6tb1.metal", VCPU: 448, MemoryMiB: 6 << 20},
		),
		OnDemand: fleet.Prices{
			{Region: here.Region, Type: "m5.large", Product: "Linux/UNIX"}:     rate("0.118"),
			{Region: here.Region, Type: "m5d.large", Product: "Linux/UNIX"}:    rate("0.139"),
			{Region: here.Region, Type: "u-6tb1.metal", Product: "Linux/UNIX"}: rate("70"),
		},
		Quotas: []market.Quota{{Class: "standard", Limit: 256, Used: 16}},
	}
}

func optedIn(more ...fleet.Tag) fleet.Tags {
	return fleet.NewTags(append([]fleet.Tag{{Key: "Environment", Value: "dev"}, {Key: "offpeak:spot", Value: "yes"}}, more...)...)
}

// group has nothing against it.
func group() autospot.Case {
	return autospot.Case{Market: offers(), Resource: &fleet.Resource{
		ID: "dev-web", ARN: "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:0:autoScalingGroupName/dev-web", Kind: fleet.AutoScalingGroup, Scope: here,
		State: fleet.Running, Size: fleet.Size{Min: 2, Max: 8, Desired: 4}, Product: "Linux/UNIX", Tags: optedIn(), Members: []fleet.Members{{Type: "m5.large", Count: 4}},
		Launch: &fleet.Launch{
			Zones:    []string{"ap-northeast-2a", "ap-northeast-2c"},
			Template: &fleet.Template{ID: "lt-1", Name: "web", Version: "7", Number: 7, Type: "m5.large", Image: "ami-1"},
			Targets:  []fleet.Target{{ARN: "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/web/1", Kind: "application"}},
			Volumes:  []fleet.Volume{{Device: "/dev/xvda", Root: true}, {Device: "/dev/sdf"}},
			Members:  []fleet.Member{{ID: "i-1", Type: "m5.large", Zone: "ap-northeast-2a", InService: true}},
			Seen:     []fleet.Fact{fleet.Stacks, fleet.Refreshes},
		},
	}}
}

// instance has nothing against it.
func instance() autospot.Case {
	return autospot.Case{Market: offers(), Resource: &fleet.Resource{
		ID: "i-1", ARN: "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-1", Kind: fleet.EC2Instance, Scope: here,
		State: fleet.Running, Type: "m5.large", Product: "Linux/UNIX", Tags: optedIn(),
		Launch: &fleet.Launch{
			Zones: []string{"ap-northeast-2a"}, Image: "ami-1",
			Volumes:    []fleet.Volume{{ID: "vol-1", Device: "/dev/xvda", Root: true}, {ID: "vol-2", Device: "/dev/sdf", Kept: true}},
			Interfaces: []fleet.Interface{{ID: "eni-1", Public: "203.0.113.7"}},
			Seen:       []fleet.Fact{fleet.Stacks, fleet.Protection},
		},
	}}
}

// service has nothing against it.
func service() autospot.Case {
	return autospot.Case{Resource: &fleet.Resource{
		ID: "api", Parent: "shop", ARN: "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api", Kind: fleet.ECSService, Scope: here,
		State: fleet.Running, Size: fleet.Size{Desired: 4}, Product: "FARGATE", Tags: optedIn(),
		Launch: &fleet.Launch{
			LaunchType: "FARGATE", Platform: "LINUX",
			Offered: []fleet.Provider{{Name: "FARGATE"}, {Name: "FARGATE_SPOT", Spot: true}},
			Seen:    []fleet.Fact{fleet.Stacks, fleet.Clusters},
		},
	}}
}

func trait(kind fleet.TraitKind, detail string) func(*autospot.Case) {
	return func(c *autospot.Case) {
		c.Resource.Traits = append(c.Resource.Traits, fleet.Trait{Kind: kind, Detail: detail})
	}
}

func tagged(key, value string) func(*autospot.Case) {
	return func(c *autospot.Case) {
		c.Resource.Tags = fleet.NewTags(append(slices.Clone(c.Resource.Tags), fleet.Tag{Key: key, Value: value})...)
	}
}

func untagged(key string) func(*autospot.Case) {
	return func(c *autospot.Case) {
		c.Resource.Tags = slices.DeleteFunc(slices.Clone(c.Resource.Tags), func(t fleet.Tag) bool { return t.Key == key })
	}
}

func launch(change func(*fleet.Launch)) func(*autospot.Case) {
	return func(c *autospot.Case) { change(c.Resource.Launch) }
}

func all(changes ...func(*autospot.Case)) func(*autospot.Case) {
	return func(c *autospot.Case) {
		for _, change := range changes {
			change(c)
		}
	}
}

func moved(stage fleet.Stage, before, written fleet.Purchase) func(*autospot.Case) {
	return func(c *autospot.Case) {
		c.Moved = &fleet.Moved{Stage: stage, Before: &before, Written: &written}
	}
}

// row is one thing that is different, what becomes of its gate, and what people read.
type row struct {
	says    string
	change  func(*autospot.Case)
	gate    autospot.Code
	verdict autospot.Verdict
	why     string          // part of it
	remedy  string          // part of it
	also    []autospot.Code // other gates that the change bears on
}

const stackName = "aws:cloudformation:stack-name"

// everywhere are the gates of all kinds.
var everywhere = []row{
	{"an environment of its own", nil, autospot.GateEnvironment, autospot.Pass, "environment dev", "", nil},
	{"protected", tagged("Environment", "prod"), autospot.GateEnvironment, autospot.Refuse, "environment prod is protected", "", nil},
	{"protected by one tag, and not by another", all(tagged("Environment", "prod"), tagged("Team", "lab")), autospot.GateEnvironment, autospot.Refuse, "environment prod is protected", "", nil},
	{"no environment", untagged("Environment"), autospot.GateEnvironment, autospot.Refuse, "belong to an environment", "environments in the policy", nil},
	{"two environments", tagged("Team", "lab"), autospot.GateEnvironment, autospot.Refuse, "two environments, dev and lab", "out of one", nil},

	{"yes", nil, autospot.GateOptIn, autospot.Pass, "profile default", "", nil},
	{"a profile's name", tagged("offpeak:spot", "batch"), autospot.GateOptIn, autospot.Pass, "profile batch", "", nil},
	{"no tag", untagged("offpeak:spot"), autospot.GateOptIn, autospot.Refuse, "not opted in", "offpeak:spot=yes", nil},
	{"no", tagged("offpeak:spot", "no"), autospot.GateOptIn, autospot.Refuse, "says no", "", nil},
	{"a name that nobody gave", tagged("offpeak:spot", "bacth"), autospot.GateOptIn, autospot.Refuse, `no Spot profile "bacth"`, "did you mean batch?", nil},
	{"yes to Spot, and the schedule says leave me alone", tagged("offpeak:schedule", "Ignore"), autospot.GateOptIn, autospot.Refuse, "leave it alone", "remove one of", nil},
	{"a key in the wrong case", all(untagged("offpeak:spot"), tagged("Offpeak:Spot", "yes")), autospot.GateOptIn, autospot.Refuse, "upper and lower case count", "rename the tag Offpeak:Spot", nil},

	{"run by EKS", trait(fleet.Managed, "EKS node group ng-1"), autospot.GateOwner, autospot.Refuse, "EKS node group ng-1", "--capacity-type SPOT", nil},
	{"run by Elastic Beanstalk", trait(fleet.Managed, "Elastic Beanstalk environment shop"), autospot.GateOwner, autospot.Refuse, "Beanstalk", "EnableSpot,Value=true", nil},
	{"run by AWS Batch", trait(fleet.Managed, "AWS Batch"), autospot.GateOwner, autospot.Refuse, "AWS Batch", "compute environment of type SPOT", nil},
	{"run by EMR", trait(fleet.Managed, "EMR cluster j-1"), autospot.GateOwner, autospot.Refuse, "EMR cluster j-1", "instance fleet", nil},
	{"run by an operator", trait(fleet.Managed, "the operator eks.amazonaws.com"), autospot.GateOwner, autospot.Refuse, "operator", "ask for Spot there", nil},

	{"made by no stack", nil, autospot.GateStack, autospot.Pass, "", "", nil},
	{"made by a stack", tagged(stackName, "shop"), autospot.GateStack, autospot.Warn, "next deployment of its CloudFormation stack shop", "CDK and CloudFormation", nil},
	{"its stack is being changed", trait(fleet.StackUpdating, "shop"), autospot.GateStack, autospot.Refuse, "being changed", "next run", nil},
	{"nobody looked at its stack", all(tagged(stackName, "shop"), func(c *autospot.Case) {
		c.Resource.Launch.Seen = []fleet.Fact{fleet.Refreshes, fleet.Protection, fleet.Clusters}
	}), autospot.GateStack, autospot.Unknown, "not looked at", "describe-stacks", nil},

	{"being deleted", trait(fleet.BeingDeleted, ""), autospot.GateDeletion, autospot.Refuse, "being deleted", "", nil},

	{"written by AutoSpot", func(c *autospot.Case) { now := c.Resource.Purchase(); moved(fleet.OnSpot, fleet.Purchase{}, now)(c) }, autospot.GatePurchase, autospot.Pass, "as AutoSpot wrote it", "", nil},
	{"changed by somebody after a move", moved(fleet.OnSpot, fleet.Purchase{}, fleet.Purchase{Mix: &fleet.Mix{Base: 2, Strategy: "price-capacity-optimized"}, Lifecycle: fleet.SpotPersistent, Providers: []fleet.Provider{{Name: "FARGATE_SPOT"}}}), autospot.GatePurchase, autospot.Refuse, "somebody else changed it", "as it was written", nil},
	{"a move under way", func(c *autospot.Case) {
		moved(fleet.Moving, c.Resource.Purchase(), fleet.Purchase{Mix: &fleet.Mix{Base: 2}, Lifecycle: fleet.SpotPersistent, Providers: []fleet.Provider{{Name: "FARGATE_SPOT"}}})(c)
	}, autospot.GatePurchase, autospot.Pass, "under way", "", nil},
	{"a move that was rolled back", func(c *autospot.Case) { now := c.Resource.Purchase(); moved(fleet.GivenUp, now, now)(c) }, autospot.GatePurchase, autospot.Refuse, "rolled back", "by hand", nil},
	{"disowned", func(c *autospot.Case) { now := c.Resource.Purchase(); moved(fleet.Disowned, now, now)(c) }, autospot.GatePurchase, autospot.Refuse, "somebody changed", "", nil},
}

var groups = []row{
	{"a template", nil, autospot.GateConfiguration, autospot.Pass, "template lt-1", "", nil},
	{
		"a launch configuration", launch(func(l *fleet.Launch) { l.Template, l.Configuration = nil, "web lc" }), autospot.GateConfiguration, autospot.Refuse, "launch configuration web lc",
		"create-launch-template --region ap-northeast-2 --launch-template-name web-lc",
		[]autospot.Code{autospot.GateVersion, autospot.GateImage, autospot.GateMarket, autospot.GateTenancy, autospot.GateVolumes, autospot.GateAddresses},
	},
	{
		"a launch configuration of a stack", all(tagged(stackName, "shop"), launch(func(l *fleet.Launch) { l.Configuration = "web" })), autospot.GateConfiguration, autospot.Refuse, "launch configuration",
		"in the stack shop: set @aws-cdk",
		[]autospot.Code{autospot.GateStack},
	},
	{
		"nobody looked how it launches", func(c *autospot.Case) { c.Resource.Launch = nil }, autospot.GateConfiguration, autospot.Unknown, "not read", "inventory",
		[]autospot.Code{
			autospot.GateVersion, autospot.GateImage, autospot.GateMarket, autospot.GateRequirements, autospot.GateWeights, autospot.GatePurchase, autospot.GateTenancy,
			autospot.GateSuspended, autospot.GateRefresh, autospot.GateVolumes, autospot.GateAddresses, autospot.GateStickiness,
		},
	},

	{"a number", nil, autospot.GateVersion, autospot.Pass, "version is 7", "", nil},
	{"$Latest", launch(func(l *fleet.Launch) { l.Template.Version = "$Latest" }), autospot.GateVersion, autospot.Refuse, "$Latest", "--auto-scaling-group-name dev-web --launch-template LaunchTemplateId=lt-1,Version=7", nil},
	{"$Default", launch(func(l *fleet.Launch) { l.Template.Version = "$Default" }), autospot.GateVersion, autospot.Refuse, "$Default", "Version=7", nil},
	{"no version, which means the default one", launch(func(l *fleet.Launch) { l.Template.Version = "" }), autospot.GateVersion, autospot.Refuse, "$Default", "Version=7", nil},
	{
		"$Latest in a mixed policy", launch(func(l *fleet.Launch) {
			l.Template.Version, l.Mix = "$Latest", &fleet.Mix{AboveBase: 100, Types: []string{"m5.large", "m5a.large"}}
		}), autospot.GateVersion, autospot.Refuse, "$Latest",
		`--mixed-instances-policy '{"LaunchTemplate":{"LaunchTemplateSpecification":{"LaunchTemplateId":"lt-1","Version":"7"},"Overrides":[{"InstanceType":"m5.large"},{"InstanceType":"m5a.large"}]}}'`, nil,
	},
	{
		"$Latest, and its versions were not read", launch(func(l *fleet.Launch) { l.Template.Version, l.Template.Number = "$Latest", 0 }), autospot.GateVersion, autospot.Refuse, "$Latest", "--launch-template-id lt-1 --versions '$Latest'",
		[]autospot.Code{autospot.GateImage, autospot.GateMarket, autospot.GateRequirements, autospot.GateTenancy, autospot.GateVolumes, autospot.GateAddresses},
	},
	{"$Latest of a stack", all(tagged(stackName, "shop"), launch(func(l *fleet.Launch) { l.Template.Version = "$Latest" })), autospot.GateVersion, autospot.Refuse, "$Latest", "LatestVersionNumber", []autospot.Code{autospot.GateStack}},

	{"an image by its id", nil, autospot.GateImage, autospot.Pass, "ami-1", "", nil},
	{"an image by an SSM parameter", launch(func(l *fleet.Launch) { l.Template.Image = "resolve:ssm:/golden/web" }), autospot.GateImage, autospot.Refuse, "/golden/web", "ssm get-parameter --region ap-northeast-2 --name /golden/web", nil},
	{"no image", launch(func(l *fleet.Launch) { l.Template.Image = "" }), autospot.GateImage, autospot.Unknown, "names no image", "", nil},

	{"a template that asks for Spot", launch(func(l *fleet.Launch) { l.Template.Market = "spot" }), autospot.GateMarket, autospot.Refuse, "asks for spot itself", "del(.InstanceMarketOptions)", nil},

	{"a mixed policy by requirements", launch(func(l *fleet.Launch) { l.Mix = &fleet.Mix{AboveBase: 100, ByRequired: true} }), autospot.GateRequirements, autospot.Refuse, "requirements instead", "name instance types", nil},
	{"types with templates of their own", launch(func(l *fleet.Launch) {
		l.Mix = &fleet.Mix{AboveBase: 100, Types: []string{"m5.large", "m6g.large"}, ManyTemplates: true}
	}), autospot.GateRequirements, autospot.Refuse, "templates of their own", "one template", nil},
	{"a template by requirements", launch(func(l *fleet.Launch) { l.Template.Type = "" }), autospot.GateRequirements, autospot.Refuse, "no instance type", "", nil},
	{"a template without a type, a policy with types", launch(func(l *fleet.Launch) {
		l.Template.Type, l.Mix = "", &fleet.Mix{AboveBase: 100, Types: []string{"m5.large"}}
	}), autospot.GateRequirements, autospot.Pass, "names instance types", "", nil},

	{"weights", launch(func(l *fleet.Launch) { l.Mix = &fleet.Mix{AboveBase: 100, Types: []string{"m5.large"}, Weighted: true} }), autospot.GateWeights, autospot.Refuse, "count units", "remove the weights", nil},

	{"one type on demand", nil, autospot.GatePurchase, autospot.Pass, "on demand", "", nil},
	{"a mixed policy that buys on demand", launch(func(l *fleet.Launch) { l.Mix = &fleet.Mix{AboveBase: 100, Types: []string{"m5.large"}} }), autospot.GatePurchase, autospot.Pass, "on demand alone", "", nil},
	{"somebody's own mixed policy", launch(func(l *fleet.Launch) {
		l.Mix = &fleet.Mix{Base: 1, AboveBase: 50, Types: []string{"m5.large"}, MaxPrice: "0.05"}
	}), autospot.GatePurchase, autospot.Warn, "base 1, 50 % on demand above it, for at most 0.05 USD", "remove the tag", nil},

	{"dedicated hardware", launch(func(l *fleet.Launch) { l.Template.Tenancy = "dedicated" }), autospot.GateTenancy, autospot.Refuse, "dedicated", "tenancy default", nil},
	{"a Dedicated Host", launch(func(l *fleet.Launch) { l.Template.Tenancy = "host" }), autospot.GateTenancy, autospot.Refuse, "Dedicated Host", "tenancy default", nil},

	{"a type of the catalogue", nil, autospot.GateType, autospot.Pass, "m5.large", "", nil},
	{"a type that nobody knows", launch(func(l *fleet.Launch) { l.Template.Type = "m9.large" }), autospot.GateType, autospot.Refuse, "m9.large", "", []autospot.Code{autospot.GateProduct, autospot.GateInstanceStore, autospot.GateQuota}},
	{"a type that is not sold on Spot", launch(func(l *fleet.Launch) { l.Template.Type = "u-6tb1.metal" }), autospot.GateType, autospot.Refuse, "not sold on Spot", "", []autospot.Code{autospot.GateQuota}},
	{"no type at all", all(launch(func(l *fleet.Launch) { l.Template.Type = "" }), func(c *autospot.Case) { c.Resource.Members = nil }), autospot.GateType, autospot.Unknown, "not known", "", []autospot.Code{autospot.GateRequirements, autospot.GateProduct, autospot.GateInstanceStore, autospot.GateQuota}},
	{"no catalogue", func(c *autospot.Case) { c.Market.Catalog = nil }, autospot.GateType, autospot.Unknown, "nothing is known", "describe-instance-types", []autospot.Code{autospot.GateInstanceStore, autospot.GateQuota}},

	{"Linux", nil, autospot.GateProduct, autospot.Pass, "Linux/UNIX", "", nil},
	{"instances that nobody listed", func(c *autospot.Case) { c.Resource.Product = "" }, autospot.GateProduct, autospot.Unknown, "billed as", "describe-instances", nil},
	{"SQL Server", func(c *autospot.Case) { c.Resource.Product = "Windows with SQL Server Standard" }, autospot.GateProduct, autospot.Refuse, "not sold on Spot", "", nil},
	{"no price for Windows", func(c *autospot.Case) { c.Resource.Product = "Windows" }, autospot.GateProduct, autospot.Refuse, "is not known", "give the price of m5.large with Windows", nil},
	{"no prices", func(c *autospot.Case) { c.Market.OnDemand = nil }, autospot.GateProduct, autospot.Unknown, "no on-demand prices", "", nil},

	{"one instance at most", func(c *autospot.Case) { c.Resource.Size = fleet.Size{Min: 1, Max: 1, Desired: 1} }, autospot.GateSize, autospot.Refuse, "one instance at most", "allow it two", nil},
	{"one instance, and room for more", func(c *autospot.Case) { c.Resource.Size = fleet.Size{Max: 2, Desired: 1} }, autospot.GateSize, autospot.Pass, "", "", nil},
	{"asleep", func(c *autospot.Case) { c.Resource.Size = fleet.Size{} }, autospot.GateSize, autospot.Warn, "at its next opening", "", nil},
	{"asleep, and will be four", func(c *autospot.Case) {
		c.Resource.Size, c.Original = fleet.Size{}, &fleet.Size{Min: 2, Max: 8, Desired: 4}
	}, autospot.GateSize, autospot.Pass, "8", "", nil},
	{"asleep, and will be one", func(c *autospot.Case) {
		c.Resource.Size, c.Original = fleet.Size{}, &fleet.Size{Min: 1, Max: 1, Desired: 1}
	}, autospot.GateSize, autospot.Refuse, "one instance", "", nil},

	{"Launch suspended", launch(func(l *fleet.Launch) { l.Suspended = []string{"AlarmNotification", "Launch"} }), autospot.GateSuspended, autospot.Refuse, "processes Launch are", "resume-processes --region ap-northeast-2 --auto-scaling-group-name dev-web --scaling-processes Launch", nil},
	{"Terminate suspended", launch(func(l *fleet.Launch) { l.Suspended = []string{"Terminate"} }), autospot.GateSuspended, autospot.Refuse, "Terminate", "resume-processes", nil},
	{"replacements would get no traffic", launch(func(l *fleet.Launch) { l.Suspended = []string{"AddToLoadBalancer"} }), autospot.GateSuspended, autospot.Refuse, "AddToLoadBalancer", "resume-processes", nil},
	{"zones are not balanced", launch(func(l *fleet.Launch) { l.Suspended = []string{"AZRebalance"} }), autospot.GateSuspended, autospot.Warn, "zones that are even", "resume-processes", nil},
	{"unhealthy members stay", launch(func(l *fleet.Launch) { l.Suspended = []string{"ReplaceUnhealthy"} }), autospot.GateSuspended, autospot.Warn, "replaced late", "--scaling-processes ReplaceUnhealthy", nil},
	{"processes that do not matter", launch(func(l *fleet.Launch) { l.Suspended = []string{"AlarmNotification", "ScheduledActions"} }), autospot.GateSuspended, autospot.Pass, "", "", nil},

	{"a refresh under way", trait(fleet.RefreshInProgress, ""), autospot.GateRefresh, autospot.Refuse, "under way", "next run", nil},
	{"its own refresh under way", all(trait(fleet.RefreshInProgress, ""), func(c *autospot.Case) {
		moved(fleet.Moving, c.Resource.Purchase(), fleet.Purchase{Mix: &fleet.Mix{}})(c)
	}), autospot.GateRefresh, autospot.Pass, "AutoSpot's own", "", nil},
	{"nobody looked for refreshes", launch(func(l *fleet.Launch) { l.Seen = []fleet.Fact{fleet.Stacks} }), autospot.GateRefresh, autospot.Unknown, "not looked at", "describe-instance-refreshes", nil},

	{"a warm pool", trait(fleet.WarmPool, ""), autospot.GateWarmPool, autospot.Warn, "warm pool", "anew", nil},
	{"protected members", trait(fleet.ProtectedMembers, "2"), autospot.GateMembers, autospot.Warn, "2 protected from scale-in", "protection", nil},
	{"standby members", all(trait(fleet.StandbyMembers, "1"), trait(fleet.ProtectedMembers, "2")), autospot.GateMembers, autospot.Warn, "2 protected from scale-in, 1 on standby", "", nil},

	{"volumes that end with their instance", nil, autospot.GateVolumes, autospot.Pass, "", "", nil},
	{"a data volume that is kept", launch(func(l *fleet.Launch) { l.Volumes[1].Kept = true }), autospot.GateVolumes, autospot.Refuse, "/dev/sdf", "EFS", nil},
	{"a root volume that is kept", launch(func(l *fleet.Launch) { l.Volumes[0].Kept = true }), autospot.GateVolumes, autospot.Warn, "leaves one behind", "", nil},
	{"an interface of its own", launch(func(l *fleet.Launch) { l.Interfaces = []fleet.Interface{{ID: "eni-9"}} }), autospot.GateAddresses, autospot.Refuse, "eni-9", "", nil},
	{"interfaces that the template makes", launch(func(l *fleet.Launch) { l.Interfaces = []fleet.Interface{{Index: 0}} }), autospot.GateAddresses, autospot.Pass, "", "", nil},
	{"a member with an Elastic IP", launch(func(l *fleet.Launch) { l.Members[0].Address = "203.0.113.9" }), autospot.GateAddresses, autospot.Refuse, "203.0.113.9", "load balancer", nil},
	{"a type with local disks", launch(func(l *fleet.Launch) { l.Template.Type = "m5d.large" }), autospot.GateInstanceStore, autospot.Warn, "m5d.large", "last copy", nil},
	{"local disks that the template uses", launch(func(l *fleet.Launch) { l.Volumes[1].Ephemeral = true }), autospot.GateInstanceStore, autospot.Warn, "instance-store disks", "last copy", nil},

	{"sticky sessions", launch(func(l *fleet.Launch) { l.Targets[0].Sticky = true }), autospot.GateStickiness, autospot.Warn, "target group web", "store", nil},
	{"a target group that nobody looked at", launch(func(l *fleet.Launch) { l.Targets[0].Kind = "" }), autospot.GateStickiness, autospot.Warn, "not looked at", "describe-target-group-attributes", nil},
	{"a classic load balancer", launch(func(l *fleet.Launch) { l.Targets = []fleet.Target{{ARN: "old", Kind: "classic"}} }), autospot.GateStickiness, autospot.Warn, "classic", "", nil},
	{"no load balancer", launch(func(l *fleet.Launch) { l.Targets = nil }), autospot.GateStickiness, autospot.Pass, "", "", nil},

	{"room", nil, autospot.GateQuota, autospot.Pass, "8 of 240", "", nil},
	{"no room at all", func(c *autospot.Case) { c.Market.Quotas[0].Used = 255 }, autospot.GateQuota, autospot.Refuse, "255 are used", "--quota-code L-34B43A08 --desired-value 263", nil},
	{"room for some", func(c *autospot.Case) { c.Market.Quotas[0].Used = 250 }, autospot.GateQuota, autospot.Warn, "room for 3 of 4", "request-service-quota-increase", nil},
	{"a quota that nobody looked at", func(c *autospot.Case) { c.Market.Quotas = nil }, autospot.GateQuota, autospot.Unknown, "standard", "get-service-quota", nil},
	{"members that are Spot count as used already", all(launch(func(l *fleet.Launch) { l.Members = slices.Repeat([]fleet.Member{{Lifecycle: fleet.SpotOneTime}}, 4) }), func(c *autospot.Case) { c.Market.Quotas[0].Used = 256 }), autospot.GateQuota, autospot.Pass, "already", "", nil},
}

var instances = []row{
	{"on demand", nil, autospot.GatePurchase, autospot.Pass, "on demand", "", nil},
	{"a one-time Spot instance", func(c *autospot.Case) { c.Resource.Lifecycle = fleet.SpotOneTime }, autospot.GatePurchase, autospot.Refuse, "one-time", "", []autospot.Code{autospot.GateQuota}},
	{"somebody's persistent Spot instance", func(c *autospot.Case) { c.Resource.Lifecycle = fleet.SpotPersistent }, autospot.GatePurchase, autospot.Refuse, "persistent", "", []autospot.Code{autospot.GateQuota}},
	{"a member of a group", trait(fleet.GroupMember, "dev-web"), autospot.GateGroupMember, autospot.Refuse, "dev-web", "tag the group", nil},
	{"stopped", func(c *autospot.Case) { c.Resource.State = fleet.Stopped }, autospot.GateTransition, autospot.Pass, "stopped", "", nil},
	{"stopping", func(c *autospot.Case) { c.Resource.State, c.Resource.Status = fleet.Changing, "stopping" }, autospot.GateTransition, autospot.Refuse, "stopping", "next run", nil},
	{"a state that is not known", func(c *autospot.Case) { c.Resource.State = fleet.StateUnknown }, autospot.GateTransition, autospot.Unknown, "", "", nil},
	{"terminated", func(c *autospot.Case) { c.Resource.State = fleet.Gone }, autospot.GateTransition, autospot.Refuse, "gone", "", []autospot.Code{autospot.GateDeletion}},
	{"on a Dedicated Host", launch(func(l *fleet.Launch) { l.Tenancy = "host" }), autospot.GateTenancy, autospot.Refuse, "Dedicated Host", "", nil},
	{"dedicated", launch(func(l *fleet.Launch) { l.Tenancy = "dedicated" }), autospot.GateTenancy, autospot.Refuse, "dedicated", "", nil},
	{"a type that nobody knows", func(c *autospot.Case) { c.Resource.Type = "m9.large" }, autospot.GateType, autospot.Refuse, "m9.large", "", []autospot.Code{autospot.GateProduct, autospot.GateQuota}},
	{"a type that is not sold on Spot", func(c *autospot.Case) { c.Resource.Type = "u-6tb1.metal" }, autospot.GateType, autospot.Refuse, "u-6tb1.metal", "", []autospot.Code{autospot.GateQuota}},
	{"BYOL", func(c *autospot.Case) { c.Resource.Product = "Windows BYOL" }, autospot.GateProduct, autospot.Refuse, "Windows BYOL", "", nil},
	{"hibernation", trait(fleet.HibernationReady, ""), autospot.GateHibernation, autospot.Refuse, "hibernat", "", nil},
	{"protected from termination", trait(fleet.TerminationLock, ""), autospot.GateProtection, autospot.Refuse, "termination", "--instance-id i-1 --no-disable-api-termination", nil},
	{"protected from stops", trait(fleet.StopProtection, ""), autospot.GateProtection, autospot.Refuse, "stopped", "--no-disable-api-stop", nil},
	{"nobody looked at protection", launch(func(l *fleet.Launch) { l.Seen = nil }), autospot.GateProtection, autospot.Unknown, "not looked at", "describe-instance-attribute", nil},
	{"data volumes are kept by a conversion", nil, autospot.GateVolumes, autospot.Pass, "1 of them hold data", "", nil},
	{"a customer's key", launch(func(l *fleet.Launch) { l.Volumes[1].Key = "arn:aws:kms:ap-northeast-2:111122223333:key/1" }), autospot.GateVolumes, autospot.Warn, "vol-2", "kms:CreateGrant", nil},
	{"an Elastic IP is kept by the interface, and said", nil, autospot.GateAddresses, autospot.Pass, "eni-1 with 203.0.113.7", "", nil},
	{"an automatic address", trait(fleet.PublicAddress, "198.51.100.4"), autospot.GateAddresses, autospot.Warn, "198.51.100.4", "Elastic IP", nil},
	{"two interfaces", launch(func(l *fleet.Launch) {
		l.Interfaces = []fleet.Interface{{ID: "eni-1"}, {ID: "eni-2", Index: 1}}
	}), autospot.GateAddresses, autospot.Refuse, "2 network interfaces", "aws ec2 detach-network-interface --region ap-northeast-2 --attachment-id \"$(aws ec2 describe-network-interfaces --region ap-northeast-2 --network-interface-ids eni-2", nil},
	{"two interfaces, and a public address", func(c *autospot.Case) {
		trait(fleet.PublicAddress, "203.0.113.9")(c)
		launch(func(l *fleet.Launch) { l.Interfaces = []fleet.Interface{{ID: "eni-1"}, {ID: "eni-2", Index: 1}} })(c)
	}, autospot.GateAddresses, autospot.Refuse, "2 network interfaces", "eni-2", nil},
	{"two interfaces whose places are not told", launch(func(l *fleet.Launch) { l.Interfaces = []fleet.Interface{{ID: "eni-1"}, {}} }), autospot.GateAddresses, autospot.Refuse, "2 network interfaces", "detach them", nil},
	{"no interface that is known", launch(func(l *fleet.Launch) { l.Interfaces = nil }), autospot.GateAddresses, autospot.Unknown, "no network interface", "", nil},
	{"an instance-store root", trait(fleet.InstanceStoreRoot, ""), autospot.GateInstanceStore, autospot.Refuse, "root volume", "EBS", nil},
	{"local disks", trait(fleet.InstanceStoreData, "m5d.large"), autospot.GateInstanceStore, autospot.Refuse, "m5d.large", "instance_store: allow", nil},
	{"no room", func(c *autospot.Case) { c.Market.Quotas[0].Used = 256 }, autospot.GateQuota, autospot.Refuse, "one m5.large needs 2", "258", nil},
	{
		"nobody looked how it launches", func(c *autospot.Case) { c.Resource.Launch = nil }, autospot.GateVolumes, autospot.Unknown, "not read", "inventory",
		[]autospot.Code{autospot.GateTenancy, autospot.GateProtection, autospot.GateAddresses},
	},
}

var services = []row{
	{"on demand", nil, autospot.GatePurchase, autospot.Pass, "on demand", "", nil},
	{"somebody's own strategy", launch(func(l *fleet.Launch) {
		l.LaunchType, l.Providers = "", []fleet.Provider{{Name: "FARGATE", Base: 1, Weight: 1}, {Name: "FARGATE_SPOT", Weight: 3, Spot: true}}
	}), autospot.GatePurchase, autospot.Warn, "FARGATE_SPOT already (weight 3)", "remove the tag", nil},
	{"one task at most", func(c *autospot.Case) { c.Resource.Size = fleet.Size{Desired: 1} }, autospot.GateSize, autospot.Refuse, "one task", "", nil},
	{"one task, and room for more", func(c *autospot.Case) { c.Resource.Size = fleet.Size{Min: 1, Max: 4, Desired: 1} }, autospot.GateSize, autospot.Pass, "4", "", nil},
	{"asleep", func(c *autospot.Case) { c.Resource.Size = fleet.Size{} }, autospot.GateSize, autospot.Warn, "opening", "", nil},
	{"asleep, and will be one", func(c *autospot.Case) { c.Resource.Size, c.Original = fleet.Size{}, &fleet.Size{Desired: 1} }, autospot.GateSize, autospot.Refuse, "one task", "", nil},
	{"sticky sessions", launch(func(l *fleet.Launch) { l.Targets = []fleet.Target{{ARN: "x", Kind: "application", Sticky: true}} }), autospot.GateStickiness, autospot.Warn, "x", "", nil},
	{"a daemon", trait(fleet.DaemonService, ""), autospot.GateDaemon, autospot.Refuse, "daemon", "", nil},
	{"deployed by CodeDeploy", trait(fleet.ExternalDeploy, "CodeDeploy"), autospot.GateDeployments, autospot.Refuse, "CodeDeploy", "in CodeDeploy", nil},
	{"deployed from outside", trait(fleet.ExternalDeploy, "a controller of its own"), autospot.GateDeployments, autospot.Refuse, "a controller of its own", "", nil},
	{"deploying", trait(fleet.Deploying, ""), autospot.GateDeploying, autospot.Refuse, "under way", "next run", nil},
	{"outside AWS", launch(func(l *fleet.Launch) { l.LaunchType = "EXTERNAL" }), autospot.GateLaunchType, autospot.Refuse, "outside AWS", "", []autospot.Code{autospot.GateProviders}},
	{"launch type EC2", launch(func(l *fleet.Launch) { l.LaunchType = "EC2" }), autospot.GateLaunchType, autospot.Refuse, "EC2", "capacity provider of the group", []autospot.Code{autospot.GateProviders}},
	{"neither launch type nor providers", launch(func(l *fleet.Launch) { l.LaunchType = "" }), autospot.GateLaunchType, autospot.Unknown, "", "", []autospot.Code{autospot.GateProviders}},
	{"Windows on Fargate", launch(func(l *fleet.Launch) { l.Platform = "WINDOWS_SERVER_2022_CORE/X86_64" }), autospot.GatePlatform, autospot.Refuse, "Windows on Fargate", "", nil},
	{"ARM on Fargate", launch(func(l *fleet.Launch) { l.Platform = "LINUX/ARM64" }), autospot.GatePlatform, autospot.Pass, "", "", nil},
	{"a platform that nobody told", launch(func(l *fleet.Launch) { l.Platform = "" }), autospot.GatePlatform, autospot.Unknown, "", "", nil},
	{"the cluster has FARGATE_SPOT", nil, autospot.GateProviders, autospot.Pass, "FARGATE_SPOT", "", nil},
	{"the cluster has no FARGATE_SPOT", launch(func(l *fleet.Launch) { l.Offered = []fleet.Provider{{Name: "web cp"}} }), autospot.GateProviders, autospot.Refuse, "shop has no capacity provider FARGATE_SPOT", "--cluster shop --capacity-providers 'web cp' FARGATE FARGATE_SPOT", nil},
	{"nobody looked at the cluster", launch(func(l *fleet.Launch) { l.Seen = []fleet.Fact{fleet.Stacks} }), autospot.GateProviders, autospot.Unknown, "not looked at", "describe-clusters", nil},
	{
		"providers of groups, one of Spot", launch(func(l *fleet.Launch) {
			l.LaunchType, l.Providers, l.Offered = "", []fleet.Provider{{Name: "web", Weight: 1}}, []fleet.Provider{{Name: "web"}, {Name: "web-spot", Spot: true}}
		}),
		autospot.GateProviders, autospot.Pass, "web-spot", "", nil,
	},
	{
		"providers of groups, none of Spot", launch(func(l *fleet.Launch) {
			l.LaunchType, l.Providers, l.Offered = "", []fleet.Provider{{Name: "web", Weight: 1}}, []fleet.Provider{{Name: "web"}, {Name: "FARGATE_SPOT", Spot: true}}
		}),
		autospot.GateProviders, autospot.Refuse, "known to launch Spot", "", nil,
	},
}

// TestGates is the list of everything that is asked before a move, of each kind.
func TestGates(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct {
		name  string
		sound func() autospot.Case
		rows  []row
	}{{"group", group, groups}, {"instance", instance, instances}, {"service", service, services}} {
		clean := autospot.NewJudge(rules()).Judge(kind.sound())
		if v := clean.Verdict(); v != autospot.Pass {
			t.Fatalf("a sound %s: %s, %+v", kind.name, v, clean.Gates)
		}
		reached := map[autospot.Code]bool{}
		for _, row := range append(slices.Clone(everywhere), kind.rows...) {
			reached[row.gate] = true
			t.Run(kind.name+"/"+row.says, func(t *testing.T) {
				t.Parallel()
				c := kind.sound()
				if row.change != nil {
					row.change(&c)
				}
				got := autospot.NewJudge(rules()).Judge(c)
				g, ok := got.Gate(row.gate)
				if !ok || g.Verdict != row.verdict || !strings.Contains(g.Why, row.why) || !strings.Contains(g.Remedy, row.remedy) {
					t.Errorf("got %+v, want %s because %q, remedy %q", g, row.verdict, row.why, row.remedy)
				}
				others(t, clean, got, append(row.also, row.gate))
			})
		}
		for _, g := range clean.Gates {
			if !reached[g.Code] {
				t.Errorf("%s: no row for gate %s", kind.name, g.Code)
			}
		}
	}
}

// others checks that the gates of a case that are not named came out as those of a sound one.
func others(t *testing.T, clean, got autospot.Judgment, but []autospot.Code) {
	t.Helper()
	if len(got.Gates) != len(clean.Gates) {
		t.Fatalf("%d gates were asked, not %d", len(got.Gates), len(clean.Gates))
	}
	for i, g := range got.Gates {
		switch {
		case g.Code != clean.Gates[i].Code:
			t.Errorf("gate %d is %s, and was %s", i, g.Code, clean.Gates[i].Code)
		case g.Verdict != clean.Gates[i].Verdict && !slices.Contains(but, g.Code):
			t.Errorf("gate %s became %s too: %s", g.Code, g.Verdict, g.Why)
		case g.Why == "" || strings.Contains(g.Why, "%!") || strings.Contains(g.Remedy, "%!"):
			t.Errorf("gate %s says %q, %q", g.Code, g.Why, g.Remedy)
		}
	}
}

func TestOtherKindsAreNotForSpot(t *testing.T) {
	t.Parallel()
	c := instance()
	c.Resource.Kind = fleet.RDSInstance
	j := autospot.NewJudge(rules()).Judge(c)
	if g, ok := j.Gate(autospot.GateKind); !ok || g.Verdict != autospot.Refuse || !strings.Contains(g.Why, "RDS instance") {
		t.Errorf("got %+v", j.Gates)
	}
}

func TestThePolicyDecidesOnAddressesAndDisks(t *testing.T) {
	t.Parallel()
	r := rules()
	r.KeepAddress, r.AllowInstanceStore = true, true
	c := instance()
	trait(fleet.PublicAddress, "198.51.100.4")(&c)
	trait(fleet.InstanceStoreData, "m5d.large")(&c)
	j := autospot.NewJudge(r).Judge(c)
	if g, _ := j.Gate(autospot.GateAddresses); g.Verdict != autospot.Refuse || !strings.Contains(g.Why, "keep_address") {
		t.Errorf("addresses: %+v", g)
	}
	if g, _ := j.Gate(autospot.GateInstanceStore); g.Verdict != autospot.Warn {
		t.Errorf("local disks: %+v", g)
	}
}

// TestEveryGateHasAMeaning in the order in which gates are asked, and every meaning a gate.
func TestEveryGateHasAMeaning(t *testing.T) {
	t.Parallel()
	var order []autospot.Code
	known := map[autospot.Code]bool{}
	for _, m := range autospot.Meanings() {
		if known[m.Code] || m.Asks == "" || m.Of == "" {
			t.Errorf("%s stands twice, or says nothing", m.Code)
		}
		known[m.Code], order = true, append(order, m.Code)
	}
	asked := map[autospot.Code]bool{}
	database := instance()
	database.Resource.Kind = fleet.RDSCluster
	for _, c := range []autospot.Case{group(), instance(), service(), database} {
		last := -1
		for _, g := range autospot.NewJudge(rules()).Judge(c).Gates {
			asked[g.Code] = true
			at := slices.Index(order, g.Code)
			if at <= last {
				t.Errorf("%s: gate %s has no meaning, or is asked out of order", c.Resource.Kind, g.Code)
			}
			last = at
		}
	}
	if len(asked) != len(order) {
		t.Errorf("%d gates are asked, %d have a meaning", len(asked), len(order))
	}
}

// TestCommandsCanBePasted holds every remedy that is a command against a shell, with names that a shell would take for something else.
func TestCommandsCanBePasted(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell here")
	}
	const hostile = "it's $(rm -rf) `x` \"&; #"
	commands := map[string]bool{}
	for _, kind := range kinds {
		for _, row := range append(slices.Clone(everywhere), kind.rows...) {
			c := kind.sound()
			if row.change != nil {
				row.change(&c)
			}
			c.Resource.ID, c.Resource.Parent = hostile, hostile
			if l := c.Resource.Launch; l != nil && l.Configuration != "" {
				l.Configuration = hostile
			}
			for _, g := range autospot.NewJudge(rules()).Judge(c).Gates {
				if strings.HasPrefix(g.Remedy, "aws ") {
					commands[g.Remedy] = true
				}
			}
		}
	}
	if len(commands) < 15 {
		t.Errorf("only %d commands were found", len(commands))
	}
	for command := range commands {
		words := "aws() { for w; do printf '<%s>' \"$w\"; done; }; jq() { cat >/dev/null; }; cd " + t.TempDir() + "; " + command
		out, err := exec.CommandContext(t.Context(), shell, "-c", words).CombinedOutput()
		if err != nil || strings.Contains(string(out), "not found") {
			t.Errorf("%s: %v: %s", command, err, out)
		}
		if strings.Contains(command, "rm -rf") && !strings.Contains(command, " > ") && !strings.Contains(string(out), "<"+hostile+">") {
			t.Errorf("%s\nis taken for %s", command, out)
		}
	}
}
