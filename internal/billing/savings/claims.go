package savings

import (
	"context"
	"slices"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
)

// measure sets the subjects' hours against their baselines.
func (c *computation) measure(context.Context) error {
	var observed []avoidance.Resource
	silent := 0
	for _, s := range c.subjects {
		if len(s.uses) == 0 {
			silent++
		}
		if r, ok := c.observed(s); ok && !s.moved {
			observed = append(observed, r)
		}
	}
	if silent > 0 {
		c.gapOf(NotOnBill, "silent", "%d of %d resources never ran on this bill (services on a cluster's own instances are billed as those, and services at all "+
			"only where there is CUR 2.0; databases of a cluster that was never listed are not known); nothing is claimed for them", silent, len(c.subjects))
	}
	book, err := avoidance.Freeze(c.in.Book, observed)
	if err != nil {
		return err
	}
	c.Savings.Book = book
	c.claims, err = avoidance.Measure(book, observed, avoidance.Span{From: c.Measured.From, To: c.Measured.To})
	return err
}

// observed returns a subject as the bill saw it; false where the bill saw nothing of its time.
func (c *computation) observed(s *subject) (avoidance.Resource, bool) {
	r := avoidance.Resource{
		ARN: s.ARN, Account: s.Scope.Account, Environment: s.environment, Kind: s.Kind, Enrolled: s.enrolled.UTC().Truncate(time.Second),
		Control: s.control, Observed: avoidance.Span{From: c.seenFrom(s), To: c.Measured.To}, Ran: c.ran(s), Resets: s.resets,
	}
	if b, frozen := c.in.Book.Baselines[s.ARN]; frozen {
		r.Enrolled = b.Enrolled
	}
	if !s.left.IsZero() {
		r.Observed.To = earlier(s.left, r.Observed.To).Truncate(time.Second)
	}
	for _, stop := range s.stops {
		held := stop.Stop
		held.To = ranAgain(r.Ran, held.To, r.Observed.To)
		r.Stopped = append(r.Stopped, held)
	}
	return r, r.Observed.From.Before(r.Observed.To)
}

// ranAgain is when what was asked to start ran: a stop of ours lasts until then, however long that took.
func ranAgain(ran []avoidance.Running, asked, end time.Time) time.Time {
	i, _ := slices.BinarySearchFunc(ran, asked, func(r avoidance.Running, asked time.Time) int {
		if r.To.After(asked) {
			return 1
		}
		return -1
	})
	if i == len(ran) {
		return later(asked, end)
	}
	return later(asked, ran[i].From)
}

// seenFrom is from when on the bill shows all of a subject's running: since it was made. Where AWS does not tell when that was, its first
// running is taken; where the ledger does not tell when it was enrolled, nothing before its first entry.
func (c *computation) seenFrom(s *subject) time.Time {
	switch {
	case !s.recorded:
		return later(c.Baseline, s.enrolled.Truncate(time.Second))
	case s.wasOff && s.Created.IsZero():
		return c.Baseline // it was there, and off, when it was enrolled: no running is no sign that it is new
	case !s.Created.IsZero():
		return later(c.Baseline, s.Created.Truncate(time.Second))
	case len(s.uses) > 0:
		return c.Baseline.Add(time.Duration(s.uses[0].hour) * time.Hour)
	default:
		return c.Baseline
	}
}

// ran returns when a subject ran, as whole units of whole hours and what is left of each hour: at its beginning, or at its end where nothing ran
// in the hour before. A bill does not say which minutes of an hour they were, and no sum depends on it.
func (c *computation) ran(s *subject) (ran []avoidance.Running) {
	for at := 0; at < len(s.uses); {
		hour, next := s.uses[at].hour, at
		for next < len(s.uses) && s.uses[next].hour == hour {
			next++
		}
		from := c.Baseline.Add(time.Duration(hour) * time.Hour)
		seconds := s.seconds(s.uses[at:next], c.skus)
		if units := int(seconds / 3600); units > 0 {
			ran = extend(ran, avoidance.Running{Span: avoidance.Span{From: from, To: from.Add(time.Hour)}, Units: units})
		}
		if rest := time.Duration(seconds%3600) * time.Second; rest > 0 {
			part := avoidance.Span{From: from, To: from.Add(rest)}
			if at == 0 || s.uses[at-1].hour != hour-1 {
				part = avoidance.Span{From: from.Add(time.Hour - rest), To: from.Add(time.Hour)}
			}
			ran = append(ran, avoidance.Running{Span: part, Units: 1})
		}
		at = next
	}
	return ran
}

// extend appends a running, joined to the last one where it goes on as that did.
func extend(ran []avoidance.Running, r avoidance.Running) []avoidance.Running {
	if n := len(ran); n > 0 && ran[n-1].Units == r.Units && ran[n-1].To.Equal(r.From) {
		ran[n-1].To = r.To
		return ran
	}
	return append(ran, r)
}

// seconds is how long a subject's units ran in an hour: instances, databases, or tasks. An hour that commitments cover in part is billed in
// several rows, none of which need be whole seconds: they are added up before they are rounded.
func (s *subject) seconds(uses []use, skus *catalogue) int64 {
	sum, one := int64(0), int64(pico)
	for _, u := range uses {
		k := skus.all[u.sku]
		if k.product.Compute == commitments.Fargate {
			if !isProcessor(k) || s.task == 0 {
				continue
			}
			one = s.task
		}
		sum += u.quantity
	}
	whole, rest := sum/one, sum%one
	return max(whole*3600+(rest*3600+one/2)/one, 0)
}

// mix is what a subject's units consist of: what was used in an hour in which all that ran ran the whole hour.
type mix struct {
	hour    int32
	seconds int64
	uses    []use
}

// mixes returns the mixes of a subject in order, each where it differs from the one before. Where nothing ever ran a whole hour, the fullest
// hour is taken.
func (s *subject) mixes(skus *catalogue) (mixes []mix) {
	var fullest mix
	for at := 0; at < len(s.uses); {
		next := at
		for next < len(s.uses) && s.uses[next].hour == s.uses[at].hour {
			next++
		}
		m := mix{s.uses[at].hour, s.seconds(s.uses[at:next], skus), s.uses[at:next]}
		if m.seconds > fullest.seconds {
			fullest = m
		}
		if m.seconds > 0 && m.seconds%3600 == 0 && (len(mixes) == 0 || !mixes[len(mixes)-1].same(m)) {
			mixes = append(mixes, m)
		}
		at = next
	}
	if len(mixes) == 0 && fullest.seconds > 0 {
		mixes = append(mixes, fullest)
	}
	return mixes
}

func (m mix) same(other mix) bool {
	if m.seconds != other.seconds || len(m.uses) != len(other.uses) {
		return false
	}
	for i := range m.uses {
		if m.uses[i].sku != other.uses[i].sku || m.uses[i].quantity != other.uses[i].quantity {
			return false
		}
	}
	return true
}

// kindOf is for a line's name.
func kindOf(k fleet.Kind) string {
	text, err := k.MarshalText()
	if err != nil {
		return "unknown"
	}
	return string(text)
}
