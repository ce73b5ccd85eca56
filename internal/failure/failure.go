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
	Unreadable   Class = "unreadable"    // what offpeak itself has kept cannot be read, as by a newer version: AWS was not asked
	Other        Class = "other"
)

// Classes lists the classes.
func Classes() []Class {
	return []Class{Throttled, Gone, Denied, Protected, Capacity, Quota, Key, InvalidState, InTransition, Unreachable, Unreadable, Other}
}

// Passes reports whether the same call may well succeed within minutes, without anybody doing anything about it.
func (c Class) Passes() bool {
	return c == Throttled || c == InTransition || c == Unreachable || c == Capacity
}

// Error is an error of a call to AWS with its class.
type Error struct {
	Class Class
	Err   error
	// Remedy is what to do about this very error, where more is known of it than its class; empty otherwise.
	Remedy string
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

// Remedy returns what to do about an error: its own remedy, else the one of its class; empty where neither is known.
func Remedy(err error) string {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return ""
	case e.Remedy != "":
		return e.Remedy
	default:
		return e.Class.Remedy()
	}
}

// Remedy is what to do about a look that failed, by its class alone; empty where that tells nothing.
func (c Class) Remedy() string {
	switch c {
	case Throttled:
		return "others use the account's quota of calls too: it is asked again later; by hand, try again in a minute"
	case Gone:
		return "it is not there any more: look again, and name what is there now"
	case Denied:
		return "let the role or the person make this call (the guide lists what is needed), and see that account and region are enabled"
	case Protected:
		return "take its stop or scale-in protection away, or set its tag to ignore"
	case Capacity:
		return "it is tried again; name compatible types in the tag offpeak:types"
	case Quota:
		return "ask AWS for a higher quota (Service Quotas console)"
	case Key:
		return "allow the role to use the key: kms:Decrypt for objects, kms:CreateGrant with kms:GrantIsForAWSResource for volumes"
	case InvalidState:
		return "bring it into a state in which AWS allows the change, or set its tag to ignore"
	case InTransition:
		return "it is on its way to another state: look again in a few minutes"
	case Unreachable:
		return "try again; see that AWS can be reached from here (a proxy is named by HTTPS_PROXY, another endpoint by AWS_ENDPOINT_URL)"
	case Unreadable:
		return "use the version of offpeak that wrote it, or a newer one"
	default:
		return ""
	}
}
