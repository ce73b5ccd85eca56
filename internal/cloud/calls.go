package cloud

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	smithy "github.com/aws/smithy-go/middleware"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/pace"
)

// Calls counts calls to AWS by their name as in IAM (ec2:DescribeInstances). It is safe for concurrent use.
type Calls struct {
	mu        sync.Mutex
	attempts  map[string]int
	throttled map[string]int
}

// Attempts returns how often each call was made, retries included.
func (c *Calls) Attempts() map[string]int { return c.copied(&c.attempts) }

// Throttled returns how often each call was answered with a throttle.
func (c *Calls) Throttled() map[string]int { return c.copied(&c.throttled) }

func (c *Calls) copied(counts *map[string]int) map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]int, len(*counts))
	for name, n := range *counts {
		out[name] = n
	}
	return out
}

func (c *Calls) count(name string, throttled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attempts == nil {
		c.attempts, c.throttled = map[string]int{}, map[string]int{}
	}
	c.attempts[name]++
	if throttled {
		c.throttled[name]++
	}
}

// middleware notes how many resources a call is about, then paces and counts each attempt.
func (a *Access) middleware(scope fleet.Scope) []func(*smithy.Stack) error {
	return []func(*smithy.Stack) error{
		func(s *smithy.Stack) error { return s.Initialize.Add(aboutResources{}, smithy.Before) },
		func(s *smithy.Stack) error {
			pacing := attempt{a, scope}
			if _, ok := s.Finalize.Get("Retry"); ok {
				return s.Finalize.Insert(pacing, "Retry", smithy.After)
			}
			return s.Finalize.Add(pacing, smithy.Before)
		},
	}
}

// resourcesKey is where a call's number of resources travels in its context.
type resourcesKey struct{}

// aboutResources notes the number of resources of calls that have a bucket for them.
type aboutResources struct{}

func (aboutResources) ID() string { return "offpeak:resources" }

func (aboutResources) HandleInitialize(
	ctx context.Context, in smithy.InitializeInput, next smithy.InitializeHandler,
) (smithy.InitializeOutput, smithy.Metadata, error) {
	n := 0
	switch p := in.Parameters.(type) {
	case *ec2.StartInstancesInput:
		n = len(p.InstanceIds)
	case *ec2.StopInstancesInput:
		n = len(p.InstanceIds)
	case *ec2.TerminateInstancesInput:
		n = len(p.InstanceIds)
	case *ec2.RunInstancesInput:
		n = int(deref(p.MaxCount))
	}
	return next.HandleInitialize(context.WithValue(ctx, resourcesKey{}, n), in)
}

func deref(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

// attempt paces and counts one try of a call.
type attempt struct {
	access *Access
	scope  fleet.Scope
}

func (attempt) ID() string { return "offpeak:pace" }

func (t attempt) HandleFinalize(
	ctx context.Context, in smithy.FinalizeInput, next smithy.FinalizeHandler,
) (smithy.FinalizeOutput, smithy.Metadata, error) {
	service, operation := serviceOf(middleware.GetServiceID(ctx)), middleware.GetOperationName(ctx)
	limits := pace.LimitsOf(service, operation)
	resources, _ := ctx.Value(resourcesKey{}).(int)
	a := t.access
	if wait := a.pacer.Reserve(t.scope, limits, resources, a.options.Now()); wait > 0 {
		if err := a.options.Sleep(ctx, wait); err != nil {
			return smithy.FinalizeOutput{}, smithy.Metadata{}, err
		}
	}
	out, meta, err := next.HandleFinalize(ctx, in)
	throttled := err != nil && failure.Of(Classify(err)) == failure.Throttled
	if throttled {
		a.pacer.Throttled(t.scope, limits, a.options.Now())
	}
	a.calls.count(service+":"+operation, throttled)
	return out, meta, err
}

// serviceOf returns IAM's prefix for the SDK's name of a service.
func serviceOf(id string) string {
	if name, ok := prefixes[id]; ok {
		return name
	}
	return id
}

// prefixes are the IAM prefixes (Service Authorization Reference) of the services that are called, by the SDK's ids.
var prefixes = map[string]string{
	"EC2": "ec2", "Auto Scaling": "autoscaling", "RDS": "rds", "ECS": "ecs", "Application Auto Scaling": "application-autoscaling",
	"Resource Groups Tagging API": "tag", "STS": "sts", "S3": "s3", "SQS": "sqs", "SNS": "sns", "SSM": "ssm", "Organizations": "organizations",
	"Account": "account", "Pricing": "pricing", "CloudFormation": "cloudformation", "Athena": "athena", "SESv2": "ses",
}
