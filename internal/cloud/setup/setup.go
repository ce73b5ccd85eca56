// Package setup asks how a hub is set up, for who examines it: its bucket, its queues, its topics, its alarms, and whether a role may stop and start.
//
// In go the names of the parts, or nothing, so that those are looked for whose names begin with offpeak; out come facts, each with the error that
// kept it from being known. It reads. What it tries it tries as a dry run, and it changes nothing.
package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// prefix is what the names of a hub's parts begin with.
const prefix = "offpeak"

// Of asks about the parts of a hub. Without a queue's URL or a topic's ARN those are looked for whose names begin with offpeak.
func Of(ctx context.Context, a *cloud.Access, bucket, queue, topic string) hub.Parts {
	config := a.Config(fleet.Scope{})
	var p hub.Parts
	p.Bucket = bucketOf(ctx, s3.NewFromConfig(config), bucket)
	p.Queues, p.QueueErr = queuesOf(ctx, sqs.NewFromConfig(config), queue)
	p.Topics, p.TopicErr = topicsOf(ctx, sns.NewFromConfig(config), topic)
	p.Alarms, p.AlarmErr = alarmsOf(ctx, cloudwatch.NewFromConfig(config))
	return p
}

func bucketOf(ctx context.Context, c *s3.Client, name string) (f hub.BucketFacts) {
	versions, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &name})
	if err != nil {
		f.VersionedErr = failed("s3:GetBucketVersioning", err)
	} else {
		f.Versioned = versions.Status == s3types.BucketVersioningStatusEnabled
	}
	block, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	api, answered := errors.AsType[smithy.APIError](err)
	switch {
	case answered && api.ErrorCode() == "NoSuchPublicAccessBlockConfiguration":
	case err != nil:
		f.ClosedErr = failed("s3:GetBucketPublicAccessBlock", err)
	case block.PublicAccessBlockConfiguration != nil:
		b := block.PublicAccessBlockConfiguration
		f.Closed = aws.ToBool(b.BlockPublicAcls) && aws.ToBool(b.BlockPublicPolicy) && aws.ToBool(b.IgnorePublicAcls) && aws.ToBool(b.RestrictPublicBuckets)
	}
	return f
}

// queuesOf finds the queues of wakes. One that is the dead-letter queue of another stands with that.
func queuesOf(ctx context.Context, c *sqs.Client, url string) ([]hub.QueueFacts, error) {
	urls := []string{url}
	if url == "" {
		listed, err := c.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String(prefix)})
		if err != nil {
			return nil, failed("sqs:ListQueues", err)
		}
		urls = listed.QueueUrls
	}
	var found []hub.QueueFacts
	dead := map[string]bool{}
	for _, u := range urls {
		f, err := queueOf(ctx, c, u)
		if err != nil {
			return nil, err
		}
		if _, name, ok := strings.Cut(f.Dead, ":"); ok {
			dead[name[strings.LastIndex(name, ":")+1:]] = true
		}
		found = append(found, f)
	}
	kept := found[:0]
	for _, f := range found {
		if !dead[f.Name] {
			kept = append(kept, f)
		}
	}
	return kept, nil
}

func queueOf(ctx context.Context, c *sqs.Client, url string) (hub.QueueFacts, error) {
	f := hub.QueueFacts{Name: url[strings.LastIndex(url, "/")+1:], Given: -1}
	of := func(url string) (map[string]string, error) {
		out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
		if err != nil {
			return nil, failed("sqs:GetQueueAttributes", err)
		}
		return out.Attributes, nil
	}
	attributes, err := of(url)
	if err != nil {
		return f, err
	}
	f.Waiting = count(attributes["ApproximateNumberOfMessages"])
	var redrive struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if text := attributes["RedrivePolicy"]; text == "" || json.Unmarshal([]byte(text), &redrive) != nil || redrive.Target == "" {
		return f, nil
	}
	f.Dead = redrive.Target
	where, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(f.Dead[strings.LastIndex(f.Dead, ":")+1:])})
	if err != nil {
		return f, failed("sqs:GetQueueUrl", err)
	}
	if attributes, err = of(aws.ToString(where.QueueUrl)); err != nil {
		return f, err
	}
	f.Given = count(attributes["ApproximateNumberOfMessages"])
	return f, nil
}

func topicsOf(ctx context.Context, c *sns.Client, arn string) ([]hub.TopicFacts, error) {
	arns := []string{arn}
	if arn == "" {
		arns = nil
		pages := sns.NewListTopicsPaginator(c, &sns.ListTopicsInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, failed("sns:ListTopics", err)
			}
			for _, t := range page.Topics {
				if at := aws.ToString(t.TopicArn); strings.HasPrefix(at[strings.LastIndex(at, ":")+1:], prefix) {
					arns = append(arns, at)
				}
			}
		}
	}
	var found []hub.TopicFacts
	for _, at := range arns {
		f := hub.TopicFacts{ARN: at}
		pages := sns.NewListSubscriptionsByTopicPaginator(c, &sns.ListSubscriptionsByTopicInput{TopicArn: &at})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, failed("sns:ListSubscriptionsByTopic", err)
			}
			for _, s := range page.Subscriptions {
				if strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") {
					f.Hear++
				} else {
					f.Pending++ // AWS writes PendingConfirmation
				}
			}
		}
		found = append(found, f)
	}
	return found, nil
}

func alarmsOf(ctx context.Context, c *cloudwatch.Client) (found []hub.AlarmFacts, _ error) {
	pages := cloudwatch.NewDescribeAlarmsPaginator(c, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("cloudwatch:DescribeAlarms", err)
		}
		for i := range page.MetricAlarms {
			a := &page.MetricAlarms[i]
			found = append(found, hub.AlarmFacts{Name: aws.ToString(a.AlarmName), Ringing: a.StateValue == cwtypes.StateValueAlarm, Why: aws.ToString(a.StateReason)})
		}
	}
	return found, nil
}

func count(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func failed(call string, err error) error {
	return fmt.Errorf("call %s: %w", call, cloud.Classify(err))
}

// MayAct asks AWS whether an instance of a scope could be stopped and started by the role that enters it. Nothing is done: EC2 calls that a dry run.
// Without an instance it only enters.
func MayAct(ctx context.Context, a *cloud.Access, scope fleet.Scope, instance string) error {
	config := a.Config(scope)
	if _, err := config.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("%w: %w", hub.ErrNotEntered, failed("sts:AssumeRole", err))
	}
	if instance == "" {
		return nil
	}
	c := ec2.NewFromConfig(config)
	_, stop := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{instance}, DryRun: aws.Bool(true)})
	_, start := c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{instance}, DryRun: aws.Bool(true)})
	return errors.Join(refusal("ec2:StopInstances", stop), refusal("ec2:StartInstances", start))
}

// refusal is what a dry run says of a permission; nil where there is nothing against it.
func refusal(call string, err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "DryRunOperation" {
		return nil
	}
	if err == nil {
		return nil
	}
	if err = failed(call, err); failure.Of(err) == failure.Denied {
		return err
	}
	return nil // it says nothing of permissions
}
