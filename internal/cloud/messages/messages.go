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
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
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

// SNS takes subjects of less than a hundred characters without line breaks and control characters, and messages of up to 256 KiB (Amazon SNS API reference, Publish).
const (
	longestSubject = 99
	longestMessage = 200_000
)

// Say implements hub.Alerts: one message for all alerts of a sweep, so that a failing account does not flood anybody.
func (t *Topic) Say(ctx context.Context, alerts []hub.Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	subject, message := Mail(alerts)
	_, err := t.client.Publish(ctx, &sns.PublishInput{TopicArn: &t.arn, Subject: &subject, Message: &message})
	if plain := ascii(subject); plain != subject && isInvalid(err) {
		// Subjects were of ASCII alone until AWS's documents said UTF-8, and where that holds is not told: an alert is not lost for its subject.
		_, err = t.client.Publish(ctx, &sns.PublishInput{TopicArn: &t.arn, Subject: &plain, Message: &message})
	}
	if err != nil {
		return fmt.Errorf("send %d alerts to %s: %w", len(alerts), t.arn, cloud.Classify(err))
	}
	return nil
}

// isInvalid reports whether SNS refused what a message says, and not who sends it or where to.
func isInvalid(err error) bool {
	_, is := errors.AsType[*snstypes.InvalidParameterException](err)
	return is
}

// Mail writes alerts for people: a subject that SNS takes, and a text that says of each what is the case, why, and what to do.
func Mail(alerts []hub.Alert) (subject, message string) {
	subject = line("offpeak: " + alerts[0].What)
	if len(alerts) > 1 {
		subject = line(fmt.Sprintf("offpeak: %d alerts", len(alerts)) + ofAll(alerts))
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

// line is a text as a subject: what no line can hold is replaced, and what is too long ends after a word with three dots.
func line(text string) string {
	all := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?")))
	if len(all) <= longestSubject {
		return string(all)
	}
	const dots = "..."
	all = all[:longestSubject-len(dots)+1] // one more, for a word may end here
	end := len(all) - 1
	if space := lastSpace(all); space > longestSubject/2 { // a word that is half of it is cut
		end = space
	}
	return strings.TrimRight(string(all[:end]), " ,;:") + dots
}

// lastSpace is where the last blank of a text is; below zero where there is none.
func lastSpace(text []rune) int {
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == ' ' {
			return i
		}
	}
	return -1
}

// ascii replaces what is no ASCII.
func ascii(subject string) string {
	return strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, subject)
}
