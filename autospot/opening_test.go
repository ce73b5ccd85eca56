package autospot_test

import (
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
)

// TestWhatSleepsIsLookedAtWhenItOpens: the daily look comes early in the morning, when a group that works by day is at zero.
func TestWhatSleepsIsLookedAtWhenItOpens(t *testing.T) {
	t.Parallel()
	opens := monday.Add(3 * time.Hour)
	for _, row := range []struct {
		says  string
		next  fleet.Moment
		do    bool
		wakes time.Time
	}{
		{"in three hours", fleet.Moment{At: opens, Want: fleet.Running}, true, opens.Add(5 * time.Minute)},
		{"after the weekend: the next daily look is soon enough", fleet.Moment{At: monday.Add(51 * time.Hour), Want: fleet.Running}, true, time.Time{}},
		{"it closes next", fleet.Moment{At: opens, Want: fleet.Stopped}, true, time.Time{}},
		{"its opening is past", fleet.Moment{At: monday.Add(-time.Hour), Want: fleet.Running}, true, time.Time{}},
		{"it has no schedule", fleet.Moment{}, true, time.Time{}},
		{"nothing is moved anyway", fleet.Moment{At: opens, Want: fleet.Running}, false, time.Time{}},
	} {
		for _, res := range []fleet.Resource{webGroup(), apiService()} {
			original := res.Size
			res.Size = fleet.Size{}
			if res.Launch.Members != nil {
				l := *res.Launch
				l.Members, res.Launch = nil, &l
			}
			p := newPlay(t, res)
			p.options.Do = row.do
			p.memory.Resources = map[fleet.ARN]fleet.Remembered{res.ARN: {Original: &original, Forecast: row.next}}
			made, advices := p.look()
			if len(made.Actions) != 0 || !made.Wake.Equal(row.wakes) || !strings.Contains(advices[0].Why, "at its next opening") {
				t.Errorf("%s, %s: wake %s, %s", res.Kind, row.says, made.Wake, advices[0].Why)
			}
		}
	}
}
