package infra

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// addDashboard adds the one dashboard. Metrics have no dimensions, as one for each account would cost more than it tells; the money that was avoided
// is computed from the ledger and the bill, and not here.
func (h *hub) addDashboard(alarms []interfacesawscloudwatch.IAlarmRef) {
	hour := awscdk.Duration_Hours(jsii.Number(1))
	d := awscloudwatch.NewDashboard(h.stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: jsii.String("offpeak"), DefaultInterval: awscdk.Duration_Days(jsii.Number(7)),
	})
	called(d, "Dashboard")
	d.AddWidgets(
		awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{Width: jsii.Number(8), Height: jsii.Number(6), Markdown: jsii.String(fmt.Sprintf(
			"# offpeak\nSchedules are kept in %s; this page shows UTC, or the zone that the browser is set to.\n\n"+
				"`offpeak status --hub s3://…` lists what is asleep now and until when, `offpeak savings` what was avoided, `offpeak history ID` what was done.\n\n"+
				"To hold everything: set the parameter `/offpeak/kill-switch` to `nothing` (Systems Manager, Parameter Store).", h.config.Zone))}),
		awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{Alarms: &alarms, Title: jsii.String("Alarms"), Width: jsii.Number(8), Height: jsii.Number(6)}),
		graph("Acts", own("Stops", hour), own("Starts", hour), own("ActsFailed", hour)),
	)
	d.AddWidgets(
		asleep(hour),
		h.failuresByClass(),
		graph("Throttled", own("Throttled", hour), h.ofFunction("dispatch", "Throttles", hour), h.ofFunction("schedule", "Throttles", hour)),
	)
	minutes := awscdk.Duration_Minutes(jsii.Number(5))
	d.AddWidgets(
		graph("Age of the oldest wake, seconds", h.wakes.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{Period: minutes})),
		graph("Held until a person has looked", own("SurprisesHeld", hour), own("SizesUnknown", hour)),
		graph("Sweeps", h.ofFunction("schedule", "Invocations", hour), own("SweepsFailed", hour), own("ScopesUnread", hour)),
		graph("Own cost of the functions, USD an hour", h.ownCost(hour)),
	)
}

// asleep shows a number that is counted once an hour, and what hours it comes to.
func asleep(hour awscdk.Duration) awscloudwatch.IWidget {
	now := awscloudwatch.NewMetric(&awscloudwatch.MetricProps{Namespace: jsii.String(namespace), MetricName: jsii.String("Asleep"), Statistic: jsii.String("Maximum"), Period: hour})
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String("Asleep now, and hours avoided by what was started"), Width: jsii.Number(8), Height: jsii.Number(6),
		Left: &[]awscloudwatch.IMetric{now}, Right: &[]awscloudwatch.IMetric{own("HoursAvoided", hour)},
	})
}

func graph(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{Title: jsii.String(title), Left: &metrics, Width: jsii.Number(8), Height: jsii.Number(6)})
}

// failuresByClass counts in the log, where the class stands: a metric for each class would be paid for whether anything fails or not.
func (h *hub) failuresByClass() awscloudwatch.IWidget {
	return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title: jsii.String("Failures by class"), Width: jsii.Number(8), Height: jsii.Number(6), View: awscloudwatch.LogQueryVisualizationType_TABLE,
		LogGroupNames: &[]*string{h.lambdas["schedule"].LogGroup().LogGroupName()},
		QueryLines:    &[]*string{jsii.String("fields class"), jsii.String(`filter msg in ["act failed", "sweep failed", "cannot be looked at"]`), jsii.String("stats count(*) as times by msg, class"), jsii.String("sort times desc")},
	})
}

// Prices of Lambda on arm64 (AWS Lambda pricing, us-east-1, first tier; other regions differ by a few per cent).
const (
	gigabyteSecond = 0.0000133334
	invocation     = 0.0000002
)

// ownCost is what the functions cost. Queue, bucket and clock cost less; docs/cost.md has them.
func (h *hub) ownCost(d awscdk.Duration) awscloudwatch.IMetric {
	using := map[string]awscloudwatch.IMetric{}
	expression := ""
	for i, f := range functionsOf(h.config) {
		duration, calls := fmt.Sprintf("duration%d", i), fmt.Sprintf("calls%d", i)
		using[duration], using[calls] = h.ofFunction(f.Name, "Duration", d), h.ofFunction(f.Name, "Invocations", d)
		if i > 0 {
			expression += " + "
		}
		expression += fmt.Sprintf("%s / 1000 * %.10f + %s * %.10f", duration, float64(f.Memory)/1024*gigabyteSecond, calls, invocation)
	}
	return sum(expression, "USD", d, using)
}
