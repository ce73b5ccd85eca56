// Package messages sends what the hub has to say: wakes to the queue, alerts to the topic.
//
// Both are written in full or reported: a wake that the queue refuses is an error that names its scope, so that the next tick sends it again.
package messages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// SQS takes ten messages a call, and keeps one back for a quarter of an hour at most (Amazon SQS API reference, SendMessageBatch).
const (
	messagesInACall = 10
	longestDelay    = 15 * time.Minute
)

// Queue is a queue of SQS.
type Queue struct {
	client *sqs.Client
	url    string
}

// NewQueue returns the queue of a URL.
func NewQueue(a *cloud.Access, url string) *Queue {
	return &Queue{sqs.NewFromConfig(a.Config(fleet.Scope{})), url}
}

// Send implements hub.Queue.
func (q *Queue) Send(ctx context.Context, wakes []hub.Wake) error {
	var errs []error
	for from := 0; from < len(wakes); from += messagesInACall {
		part := wakes[from:min(from+messagesInACall, len(wakes))]
		errs = append(errs, q.send(ctx, part))
	}
	return errors.Join(errs...)
}

func (q *Queue) send(ctx context.Context, wakes []hub.Wake) error {
	in := &sqs.SendMessageBatchInput{QueueUrl: &q.url}
	for i, w := range wakes {
		body, err := json.Marshal(w)
		if err != nil {
			return err
		}
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body)), DelaySeconds: delay(w.Delay),
		})
	}
	out, err := q.client.SendMessageBatch(ctx, in)
	if err != nil {
		return fmt.Errorf("send %d wakes to %s: %w", len(wakes), q.url, cloud.Classify(err))
	}
	var errs []error
	for _, f := range out.Failed {
		i, err := strconv.Atoi(aws.ToString(f.Id))
		if err != nil || i < 0 || i >= len(wakes) {
			continue
		}
		errs = append(errs, fmt.Errorf("wake %s: the queue refused it: %s %s", wakes[i].Scope, aws.ToString(f.Code), aws.ToString(f.Message)))
	}
	return errors.Join(errs...)
}

func delay(d time.Duration) int32 {
	return int32(min(max(d, 0), longestDelay) / time.Second) //nolint:gosec // at most 900
}

// Topic is a topic of SNS.
type Topic struct {
	client *sns.Client
	arn    string
}

// NewTopic returns the topic of an ARN.
func NewTopic(a *cloud.Access, arn string) *Topic {
	return &Topic{sns.NewFromConfig(a.Config(fleet.Scope{})), arn}
}

// SNS takes subjects of up to a hundred characters of ASCII and messages of up to 256 KiB (Amazon SNS API reference, Publish).
const (
	longestSubject = 100
	longestMessage = 200_000
)

// Say implements hub.Alerts: one message for all alerts of a sweep, so that a failing account does not flood anybody.
func (t *Topic) Say(ctx context.Context, alerts []hub.Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	subject, message := Mail(alerts)
	_, err := t.client.Publish(ctx, &sns.PublishInput{TopicArn: &t.arn, Subject: &subject, Message: &message})
	if err != nil {
		return fmt.Errorf("send %d alerts to %s: %w", len(alerts), t.arn, cloud.Classify(err))
	}
	return nil
}

// Mail writes alerts for people: a subject in ASCII, and a text that says of each what is the case, why, and what to do.
func Mail(alerts []hub.Alert) (subject, message string) {
	subject = ascii("offpeak: " + alerts[0].What)
	if len(alerts) > 1 {
		subject = ascii(fmt.Sprintf("offpeak: %d alerts", len(alerts)) + ofAll(alerts))
	}
	var text strings.Builder
	for i, a := range alerts {
		part := fmt.Sprintf("%s\n  Why:        %s\n  What to do: %s\n", a.What, a.Why, a.Remedy)
		if place := strings.TrimSpace(where(a.Scope) + " " + string(a.Resource)); place != "" {
			part += "  Where:      " + place + "\n"
		}
		part += "\n"
		if text.Len()+len(part) > longestMessage {
			fmt.Fprintf(&text, "... and %d more; \"offpeak status\" lists all\n", len(alerts)-i)
			break
		}
		text.WriteString(part)
	}
	return subject, text.String()
}

// ofAll says where alerts are from, if all are from one place.
func ofAll(alerts []hub.Alert) string {
	place := where(alerts[0].Scope)
	for _, a := range alerts {
		if a.Scope != alerts[0].Scope || place == "" {
			return ""
		}
	}
	return " in " + place
}

// where is the account and region of an alert; either may be missing, as what concerns the hub or a whole account has none.
func where(s fleet.Scope) string {
	return strings.Trim(s.String(), "/")
}

// ascii replaces what a subject cannot hold.
func ascii(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case b.Len() == longestSubject-1:
			return b.String()
		case r < ' ' || r > '~':
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
