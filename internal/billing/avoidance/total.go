package avoidance

import (
	"cmp"
	"maps"
	"slices"

	"offpeak/internal/plan"
)

// Total is what a group of claims avoided, with its interval: unit-hours, but for Held, which sums up clock hours of resources.
type Total struct {
	Resources int
	Baseline  Hours
	Actual    Hours
	Credit    Hours
	Induced   Hours
	Forgone   Hours
	Held      Hours
	Resized   Hours // part of Baseline
	Drift     Hours
	// Avoided is Baseline - Actual - Forgone - Drift. It is the claim; the others are its evidence.
	Avoided  Hours
	Interval Interval
}

// Interval holds the true number of hours 95 times in 100. The zero value says nothing.
type Interval struct {
	Low, High float64 // hours
	// Freedom is the effective number of degrees of freedom behind it; infinite where nothing varied.
	Freedom float64
	Known   bool
}

// Line is a total under a name: an origin, an environment, an account or a cause.
type Line struct {
	Name string
	Total
}

// Headline is the total of all claims with a baseline, their own or their cohort's.
func (m *Measurement) Headline() Total {
	return m.Total(func(c *Claim) bool { return c.Origin != Unproven })
}

// Total sums the claims that keep says yes to. Among unproven ones only Resources, Actual and Held are counted.
func (m *Measurement) Total(keep func(*Claim) bool) Total {
	var kept []*Claim
	for i := range m.Claims {
		if keep(&m.Claims[i]) {
			kept = append(kept, &m.Claims[i])
		}
	}
	return m.sum(kept)
}

func (m *Measurement) sum(claims []*Claim) (t Total) {
	parts := make([]weighted, 0, len(claims))
	for _, c := range claims {
		t.add(c)
		parts = append(parts, weighted{c, 1})
	}
	t.Interval = m.interval(t.Avoided, parts)
	return t
}

func (t *Total) add(c *Claim) {
	t.Resources++
	t.Actual = t.Actual.Add(c.Actual)
	t.Held = t.Held.Add(c.Held)
	if c.Origin == Unproven {
		return
	}
	t.Baseline = t.Baseline.Add(c.Baseline)
	t.Credit = t.Credit.Add(c.Credit)
	t.Induced = t.Induced.Add(c.Induced)
	t.Forgone = t.Forgone.Add(c.Forgone)
	t.Resized = t.Resized.Add(c.Resized)
	t.Drift = t.Drift.Add(c.Drift)
	t.Avoided = t.Avoided.Add(c.Avoided).Sub(c.Drift)
}

// ByOrigin returns the totals of own, cohort and unproven, in this order, without empty ones.
func (m *Measurement) ByOrigin() []Line {
	order := []string{string(Own), string(Cohort), string(Unproven)}
	lines := m.by(func(c *Claim) (string, bool) { return string(c.Origin), true })
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name)) })
	return lines
}

// ByEnvironment returns the headline's totals by environment, in alphabetical order.
func (m *Measurement) ByEnvironment() []Line {
	return m.by(func(c *Claim) (string, bool) { return c.Environment, c.Origin != Unproven })
}

// ByAccount returns the headline's totals by account, in order.
func (m *Measurement) ByAccount() []Line {
	return m.by(func(c *Claim) (string, bool) { return string(c.Account), c.Origin != Unproven })
}

// ByResource returns a line for every claim with a baseline, by ARN: no machine's figure without its interval.
func (m *Measurement) ByResource() []Line {
	return m.by(func(c *Claim) (string, bool) { return string(c.ARN), c.Origin != Unproven })
}

func (m *Measurement) by(name func(*Claim) (string, bool)) (lines []Line) {
	groups := map[string][]*Claim{}
	for i := range m.Claims {
		if n, ok := name(&m.Claims[i]); ok {
			groups[n] = append(groups[n], &m.Claims[i])
		}
	}
	for _, n := range slices.Sorted(maps.Keys(groups)) {
		lines = append(lines, Line{n, m.sum(groups[n])})
	}
	return lines
}

// ByCause returns the headline shared out over the causes of our stops, in alphabetical order: an allocation of every claim, drift
// subtracted, which adds up to the headline. Of the totals only Resources, Avoided and Interval are filled in; a resource stands under
// each of its causes.
func (m *Measurement) ByCause() (lines []Line) {
	avoided, parts := map[plan.Cause]Hours{}, map[plan.Cause][]weighted{}
	for i := range m.Claims {
		c := &m.Claims[i]
		if c.Origin == Unproven {
			continue
		}
		for _, share := range c.shareOut(c.Avoided.Sub(c.Drift)) {
			avoided[share.Cause] = avoided[share.Cause].Add(share.Avoided)
			parts[share.Cause] = append(parts[share.Cause], weighted{c, share.fraction})
		}
	}
	for _, cause := range slices.Sorted(maps.Keys(parts)) {
		lines = append(lines, Line{string(cause), Total{
			Resources: len(parts[cause]), Avoided: avoided[cause], Interval: m.interval(avoided[cause], parts[cause]),
		}})
	}
	return lines
}
