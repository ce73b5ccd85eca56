// Package targetgroups tells what target groups keep of sessions: whether a member that goes takes some with it.
//
// In goes a snapshot that was taken with how things are launched; it comes out completed by the kind and the stickiness of the target groups of what
// is opted in to Spot. It stands beside package inventory because nothing but AutoSpot needs it, and no other program need carry the client.
package targetgroups

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"offpeak/internal/cloud"
	"offpeak/internal/described"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Reader asks AWS. It is safe for concurrent use.
type Reader struct {
	keys     fleet.TagKeys
	balancer *cloud.Clients[*elb.Client]
}

// New returns a reader for what opts in by the keys. It makes no call.
func New(a *cloud.Access, keys fleet.TagKeys) *Reader {
	return &Reader{keys, cloud.NewClients(a, func(c aws.Config) *elb.Client { return elb.NewFromConfig(c) })}
}

// Complete asks for each target group once, and completes the snapshot. What is gone, or may not be asked for, stays unknown.
func (r *Reader) Complete(ctx context.Context, scope fleet.Scope, s *fleet.Snapshot) error {
	attributes := map[string]map[string]string{}
	for i := range s.Resources {
		res := &s.Resources[i]
		if res.Launch == nil || !r.keys.WantsSpot(res.Tags) {
			continue
		}
		for _, t := range res.Launch.Targets {
			if _, asked := attributes[t.ARN]; asked || t.Kind != "" {
				continue
			}
			told, err := r.of(ctx, scope, t.ARN)
			switch failure.Of(err) {
			case "":
				attributes[t.ARN] = told
			case failure.Gone:
				attributes[t.ARN] = nil
			case failure.Denied:
				s.NotChecked = append(s.NotChecked, "whether target groups keep sessions (the role may not call elasticloadbalancing:DescribeTargetGroupAttributes)")
				slices.Sort(s.NotChecked)
				return nil
			default:
				return err
			}
		}
	}
	for arn, told := range attributes {
		if told == nil {
			delete(attributes, arn)
		}
	}
	(&described.Launching{Targets: attributes}).Join(s.Resources)
	return nil
}

func (r *Reader) of(ctx context.Context, scope fleet.Scope, arn string) (map[string]string, error) {
	out, err := r.balancer.In(scope).DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("elasticloadbalancing:DescribeTargetGroupAttributes of %s: %w", arn, cloud.Classify(err))
	}
	told := map[string]string{}
	for _, a := range out.Attributes {
		told[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	return told, nil
}
