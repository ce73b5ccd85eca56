package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
	"offpeak/infra/permit"
)

// tickEvery is in UTC on purpose: in a zone with summer time, the ticks of the repeated hour would be left out.
const tickEvery = "cron(0/5 * * * ? *)"

// tickInput is what the dispatcher reads: the instant for which the tick was planned.
const tickInput = `{"tick":"<aws.scheduler.scheduled-time>"}`

// addTick adds the clock.
func (h *hub) addTick() {
	role := addRole(h.stack, "TickRole", h.permit.Tick())
	called(awsscheduler.NewCfnSchedule(h.stack, jsii.String("Tick"), &awsscheduler.CfnScheduleProps{
		Name: jsii.String("offpeak-tick"), Description: jsii.String("Wakes offpeak's dispatcher"),
		ScheduleExpression: jsii.String(tickEvery), ScheduleExpressionTimezone: jsii.String("UTC"), State: h.state(),
		FlexibleTimeWindow: map[string]any{"mode": "OFF"},
		Target: map[string]any{
			"arn": h.lambdas["dispatch"].FunctionArn(), "roleArn": role.AttrArn(), "input": tickInput,
			"deadLetterConfig": map[string]any{"arn": h.failures.QueueArn()},
			"retryPolicy":      map[string]any{"maximumEventAgeInSeconds": 300, "maximumRetryAttempts": 2},
		},
	}), "Tick")
}

func (h *hub) state() *string {
	if h.config.Paused {
		return jsii.String("DISABLED")
	}
	return jsii.String("ENABLED")
}

// addBus adds the bus to which accounts hand their events, and the rule that wakes the dispatcher.
func (h *hub) addBus() {
	bus := awsevents.NewCfnEventBus(h.stack, jsii.String("Bus"), &awsevents.CfnEventBusProps{
		Name: jsii.String(permit.Bus), Description: jsii.String("offpeak: changes of owners' tags and restarts of databases, from accounts that are looked after"),
	})
	called(bus, "Bus")
	for _, s := range h.permit.BusPolicy() {
		called(awsevents.NewCfnEventBusPolicy(h.stack, jsii.String("Bus"+s.Sid), &awsevents.CfnEventBusPolicyProps{
			EventBusName: bus.Ref(), StatementId: jsii.String(s.Sid), Statement: unnamed(s.JSON()), // the name stands beside it
		}), "Bus"+s.Sid)
	}
	for _, p := range patterns(h.config) {
		rule := awsevents.NewCfnRule(h.stack, jsii.String(p.id), &awsevents.CfnRuleProps{
			EventBusName: bus.Ref(), Description: jsii.String(p.what), EventPattern: p.pattern, State: h.state(),
			Targets: h.targets(p.wakes),
		})
		called(rule, p.id)
		h.mayCall(p, rule)
	}
	h.failures.AddToResourcePolicy(statement(permit.RulesKeep(rules(h.config)...)))
}

// pattern is a kind of event that wakes a function.
type pattern struct {
	id, what, wakes string
	pattern         map[string]any
}

// rules are the ARNs of the hub's rules, as statements name them.
func rules(c config.Config) (arns []string) {
	for _, p := range append(patterns(c), reportPatterns(c)...) {
		arns = append(arns, "${"+p.id+".Arn}")
	}
	return arns
}

// patterns are what wakes beside the clock: a change of one of the configured tags, and databases that AWS has started again, or is about to.
func patterns(c config.Config) []pattern {
	var keys []any
	for _, key := range c.ScheduleTags {
		keys = append(keys, key)
	}
	keys = append(keys, c.OverrideTag)
	if c.CustodianTag != "" {
		keys = append(keys, map[string]any{"equals-ignore-case": c.CustodianTag}) // such tags are found in any case
	}
	all := []pattern{
		{"TagChanges", "offpeak: an owner changed a tag that offpeak heeds", "dispatch", map[string]any{
			"source": []any{"aws.tag"}, "detail-type": []any{"Tag Change on Resource"},
			"detail": map[string]any{"service": []any{"ec2", "autoscaling", "rds", "ecs"}, "changed-tag-keys": keys},
		}},
		{"DatabaseRestarts", "offpeak: AWS starts a database that was stopped for seven days, or has started it", "dispatch", map[string]any{
			"source": []any{"aws.rds"}, "detail-type": []any{"RDS DB Instance Event", "RDS DB Cluster Event"},
			"detail": map[string]any{"EventID": []any{"RDS-EVENT-0153", "RDS-EVENT-0154", "RDS-EVENT-0088", "RDS-EVENT-0151"}},
		}},
	}
	if c.AutoSpot {
		all = append(all, spotPatterns(c)...)
	}
	return all
}

func unnamed(statement map[string]any) map[string]any {
	delete(statement, "Sid")
	return statement
}
