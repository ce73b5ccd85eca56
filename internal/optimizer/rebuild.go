package optimizer

import (
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// rebuildReach is how far back the ledger is read when memory is lost: longer than anything is left switched off without being seen.
const rebuildReach = 92 * 24 * time.Hour

// cutShortReach is how far back the ledger is read for what a sweep wrote that was cut short.
const cutShortReach = 8 * 24 * time.Hour

// Rebuild makes memory out of the ledger: who is enrolled, which edge was last tried, what is switched off by offpeak and at which size it
// was before. What only memory knew (states seen, forecasts) is learned anew at the next sweep. The fence is the highest that was used.
func Rebuild(entries []ledger.Entry) (fleet.Memory, int64) {
	fence := int64(0)
	for _, e := range entries {
		fence = max(fence, e.Fence)
	}
	return replay(fleet.Memory{}, entries), fence
}

// replay returns memory with what entries add to it.
func replay(before fleet.Memory, entries []ledger.Entry) fleet.Memory {
	memory := before.Clone()
	for i := range entries {
		// Who took whose place is told in the order of time: what was remembered until then goes on under the new name.
		e, apart := entries[i], false
		if memory, apart = replayApart(memory, &e); apart {
			continue
		}
		m, known := memory.Resources[e.Resource]
		if !known {
			m.Enrolled = e.At
		}
		if e.Environment != "" {
			m.Environment = e.Environment
		}
		switch e.State {
		case ledger.Intent:
			if !m.Tried.Equal(e.Edge) {
				m.Attempts = 0
			}
			m.Tried, m.Act, m.Applied, m.RetryAt = e.Edge, e.Act, false, time.Time{}
			m.Attempts++
		case ledger.Applied:
			m.Applied = m.Act == e.Act
		case ledger.Verified:
			m.Done, m.Attempts = m.Tried, 0
			m.StoppedByUs = time.Time{}
			if m.Tried.Want == fleet.Stopped {
				m.StoppedByUs = e.At
			}
		case ledger.Gone, ledger.Released:
			m.Left, m.Departure = e.At, departure(e)
		case ledger.Returned:
			m.Missed, m.Left, m.Departure = time.Time{}, time.Time{}, ""
		case ledger.Failed:
			m.RetryAt = retryAt(e)
		case ledger.Enrolled, ledger.Succeeded, ledger.Interrupted:
		}
		memory.Resources[e.Resource] = m
	}
	for arn, off := range ledger.SwitchedOff(entries) {
		m := memory.Resources[arn]
		closing := off.Cause == plan.BySchedule || off.Cause == plan.ByRetry && before.Resources[arn].StoppedByUs.IsZero()
		if off.From != nil && (m.Original == nil || closing && !off.From.IsZero()) {
			size := *off.From
			m.Original = &size
		}
		if m.StoppedByUs.IsZero() && m.Tried.Want == fleet.Stopped {
			m.StoppedByUs = off.At
		}
		memory.Resources[arn] = m
	}
	return memory
}

// retryAt is when an act that failed may be tried again: at once where the reason may pass by itself, else later each time. What somebody has
// to put right is not asked of AWS every few minutes for a whole night.
func retryAt(e ledger.Entry) time.Time {
	switch e.Class {
	case failure.Denied, failure.Protected, failure.Quota, failure.Key, failure.InvalidState, failure.Gone:
	default:
		return time.Time{}
	}
	if e.Attempt <= 1 {
		return e.At.Add(15 * time.Minute)
	}
	return e.At.Add(time.Hour)
}

// departure is how a resource left, as far as the ledger tells.
func departure(e ledger.Entry) fleet.Departure {
	switch {
	case e.State == ledger.Released:
		return fleet.Released
	case e.Before != nil:
		return fleet.Deleted // AWS still described it, and said so
	default:
		return fleet.Missing
	}
}
