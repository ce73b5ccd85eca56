package simulation_test

import (
	"fmt"
	"math"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
)

// outcome is what a group came to in a quarter.
type outcome struct {
	desired, loss int // loss is the percentage that may be lost at once
	from          time.Time
	runs          []simulation.Run
	// takes are when AWS took an instance in service.
	takes []time.Time
	ended int // instances that ended, taken ones among them
	// missing is how many seconds of instances were short.
	missing int64
	short   int
	since   time.Time
}

// serves notes how many serve from an instant on.
func (o *outcome) serves(at time.Time, serving int) {
	if !o.since.IsZero() {
		o.missing += int64(at.Sub(o.since)/time.Second) * int64(o.short)
	}
	o.since, o.short = at, max(0, o.desired-serving)
}

// unused is how long an instance is charged for before it serves: worlds charge nothing until then. It is the mean of their boot times.
const unused = 150 * time.Second

// cost is what a group cost, in millionths of a dollar an hour by seconds.
func (o *outcome) cost(b *bazaar) (sum int64) {
	for _, r := range o.runs {
		from := r.From
		if from.After(o.from) {
			from = from.Add(-unused)
		}
		if !r.Spot {
			sum += b.list(r.Type) * int64(r.To.Sub(from)/time.Second)
			continue
		}
		list := b.micro[poolOf(r.Zone, r.Type)]
		i, found := slices.BinarySearchFunc(list, from, func(t tariff, at time.Time) int { return t.at.Compare(at) })
		if !found {
			i--
		}
		for i = max(i, 0); i < len(list) && list[i].at.Before(r.To); i++ {
			begin, end := list[i].at, r.To
			if begin.Before(from) {
				begin = from
			}
			if i+1 < len(list) && list[i+1].at.Before(end) {
				end = list[i+1].at
			}
			sum += list[i].micro * int64(end.Sub(begin)/time.Second)
		}
	}
	return sum
}

// losses are how often more than may be was taken within an hour, and worst the largest share of the group that was.
func (o *outcome) losses() (events int, worst float64) {
	slices.SortFunc(o.takes, time.Time.Compare)
	first := 0
	above := time.Time{}
	for i, at := range o.takes {
		for !o.takes[first].After(at.Add(-time.Hour)) {
			first++
		}
		lost := i - first + 1
		worst = max(worst, float64(lost)/float64(o.desired))
		if 100*lost > o.loss*o.desired {
			if above.IsZero() || at.Sub(above) >= time.Hour {
				events++
			}
			above = at
		}
	}
	return events, min(worst, 1)
}

// churn is how many instances were replaced that AWS did not take.
func (o *outcome) churn() int { return max(0, o.ended-len(o.takes)) }

// ledgers are the outcomes of groups in a world, as the world tells of them.
type ledgers struct {
	of     map[fleet.ARN]*outcome
	notice map[fleet.ARN]map[string]time.Time // by instance
}

func (l *ledgers) warned(n simulation.Notice) {
	if l.of[n.Resource] == nil || n.Action != "terminate" {
		return
	}
	if l.notice[n.Resource] == nil {
		l.notice[n.Resource] = map[string]time.Time{}
	}
	l.notice[n.Resource][n.ID] = n.End
}

func (l *ledgers) changed(c simulation.Change) {
	o := l.of[c.Resource]
	if o == nil {
		return
	}
	var serving, desired int
	if n, err := fmt.Sscanf(c.To.Status, "%d of %d", &serving, &desired); err == nil && n == 2 {
		o.serves(c.At, serving)
	}
	due := l.notice[c.Resource]
	if len(due) == 0 {
		return
	}
	for _, m := range c.From.Launch.Members {
		end, announced := due[m.ID]
		if !announced || end.After(c.At) {
			continue
		}
		if m.InService && end.Equal(c.At) && !slices.ContainsFunc(c.To.Launch.Members, func(other fleet.Member) bool { return other.ID == m.ID && other.InService }) {
			o.takes = append(o.takes, c.At)
			delete(due, m.ID)
		}
	}
}

// settle takes what ran from the world as a quarter ends.
func (l *ledgers) settle(w *simulation.World) {
	for arn, o := range l.of {
		o.serves(w.Now(), 0)
		o.runs = w.Runs(arn)
		for _, r := range o.runs {
			if r.To.Before(w.Now()) {
				o.ended++
			}
		}
	}
}

// poissonAbove is the probability of so many events or more where so many are expected.
func poissonAbove(events int, expected float64) float64 {
	below, term := 0.0, math.Exp(-expected)
	for k := range events {
		below += term
		term *= expected / float64(k+1)
	}
	return max(0, 1-below)
}

// poissonMost is how many events at the most come 99 of 100 times where so many are expected.
func poissonMost(expected float64) int {
	most := 0
	for poissonAbove(most+1, expected) > 0.01 {
		most++
	}
	return most
}

// sample is a list of figures.
type sample []float64

func (s sample) sum() (sum float64) {
	for _, x := range s {
		sum += x
	}
	return sum
}

func (s sample) mean() float64 { return s.sum() / float64(max(1, len(s))) }

// standardError is that of the mean.
func (s sample) standardError() float64 {
	if len(s) < 2 {
		return math.Inf(1)
	}
	mean, squares := s.mean(), 0.0
	for _, x := range s {
		squares += (x - mean) * (x - mean)
	}
	return math.Sqrt(squares / float64(len(s)-1) / float64(len(s)))
}

func (s sample) most() float64 {
	if len(s) == 0 {
		return 0
	}
	return slices.Max(s)
}
