// Command report is the Lambda function of the quarterly savings report. Once a day it makes and mails what is due and not there yet, and restates what the bill has changed; when a delivery of a
// bill is complete it publishes it; when a mail comes back it notes that and tells people.
package main

import (
	"context"
	"encoding/json"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"offpeak/internal/live"
	"offpeak/internal/live/report"
	"offpeak/reports/occasion"
)

func main() {
	if most := live.MemoryFromEnvironment(os.Getenv); most > 0 {
		debug.SetMemoryLimit(most)
	}
	h, err := live.Open(context.Background(), live.FromEnvironment(os.Getenv), time.Now)
	var desk *report.Desk
	if err == nil {
		desk, err = report.Open(h, live.ReportsFromEnvironment(os.Getenv))
	}
	if err != nil {
		lambda.Start(func() error { return err })
		return
	}
	listener, log := desk.Listener(desk.Issuer()), h.Log(os.Stdout)
	lambda.Start(func(ctx context.Context, event json.RawMessage) error {
		o, err := occasion.Parse(event)
		switch {
		case occasion.NothingOfReports(err):
			return nil
		case err != nil:
			log.Refused(ctx, err)
			return nil // the same event would be refused again
		}
		done, err := listener.Answer(ctx, o)
		return log.Answered(ctx, done, err)
	})
}
