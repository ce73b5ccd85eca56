package autospot

import "time"

// How an instance refresh waits: half an hour at each checkpoint, in which alarms and people may speak, and ten minutes after the last one.
const (
	// settleIn is how long descriptions may lag behind what AWS has accepted.
	settleIn        = 2 * time.Minute
	checkpointPause = 30 * time.Minute
	bakeTime        = 10 * time.Minute
)
