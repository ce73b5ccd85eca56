package avoidance

import (
	"fmt"
	"math"
)

// minControls are as many controls as make a group; fewer would bring in more noise than they take out change.
const minControls = 3

// controls are the untreated resources of an environment: what they would have run by their baselines and did not, nobody having
// touched them, is the change of people's need.
type controls struct {
	claims           []*Claim
	baseline, actual int64
}

// subtractDrift finds each environment's control group and gives every claim its share of the group's own change, in proportion to
// baseline unit-hours.
func (m *Measurement) subtractDrift() error {
	m.control = map[string]*controls{}
	for i := range m.Controls {
		c := &m.Controls[i]
		if c.Origin != Own || c.lasting == 0 {
			continue
		}
		group := m.control[c.Environment]
		if group == nil {
			group = &controls{}
			m.control[c.Environment] = group
		}
		group.claims = append(group.claims, c)
		group.baseline += c.Baseline.parts
		group.actual += c.Actual.parts
	}
	for environment, group := range m.control {
		if len(group.claims) < minControls || group.baseline == 0 {
			delete(m.control, environment)
		}
	}
	room := 0.0
	for i := range m.Claims {
		c := &m.Claims[i]
		if group := m.control[c.Environment]; group != nil && c.Origin != Unproven {
			change := group.baseline - group.actual
			if room += math.Abs(float64(change)) / float64(group.baseline) * float64(c.base); room >= most {
				return fmt.Errorf("%w: the controls of %s ran too many times their baseline", ErrInput, c.Environment)
			}
			c.Drift.parts = portion(change, c.base, group.baseline)
		}
	}
	return nil
}
