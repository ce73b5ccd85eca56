package infra

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// namespace is that of the metrics that the functions write.
const namespace = "offpeak"

// Alarm is one alarm: what it looks at, and what it means. The runbook has a section for each.
type Alarm struct {
	ID, Name, Means string
	Threshold       float64
	Minutes         float64
	// Periods is how many of them in a row.
	Periods float64
	// Below rings when there is less than the threshold, or nothing at all.
	Below  bool
	metric func(*hub, awscdk.Duration) awscloudwatch.IMetric
}

// Alarms are all alarms of the hub.
func Alarms() []Alarm {
	return []Alarm{
		{
			"TickMissed", "offpeak-tick-missed", "the dispatcher has not been called for a quarter of an hour: nothing is stopped or started in time", 1, 15, 1, true,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				return h.ofFunction("dispatch", "Invocations", d)
			},
		},
		{
			"DispatchFails", "offpeak-dispatch-fails", "the dispatcher fails again and again: who is due is not woken", 2, 15, 1, false,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				return h.ofFunction("dispatch", "Errors", d)
			},
		},
		{
			"WorkerFails", "offpeak-worker-fails", "sweeps fail, or the worker is cut short", 5, 15, 1, false,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				// Either may have said nothing in the period, and a sum with nothing is nothing.
				return sum("FILL(failed, 0) + FILL(cut, 0)", "failed sweeps", d, map[string]awscloudwatch.IMetric{
					"failed": own("SweepsFailed", d), "cut": h.ofFunction("schedule", "Errors", d),
				})
			},
		},
		{
			"DeadWakesKept", "offpeak-dead-wakes", "a wake could not be answered in three tries", 1, 5, 1, false,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				return h.dead.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Period: d, Statistic: jsii.String("Maximum")})
			},
		},
		{
			"FailuresKept", "offpeak-failures", "a tick or an event could not be answered", 1, 5, 1, false,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				return h.failures.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Period: d, Statistic: jsii.String("Maximum")})
			},
		},
		{
			"QueueLate", "offpeak-queue-late", "wakes wait for longer than twenty minutes: acts come late", 1200, 5, 3, false,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				return h.wakes.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{Period: d, Statistic: jsii.String("Maximum")})
			},
		},
		{
			"ScopesUnread", "offpeak-scopes-unread", "accounts cannot be looked at, and what is due in them is not done", 1, 60, 2, false,
			func(_ *hub, d awscdk.Duration) awscloudwatch.IMetric { return own("ScopesUnread", d) },
		},
		{
			"SurpriseHeld", "offpeak-surprise-held", "more acts are due than anybody announced: they are held until a person has looked", 1, 60, 1, false,
			func(_ *hub, d awscdk.Duration) awscloudwatch.IMetric { return own("SurprisesHeld", d) },
		},
		{
			"SizeUnknown", "offpeak-size-unknown", "a group or service stands at zero, is to open, and of its size before nothing is known", 1, 60, 1, false,
			func(_ *hub, d awscdk.Duration) awscloudwatch.IMetric { return own("SizesUnknown", d) },
		},
		{
			"ActsFail", "offpeak-acts-fail", "many acts fail: resources stay up, or down past their opening", 10, 60, 1, false,
			func(_ *hub, d awscdk.Duration) awscloudwatch.IMetric { return own("ActsFailed", d) },
		},
	}
}

// SpotAlarms are those that AutoSpot adds.
func SpotAlarms() []Alarm {
	return []Alarm{
		{
			"SpotFails", "offpeak-spot-fails", "AutoSpot's functions fail: nothing falls back to on-demand, and interruptions are not heard of", 3, 15, 1, false,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				return sum("FILL(looks, 0) + FILL(heard, 0)", "failed", d, map[string]awscloudwatch.IMetric{
					"looks": h.ofFunction("autospot", "Errors", d), "heard": h.ofFunction("interruption", "Errors", d),
				})
			},
		},
		{
			"DeadSpotWakesKept", "offpeak-dead-spot-wakes", "a wake of AutoSpot's could not be answered in three tries", 1, 5, 1, false,
			func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
				return h.spotDead.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Period: d, Statistic: jsii.String("Maximum")})
			},
		},
	}
}

// ReportAlarms are those that quarterly reports add.
func ReportAlarms() []Alarm {
	return []Alarm{{
		"ReportFails", "offpeak-report-fails", "a quarterly report could not be made or mailed, a delivery of the bill not be published, or accounts not be looked at for one", 1, 60, 1, false,
		func(h *hub, d awscdk.Duration) awscloudwatch.IMetric {
			return sum("FILL(reports, 0) + FILL(surveys, 0)", "failed reports and surveys", d, map[string]awscloudwatch.IMetric{
				"reports": h.ofFunction("report", "Errors", d), "surveys": h.ofFunction("survey", "Errors", d),
			})
		},
	}}
}

func (h *hub) addAlarms() []interfacesawscloudwatch.IAlarmRef {
	var all []interfacesawscloudwatch.IAlarmRef
	wanted := Alarms()
	if h.config.AutoSpot {
		wanted = append(wanted, SpotAlarms()...)
	}
	if h.config.Report != nil {
		wanted = append(wanted, ReportAlarms()...)
	}
	for _, a := range wanted {
		props := &awscloudwatch.AlarmProps{
			AlarmName: jsii.String(a.Name), AlarmDescription: jsii.String(fmt.Sprintf("%s. What to do: docs/runbook.md, %s", a.Means, a.Name)),
			Metric: a.metric(h, awscdk.Duration_Minutes(jsii.Number(a.Minutes))), Threshold: jsii.Number(a.Threshold),
			EvaluationPeriods:  jsii.Number(a.Periods),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING, // a metric that is not there counts nothing
			ActionsEnabled:     jsii.Bool(!h.config.Paused),
		}
		if a.Below {
			props.ComparisonOperator = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD
			props.TreatMissingData = awscloudwatch.TreatMissingData_BREACHING
		}
		alarm := awscloudwatch.NewAlarm(h.stack, jsii.String(a.ID), props)
		called(alarm, a.ID)
		action := awscloudwatchactions.NewSnsAction(h.alerts)
		alarm.AddAlarmAction(action)
		alarm.AddOkAction(action)
		all = append(all, alarm)
	}
	return all
}

func (h *hub) ofFunction(name, metric string, d awscdk.Duration) awscloudwatch.Metric {
	return h.lambdas[name].Metric(jsii.String(metric), &awscloudwatch.MetricOptions{Period: d, Statistic: jsii.String("Sum")})
}

// own is a metric of the functions' own. They have no dimensions.
func own(name string, d awscdk.Duration) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(namespace), MetricName: jsii.String(name), Statistic: jsii.String("Sum"), Period: d,
	})
}

func sum(expression, label string, d awscdk.Duration, of map[string]awscloudwatch.IMetric) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String(expression), Label: jsii.String(label), Period: d, UsingMetrics: &of,
	})
}
