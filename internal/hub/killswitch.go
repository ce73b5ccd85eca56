package hub

import (
	"context"
	"fmt"
	"strings"

	"offpeak/internal/failure"
	"offpeak/scheduler"
)

// Switch is the hub's own kill switch, beside the policy's: a word that a person sets where the hub runs. It is asked for only where something is
// to be done.
type Switch interface {
	Position(ctx context.Context) (string, error)
}

// The words of the switch.
const (
	SwitchOff     = "off"
	SwitchNoStops = string(scheduler.KillStops)
	SwitchNothing = string(scheduler.KillEverything)
)

// ParseSwitch reads the word that a kill switch is set to.
func ParseSwitch(word string) (scheduler.KillSwitch, error) {
	switch word = strings.TrimSpace(word); word {
	case SwitchOff:
		return scheduler.KillNothing, nil
	case SwitchNoStops, SwitchNothing:
		return scheduler.KillSwitch(word), nil
	}
	return scheduler.KillEverything, &failure.Error{
		Class: failure.Unreadable, Err: fmt.Errorf("it is set to %.40q", word),
		Remedy: fmt.Sprintf("set it to %s, %s or %s", SwitchOff, SwitchNoStops, SwitchNothing),
	}
}

// SwitchError says that the hub's kill switch could not be read. In doubt nothing is done.
type SwitchError struct{ Err error }

// Error says what follows from it.
func (e *SwitchError) Error() string {
	return fmt.Sprintf("the hub's kill switch cannot be read, so that nothing is done: %v", e.Err)
}

// Unwrap returns why.
func (e *SwitchError) Unwrap() error { return e.Err }

// position asks the switch; without one it is off.
func position(ctx context.Context, s Switch) (scheduler.KillSwitch, error) {
	if s == nil {
		return scheduler.KillNothing, nil
	}
	word, err := s.Position(ctx)
	if err != nil {
		return scheduler.KillEverything, &SwitchError{err}
	}
	at, err := ParseSwitch(word)
	if err != nil {
		return scheduler.KillEverything, &SwitchError{err}
	}
	return at, nil
}

// switchUnread is the alert of a kill switch that somebody must put right. It is the same for all scopes: one switch holds for all.
func switchUnread(err *SwitchError, day string) Alert {
	do := failure.Remedy(err)
	switch failure.Of(err) {
	case failure.Gone:
		do = "make the parameter again by deploying the hub's stack, or by hand with the value off"
	case failure.Denied:
		do = "let the worker's role read the parameter (ssm:GetParameter): deploy the hub's current stack"
	}
	if do == "" {
		do = fmt.Sprintf("see that the parameter is of the type String, and set to %s, %s or %s", SwitchOff, SwitchNoStops, SwitchNothing)
	}
	return Alert{
		Key: "kill-switch|" + day, Class: failure.Of(err), What: "nothing is stopped or started: the hub's kill switch cannot be read",
		Why: err.Err.Error(), Remedy: do,
	}
}
