package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/fleet"
)

// Signal is what wakes the dispatcher: a tick of the clock, or an event in an account.
type Signal struct {
	// Tick is the instant for which a tick was planned; zero for events.
	Tick time.Time
	// Scope and What are those of an event.
	Scope fleet.Scope
	What  string
}

// signal is the input of the schedule, or an event as EventBridge delivers it (EventBridge user guide, event structure).
type signal struct {
	Tick    string `json:"tick"`
	Source  string `json:"source"`
	Type    string `json:"detail-type"`
	Account string `json:"account"`
	Region  string `json:"region"`
}

// ParseSignal reads the input of the dispatcher. Of events it takes where they happened and nothing else: what is done about it is decided
// by looking.
func ParseSignal(payload []byte) (Signal, error) {
	var s signal
	if err := json.Unmarshal(payload, &s); err != nil {
		return Signal{}, fmt.Errorf("the input %.120q is neither a tick nor an event: %w", payload, err)
	}
	if s.Tick != "" {
		at, err := time.Parse(time.RFC3339, s.Tick)
		if err != nil {
			return Signal{}, fmt.Errorf("the tick %.40q is no instant", s.Tick)
		}
		return Signal{Tick: at}, nil
	}
	account, err := fleet.ParseAccountID(s.Account)
	if err != nil || s.Region == "" || s.Source == "" {
		return Signal{}, fmt.Errorf("the input %.120q is neither a tick nor an event: it needs tick, or source, account and region", payload)
	}
	return Signal{Scope: fleet.Scope{Account: account, Region: fleet.Region(s.Region)}, What: s.Source + ": " + s.Type}, nil
}

// errStranger says that an event came from an account that nobody named.
var errStranger = errors.New("nobody named its account; the event is ignored")

// Event wakes the scope of an event, if its account is known. sent is false for others: whoever may put events on the bus cannot send the
// worker into accounts that the policy does not name.
func (d *Dispatcher) Event(ctx context.Context, s Signal) (sent bool, err error) {
	known, err := d.Accounts.Known(ctx, s.Scope.Account)
	if err != nil {
		return false, err
	}
	if !known {
		return false, fmt.Errorf("%s in %s: %w", s.What, s.Scope, errStranger)
	}
	return true, d.Queue.Send(ctx, []Wake{{Scope: s.Scope, Reason: Event, Sent: d.Now().UTC()}})
}

// IsStranger reports whether an event was ignored because nobody named its account.
func IsStranger(err error) bool { return errors.Is(err, errStranger) }
