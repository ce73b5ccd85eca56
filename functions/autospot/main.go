// Command autospot is the Lambda function that looks after what is on Spot, or could be. Once a day it is called with a tick and wakes itself for every
// account and region; a wake it answers with one look: it plans, writes down what it will do, does it, and writes down what came of it.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"offpeak/internal/hub"
	"offpeak/internal/live"
	"offpeak/internal/live/spot"
)

func main() {
	settings := live.FromEnvironment(os.Getenv)
	settings.Spot = true
	h, err := live.Open(context.Background(), settings, time.Now)
	if err != nil {
		lambda.Start(func() error { return err })
		return
	}
	worker, clock, log := spot.Worker(h), spot.Clock(h), h.Log(os.Stdout)
	lambda.Start(func(ctx context.Context, input json.RawMessage) (answer events.SQSEventResponse, _ error) {
		signal, err := hub.ParseSpotSignal(input)
		if err != nil {
			log.Refused(ctx, err)
			return answer, nil // the same input would be refused again
		}
		if !signal.Tick.IsZero() {
			sent, err := clock.Tick(ctx)
			return answer, log.SpotTick(ctx, sent, err)
		}
		for _, id := range worker.Answer(ctx, signal.Batch, log.Spot, log.Refused) {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
		}
		return answer, nil
	})
}
