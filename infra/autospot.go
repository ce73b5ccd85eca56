package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
)

// What AutoSpot adds to a hub that is asked for it: a queue of its own, so that a storm of interruptions delays no opening, a clock, and the
// events that it hears of.

// addSpotQueues adds the queue of AutoSpot's wakes. "offpeak doctor" takes queues whose names begin with offpeak for the scheduler's.
func (h *hub) addSpotQueues() {
	h.spotDead = h.queue("DeadSpotWakes", &awssqs.QueueProps{
		QueueName: jsii.String("dead-spot-wakes-of-offpeak"), RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	h.spotWakes = h.queue(spotWakesID, &awssqs.QueueProps{
		QueueName:         jsii.String("spot-wakes-of-offpeak"),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(1)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(visibility * function("autospot").Timeout.Seconds())),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: h.spotDead, MaxReceiveCount: jsii.Number(tries)},
	})
}

// feedAutoSpot gives AutoSpot its wakes. A daily look waits for an hour for its turn; what is said of an instance that was taken is of no use by then.
func (h *hub) feedAutoSpot() {
	h.calledByItself("autospot", 60, 2)
	h.calledByItself("interruption", 15, 2)
	called(awslambda.NewEventSourceMapping(h.stack, jsii.String("WakesToAutospot"), &awslambda.EventSourceMappingProps{
		Target: h.lambdas["autospot"], EventSourceArn: h.spotWakes.QueueArn(),
		BatchSize: jsii.Number(1), ReportBatchItemFailures: jsii.Bool(true),
		// Half of the scheduler's, at least the two that SQS asks for: a fresh account has ten in all, and openings come first.
		MaxConcurrency: jsii.Number(float64(max(2, h.config.MaxConcurrency/2))), Enabled: jsii.Bool(!h.config.Paused),
	}), "WakesToAutospot")
}

// spotTickAt is early in the morning, where people here think: what is moved then is looked at by people on the same day. No zone leaves this hour
// out when its clocks change.
const spotTickAt = "cron(10 5 * * ? *)"

// addSpotTick adds the daily look at everything that could run on Spot.
func (h *hub) addSpotTick() {
	called(awsscheduler.NewCfnSchedule(h.stack, jsii.String("SpotTick"), &awsscheduler.CfnScheduleProps{
		Name: jsii.String("offpeak-spot-tick"), Description: jsii.String("Lets AutoSpot look at every account and region once a day"),
		ScheduleExpression: jsii.String(spotTickAt), ScheduleExpressionTimezone: jsii.String(h.config.Zone.String()), State: h.state(),
		FlexibleTimeWindow: map[string]any{"mode": "OFF"},
		Target: map[string]any{
			"arn": h.lambdas["autospot"].FunctionArn(), "roleArn": sub("${TickRole.Arn}"), "input": tickInput,
			"deadLetterConfig": map[string]any{"arn": h.failures.QueueArn()},
			"retryPolicy":      map[string]any{"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 5},
		},
	}), "SpotTick")
}

// spotPatterns are what AutoSpot hears of, from each account and region that hands its events to the hub.
func spotPatterns(c config.Config) []pattern {
	return []pattern{
		{"SpotInterruptions", "offpeak: EC2 takes a Spot instance back, or may soon", "interruption", map[string]any{
			"source": []any{"aws.ec2"}, "detail-type": []any{"EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"},
		}},
		{"FailedLaunches", "offpeak: a group could not launch an instance", "interruption", map[string]any{
			"source": []any{"aws.autoscaling"}, "detail-type": []any{"EC2 Instance Launch Unsuccessful"},
		}},
		// Members of groups are launched with the tags of their group, all day long: of them nothing is told.
		{"SpotTagChanges", "offpeak: an owner changed the tag that asks for Spot", "interruption", map[string]any{
			"source": []any{"aws.tag"}, "detail-type": []any{"Tag Change on Resource"},
			"detail": map[string]any{
				"service": []any{"ec2", "autoscaling", "ecs"}, "changed-tag-keys": []any{c.SpotTag},
				"tags": map[string]any{"aws:autoscaling:groupName": []any{map[string]any{"exists": false}}},
			},
		}},
	}
}
