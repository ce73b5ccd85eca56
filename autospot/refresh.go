package autospot

import (
	"slices"

	"offpeak/autospot/balance"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// refreshOf is how the members of a group are replaced: never fewer in service than it is to have, a few at a time, and back if that goes wrong.
func refreshOf(l *fleet.Launch) *plan.Refresh {
	f := &plan.Refresh{MinHealthy: 100, MaxHealthy: 110, Checkpoints: []int{10, 50, 100}, Pause: checkpointPause, Bake: bakeTime}
	if l.MinHealthy > 0 && l.MaxHealthy > 100 {
		f.MinHealthy, f.MaxHealthy = max(l.MinHealthy, 100), l.MaxHealthy
	}
	return f
}

// refreshOnto is how a group moves: as many members are replaced as become Spot, which the last checkpoint says (a refresh has succeeded when its
// percentage is replaced, rounded up: Amazon EC2 Auto Scaling User Guide, Add checkpoints to an instance refresh). The others are on demand already, and
// even over the zones as the group launched them. Were they replaced as well, on-demand instances would come last, wherever room is left, and a zone
// with few of them would hold more Spot than the odds count with; Auto Scaling evens instances out, whatever they are bought as.
func refreshOnto(r *fleet.Resource, mix *fleet.Mix) *plan.Refresh {
	f, size := refreshOf(r.Launch), r.Size.Desired
	bought := func(m fleet.Member) bool { return m.Lifecycle != fleet.OnDemand }
	if size == 0 || slices.ContainsFunc(r.Launch.Members, bought) {
		return f // which of them are replaced is not known, so all are
	}
	last := max(1, 100*(size-balance.OnDemandOf(mix.Base, mix.AboveBase, size))/size)
	f.Checkpoints = append(slices.DeleteFunc(f.Checkpoints, func(percent int) bool { return percent >= last }), last)
	return f
}
