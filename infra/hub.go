package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
	"offpeak/infra/permit"
)

// hub is the stack of the hub while it is built.
type hub struct {
	stack  awscdk.Stack // not embedded: jsii takes what embeds a construct for a construct of its own
	config config.Config
	build  string
	permit permit.Hub

	key       awskms.Key  // of the topic, always
	dataKey   awskms.IKey // of bucket and logs: the same, or nil with AWS's own
	store     awss3.Bucket
	wakes     awssqs.Queue
	dead      awssqs.Queue // wakes that no worker could answer
	failures  awssqs.Queue // ticks and events that the dispatcher could not answer
	spotWakes awssqs.Queue // of AutoSpot, where it is deployed
	spotDead  awssqs.Queue

	exports, bill, reports awss3.Bucket // of reports, where they are deployed

	alerts  awssns.Topic
	lambdas map[string]awslambda.Function
}

// NewHub adds the stack of the hub.
func NewHub(scope constructs.Construct, id string, d Deployment) error {
	return newHub(scope, id, id, d)
}

// newHub adds it by a name that is the same wherever it stands: whether a pipeline deploys it or a person, it is one stack.
func newHub(scope constructs.Construct, id, name string, d Deployment) error {
	c := d.Config
	env := &awscdk.Environment{Region: jsii.String(string(c.Region))}
	if c.Hub != "" {
		env.Account = jsii.String(string(c.Hub))
	}
	h := &hub{
		stack: awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
			StackName: jsii.String(name), Env: env, Description: jsii.String("offpeak: the hub, which stops and starts what is tagged in the accounts it looks after"),
			TerminationProtection: jsii.Bool(true),
		}),
		config: c, build: d.Build, permit: hubOf(c), lambdas: map[string]awslambda.Function{},
	}
	h.addKey()
	h.addStore()
	h.addQueues()
	h.addAlerts()
	h.addKillSwitch()
	if err := h.addFunctions(); err != nil {
		return err
	}
	h.addTick()
	if c.AutoSpot {
		h.addSpotTick()
	}
	h.addBus()
	if c.Report != nil {
		h.addReportTicks()
		h.addReportRules()
		h.addSender()
		h.addCatalogue()
		h.addReportOutputs()
	}
	h.addPeople()
	alarms := h.addAlarms()
	h.addDashboard(alarms)
	h.addOutputs()
	return nil
}

// addKey adds the customer key. What may use it beside the account's own policies are services that write in offpeak's name without a role:
// alarms into the topic, functions' logs.
//
// It is there also where AWS's own keys were asked for: nobody can change the policy of AWS's key for topics, so that alarms could not write to a
// topic under it. Bucket and logs then go without. Its policy and the roles say the same in both cases, or what was written under it before could
// not be read after a change.
func (h *hub) addKey() {
	h.key = awskms.NewKey(h.stack, jsii.String("Key"), &awskms.KeyProps{
		Description: jsii.String("offpeak: what the hub keeps, says and logs"), EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN, // without it nothing in the bucket, which stays, can be read
		Policy:        policy(permit.KeyPolicy(string(h.config.Region))),
	})
	called(h.key, "Key")
	h.key.AddAlias(jsii.String("alias/offpeak"))
	if h.config.Encryption == config.CustomerKey {
		h.dataKey = h.key
	}
}

// addOutputs says where things are: commands and the policy file need them.
func (h *hub) addOutputs() {
	for _, o := range []struct{ id, what, value string }{
		{"Bucket", "for --hub and $OFFPEAK_HUB, with s3:// before it", "${Store}"},
		{"Topic", "alarms and alerts", "${Alerts}"},
		{"BusArn", "where accounts hand their events to", "${Bus.Arn}"},
		{"WorkerRole", "what roles in accounts trust", "${ScheduleRole.Arn}"},
		{"DispatchRoleArn", "what roles in accounts trust too", "${DispatchRole.Arn}"},
	} {
		awscdk.NewCfnOutput(h.stack, jsii.String(o.id), &awscdk.CfnOutputProps{Description: jsii.String(o.what), Value: sub(o.value)})
	}
}
