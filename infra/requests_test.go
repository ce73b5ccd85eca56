package infra_test

import (
	"maps"
	"strings"
	"testing"

	"offpeak/infra"
	"offpeak/infra/evaluate"
	"offpeak/infra/permit"
)

const (
	hubAccount   = "111122223333"
	spokeAccount = "222233334444"
	org          = "o-ab12cd34ef"
)

// values are what a template's references stand for in an account.
func values(account string) map[string]any {
	return map[string]any{
		"AWS::Partition": "aws", "AWS::AccountId": account, "AWS::URLSuffix": "amazonaws.com", "AWS::Region": "ap-northeast-2", "HubAccount": hubAccount,
		"ExternalId": "kr-7f3a91", "VolumeKeyArns": []any{"arn:aws:kms:ap-northeast-2:222233334444:key/mine", "arn:aws:kms:ap-northeast-2:222233334444:key/ours"},
		"Store.Arn": "arn:aws:s3:::store", "AccessLogs.Arn": "arn:aws:s3:::access", "LedgerArchive.Arn": "arn:aws:s3:::archive", "Wakes.Arn": "arn:aws:sqs:ap-northeast-2:111122223333:wakes", "Failures.Arn": "arn:aws:sqs:ap-northeast-2:111122223333:failures",
		"Alerts": "arn:aws:sns:ap-northeast-2:111122223333:alerts", "Key.Arn": "arn:aws:kms:ap-northeast-2:111122223333:key/1",
		"DeadWakes.Arn": "arn:aws:sqs:ap-northeast-2:111122223333:dead", "DispatchLog.Arn": "arn:aws:logs:…:dispatch", "ScheduleLog.Arn": "arn:aws:logs:…:schedule", "Dispatch.Arn": "arn:aws:lambda:…:dispatch", "Schedule": "offpeak-schedule",
		"SpotWakes.Arn": "arn:aws:sqs:ap-northeast-2:111122223333:spot-wakes", "DeadSpotWakes.Arn": "arn:aws:sqs:ap-northeast-2:111122223333:dead-spot-wakes",
		"Reports.Arn": "arn:aws:s3:::reports", "Bill.Arn": "arn:aws:s3:::bill", "Exports.Arn": "arn:aws:s3:::exports", "ReportLog.Arn": "arn:aws:logs:…:report", "SurveyLog.Arn": "arn:aws:logs:…:survey", "Survey.Arn": "arn:aws:lambda:…:survey", "Report.Arn": "arn:aws:lambda:…:report",
		"AutospotLog.Arn": "arn:aws:logs:…:autospot", "InterruptionLog.Arn": "arn:aws:logs:…:interruption", "Autospot.Arn": "arn:aws:lambda:…:autospot",
	}
}

// policies are the documents of a role in a template: who may take it, and what it may do.
func policies(t *testing.T, template map[string]any, id, account string) (trust, allowed []map[string]any) {
	t.Helper()
	role := at(t, template, "Resources", id, "Properties")
	add := func(list *[]map[string]any, document any) {
		resolved, err := evaluate.Resolve(document, values(account))
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		*list = append(*list, resolved.(map[string]any))
	}
	add(&trust, at(t, role, "AssumeRolePolicyDocument"))
	add(&allowed, at(t, role, "Policies", 0, "PolicyDocument"))
	for _, p := range resources(template, "AWS::IAM::ManagedPolicy") {
		if at(t, p, "Properties", "Roles", 0, "Ref") == id {
			add(&allowed, at(t, p, "Properties", "PolicyDocument"))
		}
	}
	for _, p := range resources(template, "AWS::IAM::RolePolicy") {
		add(&allowed, at(t, p, "Properties", "PolicyDocument"))
	}
	return trust, allowed
}

func tagged(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		out["aws:ResourceTag/"+pairs[i]] = pairs[i+1]
	}
	return out
}

func instance(id string, tags ...string) evaluate.Resource {
	return evaluate.Resource{ARN: "arn:aws:ec2:ap-northeast-2:" + spokeAccount + ":instance/" + id, Context: tagged(tags...)}
}

func thing(service, path string, tags ...string) evaluate.Resource {
	return evaluate.Resource{ARN: "arn:aws:" + service + ":ap-northeast-2:" + spokeAccount + ":" + path, Context: tagged(tags...)}
}

func with(r evaluate.Resource, more map[string]string) evaluate.Resource {
	context := map[string]string{}
	maps.Copy(context, r.Context)
	maps.Copy(context, more)
	return evaluate.Resource{ARN: r.ARN, Context: context}
}

// TestWhatTheRoleOfAnAccountMayDo asks IAM's rules about requests to the role that looks after an account, as the template has it.
func TestWhatTheRoleOfAnAccountMayDo(t *testing.T) {
	_, allowed := policies(t, synth(t, full).templates[infra.RolesStack], "Schedule", spokeAccount)
	open := []string{"offpeak:schedule", "seoul-office"}
	db, cluster := thing("rds", "db:orders", open...), thing("rds", "cluster:orders", open...)
	target := thing("application-autoscaling", "scalable-target/0ec5e1")
	other := map[string]string{"ec2:Attribute/InstanceType": "m5a.large"}
	ecs := map[string]string{"application-autoscaling:service-namespace": "ecs", "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount"}
	grant := map[string]string{"kms:GrantIsForAWSResource": "true", "kms:ViaService": "ec2.ap-northeast-2.amazonaws.com"}
	key := evaluate.Resource{ARN: "arn:aws:kms:ap-northeast-2:222233334444:key/ours"}
	for _, test := range []struct {
		name   string
		action string
		on     []evaluate.Resource
		may    bool
	}{
		{"stop what opts in", "ec2:StopInstances", []evaluate.Resource{instance("i-1", open...)}, true},
		{"start it again", "ec2:StartInstances", []evaluate.Resource{instance("i-1", open...)}, true},
		{"stop what opts in by the key of Cloud Custodian, in any case", "ec2:StopInstances", []evaluate.Resource{instance("i-1", "MAID_offhours", "on")}, true},
		{"stop what carries no tag", "ec2:StopInstances", []evaluate.Resource{instance("i-2")}, false},
		{"stop what carries another tag", "ec2:StopInstances", []evaluate.Resource{instance("i-2", "Name", "web")}, false},
		{"stop what its owner exempts", "ec2:StopInstances", []evaluate.Resource{instance("i-3", "offpeak:schedule", "ignore")}, false},
		{"stop what its owner exempts, in capitals", "ec2:StopInstances", []evaluate.Resource{instance("i-3", "offpeak:schedule", "IGNORE")}, false},
		{"stop what one of two keys exempts", "ec2:StopInstances", []evaluate.Resource{instance("i-3", "offpeak:schedule", "seoul-office", "maid_offhours", "off")}, false},
		{"stop production that opts in", "ec2:StopInstances", []evaluate.Resource{instance("i-4", append(open, "Environment", "prod")...)}, false},
		{"stop production, spelled otherwise", "ec2:StopInstances", []evaluate.Resource{instance("i-4", append(open, "environment", "PRD")...)}, false},
		{"stop what another tag protects", "ec2:StopInstances", []evaluate.Resource{instance("i-4", append(open, "Tier", "critical")...)}, false},
		{"start production", "ec2:StartInstances", []evaluate.Resource{instance("i-4", append(open, "Environment", "prod")...)}, false},
		{"a batch that opts in", "ec2:StopInstances", []evaluate.Resource{instance("i-1", open...), instance("i-5", open...)}, true},
		{"a batch with one protected member", "ec2:StopInstances", []evaluate.Resource{instance("i-1", open...), instance("i-4", append(open, "Environment", "prod")...)}, false},
		{"a batch with one untagged member", "ec2:StopInstances", []evaluate.Resource{instance("i-1", open...), instance("i-2")}, false},
		{"an instance of another account", "ec2:StopInstances", []evaluate.Resource{{ARN: "arn:aws:ec2:ap-northeast-2:999900001111:instance/i-1", Context: tagged(open...)}}, false},
		{"terminate", "ec2:TerminateInstances", []evaluate.Resource{instance("i-1", open...)}, false},
		{"launch", "ec2:RunInstances", []evaluate.Resource{instance("*", open...)}, false},
		{"write a tag", "ec2:CreateTags", []evaluate.Resource{instance("i-1", open...)}, false},
		{"another type", "ec2:ModifyInstanceAttribute", []evaluate.Resource{with(instance("i-1", open...), other)}, true},
		{"another type of what carries no tag", "ec2:ModifyInstanceAttribute", []evaluate.Resource{with(instance("i-2"), other)}, false},
		{"other user data, which would run as root", "ec2:ModifyInstanceAttribute", []evaluate.Resource{with(instance("i-1", open...), map[string]string{"ec2:Attribute/UserData": "x"})}, false},
		{"take stop protection away", "ec2:ModifyInstanceAttribute", []evaluate.Resource{with(instance("i-1", open...), map[string]string{"ec2:Attribute/DisableApiStop": "false"})}, false},
		{"a group", "autoscaling:UpdateAutoScalingGroup", []evaluate.Resource{thing("autoscaling", "autoScalingGroup:u:autoScalingGroupName/web", open...)}, true},
		{"a group without a tag", "autoscaling:UpdateAutoScalingGroup", []evaluate.Resource{thing("autoscaling", "autoScalingGroup:u:autoScalingGroupName/web")}, false},
		{"delete a group", "autoscaling:DeleteAutoScalingGroup", []evaluate.Resource{thing("autoscaling", "autoScalingGroup:u:autoScalingGroupName/web", open...)}, false},
		{"a database", "rds:StopDBInstance", []evaluate.Resource{db}, true},
		{"a cluster", "rds:StopDBCluster", []evaluate.Resource{cluster}, true},
		{"a database without a tag", "rds:StopDBInstance", []evaluate.Resource{thing("rds", "db:orders")}, false},
		{"a snapshot of it first", "rds:CreateDBSnapshot", []evaluate.Resource{db, thing("rds", "snapshot:offpeak-orders-1")}, true},
		{"a snapshot by another name", "rds:CreateDBSnapshot", []evaluate.Resource{db, thing("rds", "snapshot:orders-1")}, false},
		{"a snapshot of what does not opt in", "rds:CreateDBSnapshot", []evaluate.Resource{thing("rds", "db:x"), thing("rds", "snapshot:offpeak-x-1")}, false},
		{"delete a snapshot of offpeak's", "rds:DeleteDBClusterSnapshot", []evaluate.Resource{thing("rds", "cluster-snapshot:offpeak-orders-1")}, true},
		{"delete another's snapshot", "rds:DeleteDBSnapshot", []evaluate.Resource{thing("rds", "snapshot:before-migration")}, false},
		{"give a snapshot away", "rds:ModifyDBSnapshotAttribute", []evaluate.Resource{thing("rds", "snapshot:offpeak-orders-1")}, false},
		{"a service", "ecs:UpdateService", []evaluate.Resource{thing("ecs", "service/shop/web", open...)}, true},
		{"a service of production", "ecs:UpdateService", []evaluate.Resource{thing("ecs", "service/shop/web", append(open, "Environment", "live")...)}, false},
		{"the scaling of a service", "application-autoscaling:RegisterScalableTarget", []evaluate.Resource{with(target, ecs)}, true},
		{"the scaling of a table", "application-autoscaling:RegisterScalableTarget", []evaluate.Resource{with(target, map[string]string{"application-autoscaling:service-namespace": "dynamodb"})}, false},
		{"a grant for a volume's key", "kms:CreateGrant", []evaluate.Resource{with(key, grant)}, true},
		{"a grant for oneself", "kms:CreateGrant", []evaluate.Resource{key}, false},
		{"a grant for a key that is not named", "kms:CreateGrant", []evaluate.Resource{with(evaluate.Resource{ARN: "arn:aws:kms:ap-northeast-2:222233334444:key/theirs"}, grant)}, false},
		{"hand over a role", "iam:PassRole", []evaluate.Resource{{ARN: "arn:aws:iam::222233334444:role/admin"}}, false},
		{"look", "ec2:DescribeInstances", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := evaluate.Decide(allowed, evaluate.Request{Action: test.action, Resources: test.on})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
}

// TestWhoMayEnter: one function acts, the other looks, and so do people by the two roles of the hub that are theirs; nobody else enters.
func TestWhoMayEnter(t *testing.T) {
	s := synth(t, full)
	inside, _ := policies(t, s.templates[infra.RolesStack], "Schedule", spokeAccount)
	files, err := infra.Templates(parse(t, full))
	if err != nil {
		t.Fatal(err)
	}
	outside, _ := policies(t, parsed(t, files[infra.OutsideRolesFile]), "Schedule", spokeAccount)
	outsideRead, _ := policies(t, parsed(t, files[infra.OutsideReadFile]), "Read", spokeAccount)
	read, _ := policies(t, s.templates[infra.RolesStack], "Read", spokeAccount)
	bare := synth(t, minimal).templates[infra.RolesStack]
	nobody, _ := policies(t, bare, "Schedule", spokeAccount)
	nobodyReads, _ := policies(t, bare, "Read", spokeAccount)
	hub := "arn:aws:iam::" + hubAccount + ":role/"
	worker, dispatcher, operator, reader := hub+permit.ScheduleRole, hub+permit.DispatchRole, hub+permit.OperatorRole, hub+permit.ReaderRole
	knows := func(principal, id, organization string) map[string]string {
		context := map[string]string{"aws:PrincipalArn": principal}
		if id != "" {
			context["sts:ExternalId"] = id
		}
		if organization != "" {
			context["aws:PrincipalOrgID"] = organization
		}
		return context
	}
	for _, test := range []struct {
		name                        string
		trust                       []map[string]any
		principal, id, organization string
		may                         bool
	}{
		{"the worker", inside, worker, "kr-7f3a91", org, true},
		{"the dispatcher, which only asks for regions", inside, dispatcher, "kr-7f3a91", org, false},
		{"the dispatcher, by the role that reads", read, dispatcher, "kr-7f3a91", org, true},
		{"the worker, into a protected account", read, worker, "kr-7f3a91", org, true},
		{"an operator", inside, operator, "kr-7f3a91", org, true},
		{"an operator, by the role that reads", read, operator, "kr-7f3a91", org, true},
		{"an operator without the external id", inside, operator, "", org, false},
		{"an operator after the hub has left the organization", inside, operator, "kr-7f3a91", "o-0000000000", false},
		{"an operator of another account's hub", inside, "arn:aws:iam::999900001111:role/" + permit.OperatorRole, "kr-7f3a91", org, false},
		{"a person by the role by which operators come, straight", inside, "arn:aws:iam::" + hubAccount + ":role/ops", "kr-7f3a91", org, false},
		{"a reader", read, reader, "kr-7f3a91", org, true},
		{"a reader without the external id", read, reader, "", org, false},
		{"a reader, by the role that acts", inside, reader, "kr-7f3a91", org, false},
		{"a reader after the hub has left the organization", read, reader, "kr-7f3a91", "", false},
		{"a reader of another account's hub", read, "arn:aws:iam::999900001111:role/" + permit.ReaderRole, "kr-7f3a91", org, false},
		{"an operator, where none are named", nobody, operator, "kr-7f3a91", "", false},
		{"a reader, where none are named", nobodyReads, reader, "kr-7f3a91", "", false},
		{"the worker, where nobody else is named", nobody, worker, "kr-7f3a91", "", true},
		{"an operator, into an account of another organization", outside, operator, "kr-7f3a91", org, true},
		{"a reader, into an account of another organization, to act", outside, reader, "kr-7f3a91", org, false},
		{"an operator, into a protected account of another organization", outsideRead, operator, "kr-7f3a91", org, true},
		{"the worker without the external id: a confused deputy", inside, worker, "", org, false},
		{"the worker with another customer's external id", inside, worker, "us-000000", org, false},
		{"another role of the hub's account", inside, "arn:aws:iam::" + hubAccount + ":role/admin", "kr-7f3a91", org, false},
		{"a role whose name begins the same", inside, worker + "-2", "kr-7f3a91", org, false},
		{"a person of the hub's account", inside, "arn:aws:iam::" + hubAccount + ":user/kim", "kr-7f3a91", org, false},
		{"the hub's account itself", inside, "arn:aws:iam::" + hubAccount + ":root", "kr-7f3a91", org, false},
		{"a role of that name in another account", inside, "arn:aws:iam::999900001111:role/" + permit.ScheduleRole, "kr-7f3a91", org, false},
		{"the hub after it has left the organization", inside, worker, "kr-7f3a91", "o-0000000000", false},
		{"the hub in no organization", inside, worker, "kr-7f3a91", "", false},
		{"the worker, into an account of another organization", outside, worker, "kr-7f3a91", org, true},
		{"the same without the external id", outside, worker, "", org, false},
		{"the same by another role", outside, "arn:aws:iam::" + hubAccount + ":role/admin", "kr-7f3a91", org, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := evaluate.Decide(test.trust, evaluate.Request{
				Principal: test.principal, Action: "sts:AssumeRole", Context: knows(test.principal, test.id, test.organization),
			})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
}

// TestWhoComesAsWhom: people come by the roles that were named, each for their own.
func TestWhoComesAsWhom(t *testing.T) {
	hub := synth(t, full).templates[infra.HubStack]
	in := "arn:aws:iam::" + hubAccount + ":role/"
	sso := in + "aws-reserved/sso.amazonaws.com/ap-northeast-2/AWSReservedSSO_"
	for _, test := range []struct {
		name, role, principal string
		may                   bool
	}{
		{"a role that was named", "OperatorRole", in + "ops", true},
		{"a permission set that was named", "OperatorRole", sso + "CloudOps_0123456789abcdef", true},
		{"another permission set", "OperatorRole", sso + "Developers_0123456789abcdef", false},
		{"a role that is called like a permission set", "OperatorRole", in + "AWSReservedSSO_CloudOps_0123456789abcdef", false},
		{"another role of the account", "OperatorRole", in + "developer", false},
		{"a role whose name begins the same", "OperatorRole", in + "ops-2", false},
		{"a role of that name beneath a path", "OperatorRole", in + "team/ops", false},
		{"the same name in another account", "OperatorRole", "arn:aws:iam::999900001111:role/ops", false},
		{"a user", "OperatorRole", "arn:aws:iam::" + hubAccount + ":user/ops", false},
		{"the account itself", "OperatorRole", "arn:aws:iam::" + hubAccount + ":root", false},
		{"who only looks, to act", "OperatorRole", in + "finance/report", false},
		{"who only looks", "ReaderRole", in + "finance/report", true},
		{"who acts, to look: they have a role of their own", "ReaderRole", in + "ops", false},
		{"a function", "ReaderRole", in + permit.DispatchRole, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			trust, _ := policies(t, hub, test.role, hubAccount)
			got, err := evaluate.Decide(trust, evaluate.Request{
				Principal: test.principal, Action: "sts:AssumeRole", Context: map[string]string{"aws:PrincipalArn": test.principal},
			})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
	if there := resources(synth(t, minimal).templates[infra.HubStack], "AWS::IAM::Role"); there["OperatorRole"] != nil || there["ReaderRole"] != nil {
		t.Error("there are roles for people where nobody was named")
	}
}

// TestAProtectedAccount has a role that reads, and none that acts.
func TestAProtectedAccount(t *testing.T) {
	template := synth(t, full).templates[infra.ReadStack]
	if roles := resources(template, "AWS::IAM::Role"); len(roles) != 1 || roles["Read"] == nil {
		t.Fatalf("%d roles", len(roles))
	}
	_, allowed := policies(t, template, "Read", spokeAccount)
	for action, may := range map[string]bool{"ec2:DescribeInstances": true, "ec2:StopInstances": false, "rds:CreateDBSnapshot": false, "kms:CreateGrant": false, "ec2:DescribeInstanceTypes": true, "ec2:RunInstances": false, "autoscaling:UpdateAutoScalingGroup": false, "rds:DescribeDBSnapshots": false} {
		got, err := evaluate.Decide(allowed, evaluate.Request{Action: action, Resources: []evaluate.Resource{instance("i-1", "offpeak:schedule", "x")}})
		if err != nil || got.Allowed != may {
			t.Errorf("%s: %+v, %v", action, got, err)
		}
	}
}

// TestWhatTheHubMayDo: the ledger only grows, the policy is people's, and accounts are those that were named.
func TestWhatTheHubMayDo(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	at := func(key string) []evaluate.Resource { return []evaluate.Resource{{ARN: "arn:aws:s3:::store/" + key}} }
	role := func(account, name, organization string) []evaluate.Resource {
		return []evaluate.Resource{{ARN: "arn:aws:iam::" + account + ":role/" + name, Context: map[string]string{"aws:ResourceOrgID": organization}}}
	}
	fresh := map[string]string{"s3:if-none-match": "*"}
	own := func(tags ...string) []evaluate.Resource {
		return []evaluate.Resource{{ARN: "arn:aws:ec2:ap-northeast-2:" + hubAccount + ":instance/i-1", Context: tagged(tags...)}}
	}
	key := []evaluate.Resource{{ARN: "arn:aws:kms:ap-northeast-2:" + hubAccount + ":key/1"}}
	byS3 := map[string]string{"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}
	inBucket := func(name string) map[string]string {
		return map[string]string{"kms:ViaService": "s3.ap-northeast-2.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::" + name}
	}
	object := func(bucket, key string) []evaluate.Resource {
		return []evaluate.Resource{{ARN: "arn:aws:s3:::" + bucket + "/" + key}}
	}
	athena := func(rest string) []evaluate.Resource {
		return []evaluate.Resource{{ARN: "arn:aws:athena:ap-northeast-2:" + hubAccount + ":" + rest}}
	}
	for _, test := range []struct {
		name, role, action string
		on                 []evaluate.Resource
		context            map[string]string
		may                bool
	}{
		{"write an entry", "ScheduleRole", "s3:PutObject", at("ledger/date=2026-11-20/a.jsonl"), fresh, true},
		{"write over an entry", "ScheduleRole", "s3:PutObject", at("ledger/date=2026-11-20/a.jsonl"), nil, false},
		{"delete an entry", "ScheduleRole", "s3:DeleteObject", at("ledger/date=2026-11-20/a.jsonl"), nil, false},
		{"delete a version of one", "ScheduleRole", "s3:DeleteObjectVersion", at("ledger/date=2026-11-20/a.jsonl"), nil, false},
		{"push a policy", "ScheduleRole", "s3:PutObject", at("policy/current.json"), fresh, false},
		{"push a policy, from the dispatcher", "DispatchRole", "s3:PutObject", at("policy/current.json"), fresh, false},
		{"keep the policy in force", "DispatchRole", "s3:PutObject", at("policy/in-force.json"), nil, true},
		{"the dispatcher writes into the ledger", "DispatchRole", "s3:PutObject", at("ledger/x"), fresh, false},
		{"the dispatcher reads memory", "DispatchRole", "s3:GetObject", at("memory/1/2/3"), nil, false},
		{"read from another bucket", "ScheduleRole", "s3:GetObject", []evaluate.Resource{{ARN: "arn:aws:s3:::payroll/x"}}, nil, false},
		{"enter an account of the organization", "ScheduleRole", "sts:AssumeRole", role(spokeAccount, permit.SpokeRole, org), nil, true},
		{"enter it by another role", "ScheduleRole", "sts:AssumeRole", role(spokeAccount, "OrganizationAccountAccessRole", org), nil, false},
		{"enter an account of another organization", "ScheduleRole", "sts:AssumeRole", role("999900001111", permit.SpokeRole, "o-0000000000"), nil, false},
		{"enter an account outside that was named", "ScheduleRole", "sts:AssumeRole", role("888899990000", permit.SpokeRole, "o-0000000000"), nil, true},
		{"stop something in the hub's account, without a tag", "ScheduleRole", "ec2:StopInstances", own(), nil, false},
		{"stop something in the hub's account", "ScheduleRole", "ec2:StopInstances", own("offpeak:schedule", "x"), nil, true},
		{"stop what its owner exempts there", "ScheduleRole", "ec2:StopInstances", own("offpeak:schedule", "ignore"), nil, false},
		{"stop what its owner exempts there by the key of Cloud Custodian", "ScheduleRole", "ec2:StopInstances", own("offpeak:schedule", "x", "maid_offhours", "off"), nil, false},
		{"stop production there that opts in", "ScheduleRole", "ec2:StopInstances", own("offpeak:schedule", "x", "Environment", "prod"), nil, false},
		{"start production there, spelled otherwise", "ScheduleRole", "ec2:StartInstances", own("offpeak:schedule", "x", "environment", "PRD"), nil, false},
		{"another type for production there", "ScheduleRole", "ec2:ModifyInstanceAttribute", own("offpeak:schedule", "x", "Tier", "critical"), map[string]string{"ec2:Attribute/InstanceType": "m5a.large"}, false},
		{"a batch there with one protected member", "ScheduleRole", "ec2:StopInstances", append(own("offpeak:schedule", "x"), own("offpeak:schedule", "x", "Environment", "live")...), nil, false},
		{"write a tag there", "ScheduleRole", "ec2:CreateTags", own("offpeak:schedule", "x"), nil, false},
		{"the dispatcher stops something", "DispatchRole", "ec2:StopInstances", own("offpeak:schedule", "x"), nil, false},
		{"the dispatcher enters by the role that reads", "DispatchRole", "sts:AssumeRole", role(spokeAccount, permit.ReadRole, org), nil, true},
		{"the dispatcher enters by the role that acts", "DispatchRole", "sts:AssumeRole", role(spokeAccount, permit.SpokeRole, org), nil, false},
		{"the dispatcher enters an account outside by the role that acts", "DispatchRole", "sts:AssumeRole", role("888899990000", permit.SpokeRole, "o-0000000000"), nil, false},
		{"an operator pushes a policy", "OperatorRole", "s3:PutObject", at("policy/current.json"), nil, true},
		{"an operator writes an entry", "OperatorRole", "s3:PutObject", at("ledger/date=2026-11-20/a.jsonl"), fresh, true},
		{"an operator writes over an entry", "OperatorRole", "s3:PutObject", at("ledger/date=2026-11-20/a.jsonl"), nil, false},
		{"an operator deletes an entry", "OperatorRole", "s3:DeleteObject", at("ledger/date=2026-11-20/a.jsonl"), nil, false},
		{"an operator deletes a version of the policy", "OperatorRole", "s3:DeleteObjectVersion", at("policy/current.json"), nil, false},
		{"an operator says what people were told", "OperatorRole", "s3:PutObject", at("said/x"), nil, false},
		{"an operator enters an account", "OperatorRole", "sts:AssumeRole", role(spokeAccount, permit.SpokeRole, org), nil, true},
		{"an operator enters an account of another organization", "OperatorRole", "sts:AssumeRole", role("999900001111", permit.SpokeRole, "o-0000000000"), nil, false},
		{"an operator becomes the worker", "OperatorRole", "sts:AssumeRole", role(hubAccount, permit.ScheduleRole, org), nil, false},
		{"an operator pulls the kill switch", "OperatorRole", "ssm:PutParameter", []evaluate.Resource{{ARN: "arn:aws:ssm:ap-northeast-2:111122223333:parameter" + permit.KillSwitch}}, nil, true},
		{"an operator sets another parameter", "OperatorRole", "ssm:PutParameter", []evaluate.Resource{{ARN: "arn:aws:ssm:ap-northeast-2:111122223333:parameter/payroll"}}, nil, false},
		{"the worker sets the kill switch", "ScheduleRole", "ssm:PutParameter", []evaluate.Resource{{ARN: "arn:aws:ssm:ap-northeast-2:111122223333:parameter" + permit.KillSwitch}}, nil, false},
		{"a reader pulls the kill switch", "ReaderRole", "ssm:PutParameter", []evaluate.Resource{{ARN: "arn:aws:ssm:ap-northeast-2:111122223333:parameter" + permit.KillSwitch}}, nil, false},
		{"an operator wakes", "OperatorRole", "sqs:SendMessage", []evaluate.Resource{{ARN: "arn:aws:sqs:ap-northeast-2:111122223333:wakes"}}, nil, false},
		{"an operator reads wakes away", "OperatorRole", "sqs:ReceiveMessage", []evaluate.Resource{{ARN: "arn:aws:sqs:ap-northeast-2:111122223333:wakes"}}, nil, false},
		{"an operator reads what the key encrypts", "OperatorRole", "kms:Decrypt", key, byS3, true},
		{"an operator uses the key straight", "OperatorRole", "kms:Decrypt", key, nil, false},
		{"an operator stops something in the hub's account", "OperatorRole", "ec2:StopInstances", own("offpeak:schedule", "x"), nil, true},
		{"an operator stops production there", "OperatorRole", "ec2:StopInstances", own("offpeak:schedule", "x", "Environment", "prod"), nil, false},
		{"an operator writes a tag there", "OperatorRole", "ec2:CreateTags", own("offpeak:schedule", "x"), nil, false},
		{"a reader reads the ledger", "ReaderRole", "s3:GetObject", at("ledger/date=2026-11-20/a.jsonl"), nil, true},
		{"a reader reads what the key encrypts", "ReaderRole", "kms:Decrypt", key, byS3, true},
		{"a reader encrypts", "ReaderRole", "kms:GenerateDataKey", key, byS3, false},
		{"a reader has Athena encrypt an answer", "ReaderRole", "kms:GenerateDataKey", key, inBucket("bill"), true},
		{"a reader encrypts something of the ledger", "ReaderRole", "kms:GenerateDataKey", key, inBucket("store"), false},
		{"a reader reads a report", "ReaderRole", "s3:GetObject", object("reports", "reports/payer=444455556666/x"), nil, true},
		{"a reader reads what AWS delivers", "ReaderRole", "s3:GetObject", object("exports", "444455556666/x"), nil, true},
		{"a reader asks Athena", "ReaderRole", "athena:StartQueryExecution", athena("workgroup/" + permit.ReportWorkgroup), nil, true},
		{"a reader asks Athena where nothing is limited", "ReaderRole", "athena:StartQueryExecution", athena("workgroup/primary"), nil, false},
		{"a reader looks where a bill is published", "ReaderRole", "athena:GetTableMetadata", athena("datacatalog/AwsDataCatalog"), nil, true},
		{"a reader lets Athena write an answer", "ReaderRole", "s3:PutObject", object("bill", "results/x.csv"), nil, true},
		{"a reader publishes a bill", "ReaderRole", "s3:PutObject", object("bill", "bill/444455556666/cur/v=1/x"), nil, false},
		{"a reader writes a report", "ReaderRole", "s3:PutObject", object("reports", "reports/payer=444455556666/x"), fresh, false},
		{"a reader freezes baselines", "ReaderRole", "s3:PutObject", at("baselines/444455556666.json"), fresh, false},
		{"an operator freezes baselines", "OperatorRole", "s3:PutObject", at("baselines/444455556666.json"), fresh, true},
		{"an operator asks Athena", "OperatorRole", "athena:StartQueryExecution", athena("workgroup/" + permit.ReportWorkgroup), nil, true},
		{"an operator reads a report", "OperatorRole", "s3:GetObject", object("reports", "reports/payer=444455556666/x"), nil, true},
		{"an operator writes over a report", "OperatorRole", "s3:PutObject", object("reports", "reports/payer=444455556666/x"), nil, false},
		{"a reader pushes a policy", "ReaderRole", "s3:PutObject", at("policy/current.json"), fresh, false},
		{"a reader writes an entry", "ReaderRole", "s3:PutObject", at("ledger/date=2026-11-20/a.jsonl"), fresh, false},
		{"a reader takes a lease", "ReaderRole", "s3:PutObject", at("state/222233334444/ap-northeast-2.json"), nil, false},
		{"a reader enters to look", "ReaderRole", "sts:AssumeRole", role(spokeAccount, permit.ReadRole, org), nil, true},
		{"a reader enters to act", "ReaderRole", "sts:AssumeRole", role(spokeAccount, permit.SpokeRole, org), nil, false},
		{"a reader looks in the hub's account", "ReaderRole", "ec2:DescribeInstances", nil, nil, true},
		{"a reader stops something there", "ReaderRole", "ec2:StopInstances", own("offpeak:schedule", "x"), nil, false},
		{"the clock calls the worker", "TickRole", "lambda:InvokeFunction", []evaluate.Resource{{ARN: "arn:aws:lambda:…:schedule"}}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, allowed := policies(t, template, test.role, hubAccount)
			got, err := evaluate.Decide(allowed, evaluate.Request{Action: test.action, Resources: test.on, Context: test.context})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
}

// TestAHubWithoutOrganizationEntersNobody that was not named.
func TestAHubWithoutOrganizationEntersNobody(t *testing.T) {
	_, allowed := policies(t, synth(t, minimal).templates[infra.HubStack], "ScheduleRole", hubAccount)
	got, err := evaluate.Decide(allowed, evaluate.Request{Action: "sts:AssumeRole", Resources: []evaluate.Resource{{ARN: "arn:aws:iam::222233334444:role/" + permit.SpokeRole}}})
	if err != nil || got.Allowed {
		t.Errorf("%+v, %v", got, err)
	}
	if text := indented(t, synth(t, minimal).templates[infra.HubStack]); strings.Contains(text, "AWS::Events::EventBusPolicy") {
		t.Error("somebody may hand in events")
	}
}
