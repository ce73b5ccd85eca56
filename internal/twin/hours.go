package twin

import (
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
)

// Week is how many unit-seconds ran in each hour of the week on a clock: Monday from 00:00 is the first.
type Week [7][24]int64

// WeekOf adds up when resources ran in the period, on the clock of a zone.
func WeekOf(w *simulation.World, arns []fleet.ARN, from, to time.Time, zone *time.Location) (week Week) {
	for _, arn := range arns {
		for _, i := range w.Ran(arn) {
			week.add(i, from, to, zone)
		}
	}
	return week
}

func (w *Week) add(i simulation.Interval, from, to time.Time, zone *time.Location) {
	begin, end := i.From, i.To
	if begin.Before(from) {
		begin = from
	}
	if end.After(to) {
		end = to
	}
	for begin.Before(end) {
		next := begin.Truncate(15 * time.Minute).Add(15 * time.Minute) // every zone's hours begin on a quarter of an hour
		if next.After(end) {
			next = end
		}
		local := begin.In(zone)
		w[(int(local.Weekday())+6)%7][local.Hour()] += int64(next.Sub(begin)/time.Second) * int64(i.Units)
		begin = next
	}
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
