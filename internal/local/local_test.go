package local_test

import (
	"time"
)

const sampleFleet = "../../testdata/fleet"

// friday is when the sample fleet of that name was seen.
var friday = time.Date(2026, 11, 20, 10, 35, 0, 0, time.UTC)
