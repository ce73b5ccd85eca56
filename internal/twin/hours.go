package twin

import (
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
)

// Week is how many unit-seconds ran in each hour of the week on a clock: Monday from 00:00 is the first.
type Week [7][24]int64

// quarter is what every zone's hours begin on.
const quarter = 15 * 60

// WeekOf adds up when resources ran in the period, on the clock of a zone.
func WeekOf(w *simulation.World, arns []fleet.ARN, from, to time.Time, zone *time.Location) (week Week) {
	first := from.Unix() / quarter
	seconds := make([]int64, max(0, to.Unix()/quarter-first)+2) // that ran in a quarter of an hour
	steps := make([]int64, len(seconds))                        // by how many more units ran in it, and all that follow, than in the one before
	for _, arn := range arns {
		for _, i := range w.Ran(arn) {
			begin, end, units := max(i.From.Unix(), from.Unix()), min(i.To.Unix(), to.Unix()), int64(i.Units)
			if begin >= end {
				continue
			}
			one, other := begin/quarter-first, end/quarter-first
			seconds[one] -= begin % quarter * units
			seconds[other] += end % quarter * units
			steps[one] += units
			steps[other] -= units
		}
	}
	running := int64(0)
	for n := range seconds {
		running += steps[n]
		local := time.Unix((first+int64(n))*quarter, 0).In(zone)
		week[(int(local.Weekday())+6)%7][local.Hour()] += seconds[n] + running*quarter
	}
	return week
}

// Hours is how many unit-hours resources ran in the period.
func Hours(w *simulation.World, arns []fleet.ARN, from, to time.Time) (sum avoidance.Hours) {
	for _, arn := range arns {
		for _, i := range w.Ran(arn) {
			begin, end := i.From, i.To
			if begin.Before(from) {
				begin = from
			}
			if end.After(to) {
				end = to
			}
			if begin.Before(end) {
				sum = sum.Add(avoidance.HoursOf(end.Sub(begin) * time.Duration(i.Units)))
			}
		}
	}
	return sum
}

// Avoided is what offpeak really avoided of a resource's running in the period, below zero where it induced more: what it ran without offpeak,
// less what it ran with it, since it was enrolled.
func (l *Lives) Avoided(arn fleet.ARN, from, to time.Time) avoidance.Hours {
	one := []fleet.ARN{arn}
	return Hours(l.Without, one, from, to).Sub(Hours(l.With, one, from, to))
}
