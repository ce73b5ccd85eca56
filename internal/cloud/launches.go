package cloud

import (
	"strings"

	"offpeak/internal/failure"
)

// launchTexts are what Auto Scaling says of launches that failed (its user guide, EC2 instance launch failures; and activities that people have
// published). EC2's code stands in the message where Auto Scaling asked a fleet, and its sentence alone where it ran an instance.
var launchTexts = []struct {
	text  string // in lower case
	class failure.Class
}{
	{"unfulfillablecapacity", failure.Capacity},
	{"insufficientinstancecapacity", failure.Capacity},
	{"there is no spot capacity available", failure.Capacity},
	{"there is no capacity available that matches your request", failure.Capacity},
	{"do not have sufficient", failure.Capacity},
	{"spotmaxpricetoolow", failure.Capacity},
	{"lower than the minimum required spot request fulfillment price", failure.Capacity},
	{"capacity-not-available", failure.Capacity},

	{"maxspotinstancecountexceeded", failure.Quota},
	{"max spot instance count exceeded", failure.Quota},
	{"vcpulimitexceeded", failure.Quota},
	{"more vcpu capacity than your current vcpu limit", failure.Quota},
	{"instance(s) are already running", failure.Quota},

	{"client error on launch", failure.Key},
	{"invalidkmskey", failure.Key},
	{"unauthorizedoperation", failure.Denied},
	{"not authorized", failure.Denied},
	{"does not exist", failure.Gone},
	{".notfound", failure.Gone},
	{"not supported", failure.InvalidState},
}

// ClassifyLaunch says what the message of a failed launch of an Auto Scaling group comes to (StatusMessage of the event and of the activity).
// Capacity and Quota are those of Spot: an on-demand launch that failed for want of either is Other, as on-demand instances cannot take its place.
func ClassifyLaunch(message string) failure.Class {
	text := strings.ToLower(message)
	for _, row := range launchTexts {
		if !strings.Contains(text, row.text) {
			continue
		}
		if strings.Contains(text, "could not launch on-demand instances") && (row.class == failure.Capacity || row.class == failure.Quota) {
			return failure.Other
		}
		return row.class
	}
	return failure.Other
}
