package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// SpotClock wakes AutoSpot for every scope, once a day. What happens in between wakes it by itself. All fields must be set.
type SpotClock struct {
	Accounts *Accounts
	// Queue is the one that the SpotWorker answers.
	Queue Queue
	Now   func() time.Time
}

// Tick sends a wake for every scope that the dispatcher has met, which it does once an hour, and returns how many there are.
func (c *SpotClock) Tick(ctx context.Context) (int, error) {
	scopes, err := c.Accounts.Scopes(ctx)
	if err != nil {
		return 0, err
	}
	wakes := make([]Wake, len(scopes))
	for i, scope := range scopes {
		wakes[i] = Wake{Scope: scope, Reason: Reconcile, Sent: c.Now().UTC()}
	}
	if len(wakes) == 0 {
		return 0, nil
	}
	return len(wakes), c.Queue.Send(ctx, wakes)
}

// SpotSignal is what AutoSpot's function is called with: the day's tick, or a batch of wakes as SQS hands it over.
type SpotSignal struct {
	Tick  time.Time // zero for a batch
	Batch []Message
}

// Message is one of a batch.
type Message struct {
	ID   string `json:"messageId"`
	Body string `json:"body"`
}

// ParseSpotSignal reads an input of AutoSpot's function.
func ParseSpotSignal(payload []byte) (SpotSignal, error) {
	var s struct {
		Tick    string    `json:"tick"`
		Records []Message `json:"Records"`
	}
	if err := json.Unmarshal(payload, &s); err != nil {
		return SpotSignal{}, fmt.Errorf("the input %.120q is neither a tick nor a batch of wakes: %w", payload, err)
	}
	if s.Tick == "" && len(s.Records) == 0 {
		return SpotSignal{}, fmt.Errorf("the input %.120q is neither a tick nor a batch of wakes: it needs tick, or Records", payload)
	}
	if s.Tick == "" {
		return SpotSignal{Batch: s.Records}, nil
	}
	at, err := time.Parse(time.RFC3339, s.Tick)
	if err != nil {
		return SpotSignal{}, fmt.Errorf("the tick %.40q is no instant", s.Tick)
	}
	return SpotSignal{Tick: at}, nil
}

// Answer looks at every scope of a batch of wakes, one after the other, and tells done of each look and refused of what is no wake. It returns the ids
// of the messages that should be delivered again.
func (w *SpotWorker) Answer(ctx context.Context, batch []Message, done func(context.Context, Wake, SpotReport, error), refused func(context.Context, error)) (again []string) {
	for _, message := range batch {
		wake, err := ParseWake(message.Body)
		if err != nil {
			refused(ctx, err) // nothing is lost by dropping it: the day's tick wakes everybody
			continue
		}
		failed := false
		for _, one := range wake.Each() {
			report, err := w.Look(ctx, one)
			done(ctx, one, report, err)
			failed = failed || err != nil
		}
		if failed {
			again = append(again, message.ID)
		}
	}
	return again
}
