package scheduler

import (
	"time"

	"offpeak/internal/fleet"
)

// observe notes what the snapshot shows. fresh reports that the resource is new, or follows a schedule whose present edge it did not
// follow before.
func (s *situation) observe(m *fleet.Remembered, known bool) (fresh bool) {
	now := time.Unix(s.now, 0).UTC()
	if !known {
		*m = fleet.Remembered{Enrolled: now, Schedule: s.schedule.Hash}
		fresh = true
	}
	if before := m.Schedule; before != s.schedule.Hash {
		m.Schedule = s.schedule.Hash
		current := moment(s.view.edge)
		// Memory rebuilt from the ledger knows no schedule: an opening is made up for, a closing is left to the next edge.
		rebuilt := known && before == "" && current.Want == fleet.Running
		if !rebuilt && (s.schedule.Constantly() || current.IsZero() || !m.Done.Equal(current) && !m.Tried.Equal(current) && !m.Forecast.Equal(current)) {
			m.Enrolled, fresh = now, true
		}
	}
	if m.Observed != s.resource.State {
		m.Observed, m.ObservedSince = s.resource.State, now
	}
	if m.Override != s.overrideTag {
		s.observeOverride(m, now)
	}
	if !s.resource.RestartsAt.IsZero() {
		m.RestartsAt = s.resource.RestartsAt.UTC()
	}
	return fresh
}

// observeOverride notes a new override, or that one was taken away. One that was still in force ends now.
func (s *situation) observeOverride(m *fleet.Remembered, now time.Time) {
	wasInForce := m.OverrideEnd.After(now)
	m.Override = s.overrideTag
	switch {
	case s.overridden():
		m.OverrideSeen, m.OverrideEnd = now, time.Unix(s.overrideEnd, 0).UTC()
	case wasInForce:
		m.OverrideSeen, m.OverrideEnd = time.Time{}, now
	case s.overrideEnd != 0:
		m.OverrideEnd = time.Unix(s.overrideEnd, 0).UTC()
	}
}

// ended returns when the last override ended, zero when none did.
func (s *situation) ended(m *fleet.Remembered) int64 {
	if end := unix(m.OverrideEnd); end <= s.now {
		return end
	}
	return 0
}
