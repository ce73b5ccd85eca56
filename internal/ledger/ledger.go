// Package ledger is what was done: an append-only record of every act, written before it (intent) and after it (outcome), and of every
// enrolment.
//
// Entries are lines of JSON in objects that are created once and never changed. Their keys carry date, account and region, so that a
// quarter is read as a stream and a query engine skips what it need not see. Whatever offpeak remembers can be rebuilt from here. The
// package decides nothing and does no I/O of its own: it writes to and reads from an objects.Store.
package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// State is how far an act has come.
type State string

// The states of an act, in their order. An intent without any later entry was cut short: what became of it is seen by looking.
const (
	Intent   State = "intent"   // about to be asked of AWS
	Applied  State = "applied"  // AWS accepted it
	Verified State = "verified" // seen to have worked
	Failed   State = "failed"   // refused, or seen not to have worked
	Enrolled State = "enrolled" // a resource was first seen opted in; no act
)

// Entry is one line of the ledger.
type Entry struct {
	// Act is the act's id; entries of one act share it. Attempt numbers the tries, from 1.
	Act     string `json:"act"`
	Attempt int    `json:"attempt,omitempty"`
	State   State  `json:"state"`
	// At is when the entry was made, in UTC.
	At time.Time `json:"at"`
	// Run names the sweep that wrote it, and Fence its place in the order of sweeps of the scope: of two, the higher is later.
	Run    string `json:"run"`
	Fence  int64  `json:"fence"`
	Policy string `json:"policy,omitempty"`

	Scope    fleet.Scope `json:"scope"`
	Resource fleet.ARN   `json:"resource"`
	ID       string      `json:"id"`
	Kind     fleet.Kind  `json:"kind"`
	// Change, Cause, Why, Rule and Edge are those of the plan. Change is the verb; a scale has From and To.
	Change string       `json:"change,omitempty"`
	From   *fleet.Size  `json:"from,omitempty"`
	To     *fleet.Size  `json:"to,omitempty"`
	Cause  plan.Cause   `json:"cause,omitempty"`
	Why    string       `json:"why,omitempty"`
	Rule   string       `json:"rule,omitempty"`
	Edge   fleet.Moment `json:"edge,omitzero"`
	// Before is the resource as it was seen, whole: what an intent must know to be undone.
	Before *fleet.Resource `json:"before,omitempty"`
	// Error says why an act failed.
	Error string `json:"error,omitempty"`
}

// IntentOf makes the entry that is written before an act.
func IntentOf(a plan.Action, before *fleet.Resource, run Run, attempt int) Entry {
	seen := *before
	e := entryOf(a, run, attempt)
	e.State, e.Before = Intent, &seen
	return e
}

// OutcomeOf makes the entry that is written after an act, at that instant: failed when err is not nil.
func OutcomeOf(a plan.Action, run Run, attempt int, at time.Time, err error) Entry {
	e := entryOf(a, run, attempt)
	e.State, e.At = Applied, at.UTC()
	if err != nil {
		e.State, e.Error = Failed, err.Error()
	}
	return e
}

// EnrolmentOf makes the entry of a resource that was first seen opted in.
func EnrolmentOf(r *fleet.Resource, run Run) Entry {
	seen := *r
	return Entry{
		State: Enrolled, At: run.At.UTC(), Run: run.ID, Fence: run.Fence, Policy: run.Policy,
		Scope: r.Scope, Resource: r.ARN, ID: r.ID, Kind: r.Kind, Before: &seen,
	}
}

// VerificationOf makes the entry of an act that was seen to have worked: the last one that is remembered of the resource.
func VerificationOf(r *fleet.Resource, m fleet.Remembered, run Run) Entry {
	return Entry{
		Act: m.Act, Attempt: max(m.Attempts, 1), State: Verified, At: run.At.UTC(), Run: run.ID, Fence: run.Fence, Policy: run.Policy,
		Scope: r.Scope, Resource: r.ARN, ID: r.ID, Kind: r.Kind, Edge: m.Tried,
	}
}

func entryOf(a plan.Action, run Run, attempt int) Entry {
	e := Entry{
		Act: a.ID, Attempt: attempt, At: run.At.UTC(), Run: run.ID, Fence: run.Fence, Policy: run.Policy,
		Scope: a.Subject.Scope, Resource: a.Subject.ARN, ID: a.Subject.ID, Kind: a.Subject.Kind,
		Change: a.Change.Verb(), Cause: a.Cause, Why: a.Why, Rule: a.Rule, Edge: a.Edge,
	}
	if s, ok := a.Change.(plan.Scale); ok {
		e.From, e.To = &s.From, &s.To
	}
	return e
}

// Run is the sweep in whose name entries are written.
type Run struct {
	ID     string
	Fence  int64
	Policy string
	Scope  fleet.Scope
	At     time.Time
}

// check refuses entries that a reader could not use.
func (e Entry) check() error {
	switch e.State {
	case Intent, Applied, Verified, Failed, Enrolled:
	default:
		return fmt.Errorf("%.40q is no state of an act", e.State)
	}
	switch {
	case e.At.IsZero():
		return errors.New("at is missing")
	case e.Resource == "" || e.Scope.Account == "" || e.Scope.Region == "":
		return errors.New("resource or scope is missing")
	case e.State != Enrolled && e.Act == "":
		return errors.New("act is missing")
	case e.State == Intent && e.Before == nil:
		return errors.New("an intent needs the state before")
	default:
		return nil
	}
}

// Sort orders entries by resource, so that what is written does not depend on the order of maps.
func Sort(entries []Entry) {
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Resource, b.Resource) })
}
