package autospot

import (
	"fmt"
	"slices"

	"offpeak/internal/fleet"
)

// stand reads how the Spot instances of a group on Spot stand in its zones, and what that makes of its odds, which count with even zones. Where a zone holds
// so many that the target is missed it says so in a sentence, and how that can be mended; else both are empty. Auto Scaling evens out instances,
// whatever they are bought as, so that a zone can hold more than its share of Spot for good.
func (r *run) stand(a *Advice, c *Case) (crowded, mend string) {
	if a.Mix == nil {
		return "", ""
	}
	launch := c.Resource.Launch
	spot := make([]int, len(a.Zones))
	for _, m := range launch.Members {
		if i := slices.Index(a.Zones, m.Zone); i >= 0 && !m.Leaving && m.Lifecycle != fleet.OnDemand {
			spot[i]++
		}
	}
	s, known := a.Mix.Standing(c.Resource.Size.Desired, spot)
	if !known {
		return "", ""
	}
	a.Stand = &s
	if !s.Crowded() {
		return "", ""
	}
	mend = "keep more on demand (on_demand of its profile) or allow a larger loss: Auto Scaling evens out instances, and not what they are bought as"
	if slices.Contains(launch.Suspended, "AZRebalance") {
		l := &look{Case: *c, rules: r.rules, launch: launch}
		mend = l.resume([]string{"AZRebalance"})
	}
	return fmt.Sprintf("one zone holds %d of its %d Spot instances, with which more than %d%% are lost at once %.2g times a quarter", s.Most, s.Spot, a.Wish.Profile.Loss, s.Losses), mend
}
