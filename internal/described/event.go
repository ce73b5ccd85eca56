package described

import (
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// DatabaseEvent is what is needed of an event in describe-events of RDS. Its number is not part of the answer: the message stands for it.
type DatabaseEvent struct {
	Source  string  `json:"SourceIdentifier"`
	At      Instant `json:"Date"`
	Message string
}

// happening is what an event says of a database's state.
type happening uint8

const (
	otherwise happening = iota
	hasStopped
	hasStarted
	startsByAWS // AWS starts it, because it was stopped for as long as AWS allows
)

// happening goes by the messages of the RDS and Aurora user guides (event categories and messages): RDS-EVENT-0087 and 0150 stopped, 0088
// and 0151 started, 0154 and 0153 started by AWS. Older guides put The before them and a full stop behind.
func (e *DatabaseEvent) happening() happening {
	text := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(e.Message)), "the ")
	for _, subject := range []string{"db instance ", "db cluster "} {
		said, ok := strings.CutPrefix(text, subject)
		switch {
		case !ok:
		case strings.HasPrefix(said, "is being started due to it exceeding the maximum allowed time being stopped"):
			return startsByAWS
		case strings.TrimSuffix(said, ".") == "stopped":
			return hasStopped
		case strings.TrimSuffix(said, ".") == "started":
			return hasStarted
		}
	}
	return otherwise
}

// Tell completes a database or a cluster by its own events, in whatever order they come: since when it is in its state, and whether AWS
// started it. RDS sends events as best it can. Where the last one does not fit the state, nothing is known.
func Tell(r *fleet.Resource, events []DatabaseEvent) {
	inOrder := slices.Clone(events)
	slices.SortStableFunc(inOrder, func(a, b DatabaseEvent) int { return a.At.Compare(b.At.Time) })
	var last happening
	var since time.Time
	byAWS := false
	for i := range inOrder {
		e := &inOrder[i]
		switch what := e.happening(); what {
		case otherwise:
		case hasStopped:
			last, since, byAWS = what, e.At.Time, false
		case startsByAWS:
			last, since, byAWS = what, e.At.Time, true
		case hasStarted:
			byAWS = byAWS && last == startsByAWS
			last, since = what, e.At.Time
		}
	}
	switch {
	case r.State == fleet.Stopped && last == hasStopped:
		r.Since = since
	case r.State == fleet.Running && (last == hasStarted || last == startsByAWS):
		r.Since, r.ByAWS = since, byAWS
	}
}
