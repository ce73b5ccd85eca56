package reporting

import (
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
)

// spotStory is what the ledger tells of Spot beside the moves: how many interruptions AutoSpot forecast of each resource that it moved, and which came.
//
// Whoever keeps forecasts counts interruptions of groups, too: of a group whose move tells of none, nobody knows whether there were any. Of single instances and
// tasks AWS's warnings are not kept.
type spotStory struct {
	period billing.Period
	told   map[fleet.ARN]forecast
	taken  map[fleet.ARN]map[string]time.Time // by instance: a warning may be told twice
}

// forecast is the one that counts: the last before the quarter, or the first in it. A later one may have learnt from what it forecasts.
type forecast struct {
	at              time.Time
	perBillionHours int64
	group           bool
}

func newSpotStory(period billing.Period) *spotStory {
	return &spotStory{period, map[fleet.ARN]forecast{}, map[fleet.ARN]map[string]time.Time{}}
}

func (s *spotStory) take(e *ledger.Entry) {
	switch {
	case e.State == ledger.Succeeded:
		if old, known := s.told[e.Succeeds.Old]; known {
			s.told[e.Resource] = old
		}
	case e.State == ledger.Interrupted:
		if s.taken[e.Resource] == nil {
			s.taken[e.Resource] = map[string]time.Time{}
		}
		if at, known := s.taken[e.Resource][e.Interrupted.Instance]; !known || e.Interrupted.At.Before(at) {
			s.taken[e.Resource][e.Interrupted.Instance] = e.Interrupted.At
		}
	case e.State == ledger.Intent && e.Move != nil && e.Move.Interruptions > 0:
		f := forecast{e.At, e.Move.Interruptions, e.Kind == fleet.AutoScalingGroup}
		if was, known := s.told[e.Resource]; !known || s.better(f.at, was.at) {
			s.told[e.Resource] = f
		}
	}
}

// better reports whether the forecast of an instant counts rather than that of another, in whichever order the ledger tells of them.
func (s *spotStory) better(at, was time.Time) bool {
	before, wasBefore := !at.After(s.period.From), !was.After(s.period.From)
	switch {
	case before != wasBefore:
		return before
	case before:
		return at.After(was)
	default:
		return at.Before(was)
	}
}

// forecasts are the interruptions that were expected of one instance in an hour.
func (s *spotStory) forecasts() map[fleet.ARN]decimal.Decimal {
	perHour := map[fleet.ARN]decimal.Decimal{}
	for arn, f := range s.told {
		perHour[arn] = decimal.New(f.perBillionHours, -9)
	}
	return perHour
}

// interruptions are those of a time, of the groups of which they were counted.
func (s *spotStory) interruptions(period billing.Period) map[fleet.ARN]int {
	counts := map[fleet.ARN]int{}
	for arn, f := range s.told {
		if f.group {
			counts[arn] = 0
		}
	}
	for arn, instances := range s.taken {
		for _, at := range instances {
			if _, counted := counts[arn]; counted && !at.Before(period.From) && at.Before(period.To) {
				counts[arn]++
			}
		}
	}
	return counts
}
