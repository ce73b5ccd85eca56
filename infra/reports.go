package infra

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
	"offpeak/infra/permit"
)

// What quarterly reports add to a hub that is asked for them: buckets in which bills are delivered and published and reports stay, a clock, the events that
// tell of deliveries and of mails that come back, and the sender.

// publishedDays is for how long published versions of a bill stay: a report names those that it was made of, and may be restated for a year.
const publishedDays, warmDays = 400, 45

// addReportBuckets adds them. AWS delivers under S3's own keys: Data Exports document no way to a customer's.
func (h *hub) addReportBuckets(access awss3.IBucket) {
	days := func(n float64) awscdk.Duration { return awscdk.Duration_Days(jsii.Number(n)) }
	logged := func(id string, props *awss3.BucketProps) awss3.Bucket {
		props.Versioned, props.ServerAccessLogsBucket, props.ServerAccessLogsPrefix = jsii.Bool(true), access, jsii.String(id+"/")
		return h.bucket(id, props)
	}
	uploads := &awss3.LifecycleRule{Id: jsii.String("Uploads"), AbortIncompleteMultipartUploadAfter: days(1)}
	h.exports = logged(exportsID, &awss3.BucketProps{
		Encryption: awss3.BucketEncryption_S3_MANAGED,
		LifecycleRules: &[]*awss3.LifecycleRule{uploads, { // a refresh writes over the delivery before it
			Id: jsii.String("Refreshed"), NoncurrentVersionExpiration: days(7), ExpiredObjectDeleteMarker: jsii.Bool(true),
		}},
	})
	if own, ok := h.exports.Node().DefaultChild().(awss3.CfnBucket); ok {
		own.AddPropertyOverride(jsii.String("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)
	}
	for _, s := range h.permit.ExportsPolicy() {
		h.exports.AddToResourcePolicy(statement(s))
	}
	published := &awss3.BucketProps{LifecycleRules: &[]*awss3.LifecycleRule{
		uploads,
		{Id: jsii.String("Answers"), Prefix: jsii.String(resultsPrefix), Expiration: days(7), NoncurrentVersionExpiration: days(1)},
		{
			Id: jsii.String("Published"), Prefix: jsii.String("bill/"), Expiration: days(publishedDays), NoncurrentVersionExpiration: days(1),
			// By then they are read again by a restatement at most, and Athena reads this class as any other.
			Transitions: &[]*awss3.Transition{{StorageClass: awss3.StorageClass_GLACIER_INSTANT_RETRIEVAL(), TransitionAfter: days(warmDays)}},
		},
	}}
	h.encrypt(published)
	h.bill = logged(billID, published)
	kept := &awss3.BucketProps{LifecycleRules: &[]*awss3.LifecycleRule{uploads}}
	h.encrypt(kept)
	h.reports = logged(reportsID, kept)
	for _, s := range permit.ShelfPolicy() {
		h.reports.AddToResourcePolicy(statement(s))
	}
}

// reportTickAt is after midnight in UTC, by which quarters are counted.
const reportTickAt = "cron(0 1 * * ? *)"

// surveyTickAt is before that by more than a survey may take: what there is goes into the report of the same day.
const surveyTickAt = "cron(20 0 * * ? *)"

// addReportTicks adds the daily looks at accounts and at what is due.
func (h *hub) addReportTicks() {
	h.daily("SurveyTick", "offpeak-survey-tick", "Has accounts looked at for the report of the quarter before, once a day until that is final", surveyTickAt, "survey")
	h.daily("ReportTick", "offpeak-report-tick", "Has the reports made and mailed that are due, once a day", reportTickAt, "report")
}

// daily calls a function once a day.
func (h *hub) daily(id, name, what, at, function string) {
	called(awsscheduler.NewCfnSchedule(h.stack, jsii.String(id), &awsscheduler.CfnScheduleProps{
		Name: jsii.String(name), Description: jsii.String(what),
		ScheduleExpression: jsii.String(at), ScheduleExpressionTimezone: jsii.String("UTC"), State: h.state(),
		FlexibleTimeWindow: map[string]any{"mode": "OFF"},
		Target: map[string]any{
			"arn": h.lambdas[function].FunctionArn(), "roleArn": sub("${TickRole.Arn}"), "input": tickInput,
			"deadLetterConfig": map[string]any{"arn": h.failures.QueueArn()},
			"retryPolicy":      map[string]any{"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 5},
		},
	}), id)
}

// reportPatterns are what the function of reports hears of, on the account's own bus.
func reportPatterns(c config.Config) []pattern {
	if c.Report == nil {
		return nil
	}
	return []pattern{
		{"DeliveriesCame", "offpeak: a delivery of the bill is complete, as its manifest was written", "report", map[string]any{
			"source": []any{"aws.s3"}, "detail-type": []any{"Object Created"},
			"detail": map[string]any{
				"bucket": map[string]any{"name": []any{map[string]any{"Ref": exportsID}}},
				"object": map[string]any{"key": []any{map[string]any{"wildcard": "*/metadata/BILLING_PERIOD=*-Manifest.json"}}},
			},
		}},
		{"MailsCameBack", "offpeak: a report did not reach its recipient, or was complained about", "report", map[string]any{
			"source": []any{"aws.ses"}, "detail-type": []any{"Email Bounced", "Email Complaint Received", "Email Rejected", "Email Rendering Failed"},
			"detail": map[string]any{"mail": map[string]any{"tags": map[string]any{"ses:configuration-set": []any{permit.ReportMails}}}},
		}},
	}
}

// addReportRules adds the rules to the account's own bus: S3 and SES put their events there.
func (h *hub) addReportRules() {
	for _, p := range reportPatterns(h.config) {
		rule := awsevents.NewCfnRule(h.stack, jsii.String(p.id), &awsevents.CfnRuleProps{
			Description: jsii.String(p.what), EventPattern: p.pattern, State: h.state(), Targets: h.targets(p.wakes),
		})
		called(rule, p.id)
		h.mayCall(p, rule)
	}
}

// targets are those of a rule: a function, and where an event goes that it did not take.
func (h *hub) targets(wakes string) []any {
	return []any{map[string]any{
		"id": wakes, "arn": h.lambdas[wakes].FunctionArn(),
		"deadLetterConfig": map[string]any{"arn": h.failures.QueueArn()},
		"retryPolicy":      map[string]any{"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 10},
	}}
}

// mayCall lets a rule call its function.
func (h *hub) mayCall(p pattern, rule awsevents.CfnRule) {
	awslambda.NewCfnPermission(h.stack, jsii.String(p.id+"Call"), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: h.lambdas[p.wakes].FunctionArn(), Principal: jsii.String("events.amazonaws.com"),
		SourceArn: rule.AttrArn(), SourceAccount: sub("${AWS::AccountId}"),
	})
}

// addSender adds what SES verifies, and the set by which mails are sent: what comes back is told to the account's bus.
func (h *hub) addSender() {
	set := awsses.NewCfnConfigurationSet(h.stack, jsii.String(mailsID), &awsses.CfnConfigurationSetProps{
		Name: jsii.String(permit.ReportMails), DeliveryOptions: map[string]any{"tlsPolicy": "REQUIRE"}, ReputationOptions: map[string]any{"reputationMetricsEnabled": true},
		SendingOptions: map[string]any{"sendingEnabled": true}, SuppressionOptions: map[string]any{"suppressedReasons": []any{"BOUNCE", "COMPLAINT"}},
	})
	called(set, mailsID)
	called(awsses.NewCfnConfigurationSetEventDestination(h.stack, jsii.String("MailsBack"), &awsses.CfnConfigurationSetEventDestinationProps{
		ConfigurationSetName: set.Ref(), EventDestination: map[string]any{
			"name": "offpeak-hub", "enabled": true, "matchingEventTypes": []any{"BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"},
			"eventBridgeDestination": map[string]any{"eventBusArn": sub("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default")},
		},
	}), "MailsBack")
	name := h.config.Report.Verified()
	if name == "" {
		return
	}
	identity := awsses.NewCfnEmailIdentity(h.stack, jsii.String("Sender"), &awsses.CfnEmailIdentityProps{
		EmailIdentity: jsii.String(name), FeedbackAttributes: map[string]any{"emailForwardingEnabled": false},
	})
	called(identity, "Sender")
	if h.config.Report.Identity != config.DomainIdentity {
		return
	}
	for i, record := range []struct{ name, value *string }{
		{identity.AttrDkimDnsTokenName1(), identity.AttrDkimDnsTokenValue1()},
		{identity.AttrDkimDnsTokenName2(), identity.AttrDkimDnsTokenValue2()},
		{identity.AttrDkimDnsTokenName3(), identity.AttrDkimDnsTokenValue3()},
	} {
		awscdk.NewCfnOutput(h.stack, jsii.String(fmt.Sprint("DkimRecord", i+1)), &awscdk.CfnOutputProps{
			Description: jsii.String("a CNAME record by which SES knows that the sender's domain is yours"),
			Value:       awscdk.Fn_Join(jsii.String(" CNAME "), &[]*string{record.name, record.value}),
		})
	}
}

// addReportOutputs says what the template of payers asks for.
func (h *hub) addReportOutputs() {
	awscdk.NewCfnOutput(h.stack, jsii.String("ExportsBucket"), &awscdk.CfnOutputProps{
		Description: jsii.String("parameter ExportsBucket of the stack of payers"), Value: h.exports.BucketName(),
	})
	awscdk.NewCfnOutput(h.stack, jsii.String("ReportsBucket"), &awscdk.CfnOutputProps{
		Description: jsii.String("where reports are kept"), Value: h.reports.BucketName(),
	})
	awscdk.NewCfnOutput(h.stack, jsii.String("ReportSender"), &awscdk.CfnOutputProps{
		Description: jsii.String("the address that reports are mailed from"), Value: jsii.String(h.config.Report.From),
	})
}
