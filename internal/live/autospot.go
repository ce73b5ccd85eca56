package live

import "strings"

// SpotVariable names the queue of AutoSpot's wakes to its functions, by its URL.
const SpotVariable = "OFFPEAK_SPOT_QUEUE_URL"

// The roles of the scheduler and of AutoSpot in an account that is looked after, as they are deployed. Who names a role of their own in the policy has
// one for both.
const (
	scheduleRole = "offpeak-schedule"
	spotRole     = "offpeak-spot"
)

// acting is the role that acts, by its name or its ARN: AutoSpot has one of its own.
func (h *Hub) acting(role string) string {
	if before, is := strings.CutSuffix(role, scheduleRole); is && h.settings.Spot {
		return before + spotRole
	}
	return role
}
