package described

import "offpeak/internal/fleet"

// SpotRequest is what is needed of a request in describe-spot-instance-requests.
type SpotRequest struct {
	ID          string `json:"SpotInstanceRequestId"`
	Type        string // one-time or persistent
	State       string
	LaunchGroup string
	ZoneGroup   string `json:"AvailabilityZoneGroup"`
}

// Lifecycle tells whether the request's instance can be stopped: its request must be persistent, not be cancelled or closed, and belong to
// no launch group and no group of one zone (Amazon EC2 user guide, Stop a Spot Instance).
func (s *SpotRequest) Lifecycle() fleet.Lifecycle {
	switch {
	case s.Type != "persistent" || s.LaunchGroup != "" || s.ZoneGroup != "":
		return fleet.SpotOneTime
	case s.State == "open" || s.State == "active" || s.State == "disabled": // disabled: its instance was stopped by a person
		return fleet.SpotPersistent
	}
	return fleet.SpotOneTime
}
