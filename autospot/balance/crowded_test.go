package balance_test

import (
	"testing"
	"time"

	"offpeak/autospot/balance"
)

const crowded = "one zone holds 5 of its 8 Spot instances"

// TestACrowdedZoneIsToldOnce: Auto Scaling has six hours to even it out, then a person is told once, and again only when it was even in between.
func TestACrowdedZoneIsToldOnce(t *testing.T) {
	t.Parallel()
	even := balance.Group{Desired: 14, OnDemand: 6, Spot: 8, Base: 6}
	uneven := even
	uneven.Crowded, uneven.Mend = crowded, "do something"
	var memory balance.Memory
	memory.Decided = 6
	for _, row := range []struct {
		hour  float64
		group balance.Group
		told  bool
	}{
		{0, uneven, false},
		{5.9, uneven, false},
		{6, uneven, true},
		{7, uneven, false},
		{48, uneven, false},
		{49, even, false},
		{50, uneven, false},
		{54, uneven, false},
		{56, uneven, true},
	} {
		now := noon.Add(time.Duration(row.hour * float64(time.Hour)))
		change, next := balance.Look(row.group, nil, memory, settings, now)
		memory = next
		if (change.Alert == crowded) != row.told || (change.Remedy != "") != row.told || change.Write {
			t.Errorf("after %.1f hours: %+v", row.hour, change)
		}
		if waits := row.group.Crowded != "" && !memory.CrowdedTold; waits && !change.Again.Equal(memory.CrowdedSince.Add(6*time.Hour)) {
			t.Errorf("after %.1f hours it is looked at again at %s", row.hour, change.Again)
		}
	}
	if change, next := balance.Look(balance.Group{Crowded: crowded}, nil, memory, settings, noon.Add(100*time.Hour)); change.Alert != "" || !next.CrowdedSince.IsZero() {
		t.Errorf("at size 0: %+v, %+v", change, next)
	}
}
