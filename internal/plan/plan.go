// Package plan is what should be done: actions, refusals and what is left alone, each with a reason code and a sentence.
//
// Planners (scheduler, autospot) make a Plan out of a snapshot, memory and policy; Merge makes one plan of several; whoever applies
// it writes each Action's intent first. A plan is a value: it can be printed, saved, read back and compared. Nothing here decides or
// acts.
package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Plan is what one run would do and why, and what it would not do and why.
type Plan struct {
	// Taken is the instant of the snapshot, for which everything here was decided.
	Taken time.Time
	// Policy names the policy and its version.
	Policy string
	// Actions are in the order of Resource.Compare; so are all other lists.
	Actions  []Action
	Refusals []Refusal
	// Idle are opted-in resources that nothing is to be done with: all of them where asked for, else those with something to say.
	Idle []Idle
	// Forecast is what the coming edges will do if nobody interferes; only where asked for.
	Forecast []Action
	Findings []Finding
	// NotChecked are facts that the source of the snapshot could not show and that are checked when the plan is applied.
	NotChecked []string
	Totals     Totals
	// Wake is when there may be something to do next if nobody interferes; zero for never. It is not part of the JSON form.
	Wake time.Time
}

// Subject says which resource a line of the plan is about.
type Subject struct {
	ID          string
	ARN         fleet.ARN
	Kind        fleet.Kind
	Scope       fleet.Scope
	Parent      string
	Name        string // the Name tag
	Environment string // empty where the policy knows none for it
}

// SubjectOf makes the subject of a resource.
func SubjectOf(r *fleet.Resource, environment string) Subject {
	return Subject{r.ID, r.ARN, r.Kind, r.Scope, r.Parent, r.Name(), environment}
}

// Compare orders subjects as Resource.Compare orders resources.
func (s Subject) Compare(other Subject) int {
	return cmp.Or(
		s.Scope.Compare(other.Scope),
		cmp.Compare(s.Kind, other.Kind),
		cmp.Compare(s.Parent, other.Parent),
		cmp.Compare(s.ID, other.ID),
		cmp.Compare(s.ARN, other.ARN),
	)
}

// Action is one change that should be made, and its cause.
type Action struct {
	ID      string
	Subject Subject
	Change  Change
	Cause   Cause
	Why     string
	// Rule is what asked for it: a schedule's name and window, an override, ...
	Rule string
	// At is when to act: the snapshot's instant, or in a forecast the edge's, earlier by the time to be ready.
	At time.Time
	// Edge is the boundary that is carried out; it may lie before At.
	Edge fleet.Moment
	// Zone is the IANA zone of the schedule, in which people read the times.
	Zone string
	// Price is what the change begins or ceases to cost per hour.
	Price fleet.Price
	Group string
	Order int
}

// Refusal is an opted-in resource that would be, or one day should be, acted on and is not.
type Refusal struct {
	Subject Subject
	Code    Code
	Why     string
}

// Idle is an opted-in resource with nothing to do now.
type Idle struct {
	Subject Subject
	Code    Code
	Why     string
}

// Finding is something an owner or operator should know; it bars nothing.
type Finding struct {
	Subject Subject // zero for findings on the run as a whole
	Code    Code
	Why     string
}

// Cause says what made an action due. Expected causes are no surprise to the guard.
type Cause string

// The causes.
const (
	BySchedule  Cause = "schedule"
	ByOverride  Cause = "override"
	ByStopAfter Cause = "stop-after"
	ByEnforce   Cause = "enforce"
	ByTag       Cause = "tag" // the tag values running and stopped
	ByRetry     Cause = "retry"
	ByRestart   Cause = "aws-restart" // AWS started it again
	ByHand      Cause = "by-hand"     // a person asked for it at a terminal
	BySpot      Cause = "spot"        // AutoSpot found it worth while
	ByFallback  Cause = "no-spot"     // Spot has no capacity
	ByReturn    Cause = "spot-again"  // it has again
	ByChurn     Cause = "churn"       // as many were replaced as the owner allows
)

// Causes lists every cause.
func Causes() []Cause {
	return []Cause{BySchedule, ByOverride, ByStopAfter, ByEnforce, ByTag, ByRetry, ByRestart, ByHand, BySpot, ByFallback, ByReturn, ByChurn}
}

// ActID names an act by what it does to what, for which edge, and what had been observed to begin. Seeing the same again gives the
// same id, so a repeated run repeats no act; a new cause gives a new one. Attempts are numbered outside the id.
func ActID(subject Subject, change Change, edge fleet.Moment, observation string) string {
	text := fmt.Sprintf("%s|%s|%s|%d|%s|%s", subject.Scope, subject.ARN, Describe(change), edge.At.Unix(), edge.Want, observation)
	return Hash(text)
}

// Hash names a text by sixteen hexadecimal digits.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Observation is what a snapshot saw begin: the launch or stop instant, or the size of a group.
func Observation(r *fleet.Resource) string {
	switch {
	case r.Kind.Sized():
		return r.Size.String()
	case r.Since.IsZero():
		return r.State.String()
	default:
		return r.State.String() + "@" + r.Since.UTC().Format(time.RFC3339)
	}
}

// Sort puts every list into its order.
func (p *Plan) Sort() {
	bySubject := func(a, b Action) int {
		return cmp.Or(a.Subject.Compare(b.Subject), a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(p.Actions, bySubject)
	slices.SortFunc(p.Forecast, func(a, b Action) int { return cmp.Or(a.At.Compare(b.At), bySubject(a, b)) })
	slices.SortFunc(p.Refusals, func(a, b Refusal) int { return cmp.Or(a.Subject.Compare(b.Subject), cmp.Compare(a.Code, b.Code)) })
	slices.SortFunc(p.Idle, func(a, b Idle) int { return cmp.Or(a.Subject.Compare(b.Subject), cmp.Compare(a.Code, b.Code)) })
	slices.SortFunc(p.Findings, func(a, b Finding) int {
		return cmp.Or(a.Subject.Compare(b.Subject), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Why, b.Why))
	})
}
