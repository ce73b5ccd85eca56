// Package hub is what runs in the account from which offpeak looks after all others: who is to be looked at, under which policy, and what is said
// about it.
//
// Two programs share it. The dispatcher is woken every few minutes and by events, finds the scopes that are due, and sends a wake for each; the
// worker answers a wake with one sweep of the optimizer. A wake says only where to look: what is decided is decided for the instant of the
// snapshot. Everything that the two ask of the world stands behind ports; nothing here knows AWS.
package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/policy"
)

// Wake asks to look at a scope.
type Wake struct {
	Scope fleet.Scope `json:"scope"`
	// Beside are other regions of the account that are looked at in the same go. A look waits for AWS most of the time: several that wait side by
	// side cost little more than one.
	Beside []fleet.Region `json:"beside,omitempty"`
	// Reason is for people who read the queue: due, reconcile, policy, event, continued.
	Reason Reason `json:"reason"`
	// Sent is when it was sent. Nothing is decided by it.
	Sent time.Time `json:"sent"`
	// Delay is how long the queue keeps it back.
	Delay time.Duration `json:"-"`
}

// Reason is why a wake was sent.
type Reason string

// The reasons.
const (
	Due       Reason = "due"       // the wake index says so
	Reconcile Reason = "reconcile" // once an hour everybody
	NewPolicy Reason = "policy"    // another policy was pushed
	Event     Reason = "event"     // an owner changed a tag, AWS restarted a database
	Continued Reason = "continued" // the worker ran out of time, or looks again soon
)

// Queue delivers wakes, at least once, in any order, and whenever it likes.
type Queue interface {
	Send(ctx context.Context, wakes []Wake) error
}

// ParseWake reads a message of the queue. One that says anything but where to look is refused: it comes from somebody else.
func ParseWake(text string) (Wake, error) {
	var w Wake
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return Wake{}, fmt.Errorf("the message %.80q is no wake: %w", text, err)
	}
	if _, err := fleet.ParseAccountID(string(w.Scope.Account)); err != nil {
		return Wake{}, fmt.Errorf("the message %.80q is no wake: its account %w", text, err)
	}
	if w.Scope.Region == "" {
		return Wake{}, fmt.Errorf("the message %.80q is no wake: it names no region", text)
	}
	for _, region := range w.Beside {
		if region == "" {
			return Wake{}, fmt.Errorf("the message %.80q is no wake: one of its regions has no name", text)
		}
	}
	return w, nil
}

// Each returns a wake for each of the scopes.
func (w Wake) Each() []Wake {
	one := w
	one.Beside = nil
	all := []Wake{one}
	for _, region := range w.Beside {
		one.Scope.Region = region
		all = append(all, one)
	}
	return all
}

// Finding is something about an account that an operator must know: a role that cannot be assumed, a region that is not enabled.
type Finding struct {
	Account fleet.AccountID `json:"account"`
	Region  fleet.Region    `json:"region,omitempty"`
	Class   failure.Class   `json:"class"`
	Text    string          `json:"text"`
	Remedy  string          `json:"remedy"`
	// Closed says that the account is on its way out, as its organisation knows: it is told, and is no alarm.
	Closed bool `json:"closed,omitempty"`
}

// Directory knows the scopes that a policy names, also by way of the organisation. What is found to be out of order in one account is a
// finding, and no error for the others.
type Directory interface {
	Scopes(ctx context.Context, p *policy.Policy) ([]fleet.Scope, []Finding, error)
}

// Alert is said once for each cause and resource.
type Alert struct {
	// Key is the same for the same thing: who hears of alerts can drop what was said before.
	Key      string        `json:"key"`
	Scope    fleet.Scope   `json:"scope,omitzero"`
	Resource fleet.ARN     `json:"resource,omitempty"`
	Class    failure.Class `json:"class,omitempty"`
	What     string        `json:"what"`
	Why      string        `json:"why"`
	Remedy   string        `json:"remedy"`
}

// Alerts tells people.
type Alerts interface {
	Say(ctx context.Context, alerts []Alert) error
}

// errNoPolicy says that nothing was ever pushed.
var errNoPolicy = errors.New("there is no policy: push one with \"offpeak policy push\"")
