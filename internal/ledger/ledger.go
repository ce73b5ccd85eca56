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
	"strings"
	"time"

	"offpeak/internal/failure"
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
	Gone     State = "gone"     // an enrolled resource is not there any more; no act
	Released State = "released" // it is there, and not opted in any more; no act
	Returned State = "returned" // it is there and opted in again; no act
	// Succeeded is of an instance that has taken another's place by a conversion: what is told of the other goes on under this name; no act.
	Succeeded State = "succeeded"
	// Interrupted is of a moved group of which AWS takes a Spot instance, or of a moved instance that AWS takes; no act.
	Interrupted State = "interrupted"
)

// States lists the states, those of no act first.
func States() []State {
	return []State{Enrolled, Gone, Released, Returned, Succeeded, Interrupted, Intent, Applied, Verified, Failed}
}

// ofAct reports whether entries of the state belong to an act.
func (s State) ofAct() bool {
	return s == Intent || s == Applied || s == Verified || s == Failed
}

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
	// Environment is the policy's environment of the resource, empty where it has none.
	Environment string `json:"environment,omitempty"`

	Scope    fleet.Scope `json:"scope"`
	Resource fleet.ARN   `json:"resource"`
	ID       string      `json:"id"`
	// Kind is zero for what left without being described any more.
	Kind fleet.Kind `json:"kind,omitzero"`
	// Change, Cause, Why, Rule and Edge are those of the plan. Change is the verb; a scale has From and To, a move has Move.
	Change string      `json:"change,omitempty"`
	From   *fleet.Size `json:"from,omitempty"`
	To     *fleet.Size `json:"to,omitempty"`
	Move   *plan.Move  `json:"move,omitempty"`
	// Image is the one that deregister removes.
	Image string       `json:"image,omitempty"`
	Cause plan.Cause   `json:"cause,omitempty"`
	Why   string       `json:"why,omitempty"`
	Rule  string       `json:"rule,omitempty"`
	Edge  fleet.Moment `json:"edge,omitzero"`
	// Succeeds is whose place a resource has taken, of an entry that is succeeded.
	Succeeds *fleet.Succession `json:"succeeds,omitempty"`
	// Interrupted is what AWS takes, of an entry that is interrupted.
	Interrupted *fleet.Interruption `json:"interrupted,omitempty"`
	// Before is the resource as it was seen, whole: what an intent must know to be undone. Entries of no act have it where it is described.
	Before *fleet.Resource `json:"before,omitempty"`
	// Error says why an act failed, and Class which kind of failure that is.
	Error string        `json:"error,omitempty"`
	Class failure.Class `json:"class,omitempty"`
	// Notes are what was done beside the act, such as another type taken because AWS had no capacity.
	Notes []string `json:"notes,omitempty"`
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
		e.State, e.Error, e.Class = Failed, err.Error(), failure.Of(err)
	}
	return e
}

// EnrolmentOf makes the entry of a resource that was first seen opted in. m is what is remembered of it now.
func EnrolmentOf(r *fleet.Resource, m fleet.Remembered, run Run) Entry {
	e := entryOn(r, m, run)
	e.State = Enrolled
	return e
}

// VerificationOf makes the entry of an act that was seen to have worked: the last one that is remembered of the resource.
func VerificationOf(r *fleet.Resource, m fleet.Remembered, run Run) Entry {
	e := entryOn(r, m, run)
	e.State, e.Act, e.Attempt, e.Edge, e.Before = Verified, m.Act, max(m.Attempts, 1), m.Tried, nil
	return e
}

// MoveSeenOf makes the entry of a move that was seen to have worked. m is what was remembered of it before, and is now.
func MoveSeenOf(r *fleet.Resource, m fleet.Moved, environment string, run Run) Entry {
	e := entryOn(r, fleet.Remembered{Environment: environment}, run)
	e.State, e.Act, e.Attempt, e.Change = Verified, m.Act, max(m.Attempts, 1), plan.Move{}.Verb()
	return e
}

// SuccessionOf makes the entry of an instance that has taken another's place. m is what is remembered of it now.
func SuccessionOf(r *fleet.Resource, s fleet.Succession, m fleet.Remembered, run Run) Entry {
	e := entryOn(r, m, run)
	e.State, e.Succeeds, e.Why = Succeeded, &s, "it has taken the place of "+lastPart(s.Old)+", with its network interface "+s.Interface
	return e
}

// InterruptionOf makes the entry of a Spot instance of a moved group that AWS takes.
func InterruptionOf(r *fleet.Resource, i fleet.Interruption, environment string, run Run) Entry {
	e := entryOn(r, fleet.Remembered{Environment: environment}, run)
	e.State, e.Interrupted, e.Before, e.Why = Interrupted, &i, nil, "AWS takes its Spot instance "+i.Instance
	return e
}

// Presence tells how a resource left or came back between two memories of it: Gone, Released or Returned; false when it did neither.
func Presence(was, is fleet.Remembered) (State, bool) {
	present := func(m fleet.Remembered) State {
		switch {
		case !m.Away():
			return Returned
		case m.Departure == fleet.Released:
			return Released
		default:
			return Gone
		}
	}
	before, after := present(was), present(is)
	return after, before != after
}

// PresenceOf makes the entry of a resource that left or came back. r is nil where it is not described any more; then it goes by the last
// part of its name.
func PresenceOf(state State, arn fleet.ARN, r *fleet.Resource, m fleet.Remembered, run Run) Entry {
	if r == nil {
		r = &fleet.Resource{ARN: arn, ID: lastPart(arn), Scope: run.Scope}
	}
	e := entryOn(r, m, run)
	e.State = state
	switch {
	case r.Kind == 0:
		e.Before, e.Why = nil, "listings have not shown it since "+m.Missed.UTC().Format(time.RFC3339)
	case state == Gone:
		e.Why = "AWS says that it is deleted, or about to be"
	case state == Released:
		e.Why = "it is not opted in any more"
	case state == Returned:
		e.Why = "it is there and opted in again"
	}
	return e
}

func lastPart(arn fleet.ARN) string { return string(arn[strings.LastIndexAny(string(arn), ":/")+1:]) }

// entryOn makes an entry of no act on a resource.
func entryOn(r *fleet.Resource, m fleet.Remembered, run Run) Entry {
	seen := *r
	return Entry{
		At: run.At.UTC(), Run: run.ID, Fence: run.Fence, Policy: run.Policy, Environment: m.Environment,
		Scope: r.Scope, Resource: r.ARN, ID: r.ID, Kind: r.Kind, Before: &seen,
	}
}

func entryOf(a plan.Action, run Run, attempt int) Entry {
	e := Entry{
		Act: a.ID, Attempt: attempt, At: run.At.UTC(), Run: run.ID, Fence: run.Fence, Policy: run.Policy, Environment: a.Subject.Environment,
		Scope: a.Subject.Scope, Resource: a.Subject.ARN, ID: a.Subject.ID, Kind: a.Subject.Kind,
		Change: a.Change.Verb(), Cause: a.Cause, Why: a.Why, Rule: a.Rule, Edge: a.Edge,
	}
	switch c := a.Change.(type) {
	case plan.Scale:
		e.From, e.To = &c.From, &c.To
	case plan.Move:
		e.Move = &c
	case plan.Deregister:
		e.Image = c.Image
	default:
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

// Moves reports whether the entry is of a move: a change of how capacity is bought, which switches nothing off or on.
func (e *Entry) Moves() bool { return e.Change == (plan.Move{}).Verb() }

// Switches reports whether the entry is of an act that ends or begins running.
func (e *Entry) Switches() bool {
	return e.State.ofAct() && !e.Moves() && e.Change != (plan.Deregister{}).Verb()
}

// check refuses entries that a reader could not use.
func (e Entry) check() error {
	if _, known := parts[e.State]; !known {
		return fmt.Errorf("%.40q is no state of an act", e.State)
	}
	switch {
	case e.At.IsZero():
		return errors.New("at is missing")
	case e.Resource == "" || e.Scope.Account == "" || e.Scope.Region == "":
		return errors.New("resource or scope is missing")
	case e.State.ofAct() && e.Act == "":
		return errors.New("act is missing")
	case e.State == Intent && e.Before == nil:
		return errors.New("an intent needs the state before")
	case e.State == Intent && e.Moves() && e.Move == nil:
		return errors.New("a move needs what is bought before and after")
	case (e.State == Succeeded) != (e.Succeeds != nil):
		return errors.New("whose place it has taken is missing, or is told of an entry that is not succeeded")
	case (e.State == Interrupted) != (e.Interrupted != nil):
		return errors.New("what is interrupted is missing, or is told of an entry that is not interrupted")
	case e.State == Interrupted && (e.Interrupted.Instance == "" || e.Interrupted.At.IsZero()):
		return errors.New("an interruption needs instance and instant")
	case e.State == Succeeded && (e.Succeeds.Old == "" || e.Succeeds.Old == e.Resource):
		return errors.New("nothing takes its own place")
	default:
		return nil
	}
}

// Sort orders entries by resource, so that what is written does not depend on the order of maps. Of one resource they stay in the order in which they were noted.
func Sort(entries []Entry) {
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Resource, b.Resource) })
}
