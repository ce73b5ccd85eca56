// Command survey is the Lambda function that looks, for quarterly reports, at what there is in the accounts that the policy names, once for each quarter that has ended.
// It changes nothing anywhere but what the hub keeps of it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"offpeak/internal/live"
	"offpeak/internal/live/survey"
	"offpeak/reports/occasion"
)

func main() {
	settings := live.FromEnvironment(os.Getenv)
	settings.Looks = true // by the role that only reads
	h, err := live.Open(context.Background(), settings, time.Now)
	if err != nil {
		lambda.Start(func() error { return err })
		return
	}
	surveyor, err := survey.Open(h, live.ReportsFromEnvironment(os.Getenv))
	if err != nil {
		lambda.Start(func() error { return err })
		return
	}
	log := h.Log(os.Stdout)
	lambda.Start(func(ctx context.Context, event json.RawMessage) error {
		o, err := occasion.Parse(event)
		if err == nil && o.Tick.IsZero() {
			err = errors.New("it is no tick of the clock")
		}
		if err != nil {
			log.Refused(ctx, err)
			return nil // the same event would be refused again
		}
		done, err := surveyor.Do(ctx, o.Tick)
		return log.Answered(ctx, done, err)
	})
}
