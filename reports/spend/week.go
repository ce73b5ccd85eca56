package spend

import (
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/reports"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
)

const weekHours = billing.WeekHours

// share is which part of each hour of the week is open, on the clocks of the zone; Monday from midnight on comes first.
type share [weekHours]decimal.Decimal

// cell is where an hour of UTC lies in the week on the zone's clocks: so many minutes of it in one hour, the rest in the next.
type cell struct{ hour, minutes int16 }

// next is the hour of the week in which the rest lies.
func (c cell) next() int { return (int(c.hour) + 1) % weekHours }

// whole says that there is no rest.
func (c cell) whole() bool { return c.minutes == 60 }

// split parts an amount over the two hours; the parts add up to it.
func (c cell) split(amount decimal.Decimal) (first, rest decimal.Decimal) {
	if c.whole() {
		return amount, decimal.Zero
	}
	first = amount.Mul(decimal.NewFromInt(int64(c.minutes))).DivRound(decimal.NewFromInt(60), places)
	return first, amount.Sub(first)
}

// stretch is a time in which the zone's clocks are so many minutes ahead of UTC.
type stretch struct {
	billing.Period
	ahead int
}

// calendar knows where the hours of a period lie in the week on the zone's clocks.
type calendar struct {
	period billing.Period
	zone   *time.Location
	cells  []cell // by hour of the period
}

func newCalendar(p billing.Period, zone *time.Location) *calendar {
	c := &calendar{period: p, zone: zone}
	for at := p.From; at.Before(p.To); at = at.Add(time.Hour) {
		c.cells = append(c.cells, cellOf(int(at.Sub(billing.WeekOf(at))/time.Hour), aheadOf(at, zone)))
	}
	return c
}

// aheadOf is how many minutes a zone's clocks are ahead of UTC.
func aheadOf(at time.Time, zone *time.Location) int {
	_, seconds := at.In(zone).Zone()
	return seconds / 60
}

// cellOf is the cell of an hour of the week in UTC.
func cellOf(hour, ahead int) cell {
	const week = weekHours * 60
	minute := ((hour*60+ahead)%week + week) % week
	return cell{int16(minute / 60), int16(60 - minute%60)}
}

// stretches part the period where the clocks change, so that within each an hour of the week in UTC is always the same on the clocks. A change within an hour
// of UTC counts from the next one on.
func (c *calendar) stretches() (all []stretch) {
	for at := c.period.From; at.Before(c.period.To); at = at.Add(time.Hour) {
		ahead := aheadOf(at, c.zone)
		if n := len(all); n > 0 && all[n-1].ahead == ahead {
			all[n-1].To = at.Add(time.Hour)
			continue
		}
		all = append(all, stretch{billing.Period{From: at, To: at.Add(time.Hour)}, ahead})
	}
	return all
}

// index is the number of an hour of the period.
func (c *calendar) index(at time.Time) int { return int(at.Sub(c.period.From) / time.Hour) }

// shareOf is how much of each hour of the week is within some hours, on average over the weeks of the period.
func (c *calendar) shareOf(h hours.Hours) (s share) {
	const thursday = 3 // of 1 January 1970, with which the wall's dates begin, counted from Monday
	first := wall.At(c.period.From, c.zone).Date()
	weeks := (wall.At(c.period.To.Add(-time.Second), c.zone).Date()-first)/7 + 1
	var minutes [weekHours]int64
	for _, open := range hours.Windows(h.Windows...).Draw(first, first+7*weeks, nil).Stretches {
		if open.State != wall.Running {
			continue
		}
		for at := open.From; at < open.To; {
			end := min(at-at%60+60, open.To)
			minutes[(at/60+thursday*24)%weekHours] += int64(end - at)
			at = end
		}
	}
	for k, n := range minutes {
		s[k] = decimal.NewFromInt(n).DivRound(decimal.NewFromInt(60*int64(weeks)), places)
	}
	return s
}

// hours is how many hours a week are open.
func (s *share) hours() (all decimal.Decimal) {
	for _, part := range s {
		all = all.Add(part)
	}
	return all
}

// outside is what of amounts by hour of the week lies outside.
func (s *share) outside(amounts *[weekHours]decimal.Decimal) (out decimal.Decimal) {
	for k := range amounts {
		if !amounts[k].IsZero() {
			out = out.Add(amounts[k].Sub(amounts[k].Mul(s[k])))
		}
	}
	return out
}

// weekOf writes amounts as a report's week.
func (m *maker) weekOf(amounts *[weekHours]decimal.Decimal) (w reports.Week) {
	for k := range amounts {
		w[k/24][k%24] = amounts[k].Mul(m.in.Factor)
	}
	return w
}
