package infra_test

import (
	"testing"

	"offpeak/infra"
	"offpeak/infra/evaluate"
	"offpeak/infra/permit"
)

// policyOf is the policy of a thing of the hub's, as the template has it.
func policyOf(t *testing.T, template map[string]any, id string) []map[string]any {
	t.Helper()
	named := values(hubAccount)
	for name, arn := range map[string]string{
		"Failures": "arn:aws:sqs:ap-northeast-2:111122223333:failures", "Bus.Arn": "arn:aws:events:ap-northeast-2:111122223333:event-bus/offpeak",
		"TagChanges.Arn": "arn:aws:events:ap-northeast-2:111122223333:rule/offpeak/tags", "DatabaseRestarts.Arn": "arn:aws:events:ap-northeast-2:111122223333:rule/offpeak/databases",
		"SpotInterruptions.Arn": "arn:aws:events:ap-northeast-2:111122223333:rule/offpeak/interruptions", "FailedLaunches.Arn": "arn:aws:events:ap-northeast-2:111122223333:rule/offpeak/launches",
		"SpotTagChanges.Arn": "arn:aws:events:ap-northeast-2:111122223333:rule/offpeak/spot-tags",
		"AutospotRole.Arn":   "arn:aws:iam::111122223333:role/" + permit.AutoSpotRole, "InterruptionRole.Arn": "arn:aws:iam::111122223333:role/" + permit.InterruptionRole,
		"DeliveriesCame.Arn": "arn:aws:events:ap-northeast-2:111122223333:rule/deliveries", "MailsCameBack.Arn": "arn:aws:events:ap-northeast-2:111122223333:rule/mails",
		"ReportRole.Arn":   "arn:aws:iam::111122223333:role/" + permit.ReportRole,
		"SurveyRole.Arn":   "arn:aws:iam::111122223333:role/" + permit.SurveyRole,
		"DispatchRole.Arn": "arn:aws:iam::111122223333:role/" + permit.DispatchRole,
	} {
		named[name] = arn
	}
	var documents []map[string]any
	add := func(document any) {
		resolved, err := evaluate.Resolve(document, named)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		documents = append(documents, resolved.(map[string]any))
	}
	if id == "Key" {
		add(at(t, template, "Resources", "Key", "Properties", "KeyPolicy"))
	}
	for _, r := range resources(template, "") {
		p, _ := r["Properties"].(map[string]any)
		switch r["Type"] {
		case "AWS::Events::EventBusPolicy":
			if id == "Bus" {
				add(map[string]any{"Statement": []any{p["Statement"]}})
			}
		case "AWS::SNS::TopicPolicy":
			if at(t, p, "Topics", 0, "Ref") == id {
				add(p["PolicyDocument"])
			}
		case "AWS::SQS::QueuePolicy":
			if at(t, p, "Queues", 0, "Ref") == id {
				add(p["PolicyDocument"])
			}
		case "AWS::S3::BucketPolicy":
			if at(t, p, "Bucket", "Ref") == id {
				add(p["PolicyDocument"])
			}
		}
	}
	if len(documents) == 0 {
		t.Fatalf("%s has no policy", id)
	}
	return documents
}

// TestWhoMayUseTheHubsThings asks the policies of bus, topic, queues, key and bucket about who is not the hub.
func TestWhoMayUseTheHubsThings(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	bus := "arn:aws:events:ap-northeast-2:111122223333:event-bus/offpeak"
	topic, failures := "arn:aws:sns:ap-northeast-2:111122223333:alerts", "arn:aws:sqs:ap-northeast-2:111122223333:failures"
	rule := "arn:aws:events:ap-northeast-2:111122223333:rule/offpeak/tags"
	const events, alarms, logs = "events.amazonaws.com", "cloudwatch.amazonaws.com", "logs.ap-northeast-2.amazonaws.com"
	in := func(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }
	is := func(pairs ...string) map[string]string {
		out := map[string]string{"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	const deliverer, payerAccount = "bcm-data-exports.amazonaws.com", "444455556666"
	bill := func(payer string) string { return "arn:aws:s3:::exports/" + payer + "/offpeak-cur/data/x" }
	of := func(account, exporter string) map[string]string {
		return is("aws:SourceAccount", account, "aws:SourceArn", "arn:aws:bcm-data-exports:us-east-1:"+exporter+":export/offpeak-cur-1")
	}
	group := func(account, name string) map[string]string {
		return is("kms:EncryptionContext:aws:logs:arn", "arn:aws:logs:ap-northeast-2:"+account+":log-group:/aws/lambda/"+name)
	}
	for _, test := range []struct {
		name, of, who, action, on string
		context                   map[string]string
		may                       bool
	}{
		{"an account of the organization hands in an event", "Bus", in(spokeAccount, permit.EventsRole), "events:PutEvents", bus, is("aws:PrincipalOrgID", org), true},
		{"an account outside that was named does", "Bus", in("888899990000", permit.EventsRole), "events:PutEvents", bus, is("aws:PrincipalOrgID", "o-0000000000"), true},
		{"one that is in no organization does", "Bus", in("888899990000", permit.EventsRole), "events:PutEvents", bus, is(), true},
		{"a stranger does", "Bus", in("999900001111", permit.EventsRole), "events:PutEvents", bus, is(), false},
		{"an account of another organization does", "Bus", in("999900001111", permit.EventsRole), "events:PutEvents", bus, is("aws:PrincipalOrgID", "o-0000000000"), false},
		{"an account of the organization makes a rule", "Bus", in(spokeAccount, "admin"), "events:PutRule", bus, is("aws:PrincipalOrgID", org), false},
		{"an alarm of the hub's account tells", "Alerts", alarms, "sns:Publish", topic, is("aws:SourceAccount", hubAccount), true},
		{"an alarm of another account tells", "Alerts", alarms, "sns:Publish", topic, is("aws:SourceAccount", "999900001111"), false},
		{"an alarm tells without TLS", "Alerts", alarms, "sns:Publish", topic, is("aws:SourceAccount", hubAccount, "aws:SecureTransport", "false"), false},
		{"another service tells", "Alerts", events, "sns:Publish", topic, is("aws:SourceAccount", hubAccount), false},
		{"a stranger subscribes", "Alerts", in("999900001111", "admin"), "sns:Subscribe", topic, is(), false},
		{"a rule of the hub's keeps an event", "Failures", events, "sqs:SendMessage", failures, is("aws:SourceArn", rule), true},
		{"another rule does", "Failures", events, "sqs:SendMessage", failures, is("aws:SourceArn", rule+"-2"), false},
		{"a rule of another account does", "Failures", events, "sqs:SendMessage", failures, is("aws:SourceArn", "arn:aws:events:ap-northeast-2:999900001111:rule/offpeak/tags"), false},
		{"a rule reads them", "Failures", events, "sqs:ReceiveMessage", failures, is("aws:SourceArn", rule), false},
		{"the dispatcher keeps an input, without TLS", "Failures", in(hubAccount, permit.DispatchRole), "sqs:SendMessage", failures, is("aws:SecureTransport", "false"), false},
		{"a rule of AutoSpot's keeps an event", "Failures", events, "sqs:SendMessage", failures, is("aws:SourceArn", "arn:aws:events:ap-northeast-2:111122223333:rule/offpeak/launches"), true},
		{"a stranger wakes AutoSpot", "SpotWakes", in("999900001111", "admin"), "sqs:SendMessage", "arn:aws:sqs:ap-northeast-2:111122223333:spot-wakes", is(), false},
		{"a stranger wakes", "Wakes", in("999900001111", "admin"), "sqs:SendMessage", "arn:aws:sqs:ap-northeast-2:111122223333:wakes", is(), false},
		{"an alarm of the hub's account uses the key", "Key", alarms, "kms:GenerateDataKey", "*", is("aws:SourceAccount", hubAccount), true},
		{"an alarm of another account does", "Key", alarms, "kms:GenerateDataKey", "*", is("aws:SourceAccount", "999900001111"), false},
		{"a function's log does", "Key", logs, "kms:Encrypt", "*", group(hubAccount, "offpeak-schedule"), true},
		{"another log of the account does", "Key", logs, "kms:Encrypt", "*", group(hubAccount, "payroll"), false},
		{"a log of another account does", "Key", logs, "kms:Decrypt", "*", group("999900001111", "offpeak-schedule"), false},
		{"logs of another region do", "Key", "logs.us-east-1.amazonaws.com", "kms:Decrypt", "*", group(hubAccount, "offpeak-schedule"), false},
		{"a service deletes the key", "Key", logs, "kms:ScheduleKeyDeletion", "*", group(hubAccount, "offpeak-schedule"), false},
		{"a stranger decrypts", "Key", in("999900001111", "admin"), "kms:Decrypt", "*", is(), false},
		{"the account's administrators delete it", "Key", in(hubAccount, "admin"), "kms:ScheduleKeyDeletion", "*", is(), true},
		{"a rule of reports keeps an event", "Failures", events, "sqs:SendMessage", failures, is("aws:SourceArn", "arn:aws:events:ap-northeast-2:111122223333:rule/deliveries"), true},
		{"AWS delivers a payer's bill", "Exports", deliverer, "s3:PutObject", bill(payerAccount), of(payerAccount, payerAccount), true},
		{"AWS looks at the policy before", "Exports", deliverer, "s3:GetBucketPolicy", "arn:aws:s3:::exports", of(payerAccount, payerAccount), true},
		{"AWS delivers a stranger's bill", "Exports", deliverer, "s3:PutObject", bill("999900001111"), of("999900001111", "999900001111"), false},
		{"AWS delivers a stranger's bill as a payer's", "Exports", deliverer, "s3:PutObject", bill(payerAccount), of("999900001111", "999900001111"), false},
		{"AWS delivers one payer's bill as another's", "Exports", deliverer, "s3:PutObject", bill(payerAccount), of(hubAccount, hubAccount), false},
		{"an export claims another account", "Exports", deliverer, "s3:PutObject", bill(payerAccount), of(payerAccount, "999900001111"), false},
		{"another service delivers", "Exports", events, "s3:PutObject", bill(payerAccount), of(payerAccount, payerAccount), false},
		{"the payer's administrator writes there", "Exports", in(payerAccount, "admin"), "s3:PutObject", bill(payerAccount), is(), false},
		{"AWS delivers in clear", "Exports", deliverer, "s3:PutObject", bill(payerAccount), with(evaluate.Resource{Context: of(payerAccount, payerAccount)}, map[string]string{"aws:SecureTransport": "false"}).Context, false},
		{"a stranger reads a report", "Reports", in("999900001111", "admin"), "s3:GetObject", "arn:aws:s3:::reports/reports/x", is(), false},
		{"a stranger reads the ledger", "Store", in("999900001111", "admin"), "s3:GetObject", "arn:aws:s3:::store/ledger/x", is(), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := evaluate.Decide(policyOf(t, template, test.of), evaluate.Request{
				Principal: test.who, Action: test.action, Resources: []evaluate.Resource{{ARN: test.on}}, Context: test.context,
			})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
	if _, there := resources(template, "AWS::Events::EventBusPolicy")["BusAccounts"]; !there {
		t.Error("accounts outside are let in by no policy of their own")
	}
}

// TestNothingWithoutTLS: each bucket and queue, and the topic, is denied to who listens in, to the hub's own roles too.
func TestNothingWithoutTLS(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	allow := map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": []any{"s3:GetObject", "sqs:SendMessage", "sns:Publish"}, "Resource": "*"}}}
	named := map[string]string{}
	for id := range resources(template, "AWS::S3::Bucket") {
		named[id] = "s3:GetObject"
	}
	for id := range resources(template, "AWS::SQS::Queue") {
		named[id] = "sqs:SendMessage"
	}
	named["Alerts"] = "sns:Publish"
	if len(named) < 7 {
		t.Fatalf("only %v", named)
	}
	for id, action := range named {
		for _, listened := range []map[string]string{{"aws:SecureTransport": "false"}, {"aws:SecureTransport": "true", "s3:TlsVersion": "1.1"}} {
			if listened["s3:TlsVersion"] != "" && action != "s3:GetObject" {
				continue
			}
			denied, err := evaluate.Decide(append(anywhere(policyOf(t, template, id)), allow), evaluate.Request{
				Principal: "arn:aws:iam::" + hubAccount + ":role/" + permit.ScheduleRole, Action: action, Context: listened,
			})
			if err != nil || denied.Allowed {
				t.Errorf("%s: %s with %v: %+v, %v", id, action, listened, denied, err)
			}
		}
	}
}

// anywhere lets statements hold for every resource: what they name here is what they stand with.
func anywhere(documents []map[string]any) []map[string]any {
	for _, d := range documents {
		for _, s := range d["Statement"].([]any) {
			s.(map[string]any)["Resource"] = "*"
		}
	}
	return documents
}
