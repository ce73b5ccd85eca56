package savings

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/money"
)

// stopping is how long AWS may take to stop what it was asked to stop.
const stopping = 15 * time.Minute

// findHeld finds the whole clock hours in which each subject was held off. The hour in which it was still stopping is not among them, nor is a
// start's. In each the bill should show no running; once that was so, running ends the stop: somebody started it.
func (c *computation) findHeld(context.Context) error {
	if c.Untold {
		return nil // what shows nothing confirms nothing
	}
	for _, s := range c.subjects {
		ran := map[int32]bool{}
		for _, u := range s.uses {
			ran[u.hour] = ran[u.hour] || u.quantity > 0
		}
		s.off = map[time.Time]int64{}
		for _, stop := range s.stops {
			c.hold(s, stop, ran)
		}
	}
	return nil
}

func (c *computation) hold(s *subject, stop stop, ran map[int32]bool) {
	first := later(stop.From.Add(stopping+time.Hour-time.Nanosecond).Truncate(time.Hour), c.Measured.From)
	off := false
	for hour := first; !hour.Add(time.Hour).After(earlier(stop.To, c.Measured.To)); hour = hour.Add(time.Hour) {
		running := ran[int32(hour.Sub(c.Baseline)/time.Hour)]
		if off && running {
			return
		}
		s.held.Whole++
		if !running {
			off = true
			s.held.Part++
			s.off[hour.UTC().Truncate(24*time.Hour)]++
		}
	}
}

// readStanding finds what went on being charged while resources were held off.
func (c *computation) readStanding(ctx context.Context) error {
	rows, err := c.in.Engine.Standing(ctx, c.asked()) // only days in which something was held off count
	if err != nil {
		return err
	}
	owners := map[string]*subject{}
	for _, s := range c.subjects {
		owners[string(s.ARN)] = s
		for _, id := range s.Attached {
			owners[id] = s
		}
	}
	type name struct{ resource, meter string }
	sums := map[name]*Standing{}
	for _, row := range rows {
		s := owners[row.Resource]
		if s == nil {
			s = owners[row.Resource[strings.LastIndexAny(row.Resource, ":/")+1:]]
		}
		if s == nil || row.Hours == 0 {
			continue
		}
		hours := min(s.off[row.Day.UTC()], row.Hours)
		if hours == 0 {
			continue
		}
		n := name{row.Resource, row.Meter}
		if sums[n] == nil {
			sums[n] = &Standing{ARN: s.ARN, Resource: row.Resource, Meter: row.Meter}
		}
		sums[n].Hours += hours
		sums[n].Cost = sums[n].Cost.Add(money.USDOf(row.Cost.Mul(whole(hours)).DivRound(whole(row.Hours), billing.Places)))
	}
	for _, s := range sums {
		c.Savings.Standing = append(c.Savings.Standing, *s)
	}
	slices.SortFunc(c.Savings.Standing, func(a, b Standing) int { return compareStanding(&a, &b) })
	return nil
}

func compareStanding(a, b *Standing) int {
	return cmp.Or(b.Cost.Cmp(a.Cost), cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Meter, b.Meter))
}

func whole(n int64) decimal.Decimal { return decimal.NewFromInt(n) }
