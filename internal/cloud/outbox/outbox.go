// Package outbox hands mails over to Amazon SES, each at most once.
//
// In goes a mail as it is written, in MIME, and to whom; out comes SES's id of it, or an error that tells by delivery's own whether it never will go, may
// go later, or may have gone. Nothing is tried again of which SES may have taken the first: a report that comes twice is worse than one about which a
// person is told. The package makes no identity and no configuration set; where one is missing, its errors say how to make it.
package outbox

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
	"offpeak/reports/delivery"
)

// Options say how mails are sent.
type Options struct {
	// Region is where the sender is verified; empty is the configuration's.
	Region fleet.Region
	// From is the sender's address, ConfigurationSet the name of the set by which what comes back is heard of; empty: none.
	From, ConfigurationSet string
}

// Outbox sends mails that belong to no report. Of says to which they belong.
type Outbox struct {
	client  *sesv2.Client
	options Options
	tags    []types.MessageTag
}

var _ delivery.Mailer = (*Outbox)(nil)

// throttles are the answers after which it is known that SES took nothing, and may in a moment.
var throttles = map[string]struct{}{"TooManyRequestsException": {}, "ThrottlingException": {}, "Throttling": {}}

// New returns an outbox of the hub's. It makes no call.
func New(a *cloud.Access, o Options) *Outbox {
	config := a.Config(fleet.Scope{Region: o.Region})
	var backoff retry.BackoffDelayer = retry.NewExponentialJitterBackoff(retry.DefaultMaxBackoff)
	if config.Retryer != nil {
		backoff = retry.BackoffDelayerFunc(config.Retryer().RetryDelay)
	}
	return &Outbox{options: o, client: sesv2.NewFromConfig(config, func(s *sesv2.Options) {
		s.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.Backoff, r.Retryables = backoff, []retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: throttles}}
		})
	})}
}

// Of returns an outbox for the mails of one report: one that comes back names it.
func (o *Outbox) Of(id delivery.ID) *Outbox {
	tags := id.Tags()
	of := *o
	of.tags = nil
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		of.tags = append(of.tags, types.MessageTag{Name: aws.String(name), Value: aws.String(tags[name])})
	}
	return &of
}

// Send implements delivery.Mailer.
func (o *Outbox) Send(ctx context.Context, to string, mime []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("mail to %s: %w: %w", to, delivery.ErrNotNow, err)
	}
	in := &sesv2.SendEmailInput{
		FromEmailAddress: &o.options.From, Destination: &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Raw: &types.RawMessage{Data: mime}}, EmailTags: o.tags,
	}
	if o.options.ConfigurationSet != "" {
		in.ConfigurationSetName = &o.options.ConfigurationSet
	}
	out, err := o.client.SendEmail(ctx, in)
	if err != nil {
		return "", fmt.Errorf("mail to %s: %w", to, o.outcome(err, to))
	}
	return aws.ToString(out.MessageId), nil
}
