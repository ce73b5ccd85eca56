package described

import (
	"regexp"
	"strings"
	"time"
)

// Crossing is a change of an Auto Scaling group's desired capacity from zero, or to it.
type Crossing struct {
	At      time.Time // zero where it is not told
	Running bool      // from zero
}

// The parts of a cause that matter, as in "At 2020-10-30T19:35:51Z a user request update of AutoScalingGroup constraints to min: 0, max: 16,
// desired: 16 changing the desired capacity from 0 to 16.  At 2020-10-30T19:36:07Z an instance was started ...". What changes the capacity
// (a request, a scheduled action, an alarm) is worded in many ways; the change always in the same. "Increasing the capacity from 0 to 16" tells
// of instances, of which there may be none for other reasons.
var causes = regexp.MustCompile(`\bAt\s+(\d{4}-\d\d-\d\d ?\S*)|\bthe\s+desired\s+capacity\s+from\s+(\d+)\s+to\s+(\d+)`)

// LastCrossing returns the last crossing that the cause of a scaling activity tells of, with the instant of the sentence that tells it.
func LastCrossing(cause string) (last Crossing, ok bool) {
	var at time.Time
	for _, part := range causes.FindAllStringSubmatch(cause, -1) {
		if written := part[1]; written != "" {
			at = instantOf(written)
			continue
		}
		from, to := isZero(part[2]), isZero(part[3])
		if from != to {
			last, ok = Crossing{at, from}, true
		}
	}
	return last, ok
}

// instantOf reads an instant of a cause; zero where there is no such day or hour.
func instantOf(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// isZero reports whether digits write zero. They may be more than a number holds.
func isZero(digits string) bool { return strings.Trim(digits, "0") == "" }
