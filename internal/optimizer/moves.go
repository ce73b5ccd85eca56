package optimizer

import (
	"slices"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// What is switched and what is moved are remembered apart: who moves need not be on a schedule, and who is on one keeps its edges while it moves.

// attempts is how often an act was tried, this time included.
func attempts(m *fleet.Memory, a plan.Action) int {
	if d, ok := a.Change.(plan.Deregister); ok {
		return m.Spot[a.Subject.ARN].Image(d.Image).Attempts
	}
	if !plan.Switches(a.Change) {
		return m.Spot[a.Subject.ARN].Attempts
	}
	return m.Resources[a.Subject.ARN].Attempts
}

// answered takes note of what AWS said to an act.
func answered(memory *fleet.Memory, a plan.Action, outcome ledger.Entry) {
	applied, again := outcome.State == ledger.Applied, retryAt(outcome)
	if d, ok := a.Change.(plan.Deregister); ok {
		memory.Spot[a.Subject.ARN] = deregistered(memory.Spot[a.Subject.ARN], d.Image, &outcome)
		return
	}
	if !plan.Switches(a.Change) {
		m := memory.Spot[a.Subject.ARN]
		m.Applied, m.RetryAt = applied, again
		memory.Spot[a.Subject.ARN] = m
		return
	}
	m := memory.Resources[a.Subject.ARN]
	m.Applied, m.RetryAt = applied, again
	memory.Resources[a.Subject.ARN] = m
}

// unplannedMove takes out of memory that a move was planned.
func unplannedMove(arn fleet.ARN, before, after *fleet.Memory) {
	if was, known := before.Spot[arn]; known {
		after.Spot[arn] = was
		return
	}
	delete(after.Spot, arn)
}

// movesSeen are the entries of moves that were found to have worked: done now, and not before.
func movesSeen(run ledger.Run, seen *listing, before, after *fleet.Memory) (entries []ledger.Entry) {
	for arn, is := range after.Spot {
		was := before.Spot[arn]
		if s, fresh := succession(arn, before, after); fresh {
			was = before.Spot[s.Old]
		}
		settled := is.Stage == fleet.OnSpot || is.Stage == fleet.Returned
		if !settled || was.Act == "" || was.Attempts == 0 || is.Attempts != 0 {
			continue
		}
		if r := seen.find(arn); r != nil {
			entries = append(entries, ledger.MoveSeenOf(r, was, after.Resources[arn].Environment, run))
		}
	}
	return entries
}

// succession is whose place a resource was found to have taken just now.
func succession(arn fleet.ARN, before, after *fleet.Memory) (s fleet.Succession, fresh bool) {
	is, was := after.Spot[arn].Succeeds, before.Spot[arn].Succeeds
	if is == nil || was != nil && was.Old == is.Old {
		return s, false
	}
	return *is, true
}

// successions are the entries of instances that were found to have taken another's place.
func successions(run ledger.Run, seen *listing, before, after *fleet.Memory) (entries []ledger.Entry) {
	for arn := range after.Spot {
		s, fresh := succession(arn, before, after)
		if !fresh {
			continue
		}
		r := seen.find(arn)
		if r == nil {
			id, scope, _ := fleet.InstanceOf(arn)
			r = &fleet.Resource{ARN: arn, ID: id, Kind: fleet.EC2Instance, Scope: scope}
		}
		entries = append(entries, ledger.SuccessionOf(r, s, after.Resources[arn], run))
	}
	return entries
}

// interruptions are the entries of Spot instances that AWS was heard to take, of moved groups or moved themselves, and not before.
func interruptions(run ledger.Run, seen *listing, before, after *fleet.Memory) (entries []ledger.Entry) {
	for arn, is := range after.Spot {
		counted := before.Spot[arn].Balance.Seen
		for _, e := range is.Balance.Seen {
			known := slices.ContainsFunc(counted, func(c fleet.SeenEvent) bool { return c.What == e.What && c.Instance == e.Instance && c.At.Equal(e.At) })
			if r := seen.find(arn); r != nil && e.What == fleet.Interrupted && !known {
				entries = append(entries, ledger.InterruptionOf(r, fleet.Interruption{Instance: e.Instance, At: e.At.UTC()}, after.Resources[arn].Environment, run))
			}
		}
	}
	return entries
}

// deregistered returns what is remembered of a move with what an entry about one of its images adds to it.
func deregistered(m fleet.Moved, image string, e *ledger.Entry) fleet.Moved {
	switch e.State {
	case ledger.Applied:
		return m.WithoutImage(image)
	case ledger.Intent, ledger.Failed:
		return m.ImageTried(image, e.Attempt, retryAt(*e))
	default:
		return m
	}
}

// replayApart returns memory with what an entry tells of a move, of an image or of who took whose place; false where it tells of none of them.
func replayApart(memory fleet.Memory, e *ledger.Entry) (fleet.Memory, bool) {
	switch {
	case e.State == ledger.Succeeded:
		return memory.Succeed(e.Resource, *e.Succeeds), true
	case e.State == ledger.Interrupted:
		m, moved := memory.Spot[e.Resource]
		if !moved || slices.ContainsFunc(m.Balance.Seen, func(c fleet.SeenEvent) bool {
			return c.What == fleet.Interrupted && c.Instance == e.Interrupted.Instance && c.At.Equal(e.Interrupted.At)
		}) {
			return memory, true
		}
		m.Balance.Seen = append(m.Balance.Seen, fleet.SeenEvent{What: fleet.Interrupted, Instance: e.Interrupted.Instance, At: e.Interrupted.At})
		memory.Spot[e.Resource] = m
	case e.Image != "":
		memory.Spot[e.Resource] = deregistered(memory.Spot[e.Resource], e.Image, e)
	case e.Moves():
		memory.Spot[e.Resource] = replayMove(memory.Spot[e.Resource], e)
	default:
		return memory, false
	}
	return memory, true
}

// replayMove returns what is remembered of a move with what an entry adds to it.
func replayMove(m fleet.Moved, e *ledger.Entry) fleet.Moved {
	switch e.State {
	case ledger.Intent:
		if m.Act != e.Act {
			m.Attempts = 0
		}
		m.Act, m.At, m.Applied = e.Act, e.At, false
		m.Attempts++
		if m.Before == nil {
			m.Before = &e.Move.From
		}
		m.Written, m.Stage = &e.Move.To, fleet.Moving
		if mix := e.Move.To.Mix; mix != nil && e.Cause == plan.BySpot {
			m.Balance.Decided = mix.Base
		}
		if m.Written.Equal(*m.Before) {
			m.Stage = fleet.Leaving
		}
	case ledger.Applied:
		m.Applied = m.Act == e.Act
	case ledger.Failed:
		m.RetryAt = retryAt(*e)
	case ledger.Verified:
		m.Attempts, m.Since = 0, e.At
		if m.Stage = fleet.OnSpot; m.Before != nil && m.Written != nil && m.Written.Equal(*m.Before) {
			m.Stage = fleet.Returned
		}
	default: // no act
	}
	return m
}
