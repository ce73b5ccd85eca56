package infra

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbcmdataexports"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbudgets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsce"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
	"offpeak/infra/permit"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/landing"
)

const payerDescription = "offpeak: exports of a payer's bill to the hub, and where asked for a budget and a watch for anomalies; in us-east-1, once for each payer"

// exportsRegion is the only one in which exports are made.
const exportsRegion = "us-east-1"

// payer is what the account needs that pays: of an organization its management account.
type payer struct{ config config.Config }

// Parameters of the payer's template.
const (
	bucketParameter  = "ExportsBucket"
	regionParameter  = "ExportsRegion"
	budgetParameter  = "BudgetUSD"
	monitorParameter = "AnomalyMonitor"
	tellParameter    = "TellAddress"
)

// into adds the exports to a stack, and what is asked for beside them.
func (p payer) into(stack awscdk.Stack) {
	hubAccount(stack, p.config)
	text := func(id, what, pattern string, otherwise string) {
		awscdk.NewCfnParameter(stack, jsii.String(id), &awscdk.CfnParameterProps{
			Type: jsii.String("String"), Description: jsii.String(what), Default: optional(otherwise), AllowedPattern: jsii.String(pattern),
		})
	}
	text(bucketParameter, "The hub's bucket for deliveries: output ExportsBucket of the hub's stack", `[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`, "")
	text(regionParameter, "The hub's region", `[a-z]{2}(-[a-z]+)+-\d`, string(p.config.Region))
	p.exports(stack)
	r := p.config.Report
	if r.BudgetUSD == 0 && r.AnomalyMonitor == config.AnomalyNone {
		return
	}
	tell := ""
	if len(p.config.Mail) > 0 {
		tell = p.config.Mail[0]
	}
	text(tellParameter, "Who is told by mail", `[^@\s]+@[^@\s]+`, tell)
	if r.BudgetUSD > 0 {
		text(budgetParameter, "What a month of this payer may cost, in US dollars", `[1-9]\d*`, strconv.Itoa(r.BudgetUSD))
		p.budget(stack)
	}
	if r.AnomalyMonitor == config.AnomalyNone {
		return
	}
	monitor := ref(monitorParameter)
	if r.AnomalyMonitor == config.AnomalyNew { // of which an account can have one
		made := awsce.NewCfnAnomalyMonitor(stack, jsii.String("Monitor"), &awsce.CfnAnomalyMonitorProps{
			MonitorName: jsii.String("offpeak-services"), MonitorType: jsii.String("DIMENSIONAL"), MonitorDimension: jsii.String("SERVICE"),
		})
		called(made, "Monitor")
		p.tagged(made)
		monitor = made.Ref()
	} else {
		text(monitorParameter, "The ARN of this payer's monitor of anomalies (aws ce get-anomaly-monitors)", `arn:[^ ]+:anomalymonitor/[\w-]+`, r.AnomalyMonitor)
	}
	p.anomalies(stack, monitor)
}

// tagged gives a thing the deployment's tags whose tags CDK does not know.
func (p payer) tagged(thing awscdk.CfnResource) {
	all := tagsOf(p.config)
	var list []any
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, map[string]any{"Key": key, "Value": all[key]})
	}
	thing.AddPropertyOverride(jsii.String("ResourceTags"), list)
}

// exports adds both. Columns are named each, as the service takes no *. Deliveries overwrite each other: the hub keeps copies of those that it has read.
func (p payer) exports(stack awscdk.Stack) {
	for _, e := range []struct {
		id       string
		table    landing.Table
		source   export.Table
		settings map[string]any
	}{
		{"FOCUSExport", landing.FOCUS, export.FOCUS, map[string]any{"TIME_GRANULARITY": "HOURLY"}},
		{"CURExport", landing.CUR, export.CUR2, map[string]any{
			"TIME_GRANULARITY": "HOURLY", "INCLUDE_RESOURCES": "TRUE", "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE", "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
		}},
	} {
		made := awsbcmdataexports.NewCfnExport(stack, jsii.String(e.id), &awsbcmdataexports.CfnExportProps{Export: map[string]any{
			"name": e.table.Export(), "description": "offpeak: " + string(e.source) + ", for its quarterly reports",
			"dataQuery": map[string]any{
				"queryStatement":      "SELECT " + strings.Join(e.source.Columns(), ", ") + " FROM " + string(e.source),
				"tableConfigurations": map[string]any{string(e.source): e.settings},
			},
			"destinationConfigurations": map[string]any{"s3Destination": map[string]any{
				"s3Bucket": *ref(bucketParameter), "s3BucketOwner": *ref(permit.HubAccountParameter), "s3Prefix": *awscdk.Aws_ACCOUNT_ID(), "s3Region": *ref(regionParameter),
				"s3OutputConfigurations": map[string]any{"outputType": "CUSTOM", "format": "PARQUET", "compression": "PARQUET", "overwrite": "OVERWRITE_REPORT"},
			}},
			"refreshCadence": map[string]any{"frequency": "SYNCHRONOUS"},
		}})
		called(made, e.id)
	}
}

// budget adds one of the payer's month, of what is paid and of what is forecast.
func (p payer) budget(stack awscdk.Stack) {
	var notices []any
	for _, kind := range []string{"ACTUAL", "FORECASTED"} {
		notices = append(notices, map[string]any{
			"notification": map[string]any{"notificationType": kind, "comparisonOperator": "GREATER_THAN", "threshold": 100, "thresholdType": "PERCENTAGE"},
			"subscribers":  []any{map[string]any{"subscriptionType": "EMAIL", "address": *ref(tellParameter)}},
		})
	}
	made := awsbudgets.NewCfnBudget(stack, jsii.String("Budget"), &awsbudgets.CfnBudgetProps{
		Budget: map[string]any{
			"budgetName": "offpeak", "budgetType": "COST", "timeUnit": "MONTHLY", "budgetLimit": map[string]any{"amount": 1, "unit": "USD"},
		},
		NotificationsWithSubscribers: notices,
	})
	called(made, "Budget")
	p.tagged(made)
	// What takes a number in Go takes no parameter: it is written into the template instead.
	made.AddPropertyOverride(jsii.String("Budget.BudgetLimit.Amount"), map[string]any{"Ref": budgetParameter})
}

// leastImpact is from which impact on, in US dollars, people hear of an anomaly.
const leastImpact = "100"

// anomalies adds a subscription to a monitor.
func (p payer) anomalies(stack awscdk.Stack, monitor *string) {
	made := awsce.NewCfnAnomalySubscription(stack, jsii.String("Anomalies"), &awsce.CfnAnomalySubscriptionProps{
		SubscriptionName: jsii.String("offpeak"), Frequency: jsii.String("DAILY"), MonitorArnList: &[]any{monitor},
		Subscribers:         []any{map[string]any{"type": "EMAIL", "address": *ref(tellParameter)}},
		ThresholdExpression: jsii.String(`{"Dimensions":{"Key":"ANOMALY_TOTAL_IMPACT_ABSOLUTE","MatchOptions":["GREATER_THAN_OR_EQUAL"],"Values":["` + leastImpact + `"]}}`),
	})
	called(made, "Anomalies")
	p.tagged(made)
}

func ref(parameter string) *string { return awscdk.Fn_Ref(jsii.String(parameter)) }
