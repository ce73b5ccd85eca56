package plan

import (
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Carry returns the fleet as it would be seen at a later instant, had every action of a plan worked and nobody else done anything. It is
// for playing plans forward; what really happened is seen by looking.
func Carry(s *fleet.Snapshot, p Plan, at time.Time) *fleet.Snapshot {
	later := *s
	later.Taken = at
	later.Resources = slices.Clone(s.Resources)
	changes := map[fleet.ARN]Change{}
	for _, a := range p.Actions {
		changes[a.Subject.ARN] = a.Change
	}
	for i := range later.Resources {
		r := &later.Resources[i]
		c, ok := changes[r.ARN]
		if !ok {
			continue
		}
		if m, ok := c.(Move); ok {
			carryMove(r, m)
		}
		if !Switches(c) {
			continue
		}
		r.State, r.Status, r.Since, r.ByAWS = fleet.Running, "", p.Taken.Add(time.Minute), false
		if SwitchesOff(c) {
			r.State = fleet.Stopped
		}
		if s, ok := c.(Scale); ok {
			r.Size, r.Since = s.To, time.Time{}
		}
		if r.Kind != fleet.EC2Instance {
			r.Since = time.Time{} // AWS tells it of instances alone
		}
	}
	return &later
}

// carryMove lets a resource buy as a move says.
func carryMove(r *fleet.Resource, m Move) {
	r.Lifecycle = m.To.Lifecycle
	if r.Launch == nil {
		return
	}
	launch := *r.Launch
	launch.Template, launch.Mix, launch.Rebalance, launch.Providers = m.To.Template, m.To.Mix, m.To.Rebalance, m.To.Providers
	r.Launch = &launch
}
