// Command dispatch is the Lambda function that finds out who is to be looked at: every five minutes, and when an event says that something
// changed. It sends a wake for each scope to the queue, and touches nothing.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"offpeak/internal/hub"
	"offpeak/internal/live"
)

func main() {
	settings := live.FromEnvironment(os.Getenv)
	settings.Looks = true // it asks accounts for their regions, and nothing else
	h, err := live.Open(context.Background(), settings, time.Now)
	if err != nil {
		lambda.Start(func() error { return err }) // the caller hears of it, and the next invocation tries the same
		return
	}
	dispatcher, log := h.Dispatcher(), live.NewLog(os.Stdout)
	lambda.Start(func(ctx context.Context, input json.RawMessage) (hub.Tally, error) {
		signal, err := hub.ParseSignal(input)
		if err != nil {
			log.Refused(ctx, err)
			return hub.Tally{}, nil // the same input would be refused again
		}
		if signal.Tick.IsZero() {
			sent, err := dispatcher.Event(ctx, signal)
			return hub.Tally{Sent: map[bool]int{true: 1}[sent]}, log.Event(ctx, signal, err)
		}
		tally, err := dispatcher.Tick(ctx, signal.Tick)
		return tally, log.Tick(ctx, tally, err)
	})
}
