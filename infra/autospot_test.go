package infra_test

import (
	"fmt"
	"strings"
	"testing"

	"offpeak/infra"
	"offpeak/infra/evaluate"
	"offpeak/infra/permit"
	"offpeak/internal/hub"
)

// TestAutoSpotIsAskedFor: without "autospot" a hub has none of it, and accounts let nobody in who launches.
func TestAutoSpotIsAskedFor(t *testing.T) {
	s := synth(t, minimal)
	for name, template := range s.templates {
		if text := indented(t, template); strings.Contains(text, "SpotWakes") || strings.Contains(text, "ec2:RunInstances") || strings.Contains(text, permit.AutoSpotRole) {
			t.Errorf("%s has something of AutoSpot's", name)
		}
	}
}

// TestWhatWakesAutoSpot gives its own parsers what the clock and the rules will send.
func TestWhatWakesAutoSpot(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	tick := at(t, template, "Resources", "SpotTick", "Properties")
	input := at(t, tick, "Target", "Input").(string)
	signal, err := hub.ParseSpotSignal([]byte(strings.ReplaceAll(input, "<aws.scheduler.scheduled-time>", "2026-11-20T20:10:00Z")))
	if err != nil || signal.Tick.IsZero() {
		t.Errorf("%q: %v", input, err)
	}
	if zone := at(t, tick, "ScheduleExpressionTimezone"); zone != "Asia/Seoul" {
		t.Errorf("it comes in the morning of %v", zone)
	}
	if mapping := at(t, template, "Resources", "WakesToAutospot", "Properties"); fmt.Sprint(at(t, mapping, "FunctionName")) != "map[Ref:Autospot]" ||
		fmt.Sprint(at(t, mapping, "EventSourceArn")) != "map[Fn::GetAtt:[SpotWakes Arn]]" {
		t.Errorf("wakes go to %v", mapping)
	}
	if least := at(t, synth(t, `{"autospot": true}`).templates[infra.HubStack], "Resources", "WakesToAutospot", "Properties", "ScalingConfig", "MaximumConcurrency"); least != 2. {
		t.Errorf("in a fresh account it takes %v of ten", least)
	}
	if hidden := at(t, template, "Resources", "SpotWakes", "Properties", "VisibilityTimeout"); hidden != 6*15*60. {
		t.Errorf("a wake stays hidden for %v seconds", hidden)
	}
	for rule, details := range map[string][]string{
		"SpotInterruptions": {
			`"source":"aws.ec2","detail-type":"EC2 Spot Instance Interruption Warning","detail":{"instance-id":"i-0b662ef9931388ba0","instance-action":"terminate"}`,
			`"source":"aws.ec2","detail-type":"EC2 Instance Rebalance Recommendation","detail":{"instance-id":"i-0b662ef9931388ba0"}`,
		},
		"FailedLaunches": {`"source":"aws.autoscaling","detail-type":"EC2 Instance Launch Unsuccessful","detail":{"ActivityId":"0e9d8daa-1fb8-4d84-91e0-0c4e57800be4","AutoScalingGroupName":"web","StatusCode":"Failed","StatusMessage":"We currently do not have sufficient capacity"}`},
	} {
		pattern := at(t, template, "Resources", rule, "Properties", "EventPattern")
		for _, event := range details {
			source := strings.Split(strings.TrimPrefix(event, `"source":"`), `"`)[0]
			kind := strings.Split(strings.Split(event, `"detail-type":"`)[1], `"`)[0]
			if text := fmt.Sprint(pattern); !strings.Contains(text, source) || !strings.Contains(text, kind) {
				t.Errorf("%s: %s does not pass %s of %s", rule, text, kind, source)
			}
			whole := `{"version":"0","id":"1","account":"222233334444","time":"2026-11-20T03:00:00Z","region":"ap-northeast-2","resources":[],` + event + `}`
			if _, err := hub.ParseNotice([]byte(whole)); err != nil {
				t.Errorf("%s: %v", event, err)
			}
		}
		target := at(t, template, "Resources", rule, "Properties", "Targets", 0, "Arn")
		if fmt.Sprint(target) != "map[Fn::GetAtt:[Interruption Arn]]" {
			t.Errorf("%s goes to %v", rule, target)
		}
		if there := resources(synth(t, full).templates[infra.EventsStack+"-us-east-1"], "AWS::Events::Rule")[rule]; there == nil {
			t.Errorf("accounts do not hand in what %s waits for", rule)
		}
	}
}

// TestAChangedTagOfSpotWakesAutoSpot: the key that is configured, of what AutoSpot moves, and of no member of a group; from every account.
func TestAChangedTagOfSpotWakesAutoSpot(t *testing.T) {
	for _, row := range []struct{ config, stack, key string }{
		{full, infra.HubStack, "offpeak:spot"}, {full, infra.EventsStack + "-us-east-1", "offpeak:spot"}, {`{"autospot": true, "spot_tag": "acme/spot"}`, infra.HubStack, "acme/spot"},
	} {
		template := synth(t, row.config).templates[row.stack]
		pattern := at(t, template, "Resources", "SpotTagChanges", "Properties", "EventPattern")
		want := "map[changed-tag-keys:[" + row.key + "] service:[ec2 autoscaling ecs] tags:map[aws:autoscaling:groupName:[map[exists:false]]]]"
		if got := fmt.Sprint(at(t, pattern, "detail")); got != want {
			t.Errorf("%s: %s", row.stack, got)
		}
	}
	template := synth(t, full).templates[infra.HubStack]
	if target := at(t, template, "Resources", "SpotTagChanges", "Properties", "Targets", 0, "Arn"); fmt.Sprint(target) != "map[Fn::GetAtt:[Interruption Arn]]" {
		t.Errorf("it goes to %v", target)
	}
	event := `{"version":"0","id":"1","detail-type":"Tag Change on Resource","source":"aws.tag","account":"222233334444","time":"2026-11-20T03:00:00Z","region":"ap-northeast-2",
		"resources":["arn:aws:ec2:ap-northeast-2:222233334444:instance/i-1"],"detail":{"changed-tag-keys":["offpeak:spot"],"service":"ec2","resource-type":"instance","version":3,"tags":{"offpeak:spot":"yes"}}}`
	if scope, ok := hub.ParseSpotTags([]byte(event)); !ok || scope.Account != spokeAccount {
		t.Errorf("%v, %t", scope, ok)
	}
	if _, ok := hub.ParseSpotTags([]byte(strings.Replace(event, `"tags":{`, `"tags":{"aws:autoscaling:groupName":"web",`, 1))); ok {
		t.Error("a member of a group wakes AutoSpot")
	}
	for _, c := range []struct {
		config string
		queue  bool
	}{{full, true}, {minimal, false}} {
		variables := at(t, synth(t, c.config).templates[infra.HubStack], "Resources", "Dispatch", "Properties", "Environment", "Variables").(map[string]any)
		if _, there := variables["OFFPEAK_SPOT_QUEUE_URL"]; there != c.queue {
			t.Errorf("the dispatcher's variables are %v", variables)
		}
	}
}

// TestWhatAutoSpotMayDoInTheHub asks IAM's rules about its functions.
func TestWhatAutoSpotMayDoInTheHub(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	arn := func(arn string, pairs ...string) []evaluate.Resource {
		return []evaluate.Resource{{ARN: arn, Context: tagged(pairs...)}}
	}
	at := func(key string) []evaluate.Resource { return arn("arn:aws:s3:::store/" + key) }
	role := func(account, name, organization string) []evaluate.Resource {
		return []evaluate.Resource{{ARN: "arn:aws:iam::" + account + ":role/" + name, Context: map[string]string{"aws:ResourceOrgID": organization}}}
	}
	group := func(pairs ...string) []evaluate.Resource {
		return arn("arn:aws:autoscaling:ap-northeast-2:"+hubAccount+":autoScalingGroup:1:autoScalingGroupName/web", pairs...)
	}
	wakes, spotWakes := arn("arn:aws:sqs:ap-northeast-2:111122223333:wakes"), arn("arn:aws:sqs:ap-northeast-2:111122223333:spot-wakes")
	fresh := map[string]string{"s3:if-none-match": "*"}
	for _, test := range []struct {
		name, role, action string
		on                 []evaluate.Resource
		context            map[string]string
		may                bool
	}{
		{"AutoSpot writes an entry", "AutospotRole", "s3:PutObject", at("ledger/date=2026-11-20/a.jsonl"), fresh, true},
		{"AutoSpot writes over an entry", "AutospotRole", "s3:PutObject", at("ledger/date=2026-11-20/a.jsonl"), nil, false},
		{"AutoSpot deletes an entry", "AutospotRole", "s3:DeleteObject", at("ledger/date=2026-11-20/a.jsonl"), nil, false},
		{"AutoSpot closes a conversion", "AutospotRole", "s3:DeleteObject", at("conversions/222233334444/ap-northeast-2/eni-1.json"), nil, true},
		{"AutoSpot puts one that is done aside", "AutospotRole", "s3:PutObject", at("converted/222233334444/ap-northeast-2/eni-1.act.json"), fresh, true},
		{"AutoSpot forgets one that is done", "AutospotRole", "s3:DeleteObject", at("converted/222233334444/ap-northeast-2/eni-1.act.json"), nil, false},
		{"AutoSpot pushes a policy", "AutospotRole", "s3:PutObject", at("policy/current.json"), fresh, false},
		{"AutoSpot enters an account", "AutospotRole", "sts:AssumeRole", role(spokeAccount, permit.SpotRole, org), nil, true},
		{"AutoSpot enters to look", "AutospotRole", "sts:AssumeRole", role(spokeAccount, permit.ReadRole, org), nil, true},
		{"AutoSpot enters by the scheduler's role", "AutospotRole", "sts:AssumeRole", role(spokeAccount, permit.SpokeRole, org), nil, false},
		{"AutoSpot enters another organization", "AutospotRole", "sts:AssumeRole", role("999900001111", permit.SpotRole, "o-0000000000"), nil, false},
		{"AutoSpot wakes itself", "AutospotRole", "sqs:SendMessage", spotWakes, nil, true},
		{"AutoSpot wakes the scheduler", "AutospotRole", "sqs:SendMessage", wakes, nil, false},
		{"AutoSpot takes the scheduler's wakes", "AutospotRole", "sqs:ReceiveMessage", wakes, nil, false},
		{"AutoSpot asks the kill switch", "AutospotRole", "ssm:GetParameter", arn("arn:aws:ssm:ap-northeast-2:111122223333:parameter" + permit.KillSwitch), nil, true},
		{"AutoSpot sets the kill switch", "AutospotRole", "ssm:PutParameter", arn("arn:aws:ssm:ap-northeast-2:111122223333:parameter" + permit.KillSwitch), nil, false},
		{"AutoSpot moves a group of the hub's account", "AutospotRole", "autoscaling:UpdateAutoScalingGroup", group("offpeak:spot", "yes"), nil, true},
		{"AutoSpot moves one that has no tag", "AutospotRole", "autoscaling:UpdateAutoScalingGroup", group("offpeak:schedule", "x"), nil, false},
		{"AutoSpot moves production there", "AutospotRole", "autoscaling:UpdateAutoScalingGroup", group("offpeak:spot", "yes", "Environment", "PROD"), nil, false},
		{"the dispatcher wakes AutoSpot", "DispatchRole", "sqs:SendMessage", spotWakes, nil, true},
		{"the dispatcher takes its wakes", "DispatchRole", "sqs:ReceiveMessage", spotWakes, nil, false},
		{"who hears notes that tags were changed", "InterruptionRole", "s3:PutObject", at("notices/tags/222233334444/ap-northeast-2/20261120T0300Z"), nil, true},
		{"who hears reads that it did", "InterruptionRole", "s3:GetObject", at("notices/tags/222233334444/ap-northeast-2/20261120T0300Z"), nil, true},
		{"the scheduler takes AutoSpot's wakes", "ScheduleRole", "sqs:ReceiveMessage", spotWakes, nil, false},
		{"the scheduler enters by AutoSpot's role", "ScheduleRole", "sts:AssumeRole", role(spokeAccount, permit.SpotRole, org), nil, false},
		{"an operator enters by AutoSpot's role", "OperatorRole", "sts:AssumeRole", role(spokeAccount, permit.SpotRole, org), nil, true},
		{"an operator enters another organization by it", "OperatorRole", "sts:AssumeRole", role("999900001111", permit.SpotRole, "o-0000000000"), nil, false},
		{"an operator notes how far a conversion has come", "OperatorRole", "s3:PutObject", at("conversions/222233334444/ap-northeast-2/x"), nil, true},
		{"an operator puts one aside that is done", "OperatorRole", "s3:PutObject", at("converted/222233334444/ap-northeast-2/x"), nil, true},
		{"an operator removes it where it was", "OperatorRole", "s3:DeleteObject", at("conversions/222233334444/ap-northeast-2/x"), nil, true},
		{"an operator removes it for good", "OperatorRole", "s3:DeleteObject", at("converted/222233334444/ap-northeast-2/x"), nil, false},
		{"an operator moves a group of the hub's account", "OperatorRole", "autoscaling:StartInstanceRefresh", group("offpeak:spot", "yes"), nil, true},
		{"an operator moves one that has no tag", "OperatorRole", "autoscaling:StartInstanceRefresh", group("offpeak:schedule", "x"), nil, false},
		{"an operator moves production there", "OperatorRole", "autoscaling:StartInstanceRefresh", group("offpeak:spot", "yes", "Environment", "PROD"), nil, false},
		{"a reader enters by AutoSpot's role", "ReaderRole", "sts:AssumeRole", role(spokeAccount, permit.SpotRole, org), nil, false},
		{"a reader keeps what the market is like", "ReaderRole", "s3:PutObject", at("market/ap-northeast-2/types.json.gz"), nil, false},
		{"a reader asks for types", "ReaderRole", "ec2:DescribeInstanceTypes", arn("*"), nil, true},
		{"a reader moves a group of the hub's account", "ReaderRole", "autoscaling:StartInstanceRefresh", group("offpeak:spot", "yes"), nil, false},
		{"who hears of interruptions notes one", "InterruptionRole", "s3:PutObject", at("notices/222233334444/ap-northeast-2/x"), nil, true},
		{"who hears of interruptions wakes AutoSpot", "InterruptionRole", "sqs:SendMessage", spotWakes, nil, true},
		{"who hears of interruptions wakes the scheduler", "InterruptionRole", "sqs:SendMessage", wakes, nil, false},
		{"who hears of interruptions writes an entry", "InterruptionRole", "s3:PutObject", at("ledger/x"), fresh, false},
		{"who hears of interruptions reads the ledger", "InterruptionRole", "s3:GetObject", at("ledger/x"), nil, false},
		{"who hears of interruptions enters to look", "InterruptionRole", "sts:AssumeRole", role(spokeAccount, permit.ReadRole, org), nil, true},
		{"who hears of interruptions enters to move", "InterruptionRole", "sts:AssumeRole", role(spokeAccount, permit.SpotRole, org), nil, false},
		{"who hears of interruptions moves a group", "InterruptionRole", "autoscaling:UpdateAutoScalingGroup", group("offpeak:spot", "yes"), nil, false},
		{"the clock calls AutoSpot", "TickRole", "lambda:InvokeFunction", arn("arn:aws:lambda:…:autospot"), nil, true},
		{"the clock calls who hears of interruptions", "TickRole", "lambda:InvokeFunction", arn("arn:aws:lambda:…:interruption"), nil, false},
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

// TestWhatAutoSpotMayDoInAnAccount asks IAM's rules about requests to its role there, and about who may take it.
func TestWhatAutoSpotMayDoInAnAccount(t *testing.T) {
	template := synth(t, full).templates[infra.RolesStack]
	trust, allowed := policies(t, template, "Spot", spokeAccount)
	wish, protected := []string{"offpeak:spot", "yes"}, []string{"offpeak:spot", "yes", "Environment", "prod"}
	group := func(pairs ...string) []evaluate.Resource {
		return []evaluate.Resource{thing("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web", pairs...)}
	}
	service := func(pairs ...string) []evaluate.Resource {
		return []evaluate.Resource{thing("ecs", "service/shop/api", pairs...)}
	}
	machine := func(pairs ...string) []evaluate.Resource { return []evaluate.Resource{instance("i-1", pairs...)} }
	given := []evaluate.Resource{{ARN: "arn:aws:iam::" + spokeAccount + ":role/web"}}
	image := func(path string, pairs ...string) evaluate.Resource {
		return evaluate.Resource{ARN: "arn:aws:ec2:ap-northeast-2::" + path, Context: tagged(pairs...)}
	}
	imaging := map[string]string{"ec2:CreateAction": "CreateImage", "aws:TagKeys": "offpeak:conversion"}
	to := func(service string) map[string]string { return map[string]string{"iam:PassedToService": service} }
	for _, test := range []struct {
		name, action string
		on           []evaluate.Resource
		context      map[string]string
		may          bool
	}{
		{"give a group a mixed policy", "autoscaling:UpdateAutoScalingGroup", group(wish...), nil, true},
		{"refresh it", "autoscaling:StartInstanceRefresh", group(wish...), nil, true},
		{"one that did not ask", "autoscaling:UpdateAutoScalingGroup", group("offpeak:schedule", "x"), nil, false},
		{"production that asks", "autoscaling:StartInstanceRefresh", group(protected...), nil, false},
		{"delete a group", "autoscaling:DeleteAutoScalingGroup", group(wish...), nil, false},
		{"give a service a strategy", "ecs:UpdateService", service(wish...), nil, true},
		{"a service that did not ask", "ecs:UpdateService", service(), nil, false},
		{"a service of production", "ecs:UpdateService", service(protected...), nil, false},
		{"end an instance that asked, to replace it", "ec2:TerminateInstances", machine(wish...), nil, true},
		{"end one that did not", "ec2:TerminateInstances", machine("offpeak:schedule", "x"), nil, false},
		{"end one of production that asks", "ec2:TerminateInstances", machine(protected...), nil, false},
		{"stop one of production that asks", "ec2:StopInstances", machine(protected...), nil, false},
		{"give an instance its role", "iam:PassRole", given, to("ec2.amazonaws.com"), true},
		{"give a function a role", "iam:PassRole", given, to("lambda.amazonaws.com"), false},
		{"give a successor its tags", "ec2:CreateTags", machine(wish...), map[string]string{"ec2:CreateAction": "RunInstances"}, true},
		{"write a tag on an instance that is there", "ec2:CreateTags", machine(wish...), nil, false},
		{"give a volume tags", "ec2:CreateTags", []evaluate.Resource{thing("ec2", "volume/vol-1")}, map[string]string{"ec2:CreateAction": "CreateVolume"}, false},
		{"give an image of a conversion its tag", "ec2:CreateTags", []evaluate.Resource{{ARN: "arn:aws:ec2:ap-northeast-2::image/ami-1"}}, imaging, true},
		{"and its snapshot", "ec2:CreateTags", []evaluate.Resource{{ARN: "arn:aws:ec2:ap-northeast-2::snapshot/snap-1"}}, imaging, true},
		{"give it another tag", "ec2:CreateTags", []evaluate.Resource{{ARN: "arn:aws:ec2:ap-northeast-2::image/ami-1"}}, map[string]string{"ec2:CreateAction": "CreateImage", "aws:TagKeys": "offpeak:schedule"}, false},
		{"give an image that is there the tag", "ec2:CreateTags", []evaluate.Resource{{ARN: "arn:aws:ec2:ap-northeast-2::image/ami-1"}}, map[string]string{"aws:TagKeys": "offpeak:conversion"}, false},
		{"remove an image of a conversion", "ec2:DeregisterImage", []evaluate.Resource{image("image/ami-1", "offpeak:conversion", "act-1")}, nil, true},
		{"and its snapshot, with it", "ec2:DeleteSnapshot", []evaluate.Resource{image("snapshot/snap-1", "offpeak:conversion", "act-1")}, nil, true},
		{"remove somebody's image", "ec2:DeregisterImage", []evaluate.Resource{image("image/ami-1", "Name", "golden")}, nil, false},
		{"remove somebody's snapshot", "ec2:DeleteSnapshot", []evaluate.Resource{image("snapshot/snap-1")}, nil, false},
		{"cancel the request of an instance it has converted", "ec2:CancelSpotInstanceRequests", []evaluate.Resource{thing("ec2", "spot-instances-request/sir-1", "offpeak:conversion", "act-1")}, nil, true},
		{"cancel somebody's", "ec2:CancelSpotInstanceRequests", []evaluate.Resource{thing("ec2", "spot-instances-request/sir-1", wish...)}, nil, false},
		{"write a launch template", "ec2:CreateLaunchTemplateVersion", []evaluate.Resource{thing("ec2", "launch-template/lt-1", wish...)}, nil, false},
		{"make a database larger", "rds:ModifyDBInstance", []evaluate.Resource{thing("rds", "db:orders", wish...)}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := evaluate.Decide(allowed, evaluate.Request{Action: test.action, Resources: test.on, Context: test.context})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
	for name, may := range map[string]bool{permit.AutoSpotRole: true, permit.InterruptionRole: false, permit.ScheduleRole: false, permit.DispatchRole: false, permit.OperatorRole: true, permit.ReaderRole: false, "admin": false} {
		principal := "arn:aws:iam::" + hubAccount + ":role/" + name
		got, err := evaluate.Decide(trust, evaluate.Request{
			Principal: principal, Action: "sts:AssumeRole", Context: map[string]string{"aws:PrincipalArn": principal, "sts:ExternalId": "kr-7f3a91", "aws:PrincipalOrgID": org},
		})
		if err != nil || got.Allowed != may {
			t.Errorf("%s takes it: %+v, want %v: %v", name, got, may, err)
		}
	}
}
