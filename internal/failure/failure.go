// Package failure is why AWS did not do what it was asked, as far as it bears on what to do next.
//
// Adapters sort what AWS says into these classes in one place each; optimizer, ledger and alerts go by the class and print the sentence. The
// package decides nothing.
package failure

import "errors"

// Class is why a call failed. The set is closed; its texts stand in the ledger.
type Class string

// The classes.
const (
	Throttled    Class = "throttled"     // too many calls: the same again, later
	Gone         Class = "gone"          // there is no such resource any more
	Denied       Class = "denied"        // the role may not do this, or its account is suspended
	Protected    Class = "protected"     // stop protection, or scale-in protection
	Capacity     Class = "capacity"      // AWS has no such machines free in the zone
	Quota        Class = "quota"         // the account's limit is reached: only a person can raise it
	Key          Class = "kms"           // the key of an encrypted volume cannot be used
	InvalidState Class = "invalid-state" // it is in a state that allows no such change and does not pass by itself
	InTransition Class = "in-transition" // it is on its way to another state: the same again, when it has arrived
	Unreachable  Class = "unreachable"   // no answer, or a fault of AWS's: the call may have been carried out
	Other        Class = "other"
)

// Classes lists the classes.
func Classes() []Class {
	return []Class{Throttled, Gone, Denied, Protected, Capacity, Quota, Key, InvalidState, InTransition, Unreachable, Other}
}

// Passes reports whether the same call may well succeed within minutes, without anybody doing anything about it.
func (c Class) Passes() bool {
	return c == Throttled || c == InTransition || c == Unreachable || c == Capacity
}

// Error is an error of a call to AWS with its class.
type Error struct {
	Class Class
	Err   error
}

// Error returns what AWS said.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error as it came.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the class of an error: empty for nil, Other where none is known.
func Of(err error) Class {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Other
}
