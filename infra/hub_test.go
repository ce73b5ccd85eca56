package infra_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"offpeak/infra"
	"offpeak/infra/config"
	"offpeak/infra/permit"
	"offpeak/internal/hub"
)

// expect runs an assertion of CDK's, which panics where it does not hold.
func expect(t *testing.T, what string, check func()) {
	t.Helper()
	defer func() {
		if said := recover(); said != nil {
			t.Errorf("%s: %v", what, said)
		}
	}()
	check()
}

func TestTheHub(t *testing.T) {
	s := synth(t, full)
	var template assertions.Template
	expect(t, "the template", func() { template = assertions.Template_FromJSON(pointer(s.templates[infra.HubStack]), nil) })
	for _, test := range []struct {
		what, kind string
		properties map[string]any
	}{
		{"the clock ticks on the five minutes, in UTC, and does not wander", "AWS::Scheduler::Schedule", map[string]any{
			"ScheduleExpression": "cron(0/5 * * * ? *)", "ScheduleExpressionTimezone": "UTC", "FlexibleTimeWindow": map[string]any{"Mode": "OFF"}, "State": "ENABLED",
		}},
		{"the worker has its memory and the longest time", "AWS::Lambda::Function", map[string]any{
			"FunctionName": "offpeak-schedule", "MemorySize": 512, "Timeout": 900, "Architectures": []any{"arm64"}, "Runtime": "provided.al2023",
			"ReservedConcurrentExecutions": 20,
		}},
		{"wakes stay hidden for six timeouts, and go aside after three tries", "AWS::SQS::Queue", map[string]any{
			"VisibilityTimeout": 6 * 900, "RedrivePolicy": map[string]any{"maxReceiveCount": 3}, "SqsManagedSseEnabled": true,
		}},
		{"one wake at a time, and no more at once than was said", "AWS::Lambda::EventSourceMapping", map[string]any{
			"BatchSize": 1, "ScalingConfig": map[string]any{"MaximumConcurrency": 10}, "FunctionResponseTypes": []any{"ReportBatchItemFailures"},
		}},
		{"ticks and events that fail are kept", "AWS::Lambda::EventInvokeConfig", map[string]any{
			"FunctionName":      map[string]any{"Ref": "Dispatch"},
			"DestinationConfig": map[string]any{"OnFailure": map[string]any{"Destination": map[string]any{"Fn::GetAtt": []any{"Failures", "Arn"}}}},
		}},
		{"logs are kept as long as was said, under the key", "AWS::Logs::LogGroup", map[string]any{
			"LogGroupName": "/aws/lambda/offpeak-schedule", "RetentionInDays": 30, "KmsKeyId": map[string]any{"Fn::GetAtt": []any{"Key", "Arn"}},
		}},
		{"the key turns", "AWS::KMS::Key", map[string]any{"EnableKeyRotation": true}},
		{"the topic is encrypted", "AWS::SNS::Topic", map[string]any{"KmsMasterKeyId": map[string]any{"Fn::GetAtt": []any{"Key", "Arn"}}}},
		{"people are told", "AWS::SNS::Subscription", map[string]any{"Protocol": "email", "Endpoint": "ops@example.com"}},
		{"the organization may hand in events", "AWS::Events::EventBusPolicy", map[string]any{
			"Statement": map[string]any{"Principal": "*", "Action": "events:PutEvents", "Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-ab12cd34ef"}}},
		}},
		{"a copy of the ledger cannot be changed by anybody", "AWS::S3::Bucket", map[string]any{
			"ObjectLockConfiguration": map[string]any{"ObjectLockEnabled": "Enabled", "Rule": map[string]any{"DefaultRetention": map[string]any{"Mode": "COMPLIANCE", "Days": 365}}},
		}},
	} {
		expect(t, test.what, func() { template.HasResourceProperties(jsii.String(test.kind), test.properties) })
	}
}

func pointer(m map[string]any) *map[string]any { return &m }

// TestBuckets: whatever is added later, no bucket is readable by strangers, unencrypted, spoken to in clear, or removed with the stack.
func TestBuckets(t *testing.T) {
	for _, context := range []string{minimal, full, awsKey} {
		template := synth(t, context).templates[infra.HubStack]
		buckets := resources(template, "AWS::S3::Bucket")
		if len(buckets) < 2 {
			t.Fatalf("%d buckets", len(buckets))
		}
		for id, b := range buckets {
			for _, setting := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
				if at(t, b, "Properties", "PublicAccessBlockConfiguration", setting) != true {
					t.Errorf("%s: %s is not set", id, setting)
				}
			}
			at(t, b, "Properties", "BucketEncryption")
			if b["DeletionPolicy"] != "Retain" || b["UpdateReplacePolicy"] != "Retain" {
				t.Errorf("%s goes with the stack", id)
			}
			if !strings.Contains(fmt.Sprint(resources(template, "AWS::S3::BucketPolicy")), "map[Ref:"+id+"]") {
				t.Errorf("%s has no policy", id)
			}
		}
		for id, p := range resources(template, "AWS::S3::BucketPolicy") {
			if text := fmt.Sprint(p); !strings.Contains(text, "aws:SecureTransport:false") || !strings.Contains(text, "s3:TlsVersion:1.2") {
				t.Errorf("%s lets in who does not speak TLS 1.2", id)
			}
		}
		if at(t, buckets["Store"], "Properties", "VersioningConfiguration", "Status") != "Enabled" {
			t.Error("policies are not versioned")
		}
	}
}

// TestQueuesAndTopic: whatever is asked for, they are encrypted, and nobody speaks to them in clear. Alarms reach the topic: its key lets them.
func TestQueuesAndTopic(t *testing.T) {
	for name, context := range map[string]string{"minimal": minimal, "full": full, "aws-key": awsKey} {
		template := synth(t, context).templates[infra.HubStack]
		tls := func(kind, id string) {
			for _, p := range resources(template, kind) {
				if !strings.Contains(fmt.Sprint(p["Properties"]), "Ref:"+id+"]") {
					continue
				}
				for _, s := range at(t, p, "Properties", "PolicyDocument", "Statement").([]any) {
					if text := fmt.Sprint(s); strings.Contains(text, "Effect:Deny") && strings.Contains(text, "aws:SecureTransport:false") && (strings.Contains(text, "Principal:map[AWS:*]") || strings.Contains(text, "Principal:*")) {
						return
					}
				}
			}
			t.Errorf("%s: %s may be spoken to in clear", name, id)
		}
		queues, topics := resources(template, "AWS::SQS::Queue"), resources(template, "AWS::SNS::Topic")
		wanted := 3
		if context == full { // AutoSpot has a queue of its own, and one for what that sets aside
			wanted = 5
		}
		if len(queues) != wanted || len(topics) != 1 {
			t.Fatalf("%s: %d queues, %d topics", name, len(queues), len(topics))
		}
		for id, q := range queues {
			if at(t, q, "Properties", "SqsManagedSseEnabled") != true {
				t.Errorf("%s: %s is not encrypted", name, id)
			}
			tls("AWS::SQS::QueuePolicy", id)
		}
		for id, topic := range topics {
			if diff := cmp.Diff(map[string]any{"Fn::GetAtt": []any{"Key", "Arn"}}, at(t, topic, "Properties", "KmsMasterKeyId")); diff != "" {
				t.Errorf("%s: %s:\n%s", name, id, diff)
			}
			tls("AWS::SNS::TopicPolicy", id)
		}
		if text := fmt.Sprint(at(t, template, "Resources", "Key", "Properties", "KeyPolicy")); !strings.Contains(text, "Service:cloudwatch.amazonaws.com") {
			t.Errorf("%s: alarms cannot use the topic's key", name)
		}
		_, logs := at(t, template, "Resources", "ScheduleLog", "Properties").(map[string]any)["KmsKeyId"]
		store := fmt.Sprint(at(t, template, "Resources", "Store", "Properties", "BucketEncryption"))
		if own := context != awsKey; logs != own || strings.Contains(store, "aws:kms") != own {
			t.Errorf("%s: logs under the customer key: %t; bucket: %s", name, logs, store)
		}
	}
}

// TestADeploymentLeavesTheKillSwitch: CloudFormation sets the value again when anything of the resource changes, so nothing of it may depend on
// what is configured. Whoever must change this test lets go at the next upgrade what people hold: say so in the changes.
func TestADeploymentLeavesTheKillSwitch(t *testing.T) {
	want := map[string]any{"Type": "AWS::SSM::Parameter", "Properties": map[string]any{
		"Name": permit.KillSwitch, "Type": "String", "Tier": "Standard", "Value": "off", "AllowedPattern": "^(off|no-stops|nothing)$",
		"Description": "Holds everything that offpeak does: off, no-stops (nothing is stopped), nothing (nothing is stopped or started). Asked before each act.",
		"Tags":        map[string]any{"Application": "offpeak"},
	}}
	for name, context := range map[string]string{"minimal": minimal, "full": full, "aws-key": awsKey} {
		s := synth(t, context)
		got := at(t, s.templates[infra.HubStack], "Resources", "KillSwitch").(map[string]any)
		delete(got, "Metadata")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		for _, artifact := range *s.app.Synth(nil).Stacks() {
			for key := range *artifact.Tags() {
				if key != "Application" {
					t.Errorf("%s: the stack %s has the tag %s, which CloudFormation hands on to the parameter", name, *artifact.Id(), key)
				}
			}
		}
	}
	pattern := regexp.MustCompile(at(t, want, "Properties", "AllowedPattern").(string))
	for _, word := range []string{hub.SwitchOff, hub.SwitchNoStops, hub.SwitchNothing} {
		if !pattern.MatchString(word) {
			t.Errorf("the worker knows %s, and the parameter does not take it", word)
		}
	}
}

// TestPaused: everything is there, and nothing moves.
func TestPaused(t *testing.T) {
	template := synth(t, awsKey).templates[infra.HubStack]
	for _, kind := range []string{"AWS::Scheduler::Schedule", "AWS::Events::Rule"} {
		for id, r := range resources(template, kind) {
			if at(t, r, "Properties", "State") != "DISABLED" {
				t.Errorf("%s goes on", id)
			}
		}
	}
	for id, r := range resources(template, "AWS::Lambda::EventSourceMapping") {
		if r["Properties"].(map[string]any)["Enabled"] != false {
			t.Errorf("%s goes on", id)
		}
	}
	if _, reserved := at(t, template, "Resources", "Schedule", "Properties").(map[string]any)["ReservedConcurrentExecutions"]; reserved {
		t.Error("a fresh account has ten in all to reserve from: nothing may be reserved unless it is asked for")
	}
}

// TestTheTickIsWhatTheDispatcherReads gives the dispatcher's own parser what EventBridge Scheduler will send.
func TestTheTickIsWhatTheDispatcherReads(t *testing.T) {
	input := at(t, synth(t, minimal).templates[infra.HubStack], "Resources", "Tick", "Properties", "Target", "Input").(string)
	signal, err := hub.ParseSignal([]byte(strings.ReplaceAll(input, "<aws.scheduler.scheduled-time>", "2026-11-20T10:30:00Z")))
	if err != nil || signal.Tick.IsZero() {
		t.Errorf("%q: %v", input, err)
	}
}

// TestAlarms: each tells people, and says where to read on.
func TestAlarms(t *testing.T) {
	if there := resources(synth(t, minimal).templates[infra.HubStack], "AWS::CloudWatch::Alarm"); len(there) != len(infra.Alarms()) {
		t.Fatalf("%d alarms, want %d", len(there), len(infra.Alarms()))
	}
	wanted := slices.Concat(infra.Alarms(), infra.SpotAlarms(), infra.ReportAlarms())
	alarms := resources(synth(t, full).templates[infra.HubStack], "AWS::CloudWatch::Alarm")
	if len(alarms) != len(wanted) {
		t.Fatalf("%d alarms with AutoSpot and reports, want %d", len(alarms), len(wanted))
	}
	runbook := read(t, filepath.Join("..", "docs", "runbook.md"))
	for _, a := range wanted {
		p := at(t, alarms[a.ID], "Properties")
		if diff := cmp.Diff([]any{map[string]any{"Ref": "Alerts"}}, at(t, p, "AlarmActions")); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(runbook, "\n## "+a.Name+"\n") {
			t.Errorf("docs/runbook.md does not say what to do about %s", a.Name)
		}
	}
}

// untaggable are types of resources that have no tags in CloudFormation (template reference, each type's properties), and one that has: those of a
// dashboard are not yet in the specification that cfn-lint knows.
var untaggable = []string{
	"AWS::CloudFormation::WaitConditionHandle", "AWS::Glue::Database", "AWS::Glue::Table", "AWS::SES::ConfigurationSetEventDestination", "AWS::CloudWatch::Dashboard", "AWS::Events::EventBusPolicy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy",
	"AWS::KMS::Alias", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription",
	"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule",
}

// TestTags: everything that can carry tags does, whatever is added later, and none of them opts anything in.
func TestTags(t *testing.T) {
	seen := map[string]bool{}
	for name, template := range synth(t, full).templates {
		for id, r := range resources(template, "") {
			kind, _ := r["Type"].(string)
			properties, _ := r["Properties"].(map[string]any)
			text := fmt.Sprint(properties["Tags"])
			if properties["ResourceTags"] != nil {
				text = fmt.Sprint(properties["ResourceTags"])
			}
			if strings.Contains(text, "offpeak:") {
				t.Errorf("%s, %s carries a tag that opts in", name, id)
			}
			if seen[kind] = true; slices.Contains(untaggable, kind) {
				if properties["Tags"] != nil {
					t.Errorf("%s can carry tags after all", kind)
				}
				continue
			}
			// The kill switch has none that may change, see TestADeploymentLeavesTheKillSwitch.
			if !strings.Contains(text, config.CostTag) || !strings.Contains(text, "CostCenter") && kind != "AWS::SSM::Parameter" {
				t.Errorf("%s, %s (%s) carries %s", name, id, kind, text)
			}
		}
	}
	for _, kind := range untaggable {
		if !seen[kind] {
			t.Errorf("there is no %s any more: take it out of the list", kind)
		}
	}
}

// TestThePipeline: source, build and tests, staging, a person, production.
func TestThePipeline(t *testing.T) {
	p := at(t, synth(t, piped).templates[infra.PipelineStack])
	for _, pipeline := range resources(p.(map[string]any), "AWS::CodePipeline::Pipeline") {
		var stages []string
		for _, stage := range at(t, pipeline, "Properties", "Stages").([]any) {
			stages = append(stages, at(t, stage, "Name").(string))
			if at(t, stage, "Name") == "Production" && at(t, stage, "Actions", 0, "ActionTypeId", "Category") != "Approval" {
				t.Error("production comes before anybody has approved it")
			}
		}
		if !slices.Equal(stages, []string{"Source", "Build", "UpdatePipeline", "Assets", "Staging", "Production"}) {
			t.Errorf("%v", stages)
		}
	}
	built := 0
	for _, project := range resources(p.(map[string]any), "AWS::CodeBuild::Project") {
		spec := fmt.Sprint(at(t, project, "Properties", "Source", "BuildSpec"))
		if !strings.Contains(spec, "make synth") {
			continue
		}
		built++
		_, version, _ := strings.Cut(read(t, filepath.Join("..", "go.mod")), "\ngo ")
		version, _, _ = strings.Cut(version, "\n")
		variables := fmt.Sprint(at(t, project, "Properties", "Environment", "EnvironmentVariables"))
		if !strings.Contains(spec, "make test") || !strings.Contains(variables, "Name:GOTOOLCHAIN Type:PLAINTEXT Value:go"+version+".") {
			t.Errorf("what is deployed was not tested, or by another Go than %s:\n%s\n%s", version, spec, variables)
		}
		for _, name := range []string{must, "OFFPEAK_MUST_MOTO"} {
			if !strings.Contains(variables, "Name:"+name+" Type:PLAINTEXT Value:1") {
				t.Errorf("tests may be skipped: %s is not set: %s", name, variables)
			}
		}
	}
	if built != 1 {
		t.Errorf("%d projects synthesise", built)
	}
}

// TestActionsArePinned: a tag of an action can be moved to other code by whoever owns it, a commit cannot.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^\s*- uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	paths, err := filepath.Glob(filepath.Join("..", ".github", "workflows", "*.yml"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		uses := 0
		for line := range strings.Lines(read(t, path)) {
			if !strings.Contains(line, "uses:") {
				continue
			}
			if uses++; !pinned.MatchString(strings.TrimRight(line, "\n")) {
				t.Errorf("%s: %s", path, line)
			}
		}
		if uses == 0 {
			t.Errorf("%s uses nothing; what does this test look at?", path)
		}
	}
}

// TestNoAccountStandsInATemplate: what is not in the context is nowhere.
func TestNoAccountStandsInATemplate(t *testing.T) {
	for name, template := range synth(t, minimal).templates {
		for _, word := range strings.FieldsFunc(fmt.Sprint(template), func(r rune) bool { return r < '0' || r > '9' }) {
			if len(word) == 12 {
				t.Errorf("%s names the account %s", name, word)
			}
		}
	}
	if names := slices.Sorted(maps.Keys(synth(t, full).templates)); !slices.Equal(names, []string{
		"offpeak-hub", "offpeak-payer", "offpeak-spoke-events-ap-northeast-2", "offpeak-spoke-events-us-east-1", "offpeak-spoke-read", "offpeak-spoke-roles", "offpeak-stack-sets",
	}) {
		t.Errorf("the stacks are %v", names)
	}
}
