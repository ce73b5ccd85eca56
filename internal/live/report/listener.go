package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/billing/landing"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/hub"
	"offpeak/reports/delivery"
	"offpeak/reports/occasion"
)

// Listener answers occasions. An error means that the same occasion may be tried again: all that was done already is found done.
type Listener struct {
	Reports Reports
	// Publish makes the delivery of a manifest, s3://bucket/key, one that can be queried.
	Publish func(ctx context.Context, m landing.Manifest, place string) error
	// Exports is the bucket to which AWS delivers; manifests elsewhere are nobody's.
	Exports string
	Post    delivery.Post
	Watch   *hub.Watch
	Now     func() time.Time
}

// Answer answers an occasion. It returns what was done, in words; empty where nothing was.
func (l *Listener) Answer(ctx context.Context, o occasion.Occasion) (done []string, err error) {
	switch {
	case !o.Tick.IsZero():
		// The report of the day for which the tick was meant, also where it comes late.
		return nil, l.Reports.Due(ctx, o.Tick)
	case len(o.Written) > 0:
		return l.written(ctx, o.Written)
	default:
		return l.back(ctx, o.Back)
	}
}

// written publishes deliveries of which the manifest has come. What follows from them waits for the next day's look, by when both exports of a payer have come.
func (l *Listener) written(ctx context.Context, all []occasion.Object) (done []string, err error) {
	var errs []error
	for _, object := range all {
		m, ok := landing.ManifestOf(object.Key)
		// A month that goes on is delivered anew each day, and no report is made of it.
		if object.Bucket != l.Exports || !ok || m.Month.AddDate(0, 1, 0).After(l.Now()) {
			continue
		}
		place := "s3://" + object.Bucket + "/" + object.Key
		switch err := l.Publish(ctx, m, place); {
		case errors.Is(err, athena.ErrDeliveredAnew): // its own manifest will come
			done = append(done, place+" was left aside: "+err.Error())
			continue
		case err != nil:
			errs = append(errs, err)
			continue
		}
		done = append(done, "published "+place)
	}
	return done, errors.Join(errs...)
}

// back marks mails as come back, and tells people, once of each.
func (l *Listener) back(ctx context.Context, all []occasion.Back) (done []string, err error) {
	var alerts []hub.Alert
	var errs []error
	for _, b := range all {
		if err := l.Post.Bounce(ctx, b.Report, b.Address, b.Says); err != nil {
			errs = append(errs, fmt.Errorf("note that the mail to %s came back: %w", b.Address, err))
			continue
		}
		name := fmt.Sprintf("%s (%s) of payer %s", b.Report.Quarter, b.Report.State, b.Report.Payer)
		done = append(done, "the report "+name+" did not reach a recipient: "+b.Says)
		alerts = append(alerts, hub.Alert{
			Key:    strings.Join([]string{"report came back", name, fmt.Sprint(b.Report.Revision), strings.ToLower(b.Address)}, " "),
			What:   "the report " + name + " did not reach " + b.Address,
			Why:    b.Says,
			Remedy: "write the right address into the policy (tenants, recipients) and push it; who has not got the report yet is sent it at the next day's look",
		})
	}
	return done, errors.Join(append(errs, l.Watch.Tell(ctx, alerts, l.Now()))...)
}
