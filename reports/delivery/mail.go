package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/objects"
)

// Recipient is who gets a report.
type Recipient struct {
	Address  string
	Language string // ko, en
}

// Unique drops recipients whose address, whatever its case, is there already, and keeps the first.
func Unique(all []Recipient) (unique []Recipient) {
	seen := map[string]bool{}
	for _, r := range all {
		if name := strings.ToLower(r.Address); !seen[name] {
			seen[name] = true
			unique = append(unique, r)
		}
	}
	return unique
}

// Mailer sends a mail that is written already. Its errors say by these below what became of the mail; any other leaves that open.
type Mailer interface {
	Send(ctx context.Context, to string, mime []byte) (messageID string, err error)
}

// Errors of a Mailer after which it is known that the mail did not go.
var (
	// ErrRefused says that it never will: the address is no address, or stands on the suppression list.
	ErrRefused = errors.New("the mail was refused")
	// ErrNotNow says that it may go later: throttled, a quota used up, sending paused, a sender that is not verified, the sandbox.
	ErrNotNow = errors.New("the mail cannot go now")
)

// Mark is what became of a mail.
type Mark string

// The marks.
const (
	Sending Mark = "sending" // about to be handed over; where this stays, nobody knows
	Sent    Mark = "sent"    // SES took it
	Refused Mark = "refused"
	Waiting Mark = "waiting" // it did not go, and is tried again
	Unclear Mark = "unclear" // it may have gone: it is not sent again
	Bounced Mark = "bounced" // SES took it, and it came back or was complained about
)

// Receipt is what is kept of one mail.
type Receipt struct {
	Address string    `json:"address"`
	Mark    Mark      `json:"mark"`
	At      time.Time `json:"at"`
	Message string    `json:"message_id,omitempty"`
	Says    string    `json:"says,omitempty"`
}

// Post sends the mails of one report.
type Post struct {
	Shelf  Shelf
	Mailer Mailer
	Now    func() time.Time
}

// givenUp is after which time a mail that is said to be on its way is not: longer than any function runs.
const givenUp = 20 * time.Minute

func (id ID) receipt(address string) string {
	return id.folder() + "sent/" + HashOf([]byte(strings.ToLower(address)))[:16] + ".json"
}

// Send sends the report to those who have not got it yet. mime writes the mail of a recipient. Receipts are in the order of the recipients; the error tells of
// marks that could not be kept, and of nothing else.
func (p Post) Send(ctx context.Context, id ID, to []Recipient, mime func(Recipient) ([]byte, error)) (receipts []Receipt, err error) {
	var errs []error
	for _, r := range Unique(to) {
		receipt, err := p.one(ctx, id, r, mime)
		receipts, errs = append(receipts, receipt), append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return receipts, errors.Join(errs...)
}

// one sends the report to one recipient: first it is marked as being sent, by one run alone, then it is sent.
func (p Post) one(ctx context.Context, id ID, to Recipient, mime func(Recipient) ([]byte, error)) (Receipt, error) {
	key := id.receipt(to.Address)
	last, version, err := p.receipt(ctx, key)
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		return Receipt{Address: to.Address, Mark: Waiting, At: p.Now().UTC(), Says: err.Error()}, err
	}
	switch {
	case err != nil, last.Mark == Waiting:
	case last.Mark == Sending && p.Now().Sub(last.At) > givenUp:
		last.Mark, last.Says = Unclear, "a run died while it sent this mail; it may have gone, and is not sent again"
		return last, p.mark(ctx, key, &version, last)
	default:
		return last, nil
	}
	written, err := mime(to)
	if err != nil {
		return Receipt{Address: to.Address, Mark: Waiting, At: p.Now().UTC(), Says: err.Error()}, fmt.Errorf("write the mail to %s: %w", to.Address, err)
	}
	now := Receipt{Address: to.Address, Mark: Sending, At: p.Now().UTC()}
	if err := p.mark(ctx, key, &version, now); err != nil {
		if errors.Is(err, objects.ErrExists) || errors.Is(err, objects.ErrChanged) {
			return now, nil // another run is at it
		}
		return now, err
	}
	message, err := p.Mailer.Send(ctx, to.Address, written)
	now.Message = message
	switch {
	case err == nil:
		now.Mark = Sent
	case errors.Is(err, ErrRefused):
		now.Mark = Refused
	case errors.Is(err, ErrNotNow):
		now.Mark = Waiting
	default:
		now.Mark = Unclear
	}
	if err != nil {
		now.Says = err.Error()
	}
	// The mark is kept even where the time is up: else it would not be known.
	return now, p.mark(context.WithoutCancel(ctx), key, &version, now)
}

// receipt reads what is kept of a mail.
func (p Post) receipt(ctx context.Context, key string) (r Receipt, version objects.Version, err error) {
	data, version, err := p.Shelf.Store.Read(ctx, key)
	if err != nil {
		return r, "", err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, "", fmt.Errorf("read %s: %w", key, err)
	}
	return r, version, nil
}

// mark keeps what became of a mail: anew where version is empty.
func (p Post) mark(ctx context.Context, key string, version *objects.Version, r Receipt) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if *version == "" {
		*version, err = p.Shelf.Store.Create(ctx, key, data)
	} else {
		*version, err = p.Shelf.Store.Replace(ctx, key, data, *version)
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	return nil
}

// Bounce marks a mail as come back, by its address. A receipt that is not there is no error: the mail was not ours, or a test.
func (p Post) Bounce(ctx context.Context, id ID, address, says string) error {
	key := id.receipt(address)
	r, version, err := p.receipt(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Mark, r.Says, r.At = Bounced, says, p.Now().UTC()
	return p.mark(ctx, key, &version, r)
}
