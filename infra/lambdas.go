package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
)

// addFunctions adds the functions of the table, each with its role and its log.
func (h *hub) addFunctions() error {
	for _, f := range functionsOf(h.config) {
		asset, err := f.Asset(h.build)
		if err != nil {
			return err
		}
		h.addFunction(f, asset)
	}
	// A tick that is answered late is as good as the next one, which comes anyway.
	h.calledByItself("dispatch", 10, 1)
	// Wakes come by the queue, which sets aside itself what cannot be answered: the worker is never called without being waited for.
	called(awslambda.NewEventSourceMapping(h.stack, jsii.String("WakesToSchedule"), &awslambda.EventSourceMappingProps{
		Target: h.lambdas["schedule"], EventSourceArn: h.wakes.QueueArn(),
		// One sweep may take minutes: with several in an invocation the last would wait for all, and a timeout would repeat them all.
		BatchSize: jsii.Number(1), ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency: jsii.Number(float64(h.config.MaxConcurrency)), Enabled: jsii.Bool(!h.config.Paused),
	}), "WakesToSchedule")
	if h.config.AutoSpot {
		h.feedAutoSpot()
	}
	if h.config.Report != nil {
		// Whatever failed is found undone at the next day's look: a call that waits for longer than some hours is of no use.
		h.calledByItself("survey", 360, 2)
		h.calledByItself("report", 360, 2)
	}
	return nil
}

// calledByItself says how Lambda calls a function that nobody waits for: how old, in minutes, a call may become, and how often it is tried again.
func (h *hub) calledByItself(name string, age, retries float64) {
	h.lambdas[name].ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{
		MaxEventAge: awscdk.Duration_Minutes(jsii.Number(age)), RetryAttempts: jsii.Number(retries),
		OnFailure: awslambdadestinations.NewSqsDestination(h.failures),
	})
}

// named is what a function is told of a thing of the hub's: a bucket's, a parameter's or a workgroup's name, a queue's URL, the topic's ARN. All of
// them are what Ref returns.
func (h *hub) named(id string) *string {
	if id == senderID {
		return jsii.String(h.config.Report.From)
	}
	return awscdk.Fn_Ref(jsii.String(id))
}

func (h *hub) addFunction(f Function, asset string) {
	log := awslogs.NewLogGroup(h.stack, jsii.String(f.ID+"Log"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/aws/lambda/offpeak-" + f.Name), EncryptionKey: h.dataKey, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	called(log, f.ID+"Log")
	if own, ok := log.Node().DefaultChild().(awslogs.CfnLogGroup); ok {
		own.SetRetentionInDays(jsii.Number(float64(h.config.LogDays)))
	}
	role := addRole(h.stack, f.ID+"Role", f.Role(h.permit))
	variables := map[string]*string{}
	for _, v := range f.Variables {
		variables[v.Name] = h.named(v.Of)
	}
	props := &awslambda.FunctionProps{
		FunctionName: jsii.String("offpeak-" + f.Name), Description: jsii.String(f.Purpose),
		Runtime: awslambda.Runtime_PROVIDED_AL2023(), Architecture: awslambda.Architecture_ARM_64(), Handler: jsii.String(program),
		Code: awslambda.Code_FromAsset(jsii.String(asset), nil), Environment: &variables, LogGroup: log,
		MemorySize: jsii.Number(float64(f.Memory)), Timeout: awscdk.Duration_Seconds(jsii.Number(f.Timeout.Seconds())),
		// Permissions come from the table alone: CDK may add none.
		Role: awsiam.Role_FromRoleArn(h.stack, jsii.String(f.ID+"RoleByArn"), role.AttrArn(), &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}),
	}
	if f.Name == "schedule" && h.config.ReservedConcurrency > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(float64(h.config.ReservedConcurrency))
	}
	lambda := awslambda.NewFunction(h.stack, jsii.String(f.ID), props)
	called(lambda, f.ID)
	h.lambdas[f.Name] = lambda
}
