// Command schedule is the Lambda function that answers wakes: it looks at one account in one region, plans, writes down what it will do, does it,
// and writes down what came of it.
package main

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"offpeak/internal/hub"
	"offpeak/internal/live"
)

func main() {
	h, err := live.Open(context.Background(), live.FromEnvironment(os.Getenv), time.Now)
	if err != nil {
		lambda.Start(func() error { return err })
		return
	}
	worker, log := h.Worker(), h.Log(os.Stdout)
	lambda.Start(func(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, _ error) {
		for _, message := range batch.Records {
			wake, err := hub.ParseWake(message.Body)
			if err != nil {
				log.Refused(ctx, err) // nothing is lost by dropping it: who is due stays due
				continue
			}
			err = worker.Answer(ctx, wake, func(one hub.Wake, report hub.Report, err error) { log.Look(ctx, one, report, err) })
			if err != nil {
				answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		}
		return answer, nil
	})
}
