package permit

import (
	"slices"
	"strconv"
	"strings"
)

// The names of AutoSpot's roles.
const (
	AutoSpotRole     = "offpeak-hub-autospot"     // of the function that looks after what is on Spot, or could be
	InterruptionRole = "offpeak-hub-interruption" // of the function that hears of interruptions
	SpotRole         = "offpeak-spot"             // in an account where AutoSpot may move things
)

// spotQueue is what the statements call the queue of AutoSpot's wakes.
const spotQueue = "${SpotWakes.Arn}"

// AutoSpot is the role of the function that looks after what is on Spot, or could be.
func (h Hub) AutoSpot() Role {
	statements := slices.Concat(logs("Autospot"), []Statement{
		{Sid: "Read", Effect: Allow, Actions: []string{"s3:GetObject"}, Resources: []string{store + "/*"}, Why: "the policy, the scope's state, memory and ledger, notices, what the market was like"},
		keys(),
		{
			Sid: "Note", Effect: Allow, Actions: []string{"s3:PutObject"}, Why: "state, memory, when to look again, what was said, prices, what the market is like, how far conversions have come, how often Spot instances were interrupted; never the policy itself",
			Resources: []string{
				store + "/policy/in-force.json", store + "/state/*", store + "/memory/*", store + "/wake/*", store + "/said/*", store + "/prices/*", store + "/market/*",
				store + "/conversions/*", store + "/converted/*", store + "/experience/*",
			},
		},
		{
			Sid: "Append", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{store + "/ledger/*"}, Conditions: []Condition{has("s3:if-none-match")},
			Why: "the ledger, of which no entry is ever replaced or removed",
		},
		{Sid: "Forget", Effect: Allow, Actions: []string{"s3:DeleteObject"}, Resources: []string{store + "/memory/*", store + "/wake/*", store + "/said/*", store + "/conversions/*"}, Why: "memory that a newer one has replaced, wakes that are past, conversions that are done and stand among those that were"},
		{
			Sid: "Wakes", Effect: Allow, Actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"}, Resources: []string{spotQueue},
			Why: "Lambda fetches wakes in the function's name; it wakes itself for every scope once a day, and again for what is on its way",
		},
		failed(),
		{Sid: "Tell", Effect: Allow, Actions: []string{"sns:Publish"}, Resources: []string{topic}, Why: "alerts"},
		{Sid: "Hold", Effect: Allow, Actions: []string{"ssm:GetParameter"}, Resources: []string{killSwitch}, Why: "the hub's kill switch, asked before anything is done; it cannot set it"},
		prices(),
	}, h.entering(SpotRole, ReadRole), h.encrypted("s3", "sns"))
	if h.Own != nil {
		statements = slices.Concat(statements, Looking(), LookingAtSpot(), h.Own.Moving(), h.Own.Converting())
	}
	return Role{Name: AutoSpotRole, Where: "the hub", For: "looks after what is on Spot in an account and region, or could be, plans, writes down and moves", Trust: lambda(), Statements: statements}
}

func failed() Statement {
	return Statement{Sid: "Failed", Effect: Allow, Actions: []string{"sqs:SendMessage"}, Resources: []string{failures}, Why: "inputs that failed, kept in the function's name by Lambda"}
}

// Interruption is the role of the function that hears of interruptions.
func (h Hub) Interruption() Role {
	statements := slices.Concat(logs("Interruption"), []Statement{
		{
			Sid: "Read", Effect: Allow, Actions: []string{"s3:GetObject"}, Why: "the policy, known accounts, what AutoSpot has moved, whether a notice is there already, and for which changes of tags it was woken",
			Resources: []string{store + "/policy/*", store + "/accounts/*", store + "/state/*", store + "/memory/*", store + "/notices/*"},
		},
		keys(),
		{
			Sid: "Note", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{store + "/notices/*", store + "/policy/in-force.json"},
			Why: "notices of what was moved, each once, that tags were changed, and the policy in force; never the policy itself",
		},
		{Sid: "Wake", Effect: Allow, Actions: []string{"sqs:SendMessage"}, Resources: []string{spotQueue}, Why: "wakes for AutoSpot"},
		failed(),
	}, h.entering(ReadRole), h.encrypted("s3"))
	if h.Own != nil {
		statements = append(statements, membership())
	}
	return Role{Name: InterruptionRole, Where: "the hub", For: "hears that Spot instances are taken, that launches fail and that the tag of Spot is changed, and wakes AutoSpot", Trust: lambda(), Statements: statements}
}

// Spot is the role of an account in which AutoSpot may move things.
func (s Spoke) Spot() Role {
	return Role{
		Name: SpotRole, Where: "each account in which AutoSpot may move things", For: "lists what there is, and changes how what opts in buys its capacity",
		Trust:      s.trust(slices.Concat([]string{AutoSpotRole}, only(s.Operators, OperatorRole))...),
		Statements: slices.Concat(Looking(), LookingAtSpot(), s.Moving(), s.Converting()),
	}
}

// LookingAtSpot is what it takes to see how things are launched, and what EC2 offers. None of it changes anything.
func LookingAtSpot() []Statement {
	return append(launched(),
		Statement{
			Sid: "Market", Effect: Allow, Resources: []string{"*"}, Anywhere: lists,
			Actions: []string{
				"ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeSpotPriceHistory", "ec2:GetSpotPlacementScores",
				"servicequotas:ListServiceQuotas",
			},
			Why: "which types there are, where, at what price, how likely they are to be had, and how many vCPUs of Spot the account may have",
		},
		Statement{
			Sid: "HowGroupsAre", Effect: Allow, Resources: []string{"*"}, Anywhere: lists,
			Actions: []string{"autoscaling:DescribeInstanceRefreshes", "elasticloadbalancing:DescribeTargetGroupAttributes"},
			Why:     "whether a group replaces its instances just now, and whether sessions stay with a member",
		},
		membership(),
	)
}

// launched is what it takes to see how things are launched. Whether a group replaces its instances just now is asked beside it.
func launched() []Statement {
	return []Statement{
		{
			Sid: "LaunchTemplates", Effect: Allow, Actions: []string{"ec2:DescribeLaunchTemplateVersions"}, Resources: []string{"*"}, Anywhere: lists,
			Why: "what groups launch, before they are moved to Spot",
		},
		{
			Sid: "Protection", Effect: Allow, Actions: []string{"ec2:DescribeInstanceAttribute"}, Resources: []string{instances},
			Why: "whether instances are protected from termination and stops, before they are converted to Spot",
		},
		{
			Sid: "CapacityProviders", Effect: Allow, Actions: []string{"ecs:DescribeClusters", "ecs:DescribeCapacityProviders"},
			Resources: []string{"arn:${AWS::Partition}:ecs:*:${AWS::AccountId}:cluster/*", "arn:${AWS::Partition}:ecs:*:${AWS::AccountId}:capacity-provider/*"},
			Why:       "which capacity ECS services can have, before they are moved to Spot",
		},
	}
}

// refreshes is what it takes to see whether a group replaces its instances just now.
func refreshes() Statement {
	return Statement{
		Sid: "Refreshes", Effect: Allow, Actions: []string{"autoscaling:DescribeInstanceRefreshes"}, Resources: []string{"*"}, Anywhere: lists,
		Why: "whether a group replaces its instances just now",
	}
}

func membership() Statement {
	return Statement{
		Sid: "Membership", Effect: Allow, Actions: []string{"autoscaling:DescribeAutoScalingInstances"}, Resources: []string{"*"}, Anywhere: lists,
		Why: "of which group an instance is that is being taken",
	}
}

// Moving is what changes how things buy their capacity. Groups and services must carry the Spot tag; what AWS asks of who writes a group's launch
// template cannot be tied to the group: it is narrowed by parameters instead.
func (s Spoke) Moving() []Statement {
	out := []Statement{
		{
			Sid: "MoveGroups", Effect: Allow, Resources: []string{groups}, Conditions: []Condition{has("aws:ResourceTag/" + s.spotKey())},
			Actions: []string{"autoscaling:UpdateAutoScalingGroup", "autoscaling:StartInstanceRefresh", "autoscaling:RollbackInstanceRefresh"},
			Why:     "gives groups a mixed policy and back, by instance refreshes; only what carries the tag " + s.spotKey(),
		},
		{
			Sid: "MoveServices", Effect: Allow, Actions: []string{"ecs:UpdateService"}, Resources: []string{services}, Conditions: []Condition{has("aws:ResourceTag/" + s.spotKey())},
			Why: "gives ECS services a strategy of capacity providers and back; only what carries the tag " + s.spotKey(),
		},
		{
			Sid: "TemplatesOfGroups", Effect: Allow, Actions: []string{"ec2:RunInstances"}, Resources: []string{"*"},
			Conditions: []Condition{{"Bool", "ec2:IsLaunchTemplateResource", []string{"true"}}},
			Anywhere:   "a launch takes image, subnet, interface, volume, key and security group, all of which the template names: only what a launch template says can be launched",
			Why:        "Auto Scaling asks whether the caller could launch by the template before it writes it into a group; offpeak launches nothing by it",
		},
		{
			Sid: "ProfilesOfTemplates", Effect: Allow, Actions: []string{"iam:PassRole"}, Resources: []string{"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"},
			Conditions: []Condition{is("iam:PassedToService", "ec2.${AWS::URLSuffix}")},
			Why:        "the same of the instance profile that a template names; roles can be given to instances, and to nothing else",
		},
	}
	deny := func(sid, key string, values []string, why string) Statement {
		return Statement{
			Sid: sid, Effect: Deny, Resources: []string{"*"}, Anywhere: "a denial is as wide as it can be",
			Actions: []string{
				"autoscaling:UpdateAutoScalingGroup", "autoscaling:StartInstanceRefresh", "autoscaling:RollbackInstanceRefresh", "ecs:UpdateService",
				"ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances", "ec2:TerminateInstances",
			},
			Conditions: []Condition{{"StringEqualsIgnoreCase", "aws:ResourceTag/" + key, values}}, Why: why,
		}
	}
	for i, t := range s.Protected {
		out = append(out, deny("SpotProtected"+strconv.Itoa(i+1), t.Key, t.Values, "protected environments: "+t.Key+" "+strings.Join(t.Values, ", ")))
	}
	return out
}

const (
	volumes    = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:volume/*"
	interfaces = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:network-interface/*"
	images     = "arn:${AWS::Partition}:ec2:*::image/*"
	copies     = "arn:${AWS::Partition}:ec2:*::snapshot/*"
	requests   = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:spot-instances-request/*"
	balanced   = "arn:${AWS::Partition}:elasticloadbalancing:*:${AWS::AccountId}:targetgroup/*"
)

// Converting is what it takes to replace an instance by one of another lifecycle that keeps its interface and volumes. The successor carries the tags of
// the old instance from its launch on: no tag of what is there already can be written.
func (s Spoke) Converting() []Statement {
	tagged := []Condition{has("aws:ResourceTag/" + s.spotKey())}
	return []Statement{
		{
			Sid: "SeeConversions", Effect: Allow, Resources: []string{"*"}, Anywhere: lists,
			Actions: []string{
				"ec2:DescribeImages", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVolumes", "ec2:DescribeInstanceCreditSpecifications",
				"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
			},
			Why: "how far a conversion has come, and which target groups send traffic to the instance",
		},
		{
			Sid: "ReplaceInstances", Effect: Allow, Resources: []string{instances}, Conditions: tagged,
			Actions: []string{"ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances", "ec2:TerminateInstances"},
			Why:     "keeps the volumes, stops and ends the old instance, and starts it again where that goes wrong; only what carries the tag " + s.spotKey(),
		},
		{
			Sid: "KeepWhatItHas", Effect: Allow, Resources: []string{interfaces, volumes, instances, images, copies, balanced},
			Actions: []string{
				"ec2:ModifyNetworkInterfaceAttribute", "ec2:CreateImage", "ec2:AttachVolume",
				"elasticloadbalancing:RegisterTargets",
			},
			Why: "keeps the interface, makes an image of the root volume, and gives the successor volumes and traffic; these carry no tag of offpeak's to go by",
		},
		{
			Sid: "Successors", Effect: Allow, Actions: []string{"ec2:RunInstances"}, Resources: []string{
				interfaces, volumes, instances, images, copies,
				"arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:subnet/*", "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:security-group/*",
				"arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:key-pair/*", "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:placement-group/*",
				requests,
			},
			Why: "runs the successor, with the interface of the old instance and the image of its root volume; AWS lets a launch be tied to no instance that it replaces",
		},
		{
			Sid: "TagsOfSuccessors", Effect: Allow, Actions: []string{createTags}, Resources: []string{instances, requests}, Conditions: []Condition{atLaunch},
			Why: "gives the successor its owner's tags as it is launched, and its Spot request the tag " + madeTag + "; of what is there already no tag can be written",
		},
		{
			Sid: "TagsOfImages", Effect: Allow, Actions: []string{createTags}, Resources: []string{images, copies}, Conditions: []Condition{atImaging, {"ForAllValues:StringEquals", "aws:TagKeys", []string{madeTag}}},
			Why: "gives the image of a conversion and its snapshots the tag " + madeTag + " as they are made, and no other",
		},
		{
			Sid: "RemoveWhatWasMade", Effect: Allow, Actions: []string{"ec2:DeregisterImage", "ec2:DeleteSnapshot", "ec2:CancelSpotInstanceRequests"}, Resources: []string{images, copies, requests},
			Conditions: []Condition{has("aws:ResourceTag/" + madeTag)},
			Why:        "removes the image of a conversion with its snapshots after the days of the policy, and cancels the Spot request of what goes back; only what carries the tag " + madeTag,
		},
	}
}

// madeTag is on what conversions make beside the successors.
const madeTag = "offpeak:conversion"

// spotKey is the tag by which owners ask for Spot.
func (s Spoke) spotKey() string {
	if s.SpotTag == "" {
		return "offpeak:spot"
	}
	return s.SpotTag
}
