package permit

import (
	"slices"
	"strconv"
	"strings"
)

// Spoke is what must be known to say what offpeak may do in an account that it looks after.
type Spoke struct {
	// Tags are the keys by which owners opt in, and Custodian one with Cloud Custodian's values; empty: none.
	Tags      []string
	Custodian string
	// AutoSpot says that it looks at the account too. SpotTag is the key by which owners ask for Spot; empty: offpeak:spot.
	AutoSpot bool
	SpotTag  string
	// Protected are the tags of environments that nothing may touch.
	Protected []Tag
	// Organization is the id of the organization that hub and account belong to; empty for accounts outside of it.
	Organization string
	// VolumeKeys are the customer keys of volumes that are started. The role of a spoke has a parameter for them instead.
	VolumeKeys []string
	// Operators and Readers say that people enter, by the roles of the hub that are theirs.
	Operators, Readers bool
	// Reports says that what there is is told in quarterly reports.
	Reports bool
}

// Tag is a tag's key and the values that are meant.
type Tag struct {
	Key    string
	Values []string
}

// Parameters of the spoke templates.
const (
	HubAccountParameter = "HubAccount"
	ExternalIDParameter = "ExternalId"
	VolumeKeysParameter = "VolumeKeyArns"
)

// SnapshotPrefix begins the name of every database snapshot that offpeak makes, and of none that it does not.
const SnapshotPrefix = "offpeak-"

// Schedule is the role of an account that is looked after.
func (s Spoke) Schedule() Role {
	return Role{
		Name: SpokeRole, Where: "each account that is looked after", For: "lists what there is, stops and starts what opts in",
		Trust:      s.trust(slices.Concat([]string{ScheduleRole}, only(s.Operators, OperatorRole))...),
		Statements: slices.Concat(Looking(), listing(s.Operators), s.Acting(), []Statement{Starting(each + VolumeKeysParameter + "}")}),
	}
}

// Read is the role by which nothing can be changed: that of protected accounts, of the dispatcher, which asks an account for its regions, and of
// people who look.
func (s Spoke) Read() Role {
	var spot []Statement
	var functions []string
	if s.AutoSpot {
		spot, functions = LookingAtSpot(), []string{AutoSpotRole, InterruptionRole}
	}
	return Role{
		Name: ReadRole, Where: "each account that is looked after, and protected ones, which have no other", For: "lists what there is",
		Trust:      s.trust(slices.Concat([]string{DispatchRole, ScheduleRole}, functions, only(s.Reports, SurveyRole), only(s.Operators, OperatorRole), only(s.Readers, ReaderRole))...),
		Statements: slices.Concat(Looking(), []Statement{Regions(), Volumes()}, listing(s.Operators || s.Readers || s.Reports), planRates(s.Reports), spot),
	}
}

func only(there bool, role string) []string {
	if there {
		return []string{role}
	}
	return nil
}

// trust lets roles of the hub in. Who is the hub's account alone would let in everybody there who may assume roles; the external id keeps
// others out who talk the hub into naming a role that is not theirs.
func (s Spoke) trust(roles ...string) []Statement {
	conditions := []Condition{{"ArnEquals", "aws:PrincipalArn", nil}, is("sts:ExternalId", "${"+ExternalIDParameter+"}")}
	for _, role := range roles {
		conditions[0].Values = append(conditions[0].Values, "arn:${AWS::Partition}:iam::${"+HubAccountParameter+"}:role/"+role)
	}
	if s.Organization != "" {
		conditions = append(conditions, is("aws:PrincipalOrgID", s.Organization))
	}
	return []Statement{{
		Effect: Allow, Principals: map[string][]string{"AWS": {"arn:${AWS::Partition}:iam::${" + HubAccountParameter + "}:root"}},
		Actions: []string{"sts:AssumeRole"}, Conditions: conditions,
		Why: "roles of these names enter, and nobody else of the hub's account",
	}}
}

const (
	instances = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*"
	groups    = "arn:${AWS::Partition}:autoscaling:*:${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/*"
	databases = "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:db:*"
	clusters  = "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:cluster:*"
	services  = "arn:${AWS::Partition}:ecs:*:${AWS::AccountId}:service/*"
	targets   = "arn:${AWS::Partition}:application-autoscaling:*:${AWS::AccountId}:scalable-target/*"
)

func snapshots() []string {
	return []string{
		"arn:${AWS::Partition}:rds:*:${AWS::AccountId}:snapshot:" + SnapshotPrefix + "*",
		"arn:${AWS::Partition}:rds:*:${AWS::AccountId}:cluster-snapshot:" + SnapshotPrefix + "*",
	}
}

const lists = "AWS knows no resource for these actions (Service Authorization Reference); they only list"

// listing is what it takes to list what carries no tag, which nobody does but people, and the survey of a quarter.
func listing(people bool) []Statement {
	if !people {
		return nil
	}
	return []Statement{{
		Sid: "ListUntagged", Effect: Allow, Actions: []string{"ecs:ListClusters", "ecs:ListServices"}, Resources: []string{"*"}, Anywhere: lists,
		Why: "ECS services that carry no tag, for the survey of a quarter, and for people who list everything or put back what has lost its tag",
	}}
}

// Looking is what it takes to see what opts in. None of it changes anything.
func Looking() []Statement {
	return []Statement{
		{
			Sid: "ListMachines", Effect: Allow, Resources: []string{"*"}, Anywhere: lists,
			Actions: []string{"ec2:DescribeInstances", "ec2:DescribeSpotInstanceRequests"},
			Why:     "instances, and whether Spot requests are persistent",
		},
		{
			Sid: "ListGroups", Effect: Allow, Resources: []string{"*"}, Anywhere: lists,
			Actions: []string{"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeScheduledActions"},
			Why:     "groups, and what else changes their size",
		},
		{
			Sid: "ListDatabases", Effect: Allow, Actions: []string{"rds:DescribeDBInstances", "rds:DescribeDBClusters"}, Resources: []string{databases, clusters},
			Why: "databases and clusters",
		},
		{
			Sid: "ListEvents", Effect: Allow, Resources: []string{"*"}, Anywhere: lists,
			Actions: []string{"rds:DescribeEvents", "tag:GetResources", "cloudformation:ListStacks", "application-autoscaling:DescribeScalableTargets"},
			Why:     "since when databases are stopped, which ECS services carry a tag, how they scale, and stacks that are being updated",
		},
		{
			Sid: "ListServices", Effect: Allow, Actions: []string{"ecs:DescribeServices"}, Resources: []string{services},
			Why: "ECS services and their size",
		},
	}
}

// Regions is what it takes to ask an account for its regions, which is done before anything in it is looked at, and by nobody who acts.
func Regions() Statement {
	return Statement{
		Sid: "ListRegions", Effect: Allow, Actions: []string{"account:ListRegions", "ec2:DescribeRegions"}, Resources: []string{"*"},
		Anywhere: "the account's own regions: its resource is the account itself, whose ARN names the management account of its organization",
		Why:      "regions that the account has enabled; the second where the first does not answer",
	}
}

// Volumes is what it takes to tell how volumes are set up, which reports do and no plan needs.
func Volumes() Statement {
	return Statement{
		Sid: "ListVolumes", Effect: Allow, Actions: []string{"ec2:DescribeVolumes"}, Resources: []string{"*"}, Anywhere: lists,
		Why: "types and encryption of the volumes of instances, for reports; no sweep asks for it",
	}
}

// planRates is what it takes to tell what the account's Savings Plans charge, for reports of accounts that have a survey.
func planRates(reports bool) []Statement {
	if !reports {
		return nil
	}
	return []Statement{{
		Sid: "PlanRates", Effect: Allow, Actions: []string{"savingsplans:DescribeSavingsPlans", "savingsplans:DescribeSavingsPlanRates"},
		Resources: []string{"arn:${AWS::Partition}:savingsplans::${AWS::AccountId}:savingsplan/*"},
		Why:       "what the account's Savings Plans charge, which its bill tells only of what they covered",
	}}
}

// act is a kind of change, allowed once for each key that opts in.
type act struct {
	name, why          string
	actions, resources []string
	more               []Condition
}

func acts() []act {
	return []act{
		{"Instances", "stops, hibernates and starts instances", []string{"ec2:StartInstances", "ec2:StopInstances"}, []string{instances}, nil},
		{
			"Types", "starts an instance as another type of its owner's list when AWS has no capacity; no other attribute",
			[]string{"ec2:ModifyInstanceAttribute"},
			[]string{instances},
			[]Condition{has("ec2:Attribute/InstanceType")},
		},
		{"Groups", "takes Auto Scaling groups to zero and back", []string{"autoscaling:UpdateAutoScalingGroup"}, []string{groups}, nil},
		{
			"Databases", "stops and starts databases and clusters",
			[]string{"rds:StartDBInstance", "rds:StopDBInstance", "rds:StartDBCluster", "rds:StopDBCluster"},
			[]string{databases, clusters},
			nil,
		},
		{
			"SnapshotsOf", "takes a snapshot of a database before it is stopped, where its schedule asks for one",
			[]string{"rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot"},
			[]string{databases, clusters},
			nil,
		},
		{"Services", "takes ECS services to zero and back", []string{"ecs:UpdateService"}, []string{services}, nil},
	}
}

// Acting is what changes something. Each kind of change is allowed for each key that opts in, and denied for what its owner or the
// environment exempts: a Deny beats every Allow.
func (s Spoke) Acting() []Statement {
	out := lookingCloser()
	for i, key := range s.keys() {
		for _, a := range acts() {
			out = append(out, Statement{
				Sid: a.name + strconv.Itoa(i+1), Effect: Allow, Actions: a.actions, Resources: a.resources,
				Conditions: append([]Condition{has("aws:ResourceTag/" + key)}, a.more...), Why: a.why + "; only what carries the tag " + key,
			})
		}
	}
	out = append(out, Statement{
		Sid: "SnapshotNames", Effect: Allow, Resources: snapshots(),
		Actions: []string{"rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot", "rds:DeleteDBSnapshot", "rds:DeleteDBClusterSnapshot"},
		Why:     "makes, and removes when they are old, snapshots whose name begins with " + SnapshotPrefix + "; no others",
	}, Statement{
		Sid: "ServiceScaling", Effect: Allow, Actions: []string{"application-autoscaling:RegisterScalableTarget"}, Resources: []string{targets},
		Conditions: []Condition{
			is("application-autoscaling:service-namespace", "ecs"), is("application-autoscaling:scalable-dimension", "ecs:service:DesiredCount"),
		},
		Why: "suspends the scaling of ECS services, sets their bounds and gives both back; AWS offers the tags of the service no condition here",
	})
	if len(s.VolumeKeys) > 0 {
		out = append(out, Starting(s.VolumeKeys...))
	}
	return append(out, s.exempt()...)
}

// lookingCloser is what is looked at just before something is changed, and after, and by nobody who only looks.
func lookingCloser() []Statement {
	return []Statement{
		{
			Sid: "BeforeActs", Effect: Allow, Resources: []string{"*"}, Anywhere: lists,
			Actions: []string{
				"ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings",
				"autoscaling:DescribeInstanceRefreshes", "autoscaling:DescribeScalingActivities",
			},
			Why: "whether what was started can be used yet, which other types fit where there is no capacity, whether a group replaces its instances just now, " +
				"and since when it has its size where a person may have changed it",
		},
		{
			Sid: "SnapshotsTaken", Effect: Allow, Actions: []string{"rds:DescribeDBSnapshots", "rds:DescribeDBClusterSnapshots"},
			Resources: []string{
				databases, clusters, "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:snapshot:*", "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:cluster-snapshot:*",
			},
			Why: "snapshots that were taken before databases were stopped, and are to be removed when they are old",
		},
	}
}

// StartingSid is the Sid of Starting.
const StartingSid = "VolumeKeys"

// Starting is what starting instances takes whose volumes are encrypted with customer keys.
func Starting(keys ...string) Statement {
	return Statement{
		Sid: StartingSid, Effect: Allow, Actions: []string{"kms:CreateGrant"}, Resources: keys,
		Conditions: []Condition{
			{"Bool", "kms:GrantIsForAWSResource", []string{"true"}}, {"StringLike", "kms:ViaService", []string{"ec2.*.${AWS::URLSuffix}"}},
		},
		Why: "starts instances with volumes under these customer keys: EC2 asks for a grant in the caller's name",
	}
}

// exempt denies, for each tag by a statement of its own: lines of one would all have to hold.
func (s Spoke) exempt() []Statement {
	var actions []string
	for _, a := range acts() {
		actions = append(actions, a.actions...)
	}
	deny := func(sid, key string, values []string, why string) Statement {
		return Statement{
			Sid: sid, Effect: Deny, Actions: actions, Resources: []string{"*"}, Anywhere: "a denial is as wide as it can be",
			Conditions: []Condition{{"StringEqualsIgnoreCase", "aws:ResourceTag/" + key, values}}, Why: why,
		}
	}
	var out []Statement
	for i, key := range s.keys() {
		value := "ignore"
		if key == s.Custodian {
			value = "off"
		}
		out = append(out, deny("Ignore"+strconv.Itoa(i+1), key, []string{value}, "what its owner has exempted by "+key+": "+value))
	}
	for i, t := range s.Protected {
		out = append(out, deny("Protected"+strconv.Itoa(i+1), t.Key, t.Values, "protected environments: "+t.Key+" "+strings.Join(t.Values, ", ")))
	}
	return out
}

func (s Spoke) keys() []string {
	if s.Custodian == "" {
		return s.Tags
	}
	return append(slices.Clone(s.Tags), s.Custodian)
}

// Bus is the name of the hub's event bus.
const Bus = "offpeak"

// Events is the role by which the rules of an account, in one region, hand events to the hub's bus.
func Events(hub string) Role {
	bus := "arn:${AWS::Partition}:events:" + hub + ":${" + HubAccountParameter + "}:event-bus/" + Bus
	return Role{
		Name: EventsRole + "-${AWS::Region}", Where: "each region of an account that is looked after ", For: "hands changes of owners' tags and restarts of databases to the hub",
		Trust: []Statement{{
			Effect: Allow, Principals: map[string][]string{"Service": {"events.amazonaws.com"}}, Actions: []string{"sts:AssumeRole"},
			Conditions: []Condition{is("aws:SourceAccount", "${AWS::AccountId}")}, Why: "EventBridge, for rules of this account",
		}},
		Statements: []Statement{{
			Sid: "ToTheHub", Effect: Allow, Actions: []string{"events:PutEvents"}, Resources: []string{bus}, Why: "the hub's bus, and no other",
		}},
	}
}
