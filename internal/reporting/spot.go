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
// Whoever keeps forecasts counts interruptions of groups, too: of a group whose move tells of none, nobody knows whether there were any. Of instances that stand alone the
// move tells whether they are counted; of tasks AWS's warnings are not kept.
type spotStory struct {
	period billing.Period
	told   map[fleet.ARN]forecast
	taken  map[fleet.ARN]map[string]time.Time // by instance: a warning may be told twice. One that stands alone AWS may take again, which is another instant
}

// forecast is the one that counts: the last before the quarter, or the first in it. A later one may have learnt from what it forecasts.
type forecast struct {
	at              time.Time
	perBillionHours int64
	counted         bool // interruptions are
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
		for name, at := range s.taken[e.Succeeds.Old] {
			s.warned(e.Resource, name, at)
		}
	case e.State == ledger.Interrupted:
		name := e.Interrupted.Instance
		if e.Kind == fleet.EC2Instance {
			name += " " + e.Interrupted.At.UTC().Format(time.RFC3339Nano)
		}
		s.warned(e.Resource, name, e.Interrupted.At)
	case e.State == ledger.Intent && e.Move != nil && e.Move.Interruptions > 0:
		f := forecast{e.At, e.Move.Interruptions, e.Kind == fleet.AutoScalingGroup || e.Move.Heard}
		if was, known := s.told[e.Resource]; !known || s.better(f.at, was.at) {
			s.told[e.Resource] = f
		}
	}
}

// warned notes a warning by its name; of two of one name the first counts.
func (s *spotStory) warned(arn fleet.ARN, name string, at time.Time) {
	if s.taken[arn] == nil {
		s.taken[arn] = map[string]time.Time{}
	}
	if was, known := s.taken[arn][name]; !known || at.Before(was) {
		s.taken[arn][name] = at
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

// interruptions are those of a time, of what they were counted of.
func (s *spotStory) interruptions(period billing.Period) map[fleet.ARN]int {
	counts := map[fleet.ARN]int{}
	for arn, f := range s.told {
		if f.counted {
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
