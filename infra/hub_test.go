package infra_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"offpeak/infra"
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
	if len(resources(template, "AWS::KMS::Key")) != 0 {
		t.Error("with AWS's key there is a customer key")
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
	template := synth(t, minimal).templates[infra.HubStack]
	alarms := resources(template, "AWS::CloudWatch::Alarm")
	if len(alarms) != len(infra.Alarms()) {
		t.Fatalf("%d alarms, want %d", len(alarms), len(infra.Alarms()))
	}
	runbook := read(t, filepath.Join("..", "docs", "runbook.md"))
	for _, a := range infra.Alarms() {
		p := at(t, alarms[a.ID], "Properties")
		if diff := cmp.Diff([]any{map[string]any{"Ref": "Alerts"}}, at(t, p, "AlarmActions")); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(runbook, "\n## "+a.Name+"\n") {
			t.Errorf("docs/runbook.md does not say what to do about %s", a.Name)
		}
	}
}

// TestTags: everything that can carry tags does, and none of them opts anything in.
func TestTags(t *testing.T) {
	for name, template := range synth(t, full).templates {
		for id, r := range resources(template, "") {
			properties, _ := r["Properties"].(map[string]any)
			tags, _ := properties["Tags"].([]any)
			text := fmt.Sprint(properties["Tags"])
			if tags != nil && (!strings.Contains(text, "Application") || !strings.Contains(text, "CostCenter")) {
				t.Errorf("%s, %s: %s", name, id, text)
			}
			if strings.Contains(text, "offpeak:") {
				t.Errorf("%s, %s carries a tag that opts in", name, id)
			}
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
	for _, project := range resources(p.(map[string]any), "AWS::CodeBuild::Project") {
		if spec := fmt.Sprint(at(t, project, "Properties", "Source", "BuildSpec")); strings.Contains(spec, "make synth") && !strings.Contains(spec, "make test") {
			t.Error("what is deployed was not tested")
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
		"offpeak-hub", "offpeak-spoke-events-ap-northeast-2", "offpeak-spoke-events-us-east-1", "offpeak-spoke-read", "offpeak-spoke-roles", "offpeak-stack-sets",
	}) {
		t.Errorf("the stacks are %v", names)
	}
}
