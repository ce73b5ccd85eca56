package reporting

import (
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/reports/figures"
)

// movedStory is what the ledger last saw of each resource that was moved to Spot, in whichever order it tells.
type movedStory struct {
	moved map[fleet.ARN]figures.Moved
	at    map[fleet.ARN]time.Time
	owned map[fleet.ARN]time.Time
}

func newMovedStory() *movedStory {
	return &movedStory{map[fleet.ARN]figures.Moved{}, map[fleet.ARN]time.Time{}, map[fleet.ARN]time.Time{}}
}

func (s *movedStory) take(e *ledger.Entry) {
	if !e.Moves() {
		return
	}
	m := s.moved[e.Resource]
	if m.Since.IsZero() || e.At.Before(m.Since) {
		m.Since = e.At
	}
	if e.Before != nil && !e.At.Before(s.at[e.Resource]) {
		m.Resource, s.at[e.Resource] = *e.Before, e.At
	}
	if e.Environment != "" && !e.At.Before(s.owned[e.Resource]) {
		m.Environment, s.owned[e.Resource] = e.Environment, e.At
	}
	s.moved[e.Resource] = m
}
