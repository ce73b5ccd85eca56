// Package occasion understands what the function of reports is called with: its daily clock, deliveries of the bill, and mails that came back.
//
// In goes an event as AWS hands it over; out comes one of the three, or an error that says whether it was no event at all or one of somebody else's. Reading is
// liberal in what is beside the point and strict in what is used: which report a mail was of stands in the tags that it was sent with. The package
// asks nothing and decides nothing.
package occasion

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"offpeak/reports/delivery"
)

// Occasion is one of three: the clock's tick, objects that were written, or mails that came back.
type Occasion struct {
	Tick    time.Time
	Written []Object
	Back    []Back
}

// Object is an object that was written to S3.
type Object struct{ Bucket, Key string }

// Back is a mail that did not reach its recipient, or of which the recipient complained.
type Back struct {
	Report  delivery.ID
	Address string
	// Says is what AWS and the recipient's server say of it.
	Says string
}

// errNothing says that an event is well formed and tells nothing of reports.
var errNothing = errors.New("it tells nothing of reports")

// NothingOfReports tells whether an event was left aside because it tells nothing of reports.
func NothingOfReports(err error) bool { return errors.Is(err, errNothing) }

// event is what the three have in common, and those of S3's own notifications (Amazon EventBridge, Amazon S3 user guides).
type event struct {
	Tick    *time.Time      `json:"tick"`
	Source  string          `json:"source"`
	Type    string          `json:"detail-type"`
	Detail  json.RawMessage `json:"detail"`
	Records []struct {
		Source string `json:"eventSource"`
		Name   string `json:"eventName"`
		S3     places `json:"s3"`
	} `json:"Records"`
}

// places are where an object is, as both ways of telling have it.
type places struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key string `json:"key"`
	} `json:"object"`
}

// Parse reads an event.
func Parse(data []byte) (Occasion, error) {
	var e event
	if err := json.Unmarshal(data, &e); err != nil {
		return Occasion{}, fmt.Errorf("read the event: %w", err)
	}
	switch {
	case e.Tick != nil:
		if e.Tick.IsZero() {
			return Occasion{}, errors.New("read the event: its tick tells no time")
		}
		return Occasion{Tick: e.Tick.UTC()}, nil
	case len(e.Records) > 0:
		return e.notified()
	case e.Source == "aws.s3" && e.Type == "Object Created":
		var at places
		if err := json.Unmarshal(e.Detail, &at); err != nil {
			return Occasion{}, fmt.Errorf("read the event of S3: %w", err)
		}
		return written(Object{at.Bucket.Name, at.Object.Key})
	case e.Source == "aws.ses":
		return back(e.Detail)
	default:
		return Occasion{}, errNothing
	}
}

// notified reads S3's own notifications, in which keys are written as in addresses.
func (e *event) notified() (Occasion, error) {
	var all []Object
	for _, r := range e.Records {
		if r.Source != "aws:s3" || !strings.HasPrefix(r.Name, "ObjectCreated:") {
			continue
		}
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			return Occasion{}, fmt.Errorf("read the notification of S3: the key %.200q: %w", r.S3.Object.Key, err)
		}
		all = append(all, Object{r.S3.Bucket.Name, key})
	}
	return written(all...)
}

func written(all ...Object) (o Occasion, err error) {
	for _, object := range all {
		if object.Bucket != "" && object.Key != "" {
			o.Written = append(o.Written, object)
		}
	}
	if len(o.Written) == 0 {
		return o, errNothing
	}
	return o, nil
}
