package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/permit"
)

// tries is how often a wake is delivered before it is set aside. The hourly look at everybody makes up for it.
const tries = 3

// visibility is how many timeouts of its function a message stays hidden: with fewer, Lambda's own retries would see it twice at once (Lambda
// developer guide, using Lambda with Amazon SQS).
const visibility = 6

// addQueues adds the queue of wakes, and where messages stay that could not be answered.
func (h *hub) addQueues() {
	h.dead = h.queue("DeadWakes", &awssqs.QueueProps{RetentionPeriod: awscdk.Duration_Days(jsii.Number(14))})
	h.failures = h.queue("Failures", &awssqs.QueueProps{
		QueueName:       jsii.String("failures-of-offpeak"), // "offpeak doctor" takes queues whose names begin with offpeak for queues of wakes
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	worker := function("schedule")
	h.wakes = h.queue(wakesID, &awssqs.QueueProps{
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(1)), // an older wake says nothing that a newer one does not
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(visibility * worker.Timeout.Seconds())),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: h.dead, MaxReceiveCount: jsii.Number(tries)},
	})
	if h.config.AutoSpot {
		h.addSpotQueues()
	}
}

func function(name string) Function {
	for _, f := range AllFunctions() {
		if f.Name == name {
			return f
		}
	}
	return Function{}
}

// queue adds a queue. SQS's own encryption costs nothing, needs no grant, and a wake says only which account and region.
func (h *hub) queue(id string, props *awssqs.QueueProps) awssqs.Queue {
	props.EnforceSSL, props.Encryption = jsii.Bool(true), awssqs.QueueEncryption_SQS_MANAGED
	q := awssqs.NewQueue(h.stack, jsii.String(id), props)
	called(q, id)
	return q
}

// addAlerts adds the topic.
func (h *hub) addAlerts() {
	props := &awssns.TopicProps{DisplayName: jsii.String("offpeak"), EnforceSSL: jsii.Bool(true), MasterKey: h.key}
	h.alerts = awssns.NewTopic(h.stack, jsii.String(alertsID), props)
	called(h.alerts, alertsID)
	h.alerts.AddToResourcePolicy(statement(permit.AlarmsPublish()))
	for _, address := range h.config.Mail {
		h.alerts.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(address), nil))
	}
}
