// Command interruption is the Lambda function that hears, by EventBridge, that Spot instances are taken, or about to be, that launches of groups fail, and
// that owners changed the tag by which they ask for Spot. It notes what concerns a group that AutoSpot has moved and wakes AutoSpot for it at once; of all others it asks nothing and keeps nothing.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"offpeak/internal/hub"
	"offpeak/internal/live"
	"offpeak/internal/live/spot"
)

func main() {
	settings := live.FromEnvironment(os.Getenv)
	settings.Looks = true // it asks of which group an instance is, and nothing else
	h, err := live.Open(context.Background(), settings, time.Now)
	if err != nil {
		lambda.Start(func() error { return err }) // the caller hears of it, and delivers the event again
		return
	}
	listener, log := spot.Listener(h), live.NewLog(os.Stdout)
	lambda.Start(func(ctx context.Context, event json.RawMessage) error {
		if scope, retagged := hub.ParseSpotTags(event); retagged {
			reaction, err := listener.Retagged(ctx, scope)
			return log.Heard(ctx, reaction, err)
		}
		notice, err := hub.ParseNotice(event)
		switch {
		case hub.NothingOfSpot(err):
			return nil
		case err != nil:
			log.Refused(ctx, err)
			return nil // the same event would be refused again
		}
		reaction, err := listener.Hear(ctx, notice)
		return log.Heard(ctx, reaction, err)
	})
}
